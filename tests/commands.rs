//! Commands around an experiment: something to start from, runs listed and compared, folders cleaned.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Finished, Lab};

/// Two bandwidths.
const TWO_BANDWIDTHS: &str =
    "experiment.sweep=[(path: \"topology.links.CERN-GRIF.bandwidth\", values: [Mbps(100), Gbps(10)])]";

impl Finished {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// The ids that a JSON list has, `null` for missing runs.
fn ids(listed: &Value) -> Vec<Option<&str>> {
    listed["runs"].as_array().expect("a list").iter().map(|run| run["id"].as_str()).collect()
}

#[test]
fn every_template_is_written_once_and_checks() {
    let lab = Lab::new();
    let listed = lab.dapple(&["init"]).exits(0).out;
    for (template, scenario) in [("two-sites", "two-sites.ron"), ("grid", "grid.ron"), ("log-replay", "log-replay.ron")]
    {
        assert!(listed.lines().any(|line| line.starts_with(template)), "{listed}");
        lab.dapple(&["init", template]).exits(0);
        let file = format!("{template}/{scenario}");
        let before = fs::read(lab.path(&file)).expect("it was written");
        lab.dapple(&["check", "--strict", &file]).exits(0);
        lab.write(&file, "mine");
        lab.dapple(&["init", template]).exits(3).complains("nothing was written");
        assert_eq!(fs::read(lab.path(&file)).expect("it is there"), b"mine", "nothing is overwritten");
        assert_ne!(before, b"mine");
    }
    lab.dapple(&["init", "two-sights"]).exits(2).complains("did you mean `two-sites`?");
}

#[test]
fn a_log_replay_runs_as_it_is_written() {
    let lab = Lab::new();
    lab.dapple(&["init", "log-replay", "trial"]).exits(0);
    lab.dapple(&["run", "trial/log-replay.ron", "--out", "out", "--no-report"]).exits(0);
    let listed = lab.dapple(&["list", "out", "--json"]).exits(0).json();
    for run in listed["runs"].as_array().expect("a list") {
        assert_eq!(run["kpis"]["jobs_done"], 200.0, "every row of the log is a job that ends: {run}");
    }
}

#[test]
fn a_policy_crate_names_itself_and_the_sources_and_is_the_example_that_is_built_here() {
    let lab = Lab::new();
    let sources = env!("CARGO_MANIFEST_DIR");
    lab.dapple(&["init", "policy", "My Policy", "--dapple", sources]).exits(0);
    let read = |name: &str| fs::read_to_string(lab.path("My Policy").join(name)).expect("it was written");
    assert_eq!(read("src/main.rs"), include_str!("../examples/custom_policy.rs"));
    let manifest = read("Cargo.toml");
    assert!(
        manifest.contains("name = \"my-policy\"") && manifest.contains(&format!("path = \"{sources}\"")),
        "{manifest}"
    );
    assert!(!manifest.contains("{{") && !read("scenario.ron").contains("{{"));
    // Without the crate's policy the scenario is all right but for its name.
    let set = ["--set", "policies.mine.access=Random"];
    lab.dapple(&[&["check", "My Policy/scenario.ron"][..], &set].concat()).exits(0);
    lab.dapple(&["check", "My Policy/scenario.ron"]).exits(3).complains("idle-source");
    let nowhere = lab.dapple(&["init", "policy", "other", "--dapple", "nowhere"]).exits(0);
    nowhere.complains("dapple's sources are not at nowhere");
}

#[test]
fn runs_are_listed_by_what_they_are() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--set", TWO_BANDWIDTHS, "--no-report"]).exits(0);
    let all = lab.dapple(&["list", "out"]).exits(0).out;
    assert!(all.starts_with("trial: 18 runs done\n"), "{all}");
    assert_eq!(all.lines().filter(|line| line.contains(" done ")).count(), 18, "{all}");
    let some =
        ["list", "out", "--policy", "place", "--at", "bandwidth=Gbps(10)", "--replication", "1", "--replication", "2"];
    let some = lab.dapple(&[&some[..], &["--json"]].concat()).exits(0).json();
    assert_eq!(ids(&some).len(), 2);
    for run in some["runs"].as_array().expect("a list") {
        assert_eq!((&run["policy"], &run["state"]), (&"place".into(), &"done".into()));
        assert_eq!(run["sweep"]["topology.links.CERN-GRIF.bandwidth"], "Gbps(10)");
        assert!(run["kpis"]["job_turnaround_mean_s"].as_f64().is_some_and(|value| value > 0.0), "{run}");
    }
    assert_eq!((&some["done"], &some["failed"], &some["missing"]), (&18.into(), &0.into(), &0.into()));

