//! The plots: simulated against measured, shares of good predictions, load curves.

use dapple_reports::ReportError;
use dapple_reports::plots::WIDTH;
use dapple_reports::plots::axis::{Axis, Frame, Panel, bounds};
use dapple_reports::plots::canvas::{Anchor, Canvas, Drawn, Plot, legend_height};
use dapple_reports::plots::palette::{Look, MUTED, SERIES, TEXT, look};
use dapple_reports::quantity::{Dimension, number};

use super::score::{LawResult, TAU};

/// Cells of the scatter [px].
const CELL: f64 = 4.0;

/// Simulated against measured duration on logarithmic axes, shaded by the number of transfers.
pub(super) fn scatter(law: &LawResult) -> Result<Plot, ReportError> {
    let points: Vec<(f64, f64)> = law.predictions.iter().map(|at| (at.real_s, at.simulated_s)).collect();
    let both = points.iter().flat_map(|&(real, simulated)| [real, simulated]).filter(|seconds| *seconds > 0.0);
    let (low, high) = bounds(both).unwrap_or((1.0, 10.0));
    let range = (low / 1.2, high * 1.2);
    let good = law.predictions.iter().filter(|prediction| prediction.is_good()).count();
    let frame = Frame { left: 74.0, top: 36.0, right: 226.0, bottom: 54.0 };
    let side = WIDTH - frame.left - frame.right;
    let size = (WIDTH, frame.top + side + frame.bottom);
    let title = format!("Simulated against measured: {}", law.name);
    let plot = Plot::draw("scatter", title, size, |canvas| {
        let axis = |title| Axis::logarithmic(title, Dimension::Count, range);
        let panel = Panel::draw(canvas, frame, axis("Measured duration [s]"), axis("Simulated duration [s]"))?;
        band(canvas, &panel, range)?;
        let counts = cells(&panel, &points);
        let most = counts.iter().map(|cell| cell.2).max().unwrap_or(1);
        for &(x, y, count) in &counts {
            canvas.rectangle((x, y), (x + CELL, y + CELL), SERIES[0], shade(count, most))?;
        }
        let (_, top, right, _) = panel.edges;
        key(canvas, (right + 24.0, top + 10.0), most)
    })?;
    Ok(plot.captioned(format!(
        "{} of {} transfers lie between the dashed lines, which are 30 % below and above the measured duration.",
        number(good as f64, 0),
        number(points.len() as f64, 0)
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
fn key(canvas: &Canvas<'_>, (x, y): (f64, f64), most: u32) -> Drawn {
    canvas.line(&[(x, y), (x + 28.0, y)], MUTED, 1.0, 1.0)?;
    canvas.note("as measured", (x + 36.0, y), Anchor::Start)?;
    canvas.dashed(&[(x, y + 20.0), (x + 28.0, y + 20.0)], MUTED, 1.2)?;
    canvas.note("30 % more or less", (x + 36.0, y + 20.0), Anchor::Start)?;
    canvas.text("Transfers per cell", (x, y + 56.0), Anchor::Start, TEXT)?;
    let powers = (0..10).map(|power| 10_u32.pow(power)).take_while(|count| *count < most);
    for (row, count) in powers.chain([most]).enumerate() {
        let top = y + 72.0 + 20.0 * row as f64;
        canvas.rectangle((x, top), (x + 12.0, top + 12.0), SERIES[0], shade(count, most))?;
        canvas.note(&number(f64::from(count), 0), (x + 20.0, top + 6.0), Anchor::Start)?;
    }
    Ok(())
}

/// Share of predictions within each relative error.
pub(super) fn shares(laws: &[LawResult], selected: usize) -> Result<Plot, ReportError> {
    const MOST: f64 = 1.0;
    // The selected law, then one of each way to share, most different first.
    let mut shown: Vec<usize> = vec![selected];
    let score = |index: &usize| laws[*index].score().unwrap_or_default();
    let mut others: Vec<usize> = (0..laws.len()).filter(|index| *index != selected).collect();
    others.sort_by(|a, b| score(a).total_cmp(&score(b)));
    shown.extend([0.0, 0.5, 1.0].iter().filter_map(|at| others.get((at * (others.len().max(1) - 1) as f64) as usize)));
    shown.dedup();
    let entries: Vec<(String, Look)> =
        shown.iter().enumerate().map(|(at, index)| (laws[*index].name.clone(), look(at))).collect();
    let over = legend_height(&entries, WIDTH - 40.0);
    let frame = Frame { left: 74.0, top: over + 36.0, right: 24.0, bottom: 54.0 };
    let plot = Plot::draw("fogp", "How near: FoGP(τ)", (WIDTH, frame.top + 280.0 + frame.bottom), |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        let x = Axis::quantity("Relative error τ", Dimension::Share, (0.0, MOST), 10);
        let y = Axis::quantity("Transfers predicted within τ", Dimension::Share, (0.0, 1.0), 5);
        let panel = Panel::draw(canvas, frame, x, y)?;
        canvas.dashed(&[panel.at((TAU, 0.0)), panel.at((TAU, 1.0))], MUTED, 1.2)?;
        for (at, index) in shown.iter().enumerate() {
            let law = &laws[*index];
            let share = |step: u32| {
                let tau = MOST * f64::from(step) / 100.0;
                panel.at((tau, law.errors(|errors| errors.fogp(tau)).unwrap_or_default()))
            };
            canvas.curve(&(0..=100).map(share).collect::<Vec<_>>(), look(at))?;
        }
        Ok(())
    })?;
    Ok(plot.captioned("Second half of the log. The dashed line is at 30 %, where the table reads the curves."))
}

/// Aggregate rate against concurrency, as fitted.
pub(super) fn load_curves(laws: &[&LawResult]) -> Result<Plot, ReportError> {
    let points = || laws.iter().flat_map(|law| &law.curve);
    let ((_, most), (_, fastest)) =
        bounds(points().map(|at| at.0)).zip(bounds(points().map(|at| at.1))).unwrap_or(((0.0, 1.0), (0.0, 1.0)));
    let entries: Vec<(String, Look)> = laws.iter().enumerate().map(|(at, law)| (law.name.clone(), look(at))).collect();
    let over = legend_height(&entries, WIDTH - 40.0);
    let frame = Frame { left: 74.0, top: over + 36.0, right: 24.0, bottom: 54.0 };
    let size = (WIDTH, frame.top + 280.0 + frame.bottom);
    let plot = Plot::draw("curves", "Load curves of the mover", size, |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        let x = Axis::quantity("Concurrent transfers past their start-up", Dimension::Count, (0.0, most), 8);
        let y = Axis::quantity("All together [MB/s]", Dimension::Count, (0.0, fastest * 1.05), 6);
        let panel = Panel::draw(canvas, frame, x, y)?;
        for (at, law) in laws.iter().enumerate() {
            let line: Vec<(f64, f64)> = law.curve.iter().map(|&point| panel.at(point)).collect();
            canvas.curve(&line, look(at))?;
        }
        Ok(())
    })?;
    Ok(plot.captioned("Fitted to the first half, each with its own start-up. The mover's card carries 1250 MB/s."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpss::score::tests::law;

    #[test]
    fn a_cloud_becomes_cells() {
        let many: Vec<f64> = (0..5000).map(|n| 100.0 + f64::from(n % 7)).collect();
        let plot = scatter(&law("x", &many)).unwrap().file().into_string();
        assert!(plot.len() < 20_000, "{}", plot.len());
    }
}
