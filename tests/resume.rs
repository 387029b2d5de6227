//! An experiment that is interrupted comes out as if it had not been.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::{Lab, assert_same};

/// 60 runs: enough for an interruption to hit the middle.
const LONG: [&str; 2] = ["--set", "experiment.replications=20"];

/// Starts a long experiment and comes back when its first run is in its folder.
fn started(lab: &Lab, out: &str) -> Child {
    let arguments = [&["run", "trial.ron", "--out", out, "--jobs", "1"], &LONG[..]].concat();
    let mut command = lab.command(&arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let patience = Instant::now() + Duration::from_secs(120);
    while finished_runs(lab, out) == 0 {
        assert!(Instant::now() < patience, "no run is finished after two minutes");
        assert!(child.try_wait().expect("the child can be asked").is_none_or(|status| status.success()));
        std::thread::yield_now();
    }
    child
}

fn finished_runs(lab: &Lab, out: &str) -> usize {
    let Ok(entries) = fs::read_dir(lab.path(out)) else { return 0 };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("run-") && !name.contains(".tmp-")).count()
}

fn undisturbed(lab: &Lab) -> std::collections::BTreeMap<String, Vec<u8>> {
    lab.dapple(&[&["run", "trial.ron", "--out", "undisturbed"], &LONG[..]].concat()).exits(0);
    lab.results("undisturbed")
}

#[test]
fn after_kill_9_only_what_is_missing_is_run() {
    let lab = Lab::new();
    let mut child = started(&lab, "out");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let before = finished_runs(&lab, "out");
    // What a process leaves that is killed in the middle of writing.
    fs::create_dir_all(lab.path("out/run-0123456789abcdef.tmp-1/run-0123456789abcdef")).expect("writable");
    fs::write(lab.path("out/manifest.json.tmp-1"), "{").expect("writable");

    let again = lab.dapple(&[&["run", "trial.ron", "--out", "out"], &LONG[..]].concat()).exits(0);
    assert!(again.out.contains(&format!("{before} done before")), "{before} runs were there; {}", again.out);
    assert_same(&undisturbed(&lab), &lab.results("out"));
    assert!(!lab.path("out/run-0123456789abcdef.tmp-1").exists() && !lab.path("out/manifest.json.tmp-1").exists());
}

#[cfg(unix)]
#[test]
fn a_signal_stops_in_good_order_and_the_same_command_resumes() {
    for signal in ["-INT", "-TERM"] {
        let lab = Lab::new();
        let mut child = started(&lab, "out");
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().expect("kill is there").success());
        let code = child.wait().expect("it ends").code();
        assert_eq!(code, Some(75), "60 runs do not end between the first one and the signal");
        assert!(lab.path("out/runs.parquet").is_file() && lab.path("out/report.html").is_file());
        let manifest = fs::read_to_string(lab.path("out/manifest.json")).expect("the manifest is there");
        assert!(!manifest.contains("\"missing\": []"), "{manifest}");
        lab.dapple(&[&["run", "trial.ron", "--out", "out"], &LONG[..]].concat()).exits(0);
        assert_same(&undisturbed(&lab), &lab.results("out"));
    }
}

#[test]
fn more_replications_run_only_the_new_ones() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(0);
    let again = lab.dapple(&["run", "trial.ron", "--out", "out", "--set", "experiment.replications=4"]).exits(0);
    assert!(again.out.contains("3 runs done, 9 done before"), "{}", again.out);
    let all = lab.dapple(&["run", "trial.ron", "--out", "all", "--set", "experiment.replications=4"]).exits(0);
    assert!(all.out.contains("12 runs done"), "{}", all.out);
    assert_same(&lab.results("all"), &lab.results("out"));
}

#[test]
fn a_new_policy_and_a_new_name_leave_finished_runs_alone() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(0);
    let more = crate::TRIAL.replace(
        "(name: \"random\", access: Random),",
        "(name: \"dice\", access: Random), (name: \"copy\", access: StageIn),",
    );
    lab.write("more.ron", &more);
    let again = lab.dapple(&["run", "more.ron", "--out", "out"]).exits(0);
    assert!(again.out.contains("3 runs done, 9 done before"), "{}", again.out);
    lab.dapple(&["run", "more.ron", "--out", "all"]).exits(0);
    assert_same(&lab.results("all"), &lab.results("out"));
}

#[test]
fn a_damaged_record_is_run_again() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(0);
    let before = lab.results("out");
    let record = before.keys().find(|name| name.ends_with("/run.json")).expect("runs have records");
    fs::write(lab.path("out").join(record), "{\"origin\":").expect("writable");
    let again = lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(0);
    assert!(again.out.contains("1 run done, 8 done before"), "{}", again.out);
    assert_same(&before, &lab.results("out"));
}
