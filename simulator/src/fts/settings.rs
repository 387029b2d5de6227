//! How the service is set.

use crate::ids::RseId;
use crate::settings;
use crate::units::{Bytes, SimSpan};

settings! {
    /// How placements queue and move: a slot queue per ordered pair of RSEs in front of the network.
    pub struct FtsSettings<Rse = RseId> as "Fts" {
        /// Files that one ordered pair of RSEs copies at once; FTS ships 20.
        #[range(AtLeast(1))]
        pub max_active_per_link: u32 = 20,
        /// Files that leave one RSE at once; FTS ships 60.
        #[range(AtLeast(1))]
        pub max_outbound: u32 = 60,
        /// Files that enter one RSE at once; FTS ships 60.
        #[range(AtLeast(1))]
        pub max_inbound: u32 = 60,
        /// Exceptions from `max_active_per_link`.
        #[names(links)]
        pub links: Vec<LinkLimit<Rse>> = Vec::new(),
        /// Which of the pairs that wait for the same slots gets the next one that is free.
        pub turns: Turns = Turns::RoundRobin,
        /// Parallel TCP streams of each transfer: its weight on shared resources.
        #[range(AtLeast(1))]
        pub streams: u32 = 1,
        /// TCP window of one stream: caps a transfer at `window * streams / RTT`. None: no cap.
        #[range(Positive)]
        pub window: Option<Bytes> = None,
        /// Time from taking a slot to the first byte, in addition to that of the data transfer nodes and to twice the latency of
        /// the route.
        pub start_up: SimSpan = SimSpan::ZERO,
        /// What happens to a placement whose destination is full.
        pub when_full: WhenFull = WhenFull::Fail,
    }
}

settings! {
    /// The limit of one ordered pair of RSEs.
    pub struct LinkLimit<Rse = RseId> {
        /// The RSE that files come from.
        #[names(source)]
        pub source: Rse,
        /// The RSE that they go to.
        #[names(destination)]
        pub destination: Rse,
        /// Files copied at once.
        #[range(AtLeast(1))]
        pub max_active: u32,
    }
}

settings! {
    /// Which of the ordered pairs of RSEs that wait for the same slots, those of an RSE or of a data transfer node, gets the next one that is free. Within a pair it is always the oldest request.
    #[derive(Copy, Default, Eq)]
    pub enum Turns {
        /// They take turns: the pair that has not started a file for longest; among those that have not started any, the one with the oldest request. This is the rule of FTS, and a pair with a long queue holds up nobody else.
        #[default]
        RoundRobin,
        /// The one with the oldest request, so that a pair with a long queue gets all slots until it is worked off.
        OldestFirst,
    }
}

settings! {
    /// What happens to a placement whose destination has no space.
    #[derive(Copy, Default, Eq)]
    pub enum WhenFull {
        /// It fails, and the jobs that wait for it fail.
        #[default]
        Fail,
        /// It keeps its place in the queue, and all behind it on its FTS link wait too, until space is freed there: by the reaper, or by a transfer that fails.
        Wait,
    }
}

impl FtsSettings {
    /// Nothing queues and nothing takes time but the network: one stream each, no caps, no start-up.
    pub fn immediate() -> Self {
        Self { max_active_per_link: u32::MAX, max_outbound: u32::MAX, max_inbound: u32::MAX, ..Self::default() }
    }
}
