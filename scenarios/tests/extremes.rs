//! Every number of the language at the ends of what doubles and whole numbers can be: each is refused with its place, or runs
//! with balanced books and figures that are numbers.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use dapple_records::record;
use dapple_scenarios::reference::types;
use dapple_scenarios::{Registry, Scenario, load_text};
use dapple_simulator::facts::NoObserver;
use dapple_simulator::settings::{Kind, Shape};
use dapple_simulator::workload::{Inputs, WorkloadKind};

/// A scenario that has every numeric setting of the language but those of logs.
const ALL: &str = r#"(
    name: "all", seed: 1, warm_up: Seconds(1), horizon: Hours(1),
    topology: (
        sites: [(name: "A", position: (1.0, 2.0), lan: Gbps(100)), (name: "B")],
        rses: [
            (name: "A_D", site: "A", capacity: TB(100), used: GB(1), read: Gbps(50), write: Gbps(50), dtn: "weibull"),
            (name: "B_D", site: "B", dtn: "saturating"),
            (name: "C_D", site: "A", dtn: "approach"),
            (name: "D_D", site: "B", dtn: "table"),
        ],
        pools: [(name: "WN", site: "B", nodes: 2, slots: 4, scratch: GB(100), speed: 1.5)],
        dtns: [
            (name: "weibull", curve: Weibull(amplitude: GBps(5), shape: 1.8, scale: 11.3), slots: 9, start_up: Seconds(1), start_up_each: Seconds(1)),
            (name: "saturating", curve: Saturating(each: MBps(100), total: GBps(2))),
            (name: "approach", curve: Approach(total: GBps(1), scale: 2.6)),
            (name: "table", curve: Tabulated([MBps(100), MBps(200)])),
        ],
        links: [
            (name: "A-B", from: "A", to: "B", bandwidth: Gbps(10), latency: Millis(5), profile: [(at: Minutes(5), bandwidth: Gbps(1))], repeat: Minutes(10)),
        ],
        laws: [(pool: "WN", rse: "A_D", a: 0.02, b: 0.04, c: 0.001, series: [(at: Minutes(1), a: 0.03, b: 0.05, c: 0.002)])],
    ),
    data: (datasets: [(name: "mc", files: 20, size: LogNormal(median: GB(0.1), sigma: 0.5), replicas: ["A_D"])]),
    workload: [
        Jobs(
            name: "zipf", pool: "WN", arrivals: Poisson(per_hour: 20, from: Seconds(1), until: Minutes(50)), threads: 2,
            inputs: Dataset(dataset: "mc", files: 2, pick: Zipf(exponent: 1.1)), read_fraction: 0.5,
            compute: (fixed: Uniform(low: Seconds(1), high: Seconds(60)), per_gb: Seconds(1)), blocks: 4, slots: 2, requested: Minutes(2),
        ),
        Jobs(
            name: "fresh", pool: "WN", arrivals: Every(interval: Minutes(10), from: Seconds(2), count: 3),
            inputs: Fresh(rse: "B_D", files: 1, size: Constant(GB(0.1))), compute: (fixed: Exponential(mean: Seconds(5))),
        ),
        Campaign(name: "steps", pool: "WN", rse: "A_D", every: Minutes(20), size: Constant(MB(300)), steps: [(repeat: 2, processes: [2, 1])]),
        Transfers(name: "t", source: "A_D", destinations: ["B_D"], arrivals: At([Seconds(3), Minutes(4)]), size: Exponential(mean: GB(0.2))),
        Transfers(name: "u", source: "C_D", destinations: ["D_D"], arrivals: At([Seconds(5), Minutes(4)]), size: Constant(GB(0.2))),
    ],
    services: (
        fts: (
            max_active_per_link: 20, max_inbound: 50, max_outbound: 50, streams: 2,
            links: [(source: "A_D", destination: "B_D", max_active: 3)], window: MB(8), start_up: Seconds(1),
        ),
        storage: (usage_every: Minutes(5)),
    ),
    policies: [(name: "place", access: Place(min_reuse: 2))],
    experiment: (replications: 2, relevant_difference: 0.01),
    record: Tables(series: Sample(0.5), requests: Rows, reads: Rows, jobs: Rows, decisions: Rows, series_interval: Minutes(5)),
)"#;

const EXTREMES: [&str; 12] =
    ["0", "-1", "1", "0.5", "5e-324", "1e-12", "1e12", "4294967295", "18446744073709551615", "1e308", "NaN", "inf"];

fn load(text: &str) -> Result<Scenario, dapple_scenarios::Problems> {
    load_text("extremes.ron", text, Path::new(""), &[], &Registry::standard())
}

/// Where the numbers of a text are, outside of strings.
fn numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at, mut in_string) = (Vec::new(), 0, false);
    while at < bytes.len() {
        if bytes[at] == b'"' {
            in_string = !in_string;
        }
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        let starts = bytes[at].is_ascii_digit() && !before.is_ascii_alphanumeric() && before != b'_';
        if in_string || !starts {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'.').count();
        found.push(at..at + length);
        at += length;
    }
    found
}

