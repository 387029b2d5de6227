//! The plots: fits as in Fig. 1 and 2, the distributions of F, and what the probe estimators return.

use dapple_models::regression::ProbeCoefficients;
use dapple_reports::ReportError;
use dapple_reports::plots::WIDTH;
use dapple_reports::plots::axis::{Axis, Frame, Panel, bounds};
use dapple_reports::plots::canvas::{Anchor, Canvas, Drawn, Plot, legend_height, text_width};
use dapple_reports::plots::palette::{AXIS, Look, MUTED, TEXT, look};
use dapple_reports::quantity::Dimension;

use super::sheets::f_statistic;
use super::{Campaign, Equation, EquationFit, NoiseStudy, Probe, Range, Reproduction, slowed_probe};

/// Classes of S by which points are coloured: name, from, to, and the size for which a line is drawn [MB].
const SIZES: [(&str, f64, f64, f64); 3] = [
    ("S below 1.2 GB", 0.0, 1200.0, 750.0),
    ("1.2 to 2.1 GB", 1200.0, 2100.0, 1650.0),
    ("above 2.1 GB", 2100.0, f64::INFINITY, 2550.0),
];

/// Around a panel under a one-line legend.
const FRAME: Frame = Frame { left: 74.0, top: 60.0, right: 24.0, bottom: 54.0 };

fn class_of(size_mb: f64) -> usize {
    SIZES.iter().position(|(_, from, to, _)| (*from..*to).contains(&size_mb)).unwrap_or(0)
}

/// The colours of S, in one line.
fn size_legend(canvas: &Canvas<'_>) -> Drawn {
    let mut left = 26.0;
    for (class, (name, ..)) in SIZES.iter().enumerate() {
        canvas.dot((left, 12.0), 4.0, look(class).ink, 1.0)?;
        canvas.text(name, (left + 12.0, 12.0), Anchor::Start, TEXT)?;
        left += 40.0 + text_width(name);
    }
    Ok(())
}

/// Eq. 1: times with noise against fitted times, all reads. `None` without reads or noise.
pub(super) fn against_fitted(campaign: &Campaign, found: &Reproduction) -> Result<Option<Plot>, ReportError> {
    let [full, ..] = &found.fits;
    let Some(study) = found.noise.first() else { return Ok(None) };
    let (noisy, fitted) = (&study.first_seconds, &full.fit.fitted);
    let Some((_, most)) = bounds(noisy.iter().chain(fitted).copied()) else { return Ok(None) };
    let plot =
        Plot::draw("eq1", "All reads: time against eq. 1", (WIDTH, FRAME.top + 330.0 + FRAME.bottom), |canvas| {
            size_legend(canvas)?;
            let axis = |title| Axis::quantity(title, Dimension::Count, (0.0, most * 1.04), 8);
            let panel = Panel::draw(canvas, FRAME, axis("Eq. 1 [s]"), axis("T with noise [s]"))?;
            canvas.line(&[panel.at((0.0, 0.0)), panel.at((most, most))], AXIS, 1.4, 1.0)?;
            for ((fitted, noisy), size) in fitted.iter().zip(noisy).zip(&campaign.size_mb) {
                canvas.dot(panel.at((*fitted, noisy.max(0.0))), 2.4, look(class_of(*size)).ink, 0.55)?;
            }
            Ok(())
        })?;
    Ok(Some(plot.captioned(format!(
        "Each point is a simulated read: its time under {} noise (the first of {} replications) against \
         0.023568 S + 0.043705 ConTh + 0.001538 ConPr. Without noise all points lie on the diagonal.",
        study.noise,
        study.replications.len()
    ))))
}

