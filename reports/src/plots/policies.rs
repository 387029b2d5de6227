//! The primary KPI by policy: every replication, quartiles, and the mean with its interval.

use crate::ReportError;
use crate::badge::Badge;
use crate::comparison::{Comparison, caption as apart_caption};
use crate::experiment::Experiment;
use crate::plots::WIDTH;
use crate::plots::axis::{Axis, Frame, Panel, bounds};
use crate::plots::canvas::{Anchor, Canvas, Drawn, Plot, shortened, text_width};
use crate::plots::palette::{Look, MUTED, PAPER, TEXT, look};
use crate::quantity::{Scale, common_decimals, with_interval};
use crate::statistics::{Estimate, quantile};

/// Points drawn per policy; of more replications every kth is drawn.
const POINTS: usize = 250;
/// Replications up to which pairs are connected.
const CONNECTED: usize = 40;
/// Policies up to which pairs are connected.
const CONNECTED_POLICIES: usize = 4;

/// A row per policy; `None` where no run has a value.
pub(super) fn by_policy(
    experiment: &Experiment,
    comparisons: &[Comparison],
    point: usize,
) -> Result<Option<Plot>, ReportError> {
    let kpi = experiment.primary;
    let shown = |policy: &usize| !experiment.values(point, *policy, kpi.kpi).is_empty();
    let policies: Vec<usize> = (0..experiment.policies.len()).filter(shown).collect();
    let values = policies.iter().flat_map(|&policy| experiment.values(point, policy, kpi.kpi));
    let Some(range) = bounds(values) else { return Ok(None) };
    let found = |&policy: &usize| experiment.estimate(point, policy, kpi.kpi);
    let found: Vec<Estimate> = policies.iter().filter_map(found).collect();
    let range = widened(range, &found);
    let label = experiment.points[point].label();
    let title =
        if label.is_empty() { format!("{} by policy", kpi.title) } else { format!("{} by policy, {label}", kpi.title) };
    let name = if label.is_empty() { "primary".to_owned() } else { format!("primary-{}", point + 1) };

    let names = policies.iter().map(|&policy| text_width(experiment.name(policy)));
    let left = (names.fold(0.0, f64::max) + 20.0).clamp(60.0, 230.0);
    let row = if policies.len() <= 4 { 78.0 } else { 64.0 };
    let frame = Frame { left, top: 12.0, right: 150.0, bottom: 54.0 };
    let size = (WIDTH, frame.top + row * policies.len() as f64 + frame.bottom);
    let replications =
        policies.iter().map(|&policy| experiment.values(point, policy, kpi.kpi).len()).max().unwrap_or(0);
    let plot = Plot::draw(&name, title, size, |canvas| {
        let scale = experiment.scale(kpi.kpi);
        let x = Axis::padded(kpi.title, scale, range, 7);
        let panel = Panel::draw(canvas, frame, x, Axis::rows(policies.len()))?;
        if policies.len() <= CONNECTED_POLICIES && replications <= CONNECTED {
            connect_pairs(canvas, &panel, experiment, point, &policies)?;
        }
        let decimals = common_decimals(scale, found.iter().map(|found| (found.mean, found.interval)));
        for (index, (&policy, mean)) in policies.iter().zip(&found).enumerate() {
            let middle = panel.y(index as f64 + 0.5);
            let name = shortened(experiment.name(policy), left - 20.0);
            canvas.text(&name, (left - 10.0, middle), Anchor::End, TEXT)?;
            let values = experiment.replicated(point, policy, kpi.kpi);
            draw_row(canvas, &panel, middle, (&values, mean), (look(policy), scale, decimals))?;
            let mut compared = comparisons.iter().filter(|found| found.policy == policy && found.point == point);
            if compared.any(|found| !found.is_comparable()) {
                let at = (panel.edges.2 + 10.0, middle + 26.0);
                canvas.text(Badge::NotComparable.word(), at, Anchor::Start, TEXT)?;
            }
        }
        Ok(())
    })?;
    let absent = experiment.policies.len() - policies.len();
    let absent = match absent {
        0 => String::new(),
        _ => {
            let names = (0..experiment.policies.len()).filter(|policy| !policies.contains(policy));
            let names: Vec<&str> = names.map(|policy| experiment.name(policy)).collect();
            format!(" Not drawn, without any value: {}.", names.join(", "))
        }
    };
    let missing = apart_caption(experiment, comparisons, &[point]);
    let words = if experiment.manifest.chance { caption(replications) } else { FIXED.to_owned() };
    Ok(Some(plot.captioned(format!("{words}{absent}{missing}"))))
}

/// What there is to say without chance.
const FIXED: &str = "Nothing is drawn in this scenario: all replications of a policy are the same.";

/// The range of the values, widened for the intervals of the means by up to its own length on each side.
fn widened((low, high): (f64, f64), found: &[Estimate]) -> (f64, f64) {
    let ends = found.iter().filter_map(|found| found.interval);
    let (first, last) = ends.fold((low, high), |ends, found| (ends.0.min(found.low), ends.1.max(found.high)));
    let room = high - low;
    (first.max(low - room).max(if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY }), last.min(high + room))
}

