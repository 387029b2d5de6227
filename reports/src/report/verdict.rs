//! The verdict: what the primary KPI says, in sentences.

use maud::{Markup, html};

use crate::badge::Badge;
use crate::comparison::{Comparison, Outcome};
use crate::crossing::{crossing_words, marked_crossings};
use crate::experiment::Experiment;
use crate::quantity::{
    Dimension, Scale, common_decimals, counted, figure, p_value, percent, signed, three_digits, whole, with_interval,
};
use crate::report::words::{badge_words, interval, more_words, p_words, phrase, settled, share, size};
use crate::statistics::{Paired, mean};
use crate::survivors;

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
            @for sentence in survivors::told(experiment) { p.first { (sentence) } }
            @if !experiment.has(kpi.kpi) {
                p { "Open: no run has a value of the primary KPI " code { (kpi.column) } ". The other KPIs are below." }
            } @else if experiment.policies.len() < 2 {
                p { "One policy only: there is nothing to compare it with. " (single(experiment)) }
            } @else if comparisons.is_empty() {
                p { "Open: no policy has a replication in common with the baseline " strong { (experiment.baseline_name()) } "." }
            } @else if experiment.tried_points() > 1 {
                (over_sweep(experiment, comparisons))
            } @else {
                @if comparisons.len() <= SENTENCES {
                    ul.verdicts { @for comparison in comparisons { (item(experiment, comparison)) } }
                    (ranking(experiment, comparisons))
                } @else { (verdict_table(experiment, comparisons)) }
            }
            (unfinished(experiment))
            (relevance(experiment, comparisons))
            (claim())
        }
    }
}

/// What is held to be a difference.
fn relevance(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    html! { @if !comparisons.is_empty() {
        p.note { "Smallest relevant difference: " (three_digits(experiment.manifest.relevant_difference * 100.0)) "\u{a0}% of the baseline's mean ("
            code { "experiment.relevant_difference" } "). A smaller one is called equal where the replications show it, and never better or worse." }
    } }
}

/// Says where a figure is a lower bound, because something had not ended at the horizon, and what would tell.
fn unfinished(experiment: &Experiment) -> Markup {
    let kpi = experiment.primary;
    let population = kpi.over.iter().find(|population| experiment.populations.contains(population));
    let Some(population) = population.filter(|population| population.unfinished() != kpi.kpi) else { return html! {} };
    let left = |policy: usize| -> f64 {
        (0..experiment.points.len()).flat_map(|point| experiment.values(point, policy, population.unfinished())).sum()
    };
    let left: Vec<String> = (0..experiment.policies.len())
        .filter(|policy| left(*policy) > 0.0)
        .map(|policy| format!("{} {}", experiment.name(policy), figure(Dimension::Count, left(policy))))
        .collect();
    let things = format!("{}s", population.noun());
    html! { @if !left.is_empty() {
        p.note { "Unfinished at the horizon, over all runs: " (left.join(", ")) " " (things) ". "
            @if kpi.doc.contains("age at the horizon") || kpi.doc.contains("otherwise as job_turnaround") {
                "They count with their age there, so these times are lower bounds. "
            } @else { "The figures leave out what they would have been. " }
            (remedy(experiment)) }
    } }
}

/// What would let everything end.
fn remedy(experiment: &Experiment) -> Markup {
    let endless = &experiment.manifest.endless;
    html! {
        @if endless.is_empty() { "A longer horizon would tell." }
        @else {
            "Arrivals of " @for (index, name) in endless.iter().enumerate() { @if index > 0 { ", " } code { (name) } }
            " go on until the horizon, so that some are unfinished whenever it is: end them before it, with "
            code { "until" } " (" code { "count" } " for " code { "Every" } "), and all can end."
        }
    }
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
        "Mean over " (counted(values.len(), "replication")) ": " strong { (experiment.primary_figure(mean)) } "."
    } }
}

fn item(experiment: &Experiment, comparison: &Comparison) -> Markup {
    html! { li { (badge(experiment, Badge::of(comparison))) span { (sentence(experiment, comparison)) } } }
}

fn badge(experiment: &Experiment, badge: Badge) -> Markup {
    html! { span.badge.(badge.class()) { (badge_words(badge, experiment.manifest.relevant_difference)) } }
}

