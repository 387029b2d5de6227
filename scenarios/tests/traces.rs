//! Logs as workloads: columns, filters, dirty rows, gzip, missing files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dapple_scenarios::{LoadOptions, Problems, Registry, Scenario, load_text_with};
use dapple_simulator::ids::Id;
use dapple_simulator::workload::WorkloadKind;
use flate2::Compression;
use flate2::write::GzEncoder;

const LOG: &str = "t,bytes,kind,src,dst
20.5,1000,migrate,A,B
10,2000,migrate,A,B
,3000,migrate,A,B
11,x,migrate,A,B
12,-5,migrate,A,B
13,NaN,migrate,A,B
14,10,migrate,A,C
15,10,migrate,A,A
16,10
17,10,restore,A,B
19,99,migrate,A,B
10,4000,migrate,B,A
";

const TRANSFERS: &str = r#"TransferTrace(
    name: "log",
    file: "FILE",
    columns: (at: (name: "t", unit: Minutes), size: (name: "bytes", unit: kB), source: Column("src"), destination: Column("dst")),
    filter: [(column: "kind", one_of: ["migrate"]), MORE],
)"#;

fn scenario(workload: &str) -> String {
    format!(
        r#"(
    name: "trace", horizon: Hours(1),
    topology: (
        sites: [(name: "X"), (name: "Y")],
        rses: [(name: "A", site: "X"), (name: "B", site: "Y")],
        pools: [(name: "WN", site: "X", slots: 1)],
        links: [(name: "X-Y", from: "X", to: "Y", bandwidth: Gbps(1))],
    ),
    workload: [{workload}],
    policies: [(name: "remote", access: AlwaysRemote)],
)"#
    )
}

fn read(workload: &str, base: &Path, strict: bool, data: Option<PathBuf>) -> Result<Scenario, Problems> {
    let options = LoadOptions { overrides: &[], strict, data };
    load_text_with("trace.ron", &scenario(workload), base, &options, &Registry::standard())
}

fn folder_with(name: &str, content: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(name), content).expect("a file");
    folder
}

fn transfers(file: &str, more: &str) -> String {
    TRANSFERS.replace("FILE", file).replace("MORE", more)
}

/// (at in ns, source, destination, bytes, row) of each transfer.
fn rows(scenario: &Scenario) -> Vec<(u64, usize, usize, u64, u64)> {
    let workload = scenario.setup.workloads.values().next().expect("one workload");
    let WorkloadKind::TransferTrace(trace) = &workload.kind else { panic!("a trace of transfers") };
    let row = |t: &dapple_simulator::workload::TracedTransfer| {
        (t.at.as_nanos(), t.source.index(), t.destination.index(), t.bytes.get(), t.row)
    };
    trace.transfers.iter().map(row).collect()
}

#[test]
fn clean_rows_are_taken_in_order_and_dirty_ones_counted() {
    let folder = folder_with("log.csv", LOG.as_bytes());
    let found = read(&transfers("log.csv", ""), folder.path(), false, None).unwrap_or_else(|e| panic!("{e}"));
    let minutes = |minutes: f64| (minutes * 60e9) as u64;
    assert_eq!(
        rows(&found),
        [
            (0, 0, 1, 2_000_000, 2),
            (0, 1, 0, 4_000_000, 12),
            (minutes(9.0), 0, 1, 99_000, 11),
            (minutes(10.5), 0, 1, 1_000_000, 1),
        ]
    );
    assert_eq!(
        found.warnings,
        ["workload `log`: 7 of 11 rows cannot be read: row 3: column `t` is empty; row 4: column `bytes` `x` is \
          not a finite number; row 5: column `bytes` -5 is negative; .."]
    );
    let strict = read(&transfers("log.csv", ""), folder.path(), true, None).expect_err("strict");
    assert!(strict.plain().contains("workload.log.file: 7 of 11 rows cannot be read"), "{}", strict.plain());
    let refuse = transfers("log.csv", "").replace("filter:", "dirty: Refuse, filter:");
    assert!(read(&refuse, folder.path(), false, None).is_err());
}

