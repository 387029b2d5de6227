//! A comparison in words.

use dapple_records::KpiInfo;
use maud::{Markup, html};

use crate::badge::Badge;
use crate::comparison::Outcome;
use crate::quantity::{Dimension, Scale, p_value, percent, signed, three_digits, whole};
use crate::statistics::{Interval, Paired};

/// `mean job turnaround` of `Job turnaround, mean`.
pub(crate) fn phrase(title: &str) -> String {
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

/// The badge, with the smallest relevant difference where that is what it says.
pub(crate) fn badge_words(badge: Badge, relevant: f64) -> String {
    match badge {
        Badge::Equal => format!("equal within {}\u{a0}%", three_digits(relevant * 100.0)),
        badge => badge.word().to_owned(),
    }
}

/// `Holm-corrected p < 0.001`.
pub(super) fn p_words(holm: f64) -> String {
    format!("Holm-corrected p\u{a0}{}", p_value(holm))
}

/// How many more replications would settle what is open.
pub(super) fn settled(needed: Option<u64>) -> String {
    match needed {
        None => {
            "It lies at the edge of what is relevant: no number of replications would settle it as it is.".to_owned()
        }
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
pub(super) fn size(kpi: &KpiInfo, scale: Scale, difference: &Paired) -> String {
    let word = match (Dimension::of(kpi), difference.mean < 0.0) {
        (Dimension::Time, true) => "shorter",
        (Dimension::Time, false) => "longer",
        (_, true) => "lower",
        (_, false) => "higher",
    };
    match difference.relative {
        Some(relative) => format!("{}\u{a0}% {word}", percent(relative.abs())),
        None => format!("{} {word}", scale.of_differences().figure(difference.mean.abs())),
    }
}

/// `−12 %`, `+3 min`.
pub(crate) fn share(scale: Scale, difference: &Paired) -> String {
    match difference.relative {
        Some(relative) => format!("{}\u{a0}%", signed(percent(relative))),
        None => signed(scale.of_differences().figure(difference.mean)),
    }
}

/// `(95 % CI 8 to 15 %)` with a space behind it, without sign where the difference has one direction.
pub(super) fn interval(outcome: Outcome, difference: &Paired) -> Markup {
    let told = matches!(outcome, Outcome::Lower | Outcome::Higher);
    let Some(found) = difference.relative_interval else { return html! {} };
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
