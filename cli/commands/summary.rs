//! What `dapple run` says in the end.

use std::fmt::Write;
use std::path::Path;

use dapple_lab::Execution;
use dapple_records::{KPIS, KpiInfo, Manifest, RunEntry, SweepPoint};
use dapple_reports::quantity::{Scale, common_decimals, kpi_estimate, with_interval};
use dapple_reports::statistics::Estimate;
use dapple_reports::{Conclusion, sweep_order};

use crate::columns::{columns, number};
use crate::commands::choice::short_path;

/// Lines of the table; the rest is in the report.
const MOST_ROWS: usize = 24;

/// Runs, what to know before reading any figure, the primary KPI for each policy and sweep point with the verdict on it, and where the
/// report is.
pub fn summary(execution: &Execution, conclusion: &Conclusion, dir: &Path, report: Option<&Path>) -> String {
    let mut text = format!("{}: {}\n", execution.manifest.name, counts(execution));
    for sentence in &conclusion.first {
        write!(text, "\nattention: {sentence}").expect("strings take all text");
    }
    if !conclusion.first.is_empty() {
        text.push('\n');
    }
    let primary = KPIS.iter().find(|info| info.column == execution.manifest.primary_kpi);
    if let Some(info) = primary.filter(|_| !execution.manifest.runs.is_empty()) {
        let values = execution.manifest.runs.iter().filter_map(|run| value(execution, run, info));
        let scale = Scale::of_kpi(info, values);
        write!(text, "\n{}\n{}", scale.axis_title(info.title), table(execution, conclusion, info, scale))
            .expect("strings take all text");
        if !conclusion.verdicts.is_empty() {
            let relevant = &conclusion.relevant;
            writeln!(
                text,
                "smallest relevant difference: {relevant} of the baseline's mean (experiment.relevant_difference)"
            )
            .expect("strings take all text");
        }
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

fn table(execution: &Execution, conclusion: &Conclusion, info: &KpiInfo, scale: Scale) -> String {
    let manifest = &execution.manifest;
    let paths = &manifest.sweep_paths;
    let mut heading: Vec<String> = paths.iter().map(|path| short_path(path).to_owned()).collect();
    heading.extend(["policy", "runs", "mean", "95 % interval"].map(str::to_owned));
    heading.push(format!("against {}", manifest.baseline));
    let estimate = |point: &[SweepPoint], policy: &str| {
        let runs = manifest.runs.iter().filter(|run| run.policy == policy && run.sweep == *point);
        kpi_estimate(info, &runs.filter_map(|run| value(execution, run, info)).collect::<Vec<f64>>())
    };
    let points = points(manifest);
    let all = points.iter().flat_map(|point| manifest.policies.iter().filter_map(|policy| estimate(point, policy)));
    let decimals = common_decimals(scale, all.map(|found| (found.mean, found.interval)));
    let mut rows = vec![heading];
    for point in points {
        for policy in &manifest.policies {
            let mut row: Vec<String> = point.iter().map(|coordinate| coordinate.text.clone()).collect();
            row.push(policy.clone());
            row.extend(figures(estimate(point, policy), manifest.chance, (scale, decimals)));
            let verdict = conclusion.verdicts.iter().find(|found| found.policy == *policy && found.sweep == *point);
            let baseline = if *policy == manifest.baseline { "baseline" } else { "" };
            row.push(verdict.map_or_else(|| baseline.into(), |found| found.words.clone()));
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

fn figures(estimate: Option<Estimate>, chance: bool, (scale, decimals): (Scale, usize)) -> [String; 3] {
    let Some(Estimate { n, mean, interval }) = estimate else { return ["0", "-", "-"].map(str::to_owned) };
    // Without the signs of typesetting, for those who search the output.
    let plain = |text: String| text.replace('\u{202f}', "").replace('−', "-");
    let (mean, span) = with_interval(scale, decimals, mean, interval);
    let without = match (chance, n, interval) {
        (_, _, Some(_)) => "narrower than shown",
        (false, ..) => "no chance",
        (true, 1, None) => "needs more runs",
        (true, _, None) => "all equal",
    };
    [n.to_string(), plain(mean), span.map_or_else(|| without.to_owned(), |span| plain(span).replace(" to ", " .. "))]
}
