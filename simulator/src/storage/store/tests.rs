//! Replicas against a twin that keeps a list of them and looks through all of it.

use proptest::prelude::*;

use super::*;
use crate::distribution::Distribution;
use crate::topology::{Rse, Site, TopologyBuilder};

const FILES: u32 = 4;
const RSES: usize = 3;
const SIZE: u64 = 10;
const CAPACITY: u64 = 75;

fn map() -> Map {
    let mut builder = TopologyBuilder::default();
    let site = builder.site(Site { name: "here".into(), position: None, lan: None });
    for name in ["a", "b", "c"] {
        let (capacity, used) = (Some(Bytes::new(CAPACITY)), Bytes::new(5));
        let (read, write, dtn) = (None, None, None);
        builder.rse(Rse { capacity, used, read, write, dtn, ..Rse::new(name, site) });
    }
    builder.build().expect("a map without links").map
}

/// Four files of 10 B, all at the first RSE, and one that is made up there.
fn storage(map: &Map) -> Storage {
    let size = Distribution::Constant(SIZE as f64);
    let data =
        Dataset { name: "data".into(), files: FILES, size, replicas: vec![RseId::from_index(0)], is_cache: false };
    let mut storage = Storage::new(map, &StorageSettings::default(), &[data].into_iter().collect(), 1);
    storage.make_file(Bytes::new(SIZE), RseId::from_index(0));
    storage
}

/// A replica as the twin keeps it.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    file: FileId,
    rse: RseId,
    state: ReplicaState,
    locks: u32,
    readers: u32,
    /// `None`: no tombstone; the inner `None`: the epoch.
    tombstone: Option<Option<SimTime>>,
    buried_at: SimTime,
    used_at: SimTime,
    is_there: bool,
}

#[derive(Clone, Debug)]
struct Twin {
    rows: Vec<Row>,
}

impl Twin {
    fn new() -> Self {
        let rows = (0..FILES as usize).map(|file| Row {
            file: FileId::from_index(file),
            rse: RseId::from_index(0),
            state: ReplicaState::Available,
            locks: 0,
            readers: 0,
            tombstone: None,
            buried_at: SimTime::ZERO,
            used_at: SimTime::ZERO,
            is_there: true,
        });
        Self { rows: rows.collect() }
    }

    fn row(&mut self, file: FileId, rse: RseId) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| (row.file, row.rse) == (file, rse))
    }

    fn used(&self, rse: RseId) -> u64 {
        self.rows.iter().filter(|row| row.rse == rse && row.is_there).count() as u64 * SIZE
    }

    fn candidates(&self, rse: RseId, now: SimTime) -> Vec<(FileId, bool)> {
        let is_needed = |row: &Row| {
            let of_file = || self.rows.iter().filter(|other| other.file == row.file);
            let others = of_file().filter(|other| other.state == ReplicaState::Available && other.rse != row.rse);
            let is_last = row.state == ReplicaState::Available && others.count() == 0;
            row.readers > 0 || is_last && of_file().any(|other| other.state == ReplicaState::Copying)
        };
        let may_go = |row: &&Row| {
            let states = [ReplicaState::Available, ReplicaState::Unavailable, ReplicaState::Bad];
            let is_past = row.tombstone.is_some_and(|at| at.is_none_or(|at| at < now));
            row.rse == rse && row.locks == 0 && is_past && states.contains(&row.state) && !is_needed(row)
        };
        let mut rows: Vec<&Row> = self.rows.iter().filter(may_go).collect();
        rows.sort_by_key(|row| (row.tombstone, row.buried_at, row.file));
        rows.into_iter().map(|row| (row.file, row.is_there)).collect()
    }
}

