//! From a request to its history.

use dapple_simulator::conveyor::{
    ConveyorSettings, Direction, DistanceRow, Finisher, Multihop, Poller, Preparer, Strategy, Submitter, Throttling,
    TransferLimit,
};
use dapple_simulator::facts::{RuleState, TransferEnded, TransferError, TransferOutcome};
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::rules::RuleTemplate;
use dapple_simulator::topology::Outage;
use dapple_simulator::units::{Bytes, Rate, SimSpan, SimTime};
use dapple_simulator::workload::{Arrivals, Data, Deed, Distribution};

use crate::world::{FILE, Told, World, at, dataset, rse, rule, span};

/// All daemons as CMS runs them, but with one worker each.
pub fn all_daemons() -> ConveyorSettings {
    ConveyorSettings {
        preparer: Some(Preparer::default()),
        submitter: Submitter { every: span(60.0), bulk: 400, ..Submitter::default() },
        poller: Poller { every: span(300.0), ..Poller::default() },
        receiver: Some(span(2.0)),
        finisher: Finisher { every: span(30.0), ..Finisher::default() },
        retries: 3,
        ..ConveyorSettings::default()
    }
}

/// Distances between RSEs; the nth is called `Rn`.
pub fn distances(rows: &[(usize, usize, u32)]) -> Vec<DistanceRow> {
    let row = |&(from, to, distance): &(usize, usize, u32)| DistanceRow {
        from: format!("R{from}"),
        to: format!("R{to}"),
        distance: Some(distance),
    };
    rows.iter().map(row).collect()
}

/// Poisson traffic in an idle system, over so many hours.
fn poisson(world: &mut World, per_hour: f64, hours: f64) {
    let arrivals = Arrivals::Poisson { per_hour, from: SimTime::ZERO, until: Some(at(hours * 3600.0)) };
    world.traffic(arrivals, Distribution::Constant(FILE as f64));
    world.horizon = hours * 3600.0 + 10_000.0;
}

/// Rucio queue time in seconds.
pub fn queue_time(transfer: &TransferEnded) -> f64 {
    transfer.submitted_at.expect("it was submitted").since(transfer.created_at).as_secs_f64()
}

fn rest(at: SimTime, period: SimSpan) -> u64 {
    at.as_nanos() % period.as_nanos()
}

/// The largest distance of a sample from the uniform law on (0, 1), times the root of its size: 1.63 is passed once in a hundred.
fn distance_from_uniform(mut sample: Vec<f64>) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let at = |(nth, x): (usize, &f64)| (x - nth as f64 / n).abs().max((x - (nth + 1) as f64 / n).abs());
    sample.iter().enumerate().map(at).fold(0.0, f64::max) * n.sqrt()
}

#[test]
fn statement_01_decomposition_identity() {
    let mut world = World::of(2);
    world.services.conveyor = all_daemons();
    world.services.conveyor.submitter.call = span(0.5);
    poisson(&mut world, 60.0, 48.0);
    let told = world.run(7);
    let done: Vec<_> = told.transfers.iter().filter(|t| t.outcome == TransferOutcome::Done).collect();
    assert!(done.len() > 2500, "{}", done.len());
    let ns = |at: Option<SimTime>| i128::from(at.expect("a transfer that is done has all its times").as_nanos());
    let mut any_started_before_the_call_returned = false;
    for t in done {
        let (created, submitted) = (ns(Some(t.created_at)), ns(t.submitted_at));
        let (started, transferred, learned) = (ns(t.started_at), ns(t.transferred_at), ns(t.learned_at));
        assert!(created <= submitted && started <= transferred && transferred <= learned, "{t:?}");
        let (rq, fq, nt) = (submitted - created, started - submitted, transferred - started);
        assert_eq!(rq + fq + nt, transferred - created);
        any_started_before_the_call_returned |= fq < 0;
    }
    // FTS starts what it is given before the call has returned: an FTS queue time can be slightly negative.
    assert!(any_started_before_the_call_returned);
}

