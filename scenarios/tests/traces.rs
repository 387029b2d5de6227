//! Logs as workloads: columns, filters, dirty rows, gzip, missing files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dapple_scenarios::{LoadOptions, Problems, Registry, Scenario, load_text_with};
use dapple_simulator::ids::Id;
use dapple_simulator::workload::WorkloadKind;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

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
        [
            "workload `log`: 7 of 12 rows cannot be read: column `bytes` is not a finite number (2 rows: lines 5 `x`, 7 `NaN`); \
          column `t` is empty (1 row: line 4); column `bytes` is negative (1 row: line 6 `-5`); \
          column `dst` is not a name of the topology (1 row: line 8 `C`); and 2 more reasons"
        ]
    );
    let strict = read(&transfers("log.csv", ""), folder.path(), true, None).expect_err("strict");
    assert!(strict.plain().contains("workload.log.file: 7 of 12 rows cannot be read"), "{}", strict.plain());
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
    assert!(found.warnings.iter().any(|w| w.contains("2 of 4 rows are left out: at or after the horizon")));
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
    let jobs: Vec<(u32, Option<f64>)> = trace
        .jobs
        .iter()
        .map(|job| (job.slots, job.requested.map(dapple_simulator::units::SimSpan::as_secs_f64)))
        .collect();
    assert_eq!(jobs, [(1, None), (4, Some(120.0)), (2, Some(0.0))]);
    let told = &found.warnings[0];
    assert!(told.contains("5 of 8 rows cannot be read"), "{told}");
    assert!(told.contains("is more slots than a node of its pool has"), "{told}");
}

/// A log of transfers from A to B with these columns for time and size.
fn between_a_and_b(time: &str, more: &str) -> String {
    format!(
        r#"TransferTrace(name: "log", file: "log.csv", {more}
            columns: (at: ({time}), size: (name: "bytes", unit: B), source: Constant("A"), destination: Constant("B")))"#
    )
}

fn taken(time: &str, more: &str, log: &[u8]) -> Result<Scenario, Problems> {
    let folder = folder_with("log.csv", log);
    read(&between_a_and_b(time, more), folder.path(), false, None)
}

const SECONDS: &str = r#"name: "t", unit: Seconds"#;

fn nanos(scenario: &Scenario) -> Vec<u64> {
    rows(scenario).iter().map(|row| row.0).collect()
}

