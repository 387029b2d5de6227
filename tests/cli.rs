//! Commands, their output and their exit codes.

use std::process::Stdio;

use crate::{Finished, Lab};

#[test]
fn run_writes_all_files_and_says_where() {
    let lab = Lab::new();
    let ran = lab.dapple(&["run", "trial.ron"]).exits(0);
    assert!(ran.out.contains("9 runs done"), "{}", ran.out);
    for policy in ["place", "remote", "random"] {
        assert!(ran.out.lines().any(|line| line.starts_with(policy) && line.contains("..")), "{}", ran.out);
    }
    assert!(ran.out.contains("report.html"), "{}", ran.out);
    assert_eq!(ran.err, "", "no progress where there is no terminal");
    for file in ["manifest.json", "provenance.json", "runs.parquet", "dictionary.md", "report.html"] {
        assert!(lab.path("results/trial").join(file).is_file(), "{file}");
    }
}

#[test]
fn quiet_and_without_report_say_and_write_less() {
    let lab = Lab::new();
    let ran = lab.dapple(&["run", "trial.ron", "--out", "out", "--quiet", "--no-report"]).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    assert!(!lab.path("out/report.html").exists());
}

#[test]
fn tables_are_text_on_request() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--format", "csv"]).exits(0);
    let runs = std::fs::read_to_string(lab.path("out/runs.csv")).expect("runs.csv is there");
    assert_eq!(runs.lines().count(), 10, "{runs}");
    assert!(!lab.path("out/runs.parquet").exists());
}

#[test]
fn the_report_can_be_built_again_and_tells_of_missing_runs() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(0);
    let first = std::fs::read(lab.path("out/report.html")).expect("the report is there");
    std::fs::remove_file(lab.path("out/report.html")).expect("it can be removed");
    lab.dapple(&["report", "out"]).exits(0);
    assert!(std::fs::read(lab.path("out/report.html")).expect("the report is there again") == first);

    let manifest = std::fs::read_to_string(lab.path("out/manifest.json")).expect("the manifest is there");
    lab.write("out/manifest.json", &manifest.replace("\"missing\": []", "\"missing\": [\"0123456789abcdef\"]"));
    lab.dapple(&["report", "out"]).exits(6).complains("1 run missing");
    lab.dapple(&["report", "nowhere"]).exits(5).complains("nowhere");
}

#[test]
fn what_takes_days_is_not_begun_without_being_asked_twice() {
    let lab = Lab::new();
    let long = ["run", "trial.ron", "--set", "horizon=Days(3000)", "--set", "experiment.replications=1000000"];
    lab.dapple(&long).exits(3).complains("this would take about ").complains("--yes");
    assert!(!lab.path("results").exists(), "nothing is run");
    lab.dapple(&["run", "trial.ron", "--yes", "--quiet"]).exits(0);
}

