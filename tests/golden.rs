//! Golden results: a small campaign of every way to data, pinned number by number.
//!
//! `tests/golden/<scenario>/` holds what the program wrote once. `UPDATE_GOLDEN=1 cargo test golden` writes it anew; the
//! difference is reviewed like code and explained in the commit. Counts and names are compared exactly, instants within
//! 2 ns for each of up to 500 rate changes that a row can live through, doubles to 1e-9 relative (the libm of platforms differs).

use std::fs;
use std::path::{Path, PathBuf};

use crate::Lab;

/// 2 ns per rate change, for 500 of them.
const INSTANT_NS: f64 = 1_000.0;
const RELATIVE: f64 = 1e-9;

/// Scenario, overrides, and the tables of each run that are pinned beside the KPIs.
const PINNED: [(&str, &[&str], &[&str]); 3] = [
    (
        "quickstart/two-sites",
        &[
            "experiment.sweep=[]",
            "experiment.replications=1",
            "horizon=Hours(3)",
            "warm_up=Hours(0)",
            "workload.analysis.arrivals.per_hour=20",
            "record=Rows",
        ],
        &["jobs", "reads", "requests"],
    ),
    ("papers/remote-access/campaign", &["horizon=Hours(4)"], &["reads"]),
    (
        "papers/remote-access/full-scratch",
        &["experiment.sweep=[]", "experiment.replications=1", "horizon=Hours(0.3)", "warm_up=Hours(0)", "record=Rows"],
        &["jobs"],
    ),
];

#[test]
fn results_are_those_of_before() {
    for (scenario, overrides, tables) in PINNED {
        let lab = Lab::new();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario).with_extension("ron");
        let file = file.to_str().expect("the checkout has a plain path");
        let mut arguments = vec!["run", file, "--out", "out", "--format", "csv", "--no-report"];
        for change in overrides {
            arguments.extend(["--set", change]);
        }
        lab.dapple(&arguments).exits(0);
        let mut written = vec![("runs.csv".to_owned(), lab.path("out/runs.csv"))];
        let runs = fs::read_to_string(lab.path("out/runs.csv")).expect("every experiment has runs");
        let (head, rows) = parse(&runs);
        let [run, policy] =
            ["run", "policy"].map(|name| head.iter().position(|column| column == name).expect("a column"));
        for row in &rows {
            for table in tables {
                let path = lab.path(&format!("out/run-{}/{table}.csv", row[run]));
                if path.exists() {
                    written.push((format!("{}-{table}.csv", row[policy]), path));
                }
            }
        }
        compare_all(scenario, &written);
    }
}

fn compare_all(scenario: &str, written: &[(String, PathBuf)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(scenario.replace('/', "-"));
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    if update {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the checkout can be written");
    }
    let kept = fs::read_dir(&folder).map_or(0, Iterator::count);
    assert!(update || kept == written.len(), "{scenario}: {kept} files are kept and {} written", written.len());
    for (name, path) in written {
        let ours = fs::read_to_string(path).expect("just written");
        if update {
            fs::write(folder.join(name), ours).expect("the checkout can be written");
        } else {
            let theirs = fs::read_to_string(folder.join(name)).expect("kept from before");
            compare(&format!("{scenario}/{name}"), &parse(&theirs), &parse(&ours));
        }
    }
}

fn compare(name: &str, kept: &(Vec<String>, Vec<Vec<String>>), ours: &(Vec<String>, Vec<Vec<String>>)) {
    assert_eq!(kept.0, ours.0, "{name}: other columns");
    assert_eq!(kept.1.len(), ours.1.len(), "{name}: another number of rows");
    for (nth, (before, now)) in kept.1.iter().zip(&ours.1).enumerate() {
        for ((column, before), now) in kept.0.iter().zip(before).zip(now) {
            assert!(same(column, before, now), "{name}, row {}, {column}: was {before}, is {now}", nth + 1);
        }
    }
}

fn same(column: &str, before: &str, now: &str) -> bool {
    if before == now {
        return true;
    }
    let (Ok(before), Ok(now)) = (before.parse::<f64>(), now.parse::<f64>()) else { return false };
    let whole = |x: f64| x.fract() == 0.0;
    let difference = (before - now).abs();
    if column.ends_with("_ns") {
        difference <= INSTANT_NS
    } else {
        // Whole numbers are counts, unless their column holds doubles that happen to be whole.
        difference <= RELATIVE * before.abs().max(now.abs()) && !(whole(before) && whole(now) && difference >= 1.0)
    }
}

fn parse(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    (rows.next().unwrap_or_default(), rows.collect())
}
