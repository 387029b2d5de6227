//! Reads reference sets: folders with an `index.json`, by default those in `tests/oracles`.
//!
//! `DAPPLE_ORACLES` names another root with the same layout. Where a set came from and how close results have to be is told
//! in the README of each folder; the tolerances here are those.

mod metrics;
mod ols;
mod probe;
mod weibull;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One folder of reference values.
pub struct ReferenceSet {
    folder: PathBuf,
}

impl ReferenceSet {
    pub fn open(topic: &str) -> Self {
        let root = std::env::var_os("DAPPLE_ORACLES")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles"), PathBuf::from);
        Self { folder: root.join(topic) }
    }

    pub fn index(&self) -> Value {
        self.json("index.json")
    }

    pub fn json(&self, file: &str) -> Value {
        let path = self.folder.join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Columns of a CSV file with a header.
    pub fn csv(&self, file: &str) -> BTreeMap<String, Vec<f64>> {
        let path = self.folder.join(file);
        let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let mut columns = vec![Vec::new(); names.len()];
        for record in reader.records() {
            for (column, field) in columns.iter_mut().zip(record.unwrap().iter()) {
                column.push(field.parse().unwrap());
            }
        }
        names.into_iter().zip(columns).collect()
    }
}

/// How close a number has to be.
#[derive(Clone, Copy)]
pub struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

impl Tolerance {
    pub fn relative(relative: f64) -> Self {
        Self { relative, absolute: 0.0 }
    }

    #[track_caller]
    pub fn check(self, what: &str, found: f64, expected: f64) {
        let off = (found - expected).abs();
        let allowed = (self.relative * expected.abs()).max(self.absolute);
        assert!(off <= allowed, "{what}: {found:e} instead of {expected:e}, off by {off:e}, allowed {allowed:e}");
    }

    /// Against a JSON number that a case may leave out.
    #[track_caller]
    pub fn check_optional(self, what: &str, found: f64, expected: &Value) {
        if let Some(expected) = expected.as_f64() {
            self.check(what, found, expected);
        }
    }

    /// Against a JSON number, or null for what is undefined.
    #[track_caller]
    pub fn check_json(self, what: &str, found: Option<f64>, expected: &Value) {
        match (found, expected) {
            (None, Value::Null) => {}
            (Some(found), Value::Number(expected)) => {
                self.check(what, found, expected.as_f64().unwrap());
            }
            _ => panic!("{what}: {found:?} instead of {expected}"),
        }
    }
}

#[track_caller]
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"))
}

#[track_caller]
pub fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number `{key}`"))
}

#[track_caller]
pub fn count(value: &Value, key: &str) -> usize {
    usize::try_from(value[key].as_u64().unwrap_or_else(|| panic!("no count `{key}`"))).unwrap()
}

#[track_caller]
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text `{key}`"))
}

#[track_caller]
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|entry| entry.as_f64().expect("a number")).collect()
}

/// Says how many cases a test has seen, and fails when it has seen none.
#[track_caller]
pub fn report(what: &str, cases: usize) {
    println!("{what}: {cases} cases checked");
    assert!(cases > 0, "{what}: the reference set is empty");
}
