//! Logs that are replayed: text files with a header row and one row a line, plain or gzipped.

use dapple_simulator::settings;
use dapple_simulator::units::{Bytes, SimSpan, UnitOf};
use dapple_simulator::workload::Ties;

settings! {
    /// Transfers from a log.
    ///
    /// Of each log `dapple check` tells what was taken: rows, bytes, the span of their times, where they come from, and the
    /// rows that cannot be used by reason and line; `--rejected FILE` writes these down. A row is a line: a quote that does
    /// not close on it costs this row and no other.
    pub struct TransferTrace {
        /// Name in results.
        pub name: String,
        /// The text file, gzipped or not, in UTF-8 or (with a byte order mark) UTF-16: relative to the scenario file, or
        /// `"$DAPPLE_DATA/.."` to be found under the folder that the environment variable names.
        pub file: String,
        /// What stands between the cells of a row.
        pub delimiter: Delimiter = Delimiter::default(),
        /// Where in a row things are.
        pub columns: TransferColumns,
        /// Which rows are taken; all of these must hold.
        pub filter: Vec<Filter> = Vec::new(),
        /// Which logged time is the start of the run.
        pub origin: Origin = Origin::default(),
        /// Which of the rows that have the same time goes first.
        pub ties: Ties = Ties::default(),
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
        pub at: InstantColumn,
        /// How large it was.
        pub size: SizeColumn,
        /// The RSE that it came from.
        pub source: NameFrom,
        /// The RSE that it went to.
        pub destination: NameFrom,
        /// When it had ended. Nothing is replayed by it: the report sets what was simulated against it. An empty cell: not known.
        pub ended: Option<InstantColumn> = None,
        /// The same for logs that have durations: how long it took, from `at`.
        pub took: Option<SpanColumn> = None,
    }
}

settings! {
    /// Jobs from a log, each with at most one input file.
    pub struct JobTrace {
        /// Name in results.
        pub name: String,
        /// The text file, see TransferTrace.
        pub file: String,
        /// What stands between the cells of a row.
        pub delimiter: Delimiter = Delimiter::default(),
        /// The pool where they run.
        pub pool: NameFrom,
        /// Where in a row things are.
        pub columns: JobColumns,
        /// Which rows are taken; all of these must hold.
        pub filter: Vec<Filter> = Vec::new(),
        /// Which logged time is the start of the run.
        pub origin: Origin = Origin::default(),
        /// Which of the rows that have the same time goes first.
        pub ties: Ties = Ties::default(),
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
        pub submitted: InstantColumn,
        /// How long it computed, on a node of speed 1.
        pub compute: SpanColumn,
        /// Size of its input; a job whose cell is empty reads nothing. None: no job does.
        pub input: Option<SizeColumn> = None,
        /// The RSE that holds its input; needed where there is one, and not looked at for a job that reads nothing.
        pub source: Option<NameFrom> = None,
        /// The column with the slots that it holds on one node; an empty cell is 1. None: 1 each.
        pub slots: Option<String> = None,
        /// How long it said that it would run, for a pool with `Backfilling`; an empty cell is its compute time. None: its compute time.
        pub requested: Option<SpanColumn> = None,
        /// When it had ended, see TransferColumns.
        pub ended: Option<InstantColumn> = None,
        /// How long it took from its submission to its end.
        pub took: Option<SpanColumn> = None,
    }
}

settings! {
    /// A column of instants: numbers in a unit, or calendar times.
    ///
    /// Numbers keep their nanoseconds, whole or decimal, also those that count from 1970. Calendar times are ISO 8601
    /// (`2025-01-20T18:10:40.123Z`, `2025-01-20 18:10:40`, `2025-01-20 19:10:40+01:00`), Oracle's `20-JAN-25 18.10.40` (also
    /// `06.10.40 PM`) and Kibana's `Jan 20, 2025 @ 18:10:40.123`.
    pub struct InstantColumn {
        /// Its name in the header row.
        pub name: String,
        /// The unit that its numbers count in. None: it holds calendar times.
        pub unit: Option<UnitOf<SimSpan>> = None,
        /// The zone of calendar times that name none: `"UTC"`, an offset such as `"+02:00"`, or a name such as
        /// `"Europe/Zurich"`. Where clocks are set back an hour comes twice, where they are set forward one never comes: rows
        /// with such times are dirty, as nobody can say when they were. Without a zone so are all rows whose times name none.
        pub zone: Option<String> = None,
    }
}

settings! {
    /// A column of spans of time.
    pub struct SpanColumn {
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
    /// What stands between the cells of a row.
    #[derive(Default)]
    pub enum Delimiter {
        /// Comma, semicolon or tab: the one of which the header row has most.
        #[default]
        Detected,
        /// `,`
        Comma,
        /// `;`
        Semicolon,
        /// A tab.
        Tab,
    }
}

settings! {
    /// Which logged time is the start of the run. Rows at the horizon or later are left out and counted, as all arrivals are.
    #[derive(Default)]
    pub enum Origin {
        /// The earliest of the rows taken.
        #[default]
        First,
        /// This number in the column's unit; earlier rows are left out.
        At(f64),
        /// The same as it would be written in the column: `Written("2025-01-20T00:00:00Z")`, or a number of more than 15
        /// digits.
        Written(String),
    }
}

settings! {
    /// What is done with rows that cannot be used: a row that is no text, has a quote that does not close or more cells
    /// than the header row; and in any column that is replayed an empty cell (but for the input of a job), an unreadable
    /// or negative number or time, an unknown name, or names between which no route leads. Filters come first, and
    /// compare negative numbers as any others: `(column: "start", at_least: 0)` leaves out those that stand for "unknown".
    #[derive(Default)]
    pub enum Dirty {
        /// They are left out and counted in a warning.
        #[default]
        Skip,
        /// The scenario is refused.
        Refuse,
    }
}
