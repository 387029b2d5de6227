//! Whole lives of jobs, with the network and without the services above.

use super::*;
use crate::calendar::{Calendar, Due};
use crate::context::Owner;
use crate::copy::{Failure, Strikes};
use crate::facts::{Fact, Observer};
use crate::faults::CopyError;
use crate::fts::ReplicaChoice;
use crate::ids::{ActivityId, FileId, Id, Table, VoId};
use crate::network::{Network, Wiring};
use crate::storage::StorageSettings;
use crate::topology::{Link, Rse, Site, TapeSystem, Topology, TopologyBuilder};
use crate::units::Rate;
use smallvec::SmallVec;

/// What FTS has told, and when.
#[derive(Default)]
struct Told(Vec<(f64, FtsEnded)>);

impl Observer for Told {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        if let Fact::FtsEnded(ended) = fact {
            self.0.push((at.as_secs_f64(), ended.clone()));
        }
    }
}

/// Four RSEs of hosts of their own, each with a wire of 100 MB/s to each other one.
fn topology() -> Topology {
    topology_of(|_| ())
}

/// The same, of RSEs that are changed.
fn topology_of(change: impl Fn(&mut Rse)) -> Topology {
    let mut builder = TopologyBuilder::default();
    let sites: Vec<_> =
        (0..4).map(|nth| builder.site(Site { name: format!("S{nth}"), position: None, lan: None })).collect();
    for (nth, &site) in sites.iter().enumerate() {
        let mut rse = Rse::new(format!("R{nth}"), site);
        change(&mut rse);
        builder.rse(rse);
    }
    for (&from, &to) in sites.iter().flat_map(|from| sites.iter().map(move |to| (from, to))) {
        if from != to {
            let (name, bandwidth) = (format!("{from:?}-{to:?}"), Rate::from_mb_per_s(100.0));
            builder.link(Link { name, from, to, bandwidth, latency: SimSpan::ZERO });
        }
    }
    builder.build().expect("routes are computed")
}

struct World<'a> {
    map: &'a Map,
    fts: Fts,
    fabric: Fabric<'a>,
    calendar: Calendar<FtsEvent>,
    told: Told,
    now: SimTime,
    n_requests: usize,
}

impl<'a> World<'a> {
    fn new(topology: &'a Topology, fts: &FtsSettings, copy: &CopySettings) -> Self {
        let map = &topology.map;
        let mut network = Network::new();
        let wiring = Wiring::new(topology, &mut network);
        let storage = Storage::new(map, &StorageSettings::default(), &Table::new(), 1);
        Self {
            map,
            fts: Fts::new(map, (fts, copy), &Names::default(), 1),
            fabric: Fabric { network, wiring, storage },
            calendar: Calendar::new(),
            told: Told::default(),
            now: SimTime::ZERO,
            n_requests: 0,
        }
    }

    fn act(&mut self, act: impl FnOnce(&mut Fts, &mut Fabric<'a>, &mut Context<'_, FtsEvent>)) {
        let Self { map, fts, fabric, calendar, told, now, .. } = self;
        let route = |fact: &Fact| match *fact {
            Fact::SpaceFreed { rse } => Some(FtsEvent::SpaceFreed { rse }),
            _ => None,
        };
        let mut cx = Context { now: *now, map, calendar, observer: told, route };
        act(fts, fabric, &mut cx);
    }

    /// Submits a job of files of 100 MB between these RSEs, and says which request is its first.
    fn submit(&mut self, kind: JobKind, pairs: &[(usize, usize)], change: impl Fn(&mut FtsJob)) -> RequestId {
        let first = self.n_requests;
        let mut files: SmallVec<[FtsFile; 1]> = SmallVec::new();
        for &(source, destination) in pairs {
            let request = RequestId::from_index(self.n_requests);
            if kind != JobKind::MultiReplica {
                self.n_requests += 1;
            }
            let (source, destination) = (RseId::from_index(source), RseId::from_index(destination));
            let bytes = Bytes::from_megabytes(100.0);
            files.push(FtsFile { request, file: None, key: request.index() as u64, source, destination, bytes });
        }
        self.n_requests = self.n_requests.max(first + 1);
        let mut job = FtsJob {
            kind,
            files,
            workload: WorkloadId::from_index(0),
            vo: VoId::from_index(0),
            activity: ActivityId::from_index(0),
            priority: 3,
            retries: None,
            retry_delay: None,
            max_time_in_queue: None,
            bring_online: None,
            archive_timeout: None,
            queues: true,
        };
        change(&mut job);
        self.act(|fts, fabric, cx| fts.submit(&job, fabric, cx));
        self.settle();
        RequestId::from_index(first)
    }

