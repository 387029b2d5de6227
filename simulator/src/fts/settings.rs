//! How the service is set.

use crate::ids::RseId;
use crate::units::{Bytes, SimSpan};

/// How placements queue and move: a slot queue per FTS link in front of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferSettings {
    /// Files that one FTS link (ordered pair of RSEs) copies at once; FTS ships 20 for a configured link.
    pub max_active_per_link: u32,
    /// Files that leave one RSE at once; FTS ships 60.
    pub max_outbound: u32,
    /// Files that enter one RSE at once; FTS ships 60.
    pub max_inbound: u32,
    /// Exceptions from `max_active_per_link`.
    pub link_limits: Vec<(RseId, RseId, u32)>,
    /// Parallel TCP streams of each transfer, at least one: its weight on shared resources.
    pub streams: u32,
    /// TCP window of one stream: caps a transfer at `window x streams / RTT`; `None`: no cap.
    pub window: Option<Bytes>,
    /// Time from taking a slot to the first byte, in addition to that of the DTNs.
    pub start_up: SimSpan,
    /// What happens to a placement whose destination is full.
    pub when_full: WhenFull,
}

impl TransferSettings {
    /// Nothing queues and nothing takes time but the network: one stream each, no caps, no start-up.
    pub fn immediate() -> Self {
        Self {
            max_active_per_link: u32::MAX,
            max_outbound: u32::MAX,
            max_inbound: u32::MAX,
            link_limits: Vec::new(),
            streams: 1,
            window: None,
            start_up: SimSpan::ZERO,
            when_full: WhenFull::Fail,
        }
    }
}

/// What happens to a placement whose destination has no space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The request fails with error class `no-space`, and the jobs that wait for it fail.
    Fail,
    /// It keeps its place in the queue, and all behind it on its FTS link wait too, until space is freed. Nothing is
    /// evicted yet, so they wait to the end of the run.
    Wait,
}
