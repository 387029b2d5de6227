//! The plots of an experiment: one plot is one function. [`axis`], [`canvas`] and [`palette`] draw other plots in the same
//! style.

pub mod axis;
pub mod canvas;
mod differences;
mod distribution;
pub mod logged;
pub mod palette;
mod policies;
mod series;
mod swept;
mod tradeoff;

pub(crate) use canvas::{Plot, shortened, text_width};

use crate::ReportError;
use crate::comparison::Comparison;
use crate::experiment::Experiment;
use crate::plots::palette::{Look, look};
use crate::replay::Replay;

/// The plots of an experiment and what went wrong on the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plots {
    /// Those of the primary KPI.
    pub(crate) primary: Vec<Plot>,
    /// The rest.
    pub(crate) exploratory: Vec<Plot>,
    /// Simulated against logged durations.
    pub(crate) replay: Vec<Plot>,
    /// Tables that could not be read, in words.
    pub(crate) notes: Vec<String>,
}

impl Plots {
    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Plot> {
        self.primary.iter().chain(&self.exploratory).chain(&self.replay)
    }
}

/// Width of all plots \[px\].
pub const WIDTH: f64 = 820.0;

/// Sweep points, and policies of a replay, for which a plot of their own is drawn.
pub(crate) const POINT_PLOTS: usize = 6;

/// Draws all plots that the experiment has data for.
pub(crate) fn all(
    experiment: &Experiment,
    comparisons: &[Comparison],
    replays: &[Replay],
) -> Result<Plots, ReportError> {
    let mut plots = Plots::default();
    if let Some(sweep) = &experiment.sweep {
        for (index, facet) in sweep.facets.iter().enumerate().take(POINT_PLOTS) {
            plots.primary.extend(swept::means(experiment, sweep, comparisons, (facet, index))?);
            plots.primary.extend(swept::differences(experiment, sweep, comparisons, (facet, index))?);
        }
    } else {
        for point in 0..experiment.points.len().min(POINT_PLOTS) {
            plots.primary.extend(policies::by_policy(experiment, comparisons, point)?);
        }
        plots.primary.extend(differences::forest(experiment, comparisons)?);
    }
    plots.exploratory.extend(tradeoff::time_against_bytes(experiment, comparisons)?);
    distribution::turnaround(experiment, &mut plots)?;
    series::quantities(experiment, &mut plots)?;
    for replay in replays {
        for (policy, timed) in replay.by_policy.iter().take(POINT_PLOTS) {
            let points: Vec<(f64, f64)> = timed.iter().map(|at| (at.logged_s, at.simulated_s)).collect();
            let name = format!("logged-{}-{}", replay.what.to_lowercase(), policy + 1);
            let title = format!("{} of the log under {}", replay.what, experiment.name(*policy));
            plots.replay.push(logged::scatter(&name, title, &points, replay.what)?);
        }
    }
    Ok(plots)
}

/// Names and looks of policies, for a legend.
fn legend(experiment: &Experiment, policies: impl Iterator<Item = usize>) -> Vec<(String, Look)> {
    policies.map(|policy| (experiment.name(policy).to_owned(), look(policy))).collect()
}
