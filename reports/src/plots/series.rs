//! Quantities over time, from the `series` tables of the first replication.
//!
//! A rate is the mean over the interval that its sample ends, a count or volume is as it was when it was sampled, until the next sample.
//! Both are drawn as steps, the capacity as a line behind them, and all panels of a plot in one unit.

use std::collections::BTreeMap;

use dapple_records::{TableData, read_run_table};

use crate::ReportError;
use crate::experiment::Experiment;
use crate::plots::axis::{Axis, Frame, Panel};
use crate::plots::canvas::{Anchor, Canvas, Drawn, Plot, legend_height, shortened};
use crate::plots::palette::{AXIS, TEXT, look};
use crate::plots::{Plots, WIDTH, legend};
use crate::quantity::{Dimension, Scale};

/// Entities drawn per quantity.
const ENTITIES: usize = 6;
/// Steps drawn per line; of more, means of equal intervals are drawn.
const BINS: usize = 360;
/// Height of one entity's panel with its surroundings.
const PANEL: f64 = 150.0;
/// The capacity is drawn where it is at most so many times the highest value; beyond, it would press all that moves to the bottom.
const CAPACITY: f64 = 3.0;

/// One sample.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at_s: f64,
    value: f64,
    capacity: Option<f64>,
}

/// A span of time with a value: (from, to, value).
type Step = (f64, f64, f64);

/// Samples of one entity by policy, in order of time.
type Lines = BTreeMap<usize, Vec<Sample>>;

/// By quantity, by entity.
type Recorded = BTreeMap<String, BTreeMap<String, Lines>>;

/// A plot per recorded quantity, a panel per entity, a line per policy; nothing where no series were recorded.
pub(super) fn quantities(experiment: &Experiment, plots: &mut Plots) -> Result<(), ReportError> {
    let mut recorded = Recorded::new();
    let mut silent: Vec<&str> = Vec::new();
    for policy in 0..experiment.policies.len() {
        let Some(run) = experiment.runs(0, policy).first() else { continue };
        match read_run_table(&experiment.dir, &run.run, "series") {
            Ok(Some(table)) => add(&mut recorded, policy, &table),
            Ok(None) => silent.push(experiment.name(policy)),
            Err(error) => plots.notes.push(error.to_string()),
        }
    }
    for (quantity, entities) in recorded {
        let plot = draw(experiment, &Quantity::named(&quantity), entities)?;
        plots.exploratory.extend(plot.map(|plot| noting(plot, &silent)));
    }
    Ok(())
}

/// The plot of a quantity with the policies that recorded nothing over time, if there are any.
fn noting(plot: Plot, silent: &[&str]) -> Plot {
    if silent.is_empty() {
        return plot;
    }
    let caption = format!("{} Nothing was recorded over time in the run of: {}.", plot.caption, silent.join(", "));
    plot.captioned(caption)
}

fn add(recorded: &mut Recorded, policy: usize, table: &TableData) {
    let columns = (table.texts("entity"), table.texts("quantity"), table.ints("at_ns"), table.floats("value"));
    let (Some(entities), Some(quantities), Some(times), Some(values)) = columns else { return };
    let capacities = table.floats("capacity");
    for row in 0..table.rows() {
        let cells =
            (entities.get(row), quantities.get(row), times.get(row), values.get(row).filter(|value| value.is_finite()));
        if let (Some(entity), Some(quantity), Some(at), Some(value)) = cells {
            if !recorded.contains_key(quantity) {
                recorded.insert(quantity.to_owned(), BTreeMap::new());
            }
            let Some(of_quantity) = recorded.get_mut(quantity) else { continue };
            if !of_quantity.contains_key(entity) {
                of_quantity.insert(entity.to_owned(), BTreeMap::new());
            }
            let Some(of_entity) = of_quantity.get_mut(entity) else { continue };
            let capacity = capacities.and_then(|cells| cells.get(row));
            of_entity.entry(policy).or_default().push(Sample { at_s: at as f64 / 1e9, value, capacity });
        }
    }
}

/// What is drawn in one plot.
struct Quantity {
    /// Stem of its file.
    stem: String,
    title: String,
    dimension: Dimension,
    /// Whether a sample tells of the interval that it ends; otherwise of the one that it begins.
    is_mean: bool,
}

impl Quantity {
    fn named(column: &str) -> Self {
        let (title, dimension) = match column {
            "rate_bytes_per_s" => ("Rate".into(), Dimension::Rate),
            "used_bytes" => ("Space used".into(), Dimension::Bytes),
            "active" => ("Active transfers".into(), Dimension::Count),
            "queued" => ("Queued".into(), Dimension::Count),
            "limit" => ("Files at once, at most".into(), Dimension::Count),
            "slots_taken" => ("Slots taken".into(), Dimension::Count),
            other => (other.replace('_', " "), Dimension::Count),
        };
        let stem = format!("series-{}", column.replace('_', "-"));
        Self { stem, title, dimension, is_mean: dimension == Dimension::Rate }
    }

