//! The verdict: what the primary KPI says, in sentences.

use dapple_records::Kpi;
use maud::{Markup, html};

use crate::comparison::{Comparison, Outcome};
use crate::crossing::{crossing_words, marked_crossings};
use crate::experiment::Experiment;
use crate::quantity::{Dimension, Scale, common_decimals, counted, figure, p_value, signed, whole, with_interval};
use crate::report::words::{badge, interval, more_words, p_words, phrase, settled, share, size};
use crate::statistics::mean;

/// Sweep points that the summary names one by one.
const NAMED_POINTS: usize = 40;

/// Comparisons that get a sentence each; more get a row each.
const SENTENCES: usize = 4;

/// The card at the top of the report.
pub(super) fn card(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    let kpi = experiment.primary;
    let direction = match kpi.less_is_better {
        Some(true) => ", less is better",
        Some(false) => ", more is better",
        None => "",
    };
    html! {
        section.card {
            h2 { "Verdict on the " (phrase(kpi.title)) span.direction { (direction) } }
            @if !experiment.has(kpi.kpi) {
                p { "Open: no run has a value of the primary KPI " code { (kpi.column) } ". The other KPIs are below." }
            } @else if experiment.policies.len() < 2 {
                p { "One policy only: there is nothing to compare it with. " (single(experiment)) }
            } @else if comparisons.is_empty() {
                p { "Open: no policy has a replication in common with the baseline " strong { (experiment.baseline_name()) } "." }
            } @else if experiment.points.len() > 1 {
                (over_sweep(experiment, comparisons))
            } @else {
                @if comparisons.len() <= SENTENCES {
                    ul.verdicts { @for comparison in comparisons { (item(experiment, comparison)) } }
                    (ranking(experiment))
                } @else { (verdict_table(experiment, comparisons)) }
            }
            (unfinished(experiment))
            (claim())
        }
    }
}

/// Says where a time of jobs is a lower bound, because jobs had not ended at the horizon.
fn unfinished(experiment: &Experiment) -> Markup {
    use Kpi::{DataWait, JobTurnaround, JobTurnaroundP50, JobTurnaroundP95, JobWait, JobWaitP95};
    let kpi = experiment.primary.kpi;
    let censored = [JobTurnaround, JobTurnaroundP50, JobTurnaroundP95, JobWait, JobWaitP95, DataWait].contains(&kpi);
    let left = |policy: usize| -> f64 {
        (0..experiment.points.len()).flat_map(|point| experiment.values(point, policy, Kpi::JobsUnfinished)).sum()
    };
    let left: Vec<String> = (0..experiment.policies.len())
        .filter(|policy| left(*policy) > 0.0)
        .map(|policy| format!("{} {}", experiment.name(policy), figure(Dimension::Count, left(policy))))
        .collect();
    html! { @if censored && !left.is_empty() {
        p.note { "Jobs that had not ended at the horizon count with their age there, so these times are lower bounds: "
            (left.join(", ")) " unfinished jobs over all runs. A longer horizon would tell." }
    } }
}

/// What kind of claim this is.
fn claim() -> Markup {
    html! {
        p.claim {
            span.label { "model result: consistency" }
            " These policies were compared inside the model of the grid that the scenario describes. The figures follow from the \
             laws that were put in; they are consistent with them and are neither calibrated to this grid nor predicted out of sample."
        }
    }
}

fn single(experiment: &Experiment) -> Markup {
    let values = experiment.values(0, 0, experiment.primary.kpi);
    html! { @if let Some(mean) = mean(&values) {
        "Mean over " (counted(values.len(), "replication")) ": " strong { (figure(Dimension::of(experiment.primary), mean)) } "."
    } }
}

fn item(experiment: &Experiment, comparison: &Comparison) -> Markup {
    let (word, class) = badge(experiment, comparison.outcome);
    html! { li { span.badge.(class) { (word) } span { (sentence(experiment, comparison)) } } }
}

