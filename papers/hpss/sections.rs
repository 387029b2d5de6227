//! The replay of a tape archive's mover: laws compared, and simulated against measured durations.

use dapple_models::statistics::{Bootstrap, block_bootstrap};
use dapple_models::{DataError, PredictionErrors};

use dapple_reports::ReportError;
use dapple_reports::page::{PageTitle, Section, Sheet};
use dapple_reports::plots::WIDTH;
use dapple_reports::plots::axis::{Axis, Frame, Panel, bounds};
use dapple_reports::plots::canvas::{Anchor, Canvas, Drawn, Plot, legend_height};
use dapple_reports::plots::palette::{Look, MUTED, SERIES, TEXT, look};
use dapple_reports::quantity::{Dimension, number};
use dapple_reports::statistics::Interval;

/// What the page is about.
pub const TITLE: PageTitle = PageTitle {
    reference: "hpss: a tape archive's mover, replayed",
    lead: "87 700 transfers of November 2018 between the disks of LCLS and the HPSS archive at SLAC, all through one mover \
           server with 16 slots. Laws of the mover are fitted to the first half of the time range; the second half is \
           predicted with what was learned there.",
};

/// Relative error up to which a prediction is good: the τ of FoGP(τ).
pub const TAU: f64 = 0.3;

/// FoGP(0.3) on the second half that a replay has to reach.
pub const BAR: f64 = 0.61;

/// A transfer of the second half that is scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The day on which it started, for resampling; any origin.
    pub day: i64,
    /// How long it took, in seconds.
    pub real_s: f64,
    /// How long it was simulated to take, in seconds; infinite where it did not end.
    pub simulated_s: f64,
}

/// What was found about a law by fitting it to parts of the first half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstHalf {
    /// FoGP on the second quarter with constants of the first.
    pub validation: f64,
    /// FoGP on the first half with its own constants.
    pub calibrated: f64,
}

/// A law and how its replay did.
#[derive(Clone, Debug, PartialEq)]
pub struct LawResult {
    /// Its name.
    pub name: String,
    /// Its constants in words, fitted to the first half.
    pub constants: String,
    /// What was found by fitting; `None`: the constants are those stored with the scenario.
    pub fitted: Option<FirstHalf>,
    /// Predictions of the second half, the same transfers for all laws; never empty.
    pub predictions: Vec<Prediction>,
    /// Aggregate rate [MB/s] at concurrencies, for a plot; empty: not drawn.
    pub curve: Vec<(f64, f64)>,
}

impl LawResult {
    /// FoGP(0.3) on the second half.
    ///
    /// # Errors
    /// Where there are no predictions or a duration is not a number.
    pub fn score(&self) -> Result<f64, DataError> {
        self.errors(|errors| errors.fogp(TAU))
    }

    /// Its 95 % interval: whole days are drawn again, because transfers of one day are alike.
    ///
    /// # Errors
    /// Where there are no predictions.
    pub fn interval(&self) -> Result<Interval, DataError> {
        let mut days: Vec<(i64, f64, f64)> = Vec::new();
        let mut ordered = self.predictions.clone();
        ordered.sort_by_key(|prediction| prediction.day);
        for prediction in ordered {
            let good = f64::from(prediction.is_good());
            match days.last_mut().filter(|(day, ..)| *day == prediction.day) {
                Some((_, hits, all)) => (*hits, *all) = (*hits + good, *all + 1.0),
                None => days.push((prediction.day, good, 1.0)),
            }
        }
        let (hits, all): (Vec<f64>, Vec<f64>) = days.into_iter().map(|(_, hits, all)| (hits, all)).unzip();
        let found = block_bootstrap(&hits, &all, &Bootstrap::default())?;
        Ok(Interval { low: found.low, high: found.high })
    }

