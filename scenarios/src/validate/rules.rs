//! Rules and what they name: RSE expressions, activities, accounts.
//!
//! What only a typo explains is refused: an expression that cannot be read, a name that no RSE has beside one that is nearly it.
//! What the real service would answer with an error, it answers in the run: an expression that stands for no RSE is worth a warning.

use std::collections::BTreeMap;

use dapple_simulator::catalogue::expression::{Described, Word};
use dapple_simulator::catalogue::{Did, Expression};
use dapple_simulator::ids::RseId;
use dapple_simulator::names::Names;
use dapple_simulator::rules::{RuleTemplate, RulesSettings};
use dapple_simulator::topology::{Map, Rse};
use dapple_simulator::workload::{DatasetStream, RuleData, RuleStream, Shares};

use super::draws::{arrivals, distribution};
use super::scope::Scope;
use crate::check::Check;
use crate::file;
use crate::near::{did_you_mean, listed, nearest};
use crate::read::path::At;

/// Checks an RSE expression; the RSEs that it stands for.
pub(super) fn expression(text: &str, at: &At<'_>, map: &Map, check: &mut Check) -> Vec<RseId> {
    let read = match Expression::parse(text) {
        Ok(read) => read,
        Err(error) => {
            check.fault(at, format!("`{text}` is no RSE expression: {error} (character {})", error.at + 1));
            return Vec::new();
        }
    };
    let rses = || map.rses().values();
    let mut typos = false;
    for word in read.words() {
        let (name, known): (&str, Vec<&str>) = match word {
            Word::All => continue,
            Word::Name(name) => (name, rses().map(|rse| rse.name.as_str()).collect()),
            Word::Is { key, .. } | Word::Below { key, .. } | Word::Above { key, .. } => (key, attributes(map)),
        };
        if !known.contains(&name) && !nearest(name, known.iter().copied()).is_empty() {
            let what = if matches!(word, Word::Name(_)) { "no RSE is called" } else { "no RSE has the attribute" };
            check.fault_help(at, format!("{what} `{name}`"), did_you_mean(name, known).trim_end().to_owned());
            typos = true;
        }
    }
    let described = map.rses().iter().map(|(rse, Rse { name, attributes, .. })| Described { rse, name, attributes });
    let found = read.evaluate(described);
    if found.is_empty() && !typos {
        check.warnings.push(format!("no RSE is `{text}`: Rucio refuses rules with it"));
    }
    found
}

