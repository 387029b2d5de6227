//! Rucio as it behaves in whole runs: the statements that its documentation and its code make testable, each under its number.

mod complaints;
mod conveyor;
mod idle;
mod rules;
mod world;
