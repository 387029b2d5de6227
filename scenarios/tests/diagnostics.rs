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
    assert_eq!(scenario.policies[1].resolved, "(name:\"place\",access:Place(min_reuse:1))");
    assert!(!with("WN", "wn").is_empty() && problems("").len() == 1 && only("(").line == 1);
}
