//! The map: what stands where.

use crate::ids::{DtnId, Id, LinkId, PoolId, RseId, SiteId, Table};
use crate::units::{Bytes, Rate, SimSpan};

/// A computing centre.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Name in scenarios and reports.
    pub name: String,
    /// Place in a picture as (x, y); any unit. Sites without one are drawn on a circle.
    pub position: Option<(f64, f64)>,
    /// Capacity of the site's own network, met by everything that moves inside the site and by
    /// everything that enters or leaves it; `None`: it never limits.
    pub lan: Option<Rate>,
}

/// A storage element (RSE).
#[derive(Clone, Debug, PartialEq)]
pub struct Rse {
    /// Name in scenarios and reports.
    pub name: String,
    /// Where it stands.
    pub site: SiteId,
    /// Space for replicas; `None`: never full.
    pub capacity: Option<Bytes>,
    /// Space taken from the start by data that no job of the scenario uses.
    pub initial_used: Bytes,
    /// Limit of all reading together; `None`: it never limits.
    pub read: Option<Rate>,
    /// Limit of all writing together; `None`: it never limits.
    pub write: Option<Rate>,
    /// The DTN that placements from and to this RSE pass.
    pub dtn: Option<DtnId>,
}

/// A directed wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Name in scenarios and reports.
    pub name: String,
    /// Where bytes enter.
    pub from: SiteId,
    /// Where bytes leave.
    pub to: SiteId,
    /// Nominal capacity: what was installed, whatever else uses it and whether it works.
    pub bandwidth: Rate,
    /// Time of flight one way.
    pub latency: SimSpan,
}

/// A data transfer node (Liu et al., Fig. 1): placements from and to its RSEs share its load curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Dtn {
    /// Name in scenarios and reports.
    pub name: String,
    /// Transfers that it takes at once, both directions together; further ones queue. `None`: no limit.
    pub slots: Option<u32>,
    /// Time from taking a slot to the first byte; the transfer does not count in the curve meanwhile.
    pub start_up: SimSpan,
    /// Added to `start_up` for each other transfer that is starting up here when a transfer takes its slot: the node
    /// sets connections up one after the other. Zero: start-ups do not wait for each other.
    pub start_up_each: SimSpan,
}

/// A group of equal worker nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Name in scenarios and reports.
    pub name: String,
    /// Where its nodes stand.
    pub site: SiteId,
    /// Number of worker nodes, at least one.
    pub nodes: u32,
    /// Jobs that one node runs at once, at least one.
    pub slots: u32,
    /// Scratch space of one node; `None`: never full.
    pub scratch: Option<Bytes>,
    /// Compute speed relative to the reference on which compute times are given; finite, positive.
    pub speed: f64,
}

/// The links from one site to another in order of travel; none within one site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// Links in order of travel.
    pub links: Vec<LinkId>,
    /// Sum of their latencies, one way.
    pub latency: SimSpan,
}

/// What stands where, with nominal capacities and routes: what an information system of the grid publishes and never changes
/// during a run. What it can carry at a given moment is [`super::Physics`].
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    pub(super) sites: Table<SiteId, Site>,
    pub(super) rses: Table<RseId, Rse>,
    pub(super) links: Table<LinkId, Link>,
    pub(super) dtns: Table<DtnId, Dtn>,
    pub(super) dtn_bandwidths: Table<DtnId, Rate>,
    pub(super) pools: Table<PoolId, Pool>,
    /// Row-major: from site, to site.
    pub(super) routes: Vec<Option<Route>>,
}

impl Map {
    /// The sites.
    pub fn sites(&self) -> &Table<SiteId, Site> {
        &self.sites
    }

    /// The storage elements.
    pub fn rses(&self) -> &Table<RseId, Rse> {
        &self.rses
    }

    /// The links.
    pub fn links(&self) -> &Table<LinkId, Link> {
        &self.links
    }

    /// The data transfer nodes.
    pub fn dtns(&self) -> &Table<DtnId, Dtn> {
        &self.dtns
    }

    /// Nominal capacity of a DTN: the most that it moves at any concurrency.
    pub fn dtn_bandwidth(&self, dtn: DtnId) -> Rate {
        self.dtn_bandwidths[dtn]
    }

    /// The worker-node pools.
    pub fn pools(&self) -> &Table<PoolId, Pool> {
        &self.pools
    }

    /// The route between two sites, `None` where no links lead there.
    pub fn route(&self, from: SiteId, to: SiteId) -> Option<&Route> {
        self.routes.get(from.index() * self.sites.len() + to.index())?.as_ref()
    }

    /// The route from an RSE to the worker nodes of a pool.
    pub fn route_to_pool(&self, rse: RseId, pool: PoolId) -> Option<&Route> {
        self.route(self.rses[rse].site, self.pools[pool].site)
    }

    /// The route from one RSE to another.
    pub fn route_between(&self, source: RseId, destination: RseId) -> Option<&Route> {
        self.route(self.rses[source].site, self.rses[destination].site)
    }

    /// The DTNs that a placement passes, each of them once.
    pub fn dtns_between(&self, source: RseId, destination: RseId) -> impl Iterator<Item = DtnId> + use<> {
        let first = self.rses[source].dtn;
        first.into_iter().chain(self.rses[destination].dtn.filter(|dtn| Some(*dtn) != first))
    }
}
