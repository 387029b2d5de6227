//! The law of remote access against exact runs of it.

use std::collections::BTreeMap;

use dapple_simulator::network::{Capacity, FlowSpec, Network, ResourceId, Share};
use dapple_simulator::topology::{AccessCoefficients, Series};
use dapple_simulator::units::{Bytes, Rate, SimTime};
use serde::Deserialize;

use super::{Changes, Drive, End};
use crate::reference::{Check, ReferenceSet};

#[derive(Deserialize)]
struct Index {
    scenarios: Vec<Entry>,
    other: Vec<String>,
    campaign_coefficients: Coefficients,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    file: String,
    flows: usize,
    constant: bool,
}

#[derive(Clone, Copy, Deserialize)]
struct Coefficients {
    a: f64,
    b: f64,
    c: f64,
}

impl From<Coefficients> for AccessCoefficients {
    fn from(Coefficients { a, b, c }: Coefficients) -> Self {
        Self { a, b, c }
    }
}

#[derive(Deserialize)]
struct Scenario {
    coefficients: Vec<CoefficientStep>,
    constant_coefficients: bool,
    flows: Vec<Read>,
    #[serde(default)]
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct CoefficientStep {
    pair: String,
    from_s: f64,
    a: f64,
    b: f64,
    c: f64,
}

#[derive(Deserialize)]
struct Read {
    id: usize,
    #[serde(default)]
    pair: String,
    process: u64,
    start_s: f64,
    size_mb: f64,
    finish_s: f64,
    duration_s: f64,
    con_th_mb: f64,
    con_pr_mb: f64,
}

#[derive(Deserialize)]
struct Segment {
    pair: String,
    from_s: f64,
    to_s: f64,
    rates_mb_s: BTreeMap<usize, f64>,
}

/// Pairs with their laws, ready to be read over.
struct Grid {
    network: Network<usize>,
    pairs: BTreeMap<String, (ResourceId, Vec<(SimTime, AccessCoefficients)>)>,
}

impl Grid {
    fn new(coefficients: &[CoefficientStep]) -> Self {
        let mut network = Network::new();
        let mut steps: BTreeMap<String, Vec<(SimTime, AccessCoefficients)>> = BTreeMap::new();
        for &CoefficientStep { ref pair, from_s, a, b, c } in coefficients {
            steps
                .entry(pair.clone())
                .or_default()
                .push((SimTime::from_secs_f64(from_s), AccessCoefficients { a, b, c }));
        }
        let add = |(pair, steps): (String, Vec<(SimTime, AccessCoefficients)>)| {
            let series = Series::from_steps(steps.clone()).expect("rows start at zero and increase");
            (pair, (network.add_resource(Capacity::Access(series)), steps))
        };
        let pairs = steps.into_iter().map(add).collect();
        Self { network, pairs }
    }

    fn constant(coefficients: Coefficients) -> Self {
        let Coefficients { a, b, c } = coefficients;
        Self::new(&[CoefficientStep { pair: String::new(), from_s: 0.0, a, b, c }])
    }

    /// Reads are numbered by their position.
    fn drive(mut self, reads: &[Read]) -> Drive {
        let spec = |(owner, read): (usize, &Read)| {
            let pair = self.pairs[&read.pair].0;
            let share = Share::Thread { pair, process: read.process };
            let (route, bytes) = (self.network.route(&[pair]), Bytes::from_megabytes(read.size_mb));
            let spec = FlowSpec { route, share, cap: Rate::INFINITE, bytes, blocks: 1, owner };
            (SimTime::from_secs_f64(read.start_s), spec)
        };
        let plan = reads.iter().enumerate().map(spec).collect();
        Drive::new(self.network, plan)
    }
}

/// Comparisons of whole reads.
struct ReadChecks {
    finishes: Check,
    durations: Check,
    con_th: Check,
    con_pr: Check,
    identities: Check,
}

impl ReadChecks {
    fn new() -> Self {
        Self {
            finishes: Check::of("finish times"),
            durations: Check::of("durations"),
            con_th: Check::of("volumes of other threads"),
            con_pr: Check::of("volumes of other processes"),
            identities: Check::of("identities T = a S + b ConTh + c ConPr"),
        }
    }

