//! Laws fitted to a log that was made with a known law.

use std::fs;
use std::io::Write;
use std::path::Path;

use dapple_papers::hpss::{
    CurveShape, HPSS_LOG, Hpss, HpssError, Law, LogError, Mover, Settings, StartUp, TransferLog, calibrate,
    replay_score, selected,
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
    let Hpss { log, replay } = log_of(folder.path(), &law.mover(&truth));
    let wrong = Law { curve: CurveShape::Unshared, start_up: StartUp::Fixed };
    let run = |threads| {
        let settings = Settings { threads, ..Settings::default() };
        calibrate(&log, &replay, &[wrong, law], &settings, &|_| {}).expect("it can be fitted")
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
        let Hpss { log, replay } = log(folder.path(), duration);
        replay_score(&log, &replay, 0.3).expect("it runs").durations_s
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
