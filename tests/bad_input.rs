//! What the program says to scenarios and folders that will not do.

use std::fs;

use crate::{Lab, TRIAL};

/// A lab whose scenario has one thing replaced.
fn with(from: &str, to: &str) -> Lab {
    assert!(TRIAL.contains(from), "{from}");
    let lab = Lab::new();
    lab.write("trial.ron", &TRIAL.replacen(from, to, 1));
    lab
}

#[test]
fn five_mistakes_are_found_and_explained() {
    let mistakes = [
        ("replications: 3", "replicatons: 3", "replications"),
        ("Gbps(10)", "Gbits(10)", "Gbps"),
        ("replicas: [\"GRIF_DISK\"]", "replicas: [\"GRIF_DISC\"]", "did you mean `GRIF_DISK`?"),
        ("TB(2)", "TB(NaN)", "finite"),
        ("seed: 7,", "seed: 7", "trial.ron:4"),
    ];
    for (from, to, hint) in mistakes {
        let lab = with(from, to);
        lab.dapple(&["check", "trial.ron"]).exits(3).complains(hint).complains("trial.ron:");
        lab.dapple(&["run", "trial.ron"]).exits(3).complains(hint);
        assert!(!lab.path("results").exists(), "nothing is run");
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let lab = Lab::new();
    let text = TRIAL.replace("pool: \"CERN_WN\"", "pool: \"CERN_WM\"").replace("[\"GRIF_DISK\"]", "[\"GRIF_DISC\"]");
    lab.write("trial.ron", &text);
    lab.dapple(&["check", "trial.ron"])
        .exits(3)
        .complains("`CERN_WN`")
        .complains("`GRIF_DISK`")
        .complains("2 problems");
}

#[test]
fn unknown_paths_and_values_of_set_are_refused() {
    let lab = Lab::new();
    let set = |set: &str| lab.dapple(&["check", "trial.ron", "--set", set]).exits(3);
    set("topology.links.CERN-GRIV.bandwidth=Gbps(5)").complains("CERN-GRIF");
    set("experiment.replicatons=5").complains("replications");
    set("experiment.replications=soup");
}

#[test]
fn policies_that_do_the_same_are_refused() {
    let lab = with("access: Random", "access: AlwaysRemote");
    lab.dapple(&["check", "trial.ron"]).exits(3).complains("`remote`").complains("`random`");
}

#[test]
fn files_that_are_none_are_told_from_files_that_are_wrong() {
    let lab = Lab::new();
    lab.write("empty.ron", "");
    fs::write(lab.path("binary.ron"), [0, 159, 146, 150]).expect("writable");
    fs::create_dir(lab.path("folder.ron")).expect("writable");
    lab.dapple(&["run", "empty.ron"]).exits(3).complains("empty.ron");
    lab.dapple(&["run", "binary.ron"]).exits(3).complains("binary.ron");
    lab.dapple(&["run", "folder.ron"]).exits(5).complains("folder.ron");
    lab.dapple(&["check", "nowhere.ron"]).exits(5).complains("nowhere.ron");
    lab.dapple(&["check", "trial.ron", "empty.ron", "nowhere.ron"])
        .exits(5)
        .complains("empty.ron")
        .complains("nowhere.ron");
}

#[test]
fn folders_that_cannot_be_written_are_told() {
    let lab = Lab::new();
    lab.write("file", "");
    lab.dapple(&["run", "trial.ron", "--out", "file"]).exits(5).complains("file");
    lab.dapple(&["run", "trial.ron", "--out", "file/below"]).exits(5).complains("file/below");
    lab.dapple(&["show", "trial.ron", "--out", "file"]).exits(5).complains("topology.svg");
}

#[test]
fn results_of_another_version_are_refused_and_left_alone() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--set", "experiment.replications=1"]).exits(0);
    let manifest = fs::read_to_string(lab.path("out/manifest.json")).expect("the manifest is there");
    let other = manifest.replacen("\"schema_version\": 4", "\"schema_version\": 99", 1);
    assert_ne!(other, manifest);
    lab.write("out/manifest.json", &other);
    let before = lab.results("out");
    lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(3).complains("schema version 99").complains("--out");
    lab.dapple(&["report", "out"]).exits(3).complains("99");
    assert_eq!(before, lab.results("out"));
    lab.write("out/manifest.json", "[]");
    lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(3).complains("not written by dapple");
}

