//! Rows that cannot be used, by reason.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::shown::shortened;

/// Lines that are shown of each reason.
const SHOWN: usize = 3;

/// Why a row cannot be used.
#[derive(Debug)]
pub(crate) struct DirtyCell {
    /// The column, where it is one cell that is wrong.
    column: Option<usize>,
    /// The reason, which rows share: "is not a finite number".
    pub why: Cow<'static, str>,
    /// What stands in the cell.
    text: Option<String>,
}

/// The rows of a log that cannot be used for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DirtyRows {
    /// The reason.
    pub why: String,
    /// How many rows.
    pub rows: u64,
    /// The lines of the first of them, and what stands in the cell that is wrong.
    pub first: Vec<(u64, Option<String>)>,
}

/// Dirty rows while a log is read.
#[derive(Debug, Default)]
pub(crate) struct Dirt {
    reasons: Vec<DirtyRows>,
    known: BTreeMap<(Option<usize>, Cow<'static, str>), usize>,
    /// The line of each row, and its reason.
    rejected: Vec<(u64, u32)>,
}

impl DirtyCell {
    /// Something is wrong with the row as such.
    pub fn of_row(why: impl Into<Cow<'static, str>>) -> Self {
        Self { column: None, why: why.into(), text: None }
    }

    /// Something is wrong with what stands in a cell.
    pub fn of_cell(column: usize, text: &str, why: impl Into<Cow<'static, str>>) -> Self {
        Self { column: Some(column), why: why.into(), text: Some(text.to_owned()) }
    }

    /// Nothing stands in a cell.
    pub fn empty(column: usize) -> Self {
        Self { column: Some(column), why: "is empty".into(), text: None }
    }
}

impl Dirt {
    /// Counts the row at a line; `name` knows the columns.
    pub fn push<'n>(&mut self, line: u64, cell: DirtyCell, name: impl Fn(usize) -> Option<&'n str>) {
        let DirtyCell { column, why, text } = cell;
        let words = match column.and_then(name) {
            Some(column) => format!("column `{column}` {why}"),
            None => why.clone().into_owned(),
        };
        let new = self.reasons.len();
        let index = *self.known.entry((column, why)).or_insert(new);
        if index == new {
            self.reasons.push(DirtyRows { why: words, rows: 0, first: Vec::new() });
        }
        let reason = &mut self.reasons[index];
        reason.rows += 1;
        if reason.first.len() < SHOWN {
            reason.first.push((line, text));
        }
        self.rejected.push((line, index as u32));
    }

    /// The reasons, in order of their first rows, and the reason of each line.
    pub fn into_parts(self) -> (Vec<DirtyRows>, Vec<(u64, u32)>) {
        (self.reasons, self.rejected)
    }
}

impl DirtyRows {
    /// In words: ``column `t` is empty (1 row: line 4)``.
    pub fn words(&self) -> String {
        let place = |(line, text): &(u64, Option<String>)| match text {
            Some(text) => format!("{line} `{}`", shortened(text)),
            None => line.to_string(),
        };
        let lines: Vec<String> = self.first.iter().map(place).collect();
        let (rows, line) = if self.rows == 1 { ("row", "line") } else { ("rows", "lines") };
        let more = if self.rows > self.first.len() as u64 { ", .." } else { "" };
        format!("{} ({} {rows}: {line} {}{more})", self.why, self.rows, lines.join(", "))
    }
}