#[test]
fn messages_are_coloured_where_that_is_wanted() {
    let lab = Lab::new();
    let colours = |arguments: &[&str], variables: &[(&str, &str)]| {
        let check = ["check", "trial.ron", "--set", "seed=soup"];
        let mut command = lab.command(&check.iter().chain(arguments).copied().collect::<Vec<_>>());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
        let output = command.output().expect("the program can be started");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("error"), "{text}");
        text.contains('\u{1b}')
    };
    assert!(!colours(&[], &[]), "it is no terminal");
    assert!(colours(&["--color", "always"], &[]));
    assert!(colours(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colours(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colours(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn check_says_ok_and_how_much_work_it_is() {
    let lab = Lab::new();
    let checked = lab.dapple(&["check", "trial.ron"]).exits(0);
    assert!(checked.out.starts_with("trial.ron: OK\n"), "{}", checked.out);
    assert!(checked.out.contains("9 runs (3 policies x 3 replications x 1 sweep point)"), "{}", checked.out);
    assert!(!lab.path("results").exists(), "nothing is run");
}

#[test]
fn set_and_seed_change_the_scenario() {
    let lab = Lab::new();
    let set = ["--set", "experiment.replications=1", "--set", "topology.links.CERN-GRIF.bandwidth=Gbps(5)"];
    let ran = lab.dapple(&[&["run", "trial.ron", "--out", "out", "--seed", "11"][..], &set].concat()).exits(0);
    assert!(ran.out.contains("3 runs done"), "{}", ran.out);
    let manifest = std::fs::read_to_string(lab.path("out/manifest.json")).expect("the manifest is there");
    assert!(manifest.contains("\"seed\": 11,"), "{manifest}");
}

#[test]
fn a_sweep_runs_every_point() {
    let lab = Lab::new();
    let sweep = "experiment.sweep=[(path: \"topology.links.CERN-GRIF.bandwidth\", values: [Gbps(2), Gbps(10)]), \
                 (path: \"policies.place.access\", values: [Place(min_reuse: 1), Place(min_reuse: 3)])]";
    let arguments = ["run", "trial.ron", "--out", "out", "--set", sweep, "--set", "experiment.replications=2"];
    let ran = lab.dapple(&arguments).exits(0);
    // Two bandwidths x two thresholds x three policies x two replications: a policy that is not swept is run at each point.
    assert!(ran.out.contains("24 runs done"), "{}", ran.out);
    assert!(ran.out.contains("Gbps(2)") && ran.out.contains("CERN-GRIF.bandwidth"), "{}", ran.out);
}

#[test]
fn show_prints_a_table_and_draws_a_picture() {
    let lab = Lab::new();
    let shown = lab.dapple(&["show", "trial.ron", "--out", "out"]).exits(0);
    assert!(shown.out.contains("CERN_DISK"), "{}", shown.out);
    let picture = std::fs::read_to_string(lab.path("out/topology.svg")).expect("the picture is there");
    assert!(picture.contains("<svg"), "{picture}");
}

#[test]
fn explain_tells_the_life_of_a_job() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--set", "experiment.replications=1"]).exits(0);
    let results = lab.results("out");
    let run = results.keys().find_map(|name| name.strip_prefix("run-")?.split('/').next()).expect("a run is there");
    let told = lab.dapple(&["explain", "out", &run[..8], "job", "0"]).exits(0);
    assert!(told.out.contains("submitted"), "{}", told.out);
    lab.dapple(&["explain", "out", "zzz", "job", "0"]).exits(2).complains("zzz");
    lab.dapple(&["explain", "out", run, "soup", "0"]).exits(2).complains("soup");
}

#[test]
fn papers_are_listed_and_unknown_ones_refused() {
    let lab = Lab::new();
    lab.dapple(&["reproduce"]).exits(0);
    lab.dapple(&["reproduce", "no-such-paper"]).exits(2).complains("no-such-paper");
}

#[test]
fn import_makes_a_scenario_that_runs_and_says_what_became_of_the_rows() {
    let lab = Lab::new();
    let job = "0 0 60 1 -1 -1 1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1";
    lab.write("jobs.swf", &format!("; MaxProcs: 4\n1 {job}\n2 {job}\n3 0\n"));
    let imported = lab.dapple(&["import", "auto", "jobs.swf", "--out", "mine"]).exits(0);
    assert!(imported.out.contains("3 rows read, 2 kept, 1 dropped"), "{}", imported.out);
    assert!(imported.out.contains("it has not 18 fields (line 4)"), "{}", imported.out);
    lab.dapple(&["check", "--strict", "mine/scenario.ron"]).exits(0);
    lab.dapple(&["run", "mine/scenario.ron", "--out", "out"]).exits(0);

    lab.dapple(&["import", "swf", "jobs.swf", "--out", "mine"]).exits(3).complains("is there already");
    lab.dapple(&["import", "swff", "jobs.swf", "--out", "other"]).exits(2).complains("swf");
    lab.dapple(&["import", "swf", "jobs.swf", "--out", "other", "--key", "k"]).exits(2).complains("--anonymise");
    lab.dapple(&["import", "rucio", "jobs.swf", "--out", "other"])
        .exits(3)
        .complains("jobs.swf:1: no column `source_rse`");
    lab.dapple(&["import", "swf", "none.swf", "--out", "other"]).exits(5).complains("none.swf");
    let hidden = lab.dapple(&["import", "swf", "jobs.swf", "--out", "hidden", "--anonymise"]).exits(0);
    assert!(hidden.out.contains("is not kept"), "{}", hidden.out);
}

#[test]
fn help_has_examples_for_every_command() {
    let lab = Lab::new();
    for command in [
        "init",
        "run",
        "check",
        "show",
        "report",
        "list",
        "compare",
        "explain",
        "import",
        "reproduce",
        "clean",
        "completions",
        "man",
    ] {
        let help = lab.dapple(&[command, "--help"]).exits(0).out;
        assert!(help.contains(&format!("\n  dapple {command} ")), "{help}");
    }
    assert!(lab.dapple(&["--help"]).exits(0).out.contains("Exit codes: 0 done"));
    assert!(lab.dapple(&["--version"]).exits(0).out.starts_with("dapple "));
}

#[test]
fn bad_arguments_are_told_apart() {
    let lab = Lab::new();
    for arguments in [
        &["run"][..],
        &["rum", "trial.ron"],
        &["run", "trial.ron", "--set", "seed"],
        &["run", "trial.ron", "--set", "=4"],
        &["run", "trial.ron", "--jobs", "0"],
        &["run", "trial.ron", "--seed", "-1"],
        &["run", "trial.ron", "--format", "xml"],
    ] {
        lab.dapple(arguments).exits(2);
    }
    assert!(!lab.path("results").exists());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let lab = Lab::new();
    for arguments in [
        &["show", "trial.ron", "--out", "out"][..],
        &["run", "trial.ron", "--out", "out"],
        &["list", "out", "--json"],
        &["explain", "out"],
        &["compare", "out", "out"],
        &["completions", "bash"],
        &["init"],
        &["--help"],
    ] {
        let mut command = lab.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !err.contains("panicked"), "{arguments:?}: {err}");
    }
}

#[test]
fn waits_that_never_end_are_told_with_whose_they_are() {
    let lab = Lab::new();
    lab.write(
        "dead.ron",
        r#"(name: "dead", horizon: Hours(1),
            topology: (sites: [(name: "X"), (name: "Y")], rses: [(name: "A", site: "X")],
                pools: [(name: "P", site: "Y", nodes: 1, slots: 1)],
                links: [(name: "X-Y", from: "X", to: "Y", bandwidth: Gbps(1), profile: [(at: Minutes(1), bandwidth: Gbps(0))])]),
            workload: [Jobs(name: "analysis", pool: "P", arrivals: At([Minutes(2)]),
                inputs: Fresh(rse: "A", files: 1, size: Constant(GB(1))))],
            policies: [(name: "remote", access: AlwaysRemote), (name: "stage-in", access: StageIn)])"#,
    );
    let ran = lab.dapple(&["run", "dead.ron", "--out", "out"]);
    let told = "reads of `analysis` wait at rate zero on link `X-Y`, and its capacity is never to change: \
                they wait for ever (2 of 2 runs: `remote`, `stage-in`)";
    assert!(ran.err.contains(told), "{}", ran.err);
}

#[test]
fn a_scenario_is_read_from_a_pipe_once_and_whole() {
    let lab = Lab::new();
    let text = std::fs::read(lab.path("trial.ron")).expect("it is there");
    let mut command = lab.command(&["check", "/dev/stdin"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), &text).expect("somebody reads");
    let checked = Finished::from(child.wait_with_output().expect("it ends")).exits(0);
    assert!(checked.out.starts_with("/dev/stdin: OK\n"), "{}", checked.out);
}

#[test]
fn check_tells_what_was_taken_of_a_log_and_writes_the_rest_down() {
    let lab = Lab::new();
    lab.write("log.csv", "t,bytes\n1,1000\n1,2000\n-1,5\n2,x\n2,3000\n9000,1\n");
    lab.write(
        "replay.ron",
        r#"(name: "replay", horizon: Hours(1),
            topology: (sites: [(name: "X"), (name: "Y")], rses: [(name: "A", site: "X"), (name: "B", site: "Y")],
                links: [(name: "X-Y", from: "X", to: "Y", bandwidth: Gbps(1))]),
            workload: [TransferTrace(name: "log", file: "log.csv", columns: (at: (name: "t", unit: Seconds),
                size: (name: "bytes", unit: B), source: Constant("A"), destination: Constant("B")))],
            policies: [(name: "remote", access: AlwaysRemote)])"#,
    );
    let checked = lab.dapple(&["check", "replay.ron", "--rejected", "dirty.csv"]).exits(0);
    for told in [
        "log `log` (log.csv): 3 of 6 rows taken, 6.00 kB",
        "from 1 Seconds to 2 Seconds, 00:00:01.000",
        "1 source in 1 pair of source and destination: A (3 rows, 6.00 kB)",
        "2 rows with a time that another one has (`ties`); the log is in order of its times",
        "left out: 1 at or after the horizon, 2 cannot be used",
        "column `t` is negative (1 row: line 4 `-1`)",
        "column `bytes` is not a finite number (1 row: line 5 `x`)",
    ] {
        assert!(checked.out.contains(told), "{told}\n{}", checked.out);
    }
    let rejected = std::fs::read_to_string(lab.path("dirty.csv")).expect("it was written");
    assert_eq!(
        rejected,
        "scenario,workload,line,reason,row\nreplay.ron,log,4,column `t` is negative,\"-1,5\"\n\
         replay.ron,log,5,column `bytes` is not a finite number,\"2,x\"\n"
    );
    lab.dapple(&["check", "--strict", "replay.ron"]).exits(3).complains("2 of 6 rows cannot be read");
    lab.dapple(&["check", "replay.ron", "--rejected", "no/dirty.csv"]).exits(5).complains("cannot write no/dirty.csv");
    // The log itself is no place for them, and where rows refuse the scenario they are wanted most.
    let log = std::fs::read(lab.path("log.csv")).expect("it is there");
    lab.dapple(&["check", "replay.ron", "--rejected", "log.csv"]).exits(5).complains("log.csv is there already");
    assert_eq!(std::fs::read(lab.path("log.csv")).expect("it is there still"), log);
    lab.dapple(&["check", "--strict", "replay.ron", "--rejected", "strict.csv"]).exits(3);
    assert_eq!(std::fs::read_to_string(lab.path("strict.csv")).expect("it was written"), rejected);
    let checked = lab.dapple(&["check", "--json", "replay.ron"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&checked.out).expect("JSON");
    assert_eq!((&json[0]["logs"][0]["n_taken"], &json[0]["chance"]), (&3.into(), &false.into()));
}