#[test]
fn results_of_another_scenario_are_refused_and_left_alone() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--set", "experiment.replications=1"]).exits(0);
    let before = lab.results("out");
    let set = |set: &str| lab.dapple(&["run", "trial.ron", "--out", "out", "--set", set]).exits(3);
    set("name=\"other\"").complains("scenario `trial`").complains("--out");
    set("topology.links.CERN-GRIF.bandwidth=Gbps(5)")
        .complains("another version")
        .complains("--out")
        .complains("1 place differs\n  topology.links.CERN-GRIF.bandwidth: was Gbps(10.0), is Gbps(5.0)\n");
    assert_eq!(before, lab.results("out"));
}

/// Markup, quotes, formulas and blanks in names stand in reports, pictures and tables as what they are: text.
#[test]
fn names_that_look_like_something_else_stay_text() {
    const MARKUP: &str = "<script>alert(1)</script>";
    const QUOTED: &str = "a'b&c;d,e";
    const FORMULA: &str = "=cmd|' /C calc'!A0";
    let text = TRIAL
        .replace("\"trial\"", &format!("{:?}", format!("../{MARKUP}")))
        .replace("\"CERN\"", &format!("{MARKUP:?}"))
        .replace("\"GRIF_DISK\"", &format!("{FORMULA:?}"))
        .replace("\"CERN-GRIF\"", &format!("{QUOTED:?}"))
        .replace("\"data\"", &format!("{MARKUP:?}"))
        .replace("\"analysis\"", &format!("{MARKUP:?}"))
        .replace("\"place\"", &format!("{MARKUP:?}"))
        .replace("\"remote\"", &format!("{FORMULA:?}"));
    let lab = Lab::new();
    lab.write("trial.ron", &text);
    lab.dapple(&["check", "trial.ron"]).exits(0).complains("formula");
    lab.dapple(&["run", "trial.ron", "--format", "csv"]).exits(0);
    let mut files = std::collections::BTreeMap::new();
    crate::collect(lab.dir.path(), "", &mut files);
    let results: Vec<&String> = files.keys().filter(|name| name.starts_with("results/")).collect();
    assert!(results.len() > 10, "the name of the scenario leads nowhere else: {:?}", files.keys());
    lab.dapple(&["show", "trial.ron", "--out", "picture"]).exits(0);
    crate::collect(lab.dir.path(), "", &mut files);
    let (mut pages, mut tables) = (0, 0);
    for (name, bytes) in files.iter().filter(|(name, _)| !name.ends_with(".ron")) {
        let text = String::from_utf8_lossy(bytes);
        if name.ends_with(".html") || name.ends_with(".svg") {
            pages += 1;
            assert!(!text.contains(MARKUP), "{name} runs what a name says");
        }
        if name.ends_with("runs.csv") {
            tables += 1;
            let mut policies: Vec<String> = Vec::new();
            for line in text.lines().skip(1) {
                policies
                    .extend([MARKUP, FORMULA].iter().filter(|name| line.contains(**name)).map(|it| (*it).to_owned()));
            }
            assert_eq!(policies.len(), 6, "three replications of two policies: {text}");
        }
    }
    assert!(pages > 3 && tables == 1, "{pages} pages and pictures, {tables} tables");
}

#[test]
fn names_that_steer_the_terminal_are_refused() {
    let lab = with("\"CERN_WN\", site", "\"CERN\\u{1b}[31m\", site");
    let said = lab.dapple(&["check", "trial.ron"]).exits(3).complains("control characters").complains("U+001B");
    assert!(!said.err.contains('\u{1b}'), "{:?}", said.err);
}
