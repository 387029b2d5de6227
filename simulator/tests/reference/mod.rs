//! Reads reference sets: folders with an `index.json`, by default those in `tests/oracles`.
//!
//! `DAPPLE_ORACLES` names another root with the same layout. Where a set comes from and how close results have to
//! be is told in the README of its folder; the tolerances in these tests are those.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// One folder of reference numbers.
pub struct ReferenceSet {
    folder: PathBuf,
}

impl ReferenceSet {
    /// The set called `topic`.
    pub fn open(topic: &str) -> Self {
        let ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles");
        let root = std::env::var_os("DAPPLE_ORACLES").map_or_else(ours, PathBuf::from);
        Self { folder: root.join(topic) }
    }

    /// The table of contents.
    pub fn index<T: DeserializeOwned>(&self) -> T {
        self.json("index.json")
    }

    /// A JSON file of the set.
    pub fn json<T: DeserializeOwned>(&self, file: &str) -> T {
        let path = self.folder.join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The rows of a CSV file with a header.
    pub fn csv<T: DeserializeOwned>(&self, file: &str) -> Vec<T> {
        let path = self.folder.join(file);
        let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let rows: Result<Vec<T>, _> = reader.deserialize().collect();
        rows.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// Compares numbers of one kind and remembers how close it got.
pub struct Check {
    what: &'static str,
    values: usize,
    worst: f64,
}

impl Check {
    /// A check of `what`, as in "rates".
    pub fn of(what: &'static str) -> Self {
        Self { what, values: 0, worst: 0.0 }
    }

    /// `found` is within `allowed` of `expected`.
    #[track_caller]
    pub fn within(&mut self, case: &str, found: f64, expected: f64, allowed: f64) {
        let error = (found - expected).abs();
        assert!(error <= allowed, "{case}: {} {found}, expected {expected} within {allowed:e}", self.what);
        self.values += 1;
        self.worst = self.worst.max(error / allowed);
    }

    /// `found` is within `relative` of `expected`, or within `zero` where that is zero.
    #[track_caller]
    pub fn relative(&mut self, case: &str, found: f64, expected: f64, relative: f64, zero: f64) {
        let allowed = if expected == 0.0 { zero } else { relative * expected.abs() };
        self.within(case, found, expected, allowed);
    }

    /// Tells how many values were compared; none at all is a failure.
    #[track_caller]
    pub fn report(self) {
        assert!(self.values > 0, "no {} were compared", self.what);
        println!("  {} {}, the worst at {:.3} of its tolerance", self.values, self.what, self.worst);
    }
}
