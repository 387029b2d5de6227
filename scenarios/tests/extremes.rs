//! Every number of the language at the ends of what doubles and whole numbers can be: each is refused with its place, or runs
//! with balanced books and figures that are numbers.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use dapple_records::record;
use dapple_scenarios::reference::types;
use dapple_scenarios::{Registry, Scenario, load_text};
use dapple_simulator::engine::{Services, Setup};
use dapple_simulator::facts::NoObserver;
use dapple_simulator::panics::message;
use dapple_simulator::settings::{Kind, Shape};
use dapple_simulator::units::SimSpan;
use dapple_simulator::workload::{Inputs, RuleData, WorkloadKind};

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

/// A scenario that has every numeric setting of the services: daemons, passes, tape, failures, quotas, rules.
const SERVICES: &str = r#"(
    name: "services", seed: 2, warm_up: Seconds(1), horizon: Hours(1),
    topology: (
        sites: [(name: "A", lan: Gbps(100)), (name: "B"), (name: "C")],
        rses: [
            (name: "A_D", site: "A", attributes: {"tier": 1, "type": "disk", "out": 3}),
            (
                name: "B_D", site: "B", capacity: GB(40), attributes: {"tier": 2, "type": "disk", "out": 1, "available_for_multihop": true},
                outages: [(at: Minutes(10), lasts: Minutes(5)), (at: Minutes(40), lasts: Minutes(2), declared: false)],
            ),
            (
                name: "A_T", site: "A", attributes: {"type": "tape"},
                tape: (drives: 2, rate: MBps(300), mount: Seconds(30), position: Seconds(5), files_per_tape: 3, archive_timeout: Minutes(20)),
            ),
            (name: "C_D", site: "C", capacity: TB(1), attributes: {"tier": 2, "type": "disk", "out": 2}),
        ],
        pools: [(name: "WN", site: "B", slots: 4)],
        links: [
            (name: "A-B", from: "A", to: "B", bandwidth: Gbps(10), latency: Millis(5)),
            (name: "B-C", from: "B", to: "C", bandwidth: Gbps(2), latency: Millis(5)),
        ],
    ),
    data: (
        datasets: [
            (name: "mc", files: 10, size: Constant(GB(1)), replicas: ["A_D"]),
            (name: "old", files: 5, size: Constant(GB(1)), replicas: ["A_T"]),
            (name: "kept", files: 20, size: Constant(GB(1)), replicas: ["B_D"], is_cache: true),
        ],
    ),
    workload: [
        Jobs(name: "jobs", pool: "WN", arrivals: Poisson(per_hour: 10), inputs: Dataset(dataset: "mc"), compute: (fixed: Constant(Seconds(30)))),
        Rules(
            name: "fresh",
            arrivals: Varying(
                per_hour: 20, daily: (swing: 0.3, peak: Minutes(20), period: Minutes(50)), bursts: (on: Minutes(10), off: Minutes(5)),
                from: Seconds(5), until: Minutes(55),
            ),
            account: "prod",
            activities: {"Production Input": 3, "Express": 1},
            data: Fresh(
                sources: (rses: "type=disk", weight: "out"),
                files: (peaks: [(files: 1, weight: 25), (files: 4, weight: 5)], bulk: 3, bulk_to: 5, tail: 1, tail_to: 10),
                size: LogNormal(median: MB(400), sigma: 0.8),
            ),
            targets: (rses: "type=disk"),
            rule: (lifetime: Minutes(30), priority: 4, approved_after: Minutes(1)),
        ),
        Rules(
            name: "known", arrivals: Every(interval: Minutes(8), from: Seconds(7), count: 6), account: "anna",
            data: Existing(datasets: ["mc", "old"], exponent: 0.5), rule: (rses: "tier=2", copies: N(2), lifetime: Minutes(20)),
        ),
        Rules(name: "archive", arrivals: At([Seconds(9)]), account: "prod", data: Existing(datasets: ["mc"]), rule: (rses: "A_T")),
        Datasets(
            name: "raw", rse: "A_D", arrivals: Every(interval: Seconds(60), from: Seconds(3), count: 40), files: 5,
            size: Exponential(mean: MB(500)), lifetime: Minutes(25),
        ),
    ],
    services: (
        fts: (
            scheduling_interval: Seconds(2), nodes: 2, max_processes: 50, process_start: Seconds(1), process_start_spread: Seconds(1),
            message_interval: Seconds(1), optimizer: (rules: V39, interval: Minutes(1), mode: 2, tunes_streams: true),
            max_active_per_link: 20, min_active_per_link: 2, max_outbound: 60, max_inbound: 50,
            links: [(source: "A_D", destination: "B_D", max_active: 6, min_active: 3)],
            storages: [
                (rse: "C_D", max_outbound: 30, max_inbound: 25, max_outbound_throughput: MBps(100), max_inbound_throughput: MBps(200)),
            ],
            vo_shares: [(source: "A_D", destination: "B_D", weights: [(name: "vo", share: 2)], public: 1)],
            activity_shares: [(shares: [(name: "Express", share: 0.6), (name: "default", share: 0.4)])],
            retries: 1, retry_delay: Minutes(1), max_time_in_queue: Minutes(50), streams: 2, window: MB(8), start_up: Seconds(1),
            staging: (
                every: Seconds(60), bulk: 3, wait: Seconds(60), max_open: 5, max_files: 50,
                polls: (first: Seconds(60), every: Seconds(90)),
            ),
            when_full: Wait,
        ),
        copy: (
            source_checks: Millis(200), destination_checks: Millis(300), verification: Millis(100), checksum: MBps(400),
            checksums: [(rse: "C_D", rate: MBps(200))], removal: Millis(100),
            timeout: (base: Minutes(5), per_mib: Seconds(1), watchdog: Seconds(30)), connection_timeout: Seconds(30),
            failures: [
                (
                    source: "A_D", probability: 0.1, error: OperationTimeout,
                    bad_hours: (every: Minutes(20), last: Minutes(3), probability: 0.8),
                ),
                (destination: "C_D", probability: 0.05, error: ChecksumMismatch, strikes: Verifying),
                (probability: 0.02, error: ConnectionTimeout, strikes: BeforeCopy),
            ],
        ),
        conveyor: (
            preparer: (every: Seconds(10), workers: 2, bulk: 100, source_holds: Minutes(30)),
            throttler: (
                every: Seconds(30),
                limits: [
                    (rses: "C_D", max_transfers: 8, strategy: GroupedFifo(volume: GB(20), deadline: Minutes(10))),
                    (rses: "A_D", direction: Source, activity: "Express", max_transfers: 5, within_space: true),
                ],
                stale_after: Minutes(30),
            ),
            submitter: (
                every: Seconds(10), workers: 2, bulk: 50, group_bulk: 4, extra_sources: 1, call: Millis(500),
                bring_online: Minutes(40), max_time_in_queue: Minutes(45),
            ),
            poller: (every: Seconds(30), workers: 2, bulk: 100, rest: Seconds(20)),
            receiver: Seconds(5),
            finisher: (every: Seconds(5), workers: 2, bulk: 100),
            again_after: Minutes(10), retries: 2, refused: 0.05, lost: 0.02,
            distances: [(from: "*", to: "*", distance: 2), (from: "A_D", to: "C_D", distance: None), (from: "A_T", to: "C_D", distance: None)],
            multihop: (rses: "available_for_multihop=true", hop_penalty: 5, keep: Minutes(10)),
        ),
        rules: (
            quotas: (
                local: [(account: "prod", rses: "*", bytes: TB(1)), (account: "anna", rses: "tier=2", bytes: GB(30))],
                global: [(account: "tzero", rses: "tier=2", bytes: GB(200))],
                admins: ["tzero"],
            ),
            inject_from: 6, injector_every: Seconds(30), injector_batch: 10, evaluator_every: Seconds(20), evaluator_batch: 10,
            repairer_every: Seconds(60), repairer_batch: 10, repair_after: Minutes(2),
            retry_after: (first_day: Minutes(2), second_day: Minutes(4), third_day: Minutes(6), later: Minutes(8)),
            suspend_after: Minutes(50), cleaner_every: Seconds(60), cleaner_batch: 20, deleted_after: Minutes(5),
            undertaker_every: Seconds(60), undertaker_batch: 20, necromancer_every: Seconds(60), necromancer_batch: 20,
            transmogrifier_every: Seconds(30), transmogrifier_batch: 20,
            subscriptions: [(name: "export", workload: "raw", account: "tzero", rules: [(rses: "tier=2", activity: "Express")])],
        ),
        reaper: (
            every: Seconds(60), workers: 2, chunk: 5, min_free_space: Share(0.2),
            rses: [(rse: "C_D", min_free_space: Volume(GB(900)))],
            usage_kept: Minutes(2), pause: Seconds(60), retry_after: Minutes(3), errors: 2, exclusion: Minutes(5),
            max_workers_per_host: 2, time_per_replica: Millis(500),
        ),
        storage: (usage_every: Minutes(1)),
    ),
    policies: [(name: "place", access: Place())],
    record: Rows,
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
    let many = [size.events, files, brought, blocks.sum::<f64>() * 100.0, samples, changes, ticks(setup), locks(setup)];
    many.into_iter().any(|n| n > 3e5)
}

