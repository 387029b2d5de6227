//! Tables as CSV, for those who want text. An empty cell is one that did not happen.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::{ColumnData, ColumnKind, ResultsError, Schema, TableData, Value};

/// Writes a table with a line of column names. Doubles keep all their digits.
///
/// # Errors
/// Where the sink fails.
pub fn write_csv(table: &TableData, sink: impl Write) -> Result<(), ::csv::Error> {
    let mut writer = ::csv::Writer::from_writer(sink);
    writer.write_record(table.schema.columns.iter().map(|column| &column.name))?;
    let mut line = ::csv::StringRecord::new();
    for row in 0..table.rows() {
        line.clear();
        for column in 0..table.columns.len() {
            match table.cell(row, column) {
                Value::Empty => line.push_field(""),
                Value::Int(value) => line.push_field(&value.to_string()),
                Value::Float(value) => line.push_field(&format!("{value:?}")),
                Value::Text(text) => line.push_field(text),
            }
        }
        writer.write_record(&line)?;
    }
    writer.flush()?;
    Ok(())
}

/// Reads a table. Columns that `schema` has get its types, others are names: columns are in the file's order.
///
/// # Errors
/// Where the file cannot be opened, a line has too few or too many cells, or a cell is not of its column's type.
pub fn read_csv(path: &Path, schema: &Schema) -> Result<TableData, ResultsError> {
    let file = File::open(path).map_err(|source| ResultsError::Read { path: path.to_owned(), source })?;
    let damaged = |source| ResultsError::Csv { path: path.to_owned(), source };
    let mut reader = ::csv::Reader::from_reader(file);
    let names = reader.headers().map_err(damaged)?.clone();
    let found = names.iter().map(|name| match schema.position(name) {
        Some(index) => schema.columns[index].clone(),
        None => crate::Column { name: name.to_owned(), kind: ColumnKind::Text, doc: String::new() },
    });
    let columns = found.collect();
    let mut table = TableData::new(Schema { name: schema.name.clone(), row: schema.row.clone(), columns });
    for record in reader.records() {
        let record = record.map_err(damaged)?;
        for ((text, data), column) in record.iter().zip(&mut table.columns).zip(&table.schema.columns) {
            push(data, text).map_err(|expected| ResultsError::Cell {
                path: path.to_owned(),
                line: record.position().map_or(0, ::csv::Position::line),
                column: column.name.clone(),
                text: text.to_owned(),
                expected,
            })?;
        }
    }
    Ok(table)
}

fn push(data: &mut ColumnData, text: &str) -> Result<(), &'static str> {
    let there = (!text.is_empty()).then_some(text);
    match data {
        ColumnData::Int(cells) => {
            cells.push(there.map(str::parse).transpose().map_err(|_| "a whole number")?);
        }
        ColumnData::Float(cells) => cells.push(there.map(str::parse).transpose().map_err(|_| "a number")?),
        ColumnData::Text(cells) => cells.push(there),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schema() -> Schema {
        let columns = [("a_ns", ColumnKind::Int, ""), ("b", ColumnKind::Float, ""), ("c", ColumnKind::Text, "")];
        Schema::new("things", "thing", &columns)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn tables_survive(
            rows in proptest::collection::vec((any::<Option<i64>>(), any::<Option<f64>>(), proptest::option::of("[a-zé,\"\n ]{1,5}")), 0..40)
        ) {
            let mut table = TableData::new(schema());
            for (a, b, c) in &rows {
                table.push(&[
                    a.map_or(Value::Empty, Value::Int),
                    b.map_or(Value::Empty, Value::Float),
                    c.as_deref().map_or(Value::Empty, Value::Text),
                ]);
            }
            let file = tempfile::NamedTempFile::new().expect("temporary file");
            write_csv(&table, file.as_file()).expect("writes");
            prop_assert_eq!(read_csv(file.path(), &schema()).expect("just written"), table);
        }
    }

    #[test]
    fn a_wrong_cell_is_named() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), "a_ns,b,new\n1,2.5,x\nsoon,,\n").expect("writes");
        let error = read_csv(file.path(), &schema()).expect_err("`soon` is no number").to_string();
        assert!(error.ends_with(":3: column `a_ns` holds `soon`, which is not a whole number"), "{error}");
        std::fs::write(file.path(), "a_ns,b\n1\n").expect("writes");
        assert!(matches!(read_csv(file.path(), &schema()), Err(ResultsError::Csv { .. })));
    }
}
