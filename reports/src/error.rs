//! Why a report cannot be made.

use std::io;
use std::path::PathBuf;

use dapple_records::ResultsError;
use plotters::drawing::DrawingAreaErrorKind;

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The results cannot be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The table of runs lacks a column or a cell that every row has.
    #[error("the runs of {} have no {what}", dir.display())]
    Runs {
        /// The experiment.
        dir: PathBuf,
        /// The column, or the cell.
        what: String,
    },
    /// The manifest names a primary KPI that this dapple does not know.
    #[error("the manifest of {} compares by `{column}`, which is no KPI of this dapple", dir.display())]
    UnknownKpi {
        /// The experiment.
        dir: PathBuf,
        /// The column name.
        column: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A plot cannot be drawn.
    #[error("cannot draw `{plot}`: {problem}")]
    Draw {
        /// Title of the plot.
        plot: String,
        /// What the plotting library said.
        problem: String,
    },
    /// No run, or more than one, has an id that starts so.
    #[error("{} runs of {} have an id that starts with `{prefix}`{}", found.len(), dir.display(), list(found))]
    Run {
        /// The experiment.
        dir: PathBuf,
        /// What the id was said to start with.
        prefix: String,
        /// Ids that do.
        found: Vec<String>,
    },
    /// The thing to explain is not a job, request or read with a number.
    #[error("cannot explain `{what}`: ask for `job 12`, `rule 17`, `request 3` or `read 5`")]
    What {
        /// What was asked.
        what: String,
    },
    /// The run did not record the table.
    #[error("run {run} did not record its {table}: run it again with `--set record=Rows` and another `--out`")]
    NotRecorded {
        /// The run.
        run: String,
        /// The table.
        table: &'static str,
    },
    /// The run recorded the table, but not this row.
    #[error("run {run} has no {what}: {rows}")]
    NoRow {
        /// The run.
        run: String,
        /// What was asked.
        what: String,
        /// Which rows it has, in words.
        rows: String,
    },
}

/// What the plotting library said, whichever it is; [`ReportError::Draw`] names the plot besides.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DrawError(DrawingAreaErrorKind<io::Error>);

impl DrawError {
    /// Not a conversion, which would be public and name the library.
    pub(crate) fn new(error: DrawingAreaErrorKind<io::Error>) -> Self {
        Self(error)
    }
}

/// So many of the found are named, others counted.
const NAMED: usize = 6;

/// What was found, after a colon; nothing for nothing.
fn list(found: &[String]) -> String {
    let first = found.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (found.len(), found.len().saturating_sub(NAMED)) {
        (0, _) => String::new(),
        (_, 0) => format!(": {first}"),
        (_, more) => format!(": {first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_runs_are_counted_and_a_few_named() {
        let ids = |n: u32| (0..n).map(|nth| format!("a{nth}")).collect::<Vec<String>>();
        let said = |n| ReportError::Run { dir: "out".into(), prefix: "a".into(), found: ids(n) }.to_string();
        assert_eq!(said(2), "2 runs of out have an id that starts with `a`: a0, a1");
        assert_eq!(said(9), "9 runs of out have an id that starts with `a`: a0, a1, a2, a3, a4, a5 and 3 more");
    }
}
