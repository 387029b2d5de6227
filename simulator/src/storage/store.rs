//! The whole of it: every change of a replica, and what follows for its file and the space.

use smallvec::SmallVec;

use crate::ids::{DatasetId, FileId, Id, RseId, Table};
use crate::published::Published;
use crate::rng::{Purpose, keyed, keys_of};
use crate::storage::files::{File, Files};
use crate::storage::replica::{Replica, ReplicaState, Tombstone, Unlocking};
use crate::storage::replicas::Replicas;
use crate::storage::space::Space;
use crate::storage::{Dataset, StorageSettings};
use crate::ticker::Ticker;
use crate::topology::Map;
use crate::units::{Bytes, SimSpan, SimTime, Total};

/// A replica that may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub file: FileId,
    pub tombstone: Tombstone,
    /// When it was read last, or came into being.
    pub used_at: SimTime,
    /// What deleting it frees; `None`: it has never arrived.
    pub frees: Option<Bytes>,
}

/// Files, replicas and space.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    files: Files,
    /// First file of each dataset; the others follow.
    first_files: Table<DatasetId, FileId>,
    replicas: Replicas,
    space: Table<RseId, Space>,
    /// The other book of the space that replicas take: at the start, what has come, what has gone.
    at_start: Total,
    come: Total,
    gone: Total,
}

impl Storage {
    /// The initial catalogue and disk fill of a run.
    pub fn new(map: &Map, settings: &StorageSettings, datasets: &Table<DatasetId, Dataset>, seed: u64) -> Self {
        let ticker = Ticker::new(settings.usage_every, SimSpan::ZERO);
        let mut space: Table<RseId, Space> = map.rses().values().map(Space::new).collect();
        let (mut files, mut first_files) = (Table::new(), Table::new());
        let keys = keys_of(datasets.values().map(|dataset| dataset.name.as_str()));
        for (spec, key) in datasets.values().zip(keys) {
            first_files.push(FileId::from_index(files.len()));
            let mut replicas: SmallVec<[RseId; 2]> = spec.replicas.iter().copied().collect();
            replicas.sort_unstable();
            replicas.dedup();
            for nth in 0..spec.files {
                let mut rng = keyed(seed, Purpose::FileSize, [key, u64::from(nth), 0]);
                let bytes = Bytes::from_f64(spec.size.draw(&mut rng));
                for &rse in &replicas {
                    space[rse].used += bytes;
                }
                files.push(File::new(bytes, replicas.clone(), None));
            }
        }
        for space in space.values_mut() {
            space.publish_from(ticker);
        }
        let [come, gone] = [Total::default(); 2];
        let at_start = space.values().map(|space| space.used).sum();
        let replicas = Replicas::new(map);
        let mut storage = Self { files: Files::new(files), first_files, replicas, space, at_start, come, gone };
        for (id, _) in datasets.iter().filter(|(_, dataset)| dataset.is_cache) {
            storage.bury_all(id, &datasets[id]);
        }
        storage
    }

    /// The replicas of a dataset that no rule holds.
    fn bury_all(&mut self, id: DatasetId, dataset: &Dataset) {
        for nth in 0..dataset.files {
            let file = self.file_of(id, nth);
            for &rse in &dataset.replicas {
                self.bury(file, rse, Tombstone::at(SimTime::ZERO), SimTime::ZERO);
            }
        }
    }

    /// RSEs whose initial data exceed their capacity.
    pub fn overfull<'a>(&'a self, map: &'a Map) -> impl Iterator<Item = &'a str> {
        let over = |space: &Space| {
            space.capacity.is_some_and(|capacity| Total::from(space.initial) + space.used > capacity.into())
        };
        self.space.iter().filter(move |(_, space)| over(space)).map(|(rse, _)| map.rses()[rse].name.as_str())
    }

    /// The nth file of a dataset.
    pub fn file_of(&self, dataset: DatasetId, nth: u32) -> FileId {
        FileId::from_index(self.first_files[dataset].index() + nth as usize)
    }

    /// A new file at one RSE that takes no space there.
    pub fn make_file(&mut self, bytes: Bytes, at: RseId) -> FileId {
        self.files.push(File::new(bytes, SmallVec::from_elem(at, 1), Some(at)))
    }

    /// A file; `None`: it is forgotten.
    pub fn known(&self, file: FileId) -> Option<&File> {
        self.files.get(file)
    }

    /// A file that is not forgotten.
    pub fn file(&self, file: FileId) -> &File {
        &self.files[file]
    }

    /// Whether a file can be read at an RSE.
    pub fn has_replica(&self, file: FileId, rse: RseId) -> bool {
        self.files.get(file).is_some_and(|file| file.replicas.contains(&rse))
    }

