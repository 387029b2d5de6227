//! Sites, storage, worker nodes, wires and laws.

use std::collections::BTreeSet;

use dapple_simulator::ids::{DtnId, LinkId, PoolId, RseId, SiteId};
use dapple_simulator::topology::{
    AccessCoefficients, Dtn, Link, LoadCurve, Pool, Rse, Series, Site, Topology, TopologyBuilder,
};
use dapple_simulator::units::{NANOS_PER_SECOND, Rate, SimSpan, SimTime};

use crate::check::{Check, Names};
use crate::file;
use crate::file::{Contention, Duplex, IllPosed};
use crate::read::path::At;
use crate::validate::copies;

/// The names of a topology and, where nothing is wrong with it, the topology itself.
pub(super) struct Grid {
    /// Storage elements.
    pub rses: Names<RseId>,
    /// Worker-node pools.
    pub pools: Names<PoolId>,
    /// The frozen topology.
    pub topology: Option<Topology>,
}

/// Checks a topology and builds it.
pub(super) fn topology(file: &file::Topology, check: &mut Check) -> Grid {
    let root = At::ROOT;
    let at = root.field("topology");
    let before = check.faults.len();
    let mut builder = TopologyBuilder::default();
    let sites = sites(&file.sites, &at, &mut builder, check);
    let dtns = dtns(&file.dtns, &at, &mut builder, check);
    let rses = rses(&file.rses, &at, (&sites, &dtns), &mut builder, check);
    let pools = pools(&file.pools, &at, &sites, &mut builder, check);
    let links = links(&file.links, &at, &sites, &mut builder, check);
    routes(&file.routes, &at, (&sites, &links), &mut builder, check);
    laws(&file.laws, &at, (&pools, &rses), &mut builder, check);
    let is_whole = check.faults.len() == before && !check.is_mended(&at);
    let topology = is_whole.then(|| builder.build());
    let topology = topology.and_then(|built| match built {
        Ok(topology) => Some(topology),
        Err(error) => {
            check.fault(&at.field("routes"), error.to_string());
            None
        }
    });
    Grid { rses, pools, topology }
}

fn sites(file: &[Site], top: &At<'_>, builder: &mut TopologyBuilder, check: &mut Check) -> Names<SiteId> {
    let list = top.field("sites");
    let mut names = check.names("site", &list);
    if file.is_empty() {
        check.fault(&list, "at least one site is needed");
    }
    for (index, site) in file.iter().enumerate() {
        let at = list.index(index);
        if let Some((x, y)) = site.position
            && !(x.is_finite() && y.is_finite())
        {
            check.fault(&at.field("position"), "must be two finite numbers");
        }
        let id = builder.site(site.clone());
        names.declare(&at, &site.name, Some(id), check);
    }
    names
}

fn dtns(file: &[file::Dtn], top: &At<'_>, builder: &mut TopologyBuilder, check: &mut Check) -> Names<DtnId> {
    let list = top.field("dtns");
    let mut names = check.names("DTN", &list);
    for (index, dtn) in file.iter().enumerate() {
        let at = list.index(index);
        if matches!(&dtn.curve, LoadCurve::Tabulated(rates) if rates.is_empty()) {
            check.fault(&at.field("curve"), "a table needs at least one rate");
        }
        let file::Dtn { name, curve, slots, start_up, start_up_each } = dtn.clone();
        let id = builder.dtn(Dtn { name, slots, start_up, start_up_each }, curve);
        names.declare(&at, &dtn.name, Some(id), check);
    }
    names
}

fn rses(
    file: &[Rse<String, String>],
    top: &At<'_>,
    (sites, dtns): (&Names<SiteId>, &Names<DtnId>),
    builder: &mut TopologyBuilder,
    check: &mut Check,
) -> Names<RseId> {
    let list = top.field("rses");
    let mut names = check.names("RSE", &list);
    for (index, rse) in file.iter().enumerate() {
        let at = list.index(index);
        let site = sites.resolve(&at.field("site"), &rse.site, check);
        let dtn = rse.dtn.as_ref().map(|dtn| dtns.resolve(&at.field("dtn"), dtn, check));
        if let Some(capacity) = rse.capacity
            && rse.used > capacity
            && !check.is_mended(&at)
        {
            check.fault(&at.field("used"), format!("{} do not fit into the capacity of {capacity}", rse.used));
        }
        copies::outages(&rse.outages, &at, check);
        let id = site.map(|site| builder.rse(Rse::referring(rse.clone(), site, dtn.flatten())));
        names.declare(&at, &rse.name, id, check);
    }
    names
}

fn pools(
    file: &[Pool<String>],
    top: &At<'_>,
    sites: &Names<SiteId>,
    builder: &mut TopologyBuilder,
    check: &mut Check,
) -> Names<PoolId> {
    let list = top.field("pools");
    let mut names = check.names("pool", &list);
    for (index, pool) in file.iter().enumerate() {
        let at = list.index(index);
        let site = sites.resolve(&at.field("site"), &pool.site, check);
        let id = site.map(|site| builder.pool(Pool::referring(pool.clone(), site)));
        names.declare(&at, &pool.name, id, check);
    }
    names
}

