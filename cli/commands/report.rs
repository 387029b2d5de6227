//! `dapple report`.

use std::path::PathBuf;

use dapple_records::{Manifest, ResultsError, read_manifest};
use dapple_reports::{ReportError, write_report};

use crate::columns::number;
use crate::exit::{Exit, Failure};
use crate::terminal::{note, print};

/// Arguments of `dapple report`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Report {
    /// Folder of the results
    dir: PathBuf,
}

const EXAMPLES: &str = "\
Example:
  dapple report results/two-sites

The exit code is 6 where runs of the experiment are missing, 4 where some failed; the report is written in both cases.";

impl Report {
    /// Builds the report anew.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let manifest = read_manifest(&self.dir).map_err(results_failure)?;
        let report = write_report(&self.dir).map_err(report_failure)?;
        print(&format!("report: {}\n", report.display()))?;
        Ok(completeness(&manifest))
    }
}

fn completeness(manifest: &Manifest) -> Exit {
    if !manifest.missing.is_empty() {
        note(format!(
            "{} missing: `dapple run` with the same scenario does them",
            number(manifest.missing.len(), "run")
        ));
        Exit::Missing
    } else if manifest.failed.is_empty() {
        Exit::Done
    } else {
        note(format!("{} failed, see manifest.json", number(manifest.failed.len(), "run")));
        Exit::SomeFailed
    }
}

/// Results of another version are refused, anything else cannot be read.
pub fn results_failure(error: ResultsError) -> Failure {
    let exit = if matches!(error, ResultsError::UnknownVersion { .. }) { Exit::Refused } else { Exit::Files };
    Failure { exit, error: error.into() }
}

/// Mistakes in what was asked for are bad arguments.
pub fn report_failure(error: ReportError) -> Failure {
    match error {
        ReportError::Results(error) => results_failure(error),
        ReportError::Run { .. }
        | ReportError::What { .. }
        | ReportError::NotRecorded { .. }
        | ReportError::NoRow { .. } => Failure { exit: Exit::BadArguments, error: error.into() },
        error => Failure { exit: Exit::Files, error: error.into() },
    }
}
