//! Which resources each way to data crosses (physics: the three access modes).
//!
//! | way | resources |
//! |---|---|
//! | placement | source DTN, source read limit, LANs and links of the route, destination write limit, destination DTN |
//! | stage-in | RSE read limit, LANs and links of the route |
//! | remote access | the same, and the access law of the worker node and the RSE where there is one |
//!
//! A resource that a way meets twice (one DTN at both ends, one LAN) counts once.
//!
//! What a link is made of depends on who shares it. What crosses it is always told by direction, so that a wire shared by both
//! has a meter for each, which limits nothing:
//!
//! | link | resources |
//! |---|---|
//! | shared | a wire |
//! | with the way back (half duplex) | a wire, the same for both directions, and a meter of its own |
//! | per flow (without contention) | a cap on each flow |

#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use crate::ids::{DtnId, LinkId, PoolId, RseId, SiteId, Table};
use crate::network::{Capacity, Network, ReadersId, ResourceId, RouteId};
use crate::topology::{Series, Sharing, Topology};
use crate::units::Rate;

/// What a remote read shares with others of its worker node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Beside {
    /// An access law.
    Law(ResourceId),
    /// Nothing; they are counted.
    Readers(ReadersId),
}

/// A way from an RSE to a worker node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadWay {
    /// What it crosses.
    pub route: RouteId,
    /// The access law on it, or who else reads.
    pub beside: Beside,
}

/// What a link is made of.
#[derive(Clone, Copy, Debug)]
struct LinkResources {
    /// Where what crosses the link in its direction is counted.
    counted: ResourceId,
    /// What its flows share, with those of the way back on a half-duplex wire; `None`: nothing.
    wire: Option<ResourceId>,
}

/// The resources of a topology, and the routes over them that have been asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wiring<'a> {
    topology: &'a Topology,
    links: Table<LinkId, LinkResources>,
    lans: Table<SiteId, Option<ResourceId>>,
    reads: Table<RseId, Option<ResourceId>>,
    writes: Table<RseId, Option<ResourceId>>,
    dtns: Table<DtnId, ResourceId>,
    /// These are never iterated.
    placements: FxHashMap<(RseId, RseId), Option<RouteId>>,
    stage_ins: FxHashMap<(RseId, PoolId), Option<RouteId>>,
    remotes: FxHashMap<(RseId, PoolId, u32), Option<ReadWay>>,
}

impl<'a> Wiring<'a> {
    /// Makes the resources of links, LANs, RSEs and DTNs; those of access laws follow when they are first used.
    pub fn new<T: Copy>(topology: &'a Topology, network: &mut Network<T>) -> Self {
        let (map, physics) = (&topology.map, &topology.physics);
        let mut wire =
            |rate: Option<Rate>| rate.map(|rate| network.add_resource(Capacity::Wire(Series::constant(rate))));
        let lans = map.sites().values().map(|site| wire(site.lan)).collect();
        let reads = map.rses().values().map(|rse| wire(rse.read)).collect();
        let writes = map.rses().values().map(|rse| wire(rse.write)).collect();
        let mut links: Table<LinkId, LinkResources> = Table::default();
        for link in map.links().ids() {
            let mut add =
                |capacity: fn(Series<Rate>) -> Capacity, rate: Series<Rate>| network.add_resource(capacity(rate));
            let bandwidth = || physics.bandwidth(link).clone();
            let (counted, wire) = match map.sharing(link) {
                Sharing::Shared => {
                    let wire = add(Capacity::Wire, bandwidth());
                    (wire, Some(wire))
                }
                Sharing::WithBack(back) => {
                    let known = links.get(back).and_then(|back| back.wire);
                    let wire = known.unwrap_or_else(|| add(Capacity::Wire, bandwidth()));
                    (add(Capacity::PerFlow, Series::constant(Rate::INFINITE)), Some(wire))
                }
                Sharing::PerFlow => (add(Capacity::PerFlow, bandwidth()), None),
            };
            links.push(LinkResources { counted, wire });
        }
        let dtn = |dtn| network.add_resource(Capacity::Curve(physics.curve(dtn).clone()));
        let dtns = map.dtns().ids().map(dtn).collect();
        let (placements, stage_ins, remotes) = Default::default();
        Self { topology, links, lans, reads, writes, dtns, placements, stage_ins, remotes }
    }

    /// Where what crosses a link in its direction is counted.
    pub fn link(&self, link: LinkId) -> ResourceId {
        self.links[link].counted
    }

