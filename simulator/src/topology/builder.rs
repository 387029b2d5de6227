//! From parts to a frozen [`Topology`]: routes on petgraph.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::ids::{DtnId, Id, LinkId, PoolId, RseId, SiteId, Table};
use crate::topology::map::Hosts;
use crate::topology::{
    AccessCoefficients, Dtn, Link, LoadCurve, Map, Physics, Pool, Route, Rse, Series, Sharing, Site, Topology,
};
use crate::units::{Rate, SimSpan};

/// Why a topology cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// The links of an overriding route do not lead from its start to its end.
    #[error(
        "the route from `{from}` to `{to}` does not lead there: `{link}` does not start where the one before it ends"
    )]
    BrokenRoute {
        /// Name of the site it starts at.
        from: String,
        /// Name of the site it should reach.
        to: String,
        /// Name of the first link that does not fit, or of the last where it ends elsewhere.
        link: String,
    },
    /// An overriding route between two different sites has no links.
    #[error("the route from `{from}` to `{to}` has no links")]
    EmptyRoute {
        /// Name of the site it starts at.
        from: String,
        /// Name of the site it should reach.
        to: String,
    },
}

/// Collects the parts of a topology.
///
/// ```
/// use dapple_simulator::topology::{Link, Site, TopologyBuilder};
/// use dapple_simulator::units::{Rate, SimSpan};
/// let mut builder = TopologyBuilder::default();
/// let site = |name: &str| Site { name: name.into(), position: None, lan: None };
/// let (cern, grif) = (builder.site(site("CERN")), builder.site(site("GRIF")));
/// builder.link(Link {
///     name: "CERN-GRIF".into(), from: cern, to: grif,
///     bandwidth: Rate::from_mb_per_s(1250.0), latency: SimSpan::ZERO,
/// });
/// let topology = builder.build()?;
/// assert_eq!(topology.map.route(cern, grif).map(|route| route.links.len()), Some(1));
/// assert!(topology.map.route(grif, cern).is_none());
/// # Ok::<(), dapple_simulator::topology::TopologyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TopologyBuilder {
    sites: Table<SiteId, Site>,
    rses: Table<RseId, Rse>,
    links: Table<LinkId, Link>,
    bandwidths: Table<LinkId, Series<Rate>>,
    sharing: Table<LinkId, Sharing>,
    dtns: Table<DtnId, Dtn>,
    curves: Table<DtnId, LoadCurve>,
    pools: Table<PoolId, Pool>,
    laws: BTreeMap<(PoolId, RseId), Series<AccessCoefficients>>,
    overrides: BTreeMap<(SiteId, SiteId), Vec<LinkId>>,
}

impl TopologyBuilder {
    /// Adds a site.
    pub fn site(&mut self, site: Site) -> SiteId {
        self.sites.push(site)
    }

    /// Adds a storage element.
    pub fn rse(&mut self, rse: Rse) -> RseId {
        self.rses.push(rse)
    }

    /// Adds a directed link that always carries its nominal bandwidth, shared by all flows over it.
    pub fn link(&mut self, link: Link) -> LinkId {
        self.sharing.push(Sharing::Shared);
        self.bandwidths.push(Series::constant(link.bandwidth));
        self.links.push(link)
    }

    /// Sets what a link really carries, and when.
    pub fn bandwidth(&mut self, link: LinkId, bandwidth: Series<Rate>) {
        self.bandwidths[link] = bandwidth;
    }

    /// Makes one wire of two links that lead forth and back (half duplex): all flows over either share its capacity, which is
    /// that of the first.
    pub fn half_duplex(&mut self, forth: LinkId, back: LinkId) {
        (self.sharing[forth], self.sharing[back]) = (Sharing::WithBack(back), Sharing::WithBack(forth));
        self.bandwidths[back] = self.bandwidths[forth].clone();
    }

    /// Makes a link without contention: each flow over it may use all of its capacity.
    pub fn per_flow(&mut self, link: LinkId) {
        self.sharing[link] = Sharing::PerFlow;
    }

