//! Weighted max-min allocations and flow-level runs over plain links.

use dapple_simulator::network::{Capacity, FlowSpec, Network, ResourceId, Share};
use dapple_simulator::topology::Series;
use dapple_simulator::units::{Bytes, Rate, SimTime};
use serde::Deserialize;

use super::{Changes, Drive};
use crate::reference::{Check, ReferenceSet};

#[derive(Deserialize)]
struct Index {
    files: Vec<String>,
}

#[derive(Deserialize)]
struct Allocations {
    cases: Vec<Allocation>,
}

#[derive(Deserialize)]
struct Allocation {
    name: String,
    link_capacity_mb_s: Vec<f64>,
    flows: Vec<Flow>,
    link_load_mb_s: Vec<f64>,
}

#[derive(Deserialize)]
struct Runs {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    link_capacity_mb_s: Vec<f64>,
    rate_changes: usize,
    flows: Vec<Flow>,
}

#[derive(Deserialize)]
struct Flow {
    id: usize,
    links: Vec<usize>,
    weight: f64,
    cap_mb_s: Option<f64>,
    /// In allocations.
    rate_mb_s: Option<f64>,
    /// In runs.
    start_s: Option<f64>,
    size_mb: Option<f64>,
    finish_s: Option<f64>,
}

impl Flow {
    /// Weights come in halves; only their ratios count, so all are doubled.
    fn streams(&self) -> u32 {
        let doubled = 2.0 * self.weight;
        assert!(doubled.fract() == 0.0 && doubled >= 1.0, "weight {} is not a multiple of a half", self.weight);
        doubled as u32
    }
}

/// Flows over links; those without size or start begin at zero and are long.
fn drive(links_mb_s: &[f64], flows: &[Flow]) -> (Drive, Vec<ResourceId>) {
    let mut network = Network::new();
    let add = |&mb: &f64| network.add_resource(Capacity::Wire(Series::constant(Rate::from_mb_per_s(mb))));
    let links: Vec<ResourceId> = links_mb_s.iter().map(add).collect();
    let spec = |flow: &Flow| {
        let route: Vec<ResourceId> = flow.links.iter().map(|&link| links[link]).collect();
        let spec = FlowSpec {
            route: network.route(&route),
            share: Share::Streams(flow.streams()),
            cap: flow.cap_mb_s.map_or(Rate::INFINITE, Rate::from_mb_per_s),
            bytes: Bytes::from_megabytes(flow.size_mb.unwrap_or(1e6)),
            blocks: 1,
            owner: flow.id,
        };
        (SimTime::from_secs_f64(flow.start_s.unwrap_or(0.0)), spec)
    };
    let plan = flows.iter().map(spec).collect();
    (Drive::new(network, plan), links)
}

fn read<T: serde::de::DeserializeOwned>(file: &str) -> T {
    let set = ReferenceSet::open("maxmin");
    let index: Index = set.index();
    assert!(index.files.iter().any(|listed| listed == file), "the index does not list {file}");
    set.json(file)
}

#[test]
fn allocations_are_weighted_max_min() {
    let Allocations { cases } = read("allocations.json");
    let (mut rates, mut loads) = (Check::of("rates"), Check::of("loads of links"));
    for case in &cases {
        let (mut drive, links) = drive(&case.link_capacity_mb_s, &case.flows);
        drive.run_until(SimTime::ZERO);
        for flow in &case.flows {
            let expected = flow.rate_mb_s.expect("an allocation has rates");
            rates.relative(&format!("{}, flow {}", case.name, flow.id), drive.rate(flow.id), expected, 1e-9, 1e-9);
        }
        for (link, &expected) in links.iter().zip(&case.link_load_mb_s) {
            let load = drive.network.load(*link).as_bytes_per_s() / 1e6;
            loads.relative(&case.name, load, expected, 1e-9, 1e-9);
        }
    }
    println!("max-min allocations: {} cases", cases.len());
    rates.report();
    loads.report();
}

#[test]
fn runs_end_at_the_exact_times() {
    let Runs { runs } = read("runs.json");
    let mut finishes = Check::of("finish times");
    for run in &runs {
        let times = |flow: &Flow| [flow.start_s, flow.finish_s].map(|at| at.expect("a run has times"));
        let changes = Changes::at(run.flows.iter().flat_map(times));
        let (drive, _) = drive(&run.link_capacity_mb_s, &run.flows);
        let ends = drive.finish();
        for flow in &run.flows {
            let [start, finish] = times(flow);
            let allowed = changes.tolerance(start, finish);
            assert!(
                allowed <= 2.1e-9 * run.rate_changes as f64,
                "{}: fewer intervals in all than for one flow",
                run.name
            );
            let case = format!("{}, flow {}", run.name, flow.id);
            finishes.within(&case, ends[flow.id].at.as_secs_f64(), finish, allowed);
        }
    }
    println!("max-min runs: {} runs", runs.len());
    finishes.report();
}
