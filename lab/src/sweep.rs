//! Sweep points out of the values of each axis.

use dapple_records::SweepPoint;
use dapple_scenarios::{SweepAxis, SweepValue};

/// All combinations of swept values, the last axis fastest; one without coordinates where nothing is swept.
pub fn points(axes: &[SweepAxis]) -> Vec<Vec<SweepPoint>> {
    let mut points = vec![Vec::new()];
    for axis in axes {
        let extended = |point: &Vec<SweepPoint>| {
            let point = point.clone();
            axis.values
                .iter()
                .map(move |value| [point.as_slice(), &[coordinate(axis, value)]].concat())
                .collect::<Vec<_>>()
        };
        points = points.iter().flat_map(extended).collect();
    }
    points
}

/// The coordinate that a value of an axis stands for.
pub fn coordinate(axis: &SweepAxis, value: &SweepValue) -> SweepPoint {
    SweepPoint { path: axis.path.clone(), text: value.text.clone(), number: value.number }
}
