//! The primary KPI against a swept value: means, and paired differences to the baseline.

use crate::ReportError;
use crate::comparison::{Comparison, caption};
use crate::crossing::{Crossing, crossing_words, marked_crossings};
use crate::experiment::Experiment;
use crate::plots::axis::{Axis, Frame, Panel, bounds, zero_line};
use crate::plots::canvas::{Anchor, Canvas, Drawn, Plot, apart, legend_height, shortened, text_width};
use crate::plots::palette::{MUTED, PAPER, TEXT, look};
use crate::plots::{WIDTH, legend};
use crate::statistics::{Interval, paired};
use crate::sweep::{Facet, Sweep};

/// Ratio of the largest to the least mean from which on they are drawn on a logarithmic scale.
const LOG_FROM: f64 = 8.0;
/// Height of a line of text under the panel.
const LINE: f64 = 19.0;
/// Least distance between the numbers of two crossings.
const BADGE: f64 = 20.0;
/// Distance between the bars that say where crossings can lie.
const BAR: f64 = 7.0;

/// A line of one policy: x, mean, interval.
type Line = Vec<(f64, f64, Option<Interval>)>;

/// Means with bands, a line per policy, crossings marked; `None` where no run has a value.
pub(super) fn means(
    experiment: &Experiment,
    sweep: &Sweep,
    comparisons: &[Comparison],
    facet: (&Facet, usize),
) -> Result<Option<Plot>, ReportError> {
    let (kpi, (facet, index)) = (experiment.primary.kpi, facet);
    let line = |policy: usize| -> Line {
        let at = |&(x, point): &(f64, usize)| experiment.estimate(point, policy, kpi).map(|e| (x, e.mean, e.interval));
        facet.points.iter().filter_map(at).collect()
    };
    let lines: Vec<(usize, Line)> = (0..experiment.policies.len()).map(|policy| (policy, line(policy))).collect();
    let marked = marked_crossings(experiment, facet);
    let title = titled(format!("{} against {}", experiment.primary.title, sweep.title), facet);
    let figure = Figure { experiment, sweep, facet, lines, crossings: &marked, difference: false };
    let plot = figure.plot(&stem("sweep", index), title)?;
    Ok(plot.map(|plot| {
        let crossed = if marked.is_empty() {
            ""
        } else {
            " Numbered: two policies cross somewhere under the grey bar, between sweep points that differ (bootstrap over \
             replications); the number stands where straight lines would cross."
        };
        let band = if experiment.most_replications() < 2 { "One replication: no bands." } else { "Bands: 95 % confidence interval of the mean." };
        let missing = caption(experiment, comparisons, &facet.indices());
        plot.captioned(format!("Mean over replications at each swept value. {band}{crossed}{missing}"))
    }))
}

/// Paired differences to the baseline with bands and the zero line; `None` where there is nothing to compare.
pub(super) fn differences(
    experiment: &Experiment,
    sweep: &Sweep,
    comparisons: &[Comparison],
    facet: (&Facet, usize),
) -> Result<Option<Plot>, ReportError> {
    let (kpi, (facet, index)) = (experiment.primary.kpi, facet);
    let line = |policy: usize| -> Line {
        let at = |&(x, point): &(f64, usize)| {
            paired(&experiment.pairs(point, policy, experiment.baseline, kpi)).map(|d| (x, d.mean, d.interval))
        };
        facet.points.iter().filter_map(at).collect()
    };
    let lines: Vec<(usize, Line)> = experiment.others().map(|policy| (policy, line(policy))).collect();
    let baseline = experiment.baseline_name();
    let title =
        titled(format!("{}: difference to {baseline} against {}", experiment.primary.title, sweep.title), facet);
    let figure = Figure { experiment, sweep, facet, lines, crossings: &[], difference: true };
    let better = match experiment.primary.less_is_better {
        Some(true) => " Below zero the policy is better than the baseline.",
        Some(false) => " Above zero the policy is better than the baseline.",
        None => "",
    };
    let missing = caption(experiment, comparisons, &facet.indices());
    Ok(figure.plot(&stem("sweep-differences", index), title)?.map(|plot| {
        plot.captioned(format!(
            "Mean difference to {baseline} over replications on the same random numbers; bands: its 95 % confidence \
             interval at each point, not corrected for the number of points.{better}{missing}"
        ))
    }))
}