/// Eq. 2 or 3 as in Fig. 1 and 2, seen from the side: T against the concurrent traffic, S as colour.
pub(super) fn against_traffic(
    campaign: &Campaign,
    found: &Reproduction,
    fit: &EquationFit,
) -> Result<Option<Plot>, ReportError> {
    let equation = fit.equation;
    let (traffic, column, figure) = match equation {
        Equation::Processes => (&campaign.con_pr_mb, "ConPr", 2),
        _ => (&campaign.con_th_mb, "ConTh", 1),
    };
    let Some(study) = found.noise.first() else { return Ok(None) };
    let points: Vec<(f64, f64, usize)> = fit
        .rows
        .iter()
        .map(|&row| (traffic[row] / 1e3, study.first_seconds[row], class_of(campaign.size_mb[row])))
        .collect();
    let most = bounds(points.iter().map(|point| point.0)).zip(bounds(points.iter().map(|point| point.1)));
    let Some(((_, most_gb), (_, most_s))) = most else { return Ok(None) };
    let title = format!("Fig. {figure}: {}", equation.formula());
    let name = format!("eq{}", equation.number());
    let plot = Plot::draw(&name, title, (WIDTH, FRAME.top + 330.0 + FRAME.bottom), |canvas| {
        size_legend(canvas)?;
        let x = Axis::quantity(&format!("{column} [GB]"), Dimension::Count, (0.0, most_gb * 1.03), 8);
        let y = Axis::quantity("T [s]", Dimension::Count, (0.0, most_s * 1.05), 6);
        let panel = Panel::draw(canvas, FRAME, x, y)?;
        for (gigabytes, seconds, class) in &points {
            canvas.dot(panel.at((*gigabytes, seconds.max(0.0))), 2.4, look(*class).ink, 0.55)?;
        }
        let (ours, theirs) = (fit.coefficients(), equation.published().coefficients);
        for (class, (.., size)) in SIZES.iter().enumerate() {
            let line = |by: &[f64]| [0.0, most_gb].map(|x| panel.at((x, by[0] * size + by[1] * x * 1e3)));
            canvas.line(&line(&ours), look(class).ink, 1.8, 1.0)?;
            canvas.dashed(&line(theirs), look(class).ink, 1.8)?;
        }
        Ok(())
    })?;
    Ok(Some(plot.captioned(format!(
        "{} simulated reads, their times under {} noise (the first replication). Lines are T for files of 0.75, 1.65 and 2.55 GB: solid ours, \
         dashed eq. {} of the paper.",
        points.len(),
        study.noise,
        equation.number()
    ))))
}

/// Distributions of F over replications, with the paper's values. `None` without noise.
pub(super) fn f_statistics(found: &Reproduction) -> Result<Option<Plot>, ReportError> {
    let rows: Vec<(Equation, usize, &NoiseStudy)> = Equation::ALL
        .into_iter()
        .flat_map(|equation| found.noise.iter().enumerate().map(move |(at, study)| (equation, at, study)))
        .collect();
    let values = rows.iter().flat_map(|(equation, _, study)| study.f(*equation));
    let Some((_, high)) = bounds(values.chain(Equation::ALL.map(|equation| equation.published().f))) else {
        return Ok(None);
    };
    let entries: Vec<(String, Look)> =
        found.noise.iter().enumerate().map(|(at, study)| (format!("{} noise", study.noise), look(at))).collect();
    let over = legend_height(&entries, WIDTH - 40.0);
    let frame = Frame { left: 150.0, top: over + 20.0, right: 120.0, bottom: 54.0 };
    let height = 34.0 * rows.len() as f64;
    let campaigns = found.noise.first().map_or(0, |study| study.replications.len());
    let title = format!("F-statistics: {campaigns} noisy campaigns against the paper");
    let plot = Plot::draw("f-statistics", title, (WIDTH, frame.top + height + frame.bottom), |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        let x = Axis::quantity("F", Dimension::Count, (0.0, high * 1.05), 7);
        let panel = Panel::draw(canvas, frame, x, Axis::rows(rows.len()))?;
        for (index, (equation, at, study)) in rows.iter().enumerate() {
            let middle = panel.y(index as f64 + 0.5);
            f_row(canvas, &panel, middle, &study.f(*equation), look(*at))?;
            if *at == 0 {
                f_paper(canvas, &panel, (index, found.noise.len()), *equation)?;
            }
        }
        Ok(())
    })?;
    Ok(Some(plot.captioned(
        "Dots: one noisy campaign each; bar: central 95 %; marker: median. Black: the paper's F. Eq. 1 was used to fit the size \
         of the noise, so its median agrees by construction; eq. 2 and 3 are predictions.",
    )))
}

/// A cloud, its median and its central 95 %.
fn f_row(canvas: &Canvas<'_>, panel: &Panel, middle: f64, values: &[f64], look: Look) -> Drawn {
    for (at, value) in values.iter().enumerate() {
        // Golden-ratio offsets spread neighbours without chance.
        let offset = ((at as f64 * 0.618_034).fract() - 0.5) * 18.0;
        canvas.dot((panel.x(*value), middle + offset), 1.6, look.ink, 0.35)?;
    }
    let range = Range::of(values);
    let (low, high) = (panel.x(range.low), panel.x(range.high));
    canvas.line(&[(low, middle), (high, middle)], look.ink, 2.4, 1.0)?;
    for end in [low, high] {
        canvas.line(&[(end, middle - 6.0), (end, middle + 6.0)], look.ink, 2.4, 1.0)?;
    }
    canvas.marker((panel.x(range.median), middle), 5.0, look)
}

