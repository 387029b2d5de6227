//! The section on a replayed log: how near the simulation comes to what the log says.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::experiment::Experiment;
use crate::page::figure;
use crate::plots::{POINT_PLOTS, Plots};
use crate::quantity::{Dimension, counted, figure as told, number};
use crate::replay::{Nearness, Replay, Timed};

/// Places that get a row each.
const PLACES: usize = 24;

/// Simulated against logged durations; nothing where no log knows durations.
pub(super) fn section(experiment: &Experiment, replays: &[Replay], plots: &Plots) -> Markup {
    html! { @if !replays.is_empty() {
        section {
            h2 { "Simulated against logged" }
            p.note { "The log knows how long things took. FoGP(0.3) is the fraction whose simulated duration lies within 30 % of that; what failed or had not ended at the \
                horizon is not among them. First replication, at the first sweep point. This is a prediction only where nothing in the scenario was chosen with these \
                rows in view; else it is a calibration." }
            @for replay in replays {
                h3 { (replay.what) }
                (by_policy(experiment, replay))
                (by_place(experiment, replay))
            }
            @for plot in &plots.replay { (figure(plot)) }
            @for replay in replays {
                @let more = replay.by_policy.len().saturating_sub(POINT_PLOTS);
                @if more > 0 { p.note { (replay.what) " under " (POINT_PLOTS) " policies are drawn, " (more) " more are in the table." } }
            }
        }
    } }
}

fn by_policy(experiment: &Experiment, replay: &Replay) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Policy" } th { "Replayed" } th { "Not ended" } th { "FoGP(0.3)" } th { "Simulated over logged, median" } th { "10 % to 90 %" } } }
            tbody { @for (policy, timed) in &replay.by_policy { tr {
                @let near = Nearness::of(timed.iter());
                th scope="row" { (experiment.name(*policy)) }
                td { (told(Dimension::Count, near.n as f64)) }
                td { (told(Dimension::Count, near.not_ended as f64)) }
                td { (told(Dimension::Share, near.good)) }
                td { (ratio(near.ratio.map(|[_, median, _]| median))) }
                td { @if let Some([low, _, high]) = near.ratio { (ratio(Some(low))) " to " (ratio(Some(high))) } }
            } } }
        } }
    }
}

/// A row per place, those with the most rows of the log first.
fn by_place(experiment: &Experiment, replay: &Replay) -> Markup {
    let mut places: BTreeMap<&str, BTreeMap<usize, Vec<&Timed>>> = BTreeMap::new();
    for (policy, timed) in &replay.by_policy {
        for at in timed {
            places.entry(&at.place).or_default().entry(*policy).or_default().push(at);
        }
    }
    let most = |by_policy: &BTreeMap<usize, Vec<&Timed>>| by_policy.values().map(Vec::len).max().unwrap_or(0);
    let mut places: Vec<(&str, BTreeMap<usize, Vec<&Timed>>)> = places.into_iter().collect();
    places.sort_by_key(|(_, by_policy)| std::cmp::Reverse(most(by_policy)));
    let left_out = places.len().saturating_sub(PLACES);
    html! { @if places.len() > 1 {
        details {
            summary { "By " (replay.place) ": " (counted(places.len(), replay.place)) }
            div.scroll { table {
                thead { tr { th { (capital(replay.place)) } th { "Replayed" }
                    @for (policy, _) in &replay.by_policy { th { (experiment.name(*policy)) " " span.unit { "FoGP(0.3), median ratio" } } }
                } }
                tbody { @for (place, by_policy) in places.iter().take(PLACES) { tr {
                    th scope="row" { (place) }
                    td { (told(Dimension::Count, most(by_policy) as f64)) }
                    @for (policy, _) in &replay.by_policy { td { @if let Some(timed) = by_policy.get(policy) {
                        @let near = Nearness::of(timed.iter().copied());
                        (told(Dimension::Share, near.good)) ", " (ratio(near.ratio.map(|[_, median, _]| median)))
                    } } }
                } } }
            } }
            @if left_out > 0 { p.note { (PLACES) " shown, " (left_out) " more." } }
        }
    } }
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{}×", number(ratio, 2)))
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