#[test]
fn filters_and_origins_choose_rows() {
    let folder = folder_with("log.csv", LOG.as_bytes());
    let take = |more: &str, field: &str| {
        let workload = transfers("log.csv", more).replace("filter:", &format!("{field} filter:"));
        read(&workload, folder.path(), false, None)
    };
    let found = take("(column: \"bytes\", at_least: 100, at_most: 2000)", "").expect("rows 1 and 2");
    assert_eq!(rows(&found).iter().map(|row| row.4).collect::<Vec<_>>(), [2, 1]);
    let found = take("", "origin: At(15),").expect("rows 1 and 11");
    assert_eq!(
        rows(&found).iter().map(|row| (row.0, row.4)).collect::<Vec<_>>(),
        [(240e9 as u64, 11), (330e9 as u64, 1)]
    );
    assert!(found.warnings.iter().any(|w| w.contains("2 of 4 rows are left out: before the origin")));
    let found = take("", "origin: At(-45),").expect("the horizon is an hour after the origin");
    assert_eq!(rows(&found).len(), 2);
    assert!(found.warnings.iter().any(|w| w.contains("2 of 4 rows are left out: after the horizon")));
    for (more, field, message) in [
        ("(column: \"bytes\", at_least: 1e9)", "", "no row of the log is left"),
        ("(column: \"bites\", at_least: 1)", "", "did you mean `bytes`?"),
        ("(column: \"bytes\")", "", "says nothing"),
        ("", "origin: At(NaN),", "must be finite"),
        ("", "origin: At(1e6),", "between the start and the horizon"),
    ] {
        let told = take(more, field).expect_err(message).plain();
        assert!(told.contains(message), "{told}");
    }
}

#[test]
fn logs_are_found_packed_or_not_and_told_apart() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(LOG.as_bytes()).expect("into memory");
    let packed = packed.finish().expect("into memory");
    let plain = folder_with("log.csv", LOG.as_bytes());
    let zipped = folder_with("log.csv", &packed);
    let relative = |base: &Path| read(&transfers("log.csv", ""), base, false, None).expect("a good log");
    let (one, other) = (relative(plain.path()), relative(zipped.path()));
    assert_eq!(rows(&one), rows(&other));
    assert_ne!(one.physics, other.physics, "another file is another run");

    let in_data = transfers("$DAPPLE_DATA/log.csv", "");
    let data = Some(plain.path().to_owned());
    assert_eq!(rows(&read(&in_data, Path::new(""), false, data).expect("found")), rows(&one));
    let told = read(&in_data, Path::new(""), false, None).expect_err("not set").plain();
    assert!(told.contains("`$DAPPLE_DATA/log.csv`") && told.contains("set DAPPLE_DATA"), "{told}");
    let told = read(&transfers("nowhere.csv", ""), Path::new(""), false, None).expect_err("missing").plain();
    assert!(told.contains("nowhere.csv") && told.contains("no such file") && told.contains("DAPPLE_DATA"), "{told}");

    let broken = folder_with("log.csv", &packed[..packed.len() / 2]);
    assert!(read(&transfers("log.csv", ""), broken.path(), false, None).is_err());
    let empty = folder_with("log.csv", b"");
    let told = read(&transfers("log.csv", ""), empty.path(), false, None).expect_err("empty").plain();
    assert!(told.contains("it is empty"), "{told}");
    let binary = folder_with("log.csv", &[0xff, 0xfe, 0, b'\n', 1, 2, 0x80]);
    assert!(read(&transfers("log.csv", ""), binary.path(), false, None).is_err());
}

#[test]
fn names_that_are_the_same_for_all_rows_are_checked_once() {
    let folder = folder_with("log.csv", LOG.as_bytes());
    let take = |from: &str, to: &str| {
        let workload = transfers("log.csv", "")
            .replace("Column(\"src\")", &format!("Constant(\"{from}\")"))
            .replace("Column(\"dst\")", &format!("Constant(\"{to}\")"));
        read(&workload, folder.path(), false, None)
    };
    assert_eq!(rows(&take("B", "A").expect("a good pair")).len(), 6);
    let told = take("A", "A").expect_err("to itself").plain();
    assert!(told.contains("to itself"), "{told}");
    let told = take("A", "C").expect_err("unknown").plain();
    assert!(told.contains("workload.log.columns.destination") && told.contains("no RSE is called `C`"), "{told}");
}

