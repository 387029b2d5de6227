//! What a scenario with mistakes is answered with.

use std::path::Path;

use dapple_scenarios::{Problem, Problems, Registry, Scenario, load_text};

/// A small scenario without mistakes.
const GOOD: &str = r#"(
    name: "good",
    horizon: Days(1),
    topology: (
        sites: [(name: "CERN"), (name: "GRIF")],
        rses: [
            (name: "CERN_DISK", site: "CERN", capacity: TB(100)),
            (name: "GRIF_DISK", site: "GRIF", capacity: TB(100)),
        ],
        pools: [(name: "WN", site: "CERN", slots: 8)],
        links: [(name: "CERN-GRIF", from: "CERN", to: "GRIF", bandwidth: Gbps(10), latency: Millis(8))],
        laws: [(pool: "WN", rse: "GRIF_DISK", a: 0.02, b: 0.04, c: 0.001)],
    ),
    data: (datasets: [(name: "mc", files: 10, size: Constant(GB(1)), replicas: ["GRIF_DISK"])]),
    workload: [
        Jobs(
            name: "analysis",
            pool: "WN",
            arrivals: Poisson(per_hour: 30),
            inputs: Dataset(dataset: "mc", files: 1),
        ),
    ],
    policies: [(name: "remote", access: AlwaysRemote), (name: "place", access: Place())],
)"#;

fn read(text: &str) -> Result<Scenario, Problems> {
    load_text("test.ron", text, Path::new(""), &[], &Registry::standard())
}

/// The good scenario with one thing replaced.
fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "`{old}` is not in the good scenario");
    GOOD.replace(old, new)
}

fn problems(text: &str) -> Vec<Problem> {
    read(text).expect_err("this has a mistake").iter().cloned().collect()
}

/// The only problem of a text.
fn only(text: &str) -> Problem {
    let mut found = problems(text);
    assert_eq!(found.len(), 1, "{}", read(text).expect_err("this has a mistake"));
    found.remove(0)
}

#[test]
fn five_different_mistakes_give_five_messages() {
    let text = GOOD
        .replace("latency: Millis(8)", "latencyy: Millis(8)")
        .replace("capacity: TB(100)),\n        ]", "capacity: Gbps(100)),\n        ]")
        .replace("slots: 8", "slots: \"eight\"")
        .replace("replicas: [\"GRIF_DISK\"]", "replicas: [\"GRIF_DISC\"]")
        .replace("bandwidth: Gbps(10)", "bandwidth: Gbps(NaN)");
    let found = read(&text).expect_err("five mistakes");
    println!("{found}");
    let paths: Vec<(&str, usize, usize)> =
        found.iter().map(|problem| (problem.path.as_str(), problem.line, problem.column)).collect();
    assert_eq!(
        paths,
        [
            ("topology.rses.GRIF_DISK.capacity", 8, 57),
            ("topology.pools.WN.slots", 10, 51),
            ("topology.links.CERN-GRIF.bandwidth", 11, 74),
            ("topology.links.CERN-GRIF.latencyy", 11, 85),
            ("data.datasets.mc.replicas.0", 14, 81),
        ],
        "{found}"
    );
    let help: Vec<&str> = found.iter().map(|problem| problem.help.as_deref().unwrap_or("")).collect();
    assert!(help[0].contains("`TB`"), "{}", help[0]);
    assert!(help[3].contains("did you mean `latency`?"), "{}", help[3]);
    assert!(help[4].contains("did you mean `GRIF_DISK`?"), "{}", help[4]);
}

#[test]
fn the_good_scenario_is_good() {
    let scenario = read(GOOD).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(scenario.experiment.baseline, "remote");
    assert_eq!(scenario.policies[1].resolved, "(name:\"place\",access:Place(min_reuse:1),source:None)");
    assert_eq!(scenario.warnings, Vec::<String>::new());
}