/// The name of an equation and the paper's F across its rows.
fn f_paper(canvas: &Canvas<'_>, panel: &Panel, (first, n): (usize, usize), equation: Equation) -> Drawn {
    let (top, bottom) = (panel.y(first as f64), panel.y((first + n) as f64));
    let (left, _, right, _) = panel.edges;
    let middle = f64::midpoint(top, bottom);
    let label = if equation == Equation::Full { "calibrated" } else { "predicted" };
    let number = equation.number();
    canvas.text(&format!("eq. {number}, {label}"), (left - 10.0, middle), Anchor::End, TEXT)?;
    if first > 0 {
        canvas.line(&[(left, top), (right, top)], AXIS, 1.0, 1.0)?;
    }
    let theirs = equation.published().f;
    let x = panel.x(theirs);
    canvas.line(&[(x, top + 3.0), (x, bottom - 3.0)], TEXT, 2.6, 1.0)?;
    canvas.text(&format!("paper {}", f_statistic(theirs)), (right + 8.0, middle), Anchor::Start, MUTED)
}

/// A figure of a probe.
type Figure = fn(&Probe) -> f64;

/// Ratios b/a over which the estimators are drawn.
const RATIOS: (f64, f64) = (0.1, 4.0);

/// Estimates over the truth against b/a: curves in closed form, markers from simulated probes. `None` without probes.
pub(super) fn probe_estimates(probes: &[Probe]) -> Result<Option<Plot>, ReportError> {
    let Some(first) = probes.first() else { return Ok(None) };
    let ratio = |probe: &Probe| probe.truth.b / probe.truth.a;
    let steps = (0..=200).map(|step| RATIOS.0 + (RATIOS.1 - RATIOS.0) * f64::from(step) / 200.0);
    let curve: Vec<Probe> =
        steps.filter_map(|b| slowed_probe(ProbeCoefficients { a: 0.02, b: 0.02 * b }).ok()).collect();
    let figures: [(&str, Figure); 3] = [
        ("a, paper's eq. 7", |probe| probe.relative(probe.paper).0),
        ("b, paper's eq. 8", |probe| probe.relative(probe.paper).1),
        ("a and b, exact (the worse of both)", |probe| {
            let (a, b) = probe.relative(probe.exact);
            if (a - 1.0).abs() > (b - 1.0).abs() { a } else { b }
        }),
    ];
    let entries: Vec<(String, Look)> =
        figures.iter().enumerate().map(|(at, (name, _))| ((*name).to_owned(), look(at))).collect();
    let shown = probes.iter().chain(&curve).flat_map(|probe| figures.map(|(_, figure)| figure(probe)));
    let Some((low, high)) = bounds(shown.chain([0.0])) else { return Ok(None) };
    let most = probes.iter().map(ratio).fold(RATIOS.1, f64::max);
    let over = legend_height(&entries, WIDTH - 40.0);
    let frame = Frame { left: 74.0, top: over + 36.0, right: 24.0, bottom: 54.0 };
    let title = "What a probe of 2 GB and 300 MB says about a and b";
    let plot = Plot::draw("probe", title, (WIDTH, frame.top + 300.0 + frame.bottom), |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        let x = Axis::quantity("b/a put in", Dimension::Count, (0.0, most * 1.03), 9);
        let y = Axis::quantity("Estimate / truth", Dimension::Count, (low, high * 1.05), 6);
        let panel = Panel::draw(canvas, frame, x, y)?;
        let (_, top, _, bottom) = panel.edges;
        let at = panel.x(ratio(first));
        canvas.dashed(&[(at, top), (at, bottom)], AXIS, 1.2)?;
        canvas.note("paper's b/a", (at + 6.0, bottom - 12.0), Anchor::Start)?;
        for (index, (_, figure)) in figures.iter().enumerate() {
            let line: Vec<(f64, f64)> = curve.iter().map(|probe| panel.at((ratio(probe), figure(probe)))).collect();
            canvas.curve(&line, look(index))?;
            for probe in probes {
                canvas.marker(panel.at((ratio(probe), figure(probe))), 4.5, look(index))?;
            }
        }
        Ok(())
    })?;
    Ok(Some(plot.captioned(
        "Curves: closed form; markers: simulated probes. The exact estimator gives 1 throughout. Eq. 7 and 8 are right only where the small file does not slow the large one.",
    )))
}
