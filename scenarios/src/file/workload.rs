//! Who asks for what, and when.

use super::documented::documented;
use super::{Distribution, JobTrace, Size, Span, TransferTrace};

documented! {
    /// One entry of the workload.
    pub enum Workload {
        /// Jobs of one kind that arrive one by one.
        Jobs(Jobs),
        /// A designed series of remote reads in fixed steps.
        Campaign(Campaign),
        /// Transfers between RSEs that arrive one by one: the rest of the grid's traffic.
        Transfers(TransferStream),
        /// Transfers from a log.
        TransferTrace(TransferTrace),
        /// Jobs from a log.
        JobTrace(JobTrace),
    }
}

documented! {
    /// Jobs of one kind that arrive one by one at one pool.
    pub struct Jobs {
        /// Name in results.
        pub name: String,
        /// The pool where they run.
        pub pool: String,
        /// When they are submitted.
        pub arrivals: Arrivals,
        /// Threads of each process: inputs that it reads or stages in at once.
        #[serde(default = "super::one")]
        pub threads: u32,
        /// What each job reads.
        #[serde(default)]
        pub inputs: Inputs,
        /// Part of each input that is really read, above 0 and up to 1; remote access moves only this part.
        #[serde(default = "super::whole")]
        pub read_fraction: f64,
        /// Compute time.
        #[serde(default)]
        pub compute: Compute,
        /// Blocks in which a remote read is computed on while it streams. 1: no overlap.
        #[serde(default = "super::sixteen")]
        pub blocks: u32,
    }
}

documented! {
    /// When things arrive.
    pub enum Arrivals {
        /// Independent arrivals at a constant mean rate.
        Poisson {
            /// Mean number in an hour.
            per_hour: f64,
            /// First instant at which one can arrive.
            #[serde(default = "super::no_time")]
            from: Span,
            /// No arrivals from here on. None: the horizon.
            #[serde(default)]
            until: Option<Span>,
        },
        /// One at the start and one after each interval.
        Every {
            /// Time between two.
            interval: Span,
            /// The first one.
            #[serde(default = "super::no_time")]
            from: Span,
            /// How many in all. None: as many as come before the horizon.
            #[serde(default)]
            count: Option<u64>,
        },
        /// At exactly these instants, in order.
        At(Vec<Span>),
    }
}

documented! {
    /// What a job reads.
    #[derive(Default)]
    pub enum Inputs {
        /// Nothing: it only computes.
        #[default]
        None,
        /// Files of a dataset, none twice in one job.
        Dataset {
            /// The dataset.
            dataset: String,
            /// How many files.
            #[serde(default = "super::one")]
            files: u32,
            /// Which of them.
            #[serde(default)]
            pick: Pick,
        },
        /// New files that no other job reads, already at an RSE.
        Fresh {
            /// The RSE that holds them.
            rse: String,
            /// How many files.
            #[serde(default = "super::one")]
            files: u32,
            /// Their sizes.
            size: Distribution<Size>,
        },
    }
}

documented! {
    /// Which files of a dataset a job reads.
    #[derive(Default)]
    pub enum Pick {
        /// The next ones in order, from the start again after the last.
        InOrder,
        /// Any, all equally likely.
        #[default]
        Uniform,
        /// The nth file with probability proportional to `n^-exponent`.
        Zipf {
            /// Steepness of popularity.
            exponent: f64,
        },
    }
}

documented! {
    /// The compute time of a job on a node of speed 1: a fixed part and a part that grows with what it reads.
    #[serde(default)]
    pub struct Compute {
        /// The part that does not depend on data.
        pub fixed: Distribution<Span>,
        /// Time per 10^9 B read.
        pub per_gb: Span,
    }
}

impl Default for Compute {
    fn default() -> Self {
        Self { fixed: Distribution::Constant(Span::Seconds(0.0)), per_gb: Span::Seconds(0.0) }
    }
}

documented! {
    /// A designed series of remote reads (Begy et al., section 3): at each step some processes start together, each
    /// with some threads, and each thread reads one new file remotely, whatever the access policy.
    pub struct Campaign {
        /// Name in results.
        pub name: String,
        /// The pool where the processes run.
        pub pool: String,
        /// The RSE that is read.
        pub rse: String,
        /// Time between two steps.
        pub every: Span,
        /// Sizes of the files.
        pub size: Distribution<Size>,
        /// What starts at each step.
        pub steps: Vec<CampaignStep>,
        /// Whether the order of the steps is drawn from the seed or as written.
        #[serde(default = "super::yes")]
        pub shuffle: bool,
    }
}

documented! {
    /// One step of a campaign, or several equal ones.
    pub struct CampaignStep {
        /// How many such steps.
        #[serde(default = "super::one")]
        pub repeat: u32,
        /// For each process its number of threads.
        pub processes: Vec<u32>,
    }
}

documented! {
    /// Transfers between RSEs that arrive one by one. They queue like any placement and leave no replica behind.
    pub struct TransferStream {
        /// Name in results.
        pub name: String,
        /// The RSE that the files come from.
        pub source: String,
        /// The RSEs that they go to: one of these for each, all equally likely.
        pub destinations: Vec<String>,
        /// When they are requested.
        pub arrivals: Arrivals,
        /// Their sizes.
        pub size: Distribution<Size>,
    }
}