/// (what is replaced, by what, path of the one problem, part of its message)
const SINGLE_MISTAKES: &[(&str, &str, &str, &str)] = &[
    // Numbers.
    ("capacity: TB(100)),\n        ]", "capacity: TB(0)),\n        ]", "topology.rses.GRIF_DISK.capacity", "positive"),
    ("Gbps(10)", "Gbps(-1)", "topology.links.CERN-GRIF.bandwidth", "positive, is -125000000"),
    ("Gbps(10)", "Gbps(inf)", "topology.links.CERN-GRIF.bandwidth", "finite"),
    ("Gbps(10)", "10", "topology.links.CERN-GRIF.bandwidth", "one of `Kbps`, `Mbps`"),
    ("Days(1)", "Days(0)", "horizon", "positive"),
    ("Days(1)", "Days(NaN)", "horizon", "is NaN"),
    ("Days(1)", "Days(1e9)", "horizon", "more than 2^63 nanoseconds"),
    ("Days(1)", "Nanos(0.1)", "horizon", "less than one nanosecond"),
    ("Days(1),", "Days(1), warm_up: Hours(24),", "warm_up", "before the horizon"),
    ("Days(1),", "Days(1), start: \"yesterday\",", "start", "is not an instant"),
    ("slots: 8", "slots: 0", "topology.pools.WN.slots", "at least 1"),
    ("slots: 8", "slots: 8.5", "topology.pools.WN.slots", "whole number"),
    ("slots: 8", "slots: -8", "topology.pools.WN.slots", "whole number from 0"),
    ("slots: 8", "slots: 8, speed: -1", "topology.pools.WN.speed", "positive"),
    ("per_hour: 30", "per_hour: 0", "workload.analysis.arrivals.per_hour", "positive"),
    ("per_hour: 30", "per_hour: 30, from: Days(2)", "workload.analysis.arrivals.from", "horizon"),
    ("files: 1)", "files: 11)", "workload.analysis.inputs.files", "has 10 files"),
    ("files: 1)", "files: 1, pick: Zipf(exponent: 0))", "workload.analysis.inputs.pick.exponent", "positive"),
    ("files: 1)", "files: 1), read_fraction: 1.5", "workload.analysis.read_fraction", "up to 1"),
    ("files: 1)", "files: 1), read_fraction: 0", "workload.analysis.read_fraction", "above 0"),
    ("Constant(GB(1))", "Constant(B(0))", "data.datasets.mc.size", "positive"),
    ("Constant(GB(1))", "Uniform(low: GB(2), high: GB(1))", "data.datasets.mc.size.low", "more than `high`"),
    ("files: 10", "files: 1000000", "data.datasets", "take about"),
    ("a: 0.02,", "a: -0.02,", "topology.laws.0", "ill-posed"),
    (
        "c: 0.001)",
        "c: 0.001, series: [(at: Hours(1), a: 1, b: 1, c: 0), (at: Hours(2), a: 1, b: 0.1, c: 0.5)])",
        "topology.laws.0.series.1",
        "ill-posed",
    ),
    ("c: 0.001)", "c: 0.001, series: [(at: Hours(0), a: 1, b: 1, c: 0)])", "topology.laws.0.series.0.at", "after"),
    (
        "latency: Millis(8)",
        "profile: [(at: Hours(2), bandwidth: Gbps(0)), (at: Hours(1), bandwidth: Gbps(1))]",
        "topology.links.CERN-GRIF.profile.1.at",
        "after the step before",
    ),
    // Names.
    ("site: \"CERN\", slots", "site: \"CERM\", slots", "topology.pools.WN.site", "no site is called `CERM`"),
    ("pool: \"WN\",\n", "pool: \"WM\",\n", "workload.analysis.pool", "no pool is called `WM`"),
    ("dataset: \"mc\"", "dataset: \"md\"", "workload.analysis.inputs.dataset", "no dataset"),
    ("(name: \"GRIF\")", "(name: \"GRIF\"), (name: \"CERN\")", "topology.sites.CERN.name", "another site"),
    ("(name: \"GRIF\")", "(name: \"GRIF\"), (name: \"\")", "topology.sites..name", "may not be empty"),
    ("(name: \"place\"", "(name: \"remote\"", "policies.remote.name", "must be unique"),
    ("to: \"GRIF\"", "to: \"CERN\"", "topology.links.CERN-GRIF.to", "to itself"),
    ("Gbps(10)", "Gbps(10), one_way: true", "workload.analysis.inputs.dataset", "no route leads from `GRIF_DISK`"),
    ("name: \"good\"", "name: \" \"", "name", "may not be empty"),
    // Policies and the experiment.
    (
        "[(name: \"remote\", access: AlwaysRemote), (name: \"place\", access: Place())]",
        "[]",
        "policies",
        "at least one",
    ),
    ("Place()", "Place(min_reuse: 0)", "policies.place.access.min_reuse", "at least 1"),
    ("Place()", "Place", "policies.place.access", "`Place(min_reuse: ..)`"),
    ("AlwaysRemote", "AlwaysRemote()", "policies.remote.access", "without brackets"),
    ("Place()", "Custom(name: \"mine\")", "policies.place.access.name", "no access policy is registered"),
    ("Place())],", "Place())], experiment: (replications: 0),", "experiment.replications", "at least 1"),
    ("Place())],", "Place())], experiment: (baseline: \"plaice\"),", "experiment.baseline", "no policy set"),
    ("Place())],", "Place())], experiment: (primary_kpi: Speed),", "experiment.primary_kpi", "not one of"),
    ("Place())],", "Place())], record: Sample(2),", "record", "up to 1"),
    ("Place())],", "Place())], record: Tables(series_interval: Seconds(0)),", "record.series_interval", "positive"),
    ("Place())],", "Place())], services: (fts: (streams: 0)),", "services.fts.streams", "at least 1"),
    // Form.
    ("horizon: Days(1),", "", "horizon", "the field `horizon` is missing"),
    ("horizon: Days(1),", "horizon: Days(1), horizon: Days(2),", "horizon", "written twice"),
    ("\"good\"", "good", "name", "a text in double quotes"),
    ("\"good\"", "'g'", "name", "a text is expected here, not `'g'`"),
    ("[(name: \"CERN\"), (name: \"GRIF\")]", "(name: \"CERN\")", "topology.sites", "a list `[..]` is expected"),
    ("Days(1)", "Hour(24)", "horizon", "`Hour` is not one of the choices"),
    ("Days(1)", "Days", "horizon", "`Days(..)` is expected"),
    ("AlwaysRemote", "\"AlwaysRemote\"", "policies.remote.access", "one of `AlwaysRemote`"),
    ("(name: \"CERN\")", "Site(name: \"CERN\", colour: 3)", "topology.sites.CERN.colour", "no field `colour`"),
    ("(name: \"CERN\")", "Sight(name: \"CERN\")", "topology.sites.CERN", "not `Sight(..)`"),
    ("(name: \"CERN\")", "(name: \"CERN\", position: (1, 2, 3))", "topology.sites.CERN.position", "`(.., ..)`"),
];

