//! Where sites stand in the picture.

use std::f64::consts::TAU;

use dapple_simulator::topology::Topology;

/// Rounds in which boxes are moved apart.
const ROUNDS: usize = 400;

/// Space between boxes, sideways and upright: a label has to fit.
const GAP: (f64, f64) = (170.0, 92.0);

/// Centres of sites and the size of the paper that holds them.
pub(super) struct Layout {
    /// One per site.
    pub(super) centres: Vec<(f64, f64)>,
    /// Width and height.
    pub(super) size: (f64, f64),
}

/// Sites with their positions, or on a circle, drawn on about `size`; `halves` are half the sizes of their boxes.
/// Boxes that overlap are moved apart, `spread` says whether they keep room for labels between them.
pub(super) fn layout(topology: &Topology, size: (f64, f64), halves: &[(f64, f64)], spread: bool) -> Layout {
    let mut centres = wished(topology, size);
    let gap = if spread { GAP } else { (4.0, 4.0) };
    for _ in 0..ROUNDS {
        if !moved_apart(&mut centres, halves, gap) {
            break;
        }
    }
    let edge = |pick: fn(f64, f64, f64, f64) -> (f64, f64)| {
        let ends = centres.iter().zip(halves).map(|(centre, half)| pick(centre.0, centre.1, half.0, half.1));
        ends.fold(None, |found: Option<(f64, f64)>, end| {
            Some(found.map_or(end, |found| (found.0.min(end.0), found.1.max(end.1))))
        })
    };
    let xs = edge(|x, _, half, _| (x - half, x + half)).unwrap_or((0.0, 300.0));
    let ys = edge(|_, y, _, half| (y - half, y + half)).unwrap_or((0.0, 100.0));
    let margin = 34.0;
    let width = (xs.1 - xs.0 + 2.0 * margin).max(size.0.min(600.0));
    let shift = ((width - xs.1 - xs.0) / 2.0, margin - ys.0);
    let centres = centres.into_iter().map(|(x, y)| (x + shift.0, y + shift.1)).collect();
    Layout { centres, size: (width, ys.1 - ys.0 + 2.0 * margin) }
}

/// One round; whether any two boxes were too close. Every pair is moved half of its least overlap.
fn moved_apart(centres: &mut [(f64, f64)], halves: &[(f64, f64)], gap: (f64, f64)) -> bool {
    let mut moved = false;
    for first in 0..centres.len() {
        for second in first + 1..centres.len() {
            let (dx, dy) = (centres[second].0 - centres[first].0, centres[second].1 - centres[first].1);
            let close_x = halves[first].0 + halves[second].0 + gap.0 - dx.abs();
            let close_y = halves[first].1 + halves[second].1 + gap.1 - dy.abs();
            if close_x <= 0.5 || close_y <= 0.5 {
                continue;
            }
            moved = true;
            let push = if close_x < close_y {
                (close_x / 2.0 * if dx < 0.0 { -1.0 } else { 1.0 }, 0.0)
            } else {
                (0.0, close_y / 2.0 * if dy < 0.0 { -1.0 } else { 1.0 })
            };
            centres[first] = (centres[first].0 - push.0, centres[first].1 - push.1);
            centres[second] = (centres[second].0 + push.0, centres[second].1 + push.1);
        }
    }
    moved
}

fn wished(topology: &Topology, size: (f64, f64)) -> Vec<(f64, f64)> {
    let finite = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
    let given: Vec<Option<(f64, f64)>> =
        topology.map.sites().values().map(|site| site.position.filter(finite)).collect();
    let placed: Vec<(f64, f64)> = given.iter().flatten().copied().collect();
    let mut on_map = fitted(&placed, size).into_iter();
    let mut on_circle = circle(given.len() - placed.len(), size).into_iter();
    let next = |position: &Option<(f64, f64)>| if position.is_some() { on_map.next() } else { on_circle.next() };
    given.iter().map(next).map(|centre| centre.unwrap_or((size.0 / 2.0, size.1 / 2.0))).collect()
}

/// Positions moved and scaled into the paper, with y upwards as on maps.
fn fitted(placed: &[(f64, f64)], (width, height): (f64, f64)) -> Vec<(f64, f64)> {
    let bounds = |pick: fn(&(f64, f64)) -> f64| {
        placed.iter().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let (xs, ys) = (bounds(|at| at.0), bounds(|at| at.1));
    let fit = |room: f64, span: f64| if span > 0.0 { room / span } else { f64::INFINITY };
    let scale = fit(width, xs.1 - xs.0).min(fit(height, ys.1 - ys.0));
    let scale = if scale.is_finite() { scale } else { 1.0 };
    let place = |&(x, y): &(f64, f64)| {
        let from_centre = (x - (xs.0 + xs.1) / 2.0, y - (ys.0 + ys.1) / 2.0);
        (width / 2.0 + from_centre.0 * scale, height / 2.0 - from_centre.1 * scale)
    };
    placed.iter().map(place).collect()
}

/// Evenly on an ellipse; two side by side.
fn circle(n: usize, (width, height): (f64, f64)) -> Vec<(f64, f64)> {
    let start = if n == 2 { TAU / 2.0 } else { -TAU / 4.0 };
    let angle = |index: usize| start + TAU * index as f64 / n as f64;
    let place = |index: usize| {
        let (x, y) = (angle(index).cos(), angle(index).sin());
        (width / 2.0 * (1.0 + x), height / 2.0 * (1.0 + y))
    };
    if n == 1 { vec![(width / 2.0, height / 2.0)] } else { (0..n).map(place).collect() }
}
