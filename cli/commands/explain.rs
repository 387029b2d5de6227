//! `dapple explain`.

use std::path::PathBuf;

use dapple_reports::life;

use crate::commands::report::report_failure;
use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// Arguments of `dapple explain`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// Folder of the results
    dir: PathBuf,
    /// Id of the run, or its first digits
    run: String,
    /// What to explain: job 12, request 3 or read 5
    #[arg(required = true, value_name = "ID", num_args = 1..)]
    what: Vec<String>,
}

const EXAMPLES: &str = "\
Example:
  dapple run my.ron --set record=Rows --out results/rows
  dapple explain results/rows 3fa job 12

The run must have recorded its tables, as the first of these does.";

impl Explain {
    /// Prints the life of the thing.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let life = life::explain(&self.dir, &self.run, &self.what.join(" ")).map_err(report_failure)?;
        print(&format!("{life}\n"))?;
        Ok(Exit::Done)
    }
}
