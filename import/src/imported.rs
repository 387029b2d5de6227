//! What an import makes: a grid, perhaps a log, and the account of both.
//!
//! All formats make this one value, and one writer turns it into a scenario. Rows of a log refer to pools and RSEs by their
//! position in the grid's lists, so a name stands in one place.

use std::collections::BTreeMap;

use dapple_simulator::hidden::is_hidden;
use dapple_simulator::units::{Bytes, Rate, SimSpan, SimTime};
use dapple_simulator::workload::Ties;

use crate::account::Account;

/// What a file says, in the words of a scenario.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the files are, in words: `a Rucio dump`.
    pub what: &'static str,
    /// Name of the scenario.
    pub name: String,
    /// What stands where.
    pub grid: Grid,
    /// Who asked for what, and when. None: the file is a topology.
    pub log: Option<Log>,
    /// What came in and went out.
    pub account: Account,
}

/// What stands where.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Computing centres.
    pub sites: Vec<Site>,
    /// Storage elements.
    pub rses: Vec<Rse>,
    /// Groups of worker nodes.
    pub pools: Vec<Pool>,
    /// Wires.
    pub links: Vec<Link>,
    /// Routes that override those of least latency.
    pub routes: Vec<Route>,
}

/// A computing centre.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Longitude and latitude in degrees.
    pub position: Option<(f64, f64)>,
    /// Capacity of its own network.
    pub lan: Option<Rate>,
}

/// A storage element.
#[derive(Clone, Debug, Default)]
pub struct Rse {
    /// Its name.
    pub name: String,
    /// The position of its site among the sites.
    pub site: usize,
    /// Space for replicas.
    pub capacity: Option<Bytes>,
    /// Limit of all reading.
    pub read: Option<Rate>,
    /// Limit of all writing.
    pub write: Option<Rate>,
}

/// A group of worker nodes.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The position of its site among the sites.
    pub site: usize,
    /// Number of nodes.
    pub nodes: u32,
    /// Slots of each.
    pub slots: u32,
    /// Compute speed, relative to the node on which compute times are given.
    pub speed: f64,
}

/// A wire between two sites.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// The position of the site where bytes enter.
    pub from: usize,
    /// The position of the site where bytes leave.
    pub to: usize,
    /// Capacity at the start.
    pub bandwidth: Rate,
    /// Time of flight.
    pub latency: SimSpan,
    /// How the two directions relate.
    pub ways: Ways,
    /// Whether each flow has the whole bandwidth for itself.
    pub per_flow: bool,
    /// Later capacities.
    pub profile: Vec<(SimTime, Rate)>,
    /// After which time the profile starts again.
    pub repeat: Option<SimSpan>,
}

/// How the two directions of a wire relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// Each has the whole bandwidth.
    Full,
    /// They share it.
    Half,
    /// There is one direction only.
    One,
}

/// A route that overrides the computed one.
#[derive(Clone, Debug)]
pub struct Route {
    /// The position of the site where it starts.
    pub from: usize,
    /// The position of the site where it ends.
    pub to: usize,
    /// Its links in order of travel: position among the links, and whether it is travelled from `to` to `from`.
    pub via: Vec<(usize, bool)>,
}

/// Who asked for what, and when. Instants are nanoseconds since 1970, or since the start of a log that knows no date.
#[derive(Clone, Debug)]
pub enum Log {
    /// Files that were copied.
    Transfers {
        /// In order of the log.
        rows: Vec<Transfer>,
        /// Whether instants are requests, which queue for slots, or the moments at which copying began.
        queues: bool,
        /// Which of the rows of one instant goes first: none where the log stands in order of ends.
        ties: Ties,
    },
    /// Jobs that were run.
    Jobs {
        /// In order of the log.
        rows: Vec<Job>,
        /// Which of the rows of one instant goes first: none where the log stands in order of ends.
        ties: Ties,
    },
}

