//! The page: what stands where.

use maud::{Markup, html};

use crate::comparison::Comparison;
use crate::experiment::Experiment;
use crate::page::{document, figure};
use crate::plots::Plots;
use crate::quantity::counted;
use crate::report::{books, scenario, tables, verdict};

/// The whole report.
pub(super) fn page(
    experiment: &Experiment,
    comparisons: &[Comparison],
    plots: &Plots,
    origins: &scenario::Origins,
) -> Markup {
    let manifest = &experiment.manifest;
    let main = html! {
        @if experiment.n_runs() == 0 {
            (nothing(experiment))
        } @else {
            (verdict::card(experiment, comparisons))
            (scenario::in_words(manifest, origins))
            (results(experiment, comparisons, plots))
        }
        (books::runs(experiment, &plots.notes))
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

fn results(experiment: &Experiment, comparisons: &[Comparison], plots: &Plots) -> Markup {
    html! {
        @if !plots.primary.is_empty() {
            section {
                h2 { (experiment.primary.title) " " span.label { "primary KPI" } }
                @for plot in &plots.primary { (figure(plot)) }
            }
        }
        (tables::by_policy(experiment))
        (tables::differences(experiment, comparisons))
        @if !plots.exploratory.is_empty() {
            section {
                h2 { "More views " span.label { "exploratory" } }
                @for plot in &plots.exploratory { (figure(plot)) }
            }
        }
    }
}

fn method(experiment: &Experiment) -> Markup {
    html! {
        section.method {
            h2 { "How this was compared" }
            ul {
                li { "Replication " em { "k" } " of every policy sees the same arrivals, sizes and background, draw for draw. "
                    "Differences are taken within replications and then averaged, which removes what the policies have in common." }
                li { "Intervals have a level of 95 %. Those of means are Student's. Those of paired differences are bootstrapped over "
                    "replications (4000 resamples, fixed seed, percentiles widened to Student's coverage) where there are 8 to 200 pairs, "
                    "and Student's otherwise." }
                li { "One KPI was declared primary before the runs: " code { (experiment.primary.column) }
                    ". Its p-values are those of the paired t-test, corrected after Holm over all comparisons with the baseline at all "
                    "sweep points. Everything else is exploratory: it suggests questions and settles none." }
                li { "An open comparison says how many more replications would settle it with a power of 80 % if the difference "
                    "and its spread stay as they are. Adding replications keeps the runs that are done." }
                li { "Empty cells: nothing to count in these runs. Columns are explained in " code { "dictionary.md" } "." }
            }
        }
    }
}
