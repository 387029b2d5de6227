//! Tables over policies: all KPIs with their intervals, and the differences to the baseline.

use std::fmt::Write;

use maud::{Markup, html};

use dapple_records::{KPIS, KpiInfo};

use crate::badge::Badge;
use crate::comparison::{Comparison, exploratory};
use crate::experiment::Experiment;
use crate::quantity::{Scale, common_decimals, p_value, percent, signed, with_interval};
use crate::report::words::badge_words;
use crate::statistics::Estimate;
use crate::survivors::{self, Survivors};

/// Sweep points that get tables.
pub(super) const POINTS: usize = 12;

/// KPIs that any run has a value of.
fn counted_kpis(experiment: &Experiment) -> Vec<&'static KpiInfo> {
    KPIS.iter().filter(|kpi| experiment.has(kpi.kpi)).collect()
}

/// A button that copies the text beside it.
pub(super) fn copied(id: &str, text: &str) -> Markup {
    html! {
        button.copy type="button" data-copy=(id) hidden { "Copy as TSV" }
        textarea #(id) hidden readonly { "\n" (text) }
    }
}

/// One table per sweep point, all but the first folded.
pub(super) fn per_point(experiment: &Experiment, table: impl Fn(usize) -> Markup) -> Markup {
    let points = experiment.points.len();
    html! {
        @if points == 1 {
            div.scroll { (table(0)) }
        } @else {
            @for point in 0..points.min(POINTS) {
                details open[point == 0] {
                    summary { (experiment.points[point].label()) }
                    div.scroll { (table(point)) }
                }
            }
            @if points > POINTS { p.note { "The first " (POINTS) " of " (points) " sweep points; all are in the TSV and in the table of runs." } }
        }
    }
}

/// Means and intervals of every KPI by policy.
pub(super) fn by_policy(experiment: &Experiment) -> Markup {
    let kpis = counted_kpis(experiment);
    let empty: Vec<&str> = KPIS.iter().filter(|kpi| !experiment.has(kpi.kpi)).map(|kpi| kpi.title).collect();
    html! {
        section {
            h2 { "KPIs by policy" }
            p.note { "Mean over replications"
                @if experiment.most_replications() > 1 { ", with its 95 % confidence interval" } @else { "; one replication, so there are no intervals" }
                ". " (copied("tsv-kpis", &means_tsv(experiment, &kpis))) }
            (per_point(experiment, |point| means_table(experiment, &kpis, point)))
            @if !survivors::told(experiment).is_empty() {
                p.note { "† of other jobs, transfers or reads than the baseline's: what fails differs, and the figure leaves it out." }
            }
            @if !empty.is_empty() { p.note { "Nothing to count in any run: " (empty.join("; ")) "." } }
        }
    }
}

fn means_table(experiment: &Experiment, kpis: &[&'static KpiInfo], point: usize) -> Markup {
    html! {
        table {
            thead { tr {
                th { "KPI" }
                @for policy in 0..experiment.policies.len() {
                    th { (experiment.name(policy)) @if policy == experiment.baseline { " " span.unit { "baseline" } } }
                }
            } }
            tbody { @for kpi in kpis { tr.primary[kpi.kpi == experiment.primary.kpi] {
                @let row = estimates(experiment, kpi, point);
                @let scale = experiment.scale(kpi.kpi);
                (kpi_head(experiment, kpi, scale))
                @let decimals = common_decimals(scale, row.iter().flatten().map(|found| (found.mean, found.interval)));
                @for (policy, found) in row.into_iter().enumerate() {
                    td { @if let Some(found) = found {
                        @let (mean, span) = with_interval(scale, decimals, found.mean, found.interval);
                        span.mean { (mean) } (dagger(experiment, point, policy, kpi))
                        @if let Some(span) = span { span.ci { (span) } }
                    } @else { span.ci { "–" } } }
                }
            } } }
        }
    }
}

/// A sign at a figure that speaks of other jobs, transfers or reads than the baseline's.
fn dagger(experiment: &Experiment, point: usize, policy: usize, kpi: &KpiInfo) -> Markup {
    let found = Some(policy).filter(|policy| *policy != experiment.baseline);
    let found = found.and_then(|policy| Survivors::of(experiment, point, policy, kpi)).filter(Survivors::is_selected);
    html! { @if let Some(found) = found {
        span.apart title=(found.words(experiment.name(policy), experiment.baseline_name())) { "†" }
    } }
}

fn estimates(experiment: &Experiment, kpi: &KpiInfo, point: usize) -> Vec<Option<Estimate>> {
    (0..experiment.policies.len()).map(|policy| experiment.estimate(point, policy, kpi.kpi)).collect()
}

pub(super) fn direction(kpi: &KpiInfo) -> &'static str {
    match kpi.less_is_better {
        Some(true) => "less is better",
        Some(false) => "more is better",
        None => "no direction",
    }
}

