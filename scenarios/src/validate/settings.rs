//! Services, records and the experiment.

use std::collections::BTreeSet;

use dapple_records::{RecordLevel, RecordPlan};
use dapple_simulator::fts::{TransferSettings, WhenFull};
use dapple_simulator::ids::RseId;
use dapple_simulator::units::SimSpan;

use super::check::{Check, Names};
use crate::file;
use crate::read::near::{listed, nearest};
use crate::read::path::At;

/// Most replications of one experiment.
const MAX_REPLICATIONS: u32 = 1_000_000;

/// Checks how placements queue and move.
pub(super) fn transfers(file: &file::Transfers, rses: &Names<RseId>, check: &mut Check) -> TransferSettings {
    let root = At::ROOT;
    let services = root.field("services");
    let at = services.field("transfers");
    let mut count = |field: &'static str, value: u32| {
        check.at_least_one(&at.field(field), u64::from(value));
        value
    };
    let max_active_per_link = count("max_active_per_link", file.max_active_per_link);
    let max_outbound = count("max_outbound", file.max_outbound);
    let max_inbound = count("max_inbound", file.max_inbound);
    let streams = count("streams", file.streams);
    let window = file.window.as_ref().and_then(|window| check.size(&at.field("window"), window));
    let start_up = check.span_or_zero(&at.field("start_up"), &file.start_up).unwrap_or(SimSpan::ZERO);
    let when_full = match file.when_full {
        file::WhenFull::Fail => WhenFull::Fail,
        file::WhenFull::Wait => WhenFull::Wait,
    };
    let link_limits = link_limits(&file.links, &at, rses, check);
    TransferSettings {
        max_active_per_link,
        max_outbound,
        max_inbound,
        link_limits,
        streams,
        window,
        start_up,
        when_full,
    }
}

fn link_limits(
    file: &[file::LinkLimit],
    at: &At<'_>,
    rses: &Names<RseId>,
    check: &mut Check,
) -> Vec<(RseId, RseId, u32)> {
    let list = at.field("links");
    let mut seen = BTreeSet::new();
    let mut limits = Vec::new();
    for (index, limit) in file.iter().enumerate() {
        let at = list.index(index);
        check.at_least_one(&at.field("max_active"), u64::from(limit.max_active));
        let source = rses.resolve(&at.field("source"), &limit.source, check);
        let destination = rses.resolve(&at.field("destination"), &limit.destination, check);
        let (Some(source), Some(destination)) = (source, destination) else { continue };
        if !seen.insert((source, destination)) {
            check.fault(&at, format!("`{}` to `{}` has a limit already", limit.source, limit.destination));
        }
        limits.push((source, destination, limit.max_active));
    }
    limits
}

/// Checks what is kept.
pub(super) fn record(file: &file::Record, warm_up: SimSpan, check: &mut Check) -> RecordPlan {
    let root = At::ROOT;
    let at = root.field("record");
    let all = |level| {
        let interval = file::RecordTables::default().series_interval.to_span();
        RecordPlan {
            warm_up,
            requests: level,
            reads: level,
            jobs: level,
            series: level,
            decisions: level,
            series_interval: interval,
        }
    };
    match file {
        file::Record::Summary => all(RecordLevel::Summary),
        file::Record::Rows => all(RecordLevel::Rows),
        file::Record::Sample(share) => all(RecordLevel::Sample(check.fraction(&at, *share).unwrap_or(1.0))),
        file::Record::Tables(tables) => {
            let mut level = |field: &'static str, level: &file::RecordLevel| match level {
                file::RecordLevel::Summary => RecordLevel::Summary,
                file::RecordLevel::Rows => RecordLevel::Rows,
                file::RecordLevel::Sample(share) => {
                    RecordLevel::Sample(check.fraction(&at.field(field), *share).unwrap_or(1.0))
                }
            };
            let requests = level("requests", &tables.requests);
            let reads = level("reads", &tables.reads);
            let jobs = level("jobs", &tables.jobs);
            let series = level("series", &tables.series);
            let decisions = level("decisions", &tables.decisions);
            let interval = check.span(&at.field("series_interval"), &tables.series_interval);
            let series_interval = interval.unwrap_or(SimSpan::from_nanos(1));
            RecordPlan { warm_up, requests, reads, jobs, series, decisions, series_interval }
        }
    }
}

/// Checks policies and experiment as far as their names and numbers go.
pub(super) fn experiment(file: &file::ScenarioFile, check: &mut Check) {
    let root = At::ROOT;
    let list = root.field("policies");
    let mut names: Names<()> = check.names("policy set", &list);
    if file.policies.is_empty() {
        check.fault(&list, "at least one policy set is needed");
    }
    for (index, set) in file.policies.iter().enumerate() {
        let at = list.index(index);
        names.declare(&at, &set.name, Some(()), check);
        if let file::AccessSpec::Place { min_reuse } = set.access {
            let access = at.field("access");
            check.at_least_one(&access.field("min_reuse"), min_reuse);
        }
    }
    let at = root.field("experiment");
    let replications = at.field("replications");
    if check.at_least_one(&replications, u64::from(file.experiment.replications))
        && file.experiment.replications > MAX_REPLICATIONS
    {
        check.fault(&replications, format!("must be at most {MAX_REPLICATIONS}"));
    }
    if let Some(baseline) = &file.experiment.baseline {
        names.resolve(&at.field("baseline"), baseline, check);
    }
    sweep(&file.experiment.sweep, &at.field("sweep"), check);
}

fn sweep(file: &[file::SweepFile], list: &At<'_>, check: &mut Check) {
    const FIXED: [&str; 5] = ["name", "seed", "start", "experiment", "record"];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (index, axis) in file.iter().enumerate() {
        let at = list.index(index);
        let path_at = at.field("path");
        let first = axis.path.split('.').next().unwrap_or("");
        if FIXED.contains(&first) {
            check.fault(&path_at, format!("`{first}` is not part of what is simulated and cannot be varied"));
        }
        if !seen.insert(&axis.path) {
            check.fault(&path_at, format!("`{}` is varied already", axis.path));
        }
        let values = at.field("values");
        if axis.values.is_empty() {
            check.fault(&values, "at least one value is needed");
        }
        for (index, value) in axis.values.iter().enumerate() {
            if axis.values[..index].contains(value) {
                check.fault(&values.index(index), format!("`{}` is here twice", value.text()));
            }
        }
    }
}

/// Message and help for a custom policy that is not registered.
pub(crate) fn unknown_policy<'r>(name: &str, registered: impl Iterator<Item = &'r str> + Clone) -> (String, String) {
    let near = nearest(name, registered.clone()).map_or(String::new(), |near| format!("did you mean `{near}`? "));
    (format!("no access policy is registered as `{name}`"), format!("{near}registered: {}", listed(registered)))
}
