//! Who is told how an experiment goes.

use dapple_simulator::units::SimTime;

use crate::PlannedRun;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd<'a> {
    /// It is finished and in its folder.
    Done {
        /// Events that were handled.
        events: u64,
    },
    /// It failed, for this reason.
    Failed(&'a str),
}

/// Told, from many threads, how an experiment goes. Must not fail and should not be slow.
pub trait RunObserver: Sync {
    /// The runs that are to be done, and how many were finished before.
    fn planned(&self, to_do: &[&PlannedRun], skipped: usize);
    /// A run starts.
    fn started(&self, run: &PlannedRun);
    /// A run has come to `now` with so many events; told a few times a second.
    fn advanced(&self, run: &PlannedRun, now: SimTime, events: u64);
    /// A run ended.
    fn ended(&self, run: &PlannedRun, end: RunEnd<'_>);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl RunObserver for NoObserver {
    fn planned(&self, _: &[&PlannedRun], _: usize) {}
    fn started(&self, _: &PlannedRun) {}
    fn advanced(&self, _: &PlannedRun, _: SimTime, _: u64) {}
    fn ended(&self, _: &PlannedRun, _: RunEnd<'_>) {}
}