#[test]
fn statement_02_comb() {
    let period = span(600.0);
    let mut world = World::of(2);
    world.services.conveyor.submitter.every = period;
    poisson(&mut world, 2.0, 2000.0);
    let told = world.run(7);
    let waits: Vec<f64> = told.transfers.iter().map(|t| queue_time(t) / 600.0).collect();
    assert!(waits.len() > 3500 && waits.iter().all(|wait| (0.0..=1.0).contains(wait)));
    let distance = distance_from_uniform(waits);
    assert!(distance < 1.63, "{distance}");
    let mut teeth: Vec<u64> = told.transfers.iter().filter_map(|t| Some(rest(t.submitted_at?, period))).collect();
    teeth.sort_unstable();
    teeth.dedup();
    assert_eq!(teeth.len(), 1, "one worker, one comb");

    // Four workers: four combs, and no shorter wait.
    world.services.conveyor.submitter.workers = 4;
    let told = world.run(7);
    let mut teeth: Vec<u64> = told.transfers.iter().filter_map(|t| Some(rest(t.submitted_at?, period))).collect();
    teeth.sort_unstable();
    teeth.dedup();
    assert_eq!(teeth.len(), 4);
    let mean = told.transfers.iter().map(queue_time).sum::<f64>() / told.transfers.len() as f64;
    // Standard deviation of the mean: 173 / sqrt(4000) = 2.7 s.
    assert!((mean - 300.0).abs() < 11.0, "{mean}");
}

#[test]
fn a_saturated_submitter_moves_a_batch_a_second() {
    let mut world = World::of(2);
    world.services.conveyor.submitter = Submitter { every: span(600.0), bulk: 100, ..Submitter::default() };
    world.traffic(Arrivals::At(vec![at(1000.0); 1050]), Distribution::Constant(1.0));
    world.horizon = 3000.0;
    let told = world.run(7);
    let told = told.transfers();
    let first = told[0].submitted_at.expect("it was submitted");
    for (nth, transfer) in told.iter().enumerate() {
        let after = transfer.submitted_at.expect("it was submitted").since(first);
        assert_eq!(after, span((nth / 100) as f64), "request {nth}: batches of 100, the oldest first");
    }
}

#[test]
fn activities_take_turns_only_where_they_are_told_apart() {
    let queue_times = |by_activity| {
        let mut world = World::of(3);
        world.activities = vec!["default", "Express"];
        world.services.conveyor.submitter =
            Submitter { every: span(600.0), bulk: 10, by_activity, ..Submitter::default() };
        world.datasets = vec![(200, vec![0]), (5, vec![0])];
        world.rule(0.0, Data::Dataset(dataset(0)), rule("R1"));
        world.rule(1.0, Data::Dataset(dataset(1)), RuleTemplate { activity: "Express".into(), ..rule("R2") });
        let told = world.run(7);
        let first = told.transfers().iter().filter_map(|t| t.submitted_at).min().expect("some are submitted");
        let of_express = told.transfers.iter().filter(|t| t.destination == rse(2));
        of_express.map(|t| t.submitted_at.expect("it is submitted").since(first)).max()
    };
    assert_eq!(queue_times(false), Some(span(20.0)), "behind 200 others");
    assert_eq!(queue_times(true), Some(SimSpan::ZERO), "a batch of its own");
}

fn limit_to_second(max_transfers: u32) -> TransferLimit {
    TransferLimit {
        rses: "R1".into(),
        direction: Direction::Destination,
        activity: None,
        max_transfers,
        strategy: Strategy::Fifo,
        within_space: false,
    }
}

#[test]
fn statement_03_no_preparer_no_throttling() {
    let last_wait = |preparer: Option<Preparer>| {
        let mut world = World::of(2);
        world.services.conveyor.preparer = preparer;
        world.services.conveyor.throttler.limits = vec![limit_to_second(1)];
        world.traffic(Arrivals::At(vec![at(100.0); 50]), Distribution::Constant(FILE as f64));
        world.horizon = 100_000.0;
        world.run(7).transfers.iter().map(queue_time).fold(0.0, f64::max)
    };
    assert_eq!(last_wait(None), 0.0, "whatever limits there are");
    // With it one is let go at each round of the throttler.
    assert!(last_wait(Some(Preparer::default())) > 49.0 * 600.0);
}