#[test]
fn times_since_1970_keep_their_nanoseconds() {
    let log = "t,bytes\n1737396640000000001,1\n1737396640000000101,1\n1737396640000000201,1\n";
    let found = taken(r#"name: "t", unit: Nanos"#, "", log.as_bytes()).expect("a good log");
    assert_eq!(nanos(&found), [0, 100, 200]);
    let log = "t,bytes\n1737396640.000000001,1\n1.737396640000000101e9,1\n1737396640.0000002010,1\n";
    assert_eq!(nanos(&taken(SECONDS, "", log.as_bytes()).expect("decimals too")), [0, 100, 200]);
    let origin = r#"origin: Written("1737396639.999999999"),"#;
    assert_eq!(nanos(&taken(SECONDS, origin, log.as_bytes()).expect("from an origin")), [2, 102, 202]);
}

#[test]
fn rows_of_one_instant_keep_the_order_of_the_log() {
    let log = "t,bytes\n10,5000000\n10,1000000\n9,7\n10,3000000\n10,2000000\n";
    let found = taken(SECONDS, "", log.as_bytes()).expect("a good log");
    assert_eq!(rows(&found).iter().map(|row| row.4).collect::<Vec<_>>(), [3, 1, 2, 4, 5]);
    assert_eq!((found.logs[0].n_tied, found.logs[0].n_out_of_order), (4, 1));
}

#[test]
fn a_quote_that_does_not_close_costs_its_own_row_only() {
    let row = |n: u32| format!("{n},1000,{}n{n}\n", if n == 4 { "\"" } else { "" });
    let log: String = "t,bytes,note\n".to_owned() + &(0..1000).map(row).collect::<String>();
    let found = taken(SECONDS, "", log.as_bytes()).expect("999 good rows");
    assert_eq!(rows(&found).len(), 999);
    let told = "1 of 1000 rows cannot be read: a quote opens and does not close on its line (1 row: line 6)";
    assert_eq!(found.warnings, [format!("workload `log`: {told}")]);
    let folder = folder_with("log.csv", log.as_bytes());
    let strict = read(&between_a_and_b(SECONDS, ""), folder.path(), true, None).expect_err("strict").plain();
    assert!(strict.contains(told), "{strict}");
    let mut rejected = Vec::new();
    found.logs[0].write_rejected("x.ron", &mut rejected).expect("into memory");
    let rejected = String::from_utf8(rejected).expect("text");
    assert_eq!(rejected, "x.ron,log,6,a quote opens and does not close on its line,\"4,1000,\"\"n4\"\n");
}

#[test]
fn rows_that_refuse_a_scenario_are_handed_out_with_the_refusal() {
    let folder = folder_with("log.csv", b"t,bytes\n1,1000\n2,x\n-3,7\n");
    let lines = |log: &str, strict: bool| {
        let problems = read(log, folder.path(), strict, None).expect_err("it is refused");
        let [account] = problems.logs() else { panic!("one log: {problems}") };
        let mut rejected = Vec::new();
        account.write_rejected("x.ron", &mut rejected).expect("into memory");
        (account.n_rows, account.n_dirty(), String::from_utf8(rejected).expect("text").lines().count())
    };
    assert_eq!(lines(&between_a_and_b(SECONDS, ""), true), (3, 2, 2));
    assert_eq!(lines(&between_a_and_b(SECONDS, "dirty: Refuse,"), false), (3, 2, 2));
    let folder = folder_with("log.csv", b"t,bytes\n1,y\n2,x\n");
    let problems = read(&between_a_and_b(SECONDS, ""), folder.path(), false, None).expect_err("all are dirty");
    assert_eq!(problems.logs()[0].n_dirty(), 2);
}

#[test]
fn a_row_whose_end_cannot_be_read_is_replayed_and_told() {
    let log = b"t,bytes,e\n1,1000,5\n2,1000,x\n3,1000,1\n4,1000,\n";
    let folder = folder_with("log.csv", log);
    let workload =
        between_a_and_b(SECONDS, "").replacen("columns: (", r#"columns: (ended: (name: "e", unit: Seconds), "#, 1);
    let found = read(&workload, folder.path(), true, None).expect("no row is dirty");
    let WorkloadKind::TransferTrace(trace) = &found.setup.workloads.values().next().expect("one").kind else {
        panic!()
    };
    let took: Vec<Option<f64>> =
        trace.transfers.iter().map(|row| row.took.map(dapple_simulator::units::SimSpan::as_secs_f64)).collect();
    assert_eq!(took, [Some(4.0), None, None, None]);
    let told: Vec<String> = found.logs[0].unknown_ends.iter().map(dapple_scenarios::DirtyRows::words).collect();
    assert_eq!(
        told,
        [
            "column `e` is not a finite number (1 row: line 3 `x`)",
            "column `e` is before its beginning (1 row: line 4 `1`)",
        ]
    );
    assert!(found.warnings[0].contains("when 2 of 4 rows ended is not known"), "{:?}", found.warnings);
}

#[test]
fn all_columns_that_are_not_there_are_told_at_once() {
    let jobs = r#"JobTrace(name: "jobs", file: "log.csv", pool: Constant("WN"), columns: (submitted: (name: "t", unit: Seconds),
        compute: (name: "nothing", unit: Seconds), slots: "neither", requested: (name: "nor", unit: Seconds)))"#;
    let folder = folder_with("log.csv", b"t,run\n1000,5\n");
    let problems = read(jobs, folder.path(), false, None).expect_err("three columns are missing");
    assert_eq!(problems.len(), 3, "{problems}");
}

#[test]
fn negative_times_are_dirty_in_every_column() {
    let log = "t,bytes\n1737396640,1\n1737396641,1\n-1,1\n1737396642,1\n-0,1\n";
    let found = taken(SECONDS, "origin: At(1737396640),", log.as_bytes()).expect("a good log");
    assert_eq!(nanos(&found), [0, 1_000_000_000, 2_000_000_000]);
    assert!(found.warnings[1].contains("column `t` is negative (1 row: line 4 `-1`)"), "{:?}", found.warnings);
    assert_eq!(found.logs[0].n_early, 1, "-0 is no negative number");
    let jobs = r#"JobTrace(name: "jobs", file: "log.csv", pool: Constant("WN"),
        columns: (submitted: (name: "t", unit: Seconds), compute: (name: "run", unit: Seconds)))"#;
    let folder = folder_with("log.csv", b"t,run\n1000,5\n-1,5\n1001,-0.0\n1002,-5\n");
    let found = read(jobs, folder.path(), false, None).expect("two good rows");
    let WorkloadKind::JobTrace(trace) = &found.setup.workloads.values().next().expect("one").kind else { panic!() };
    let compute: Vec<(u64, f64)> = trace.jobs.iter().map(|job| (job.row, job.compute_s)).collect();
    assert_eq!(compute, [(1, 5.0), (3, 0.0)]);
    assert!(compute.iter().all(|(_, compute_s)| compute_s.is_sign_positive()));
    // Filters come first: what a log calls unknown can be left out without a word.
    let found = taken(SECONDS, r#"filter: [(column: "t", at_least: 0)],"#, b"t,bytes\n-1,1\n5,1\n").expect("one row");
    assert_eq!((found.warnings.len(), found.logs[0].n_filtered), (0, 1));
}

