//! The parts of a topology.

use std::collections::BTreeMap;

use crate::ids::{DtnId, Id, LinkId, PoolId, RseId, SiteId, Table};
use crate::settings;
use crate::topology::{LoadCurve, Series};
use crate::units::{Bytes, Rate, SimSpan};

settings! {
    /// A computing centre.
    pub struct Site {
        /// Name in scenarios and results.
        pub name: String,
        /// Place in a picture as (x, y), any unit; sites without one are drawn on a circle.
        pub position: Option<(f64, f64)> = None,
        /// Capacity of the site's own network, met by all that moves inside, enters or leaves. None: it never limits.
        #[range(Positive)]
        pub lan: Option<Rate> = None,
    }
}

settings! {
    /// A storage element (RSE).
    pub struct Rse<Site = SiteId, Dtn = DtnId> {
        /// Name in scenarios and results.
        pub name: String,
        /// The site where it stands.
        #[names(site)]
        pub site: Site,
        /// Space for replicas. None: never full.
        #[range(Positive)]
        pub capacity: Option<Bytes> = None,
        /// Space taken from the start by data that no job of the scenario uses.
        pub used: Bytes = Bytes::ZERO,
        /// Limit of all reading together. None: it never limits.
        #[range(Positive)]
        pub read: Option<Rate> = None,
        /// Limit of all writing together. None: it never limits.
        #[range(Positive)]
        pub write: Option<Rate> = None,
        /// The data transfer node that placements from and to this RSE pass.
        #[names(dtn)]
        pub dtn: Option<Dtn> = None,
    }
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
    /// Capacity over time (background traffic and outages are steps of it); zero stops the link.
    pub bandwidth: Series<Rate>,
    /// Time of flight one way.
    pub latency: SimSpan,
}

settings! {
    /// A data transfer node (Liu et al., Fig. 1): the placements from and to its RSEs share its load curve.
    pub struct Dtn {
        /// Name in scenarios and results.
        pub name: String,
        /// Aggregate rate as a function of concurrency.
        pub curve: LoadCurve,
        /// Transfers that it takes at once, both directions together; further ones queue. None: no limit.
        #[range(AtLeast(1))]
        pub slots: Option<u32> = None,
        /// Time from taking a slot to the first byte; the transfer does not count in the curve meanwhile.
        pub start_up: SimSpan = SimSpan::ZERO,
        /// Added to `start_up` for each other transfer that is starting up when a transfer takes its slot: connections are
        /// set up one after the other.
        pub start_up_each: SimSpan = SimSpan::ZERO,
    }
}

settings! {
    /// A group of equal worker nodes at one site.
    pub struct Pool<Site = SiteId> {
        /// Name in scenarios and results.
        pub name: String,
        /// The site where its nodes stand.
        #[names(site)]
        pub site: Site,
        /// Number of worker nodes.
        #[range(AtLeast(1))]
        pub nodes: u32 = 1,
        /// Jobs that one node runs at once.
        #[range(AtLeast(1))]
        pub slots: u32,
        /// Scratch space of one node. None: never full.
        #[range(Positive)]
        pub scratch: Option<Bytes> = None,
        /// Compute speed relative to the node on which compute times are given.
        #[range(Positive)]
        pub speed: f64 = 1.0,
    }
}

/// Coefficients of remote access (Begy et al., eq. 1 and 4): `T = a·S + b·ConTh + c·ConPr`, in s/MB.
///
/// `S` is the file's size, `ConTh` the MB moved meanwhile by the other threads of its process, `ConPr` the
/// MB moved meanwhile by other processes. WebDAV, GRIF-LPNHE to CERN, April 2018: 0.023568, 0.043705, 0.001538.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccessCoefficients {
    /// Cost of the file itself [s/MB].
    pub a: f64,
    /// Cost of concurrent traffic of the same process [s/MB].
    pub b: f64,
    /// Cost of concurrent traffic of other processes [s/MB].
    pub c: f64,
}

impl AccessCoefficients {
    /// Whether every set of active threads has one rate allocation, and a positive one: `a > c >= 0` and
    /// `b >= c`, all finite.
    pub fn is_well_posed(&self) -> bool {
        [self.a, self.b, self.c].iter().all(|x| x.is_finite()) && self.a > self.c && self.c >= 0.0 && self.b >= self.c
    }
}

/// The links from one site to another in order of travel; none within one site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// Links in order of travel.
    pub links: Vec<LinkId>,
    /// Sum of their latencies, one way.
    pub latency: SimSpan,
}

/// The whole frozen picture. Made by [`super::TopologyBuilder::build`].
#[derive(Clone, Debug)]
pub struct Topology {
    pub(super) sites: Table<SiteId, Site>,
    pub(super) rses: Table<RseId, Rse>,
    pub(super) links: Table<LinkId, Link>,
    pub(super) dtns: Table<DtnId, Dtn>,
    pub(super) pools: Table<PoolId, Pool>,
    pub(super) laws: BTreeMap<(PoolId, RseId), Series<AccessCoefficients>>,
    /// Row-major: from site, to site.
    pub(super) routes: Vec<Option<Route>>,
}

impl Topology {
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

    /// The worker-node pools.
    pub fn pools(&self) -> &Table<PoolId, Pool> {
        &self.pools
    }

    /// The law of remote access from `rse` to a worker node of `pool`; without one, reads share the RSE and
    /// the network like any other flow.
    pub fn law(&self, pool: PoolId, rse: RseId) -> Option<&Series<AccessCoefficients>> {
        self.laws.get(&(pool, rse))
    }

    /// All laws of remote access in order of (pool, RSE).
    pub fn laws(&self) -> impl Iterator<Item = (PoolId, RseId, &Series<AccessCoefficients>)> {
        self.laws.iter().map(|(&(pool, rse), law)| (pool, rse, law))
    }

    /// The same picture with other values for one DTN, for fits; nothing else depends on them.
    #[must_use]
    pub fn with_dtn(mut self, id: DtnId, dtn: Dtn) -> Self {
        self.dtns[id] = dtn;
        self
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
}