#[test]
fn every_single_mistake_is_told_once_and_in_its_place() {
    for (old, new, path, message) in SINGLE_MISTAKES {
        let problem = only(&with(old, new));
        assert_eq!(problem.path, *path, "{new}: {problem}");
        assert!(problem.message.contains(message), "{new}: {problem}");
        assert!(problem.line > 0 && problem.column > 0, "{new}: {problem}");
    }
}

#[test]
fn what_is_no_scenario_is_refused_politely() {
    let cases = [
        ("", "the scenario is empty"),
        (" \n\t", "the scenario is empty"),
        ("// nothing\n", "nothing here"),
        ("(", "this `(` is never closed"),
        ("(name: \"x", "this string is never closed"),
        ("(name: /* ", "this comment is never closed"),
        ("(name: )", "a value cannot start with `)`"),
        ("(name \"x\")", "`,` or `)` is expected here"),
        ("(name: \"x\" seed: 3)", "a `,` or `)` is expected here, not `s`"),
        ("(name: \"x\")) ", "nothing may follow"),
        ("[1, 2]", "is expected here, not a list"),
        ("\u{0}\u{1}\u{2}", "a value cannot start with"),
    ];
    for (text, message) in cases {
        let found = problems(text);
        assert!(found[0].message.contains(message), "{text:?}: {}", found[0]);
    }
    let deep = format!("(name: {}1{})", "[".repeat(100_000), "]".repeat(100_000));
    assert!(only(&deep).message.contains("nested more than 128 deep"));
    let long = format!("(name: \"{}\", nam: 3)", "x".repeat(100_000));
    let shown = read(&long).expect_err("far from complete").to_string();
    assert!(shown.len() < 20_000, "a long line is shown in part");
}