    /// Whether an RSE holds bytes of a file, be they good or bad.
    pub fn has_bytes(&self, file: FileId, rse: RseId) -> bool {
        self.replica(file, rse).is_some_and(|replica| replica.is_there)
    }

    /// Whether a lock or a pin holds a replica.
    pub fn is_locked(&self, file: FileId, rse: RseId) -> bool {
        self.replicas.get(file, rse).is_some_and(|replica| replica.locks > 0)
    }

    /// The state of a replica; `None`: there is none.
    pub fn state(&self, file: FileId, rse: RseId) -> Option<ReplicaState> {
        Some(self.replica(file, rse)?.state)
    }

    /// A job asks for a file.
    pub fn count_use(&mut self, file: FileId) {
        self.files[file].uses += 1;
    }

    /// Somebody refers to a file.
    pub fn hold(&mut self, file: FileId) {
        self.files[file].holders += 1;
    }

    /// Somebody who has referred to a file does so no more.
    pub fn let_go(&mut self, file: FileId) {
        self.files[file].holders -= 1;
        self.files.forget_unheld(file);
    }

    /// Space left at an RSE as it was published last; `None`: never full.
    pub fn free(&self, rse: RseId, now: SimTime) -> Published<Option<Bytes>> {
        self.space[rse].free.published(now)
    }

    /// Space left at an RSE once all that is marked is deleted; `None`: never full.
    pub fn free_soon(&self, rse: RseId) -> Option<Bytes> {
        let space = &self.space[rse];
        space.left().map(|left| left + space.marked.bytes())
    }

