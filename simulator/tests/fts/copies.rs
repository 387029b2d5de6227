//! Copy processes in whole runs, by hand-computed instants: phases, failures, outages, time-outs.

use dapple_records::RunOutput;
use dapple_simulator::copy::{BadHours, CopySettings, Failure, Strikes, Sufferer, Timeout};
use dapple_simulator::engine::Services;
use dapple_simulator::faults::CopyError;
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::topology::{Outage, Rse, Series};
use dapple_simulator::units::{Bytes, Rate};
use dapple_simulator::workload::{Ties, TracedTransfer, TransferTrace, WorkloadKind};

use crate::grid::{Always, Grid, at, here, ints, local, rates, remote, rse, seconds, span, texts, there};

/// Transfers of 100 MB from the remote RSE to the local one over a wire of 100 MB/s, requested at these instants.
fn copying(copy: CopySettings, requested: &[f64]) -> Grid {
    let transfer = |(row, &second): (u64, &f64)| TracedTransfer {
        at: at(second),
        source: remote(),
        destination: local(),
        bytes: Bytes::from_megabytes(100.0),
        took: None,
        row,
    };
    let transfers = (1..).zip(requested).map(transfer).collect();
    Grid {
        services: Services { fts: FtsSettings::immediate(), copy, ..Services::default() },
        workloads: vec![WorkloadKind::TransferTrace(TransferTrace { transfers, ties: Ties::LogOrder, queues: true })],
        ..Grid::default()
    }
}

fn failing(failure: Failure) -> CopySettings {
    CopySettings { failures: vec![failure], ..CopySettings::default() }
}

fn always(strikes: Strikes, error: CopyError) -> Failure {
    Failure { source: None, destination: None, probability: 1.0, error, strikes, bad_hours: None }
}

/// When a copy is accepted, flows, is there; bytes that it has moved in MB; why it failed.
type Life = (Option<f64>, Option<f64>, Option<f64>, f64, Option<String>);

fn lives(output: &RunOutput) -> Vec<Life> {
    let column = |name| seconds(output, "requests", name);
    let (started, flowing) = (column("started_at_ns"), column("flowing_at_ns"));
    let there = column("transferred_at_ns");
    let moved = ints(output, "requests", "moved_bytes");
    let errors = texts(output, "requests", "error_class");
    (0..started.len())
        .map(|row| (started[row], flowing[row], there[row], moved[row].unwrap_or(0) as f64 / 1e6, errors[row].clone()))
        .collect()
}

fn errors(output: &RunOutput) -> Vec<Option<String>> {
    texts(output, "requests", "error_class")
}

/// `start` is the moment at which the process is accepted, `finish` the one at which everything is verified; what lies between is
/// longer than the copying by all other steps.
#[test]
fn statement_17_times() {
    let copy = CopySettings {
        source_checks: span(2.0),
        destination_checks: span(1.0),
        verification: span(3.0),
        // 2 s for 100 MB, at each end.
        checksum: Some(Rate::from_mb_per_s(50.0)),
        ..CopySettings::default()
    };
    let output = copying(copy, &[10.0]).run(Always::Remote, 1);
    // Checks 2 + 2 + 1 s, 1 s of copying, 3 + 2 s of verification.
    assert_eq!(lives(&output), [(Some(10.0), Some(15.0), Some(21.0), 100.0, None)]);
    assert_eq!(output.counters.bytes_lost, 0);
}

#[test]
fn each_step_of_a_copy_takes_its_time_and_no_more() {
    let took = |copy: CopySettings| {
        let output = copying(copy, &[0.0]).run(Always::Remote, 1);
        lives(&output)[0].2.expect("it is done")
    };
    let default = CopySettings::default;
    assert_eq!(took(default()), 1.0);
    assert_eq!(took(CopySettings { source_checks: span(7.0), ..default() }), 8.0);
    assert_eq!(took(CopySettings { destination_checks: span(7.0), ..default() }), 8.0);
    assert_eq!(took(CopySettings { verification: span(7.0), ..default() }), 8.0);
    assert_eq!(took(CopySettings { removal: span(7.0), ..default() }), 1.0);
    assert_eq!(took(CopySettings { checksum: Some(Rate::from_mb_per_s(25.0)), ..default() }), 9.0);
}