    fn settle(&mut self) {
        if self.calendar.next_at() != Some(self.now) {
            let next = self.fabric.network.settle(self.now);
            self.calendar.announce(next);
        }
    }

    fn run_until(&mut self, seconds: f64) {
        while let Some((now, due)) = self.calendar.pop_until(SimTime::from_secs_f64(seconds)) {
            self.now = now;
            match due {
                Due::Event(event) => self.act(|fts, fabric, cx| fts.handle(event, fabric, cx)),
                Due::Announced => {
                    let mut arrived = Vec::new();
                    self.fabric.network.arrivals(now, &mut arrived);
                    for arrival in arrived {
                        let Owner::Copy(copy) = arrival.owner else { panic!("only copies move bytes here") };
                        self.calendar.schedule(now, FtsEvent::Copy(CopyEvent::Arrived { copy }));
                    }
                }
            }
            self.settle();
        }
        self.now = SimTime::from_secs_f64(seconds);
    }

    /// Nothing is left, and all slots and bytes are accounted for.
    fn assert_empty(&self) {
        assert_eq!((self.fts.files.iter().count(), self.fts.jobs.iter().count()), (0, 0));
        assert!(self.fts.of_request.is_empty());
        assert_eq!(self.fabric.network.n_flows(), 0);
        let told: u64 = self.told.0.iter().map(|(_, ended)| ended.moved.get()).sum();
        assert_eq!(told, self.fts.received().get() + self.fts.lost().get());
        if let Starts::Passes(nodes) = &self.fts.starts {
            let backlog = &nodes.passes.backlog;
            assert!(backlog.links.values().all(|link| link.active == 0 && link.queued() == 0));
            assert!(backlog.processes.values().all(|processes| *processes == 0));
        }
        for rse in self.map.rses().ids() {
            assert_eq!(self.fts.queued_to(rse), 0);
        }
    }
}

/// As it is: passes, processes that take their time, messages.
fn real() -> FtsSettings {
    let span = SimSpan::from_secs_f64;
    FtsSettings {
        scheduling_interval: span(2.0),
        nodes: 3,
        process_start: span(0.3),
        process_start_spread: span(1.0),
        message_interval: span(1.0),
        ..FtsSettings::default()
    }
}

/// All copies from an RSE fail when they are verified.
fn failing(sources: &[usize], error: CopyError) -> CopySettings {
    let of = |&source: &usize| Failure {
        source: Some(RseId::from_index(source)),
        destination: None,
        probability: 1.0,
        error,
        strikes: Strikes::Verifying,
        bad_hours: None,
    };
    CopySettings { failures: sources.iter().map(of).collect(), ..CopySettings::default() }
}

/// With passes and without.
fn both() -> [FtsSettings; 2] {
    [FtsSettings::default(), real()]
}

