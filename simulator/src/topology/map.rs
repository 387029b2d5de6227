//! The map: what stands where.

use std::collections::BTreeMap;

use crate::ids::{DtnId, HostId, Id, LinkId, PoolId, RseId, SiteId, Table};
use crate::settings;
use crate::topology::{Outage, TapeSystem};
use crate::units::{Bytes, Rate, SimSpan, SimTime};

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
        /// The storage host behind it, by which FTS counts: RSEs with the same host share links, limits and queues there. None: a host of its own, with the name of the RSE.
        pub host: Option<String> = None,
        /// What it lies on besides disk. None: all that it holds is on disk.
        pub tape: Option<TapeSystem> = None,
        /// Times at which it does not answer.
        pub outages: Vec<Outage> = Vec::new(),
        /// What it says of itself, by which RSE expressions choose it and rules weigh it: `{"tier": 2, "type": "disk"}`.
        pub attributes: BTreeMap<String, String> = BTreeMap::new(),
    }
}

impl Rse {
    /// A storage element that is never full, limits nothing and always answers.
    pub fn new(name: impl Into<String>, site: SiteId) -> Self {
        Self {
            name: name.into(),
            site,
            capacity: None,
            used: Bytes::ZERO,
            read: None,
            write: None,
            dtn: None,
            host: None,
            tape: None,
            outages: Vec::new(),
            attributes: BTreeMap::new(),
        }
    }

    /// Whether it does not answer.
    pub fn is_down(&self, now: SimTime) -> bool {
        self.outages.iter().any(|outage| outage.covers(now))
    }

    /// Whether it is known to be down: what Rucio's availability flags say.
    pub fn is_declared_down(&self, now: SimTime) -> bool {
        self.outages.iter().any(|outage| outage.declared && outage.covers(now))
    }

    /// Until when it is known to be down; `None`: it is not.
    pub fn declared_down_until(&self, now: SimTime) -> Option<SimTime> {
        let declared = self.outages.iter().filter(|outage| outage.declared && outage.covers(now));
        declared.map(Outage::ends_at).max()
    }

    /// When its next outage begins, after `now`.
    pub fn next_outage(&self, now: SimTime) -> Option<SimTime> {
        self.outages.iter().map(|outage| outage.at).filter(|at| *at > now).min()
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
    /// Nominal capacity: what is declared for the start of the run, whatever becomes of it.
    pub bandwidth: Rate,
    /// Time of flight one way.
    pub latency: SimSpan,
}

/// Who shares the capacity of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// All flows over it.
    #[default]
    Shared,
    /// All flows over it and over this other link, the way back on the same wire (half duplex).
    WithBack(LinkId),
    /// Nobody: each flow may use all of it, whoever else does.
    PerFlow,
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

settings! {
    /// A group of equal worker nodes at one site.
    pub struct Pool<Site = SiteId> {
        /// Name in scenarios and results.
        pub name: String,
        /// The site where its nodes stand.
        #[names(site)]
        pub site: Site,
        /// Number of worker nodes. A parallel machine on which one job spans nodes, as those of SWF logs, is one node with all processors as slots.
        #[range(Within(1, 1_000_000))]
        pub nodes: u32 = 1,
        /// Slots of one node: processors. A job holds all its slots on one node, until it ends.
        #[range(AtLeast(1))]
        pub slots: u32,
        /// Who of those that wait starts when slots are free. Among jobs that are ready in the same instant it is the order of submission.
        pub scheduling: Scheduling = Scheduling::FirstComeFirstServed,
        /// Scratch space of one node. None: never full.
        #[range(Positive)]
        pub scratch: Option<Bytes> = None,
        /// Compute speed relative to the node on which compute times are given.
        #[range(PositiveUpTo(1_000_000))]
        pub speed: f64 = 1.0,
    }
}

settings! {
    /// Who of the jobs that wait at a pool starts when slots are free. Each takes the node with most free slots that has what it needs, the first of equals.
    #[derive(Copy, Default, Eq)]
    pub enum Scheduling {
        /// Strictly in order: while the first does not fit, all behind it wait.
        #[default]
        FirstComeFirstServed,
        /// In order, and those that fit pass those that do not; a job of many slots can wait for as long as smaller ones come.
        FirstFit,
        /// In order, and the first that does not fit has a reservation at the earliest instant at which it will (EASY backfilling): those behind it pass if they do not delay it, going by the times that jobs request. The queue is looked at when a job is ready or ends; what ends in an instant is free for all that start in it. Nothing is killed at the end of its request: a job that outlasts it is taken to end at any moment.
        Backfilling,
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

/// What stands where, with nominal capacities and routes: what an information system of the grid publishes and never changes
/// during a run. What it can carry at a given moment is [`super::Physics`].
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    pub(super) sites: Table<SiteId, Site>,
    pub(super) rses: Table<RseId, Rse>,
    pub(super) hosts: Hosts,
    pub(super) links: Table<LinkId, Link>,
    pub(super) sharing: Table<LinkId, Sharing>,
    pub(super) dtns: Table<DtnId, Dtn>,
    pub(super) dtn_bandwidths: Table<DtnId, Rate>,
    pub(super) pools: Table<PoolId, Pool>,
    /// Row-major: from site, to site.
    pub(super) routes: Vec<Option<Route>>,
}

/// The storage hosts behind RSEs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hosts {
    names: Table<HostId, String>,
    of: Table<RseId, HostId>,
}

impl Hosts {
    pub fn new(rses: &Table<RseId, Rse>) -> Self {
        let (mut names, mut by_name) = (Table::new(), BTreeMap::new());
        let host = |rse: &Rse| {
            let name = rse.host.as_ref().unwrap_or(&rse.name);
            *by_name.entry(name.clone()).or_insert_with(|| names.push(name.clone()))
        };
        let of = rses.values().map(host).collect();
        Self { names, of }
    }
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

    /// Names of the storage hosts, in the order in which RSEs name them.
    pub fn hosts(&self) -> &Table<HostId, String> {
        &self.hosts.names
    }

    /// The storage host behind an RSE.
    pub fn host_of(&self, rse: RseId) -> HostId {
        self.hosts.of[rse]
    }

    /// The links.
    pub fn links(&self) -> &Table<LinkId, Link> {
        &self.links
    }

    /// Who shares the capacity of a link.
    pub fn sharing(&self, link: LinkId) -> Sharing {
        self.sharing[link]
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