    fn read(&mut self, name: &str, read: &Read, end: &End, changes: &Changes) -> f64 {
        let case = format!("{name}, read {}", read.id);
        let ticks = changes.tolerance(read.start_s, read.finish_s);
        self.finishes.within(&case, end.at.as_secs_f64(), read.finish_s, ticks);
        let duration = end.at.since(SimTime::from_secs_f64(read.start_s)).as_secs_f64();
        self.durations.within(&case, duration, read.duration_s, ticks);
        self.con_th.relative(&case, end.carried.con_th / 1e6, read.con_th_mb, 1e-9, 1e-6);
        self.con_pr.relative(&case, end.carried.con_pr / 1e6, read.con_pr_mb, 1e-9, 1e-6);
        duration
    }

    fn identity(&mut self, name: &str, read: &Read, end: &End, law: &AccessCoefficients, changes: &Changes) {
        let con_th = law.b * end.carried.con_th / 1e6;
        let predicted = law.a * read.size_mb + con_th + law.c * end.carried.con_pr / 1e6;
        let duration = end.at.since(SimTime::from_secs_f64(read.start_s)).as_secs_f64();
        let case = format!("{name}, read {}", read.id);
        self.identities.within(&case, duration, predicted, changes.tolerance(read.start_s, read.finish_s));
    }

