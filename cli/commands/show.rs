//! `dapple show`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use dapple_records::{PICTURE_FILE, write_atomically};
use dapple_reports::topology;
use dapple_scenarios::{Registry, Scenario};

use crate::commands::scenario::{Changes, default_folder};
use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// Arguments of `dapple show`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Show {
    /// The scenario (RON)
    file: PathBuf,
    /// Folder of the picture [default: results/<scenario name>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

const EXAMPLES: &str = "\
Examples:
  dapple show scenarios/quickstart/two-sites.ron             the table here, the picture in results/two-sites
  dapple show my.ron --out /tmp | less";

impl Show {
    /// Prints the table and draws the picture.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        let scenario = self.changes.load(&self.file, None, registry)?;
        let dir = self.out.clone().unwrap_or_else(|| default_folder(&scenario));
        let path = draw(&scenario, &dir)?;
        print(&format!("{}\n\npicture: {}\n", topology::table(&scenario.setup.topology).trim_end(), path.display()))?;
        Ok(Exit::Done)
    }
}

/// Draws the picture into a folder, which is made, and returns where it is.
pub fn draw(scenario: &Scenario, dir: &Path) -> Result<PathBuf, Failure> {
    let path = dir.join(PICTURE_FILE);
    let picture = topology::picture(&scenario.setup.topology);
    let drawn =
        fs::create_dir_all(dir).and_then(|()| write_atomically(&path, |file| file.write_all(picture.as_bytes())));
    drawn.map_err(|error| Failure::new(Exit::Files, format_args!("cannot write {}: {error}", path.display())))?;
    Ok(path)
}
