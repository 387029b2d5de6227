//! What FTS tells a copy, and is told by it.

use crate::facts::TransferError;
use crate::ids::{CopyId, FileId, FtsFileId, RseId};
use crate::topology::Map;
use crate::units::{Bytes, SimSpan, SimTime};

/// What can happen to copies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CopyEvent {
    /// What a copy was at is over.
    Next { copy: CopyId, step: u8 },
    /// The last byte that its flow was to move has arrived.
    Arrived { copy: CopyId },
    /// The copying has taken all the time that it may.
    TimeUp { copy: CopyId, step: u8 },
    /// The watchdog looks at one whose time was up.
    Killed { copy: CopyId, step: u8 },
    /// An RSE answers no more.
    Outage { rse: RseId },
}

/// What a component may use of the moment: when it is, the map, and its own events.
pub(crate) struct Moment<'a> {
    pub now: SimTime,
    pub map: &'a Map,
    pub schedule: &'a mut dyn FnMut(SimTime, CopyEvent),
}

/// The order to copy one file, whose slots and space are taken. A route leads from its source to its destination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CopyOrder {
    /// Whom FTS has it for.
    pub owner: FtsFileId,
    /// What its failures are drawn by: the same for the same file under all policies, or for the same piece of traffic.
    pub key: u64,
    pub file: Option<FileId>,
    pub source: RseId,
    pub destination: RseId,
    pub bytes: Bytes,
    /// Parallel streams.
    pub streams: u32,
}

/// How a copy connects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    /// Before the first byte, besides twice the latency of the route and the start-up of data transfer nodes.
    pub start_up: SimSpan,
    /// TCP window of one stream.
    pub window: Option<Bytes>,
}

/// The life of a copy process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CopyEnded {
    pub copy: CopyId,
    pub owner: FtsFileId,
    pub accepted_at: SimTime,
    pub flowing_at: Option<SimTime>,
    /// When its last byte had arrived, before it was verified.
    pub copied_at: Option<SimTime>,
    pub ended_at: SimTime,
    /// Bytes that it moved; of one that failed they are lost.
    pub moved: Bytes,
    pub result: Result<(), TransferError>,
}