fn stem(name: &str, index: usize) -> String {
    if index == 0 { name.to_owned() } else { format!("{name}-{}", index + 1) }
}

fn titled(title: String, facet: &Facet) -> String {
    if facet.label.is_empty() { title } else { format!("{title}, {}", facet.label) }
}

struct Figure<'a> {
    experiment: &'a Experiment,
    sweep: &'a Sweep,
    facet: &'a Facet,
    lines: Vec<(usize, Line)>,
    crossings: &'a [Crossing],
    difference: bool,
}

impl Figure<'_> {
    fn plot(mut self, name: &str, title: String) -> Result<Option<Plot>, ReportError> {
        self.lines.retain(|(_, line)| !line.is_empty());
        let limits = self.lines.iter().flat_map(|(_, line)| line).flat_map(|&(_, mean, interval)| {
            interval.map_or([mean; 3], |interval| [mean, interval.low, interval.high])
        });
        let zero = self.difference.then_some(0.0);
        let Some(range) = bounds(limits.chain(zero)) else { return Ok(None) };
        let direct = self.lines.len() <= 6;
        let entries = legend(self.experiment, self.lines.iter().map(|(policy, _)| *policy));
        let widest = entries.iter().map(|(name, _)| text_width(name)).fold(0.0, f64::max);
        let right = if direct { (widest + 32.0).clamp(60.0, 200.0) } else { 24.0 };
        let over = if direct { 0.0 } else { legend_height(&entries, WIDTH - 40.0) + 6.0 };
        let under = if self.crossings.is_empty() { 0.0 } else { LINE * self.crossings.len() as f64 + 8.0 };
        let frame = Frame { left: 74.0, top: 32.0 + over, right, bottom: 54.0 + under };
        let size = (WIDTH, frame.top + 330.0 + frame.bottom);
        let plot = Plot::draw(name, title, size, |canvas| {
            if !direct {
                canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
            }
            let xs: Vec<f64> = self.facet.points.iter().map(|(x, _)| *x).collect();
            let x = Axis::swept(&self.sweep.title, &xs, self.sweep.log, WIDTH - frame.left - right);
            let kpi = self.experiment.primary;
            let scale = self.experiment.scale(kpi.kpi);
            let heading = if self.difference {
                format!("{}, difference to {}", kpi.title, shortened(self.experiment.baseline_name(), 200.0))
            } else {
                kpi.title.to_owned()
            };
            let y = if !self.difference && range.0 > 0.0 && range.1 / range.0 > LOG_FROM {
                let heading = format!("{heading}, logarithmic");
                Axis::logarithmic(&heading, scale, (range.0 * 0.92, range.1 * 1.08))
            } else {
                let scale = if self.difference { scale.of_differences() } else { scale };
                Axis::padded(&heading, scale, range, 6)
            };
            let panel = Panel::draw(canvas, frame, x, y)?;
            if self.difference {
                zero_line(canvas, &panel, false)?;
            }
            self.draw_lines(canvas, &panel)?;
            if direct {
                self.draw_names(canvas, &panel, right)?;
            }
            self.draw_crossings(canvas, &panel, size.1 - under + 4.0)
        })?;
        Ok(Some(plot))
    }

    fn draw_lines(&self, canvas: &Canvas<'_>, panel: &Panel) -> Drawn {
        for (policy, line) in &self.lines {
            let with = || line.iter().filter_map(|&(x, _, interval)| Some((x, interval?)));
            let upper = with().map(|(x, interval)| panel.at((x, interval.high)));
            let lower = with().map(|(x, interval)| panel.at((x, interval.low)));
            let around: Vec<_> = upper.chain(lower.collect::<Vec<_>>().into_iter().rev()).collect();
            if around.len() > 2 {
                canvas.polygon(&around, look(*policy).ink, 0.16)?;
            }
        }
        for (policy, line) in &self.lines {
            let points: Vec<_> = line.iter().map(|&(x, mean, _)| panel.at((x, mean))).collect();
            canvas.curve(&points, look(*policy))?;
            for point in points {
                canvas.marker(point, 4.2, look(*policy))?;
            }
        }
        Ok(())
    }

    /// Names at the right ends of the lines, moved apart.
    fn draw_names(&self, canvas: &Canvas<'_>, panel: &Panel, right: f64) -> Drawn {
        let ends = self.lines.iter().filter_map(|(_, line)| line.last());
        let ends: Vec<(f64, f64)> = ends.map(|&(x, mean, _)| panel.at((x, mean))).collect();
        let heights: Vec<f64> = ends.iter().map(|(_, y)| *y).collect();
        let placed = apart(&heights, 17.0, (panel.edges.1, panel.edges.3));
        for (((policy, _), end), height) in self.lines.iter().zip(ends).zip(placed) {
            let edge = panel.edges.2;
            canvas.line(&[(end.0 + 7.0, end.1), (edge + 8.0, height)], look(*policy).ink, 1.0, 0.6)?;
            let name = shortened(self.experiment.name(*policy), right - 22.0);
            canvas.text(&name, (edge + 12.0, height), Anchor::Start, TEXT)?;
        }
        Ok(())
    }

    fn draw_crossings(&self, canvas: &Canvas<'_>, panel: &Panel, below: f64) -> Drawn {
        let mut badges: Vec<(usize, (f64, f64))> = Vec::new();
        for (index, crossing) in self.crossings.iter().enumerate() {
            let Some(height) = self.height_at(crossing) else { continue };
            let (x, mut y) = panel.at((crossing.guess, height));
            // Crossings that stand close are numbered one above the other.
            while badges.iter().any(|(_, other)| (other.0 - x).hypot(other.1 - y) < BADGE) {
                y -= BADGE;
            }
            badges.push((index, (x, y)));
            let foot = panel.edges.3 - BAR * (index as f64 + 1.0);
            canvas.line(&[(x, y), (x, foot)], MUTED, 1.0, 0.8)?;
            let end = |at: f64| (panel.at((at, height)).0, foot);
            canvas.line(&[end(crossing.between.low), end(crossing.between.high)], MUTED, 4.0, 0.5)?;
        }
        for (index, badge) in badges {
            let number = (index + 1).to_string();
            canvas.dot(badge, 9.5, TEXT, 1.0)?;
            canvas.bold(&number, badge, Anchor::Middle, PAPER)?;
            let line = below + LINE * (index as f64 + 0.5);
            canvas.dot((86.0, line), 8.5, TEXT, 1.0)?;
            canvas.bold(&number, (86.0, line), Anchor::Middle, PAPER)?;
            let words = crossing_words(self.experiment, self.sweep, &self.crossings[index]);
            canvas.text(&shortened(&words, WIDTH - 120.0), (102.0, line), Anchor::Start, TEXT)?;
        }
        Ok(())
    }

    /// The mean of a policy at the guess of a crossing, on the line between the sweep points around it.
    fn height_at(&self, crossing: &Crossing) -> Option<f64> {
        let (_, line) = self.lines.iter().find(|(policy, _)| *policy == crossing.below)?;
        let between = line.windows(2).find(|pair| pair[0].0 <= crossing.guess && crossing.guess <= pair[1].0)?;
        let part = (crossing.guess - between[0].0) / (between[1].0 - between[0].0);
        Some(between[0].1 + part * (between[1].1 - between[0].1))
    }
}
