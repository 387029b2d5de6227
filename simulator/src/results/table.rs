//! A typed table in memory, column by column.

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

/// The cells of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Doubles.
    Float(Vec<Option<f64>>),
    /// Names.
    Text(Vec<Option<String>>),
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
            ColumnKind::Int => ColumnData::Int(Vec::new()),
            ColumnKind::Float => ColumnData::Float(Vec::new()),
            ColumnKind::Text => ColumnData::Text(Vec::new()),
        };
        let columns = schema.columns.iter().map(empty).collect();
        Self { schema, columns }
    }

    /// Appends a row.
    ///
    /// # Panics
    /// Where the row does not fit the schema: rows are written by dapple's own code only.
    pub fn push(&mut self, row: &[Value<'_>]) {
        assert_eq!(row.len(), self.columns.len(), "a row of `{}` has one value per column", self.schema.name);
        for (index, (cell, column)) in row.iter().zip(&mut self.columns).enumerate() {
            match (column, *cell) {
                (ColumnData::Int(cells), Value::Int(x)) => cells.push(Some(x)),
                (ColumnData::Int(cells), Value::Empty) => cells.push(None),
                (ColumnData::Float(cells), Value::Float(x)) => cells.push(Some(x)),
                (ColumnData::Float(cells), Value::Empty) => cells.push(None),
                (ColumnData::Text(cells), Value::Text(x)) => cells.push(Some(x.to_owned())),
                (ColumnData::Text(cells), Value::Empty) => cells.push(None),
                (_, value) => panic!("column `{}` cannot hold {value:?}", self.schema.columns[index].name),
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
    pub fn ints(&self, name: &str) -> Option<&[Option<i64>]> {
        match self.columns.get(self.schema.position(name)?)? {
            ColumnData::Int(cells) => Some(cells),
            _ => None,
        }
    }

    /// The cells of a column of doubles.
    pub fn floats(&self, name: &str) -> Option<&[Option<f64>]> {
        match self.columns.get(self.schema.position(name)?)? {
            ColumnData::Float(cells) => Some(cells),
            _ => None,
        }
    }

    /// The cells of a column of names.
    pub fn texts(&self, name: &str) -> Option<&[Option<String>]> {
        match self.columns.get(self.schema.position(name)?)? {
            ColumnData::Text(cells) => Some(cells),
            _ => None,
        }
    }

    /// One cell, `Empty` outside the table.
    pub fn cell(&self, row: usize, column: usize) -> Value<'_> {
        match self.columns.get(column) {
            Some(ColumnData::Int(cells)) => cells.get(row).copied().flatten().map_or(Value::Empty, Value::Int),
            Some(ColumnData::Float(cells)) => cells.get(row).copied().flatten().map_or(Value::Empty, Value::Float),
            Some(ColumnData::Text(cells)) => {
                cells.get(row).and_then(Option::as_deref).map_or(Value::Empty, Value::Text)
            }
            None => Value::Empty,
        }
    }
}
