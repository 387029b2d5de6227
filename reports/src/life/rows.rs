//! Rows of the tables that a run recorded.

use std::path::Path;

use dapple_records::{TableData, Value, read_run_table};

use crate::ReportError;

/// Where the tables of a run are.
pub(super) struct Recorded<'a> {
    /// The experiment.
    pub(super) dir: &'a Path,
    /// The run.
    pub(super) run: &'a str,
}

impl Recorded<'_> {
    /// A table, `None` where it was not recorded.
    pub(super) fn table(&self, name: &str) -> Result<Option<TableData>, ReportError> {
        Ok(read_run_table(self.dir, self.run, name)?)
    }

    /// A table that has to be there.
    pub(super) fn needed(&self, name: &'static str) -> Result<TableData, ReportError> {
        self.table(name)?.ok_or_else(|| ReportError::NotRecorded { run: self.run.to_owned(), table: name })
    }

    /// The rows whose first column is `id`, or which ids there are.
    pub(super) fn rows<'t>(&self, table: &'t TableData, kind: &str, id: i64) -> Result<Vec<Row<'t>>, ReportError> {
        let found: Vec<Row<'t>> = rows(table).filter(|row| row.int(kind) == Some(id)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let ids = rows(table).filter_map(|row| row.int(kind));
        let range = ids.fold(None, |found: Option<(i64, i64)>, id| {
            Some(found.map_or((id, id), |(low, high)| (low.min(id), high.max(id))))
        });
        let range =
            range.map_or_else(|| "it recorded none".to_owned(), |(low, high)| format!("it recorded {low} to {high}"));
        let sampled = if range.contains(" to ") { ", perhaps not all of them" } else { "" };
        Err(ReportError::NoRow {
            run: self.run.to_owned(),
            what: format!("{kind} {id}"),
            rows: format!("{range}{sampled}"),
        })
    }
}

/// All rows of a table.
pub(super) fn rows(table: &TableData) -> impl Iterator<Item = Row<'_>> {
    (0..table.rows()).map(move |index| Row { table, index })
}

/// One row; cells that are empty, or whose column the file lacks, are `None`.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a TableData,
    index: usize,
}

impl<'a> Row<'a> {
    fn cell(self, column: &str) -> Value<'a> {
        self.table.schema.position(column).map_or(Value::Empty, |column| self.table.cell(self.index, column))
    }

    /// A whole number.
    pub(super) fn int(self, column: &str) -> Option<i64> {
        if let Value::Int(value) = self.cell(column) { Some(value) } else { None }
    }

    /// A double.
    pub(super) fn float(self, column: &str) -> Option<f64> {
        if let Value::Float(value) = self.cell(column) { Some(value) } else { None }
    }

    /// A name; `?` where there is none.
    pub(super) fn text(self, column: &str) -> &'a str {
        if let Value::Text(text) = self.cell(column) { text } else { "?" }
    }

    /// Whether a request held slots then: a copy that failed did until Rucio learned of it.
    pub(super) fn is_active(self, at: i64) -> bool {
        self.spans("started_at_ns", "transferred_at_ns", at) && !self.is_over(at)
    }

    /// Whether a request was queued at FTS then.
    pub(super) fn is_queued(self, at: i64) -> bool {
        self.spans("submitted_at_ns", "started_at_ns", at) && !self.is_over(at)
    }

    fn is_over(self, at: i64) -> bool {
        self.int("learned_at_ns").is_some_and(|learned| learned <= at)
    }

    /// Whether `at` lies between two instants of the row, an empty second one meaning never.
    pub(super) fn spans(self, from: &str, to: &str, at: i64) -> bool {
        self.int(from).is_some_and(|from| from <= at) && self.int(to).is_none_or(|to| to > at)
    }
}
