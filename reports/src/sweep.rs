//! Sweep points: their order, and which coordinate is drawn along x.

use std::cmp::Ordering;

use dapple_records::SweepPoint;
use dapple_simulator::units::Unit;

use crate::quantity::three_digits;

/// One combination of swept values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// Its coordinates in the order of the manifest's paths.
    pub(crate) coordinates: Vec<SweepPoint>,
}

impl Point {
    /// `bandwidth = Gbps(10), files = 3`, as short as it stays unique within the coordinates.
    pub(crate) fn label(&self) -> String {
        let parts = self.coordinates.iter().map(|at| format!("{} = {}", short_path(&at.path), at.text));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// The last two fields of a path: `CERN-GRIF.bandwidth` of `topology.links.CERN-GRIF.bandwidth`.
fn short_path(path: &str) -> &str {
    path.rmatch_indices('.').nth(1).map_or(path, |(dot, _)| &path[dot + 1..])
}

/// A sweep along one numeric field; the others make facets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sweep {
    /// The field with its unit, for the axis: `CERN-GRIF.bandwidth [Gbps]`.
    pub(crate) title: String,
    /// The unit in which x is told.
    pub(crate) unit: String,
    /// Whether x is drawn on a logarithmic scale.
    pub(crate) log: bool,
    /// One per combination of the other fields.
    pub(crate) facets: Vec<Facet>,
}

/// Sweep points that differ along x only.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facet {
    /// The other fields, such as `files = 3`; empty where there are none.
    pub(crate) label: String,
    /// (x, index of the sweep point), by x.
    pub(crate) points: Vec<(f64, usize)>,
}

impl Facet {
    /// Its sweep points, by x.
    pub(crate) fn indices(&self) -> Vec<usize> {
        self.points.iter().map(|(_, point)| *point).collect()
    }
}

impl Sweep {
    /// The numeric coordinate with the most values, where one has at least two.
    pub(crate) fn of(points: &[Point]) -> Option<Self> {
        let paths = points.first()?.coordinates.len();
        let along = |path: usize| axis(points, path).map(|(unit, xs)| (path, unit, xs));
        let mut axes: Vec<(usize, String, Vec<f64>)> = (0..paths).filter_map(along).collect();
        axes.sort_by_key(|(_, _, xs)| std::cmp::Reverse(distinct(xs)));
        let (path, unit, xs) = axes.into_iter().next().filter(|(_, _, xs)| distinct(xs) >= 2)?;
        let mut facets: Vec<Facet> = Vec::new();
        for (index, (point, x)) in points.iter().zip(&xs).enumerate() {
            let mut others = point.clone();
            others.coordinates.remove(path);
            let label = others.label();
            match facets.iter_mut().find(|facet| facet.label == label) {
                Some(facet) => facet.points.push((*x, index)),
                None => facets.push(Facet { label, points: vec![(*x, index)] }),
            }
        }
        for facet in &mut facets {
            facet.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let name = short_path(&points[0].coordinates[path].path);
        let title = if unit.is_empty() { name.to_owned() } else { format!("{name} [{unit}]") };
        let (low, high) = xs.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &x| (low.min(x), high.max(x)));
        Some(Self { title, unit, log: low > 0.0 && high / low >= 15.0, facets })
    }

    /// A swept value with its unit: `3.2 Gbps`.
    pub(crate) fn value(&self, x: f64) -> String {
        let text = three_digits(x);
        if self.unit.is_empty() { text } else { format!("{text}\u{a0}{}", self.unit) }
    }
}

