//! What ran and what did not, the conservation counters, and the manifest.

use maud::{Markup, html};

use dapple_records::{Counters, FailedRun};

use crate::experiment::Experiment;
use crate::quantity::{Dimension, counted, figure, number, three_digits, whole};
use crate::survivors;

/// Failed or missing runs that are listed.
const LISTED: usize = 50;

/// Failed and missing runs and warnings; nothing where all is well.
pub(super) fn runs(experiment: &Experiment, notes: &[String]) -> Markup {
    let manifest = &experiment.manifest;
    let broken: Vec<(&str, String)> =
        manifest.runs.iter().filter_map(|run| run.counters.violation().map(|law| (run.id.as_str(), law))).collect();
    let told = survivors::told(experiment);
    if manifest.failed.is_empty()
        && told.is_empty()
        && manifest.missing.is_empty()
        && manifest.warnings.is_empty()
        && notes.is_empty()
        && broken.is_empty()
    {
        return html! {};
    }
    html! {
        section.attention #attention {
            h2 { "For attention" }
            @if !told.is_empty() {
                h3 { "What fails differs between policies: figures over the rest are of different things" }
                ul { @for sentence in &told { li { (sentence) } } }
            }
            @if !broken.is_empty() {
                h3 { "Books that do not balance: results of these runs are not to be trusted" }
                ul {
                    @for (id, law) in broken.iter().take(LISTED) { li { code { (id) } ": " (law) } }
                    @if broken.len() > LISTED { li { "and " (broken.len() - LISTED) " more" } }
                }
            }
            @if !manifest.failed.is_empty() { (failed(&manifest.failed)) }
            @if !manifest.missing.is_empty() {
                h3 { (counted(manifest.missing.len(), "run")) " not done yet" }
                p { "Run the scenario again into the same folder to finish them. "
                    @for id in manifest.missing.iter().take(12) { code { (id) } " " }
                    @if manifest.missing.len() > 12 { "and " (manifest.missing.len() - 12) " more, all in " code { "manifest.json" } } }
            }
            @if !manifest.warnings.is_empty() {
                h3 { "Warnings" }
                ul { @for warning in &manifest.warnings { li { (warning) } } }
            }
            @if !notes.is_empty() {
                h3 { "Recorded tables that could not be read" }
                ul { @for note in notes { li { (note) } } }
            }
        }
    }
}

fn failed(failed: &[FailedRun]) -> Markup {
    html! {
        h3 { (counted(failed.len(), "failed run")) ": they are left out of every figure" }
        div.scroll { table.left {
            thead { tr { th { "Policy" } th { "Replication" } th { "Sweep point" } th { "Seed" } th { "Run" } th { "Error" } } }
            tbody { @for run in failed.iter().take(LISTED) { tr {
                td { (run.policy) } td { (run.replication) }
                td { @for (index, at) in run.sweep.iter().enumerate() { @if index > 0 { ", " } (at.path) " = " (at.text) } }
                td { (run.seed) } td { code { (run.id) } } td { (run.error) }
            } } }
        } }
        @if failed.len() > LISTED { p.note { (LISTED) " shown, " (failed.len() - LISTED) " more in " code { "manifest.json" } "." } }
    }
}