    /// Adds a data transfer node with its load curve, the peak of which is its nominal bandwidth.
    pub fn dtn(&mut self, dtn: Dtn, curve: LoadCurve) -> DtnId {
        self.curves.push(curve);
        self.dtns.push(dtn)
    }

    /// Adds a worker-node pool.
    pub fn pool(&mut self, pool: Pool) -> PoolId {
        self.pools.push(pool)
    }

    /// Sets the law of remote access for a pair, replacing an earlier one.
    pub fn law(&mut self, pool: PoolId, rse: RseId, law: Series<AccessCoefficients>) {
        self.laws.insert((pool, rse), law);
    }

    /// Overrides the computed route between two sites.
    pub fn route(&mut self, from: SiteId, to: SiteId, links: Vec<LinkId>) {
        self.overrides.insert((from, to), links);
    }

    /// Computes all routes and freezes the topology.
    ///
    /// # Errors
    /// Where an overriding route does not lead from its start to its end.
    pub fn build(self) -> Result<Topology, TopologyError> {
        let n_sites = self.sites.len();
        let mut routes = self.computed_routes();
        for (&(from, to), links) in &self.overrides {
            routes[from.index() * n_sites + to.index()] = Some(self.checked(from, to, links)?);
        }
        let Self { sites, rses, links, bandwidths, sharing, dtns, curves, pools, laws, .. } = self;
        let dtn_bandwidths = curves.values().map(LoadCurve::peak).collect();
        let hosts = Hosts::new(&rses);
        let map = Map { sites, rses, hosts, links, sharing, dtns, dtn_bandwidths, pools, routes };
        Ok(Topology { map, physics: Physics { links: bandwidths, dtns: curves, laws } })
    }

    fn checked(&self, from: SiteId, to: SiteId, links: &[LinkId]) -> Result<Route, TopologyError> {
        let name = |site: SiteId| self.sites[site].name.clone();
        let Some(&last) = links.last() else {
            return if from == to {
                Ok(Route::default())
            } else {
                Err(TopologyError::EmptyRoute { from: name(from), to: name(to) })
            };
        };
        let broken = |link: LinkId| TopologyError::BrokenRoute {
            from: name(from),
            to: name(to),
            link: self.links[link].name.clone(),
        };
        let mut here = from;
        for &link in links {
            if self.links[link].from != here {
                return Err(broken(link));
            }
            here = self.links[link].to;
        }
        if here == to { Ok(self.measured(links.to_vec())) } else { Err(broken(last)) }
    }

    fn measured(&self, links: Vec<LinkId>) -> Route {
        let latency = links.iter().fold(SimSpan::ZERO, |sum, &link| sum + self.links[link].latency);
        Route { links, latency }
    }

    /// Least latency, then fewest links, then the link that is declared earlier where two routes first part, seen from the start.
    fn computed_routes(&self) -> Vec<Option<Route>> {
        // Against the direction of travel: from the end of a route back to all starts.
        let mut back: DiGraph<SiteId, LinkId> = DiGraph::new();
        let nodes: Vec<NodeIndex> = self.sites.ids().map(|site| back.add_node(site)).collect();
        for (id, link) in self.links.iter() {
            back.add_edge(nodes[link.to.index()], nodes[link.from.index()], id);
        }
        let mut routes = vec![None; nodes.len() * nodes.len()];
        for &to in &nodes {
            let leaving = self.shortest_tree(&back, to);
            for &from in &nodes {
                routes[from.index() * nodes.len() + to.index()] = self.walk(&leaving, back[from], back[to]);
            }
        }
        routes
    }

