//! How the conveyor is set.

use crate::conveyor::ranking::SourceOrder;
use crate::settings;
use crate::units::{Bytes, SimSpan};

const fn seconds(n: u64) -> SimSpan {
    SimSpan::from_nanos(n * 1_000_000_000)
}

settings! {
    /// How Rucio brings files to where they are asked for: the daemons between a rule and FTS. A period of zero is no daemon: what it does is done at once.
    pub struct ConveyorSettings as "Conveyor" {
        /// Chooses sources before requests queue, which limits of transfers need. None: requests queue at once, and no limit is looked at.
        pub preparer: Option<Preparer> = None,
        /// Lets requests go that wait for a limit of transfers.
        pub throttler: Throttling = Throttling::default(),
        /// Hands requests to FTS.
        pub submitter: Submitter = Submitter::default(),
        /// Asks FTS what became of requests. Zero: known at once.
        pub poller: Poller = Poller::default(),
        /// From the end of a transfer to when FTS's message of it is acted on. None: nobody listens to messages, and only the poller learns of ends.
        pub receiver: Option<SimSpan> = None,
        /// Acts on what became of requests: replicas, rules, further attempts.
        pub finisher: Finisher = Finisher::default(),
        /// After which time a daemon looks again at a request that it has taken without advancing it; later than that. None: each time, as before 2023.
        pub again_after: Option<SimSpan> = Some(seconds(600)),
        /// Attempts after the first. Rucio makes three.
        #[range(UpTo(100))]
        pub retries: u32 = 0,
        /// In which order the replicas of a file are tried as sources.
        pub source_order: SourceOrder = SourceOrder::Ranked,
        /// How far RSEs are from each other, as Rucio knows it; the last row that holds for a pair counts. Where none holds there is no link. No row at all: all pairs are at distance 1.
        pub distances: Vec<DistanceRow> = Vec::new(),
        /// Transfers over RSEs between source and destination. None: none.
        pub multihop: Option<Multihop> = None,
        /// Part of submissions that FTS refuses.
        #[range(UpTo(1))]
        pub refused: f64 = 0.0,
        /// Part of submissions that FTS takes and then knows nothing of; the poller finds out.
        #[range(UpTo(1))]
        pub lost: f64 = 0.0,
    }
}

settings! {
    /// Chooses sources before requests queue.
    pub struct Preparer {
        /// Period of each worker.
        pub every: SimSpan = seconds(60),
        /// Workers, among which requests are shared out.
        #[range(Within(1, 1000))]
        pub workers: u32 = 1,
        /// Requests that a worker takes at once; with half of them it goes on after a second.
        #[range(AtLeast(1))]
        pub bulk: u32 = 100,
        /// From when the request was made, how long the submitter keeps to the source.
        pub source_holds: SimSpan = seconds(6 * 3600),
    }
}

settings! {
    /// Lets requests go that wait for a limit of transfers.
    pub struct Throttling as "Throttler" {
        /// Its period; not zero, as what waits is looked at only then.
        #[range(Positive)]
        pub every: SimSpan = seconds(600),
        /// What it keeps to.
        pub limits: Vec<TransferLimit> = Vec::new(),
        /// A request that has waited for so long is prepared anew, with a source chosen again.
        #[range(Positive)]
        pub stale_after: SimSpan = seconds(86_400),
    }
}

settings! {
    /// Hands requests to FTS, the oldest first.
    pub struct Submitter {
        /// Period of each worker, and of each of its activities.
        pub every: SimSpan = SimSpan::ZERO,
        /// Workers, among which requests are shared out.
        #[range(Within(1, 1000))]
        pub workers: u32 = 1,
        /// Requests that a worker takes at once.
        #[range(AtLeast(1))]
        pub bulk: u32 = 100,
        /// Below how many requests it waits for its next period rather than for a second.
        pub sleeps: Sleeps = Sleeps::BelowBulk,
        /// Whether each activity has batches of its own, so that one with a long queue does not hold up the others.
        pub by_activity: bool = false,
        /// Requests with one source each that go to FTS as one job.
        #[range(AtLeast(1))]
        pub group_bulk: u32 = 1,
        /// Which requests may be in one job.
        pub group_by: GroupBy = GroupBy::Rule,
        /// Further sources, on disk and one hop away, that FTS may turn to by itself. With a preparer none while the source that it has chosen holds, as in Rucio.
        #[range(UpTo(100))]
        pub extra_sources: u32 = 0,
        /// How long the call takes that hands a job to FTS; when it returns is noted as the instant of submission.
        pub call: SimSpan = SimSpan::ZERO,
        /// How long FTS tries to get a file from tape to disk before it gives up.
        #[range(Positive)]
        pub bring_online: SimSpan = seconds(43_200),
        /// How long a file may wait at FTS. None: as long as it takes.
        #[range(Positive)]
        pub max_time_in_queue: Option<SimSpan> = None,
    }
}

settings! {
    /// Below how many requests the submitter waits for its next period.
    #[derive(Copy, Default, Eq)]
    pub enum Sleeps {
        /// Fewer than it takes at once.
        #[default]
        BelowBulk,
        /// Fewer than make one job, as in 2019.
        BelowGroup,
    }
}

settings! {
    /// Which requests may be in one FTS job; their priority and activity are always the same.
    #[derive(Copy, Default, Eq)]
    pub enum GroupBy {
        /// Those of one rule.
        #[default]
        Rule,
        /// Those to one RSE.
        Destination,
        /// Those from one RSE to another.
        Pair,
        /// Those of one rule from one RSE to another.
        RuleAndPair,
    }
}

