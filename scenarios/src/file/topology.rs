//! Sites, storage, worker nodes, wires and the laws of remote access.

use dapple_simulator::settings;
use dapple_simulator::topology::{LoadCurve, Pool, Rse, Site};
use dapple_simulator::units::{Rate, SimSpan, SimTime};

settings! {
    /// What stands where, fixed during a run. Names are unique within each list.
    pub struct Topology {
        /// Computing centres.
        pub sites: Vec<Site> = Vec::new(),
        /// Storage elements.
        pub rses: Vec<Rse<String, String>> = Vec::new(),
        /// Groups of equal worker nodes.
        pub pools: Vec<Pool<String>> = Vec::new(),
        /// Data transfer nodes.
        pub dtns: Vec<Dtn> = Vec::new(),
        /// Wires between sites.
        pub links: Vec<Link> = Vec::new(),
        /// Routes that override the computed ones. Computed is the route of least latency; of these the one of fewest links; of
        /// these the one that takes the link declared earlier where they first part, seen from the site where they start. A
        /// link's way back counts as declared right after it.
        pub routes: Vec<Route> = Vec::new(),
        /// Laws of remote access, at most one per pool and RSE. Without one, reads share RSE and network like any other flow.
        pub laws: Vec<Law> = Vec::new(),
    }
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
    /// A wire between two sites.
    pub struct Link {
        /// Name in scenarios and results.
        pub name: String,
        /// The site where bytes enter.
        pub from: String,
        /// The site where bytes leave.
        pub to: String,
        /// Capacity at the start, each way; of both ways together where `duplex` is `Half`.
        #[range(Positive)]
        pub bandwidth: Rate,
        /// Time of flight one way. From the start of a transfer, a stage-in or a remote read to its first byte it takes twice the
        /// latency of the whole route, there and back; under a law of remote access nothing, as its coefficients contain it.
        pub latency: SimSpan = SimSpan::ZERO,
        /// Only this way. Otherwise a second wire leads back, with the same values; it is called `B-A` where this
        /// one is called `A-B` after its sites, and `NAME (back)` where it is not.
        pub one_way: bool = false,
        /// Whether the way back has a capacity of its own or shares this one.
        pub duplex: Duplex = Duplex::default(),
        /// Whether flows share the capacity.
        pub sharing: Contention = Contention::default(),
        /// Later capacities in order of time: background traffic, outages (a capacity of zero), upgrades.
        pub profile: Vec<BandwidthStep> = Vec::new(),
        /// After how long, from the start of the run on, `bandwidth` and `profile` begin again: `Hours(24)` for a profile of a
        /// day. At least a second, and later than the last step. None: the last step holds for ever.
        #[range(Positive)]
        pub repeat: Option<SimSpan> = None,
    }
}

settings! {
    /// What the two ways of a wire have to do with each other.
    #[derive(Default, Copy)]
    pub enum Duplex {
        /// Each way has the capacity for itself.
        #[default]
        Full,
        /// Both ways share it: what goes forth slows down what comes back.
        Half,
    }
}

settings! {
    /// Whether flows share the capacity of a wire.
    #[derive(Default, Copy)]
    pub enum Contention as "Sharing" {
        /// All flows over it share it.
        #[default]
        Shared,
        /// Each flow may use all of it, whoever else does: a backbone so wide that only what one transfer can get is known. A
        /// flow is a file that moves, whatever its number of streams.
        PerFlow,
    }
}

settings! {
    /// A later capacity of a link.
    pub struct BandwidthStep {
        /// From when on.
        pub at: SimTime,
        /// The capacity; zero stops the link.
        pub bandwidth: Rate,
    }
}

settings! {
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

settings! {
    /// The law of remote access from an RSE to a worker node of a pool (Begy et al., eq. 1 and 4):
    /// `T = a S + b ConTh + c ConPr`, with `a > c >= 0`, `a` at least 10^-9 more than `c`, and `b >= c` at all times. T is the time of the whole read, its start-up
    /// included: the latency of the route is not added to it.
    pub struct Law {
        /// The pool that reads.
        pub pool: String,
        /// The RSE that is read.
        pub rse: String,
        /// Cost of the file itself [s/MB].
        #[range(Magnitude(1_000_000_000))]
        pub a: f64,
        /// Cost of what other threads of the same process move meanwhile [s/MB].
        #[range(Magnitude(1_000_000_000))]
        pub b: f64,
        /// Cost of what other processes move meanwhile [s/MB].
        #[range(Magnitude(1_000_000_000))]
        pub c: f64,
        /// Later coefficients in order of time.
        pub series: Vec<LawStep> = Vec::new(),
        /// What is done with coefficients that break the rule above.
        pub on_ill_posed: IllPosed = IllPosed::default(),
    }
}

settings! {
    /// Later coefficients of a law.
    pub struct LawStep {
        /// From when on.
        pub at: SimTime,
        /// Cost of the file itself [s/MB].
        #[range(Magnitude(1_000_000_000))]
        pub a: f64,
        /// Cost of the same process [s/MB].
        #[range(Magnitude(1_000_000_000))]
        pub b: f64,
        /// Cost of other processes [s/MB].
        #[range(Magnitude(1_000_000_000))]
        pub c: f64,
    }
}

settings! {
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