#[test]
fn bytes_of_a_copy_that_fails_are_lost_and_counted() {
    let run = |strikes| {
        let mut copy = failing(always(strikes, CopyError::ChecksumMismatch));
        (copy.source_checks, copy.verification, copy.removal) = (span(2.0), span(3.0), span(4.0));
        let output = copying(copy, &[0.0]).run(Always::Remote, 1);
        let lost = output.counters.bytes_lost as f64 / 1e6;
        assert_eq!((output.counters.requests_failed, output.counters.bytes_received), (1, 0));
        assert_eq!(output.counters.violation(), None);
        (lives(&output).remove(0), lost)
    };
    let why = Some("checksum-mismatch".to_owned());
    assert_eq!(run(Strikes::BeforeCopy), ((Some(0.0), None, None, 0.0, why.clone()), 0.0));
    assert_eq!(run(Strikes::Verifying), ((Some(0.0), Some(2.0), None, 100.0, why.clone()), 100.0));
    let (life, lost) = run(Strikes::Copying);
    assert_eq!((life.1, life.2, &life.4), (Some(2.0), None, &why));
    assert!(life.3 > 0.0 && life.3 < 100.0 && life.3 == lost, "a part is lost, not {lost}");
}

/// A slot is held until the part that has arrived is removed: the next copy of a link with one slot starts then.
#[test]
fn a_failed_copy_holds_its_slot_until_its_part_is_removed() {
    let mut copy = failing(always(Strikes::Verifying, CopyError::ChecksumMismatch));
    (copy.verification, copy.removal) = (span(3.0), span(4.0));
    let mut grid = copying(copy, &[0.0, 0.0]);
    grid.services.fts.max_active_per_link = 1;
    let output = grid.run(Always::Remote, 1);
    assert_eq!(seconds(&output, "requests", "started_at_ns"), [Some(0.0), Some(8.0)]);
}

/// 2000 copies that fail with a probability of 0.1: 200 within four standard deviations (13.4); the parts that they move are uniform.
#[test]
fn failures_are_as_frequent_as_said_and_strike_anywhere() {
    let requested: Vec<f64> = (0..2000).map(f64::from).collect();
    let failure = Failure { probability: 0.1, ..always(Strikes::Copying, CopyError::Other) };
    let mut grid = copying(failing(failure), &requested);
    grid.horizon = at(3000.0);
    let output = grid.run(Always::Remote, 3);
    let parts: Vec<f64> =
        lives(&output).into_iter().filter(|life| life.4.is_some()).map(|life| life.3 / 100.0).collect();
    assert!((parts.len() as f64 - 200.0).abs() < 54.0, "{} fail", parts.len());
    let mean = parts.iter().sum::<f64>() / parts.len() as f64;
    // Standard deviation of the mean of 200 uniform parts: 0.0204.
    assert!((mean - 0.5).abs() < 0.082, "{mean}");
}

/// Whatever else is different: when they come, how fast they are, how many at once.
#[test]
fn the_same_copies_fail_in_any_other_circumstances() {
    let requested: Vec<f64> = (0..300).map(f64::from).collect();
    let failure = Failure { probability: 0.3, ..always(Strikes::Copying, CopyError::Other) };
    let one = copying(failing(failure.clone()), &requested);
    let late: Vec<f64> = requested.iter().map(|second| second * 1.5 + 7.0).collect();
    let mut other = copying(failing(failure.clone()), &late);
    other.services.fts.max_active_per_link = 3;
    other.bandwidth = Series::constant(Rate::from_mb_per_s(70.0));
    other.services.copy.verification = span(2.0);
    // A rule in front that strikes nobody moves no draw.
    other.services.copy.failures.insert(0, Failure { probability: 0.0, ..failure });
    other.services.copy.failures[0].error = CopyError::NotFound;
    let fails = |grid: &Grid, seed| errors(&grid.run(Always::Remote, seed));
    assert_eq!(fails(&one, 1), fails(&other, 1));
    assert_ne!(fails(&one, 1), fails(&one, 2));
}

