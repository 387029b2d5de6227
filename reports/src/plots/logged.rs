//! Simulated against logged durations, as a cloud: how well a replay repeats its log.

use crate::ReportError;
use crate::plots::WIDTH;
use crate::plots::axis::{Axis, Frame, Panel, bounds};
use crate::plots::canvas::{Anchor, Canvas, Drawn, Plot};
use crate::plots::palette::{MUTED, SERIES, TEXT};
use crate::quantity::{Dimension, number};
use crate::replay::{TAU, is_good};

/// Cells of the scatter [px].
const CELL: f64 = 4.0;

/// Pairs of (logged, simulated) durations in seconds on logarithmic axes, shaded by how many of `what` (such as `Transfers`) lie in a cell.
/// What is not positive or not finite is not drawn; the caption counts it among those that are not good.
///
/// # Errors
/// Where the plot cannot be drawn.
pub fn scatter(name: &str, title: String, points: &[(f64, f64)], what: &str) -> Result<Plot, ReportError> {
    let both = points.iter().flat_map(|&(logged, simulated)| [logged, simulated]);
    let (low, high) = bounds(both.filter(|seconds| *seconds > 0.0 && seconds.is_finite())).unwrap_or((1.0, 10.0));
    let range = (low / 1.2, high * 1.2);
    let good = points.iter().filter(|&&(logged, simulated)| is_good(logged, simulated)).count();
    let frame = Frame { left: 74.0, top: 36.0, right: 226.0, bottom: 54.0 };
    let side = WIDTH - frame.left - frame.right;
    let size = (WIDTH, frame.top + side + frame.bottom);
    let plot = Plot::draw(name, title, size, |canvas| {
        let axis = |title| Axis::logarithmic(title, Dimension::Count, range);
        let panel = Panel::draw(canvas, frame, axis("Logged duration [s]"), axis("Simulated duration [s]"))?;
        band(canvas, &panel, range)?;
        let counts = cells(&panel, points);
        let most = counts.iter().map(|cell| cell.2).max().unwrap_or(1);
        for &(x, y, count) in &counts {
            canvas.rectangle((x, y), (x + CELL, y + CELL), SERIES[0], shade(count, most))?;
        }
        let (_, top, right, _) = panel.edges;
        key(canvas, (right + 24.0, top + 10.0), (what, most))
    })?;
    Ok(plot.captioned(format!(
        "{} of {} {} lie between the dashed lines, which are 30 % below and above the logged duration.",
        number(good as f64, 0),
        number(points.len() as f64, 0),
        what.to_lowercase()
    )))
}

/// The diagonal, and 30 % below and above the measured value.
fn band(canvas: &Canvas<'_>, panel: &Panel, (low, high): (f64, f64)) -> Drawn {
    let line = |factor: f64| {
        let (from, to) = (low.max(low / factor), high.min(high / factor));
        [panel.at((from, factor * from)), panel.at((to, factor * to))]
    };
    canvas.line(&line(1.0), MUTED, 1.0, 1.0)?;
    canvas.dashed(&line(1.0 - TAU), MUTED, 1.2)?;
    canvas.dashed(&line(1.0 + TAU), MUTED, 1.2)
}

/// Upper left corners of the cells that hold points, and how many.
fn cells(panel: &Panel, points: &[(f64, f64)]) -> Vec<(f64, f64, u32)> {
    let (left, top, right, bottom) = panel.edges;
    let mut found: std::collections::BTreeMap<(u32, u32), u32> = std::collections::BTreeMap::new();
    for &point in points {
        let (x, y) = panel.at(point);
        if (left..=right).contains(&x) && (top..=bottom).contains(&y) {
            *found.entry((((x - left) / CELL) as u32, ((y - top) / CELL) as u32)).or_default() += 1;
        }
    }
    let corner = |((column, row), count): ((u32, u32), u32)| {
        (left + f64::from(column) * CELL, top + f64::from(row) * CELL, count)
    };
    found.into_iter().map(corner).collect()
}

/// Opacity of a cell, by the logarithm of its count.
fn shade(count: u32, most: u32) -> f64 {
    let share = f64::from(count).ln() / f64::from(most.max(2)).ln();
    // Two decimals: an SVG with thousands of cells is written out.
    (100.0 * (0.22 + 0.78 * share)).round() / 100.0
}

/// What the lines and shades mean.
fn key(canvas: &Canvas<'_>, (x, y): (f64, f64), (what, most): (&str, u32)) -> Drawn {
    canvas.line(&[(x, y), (x + 28.0, y)], MUTED, 1.0, 1.0)?;
    canvas.note("as logged", (x + 36.0, y), Anchor::Start)?;
    canvas.dashed(&[(x, y + 20.0), (x + 28.0, y + 20.0)], MUTED, 1.2)?;
    canvas.note("30 % more or less", (x + 36.0, y + 20.0), Anchor::Start)?;
    canvas.text(&format!("{what} per cell"), (x, y + 56.0), Anchor::Start, TEXT)?;
    let powers = (0..10).map(|power| 10_u32.pow(power)).take_while(|count| *count < most);
    for (row, count) in powers.chain([most]).enumerate() {
        let top = y + 72.0 + 20.0 * row as f64;
        canvas.rectangle((x, top), (x + 12.0, top + 12.0), SERIES[0], shade(count, most))?;
        canvas.note(&number(f64::from(count), 0), (x + 20.0, top + 6.0), Anchor::Start)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_becomes_cells_and_what_never_ended_counts_as_wrong() {
        let mut many: Vec<(f64, f64)> = (0..5000).map(|n| (100.0, 100.0 + f64::from(n % 7))).collect();
        many.push((100.0, f64::INFINITY));
        let plot = scatter("x", "x".into(), &many, "Transfers").expect("it is drawn");
        assert!(
            plot.caption.starts_with("5000 of 5001 transfers") || plot.caption.starts_with("5\u{202f}000"),
            "{}",
            plot.caption
        );
        let drawn = plot.file().into_string();
        assert!(drawn.len() < 20_000, "{}", drawn.len());
    }
}
