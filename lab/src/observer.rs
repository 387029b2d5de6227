//! Who is told how an experiment goes.

use dapple_simulator::facts::{Fact, Observer};
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
    /// A run has come to `now` with so many events; called every few thousand events.
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

/// Passes what the engine says about one run on to the observer.
pub(super) struct Relay<'a> {
    pub observer: &'a dyn RunObserver,
    pub run: &'a PlannedRun,
}

impl Observer for Relay<'_> {
    fn observe(&mut self, _: SimTime, _: &Fact) {}

    fn advanced(&mut self, now: SimTime, events: u64) {
        self.observer.advanced(self.run, now, events);
    }
}