#[test]
fn statement_13_retries_of_regular_jobs_and_recoverable_errors_only() {
    let topology = topology();
    for settings in both() {
        let run = |error, kind, pairs: &[(usize, usize)]| {
            let mut world = World::new(&topology, &settings, &failing(&[0], error));
            world.submit(kind, pairs, |job| job.retries = Some(3));
            world.run_until(2_000.0);
            world.assert_empty();
            world.told.0.remove(0)
        };
        let (at, ended) = run(CopyError::Other, JobKind::Regular, &[(0, 1)]);
        assert_eq!(ended.tries, 4, "three further attempts");
        assert_eq!(ended.moved, Bytes::from_megabytes(400.0));
        // Four copies of 1 s, and three waits of 120 s and what passes, starts and messages take besides.
        let least = 4.0 + 3.0 * 120.0;
        assert!((least..least + 4.0 * 5.0).contains(&at), "{at}");
        assert_eq!(run(CopyError::ChecksumMismatch, JobKind::Regular, &[(0, 1)]).1.tries, 1);
        assert_eq!(run(CopyError::Other, JobKind::MultiHop, &[(0, 1), (1, 2)]).1.tries, 1);
        let (_, replicas) = run(CopyError::Other, JobKind::MultiReplica, &[(0, 3), (0, 3)]);
        assert_eq!(replicas.tries, 2, "each replica once");
    }
}

#[test]
fn statement_14_replicas_are_tried_one_after_the_other() {
    let topology = topology();
    for settings in both() {
        let mut world = World::new(&topology, &settings, &failing(&[0, 1], CopyError::Other));
        let request = world.submit(JobKind::MultiReplica, &[(0, 3), (1, 3), (2, 3)], |_| ());
        for second in 1..60 {
            world.run_until(f64::from(second) * 0.5);
            assert!(world.fabric.network.n_flows() <= 1, "strictly one after another");
        }
        world.assert_empty();
        let [(_, ended)] = &world.told.0[..] else { panic!("one request, one end") };
        assert_eq!((ended.request, ended.source, ended.tries), (request, RseId::from_index(2), 3));
        assert_eq!((ended.result, ended.moved), (Ok(()), Bytes::from_megabytes(300.0)));
    }
}

#[test]
fn the_shortest_queue_is_tried_first_if_so_set() {
    let topology = topology();
    let settings = FtsSettings { replica_choice: ReplicaChoice::ShortestQueue, ..real() };
    let mut world = World::new(&topology, &settings, &CopySettings::default());
    world.submit(JobKind::Regular, &[(0, 3); 5], |_| ());
    world.submit(JobKind::MultiReplica, &[(0, 3), (1, 3)], |_| ());
    world.run_until(100.0);
    world.assert_empty();
    assert_eq!(world.told.0.iter().filter(|(_, ended)| ended.source == RseId::from_index(1)).count(), 1);
}

#[test]
fn statement_15_hops_follow_each_other_and_end_with_the_first_that_fails() {
    let topology = topology();
    for settings in both() {
        let run = |copy: &CopySettings| {
            let mut world = World::new(&topology, &settings, copy);
            world.submit(JobKind::MultiHop, &[(0, 1), (1, 2), (2, 3)], |_| ());
            world.run_until(200.0);
            world.assert_empty();
            world.told.0
        };
        let done = run(&CopySettings::default());
        let begun = |nth: usize| done[nth].1.started_at.expect("it has started").as_secs_f64();
        assert!(done.iter().all(|(_, ended)| ended.result == Ok(())));
        assert!(
            (1..3).all(|hop| begun(hop) >= done[hop - 1].0),
            "none begins before the end of the one before is known"
        );
        let failed = run(&failing(&[1], CopyError::Other));
        let results: Vec<_> = failed.iter().map(|(_, ended)| (ended.result, ended.tries)).collect();
        let error = TransferError::Copy(CopyError::Other);
        assert_eq!(results, [(Ok(()), 1), (Err(error), 1), (Err(TransferError::NotUsed), 0)]);
    }
}

#[test]
fn statement_09_the_limit_of_a_link_holds_in_whole_lives() {
    let topology = topology();
    let strict = FtsSettings {
        max_active_per_link: 3,
        process_start: SimSpan::ZERO,
        process_start_spread: SimSpan::ZERO,
        message_interval: SimSpan::ZERO,
        nodes: 1,
        ..real()
    };
    let most = |settings: &FtsSettings| {
        let mut world = World::new(&topology, settings, &CopySettings::default());
        world.submit(JobKind::Regular, &[(0, 1); 60], |_| ());
        let mut most = 0;
        for tenth in 1..4_000 {
            world.run_until(f64::from(tenth) * 0.1);
            most = most.max(world.fabric.network.n_flows());
        }
        world.assert_empty();
        assert_eq!(world.told.0.len(), 60);
        most
    };
    assert_eq!(most(&strict), 3);
    // A process counts 3 to 5 s after its start, so each of three nodes passes two or three times without seeing it.
    let late = most(&FtsSettings { max_active_per_link: 3, process_start: SimSpan::from_secs_f64(3.0), ..real() });
    assert!((4..=3 * 3 * 3).contains(&late), "{late}");
}