    let sorted = lab.dapple(&["list", "out", "--sort", "kpi", "--reverse", "--json"]).exits(0).json();
    let kpis: Vec<f64> = sorted["runs"].as_array().expect("a list").iter().map(turnaround).collect();
    assert!(kpis.is_sorted_by(|a, b| a >= b) && kpis.len() == 18, "{kpis:?}");
    let limited = lab.dapple(&["list", "out", "--limit", "3"]).exits(0).out;
    assert!(limited.contains("3 shown, 15 more"), "{limited}");

    lab.dapple(&["list", "out", "--policy", "plaec"]).exits(2).complains("did you mean `place`?");
    lab.dapple(&["list", "out", "--at", "bandwidth=Gbps(3)"]).exits(2).complains("`Gbps(10)`");
    lab.dapple(&["list", "out", "--at", "latency=Millis(3)"]).exits(2).complains("no swept field `latency`");
    lab.dapple(&["list", "out", "--kpi", "wan_byte"]).exits(2).complains("did you mean `wan_bytes`?");
}

fn turnaround(run: &Value) -> f64 {
    run["kpis"]["job_turnaround_mean_s"].as_f64().expect("it has one")
}

#[test]
fn runs_that_are_missing_or_failed_are_told_apart() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--no-report"]).exits(0);
    // The manifest of a process that was killed after its first run: it calls them missing, and one is there.
    let path = lab.path("out/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).expect("there")).expect("JSON");
    let runs = manifest["runs"].take();
    let runs = runs.as_array().expect("a list");
    let (there, gone, failed) = (&runs[0], &runs[1], &runs[2]);
    let id = |run: &Value| run["id"].as_str().expect("an id").to_owned();
    fs::remove_dir_all(lab.path(&format!("out/run-{}", id(gone)))).expect("it can be removed");
    manifest["missing"] = vec![id(there), id(gone)].into();
    manifest["failed"] = vec![serde_json::json!({
        "id": id(failed), "policy": failed["policy"], "replication": failed["replication"], "seed": failed["seed"],
        "sweep": [], "error": "out of luck",
    })]
    .into();
    manifest["runs"] = runs[3..].to_vec().into();
    fs::write(&path, manifest.to_string()).expect("it can be written");

    let listed = lab.dapple(&["list", "out", "--json"]).exits(0).json();
    assert_eq!((&listed["done"], &listed["failed"], &listed["missing"]), (&7.into(), &1.into(), &1.into()));
    let missing = lab.dapple(&["list", "out", "--state", "missing", "--json"]).exits(0).json();
    for key in ["policy", "replication", "seed"] {
        assert_eq!(missing["runs"][0][key], gone[key], "{key}");
    }
    let told = lab.dapple(&["list", "out", "--state", "failed"]).exits(0).out;
    assert!(told.contains("out of luck"), "{told}");
}

#[test]
fn folders_that_are_no_experiments_are_told() {
    let lab = Lab::new();
    fs::create_dir(lab.path("empty")).expect("writable");
    fs::create_dir(lab.path("broken")).expect("writable");
    lab.write("broken/manifest.json", "{\"schema_version\": ");
    fs::create_dir(lab.path("future")).expect("writable");
    lab.write("future/manifest.json", "{\"schema_version\": 999}");
    for command in [&["list"][..], &["explain"], &["compare", "empty"]] {
        let at = |dir| lab.dapple(&[command, &[dir]].concat());
        at("nowhere").exits(5);
        at("empty").exits(5).complains("is not the folder of an experiment");
        if command.len() == 1 {
            at("broken").exits(5).complains("not a manifest of dapple");
            at("future").exits(3).complains("schema version 999");
        }
    }
    for dir in ["empty", "broken", "future"] {
        lab.dapple(&["clean", dir, "--yes"]).exits(3);
        assert!(lab.path(dir).is_dir());
    }
}

