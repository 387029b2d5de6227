//! The load curve of a data transfer node, and transfers that share it.

use dapple_simulator::network::{Capacity, FlowSpec, Network, Share};
use dapple_simulator::topology::LoadCurve;
use dapple_simulator::units::{Bytes, Rate, SimTime};
use serde::Deserialize;

use super::Drive;
use crate::reference::{Check, ReferenceSet};

#[derive(Deserialize)]
struct Index {
    files: Vec<String>,
}

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

#[derive(Deserialize)]
struct Curve {
    #[serde(rename = "A")]
    amplitude: f64,
    k: f64,
    lam: f64,
}

impl Curve {
    fn load_curve(&self) -> LoadCurve {
        LoadCurve::Weibull { amplitude: Rate::from_mb_per_s(self.amplitude), shape: self.k, scale: self.lam }
    }
}

#[derive(Deserialize)]
struct Values {
    #[serde(flatten)]
    curve: Curve,
    x: Vec<f64>,
    throughput: Vec<f64>,
    peak_x: Option<f64>,
    peak_throughput: Option<f64>,
    best_integer_concurrency: u64,
    marginal: Vec<f64>,
}

#[derive(Deserialize)]
struct Sharing {
    #[serde(flatten)]
    curve: Curve,
    sizes_mb: Vec<f64>,
    finish_s: Vec<f64>,
}

fn cases_of<T: serde::de::DeserializeOwned>(file: &str) -> Vec<T> {
    let set = ReferenceSet::open("weibull");
    let index: Index = set.index();
    assert!(index.files.iter().any(|listed| listed == file), "the index does not list {file}");
    let Cases { cases } = set.json(file);
    cases
}

#[test]
fn the_curve_has_the_values_of_its_equation() {
    let cases: Vec<Values> = cases_of("evaluate.json");
    let (mut values, mut peaks) = (Check::of("values"), Check::of("peaks"));
    let mut differences = Check::of("first differences");
    for (number, case) in cases.iter().enumerate() {
        let name = format!("case {number}");
        let curve = case.curve.load_curve();
        let at = |x: f64| curve.at(x).as_bytes_per_s() / 1e6;
        for (&x, &expected) in case.x.iter().zip(&case.throughput) {
            values.relative(&name, at(x), expected, 1e-12, 0.0);
            if x.fract() == 0.0 {
                assert_eq!(curve.rate(x as u64), curve.at(x));
            }
        }
        for (n, &expected) in (1_u32..).zip(&case.marginal) {
            let [here, next] = [n, n + 1].map(|n| at(f64::from(n)));
            differences.relative(&name, next - here, expected, 1e-12, 0.0);
        }
        if let (Some(x), Some(expected)) = (case.peak_x, case.peak_throughput) {
            peaks.relative(&name, at(x), expected, 1e-12, 0.0);
            assert!(at(x * 0.999) < at(x) && at(x * 1.001) < at(x), "{name}: no peak at {x}");
        }
        let best =
            (1..=1000).rev().max_by(|&x, &y| curve.rate(x).as_bytes_per_s().total_cmp(&curve.rate(y).as_bytes_per_s()));
        assert_eq!(best, Some(case.best_integer_concurrency), "{name}");
    }
    println!("Weibull curves: {} cases", cases.len());
    values.report();
    differences.report();
    peaks.report();
}

#[test]
fn transfers_share_the_curve_of_their_number() {
    let cases: Vec<Sharing> = cases_of("sharing.json");
    let mut finishes = Check::of("finish times");
    for (number, case) in cases.iter().enumerate() {
        let mut network = Network::new();
        let dtn = network.add_resource(Capacity::Curve(case.curve.load_curve()));
        let route = network.route(&[dtn]);
        let spec = |(owner, &size): (usize, &f64)| {
            let (share, bytes) = (Share::Streams(1), Bytes::from_megabytes(size));
            (SimTime::ZERO, FlowSpec { route, share, cap: Rate::INFINITE, bytes, blocks: 1, owner })
        };
        let plan = case.sizes_mb.iter().enumerate().map(spec).collect();
        let ends = Drive::new(network, plan).finish();
        for (end, &expected) in ends.iter().zip(&case.finish_s) {
            finishes.relative(&format!("case {number}"), end.at.as_secs_f64(), expected, 1e-9, 0.0);
        }
    }
    println!("Weibull sharing: {} cases", cases.len());
    finishes.report();
}
