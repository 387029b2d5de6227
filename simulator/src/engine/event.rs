//! Everything that can happen, in one closed enum: a new variant makes the compiler list the places to change.

use crate::compute::ComputeEvent;
use crate::engine::context::Owner;
use crate::fts::FtsEvent;
use crate::ids::WorkloadId;

/// An event of the engine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// The next member of a workload arrives.
    Arrive(WorkloadId),
    /// Something happens to a transfer request.
    Fts(FtsEvent),
    /// Something happens to a job.
    Compute(ComputeEvent),
    /// The series are sampled at the end of this instant.
    Sample,
}

impl Owner {
    /// The news for the owner of a flow.
    pub fn news(self, blocks: u32, ended: Option<crate::network::Carried>) -> Event {
        match self {
            Self::Transfer(request) => Event::Fts(FtsEvent::Transferred { request }),
            Self::Read(read) => Event::Compute(ComputeEvent::Arrived { read, blocks, ended }),
        }
    }
}
