//! What stands where, fixed during a run: sites, RSEs, links, DTNs and worker-node pools.
//!
//! ```text
//!   site CERN --------- link CERN-GRIF --------- site GRIF          a link is a directed wire
//!    |  lan                                        |  lan
//!   pool (nodes x slots, scratch)                 RSE -- DTN        a DTN stands in front of RSEs
//! ```
//!
//! [`TopologyBuilder`] collects the parts and [`TopologyBuilder::build`] computes the routes between all pairs
//! of sites (least latency, then fewest links, then order of declaration), after which nothing changes and
//! petgraph is no longer seen: a [`Route`] is a row in a dense table. What a link or RSE can carry at a
//! given moment belongs to [`crate::network`].

mod builder;
mod curve;
mod parts;
mod series;

pub use builder::{TopologyBuilder, TopologyError};
pub use curve::LoadCurve;
pub use parts::{AccessCoefficients, Dtn, Link, Pool, Route, Rse, Site, Topology};
pub use series::Series;