/// A file that was copied.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// When it was requested or started.
    pub at: u64,
    /// Its size.
    pub size: Bytes,
    /// Position of the RSE that it came from.
    pub source: usize,
    /// Position of the RSE that it went to.
    pub destination: usize,
    /// When the log says that copying began.
    pub started: Option<u64>,
    /// When the log says that it was over.
    pub ended: Option<u64>,
}

/// A job that was run.
#[derive(Clone, Debug)]
pub struct Job {
    /// When it was submitted.
    pub submitted: u64,
    /// How long it computed.
    pub compute: u64,
    /// Slots that it takes.
    pub slots: u32,
    /// How long it asked to run.
    pub requested: Option<u64>,
    /// Position of its pool.
    pub pool: usize,
    /// What it reads, and the position of the RSE that holds it.
    pub input: Option<(Bytes, usize)>,
    /// When the log says that it started.
    pub started: Option<u64>,
    /// When the log says that it ended.
    pub ended: Option<u64>,
}

impl Log {
    /// Rows in it.
    pub fn len(&self) -> usize {
        match self {
            Self::Transfers { rows, .. } => rows.len(),
            Self::Jobs { rows, .. } => rows.len(),
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a job takes several slots, so that how a pool schedules them matters.
    pub(crate) fn has_slots(&self) -> bool {
        matches!(self, Self::Jobs { rows, .. } if rows.iter().any(|row| row.slots > 1))
    }

    /// Whether the log knows when something had ended.
    pub(crate) fn has_ends(&self) -> bool {
        match self {
            Self::Transfers { rows, .. } => rows.iter().any(|row| row.ended.is_some()),
            Self::Jobs { rows, .. } => rows.iter().any(|row| row.ended.is_some()),
        }
    }

    /// Which of the rows of one instant goes first.
    pub(crate) fn ties(&self) -> Ties {
        match self {
            Self::Transfers { ties, .. } | Self::Jobs { ties, .. } => *ties,
        }
    }

    /// The first instant at which something is asked for, the last such instant, and the last of all instants.
    pub(crate) fn span(&self) -> Option<(u64, u64, u64)> {
        let moments: Vec<(u64, u64)> = match self {
            Self::Transfers { rows, .. } => {
                rows.iter().map(|row| (row.at, row.ended.unwrap_or(row.at).max(row.at))).collect()
            }
            Self::Jobs { rows, .. } => rows
                .iter()
                .map(|row| (row.submitted, row.ended.unwrap_or(row.submitted.saturating_add(row.compute))))
                .collect(),
        };
        let first = moments.iter().map(|moment| moment.0).min()?;
        let last = moments.iter().map(|moment| moment.0).max()?;
        Some((first, last, moments.iter().map(|moment| moment.1).max()?.max(last)))
    }
}

/// Whether a text can be a name in a scenario: there is something in it, and nothing that cannot be seen.
pub(crate) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(is_hidden)
}

/// A text as a name: what cannot be seen in it becomes `_`.
pub(crate) fn as_name(text: &str) -> String {
    let seen: String = text.trim().chars().map(|c| if is_hidden(c) { '_' } else { c }).collect();
    if seen.is_empty() { "unnamed".to_owned() } else { seen }
}

/// Names in the order in which they are met.
#[derive(Debug, Default)]
pub(crate) struct Names {
    all: Vec<String>,
    positions: BTreeMap<String, usize>,
}

impl Names {
    /// The position of a name, a new one where it was not met before.
    pub fn position(&mut self, name: &str) -> usize {
        if let Some(known) = self.positions.get(name) {
            return *known;
        }
        self.all.push(name.to_owned());
        self.positions.insert(name.to_owned(), self.all.len() - 1);
        self.all.len() - 1
    }

    /// A name like this one that was not met before, and its position.
    pub fn unique(&mut self, name: &str) -> (String, usize) {
        let name = as_name(name);
        let mut free = name.clone();
        let mut number = 1;
        while self.positions.contains_key(&free) {
            number += 1;
            free = format!("{name} {number}");
        }
        let position = self.position(&free);
        (free, position)
    }

    /// All of them.
    pub fn into_all(self) -> Vec<String> {
        self.all
    }
}
