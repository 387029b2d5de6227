//! What the console, the report and the exit code conclude.

use std::collections::BTreeSet;

use crate::{Lab, TRIAL};

/// The trial with other parts in it.
fn trial(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(TRIAL.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

const PLACE: &str = "(name: \"place\", access: Place(min_reuse: 1)),";
const RANDOM: &str = "        (name: \"random\", access: Random),\n";
const STAGE_IN: &str = "        (name: \"stage-in\", access: StageIn),\n";

/// Stage-in, whose jobs fail where their files do not fit the scratch space, against remote access, where none does.
fn stage_in_with(scratch: &str) -> String {
    trial(&[
        (PLACE, ""),
        (RANDOM, STAGE_IN),
        ("baseline: \"place\"", "baseline: \"remote\""),
        ("scratch: GB(500)", scratch),
    ])
}

#[test]
fn a_policy_that_fails_jobs_which_others_finish_is_not_better() {
    let lab = Lab::new();
    lab.write("failing.ron", &stage_in_with("scratch: GB(2)"));
    for replications in [3, 8] {
        let set = format!("experiment.replications={replications}");
        let ran = lab.dapple(&["run", "failing.ron", "--out", "out", "--set", &set]).exits(0);
        let (said, table) = (ran.out.find("attention: stage-in fails "), ran.out.find("\npolicy"));
        assert!(said.is_some() && said < table, "{}", ran.out);
        assert!(ran.out.contains("% of its jobs, remote none."), "{}", ran.out);
        let line = ran.out.lines().find(|line| line.starts_with("stage-in")).expect("a line");
        assert!(line.ends_with("not comparable"), "{line}");
        let report = std::fs::read_to_string(lab.path("out/report.html")).expect("the report is there");
        assert!(report.contains("badge apart\">not comparable") && !report.contains("badge better"));
    }
}

#[test]
fn a_policy_that_finishes_nothing_has_an_exit_code() {
    let lab = Lab::new();
    lab.write("lost.ron", &stage_in_with("scratch: MB(1)"));
    let ran = lab
        .dapple(&["run", "lost.ron", "--out", "out"])
        .exits(4)
        .complains("every job of every run of policy `stage-in` failed");
    assert!(ran.out.contains("attention: Under stage-in every job fails in every run"), "{}", ran.out);
    let line = ran.out.lines().find(|line| line.starts_with("stage-in")).expect("a line");
    assert!(line.ends_with("not comparable"), "{line}");
}

/// The trial without anything that is drawn.
const FIXED: [(&str, &str); 5] = [
    ("Exponential(mean: GB(2))", "Constant(GB(2))"),
    ("Poisson(per_hour: 60.0)", "Every(interval: Minutes(1))"),
    ("pick: Uniform", "pick: InOrder"),
    ("Exponential(mean: Minutes(5))", "Constant(Minutes(5))"),
    (RANDOM, ""),
];

#[test]
fn replications_without_chance_are_one() {
    let lab = Lab::new();
    lab.write("fixed.ron", &trial(&FIXED));
    let checked = lab.dapple(&["check", "fixed.ron"]).exits(0);
    assert!(checked.out.contains("all replications are the same: one is enough"), "{}", checked.out);
    let ran = lab.dapple(&["run", "fixed.ron", "--out", "out", "--format", "csv"]).exits(0);
    assert_eq!(figures(&lab, "out").len(), 2, "one row of figures for each policy");
    assert!(!ran.out.contains(" .. ") && ran.out.contains("no chance"), "{}", ran.out);
    let report = std::fs::read_to_string(lab.path("out/report.html")).expect("the report is there");
    assert!(!report.contains("Holm-corrected p") && report.contains("One replication is enough."));
}

/// Each draw alone makes replications differ, and is known to do so before anything runs.
#[test]
fn each_draw_is_chance() {
    for kept in FIXED {
        let lab = Lab::new();
        let changes: Vec<(&str, &str)> = FIXED.into_iter().filter(|change| *change != kept).collect();
        lab.write("drawn.ron", &trial(&changes));
        let checked = lab.dapple(&["check", "drawn.ron"]).exits(0);
        assert!(!checked.out.contains("one is enough"), "{}: {}", kept.0, checked.out);
        lab.dapple(&["run", "drawn.ron", "--out", "out", "--format", "csv", "--no-report"]).exits(0);
        assert!(figures(&lab, "out").len() > 2, "{} draws", kept.0);
    }
}

/// Different rows of `runs.csv`, policy and figures only.
fn figures(lab: &Lab, dir: &str) -> BTreeSet<Vec<String>> {
    let runs = std::fs::read_to_string(lab.path(dir).join("runs.csv")).expect("runs.csv is there");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        // Run, replication and seed always differ.
        [&cells[1..2], &cells[4..]].concat().into_iter().map(str::to_owned).collect()
    };
    runs.lines().skip(1).map(row).collect()
}

#[test]
fn a_relevant_difference_is_a_share() {
    let lab = Lab::new();
    let set = |value: &str| format!("experiment.relevant_difference={value}");
    lab.dapple(&["check", "trial.ron", "--set", &set("0")]).exits(3).complains("must be above 0 and up to 1, is 0");
    let ran = lab
        .dapple(&["run", "trial.ron", "--out", "out", "--set", &set("0.9"), "--set", "experiment.replications=6"])
        .exits(0);
    assert!(ran.out.contains("smallest relevant difference: 90 % of the baseline's mean"), "{}", ran.out);
    assert!(ran.out.contains("equal within 90 %"), "{}", ran.out);
}