fn sentence(experiment: &Experiment, comparison: &Comparison) -> Markup {
    let (policy, baseline) = (experiment.name(comparison.policy), experiment.baseline_name());
    let difference = &comparison.difference;
    let what = phrase(experiment.primary.title);
    let dimension = Dimension::of(experiment.primary);
    let (first, second) = (figure(dimension, difference.means.0), figure(dimension, difference.means.1));
    let over = counted(difference.n, "paired replication");
    let fixed = difference.sd == Some(0.0);
    html! {
        @match comparison.outcome {
            Outcome::Lower | Outcome::Higher => {
                strong { (policy) } " has a " strong { (size(dimension, comparison)) } " " (interval(comparison)) (what) " than "
                strong { (baseline) } ": " (first) " instead of " (second) ", over " (over) " ("
                (p_words(comparison.holm)) ")."
                @if fixed { " The difference is the same in every replication: there is little chance in this scenario." }
            }
            Outcome::Open(needed) => {
                "Between " strong { (policy) } " (" (first) ") and " strong { (baseline) } " (" (second) ") the " (what)
                " is open after " (over) ": the difference is " (share(dimension, comparison)) " " (interval(comparison))
                "(" (p_words(comparison.holm)) "). " (settled(needed))
            }
            Outcome::Same => {
                strong { (policy) } " and " strong { (baseline) } " have exactly the same " (what) " (" (first) ") in all " (over) "."
            }
            Outcome::OnePair => {
                strong { (policy) } ": " (first) ", " strong { (baseline) } ": " (second) " (" (share(dimension, comparison))
                "). One replication says nothing about chance: run more."
            }
        }
    }
}

/// A row per comparison, for many policies.
fn verdict_table(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    let dimension = Dimension::of(experiment.primary);
    let of = |class: &str| comparisons.iter().filter(|found| badge(experiment, found.outcome).1 == class).count();
    let counts = [
        (of("better"), "better"),
        (of("worse"), "worse"),
        (of("open"), "open"),
        (of("told"), "equal or without direction"),
    ];
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let shown = common_scale(experiment, comparisons.iter());
    html! {
        p.lead { strong { "Of " (comparisons.len()) " policies: " (counts.join(", ")) } ", against " strong { (experiment.baseline_name()) }
            @if let Some(mean) = mean(&experiment.values(0, experiment.baseline, experiment.primary.kpi)) { " (" (figure(dimension, mean)) ")" } "." }
        div.scroll { table.verdict {
            thead { tr { th { "Policy" } th { "Verdict" } th { "Mean" } th { "Difference" } th { "p, Holm" } th { "Pairs" } th { "More to settle it" } } }
            tbody { @for found in comparisons { tr {
                @let (word, class) = badge(experiment, found.outcome);
                th scope="row" { (experiment.name(found.policy)) }
                td { span.badge.(class) { (word) } }
                td { (figure(dimension, found.difference.means.0)) }
                td { (matrix_cell(experiment, found, shown)) }
                td { (found.holm.map_or_else(String::new, p_value).trim_start_matches("=\u{a0}")) }
                td { (found.difference.n) }
                td { @if let Outcome::Open(Some(more)) = found.outcome { @if more > 5000 { "> 5000" } @else { (whole(more)) } } }
            } } }
        } }
    }
}

/// All policies by their mean.
fn ranking(experiment: &Experiment) -> Markup {
    let kpi = experiment.primary;
    let of = |policy: usize| mean(&experiment.values(0, policy, kpi.kpi)).map(|mean| (policy, mean));
    let mut means: Vec<(usize, f64)> = (0..experiment.policies.len()).filter_map(of).collect();
    if means.len() < 3 {
        return html! {};
    }
    means.sort_by(|a, b| a.1.total_cmp(&b.1));
    if kpi.less_is_better == Some(false) {
        means.reverse();
    }
    html! {
        p.ranking { "By their means: " @for (index, (policy, mean)) in means.iter().enumerate() {
            @if index > 0 { " · " } (experiment.name(*policy)) " " (figure(Dimension::of(kpi), *mean))
        } ". Only the comparisons with the baseline were tested." }
    }
}