fn sentence(experiment: &Experiment, comparison: &Comparison) -> Markup {
    let (policy, baseline) = (experiment.name(comparison.policy), experiment.baseline_name());
    let what = phrase(experiment.primary.title);
    let Some(difference) = &comparison.difference else {
        return html! { strong { (policy) } " has no " (what) " to compare with that of " strong { (baseline) } ": "
        (comparison.apart_words(experiment)) "." };
    };
    let (kpi, scale) = (experiment.primary, experiment.scale(experiment.primary.kpi));
    let (first, second) = (scale.figure(difference.means.0), scale.figure(difference.means.1));
    let over = counted(difference.n, "paired replication");
    let relevant = format!("{}\u{a0}%", three_digits(experiment.manifest.relevant_difference * 100.0));
    let tested = |p: Option<f64>| match p {
        Some(p) => format!("over {over} ({})", p_words(p)),
        None => "the same in every replication: nothing is drawn in this scenario".to_owned(),
    };
    html! {
        @match comparison.outcome {
            Outcome::Lower | Outcome::Higher => {
                strong { (policy) } " has a " strong { (size(kpi, scale, difference)) } " " (interval(comparison.outcome, difference)) (what) " than "
                strong { (baseline) } ": " (first) " instead of " (second) ", " (tested(comparison.p)) "."
            }
            Outcome::Within => {
                "The " (what) " of " strong { (policy) } " (" (first) ") and of " strong { (baseline) } " (" (second)
                ") differ by " strong { "less than " (relevant) } ", the smallest relevant difference"
                @if let Some(range) = difference.relative_interval { " (95\u{a0}% CI " (signed(percent(range.low))) " to " (signed(percent(range.high))) "\u{a0}%)" }
                ", " (tested(comparison.equal_p)) "."
            }
            Outcome::Open(needed) => {
                "Between " strong { (policy) } " (" (first) ") and " strong { (baseline) } " (" (second) ") the " (what)
                " is open after " (over) ": the difference is " (share(scale, difference)) " " (interval(comparison.outcome, difference))
                @if let Some(p) = comparison.p { "(" (p_words(p)) ")" (open_words(comparison, difference, experiment.manifest.relevant_difference)) "." }
                " " (settled(needed))
            }
            Outcome::Same => {
                strong { (policy) } " and " strong { (baseline) } " have exactly the same " (what) " (" (first) ") in all " (over) "."
            }
            Outcome::OnePair => {
                strong { (policy) } ": " (first) ", " strong { (baseline) } ": " (second) " (" (share(scale, difference))
                "). One replication says nothing about chance: run more."
            }
            Outcome::Incomparable => {
                "No verdict on the " (what) ": " (comparison.apart_words(experiment)) ". The figures, " (first) " under "
                strong { (policy) } " and " (second) " under " strong { (baseline) } ", are not of the same " (comparison.things()) "."
            }
        }
        @if let Some(alike) = comparison.survivors.filter(|_| comparison.is_comparable()).and_then(|of| of.alike_words(policy, baseline)) {
            " In it " (alike) "."
        }
    }
}

/// What keeps an open comparison from being settled.
fn open_words(comparison: &Comparison, difference: &Paired, share: f64) -> String {
    let relevant = format!("{}\u{a0}%", three_digits(share * 100.0));
    if !comparison.is_beyond_chance() {
        return format!(", neither shown to be there nor to be below {relevant}");
    }
    match difference.relative {
        Some(found) if found.abs() >= share => ": the test tells it from chance, its interval does not".into(),
        _ => {
            format!(": it is beyond chance, but below {relevant} as measured, and not shown to be below or above that")
        }
    }
}

/// A row per comparison, for many policies.
fn verdict_table(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    let badges: Vec<Badge> = comparisons.iter().map(Badge::of).collect();
    let relevant = experiment.manifest.relevant_difference;
    let counts: Vec<String> =
        Badge::counts(&badges).into_iter().map(|(badge, n)| format!("{n} {}", badge_words(badge, relevant))).collect();
    let shown = common_scale(experiment, comparisons.iter());
    html! {
        p.lead { strong { "Of " (comparisons.len()) " policies: " (counts.join(", ")) } ", against " strong { (experiment.baseline_name()) }
            @if let Some(mean) = mean(&experiment.values(0, experiment.baseline, experiment.primary.kpi)) { " (" (experiment.primary_figure(mean)) ")" } "." }
        div.scroll { table.verdict {
            thead { tr { th { "Policy" } th { "Verdict" } th { "Mean" } th { "Difference" } th { "p, Holm" } th { "Pairs" } th { "More to settle it" } } }
            tbody { @for found in comparisons { tr {
                th scope="row" { (experiment.name(found.policy)) }
                td { (badge(experiment, Badge::of(found))) @if !found.is_comparable() { span.ci { (found.apart_words(experiment)) } } }
                td { @if let Some(difference) = &found.difference { (experiment.primary_figure(difference.means.0)) } @else { "–" } }
                td { (matrix_cell(experiment, found, shown)) }
                td { @if let Some(p) = found.p_of_difference() { (p_value(p).trim_start_matches("=\u{a0}")) } }
                td { (found.difference.map_or(0, |difference| difference.n)) }
                td { @if let Outcome::Open(Some(more)) = found.outcome { @if more > 5000 { "> 5000" } @else { (whole(more)) } } }
            } } }
        } }
    }
}