/// A wire as routes need it.
#[derive(Clone, Copy, Debug)]
struct Wire {
    id: LinkId,
    from: SiteId,
    to: SiteId,
}

fn links(
    file: &[file::Link],
    top: &At<'_>,
    sites: &Names<SiteId>,
    builder: &mut TopologyBuilder,
    check: &mut Check,
) -> Names<Wire> {
    let list = top.field("links");
    let mut names = check.names("link", &list);
    for (index, link) in file.iter().enumerate() {
        let at = list.index(index);
        let from = sites.resolve(&at.field("from"), &link.from, check);
        let to = sites.resolve(&at.field("to"), &link.to, check);
        if from.is_some() && from == to {
            check.fault(&at.field("to"), format!("leads from `{}` to itself", link.from));
        }
        let bandwidth = profile(link, &at, check);
        let ends = from.zip(to).zip(bandwidth);
        let mut add = |name: &str, from, to, bandwidth: Series<Rate>| {
            let nominal = *bandwidth.at(SimTime::ZERO);
            let id = builder.link(Link { name: name.to_owned(), from, to, bandwidth: nominal, latency: link.latency });
            builder.bandwidth(id, bandwidth);
            Wire { id, from, to }
        };
        let forth = ends.clone().map(|((from, to), bandwidth)| add(&link.name, from, to, bandwidth));
        names.declare(&at, &link.name, forth, check);
        let mut back = None;
        if !link.one_way {
            let name = way_back(link);
            back = ends.map(|((from, to), bandwidth)| add(&name, to, from, bandwidth));
            names.declare(&at, &name, back, check);
        }
        sharing(link, &at, (forth, back), builder, check);
    }
    names
}

/// Who shares the wires of a link.
fn sharing(
    link: &file::Link,
    at: &At<'_>,
    (forth, back): (Option<Wire>, Option<Wire>),
    builder: &mut TopologyBuilder,
    check: &mut Check,
) {
    match (link.sharing, link.duplex) {
        (Contention::Shared, Duplex::Full) => {}
        (_, Duplex::Half) if link.one_way => {
            check.fault(&at.field("duplex"), "`Half` needs a way back to share with, and `one_way` leaves it out");
        }
        (Contention::PerFlow, Duplex::Half) => {
            check.fault(
                &at.field("duplex"),
                "`Half` shares the capacity with the way back, `sharing: PerFlow` with nobody",
            );
        }
        (Contention::Shared, Duplex::Half) => {
            if let (Some(forth), Some(back)) = (forth, back) {
                builder.half_duplex(forth.id, back.id);
            }
        }
        (Contention::PerFlow, Duplex::Full) => {
            for wire in [forth, back].into_iter().flatten() {
                builder.per_flow(wire.id);
            }
        }
    }
}

/// What the wire back is called.
fn way_back(link: &file::Link) -> String {
    if link.name == format!("{}-{}", link.from, link.to) {
        format!("{}-{}", link.to, link.from)
    } else {
        format!("{} (back)", link.name)
    }
}

fn profile(link: &file::Link, at: &At<'_>, check: &mut Check) -> Option<Series<Rate>> {
    let mut steps = vec![(SimTime::ZERO, link.bandwidth)];
    let list = at.field("profile");
    for (index, step) in link.profile.iter().enumerate() {
        let at = list.index(index);
        steps.push((later(&at, step.at, steps.last().map(|(time, _)| *time), check)?, step.bandwidth));
    }
    let last = steps.last().map(|(time, _)| *time);
    let once = Series::from_steps(steps)?;
    match link.repeat {
        None => Some(once),
        Some(period) => repeated(once, period, last, &at.field("repeat"), check),
    }
}

/// Runs would not come to an end where a capacity changes faster than this for ever.
const SHORTEST_PERIOD: SimSpan = SimSpan::from_nanos(NANOS_PER_SECOND);

fn repeated(
    once: Series<Rate>,
    period: SimSpan,
    last: Option<SimTime>,
    at: &At<'_>,
    check: &mut Check,
) -> Option<Series<Rate>> {
    if once.steps().len() == 1 {
        check.fault(at, "there is nothing to repeat: `profile` has no step");
        return None;
    }
    if period < SHORTEST_PERIOD {
        check.fault(at, "must be at least a second");
        return None;
    }
    let series = once.repeated(period);
    if series.is_none() {
        let last = last.unwrap_or(SimTime::ZERO);
        check.fault(at, format!("must be later than the last step of `profile`, which is at {last}"));
    }
    series
}

/// The instant of a step, which must come after the one before it.
fn later(at: &At<'_>, time: SimTime, before: Option<SimTime>, check: &mut Check) -> Option<SimTime> {
    if before.is_some_and(|before| time <= before) {
        check.fault(&at.field("at"), "must come after the step before it; the first step comes after the start");
        return None;
    }
    Some(time)
}

