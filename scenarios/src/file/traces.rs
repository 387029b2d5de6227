//! Logs that are replayed: CSV files with a header row, plain or gzipped.

use dapple_simulator::settings;
use dapple_simulator::units::{Bytes, SimSpan, UnitOf};

settings! {
    /// Transfers from a log.
    pub struct TransferTrace {
        /// Name in results.
        pub name: String,
        /// The CSV file, `.gz` or not: relative to the scenario file, or `"$DAPPLE_DATA/.."` to be found under the
        /// folder that the environment variable names.
        pub file: String,
        /// Where in a row things are.
        pub columns: TransferColumns,
        /// Which rows are taken; all of these must hold.
        pub filter: Vec<Filter> = Vec::new(),
        /// Which logged time is the start of the run.
        pub origin: Origin = Origin::default(),
        /// Whether a logged time is a request, which queues for slots, or the moment at which a slot was taken.
        pub queues: bool = true,
        /// What is done with rows that cannot be read.
        pub dirty: Dirty = Dirty::default(),
    }
}

settings! {
    /// Where in a row of a transfer log things are.
    pub struct TransferColumns {
        /// When it was requested or started.
        pub at: TimeColumn,
        /// How large it was.
        pub size: SizeColumn,
        /// The RSE that it came from.
        pub source: NameFrom,
        /// The RSE that it went to.
        pub destination: NameFrom,
    }
}

settings! {
    /// Jobs from a log, each with at most one input file.
    pub struct JobTrace {
        /// Name in results.
        pub name: String,
        /// The CSV file, see TransferTrace.
        pub file: String,
        /// The pool where they run.
        pub pool: NameFrom,
        /// Where in a row things are.
        pub columns: JobColumns,
        /// Which rows are taken; all of these must hold.
        pub filter: Vec<Filter> = Vec::new(),
        /// Which logged time is the start of the run.
        pub origin: Origin = Origin::default(),
        /// Threads of each process.
        #[range(AtLeast(1))]
        pub threads: u32 = 1,
        /// Part of each input that is really read, above 0 and up to 1.
        #[range(Fraction)]
        pub read_fraction: f64 = 1.0,
        /// Blocks in which a remote read is computed on while it streams. 1: no overlap.
        #[range(AtLeast(1))]
        pub blocks: u32 = 16,
        /// What is done with rows that cannot be read.
        pub dirty: Dirty = Dirty::default(),
    }
}

settings! {
    /// Where in a row of a job log things are.
    pub struct JobColumns {
        /// When it was submitted.
        pub submitted: TimeColumn,
        /// How long it computed, on a node of speed 1.
        pub compute: TimeColumn,
        /// Size of its input. None: it reads nothing.
        pub input: Option<SizeColumn> = None,
        /// The RSE that holds its input; needed where there is one.
        pub source: Option<NameFrom> = None,
        /// The column with the slots that it holds on one node; an empty cell is 1. None: 1 each.
        pub slots: Option<String> = None,
        /// How long it said that it would run, for a pool with `Backfilling`; an empty cell is its compute time. None: its compute time.
        pub requested: Option<TimeColumn> = None,
    }
}

settings! {
    /// A column of times.
    pub struct TimeColumn {
        /// Its name in the header row.
        pub name: String,
        /// Its unit.
        pub unit: UnitOf<SimSpan>,
    }
}

settings! {
    /// A column of sizes.
    pub struct SizeColumn {
        /// Its name in the header row.
        pub name: String,
        /// Its unit.
        pub unit: UnitOf<Bytes>,
    }
}

settings! {
    /// Where a name comes from.
    pub enum NameFrom {
        /// The column of this name.
        Column(String),
        /// The same for all rows.
        Constant(String),
    }
}

settings! {
    /// A condition on one column.
    pub struct Filter {
        /// Its name in the header row.
        pub column: String,
        /// The value is one of these; empty: any.
        pub one_of: Vec<String> = Vec::new(),
        /// The value is a number and not less, in the column's unit.
        pub at_least: Option<f64> = None,
        /// The value is a number and not more, in the column's unit.
        pub at_most: Option<f64> = None,
    }
}

settings! {
    /// Which logged time is the start of the run.
    #[derive(Default)]
    pub enum Origin {
        /// The earliest of the rows taken.
        #[default]
        First,
        /// This one, in the column's unit; earlier rows are left out.
        At(f64),
    }
}

settings! {
    /// What is done with rows that cannot be read: a missing or unreadable number, a negative one, an unknown name.
    #[derive(Default)]
    pub enum Dirty {
        /// They are left out and counted in a warning.
        #[default]
        Skip,
        /// The scenario is refused.
        Refuse,
    }
}