/// All policies by their mean that can be compared.
fn ranking(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    let kpi = experiment.primary;
    let apart = |policy: &usize| comparisons.iter().any(|found| found.policy == *policy && !found.is_comparable());
    let of = |policy: usize| mean(&experiment.values(0, policy, kpi.kpi)).map(|mean| (policy, mean));
    let ranked = (0..experiment.policies.len()).filter(|policy| !apart(policy));
    let mut means: Vec<(usize, f64)> = ranked.filter_map(of).collect();
    if means.len() < 3 {
        return html! {};
    }
    means.sort_by(|a, b| a.1.total_cmp(&b.1));
    if kpi.less_is_better == Some(false) {
        means.reverse();
    }
    html! {
        p.ranking { "By their means: " @for (index, (policy, mean)) in means.iter().enumerate() {
            @if index > 0 { " · " } (experiment.name(*policy)) " " (experiment.primary_figure(*mean))
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
    let points = experiment.tried_points();
    let mut badges: Vec<Badge> = own.iter().map(|comparison| Badge::of(comparison)).collect();
    // Nothing is known where one of the two has no figure, or all runs failed.
    let silent = points.saturating_sub(badges.len());
    badges.resize(points, Badge::Open);
    let relevant = experiment.manifest.relevant_difference;
    let counts = Badge::counts(&badges);
    let parts: Vec<String> =
        counts.into_iter().map(|(badge, n)| format!("{} at {n}", badge_words(badge, relevant))).collect();
    html! {
        li {
            (badge(experiment, Badge::of_points(&badges)))
            span { strong { (experiment.name(policy)) } " against " strong { (experiment.baseline_name()) } ": "
                (parts.join(", ")) " of " (counted(points, "sweep point"))
                @if silent > 0 { " (" (silent) " without figures to compare)" }
                @if experiment.manifest.chance { ", each after Holm correction over all " (all) " comparisons" } "." }
        }
    }
}

/// A row per sweep point, a column per policy.
fn matrix(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    let kpi = experiment.primary;
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
                td { @if let Some(mean) = mean(&experiment.values(point, experiment.baseline, kpi.kpi)) { (experiment.primary_figure(mean)) } }
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
    let differences = comparisons.filter_map(|found| found.difference.as_ref());
    let scale = experiment.scale(experiment.primary.kpi).of_differences();
    (scale, common_decimals(scale, differences.map(|found| (found.mean, found.interval))))
}

fn matrix_cell(experiment: &Experiment, comparison: &Comparison, shown: (Scale, usize)) -> Markup {
    let badge = Badge::of(comparison);
    let words = badge_words(badge, experiment.manifest.relevant_difference);
    html! {
        @match (&comparison.difference, badge) {
            (Some(difference), Badge::NotComparable) => {
                span.mark.(badge.class()) { (words) } span.ci { (comparison.apart_words(experiment)) "; the figures differ by " (share(experiment.scale(experiment.primary.kpi), difference)) }
            }
            (None, _) => { span.mark.(badge.class()) { (words) } span.ci { (comparison.apart_words(experiment)) } }
            (Some(difference), Badge::Equal) => { span.mark.(badge.class()) { (words) } (told_difference(shown, difference)) }
            (Some(difference), _) => {
                span.mark.(badge.class()) title=(words) { (share(experiment.scale(experiment.primary.kpi), difference)) }
                (told_difference(shown, difference))
            }
        }
    }
}

fn told_difference((scale, decimals): (Scale, usize), difference: &Paired) -> Markup {
    let (shown, span) = with_interval(scale, decimals, difference.mean, difference.interval);
    html! { span.ci { (signed(shown)) (scale.suffix()) @if let Some(span) = span { " (" (span) ")" } } }
}
