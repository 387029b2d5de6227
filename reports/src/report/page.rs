//! The page: what stands where.

use maud::{Markup, html};

use crate::comparison::Comparison;
use crate::experiment::Experiment;
use crate::groups::Groups;
use crate::page::{document, figure};
use crate::plots::Plots;
use crate::quantity::{counted, three_digits};
use crate::replay::Replay;
use crate::report::{books, groups, replay, scenario, tables, verdict};

/// What was found in an experiment.
pub(super) struct Findings<'a> {
    pub(super) comparisons: &'a [Comparison],
    pub(super) groups: &'a Groups,
    pub(super) replays: &'a [Replay],
    pub(super) plots: &'a Plots,
}

/// The whole report.
pub(super) fn page(experiment: &Experiment, findings: &Findings<'_>, origins: &scenario::Origins) -> Markup {
    let manifest = &experiment.manifest;
    let main = html! {
        @if experiment.n_runs() == 0 {
            (nothing(experiment))
        } @else {
            (verdict::card(experiment, findings.comparisons))
            (scenario::in_words(manifest, origins))
            (results(experiment, findings))
        }
        (books::runs(experiment, &findings.plots.notes))
        @if experiment.n_runs() > 0 { (books::counters(experiment)) }
        (books::manifest(experiment, &scenario::commands(origins)))
        (method(experiment))
    };
    let generator = format!("dapple {}", manifest.dapple_version);
    document(&manifest.name, &generator, &header(experiment), &main)
}

fn header(experiment: &Experiment) -> Markup {
    let manifest = &experiment.manifest;
    let (policies, points) = (experiment.policies.len(), experiment.points.len());
    let compared = if policies == 1 { "1\u{a0}policy".to_owned() } else { format!("{policies}\u{a0}policies") };
    html! {
            h1 { (manifest.name) }
            p.lead {
                (compared)
                @if points > 1 { " × " (counted(points, "sweep point")) }
                " × " (counted(manifest.replications as usize, "replication")) ", "
                (counted(experiment.n_runs(), "finished run"))
                @if !manifest.failed.is_empty() { ", " a href="#attention" { (counted(manifest.failed.len(), "failed run")) } }
                @if !manifest.missing.is_empty() { ", " a href="#attention" { (counted(manifest.missing.len(), "missing run")) } }
                ". Baseline: " strong { (manifest.baseline) } "."
            }
            @if !manifest.sweep_paths.is_empty() {
                p.lead { "Swept: " @for (index, path) in manifest.sweep_paths.iter().enumerate() {
                    @if index > 0 { ", " } code { (path) }
                } "." }
            }
    }
}

fn nothing(experiment: &Experiment) -> Markup {
    html! {
        section.card {
            h2 { "No run has finished" }
            p { "There is nothing to compare yet: "
                (counted(experiment.manifest.missing.len(), "run")) " missing, "
                (counted(experiment.manifest.failed.len(), "run")) " failed. "
                "Run the scenario again into the same folder to finish it; runs that are done are kept." }
        }
    }
}

fn results(experiment: &Experiment, findings: &Findings<'_>) -> Markup {
    let &Findings { comparisons, groups, replays, plots } = findings;
    html! {
        @if !plots.primary.is_empty() {
            section {
                h2 { (experiment.primary.title) " " span.label { "primary KPI" } }
                @for plot in &plots.primary { (figure(plot)) }
            }
        }
        (tables::by_policy(experiment))
        (tables::differences(experiment, comparisons))
        (replay::section(experiment, replays, plots))
        (groups::section(experiment, groups))
        @if !plots.exploratory.is_empty() {
            section {
                h2 { "More views " span.label { "exploratory" } }
                @for plot in &plots.exploratory { (figure(plot)) }
            }
        }
    }
}

fn method(experiment: &Experiment) -> Markup {
    let manifest = &experiment.manifest;
    html! {
        section.method {
            h2 { "How this was compared" }
            ul {
                li { "Replication " em { "k" } " of every policy sees the same arrivals, sizes and background, draw for draw. "
                    "Differences are taken within replications and then averaged, which removes what the policies have in common." }
                li { "Intervals have a level of 95 %. Those of means are Student's, cut at 0 (and shares at 100 %), where no mean can be. Those of paired differences are bootstrapped over "
                    "replications (4000 resamples, fixed seed, percentiles widened to Student's coverage) where there are 8 to 200 pairs, "
                    "and Student's otherwise." }
                li { "One KPI was declared primary before the runs: " code { (experiment.primary.column) }
                    ". Everything else is exploratory: it suggests questions and settles none." }
                li { "First whether the figures are of the same things: where the share of what fails differs between a policy and the baseline (paired "
                    "t-test at 5 %, or every replication on one side), nothing is called better or worse on a figure that leaves it out. What is unfinished at the horizon "
                    "flatters the policy that has more of it: one that looks better and has more is not called so." }
                li { "Equal: two one-sided paired t-tests say that the mean is within " (three_digits(manifest.relevant_difference * 100.0)) " % of the baseline's. "
                    "Better or worse: the paired t-test says that there is a difference, and its mean is not smaller than that. "
                    "Each at 5 %, each corrected after Holm over all comparisons with the baseline at all sweep points; otherwise open." }
                @if !manifest.chance {
                    li { "Nothing is drawn in this scenario, so that all replications are the same: there is no chance, and there are no p-values and intervals. One replication is enough." }
                }
                li { "An open comparison says how many more replications would settle it with a power of 80 % if the difference "
                    "and its spread stay as they are. Adding replications keeps the runs that are done." }
                li { "Empty cells: nothing to count in these runs. Columns are explained in " code { "dictionary.md" } "." }
            }
        }
    }
}