    /// For each site the link by which the best route to `to` leaves it.
    fn shortest_tree(&self, back: &DiGraph<SiteId, LinkId>, to: NodeIndex) -> Vec<Option<LinkId>> {
        let cost_of = |link: LinkId| (u128::from(self.links[link].latency.as_nanos()) << 32) | 1;
        let cost = petgraph::algo::dijkstra(back, to, None, |edge| cost_of(*edge.weight()));
        back.node_indices()
            .map(|node| {
                let left = *cost.get(&node)?;
                let leaving = back.edges_directed(node, petgraph::Direction::Incoming).filter(|edge| {
                    cost.get(&edge.source()).is_some_and(|after| after + cost_of(*edge.weight()) == left)
                });
                leaving.map(|edge| *edge.weight()).min()
            })
            .collect()
    }

    fn walk(&self, leaving: &[Option<LinkId>], from: SiteId, to: SiteId) -> Option<Route> {
        let mut links = Vec::new();
        let mut here = from;
        while here != to {
            let link = leaving[here.index()]?;
            links.push(link);
            here = self.links[link].to;
        }
        Some(self.measured(links))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Rate;

    fn site(builder: &mut TopologyBuilder, name: &str) -> SiteId {
        builder.site(Site { name: name.into(), position: None, lan: None })
    }

    fn link(builder: &mut TopologyBuilder, from: SiteId, to: SiteId, millis: u64) -> LinkId {
        let name = format!("{}-{}", from.index(), to.index());
        let latency = SimSpan::from_nanos(millis * 1_000_000);
        builder.link(Link { name, from, to, bandwidth: Rate::from_mb_per_s(1.0), latency })
    }

    #[test]
    fn the_route_of_least_latency_wins_and_can_be_overridden() {
        let mut builder = TopologyBuilder::default();
        let [a, b, c] = ["A", "B", "C"].map(|name| site(&mut builder, name));
        let direct = link(&mut builder, a, c, 30);
        let (first, second) = (link(&mut builder, a, b, 10), link(&mut builder, b, c, 10));
        let built = builder.clone().build().expect("no overrides");
        assert_eq!(built.map.route(a, c).expect("connected").links, [first, second]);
        assert_eq!(built.map.route(a, a).expect("at home"), &Route::default());
        assert!(built.map.route(c, a).is_none());

        builder.route(a, c, vec![direct]);
        assert_eq!(builder.clone().build().expect("fits").map.route(a, c).expect("set").links, [direct]);
        builder.route(a, c, vec![second]);
        assert!(matches!(builder.build(), Err(TopologyError::BrokenRoute { .. })));
    }

    #[test]
    fn equal_latency_prefers_fewer_links_then_declaration() {
        let mut builder = TopologyBuilder::default();
        let [a, b, c] = ["A", "B", "C"].map(|name| site(&mut builder, name));
        link(&mut builder, a, b, 10);
        link(&mut builder, b, c, 10);
        let first = link(&mut builder, a, c, 20);
        link(&mut builder, a, c, 20);
        assert_eq!(builder.build().expect("fits").map.route(a, c).expect("connected").links, [first]);
    }

    /// A-B-D and A-C-D are equal; A-B is declared before A-C, but B-D after C-D: seen from A, A-B comes first.
    #[test]
    fn equal_routes_part_at_the_link_that_is_declared_first() {
        let mut builder = TopologyBuilder::default();
        let [a, b, c, d] = ["A", "B", "C", "D"].map(|name| site(&mut builder, name));
        let [ab, _, cd, bd] = [(a, b), (a, c), (c, d), (b, d)].map(|(from, to)| link(&mut builder, from, to, 10));
        let [dc, db, ca, ba] = [(d, c), (d, b), (c, a), (b, a)].map(|(from, to)| link(&mut builder, from, to, 10));
        let built = builder.build().expect("no overrides");
        let links = |from, to| built.map.route(from, to).expect("connected").links.clone();
        assert_eq!(links(a, d), [ab, bd]);
        assert_eq!(links(d, a), [dc, ca], "each direction by its own links");
        assert_eq!((links(c, d), links(d, b), links(b, a)), (vec![cd], vec![db], vec![ba]));
    }
}