#[test]
fn of_two_failures_the_first_to_strike_is_told() {
    let mut copy = failing(always(Strikes::Verifying, CopyError::ChecksumMismatch));
    copy.failures.push(always(Strikes::BeforeCopy, CopyError::NotFound));
    let output = copying(copy, &[0.0]).run(Always::Remote, 1);
    assert_eq!(errors(&output), [Some("not-found".to_owned())]);
}

#[test]
fn a_rule_of_failure_is_about_its_link_only() {
    let fails = |source, destination| {
        let failure = Failure { source, destination, ..always(Strikes::BeforeCopy, CopyError::Other) };
        errors(&copying(failing(failure), &[0.0]).run(Always::Remote, 1))[0].is_some()
    };
    let (from, to) = (Some(remote()), Some(local()));
    assert!(fails(from, to) && fails(from, None) && fails(None, to) && fails(None, None));
    assert!(!fails(to, from) && !fails(to, None) && !fails(None, from) && !fails(from, from));
}

/// Two runs that look at different instants see the same bad hours where they look at the same; and these last as long as said.
#[test]
fn bad_hours_are_those_of_the_link_whoever_looks() {
    let bad = BadHours { every: span(100.0), last: span(50.0), probability: 1.0, of: Sufferer::Link };
    let failure = Failure { probability: 0.0, bad_hours: Some(bad), ..always(Strikes::BeforeCopy, CopyError::Other) };
    let states = |step: usize| {
        let requested: Vec<f64> = (0..60_000).step_by(step).map(|second| second as f64).collect();
        let mut grid = copying(failing(failure.clone()), &requested);
        grid.horizon = at(70_000.0);
        let output = grid.run(Always::Remote, 5);
        requested.into_iter().zip(errors(&output).into_iter().map(|error| error.is_some())).collect::<Vec<_>>()
    };
    let (often, seldom) = (states(5), states(35));
    let same: Vec<_> = often.iter().filter(|(second, _)| (*second as u64).is_multiple_of(35)).copied().collect();
    assert_eq!(same, seldom);
    // A third of the time; about 400 cycles, whose share has a standard deviation of 0.022.
    let share = often.iter().filter(|(_, bad)| *bad).count() as f64 / often.len() as f64;
    assert!((share - 1.0 / 3.0).abs() < 0.09, "{share}");
    let turns = often.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    assert!((turns as f64 - 800.0).abs() < 160.0, "{turns} changes");
}

fn outage(from: f64, lasts: f64) -> Outage {
    Outage { at: at(from), lasts: span(lasts), declared: false }
}

/// The destination is down from 10.5 to 40.5 s: what moves bytes then is cut off, what begins then waits 60 s for an answer.
#[test]
fn an_outage_breaks_what_moves_and_holds_up_what_begins() {
    for end in [local(), remote()] {
        let mut grid =
            copying(CopySettings { removal: span(5.0), ..CopySettings::default() }, &[9.0, 10.0, 20.0, 40.5]);
        let down = |rse: Rse, is_it: bool| if is_it { Rse { outages: vec![outage(10.5, 30.0)], ..rse } } else { rse };
        grid.rses = vec![down(rse("local", here()), end == local()), down(rse("remote", there()), end == remote())];
        let output = grid.run(Always::Remote, 1);
        let [timed_out, cut_off] = ["connection-timeout", "end-of-file"].map(|why| Some(why.to_owned()));
        let expected = [
            (Some(9.0), Some(9.0), Some(10.0), 100.0, None),
            (Some(10.0), Some(10.0), None, 50.0, cut_off),
            (Some(20.0), None, None, 0.0, timed_out),
            (Some(40.5), Some(40.5), Some(41.5), 100.0, None),
        ];
        assert_eq!(lives(&output), expected);
        assert_eq!(output.counters.bytes_lost, 50_000_000);
    }
}

