//! A typed table in memory, column by column.

use crate::{Cells, Names};

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Whole numbers: ids, counts, bytes, nanoseconds.
    Int,
    /// Doubles: derived figures and shares.
    Float,
    /// Names; few different values, so they are stored as a dictionary.
    Text,
}

/// One column: its name carries its unit (`size_bytes`, `started_at_ns`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, with the unit at its end.
    pub name: String,
    /// Type.
    pub kind: ColumnKind,
    /// What it holds, for the data dictionary; says when it is empty.
    pub doc: String,
}

/// Name, meaning and columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Name of the table and stem of its file.
    pub name: String,
    /// What one row is.
    pub row: String,
    /// Columns in order. Every column may be empty in a row: empty means "did not happen".
    pub columns: Vec<Column>,
}

impl Schema {
    /// A schema from (name, kind, doc) triples.
    pub fn new(name: &str, row: &str, columns: &[(&str, ColumnKind, &str)]) -> Self {
        let column =
            |&(name, kind, doc): &(&str, ColumnKind, &str)| Column { name: name.into(), kind, doc: doc.into() };
        Self { name: name.into(), row: row.into(), columns: columns.iter().map(column).collect() }
    }

    /// Position of a column by name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Did not happen.
    Empty,
    /// For [`ColumnKind::Int`].
    Int(i64),
    /// For [`ColumnKind::Float`].
    Float(f64),
    /// For [`ColumnKind::Text`].
    Text(&'a str),
}

/// One cell as the recorder appends it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Empty,
    Int(i64),
    Float(f64),
    /// A word.
    Word(&'a str),
    /// The nth of the names that the column was given.
    Name(usize),
}

impl<'a> From<Value<'a>> for Cell<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Empty => Self::Empty,
            Value::Int(x) => Self::Int(x),
            Value::Float(x) => Self::Float(x),
            Value::Text(x) => Self::Word(x),
        }
    }
}

/// The cells of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// Whole numbers.
    Int(Cells<i64>),
    /// Doubles.
    Float(Cells<f64>),
    /// Names.
    Text(Names),
}

/// A schema and its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct TableData {
    /// Name and columns.
    pub schema: Schema,
    /// One entry per column of the schema, all of the same length.
    pub columns: Vec<ColumnData>,
}

impl TableData {
    /// A table without rows.
    pub fn new(schema: Schema) -> Self {
        let empty = |column: &Column| match column.kind {
            ColumnKind::Int => ColumnData::Int(Cells::new()),
            ColumnKind::Float => ColumnData::Float(Cells::new()),
            ColumnKind::Text => ColumnData::Text(Names::new()),
        };
        let columns = schema.columns.iter().map(empty).collect();
        Self { schema, columns }
    }

    /// Appends a row.
    ///
    /// # Panics
    /// Where the row does not fit the schema: rows are written by dapple's own code only.
    pub fn push(&mut self, row: &[Value<'_>]) {
        self.append_cells(row.iter().copied().map(Cell::from));
    }

    /// Gives a column of names its names, before the first row.
    pub(super) fn set_names<'a>(&mut self, column: &str, names: impl Iterator<Item = &'a str>) {
        debug_assert_eq!(self.rows(), 0, "names come before rows");
        let position = self.schema.position(column).expect("the schema has the column");
        self.columns[position] = ColumnData::Text(Names::of(names));
    }

    /// Appends a row of the recorder.
    pub(super) fn append<const N: usize>(&mut self, row: [Cell<'_>; N]) {
        self.append_cells(row.into_iter());
    }

    fn append_cells<'a>(&mut self, row: impl ExactSizeIterator<Item = Cell<'a>>) {
        let Self { schema, columns } = self;
        assert_eq!(row.len(), columns.len(), "a row of `{}` has one cell per column", schema.name);
        for (cell, (column, data)) in row.zip(schema.columns.iter().zip(columns)) {
            match (data, cell) {
                (ColumnData::Int(cells), Cell::Int(x)) => cells.push(Some(x)),
                (ColumnData::Int(cells), Cell::Empty) => cells.push(None),
                // Zero has no sign in results; an empty sum, for one, is -0.0.
                (ColumnData::Float(cells), Cell::Float(x)) => cells.push(Some(x + 0.0)),
                (ColumnData::Float(cells), Cell::Empty) => cells.push(None),
                (ColumnData::Text(cells), Cell::Word(word)) => cells.push(Some(word)),
                (ColumnData::Text(cells), Cell::Name(code)) => cells.push_code(code as u32),
                (ColumnData::Text(cells), Cell::Empty) => cells.push(None),
                (_, cell) => unreachable!("column `{}` of `{}` holds no {cell:?}", column.name, schema.name),
            }
        }
    }

