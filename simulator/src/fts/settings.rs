//! How the service is set.

use crate::fts::optimizer::Optimizer;
use crate::fts::tape::Staging;
use crate::ids::RseId;
use crate::settings;
use crate::units::{Bytes, Rate, SimSpan};

settings! {
    /// How transfers queue and start.
    ///
    /// With `scheduling_interval: 0`, the default, there is one queue for each ordered pair of RSEs, and a file starts at the instant at which its pair, both RSEs and both data transfer nodes have a slot. With an interval it is FTS as it is: queues of links between storage hosts, looked at every so often by each of its nodes, with priorities, lotteries between virtual organisations and between activities, and limits that leak.
    pub struct FtsSettings<Rse = RseId> as "Fts" {
        /// Time between two passes of a node, in each of which it looks at all links and starts files; FTS: 2 s. Zero: no passes, files start when they can.
        pub scheduling_interval: SimSpan = SimSpan::ZERO,
        /// Nodes of the service. They share one queue, each starts the files of its share of it, and none sees what another is about to start.
        #[range(Within(1, 64))]
        pub nodes: u32 = 1,
        /// Copy processes that one node runs at once.
        #[range(AtLeast(1))]
        pub max_processes: u32 = 400,
        /// Time from the decision to start a file to the beginning of its copy process.
        pub process_start: SimSpan = SimSpan::ZERO,
        /// Added to `process_start` at random for each file, any value up to this with equal probability.
        pub process_start_spread: SimSpan = SimSpan::ZERO,
        /// Time between two looks of a node at what its copy processes have told; FTS: 1 s. Only what a node has read counts: a file is active, and its slot is free again, when it has. Zero: at once.
        pub message_interval: SimSpan = SimSpan::ZERO,
        /// Which link of a virtual organisation comes first in a pass.
        pub pass_turns: PassTurns = PassTurns::FromTheFirst,
        /// FTS's optimiser, with passes. None: each link may always copy as many files at once as it may at most.
        pub optimizer: Option<Optimizer> = None,
        /// Files that one link copies at once; FTS ships 130 (and had 20 for long). Links are ordered pairs of storage hosts with passes, of RSEs without.
        #[range(AtLeast(1))]
        pub max_active_per_link: u32 = 20,
        /// The least that an optimiser may set. None: what FTS takes, 2, or 10 between hosts of one DNS domain.
        #[range(AtLeast(1))]
        pub min_active_per_link: Option<u32> = None,
        /// Files that leave one storage at once; FTS ships 200, and takes 60 for a storage that no row of its table covers. It counts ACTIVE files of links that have something queued, of the virtual organisation that is drawn: a limit with leaks. Storages are hosts with passes, RSEs without, where the limit is strict.
        #[range(AtLeast(1))]
        pub max_outbound: u32 = 60,
        /// Files that enter one storage at once, as `max_outbound`.
        #[range(AtLeast(1))]
        pub max_inbound: u32 = 60,
        /// Exceptions from `max_active_per_link` and `min_active_per_link`. The first counts of: a row for both ends, for the source alone, for the destination alone.
        #[names(links)]
        pub links: Vec<LinkLimit<Rse>> = Vec::new(),
        /// Exceptions from `max_outbound` and `max_inbound`.
        #[names(storages)]
        pub storages: Vec<StorageLimit<Rse>> = Vec::new(),
        /// Weights of virtual organisations on single links, with passes. Where there are none, all weigh the same.
        #[names(vo_shares)]
        pub vo_shares: Vec<VoShares<Rse>> = Vec::new(),
        /// Shares of activities, by virtual organisation, with passes. One that has none starts first in, first out.
        pub activity_shares: Vec<ActivitySharesOf> = Vec::new(),
        /// Which of the pairs that wait for the same slots gets the next one that is free, without passes.
        pub turns: Turns = Turns::RoundRobin,
        /// Tries after the first of a file whose failure a further try may mend, in jobs that say nothing of it. Files that are one of several replicas or hops are never tried again. Rucio's jobs say nothing, and FTS ships 0: Rucio tries again itself.
        pub retries: u32 = 0,
        /// Time from a failure to the next try, at least.
        pub retry_delay: SimSpan = SimSpan::from_nanos(120_000_000_000),
        /// How long a file may be queued, in jobs that say nothing of it; looked at every 300 s. None: for ever.
        #[range(Positive)]
        pub max_time_in_queue: Option<SimSpan> = None,
        /// Which of several replicas of a file is tried first.
        pub replica_choice: ReplicaChoice = ReplicaChoice::AsListed,
        /// Parallel TCP streams of each transfer: its weight on shared resources.
        #[range(AtLeast(1))]
        pub streams: u32 = 1,
        /// TCP window of one stream: caps a transfer at `window * streams / RTT`. None: no cap.
        #[range(Positive)]
        pub window: Option<Bytes> = None,
        /// Time from taking a slot to the first byte, in addition to that of the data transfer nodes and to twice the latency of
        /// the route.
        pub start_up: SimSpan = SimSpan::ZERO,
        /// How files are brought from tape and followed on their way to it.
        pub staging: Staging = Staging::default(),
        /// What happens to a placement whose destination is full.
        pub when_full: WhenFull = WhenFull::Fail,
    }
}