#[test]
fn of_equal_headers_none_wins() {
    let log = b"t,bytes,t,note,note\n1,2,3,4,5\n";
    let told = taken(SECONDS, "", log).expect_err("which one?").plain();
    assert!(
        told.contains("workload.log.columns.at.name: the log has more than one column `t` (columns 1 and 3)"),
        "{told}"
    );
    assert!(taken(SECONDS, "", b"t,bytes,note,note\n1,2,4,5\n").is_ok(), "nobody reads these two");
}

#[test]
fn logs_are_read_as_they_are() {
    let expected = [0, 1_500_000_000];
    let utf16: Vec<u8> = "\u{feff}t;bytes\r\n1;5\r\n2.5;6\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for log in
        [b"t;bytes\n1;5\n2.5;6\n", b"t\tbytes\n1\t5\n2.5\t6\n", &b"\xef\xbb\xbft,bytes\n1,5\n\n2.5,6"[..], &utf16]
    {
        assert_eq!(nanos(&taken(SECONDS, "", log).expect("readable")), expected);
    }
    let log = b"t;bytes;a,b,c,d\n1;5;\n2.5;6;\n";
    assert!(taken(SECONDS, "", log).is_err(), "most commas");
    assert_eq!(nanos(&taken(SECONDS, "delimiter: Semicolon,", log).expect("as said")), expected);
    let told = taken(SECONDS, "", b"t,bytes\n1;5\n2;6\n").expect_err("all dirty").plain();
    assert!(told.contains("no row of the log is left: 2 of 2 rows cannot be read"), "{told}");
    let told = taken(SECONDS, "", b"t,bytes\n1,5,6\n2,6,,\n").expect("one row").warnings;
    assert!(told[0].contains("it has more cells than the 2 columns of the header row (1 row: line 2)"), "{told:?}");
}