#[test]
fn mistakes_hide_no_others_and_cause_none() {
    // The name of a site cannot be read: nobody is told that it does not exist.
    let problem = only(&with("sites: [(name: \"CERN\"),", "sites: [(name: 7),"));
    assert_eq!(problem.path, "topology.sites.0.name");
    // A misspelt field is read as what it is meant to be.
    let problem = only(&with("rses: [", "rsess: ["));
    assert_eq!((problem.path.as_str(), problem.line), ("topology.rsess", 6));
    // Nothing is compared with what stands in for a value that cannot be read.
    for (old, new) in [
        ("horizon: Days(1),", "horizon: 24, warm_up: Hours(2),"),
        ("horizon: Days(1),", "warm_up: Hours(2),"),
        ("files: 10,", "files: \"ten\","),
        ("links: [", "wires: ["),
        ("capacity: TB(100)),\n        ]", "used: TB(1), capacity: Gbps(100)),\n        ]"),
        ("to: \"GRIF\", bandwidth", "to: 3, bandwidth"),
        ("rses: [", "storage: ["),
        ("datasets: [", "blobs: ["),
        ("policies: [", "compared: ["),
    ] {
        let found = problems(&with(old, new));
        let about = |problem: &Problem| problem.path.clone();
        let most = if new.starts_with("compared") { 2 } else { 1 };
        assert_eq!(found.len(), most, "{new}: {:?}", found.iter().map(about).collect::<Vec<_>>());
    }
    // A whole part that is nonsense.
    let problem = only(&with("Jobs(\n", "Jops(\n"));
    assert!(problem.message.contains("`Jops` is not one of"), "{problem}");
    // Many mistakes end some time.
    let many: String = (0..200).map(|n| format!("x{n}: 1, ")).collect();
    let problems = read(&with("name: \"good\"", &format!("{many} name: \"good\""))).expect_err("mistakes");
    assert_eq!(problems.len(), 50);
    assert!(problems.to_string().ends_with("\nat least 50 problems"), "{problems}");
    assert!(problems.plain().ends_with("test.ron: at least 50 problems\n"), "{}", problems.plain());
}

#[test]
fn a_unit_that_may_mean_bits_or_bytes_is_answered_with_both() {
    for (unit, message, help) in [
        ("GB", "`GB` is a unit of size, a bandwidth is expected here", "`Gbps` (10^9 bit/s) or `GBps` (10^9 B/s)?"),
        ("GBPS", "not one of the choices", "`Gbps` (10^9 bit/s) or `GBps` (10^9 B/s)?"),
        ("MBPS", "not one of the choices", "`Mbps` (10^6 bit/s) or `MBps` (10^6 B/s)?"),
        ("Seconds", "`Seconds` is a unit of span, a bandwidth is expected here", "allowed: `Kbps`, `Mbps`"),
    ] {
        let problem = only(&with("Gbps(10)", &format!("{unit}(10)")));
        assert!(problem.message.contains(message), "{problem}");
        assert!(problem.help.as_deref().unwrap_or("").contains(help), "{problem}");
    }
    let problem = only(&with("capacity: TB(100)),\n        ]", "capacity: Gb(100)),\n        ]"));
    assert!(problem.help.as_deref().unwrap_or("").contains("did you mean `GB` (10^9 B)? "), "{problem}");
}

