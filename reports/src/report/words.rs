//! A comparison in words.

use maud::{Markup, html};

use crate::comparison::{Comparison, Outcome};
use crate::experiment::Experiment;
use crate::quantity::{Dimension, figure, p_value, percent, signed, whole};
use crate::statistics::Interval;

/// `mean job turnaround` of `Job turnaround, mean`.
pub(super) fn phrase(title: &str) -> String {
    let lower = |text: &str| {
        let acronym = text.chars().nth(1).is_some_and(char::is_uppercase);
        let mut chars = text.chars();
        match chars.next() {
            Some(first) if !acronym => first.to_lowercase().chain(chars).collect(),
            _ => text.to_owned(),
        }
    };
    match title.split_once(", ") {
        Some((what, how @ ("mean" | "median"))) => format!("{how} {}", lower(what)),
        Some((what, how)) => format!("{how} of the {}", lower(what)),
        None => lower(title),
    }
}

/// `better`, `worse`, `lower`, `higher`, `open`, `equal`, and the class of the badge.
pub(super) fn badge(experiment: &Experiment, outcome: Outcome) -> (&'static str, &'static str) {
    match (outcome, outcome.better(experiment.primary.less_is_better)) {
        (_, Some(true)) => ("better", "better"),
        (_, Some(false)) => ("worse", "worse"),
        (Outcome::Lower, None) => ("lower", "told"),
        (Outcome::Higher, None) => ("higher", "told"),
        (Outcome::Same, _) => ("equal", "told"),
        (Outcome::OnePair, _) => ("one replication", "open"),
        (Outcome::Open(_), _) => ("open", "open"),
    }
}

/// `Holm-corrected p < 0.001`.
pub(super) fn p_words(holm: Option<f64>) -> String {
    holm.map_or_else(String::new, |p| format!("Holm-corrected p\u{a0}{}", p_value(p)))
}

/// How many more replications would settle what is open.
pub(super) fn settled(needed: Option<u64>) -> String {
    match needed {
        None => "The mean difference is zero: more replications would only narrow it.".to_owned(),
        Some(more) if more > 5000 => {
            "It is so small against its spread that more than 5000 further replications would be needed.".to_owned()
        }
        Some(more) => format!(
            "About {} more {} would settle it if it stays as it is.",
            whole(more),
            if more == 1 { "replication" } else { "replications" }
        ),
    }
}

/// `12 % shorter`, `3 lower`.
pub(super) fn size(dimension: Dimension, comparison: &Comparison) -> String {
    let less = comparison.difference.mean < 0.0;
    let word = match (dimension, less) {
        (Dimension::Time, true) => "shorter",
        (Dimension::Time, false) => "longer",
        (_, true) => "lower",
        (_, false) => "higher",
    };
    match comparison.difference.relative {
        Some(relative) => format!("{}\u{a0}% {word}", percent(relative.abs())),
        None => format!("{} {word}", figure(dimension, comparison.difference.mean.abs())),
    }
}

/// `−12 %`, `+3 min`.
pub(super) fn share(dimension: Dimension, comparison: &Comparison) -> String {
    match comparison.difference.relative {
        Some(relative) => format!("{}\u{a0}%", signed(percent(relative))),
        None => signed(figure(dimension, comparison.difference.mean)),
    }
}

/// `(95 % CI 8 to 15 %)` with a space behind it, without sign where the difference has one direction.
pub(super) fn interval(comparison: &Comparison) -> Markup {
    let told = matches!(comparison.outcome, Outcome::Lower | Outcome::Higher);
    let Some(found) = comparison.difference.relative_interval else { return html! {} };
    let Interval { low, high } = found;
    let ends = if told && low * high > 0.0 {
        let (near, far) = (low.abs().min(high.abs()), low.abs().max(high.abs()));
        (percent(near), percent(far))
    } else {
        (signed(percent(low)), signed(percent(high)))
    };
    html! { "(95\u{a0}% CI " (ends.0) " to " (ends.1) "\u{a0}%) " }
}

/// `about 12 more would settle it`.
pub(super) fn more_words(more: u64) -> String {
    if more > 5000 { "> 5000 more to settle it".to_owned() } else { format!("about {} more to settle it", whole(more)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_read_on_in_a_sentence() {
        assert_eq!(phrase("Job turnaround, mean"), "mean job turnaround");
        assert_eq!(phrase("FTS queue time, mean"), "mean FTS queue time");
        assert_eq!(phrase("Job wait, 95th percentile"), "95th percentile of the job wait");
        assert_eq!(phrase("CPU efficiency"), "CPU efficiency");
    }
}