    /// Space taken at an RSE, initial fill and reservations included.
    pub fn taken(&self, rse: RseId) -> Bytes {
        self.space[rse].taken().bytes()
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
            space.publish(now);
        }
        fits
    }

    /// Gives the reservation of a file back that does not arrive.
    pub fn give_back(&mut self, rse: RseId, bytes: Bytes, now: SimTime) {
        let space = &mut self.space[rse];
        space.reserved -= bytes;
        space.publish(now);
    }

    /// A request is to bring a file to an RSE.
    pub fn begin_copy(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change(file, rse, now, |replica| {
            let (state, tombstone) = (ReplicaState::Copying, Tombstone::NONE);
            Some(Replica { state, tombstone, ..replica.unwrap_or(Replica::copying(now)) })
        });
    }

    /// No request will bring it any more.
    pub fn give_up(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| match replica.state {
            ReplicaState::Copying => Replica { state: ReplicaState::Unavailable, ..replica },
            _ => replica,
        });
    }

    /// Turns a reservation into a replica. One that was there, and bad, is written over, which frees its space: whether it was.
    pub fn add_replica(&mut self, file: FileId, rse: RseId, now: SimTime) -> bool {
        let bytes = self.files[file].bytes;
        let is_there = self.replica(file, rse).is_some_and(|replica| replica.is_there);
        self.space[rse].reserved -= bytes;
        self.change(file, rse, now, |replica| {
            let (state, is_there) = (ReplicaState::Available, true);
            Some(Replica { state, is_there, ..replica.unwrap_or(Replica::copying(now)) })
        });
        // Where what is used has changed that has been published.
        self.space[rse].publish(now);
        is_there
    }

    /// It is found to be corrupt.
    pub fn declare_bad(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| match replica.state {
            ReplicaState::Available => Replica { state: ReplicaState::Bad, ..replica },
            _ => replica,
        });
    }

    /// The reaper takes it.
    pub fn mark(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| Replica { state: ReplicaState::BeingDeleted, ..replica });
    }

    /// Deletes what is marked, and says how much space that frees; what a new request is to bring meanwhile loses what was there, and
    /// stays. `None`: there is nothing to delete any more.
    pub fn remove(&mut self, file: FileId, rse: RseId, now: SimTime) -> Option<Bytes> {
        let is_marked = match self.state(file, rse)? {
            ReplicaState::BeingDeleted | ReplicaState::Copying => true,
            ReplicaState::Available | ReplicaState::Unavailable | ReplicaState::Bad => false,
        };
        let before = self.space[rse].used;
        self.change(file, rse, now, |replica| match replica?.state {
            ReplicaState::BeingDeleted => None,
            ReplicaState::Copying => Some(Replica { is_there: false, ..replica? }),
            _ => replica,
        });
        self.files.forget_unheld(file);
        is_marked.then(|| (before - self.space[rse].used).bytes())
    }

    /// A rule or a job needs it.
    pub fn lock(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| replica.locked(now));
    }

    /// One that needed it does no more.
    pub fn unlock(&mut self, file: FileId, rse: RseId, how: Unlocking, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| replica.unlocked(how, now));
    }

    /// It may be deleted from an instant on, or is obsolete.
    pub fn bury(&mut self, file: FileId, rse: RseId, tombstone: Tombstone, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| replica.buried(tombstone, now));
    }

    /// Somebody has read it.
    pub fn touch(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| replica.touched(now));
    }

    /// A live request reads it: it stays as long.
    pub fn hold_source(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| Replica { readers: replica.readers + 1, ..replica });
    }

    /// A request that has read it has ended.
    pub fn release_source(&mut self, file: FileId, rse: RseId, now: SimTime) {
        self.change_if_there(file, rse, now, |replica| Replica {
            readers: replica.readers.saturating_sub(1),
            ..replica
        });
    }

    /// What may be deleted at an RSE now, first those first: no lock holds it, no live request reads it, it is not the last copy of a
    /// file that a request is to bring somewhere.
    pub fn candidates(&self, rse: RseId, now: SimTime) -> impl Iterator<Item = Candidate> {
        self.replicas.deletable(rse, now).filter_map(|(id, replica)| {
            let file = &self.files[id];
            let is_last = replica.state == ReplicaState::Available && file.replicas.len() == 1;
            let is_needed = replica.readers > 0 || is_last && file.copying > 0;
            let frees = replica.is_there.then_some(file.bytes);
            (!is_needed).then_some(Candidate {
                file: id,
                tombstone: replica.tombstone,
                used_at: replica.used_at,
                frees,
            })
        })
    }

    /// Where the space used is not the sum of the replicas, counted one by one.
    pub fn violation(&self) -> Option<String> {
        let mut used: Table<RseId, Total> = self.space.ids().map(|_| Total::default()).collect();
        for file in self.files.iter() {
            for &rse in file.replicas.iter().filter(|rse| Some(**rse) != file.home) {
                used[rse] += file.bytes;
            }
        }
        for (file, rse) in self.replicas.hidden() {
            used[rse] += self.files[file].bytes;
        }
        let taken: Total = self.space.values().map(|space| space.used).sum();
        if self.at_start + self.come != taken + self.gone {
            let Self { at_start, come, gone, .. } = self;
            return Some(format!("replicas take {taken} where {at_start} were there, {come} came and {gone} went"));
        }
        let differs = self.space.iter().find(|(rse, space)| space.used != used[*rse])?;
        Some(format!("RSE {} uses {} where its replicas sum to {}", differs.0.index(), differs.1.used, used[differs.0]))
    }

    /// Space taken by replicas and reservations everywhere.
    pub fn total_taken(&self) -> Bytes {
        self.space.values().map(|space| space.used + space.reserved).sum::<Total>().bytes()
    }

    fn replica(&self, file: FileId, rse: RseId) -> Option<Replica> {
        let row = self.replicas.get(file, rse).copied();
        row.or_else(|| self.has_replica(file, rse).then(Replica::plain))
    }

    fn change_if_there(&mut self, file: FileId, rse: RseId, now: SimTime, change: impl FnOnce(Replica) -> Replica) {
        self.change(file, rse, now, |replica| replica.map(change));
    }

    /// Changes a replica, and what follows from it: the one place where replicas change. Where a file takes no space nothing
    /// changes.
    fn change(
        &mut self,
        id: FileId,
        rse: RseId,
        now: SimTime,
        change: impl FnOnce(Option<Replica>) -> Option<Replica>,
    ) {
        if self.files[id].home == Some(rse) {
            return;
        }
        let before = self.replica(id, rse);
        let Self { files, replicas, space, .. } = self;
        let (file, space) = (&mut files[id], &mut space[rse]);
        let after = change(before);
        replicas.put((id, rse), before, after);
        let is = |state| [before, after].map(|replica| replica.is_some_and(|replica| replica.state == state));
        match is(ReplicaState::Available) {
            [true, false] => {
                file.replicas.retain(|other| *other != rse);
                file.has_lost = true;
            }
            [false, true] => file.replicas.insert(file.replicas.partition_point(|other| *other < rse), rse),
            _ => {}
        }
        let [was_copying, is_copying] = is(ReplicaState::Copying).map(u32::from);
        file.copying = file.copying + is_copying - was_copying;
        let hidden = |replica: Option<Replica>| replica.is_some_and(|it| it.state != ReplicaState::Available);
        file.hidden = file.hidden + u32::from(hidden(after)) - u32::from(hidden(before));
        let marked = |it: Replica| it.is_there && it.state == ReplicaState::BeingDeleted;
        match [before, after].map(|replica| replica.is_some_and(marked)) {
            [true, false] => space.marked -= file.bytes,
            [false, true] => space.marked += file.bytes,
            _ => {}
        }
        match [before, after].map(|replica| replica.is_some_and(|replica| replica.is_there)) {
            [true, false] => {
                space.used -= file.bytes;
                self.gone += file.bytes;
            }
            [false, true] => {
                space.used += file.bytes;
                self.come += file.bytes;
            }
            _ => return,
        }
        space.publish(now);
    }
}

#[cfg(test)]
mod tests;
