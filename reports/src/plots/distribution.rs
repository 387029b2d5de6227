//! The distribution of job turnaround by policy, from the `jobs` tables.

use dapple_records::{RecordLevel, TableData, read_run_table};

use crate::ReportError;
use crate::experiment::Experiment;
use crate::plots::axis::{Axis, Frame, Panel};
use crate::plots::canvas::{Plot, legend_height};
use crate::plots::palette::look;
use crate::plots::{Plots, WIDTH, legend};
use crate::quantity::{Dimension, counted, figure};

/// Replications that are read per policy.
const REPLICATIONS: usize = 5;
/// Steps drawn per policy.
const STEPS: usize = 400;

/// Turnarounds of one policy.
struct Jobs {
    policy: usize,
    /// Seconds, sorted; jobs that ended.
    ended: Vec<f64>,
    /// All jobs, those without an end included.
    all: usize,
}

/// Runs that are not drawn.
struct LeftOut {
    policy: usize,
    runs: usize,
}

/// Shares of jobs that ended within a time, at the first sweep point; nothing where no jobs were recorded.
///
/// Only runs that kept the same part of their jobs are put together: beside one that kept them all, a sample would hardly count.
pub(super) fn turnaround(experiment: &Experiment, plots: &mut Plots) -> Result<(), ReportError> {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    let levels: Vec<Vec<RecordLevel>> =
        (0..experiment.policies.len()).map(|policy| levels(experiment, policy, plots)).collect();
    let Some(common) = common(&levels) else { return Ok(()) };
    for (policy, levels) in levels.iter().enumerate() {
        let mut jobs = Jobs { policy, ended: Vec::new(), all: 0 };
        for (run, _) in experiment.runs(0, policy).iter().zip(levels).filter(|(_, level)| **level == common) {
            match read_run_table(&experiment.dir, &run.run, "jobs") {
                Ok(Some(table)) => add(&mut jobs, &table),
                Ok(None) => {}
                Err(error) => plots.notes.push(error.to_string()),
            }
        }
        let runs = levels.iter().filter(|level| **level != common).count();
        if runs > 0 {
            left_out.push(LeftOut { policy, runs });
        }
        jobs.ended.sort_by(f64::total_cmp);
        // Of a policy under which no job ends well there is a curve too: it stays at zero.
        if jobs.all > 0 {
            found.push(jobs);
        }
    }
    if found.iter().any(|jobs| !jobs.ended.is_empty()) {
        let plot = draw(experiment, &found)?;
        let caption = format!("{}{}", caption(experiment, &found), left_out_words(experiment, common, &left_out));
        plots.exploratory.push(plot.captioned(caption));
    }
    Ok(())
}

/// How much of its jobs each of a policy's first runs kept.
fn levels(experiment: &Experiment, policy: usize, plots: &mut Plots) -> Vec<RecordLevel> {
    let level = |run| match experiment.recorded(run) {
        Ok(plan) => plan.jobs,
        Err(error) => {
            plots.notes.push(error.to_string());
            RecordLevel::Summary
        }
    };
    experiment.runs(0, policy).iter().take(REPLICATIONS).map(level).collect()
}

/// The level at which most policies have runs, of several that with most runs, then the first; `None` where no run kept jobs.
fn common(levels: &[Vec<RecordLevel>]) -> Option<RecordLevel> {
    let mut best = None;
    for level in levels.iter().flatten().filter(|level| **level != RecordLevel::Summary) {
        let runs = levels.iter().map(|levels| levels.iter().filter(|other| *other == level).count());
        let support = (runs.clone().filter(|runs| *runs > 0).count(), runs.sum::<usize>());
        if best.is_none_or(|(most, _)| support > most) {
            best = Some((support, *level));
        }
    }
    best.map(|(_, level)| level)
}