#[test]
fn what_is_cancelled_ends_and_gives_everything_back() {
    let topology = topology();
    for settings in both() {
        let mut world =
            World::new(&topology, &FtsSettings { max_active_per_link: 2, ..settings }, &CopySettings::default());
        let job = world.submit(JobKind::Regular, &[(0, 1); 8], |_| ());
        // 100 MB each, two at once: the first are under way at 1.9 s or begin soon.
        world.run_until(1.9);
        world.act(|fts, fabric, cx| fts.cancel(job, fabric, cx));
        world.settle();
        world.run_until(60.0);
        world.assert_empty();
        assert_eq!(world.told.0.len(), 8);
        let cancelled = world.told.0.iter().filter(|(_, ended)| ended.result == Err(TransferError::Cancelled)).count();
        assert!(cancelled >= 6, "{cancelled}");
        let replicas = world.submit(JobKind::MultiReplica, &[(0, 1), (2, 1)], |_| ());
        world.act(|fts, fabric, cx| fts.cancel(replicas, fabric, cx));
        world.run_until(120.0);
        world.assert_empty();
        let (_, last) = world.told.0.last().expect("it is told");
        assert_eq!((last.request, last.result), (replicas, Err(TransferError::Cancelled)), "no other replica is tried");
    }
}

#[test]
fn what_is_queued_for_too_long_is_cancelled_within_300_s() {
    let topology = topology();
    for settings in both() {
        let settings = FtsSettings { max_active_per_link: 1, ..settings };
        let mut world = World::new(&topology, &settings, &CopySettings::default());
        let hour = Some(SimSpan::from_secs_f64(3_600.0));
        world.submit(JobKind::Regular, &[(0, 1)], |job| job.files[0].bytes = Bytes::from_megabytes(1e6));
        world.run_until(10.0);
        world.submit(JobKind::Regular, &[(0, 1); 3], |job| job.max_time_in_queue = hour);
        world.run_until(20_000.0);
        world.assert_empty();
        let ended: Vec<f64> = world.told.0.iter().filter(|told| told.1.result.is_err()).map(|told| told.0).collect();
        assert_eq!(ended.len(), 3);
        assert!(ended.iter().all(|at| *at == ended[0] && (3_610.0..3_910.0).contains(at)), "{ended:?}");
    }
}

/// All RSEs on tape, where nothing arrives within 500 s, with room for one file.
fn slow_tapes() -> Topology {
    let tape = TapeSystem {
        drives: 1,
        rate: Rate::from_mb_per_s(100.0),
        mount: SimSpan::from_secs_f64(5_000.0),
        position: SimSpan::ZERO,
        files_per_tape: 1,
        archive_timeout: Some(SimSpan::from_secs_f64(500.0)),
    };
    topology_of(|rse| {
        if rse.name == "R1" {
            (rse.capacity, rse.tape) = (Some(Bytes::from_megabytes(150.0)), Some(tape));
        }
    })
}

#[test]
fn what_is_not_on_tape_in_time_makes_room_for_who_waits() {
    let topology = slow_tapes();
    for settings in both() {
        let settings = FtsSettings { when_full: WhenFull::Wait, ..settings };
        let mut world = World::new(&topology, &settings, &CopySettings::default());
        world.submit(JobKind::Regular, &[(0, 1); 2], |job| {
            for (nth, file) in job.files.iter_mut().enumerate() {
                file.file = Some(FileId::from_index(nth));
            }
        });
        world.run_until(20_000.0);
        world.assert_empty();
        let results: Vec<_> = world.told.0.iter().map(|(_, ended)| ended.result).collect();
        assert_eq!(results, [Err(TransferError::ArchivingTimeout); 2]);
        assert_eq!(world.fts.received(), Bytes::ZERO, "good copies in vain are lost");
    }
}

