//! Logs that are replayed: CSV files with a header row, plain or gzipped.

use super::documented::documented;
use super::{SizeUnit, TimeUnit};

documented! {
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
        #[serde(default)]
        pub filter: Vec<Filter>,
        /// Which logged time is the start of the run.
        #[serde(default)]
        pub origin: Origin,
        /// Whether a logged time is a request, which queues for slots, or the moment at which a slot was taken.
        #[serde(default = "super::yes")]
        pub queues: bool,
        /// What is done with rows that cannot be read.
        #[serde(default)]
        pub dirty: Dirty,
    }
}

documented! {
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

documented! {
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
        #[serde(default)]
        pub filter: Vec<Filter>,
        /// Which logged time is the start of the run.
        #[serde(default)]
        pub origin: Origin,
        /// Threads of each process.
        #[serde(default = "super::one")]
        pub threads: u32,
        /// Part of each input that is really read, above 0 and up to 1.
        #[serde(default = "super::whole")]
        pub read_fraction: f64,
        /// Blocks in which a remote read is computed on while it streams. 1: no overlap.
        #[serde(default = "super::sixteen")]
        pub blocks: u32,
        /// What is done with rows that cannot be read.
        #[serde(default)]
        pub dirty: Dirty,
    }
}

documented! {
    /// Where in a row of a job log things are.
    pub struct JobColumns {
        /// When it was submitted.
        pub submitted: TimeColumn,
        /// How long it computed, on a node of speed 1.
        pub compute: TimeColumn,
        /// Size of its input. None: it reads nothing.
        #[serde(default)]
        pub input: Option<SizeColumn>,
        /// The RSE that holds its input; needed where there is one.
        #[serde(default)]
        pub source: Option<NameFrom>,
    }
}

documented! {
    /// A column of times.
    pub struct TimeColumn {
        /// Its name in the header row.
        pub name: String,
        /// Its unit.
        pub unit: TimeUnit,
    }
}

documented! {
    /// A column of sizes.
    pub struct SizeColumn {
        /// Its name in the header row.
        pub name: String,
        /// Its unit.
        pub unit: SizeUnit,
    }
}

documented! {
    /// Where a name comes from.
    pub enum NameFrom {
        /// The column of this name.
        Column(String),
        /// The same for all rows.
        Constant(String),
    }
}

documented! {
    /// A condition on one column.
    pub struct Filter {
        /// Its name in the header row.
        pub column: String,
        /// The value is one of these; empty: any.
        #[serde(default)]
        pub one_of: Vec<String>,
        /// The value is a number and not less, in the column's unit.
        #[serde(default)]
        pub at_least: Option<f64>,
        /// The value is a number and not more, in the column's unit.
        #[serde(default)]
        pub at_most: Option<f64>,
    }
}

documented! {
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

documented! {
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