    fn report(self) {
        for check in [self.finishes, self.durations, self.con_th, self.con_pr, self.identities] {
            check.report();
        }
    }
}

#[test]
fn scenarios_run_as_computed_exactly() {
    let set = ReferenceSet::open("fluid");
    let index: Index = set.index();
    let (mut checks, mut rates) = (ReadChecks::new(), Check::of("rates"));
    for entry in &index.scenarios {
        let scenario: Scenario = set.json(&entry.file);
        assert_eq!((scenario.flows.len(), scenario.constant_coefficients), (entry.flows, entry.constant));
        let grid = Grid::new(&scenario.coefficients);
        let laws = grid.pairs.clone();
        let changes_of = |pair: &str| {
            let flows = scenario.flows.iter().filter(|read| read.pair == pair);
            let steps = scenario.coefficients.iter().filter(|step| step.pair == pair).map(|step| step.from_s);
            Changes::at(flows.flat_map(|read| [read.start_s, read.finish_s]).chain(steps))
        };
        let changes: BTreeMap<&String, Changes> = laws.keys().map(|pair| (pair, changes_of(pair))).collect();
        let ends = grid.drive(&scenario.flows).finish();
        for (read, end) in scenario.flows.iter().zip(&ends) {
            checks.read(&entry.name, read, end, &changes[&read.pair]);
            if scenario.constant_coefficients {
                checks.identity(&entry.name, read, end, &laws[&read.pair].1[0].1, &changes[&read.pair]);
            }
        }
        compare_segments(&entry.name, &scenario, &mut rates);
    }
    assert!(!index.scenarios.is_empty());
    println!("fluid scenarios: {} cases", index.scenarios.len());
    checks.report();
    rates.report();
}

/// Rates in the middle of each interval.
fn compare_segments(name: &str, scenario: &Scenario, rates: &mut Check) {
    let mut middles: Vec<(SimTime, &Segment)> = scenario
        .segments
        .iter()
        .map(|segment| (SimTime::from_secs_f64(f64::midpoint(segment.from_s, segment.to_s)), segment))
        .collect();
    middles.sort_by_key(|(at, _)| *at);
    let mut drive = Grid::new(&scenario.coefficients).drive(&scenario.flows);
    for (at, segment) in middles {
        drive.run_until(at);
        for (id, &rate) in &segment.rates_mb_s {
            let read = scenario.flows.iter().position(|read| read.id == *id && read.pair == segment.pair);
            let read = read.expect("segments tell of known flows");
            rates.relative(&format!("{name}, read {read} at {at}"), drive.rate(read), rate, 1e-9, 1e-9);
        }
    }
}

#[test]
fn a_campaign_keeps_the_law_for_every_file() {
    let set = ReferenceSet::open("fluid");
    let index: Index = set.index();
    let reads: Vec<Read> = set.csv("campaign.csv");
    let law = AccessCoefficients::from(index.campaign_coefficients);
    let changes = Changes::at(reads.iter().flat_map(|read| [read.start_s, read.finish_s]));
    let ends = Grid::constant(index.campaign_coefficients).drive(&reads).finish();
    let mut checks = ReadChecks::new();
    for (read, end) in reads.iter().zip(&ends) {
        checks.read("campaign", read, end, &changes);
        checks.identity("campaign", read, end, &law, &changes);
    }
    println!("fluid campaign: {} file accesses", reads.len());
    checks.report();
}

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

fn cases_of<T: serde::de::DeserializeOwned>(file: &str) -> Vec<T> {
    let set = ReferenceSet::open("fluid");
    let index: Index = set.index();
    assert!(index.other.iter().any(|other| other == file), "the index does not list {file}");
    let Cases { cases } = set.json(file);
    cases
}

/// Reads that all start at once: `threads[p]` threads of process `p`, each with its process's cap.
fn active_set(law: Coefficients, threads: &[u32], thread_caps: &[Rate]) -> (Drive, ResourceId, Vec<Vec<usize>>) {
    let Grid { mut network, pairs } = Grid::constant(law);
    let pair = pairs[""].0;
    let route = network.route(&[pair]);
    let (mut plan, mut of_process) = (Vec::new(), Vec::new());
    for ((process, &n), &cap) in (0..).zip(threads).zip(thread_caps) {
        let first = plan.len();
        for owner in first..first + n as usize {
            let share = Share::Thread { pair, process };
            let spec = FlowSpec { route, share, cap, bytes: Bytes::from_megabytes(1000.0), blocks: 1, owner };
            plan.push((SimTime::ZERO, spec));
        }
        of_process.push((first..plan.len()).collect());
    }
    let mut drive = Drive::new(network, plan);
    drive.run_until(SimTime::ZERO);
    (drive, pair, of_process)
}

#[derive(Deserialize)]
struct WellPosed {
    #[serde(flatten)]
    law: Coefficients,
    threads_per_process: Vec<u32>,
    sufficient_condition_holds: bool,
    verdict: String,
    rate_per_thread_mb_s: Option<Vec<f64>>,
    total_rate_mb_s: Option<f64>,
}

#[test]
fn active_sets_have_the_rates_of_the_linear_system() {
    let cases: Vec<WellPosed> = cases_of("wellposed.json");
    let (mut rates, mut totals, mut ill_posed) = (Check::of("rates"), Check::of("total rates"), 0);
    for (number, case) in cases.iter().enumerate() {
        let law = AccessCoefficients::from(case.law);
        assert_eq!(law.is_well_posed(), case.sufficient_condition_holds, "case {number} ({})", case.verdict);
        let (Some(expected), true) = (&case.rate_per_thread_mb_s, law.is_well_posed()) else {
            ill_posed += 1;
            continue;
        };
        let uncapped = vec![Rate::INFINITE; case.threads_per_process.len()];
        let (drive, pair, of_process) = active_set(case.law, &case.threads_per_process, &uncapped);
        for (threads, &rate) in of_process.iter().zip(expected) {
            for &thread in threads {
                rates.relative(&format!("case {number}"), drive.rate(thread), rate, 1e-9, 1e-9);
            }
        }
        let total = drive.network.load(pair).as_bytes_per_s() / 1e6;
        totals.relative(&format!("case {number}"), total, case.total_rate_mb_s.expect("with the rates"), 1e-9, 1e-9);
    }
    println!("fluid well-posedness: {} cases, {ill_posed} of them ill-posed and not run", cases.len());
    rates.report();
    totals.report();
}

#[derive(Deserialize)]
struct FairShare {
    #[serde(flatten)]
    law: Coefficients,
    threads_per_process: Vec<u32>,
    link_capacity_mb_s: f64,
    #[serde(default)]
    process_cap_mb_s: Vec<Option<f64>>,
    process_rate_mb_s: Vec<f64>,
    background_rate_mb_s: f64,
}

/// Weights are unscaled in the files; on a pair alone a common factor changes no rate.
fn compare_fair_shares(file: &str) {
    let cases: Vec<FairShare> = cases_of(file);
    let (mut rates, mut backgrounds) = (Check::of("rates of processes"), Check::of("rates of the background"));
    let mut capped = 0;
    for (number, case) in cases.iter().enumerate() {
        let cap_of = |(process, &threads): (usize, &u32)| {
            let cap = case.process_cap_mb_s.get(process).copied().flatten();
            capped += usize::from(cap.is_some());
            cap.map_or(Rate::INFINITE, |cap| Rate::from_mb_per_s(cap / f64::from(threads)))
        };
        let thread_caps: Vec<Rate> = case.threads_per_process.iter().enumerate().map(cap_of).collect();
        let (drive, pair, of_process) = active_set(case.law, &case.threads_per_process, &thread_caps);
        let name = format!("{file}, case {number}");
        for (threads, &expected) in of_process.iter().zip(&case.process_rate_mb_s) {
            let rate: f64 = threads.iter().map(|&thread| drive.rate(thread)).sum();
            rates.relative(&name, rate, expected, 1e-9, 1e-9);
        }
        let background = case.link_capacity_mb_s - drive.network.load(pair).as_bytes_per_s() / 1e6;
        backgrounds.relative(&name, background, case.background_rate_mb_s, 1e-9, 1e-9);
    }
    println!("{file}: {} cases, {capped} processes capped", cases.len());
    rates.report();
    backgrounds.report();
}

#[test]
fn the_law_is_a_weighted_fair_share() {
    compare_fair_shares("fair_share_equivalence.json");
}

#[test]
fn processes_held_back_leave_their_share_to_the_others() {
    compare_fair_shares("fair_share_with_caps.json");
}

#[derive(Deserialize)]
struct Probe {
    size1_mb: f64,
    size2_mb: f64,
    #[serde(rename = "T1_s")]
    t1_s: f64,
    #[serde(rename = "T2_s")]
    t2_s: f64,
    note: String,
    fluid_a: f64,
    fluid_b: f64,
}

#[test]
fn probes_of_two_threads_take_the_times_of_fluid_runs() {
    let cases: Vec<Probe> = cases_of("probe_estimators.json");
    let runs: Vec<&Probe> = cases.iter().filter(|probe| probe.note.contains("fluid run")).collect();
    let mut times = Check::of("times");
    for (number, probe) in runs.iter().enumerate() {
        // One process alone: its times do not depend on c.
        let law = Coefficients { a: probe.fluid_a, b: probe.fluid_b, c: 0.001 };
        let Grid { mut network, pairs } = Grid::constant(law);
        let pair = pairs[""].0;
        let (route, share) = (network.route(&[pair]), Share::Thread { pair, process: 0 });
        let read = |(owner, size): (usize, f64)| {
            let bytes = Bytes::from_megabytes(size);
            (SimTime::ZERO, FlowSpec { route, share, cap: Rate::INFINITE, bytes, blocks: 1, owner })
        };
        let plan = [probe.size1_mb, probe.size2_mb].into_iter().enumerate().map(read).collect();
        let ends = Drive::new(network, plan).finish();
        let changes = Changes::at([probe.t1_s, probe.t2_s]);
        for (end, time) in ends.iter().zip([probe.t1_s, probe.t2_s]) {
            times.within(&format!("probe {number}"), end.at.as_secs_f64(), time, changes.tolerance(0.0, time));
        }
    }
    println!("fluid probes: {} runs", runs.len());
    times.report();
}
