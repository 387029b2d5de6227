//! Laws fitted to a log that was made with a known law.

use std::fs;
use std::io::Write;
use std::path::Path;

use dapple_papers::hpss::{
    CurveShape, Cut, Direction, HPSS_LOG, Halves, Hpss, HpssError, Law, LeftOut, LogError, LoggedTransfer, Mover,
    Scope, Settings, StartUp, TransferLog, calibrate, replay_score, selected,
};
use flate2::Compression;
use flate2::write::GzEncoder;

const N: usize = 600;

/// Starts [s] and sizes [B]: twelve transfers almost at once, then twelve one after the other, and so on; 0.2 to 20 GB.
fn transfer(nth: usize) -> (f64, u64) {
    let (group, member) = (nth / 12, nth % 12);
    let gap = if group.is_multiple_of(2) { 0.5 } else { 30.0 };
    let size = 0.2e9 * 100.0_f64.powf((nth as f64 * 0.618_034).fract());
    (1.5e9 + group as f64 * 400.0 + member as f64 * gap, size as u64)
}

/// Writes a log with these durations and loads it with its scenario.
fn log(folder: &Path, duration: impl Fn(usize) -> f64) -> Hpss {
    let path = folder.join(HPSS_LOG);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
    let mut out = GzEncoder::new(fs::File::create(&path).expect("the log can be made"), Compression::fast());
    writeln!(out, "t_start_s,t_end_s,bytes,duration_s,kind,instrument").expect("the log can be written");
    for nth in 0..N {
        let ((start, bytes), duration) = (transfer(nth), duration(nth));
        let end = start + duration;
        writeln!(out, "{start},{end},{bytes},{duration},migrate,amo").expect("the log can be written");
    }
    out.finish().expect("the log can be written");
    Hpss::load(folder).unwrap_or_else(|error| panic!("the log is good: {error}"))
}

/// A log whose durations come from a law.
fn log_of(folder: &Path, mover: &Mover) -> Hpss {
    let blank = log(folder, |_| 1.0);
    let durations = blank.replay.durations_s(mover, N).expect("it runs");
    log(folder, |nth| durations[nth].expect("all end"))
}

#[test]
fn the_law_behind_a_log_is_found_again() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let law = Law { curve: CurveShape::Approach, start_up: StartUp::Queued };
    let truth = [900.0, 2.0, 2.5, 1.0];
    let Hpss { log, replay, .. } = log_of(folder.path(), &law.mover(&truth));
    let halves = Halves::of(&log, None).expect("it can be cut");
    let wrong = Law { curve: CurveShape::Unshared, start_up: StartUp::Fixed };
    let run = |threads| {
        let settings = Settings { threads, ..Settings::default() };
        calibrate((&log, &halves), &replay, &[wrong, law], &settings, &|_| {}).expect("it can be fitted")
    };
    let found = run(2);
    assert_eq!(selected(&found), Some(1));
    assert!(found[1].second_half > 0.98 && found[1].validation > 0.98, "{:?}", found[1].on_half);
    assert!(found[0].second_half < 0.9, "{}", found[0].second_half);
    for (found, truth) in found[1].on_half.constants.iter().zip(truth) {
        assert!((found / truth - 1.0).abs() < 0.25, "{found} for {truth}");
    }
    assert_eq!(found, run(1), "the number of threads does not matter");
}

#[test]
fn ends_do_not_reach_predictions() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let predicted = |duration: fn(usize) -> f64| {
        let Hpss { log, replay, .. } = log(folder.path(), duration);
        let halves = Halves::of(&log, Some(Cut::Rows)).expect("it can be cut");
        replay_score((&log, &halves), &replay, 0.3).expect("it runs").durations_s
    };
    assert_eq!(predicted(|nth| nth as f64), predicted(|nth| 1000.0 / (nth + 1) as f64));
}

