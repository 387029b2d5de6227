//! Small grids whose every instant can be computed by hand, through the whole engine.

mod access;
mod books;
mod deletion;
mod draws;
mod groups;
mod horizon;
mod questions;
mod slots;
mod space;
mod start_ups;

use dapple_records::RunOutput;
use dapple_simulator::topology::{AccessCoefficients, Series};
use dapple_simulator::units::{Bytes, SimTime};
use dapple_simulator::workload::{JobStream, JobTemplate, Ties, TracedTransfer, TransferTrace, WorkloadKind};

use crate::grid::{arrivals, at, ints, local, pool, remote};

/// An instant that does not come.
const NEVER: f64 = f64::INFINITY;

/// 50 MB/s for a read alone, 70 s for each of two threads with 1000 MB, 21 s for each of two processes.
const LAW: AccessCoefficients = AccessCoefficients { a: 0.02, b: 0.05, c: 0.001 };

fn law() -> Option<Series<AccessCoefficients>> {
    Some(Series::constant(LAW))
}

/// Equal jobs submitted at these seconds.
fn jobs(submitted: &[f64], job: JobTemplate) -> WorkloadKind {
    WorkloadKind::Jobs(JobStream { pool: pool(), arrivals: arrivals(submitted), job })
}

/// Transfers from `remote` to `local` requested at (second, MB).
fn transfers(requested: &[(f64, f64)]) -> WorkloadKind {
    let transfer = |(row, &(second, mb)): (u64, &(f64, f64))| TracedTransfer {
        at: at(second),
        source: remote(),
        destination: local(),
        bytes: Bytes::from_megabytes(mb),
        took: None,
        row,
    };
    let transfers = (1..).zip(requested).map(transfer).collect();
    WorkloadKind::TransferTrace(TransferTrace { transfers, ties: Ties::LogOrder, queues: true })
}

/// Compares a column of instants, exactly.
#[track_caller]
fn assert_times(output: &RunOutput, table: &str, column: &str, expected: &[f64]) {
    let found: Vec<Option<u64>> =
        ints(output, table, column).into_iter().map(|nanos| nanos.map(|nanos| nanos as u64)).collect();
    let expected: Vec<Option<u64>> =
        expected.iter().map(|&second| Some(at(second)).filter(|_| second < NEVER).map(SimTime::as_nanos)).collect();
    assert_eq!(found, expected, "{table}.{column}");
}

/// Compares a column of whole numbers, in millions.
#[track_caller]
fn assert_millions(output: &RunOutput, table: &str, column: &str, expected: &[i64]) {
    let expected: Vec<Option<i64>> = expected.iter().map(|millions| Some(millions * 1_000_000)).collect();
    assert_eq!(ints(output, table, column), expected, "{table}.{column}");
}

/// Compares a column of names; the empty name stands for an empty cell.
#[track_caller]
fn assert_texts(output: &RunOutput, table: &str, column: &str, expected: &[&str]) {
    let found = crate::grid::texts(output, table, column);
    let found: Vec<&str> = found.iter().map(|cell| cell.as_deref().unwrap_or("")).collect();
    assert_eq!(found, expected, "{table}.{column}");
}
