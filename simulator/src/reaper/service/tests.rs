//! The reaper on its own: replicas of 10 B at one RSE, which it is told to keep from being full.

use std::collections::BTreeMap;

use super::*;
use crate::calendar::{Calendar, Due};
use crate::distribution::Distribution;
use crate::facts::Observer;
use crate::ids::{FileId, Id};
use crate::reaper::{FreeSpace, NeedBy};
use crate::storage::{Dataset, StorageSettings, Unlocking};
use crate::topology::{Outage, Rse, Site, TopologyBuilder};

/// Deletions as they are told: second, file, why.
#[derive(Default)]
struct Told(Vec<(f64, usize, RemovedBecause)>);

impl Observer for Told {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        if let Fact::ReplicaRemoved(removed) = fact {
            self.0.push((at.as_secs_f64(), removed.file.index(), removed.because));
        }
    }
}

/// One RSE that is full of files, the nth of which was read last at second n and which nobody holds.
struct Disk {
    map: Map,
    storage: Storage,
    settings: ReaperSettings,
    attributes: Table<RseId, BTreeMap<String, String>>,
}

const DISK: usize = 0;

fn at(second: u64) -> SimTime {
    SimTime::from_nanos(second * 1_000_000_000)
}

fn span(second: u64) -> SimSpan {
    SimSpan::from_nanos(second * 1_000_000_000)
}

fn file(nth: usize) -> FileId {
    FileId::from_index(nth)
}

impl Disk {
    /// So many files; the disk has room for just them.
    fn of(files: u32, usage_every: SimSpan) -> Self {
        let mut builder = TopologyBuilder::default();
        let site = builder.site(Site { name: "here".into(), position: None, lan: None });
        let capacity = Some(Bytes::new(u64::from(files) * 10));
        let (used, read, write, dtn) = (Bytes::ZERO, None, None, None);
        let rse = builder.rse(Rse { capacity, used, read, write, dtn, ..Rse::new("disk", site) });
        let map = builder.build().expect("a map without links").map;
        let data = Dataset {
            name: "data".into(),
            files,
            size: Distribution::Constant(10.0),
            replicas: vec![rse],
            is_cache: false,
        };
        let settings = StorageSettings { usage_every };
        let mut storage = Storage::new(&map, &settings, &[data].into_iter().collect(), 1);
        for nth in 0..files as usize {
            storage.lock(file(nth), rse, SimTime::ZERO);
            storage.touch(file(nth), rse, at(nth as u64));
            storage.unlock(file(nth), rse, Unlocking::default(), at(1_000_000));
        }
        let every = span(60);
        let settings = ReaperSettings { every, ..ReaperSettings::default() };
        Self { map, storage, settings, attributes: Table::new() }
    }

    fn keeping(mut self, bytes: u64) -> Self {
        self.settings.min_free_space = Some(FreeSpace::Volume(Bytes::new(bytes)));
        self
    }

    /// What is deleted from the first hour to this second of the second one.
    fn deletes(&mut self, until: u64) -> Vec<(f64, usize, RemovedBecause)> {
        const START: u64 = 10_000_000;
        let mut reaper = Reaper::new(&self.map, &self.settings, &Words::new(&self.map, &self.attributes), 1);
        let (mut calendar, mut told) = (Calendar::new(), Told::default());
        for worker in 0..self.settings.workers {
            calendar.schedule(at(START), ReaperEvent::Round { worker });
        }
        while let Some((now, Due::Event(event))) = calendar.pop_until(at(START + until)) {
            let cx =
                &mut Context { now, map: &self.map, calendar: &mut calendar, observer: &mut told, route: |_| None };
            reaper.handle(event, &mut self.storage, cx);
        }
        assert_eq!(self.storage.violation(), None);
        told.0.into_iter().map(|(second, file, why)| (second - START as f64, file, why)).collect()
    }

    fn rse() -> RseId {
        RseId::from_index(DISK)
    }
}

fn files(deleted: &[(f64, usize, RemovedBecause)]) -> Vec<usize> {
    deleted.iter().map(|&(_, file, _)| file).collect()
}

