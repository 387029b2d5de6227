//! All replicas of which something is kept, and the order in which they may be deleted.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::ids::{FileId, RseId, Table};
use crate::storage::replica::{Replica, ReplicaState, Tombstone};
use crate::topology::Map;
use crate::units::SimTime;

/// Replicas that are not simply there, and by RSE those of them that may be deleted, first those first.
///
/// A replica that was there from the start and that nobody has touched has no row. Of the others it takes 48 bytes, and
/// 24 more while it may be deleted. Everything takes constant time but a change of the order: the logarithm of their number.
#[derive(Clone, Debug)]
pub(super) struct Replicas {
    /// For looking up only.
    rows: FxHashMap<(FileId, RseId), Replica>,
    deletable: Table<RseId, BTreeSet<(Tombstone, SimTime, FileId)>>,
}

impl Replicas {
    pub fn new(map: &Map) -> Self {
        Self { rows: FxHashMap::default(), deletable: map.rses().values().map(|_| BTreeSet::new()).collect() }
    }

    /// The row of a replica; `None`: it is simply there, or there is none.
    pub fn get(&self, file: FileId, rse: RseId) -> Option<&Replica> {
        self.rows.get(&(file, rse))
    }

    /// Puts a replica in the place of what it was before; `None`: there was none, or is none any more.
    pub fn put(&mut self, (file, rse): (FileId, RseId), before: Option<Replica>, after: Option<Replica>) {
        let key = |row: &Replica| row.is_deletable().then_some((row.tombstone, row.updated_at, file));
        let (old, new) = (before.as_ref().and_then(key), after.as_ref().and_then(key));
        if old != new {
            let deletable = &mut self.deletable[rse];
            old.map(|key| deletable.remove(&key));
            deletable.extend(new);
        }
        match after.filter(|row| *row != Replica::plain()) {
            Some(row) => self.rows.insert((file, rse), row),
            None => self.rows.remove(&(file, rse)),
        };
    }

    /// Replicas whose tombstone lies before an instant, in order of their tombstones.
    pub fn deletable(&self, rse: RseId, now: SimTime) -> impl Iterator<Item = (FileId, &Replica)> {
        let past = self.deletable[rse].iter().take_while(move |(tombstone, _, _)| tombstone.is_before(now));
        past.filter_map(move |&(_, _, file)| Some((file, self.rows.get(&(file, rse))?)))
    }

    /// Those that take space though they cannot be read, in any order.
    pub fn hidden(&self) -> impl Iterator<Item = (FileId, RseId)> {
        let hidden = self.rows.iter().filter(|(_, row)| row.is_there && row.state != ReplicaState::Available);
        hidden.map(|(&of, _)| of)
    }
}