#[test]
fn statement_04_throttle_hysteresis_in_a_run() {
    const MOST: usize = 10;
    let mut world = World::of(2);
    world.services.conveyor.preparer = Some(Preparer::default());
    world.services.conveyor.throttler.limits = vec![limit_to_second(MOST as u32)];
    world.services.fts = FtsSettings { max_active_per_link: 1, ..FtsSettings::immediate() };
    // One after the other, 250 s each: seven and a half in three rounds.
    world.bandwidth = Rate::from_bytes_per_s(FILE as f64 / 250.0);
    world.traffic(Arrivals::At(vec![at(100.0); 60]), Distribution::Constant(FILE as f64));
    world.horizon = 30_000.0;
    let told = world.run(7);
    // The submitter takes at once what is let go, and Rucio learns at once of what has ended.
    let mut changes: Vec<(SimTime, i32)> = Vec::new();
    for t in told.transfers() {
        changes.push((t.submitted_at.expect("it was submitted"), 1));
        changes.push((t.learned_at.expect("it has ended"), -1));
    }
    changes.sort_unstable();
    let (mut active, mut released_at, mut gulps) = (0, None, Vec::new());
    for (now, change) in changes {
        if change > 0 && released_at != Some(now) {
            assert!(active * 10 < MOST as i32 * 8, "{active} at {now:?}");
            released_at = Some(now);
            gulps.push(now);
        }
        active += change;
        assert!(active <= MOST as i32);
    }
    let period = span(600.0);
    assert!(gulps.len() > 10 && gulps.iter().all(|&at| rest(at, period) == rest(gulps[0], period)), "{gulps:?}");
}

/// Three RSEs; a dataset of so many files at the first, and perhaps at the second; none fits at the third.
fn full(files: u32, sources: Vec<usize>) -> World {
    let mut world = World::of(3);
    world.rses[2].1 = Some(Bytes::new(1));
    world.datasets.push((files, sources));
    world.services.conveyor = all_daemons();
    world.services.rules.repairer_every = span(60.0);
    world.rule(10.0, Data::Dataset(dataset(0)), rule("R2"));
    world.horizon = 20_000.0;
    world
}