#[test]
fn statement_15_the_reaper_is_an_lru_cache() {
    let now = at(2_000_000);
    let rse = Disk::rse();
    // Three are needed. The first is locked, the second is read by a request, the third is read again.
    let mut disk = Disk::of(20, SimSpan::ZERO).keeping(30);
    // What follows where a look is good for longer is told below.
    disk.settings.usage_kept = SimSpan::ZERO;
    disk.storage.lock(file(0), rse, now);
    disk.storage.hold_source(file(1), rse, now);
    disk.storage.touch(file(2), rse, now);
    let deleted = disk.deletes(3_600);
    assert_eq!(files(&deleted), [3, 4, 5], "those that were read longest ago, and no more than asked");
    assert!(deleted.iter().all(|(_, _, why)| *why == RemovedBecause::SpaceNeeded));

    // Nothing is needed: obsolete ones go, and nothing else.
    let mut disk = Disk::of(20, SimSpan::ZERO);
    disk.storage.bury(file(7), rse, Tombstone::OBSOLETE, now);
    assert_eq!(disk.deletes(3_600), [(0.0, 7, RemovedBecause::Obsolete)]);

    // Nor where there is enough; 10 B are free then, 10 B are kept.
    let mut disk = disk.keeping(10);
    assert_eq!(disk.deletes(3_600), []);
}

#[test]
fn the_last_copy_stays_while_a_request_is_to_bring_the_file_somewhere() {
    let mut disk = Disk::of(3, SimSpan::ZERO).keeping(30);
    let mut builder = TopologyBuilder::default();
    let site = builder.site(Site { name: "here".into(), position: None, lan: None });
    for name in ["disk", "other"] {
        let (capacity, used, read, write, dtn) = (Some(Bytes::new(30)), Bytes::ZERO, None, None, None);
        builder.rse(Rse { capacity, used, read, write, dtn, ..Rse::new(name, site) });
    }
    disk.map = builder.build().expect("a map without links").map;
    let data = Dataset {
        name: "data".into(),
        files: 3,
        size: Distribution::Constant(10.0),
        replicas: vec![Disk::rse()],
        is_cache: false,
    };
    let settings = StorageSettings::default();
    disk.storage = Storage::new(&disk.map, &settings, &[data].into_iter().collect(), 1);
    let (now, other) = (at(1), RseId::from_index(1));
    for nth in 0..3 {
        disk.storage.bury(file(nth), Disk::rse(), Tombstone::at(now), now);
    }
    disk.storage.begin_copy(file(1), other, now);
    assert_eq!(files(&disk.deletes(100)), [0, 2]);
    disk.storage.give_up(file(1), other, now);
    assert_eq!(files(&disk.deletes(100)), [1]);
}

#[test]
fn a_chunk_takes_its_time_and_a_full_one_is_followed_by_the_next_after_a_second() {
    let mut disk = Disk::of(25, SimSpan::ZERO).keeping(250);
    (disk.settings.chunk, disk.settings.time_per_replica) = (10, span(2));
    let ends: Vec<f64> = disk.deletes(3_600).iter().map(|&(second, _, _)| second).collect();
    // 10 replicas by 20 s, 10 by 41 s; the last 5 take 10 s, and 61 of 60 s are over.
    assert_eq!(ends, [[20.0; 10].as_slice(), &[41.0; 10], &[52.0; 5]].concat());
}

#[test]
fn an_rse_with_little_to_delete_is_left_alone_for_two_minutes() {
    let mut disk = Disk::of(10, SimSpan::ZERO);
    let rse = Disk::rse();
    disk.storage.bury(file(0), rse, Tombstone::OBSOLETE, at(1));
    disk.storage.bury(file(1), rse, Tombstone::at(at(10_000_001)), at(1));
    disk.storage.bury(file(2), rse, Tombstone::at(at(10_000_179)), at(1));
    disk.settings.greedy = true;
    disk.settings.chunk = 2;
    // Greedy: all but the third are past and go, two a second. At 5 s nothing is found, and the RSE is paused. The mark still
    // holds at 125 s, and the rounds come every 60 s from 5 s on: the next look is at 185 s.
    let deleted = disk.deletes(3_600);
    assert_eq!(deleted.last(), Some(&(185.0, 2, RemovedBecause::Greedy)), "{deleted:?}");
    assert!(deleted[..9].iter().all(|(second, _, _)| *second <= 4.0), "{deleted:?}");
}