#[test]
fn a_bad_log_is_refused_with_its_row() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    assert!(matches!(Hpss::load(folder.path()), Err(HpssError::Log(LogError::Read { .. }))));
    let read = |rows: &str| {
        let path = folder.path().join("log.csv");
        fs::write(&path, format!("t_start_s,t_end_s,bytes,duration_s,kind\n{rows}")).expect("it can be written");
        TransferLog::read(&path)
    };
    assert!(matches!(read(""), Err(LogError::Empty { .. })));
    assert!(matches!(read("1,2,3,1,migrate\n5,4,3,1,restore\n"), Err(LogError::Row { row: 2, .. })));
    assert!(matches!(read("1,2,3,1,elsewhere\n"), Err(LogError::Row { row: 1, .. })));
    assert!(matches!(read("1,NaN,3,1,unknown\n"), Err(LogError::Row { row: 1, .. })));
    assert_eq!(read("1,2,3,1,unknown\n").map(|log| log.transfers.len()).ok(), Some(1));
}

/// A transfer of 2 GB that takes 100 s.
fn migration(started_at_s: f64) -> LoggedTransfer {
    let (ended_at_s, duration_s) = (started_at_s + 100.0, 100.0);
    LoggedTransfer { started_at_s, ended_at_s, bytes: 2_000_000_000, duration_s, direction: Direction::Migrate }
}

#[test]
fn halves_are_equal_in_time_or_in_rows() {
    // Eight transfers in 880 s, and a ninth that ends after 10 000 s: eight lie in the first quarter of the time.
    let mut transfers: Vec<_> = (0..8).map(|nth| migration(1000.0 + 110.0 * f64::from(nth))).collect();
    transfers.push(migration(10_900.0));
    let log = TransferLog { transfers: transfers.clone() };
    let by_rows = Halves::of(&log, Some(Cut::Rows)).expect("each part has some");
    assert_eq!((by_rows.quarter_s, by_rows.middle_s), (1220.0, 1440.0));
    assert_eq!(by_rows.parts(&log).map(|part| part.len()), [2, 2, 5]);
    assert_eq!(by_rows.left_out(&log), LeftOut::default());
    // By time the second quarter is empty: nothing asked, it is cut by rows; asked, it says so.
    assert_eq!(Halves::of(&log, None), Ok(by_rows));
    let refused = Halves::of(&log, Some(Cut::Time)).expect_err("an empty quarter");
    assert_eq!((refused.rows, refused.measured), (9, 9));
    assert!(refused.to_string().contains("no cut by time"), "{refused}");

    // Nothing lies after the middle: one transfer lasts for as long as all others together.
    let mut long = migration(1000.0);
    (long.ended_at_s, long.duration_s) = (3000.0, 2000.0);
    transfers[8] = long;
    let log = TransferLog { transfers };
    let halves = Halves::of(&log, None).expect("each part has some");
    assert_eq!((halves.cut, halves.parts(&log).map(|part| part.len())), (Cut::Rows, [1, 2, 5]));
    assert_eq!(halves.left_out(&log), LeftOut { across: 1, ..LeftOut::default() });

    // Without migrations of more than 1 GB all transfers are scored.
    let restores = log.transfers.iter().map(|it| LoggedTransfer { direction: Direction::Restore, ..it.clone() });
    let restores = TransferLog { transfers: restores.collect() };
    assert_eq!(Halves::of(&restores, None).map(|halves| halves.scope), Ok(Scope::All));
    let one = TransferLog { transfers: vec![migration(5.0)] };
    assert!(Halves::of(&one, None).expect_err("one transfer").to_string().contains("by time or by rows"));
}

#[test]
fn a_replay_lasts_as_long_as_its_log_needs() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let day = 86_400.0;
    // Three transfers a year apart: all are replayed, and end.
    let path = folder.path().join(HPSS_LOG);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
    let mut out = GzEncoder::new(fs::File::create(&path).expect("the log can be made"), Compression::fast());
    writeln!(out, "t_start_s,t_end_s,bytes,duration_s,kind").expect("the log can be written");
    for nth in 0..3 {
        let start = 1.5e9 + 365.0 * day * f64::from(nth);
        writeln!(out, "{start},{},2000000000,10,migrate", start + 10.0).expect("the log can be written");
    }
    out.finish().expect("the log can be written");
    let hpss = Hpss::load(folder.path()).unwrap_or_else(|error| panic!("the log is good: {error}"));
    assert_eq!(hpss.horizon_s, (730.0 + 32.0) * day);
    let durations = hpss.replay.durations_s(&hpss.replay.mover(), 3).expect("it runs");
    assert!(durations.iter().all(Option::is_some), "{durations:?}");
    assert_eq!(hpss.replay.n_transfers(), 3);
}
