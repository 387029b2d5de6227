//! Forest plot: the paired difference of every policy to the baseline, with its interval and the zero line.

use crate::ReportError;
use crate::badge::Badge;
use crate::comparison::{Comparison, caption};
use crate::experiment::Experiment;
use crate::plots::WIDTH;
use crate::plots::axis::{Axis, Frame, Panel, bounds, zero_line};
use crate::plots::canvas::{Anchor, Canvas, Drawn, Plot, shortened, text_width};
use crate::plots::palette::{AXIS, MUTED, TEXT, look};
use crate::quantity::{p_value, percent, signed, three_digits};

/// Comparisons that are drawn.
const ROWS: usize = 60;

/// A row per comparison; `None` where there is none.
pub(super) fn forest(experiment: &Experiment, comparisons: &[Comparison]) -> Result<Option<Plot>, ReportError> {
    let shown = &comparisons[..comparisons.len().min(ROWS)];
    let limits = shown.iter().filter_map(|comparison| comparison.difference.as_ref()).flat_map(|difference| {
        let interval = difference.interval.map_or([difference.mean; 2], |interval| [interval.low, interval.high]);
        interval.into_iter().chain([difference.mean, 0.0])
    });
    let Some(range) = bounds(limits) else { return Ok(None) };
    let kpi = experiment.primary;
    let labels: Vec<String> = shown.iter().map(|comparison| label(experiment, comparison)).collect();
    let left = (labels.iter().map(|label| text_width(label)).fold(0.0, f64::max) + 22.0).clamp(60.0, 270.0);
    let frame = Frame { left, top: 34.0, right: 200.0, bottom: 54.0 };
    let row = 30.0;
    let size = (WIDTH, frame.top + row * shown.len() as f64 + frame.bottom);
    let title = format!("{}: difference to {}", kpi.title, experiment.baseline_name());
    let plot = Plot::draw("differences", title, size, |canvas| {
        let room = (range.1 - range.0).max(f64::MIN_POSITIVE) * 0.06;
        let baseline = shortened(experiment.baseline_name(), 200.0);
        let heading = format!("Paired difference to {baseline}");
        let x =
            Axis::quantity(&heading, experiment.scale(kpi.kpi).of_differences(), (range.0 - room, range.1 + room), 7);
        let panel = Panel::draw(canvas, frame, x, Axis::rows(shown.len()))?;
        zero_line(canvas, &panel, true)?;
        directions(canvas, &panel, kpi.less_is_better)?;
        for (index, (comparison, label)) in shown.iter().zip(&labels).enumerate() {
            let middle = panel.y(index as f64 + 0.5);
            canvas.text(&shortened(label, left - 20.0), (left - 10.0, middle), Anchor::End, TEXT)?;
            band(canvas, &panel, middle, (row, comparison, experiment.manifest.relevant_difference))?;
            draw_row(canvas, &panel, middle, comparison)?;
        }
        Ok(())
    })?;
    let cut = if comparisons.len() > ROWS {
        format!(" The first {ROWS} of {} are drawn.", comparisons.len())
    } else {
        String::new()
    };
    let points: Vec<usize> = shown.iter().map(|comparison| comparison.point).collect();
    let missing = caption(experiment, shown, &points);
    let grey = format!(
        "Grey: differences below {} % of the baseline's mean, the smallest relevant one.",
        three_digits(experiment.manifest.relevant_difference * 100.0)
    );
    if !experiment.manifest.chance {
        return Ok(Some(plot.captioned(format!(
            "Nothing is drawn in this scenario: differences without chance. {grey}{cut}{missing}"
        ))));
    }
    if experiment.most_replications() < 2 {
        let alone = "One replication: one difference per policy, and nothing about chance.";
        return Ok(Some(plot.captioned(format!("{alone} {grey}{cut}{missing}"))));
    }
    Ok(Some(plot.captioned(format!(
        "Mean difference over replications on the same random numbers, with its 95 % confidence interval. An interval \
         that leaves out zero is beyond chance; p is corrected after Holm for the number of comparisons. {grey}{cut}{missing}"
    ))))
}

/// What is not relevant, behind the row.
fn band(
    canvas: &Canvas<'_>,
    panel: &Panel,
    middle: f64,
    (row, comparison, relevant): (f64, &Comparison, f64),
) -> Drawn {
    let Some(difference) = &comparison.difference else { return Ok(()) };
    let half = relevant * difference.means.1.abs();
    let (left, right) = (panel.x(-half).max(panel.edges.0), panel.x(half).min(panel.edges.2));
    let (top, bottom) = (middle - row / 2.0, middle + row / 2.0);
    canvas.polygon(&[(left, top), (right, top), (right, bottom), (left, bottom)], AXIS, 0.22)
}

fn label(experiment: &Experiment, comparison: &Comparison) -> String {
    let point = experiment.points[comparison.point].label();
    let policy = experiment.name(comparison.policy);
    if point.is_empty() { policy.to_owned() } else { format!("{policy}, {point}") }
}

/// Says over the panel which side is better.
fn directions(canvas: &Canvas<'_>, panel: &Panel, less_is_better: Option<bool>) -> Drawn {
    let Some(less_is_better) = less_is_better else { return Ok(()) };
    let (left, top, right, _) = panel.edges;
    let zero = panel.x(0.0);
    let words = if less_is_better { ["← better", "worse →"] } else { ["← worse", "better →"] };
    if zero - left > 70.0 {
        canvas.note(words[0], (zero - 8.0, top - 13.0), Anchor::End)?;
    }
    if right - zero > 70.0 {
        canvas.note(words[1], (zero + 8.0, top - 13.0), Anchor::Start)?;
    }
    Ok(())
}

fn draw_row(canvas: &Canvas<'_>, panel: &Panel, middle: f64, comparison: &Comparison) -> Drawn {
    let badge = Badge::of(comparison);
    let right = panel.edges.2 + 12.0;
    let Some(difference) = &comparison.difference else {
        return canvas.bold(badge.word(), (right, middle), Anchor::Start, MUTED);
    };
    let look = look(comparison.policy);
    if let Some(interval) = difference.interval {
        let (low, high) = (panel.x(interval.low), panel.x(interval.high));
        canvas.line(&[(low, middle), (high, middle)], look.ink, 2.4, 1.0)?;
        for end in [low, high] {
            canvas.line(&[(end, middle - 5.0), (end, middle + 5.0)], look.ink, 2.4, 1.0)?;
        }
    }
    canvas.marker((panel.x(difference.mean), middle), 5.0, look)?;
    if badge == Badge::NotComparable {
        return canvas.bold(badge.word(), (right, middle), Anchor::Start, MUTED);
    }
    if let Some(relative) = difference.relative {
        canvas.bold(&format!("{}\u{a0}%", signed(percent(relative))), (right, middle), Anchor::Start, TEXT)?;
    }
    let p = match (comparison.p, badge) {
        (_, Badge::Equal) => "equal".to_owned(),
        (Some(p), _) => format!("p\u{a0}{}", p_value(p)),
        (None, Badge::OneReplication) => "one pair".to_owned(),
        (None, _) => "no chance".to_owned(),
    };
    canvas.text(&p, (right + 78.0, middle), Anchor::Start, MUTED)
}