fn over_sweep(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    html! {
        ul.verdicts {
            @for policy in experiment.others() {
                @let own: Vec<&Comparison> = comparisons.iter().filter(|comparison| comparison.policy == policy).collect();
                @if !own.is_empty() { (swept_item(experiment, policy, &own, comparisons.len())) }
            }
        }
        @if let Some(sweep) = &experiment.sweep {
            @for facet in &sweep.facets {
                @for crossing in marked_crossings(experiment, facet) {
                    p.crossing { "Crossing: " strong { (crossing_words(experiment, sweep, &crossing)) }
                        @if !facet.label.is_empty() { ", where " (facet.label) } "." }
                }
            }
        }
        (matrix(experiment, comparisons))
    }
}

fn swept_item(experiment: &Experiment, policy: usize, own: &[&Comparison], all: usize) -> Markup {
    let of = |class: &str| own.iter().filter(|comparison| badge(experiment, comparison.outcome).1 == class).count();
    let (better, worse, open, told) = (of("better"), of("worse"), of("open"), of("told"));
    let class = match (better, worse) {
        (1.., 0) => "better",
        (0, 1..) => "worse",
        (0, 0) if open > 0 => "open",
        _ => "told",
    };
    let parts = [(better, "better"), (worse, "worse"), (open, "open"), (told, "equal or without direction")];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{word} at {n}")).collect();
    let word = if class == "told" { "depends" } else { class };
    html! {
        li {
            span.badge.(class) { (word) }
            span { strong { (experiment.name(policy)) } " against " strong { (experiment.baseline_name()) } ": "
                (parts.join(", ")) " of " (counted(own.len(), "sweep point"))
                ", each after Holm correction over all " (all) " comparisons." }
        }
    }
}

/// A row per sweep point, a column per policy.
fn matrix(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    let kpi = experiment.primary;
    let dimension = Dimension::of(kpi);
    let points = experiment.points.len();
    html! {
        div.scroll { table.matrix {
            thead { tr {
                th { "Sweep point" }
                th { (experiment.baseline_name()) " " span.unit { "baseline, mean" } }
                @for policy in experiment.others() { th { (experiment.name(policy)) " " span.unit { "difference" } } }
            } }
            tbody { @for point in 0..points.min(NAMED_POINTS) { tr {
                th scope="row" { (experiment.points[point].label()) }
                td { @if let Some(mean) = mean(&experiment.values(point, experiment.baseline, kpi.kpi)) { (figure(dimension, mean)) } }
                @let shown = common_scale(experiment, comparisons.iter().filter(|found| found.point == point));
                @for policy in experiment.others() {
                    @let found = comparisons.iter().find(|found| found.policy == policy && found.point == point);
                    td { @if let Some(found) = found {
                        (matrix_cell(experiment, found, shown))
                        @if let Outcome::Open(Some(more)) = found.outcome { span.ci { (more_words(more)) } }
                    } }
                }
            } } }
        } }
        @if points > NAMED_POINTS { p.note { "The first " (NAMED_POINTS) " of " (points) " sweep points." } }
    }
}

/// Unit and decimals in which differences of the primary KPI that stand together are told.
fn common_scale<'a>(
    experiment: &Experiment,
    comparisons: impl Iterator<Item = &'a Comparison> + Clone,
) -> (Scale, usize) {
    let largest = comparisons.clone().map(|found| found.difference.mean.abs()).fold(0.0, f64::max);
    let scale = Scale::fitting(Dimension::of(experiment.primary), largest);
    let figures = comparisons.map(|found| (found.difference.mean, found.difference.interval));
    (scale, common_decimals(scale, figures))
}

fn matrix_cell(experiment: &Experiment, comparison: &Comparison, (scale, decimals): (Scale, usize)) -> Markup {
    let dimension = Dimension::of(experiment.primary);
    let (word, class) = badge(experiment, comparison.outcome);
    let difference = &comparison.difference;
    let (shown, span) = with_interval(scale, decimals, difference.mean, difference.interval);
    html! {
        span.mark.(class) title=(word) { (share(dimension, comparison)) }
        span.ci { (signed(shown)) (scale.suffix()) @if let Some(span) = span { " (" (span) ")" } }
    }
}
