//! Papers and real logs, made again: one folder each, with its run, its analysis, its page, and its claims as tests.
//!
//! ```text
//!   scenarios/papers/<paper>/*.ron --run--> tables --analysis--> figures --> sections of a page, theirs and ours
//! ```
//!
//! A paper is an entry of [`PAPERS`]. It makes [`Section`]s and prints nothing. Its analysis takes tables that a run left
//! behind, or figures, and gives figures back. Each claim carries a [`dapple_reports::page::Label`], because a figure that
//! was put in and comes out again is no discovery.

pub mod atlas_backlog;
mod error;
pub mod hpss;
pub mod remote_access;
mod rows;

use dapple_reports::page::{PageTitle, Section};
use dapple_scenarios::Registry;

pub use error::{Blame, PaperError};
pub use rows::LogError;

/// All papers, in the order in which they are listed.
pub const PAPERS: &[Paper] = &[remote_access::PAPER, hpss::PAPER, atlas_backlog::PAPER];

/// A paper of which something can be made again.
pub struct Paper {
    /// Short name, on the command line and of its folder.
    pub name: &'static str,
    /// Who wrote it, when, and what it is called.
    pub title: &'static str,
    /// What its page is headed by.
    pub page: PageTitle,
    /// Its tables, figures and statements.
    pub items: &'static [Item],
    make: fn(Option<&str>, &Conditions<'_>) -> Result<Vec<Section>, PaperError>,
}

/// A table, figure or statement of a paper.
pub struct Item {
    /// Short name, on the command line.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
}

/// What is asked of every paper alike.
pub struct Conditions<'a> {
    /// The policies that there are.
    pub registry: &'a Registry,
    /// Runs or fits at once; 0: as many as the machine has cores.
    pub jobs: usize,
    /// Whether what takes minutes to fit is fitted; otherwise the constants that are stored with the scenario are taken.
    pub fit: bool,
    /// Who is told how it goes.
    pub progress: &'a dyn Progress,
}

/// Told, from many threads, how long work goes.
pub trait Progress: Sync {
    /// So many of these are to be done, laws say.
    fn planned(&self, n: usize, what: &str);
    /// One of them is done.
    fn done(&self, name: &str);
    /// There is no more to come.
    fn finished(&self);
}

/// Tells nobody.
impl Progress for () {
    fn planned(&self, _: usize, _: &str) {}
    fn done(&self, _: &str) {}
    fn finished(&self) {}
}

impl Paper {
    /// Makes one item, or all of them where none is named.
    ///
    /// # Errors
    /// [`PaperError`]: a log is not there, its scenario is refused, or the analysis is not possible.
    pub fn make(&self, item: Option<&Item>, conditions: &Conditions<'_>) -> Result<Vec<Section>, PaperError> {
        (self.make)(item.map(|item| item.name), conditions)
    }
}