/// Name, dimension and value of each counter.
type Row = (&'static str, Dimension, fn(&Counters) -> u64);

const ROWS: [Row; 24] = [
    ("Bytes sent", Dimension::Bytes, |c| c.bytes_sent),
    ("Bytes received", Dimension::Bytes, |c| c.bytes_received),
    ("Bytes lost to failures", Dimension::Bytes, |c| c.bytes_lost),
    ("Bytes in flight at the horizon", Dimension::Bytes, |c| c.bytes_in_flight),
    ("Flows started", Dimension::Count, |c| c.flows_started),
    ("Flows done", Dimension::Count, |c| c.flows_done),
    ("Flows in flight at the horizon", Dimension::Count, |c| c.flows_in_flight),
    ("Flows stalled at the horizon", Dimension::Count, |c| c.flows_stalled),
    ("Jobs submitted", Dimension::Count, |c| c.jobs_submitted),
    ("Jobs done", Dimension::Count, |c| c.jobs_done),
    ("Jobs failed", Dimension::Count, |c| c.jobs_failed),
    ("Jobs left at the horizon", Dimension::Count, |c| c.jobs_left),
    ("Requests created", Dimension::Count, |c| c.requests_created),
    ("Requests done", Dimension::Count, |c| c.requests_done),
    ("Requests failed", Dimension::Count, |c| c.requests_failed),
    ("Requests left at the horizon", Dimension::Count, |c| c.requests_left),
    ("Rules asked for", Dimension::Count, |c| c.rules_created),
    ("Rules refused", Dimension::Count, |c| c.rules_refused),
    ("Rules deleted", Dimension::Count, |c| c.rules_deleted),
    ("Rules left at the horizon", Dimension::Count, |c| c.rules_left),
    ("Locks made", Dimension::Count, |c| c.locks_made),
    ("Locks gone", Dimension::Count, |c| c.locks_gone),
    ("Locks left at the horizon", Dimension::Count, |c| c.locks_left),
    ("Space used at the horizon", Dimension::Bytes, |c| c.space_used_bytes),
];

/// Conservation counters, summed over the runs of each policy.
pub(super) fn counters(experiment: &Experiment) -> Markup {
    let runs = &experiment.manifest.runs;
    let of = |policy: &str| runs.iter().filter(|run| run.policy == policy).map(|run| &run.counters).collect::<Vec<_>>();
    let by_policy: Vec<Vec<&Counters>> = experiment.policies.iter().map(|policy| of(policy)).collect();
    let balanced = runs.iter().all(|run| run.counters.violation().is_none());
    let events: f64 = runs.iter().map(|run| run.events as f64).sum();
    html! {
        section {
            h2 { "Books" }
            p.note {
                @if balanced { "What enters leaves exactly once or is still there at the horizon: all four laws hold in all " (counted(runs.len(), "run")) ". " }
                "Sums over all runs of a policy, warm-up included; " (number(events, 0)) " events were handled."
            }
            details {
                summary { "Conservation counters" }
                div.scroll { table {
                    thead { tr { th { "Counter" } @for (name, runs) in experiment.policies.iter().zip(&by_policy) {
                        th { (name) " " span.unit { (counted(runs.len(), "run")) } }
                    } } }
                    tbody { @for (name, dimension, value) in ROWS { tr {
                        th scope="row" { (name) }
                        @for runs in &by_policy { td { (total(runs, dimension, value)) } }
                    } } }
                } }
            }
        }
    }
}

fn total(runs: &[&Counters], dimension: Dimension, value: fn(&Counters) -> u64) -> String {
    let sum: u128 = runs.iter().map(|counters| u128::from(value(counters))).sum();
    if dimension == Dimension::Bytes {
        figure(dimension, sum as f64)
    } else {
        whole(u64::try_from(sum).unwrap_or(u64::MAX))
    }
}

/// The manifest: versions, seeds, the commands that made it, and the scenario as written and as resolved.
pub(super) fn manifest(experiment: &Experiment, commands: &Markup) -> Markup {
    let manifest = &experiment.manifest;
    let rows: [(&str, String); 7] = [
        ("dapple", manifest.dapple_version.clone()),
        ("Schema version", manifest.schema_version.to_string()),
        ("Scenario hash", manifest.scenario_hash.clone()),
        ("Seed of the first replication", manifest.seed.to_string()),
        ("Policies", experiment.policies.join(", ")),
        ("Primary KPI", manifest.primary_kpi.clone()),
        ("Smallest relevant difference", format!("{}\u{a0}%", three_digits(manifest.relevant_difference * 100.0))),
    ];
    html! {
        section {
            h2 { "Scenario and manifest" }
            dl { @for (name, value) in rows { dt { (name) } dd { (value) } } (commands) }
            details { summary { "Scenario, as written" } pre { (manifest.scenario) } }
            details { summary { "Scenario, resolved with all defaults" } pre { (manifest.resolved) } }
        }
    }
}
