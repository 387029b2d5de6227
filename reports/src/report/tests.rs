//! Reports of made-up experiments. Set `DAPPLE_KEEP_REPORTS` to a folder to look at them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dapple_records::{MANIFEST_FILE, RecordLevel, read_manifest, run_dir};

use crate::synthetic::{Folder, Synthetic, coordinate, set_jobs_level};
use crate::{ReportError, write_report};

/// The report and the names of its plots, each checked to be well-formed.
fn report(dir: &Path) -> (String, Vec<String>) {
    let path = write_report(dir).expect("the experiment is complete");
    let html = fs::read_to_string(path).expect("just written");
    let mut names = Vec::new();
    for entry in fs::read_dir(dir.join("plots")).expect("just made").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        well_formed(&fs::read_to_string(entry.path()).expect("just written"), &name);
        names.push(name);
    }
    names.sort();
    (html, names)
}

/// Checks tags and quotes of XML without comments or processing instructions.
pub(crate) fn well_formed(text: &str, name: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "{name}: a stray > before {}", &rest[..start.min(60)]);
        let end = start + rest[start..].find('>').unwrap_or_else(|| panic!("{name}: a tag has no end"));
        let tag = &rest[start + 1..end];
        assert!(tag.matches('"').count().is_multiple_of(2), "{name}: quotes of <{tag}>");
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}: closing tag");
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or_default());
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{name}: {open:?} are not closed");
}

#[test]
fn two_policies_get_a_verdict_plots_and_the_same_bytes_twice() {
    let folder = Folder::new("two");
    Synthetic { rows: true, ..Synthetic::new(&[("place", 2200.0), ("remote", 2500.0)], 20) }.write(folder.path());
    let (html, plots) = report(folder.path());
    assert!(html.contains("<strong>remote</strong> has a <strong>1"), "the verdict on the primary KPI");
    assert!(html.contains("longer</strong> (95\u{a0}% CI "));
    assert!(html.contains("over 20\u{a0}paired replications"));
    assert!(html.contains("model result: consistency"));
    let expected = [
        "differences.svg",
        "primary.svg",
        "series-queued.svg",
        "series-rate-bytes-per-s.svg",
        "series-running.svg",
        "series-used-bytes.svg",
        "tradeoff.svg",
        "turnaround.svg",
    ];
    assert_eq!(plots, expected);
    assert_eq!(report(folder.path()).0, html);
    let painted = |paint: &str| -> BTreeSet<String> {
        html.split(&format!(" {paint}=\"#")).skip(1).map(|rest| format!("[{paint}=\"#{}\"]", &rest[..6])).collect()
    };
    let unthemed = |rule: &&String| !html.contains(&format!("{rule}{{"));
    assert_eq!(painted("fill").union(&painted("stroke")).find(unthemed), None, "all colours follow the theme");
    assert!(painted("fill").len() > 4, "{:?}", painted("fill"));
    let namespace = html.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(html.matches("http").count(), namespace, "nothing is loaded from elsewhere");
    assert!(!html.contains("src=") && !html.contains("<link"), "the report stands alone");
}

#[test]
fn a_sweep_marks_where_policies_cross_and_troubles_are_told() {
    let folder = Folder::new("sweep");
    let mut made = Synthetic::new(&[("place", 2200.0), ("remote", 3600.0), ("place-if-reused", 2000.0)], 12);
    let slopes = [0.95, 0.78, 0.97];
    for (policy, slope) in made.policies.iter_mut().zip(slopes) {
        policy.2 = slope;
    }
    made.points = ["Gbps(1)", "Gbps(2)", "Gbps(5)", "Gbps(10)", "Gbps(20)", "Gbps(40)"]
        .map(|text| vec![coordinate("topology.links.CERN-GRIF.bandwidth", text)])
        .to_vec();
    (made.trouble, made.rows) = (true, true);
    made.write(folder.path());
    let (html, plots) = report(folder.path());
    assert!(
        html.contains("place is better up to 5\u{a0}Gbps, remote from 10\u{a0}Gbps on; in between they cross"),
        "{html}"
    );
    assert!(plots.iter().any(|name| name == "sweep.svg") && plots.iter().any(|name| name == "sweep-differences.svg"));
    assert!(html.contains("6\u{a0}failed runs") && html.contains("chose RSE 4 for request 17"));
    assert!(html.contains("1\u{a0}run not done yet") && html.contains("12 rows of the trace"));
}

#[test]
fn one_replication_says_that_chance_is_unknown() {
    let folder = Folder::new("one");
    Synthetic::new(&[("place", 2200.0), ("remote", 2500.0)], 1).write(folder.path());
    let (html, _) = report(folder.path());
    assert!(html.contains("One replication says nothing about chance"));
}

#[test]
fn twelve_policies_with_long_names_fit() {
    let folder = Folder::new("twelve");
    let names: Vec<String> = (0..12).map(|n| format!("nearest-idle-with-forecast-of-queue-and-network-{n}")).collect();
    let policies: Vec<(&str, f64)> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), 2000.0 + 25.0 * n as f64)).collect();
    Synthetic::new(&policies, 15).write(folder.path());
    let (html, _) = report(folder.path());
    assert!(html.contains("Of 11 policies: "));
}

