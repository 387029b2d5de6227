//! Theirs and ours side by side, for a terminal or a page.

use std::fmt;

/// What a reproduced figure is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// The law that was put in comes out: the machinery is right, nothing is learned about the world.
    Consistency,
    /// A parameter was fitted to this very figure.
    Calibrated,
    /// Out of sample: nothing was fitted to this figure, so it can be wrong.
    Predicted,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Consistency => "consistency",
            Self::Calibrated => "calibrated",
            Self::Predicted => "predicted",
        })
    }
}

/// A table of figures with its heading and what is to be said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Name on the command line and of the files that belong to it.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The heading, then the rows; all of one length.
    pub rows: Vec<Vec<String>>,
    /// Columns from this one on hold figures.
    pub figures_from: usize,
    /// What comes out of it, in sentences.
    pub notes: Vec<String>,
}

impl Sheet {
    /// A sheet without rows.
    pub fn new(name: &str, title: impl Into<String>, heading: &[&str], figures_from: usize) -> Self {
        let heading = heading.iter().map(|&cell| cell.to_owned()).collect();
        Self { name: name.into(), title: title.into(), rows: vec![heading], figures_from, notes: Vec::new() }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Adds a sentence.
    pub fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }
}
