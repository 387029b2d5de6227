//! Axes with round ticks in units for people, and the panel between them.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::prelude::*;

use crate::DrawError;
use crate::plots::canvas::{Anchor, Canvas, Drawn, text_style, unzoomed, zoomed};
use crate::plots::palette::{AXIS, GRID, MUTED, TEXT};
use crate::quantity::{Scale, Shown, number, three_digits};

/// One axis: from where to where, and what stands along it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Title with unit.
    pub title: String,
    range: (f64, f64),
    log: bool,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis that shows `range` in the unit that fits, with about `count` ticks.
    pub fn quantity(title: &str, shown: impl Shown, range: (f64, f64), count: usize) -> Self {
        let range = opened(range);
        let scale = shown.scale(range.0.abs().max(range.1.abs()));
        let step = step(scale, range, count);
        let decimals = if step >= 1.0 { 0 } else { (-step.log10() - 1e-9).ceil().clamp(0.0, 9.0) as usize };
        let first = (scale.of(range.0) / step - 1e-9).ceil();
        let last = (scale.of(range.1) / step + 1e-9).floor();
        let ticks = (0..=(last - first).clamp(0.0, 50.0) as u32).map(|index| {
            let at = (first + f64::from(index)) * step;
            (at * scale.factor, number(at, decimals))
        });
        Self { title: scale.axis_title(title), range, log: false, ticks: ticks.collect() }
    }

    /// The same with a little room on both sides of the data; not below zero where the data is not.
    pub fn padded(title: &str, shown: impl Shown, (low, high): (f64, f64), count: usize) -> Self {
        let room = (high - low) * 0.06;
        let bottom = if low >= 0.0 { (low - room).max(0.0) } else { low - room };
        Self::quantity(title, shown, (bottom, high + room), count)
    }

    /// A logarithmic axis over a positive range, in the unit that fits its upper half.
    pub fn logarithmic(title: &str, shown: impl Shown, (low, high): (f64, f64)) -> Self {
        let scale = shown.scale((low * high).sqrt());
        let decades = (scale.of(high) / scale.of(low)).log10();
        let within: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let first = scale.of(low).log10().floor() as i32;
        let ticks = (first..=first + decades.ceil() as i32 + 1).flat_map(|decade| {
            within.iter().map(move |digit| {
                let at = digit * 10_f64.powi(decade);
                (at * scale.factor, three_digits(at))
            })
        });
        let ticks = ticks.filter(|(at, _)| (low..=high).contains(at)).collect();
        Self { title: scale.axis_title(title), range: (low, high), log: true, ticks }
    }

    /// An axis of swept values, with a tick at each as long as they fit.
    pub fn swept(title: &str, values: &[f64], log: bool, width: f64) -> Self {
        let (low, high) = bounds(values.iter().copied()).unwrap_or((0.0, 1.0));
        let mut axis = Self { title: title.to_owned(), range: (low, high), log, ticks: Vec::new() };
        let room = 0.03 * (axis.along(high) - axis.along(low));
        axis.range = if log {
            (10_f64.powf(low.log10() - room), 10_f64.powf(high.log10() + room))
        } else {
            (low - room, high + room)
        };
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let mut free = f64::NEG_INFINITY;
        for value in values {
            let label = three_digits(value);
            let half = crate::plots::canvas::text_width(&label) / 2.0 + 5.0;
            let centre = axis.share(value) * width;
            if centre - half >= free {
                free = centre + half;
                axis.ticks.push((value, label));
            }
        }
        axis
    }

    /// An axis without ticks over rows.
    pub fn rows(n: usize) -> Self {
        Self { title: String::new(), range: (n as f64, 0.0), log: false, ticks: Vec::new() }
    }

    /// Whether a value lies on the axis.
    pub fn contains(&self, value: f64) -> bool {
        let (low, high) = (self.range.0.min(self.range.1), self.range.0.max(self.range.1));
        (low..=high).contains(&value)
    }

    /// Width of the widest tick label.
    pub fn label_width(&self) -> f64 {
        self.ticks.iter().map(|(_, label)| crate::plots::canvas::text_width(label)).fold(0.0, f64::max)
    }

    fn along(&self, value: f64) -> f64 {
        if self.log { value.max(f64::MIN_POSITIVE).log10() } else { value }
    }

    fn share(&self, value: f64) -> f64 {
        let (low, high) = (self.along(self.range.0), self.along(self.range.1));
        (self.along(value) - low) / (high - low)
    }

    fn coordinate(&self) -> Ruled {
        let ticks = self.ticks.iter().map(|(at, _)| self.along(*at)).collect();
        Ruled { from: self.along(self.range.0), to: self.along(self.range.1), ticks }
    }

    fn label(&self, along: f64) -> String {
        let near = |(at, _): &&(f64, String)| (self.along(*at) - along).abs() <= 1e-9 * along.abs().max(1e-9);
        self.ticks.iter().find(near).map_or_else(String::new, |(_, label)| label.clone())
    }
}

/// An axis for plotters: linear, with our ticks.
struct Ruled {
    from: f64,
    to: f64,
    ticks: Vec<f64>,
}

impl Ranged for Ruled {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

/// Least and largest of finite values.
pub fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |found, value| {
        Some(found.map_or((value, value), |(low, high): (f64, f64)| (low.min(value), high.max(value))))
    })
}

/// A range of some width.
fn opened((low, high): (f64, f64)) -> (f64, f64) {
    if high > low {
        return (low, high);
    }
    let room = if low == 0.0 { 1.0 } else { low.abs() * 0.05 };
    (low - room, high + room)
}

