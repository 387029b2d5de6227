//! `dapple import`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use dapple_import::{Format, ImportError, Key};

use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// The word for a format that is to be found out.
const AUTO: &str = "auto";

/// Arguments of `dapple import`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub struct Import {
    /// What the files are; auto tells it from how the first one starts
    #[arg(value_name = "FORMAT", value_parser = format())]
    format: String,
    /// The files, plain or gzipped; several logs of one format become one
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder for scenario.ron and the log beside it
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Hide all names: RSEs, sites, pools, links; with a key that is made now and not kept, unless --key gives one
    #[arg(long)]
    anonymise: bool,
    /// The key that names are hidden with: the same key hides a name in the same way in every file
    #[arg(long, value_name = "KEY", requires = "anonymise")]
    key: Option<String>,
}

const LONG: &str = "\
Turn logs and topologies of other programs into a scenario

The scenario runs as it is written. At its top, and here, stands what became of the file: rows read, kept and dropped (by
reason, with lines), what was guessed, what was set to a usual value, and what has no place in a scenario. A log names no
network and a topology no work: what is set for them is a start, to be replaced by what you know.";

const EXAMPLES: &str = "\
Examples:
  dapple import swf LPC-EGEE-2004.swf.gz --out egee            jobs of one machine
  dapple import rucio requests_history.csv --out week-17       transfers between RSEs
  dapple import auto monit-*.json --out fts --anonymise        names hidden, the format found out
  dapple import graphml Geant2012.graphml --out geant          a network, with something to try it
  dapple check week-17/scenario.ron && dapple run week-17/scenario.ron

Files that are there are never overwritten: nothing is written then, and the exit code is 3.";

fn format() -> PossibleValuesParser {
    let all = Format::ALL.map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(
        all.into_iter().chain([PossibleValue::new(AUTO).help("one of these, by how the first file starts")]),
    )
}

impl Import {
    /// Reads, hides, writes, and says what became of the rows.
    pub fn execute(&self) -> Result<Exit, Failure> {
        // Clap has checked the name; what is no format is `auto`.
        let mut imported = dapple_import::import(self.format.parse().ok(), &self.files).map_err(failed)?;
        if self.anonymise {
            let key = self.key.as_deref().map_or_else(Key::random, Key::of);
            imported.anonymise(&key);
        }
        let written = imported.write(&self.out).map_err(failed)?;
        let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
        let key = match (self.anonymise, &self.key) {
            (true, None) => {
                "Names are hidden with a key that was made for this and is not kept: nobody can find them out, and\n\
                             another import hides them in another way. --key gives one of your own.\n"
            }
            _ => "",
        };
        print(&format!("Read {}.\n\n{}\n{key}Written: {}\n", imported.what, imported.account, names.join(", ")))?;
        Ok(Exit::Done)
    }
}

fn failed(error: ImportError) -> Failure {
    let exit = match error {
        ImportError::Read { .. } | ImportError::Write { .. } => Exit::Files,
        ImportError::OneFile { .. } => Exit::BadArguments,
        _ => Exit::Refused,
    };
    Failure { exit, error: error.into() }
}