#[test]
fn the_bracket_that_is_still_open_is_named_with_its_line() {
    let cases = [
        // Closed by another kind.
        (
            "[(name: \"CERN\"), (name: \"GRIF\")]",
            "[(name: \"CERN\"), (name: \"GRIF\"]",
            "the `(` of line 5, column 33 is still open",
        ),
        ("(name: \"GRIF\")],", "(name: \"GRIF\")),", "the `[` of line 5, column 16 is still open"),
        ("(name: \"GRIF\")],", "(name: \"GRIF\"),", "the `[` of line 5, column 16 is still open"),
        // The next element begins before this one is closed.
        (
            "capacity: TB(100)),\n            (",
            "capacity: TB(100)\n            (",
            "the `(` of line 7, column 13 is still open",
        ),
        // The end comes first: what closes a bracket is indented as another is.
        ("        ),\n    ],\n    policies", "    ],\n    policies", "the `(` of line 16, column 13 is still open"),
        ("place\", access: Place())],\n)", "place\", access: Place(", "the `(` of line 23, column 85 is never closed"),
        // Closed once too often.
        (
            "access: Place())],\n)",
            "access: Place())],\n))",
            "begins with the `(` of line 1, column 1 and ends with the `)` of line 24",
        ),
    ];
    for (old, new, told) in cases {
        let problem = only(&with(old, new));
        let help = problem.help.clone().unwrap_or_default();
        let never = format!("the `(` of line {}, column {} is never closed", problem.line, problem.column);
        assert!(help.contains(told) || (told == never && problem.message == "this `(` is never closed"), "{problem}");
    }
    // Brackets of one kind: only the indentation tells.
    let text = "(\n    topology: (\n        sites: [],\n    data: (),\n    policies: [],\n)\n";
    let problem = only(text);
    assert_eq!((problem.line, problem.message.as_str()), (1, "this `(` is never closed"));
    assert_eq!(
        problem.help.as_deref(),
        Some(
            "perhaps the `(` of line 2, column 15 is meant to be closed earlier: the `)` of line 6, column 1 closes it, \
             and stands further left"
        )
    );
}

#[test]
fn a_file_that_is_not_there_hides_no_other_mistake_and_causes_none() {
    let bad = |text: String| text.replace("slots: 8", "slots: \"eight\"").replace("files: 10", "files: \"ten\"");
    let missing = "there is no such file";
    let told = |text: &str| problems(text).into_iter().map(|it| (it.path, it.message)).collect::<Vec<_>>();
    for (old, new, path) in [
        ("sites: [(name: \"CERN\"), (name: \"GRIF\")]", "sites: File(\"nowhere.ron\")", "topology.sites"),
        ("[(name: \"CERN\"),", "[File(\"nowhere.ron\"),", "topology.sites.0"),
        ("Gbps(10)", "File(\"nowhere.ron\")", "topology.links.CERN-GRIF.bandwidth"),
        ("access: Place()", "access: File(\"nowhere.ron\")", "policies.place.access"),
    ] {
        let problem = only(&with(old, new));
        assert_eq!(problem.path, path);
        assert!(problem.message.contains(missing), "{problem}");
        let all = told(&bad(with(old, new)));
        let paths: Vec<&str> = all.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(paths.contains(&path) && paths.contains(&"topology.pools.WN.slots"), "{all:?}");
        assert!(paths.contains(&"data.datasets.mc.files"), "{all:?}");
    }
    // Nor is what is set inside of it blamed.
    let text = with("links: [(name", "links: File(\"nowhere.ron\"), laws_: [(name");
    let set = [("topology.links.CERN-GRIF.latency".to_owned(), "Millis(1)".to_owned())];
    let found = load_text("test.ron", &text, Path::new(""), &set, &Registry::standard()).expect_err("two mistakes");
    let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["topology.links", "topology.laws_"], "{found}");
}

