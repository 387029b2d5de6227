//! Every format turned into a run: rows in, rows out, rows dropped by reason; and that nothing, however broken, panics.

use std::fs;
use std::path::{Path, PathBuf};

use dapple_import::{Format, Imported, Key, Treatment, import};
use dapple_scenarios::{LoadOptions, Registry, Scenario, load_with};
use dapple_simulator::engine::{Counters, run};
use dapple_simulator::facts::NoObserver;
use proptest::prelude::*;

/// A file, its format, rows in it, rows that are kept, and how many are dropped for reasons with these words in them.
type Case = (&'static str, Format, u64, u64, &'static [(u64, &'static str)]);

const CASES: [Case; 11] = [
    (
        "machine.swf",
        Format::Swf,
        10,
        5,
        &[
            (1, "it was cancelled before it ran"),
            (1, "the whole job has a row of its own"),
            (1, "more processors than the machine"),
            (1, "has not 18 fields"),
            (1, "is no number"),
        ],
    ),
    (
        "requests_history.csv",
        Format::Rucio,
        10,
        4,
        &[
            (1, "its state is FAILED, not DONE"),
            (1, "its type is STAGEIN, not TRANSFER"),
            (1, "it has no source_rse"),
            (1, "its state is QUEUED, not DONE"),
            (1, "its bytes is no number of bytes"),
            (1, "a quote in it is not closed"),
        ],
    ),
    (
        "fts.jsonl",
        Format::Fts,
        7,
        3,
        &[(1, "failed"), (1, "cancelled"), (1, "no number of bytes"), (1, "it is no JSON object")],
    ),
    ("t_file.csv", Format::Fts, 5, 2, &[(1, "failed"), (1, "cancelled"), (1, "that has ended well")]),
    (
        "jobs.json",
        Format::Panda,
        7,
        4,
        &[(1, "of a job that has ended"), (1, "ends before it starts"), (1, "cancelled")],
    ),
    ("jobs.csv", Format::Panda, 3, 2, &[(1, "it has no computingsite")]),
    (
        "gridftp.log",
        Format::Globus,
        6,
        2,
        &[
            (1, "no record of a transfer"),
            (1, "code is not 226"),
            (1, "neither RETR nor STOR"),
            (1, "other end is not known"),
        ],
    ),
    ("globus-tasks.csv", Format::Globus, 3, 2, &[(1, "not SUCCEEDED")]),
    ("xrootd.jsonl", Format::Xrootd, 6, 4, &[(1, "it was written"), (1, "nothing was read")]),
    ("network.graphml", Format::Graphml, 12, 9, &[(1, "the id of another"), (1, "to itself"), (1, "is no node")]),
    (
        "platform.xml",
        Format::Simgrid,
        20,
        17,
        &[(1, "peer: not supported"), (1, "SPLITDUPLEX or FATPIPE: not supported"), (1, "no route crosses")],
    ),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn imported(name: &str) -> Imported {
    import(None, &[fixture(name)]).unwrap_or_else(|error| panic!("{error}"))
}

/// The scenario as it is read from the folder, its logs without a dirty row.
fn scenario(imported: &Imported, folder: &Path) -> Scenario {
    read(imported, folder, true)
}

fn read(imported: &Imported, folder: &Path, strict: bool) -> Scenario {
    let files = imported.write(folder).unwrap_or_else(|error| panic!("{error}"));
    let options = LoadOptions { strict, ..LoadOptions::default() };
    load_with(&files[0], &options, &Registry::standard())
        .unwrap_or_else(|problems| panic!("{problems}\n{}", fs::read_to_string(&files[0]).expect("it was written")))
}

/// What a run under the first policy counts.
fn counted(scenario: &Scenario) -> Counters {
    let mut policies = scenario.policies[0].build().expect("its policies can be built");
    run(&scenario.setup, &mut policies, 1, &mut NoObserver).unwrap_or_else(|error| panic!("{error}")).counters
}

#[test]
fn each_format_becomes_a_run_and_every_row_is_accounted_for() {
    for (name, format, rows, kept, reasons) in CASES {
        let imported = imported(name);
        let account = &imported.account;
        assert_eq!((account.rows(), account.kept()), (rows, kept), "{name}\n{account}");
        assert_eq!(account.rows(), account.kept() + account.dropped(), "{name}\n{account}");
        let mut left: Vec<_> = account.of(Treatment::Dropped).collect();
        for (count, words) in reasons {
            let at = left.iter().position(|entry| entry.reason.contains(words) && entry.rows == *count);
            left.remove(at.unwrap_or_else(|| panic!("{name}: {count} rows with `{words}`\n{account}")));
        }
        assert!(left.is_empty(), "{name}: {left:?}");
        let folder = tempfile::tempdir().expect("the system has a temporary folder");
        let scenario = scenario(&imported, folder.path());
        let counters = counted(&scenario);
        let ended = (counters.jobs_done, counters.requests_done);
        match format {
            Format::Swf | Format::Panda | Format::Xrootd => assert_eq!(ended, (kept, 0), "{name}"),
            Format::Graphml | Format::Simgrid => assert!(ended.0 == 0 && ended.1 > 1000, "{name}: {ended:?}"),
            _ => assert_eq!(ended, (0, kept), "{name}"),
        }
    }
}

#[test]
fn what_became_of_the_file_stands_above_the_scenario() {
    let text = imported("requests_history.csv").scenario();
    for line in [
        "// 10 rows read, 4 kept, 6 dropped\n",
        "//   - 1: its state is FAILED, not DONE (line 4)\n",
        "//   - 1: a quote in it is not closed (line 11)\n",
        "//   - 1: it has no submitted_at: created_at is taken, so Rucio's own queue time is lost (line 12)\n",
        "    start: \"2024-05-01T10:00:20Z\",\n",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
}

#[test]
fn logs_keep_their_nanoseconds_and_what_was_logged() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    imported("gridftp.log").write(folder.path()).expect("it can be written");
    let log = fs::read_to_string(folder.path().join("transfers.csv")).expect("it was written");
    assert_eq!(
        log,
        "at_ns,size_bytes,source,destination,logged_start_ns,logged_end_ns\n\
         1714557660000000000,2000000000,dtn1.alpha.example,192.0.2.17,1714557660000000000,1714557700250000000\n\
         1714557720125000000,750000000,192.0.2.18,dtn1.alpha.example,1714557720125000000,1714557740500000000\n"
    );
}

#[test]
fn jobs_of_a_machine_hold_their_processors() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    // Of four processors two jobs want three each: the second waits for the first, and ends after two minutes.
    let job = |number: u32| format!("{number} 0 -1 60 3 -1 -1 3 90 -1 1 -1 -1 -1 -1 -1 -1 -1\n");
    let path = folder.path().join("jobs.swf");
    fs::write(&path, format!("; MaxProcs: 4\n{}{}", job(1), job(2))).expect("it can be written");
    let imported = import(None, &[path]).unwrap_or_else(|error| panic!("{error}"));
    let text = imported.scenario();
    assert!(
        text.contains("slots: \"slots\",") && text.contains("requested: (name: \"requested_ns\", unit: Nanos),"),
        "{text}"
    );
    let mut scenario = scenario(&imported, &folder.path().join("out"));
    assert_eq!(counted(&scenario).jobs_done, 2);
    scenario.setup.horizon = dapple_simulator::units::SimTime::from_secs_f64(119.0);
    assert_eq!(counted(&scenario).jobs_done, 1, "they did not run side by side");
}

/// The import of a text.
fn of_text(format: Format, text: &str) -> Imported {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let path = folder.path().join("given");
    fs::write(&path, text).expect("it can be written");
    import(Some(format), &[path]).unwrap_or_else(|error| panic!("{error}"))
}

/// The words of an account, whatever its lines.
fn words(imported: &Imported) -> String {
    imported.account.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The log beside a scenario.
fn log_of(imported: &Imported) -> String {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let files = imported.write(folder.path()).expect("it can be written");
    fs::read_to_string(&files[1]).expect("it was written")
}

#[test]
fn ends_are_named_and_logs_in_order_of_ends_say_so() {
    for (name, has_ends, is_by_end) in [
        ("machine.swf", true, false),
        ("requests_history.csv", true, false),
        ("fts.jsonl", true, true),
        ("t_file.csv", true, false),
        ("jobs.json", true, false),
        ("gridftp.log", true, true),
        ("globus-tasks.csv", true, false),
        ("xrootd.jsonl", true, true),
        ("network.graphml", false, false),
    ] {
        let imported = imported(name);
        let text = imported.scenario();
        let ended = "ended: (name: \"logged_end_ns\", unit: Nanos)";
        assert_eq!(text.contains(ended), has_ends, "{name}\n{text}");
        // Without rows the report has nothing to set against them.
        assert_eq!(text.contains("\n    record: Rows,\n"), has_ends, "{name}\n{text}");
        assert_eq!(text.contains("            ties: Shuffled,\n"), is_by_end, "{name}\n{text}");
        assert_eq!(words(&imported).contains("stands in order of ends"), is_by_end, "{name}\n{text}");
    }
    for (name, is_stated) in [("machine.swf", true), ("jobs.json", true), ("xrootd.jsonl", false)] {
        assert_eq!(imported(name).scenario().contains("scheduling: FirstComeFirstServed)"), is_stated, "{name}");
    }
}

#[test]
fn an_end_is_kept_where_it_is_one() {
    assert!(log_of(&imported("globus-tasks.csv")).contains(",Beta DTN,,1714557900000000000\n"));
    let header = "source_rse,dest_rse,bytes,submitted_at,started_at,transferred_at,state,request_type\n";
    let rows = "A,B,5,100,,160,D,T\nA,B,5,100,120,90,D,T\nA,B,5,100,120,soon,D,T\n";
    let rucio = of_text(Format::Rucio, &format!("{header}{rows}"));
    let log = log_of(&rucio);
    assert!(log.contains("A,B,,160000000000\n") && log.contains("A,B,120000000000,\n"), "{log}");
    assert!(words(&rucio).contains("2: its end, which is no time or before its start"), "{}", rucio.account);
    let closed = "{\"start_time\": 100, \"server_hostname\": \"s\", \"host\": \"h\", \"read\": 5}\n".repeat(2);
    let xrootd = of_text(Format::Xrootd, &closed);
    assert!(log_of(&xrootd).ends_with(",100000000000,\n"), "{}", log_of(&xrootd));
    assert!(!xrootd.scenario().contains("logged_end_ns") && xrootd.scenario().contains("slots: 2"));
}

#[test]
fn only_transfers_that_are_kept_say_whether_they_queued() {
    let header = "file_state,source_se,dest_se,filesize,submit_time,start_time,finish_time\n";
    let asked = "FINISHED,davs://a,davs://b,5,100,120,130\n";
    let failed = format!("{header}{asked}FAILED,davs://a,davs://b,5,,120,130\n");
    assert!(of_text(Format::Fts, &failed).scenario().contains("queues: true,"));
    let lacks = of_text(Format::Fts, &format!("{header}{asked}FINISHED,davs://a,davs://b,5,,120,130\n"));
    assert!(lacks.scenario().contains("queues: false,"));
    assert!(words(&lacks).contains("1 of 2 that ended well have no submit_time"), "{}", lacks.account);
}

#[test]
fn a_guessed_zone_is_told() {
    let is_told = |imported: &Imported| words(imported).contains("times that name no zone are UTC");
    for (name, is_guessed) in [
        ("requests_history.csv", true),
        ("t_file.csv", true),
        ("jobs.csv", true),
        ("fts.jsonl", false),
        ("globus-tasks.csv", false),
        ("xrootd.jsonl", false),
    ] {
        assert_eq!(is_told(&imported(name)), is_guessed, "{name}");
    }
}

#[test]
fn a_route_that_is_not_the_fastest_is_written_out() {
    // Alone in their parts, two hosts more do not hide that the others have two ways from a to c.
    let text = "<platform version=\"4.1\"><zone id=\"z\" routing=\"Full\">
        <host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/><host id=\"c\" speed=\"1Gf\"/>
        <host id=\"d\" speed=\"1Gf\"/><host id=\"e\" speed=\"1Gf\"/>
        <link id=\"ab\" bandwidth=\"1Gbps\" latency=\"1ms\"/><link id=\"bc\" bandwidth=\"1Gbps\" latency=\"1ms\"/>
        <link id=\"ac\" bandwidth=\"1Gbps\" latency=\"10ms\"/>
        <route src=\"a\" dst=\"b\"><link_ctn id=\"ab\"/></route><route src=\"b\" dst=\"c\"><link_ctn id=\"bc\"/></route>
        <route src=\"a\" dst=\"c\"><link_ctn id=\"ac\"/></route></zone></platform>";
    let imported = of_text(Format::Simgrid, text);
    assert!(imported.scenario().contains("(from: \"a\", to: \"c\", via: [\"ac\"])"), "{}", imported.scenario());
    let tree = text.replace("<route src=\"a\" dst=\"c\"><link_ctn id=\"ac\"/></route>", "");
    assert!(!of_text(Format::Simgrid, &tree).scenario().contains("routes: ["), "there is one way only");
}

#[test]
fn hidden_names_stand_nowhere_and_the_run_is_the_same() {
    let secrets = [
        "alpha", "beta", "gamma", "North", "South", "somebody", "file.", "192.0.2", "disk-", "trunk", "Made-up", "farm",
    ];
    for (name, ..) in CASES {
        let (plain, mut hidden) = (imported(name), imported(name));
        hidden.anonymise(&Key::of("secret"));
        let folders = [tempfile::tempdir(), tempfile::tempdir()].map(|folder| folder.expect("a temporary folder"));
        let both =
            [(&plain, &folders[0]), (&hidden, &folders[1])].map(|(it, folder)| counted(&scenario(it, folder.path())));
        assert_eq!(format!("{:?}", both[0]), format!("{:?}", both[1]), "{name}");
        for file in fs::read_dir(folders[1].path()).expect("it can be read").flatten() {
            let text = fs::read_to_string(file.path()).expect("it is text");
            let found: Vec<_> =
                secrets.iter().filter(|secret| text.to_lowercase().contains(&secret.to_lowercase())).collect();
            assert!(found.is_empty(), "{name}: {found:?} in\n{text}");
        }
        let mut again = imported(name);
        again.anonymise(&Key::of("secret"));
        assert_eq!(hidden.scenario(), again.scenario(), "{name}: one key gives one name");
    }
}

#[test]
fn wires_of_a_graph_add_up_and_take_as_long_as_light() {
    let text = imported("network.graphml").scenario();
    for line in [
        "name: \"Made-up & small\"",
        "(name: \"North\", position: (0.0, 50.0))",
        // Ten degrees of a meridian are 1111.95 km, and two edges are one of 12.5 Gbit/s.
        "(name: \"North-South\", from: \"North\", to: \"South\", bandwidth: Gbps(12.5), latency: Micros(5564.0))",
        "(name: \"South-East\", from: \"South\", to: \"East\", bandwidth: Gbps(2.48832), latency: Millis(5.0))",
        "(name: \"East 2\", position: (10.0, 45.0))",
        "(name: \"East_DISK\", site: \"East\")",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
    assert!(text.contains("destinations: [\"South_DISK\", \"East_DISK\"]"), "the island is not reached\n{text}");
    assert!(!text.contains("East 2_DISK"), "{text}");
}

#[test]
fn wires_of_a_platform_lead_somewhere() {
    let text = imported("platform.xml").scenario();
    for line in [
        "(name: \"farm\", lan: Gbps(20.0))",
        "(name: \"disk_d1\", site: \"disk\", capacity: PB(2.0), read: GBps(1.0), write: Gbps(4.0))",
        "(name: \"farm_WN\", site: \"farm\", nodes: 10, slots: 4, speed: 5.0)",
        "(name: \"up-disk\", from: \"disk\", to: \"gate\", bandwidth: Gbps(10), latency: Micros(100.0))",
        "(name: \"up-worker\", from: \"worker\", to: \"gate\", bandwidth: Gbps(1), latency: Micros(100.0), duplex: Half)",
        "(name: \"pipe\", from: \"gate\", to: \"junction-1\", bandwidth: Gbps(2), latency: Millis(10.0), sharing: PerFlow)",
        "(name: \"trunk\", from: \"junction-1\", to: \"farm\", bandwidth: Gbps(40), latency: Millis(5.0), repeat: Days(1.0), \
         profile: [(at: Hours(8.0), bandwidth: Gbps(20)), (at: Hours(18.0), bandwidth: Gbps(40))])",
        "(name: \"gamma-gate to farm\", from: \"gamma-gate\", to: \"farm\", bandwidth: Tbps(1000), sharing: PerFlow)",
        "(name: \"disk 2\")",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
    assert!(!text.contains("routes: ["), "there is one way only\n{text}");
}

#[test]
fn a_file_that_is_not_of_its_format_is_told_with_its_line() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let told = |format: Option<Format>, text: &str| {
        let path = folder.path().join("given");
        fs::write(&path, text).expect("it can be written");
        let error = import(format, &[path]).expect_err("it is refused").to_string();
        error.replace(&format!("{}/", folder.path().display()), "")
    };
    assert!(
        told(None, "a,b\n1,2\n").contains("given: it is like none of the formats: say which it is, one of swf, rucio")
    );
    assert!(told(Some(Format::Rucio), "").contains("given: it is empty"));
    assert!(told(Some(Format::Rucio), "id,byte\n").starts_with("given:1: no column `source_rse`"));
    assert!(told(Some(Format::Graphml), "<graphml>\n<graph>\n</graphml>").starts_with("given:3: it is no XML"));
    assert!(
        told(Some(Format::Simgrid), "<platform version=\"3\"/>")
            .contains("given:1: platforms of version 4 can be read")
    );
    let nothing = told(Some(Format::Swf), "; Version: 2.2\n1 2 3\n");
    assert!(
        nothing.contains("none of its 1 rows can be used") && nothing.contains("has not 18 fields (line 2)"),
        "{nothing}"
    );
    let twice = import(Some(Format::Graphml), &[fixture("network.graphml"), fixture("network.graphml")]);
    assert!(twice.expect_err("two grids").to_string().contains("one graphml file describes one grid"));
}

#[test]
fn several_files_are_one_log_and_a_scenario_is_never_written_over() {
    let imported =
        import(None, &[fixture("fts.jsonl"), fixture("fts.jsonl")]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((imported.account.rows(), imported.account.kept()), (14, 6));
    assert!(
        imported.scenario().contains("2: its state is failed (lines 3 of file 1, 3 of file 2)"),
        "{}",
        imported.scenario()
    );
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    imported.write(folder.path()).expect("it can be written");
    let again = imported.write(folder.path()).expect_err("it is there").to_string();
    assert!(again.contains("is there already: choose another folder with --out"), "{again}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Bytes taken out, put in and moved about: an error or an account that adds up, and no panic.
    #[test]
    fn nothing_that_is_broken_panics(
        which in 0..CASES.len(),
        cuts in prop::collection::vec((0.0..1.0_f64, 0..40_usize, prop::collection::vec(any::<u8>(), 0..6)), 1..6),
        as_text in any::<bool>(),
    ) {
        let (name, format, ..) = CASES[which];
        let mut bytes = fs::read(fixture(name)).expect("it is there");
        for (at, length, with) in cuts {
            let at = (at * bytes.len() as f64) as usize;
            let end = (at + length).min(bytes.len());
            // Characters that mean something in one of the formats are the ones that break it.
            let with: Vec<u8> = if as_text { with.iter().map(|byte| b"\"<>&;,{}[]=\n-9e. "[*byte as usize % 17]).collect() } else { with };
            bytes.splice(at..end, with);
        }
        let folder = tempfile::tempdir().expect("the system has a temporary folder");
        let path = folder.path().join("given");
        fs::write(&path, bytes).expect("it can be written");
        for format in [Some(format), None] {
            if let Ok(mut imported) = import(format, std::slice::from_ref(&path)) {
                let account = &imported.account;
                prop_assert_eq!(account.rows(), account.kept() + account.dropped());
                if let Some(log) = &imported.log {
                    prop_assert_eq!(log.len() as u64, account.kept());
                }
                // What is written is always a scenario, though it may ask for more than its grid can give.
                let out = folder.path().join(format.map_or("auto", Format::name));
                read(&imported, &out.join("plain"), false);
                imported.anonymise(&Key::of("key"));
                read(&imported, &out.join("hidden"), false);
            }
        }
    }
}