#[test]
fn calendar_times_need_a_zone() {
    let log = "t,bytes\n2025-01-20 18:10:40,1\n2025-01-20T18:10:40.000000007,1\n2025-01-20T19:10:41+01:00,1\n";
    let told = taken(r#"name: "t""#, "origin: Written(\"2025-01-20T18:10:40Z\"),", log.as_bytes()).expect("one row");
    assert_eq!(nanos(&told), [1_000_000_000]);
    assert!(told.warnings[0].contains("names no zone"), "{:?}", told.warnings);
    let found = taken(r#"name: "t", zone: "UTC""#, "", log.as_bytes()).expect("three rows");
    assert_eq!(nanos(&found), [0, 7, 1_000_000_000]);
    assert_eq!(found.logs[0].times, ["2025-01-20T18:10:40Z", "2025-01-20T18:10:41Z"]);
    for (time, message) in [
        (r#"name: "t", zone: "Europe/Zurych""#, "did you mean `Europe/Zurich`?"),
        (r#"name: "t", zone: "+2h""#, "write an offset like `+02:00`"),
        (r#"name: "t", unit: Seconds, zone: "UTC""#, "give one or the other"),
        (r#"name: "t", unit: Seconds"#, "column `t` is not a finite number (3 rows: lines 2 `2025-01-20 18:10:40`"),
    ] {
        let told = taken(time, "", log.as_bytes()).expect_err(message).plain();
        assert!(told.contains(message), "{told}");
    }
    let told = taken(r#"name: "t", zone: "+01:00""#, "origin: At(5),", log.as_bytes()).expect_err("a number").plain();
    assert!(told.contains("the column holds calendar times"), "{told}");
}

#[test]
fn a_job_without_a_size_reads_nothing() {
    let jobs = r#"JobTrace(name: "jobs", file: "log.csv", pool: Constant("WN"),
        columns: (submitted: (name: "t", unit: Seconds), compute: (name: "run", unit: Seconds),
            input: (name: "mb", unit: MB), source: Column("rse")))"#;
    let folder = folder_with("log.csv", b"t,run,mb,rse\n1,5,,\n2,5,3,A\n3,5,3,\n");
    let found = read(jobs, folder.path(), false, None).expect("two rows");
    let WorkloadKind::JobTrace(trace) = &found.setup.workloads.values().next().expect("one").kind else { panic!() };
    assert_eq!(
        trace.jobs.iter().map(|job| (job.row, job.source.is_some())).collect::<Vec<_>>(),
        [(1, false), (2, true)]
    );
    assert!(found.warnings[0].contains("column `rse` is empty (1 row: line 4)"), "{:?}", found.warnings);
}

#[test]
fn arrivals_that_never_happen_are_told() {
    let jobs = |arrivals: &str| {
        let workload = format!("Jobs(name: \"j\", pool: \"WN\", arrivals: {arrivals})");
        read(&workload, Path::new(""), false, None)
    };
    for (arrivals, told) in [
        ("At([Seconds(0), Hours(1), Hours(2)])", Some("2 of 3 arrivals")),
        ("Every(interval: Minutes(30), count: 5)", Some("3 of 5 arrivals")),
        ("Poisson(per_hour: 10, until: Hours(3))", Some("about 20 of 30 arrivals")),
        ("Every(interval: Minutes(30))", None),
        ("Poisson(per_hour: 10)", None),
    ] {
        let warnings = jobs(arrivals).expect("it can run").warnings;
        let expected =
            told.map(|told| format!("workload `j`: {told} are asked for at or after the horizon and never happen"));
        assert_eq!(warnings, Vec::from_iter(expected), "{arrivals}");
    }
    for arrivals in ["At([Hours(1)])", "Every(interval: Minutes(1), from: Hours(1))"] {
        let told = jobs(arrivals).expect_err("nothing").plain();
        assert!(told.contains("nothing arrives before the horizon"), "{told}");
    }
}

/// A row as it is written, what becomes of it, and its time in nanoseconds.
fn any_row() -> impl Strategy<Value = (String, Fate, u64)> {
    let time = 0..7_200_000_000_000_u64;
    (time, 0..8_u32, 1..1000_u32).prop_map(|(nanos, kind, bytes)| {
        let at = format!("{}.{:09}", 1_737_396_640 + nanos / 1_000_000_000, nanos % 1_000_000_000);
        let (row, fate) = match kind {
            0 => (format!("{at},{bytes},\"open"), Fate::Dirty),
            1 => (format!("-{at},{bytes},n"), Fate::Dirty),
            2 => (format!("{at},-{bytes},n"), Fate::Dirty),
            3 => (format!("{at},{bytes},n,{bytes}"), Fate::Dirty),
            4 => (format!("{at},{bytes},skip"), Fate::Filtered),
            5 => (format!("{at},{bytes},\"n\""), Fate::Taken),
            _ => (format!(" {at} ,{bytes},n"), Fate::Taken),
        };
        (row, fate, nanos)
    })
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Taken,
    Filtered,
    Dirty,
}

proptest! {
    /// Nothing is lost in silence, and no nanosecond.
    #[test]
    fn every_row_is_accounted_for(lines in proptest::collection::vec(any_row(), 0..60)) {
        let mut log = String::from("t,bytes,note\n1737396640,1,n\n");
        log.extend(lines.iter().map(|(row, ..)| format!("{row}\n")));
        let more = r#"origin: Written("1737396640"), filter: [(column: "note", one_of: ["n"])],"#;
        let found = taken(SECONDS, more, log.as_bytes()).expect("one good row at least");
        let account = &found.logs[0];
        let fates = |fate: Fate| lines.iter().filter(|line| line.1 == fate).count() as u64;
        let horizon = 3_600_000_000_000;
        let mut times: Vec<u64> = lines.iter().filter(|line| line.1 == Fate::Taken).map(|line| line.2).collect();
        let late = times.iter().filter(|nanos| **nanos >= horizon).count() as u64;
        times.retain(|nanos| *nanos < horizon);
        times.push(0);
        times.sort_unstable();
        prop_assert_eq!(nanos(&found), times);
        prop_assert_eq!((account.n_dirty(), account.n_filtered, account.n_late), (fates(Fate::Dirty), fates(Fate::Filtered), late));
        prop_assert_eq!(account.n_rows, lines.len() as u64 + 1);
        prop_assert_eq!(account.n_rows, account.n_taken + account.n_filtered + account.n_early + account.n_late + account.n_dirty());
    }
}