/// The attributes that RSEs have.
fn attributes(map: &Map) -> Vec<&str> {
    let mut keys: Vec<&str> = map.rses().values().flat_map(|rse| rse.attributes.keys().map(String::as_str)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Checks a rule that is made on data that it does not name.
pub(super) fn template(file: &RuleTemplate, at: &At<'_>, map: &Map, names: &mut Names, check: &mut Check) {
    expression(&file.rses, &at.field("rses"), map, check);
    if let Some(sources) = &file.sources {
        expression(sources, &at.field("sources"), map, check);
    }
    if let Some(weight) = &file.weight {
        attribute(weight, &at.field("weight"), map, check);
    }
    names.declare_activity(&file.activity);
}

/// Checks the name of an attribute.
fn attribute(name: &str, at: &At<'_>, map: &Map, check: &mut Check) {
    let known = attributes(map);
    if !known.contains(&name) {
        let near = did_you_mean(name, known.iter().copied());
        check.fault_help(at, format!("no RSE has the attribute `{name}`"), near.trim_end().to_owned());
    }
}

fn drawn(file: &file::DrawnRse, at: &At<'_>, map: &Map, check: &mut Check) -> Option<Shares<RseId>> {
    let place = at.field("rses");
    let rses = expression(&file.rses, &place, map, check);
    let weight_at = at.field("weight");
    let before = check.faults.len();
    if let Some(weight) = &file.weight {
        attribute(weight, &weight_at, map, check);
    }
    let mut weight_of = |rse: RseId| {
        let Some(key) = &file.weight else { return Some(1.0) };
        let rse = &map.rses()[rse];
        let written = rse.attributes.get(key)?;
        let weight = written.parse().ok().filter(|weight: &f64| weight.is_finite() && *weight >= 0.0);
        if weight.is_none() {
            let name = &rse.name;
            check.fault(
                &weight_at,
                format!("`{key}` of `{name}` is `{written}`, and a weight is a number that is not negative"),
            );
        }
        weight
    };
    let weighted: Vec<(RseId, f64)> = rses.iter().filter_map(|&rse| Some((rse, weight_of(rse)?))).collect();
    let shares = Shares::new(weighted);
    if shares.is_none() && check.faults.len() == before {
        check.fault(&place, format!("no RSE that is `{}` can be drawn", file.rses));
    }
    shares
}

/// Checks rules that arrive one by one.
pub(super) fn stream(
    file: &file::RuleStream,
    at: &At<'_>,
    scope: &Scope<'_>,
    names: &mut Names,
    check: &mut Check,
) -> Option<RuleStream> {
    let arrivals = arrivals(&file.arrivals, (&file.name, at), scope.horizon, check);
    let account = names.declare_account(&file.account);
    let own = BTreeMap::from([(file.rule.activity.clone(), 1.0)]);
    let activities = if file.activities.is_empty() { &own } else { &file.activities };
    let activities = Shares::new(activities.iter().map(|(name, share)| (names.declare_activity(name), *share)));
    if activities.is_none() {
        check.fault(&at.field("activities"), "at least one needs a weight above zero");
    }
    let map = &scope.grid.topology.as_ref()?.map;
    template(&file.rule, &at.field("rule"), map, names, check);
    let data = data(&file.data, &at.field("data"), scope, map, check);
    let targets = file.targets.as_ref().map(|targets| drawn(targets, &at.field("targets"), map, check));
    let targets = match targets {
        None => None,
        Some(targets) => Some(targets?),
    };
    if let (Some(RuleData::Fresh { sources, .. }), Some(targets)) = (&data, &targets) {
        let only = |shares: &Shares<RseId>| {
            let mut likely = shares.iter().filter(|(_, share)| *share > 0.0).map(|(rse, _)| rse);
            likely.next().filter(|_| likely.next().is_none())
        };
        if only(targets).is_some_and(|target| sources.iter().any(|(rse, share)| rse == target && share > 0.0)) {
            check.fault(
                &at.field("targets"),
                "the one RSE that it can be may hold the data already: nothing would move",
            );
        }
    }
    Some(RuleStream {
        arrivals: arrivals?,
        account,
        activities: activities?,
        data: data?,
        targets,
        rule: file.rule.clone(),
    })
}

fn data(file: &file::RuleData, at: &At<'_>, scope: &Scope<'_>, map: &Map, check: &mut Check) -> Option<RuleData> {
    match file {
        file::RuleData::Existing { datasets, exponent } => {
            let list = at.field("datasets");
            if datasets.is_empty() {
                check.fault(&list, "at least one dataset is needed");
            }
            let weighted = datasets.iter().enumerate().filter_map(|(index, name)| {
                let id = scope.names.resolve(&list.index(index), name, check)?;
                Some((Did::Dataset(id), ((index + 1) as f64).powf(-exponent)))
            });
            let weighted: Vec<_> = weighted.collect();
            Some(RuleData::Existing(Shares::new(weighted)?))
        }
        file::RuleData::Fresh { sources, files, size } => {
            let size = distribution(size, &at.field("size"), check);
            let files_at = at.field("files");
            if files.total() <= 0.0 {
                check.fault(&files_at, "at least one of its weights must be above zero");
            }
            if files.tail > 0.0 && files.tail_to < files.bulk_to {
                check.fault(&files_at.field("tail_to"), "must be at least `bulk_to`");
            }
            let sources = drawn(sources, &at.field("sources"), map, check)?;
            Some(RuleData::Fresh { sources, files: files.clone(), size: size? })
        }
    }
}

/// Checks files that arrive one by one.
pub(super) fn datasets(
    file: &file::DatasetStream,
    at: &At<'_>,
    scope: &Scope<'_>,
    check: &mut Check,
) -> Option<DatasetStream> {
    let rse = scope.grid.rses.resolve(&at.field("rse"), &file.rse, check);
    let arrivals = arrivals(&file.arrivals, (&file.name, at), scope.horizon, check);
    let size = distribution(&file.size, &at.field("size"), check);
    Some(DatasetStream { arrivals: arrivals?, rse: rse?, files: file.files, size: size?, lifetime: file.lifetime })
}

/// Checks how rules are kept. Accounts that have quotas are known by what they ask for: one that asks for nothing, beside one
/// that does and is nearly called so, is a typo.
pub(super) fn settings(
    file: &RulesSettings,
    (map, workloads): (Option<&Map>, &[file::Workload]),
    names: &mut Names,
    check: &mut Check,
) {
    let root = At::ROOT;
    let services = root.field("services");
    let rules = services.field("rules");
    let Some(map) = map else { return };
    let subscriptions = rules.field("subscriptions");
    for (index, subscription) in file.subscriptions.iter().enumerate() {
        let at = subscriptions.index(index);
        names.declare_account(&subscription.account);
        let of_datasets = || {
            workloads.iter().filter_map(|workload| match workload {
                file::Workload::Datasets(stream) => Some(stream.name.as_str()),
                _ => None,
            })
        };
        if let Some(name) = subscription.workload.as_deref().filter(|name| !of_datasets().any(|known| known == *name)) {
            let near = did_you_mean(name, of_datasets());
            let help = format!("{near}there is: {}", listed(of_datasets()));
            check.fault_help(&at.field("workload"), format!("no workload `{name}` makes datasets"), help);
        }
        let list = at.field("rules");
        for (index, rule) in subscription.rules.iter().enumerate() {
            template(rule, &list.index(index), map, names, check);
        }
    }
    for activity in [&file.recovery_activity, &file.express_activity] {
        names.declare_activity(activity);
    }
    let quotas = rules.field("quotas");
    for (field, of) in [("local", &file.quotas.local), ("global", &file.quotas.global)] {
        let list = quotas.field(field);
        for (index, quota) in of.iter().enumerate() {
            let at = list.index(index);
            expression(&quota.rses, &at.field("rses"), map, check);
            account(&quota.account, &at.field("account"), names, check);
        }
    }
    let list = quotas.field("admins");
    for (index, admin) in file.quotas.admins.iter().enumerate() {
        account(admin, &list.index(index), names, check);
    }
}

fn account(name: &str, at: &At<'_>, names: &mut Names, check: &mut Check) {
    if names.account_of(name).is_some() {
        return;
    }
    let known = || names.accounts.values().map(String::as_str);
    if nearest(name, known()).is_empty() {
        check.warnings.push(format!("account `{name}` has a quota and asks for nothing"));
        names.declare_account(name);
    } else {
        let near = did_you_mean(name, known());
        check.fault_help(at, format!("no account `{name}` asks for anything"), near.trim_end().to_owned());
    }
}