#[test]
fn messages_print_in_two_forms() {
    let problems = read(&with("AlwaysRemote", "AlwaysRemot")).expect_err("a mistake");
    assert_eq!(
        problems.plain(),
        "test.ron:23:41: policies.remote.access: `AlwaysRemot` is not one of the choices here (did you mean \
         `AlwaysRemote`? allowed: `AlwaysRemote`, `StageIn`, `Place`, `Random`, `Estimate`, `EstimateFromPhysics`, `Custom`)\n"
    );
    let shown = problems.to_string();
    for part in
        ["error: policies.remote.access:", "--> test.ron:23:41", "^^^^^^^^^^^", "help: did you mean", "1 problem"]
    {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
}

#[test]
fn coefficients_of_a_law_have_a_range() {
    for (wrong, field) in [("1e302", "b"), ("NaN", "b"), ("inf", "a"), ("-1e300", "c")] {
        let good = [("a", "0.02"), ("b", "0.04"), ("c", "0.001")];
        let problem = only(&with(
            "a: 0.02, b: 0.04, c: 0.001",
            &good.map(|(name, value)| format!("{name}: {}", if name == field { wrong } else { value })).join(", "),
        ));
        assert_eq!((problem.path.as_str(), problem.line), (format!("topology.laws.0.{field}").as_str(), 12));
        assert!(problem.message.starts_with("must be from -10^9 to 10^9, is "), "{problem}");
        assert!(problem.message.len() < 60, "{problem}");
    }
    // In range, and still no law: a must be more than c by what rates can tell.
    let problem = only(&with("a: 0.02, b: 0.04, c: 0.001", "a: 1e-12, b: 0.0, c: 0.0"));
    assert!(problem.message.contains("ill-posed"), "{problem}");
    assert!(read(&with("a: 0.02, b: 0.04, c: 0.001", "a: 1e-9, b: 1e9, c: 0.0")).is_ok());
    let clamped = with("c: 0.001)", "c: 1e9, on_ill_posed: Clamp)");
    assert!(only(&clamped).message.contains("leaves no room"), "{}", only(&clamped));
}

#[test]
fn names_may_not_steer_a_terminal() {
    for (wrong, code) in
        [("CERN\\u{1b}[31m", "U+001B"), ("CE\\u{1}RN", "U+0001"), ("CE\\nRN", "U+000A"), ("CE\\u{202e}RN", "U+202E")]
    {
        let text = GOOD.replace("\"CERN\"", &format!("\"{wrong}\""));
        let problem = only(&text);
        assert!(problem.path.starts_with("topology.sites.CE") && problem.line == 5, "{problem}");
        assert!(problem.message.contains(code), "{problem}");
        assert!(problem.to_string().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{problem:?}");
    }
    // In whatever has a name.
    for (old, new) in [
        ("name: \"good\"", "name: \"go\\u{7f}od\""),
        ("name: \"mc\"", "name: \"m\\tc\""),
        ("name: \"analysis\"", "name: \"\\u{9b}\""),
        ("name: \"place\"", "name: \"pl\\u{0}ace\""),
    ] {
        let found = problems(&with(old, new));
        assert!(found[0].message.contains("control characters"), "{}", found[0]);
    }
    // A reference to what is not there, with what it would do to a terminal.
    let found = problems(&with("pool: \"WN\", rse", "pool: \"W\\u{1b}[2JN\", rse"));
    assert!(found.iter().all(|problem| !problem.to_string().contains('\u{1b}')), "{found:?}");
    assert!(
        !read(&with("pool: \"WN\", rse", "pool: \"W\\u{1b}[2JN\", rse"))
            .expect_err("no such pool")
            .to_string()
            .contains('\u{1b}')
    );
}

#[test]
fn names_that_are_formulas_are_told() {
    let scenario = read(&GOOD.replace("CERN_DISK", "=cmd|' /C calc'!A0")).expect("it is a name");
    assert!(scenario.warnings.iter().any(|warning| warning.contains("spreadsheets")), "{:?}", scenario.warnings);
    let markup = read(&GOOD.replace("CERN_DISK", "<script>alert(1)</script>")).expect("it is a name");
    assert!(markup.warnings.is_empty(), "{:?}", markup.warnings);
}

#[test]
fn a_job_with_more_slots_than_a_node_is_refused() {
    let problem = only(&with("name: \"analysis\",", "name: \"analysis\", slots: 9,"));
    assert_eq!(problem.path, "workload.analysis.slots");
    assert!(problem.message.contains("a node of pool `WN` has 8 slots"), "{}", problem.message);
    assert!(problem.line > 0);
    read(&with("name: \"analysis\",", "name: \"analysis\", slots: 8, requested: Hours(1),")).expect("it fits");
}