    /// The spans of time that samples tell of, until `end`.
    fn steps(&self, samples: &[Sample], end: f64, pick: impl Fn(&Sample) -> Option<f64>) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::with_capacity(samples.len());
        for (index, sample) in samples.iter().enumerate() {
            let (from, to) = if self.is_mean {
                (if index == 0 { 0.0 } else { samples[index - 1].at_s }, sample.at_s)
            } else {
                (sample.at_s, samples.get(index + 1).map_or(end, |next| next.at_s))
            };
            steps.extend(pick(sample).filter(|_| to > from).map(|value| (from, to, value)));
        }
        steps
    }

    /// How to read it.
    fn caption(&self) -> &'static str {
        if self.is_mean {
            "Means over the sampling interval: bytes moved by the seconds that it lasts."
        } else {
            "Each value is as it was at its sample, drawn until the next one."
        }
    }
}

fn highest(lines: &Lines) -> f64 {
    lines.values().flatten().map(|sample| sample.value.abs()).fold(0.0, f64::max)
}

/// The capacity at each sample of the first policy: it is the same under all.
fn capacity(lines: &Lines) -> impl Iterator<Item = f64> + Clone + '_ {
    lines.values().next().into_iter().flatten().filter_map(|sample| sample.capacity)
}

fn draw(
    experiment: &Experiment,
    quantity: &Quantity,
    entities: BTreeMap<String, Lines>,
) -> Result<Option<Plot>, ReportError> {
    let total = entities.len();
    let mut busy: Vec<(String, Lines)> = entities.into_iter().filter(|(_, lines)| highest(lines) > 0.0).collect();
    let (moving, left_out) = (busy.len(), total - busy.len());
    busy.sort_by(|a, b| highest(&b.1).total_cmp(&highest(&a.1)));
    busy.truncate(ENTITIES);
    busy.sort_by(|a, b| a.0.cmp(&b.0));
    let samples = || busy.iter().flat_map(|(_, lines)| lines.values().flatten());
    let end = samples().map(|sample| sample.at_s).fold(0.0, f64::max);
    if end <= 0.0 {
        return Ok(None);
    }
    let scale = Scale::fitting(quantity.dimension, samples().map(|sample| sample.value.abs()).fold(0.0, f64::max));
    let policies =
        (0..experiment.policies.len()).filter(|policy| busy.iter().any(|(_, lines)| lines.contains_key(policy)));
    let entries = legend(experiment, policies);
    let over = legend_height(&entries, WIDTH - 40.0) + 8.0;
    let height = over + PANEL * busy.len() as f64 + 34.0;
    let title = format!("{} over time", quantity.title);
    let plot = Plot::draw(&quantity.stem, title, (WIDTH, height), |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        for (index, (entity, lines)) in busy.iter().enumerate() {
            let top = over + PANEL * index as f64;
            let last = index + 1 == busy.len();
            let bottom = height - top - PANEL - if last { 34.0 } else { 0.0 };
            let frame =
                Frame { left: 74.0, top: top + 34.0, right: 24.0, bottom: bottom + if last { 54.0 } else { 26.0 } };
            let mut x = Axis::quantity("Simulated time", Dimension::Time, (0.0, end), 9);
            if !last {
                x.title = String::new();
            }
            let (most, limit) = (highest(lines), capacity(lines).fold(0.0, f64::max));
            let is_drawn = limit > 0.0 && limit <= CAPACITY * most;
            let least = lines.values().flatten().map(|sample| sample.value).fold(0.0, f64::min);
            let range = (least, most.max(if is_drawn { limit } else { 0.0 }) * 1.06);
            let mut y = Axis::quantity("", scale, range, 3);
            let heading = format!("{entity}{}{}", y.title, capacity_words(lines, scale, is_drawn));
            y.title = String::new();
            let panel = Panel::draw(canvas, frame, x, y)?;
            canvas.bold(&shortened(&heading, 700.0), (74.0, top + 20.0), Anchor::Start, TEXT)?;
            if is_drawn && let Some(samples) = lines.values().next() {
                let steps = quantity.steps(samples, end, |sample| sample.capacity);
                canvas.line(&corners(&panel, &binned(steps, end)), AXIS, 2.0, 1.0)?;
            }
            draw_lines(canvas, &panel, (quantity, lines), end)?;
        }
        Ok(())
    })?;
    let shown = if moving > busy.len() {
        format!(" The {} of {moving} with the highest values are drawn.", busy.len())
    } else {
        String::new()
    };
    let idle =
        if left_out > 0 { format!(" Not drawn, because they stayed at zero: {left_out}.") } else { String::new() };
    let is_binned = busy.iter().any(|(_, lines)| lines.values().any(|line| line.len() > BINS));
    let means = if is_binned { format!(" Means of {BINS} equal intervals are drawn.") } else { String::new() };
    let line = if busy.iter().any(|(_, lines)| capacity(lines).next().is_some()) {
        " Grey: the capacity, where it is near."
    } else {
        ""
    };
    let at = experiment.points[0].label();
    let at = if at.is_empty() { String::new() } else { format!(", {at}") };
    let caption = quantity.caption();
    Ok(Some(plot.captioned(format!("First replication{at}. {caption}{line}{shown}{idle}{means}"))))
}