settings! {
    /// How many files one link may copy at once. With passes, an RSE stands for its storage host.
    pub struct LinkLimit<Rse = RseId> {
        /// The RSE that files come from. None: any.
        #[names(source)]
        pub source: Option<Rse> = None,
        /// The RSE that they go to. None: any.
        #[names(destination)]
        pub destination: Option<Rse> = None,
        /// Files copied at once; with an optimiser the most that it may set.
        #[range(AtLeast(1))]
        pub max_active: u32,
        /// The least that an optimiser may set. None: what FTS takes, 2, or 10 between hosts of one DNS domain.
        #[range(AtLeast(1))]
        pub min_active: Option<u32> = None,
    }
}

settings! {
    /// How many files one storage may take and give at once. With passes, an RSE stands for its storage host.
    pub struct StorageLimit<Rse = RseId> {
        /// The RSE.
        #[names(rse)]
        pub rse: Rse,
        /// Files that leave it at once. None: `max_outbound` of the service.
        #[range(AtLeast(1))]
        pub max_outbound: Option<u32> = None,
        /// Files that enter it at once. None: `max_inbound` of the service.
        #[range(AtLeast(1))]
        pub max_inbound: Option<u32> = None,
        /// What the active files that leave it may move together; above it the optimiser lowers the number of each of their links by 1 in each run, down to none. None: no limit.
        #[range(Positive)]
        pub max_outbound_throughput: Option<Rate> = None,
        /// What the active files that enter it may move together, as `max_outbound_throughput`.
        #[range(Positive)]
        pub max_inbound_throughput: Option<Rate> = None,
    }
}

settings! {
    /// Weights of virtual organisations on exactly one link. In each pass one of those that have files queued there is drawn, and only its files start.
    pub struct VoShares<Rse = RseId> {
        /// The RSE that files come from.
        #[names(source)]
        pub source: Rse,
        /// The RSE that they go to.
        #[names(destination)]
        pub destination: Rse,
        /// Weight of each. Files of one whose weight is 0 fail.
        pub weights: Vec<Share>,
        /// What all others that have files queued weigh together.
        #[range(NotNegative)]
        pub public: f64 = 0.0,
    }
}

settings! {
    /// Shares of one virtual organisation's activities. Each free slot of a link is drawn by share among the activities that have files queued there. It is a lottery over starts: it limits no activity, and one with long copies holds most slots.
    pub struct ActivitySharesOf {
        /// The virtual organisation. None: the one that is meant where none is named.
        pub vo: Option<String> = None,
        /// Share of each activity, without regard to case; `default` is for those that have none, and must be there.
        pub shares: Vec<Share>,
    }
}

settings! {
    /// What one of several gets.
    pub struct Share {
        /// Its name.
        pub name: String,
        /// Its share, in proportion to those of the others.
        #[range(NotNegative)]
        pub share: f64,
    }
}

settings! {
    /// Which link comes first when a node hands out the files of a pass, link by link, to what both storages have left.
    #[derive(Copy, Default, Eq)]
    pub enum PassTurns {
        /// Each pass begins with the first link by name, as in FTS. Where a storage is the bottleneck and its slots come free one by one, that link gets nearly all of them.
        #[default]
        FromTheFirst,
        /// Each pass goes on with the link after the one that started a file last, so that links take turns.
        InTurn,
    }
}

settings! {
    /// Which of several replicas of a file is tried first. When it fails the next one is tried, and so on.
    #[derive(Copy, Default, Eq)]
    pub enum ReplicaChoice {
        /// In the order in which Rucio lists them.
        #[default]
        AsListed,
        /// That of the link with the fewest queued files, each time.
        ShortestQueue,
        /// That of the link with the best throughput as the optimiser has seen it last; the others in order. As in FTS, one link that nobody has measured makes it the first in the list.
        BestThroughput,
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
        /// It keeps its place in the queue until space is freed there: by the reaper, or by a transfer that fails. Without passes, all behind it on its link wait too; with passes those that go elsewhere, or fit, do not.
        Wait,
    }
}

impl FtsSettings {
    /// Nothing queues and nothing takes time but the network: one stream each, no caps, no start-up.
    pub fn immediate() -> Self {
        Self { max_active_per_link: u32::MAX, max_outbound: u32::MAX, max_inbound: u32::MAX, ..Self::default() }
    }

    /// Whether nodes pass; otherwise files start when they can.
    pub fn has_passes(&self) -> bool {
        self.scheduling_interval > SimSpan::ZERO
    }

    /// Whether anything is drawn: phases of clocks, lotteries, who starts what.
    pub fn has_chance(&self) -> bool {
        self.has_passes()
    }
}