    fn errors<T>(&self, measure: impl FnOnce(&PredictionErrors<'_>) -> T) -> Result<T, DataError> {
        let pair = |prediction: &Prediction| (prediction.real_s, prediction.simulated_s.min(f64::MAX));
        let (real, simulated): (Vec<f64>, Vec<f64>) = self.predictions.iter().map(pair).unzip();
        PredictionErrors::new(&real, &simulated).map(|errors| measure(&errors))
    }
}

impl Prediction {
    fn is_good(&self) -> bool {
        (self.simulated_s - self.real_s).abs() <= TAU * self.real_s
    }
}

/// Tables and plots of a replay under one or more laws; `selected` is the position of the one to be shown.
///
/// # Errors
/// Where a law has no predictions, or a plot cannot be drawn.
pub fn sections(laws: &[LawResult], selected: usize) -> Result<Vec<Section>, ReportError> {
    let Some(best) = laws.get(selected) else { return Ok(Vec::new()) };
    let unscored = |problem: DataError| ReportError::Draw { plot: best.name.clone(), problem: problem.to_string() };
    let scores = scores(laws, selected).map_err(unscored)?;
    let mut found = vec![Section { sheet: scores, plots: vec![scatter(best)?, shares(laws, selected)?] }];
    let curves: Vec<&LawResult> = laws.iter().filter(|law| !law.curve.is_empty()).collect();
    let plots = if curves.is_empty() { Vec::new() } else { vec![load_curves(&curves)?] };
    found.push(Section { sheet: constants(laws), plots });
    Ok(found)
}

fn scores(laws: &[LawResult], selected: usize) -> Result<Sheet, DataError> {
    let title = format!("Laws of the mover: FoGP({TAU}), the share of durations predicted within 30 %");
    let heading = [
        "law",
        "first quarter → second quarter (selects)",
        "first half (calibrated)",
        "second half (predicted)",
        "95 % low",
        "high",
        "n",
    ];
    let mut sheet = Sheet::new("scores", title, &heading, 1);
    let share = |value: f64| number(value, 3);
    for (index, law) in laws.iter().enumerate() {
        let name = if index == selected { format!("{} *", law.name) } else { law.name.clone() };
        let found =
            |pick: fn(&FirstHalf) -> f64| law.fitted.as_ref().map_or("–".into(), |fitted| share(pick(fitted)));
        let interval = law.interval()?;
        sheet.row([
            name,
            found(|fitted| fitted.validation),
            found(|fitted| fitted.calibrated),
            share(law.score()?),
            share(interval.low),
            share(interval.high),
            number(law.predictions.len() as f64, 0),
        ]);
    }
    notes(&mut sheet, laws, selected)?;
    Ok(sheet)
}

fn notes(sheet: &mut Sheet, laws: &[LawResult], selected: usize) -> Result<(), DataError> {
    let law = &laws[selected];
    let score = law.score()?;
    match law.fitted {
        Some(FirstHalf { validation, .. }) => sheet.note(format!(
            "* Selected by the first half alone: fitted to the first quarter, `{}` predicts the second quarter best ({}). The \
             second half had no say in constants or choice; the list of laws to choose from was drawn up with the whole log \
             in view.",
            law.name,
            number(validation, 3)
        )),
        None => sheet.note(
            "* The law and the constants of scenarios/logs/hpss.ron, fitted to the first half of the log; nothing was fitted now.",
        ),
    }
    let against = if score >= BAR { "above" } else { "BELOW" };
    sheet.note(format!(
        "Predicted: FoGP({TAU}) = {} on {} migrations of more than 1 GB in the second half, {against} the bar of {BAR}. Intervals \
         draw whole days again (10 000 resamples).",
        number(score, 3),
        number(law.predictions.len() as f64, 0)
    ));
    let mut hindsight = None;
    for other in laws {
        let score = other.score()?;
        if hindsight.is_none_or(|(_, best)| score > best) {
            hindsight = Some((other, score));
        }
    }
    if let Some((best, score)) = hindsight.filter(|(best, _)| best.name != law.name) {
        sheet.note(format!(
            "With hindsight `{}` would have done best on the second half ({}); that is no ground to choose it.",
            best.name,
            number(score, 3)
        ));
    }
    sheet.note(
        "This is the score of a replay, not of a forecast at submission: each logged start is given as the moment a slot was taken, \
         also of the transfers that start while one is under way, and a slot is taken when another transfer has ended. Ends \
         and durations are never read by the simulation, and the order of the log, which is that of ends, is destroyed first.",
    );
    Ok(())
}

fn constants(laws: &[LawResult]) -> Sheet {
    let mut sheet = Sheet::new("constants", "Constants, fitted to the first half", &["law", "constants"], 2);
    for law in laws {
        sheet.row([law.name.clone(), law.constants.clone()]);
    }
    sheet.note(
        "r: rate of one transfer; C, A: rate of all together; k, λ, h: shape and scale in concurrent transfers; s: start-up; q: added \
         to it for each other transfer that is starting up.",
    );
    sheet
}

/// Cells of the scatter [px].
const CELL: f64 = 4.0;

/// Simulated against measured duration on logarithmic axes, shaded by the number of transfers.
fn scatter(law: &LawResult) -> Result<Plot, ReportError> {
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
        "{} of {} transfers lie between the dashed lines, which are 30 % below and above the measured duration. Durations are logged \
         in whole seconds, hence the stripes on the left.",
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
fn shares(laws: &[LawResult], selected: usize) -> Result<Plot, ReportError> {
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
fn load_curves(laws: &[&LawResult]) -> Result<Plot, ReportError> {
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

    fn law(name: &str, simulated: &[f64]) -> LawResult {
        let prediction =
            |(nth, &simulated_s): (usize, &f64)| Prediction { day: nth as i64 / 2, real_s: 100.0, simulated_s };
        LawResult {
            name: name.into(),
            constants: "s 1 s".into(),
            fitted: Some(FirstHalf { validation: 0.5, calibrated: 0.6 }),
            predictions: simulated.iter().enumerate().map(prediction).collect(),
            curve: vec![(1.0, 300.0), (2.0, 500.0)],
        }
    }

    #[test]
    fn a_score_counts_what_lies_within_30_percent() {
        // 70 and 130 are still good; what did not end is not
        let law = law("x", &[70.0, 130.0, 69.9, f64::INFINITY]);
        assert_eq!(law.score(), Ok(0.5));
        // days with 2 of 2 and 0 of 2
        assert_eq!(law.interval(), Ok(Interval { low: 0.0, high: 1.0 }));
    }

    #[test]
    fn the_page_says_what_was_selected_and_what_hindsight_says() {
        let laws = [law("first", &[100.0, 100.0, 10.0]), law("second", &[100.0; 3])];
        let sections = sections(&laws, 0).unwrap();
        let scores = &sections[0].sheet;
        assert_eq!(scores.rows[1][..4], ["first *", "0.500", "0.600", "0.667"].map(String::from));
        let notes = scores.notes.join(" ");
        assert!(notes.contains("With hindsight `second`") && notes.contains("above the bar of 0.61"), "{notes}");
        assert!(notes.contains("not of a forecast"));
        let stored = [LawResult { fitted: None, ..law("stored", &[1.0, 100.0]) }];
        let sheet = &super::sections(&stored, 0).unwrap()[0].sheet;
        assert_eq!(sheet.rows[1][1..4], ["–", "–", "0.500"].map(String::from));
        assert!(sheet.notes.join(" ").contains("BELOW the bar"));
    }

    #[test]
    fn nothing_to_score_is_an_error() {
        assert!(sections(&[law("x", &[])], 0).is_err());
        assert!(sections(&[], 0).unwrap().is_empty());
    }

    #[test]
    fn a_cloud_becomes_cells() {
        let many: Vec<f64> = (0..5000).map(|n| 100.0 + f64::from(n % 7)).collect();
        let plot = scatter(&law("x", &many)).unwrap().file().into_string();
        assert!(plot.len() < 20_000, "{}", plot.len());
    }
}
