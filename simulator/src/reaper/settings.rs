//! How the reaper is set.

use crate::ids::RseId;
use crate::settings;
use crate::units::{Bytes, SimSpan};

settings! {
    /// The reaper: which replicas are deleted when. Without it nothing is ever deleted.
    pub struct ReaperSettings<Rse = RseId> as "Reaper" {
        /// Interval at which each worker looks at all RSEs; Rucio ships 60 s. Zero: there is no reaper.
        pub every: SimSpan = SimSpan::ZERO,
        /// Workers, each of which deletes at one RSE at a time. Rucio ships 1; CMS runs 32.
        #[range(Within(1, 10_000))]
        pub workers: u32 = 1,
        /// Replicas that a worker marks at once; Rucio ships 100, CMS 4000.
        #[range(Within(1, 1_000_000))]
        pub chunk: u32 = 100,
        /// Space that is kept free at each RSE (Rucio's `MinFreeSpace`). None: only obsolete replicas are deleted.
        pub min_free_space: Option<FreeSpace> = None,
        /// RSEs that keep another amount free.
        #[names(rses)]
        pub rses: Vec<FreeSpaceOf<Rse>> = Vec::new(),
        /// Whether all RSEs are emptied of what no lock holds, needed or not. An RSE whose attribute `greedyDeletion` is `true` always is.
        pub greedy: bool = false,
        /// What tells how much space is needed.
        pub need_by: NeedBy = NeedBy::CachedUsage,
        /// How long a worker's look at the usage of an RSE is good for all workers; Rucio: 600 s.
        pub usage_kept: SimSpan = SimSpan::from_nanos(600_000_000_000),
        /// How long an RSE is left alone at which fewer replicas than a chunk were found; Rucio: 120 s.
        pub pause: SimSpan = SimSpan::from_nanos(120_000_000_000),
        /// How long a replica whose deletion has failed is left alone; Rucio: 600 s.
        pub retry_after: SimSpan = SimSpan::from_nanos(600_000_000_000),
        /// Deletions that fail in one chunk before its RSE is left alone for `exclusion`; Rucio: 100.
        #[range(AtLeast(1))]
        pub errors: u32 = 100,
        /// How long an RSE is left alone at which that many deletions failed; Rucio: 600 s.
        pub exclusion: SimSpan = SimSpan::from_nanos(600_000_000_000),
        /// Workers that delete at one storage host at once; Rucio: 5.
        #[range(AtLeast(1))]
        pub max_workers_per_host: u32 = 5,
        /// Time to delete one replica on the storage.
        pub time_per_replica: SimSpan = SimSpan::ZERO,
    }
}

settings! {
    /// An amount of space.
    #[derive(Copy)]
    pub enum FreeSpace {
        /// This part of the capacity. CMS keeps at most 0.2 free.
        #[range(Fraction)]
        Share(f64),
        /// So much.
        Volume(Bytes),
    }
}

settings! {
    /// What one RSE keeps free.
    pub struct FreeSpaceOf<Rse = RseId> {
        /// The RSE.
        #[names(rse)]
        pub rse: Rse,
        /// Its free space.
        pub min_free_space: FreeSpace,
    }
}

settings! {
    /// What tells the reaper how much space is needed at an RSE.
    #[derive(Copy, Default, Eq)]
    pub enum NeedBy {
        /// The usage that was published last, looked up once in `usage_kept` for all workers. What is marked or deleted meanwhile is not taken off: with several workers, or several looks in that time, more is deleted than asked. This is what Rucio does.
        #[default]
        CachedUsage,
        /// The usage of the moment, in which what is marked counts as gone.
        LiveUsage,
    }
}

impl ReaperSettings {
    /// Whether anything is drawn: phases of workers, orders of RSEs.
    pub(crate) fn has_chance(&self) -> bool {
        self.every > SimSpan::ZERO
    }

    /// Whether it deletes what is not obsolete, somewhere.
    pub fn makes_room(&self) -> bool {
        let keeps = self.greedy || self.min_free_space.is_some() || !self.rses.is_empty();
        self.every > SimSpan::ZERO && keeps
    }
}

impl FreeSpace {
    /// How much that is of a capacity.
    pub fn of(self, capacity: Bytes) -> Bytes {
        match self {
            Self::Share(share) => Bytes::from_f64(capacity.as_f64() * share),
            Self::Volume(volume) => volume,
        }
    }
}
