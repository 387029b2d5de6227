//! Who asks for what, and when.

use std::collections::BTreeMap;

use dapple_simulator::distribution::Distribution;
use dapple_simulator::rules::RuleTemplate;
use dapple_simulator::settings;
use dapple_simulator::units::{Amount, Bytes, SimSpan};
use dapple_simulator::workload::{Arrivals, Pick, RuleSize};

use super::{JobTrace, TransferTrace};

settings! {
    /// One entry of the workload.
    pub enum Workload {
        /// Jobs of one kind that arrive one by one.
        Jobs(Jobs),
        /// A designed series of remote reads in fixed steps.
        Campaign(Campaign),
        /// Transfers between RSEs that arrive one by one: the rest of the grid's traffic.
        Transfers(TransferStream),
        /// Rules that arrive one by one.
        Rules(RuleStream),
        /// Files that arrive one by one at an RSE, so many in a dataset.
        Datasets(DatasetStream),
        /// Transfers from a log.
        TransferTrace(TransferTrace),
        /// Jobs from a log.
        JobTrace(JobTrace),
    }
}

settings! {
    /// Jobs of one kind that arrive one by one at one pool.
    pub struct Jobs {
        /// Name in results.
        pub name: String,
        /// The pool where they run.
        pub pool: String,
        /// When they are submitted.
        pub arrivals: Arrivals,
        /// Threads of each process: inputs that it reads or stages in at once.
        #[range(Within(1, 1_000_000))]
        pub threads: u32 = 1,
        /// Slots that each job holds on one node, until it ends; its compute time is the same however many they are.
        #[range(AtLeast(1))]
        pub slots: u32 = 1,
        /// How long each job says that it will run, for a pool with `Backfilling`. None: its compute time.
        pub requested: Option<SimSpan> = None,
        /// What each job reads.
        pub inputs: Inputs = Inputs::default(),
        /// Part of each input that is really read, above 0 and up to 1; remote access moves only this part.
        #[range(Fraction)]
        pub read_fraction: f64 = 1.0,
        /// Compute time.
        pub compute: Compute = Compute::default(),
        /// Blocks in which a remote read is computed on while it streams. 1: no overlap.
        #[range(Within(1, 1_000_000))]
        pub blocks: u32 = 16,
    }
}

settings! {
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
            #[range(AtLeast(1))]
            files: u32 = 1,
            /// Which of them.
            pick: Pick = Pick::default(),
        },
        /// New files that no other job reads, already at an RSE.
        Fresh {
            /// The RSE that holds them.
            rse: String,
            /// How many files.
            #[range(AtLeast(1))]
            files: u32 = 1,
            /// Their sizes.
            #[range(Positive)]
            size: Distribution<Amount<Bytes>>,
        },
    }
}

settings! {
    /// The compute time of a job on a node of speed 1: a fixed part and a part that grows with what it reads.
    pub struct Compute {
        /// The part that does not depend on data.
        pub fixed: Distribution<Amount<SimSpan>> = Distribution::Constant(Amount::zero()),
        /// Time per 10^9 B read.
        pub per_gb: SimSpan = SimSpan::ZERO,
    }
}

settings! {
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
        #[range(Positive)]
        pub every: SimSpan,
        /// Sizes of the files.
        #[range(Positive)]
        pub size: Distribution<Amount<Bytes>>,
        /// What starts at each step.
        pub steps: Vec<CampaignStep>,
        /// Whether the order of the steps is drawn from the seed or as written.
        pub shuffle: bool = true,
    }
}

settings! {
    /// One step of a campaign, or several equal ones.
    pub struct CampaignStep {
        /// How many such steps.
        #[range(AtLeast(1))]
        pub repeat: u32 = 1,
        /// For each process its number of threads.
        #[range(AtLeast(1))]
        pub processes: Vec<u32>,
    }
}

settings! {
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
        #[range(Positive)]
        pub size: Distribution<Amount<Bytes>>,
    }
}

settings! {
    /// Rules that arrive one by one: production, users, whoever wants data somewhere. A rule that Rucio refuses ends at once, with its
    /// error in its row of `rules`, and the run goes on.
    pub struct RuleStream {
        /// Name in results.
        pub name: String,
        /// When they are asked for.
        pub arrivals: Arrivals,
        /// Whose they are.
        pub account: String = "root".into(),
        /// What they are for, one drawn for each by these weights: `{"Production Input": 3, "Data Consolidation": 1}`. Empty: the
        /// activity of `rule`.
        #[range(NotNegative)]
        pub activities: BTreeMap<String, f64> = BTreeMap::new(),
        /// What they are on.
        pub data: RuleData,
        /// Where to: one RSE drawn for each, another one than that of fresh data. None: where the RSE expression of `rule` says.
        pub targets: Option<DrawnRse> = None,
        /// All else: copies, grouping, lifetime, priority and so on.
        pub rule: RuleTemplate = RuleTemplate::default(),
    }
}

settings! {
    /// What rules are on.
    pub enum RuleData {
        /// Datasets that exist from the start: the nth of these with a probability proportional to `n^-exponent`.
        Existing {
            /// The datasets, the most popular first.
            datasets: Vec<String>,
            /// Steepness of popularity. 0: all are equally likely.
            #[range(UpTo(100))]
            exponent: f64 = 0.0,
        },
        /// A new dataset for each, which lies at one RSE.
        Fresh {
            /// The RSE.
            sources: DrawnRse,
            /// How many files it has.
            files: RuleSize = RuleSize::default(),
            /// Their sizes.
            #[range(Positive)]
            size: Distribution<Amount<Bytes>>,
        },
    }
}

settings! {
    /// An RSE that is drawn.
    pub struct DrawnRse {
        /// Which may be, as an RSE expression.
        pub rses: String = "*".into(),
        /// The attribute that says how likely each is, a number that is not negative; an RSE without it is not drawn. None: all are
        /// equally likely.
        pub weight: Option<String> = None,
    }
}

settings! {
    /// Files that arrive one by one at an RSE, so many in a dataset: a detector. Subscriptions
    /// (`services.rules.subscriptions`) send its datasets out while they grow.
    pub struct DatasetStream {
        /// Name in results, and in subscriptions.
        pub name: String,
        /// The RSE where the files appear. They take no space there.
        pub rse: String,
        /// When they appear.
        pub arrivals: Arrivals,
        /// Files in a dataset; the last closes it.
        #[range(AtLeast(1))]
        pub files: u32,
        /// Their sizes.
        #[range(Positive)]
        pub size: Distribution<Amount<Bytes>>,
        /// How long a dataset is kept. None: for ever.
        #[range(Positive)]
        pub lifetime: Option<SimSpan> = None,
    }
}
