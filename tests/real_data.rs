//! What needs real logs. They are no part of dapple: without the folder that `DAPPLE_DATA` names, nothing runs here.
//!
//! A harness of its own, so that it always says how many cases ran and how many were skipped.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use dapple::papers::hpss::{
    CurveShape, Cut, HPSS_LOG, Halves, Hpss, Law, Scope, Settings, StartUp, TransferLog, calibrate, replay_score,
};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// A case: what it claims, the log it needs, and its check.
type Case = (&'static str, &'static str, fn(&Path));

/// A platform of SimGrid, and jobs of PanDA.
const SIMGRID_PLATFORM: &str = "cms-t1-kit-workload/WLCG_disklessTier2.xml";
const PANDA_JOBS: &str = "atlas-jobs/bnl_2025_jobs.csv";

const CASES: &[Case] = &[
    ("hpss: the stored law predicts 61 % of the second half within 30 %", HPSS_LOG, hpss_reaches_the_bar),
    ("hpss: no prediction depends on ends or durations", HPSS_LOG, hpss_predicts_from_starts_and_sizes),
    ("hpss: no constant depends on durations of the second half", HPSS_LOG, hpss_fits_the_first_half_only),
    ("hpss: `reproduce hpss --no-fit` writes a page", HPSS_LOG, hpss_is_reproduced),
    ("import: networks of the Topology Zoo become scenarios", "topology-zoo/Geant2012.graphml", zoo_is_imported),
    ("import: a platform of SimGrid becomes a scenario", SIMGRID_PLATFORM, platform_is_imported),
    ("import: jobs of PanDA become a scenario", PANDA_JOBS, jobs_are_imported),
];

fn main() -> ExitCode {
    // Runners ask for a list of tests first; this binary is one test.
    if env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let data = env::var_os("DAPPLE_DATA").filter(|data| !data.is_empty()).map(PathBuf::from);
    let (mut ran, mut skipped) = (0, 0);
    for (claim, log, check) in CASES {
        match data.as_deref().filter(|data| data.join(log).is_file()) {
            Some(data) => {
                println!("real data: {claim}");
                check(data);
                ran += 1;
            }
            None => skipped += 1,
        }
    }
    let why = if data.is_none() { " (DAPPLE_DATA is not set)" } else { "" };
    println!("real data: {ran} cases ran, {skipped} skipped{why}");
    ExitCode::SUCCESS
}

fn load(data: &Path) -> Hpss {
    Hpss::load(data).unwrap_or_else(|error| panic!("the log and its scenario can be read: {error}"))
}

fn halves(log: &TransferLog) -> Halves {
    Halves::of(log, None).unwrap_or_else(|error| panic!("the log can be cut: {error}"))
}

fn hpss_reaches_the_bar(data: &Path) {
    let Hpss { log, replay, .. } = load(data);
    let halves = halves(&log);
    assert_eq!((halves.cut, halves.scope), (Cut::Time, Scope::LargeMigrations));
    let rows = halves.second(&log);
    let score = replay_score((&log, &halves), &replay, 0.3).expect("the log can be replayed");
    println!("  FoGP(0.3) = {:.4} on {} of {} transfers", score.second_half, rows.len(), log.transfers.len());
    assert!(score.durations_s.iter().all(Option::is_some), "every transfer ends before the horizon");
    assert_eq!(rows.len(), 14_339);
    assert!(score.second_half >= 0.61);
}

fn hpss_predicts_from_starts_and_sizes(data: &Path) {
    let Hpss { log, replay, .. } = load(data);
    let real = replay_score((&log, &halves(&log)), &replay, 0.3).expect("the log can be replayed");
    // Durations of other transfers, in reverse; ends that have nothing to do with starts.
    let n = log.transfers.len();
    let other = changed(data, |row, cells| {
        cells[1] = format!("{:.3}", log.transfers[row].started_at_s + (row % 977) as f64);
        cells[3] = format!("{:.3}", 2.0 * log.transfers[n - 1 - row].duration_s + 7.0);
    });
    let Hpss { log: other_log, replay: other_replay, .. } = load(other.path());
    assert!(other_log != log);
    let made_up = replay_score((&other_log, &halves(&other_log)), &other_replay, 0.3).expect("the log can be replayed");
    assert!(made_up.durations_s == real.durations_s, "predictions are the same, bit for bit");
    assert!(made_up.second_half < 0.4, "and now they are wrong: {}", made_up.second_half);
}

