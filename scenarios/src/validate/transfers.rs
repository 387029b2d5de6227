//! How FTS is set.

use std::collections::BTreeSet;

use dapple_simulator::fts::{ActivitySharesOf, FtsSettings, LinkLimit, Share, StorageLimit, VoShares};
use dapple_simulator::ids::RseId;
use dapple_simulator::names::Names as ServiceNames;
use dapple_simulator::units::SimSpan;

use crate::check::{Check, Names};
use crate::near::listed;
use crate::read::path::At;

/// Checks how transfers queue and start.
pub(super) fn fts(file: &FtsSettings<String>, rses: &Names<RseId>, check: &mut Check) -> FtsSettings {
    let root = At::ROOT;
    let services = root.field("services");
    let fts = services.field("fts");
    if file.min_active_per_link.is_some_and(|min| min > file.max_active_per_link) {
        check.fault(&fts.field("min_active_per_link"), "is more than `max_active_per_link`".to_owned());
    }
    if file.optimizer.is_some() && file.scheduling_interval == SimSpan::ZERO {
        let why = "needs passes: set `scheduling_interval`, which in FTS is Seconds(2)";
        check.fault(&fts.field("optimizer"), why.to_owned());
    }
    let links = links(&file.links, &fts.field("links"), rses, check);
    let storages = storages(file, &fts.field("storages"), rses, check);
    let vo_shares = vo_shares(&file.vo_shares, &fts.field("vo_shares"), rses, check);
    activity_shares(&file.activity_shares, &fts.field("activity_shares"), check);
    FtsSettings::referring(file.clone(), links, storages, vo_shares)
}

fn links(file: &[LinkLimit<String>], list: &At<'_>, rses: &Names<RseId>, check: &mut Check) -> Vec<LinkLimit> {
    let (mut links, mut known) = (Vec::new(), BTreeSet::new());
    for (index, limit) in file.iter().enumerate() {
        let at = list.index(index);
        if limit.min_active.is_some_and(|min| min > limit.max_active) {
            check.fault(&at.field("min_active"), "is more than `max_active`".to_owned());
        }
        let mut end = |field, name: &Option<String>| match name {
            None => Some(None),
            Some(name) => rses.resolve(&at.field(field), name, check).map(Some),
        };
        let (source, destination) = (end("source", &limit.source), end("destination", &limit.destination));
        let (Some(source), Some(destination)) = (source, destination) else { continue };
        if source.is_none() && destination.is_none() {
            check.fault(&at, "names neither end; for all links set `max_active_per_link`".to_owned());
        }
        if !known.insert((source, destination)) {
            let name = |end: &Option<String>| end.as_ref().map_or("any".to_owned(), |name| format!("`{name}`"));
            check.fault(&at, format!("{} to {} has a limit already", name(&limit.source), name(&limit.destination)));
        }
        links.push(LinkLimit::referring(limit.clone(), source, destination));
    }
    links
}

fn storages(file: &FtsSettings<String>, list: &At<'_>, rses: &Names<RseId>, check: &mut Check) -> Vec<StorageLimit> {
    let (mut storages, mut known) = (Vec::new(), BTreeSet::new());
    for (index, limit) in file.storages.iter().enumerate() {
        let at = list.index(index);
        let Some(rse) = rses.resolve(&at.field("rse"), &limit.rse, check) else { continue };
        if !known.insert(rse) {
            check.fault(&at, format!("`{}` has limits already", limit.rse));
        }
        for (field, most) in [
            ("max_outbound_throughput", limit.max_outbound_throughput),
            ("max_inbound_throughput", limit.max_inbound_throughput),
        ] {
            if most.is_some() && file.optimizer.is_none() {
                check.fault(&at.field(field), "is kept by an optimiser, and there is none".to_owned());
            }
        }
        storages.push(StorageLimit::referring(limit.clone(), rse));
    }
    storages
}

fn vo_shares(file: &[VoShares<String>], list: &At<'_>, rses: &Names<RseId>, check: &mut Check) -> Vec<VoShares> {
    let (mut all, mut known) = (Vec::new(), BTreeSet::new());
    for (index, shares) in file.iter().enumerate() {
        let at = list.index(index);
        let weights = at.field("weights");
        once_each(&shares.weights, &weights, std::borrow::ToOwned::to_owned, check);
        for (index, share) in shares.weights.iter().enumerate() {
            vo(&share.name, &weights.index(index).field("name"), check);
        }
        let source = rses.resolve(&at.field("source"), &shares.source, check);
        let destination = rses.resolve(&at.field("destination"), &shares.destination, check);
        let (Some(source), Some(destination)) = (source, destination) else { continue };
        if !known.insert((source, destination)) {
            check.fault(&at, format!("`{}` to `{}` has weights already", shares.source, shares.destination));
        }
        all.push(VoShares::referring(shares.clone(), source, destination));
    }
    all
}

fn activity_shares(file: &[ActivitySharesOf], list: &At<'_>, check: &mut Check) {
    let mut known = BTreeSet::new();
    for (index, of) in file.iter().enumerate() {
        let at = list.index(index);
        if !known.insert(&of.vo) {
            check.fault(&at, "its virtual organisation has shares already".to_owned());
        }
        if let Some(name) = &of.vo {
            vo(name, &at.field("vo"), check);
        }
        // As in FTS, activities count without regard to case.
        once_each(&of.shares, &at.field("shares"), str::to_lowercase, check);
        if !of.shares.iter().any(|share| share.name.to_lowercase() == "default") {
            check.fault(&at.field("shares"), "has no `default`, the share of activities that have none".to_owned());
        }
        if of.shares.iter().all(|share| share.share == 0.0) {
            check.fault(&at.field("shares"), "are all 0, so that nothing is drawn by them".to_owned());
        }
    }
}

/// The virtual organisations that there are: what a scenario asks for is all of one.
fn vo(name: &str, at: &At<'_>, check: &mut Check) {
    let names = ServiceNames::default();
    if !names.vos.values().any(|known| known == name) {
        let message = format!("no virtual organisation is called `{name}`, and nothing is asked for in its name");
        let known: Vec<&str> = names.vos.values().map(String::as_str).collect();
        check.fault_help(at, message, format!("there is: {}", listed(known)));
    }
}

fn once_each(shares: &[Share], list: &At<'_>, key: impl Fn(&str) -> String, check: &mut Check) {
    let mut known = BTreeSet::new();
    for (index, share) in shares.iter().enumerate() {
        if !known.insert(key(&share.name)) {
            check.fault(&list.index(index).field("name"), format!("`{}` has a share already", share.name));
        }
    }
}