settings! {
    /// Asks FTS what became of requests.
    pub struct Poller {
        /// Period of each worker.
        pub every: SimSpan = SimSpan::ZERO,
        /// Workers, among which requests are shared out.
        #[range(Within(1, 1000))]
        pub workers: u32 = 1,
        /// Requests that a worker takes at once; with half of them it goes on after a second.
        #[range(AtLeast(1))]
        pub bulk: u32 = 1000,
        /// A request is left alone for so long after it was submitted.
        pub rest: SimSpan = seconds(60),
    }
}

settings! {
    /// Acts on what became of requests.
    pub struct Finisher {
        /// Period of each worker.
        pub every: SimSpan = SimSpan::ZERO,
        /// Workers, among which rules are shared out.
        #[range(Within(1, 1000))]
        pub workers: u32 = 1,
        /// Requests that a worker takes at once; with half of them it goes on after a second.
        #[range(AtLeast(1))]
        pub bulk: u32 = 1000,
    }
}

settings! {
    /// How far some RSEs are from others.
    pub struct DistanceRow as "Distance" {
        /// Expression of the RSEs that files come from.
        pub from: String,
        /// Expression of those that they go to.
        pub to: String,
        /// The distance; smaller is better. None: no link, whatever rows before say.
        #[range(UpTo(1000000))]
        pub distance: Option<u32>,
    }
}

settings! {
    /// Transfers over RSEs between source and destination.
    pub struct Multihop {
        /// Expression of the RSEs that may be between.
        pub rses: String = "available_for_multihop=true".to_owned(),
        /// What an RSE between adds to the distance, where its attribute `hop_penalty` says nothing else.
        #[range(UpTo(1000000))]
        pub hop_penalty: u32 = 10,
        /// How long a replica between is kept from being deleted, where the attribute `multihop_tombstone_delay` (in seconds) says nothing else.
        pub keep: SimSpan = seconds(7200),
        /// Whether RSEs between must have space for the file. The shipped service does not look, so that a full RSE fails all that go over it.
        pub looks_at_space: bool = false,
    }
}

settings! {
    /// How many requests may be on their way from or to some RSEs; the others wait. Looked at only where there are a preparer and a throttler.
    pub struct TransferLimit {
        /// Expression of the RSEs that share it.
        pub rses: String,
        /// Whether it holds for what leaves them or for what comes to them.
        pub direction: Direction = Direction::Destination,
        /// The activity that it holds for; None: all of them together.
        pub activity: Option<String> = None,
        /// Requests that may be queued or at FTS at once. What waits is let go only while fewer than 80 % of it are, and then up to all of it.
        #[range(AtLeast(1))]
        pub max_transfers: u32,
        /// In which order they are let go.
        pub strategy: Strategy = Strategy::Fifo,
        /// Whether it also holds back what the free space of the destination, less what is on its way there, would not hold. The shipped service does not.
        pub within_space: bool = false,
    }
}

settings! {
    /// Which transfers a limit holds for.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum Direction {
        /// Those that leave its RSEs.
        Source,
        /// Those that come to them.
        Destination,
    }
}

settings! {
    /// In which order requests that wait are let go.
    #[derive(Copy, Default, Eq)]
    pub enum Strategy {
        /// The oldest first, in fair shares of the accounts.
        #[default]
        Fifo,
        /// Whole datasets, the one with the oldest request first, until the limit is reached; the last one may go beyond it.
        GroupedFifo {
            /// Bytes that may be on their way to the destination: datasets that fit in are let go beyond the limit, once that lets go anything. None: no such budget.
            volume: Option<Bytes> = None,
            /// After which time a dataset is let go before the others, beyond the limit, once that lets go anything; only in groups that are told apart by their source. None: never.
            deadline: Option<SimSpan> = Some(SimSpan::from_secs_f64(3600.0)),
        },
    }
}

impl ConveyorSettings {
    /// Whether anything is drawn: phases of daemons, orders of equal sources, what goes wrong with submissions.
    pub(crate) fn has_chance(&self) -> bool {
        let of_preparer = self.preparer.as_ref().map(|preparer| preparer.every);
        let throttles = self.preparer.is_some() && !self.throttler.limits.is_empty();
        let of_throttler = throttles.then_some(self.throttler.every);
        let periods = [self.submitter.every, self.poller.every, self.finisher.every];
        let mut all = periods.into_iter().chain(of_preparer).chain(of_throttler);
        all.any(|every| every > SimSpan::ZERO)
            || self.source_order == SourceOrder::DiskFirst
            || self.refused > 0.0
            || self.lost > 0.0
    }

    /// Expressions in it, each with the words for where it stands.
    pub fn expressions(&self) -> impl Iterator<Item = (ExpressionAt, &str)> {
        let limits = self.throttler.limits.iter().enumerate();
        let limits = limits.map(|(nth, limit)| (ExpressionAt::Limit(nth), limit.rses.as_str()));
        let rows = self.distances.iter().enumerate().flat_map(|(nth, row)| {
            [(ExpressionAt::From(nth), row.from.as_str()), (ExpressionAt::To(nth), row.to.as_str())]
        });
        let hops = self.multihop.iter().map(|multihop| (ExpressionAt::Multihop, multihop.rses.as_str()));
        limits.chain(rows).chain(hops)
    }
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionAt {
    /// The nth limit of transfers.
    Limit(usize),
    /// Where the nth row of distances leads from.
    From(usize),
    /// Where it leads to.
    To(usize),
    /// RSEs that may be between others.
    Multihop,
}