/// Does a step where it makes sense, to both.
fn step(storage: &mut Storage, twin: &mut Twin, what: u8, (file, rse): (FileId, RseId), now: SimTime) {
    let room = CAPACITY - 5 - twin.used(rse);
    let row = twin.row(file, rse);
    match (what, row) {
        (0, None) => {
            storage.begin_copy(file, rse, now);
            twin.rows.push(Row {
                file,
                rse,
                state: ReplicaState::Copying,
                locks: 0,
                readers: 0,
                tombstone: None,
                buried_at: now,
                used_at: now,
                is_there: false,
            });
        }
        (0, Some(row)) if matches!(row.state, ReplicaState::Unavailable | ReplicaState::Bad) => {
            storage.begin_copy(file, rse, now);
            (row.state, row.tombstone) = (ReplicaState::Copying, None);
        }
        (1 | 2, Some(row)) if row.state == ReplicaState::Copying => {
            let fits = room >= SIZE;
            assert_eq!(storage.reserve(rse, Bytes::new(SIZE), now), fits);
            if fits && what == 1 {
                storage.add_replica(file, rse, now);
                (row.state, row.is_there) = (ReplicaState::Available, true);
            } else if fits {
                storage.give_back(rse, Bytes::new(SIZE), now);
                storage.give_up(file, rse, now);
                row.state = ReplicaState::Unavailable;
            }
        }
        (3, Some(row)) => {
            storage.lock(file, rse, now);
            row.locks += 1;
            (row.tombstone, row.buried_at) = (None, now);
        }
        (4 | 5, Some(row)) if row.locks > 0 => {
            let is_replicating = row.state == ReplicaState::Copying;
            storage.unlock(file, rse, Unlocking { purges: what == 5, is_replicating }, now);
            row.locks -= 1;
            if row.locks == 0 {
                let is_useless = matches!(row.state, ReplicaState::Unavailable | ReplicaState::Bad);
                let is_obsolete = what == 5 || is_replicating || is_useless || row.tombstone == Some(None);
                (row.tombstone, row.buried_at) = (Some((!is_obsolete).then_some(row.used_at)), now);
                if is_replicating {
                    row.state = ReplicaState::Unavailable;
                }
            }
        }
        (6, Some(row)) if row.state == ReplicaState::Available => {
            storage.touch(file, rse, now);
            row.used_at = now;
            if let Some(Some(at)) = &mut row.tombstone {
                (*at, row.buried_at) = (now, now);
            }
        }
        (7, Some(row)) => {
            storage.hold_source(file, rse, now);
            row.readers += 1;
        }
        (8, Some(row)) if row.readers > 0 => {
            storage.release_source(file, rse, now);
            row.readers -= 1;
        }
        (9, Some(row)) if row.state == ReplicaState::Available => {
            storage.declare_bad(file, rse, now);
            row.state = ReplicaState::Bad;
        }
        (10, _) => {
            let Some(&(file, _)) = twin.candidates(rse, now).first() else { return };
            storage.mark(file, rse, now);
            twin.row(file, rse).expect("a candidate").state = ReplicaState::BeingDeleted;
        }
        (11, Some(row)) if row.state == ReplicaState::BeingDeleted => {
            let frees = if row.is_there { SIZE } else { 0 };
            assert_eq!(storage.remove(file, rse, now), Some(Bytes::new(frees)));
            twin.rows.retain(|row| (row.file, row.rse) != (file, rse));
        }
        (12, Some(row)) if row.locks == 0 => {
            storage.bury(file, rse, Tombstone::at(now), now);
            (row.tombstone, row.buried_at) = (Some(Some(now)), now);
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is done to replicas: the same are there, readable and deletable, in the same order, and take the same space.
    #[test]
    fn a_list_that_is_searched_says_the_same(
        steps in proptest::collection::vec((0_u8..13, 0..FILES as usize, 0..RSES, 0_u64..3), 0..150),
    ) {
        let map = map();
        let (mut storage, mut twin) = (storage(&map), Twin::new());
        let mut now = 0;
        for (what, file, rse, later) in steps {
            now += later;
            let of = (FileId::from_index(file), RseId::from_index(rse));
            step(&mut storage, &mut twin, what, of, SimTime::from_nanos(now));
            for rse in map.rses().ids() {
                let at = SimTime::from_nanos(now + 1);
                let candidates = storage.candidates(rse, at).map(|it| (it.file, it.frees.is_some()));
                prop_assert_eq!(candidates.collect::<Vec<_>>(), twin.candidates(rse, at));
                prop_assert_eq!(storage.taken(rse).get(), 5 + twin.used(rse));
                for file in (0..FILES as usize).map(FileId::from_index) {
                    let state = twin.row(file, rse).map(|row| row.state);
                    prop_assert_eq!(storage.state(file, rse), state);
                    prop_assert_eq!(storage.has_replica(file, rse), state == Some(ReplicaState::Available));
                }
            }
            prop_assert_eq!(storage.violation(), None);
            prop_assert!(storage.files.iter().all(|file| file.replicas.is_sorted()));
        }
    }
}

#[test]
fn a_made_up_file_is_forgotten_when_nobody_holds_it() {
    let map = map();
    let mut storage = storage(&map);
    let (made, now) = (FileId::from_index(FILES as usize), SimTime::ZERO);
    let [home, other] = [0, 1].map(RseId::from_index);
    storage.hold(made);
    storage.begin_copy(made, other, now);
    storage.let_go(made);
    assert_eq!(storage.file(made).replicas[..], [home], "a request still brings it");
    assert!(storage.reserve(other, Bytes::new(SIZE), now));
    storage.add_replica(made, other, now);
    storage.bury(made, other, Tombstone::OBSOLETE, now);
    storage.mark(made, other, now);
    assert_eq!(storage.remove(made, other, now), Some(Bytes::new(SIZE)));
    assert!(!storage.has_replica(made, home), "forgotten, and no panic");
    let next = storage.make_file(Bytes::new(SIZE), home);
    assert_eq!(next.index(), made.index() + 1, "its number is not used again");
}

#[test]
fn a_copy_that_is_written_over_a_bad_one_takes_its_space_once() {
    let map = map();
    let mut storage = storage(&map);
    let (file, rse, now) = (FileId::from_index(0), RseId::from_index(1), SimTime::ZERO);
    storage.begin_copy(file, rse, now);
    for is_written_over in [false, true] {
        assert!(storage.reserve(rse, Bytes::new(SIZE), now));
        assert_eq!(storage.add_replica(file, rse, now), is_written_over);
        let left = Bytes::new(CAPACITY - storage.taken(rse).get());
        assert_eq!(storage.space[rse].free.get(), Some(left), "what is left is published");
        storage.declare_bad(file, rse, now);
        storage.begin_copy(file, rse, now);
    }
}

#[test]
fn where_a_file_takes_no_space_nothing_is_deleted() {
    let map = map();
    let mut storage = storage(&map);
    let (made, home, now) = (FileId::from_index(FILES as usize), RseId::from_index(0), SimTime::ZERO);
    let before = storage.taken(home);
    storage.bury(made, home, Tombstone::OBSOLETE, now);
    storage.mark(made, home, now);
    assert_eq!(storage.candidates(home, SimTime::MAX).count(), 0);
    assert_eq!((storage.has_replica(made, home), storage.taken(home)), (true, before));
}

#[test]
fn a_replica_takes_little_memory() {
    assert!(size_of::<Replica>() <= 40, "{}", size_of::<Replica>());
}