#[test]
fn ten_thousand_runs_are_listed_quickly() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--no-report"]).exits(0);
    let path = lab.path("out/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).expect("there")).expect("JSON");
    let run = manifest["runs"][0].clone();
    let many = (0..10_000_u32).map(|n| {
        let mut run = run.clone();
        run["id"] = format!("{n:016x}").into();
        run["policy"] = "place".into();
        run["replication"] = n.into();
        run
    });
    manifest["runs"] = many.collect::<Vec<_>>().into();
    manifest["policies"] = vec!["place"].into();
    manifest["replications"] = 10_000.into();
    fs::write(&path, manifest.to_string()).expect("it can be written");
    let since = Instant::now();
    let listed = lab.dapple(&["list", "out"]).exits(0).out;
    assert!(listed.starts_with("trial: 10000 runs done"), "{}", &listed[..200]);
    // A tenth of it on a quiet machine.
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

#[test]
fn explain_chooses_runs_by_policy_and_replication() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--no-report"]).exits(0);
    let listed = lab.dapple(&["list", "out", "--policy", "place", "--replication", "2", "--json"]).exits(0).json();
    let id = ids(&listed)[0].expect("it is done").to_owned();
    let by_name = lab.dapple(&["explain", "out", "--policy", "place", "--replication", "2", "job", "3"]).exits(0).out;
    let by_id = lab.dapple(&["explain", "out", &id[..8], "job", "3"]).exits(0).out;
    assert_eq!(by_name, by_id);
    assert!(by_name.contains(&format!("run {id}: policy place, replication 2")), "{by_name}");

    lab.dapple(&["explain", "out", "job", "3"]).exits(2).complains("--policy (place, remote, random)");
    let first = lab.dapple(&["explain", "out", "--policy", "place", "job", "3"]).exits(0).out;
    assert!(first.contains("policy place, replication 0"), "{first}");
    lab.dapple(&["explain", "out", "--policy", "remote", &id[..8], "job", "3"]).exits(2).complains("no run chosen");

    let overview = lab.dapple(&["explain", "out"]).exits(0).out;
    assert!(overview.contains("jobs, rules, requests, reads"), "{overview}");
    // What it suggests can be done.
    for line in overview.lines().filter(|line| line.starts_with("dapple ")) {
        lab.dapple(&line.split(' ').skip(1).collect::<Vec<_>>()).exits(0);
    }
}

#[test]
fn no_document_names_a_run_that_is_not_there() {
    let registry = dapple::Registry::standard();
    let load = |sources: &str| dapple::scenarios::load(std::path::Path::new(sources), &[], &registry);
    let quickstart = load("scenarios/quickstart/two-sites.ron").expect("it is valid");
    let plan = dapple::lab::plan(&quickstart).expect("it can be planned");
    let documents = ["README.md", "docs/guide.md", "cli/commands/explain.rs"];
    let mut found = 0;
    for document in documents {
        let text = fs::read_to_string(document).expect("the checkout can be read");
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("dapple explain ")) {
            found += 1;
            // What stands further to the right says what it is for.
            let line = line.split("  ").next().unwrap_or_default();
            let second = line.split_whitespace().nth(1).unwrap_or("slowest");
            // `RUN` stands for what another command says.
            let is_name = second == "RUN"
                || second.starts_with('-')
                || ["job", "rule", "request", "read", "slowest"].contains(&second);
            let is_one = || plan.runs().filter(|run| run.id.starts_with(second)).count() == 1;
            let first = plan.runs().next().expect("it has runs").id;
            assert!(is_name || is_one(), "{document}: `{line}` names no run of the quickstart; {} is one", &first[..6]);
        }
    }
    assert!(found >= 5, "{found}");
}

#[test]
fn explain_finds_the_slowest() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out", "--no-report", "--format", "csv"]).exits(0);
    let slowest = lab.dapple(&["explain", "out", "--policy", "place", "slowest", "--top", "4"]).exits(0).out;
    assert_eq!(slowest.lines().filter(|line| line.starts_with("job ")).count(), 4, "{slowest}");
    let suggested = slowest.lines().find(|line| line.starts_with("dapple explain")).expect("it says how to go on");
    lab.dapple(&suggested.split(' ').skip(1).collect::<Vec<_>>()).exits(0);
    for kind in ["reads", "requests", "transfers"] {
        lab.dapple(&["explain", "out", "--policy", "place", "slowest", kind]).exits(0);
    }
    lab.dapple(&["explain", "out", "slowest", "rules"]).exits(2).complains("recorded no rules");
    lab.dapple(&["run", "trial.ron", "--out", "sums", "--no-report", "--set", "record=Summary"]).exits(0);
    lab.dapple(&["explain", "sums", "slowest"]).exits(2).complains("record=Rows");
}

