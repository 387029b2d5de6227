//! The one test binary of the simulator: runs against reference numbers, closed forms and hand-computed scenarios.

mod engine;
mod grid;
mod network;
mod queueing;
mod reference;