/// `, capacity 1.25 GB/s`, or from where to where it changes; nothing where there is none.
fn capacity_words(lines: &Lines, scale: Scale, is_drawn: bool) -> String {
    let most = capacity(lines).fold(f64::NEG_INFINITY, f64::max);
    let least = capacity(lines).fold(f64::INFINITY, f64::min);
    let place = if is_drawn { "" } else { ", above" };
    match (least, most) {
        (least, most) if least > most => String::new(),
        // Means of equal steps may differ by rounding.
        (least, most) if most - least <= 1e-9 * most => format!(", capacity {}{place}", scale.figure(most)),
        (least, most) => format!(", capacity {} to {}{place}", scale.figure(least), scale.figure(most)),
    }
}

fn draw_lines(canvas: &Canvas<'_>, panel: &Panel, (quantity, lines): (&Quantity, &Lines), end: f64) -> Drawn {
    for (policy, samples) in lines {
        let steps = binned(quantity.steps(samples, end, |sample| Some(sample.value)), end);
        let (points, look) = (corners(panel, &steps), look(*policy));
        if look.second {
            canvas.dashed(&points, look.ink, 1.4)?;
        } else {
            canvas.line(&points, look.ink, 1.4, 0.9)?;
        }
    }
    Ok(())
}

/// The corners of steps on the paper.
fn corners(panel: &Panel, steps: &[Step]) -> Vec<(f64, f64)> {
    steps.iter().flat_map(|&(from, to, value)| [panel.at((from, value)), panel.at((to, value))]).collect()
}

/// The steps, or the means of equal intervals where there are too many; a step counts in each by the time that it lasts there.
fn binned(steps: Vec<Step>, end: f64) -> Vec<Step> {
    if steps.len() <= BINS {
        return steps;
    }
    let width = end / BINS as f64;
    let mut bins = vec![(0.0, 0.0); BINS];
    for (from, to, value) in steps {
        let first = ((from / width) as usize).min(BINS - 1);
        for (index, bin) in bins.iter_mut().enumerate().skip(first) {
            if index as f64 * width >= to {
                break;
            }
            let lasts = (to.min((index + 1) as f64 * width) - from.max(index as f64 * width)).max(0.0);
            *bin = (bin.0 + value * lasts, bin.1 + lasts);
        }
    }
    let filled = bins.into_iter().enumerate().filter(|(_, (_, lasts))| *lasts > 0.0);
    filled.map(|(index, (sum, lasts))| (index as f64 * width, (index + 1) as f64 * width, sum / lasts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[(f64, f64)]) -> Vec<Sample> {
        values.iter().map(|&(at_s, value)| Sample { at_s, value, capacity: None }).collect()
    }

    #[test]
    fn a_rate_is_drawn_before_its_sample_and_a_count_after_it() {
        let rate =
            Quantity::named("rate_bytes_per_s").steps(&samples(&[(5.0, 1.0), (10.0, 2.0)]), 10.0, |s| Some(s.value));
        assert_eq!(rate, [(0.0, 5.0, 1.0), (5.0, 10.0, 2.0)]);
        let queued = samples(&[(0.0, 3.0), (5.0, 1.0), (10.0, 2.0)]);
        let queued = Quantity::named("queued").steps(&queued, 12.0, |s| Some(s.value));
        assert_eq!(queued, [(0.0, 5.0, 3.0), (5.0, 10.0, 1.0), (10.0, 12.0, 2.0)]);
    }

    #[test]
    fn equal_intervals_keep_the_bytes_that_were_moved() {
        // 1000 intervals of 7 s, which no equal intervals fit.
        let steps: Vec<Step> =
            (0..1000).map(|n| (f64::from(n) * 7.0, f64::from(n + 1) * 7.0, f64::from(n % 13))).collect();
        let bytes = |steps: &[Step]| steps.iter().map(|(from, to, rate)| (to - from) * rate).sum::<f64>();
        let drawn = binned(steps.clone(), 7000.0);
        assert_eq!(drawn.len(), BINS);
        assert!((bytes(&drawn) / bytes(&steps) - 1.0).abs() < 1e-12);
    }
}