    /// Puts the rows in order of their ids, which stand in the first column and are all different. Besides the table
    /// it takes 4 bytes a row, and one column at a time is there twice.
    pub(super) fn order_by_id(&mut self) {
        let Some(ColumnData::Int(ids)) = self.columns.first() else { return };
        if ids.iter().is_sorted() {
            return;
        }
        let mut order: Vec<u32> = (0..ids.len() as u32).collect();
        order.sort_unstable_by_key(|row| ids.get(*row as usize));
        for column in &mut self.columns {
            match column {
                ColumnData::Int(cells) => *cells = cells.in_order(&order),
                ColumnData::Float(cells) => *cells = cells.in_order(&order),
                ColumnData::Text(names) => names.reorder(&order),
            }
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self.columns.first() {
            None => 0,
            Some(ColumnData::Int(cells)) => cells.len(),
            Some(ColumnData::Float(cells)) => cells.len(),
            Some(ColumnData::Text(cells)) => cells.len(),
        }
    }

    /// The cells of a column of whole numbers.
    pub fn ints(&self, name: &str) -> Option<&Cells<i64>> {
        match self.columns.get(self.schema.position(name)?)? {
            ColumnData::Int(cells) => Some(cells),
            _ => None,
        }
    }

    /// The cells of a column of doubles.
    pub fn floats(&self, name: &str) -> Option<&Cells<f64>> {
        match self.columns.get(self.schema.position(name)?)? {
            ColumnData::Float(cells) => Some(cells),
            _ => None,
        }
    }

    /// The cells of a column of names.
    pub fn texts(&self, name: &str) -> Option<&Names> {
        match self.columns.get(self.schema.position(name)?)? {
            ColumnData::Text(cells) => Some(cells),
            _ => None,
        }
    }

    /// One cell, `Empty` outside the table.
    pub fn cell(&self, row: usize, column: usize) -> Value<'_> {
        match self.columns.get(column) {
            Some(ColumnData::Int(cells)) => cells.get(row).map_or(Value::Empty, Value::Int),
            Some(ColumnData::Float(cells)) => cells.get(row).map_or(Value::Empty, Value::Float),
            Some(ColumnData::Text(cells)) => cells.get(row).map_or(Value::Empty, Value::Text),
            None => Value::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        let mut table = TableData::new(Schema::new("things", "thing", &[("a", ColumnKind::Float, "")]));
        table.push(&[Value::Float(-0.0)]);
        table.append([Cell::Float([0.0_f64; 0].iter().sum())]);
        let cells = table.floats("a").expect("a column of doubles");
        assert!(cells.iter().flatten().all(f64::is_sign_positive), "{cells:?}");
    }

    #[test]
    fn rows_are_put_in_order_of_their_ids() {
        let columns = [("id", ColumnKind::Int, ""), ("share", ColumnKind::Float, ""), ("name", ColumnKind::Text, "")];
        let rows = [(7, None, 1), (2, Some(0.5), 0), (11, Some(0.25), 1), (3, None, 0)];
        let mut table = TableData::new(Schema::new("things", "thing", &columns));
        table.set_names("name", ["a", "b"].into_iter());
        for (id, share, name) in rows {
            table.append([Cell::Int(id), share.map_or(Cell::Empty, Cell::Float), Cell::Name(name)]);
        }
        table.order_by_id();
        let mut ordered = TableData::new(table.schema.clone());
        for (id, share, name) in [(2, Some(0.5), "a"), (3, None, "a"), (7, None, "b"), (11, Some(0.25), "b")] {
            ordered.push(&[Value::Int(id), share.map_or(Value::Empty, Value::Float), Value::Text(name)]);
        }
        assert_eq!(table, ordered);
        table.order_by_id();
        assert_eq!(table, ordered);
    }
}