fn routes(
    file: &[file::Route],
    top: &At<'_>,
    (sites, links): (&Names<SiteId>, &Names<Wire>),
    builder: &mut TopologyBuilder,
    check: &mut Check,
) {
    let list = top.field("routes");
    let mut seen = BTreeSet::new();
    for (index, route) in file.iter().enumerate() {
        let at = list.index(index);
        let from = sites.resolve(&at.field("from"), &route.from, check);
        let to = sites.resolve(&at.field("to"), &route.to, check);
        let via_at = at.field("via");
        let via: Vec<Option<Wire>> = (route.via.iter().enumerate())
            .map(|(index, link)| links.resolve(&via_at.index(index), link, check))
            .collect();
        let (Some(from), Some(to)) = (from, to) else { continue };
        if !seen.insert((from, to)) {
            check.fault(&at, format!("another route leads from `{}` to `{}`", route.from, route.to));
        }
        if from == to {
            check.fault(&at.field("to"), "no route is needed within a site");
            continue;
        }
        let Some(via) = via.into_iter().collect::<Option<Vec<Wire>>>() else { continue };
        if is_unbroken(&via, from, to, route, &via_at, check) {
            builder.route(from, to, via.iter().map(|wire| wire.id).collect());
        }
    }
}

fn is_unbroken(via: &[Wire], from: SiteId, to: SiteId, route: &file::Route, at: &At<'_>, check: &mut Check) -> bool {
    let mut here = from;
    for (index, wire) in via.iter().enumerate() {
        if wire.from != here {
            let before = index.checked_sub(1).map_or(route.from.as_str(), |before| &route.via[before]);
            check.fault(&at.index(index), format!("does not start where `{before}` ends"));
            return false;
        }
        here = wire.to;
    }
    if here != to {
        check.fault(at, format!("these links do not lead to `{}`", route.to));
    }
    here == to
}

fn laws(
    file: &[file::Law],
    top: &At<'_>,
    (pools, rses): (&Names<PoolId>, &Names<RseId>),
    builder: &mut TopologyBuilder,
    check: &mut Check,
) {
    let list = top.field("laws");
    let mut seen = BTreeSet::new();
    for (index, law) in file.iter().enumerate() {
        let at = list.index(index);
        let pool = pools.resolve(&at.field("pool"), &law.pool, check);
        let rse = rses.resolve(&at.field("rse"), &law.rse, check);
        let series = coefficients(law, &at, check);
        let (Some(pool), Some(rse)) = (pool, rse) else { continue };
        if !seen.insert((pool, rse)) {
            check.fault(&at, format!("another law is for pool `{}` and RSE `{}`", law.pool, law.rse));
        } else if let Some(series) = series {
            builder.law(pool, rse, series);
        }
    }
}

fn coefficients(law: &file::Law, at: &At<'_>, check: &mut Check) -> Option<Series<AccessCoefficients>> {
    let mut clamped = 0;
    let first = AccessCoefficients { a: law.a, b: law.b, c: law.c };
    let mut steps = vec![(SimTime::ZERO, well_posed(first, law, at, &mut clamped, check))];
    let list = at.field("series");
    for (index, step) in law.series.iter().enumerate() {
        let at = list.index(index);
        let coefficients = AccessCoefficients { a: step.a, b: step.b, c: step.c };
        let coefficients = well_posed(coefficients, law, &at, &mut clamped, check);
        let time = later(&at, step.at, steps.last().map(|(time, _)| *time), check);
        steps.push((time?, coefficients));
    }
    if clamped > 0 {
        let of = steps.len();
        check.warnings.push(format!(
            "law of pool `{}` and RSE `{}`: {clamped} of {of} steps were raised to well-posed coefficients",
            law.pool, law.rse
        ));
    }
    let steps: Option<Vec<_>> = steps.into_iter().map(|(time, step)| Some((time, step?))).collect();
    Series::from_steps(steps?)
}

fn well_posed(
    written: AccessCoefficients,
    law: &file::Law,
    at: &At<'_>,
    clamped: &mut usize,
    check: &mut Check,
) -> Option<AccessCoefficients> {
    let AccessCoefficients { a, b, c } = written;
    if written.is_well_posed() {
        return Some(written);
    }
    // A coefficient out of range is told where it stands.
    if ["a", "b", "c"].iter().any(|name| check.is_mended(&at.field(name))) {
        return None;
    }
    match law.on_ill_posed {
        IllPosed::Clamp => {
            *clamped += 1;
            let c = c.max(0.0);
            let a = a.max(c * (1.0 + 1e-6) + AccessCoefficients::LEAST).min(AccessCoefficients::MOST);
            let nearest = AccessCoefficients { a, b: b.max(c), c };
            if nearest.is_well_posed() {
                return Some(nearest);
            }
            check.fault(
                at,
                format!("c = {c} leaves no room for an `a` above it, which is at most {:e}", AccessCoefficients::MOST),
            );
            None
        }
        IllPosed::Refuse => {
            check.fault_help(
                at,
                format!("a = {a}, b = {b}, c = {c} is ill-posed: a > c >= 0, by at least 1e-9, and b >= c must hold"),
                "`on_ill_posed: Clamp` raises such steps to the nearest that will do",
            );
            None
        }
    }
}