#[test]
fn clean_removes_what_is_left_over_and_nothing_else() {
    let lab = Lab::new();
    lab.dapple(&["run", "trial.ron", "--out", "out"]).exits(0);
    let before = lab.results("out");
    lab.dapple(&["run", "trial.ron", "--out", "out", "--no-report", "--seed", "8"]).exits(0);
    lab.dapple(&["run", "trial.ron", "--out", "out", "--no-report"]).exits(0).complains("left out");
    fs::create_dir_all(lab.path("out/run-0123456789abcdef.tmp-99/after")).expect("writable");
    lab.write("out/notes.txt", "mine");
    let shown = lab.dapple(&["clean", "out"]).exits(0);
    assert!(shown.out.contains("10 files and folders") && shown.out.contains("nothing was removed"), "{}", shown.out);
    shown.complains("--yes");
    assert!(lab.path("out/run-0123456789abcdef.tmp-99").exists());
    lab.dapple(&["clean", "out", "--yes"]).exits(0);
    crate::assert_same(&before, &lab.results("out"));
    let nothing = lab.dapple(&["clean", "out", "--yes"]).exits(0).out;
    assert!(nothing.contains("nothing is left over"), "{nothing}");

    lab.dapple(&["clean", "out", "--all", "--yes"]).exits(0);
    let left: Vec<_> =
        fs::read_dir(lab.path("out")).expect("notes are there").flatten().map(|it| it.file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
    lab.dapple(&["clean", "out", "--all", "--yes"]).exits(3).complains("not the folder of an experiment");
}

#[test]
fn experiments_are_compared_seed_by_seed_and_their_scenarios_told_apart() {
    let lab = Lab::new();
    let run = |out: &str, more: &[&str]| {
        lab.dapple(&[&["run", "trial.ron", "--no-report", "--out", out][..], more].concat()).exits(0)
    };
    run("slow", &["--set", "topology.links.CERN-GRIF.bandwidth=Mbps(500)"]);
    run("fast", &[]);
    let compared = lab.dapple(&["compare", "slow", "fast"]).exits(0);
    assert!(compared.out.contains("topology.links.CERN-GRIF.bandwidth: Mbps(500.0) -> Gbps(10.0)"), "{}", compared.out);
    for policy in ["place", "remote", "random"] {
        let line = compared.out.lines().find(|line| line.starts_with(policy)).expect("each policy has a line");
        assert!(line.contains(" 3 ") && line.contains(" -"), "three seeds, and faster: {line}");
    }
    let same = lab.dapple(&["compare", "fast", "fast"]).exits(0).out;
    assert!(same.contains("the scenarios are the same") && same.matches("equal within 1 %").count() == 3, "{same}");
    let across = lab.dapple(&["compare", "fast:place", "slow:remote"]).exits(0).out;
    assert!(across.contains("place -> remote"), "{across}");
    lab.dapple(&["compare", "fast:plaec", "slow"]).exits(2).complains("did you mean `place`?");

    run("seeds", &["--seed", "1000"]);
    lab.dapple(&["compare", "fast", "seeds"]).exits(3).complains("no sweep point and seed in common");
    run("swept", &["--set", TWO_BANDWIDTHS]);
    lab.dapple(&["compare", "fast", "swept"]).exits(3).complains("sweeps nothing");
    run("kpi", &["--set", "experiment.primary_kpi=WanBytes"]);
    lab.dapple(&["compare", "fast", "kpi"]).exits(3).complains("--kpi");
    lab.dapple(&["compare", "fast", "kpi", "--kpi", "wan_bytes"]).exits(0);
    run("more", &["--set", "workload.analysis.arrivals.per_hour=30"]);
    lab.dapple(&["compare", "fast", "more"]).exits(0).complains("differ in workload");
}

#[test]
fn what_leaves_out_three_quarters_of_its_jobs_is_not_better() {
    let lab = Lab::new();
    let run = |out: &str, scratch: &str| {
        let scratch = format!("topology.pools.CERN_WN.scratch={scratch}");
        let policies =
            "policies=[(name: \"stage-in\", access: StageIn), (name: \"place\", access: Place(min_reuse: 1))]";
        lab.dapple(&[
            "run",
            "trial.ron",
            "--no-report",
            "--out",
            out,
            "--set",
            &scratch,
            "--set",
            policies,
            "--set",
            "experiment.baseline=\"stage-in\"",
        ])
        .exits(0);
    };
    run("roomy", "GB(500)");
    // Most pairs of files do not fit any more, and those that do are quick.
    run("tight", "GB(2)");
    let compared = lab.dapple(&["compare", "roomy", "tight"]).exits(0).out;
    let line = compared.lines().find(|line| line.starts_with("stage-in")).expect("each policy has a line");
    assert!(line.ends_with("not comparable") && compared.contains("of its jobs"), "{compared}");
}

#[test]
fn a_sweep_is_refined_where_policies_change_places() {
    let lab = Lab::new();
    lab.dapple(&["init", "two-sites", "."]).exits(0);
    let sweep = "experiment.sweep=[(path: \"workload.analysis.read_fraction\", values: [0.1, 0.9])]";
    let few = "experiment.replications=2";
    let base = ["run", "two-sites.ron", "--out", "out", "--no-report", "--set", sweep, "--set", few];
    let coarse = lab.dapple(&base).exits(0);
    // Little of a file is best streamed, most of it is best placed once and read often.
    coarse.complains("policies change places between 0.1 and 0.9 (analysis.read_fraction)");
    let before = lab.dapple(&["list", "out", "--json"]).exits(0).json();
    let fine = lab.dapple(&[&base[..], &["--refine", "2"]].concat()).exits(0);
    assert!(fine.out.contains("12 done before"), "{}", fine.out);
    assert!(fine.err.contains("refining: 0.5 (") && fine.err.contains("refining: 0.7 ("), "{}", fine.err);
    assert!(fine.err.contains("sweep workload.analysis.read_fraction: [0.1, 0.5, 0.7, 0.9]"), "{}", fine.err);
    let after = lab.dapple(&["list", "out", "--json"]).exits(0).json();
    let (before, after) = (ids(&before), ids(&after));
    assert!(before.iter().all(|id| after.contains(id)), "runs that were there stay");
    assert_eq!(after.len(), before.len() + 2 * 6, "two rounds of one value each");
    // Asked again, nothing is left to do; and with values that are kept, the same.
    let again = lab.dapple(&[&base[..], &["--refine", "2"]].concat()).exits(0).out;
    assert!(again.contains(&format!("0 runs done, {} done before", after.len())), "{again}");
    lab.dapple(&[&base[..], &["--refine", "0"]].concat()).exits(2);
    lab.dapple(&["run", "trial.ron", "--out", "flat", "--no-report", "--refine"])
        .exits(0)
        .complains("nothing to refine");
}

#[test]
fn check_tells_problems_and_work_as_json() {
    let lab = Lab::new();
    lab.write("wrong.ron", &crate::TRIAL.replace("Gbps(10)", "Gbps(-10)"));
    let checked = lab.dapple(&["check", "--json", "trial.ron", "wrong.ron"]).exits(3).json();
    assert_eq!((&checked[0]["ok"], &checked[0]["work"]["runs"]), (&true.into(), &9.into()));
    let problem = &checked[1]["problems"][0];
    assert_eq!(problem["path"], "topology.links.CERN-GRIF.bandwidth", "{checked}");
    assert!(problem["line"].as_u64().is_some_and(|line| line > 1) && problem["file"] == "wrong.ron", "{problem}");
    let unread = lab.dapple(&["check", "--json", "nowhere.ron"]).exits(5).json();
    assert_eq!(unread[0]["ok"], false);
}

#[test]
fn shells_and_man_know_all_commands() {
    let lab = Lab::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = lab.dapple(&["completions", shell]).exits(0).out;
        assert!(script.contains("reproduce") && script.contains("refine"), "{shell}: {script}");
    }
    assert!(lab.dapple(&["man"]).exits(0).out.contains(".TH dapple"));
    lab.dapple(&["man", "pages"]).exits(0);
    let page = fs::read_to_string(lab.path("pages/dapple-run.1")).expect("each command has a page");
    assert!(page.contains("refine"), "{page}");
}