/// How often the services look at what they have, where they have something all the time. Rucio's daemons rest for a second at least.
fn ticks(setup: &Setup) -> f64 {
    let Services { fts, reaper, .. } = &setup.services;
    let optimizer = fts.optimizer.as_ref().map_or(SimSpan::ZERO, |optimizer| optimizer.interval);
    let periods = [
        (fts.scheduling_interval, fts.nodes),
        (fts.message_interval, fts.nodes),
        (fts.staging.every, 1),
        (fts.staging.polls.every, fts.staging.max_open),
        (optimizer, 1),
        (reaper.every, reaper.workers),
    ];
    let running = periods.into_iter().filter(|(period, _)| *period > SimSpan::ZERO);
    running.map(|(period, workers)| f64::from(workers) * setup.horizon.as_secs_f64() / period.as_secs_f64()).sum()
}

/// How many files the rules of all workloads have, each in each copy.
fn locks(setup: &Setup) -> f64 {
    let rules = setup.workloads.values().filter_map(|workload| match &workload.kind {
        WorkloadKind::Rules(stream) => Some(stream),
        _ => None,
    });
    let locks = rules.map(|stream| {
        let files = match &stream.data {
            // A container is no larger than all datasets together.
            RuleData::Existing(_) => setup.datasets.values().map(|set| f64::from(set.files)).sum(),
            RuleData::Fresh { files, .. } => files.mean(),
        };
        stream.arrivals.expected(setup.horizon) * files * setup.topology.map.rses().len() as f64
    });
    locks.sum()
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

/// What became of a scenario with one number changed.
#[derive(Default)]
struct Tally {
    refused: u32,
    ran: u32,
    much: u32,
    faults: Vec<String>,
}

impl Tally {
    /// Tries one scenario; `what` is changed in it.
    fn count(&mut self, text: &str, what: &str) {
        match load(text) {
            Err(problems) => {
                self.refused += 1;
                if problems.iter().any(|problem| problem.line == 0 || problem.path.is_empty()) {
                    self.faults.push(format!("{what}: {problems}"));
                }
            }
            Ok(scenario) if is_much(&scenario) => self.much += 1,
            Ok(scenario) => {
                self.ran += 1;
                self.faults.extend(fault(&scenario).map(|fault| format!("{what}: {fault}")));
            }
        }
    }
}

/// Tries all extremes at all numbers of a scenario.
fn at_all_ends(scenario: &str) {
    let base = load(scenario).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!is_much(&base));
    assert_eq!(fault(&base), None);
    let text = base.resolved.clone();
    let places = numbers(&text);
    let (told, telling) = channel();
    let worker = std::thread::spawn(move || {
        let mut tally = Tally::default();
        for place in &places {
            for extreme in EXTREMES {
                let changed = format!("{}{extreme}{}", &text[..place.start], &text[place.end..]);
                let line = text[..place.start].matches('\n').count();
                let what =
                    format!("{} with {extreme}, line {}", text.lines().nth(line).unwrap_or_default().trim(), line + 1);
                if told.send(what.clone()).is_err() {
                    return tally;
                }
                let caught = catch_unwind(AssertUnwindSafe(|| tally.count(&changed, &what)));
                if let Err(panic) = caught {
                    tally.faults.push(format!("{what}: it panics: {}", message(&*panic)));
                }
            }
        }
        tally
    });
    let mut last = String::new();
    loop {
        match telling.recv_timeout(Duration::from_secs(60)) {
            Ok(what) => last = what,
            Err(RecvTimeoutError::Timeout) => panic!("{last}: it has no end"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let Tally { refused, ran, much, faults } = worker.join().expect("panics are caught");
    println!("{refused} refused, {ran} ran, {much} are much work");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(refused > 300 && ran > 300, "{refused} refused, {ran} ran");
}

#[test]
fn every_number_at_its_ends_is_refused_with_its_place_or_runs() {
    at_all_ends(ALL);
}

#[test]
fn every_number_of_the_services_at_its_ends_is_refused_with_its_place_or_runs() {
    at_all_ends(SERVICES);
}

/// The scenarios above have all numbers that the reference knows, apart from those of logs and of what it would make twice.
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
            let written = format!("{}:", field.name);
            if !ALL.contains(&written) && !SERVICES.contains(&written) {
                missing.insert(format!("{}.{}", entry.doc.name, field.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