#[test]
fn an_rse_that_does_not_answer_is_left_alone_and_nothing_is_lost() {
    let deleted = |declared: bool, chunk: u32, errors: u32| {
        let mut disk = Disk::of(40, SimSpan::ZERO).keeping(400);
        let mut builder = TopologyBuilder::default();
        let site = builder.site(Site { name: "here".into(), position: None, lan: None });
        let outages = vec![Outage { at: at(10_000_000), lasts: span(100), declared }];
        builder.rse(Rse { capacity: Some(Bytes::new(400)), outages, ..Rse::new("disk", site) });
        disk.map = builder.build().expect("a map without links").map;
        (disk.settings.chunk, disk.settings.errors, disk.settings.pause) = (chunk, errors, SimSpan::ZERO);
        let deleted = disk.deletes(3_600);
        assert_eq!(deleted.len(), 40, "each once");
        (deleted[0].0, deleted[39].0)
    };
    // Declared: nothing is tried before the end.
    assert_eq!(deleted(true, 100, 100), (120.0, 120.0));
    // Not declared: all 40 fail, and are tried again later than 600 s after that, in the round at 660 s.
    assert_eq!(deleted(false, 100, 100), (660.0, 660.0));
    // The first ten fail, and the RSE is left alone for as long, the others too. A full chunk was followed by a round at 1 s, and
    // those after it come every 60 s from there.
    assert_eq!(deleted(false, 10, 10).0, 601.0);
}

#[test]
fn an_rse_can_be_greedy_by_its_attribute() {
    let deleted = |value: &str| {
        let mut disk = Disk::of(5, SimSpan::ZERO);
        disk.attributes.push(BTreeMap::from([("greedyDeletion".to_owned(), value.to_owned())]));
        disk.deletes(60)
    };
    assert_eq!((files(&deleted("True")), files(&deleted("false"))), (vec![0, 1, 2, 3, 4], vec![]));
}

#[test]
fn so_many_workers_and_no_more_delete_at_one_host() {
    let mut disk = Disk::of(100, SimSpan::ZERO).keeping(1_000);
    disk.settings.workers = 8;
    (disk.settings.chunk, disk.settings.time_per_replica) = (10, span(1));
    let at_once = disk.deletes(10).len();
    assert_eq!(at_once, 50, "five of eight workers had a chunk each");
}

/// Complaint of operators (Rucio #8366): reapers delete more than they should. Ten replicas are to go.
#[test]
fn several_looks_at_one_cached_need_free_it_several_times() {
    let deleted = |workers: u32, need_by: NeedBy, usage_every: u64| {
        let mut disk = Disk::of(1_000, span(usage_every)).keeping(100);
        (disk.settings.workers, disk.settings.need_by) = (workers, need_by);
        disk.settings.time_per_replica = span(1);
        disk.deletes(3_600).len()
    };
    // The need of 100 B is looked up once and is good until 600 s. A pause of 120 s comes after each chunk that is not full, so
    // that one worker looks again at 180, 360 and 540 s: ten each time.
    assert_eq!(deleted(1, NeedBy::CachedUsage, 0), 40);
    // Three workers find it together, before the first has found too few for a chunk: the pause keeps the others off.
    assert_eq!(deleted(3, NeedBy::CachedUsage, 0), 40);
    // Where usage is published once in half an hour, here after 800 s, the need that is looked up at 720 s is no newer.
    assert_eq!(deleted(1, NeedBy::CachedUsage, 1_800), 80);
    // The switch: no more than asked, whoever asks and however old the published usage is.
    for workers in [1, 3] {
        assert_eq!(deleted(workers, NeedBy::LiveUsage, 0), 10);
        assert_eq!(deleted(workers, NeedBy::LiveUsage, 1_800), 10);
    }
}

/// The same where a chunk is less than what is needed: no pause comes between, and all workers delete at once.
#[test]
fn several_workers_free_the_same_need_each() {
    let deleted = |workers: u32, need_by: NeedBy| {
        let mut disk = Disk::of(1_000, SimSpan::ZERO).keeping(150);
        (disk.settings.workers, disk.settings.need_by, disk.settings.chunk) = (workers, need_by, 10);
        disk.settings.time_per_replica = span(1);
        disk.deletes(600).len()
    };
    // Fifteen are to go, ten at a time.
    assert_eq!([1, 4].map(|workers| deleted(workers, NeedBy::LiveUsage)), [15, 15]);
    let [one, four] = [1, 4].map(|workers| deleted(workers, NeedBy::CachedUsage));
    assert!(one > 500 && four == 1_000, "{one} and {four}");
}
