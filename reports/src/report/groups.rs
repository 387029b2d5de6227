//! KPIs by workload, origin of transfers, site and link: each policy, and its difference to the baseline.

use std::fmt::Write;

use dapple_records::{GroupBy, Kpi, KpiInfo};
use maud::{Markup, html};

use crate::badge::Badge;
use crate::comparison::{Comparison, exploratory_in};
use crate::experiment::Experiment;
use crate::groups::{Group, Groups, TOLD};
use crate::quantity::{common_decimals, counted, percent, signed, with_interval};
use crate::report::tables::{copied, direction, ends, per_point};

/// Groups of a dimension that are shown.
const SHOWN: usize = 12;

/// The section; nothing where runs have no groups that tell more than the runs themselves.
pub(super) fn section(experiment: &Experiment, groups: &Groups) -> Markup {
    let dimensions: Vec<(GroupBy, Vec<&Group>)> = GroupBy::ALL
        .into_iter()
        .map(|by| (by, groups.all.iter().filter(|group| group.by == by).collect::<Vec<_>>()))
        // The only workload, origin or site has the figures of the runs; a link's use is told of it alone.
        .filter(|(by, groups)| groups.len() >= if *by == GroupBy::Link { 1 } else { 2 })
        .collect();
    html! { @if !dimensions.is_empty() {
        section {
            h2 { "KPIs by group " span.label { "exploratory" } }
            p.note {
                "Means over replications with their 95 % confidence intervals; of all policies but the baseline, the paired difference to it. "
                "Each was tested without correction for their number: one in twenty looks clear by chance alone. "
                "Where policies make other transfers or reads, their times are not compared. "
                (copied("tsv-groups", &tsv(experiment, &groups.all)))
            }
            @for (index, (by, found)) in dimensions.iter().enumerate() {
                @let count = groups.counts.get(by).copied().unwrap_or_default();
                details open[index == 0] {
                    summary { (heading(*by)) ": " (counted(count, noun(*by))) }
                    (per_point(experiment, |point| table(experiment, found, point)))
                    @if count > SHOWN { p.note { "The first " (SHOWN) " of " (count) "; the first " (TOLD) " are in the TSV, all in the tables " code { "run-<id>/groups" } "." } }
                }
            }
        }
    } }
}

fn heading(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Workload => "By workload",
        GroupBy::Origin => "Transfers that workloads ask for, and those made for jobs",
        GroupBy::Site => "By site",
        GroupBy::Link => "By link",
    }
}

fn noun(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Workload => "workload",
        GroupBy::Origin => "origin",
        GroupBy::Site => "site",
        GroupBy::Link => "link",
    }
}

fn name(group: &Group) -> &str {
    match (group.by, group.name.as_str()) {
        (GroupBy::Origin, "own") => "Asked for by a workload",
        (GroupBy::Origin, "placement") => "Placements for jobs",
        (_, name) => name,
    }
}

/// What a KPI is called in a group.
fn title(group: &Group, kpi: &KpiInfo) -> &'static str {
    match (group.by, kpi.kpi) {
        (GroupBy::Link, Kpi::BusiestLink) => "Mean use",
        (GroupBy::Link, Kpi::WanBytes) => "Bytes carried",
        _ => kpi.title,
    }
}

fn table(experiment: &Experiment, groups: &[&Group], point: usize) -> Markup {
    html! {
        table {
            thead { tr {
                th { "KPI" }
                @for policy in 0..experiment.policies.len() {
                    th { (experiment.name(policy)) @if policy == experiment.baseline { " " span.unit { "baseline" } } }
                }
            } }
            tbody { @for group in groups.iter().take(SHOWN) {
                tr.divider { th colspan=(experiment.policies.len() + 1) { (name(group)) } }
                @for kpi in group.kpis() { (row(experiment, group, kpi.info(), point)) }
            } }
        }
    }
}

fn row(experiment: &Experiment, group: &Group, kpi: &'static KpiInfo, point: usize) -> Markup {
    let own = &group.experiment;
    let means: Vec<_> = (0..own.policies.len()).map(|policy| own.estimate(point, policy, kpi.kpi)).collect();
    let scale = experiment.scale(kpi.kpi);
    let decimals = common_decimals(scale, means.iter().flatten().map(|found| (found.mean, found.interval)));
    html! { tr {
        th scope="row" title={ (kpi.column) ": " (kpi.doc) " (" (direction(kpi)) ")" } {
            (title(group, kpi)) @if !scale.unit.is_empty() { " " span.unit { "[" (scale.unit) "]" } }
        }
        @for (policy, found) in means.iter().enumerate() {
            td { @if let Some(found) = found {
                @let (mean, span) = with_interval(scale, decimals, found.mean, found.interval);
                span.mean { (mean) }
                @if let Some(span) = span { span.ci { (span) } }
                @if policy != own.baseline && let Some(found) = exploratory_in(experiment, own, point, policy, kpi.kpi) { (difference(own, &found)) }
            } @else { span.ci { "–" } } }
        }
    } }
}

/// The relative difference with its interval, or why there is none to tell.
fn difference(own: &Experiment, found: &Comparison) -> Markup {
    let badge = Badge::of(found);
    let class = if matches!(badge, Badge::Better | Badge::Worse) { badge.class() } else { "plain" };
    html! {
        @if badge == Badge::NotComparable {
            span.ci.why { (badge.word()) ": " (found.apart_words(own)) }
        } @else if let Some(difference) = &found.difference && let Some(relative) = difference.relative {
            span.mark.(class) { (signed(percent(relative))) "\u{a0}%" }
            @if let Some(interval) = difference.relative_interval {
                span.ci { (signed(percent(interval.low))) " to " (signed(percent(interval.high))) "\u{a0}%" }
            }
        }
    }
}

fn tsv(experiment: &Experiment, groups: &[Group]) -> String {
    let mut text =
        "grouped_by\tgroup\tsweep_point\tpolicy\tkpi\tunit\treplications\tmean\tci95_low\tci95_high\tdifference\t\
                    difference_ci95_low\tdifference_ci95_high\tverdict\n"
            .to_owned();
    for group in groups {
        let own = &group.experiment;
        for point in 0..experiment.points.len() {
            for policy in 0..experiment.policies.len() {
                for kpi in group.kpis() {
                    let Some(found) = own.estimate(point, policy, kpi) else { continue };
                    let (low, high) = ends(found.interval);
                    let compared =
                        exploratory_in(experiment, own, point, policy, kpi).filter(|_| policy != own.baseline);
                    let verdict = compared.as_ref().map_or("", |found| Badge::of(found).word());
                    let paired = compared.and_then(|found| found.difference);
                    let difference = paired.map_or_else(String::new, |found| format!("{:?}", found.mean));
                    let (from, to) = ends(paired.and_then(|found| found.interval));
                    let (at, policy) = (experiment.points[point].label(), experiment.name(policy));
                    let head = format!("{}\t{}\t{at}\t{policy}", group.by.word(), group.name);
                    let what = format!("{}\t{}\t{}", kpi.info().column, kpi.info().unit, found.n);
                    let mean = format!("{:?}\t{low}\t{high}", found.mean);
                    writeln!(text, "{head}\t{what}\t{mean}\t{difference}\t{from}\t{to}\t{verdict}")
                        .expect("strings take all text");
                }
            }
        }
    }
    text
}
