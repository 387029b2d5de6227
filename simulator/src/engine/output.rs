//! What a run gives back.

use crate::results::{Counters, Kpis, TableData};
use crate::units::SimTime;

/// Everything that is left of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunOutput {
    /// Tables in order of [`crate::results::schema::all`]; those of which nothing was recorded are empty.
    pub tables: Vec<TableData>,
    /// One figure per KPI.
    pub kpis: Kpis,
    /// The books, checked.
    pub counters: Counters,
    /// Events that were handled.
    pub events: u64,
    /// Counts that deserve attention, in words; sorted.
    pub warnings: Vec<String>,
}

/// Told now and then how far a run is.
pub trait Progress {
    /// Called every few thousand events and at the end.
    fn advanced(&mut self, now: SimTime, events: u64);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn advanced(&mut self, _: SimTime, _: u64) {}
}
