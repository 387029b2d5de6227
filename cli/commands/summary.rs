//! What `dapple run` says in the end.

use std::fmt::Write;
use std::path::Path;

use dapple_lab::Execution;
use dapple_records::{KPIS, KpiInfo, Manifest, RunEntry, SweepPoint};
use dapple_reports::quantity::significant;
use dapple_reports::statistics::{self, Estimate};
use dapple_reports::sweep_order;

use crate::columns::{columns, number};

/// Lines of the table; the rest is in the report.
const MOST_ROWS: usize = 24;

/// Runs, the primary KPI for each policy and sweep point, and where the report is.
pub fn summary(execution: &Execution, dir: &Path, report: Option<&Path>) -> String {
    let mut text = format!("{}: {}\n", execution.manifest.name, counts(execution));
    let primary = KPIS.iter().find(|info| info.column == execution.manifest.primary_kpi);
    if let Some(info) = primary.filter(|_| !execution.manifest.runs.is_empty()) {
        write!(text, "\n{} [{}]\n{}", info.title, info.unit, table(execution, info)).expect("strings take all text");
    }
    text.push('\n');
    match report {
        Some(report) => writeln!(text, "report: {}", report.display()),
        None => writeln!(text, "results: {}", dir.display()),
    }
    .expect("strings take all text");
    if execution.missing > 0 {
        text.push_str("stopped early: the same command does the runs that are missing\n");
    }
    text
}

fn counts(execution: &Execution) -> String {
    let mut counts = vec![format!("{} done", number(execution.done, "run"))];
    let others =
        [(execution.skipped, "done before"), (execution.failed.len(), "failed"), (execution.missing, "missing")];
    counts.extend(others.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    counts.join(", ")
}

fn table(execution: &Execution, info: &KpiInfo) -> String {
    let manifest = &execution.manifest;
    let paths = &manifest.sweep_paths;
    let mut heading: Vec<String> = paths.iter().map(|path| last_two(path)).collect();
    heading.extend(["policy", "runs", "mean", "95 % interval"].map(str::to_owned));
    let mut rows = vec![heading];
    for point in points(manifest) {
        for policy in &manifest.policies {
            let runs = manifest.runs.iter().filter(|run| run.policy == *policy && run.sweep == *point);
            let values: Vec<f64> = runs.filter_map(|run| value(execution, run, info)).collect();
            let mut row: Vec<String> = point.iter().map(|coordinate| coordinate.text.clone()).collect();
            row.push(policy.clone());
            row.extend(figures(statistics::estimate(&values)));
            rows.push(row);
        }
    }
    let left_out = rows.len().saturating_sub(MOST_ROWS + 1);
    rows.truncate(MOST_ROWS + 1);
    let mut text = columns(&rows, paths.len() + 1);
    if left_out > 0 {
        writeln!(text, "{MOST_ROWS} lines shown, {left_out} more in the report").expect("strings take all text");
    }
    text
}

/// Sweep points as far as runs of them are done, in the order of the report.
fn points(manifest: &Manifest) -> Vec<&[SweepPoint]> {
    let mut points: Vec<&[SweepPoint]> = manifest.runs.iter().map(|run| run.sweep.as_slice()).collect();
    points.sort_by(|one, other| sweep_order(one, other));
    points.dedup();
    points
}

fn value(execution: &Execution, run: &RunEntry, info: &KpiInfo) -> Option<f64> {
    execution.kpis.get(&run.id)?.get(info.kpi)
}

fn figures(estimate: Option<Estimate>) -> [String; 3] {
    let Some(estimate) = estimate else { return ["0", "-", "-"].map(str::to_owned) };
    let interval =
        |limits: statistics::Interval| format!("{} .. {}", significant(limits.low), significant(limits.high));
    [
        estimate.n.to_string(),
        significant(estimate.mean),
        estimate.interval.map_or_else(|| "needs more runs".into(), interval),
    ]
}

/// The end of a path, enough to know it by.
fn last_two(path: &str) -> String {
    let parts: Vec<&str> = path.rsplitn(3, '.').take(2).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_by_their_ends() {
        assert_eq!(last_two("topology.links.CERN-GRIF-LPNHE.bandwidth"), "CERN-GRIF-LPNHE.bandwidth");
        assert_eq!(last_two("seed"), "seed");
    }
}
