//! Everything that can happen, in one closed enum: a new variant makes the compiler list the places to change.

use crate::compute::ComputeEvent;
use crate::conveyor::ConveyorEvent;
use crate::facts::Settled;
use crate::fts::FtsEvent;
use crate::ids::WorkloadId;
use crate::reaper::ReaperEvent;
use crate::rules::RulesEvent;

/// An event of the engine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// The next member of a workload arrives.
    Arrive(WorkloadId),
    /// Something happens to a file that FTS copies.
    Fts(FtsEvent),
    /// Something happens to a transfer request.
    Conveyor(ConveyorEvent),
    /// A file is where it was asked for, or is given up there: rules and jobs may wait for it.
    Settled(Settled),
    /// Something happens to rules.
    Rules(RulesEvent),
    /// Something happens to a worker of the reaper.
    Reaper(ReaperEvent),
    /// Something happens to a job.
    Compute(ComputeEvent),
}

impl From<FtsEvent> for Event {
    fn from(event: FtsEvent) -> Self {
        Self::Fts(event)
    }
}

impl From<ConveyorEvent> for Event {
    fn from(event: ConveyorEvent) -> Self {
        Self::Conveyor(event)
    }
}

impl From<RulesEvent> for Event {
    fn from(event: RulesEvent) -> Self {
        Self::Rules(event)
    }
}

impl From<ReaperEvent> for Event {
    fn from(event: ReaperEvent) -> Self {
        Self::Reaper(event)
    }
}

impl From<ComputeEvent> for Event {
    fn from(event: ComputeEvent) -> Self {
        Self::Compute(event)
    }
}