    /// What the flows over a link share, with those of the way back on a half-duplex wire; `None`: nothing.
    pub fn wire(&self, link: LinkId) -> Option<ResourceId> {
        self.links[link].wire
    }

    /// The resource of a DTN.
    pub fn dtn(&self, dtn: DtnId) -> ResourceId {
        self.dtns[dtn]
    }

    /// Whether remote reads from the RSE to the pool go by an access law.
    pub fn has_law(&self, pool: PoolId, source: RseId) -> bool {
        self.topology.physics.law(pool, source).is_some()
    }

    /// What a resource is, in words; access laws have no name.
    pub fn name(&self, resource: ResourceId) -> Option<String> {
        let map = &self.topology.map;
        let is_it = |id: &Option<ResourceId>| *id == Some(resource);
        let link = self.links.iter().find(|(_, link)| link.wire.unwrap_or(link.counted) == resource);
        let dtn = self.dtns.iter().find(|(_, id)| **id == resource);
        let (lan, read) = (self.lans.iter().find(|(_, id)| is_it(id)), self.reads.iter().find(|(_, id)| is_it(id)));
        let write = self.writes.iter().find(|(_, id)| is_it(id));
        link.map(|(id, _)| format!("link `{}`", map.links()[id].name))
            .or_else(|| dtn.map(|(id, _)| format!("DTN `{}`", map.dtns()[id].name)))
            .or_else(|| lan.map(|(id, _)| format!("the LAN of site `{}`", map.sites()[id].name)))
            .or_else(|| read.map(|(id, _)| format!("the read limit of RSE `{}`", map.rses()[id].name)))
            .or_else(|| write.map(|(id, _)| format!("the write limit of RSE `{}`", map.rses()[id].name)))
    }

    /// The way of a placement; `None` where no links lead there.
    pub fn placement<T: Copy>(
        &mut self,
        (source, destination): (RseId, RseId),
        network: &mut Network<T>,
    ) -> Option<RouteId> {
        if let Some(&known) = self.placements.get(&(source, destination)) {
            return known;
        }
        let (from, to) = (&self.topology.map.rses()[source], &self.topology.map.rses()[destination]);
        let route = self.between(from.site, to.site).map(|mut crossed| {
            crossed.extend([self.reads[source], self.writes[destination]].into_iter().flatten());
            crossed.extend([from.dtn, to.dtn].into_iter().flatten().map(|dtn| self.dtns[dtn]));
            network.route(&crossed)
        });
        self.placements.insert((source, destination), route);
        route
    }

    /// The way of a stage-in; `None` where no links lead there.
    pub fn stage_in<T: Copy>(&mut self, (source, pool): (RseId, PoolId), network: &mut Network<T>) -> Option<RouteId> {
        if let Some(&known) = self.stage_ins.get(&(source, pool)) {
            return known;
        }
        let route = self.to_pool(source, pool).map(|crossed| network.route(&crossed));
        self.stage_ins.insert((source, pool), route);
        route
    }

    /// The way of a remote read to one worker node; `None` where no links lead there.
    pub fn remote<T: Copy>(
        &mut self,
        (source, pool, node): (RseId, PoolId, u32),
        network: &mut Network<T>,
    ) -> Option<ReadWay> {
        if let Some(&known) = self.remotes.get(&(source, pool, node)) {
            return known;
        }
        let way = self.to_pool(source, pool).map(|mut crossed| {
            let law = self.topology.physics.law(pool, source);
            let pair = law.map(|law| network.add_resource(Capacity::Access(law.clone())));
            crossed.extend(pair);
            let beside = pair.map_or_else(|| Beside::Readers(network.add_readers()), Beside::Law);
            ReadWay { route: network.route(&crossed), beside }
        });
        self.remotes.insert((source, pool, node), way);
        way
    }

    fn to_pool(&self, source: RseId, pool: PoolId) -> Option<Vec<ResourceId>> {
        let map = &self.topology.map;
        let crossed = self.between(map.rses()[source].site, map.pools()[pool].site);
        crossed.map(|mut crossed| {
            crossed.extend(self.reads[source]);
            crossed
        })
    }

    fn between(&self, from: SiteId, to: SiteId) -> Option<Vec<ResourceId>> {
        let route = self.topology.map.route(from, to)?;
        let lans = [self.lans[from], self.lans[to]].into_iter().flatten();
        let links = route.links.iter().map(|&link| self.links[link]);
        let crossed = links.flat_map(|LinkResources { counted, wire }| [Some(counted), wire].into_iter().flatten());
        Some(crossed.chain(lans).collect())
    }
}