#[test]
fn jobs_come_from_logs_too() {
    let log = "when,seconds,mb,where\n5,10,100,A\n0,20,200,B\n1,5,1,nowhere\n2,oops,1,A\n";
    let folder = folder_with("jobs.csv", log.as_bytes());
    let with_input = r#"JobTrace(
        name: "jobs", file: "jobs.csv", pool: Constant("WN"),
        columns: (submitted: (name: "when", unit: Seconds), compute: (name: "seconds", unit: Seconds),
            input: (name: "mb", unit: MB), source: Column("where")),
        read_fraction: 0.5,
    )"#;
    let found = read(with_input, folder.path(), false, None).unwrap_or_else(|problems| panic!("{problems}"));
    let workload = found.setup.workloads.values().next().expect("one workload");
    let WorkloadKind::JobTrace(trace) = &workload.kind else { panic!("a trace of jobs") };
    let jobs: Vec<(u64, u64, Option<usize>)> = (trace.jobs.iter())
        .map(|job| (job.submitted_at.as_nanos(), job.input.get(), job.source.map(Id::index)))
        .collect();
    assert_eq!(jobs, [(0, 200_000_000, Some(1)), (5_000_000_000, 100_000_000, Some(0))]);
    assert!(found.warnings[0].contains("2 of 4 rows"), "{:?}", found.warnings);
    assert!((found.experiment_size().jobs - 2.0).abs() < 1e-9);

    let without_input = with_input.replace("input: (name: \"mb\", unit: MB), source: Column(\"where\")", "");
    let found = read(&without_input, folder.path(), false, None).expect("jobs that only compute");
    assert!((found.experiment_size().inputs).abs() < 1e-9 && (found.experiment_size().jobs - 3.0).abs() < 1e-9);
    let half = with_input.replace(", source: Column(\"where\")", "");
    let told = read(&half, folder.path(), false, None).expect_err("where is it?").plain();
    assert!(told.contains("belong together"), "{told}");
}

#[test]
fn jobs_of_a_log_have_their_slots_and_what_they_requested() {
    let log =
        "when,seconds,cores,asked\n0,10,,\n0,10,4,2\n1,10,0,1\n2,10,-1,1\n3,10,5,1\n4,10,2.5,1\n5,10,1,-1\n6,10,2,0\n";
    let folder = folder_with("jobs.csv", log.as_bytes());
    let trace = r#"JobTrace(
        name: "jobs", file: "jobs.csv", pool: Constant("WN"),
        columns: (submitted: (name: "when", unit: Seconds), compute: (name: "seconds", unit: Seconds),
            slots: "cores", requested: (name: "asked", unit: Minutes)),
    )"#;
    let text = scenario(trace).replace("slots: 1", "slots: 4, nodes: 2");
    let options = LoadOptions { overrides: &[], strict: false, data: None };
    let found = load_text_with("trace.ron", &text, folder.path(), &options, &Registry::standard())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let workload = found.setup.workloads.values().next().expect("one workload");
    let WorkloadKind::JobTrace(trace) = &workload.kind else { panic!("a trace of jobs") };
    let jobs: Vec<(u32, Option<f64>)> =
        trace.jobs.iter().map(|job| (job.slots, job.requested.map(|span| span.as_secs_f64()))).collect();
    assert_eq!(jobs, [(1, None), (4, Some(120.0)), (2, Some(0.0))]);
    let told = &found.warnings[0];
    assert!(
        told.contains("5 of 8 rows cannot be read: row 3: column `cores` `0` is not a whole number above 0"),
        "{told}"
    );
    assert!(told.contains("row 5: column `cores` 5 slots are more than the 4 of a node of pool `WN`"), "{told}");
}