#[test]
fn what_is_queued_again_after_its_time_is_cancelled_within_300_s() {
    let topology = topology();
    for settings in both() {
        let mut world = World::new(&topology, &settings, &failing(&[0], CopyError::Other));
        let late = |job: &mut FtsJob| {
            job.max_time_in_queue = Some(SimSpan::from_secs_f64(10.0));
            job.files[0].bytes = Bytes::from_megabytes(1e5);
            (job.retries, job.retry_delay) = (Some(9), Some(SimSpan::from_secs_f64(4_000.0)));
        };
        // Each copies for 1,000 s, past a sweep.
        world.submit(JobKind::Regular, &[(0, 1)], late);
        world.submit(JobKind::MultiReplica, &[(0, 2), (2, 2)], late);
        // Of what has ended no deadline is left.
        world.submit(JobKind::Regular, &[(2, 3)], |job| job.max_time_in_queue = Some(SimSpan::from_secs_f64(1e6)));
        world.run_until(1_320.0);
        world.assert_empty();
        assert!(world.fts.expiry.deadlines.is_empty());
        let results: Vec<_> = world.told.0.iter().map(|(_, ended)| ended.result).collect();
        let failed = Err(TransferError::Copy(CopyError::Other));
        assert_eq!(results, [Ok(()), failed, Err(TransferError::Cancelled)], "no other replica is tried");
    }
}

#[test]
fn what_is_cancelled_between_its_end_and_its_message_starts_nothing_more() {
    let topology = topology();
    let mut world = World::new(&topology, &real(), &CopySettings::default());
    let request = world.submit(JobKind::MultiHop, &[(0, 1), (1, 2)], |job| {
        job.files[0].file = Some(FileId::from_index(0));
    });
    let has_ended = |world: &World<'_>| {
        world.fts.files.iter().any(|(_, file)| matches!(file.state, State::Ended { keeps_space: true }))
    };
    let looked = (1..2_000).find(|hundredth| {
        world.run_until(f64::from(*hundredth) * 0.01);
        has_ended(&world)
    });
    assert!(looked.is_some(), "messages are read each second");
    world.act(|fts, fabric, cx| fts.cancel(request, fabric, cx));
    world.run_until(60.0);
    world.assert_empty();
    let results: Vec<_> = world.told.0.iter().map(|(_, ended)| ended.result).collect();
    assert_eq!(results, [Err(TransferError::Cancelled), Err(TransferError::NotUsed)]);
    let taken = world.fabric.storage.taken(RseId::from_index(1));
    assert_eq!((world.fts.received(), taken), (Bytes::ZERO, Bytes::ZERO));
}

#[test]
fn a_bad_replica_is_removed_before_it_is_written_over() {
    let topology = topology();
    let copy = CopySettings { removal: SimSpan::from_secs_f64(50.0), ..CopySettings::default() };
    let mut world = World::new(&topology, &FtsSettings::default(), &copy);
    let [there, elsewhere] = [1, 2].map(RseId::from_index);
    let storage = &mut world.fabric.storage;
    let [bad, new] = [there, elsewhere].map(|rse| storage.make_file(Bytes::from_megabytes(100.0), rse));
    storage.declare_bad(bad, there, SimTime::ZERO);
    storage.begin_copy(bad, there, SimTime::ZERO);
    storage.begin_copy(new, there, SimTime::ZERO);
    world.submit(JobKind::Regular, &[(0, 1)], |job| job.files[0].file = Some(bad));
    world.submit(JobKind::Regular, &[(0, 1)], |job| job.files[0].file = Some(new));
    world.run_until(100.0);
    let ends: Vec<_> = world.told.0.iter().map(|(at, ended)| (*at, ended.request.index())).collect();
    assert_eq!(ends, [(1.0, 1), (51.0, 0)]);
}