/// A round step in the unit of `scale`; seconds, minutes and hours step as clocks do.
fn step(scale: Scale, (low, high): (f64, f64), count: usize) -> f64 {
    // Three quarters: a few ticks more than asked for rather than half of them.
    let least = 0.75 * scale.of(high - low) / count.max(1) as f64;
    let clock: &[f64] = match scale.unit {
        "s" | "min" => &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0],
        "h" => &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0],
        _ => &[],
    };
    if let Some(step) = clock.iter().find(|step| least > 0.5 && **step >= least) {
        return *step;
    }
    let decade = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * decade).find(|step| *step >= least * 0.999);
    let step = step.unwrap_or(decade * 10.0);
    if scale.unit.is_empty() && least > 0.3 { step.max(1.0) } else { step }
}

/// Space around a panel: left, top, right, bottom \[px\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// To the left edge of the paper.
    pub left: f64,
    /// To its upper edge.
    pub top: f64,
    /// To its right edge.
    pub right: f64,
    /// To its lower edge.
    pub bottom: f64,
}

/// The rectangle between two axes.
pub struct Panel {
    x: Axis,
    y: Axis,
    /// Left, top, right and bottom edge on the paper.
    pub edges: (f64, f64, f64, f64),
}

impl Panel {
    /// Draws axes, ticks, lines behind the data and titles (that of y above its axis).
    ///
    /// # Errors
    /// Where the plotting library cannot draw.
    pub fn draw(canvas: &Canvas<'_>, frame: Frame, x: Axis, y: Axis) -> Result<Self, DrawError> {
        let (width, height) = canvas.size;
        let mut chart = ChartBuilder::on(&canvas.area)
            .margin_left(zoomed(frame.left))
            .margin_top(zoomed(frame.top))
            .margin_right(zoomed(frame.right))
            .margin_bottom(zoomed(frame.bottom - AXIS_SPACE))
            .x_label_area_size(zoomed(AXIS_SPACE))
            .build_cartesian_2d(x.coordinate(), y.coordinate())
            .map_err(DrawError::new)?;
        chart
            .configure_mesh()
            .axis_style(AXIS.rgb.stroke_width(10))
            .bold_line_style(GRID.rgb.stroke_width(10))
            .light_line_style(TRANSPARENT)
            .label_style(text_style(MUTED, false))
            .x_label_formatter(&|along| x.label(*along))
            .x_labels(50)
            .set_tick_mark_size(LabelAreaPosition::Bottom, zoomed(4.0))
            .draw()
            .map_err(DrawError::new)?;
        let (xs, ys) = chart.plotting_area().get_pixel_range();
        let (left, top) = unzoomed((xs.start, ys.start));
        let (right, bottom) = unzoomed((xs.end, ys.end));
        let panel = Self { x, y, edges: (left, top, right, bottom) };
        for (at, label) in &panel.y.ticks {
            canvas.note(label, (left - 8.0, panel.y(*at)), Anchor::End)?;
        }
        let middle = (left + right) / 2.0;
        canvas.text(&panel.x.title, (middle, height - frame.bottom + 38.0), Anchor::Middle, TEXT)?;
        let title_left = (left - 8.0 - panel.y.label_width()).clamp(4.0, width);
        canvas.text(&panel.y.title, (title_left, top - 16.0), Anchor::Start, TEXT)?;
        Ok(panel)
    }

    /// Where a value of x stands on the paper.
    pub fn x(&self, value: f64) -> f64 {
        let (left, _, right, _) = self.edges;
        left + self.x.share(value) * (right - left)
    }

    /// Where a value of y stands on the paper.
    pub fn y(&self, value: f64) -> f64 {
        let (_, top, _, bottom) = self.edges;
        bottom - self.y.share(value) * (bottom - top)
    }

    /// Where a point stands on the paper.
    pub fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x(x), self.y(y))
    }
}

/// Height of the tick labels under a panel.
const AXIS_SPACE: f64 = 24.0;

/// Draws the zero line of a difference, where it is on the axis.
///
/// # Errors
/// Where the plotting library cannot draw.
pub fn zero_line(canvas: &Canvas<'_>, panel: &Panel, vertical: bool) -> Drawn {
    let (left, top, right, bottom) = panel.edges;
    if vertical && panel.x.contains(0.0) {
        let x = panel.x(0.0);
        canvas.line(&[(x, top), (x, bottom)], TEXT, 1.2, 1.0)?;
    }
    if !vertical && panel.y.contains(0.0) {
        let y = panel.y(0.0);
        canvas.line(&[(left, y), (right, y)], TEXT, 1.2, 1.0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Dimension;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_in_the_unit_shown() {
        let axis = Axis::quantity("Wait", Dimension::Time, (0.0, 7200.0), 5);
        assert_eq!((axis.title.as_str(), labels(&axis)), ("Wait [h]", vec!["0.0", "0.5", "1.0", "1.5", "2.0"]));
        let axis = Axis::quantity("Size", Dimension::Bytes, (2e12, 9.5e12), 4);
        assert_eq!((axis.title.as_str(), labels(&axis)), ("Size [TB]", vec!["2", "4", "6", "8"]));
        let axis = Axis::logarithmic("Wait", Dimension::Time, (3.0, 400.0));
        assert_eq!(labels(&axis), ["5", "10", "20", "50", "100", "200"]);
        let axis = Axis::quantity("Same", Dimension::Count, (5.0, 5.0), 4);
        assert!(!axis.ticks.is_empty());
    }

    #[test]
    fn swept_values_have_a_tick_each_where_they_fit() {
        assert_eq!(labels(&Axis::swept("b", &[1.0, 2.5, 10.0], false, 600.0)), ["1", "2.5", "10"]);
        let many: Vec<f64> = (0..100).map(f64::from).collect();
        assert!(labels(&Axis::swept("b", &many, false, 600.0)).len() < 40);
    }
}
