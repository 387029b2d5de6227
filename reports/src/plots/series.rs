//! Quantities over time, from the `series` tables of the first replication.

use std::collections::BTreeMap;

use dapple_records::{TableData, read_run_table};

use crate::ReportError;
use crate::experiment::Experiment;
use crate::plots::axis::{Axis, Frame, Panel, bounds};
use crate::plots::canvas::{Anchor, Canvas, Drawn, Plot, legend_height, shortened};
use crate::plots::palette::{TEXT, look};
use crate::plots::{Plots, WIDTH, legend};
use crate::quantity::Dimension;

/// Entities drawn per quantity.
const ENTITIES: usize = 6;
/// Points drawn per line; of more, means of intervals are drawn.
const BINS: usize = 360;
/// Height of one entity's panel with its surroundings.
const PANEL: f64 = 150.0;

/// (seconds, value) in order of time.
type Samples = Vec<(f64, f64)>;

/// By quantity, entity, policy.
type Recorded = BTreeMap<String, BTreeMap<String, BTreeMap<usize, Samples>>>;

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
        let plot = draw(experiment, &quantity, entities)?;
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
            of_entity.entry(policy).or_default().push((at as f64 / 1e9, value));
        }
    }
}

fn words(quantity: &str) -> (String, Dimension) {
    match quantity {
        "rate_bytes_per_s" => ("Rate".into(), Dimension::Rate),
        "used_bytes" => ("Space used".into(), Dimension::Bytes),
        "active" => ("Active transfers".into(), Dimension::Count),
        "queued" => ("Queued".into(), Dimension::Count),
        "running" => ("Running jobs".into(), Dimension::Count),
        other => (other.replace('_', " "), Dimension::Count),
    }
}

fn draw(
    experiment: &Experiment,
    quantity: &str,
    entities: BTreeMap<String, BTreeMap<usize, Samples>>,
) -> Result<Option<Plot>, ReportError> {
    let (title, dimension) = words(quantity);
    let highest =
        |lines: &BTreeMap<usize, Samples>| lines.values().flatten().map(|(_, value)| value.abs()).fold(0.0, f64::max);
    let total = entities.len();
    let mut busy: Vec<_> = entities.into_iter().filter(|(_, lines)| highest(lines) > 0.0).collect();
    let (moving, left_out) = (busy.len(), total - busy.len());
    busy.sort_by(|a, b| highest(&b.1).total_cmp(&highest(&a.1)));
    busy.truncate(ENTITIES);
    busy.sort_by(|a, b| a.0.cmp(&b.0));
    let times = busy.iter().flat_map(|(_, lines)| lines.values().flatten().map(|(at, _)| *at));
    let Some((_, end)) = bounds(times).filter(|(_, end)| *end > 0.0) else { return Ok(None) };
    let policies =
        (0..experiment.policies.len()).filter(|policy| busy.iter().any(|(_, lines)| lines.contains_key(policy)));
    let entries = legend(experiment, policies);
    let over = legend_height(&entries, WIDTH - 40.0) + 8.0;
    let height = over + PANEL * busy.len() as f64 + 34.0;
    let mut binned = false;
    let name = format!("series-{}", quantity.replace('_', "-"));
    let plot = Plot::draw(&name, format!("{title} over time"), (WIDTH, height), |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        for (index, (entity, lines)) in busy.iter().enumerate() {
            let top = over + PANEL * index as f64;
            let last = index + 1 == busy.len();
            binned |= lines.values().any(|samples| samples.len() > BINS);
            let most = highest(lines);
            let least = lines.values().flatten().map(|(_, value)| *value).fold(0.0, f64::min);
            let bottom = height - top - PANEL - if last { 34.0 } else { 0.0 };
            let frame =
                Frame { left: 74.0, top: top + 34.0, right: 24.0, bottom: bottom + if last { 54.0 } else { 26.0 } };
            let mut x = Axis::quantity(if last { "Simulated time" } else { "" }, Dimension::Time, (0.0, end), 9);
            if !last {
                x.title = String::new();
            }
            let mut y = Axis::quantity(&title, dimension, (least, most * 1.06), 3);
            y.title = String::new();
            let unit = Axis::quantity("", dimension, (least, most * 1.06), 3).title;
            let panel = Panel::draw(canvas, frame, x, y)?;
            canvas.bold(&shortened(&format!("{entity}{unit}"), 600.0), (74.0, top + 20.0), Anchor::Start, TEXT)?;
            draw_lines(canvas, &panel, lines, end)?;
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
    let means = if binned { format!(" Means of {BINS} equal intervals are drawn.") } else { String::new() };
    let at = experiment.points[0].label();
    let at = if at.is_empty() { String::new() } else { format!(", {at}") };
    Ok(Some(plot.captioned(format!("First replication{at}.{shown}{idle}{means}"))))
}

fn draw_lines(canvas: &Canvas<'_>, panel: &Panel, lines: &BTreeMap<usize, Samples>, end: f64) -> Drawn {
    for (policy, samples) in lines {
        let points: Vec<(f64, f64)> = thinned(samples, end).into_iter().map(|point| panel.at(point)).collect();
        let look = look(*policy);
        if look.second {
            canvas.dashed(&points, look.ink, 1.4)?;
        } else {
            canvas.line(&points, look.ink, 1.4, 0.9)?;
        }
    }
    Ok(())
}

/// The samples, or the means of equal intervals where there are too many.
fn thinned(samples: &[(f64, f64)], end: f64) -> Samples {
    if samples.len() <= BINS {
        return samples.to_vec();
    }
    let mut bins = vec![(0.0, 0_u32); BINS];
    for (at, value) in samples {
        let bin = &mut bins[((at / end * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + value, bin.1 + 1);
    }
    let middle = |index: usize| (index as f64 + 0.5) * end / BINS as f64;
    let filled = bins.iter().enumerate().filter(|(_, (_, n))| *n > 0);
    filled.map(|(index, (sum, n))| (middle(index), sum / f64::from(*n))).collect()
}
