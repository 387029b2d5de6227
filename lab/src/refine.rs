//! More sweep points where policies change places.
//!
//! ```text
//!   swept value      1      2      4      8
//!   best policy      a      a      b      b
//!                               ^ 3 is added, then 2.5 or 3.5, and so on
//! ```
//!
//! A sweep says between which two of its values policies cross, and no more. [`refine`] puts a value in the middle of each
//! such stretch; runs that are there keep their ids, so that only those of the new values are to be done. It goes by the
//! means of the primary KPI, and so it may look closer at what turns out to be chance.

use std::collections::{BTreeMap, BTreeSet};

use dapple_records::{KPIS, Kpi, SweepPoint};
use dapple_scenarios::{Problems, Scenario, SweepAxis, SweepValue};

use crate::execute::Execution;
use crate::sweep::{coordinate, points};

/// Digits of a value in the middle: enough for any number of rounds, too few for rounding to show.
const DIGITS: usize = 12;

/// A value that was added to a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// Path of the swept field.
    pub path: String,
    /// The value.
    pub value: String,
    /// The values on both sides of it.
    pub between: (String, String),
}

/// A scenario whose sweep has more values.
#[derive(Clone, Debug)]
pub struct Refined {
    /// The scenario; its runs have the ids that they have without the new values.
    pub scenario: Scenario,
    /// What was added, axis by axis, in order.
    pub added: Vec<Added>,
}

/// Adds a value in the middle between any two neighbours on a numeric axis between which the best policy, or the sign of
/// a policy's difference to the baseline, changes, by the means of the primary KPI. `None` where there are none, where the
/// KPI has no better side, or where there is no value between them that the field takes.
///
/// # Errors
/// Where the scenario is not valid with the new values.
pub fn refine(scenario: &Scenario, execution: &Execution) -> Result<Option<Refined>, Problems> {
    let kpi = scenario.experiment.primary_kpi;
    if KPIS[kpi as usize].less_is_better.is_none() {
        return Ok(None);
    }
    let orders = orders(scenario, execution, kpi);
    let mut refined = scenario.clone();
    let mut all = Vec::new();
    for (nth, axis) in scenario.experiment.sweep.iter().enumerate() {
        let added = added(scenario, nth, axis, &orders);
        if added.is_empty() {
            continue;
        }
        let mut values: Vec<SweepPoint> = axis.values.iter().map(|value| coordinate(axis, value)).collect();
        for Added { value, between, .. } in &added {
            let behind = values.iter().position(|at| at.text == between.0).map_or(values.len(), |at| at + 1);
            values.insert(behind, SweepPoint { path: axis.path.clone(), text: value.clone(), number: None });
        }
        let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
        refined = refined.at(&[(format!("experiment.sweep.{nth}.values"), format!("[{}]", texts.join(", ")))])?;
        all.extend(added);
    }
    Ok((!all.is_empty()).then_some(Refined { scenario: refined, added: all }))
}

/// How policies stand at a sweep point: the best, and which are above the baseline. Equal ones stand nowhere.
#[derive(Clone, Debug, PartialEq)]
struct Order {
    best: Option<usize>,
    above: Vec<Option<bool>>,
}

/// The order of policies by sweep point, where all of them have runs.
fn orders(scenario: &Scenario, execution: &Execution, kpi: Kpi) -> BTreeMap<Vec<String>, Order> {
    let mut values: BTreeMap<Vec<String>, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    for run in &execution.manifest.runs {
        if let Some(value) = execution.kpis.get(&run.id).and_then(|kpis| kpis.get(kpi)) {
            values.entry(texts(&run.sweep)).or_default().entry(&run.policy).or_default().push(value);
        }
    }
    let less_is_better = KPIS[kpi as usize].less_is_better.unwrap_or(true);
    let baseline = scenario.policies.iter().position(|policy| policy.name == scenario.experiment.baseline);
    let order = |of_point: &BTreeMap<&str, Vec<f64>>| {
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let means: Option<Vec<f64>> =
            scenario.policies.iter().map(|policy| of_point.get(policy.name.as_str()).map(mean)).collect();
        let means = means?;
        let cost = |mean: f64| if less_is_better { mean } else { -mean };
        let best = (0..means.len()).min_by(|&a, &b| cost(means[a]).total_cmp(&cost(means[b])))?;
        let is_alone = means.iter().filter(|&&mean| mean == means[best]).count() == 1;
        let base = means[baseline?];
        let above = means.iter().map(|&mean| (mean != base).then_some(mean > base)).collect();
        Some(Order { best: is_alone.then_some(best), above })
    };
    values.into_iter().filter_map(|(point, of_point)| Some((point, order(&of_point)?))).collect()
}

/// Whether two policies change places between two points.
fn crosses(one: &Order, other: &Order) -> bool {
    let differ = |(a, b): (&Option<bool>, &Option<bool>)| a.is_some() && b.is_some() && a != b;
    one.best.is_some() && other.best.is_some() && one.best != other.best
        || one.above.iter().zip(&other.above).any(differ)
}

