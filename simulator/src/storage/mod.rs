//! What is where: files, their replicas, and the space of RSEs.
//!
//! Space is reserved when a transfer starts, not when it ends, and becomes used when the replica is there; it never
//! goes negative. Files that a workload makes up for one job ([`crate::workload::Inputs::Fresh`]) take no space
//! where they lie: they stand for data that is there anyway. Nothing is evicted yet; what frees
//! space will have to wake the heads of queues that wait for it (`fts::queues`).

mod dataset;
mod settings;

use smallvec::SmallVec;

pub use dataset::Dataset;
pub use settings::StorageSettings;

use crate::ids::{DatasetId, FileId, Id, RseId, Table};
use crate::published::{Notice, Published};
use crate::rng::{Purpose, keyed, keys_of};
use crate::ticker::Ticker;
use crate::topology::{Map, Rse};
use crate::units::{Bytes, SimSpan, SimTime};

/// A file and where it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct File {
    pub bytes: Bytes,
    /// RSEs with a replica, in order of their ids.
    pub replicas: SmallVec<[RseId; 2]>,
    /// RSE at which it takes no space.
    home: Option<RseId>,
    /// Jobs that have asked for it so far.
    pub uses: u64,
}

/// Space of one RSE.
#[derive(Clone, Debug, PartialEq)]
struct Space {
    capacity: Option<Bytes>,
    /// Taken from the start by other data.
    initial: Bytes,
    /// Taken by replicas.
    used: Bytes,
    /// Taken by transfers under way.
    reserved: Bytes,
    /// Space left, as it is published; `None`: never full.
    free: Notice<Option<Bytes>>,
}

impl Space {
    fn free(&self) -> Option<Bytes> {
        self.capacity.map(|capacity| capacity.saturating_sub(self.initial + self.used + self.reserved))
    }
}

/// Files, replicas and space.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    files: Table<FileId, File>,
    /// First file of each dataset; the others follow.
    first_files: Table<DatasetId, FileId>,
    space: Table<RseId, Space>,
}

impl Storage {
    /// The initial catalogue and disk fill of a run.
    pub fn new(map: &Map, settings: &StorageSettings, datasets: &Table<DatasetId, Dataset>, seed: u64) -> Self {
        let ticker = Ticker::new(settings.usage_every, SimSpan::ZERO);
        let space = |rse: &Rse| Space {
            capacity: rse.capacity,
            initial: rse.used,
            used: Bytes::ZERO,
            reserved: Bytes::ZERO,
            free: Notice::new(None, ticker),
        };
        let space = map.rses().values().map(space).collect();
        let mut storage = Self { files: Table::new(), first_files: Table::new(), space };
        let keys = keys_of(datasets.values().map(|dataset| dataset.name.as_str()));
        for (spec, key) in datasets.values().zip(keys) {
            storage.first_files.push(FileId::from_index(storage.files.len()));
            let mut replicas: SmallVec<[RseId; 2]> = spec.replicas.iter().copied().collect();
            replicas.sort_unstable();
            replicas.dedup();
            for nth in 0..spec.files {
                let mut rng = keyed(seed, Purpose::FileSize, [key, u64::from(nth), 0]);
                let bytes = Bytes::from_f64(spec.size.draw(&mut rng));
                for &rse in &replicas {
                    storage.space[rse].used += bytes;
                }
                storage.files.push(File { bytes, replicas: replicas.clone(), home: None, uses: 0 });
            }
        }
        for space in storage.space.values_mut() {
            space.free = Notice::new(space.free(), ticker);
        }
        storage
    }

    /// RSEs whose initial data exceed their capacity.
    pub fn overfull<'a>(&'a self, map: &'a Map) -> impl Iterator<Item = &'a str> {
        let over = |space: &Space| space.capacity.is_some_and(|capacity| space.initial + space.used > capacity);
        self.space.iter().filter(move |(_, space)| over(space)).map(|(rse, _)| map.rses()[rse].name.as_str())
    }

    /// The nth file of a dataset.
    pub fn file_of(&self, dataset: DatasetId, nth: u32) -> FileId {
        FileId::from_index(self.first_files[dataset].index() + nth as usize)
    }

    /// A new file at one RSE that takes no space there.
    pub fn make_file(&mut self, bytes: Bytes, at: RseId) -> FileId {
        self.files.push(File { bytes, replicas: SmallVec::from_elem(at, 1), home: Some(at), uses: 0 })
    }

    pub fn file(&self, file: FileId) -> &File {
        &self.files[file]
    }

    pub fn has_replica(&self, file: FileId, rse: RseId) -> bool {
        self.files[file].replicas.contains(&rse)
    }

    pub fn count_use(&mut self, file: FileId) {
        self.files[file].uses += 1;
    }

    /// Space left at an RSE as it was published last; `None`: never full.
    pub fn free(&self, rse: RseId, now: SimTime) -> Published<Option<Bytes>> {
        self.space[rse].free.published(now)
    }

    /// Space taken at an RSE, initial fill and reservations included.
    pub fn taken(&self, rse: RseId) -> Bytes {
        let space = &self.space[rse];
        space.initial + space.used + space.reserved
    }

    /// Whether a file fits.
    pub fn has_space(&self, rse: RseId, bytes: Bytes) -> bool {
        self.space[rse].free.get().is_none_or(|free| bytes <= free)
    }

    /// Reserves space for a file under way; `false` where it does not fit.
    pub fn reserve(&mut self, rse: RseId, bytes: Bytes, now: SimTime) -> bool {
        let fits = self.has_space(rse, bytes);
        if fits {
            let space = &mut self.space[rse];
            space.reserved += bytes;
            space.free.set(space.free(), now);
        }
        fits
    }

    /// Gives back the space of a file that does not come.
    pub fn give_back(&mut self, rse: RseId, bytes: Bytes, now: SimTime) {
        let space = &mut self.space[rse];
        space.reserved -= bytes;
        space.free.set(space.free(), now);
    }

    /// Turns a reservation into a replica.
    pub fn add_replica(&mut self, file: FileId, rse: RseId) {
        let bytes = self.files[file].bytes;
        self.space[rse].reserved -= bytes;
        self.space[rse].used += bytes;
        let replicas = &mut self.files[file].replicas;
        let place = replicas.partition_point(|&other| other < rse);
        replicas.insert(place, rse);
    }

    /// Where the space used is not the sum of the replicas, counted one by one.
    pub fn violation(&self) -> Option<String> {
        let mut used: Table<RseId, Bytes> = self.space.ids().map(|_| Bytes::ZERO).collect();
        for file in self.files.values() {
            for &rse in file.replicas.iter().filter(|rse| Some(**rse) != file.home) {
                used[rse] += file.bytes;
            }
        }
        let differs = self.space.iter().find(|(rse, space)| space.used != used[*rse])?;
        Some(format!("RSE {} uses {} where its replicas sum to {}", differs.0.index(), differs.1.used, used[differs.0]))
    }

    /// Space taken by replicas and reservations everywhere.
    pub fn total_taken(&self) -> Bytes {
        self.space.values().map(|space| space.used + space.reserved).sum()
    }
}