fn hpss_fits_the_first_half_only(data: &Path) {
    let laws = [Law { curve: CurveShape::Approach, start_up: StartUp::Queued }];
    let settings = Settings { replays_per_constant: 3, ..Settings::default() };
    let fitted = |Hpss { log, replay, .. }: &Hpss| {
        let scores =
            calibrate((log, &halves(log)), replay, &laws, &settings, &|_| {}).expect("the log can be replayed");
        (scores[0].on_quarter.clone(), scores[0].on_half.clone(), scores[0].second_half)
    };
    let real = load(data);
    let middle_s = halves(&real.log).middle_s;
    let other = changed(data, |row, cells| {
        if real.log.transfers[row].started_at_s >= middle_s {
            cells[3] = "1".into();
        }
    });
    let (one, two) = (fitted(&real), fitted(&load(other.path())));
    assert_eq!((&one.0, &one.1), (&two.0, &two.1));
    assert!(one.2 > 0.6 && two.2 < 0.1);
}

fn hpss_is_reproduced(data: &Path) {
    let lab = tempfile::tempdir().expect("the system has a temporary folder");
    let dapple = |data: Option<&Path>, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dapple"));
        command.current_dir(lab.path()).args(arguments).env_remove("DAPPLE_DATA");
        command.envs(data.map(|data| ("DAPPLE_DATA", data))).output().expect("the program can be started")
    };
    let nothing = dapple(None, &["reproduce", "hpss", "--out", "out"]);
    assert_eq!(nothing.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("DAPPLE_DATA"));
    assert!(!lab.path().join("out").exists(), "nothing is written");

    let made = dapple(Some(data), &["reproduce", "hpss", "--no-fit", "--out", "out"]);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(said.contains("above the bar of 0.61"), "{said}");
    for file in ["out/hpss/report.html", "out/hpss/plots/scatter.svg"] {
        let bytes = fs::read(lab.path().join(file)).expect("it was written").len();
        assert!((1_000..1_500_000).contains(&bytes), "{file} has {bytes} bytes");
    }
}

/// Imports a file into a folder that is thrown away: the program says how many rows it read, and checks what it wrote.
fn imported(format: &str, file: &Path) -> String {
    let lab = tempfile::tempdir().expect("the system has a temporary folder");
    let dapple = |arguments: &[&std::ffi::OsStr]| {
        let output = Command::new(env!("CARGO_BIN_EXE_dapple")).args(arguments).current_dir(lab.path()).output();
        let output = output.expect("the program can be started");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    };
    let said = dapple(&["import".as_ref(), format.as_ref(), file.as_os_str(), "--out".as_ref(), "out".as_ref()]);
    dapple(&["check".as_ref(), "--strict".as_ref(), "out/scenario.ron".as_ref()]);
    let rows = said.lines().find(|line| line.contains(" read, ")).unwrap_or_else(|| panic!("rows are counted: {said}"));
    println!("  {}: {rows}", file.file_name().unwrap_or_default().to_string_lossy());
    let counts: Vec<u64> = rows.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(counts[0], counts[1] + counts[2], "{said}");
    said
}

fn zoo_is_imported(data: &Path) {
    let files =
        fs::read_dir(data.join("topology-zoo")).expect("the folder can be read").flatten().map(|file| file.path());
    let mut graphs: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|it| it == "graphml")).collect();
    graphs.sort();
    for graph in &graphs {
        imported("auto", graph);
    }
    println!("  {} networks", graphs.len());
}

fn platform_is_imported(data: &Path) {
    let said = imported("auto", &data.join(SIMGRID_PLATFORM));
    assert!(said.contains("a SimGrid platform"), "{said}");
}

fn jobs_are_imported(data: &Path) {
    let said = imported("panda", &data.join(PANDA_JOBS));
    assert!(said.contains("70 rows read, 70 kept, 0 dropped"), "{said}");
}

/// A folder of data with the HPSS log, its rows (0 for the first of data) changed.
fn changed(data: &Path, change: impl Fn(usize, &mut [String])) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let path = folder.path().join(HPSS_LOG);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
    let zipped = fs::read(data.join(HPSS_LOG)).expect("the log can be read");
    let text = std::io::read_to_string(GzDecoder::new(zipped.as_slice())).expect("the log is text");
    let mut out = GzEncoder::new(fs::File::create(&path).expect("the log can be made"), Compression::fast());
    for (line, text) in text.lines().enumerate() {
        let mut cells: Vec<String> = text.split(',').map(str::to_owned).collect();
        if line > 0 {
            change(line - 1, &mut cells);
        }
        writeln!(out, "{}", cells.join(",")).expect("the log can be written");
    }
    out.finish().expect("the log can be written");
    TransferLog::read(&path).expect("the changed log is one");
    folder
}
