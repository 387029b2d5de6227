//! The one test binary of the simulator: runs against reference numbers, closed forms and hand-computed scenarios.

mod network;
mod reference;
