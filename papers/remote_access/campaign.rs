//! The paper's dataset from the table of reads.

use dapple_models::Features;
use dapple_records::TableData;

use super::{Equation, RemoteAccessError};

/// Reads of a campaign, one entry each: the paper's T, S, ConTh and ConPr.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Campaign {
    /// T: seconds from the first to the last byte.
    pub seconds: Vec<f64>,
    /// S: size \[MB\].
    pub size_mb: Vec<f64>,
    /// ConTh: MB moved meanwhile by other threads of the process.
    pub con_th_mb: Vec<f64>,
    /// ConPr: MB moved meanwhile by other processes.
    pub con_pr_mb: Vec<f64>,
}

/// Concurrent traffic below a byte is none: ConTh and ConPr are differences of large sums.
const LEAST_MB: f64 = 1e-6;

/// The remote reads of a run that ended, in the order of the table.
///
/// # Errors
/// [`RemoteAccessError::Column`] for a table that is not `reads`; [`RemoteAccessError::ManySources`].
pub fn dataset(reads: &TableData) -> Result<Campaign, RemoteAccessError> {
    let missing = |column| RemoteAccessError::Column { table: reads.schema.name.clone(), column };
    let ints = |column| reads.ints(column).ok_or_else(|| missing(column));
    let floats = |column| reads.floats(column).ok_or_else(|| missing(column));
    let texts = |column| reads.texts(column).ok_or_else(|| missing(column));
    let (modes, sources) = (texts("mode")?, texts("source")?);
    let (started, ended, sizes) = (ints("started_at_ns")?, ints("ended_at_ns")?, ints("size_bytes")?);
    let (con_th, con_pr) = (floats("con_th_bytes")?, floats("con_pr_bytes")?);
    let mut campaign = Campaign::default();
    let mut source: Option<&str> = None;
    for row in 0..reads.rows() {
        let (Some("remote"), Some(from)) = (modes.get(row), sources.get(row)) else { continue };
        let times = started.get(row).zip(ended.get(row)).zip(sizes.get(row));
        let (Some(((start, end), size)), Some((th, pr))) = (times, con_th.get(row).zip(con_pr.get(row))) else {
            continue;
        };
        let first = *source.get_or_insert(from);
        if first != from {
            return Err(RemoteAccessError::ManySources { first: first.to_owned(), other: from.to_owned() });
        }
        campaign.seconds.push((end - start) as f64 / 1e9);
        campaign.size_mb.push(size as f64 / 1e6);
        campaign.con_th_mb.push(megabytes(th));
        campaign.con_pr_mb.push(megabytes(pr));
    }
    Ok(campaign)
}

fn megabytes(bytes: f64) -> f64 {
    let megabytes = bytes / 1e6;
    if megabytes < LEAST_MB { 0.0 } else { megabytes }
}

impl Campaign {
    /// Number of reads.
    pub fn n_reads(&self) -> usize {
        self.seconds.len()
    }

    /// Reads with traffic of both kinds beside them: the only ones in which the two could interact.
    pub fn n_mixed(&self) -> usize {
        self.con_th_mb.iter().zip(&self.con_pr_mb).filter(|(th, pr)| **th > 0.0 && **pr > 0.0).count()
    }

    /// Rows that an equation is fitted to.
    pub(super) fn rows_of(&self, equation: Equation) -> Vec<usize> {
        let keeps = |row: &usize| match equation {
            Equation::Full => true,
            Equation::Threads => self.con_pr_mb[*row] == 0.0,
            Equation::Processes => self.con_th_mb[*row] == 0.0,
        };
        (0..self.n_reads()).filter(keeps).collect()
    }

    /// The regressors of an equation on its rows.
    pub(super) fn design(&self, equation: Equation, rows: &[usize]) -> Result<Features, RemoteAccessError> {
        let column = |name: &'static str| {
            let values = match name {
                "S" => &self.size_mb,
                "ConTh" => &self.con_th_mb,
                _ => &self.con_pr_mb,
            };
            (name, at(values, rows))
        };
        let features = Features::new(equation.columns().iter().copied().map(column));
        features.map_err(|error| equation.cannot_fit(error.into()))
    }
}

/// The values at these rows.
pub(super) fn at(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).collect()
}
