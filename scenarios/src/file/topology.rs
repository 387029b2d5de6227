//! Sites, storage, worker nodes, wires and the laws of remote access.

use super::documented::documented;
use super::{Bandwidth, Size, Span};

documented! {
    /// What stands where, fixed during a run. Names are unique within each list.
    #[serde(default)]
    #[derive(Default)]
    pub struct Topology {
        /// Computing centres.
        pub sites: Vec<Site>,
        /// Storage elements.
        pub rses: Vec<Rse>,
        /// Groups of equal worker nodes.
        pub pools: Vec<Pool>,
        /// Data transfer nodes.
        pub dtns: Vec<Dtn>,
        /// Wires between sites.
        pub links: Vec<Link>,
        /// Routes that override the computed ones (least latency, then fewest links, then order of declaration).
        pub routes: Vec<Route>,
        /// Laws of remote access, at most one per pool and RSE. Without one, reads share RSE and network like any other flow.
        pub laws: Vec<Law>,
    }
}

documented! {
    /// A computing centre.
    pub struct Site {
        /// Name in scenarios and results.
        pub name: String,
        /// Place in a picture as (x, y), any unit; sites without one are drawn on a circle.
        #[serde(default)]
        pub position: Option<(f64, f64)>,
        /// Capacity of the site's own network, met by all that moves inside, enters or leaves. None: it never limits.
        #[serde(default)]
        pub lan: Option<Bandwidth>,
    }
}

documented! {
    /// A storage element (RSE).
    pub struct Rse {
        /// Name in scenarios and results.
        pub name: String,
        /// The site where it stands.
        pub site: String,
        /// Space for replicas. None: never full.
        #[serde(default)]
        pub capacity: Option<Size>,
        /// Space taken from the start by data that no job of the scenario uses.
        #[serde(default = "nothing")]
        pub used: Size,
        /// Limit of all reading together. None: it never limits.
        #[serde(default)]
        pub read: Option<Bandwidth>,
        /// Limit of all writing together. None: it never limits.
        #[serde(default)]
        pub write: Option<Bandwidth>,
        /// The data transfer node that placements from and to this RSE pass.
        #[serde(default)]
        pub dtn: Option<String>,
    }
}

documented! {
    /// A group of equal worker nodes at one site.
    pub struct Pool {
        /// Name in scenarios and results.
        pub name: String,
        /// The site where its nodes stand.
        pub site: String,
        /// Number of worker nodes.
        #[serde(default = "super::one")]
        pub nodes: u32,
        /// Jobs that one node runs at once.
        pub slots: u32,
        /// Scratch space of one node. None: never full.
        #[serde(default)]
        pub scratch: Option<Size>,
        /// Compute speed relative to the node on which compute times are given.
        #[serde(default = "super::whole")]
        pub speed: f64,
    }
}

documented! {
    /// A data transfer node (Liu et al., Fig. 1): the placements from and to its RSEs share its load curve.
    pub struct Dtn {
        /// Name in scenarios and results.
        pub name: String,
        /// Aggregate rate as a function of concurrency.
        pub curve: Curve,
        /// Transfers that it takes at once, both directions together; further ones queue. None: no limit.
        #[serde(default)]
        pub slots: Option<u32>,
        /// Time from taking a slot to the first byte; the transfer does not count in the curve meanwhile.
        #[serde(default = "super::no_time")]
        pub start_up: Span,
        /// Added to `start_up` for each other transfer that is starting up when a transfer takes its slot: connections are
        /// set up one after the other.
        #[serde(default = "super::no_time")]
        pub start_up_each: Span,
    }
}

documented! {
    /// Aggregate rate C(x) of a data transfer node at concurrency x (streams past their start-up).
    pub enum Curve {
        /// `C(x) = A (k/l) (x/l)^(k-1) exp(-(x/l)^k)`: for k > 1 it peaks at `l ((k-1)/k)^(1/k)` and collapses behind.
        Weibull {
            /// A.
            amplitude: Bandwidth,
            /// k.
            shape: f64,
            /// l, in units of concurrency.
            scale: f64,
        },
        /// `C(x) = min(x * each, total)`: rises to a plateau and stays there.
        Saturating {
            /// What one stream can move.
            each: Bandwidth,
            /// What all can move together.
            total: Bandwidth,
        },
        /// `C(x) = total (1 - exp(-x/scale))`: each stream adds less than the one before; no knee, no collapse. Empirical, see
        /// `scenarios/logs/hpss.ron`.
        Approach {
            /// What all can move together; approached, never reached.
            total: Bandwidth,
            /// Concurrency at which 63 % of it is reached.
            scale: f64,
        },
        /// C(1), C(2), C(3) ...; the last value holds beyond.
        Tabulated(Vec<Bandwidth>),
    }
}

documented! {
    /// A wire between two sites.
    pub struct Link {
        /// Name in scenarios and results.
        pub name: String,
        /// The site where bytes enter.
        pub from: String,
        /// The site where bytes leave.
        pub to: String,
        /// Capacity at the start, each way.
        pub bandwidth: Bandwidth,
        /// Time of flight one way.
        #[serde(default = "super::no_time")]
        pub latency: Span,
        /// Only this way. Otherwise a second wire leads back, with the same values; it is called `B-A` where this
        /// one is called `A-B` after its sites, and `NAME (back)` where it is not.
        #[serde(default)]
        pub one_way: bool,
        /// Later capacities in order of time: background traffic, outages (a capacity of zero), upgrades.
        #[serde(default)]
        pub profile: Vec<BandwidthStep>,
    }
}

documented! {
    /// A later capacity of a link.
    pub struct BandwidthStep {
        /// From when on.
        pub at: Span,
        /// The capacity; zero stops the link.
        pub bandwidth: Bandwidth,
    }
}

documented! {
    /// A route that overrides the computed one, in one direction.
    pub struct Route {
        /// The site where it starts.
        pub from: String,
        /// The site where it ends.
        pub to: String,
        /// Names of its links in order of travel.
        pub via: Vec<String>,
    }
}

documented! {
    /// The law of remote access from an RSE to a worker node of a pool (Begy et al., eq. 1 and 4):
    /// `T = a S + b ConTh + c ConPr`, with `a > c >= 0` and `b >= c` at all times.
    pub struct Law {
        /// The pool that reads.
        pub pool: String,
        /// The RSE that is read.
        pub rse: String,
        /// Cost of the file itself [s/MB].
        pub a: f64,
        /// Cost of what other threads of the same process move meanwhile [s/MB].
        pub b: f64,
        /// Cost of what other processes move meanwhile [s/MB].
        pub c: f64,
        /// Later coefficients in order of time.
        #[serde(default)]
        pub series: Vec<LawStep>,
        /// What is done with coefficients that break the rule above.
        #[serde(default)]
        pub on_ill_posed: IllPosed,
    }
}

documented! {
    /// Later coefficients of a law.
    pub struct LawStep {
        /// From when on.
        pub at: Span,
        /// Cost of the file itself [s/MB].
        pub a: f64,
        /// Cost of the same process [s/MB].
        pub b: f64,
        /// Cost of other processes [s/MB].
        pub c: f64,
    }
}

documented! {
    /// What is done with coefficients for which some set of reads has no or several rates.
    #[derive(Default)]
    pub enum IllPosed {
        /// The scenario is refused.
        #[default]
        Refuse,
        /// They are raised to the nearest that will do, and the steps are counted in a warning.
        Clamp,
    }
}

fn nothing() -> Size {
    Size::B(0.0)
}
