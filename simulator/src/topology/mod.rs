//! What stands where, fixed during a run: sites, RSEs, links, DTNs and worker-node pools.
//!
//! ```text
//!   site CERN --------- link CERN-GRIF --------- site GRIF          a link is a directed wire
//!    |  lan                                        |  lan
//!   pool (nodes x slots, scratch)                 RSE -- DTN        a DTN stands in front of RSEs
//! ```
//!
//! A [`Topology`] has two sides. The [`Map`] has names, places, nominal capacities and routes: all that anybody may know. The
//! [`Physics`] has what can really be carried, and when; it belongs to [`crate::network`] alone.
//!
//! [`TopologyBuilder`] collects the parts and [`TopologyBuilder::build`] computes the routes between all pairs
//! of sites (least latency, then fewest links, then the link that is declared earlier where two routes first part, seen from
//! the start), after which nothing changes and petgraph is no longer seen: a [`Route`] is a row in a dense table.

mod builder;
mod curve;
mod map;
mod outage;
mod physics;
mod series;
mod tape;

pub use builder::{TopologyBuilder, TopologyError};
pub use curve::LoadCurve;
pub use map::{Dtn, Link, Map, Pool, Route, Rse, Scheduling, Sharing, Site};
pub use outage::Outage;
pub use physics::{AccessCoefficients, Physics};
pub use series::Series;
pub use tape::TapeSystem;

use crate::ids::DtnId;

/// What stands where, and what it can carry. Made by [`TopologyBuilder::build`].
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// Names, places, nominal capacities, routes.
    pub map: Map,
    /// Series, curves, laws.
    pub physics: Physics,
}

impl Topology {
    /// The same picture with another DTN in place of one, for fits; nothing else depends on it.
    #[must_use]
    pub fn with_dtn(mut self, id: DtnId, dtn: Dtn, curve: LoadCurve) -> Self {
        self.map.dtns[id] = dtn;
        self.map.dtn_bandwidths[id] = curve.peak();
        self.physics.dtns[id] = curve;
        self
    }
}