#[test]
fn statement_05_attempts() {
    let told = full(1, vec![0]).run(7);
    let attempts = told.transfers();
    let [before, after] = [&attempts[..4], &attempts[4..]];
    assert_eq!(before.iter().map(|t| t.attempt).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(before.iter().all(|t| t.outcome == TransferOutcome::Failed(TransferError::NoSpace)));
    assert!(before.iter().all(|t| t.requested_at == at(10.0)), "asked for once");
    assert!(before.windows(2).all(|two| two[0].created_at < two[1].created_at));
    assert!(before.windows(2).all(|two| two[1].previous == Some(two[0].request)), "a row for each, with its own id");
    let [rule] = told.rules()[..] else { panic!("one rule") };
    let stuck_at = rule.stuck_at.expect("the rule is stuck");
    assert_eq!(rule.state, Some(RuleState::Stuck));
    assert!(stuck_at.since(before[3].created_at) < span(600.0));
    // Then the repairer: two hours after the lock was given up, three attempts.
    let again = after[0].created_at.since(stuck_at);
    assert!((7200.0..7200.0 + 1800.0 + 60.0).contains(&again.as_secs_f64()), "{again:?}");
    assert_eq!(after.iter().take(3).map(|t| t.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(after.get(3).is_none_or(|t| t.created_at.since(after[2].created_at) >= span(7200.0)));
}

#[test]
fn statement_06_source_demotion_in_a_run() {
    let sources = |is_tape: bool, extra_sources: u32| {
        let mut world = full(1, vec![0, 1]);
        world.services.conveyor.distances = distances(&[(0, 2, 1), (1, 2, 5)]);
        world.services.conveyor.submitter.extra_sources = extra_sources;
        if is_tape {
            world.attribute(1, "type", "TAPE");
        }
        world.horizon = 3000.0;
        world.run(7).transfers().iter().filter_map(|t| t.source).map(|rse| format!("{rse:?}")).collect::<Vec<_>>()
    };
    let named = |order: [usize; 4]| order.map(|nth| format!("{:?}", rse(nth)));
    assert_eq!(sources(false, 0), named([0, 1, 0, 1]));
    assert_eq!(sources(true, 0), named([0, 0, 1, 0]), "tape at the third attempt");
}

/// Three RSEs in a row: 3 from the first to the second, 4 from there to the third, and perhaps a direct way.
fn row(direct: Option<u32>, between: bool) -> World {
    let mut world = World::of(3);
    world.datasets.push((1, vec![0]));
    let mut rows = vec![(0, 1, 3), (1, 2, 4)];
    rows.extend(direct.map(|distance| (0, 2, distance)));
    world.services.conveyor = ConveyorSettings {
        distances: distances(&rows),
        multihop: Some(Multihop::default()),
        retries: 3,
        ..ConveyorSettings::default()
    };
    if between {
        world.attribute(1, "available_for_multihop", "true");
    }
    world.rule(10.0, Data::Dataset(dataset(0)), rule("R2"));
    world
}

#[test]
fn statement_07_path_cost_in_a_run() {
    let legs = |direct, between| {
        let told = row(direct, between).run(7);
        told.transfers().iter().map(|t| (t.source, t.destination)).collect::<Vec<_>>()
    };
    let direct = vec![(Some(rse(0)), rse(2))];
    let over = legs(Some(18), true);
    assert_eq!(over.len(), 2, "two hops, a request each");
    assert!(over.contains(&(Some(rse(0)), rse(1))) && over.contains(&(Some(rse(1)), rse(2))));
    assert_eq!(legs(None, true), over);
    assert_eq!(legs(Some(17), true), direct, "one hop wins ties");
    assert_eq!(legs(Some(18), false), direct);
    let told = row(None, false).run(7);
    let [none] = told.transfers()[..] else { panic!("one row, and no further attempt") };
    assert_eq!((none.source, none.outcome), (None, TransferOutcome::Failed(TransferError::NoSources)));
    assert_eq!(told.rules()[0].state, Some(RuleState::Stuck));
}

#[test]
fn statement_14_rule_ok_is_late() {
    // The message takes two seconds, the finisher up to thirty more.
    let late = |seed: u64| {
        let mut world = World::of(2);
        world.datasets.push((3, vec![0]));
        world.services.conveyor = all_daemons();
        world.rule(1000.0, Data::Dataset(dataset(0)), rule("R1"));
        world.horizon = 3000.0;
        let told = world.run(seed);
        let last = told.transfers.iter().filter_map(|t| t.transferred_at).max().expect("all are there");
        let ok_at = told.rules()[0].ok_at.expect("the rule is OK");
        ok_at.since(last).as_secs_f64() - 2.0
    };
    let late: Vec<f64> = (0..800).map(|seed| late(seed) / 30.0).collect();
    assert!(late.iter().all(|late| (0.0..=1.0).contains(late)));
    let distance = distance_from_uniform(late);
    assert!(distance < 1.63, "{distance}");
}

/// Twenty rules on one file each, every other one urgent; the link copies one file after the other.
fn by_priority(urgent: bool) -> Told {
    let mut world = World::of(2);
    world.services.conveyor = ConveyorSettings { preparer: None, ..all_daemons() };
    world.services.fts =
        FtsSettings { scheduling_interval: span(2.0), max_active_per_link: 1, ..FtsSettings::default() };
    world.bandwidth = Rate::from_bytes_per_s(FILE as f64 / 50.0);
    for nth in 0..20 {
        world.datasets.push((1, vec![0]));
        let priority = if (nth % 2 == 0) == urgent { 5 } else { 1 };
        world.rule(10.0 + 0.01 * nth as f64, Data::Dataset(dataset(nth)), RuleTemplate { priority, ..rule("R1") });
    }
    world.horizon = 3000.0;
    world.run(7)
}

#[test]
fn statement_16_fifo_in_rucio_priority_in_fts() {
    let [urgent, otherwise] = [by_priority(true), by_priority(false)];
    let submitted = |told: &Told| told.transfers().iter().map(|t| t.submitted_at).collect::<Vec<_>>();
    assert!(submitted(&urgent).iter().all(Option::is_some));
    assert_eq!(submitted(&urgent), submitted(&otherwise), "priorities change no submission");
    for (told, first) in [(urgent, 0), (otherwise, 1)] {
        let started = |parity| {
            let of = told.transfers().into_iter().enumerate().filter(move |(nth, _)| nth % 2 == parity);
            of.map(|(_, t)| t.started_at.expect("it is started")).collect::<Vec<_>>()
        };
        assert!(
            started(first).iter().max() < started(1 - first).iter().min(),
            "all urgent ones start before all others"
        );
    }
}

#[test]
fn statement_17_cancel_ends_requests_at_once() {
    for conveyor in [all_daemons(), ConveyorSettings::default()] {
        let mut world = World::of(2);
        world.datasets.push((5, vec![0]));
        world.services.conveyor = conveyor;
        world.services.rules.deleted_after = SimSpan::ZERO;
        world.services.fts.max_active_per_link = 2;
        world.rses[1].1 = Some(Bytes::new(5 * FILE));
        world.bandwidth = Rate::from_bytes_per_s(FILE as f64 / 5000.0);
        world.rule(10.0, Data::Dataset(dataset(0)), rule("R1"));
        world.step(500.0, Deed::DeleteRules { on: Data::Dataset(dataset(0)), account: "root".into() });
        // Others fit there afterwards.
        world.rule(1000.0, Data::Dataset(dataset(0)), rule("R1"));
        world.horizon = 50_000.0;
        let told = world.run(7);
        let cancelled = TransferOutcome::Failed(TransferError::Cancelled);
        let (first, second): (Vec<_>, Vec<_>) = told.transfers.iter().partition(|t| t.requested_at < at(500.0));
        assert!(first.len() == 5 && first.iter().all(|t| t.outcome == cancelled), "{first:?}");
        assert!(second.len() == 5 && second.iter().all(|t| t.outcome == TransferOutcome::Done), "{second:?}");
        assert_eq!(told.rules()[0].deleted_at, Some(at(500.0)));
        assert_eq!(told.rules()[1].state, Some(RuleState::Ok));
    }
}

#[test]
fn files_of_one_rule_go_to_fts_together_and_have_one_instant() {
    let submitted = |group_bulk: u32| {
        let mut world = World::of(2);
        world.datasets.push((30, vec![0]));
        world.services.conveyor = all_daemons();
        world.services.conveyor.submitter.group_bulk = group_bulk;
        world.rule(10.0, Data::Dataset(dataset(0)), rule("R1"));
        let mut times: Vec<_> = world.run(7).transfers.iter().map(|t| t.submitted_at).collect();
        times.sort_unstable();
        times.dedup();
        times.len()
    };
    assert_eq!([submitted(1), submitted(200)], [1, 1]);
}

#[test]
fn what_fts_refuses_or_loses_is_tried_again_and_counts_against_no_source() {
    let run = |refused: f64, lost: f64| {
        let mut world = World::of(3);
        world.datasets.push((50, vec![0, 1]));
        world.services.conveyor = ConveyorSettings { refused, lost, ..all_daemons() };
        world.services.conveyor.distances = distances(&[(0, 2, 1), (1, 2, 5)]);
        world.rule(10.0, Data::Dataset(dataset(0)), rule("R2"));
        world.horizon = 20_000.0;
        world.run(7)
    };
    for (told, error) in [(run(0.5, 0.0), TransferError::Refused), (run(0.0, 0.5), TransferError::Lost)] {
        let failed = told.transfers.iter().filter(|t| t.outcome == TransferOutcome::Failed(error)).count();
        let done = told.transfers.iter().filter(|t| t.outcome == TransferOutcome::Done).count();
        // 50 files with 4 attempts each: 0.9375 of them get there, after as many failures again.
        assert!((25..80).contains(&failed) && (40..=50).contains(&done), "{failed} {done}");
        assert!(told.transfers.iter().all(|t| t.source == Some(rse(0))), "the nearest each time");
        assert!(told.transfers.iter().all(|t| t.attempt <= 3));
    }
    assert!(run(0.0, 0.0).transfers.iter().all(|t| t.attempt == 0));
}

#[test]
fn throttled_requests_that_wait_for_a_day_are_prepared_anew() {
    let mut world = World::of(3);
    world.datasets.push((1, vec![0]));
    world.services.conveyor = ConveyorSettings {
        preparer: Some(Preparer::default()),
        throttler: Throttling { limits: vec![limit_to_second(1)], ..Throttling::default() },
        distances: distances(&[(0, 1, 5), (0, 2, 1), (2, 1, 1)]),
        ..ConveyorSettings::default()
    };
    // Traffic holds the limit for three days and a half. The file is nearer, at R2, before the first of them is over.
    world.bandwidth = Rate::from_bytes_per_s(FILE as f64 / 60_000.0);
    world.traffic(Arrivals::At(vec![at(10.0)]), Distribution::Constant(5.0 * FILE as f64));
    world.rule(1000.0, Data::Dataset(dataset(0)), rule("R1"));
    world.rule(2000.0, Data::Dataset(dataset(0)), rule("R2"));
    world.horizon = 500_000.0;
    let told = world.run(7);
    let late =
        told.transfers().into_iter().rfind(|t| t.file.is_some() && t.destination == rse(1)).expect("it is asked for");
    assert_eq!(late.outcome, TransferOutcome::Done);
    assert_eq!(late.source, Some(rse(2)), "its source was chosen again, after a day");
}

/// Down from the start, or from shortly after what is asked for, to so many seconds.
fn downtime(from: f64, until: f64, declared: bool) -> Outage {
    Outage { at: at(from), lasts: span(until - from), declared }
}

#[test]
fn nothing_is_read_from_an_rse_that_is_declared_down_nor_sent_over_it() {
    let source = |declared| {
        let mut world = World::of(3);
        world.datasets.push((1, vec![0, 1]));
        world.services.conveyor.distances = distances(&[(0, 2, 1), (1, 2, 5)]);
        world.outages = vec![(0, downtime(0.0, 500.0, declared))];
        world.rule(10.0, Data::Dataset(dataset(0)), rule("R2"));
        world.run(7).transfers()[0].source
    };
    assert_eq!([source(false), source(true)], [Some(rse(0)), Some(rse(1))]);
    let legs = |declared| {
        let mut world = row(Some(40), true);
        world.outages = vec![(1, downtime(0.0, 500.0, declared))];
        world.run(7).transfers().iter().filter(|t| t.attempt == 0).map(|t| t.destination).collect::<Vec<_>>()
    };
    assert!(legs(false).contains(&rse(1)));
    assert_eq!(legs(true), [rse(2)], "the direct way, although it is longer");
}

#[test]
fn what_goes_to_an_rse_that_is_declared_down_is_not_submitted_until_it_is_back() {
    let submitted_at = |declared, every: f64| {
        let mut world = World::of(2);
        world.services.conveyor.submitter = Submitter { every: span(every), bulk: 1, ..Submitter::default() };
        world.traffic(Arrivals::At(vec![at(100.0), at(150.0)]), Distribution::Constant(1.0));
        world.outages = vec![(1, downtime(120.0, 500.0, declared))];
        let told = world.run(7);
        told.transfers().iter().map(|t| t.submitted_at.expect("it is submitted").as_secs_f64()).collect::<Vec<_>>()
    };
    assert_eq!(submitted_at(false, 0.0), [100.0, 150.0]);
    assert_eq!(submitted_at(true, 0.0), [100.0, 500.0]);
    let late = submitted_at(true, 40.0);
    assert!(late[1] >= 500.0 && late[1] <= 540.0, "{late:?}");
}

#[test]
fn the_throttler_lets_nothing_go_to_an_rse_that_is_declared_down() {
    let mut world = World::of(2);
    world.services.conveyor.preparer = Some(Preparer::default());
    world.services.conveyor.throttler =
        Throttling { every: span(60.0), limits: vec![limit_to_second(1)], ..Throttling::default() };
    world.traffic(Arrivals::At(vec![at(100.0), at(101.0)]), Distribution::Constant(1.0));
    world.outages = vec![(1, downtime(90.0, 900.0, true))];
    world.horizon = 2000.0;
    let told = world.run(7);
    let [first, second] = told.transfers()[..] else { panic!("two requests") };
    assert!([first, second].iter().all(|t| t.submitted_at >= Some(at(900.0))));
    assert_ne!(first.submitted_at, Some(at(900.0)), "at a round of the throttler: it was not let go before");
}

#[test]
fn what_was_refused_in_one_round_of_repair_may_pass_in_the_next() {
    let mut world = World::of(2);
    world.datasets.push((40, vec![0]));
    world.services.conveyor = ConveyorSettings { refused: 0.8, ..all_daemons() };
    world.services.rules.repairer_every = span(60.0);
    world.rule(10.0, Data::Dataset(dataset(0)), rule("R1"));
    world.horizon = 500_000.0;
    let told = world.run(7);
    let is_done = |t: &&TransferEnded| t.outcome == TransferOutcome::Done;
    // Of 40 files 24 pass in four attempts, and each round of three brings half of the rest.
    assert_eq!(told.transfers.iter().filter(is_done).count(), 40);
}

#[test]
fn a_request_counts_for_limits_until_its_end_is_known_whenever_the_finisher_acts_on_it() {
    let mut world = World::of(2);
    world.services.conveyor.preparer = Some(Preparer::default());
    world.services.conveyor.throttler =
        Throttling { every: span(60.0), limits: vec![limit_to_second(1)], ..Throttling::default() };
    world.services.conveyor.finisher = Finisher { every: span(5000.0), ..Finisher::default() };
    world.traffic(Arrivals::At(vec![at(100.0); 10]), Distribution::Constant(1.0));
    world.horizon = 30_000.0;
    let last = world.run(7).transfers.iter().filter_map(|t| t.submitted_at).max();
    assert!(last.is_some_and(|last| last < at(900.0)), "one in each round of the throttler: {last:?}");
}

#[test]
fn no_end_is_known_before_the_call_has_returned() {
    for lost in [0.0, 1.0] {
        let mut world = World::of(2);
        world.services.conveyor.submitter.call = span(5.0);
        world.services.conveyor.lost = lost;
        world.traffic(Arrivals::At(vec![at(100.0)]), Distribution::Constant(1.0));
        assert_eq!(world.run(7).transfers[0].learned_at, Some(at(105.0)));
    }
}

#[test]
fn what_waits_for_the_finisher_when_the_run_ends_is_told_as_finishing() {
    let mut world = World::of(2);
    world.services.conveyor.refused = 1.0;
    world.services.conveyor.finisher = Finisher { every: span(100_000.0), ..Finisher::default() };
    world.traffic(Arrivals::At(vec![at(900.0)]), Distribution::Constant(1.0));
    let told = world.run(7);
    assert_eq!(told.transfers[0].outcome, TransferOutcome::Finishing);
}

#[test]
fn a_limit_within_space_counts_what_is_under_way_once() {
    let run = |fits: u64, at_once: u32| {
        let mut world = World::of(2);
        world.services.conveyor.preparer = Some(Preparer::default());
        let limits = vec![TransferLimit { within_space: true, ..limit_to_second(10) }];
        world.services.conveyor.throttler = Throttling { every: span(60.0), limits, ..Throttling::default() };
        world.services.fts.max_active_per_link = at_once;
        world.rses[1].1 = Some(Bytes::new(fits * FILE));
        world.bandwidth = Rate::from_bytes_per_s(FILE as f64 / 1000.0);
        world.datasets = vec![(3, vec![0]), (3, vec![0])];
        world.rule(10.0, Data::Dataset(dataset(0)), rule("R1"));
        world.rule(300.0, Data::Dataset(dataset(1)), rule("R1"));
        world.horizon = 20_000.0;
        let told = world.run(7);
        let is_early = |t: &&TransferEnded| t.submitted_at.is_some_and(|submitted| submitted < at(500.0));
        assert!(told.transfers.iter().all(|t| !matches!(t.outcome, TransferOutcome::Failed(_))));
        told.transfers.iter().filter(is_early).count()
    };
    assert_eq!(run(6, 10), 6, "three have their space, and three more fit");
    assert_eq!(run(6, 1), 6, "one has its space, and two are to come");
    assert_eq!(run(5, 10), 5);
    assert_eq!(run(5, 1), 5);
}