#[test]
fn swept_names_get_a_plot_each_and_two_paths_make_facets() {
    let folder = Folder::new("names");
    let mut made = Synthetic::new(&[("place", 2200.0), ("remote", 2210.0)], 5);
    made.points = ["Fail", "Wait"].map(|text| vec![coordinate("services.fts.when_full", text)]).to_vec();
    made.write(folder.path());
    assert!(report(folder.path()).1.starts_with(&[
        "differences.svg".into(),
        "primary-1.svg".into(),
        "primary-2.svg".into()
    ]));

    let folder = Folder::new("facets");
    made.points = Vec::new();
    for full in ["Fail", "Wait"] {
        for size in ["GB(1)", "MB(500)", "GB(4)"] {
            made.points.push(vec![coordinate("services.fts.when_full", full), coordinate("data.size", size)]);
        }
    }
    made.write(folder.path());
    assert!(report(folder.path()).1.contains(&"sweep-2.svg".to_owned()));
}

#[test]
fn an_experiment_without_runs_says_so() {
    let folder = Folder::new("empty");
    let mut made = Synthetic::new(&[("place", 2200.0), ("remote", 2500.0)], 0);
    made.trouble = true;
    made.write(folder.path());
    let (html, plots) = report(folder.path());
    assert!(html.contains("No run has finished") && plots.is_empty());
}

#[test]
fn thousands_of_runs_are_fine() {
    let folder = Folder::new("thousands");
    let mut made = Synthetic::new(&[("place", 2200.0), ("remote", 2500.0), ("random", 2600.0)], 400);
    made.points = (1..=5).map(|n| vec![coordinate("workload.rate", &n.to_string())]).collect();
    made.write(folder.path());
    let (html, _) = report(folder.path());
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new("broken");
    Synthetic { rows: true, ..Synthetic::new(&[("place", 2200.0), ("remote", 2500.0)], 3) }.write(folder.path());
    let manifest = read_manifest(folder.path()).expect("just written");
    let first = manifest.runs.iter().find(|run| run.replication == 0).expect("three replications");
    let jobs = run_dir(folder.path(), &first.id).join("jobs.parquet");
    fs::write(&jobs, "PAR1 this is not").expect("writes");
    let (html, _) = report(folder.path());
    assert!(html.contains("Recorded tables that could not be read") && html.contains("jobs.parquet"));

    let path = folder.path().join(MANIFEST_FILE);
    let text = fs::read_to_string(&path).expect("reads");
    fs::write(&path, text.replace(&manifest.primary_kpi, "happiness")).expect("writes");
    assert!(matches!(write_report(folder.path()), Err(ReportError::UnknownKpi { .. })));
    fs::write(&path, "{").expect("writes");
    let error = write_report(folder.path()).expect_err("cut off").to_string();
    assert!(error.contains("manifest.json"), "{error}");
}

#[test]
fn runs_recorded_at_different_levels_are_not_pooled() {
    let folder = Folder::new("levels");
    let dir = folder.path();
    let policies = [("place", 2200.0), ("remote", 2500.0), ("random", 2600.0)];
    Synthetic { rows: true, ..Synthetic::new(&policies, 2) }.write(dir);
    let html = report(dir).0.replace('\u{a0}', " ");
    assert!(html.contains("place 1200 jobs, remote 1200 jobs, random 1200 jobs.") && !html.contains("left out,"));

    // All of one run, a tenth of the others; one policy with nothing.
    set_jobs_level(dir, |run| match (run.policy.as_str(), run.replication) {
        ("random", _) => RecordLevel::Summary,
        ("place", 0) => RecordLevel::Rows,
        _ => RecordLevel::Sample(0.1),
    });
    for run in read_manifest(dir).expect("just written").runs.iter().filter(|run| run.policy == "random") {
        fs::remove_file(run_dir(dir, &run.id).join("series.parquet")).expect("was recorded");
    }
    let html = report(dir).0.replace('\u{a0}', " ");
    assert!(html.contains("place 600 jobs, remote 1200 jobs. "), "one run of the two");
    let told = "Each run that is drawn recorded a sample of 10.0 % of its jobs; left out, because they recorded more, less or \
                nothing: 1 run of place, 2 runs of random.";
    assert!(html.contains(told), "what is left out is told");
    assert!(html.contains("Nothing was recorded over time in the run of: random."));

    // A record that cannot be read is named.
    let run = &read_manifest(dir).expect("just written").runs[0].id;
    fs::write(run_dir(dir, run).join("run.json"), "{").expect("writes");
    assert!(report(dir).0.contains("run.json: EOF"));
}

#[test]
fn plots_of_others_are_kept() {
    let folder = Folder::new("kept");
    Synthetic::new(&[("place", 2200.0), ("remote", 2500.0)], 3).write(folder.path());
    let plots = folder.path().join("plots");
    fs::create_dir_all(&plots).expect("makes");
    fs::write(plots.join("mine.svg"), "<svg></svg>").expect("writes");
    fs::write(plots.join("old.svg"), "<svg data-generator=\"dapple\"></svg>").expect("writes");
    let (_, names) = report(folder.path());
    assert!(names.contains(&"mine.svg".to_owned()) && !names.contains(&"old.svg".to_owned()));
}
