//! The plots: simulated against measured, shares of good predictions, load curves.

use dapple_reports::ReportError;
use dapple_reports::plots::axis::{Axis, Frame, Panel, bounds};
use dapple_reports::plots::canvas::{Plot, legend_height};
use dapple_reports::plots::palette::{Look, MUTED, look};
use dapple_reports::plots::{WIDTH, logged};
use dapple_reports::quantity::Dimension;

use super::score::{LawResult, TAU};

/// Simulated against measured duration.
pub(super) fn scatter(law: &LawResult) -> Result<Plot, ReportError> {
    let points: Vec<(f64, f64)> = law.predictions.iter().map(|at| (at.real_s, at.simulated_s)).collect();
    logged::scatter("scatter", format!("Simulated against measured: {}", law.name), &points, "Transfers")
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
