//! Services, records and the experiment.

use std::collections::BTreeSet;

use dapple_records::{RecordLevel, RecordPlan};
use dapple_simulator::conveyor::{ConveyorSettings, ExpressionAt};
use dapple_simulator::ids::RseId;
use dapple_simulator::names::Names as ServiceNames;
use dapple_simulator::reaper::{FreeSpaceOf, ReaperSettings};
use dapple_simulator::topology::Map;
use dapple_simulator::units::SimSpan;

use super::rules::expression;
use crate::check::{Check, Names};
use crate::file;
use crate::near::{did_you_mean, nearest};
use crate::read::path::At;

/// Checks how requests are taken on. What a limit is for is known by what is asked for: an activity of nobody, nearly called as one that
/// there is, is a typo.
pub(super) fn conveyor(file: &ConveyorSettings, map: Option<&Map>, names: &mut ServiceNames, check: &mut Check) {
    let root = At::ROOT;
    let services = root.field("services");
    let conveyor = services.field("conveyor");
    let (throttler, distances) = (conveyor.field("throttler"), conveyor.field("distances"));
    let (limits, multihop) = (throttler.field("limits"), conveyor.field("multihop"));
    for (place, text) in file.expressions() {
        let Some(map) = map else { break };
        match place {
            ExpressionAt::Limit(nth) => expression(text, &limits.index(nth).field("rses"), map, check),
            ExpressionAt::From(nth) => expression(text, &distances.index(nth).field("from"), map, check),
            ExpressionAt::To(nth) => expression(text, &distances.index(nth).field("to"), map, check),
            ExpressionAt::Multihop => expression(text, &multihop.field("rses"), map, check),
        };
    }
    for (index, limit) in file.throttler.limits.iter().enumerate() {
        let Some(activity) = &limit.activity else { continue };
        let known = || names.activities.values().map(String::as_str);
        if !known().any(|name| name == activity) && !nearest(activity, known()).is_empty() {
            let near = did_you_mean(activity, known());
            let at = limits.index(index);
            let message = format!("nothing is asked for under the activity `{activity}`");
            check.fault_help(&at.field("activity"), message, near.trim_end().to_owned());
        }
        names.declare_activity(activity);
    }
    if file.preparer.is_none() && !file.throttler.limits.is_empty() {
        let help = "write `preparer: ()` beside `throttler`";
        check.fault_help(&limits, "limits of transfers are looked at only where there is a preparer", help);
    }
    if file.refused + file.lost > 1.0 {
        check.fault(
            &conveyor.field("lost"),
            "`refused` and `lost` are parts of the same submissions: together 1 at most",
        );
    }
}

/// Checks which replicas are deleted when.
pub(super) fn reaper(file: &ReaperSettings<String>, rses: &Names<RseId>, check: &mut Check) -> ReaperSettings {
    let root = At::ROOT;
    let services = root.field("services");
    let reaper = services.field("reaper");
    let list = reaper.field("rses");
    let mut own: Vec<FreeSpaceOf> = Vec::new();
    for (index, of) in file.rses.iter().enumerate() {
        let row = list.index(index);
        let at = row.field("rse");
        let Some(rse) = rses.resolve(&at, &of.rse, check) else { continue };
        if own.iter().any(|known| known.rse == rse) {
            check.fault(&at, format!("`{}` is here already", of.rse));
        }
        own.push(FreeSpaceOf::referring(of.clone(), rse));
    }
    ReaperSettings::referring(file.clone(), own)
}

/// What is kept.
pub(super) fn record(file: &file::Record, warm_up: SimSpan) -> RecordPlan {
    let all = |level| RecordPlan { warm_up, ..RecordPlan::all(level) };
    match file {
        file::Record::Summary => all(RecordLevel::Summary),
        file::Record::Rows => all(RecordLevel::Rows),
        file::Record::Sample(share) => all(RecordLevel::Sample(*share)),
        file::Record::Tables(tables) => RecordPlan {
            warm_up,
            requests: tables.requests,
            reads: tables.reads,
            jobs: tables.jobs,
            rules: tables.rules,
            series: tables.series,
            decisions: tables.decisions,
            series_interval: tables.series_interval,
        },
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
    }
    let at = root.field("experiment");
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