/// What is no mistake, but more work than a test has time for.
fn is_much(scenario: &Scenario) -> bool {
    let setup = &scenario.setup;
    let size = scenario.experiment_size();
    let horizon_s = setup.horizon.as_secs_f64();
    let files: f64 = setup.datasets.values().map(|set| f64::from(set.files)).sum();
    let brought: f64 = setup
        .workloads
        .values()
        .map(|workload| match &workload.kind {
            WorkloadKind::Jobs(stream) => match &stream.job.inputs {
                Inputs::Fresh { files, .. } | Inputs::Dataset { files, .. } => f64::from(*files),
                Inputs::None | Inputs::Sized { .. } => 0.0,
            },
            _ => 0.0,
        })
        .sum();
    let blocks = setup.workloads.values().map(|workload| match &workload.kind {
        WorkloadKind::Jobs(stream) => f64::from(stream.job.blocks),
        _ => 0.0,
    });
    let samples = horizon_s / scenario.record.series_interval.as_secs_f64();
    let physics = &setup.topology.physics;
    let changes = setup.topology.map.links().ids().filter_map(|link| physics.bandwidth(link).period());
    let changes: f64 = changes.map(|period| horizon_s / period.as_secs_f64()).sum();
    let many = [size.events, files, brought, blocks.sum::<f64>() * 100.0, samples, changes];
    many.into_iter().any(|n| n > 3e5)
}

/// Runs a scenario, and says what is wrong with that.
fn fault(scenario: &Scenario) -> Option<String> {
    let mut policies = scenario.policies[0].build().expect("it was checked");
    match record((&scenario.setup, &scenario.record), &mut policies, 1, &mut NoObserver) {
        Err(error) => Some(error.to_string()),
        Ok(output) => {
            output.kpis.0.iter().flatten().any(|figure| !figure.is_finite()).then(|| format!("{:?}", output.kpis))
        }
    }
}

#[test]
fn every_number_at_its_ends_is_refused_with_its_place_or_runs() {
    let base = load(ALL).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(fault(&base), None);
    let text = base.resolved.clone();
    let places = numbers(&text);
    let (told, telling) = channel();
    let worker = std::thread::spawn(move || {
        let (mut refused, mut ran, mut much) = (0, 0, 0);
        let mut faults = Vec::new();
        for place in &places {
            for extreme in EXTREMES {
                let changed = format!("{}{extreme}{}", &text[..place.start], &text[place.end..]);
                let line = text[..place.start].matches('\n').count();
                let what = format!("{} with {extreme}", text.lines().nth(line).unwrap_or_default().trim());
                if told.send(what.clone()).is_err() {
                    return (refused, ran, much, faults);
                }
                match load(&changed) {
                    Err(problems) => {
                        refused += 1;
                        if problems.iter().any(|problem| problem.line == 0 || problem.path.is_empty()) {
                            faults.push(format!("{what}: {problems}"));
                        }
                    }
                    Ok(scenario) if is_much(&scenario) => much += 1,
                    Ok(scenario) => {
                        ran += 1;
                        faults.extend(fault(&scenario).map(|fault| format!("{what}: {fault}")));
                    }
                }
            }
        }
        (refused, ran, much, faults)
    });
    let mut last = String::new();
    loop {
        match telling.recv_timeout(Duration::from_secs(60)) {
            Ok(what) => last = what,
            Err(RecvTimeoutError::Timeout) => panic!("{last}: it has no end"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let (refused, ran, much, faults) = worker.join().expect("it does not panic");
    println!("{refused} refused, {ran} ran, {much} are much work");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(refused > 300 && ran > 300, "{refused} refused, {ran} ran");
}

/// The scenario above has all numbers that the reference knows, apart from those of logs and of what it would make twice.
#[test]
fn no_number_of_the_reference_is_left_out() {
    let is_number = |kind: &Kind| {
        let mut kind = kind;
        while let Kind::List(inner) | Kind::Optional(inner) = kind {
            kind = inner;
        }
        match kind {
            Kind::Words(words) => words.contains("number"),
            Kind::Named(doc) => ["Span", "Size", "Bandwidth"].contains(&doc.name),
            Kind::Of(..) => true,
            Kind::List(_) | Kind::Optional(_) => false,
        }
    };
    let mut missing = BTreeSet::new();
    for entry in types() {
        let fields: Vec<_> = match entry.doc.shape {
            Shape::Struct(fields) => fields.iter().collect(),
            Shape::Enum(variants) => variants.iter().flat_map(|variant| variant.fields).collect(),
        };
        let of_logs = ["TransferTrace", "JobTrace", "Filter", "InstantColumn", "SpanColumn", "SizeColumn"]
            .contains(&entry.doc.name);
        for field in fields.iter().filter(|field| !of_logs && is_number(&(field.kind)())) {
            if !ALL.contains(&format!("{}:", field.name)) {
                missing.insert(format!("{}.{}", entry.doc.name, field.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
