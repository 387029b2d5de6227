//! `dapple clean`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use dapple_records::folder::{FolderError, Leftover, Why, everything, leftovers, remove};
use dapple_records::{ResultsError, read_manifest};
use dapple_simulator::units::Bytes;

use crate::columns::{columns, plural};
use crate::commands::choice::is_experiment;
use crate::commands::report::results_failure;
use crate::exit::{Exit, Failure};
use crate::terminal::{note, print};

/// Arguments of `dapple clean`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Clean {
    /// Folder of the results
    dir: PathBuf,
    /// Remove all results, not only what is left over
    #[arg(long)]
    all: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

const EXAMPLES: &str = "\
Examples:
  dapple clean results/two-sites                what is left over: shown, then removed if you say so
  dapple clean results/two-sites --yes          without asking
  dapple clean results/two-sites --all          everything that dapple wrote there

Left over are files and folders that a killed process did not finish, and finished runs that are not part of the
experiment any more: of another seed, policy or sweep. Files that dapple did not write are never touched. Where nobody
can be asked, because input or output is no terminal, nothing is removed without --yes.

The exit code is 3 where the folder is not an experiment's, or another dapple is writing into it.";

/// Lines of what is to be removed.
const MOST_ROWS: usize = 20;

impl Clean {
    /// Shows what would go, asks, and removes it.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let found = self.found()?;
        if found.is_empty() {
            print(&format!("{}: nothing is left over\n", self.dir.display()))?;
            return Ok(Exit::Done);
        }
        let bytes = Bytes::new(found.iter().map(|leftover| leftover.bytes).sum());
        print(&self.table(&found, bytes))?;
        if !self.yes && !self.asked()? {
            print("nothing was removed\n")?;
            return Ok(Exit::Done);
        }
        remove(&self.dir, &found).map_err(failure)?;
        print(&format!("{bytes} removed\n"))?;
        Ok(Exit::Done)
    }

    fn found(&self) -> Result<Vec<Leftover>, Failure> {
        is_experiment(&self.dir).map_err(|failure| Failure { exit: Exit::Refused, ..failure })?;
        match read_manifest(&self.dir) {
            // Results of another version are results all the same.
            Ok(_) | Err(ResultsError::UnknownVersion { .. }) if self.all => everything(&self.dir).map_err(failure),
            Ok(manifest) => leftovers(&self.dir, &manifest).map_err(failure),
            Err(error @ ResultsError::UnknownVersion { .. }) => {
                let message = format_args!("{error}, so what is left over is not known; --all removes everything");
                Err(Failure::new(Exit::Refused, message))
            }
            Err(error @ ResultsError::Manifest { .. }) => Err(Failure { exit: Exit::Refused, error: error.into() }),
            Err(error) => Err(results_failure(error)),
        }
    }

    fn table(&self, found: &[Leftover], bytes: Bytes) -> String {
        let row = |leftover: &Leftover| {
            let name = leftover.path.strip_prefix(&self.dir).unwrap_or(&leftover.path);
            vec![format!("  {}", name.display()), why(leftover.why).to_owned(), Bytes::new(leftover.bytes).to_string()]
        };
        let rows: Vec<Vec<String>> = found.iter().take(MOST_ROWS).map(row).collect();
        let more = found.len().saturating_sub(MOST_ROWS);
        let more = if more > 0 { format!("  {MOST_ROWS} shown, {more} more\n") } else { String::new() };
        let things = plural(found.len(), "file or folder", "files and folders");
        format!("to be removed from {}: {things}, {bytes}\n{}{more}", self.dir.display(), columns(&rows, 2))
    }

    /// Whether somebody said yes.
    fn asked(&self) -> Result<bool, Failure> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            note("there is nobody to ask: --yes removes it");
            return Ok(false);
        }
        print(if self.all { "remove ALL of it? [y/N] " } else { "remove it? [y/N] " })?;
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        read.map_err(|error| Failure::new(Exit::Files, format_args!("cannot read the answer: {error}")))?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}

const fn why(why: Why) -> &'static str {
    match why {
        Why::Unfinished => "not finished",
        Why::LeftOut => "not part of the experiment",
        Why::Result => "",
    }
}

fn failure(error: FolderError) -> Failure {
    let is_busy = matches!(error, FolderError::Busy { .. });
    let exit = if is_busy || error.is_refusal() { Exit::Refused } else { Exit::Files };
    Failure { exit, error: error.into() }
}