fn caption(replications: usize) -> String {
    if replications < 2 {
        return "One replication: one point per policy. Nothing can be said about chance; run more replications."
            .into();
    }
    let cut = if replications > POINTS { ", a part of them is drawn" } else { "" };
    format!(
        "Each dot is one replication{cut}; thin lines, where drawn, join runs on the same random numbers. Box: \
         quartiles and median, whiskers to the last value within 1.5 box lengths. Diamond and bar: mean and its 95 % \
         confidence interval, also at the right. What decides is the paired difference, not the overlap of the bars."
    )
}

/// Height above the middle of the row at which a replication's dot stands.
fn dot_height(replication: u32) -> f64 {
    // A fixed scatter that does not depend on the policy, so that pairs stand alike.
    18.0 + f64::from(replication.wrapping_mul(7) % 13) - 6.0
}

fn connect_pairs(
    canvas: &Canvas<'_>,
    panel: &Panel,
    experiment: &Experiment,
    point: usize,
    policies: &[usize],
) -> Drawn {
    for (index, pair) in policies.windows(2).enumerate() {
        let (upper, lower) = (panel.y(index as f64 + 0.5), panel.y(index as f64 + 1.5));
        let others = experiment.replicated(point, pair[1], experiment.primary.kpi);
        for (replication, value) in experiment.replicated(point, pair[0], experiment.primary.kpi) {
            if let Ok(at) = others.binary_search_by_key(&replication, |(number, _)| *number) {
                let height = dot_height(replication);
                let line = [(panel.x(value), upper - height), (panel.x(others[at].1), lower - height)];
                canvas.line(&line, MUTED, 0.7, 0.35)?;
            }
        }
    }
    Ok(())
}

fn draw_row(
    canvas: &Canvas<'_>,
    panel: &Panel,
    middle: f64,
    (values, found): (&[(u32, f64)], &Estimate),
    (look, scale, decimals): (Look, Scale, usize),
) -> Drawn {
    for &(replication, value) in values.iter().step_by(values.len().div_ceil(POINTS)) {
        let alpha = if values.len() > 60 { 0.45 } else { 0.75 };
        canvas.dot((panel.x(value), middle - dot_height(replication)), 3.0, look.ink, alpha)?;
    }
    let mut sorted: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.len() >= 4 {
        draw_box(canvas, panel, middle + 7.0, &sorted, look)?;
    }
    let (line, right) = (middle + 24.0, panel.edges.2 + 10.0);
    if let Some(interval) = found.interval {
        let (low, high) = (panel.x(interval.low).max(panel.edges.0), panel.x(interval.high).min(panel.edges.2));
        canvas.line(&[(low, line), (high, line)], look.ink, 2.0, 1.0)?;
        // An interval that leaves the panel has no cap there.
        for (end, inside) in [(low, low > panel.edges.0), (high, high < panel.edges.2)] {
            if inside {
                canvas.line(&[(end, line - 4.0), (end, line + 4.0)], look.ink, 2.0, 1.0)?;
            }
        }
    }
    let centre = (panel.x(found.mean), line);
    let corners = |r: f64| {
        [(centre.0, centre.1 - r), (centre.0 + r, centre.1), (centre.0, centre.1 + r), (centre.0 - r, centre.1)]
    };
    if sorted.len() > 1 {
        canvas.polygon(&corners(7.0), PAPER, 1.0)?;
        canvas.polygon(&corners(5.5), look.ink, 1.0)?;
    }
    let (mean, span) = with_interval(scale, decimals, found.mean, found.interval);
    canvas.bold(&format!("{mean}{}", scale.suffix()), (right, middle - 8.0), Anchor::Start, TEXT)?;
    span.map_or(Ok(()), |span| canvas.note(&span, (right, middle + 10.0), Anchor::Start))
}

fn draw_box(canvas: &Canvas<'_>, panel: &Panel, middle: f64, sorted: &[f64], look: Look) -> Drawn {
    let at = |probability: f64| quantile(sorted, probability).unwrap_or(f64::NAN);
    let (lower, median, upper) = (at(0.25), at(0.5), at(0.75));
    let reach = 1.5 * (upper - lower);
    let first = sorted.iter().copied().find(|value| *value >= lower - reach).unwrap_or(lower);
    let last = sorted.iter().copied().rfind(|value| *value <= upper + reach).unwrap_or(upper);
    let half = 8.0;
    for (from, to) in [(first, lower), (upper, last)] {
        canvas.line(&[(panel.x(from), middle), (panel.x(to), middle)], look.ink, 1.3, 1.0)?;
    }
    let (left, right) = (panel.x(lower), panel.x(upper).max(panel.x(lower) + 1.0));
    canvas.rectangle((left, middle - half), (right, middle + half), PAPER, 1.0)?;
    canvas.rectangle((left, middle - half), (right, middle + half), look.ink, 0.22)?;
    let rim = [
        (left, middle - half),
        (right, middle - half),
        (right, middle + half),
        (left, middle + half),
        (left, middle - half),
    ];
    canvas.line(&rim, look.ink, 1.3, 1.0)?;
    canvas.line(&[(panel.x(median), middle - half), (panel.x(median), middle + half)], look.ink, 2.4, 1.0)
}