/// The checks of a copy meet the outage, and so does its verification, of which the source knows nothing.
#[test]
fn an_outage_meets_checks_and_verification() {
    let copy = CopySettings { source_checks: span(5.0), verification: span(5.0), ..CopySettings::default() };
    // Checked 0..5, copied 5..6, verified 6..11.
    let why = |from: f64, of: usize| {
        let mut grid = copying(copy.clone(), &[0.0]);
        grid.rses[of].outages = vec![outage(from, 100.0)];
        errors(&grid.run(Always::Remote, 1)).remove(0)
    };
    let timed_out = Some("connection-timeout".to_owned());
    assert_eq!([why(3.0, 0), why(3.0, 1)], [timed_out.clone(), timed_out.clone()]);
    assert_eq!([why(8.0, 0), why(8.0, 1)], [timed_out, None]);
}

/// At 0.1 MB/s 100 MB take 1000 s, and may take 600 + 2 x 95.4 s; where nothing moves nobody sees that time is up, and the watchdog
/// kills the copy a minute later.
#[test]
fn a_copy_that_takes_too_long_fails_with_what_it_has_moved() {
    let run = |rates: Series<Rate>| {
        let copy = CopySettings { timeout: Some(Timeout::default()), ..CopySettings::default() };
        let mut grid = copying(copy, &[0.0, 0.0]);
        (grid.bandwidth, grid.horizon) = (rates, at(5000.0));
        // One slot: the second one starts when the first one has failed.
        grid.services.fts.max_active_per_link = 1;
        let output = grid.run(Always::Remote, 1);
        let lives = lives(&output);
        (lives[0].3, lives[0].4.clone(), lives[1].0)
    };
    let slow = run(Series::constant(Rate::from_mb_per_s(0.1)));
    assert_eq!(slow, (79.1, Some("operation-timeout".to_owned()), Some(791.0)));
    let stuck = run(rates(&[(0.0, 0.1), (10.0, 0.0)]));
    assert_eq!(stuck, (1.0, Some("forced-kill".to_owned()), Some(851.0)));
    let fast = run(Series::constant(Rate::from_mb_per_s(0.127)));
    assert_eq!((fast.0, fast.1), (100.0, None));
}

/// Failures, outages and an end in the middle: what was sent has arrived, is lost or is under way, and every request is accounted for.
#[test]
fn nothing_is_unaccounted_for() {
    let requested: Vec<f64> = (0..400).map(|nth| f64::from(nth) * 0.9).collect();
    let mut n_left = 0;
    for seed in 0..20 {
        let mut copy = failing(Failure { probability: 0.1, ..always(Strikes::Copying, CopyError::Other) });
        copy.failures.push(Failure { probability: 0.1, ..always(Strikes::Verifying, CopyError::ChecksumMismatch) });
        copy.failures.push(Failure { probability: 0.1, ..always(Strikes::BeforeCopy, CopyError::ConnectionTimeout) });
        (copy.source_checks, copy.verification, copy.removal) = (span(0.3), span(0.2), span(0.4));
        let mut grid = copying(copy, &requested);
        grid.services.fts.max_active_per_link = 4;
        grid.rses[0].outages = vec![outage(50.0 + seed as f64, 13.0)];
        grid.rses[1].outages = vec![outage(150.0, 3.0), outage(200.0, 1.0)];
        grid.horizon = at(300.0 + seed as f64 / 3.0);
        let output = grid.run(Always::Remote, seed);
        let counters = output.counters;
        assert_eq!(counters.violation(), None);
        n_left += counters.requests_left;
        assert!(counters.bytes_lost > 0 && counters.requests_failed > 10);
        let arrived = requested.iter().filter(|second| at(**second) < grid.horizon).count();
        assert_eq!(counters.requests_created, arrived as u64);
    }
    assert!(n_left > 0);
}
