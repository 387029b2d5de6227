//! What people bring: logs and topologies of other programs, turned into scenarios.
//!
//! ```text
//!  files --Format--> Imported (grid, log, account) --anonymise?--> --write--> scenario.ron, transfers.csv or jobs.csv
//! ```
//!
//! Each format is one file that makes one value, [`Imported`]; one writer turns it into a scenario that `dapple check` accepts.
//! A log names storage and computing but no network, a topology the network but no work: what is missing is set and told. The
//! [`Account`] stands in comments at the top of the scenario: rows in are rows out and rows dropped, by reason, with their
//! lines; what was guessed from the rest of the file, what was set to a usual value, and what has no place in a scenario.
//!
//! ```no_run
//! use dapple_import::{Key, import};
//! let mut imported = import(None, &["requests.csv".into()])?;
//! imported.anonymise(&Key::random());
//! println!("{}", imported.account);
//! imported.write("my-grid".as_ref())?;
//! # Ok::<(), dapple_import::ImportError>(())
//! ```
//!
//! It knows nothing of how a scenario is read: it writes the language's text.

mod account;
mod error;
mod example;
mod format;
mod fts;
mod globus;
mod graphml;
mod hide;
mod imported;
mod jobs;
mod panda;
mod peak;
mod records;
mod rucio;
mod simgrid;
mod speed;
mod star;
mod swf;
mod text;
mod times;
mod transfers;
mod write;
mod xml;
mod xrootd;

pub use account::{Account, Entry, Place, Treatment};
pub use error::ImportError;
pub use format::{Format, NoFormat, import};
pub use hide::Key;
pub use imported::{Grid, Imported, Job, Link, Log, Pool, Route, Rse, Site, Transfer, Ways};
