//! Where sites stand in the picture.

use std::f64::consts::TAU;

use dapple_simulator::topology::Topology;

/// Sites with their positions, or a circle for those without; centres in pixels within `size`, `margin` from its edges.
pub(super) fn centres(topology: &Topology, size: (f64, f64), margin: (f64, f64)) -> Vec<(f64, f64)> {
    let given: Vec<Option<(f64, f64)>> = topology.sites().values().map(|site| site.position.filter(finite)).collect();
    let placed: Vec<(f64, f64)> = given.iter().flatten().copied().collect();
    let scaled = fitted(&placed, size, margin);
    let free = given.iter().filter(|position| position.is_none()).count();
    let mut on_circle = circle(free, size, margin).into_iter();
    let mut on_map = scaled.into_iter();
    let next = |position: &Option<(f64, f64)>| if position.is_some() { on_map.next() } else { on_circle.next() };
    given.iter().map(next).map(|centre| centre.unwrap_or((size.0 / 2.0, size.1 / 2.0))).collect()
}

fn finite((x, y): &(f64, f64)) -> bool {
    x.is_finite() && y.is_finite()
}

/// Positions moved and scaled into the paper, with y upwards as on maps.
fn fitted(placed: &[(f64, f64)], (width, height): (f64, f64), margin: (f64, f64)) -> Vec<(f64, f64)> {
    let bounds = |pick: fn(&(f64, f64)) -> f64| {
        placed.iter().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let (xs, ys) = (bounds(|at| at.0), bounds(|at| at.1));
    let room = (width - 2.0 * margin.0, height - 2.0 * margin.1);
    let fit = |room: f64, span: f64| if span > 0.0 { room / span } else { f64::INFINITY };
    let scale = fit(room.0, xs.1 - xs.0).min(fit(room.1, ys.1 - ys.0));
    let scale = if scale.is_finite() { scale } else { 1.0 };
    let place = |&(x, y): &(f64, f64)| {
        let from_centre = (x - (xs.0 + xs.1) / 2.0, y - (ys.0 + ys.1) / 2.0);
        (width / 2.0 + from_centre.0 * scale, height / 2.0 - from_centre.1 * scale)
    };
    placed.iter().map(place).collect()
}

/// Evenly on an ellipse; two side by side.
fn circle(n: usize, (width, height): (f64, f64), margin: (f64, f64)) -> Vec<(f64, f64)> {
    let radius = (width / 2.0 - margin.0, height / 2.0 - margin.1);
    let start = if n == 2 { TAU / 2.0 } else { -TAU / 4.0 };
    let angle = |index: usize| start + TAU * index as f64 / n as f64;
    let place =
        |index: usize| (width / 2.0 + radius.0 * angle(index).cos(), height / 2.0 + radius.1 * angle(index).sin());
    if n == 1 { vec![(width / 2.0, height / 2.0)] } else { (0..n).map(place).collect() }
}