/// Order of two sweep points that have the same fields: field by field, numbers by size in whatever unit they are written,
/// before other values by their text.
pub fn sweep_order(a: &[SweepPoint], b: &[SweepPoint]) -> Ordering {
    let one = |(a, b): (&SweepPoint, &SweepPoint)| {
        let numbers = match (a.in_base_unit(), b.in_base_unit()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        numbers.then_with(|| a.text.cmp(&b.text))
    };
    a.iter().zip(b).map(one).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Unit and values of a coordinate in the unit of the first point, where all are numbers that can be compared. A name that is no
/// unit, such as `Constant`, is not told as one.
fn axis(points: &[Point], path: usize) -> Option<(String, Vec<f64>)> {
    let coordinates: Vec<&SweepPoint> = points.iter().map(|point| &point.coordinates[path]).collect();
    let (around, unit) = coordinates.first()?.around_and_unit();
    let first = factor(unit);
    let x = |at: &&SweepPoint| {
        let number = at.number.filter(|number| number.is_finite())?;
        let (other_around, other_unit) = at.around_and_unit();
        if other_around != around {
            return None;
        }
        if other_unit == unit {
            return Some(number);
        }
        match (first, factor(other_unit)) {
            (Some((kind, base)), Some((other, own))) if kind == other => Some(number * own / base),
            _ => None,
        }
    };
    let told = first.map_or("", |_| unit);
    Some((told.to_owned(), coordinates.iter().map(x).collect::<Option<_>>()?))
}

/// What a unit measures, and how many base units it is.
fn factor(unit: &str) -> Option<(&'static str, f64)> {
    Unit::named(unit).map(|(units, unit)| (units.doc.name, unit.factor))
}

fn distinct(xs: &[f64]) -> usize {
    let mut xs = xs.to_vec();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    xs.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(texts: &[(&str, Option<f64>)]) -> Vec<Point> {
        let point = |&(text, number): &(&str, Option<f64>)| Point {
            coordinates: vec![SweepPoint { path: "links.A-B.bandwidth".into(), text: text.into(), number }],
        };
        texts.iter().map(point).collect()
    }

    #[test]
    fn units_of_one_kind_share_an_axis() {
        let sweep = Sweep::of(&points(&[("Gbps(1)", Some(1.0)), ("Mbps(2500)", Some(2500.0))])).expect("numeric");
        assert_eq!(sweep.title, "A-B.bandwidth [Gbps]");
        assert_eq!(sweep.facets[0].points, [(1.0, 0), (2.5, 1)]);
        assert!(Sweep::of(&points(&[("Gbps(1)", Some(1.0)), ("Hours(2)", Some(2.0))])).is_none());
        assert!(Sweep::of(&points(&[("Fail", None), ("Wait", None)])).is_none());
        assert!(Sweep::of(&points(&[("3", Some(3.0))])).is_none());
    }

    #[test]
    fn values_of_mixed_units_stand_by_size_and_before_words() {
        let point =
            |text: &str, number| SweepPoint { path: "topology.links.A-B.bandwidth".into(), text: text.into(), number };
        let mut points = [
            [point("Unlimited", None)],
            [point("Gbps(2)", Some(2.0))],
            [point("Mbps(500)", Some(500.0))],
            [point("Gbps(1)", Some(1.0))],
            [point("Auto", None)],
        ];
        points.sort_by(|a, b| sweep_order(a, b));
        let texts: Vec<&str> = points.iter().map(|[point]| point.text.as_str()).collect();
        assert_eq!(texts, ["Mbps(500)", "Gbps(1)", "Gbps(2)", "Auto", "Unlimited"]);
    }

    #[test]
    fn distributions_stand_by_size_under_the_unit_of_their_number() {
        let mut made = points(&[("Constant(GB(1))", Some(1.0)), ("Constant(MB(500))", Some(500.0))]);
        let sweep = Sweep::of(&made).expect("numeric");
        assert_eq!((sweep.title.as_str(), sweep.value(0.5).as_str()), ("A-B.bandwidth [GB]", "0.5\u{a0}GB"));
        assert_eq!(sweep.facets[0].points, [(0.5, 1), (1.0, 0)]);
        made.sort_by(|a, b| sweep_order(&a.coordinates, &b.coordinates));
        assert_eq!(made[0].coordinates[0].text, "Constant(MB(500))");
        let bare = Sweep::of(&points(&[("Constant(1)", Some(1.0)), ("Constant(2)", Some(2.0))])).expect("numeric");
        assert_eq!(bare.title, "A-B.bandwidth");
        // Other laws, and ranges that start elsewhere, are no steps of one quantity.
        assert!(Sweep::of(&points(&[("Constant(GB(1))", Some(1.0)), ("Exponential(GB(2))", Some(2.0))])).is_none());
        let ranges = [("Uniform(GB(1), GB(2))", Some(2.0)), ("Uniform(GB(2), GB(3))", Some(3.0))];
        assert!(Sweep::of(&points(&ranges)).is_none());
    }
}