fn kpi_head(experiment: &Experiment, kpi: &KpiInfo, scale: Scale) -> Markup {
    html! {
        th scope="row" title={ (kpi.column) ": " (kpi.doc) " (" (direction(kpi)) ")" } {
            (kpi.title) @if !scale.unit.is_empty() { " " span.unit { "[" (scale.unit) "]" } }
            @if kpi.kpi == experiment.primary.kpi { " " span.label { "primary" } }
        }
    }
}

fn means_tsv(experiment: &Experiment, kpis: &[&'static KpiInfo]) -> String {
    let mut text = "sweep_point\tpolicy\tkpi\tunit\treplications\tmean\tci95_low\tci95_high\n".to_owned();
    for point in 0..experiment.points.len() {
        for policy in 0..experiment.policies.len() {
            for kpi in kpis {
                let Some(found) = experiment.estimate(point, policy, kpi.kpi) else { continue };
                let (low, high) = ends(found.interval);
                let (at, name) = (experiment.points[point].label(), experiment.name(policy));
                let row =
                    format!("{at}\t{name}\t{}\t{}\t{}\t{:?}\t{low}\t{high}", kpi.column, kpi.unit, found.n, found.mean);
                writeln!(text, "{row}").expect("strings take all text");
            }
        }
    }
    text
}

pub(super) fn ends(interval: Option<crate::statistics::Interval>) -> (String, String) {
    interval.map_or_else(Default::default, |found| (format!("{:?}", found.low), format!("{:?}", found.high)))
}

/// Paired differences of every KPI to the baseline, by policy.
pub(super) fn differences(experiment: &Experiment, comparisons: &[Comparison]) -> Markup {
    if experiment.policies.len() < 2 {
        return html! {};
    }
    let kpis = counted_kpis(experiment);
    html! {
        section {
            h2 { "Paired differences to " (experiment.baseline_name()) }
            p.note {
                span.mark.better { "Better" } " or " span.mark.worse { "worse" } " than the baseline where the difference is beyond chance and not smaller "
                "than the smallest relevant one; " span.mark.apart { "not comparable" } " where one makes transfers or reads that the other does not, or what fails or does not end differs, so that the figures are "
                "of different jobs, transfers or reads. " strong { "Only the primary KPI is confirmatory" }
                @if experiment.manifest.chance { " (with its Holm-corrected p); all other rows are exploratory: one in twenty looks clear by chance alone. " }
                @else { "; all other rows are exploratory. " }
                (copied("tsv-differences", &differences_tsv(experiment, comparisons, &kpis)))
            }
            (per_point(experiment, |point| differences_table(experiment, comparisons, &kpis, point)))
        }
    }
}

fn differences_table(
    experiment: &Experiment,
    comparisons: &[Comparison],
    kpis: &[&'static KpiInfo],
    point: usize,
) -> Markup {
    let primary = experiment.primary;
    let tested = |policy: usize| comparisons.iter().find(|found| found.policy == policy && found.point == point);
    let row = |kpi: &'static KpiInfo, confirmed: bool| {
        let found = |policy: usize| match tested(policy).filter(|_| confirmed) {
            Some(tested) => Some(tested.clone()),
            None => exploratory(experiment, point, policy, kpi.kpi),
        };
        let cells: Vec<Option<Comparison>> = experiment.others().map(found).collect();
        let differences = || cells.iter().flatten().filter_map(|found| found.difference.as_ref());
        let scale = experiment.scale(kpi.kpi).of_differences();
        let decimals = common_decimals(scale, differences().map(|found| (found.mean, found.interval)));
        html! { tr.primary[confirmed] { (kpi_head(experiment, kpi, scale))
            @for cell in &cells {
                td { @if let Some(found) = cell {
                    (difference_cell(experiment, found, confirmed, (scale, decimals)))
                } @else { span.ci { "–" } } }
            }
        } }
    };
    html! {
        table {
            thead { tr { th { "KPI" } @for policy in experiment.others() { th { (experiment.name(policy)) } } } }
            tbody {
                @if experiment.has(primary.kpi) { (row(primary, true)) }
                tr.divider { th colspan=(experiment.policies.len()) { "Exploratory" } }
                @for kpi in kpis.iter().filter(|kpi| kpi.kpi != primary.kpi) { (row(kpi, false)) }
            }
        }
    }
}

fn difference_cell(
    experiment: &Experiment,
    found: &Comparison,
    confirmed: bool,
    (scale, decimals): (Scale, usize),
) -> Markup {
    let badge = Badge::of(found);
    let words = badge_words(badge, experiment.manifest.relevant_difference);
    let Some(difference) = &found.difference else {
        return html! { span.mark.(badge.class()) title=(found.apart_words(experiment)) { (words) } };
    };
    let (shown, span) = with_interval(scale, decimals, difference.mean, difference.interval);
    let class =
        if matches!(badge, Badge::Better | Badge::Worse | Badge::NotComparable) { badge.class() } else { "plain" };
    let title = (badge == Badge::NotComparable).then(|| found.apart_words(experiment));
    html! {
        span.mark.(class) title=[&title] { @match difference.relative {
            Some(relative) => { (signed(percent(relative))) "\u{a0}%" }
            None => { (signed(shown.clone())) }
        } }
        @if let Some(why) = &title { span.ci.why { (words) ": " (why) } }
        span.ci { (signed(shown)) @if let Some(span) = span { " (" (span) ")" } }
        @if confirmed && badge == Badge::Equal { span.ci { (words) } }
        @if confirmed && let Some(p) = found.p_of_difference() { span.ci { "p\u{a0}" (p_value(p)) } }
    }
}

fn differences_tsv(experiment: &Experiment, comparisons: &[Comparison], kpis: &[&'static KpiInfo]) -> String {
    let head = "sweep_point\tpolicy\tbaseline\tkpi\tunit\tpairs\tdifference\tci95_low\tci95_high\trelative\tp_holm\tverdict\tstatus\n";
    let mut text = head.to_owned();
    let baseline = experiment.baseline_name();
    // Beyond the tables shown only the primary KPI is told: bootstraps of all KPIs at thousands of points take long.
    for point in 0..experiment.points.len() {
        for policy in experiment.others() {
            for kpi in kpis.iter().filter(|kpi| point < POINTS || kpi.kpi == experiment.primary.kpi) {
                let confirmed = kpi.kpi == experiment.primary.kpi;
                let tested =
                    comparisons.iter().find(|found| confirmed && found.policy == policy && found.point == point);
                let found = tested.cloned().or_else(|| exploratory(experiment, point, policy, kpi.kpi));
                let Some(comparison) = found else { continue };
                let verdict = Badge::of(&comparison).word();
                let p = comparison.p.filter(|_| confirmed).map_or_else(String::new, |p| format!("{p:?}"));
                let Some(found) = comparison.difference else { continue };
                let (low, high) = ends(found.interval);
                let relative = found.relative.map_or_else(String::new, |share| format!("{share:?}"));
                let status = if confirmed { "confirmatory" } else { "exploratory" };
                let (at, name) = (experiment.points[point].label(), experiment.name(policy));
                let what = format!("{at}\t{name}\t{baseline}\t{}\t{}", kpi.column, kpi.unit);
                let figures =
                    format!("{}\t{:?}\t{low}\t{high}\t{relative}\t{p}\t{verdict}\t{status}", found.n, found.mean);
                writeln!(text, "{what}\t{figures}").expect("strings take all text");
            }
        }
    }
    text
}
