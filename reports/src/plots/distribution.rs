//! The distribution of job turnaround by policy, from the `jobs` tables.

use dapple_records::{TableData, read_run_table};

use crate::ReportError;
use crate::experiment::Experiment;
use crate::plots::axis::{Axis, Frame, Panel};
use crate::plots::canvas::{Plot, legend_height};
use crate::plots::palette::look;
use crate::plots::{Plots, WIDTH, legend};
use crate::quantity::{Dimension, counted};

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

/// Shares of jobs that ended within a time, at the first sweep point; nothing where no jobs were recorded.
pub(super) fn turnaround(experiment: &Experiment, plots: &mut Plots) -> Result<(), ReportError> {
    let mut found: Vec<Jobs> = Vec::new();
    for policy in 0..experiment.policies.len() {
        let mut jobs = Jobs { policy, ended: Vec::new(), all: 0 };
        for run in experiment.runs(0, policy).iter().take(REPLICATIONS) {
            match read_run_table(&experiment.dir, &run.run, "jobs") {
                Ok(Some(table)) => add(&mut jobs, &table),
                Ok(None) => {}
                Err(error) => plots.notes.push(error.to_string()),
            }
        }
        jobs.ended.sort_by(f64::total_cmp);
        if !jobs.ended.is_empty() {
            found.push(jobs);
        }
    }
    if !found.is_empty() {
        plots.exploratory.push(draw(experiment, &found)?);
    }
    Ok(())
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
    let least = found.iter().map(|jobs| jobs.ended[jobs.ended.len() / 200]).fold(f64::INFINITY, f64::min);
    let most = found.iter().filter_map(|jobs| jobs.ended.last()).fold(0.0_f64, |most, &last| most.max(last));
    let log = least > 0.0 && most / least > 30.0;
    let entries = legend(experiment, found.iter().map(|jobs| jobs.policy));
    let over = legend_height(&entries, WIDTH - 40.0);
    let frame = Frame { left: 74.0, top: over + 36.0, right: 24.0, bottom: 54.0 };
    let size = (WIDTH, frame.top + 280.0 + frame.bottom);
    let plot = Plot::draw("turnaround", "Distribution of job turnaround", size, |canvas| {
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
    })?;
    let jobs: Vec<String> =
        found.iter().map(|jobs| format!("{} {}", experiment.name(jobs.policy), counted(jobs.all, "job"))).collect();
    let at = experiment.points[0].label();
    let at = if at.is_empty() { String::new() } else { format!(" at {at}") };
    Ok(plot.captioned(format!(
        "Share of recorded jobs that have ended within a time of their submission{at}, the first {REPLICATIONS} replications \
         together. Failed and unfinished jobs count as not ended, so a curve may stop below 100 %. {}.",
        jobs.join(", ")
    )))
}