/// The values that an axis wants, in order of the axis.
fn added(scenario: &Scenario, nth: usize, axis: &SweepAxis, orders: &BTreeMap<Vec<String>, Order>) -> Vec<Added> {
    let Some(values) = in_order(axis) else { return Vec::new() };
    let others: Vec<SweepAxis> = scenario
        .experiment
        .sweep
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != nth)
        .map(|(_, axis)| axis.clone())
        .collect();
    let others = points(&others);
    let order = |value: &SweepPoint, others: &[SweepPoint]| {
        let mut point = others.to_vec();
        point.insert(nth, value.clone());
        orders.get(&texts(&point))
    };
    let mut added = Vec::new();
    for pair in values.windows(2) {
        let is_crossing = |others: &Vec<SweepPoint>| match (order(&pair[0], others), order(&pair[1], others)) {
            (Some(one), Some(other)) => crosses(one, other),
            _ => false,
        };
        if others.iter().any(is_crossing)
            && let Some(value) = middle(scenario, &pair[0], &pair[1])
        {
            let between = (pair[0].text.clone(), pair[1].text.clone());
            added.push(Added { path: axis.path.clone(), value, between });
        }
    }
    added
}

/// The values of an axis by size, where all are numbers of one kind.
fn in_order(axis: &SweepAxis) -> Option<Vec<SweepPoint>> {
    let mut values: Vec<SweepPoint> = axis.values.iter().map(|value: &SweepValue| coordinate(axis, value)).collect();
    let (around, _) = values.first()?.around_and_unit();
    let is_of_kind =
        |at: &SweepPoint| at.in_base_unit().is_some_and(f64::is_finite) && at.around_and_unit().0 == around;
    if !values.iter().all(is_of_kind) {
        return None;
    }
    values.sort_by(|a, b| a.in_base_unit().unwrap_or(0.0).total_cmp(&b.in_base_unit().unwrap_or(0.0)));
    Some(values)
}

/// The value half way between two, in the unit of the first, as far as the field takes it: half a file is rounded.
fn middle(scenario: &Scenario, low: &SweepPoint, high: &SweepPoint) -> Option<String> {
    let (from, to) = (low.number?, high.in_base_unit()? / low.base_unit());
    let half = f64::midpoint(from, to);
    let short: f64 = format!("{half:.*e}", DIGITS - 1).parse().ok()?;
    let tried = BTreeSet::from([short.to_bits(), half.round().to_bits()]).into_iter().map(f64::from_bits);
    let mut tried: Vec<f64> = tried.filter(|value| from < *value && *value < to).collect();
    tried.sort_by(|a, b| (a - half).abs().total_cmp(&(b - half).abs()));
    let texts = tried.into_iter().map(|value| low.with_number(value).text);
    let mut taken = texts.filter(|text| scenario.at(&[(low.path.clone(), text.clone())]).is_ok());
    taken.next()
}

fn texts(point: &[SweepPoint]) -> Vec<String> {
    point.iter().map(|at| at.text.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_scenarios::{LoadOptions, Registry, load_bundled};

    fn half_way(path: &str, low: (&str, f64), high: (&str, f64)) -> Option<String> {
        let scenario = load_bundled("quickstart/two-sites.ron", &LoadOptions::default(), &Registry::standard());
        let point =
            |(text, number): (&str, f64)| SweepPoint { path: path.into(), text: text.into(), number: Some(number) };
        middle(&scenario.expect("it is valid"), &point(low), &point(high))
    }

    #[test]
    fn the_value_half_way_keeps_the_unit_and_is_one_that_the_field_takes() {
        let fraction = "workload.analysis.read_fraction";
        assert_eq!(half_way(fraction, ("0.1", 0.1), ("0.2", 0.2)).as_deref(), Some("0.15"), "no digits of rounding");
        let bandwidth = "topology.links.CERN-GRIF-LPNHE.bandwidth";
        let half = half_way(bandwidth, ("Mbps(500)", 500.0), ("Gbps(2)", 2.0));
        assert_eq!(half.as_deref(), Some("Mbps(1250)"), "in the unit of the first");
        let nodes = "topology.pools.CERN_WN.nodes";
        assert_eq!(half_way(nodes, ("2", 2.0), ("5", 5.0)).as_deref(), Some("4"), "half a node is none");
        assert_eq!(half_way(nodes, ("4", 4.0), ("5", 5.0)), None, "there is nothing between");
    }

    #[test]
    fn policies_that_are_equal_do_not_change_places() {
        let order = |best, above| Order { best, above: vec![None, above] };
        assert!(crosses(&order(Some(0), Some(true)), &order(Some(1), Some(false))));
        assert!(!crosses(&order(Some(0), Some(true)), &order(None, None)));
        assert!(!crosses(&order(Some(0), Some(true)), &order(Some(0), Some(true))));
    }
}