fn add(jobs: &mut Jobs, table: &TableData) {
    let (Some(submitted), Some(ended)) = (table.ints("submitted_at_ns"), table.ints("ended_at_ns")) else { return };
    let done = table.texts("outcome");
    for (row, (submitted, ended)) in submitted.iter().zip(ended.iter()).enumerate() {
        let failed = done.and_then(|outcomes| outcomes.get(row)) == Some("failed");
        jobs.all += 1;
        if let (Some(submitted), Some(ended), false) = (submitted, ended, failed) {
            jobs.ended.push((ended - submitted) as f64 / 1e9);
        }
    }
}

fn draw(experiment: &Experiment, found: &[Jobs]) -> Result<Plot, ReportError> {
    let least = found.iter().filter_map(|jobs| jobs.ended.get(jobs.ended.len() / 200));
    let least = least.copied().fold(f64::INFINITY, f64::min);
    let most = found.iter().filter_map(|jobs| jobs.ended.last()).fold(0.0_f64, |most, &last| most.max(last));
    let log = least > 0.0 && most / least > 30.0;
    let entries = legend(experiment, found.iter().map(|jobs| jobs.policy));
    let over = legend_height(&entries, WIDTH - 40.0);
    let frame = Frame { left: 74.0, top: over + 36.0, right: 24.0, bottom: 54.0 };
    let size = (WIDTH, frame.top + 280.0 + frame.bottom);
    Plot::draw("turnaround", "Distribution of job turnaround", size, |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        let heading = "Time from submission to end";
        let x = if log {
            Axis::logarithmic(heading, Dimension::Time, (least * 0.9, most * 1.1))
        } else {
            Axis::quantity(heading, Dimension::Time, (0.0, most * 1.03), 8)
        };
        let y = Axis::quantity("Jobs that have ended", Dimension::Share, (0.0, 1.02), 5);
        let panel = Panel::draw(canvas, frame, x, y)?;
        for jobs in found {
            let n = jobs.ended.len();
            let mut steps = vec![(panel.edges.0, panel.y(0.0))];
            for step in 1..=STEPS.min(n) {
                let rank = (step * n).div_ceil(STEPS.min(n));
                let at = (panel.x(jobs.ended[rank - 1]).max(panel.edges.0), panel.y(rank as f64 / jobs.all as f64));
                steps.push((at.0, steps.last().map_or(at.1, |last| last.1)));
                steps.push(at);
            }
            steps.push((panel.edges.2, steps.last().map_or(0.0, |last| last.1)));
            canvas.curve(&steps, look(jobs.policy))?;
        }
        Ok(())
    })
}

fn caption(experiment: &Experiment, found: &[Jobs]) -> String {
    let words = |jobs: &Jobs| {
        let none = if jobs.ended.is_empty() { ", none of which ended well" } else { "" };
        format!("{} {}{none}", experiment.name(jobs.policy), counted(jobs.all, "job"))
    };
    let jobs: Vec<String> = found.iter().map(words).collect();
    let at = experiment.points[0].label();
    let at = if at.is_empty() { String::new() } else { format!(" at {at}") };
    format!(
        "Share of recorded jobs that have ended within a time of their submission{at}, the first {REPLICATIONS} replications \
         together. Failed and unfinished jobs count as not ended, so a curve may stop below 100 %. {}.",
        jobs.join(", ")
    )
}

/// Which of these replications are not drawn, and why; nothing where all are.
fn left_out_words(experiment: &Experiment, common: RecordLevel, left_out: &[LeftOut]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let runs = |out: &LeftOut| format!("{} of {}", counted(out.runs, "run"), experiment.name(out.policy));
    let runs: Vec<String> = left_out.iter().map(runs).collect();
    let kept = match common {
        RecordLevel::Sample(share) => format!("a sample of {} of its jobs", figure(Dimension::Share, share)),
        RecordLevel::Rows | RecordLevel::Summary => "all of its jobs".to_owned(),
    };
    format!(
        " Each run that is drawn recorded {kept}; left out, because they recorded more, less or nothing: {}.",
        runs.join(", ")
    )
}
