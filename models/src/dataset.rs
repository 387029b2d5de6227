//! Feature tables: named columns of equal length, and what can be wrong with data handed in.
//!
//! A [`Features`] table is stored by column. It may hold NaN (a measurement that is missing); the models refuse it when
//! they fit, so that a table can be built first and filtered afterwards.

use serde::{Deserialize, Serialize};

/// What is wrong with data that was handed in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is not a single value.
    #[error("no values")]
    Empty,
    /// Two sequences that belong together differ in length.
    #[error("{what} has {found} values where {expected} are needed")]
    LengthMismatch {
        /// The sequence that does not fit.
        what: String,
        /// Length of the sequence it has to match.
        expected: usize,
        /// Its own length.
        found: usize,
    },
    /// A value is NaN or infinite.
    #[error("{what}, row {row}: must be finite")]
    NotFinite {
        /// The column or sequence.
        what: String,
        /// Zero-based row.
        row: usize,
    },
    /// Two columns have one name.
    #[error("two columns are called `{name}`")]
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// A column that was asked for is not in the table.
    #[error("no column is called `{name}`")]
    NoColumn {
        /// The name.
        name: String,
    },
    /// There are fewer values than the quantity needs.
    #[error("{found} values where at least {needed} are needed")]
    TooFew {
        /// Smallest count for which the quantity exists.
        needed: usize,
        /// Count handed in.
        found: usize,
    },
    /// A number lies outside the range in which the quantity exists.
    #[error("{what} is {value}, must be {range}")]
    OutOfRange {
        /// What the number is.
        what: &'static str,
        /// The number.
        value: f64,
        /// The range in words.
        range: &'static str,
    },
}

/// Named columns of equal length: `n_rows × n_columns` numbers.
///
/// The order of columns is kept and is the order of coefficients. Names are unique.
///
/// ```
/// use dapple_models::Features;
///
/// let x = Features::new([("S", vec![300.0, 2000.0]), ("ConTh", vec![0.0, 300.0])])?;
/// assert_eq!(x.n_rows(), 2);
/// let with_product = x.with_product("S", "ConTh")?;
/// assert_eq!(with_product.column("S:ConTh"), Some(&[0.0, 600_000.0][..]));
/// # Ok::<(), dapple_models::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "FeaturesRecord", into = "FeaturesRecord")]
pub struct Features {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    n_rows: usize,
}

impl Features {
    /// Builds a table from `(name, values)` pairs.
    ///
    /// # Errors
    /// [`DataError::LengthMismatch`] when a column is shorter or longer than the first, [`DataError::DuplicateColumn`].
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, Vec<f64>)>) -> Result<Self, DataError> {
        let mut table = Self::default();
        for (name, values) in columns {
            table.push(name.into(), values)?;
        }
        Ok(table)
    }

    /// This table with one more column at the end.
    ///
    /// # Errors
    /// As [`Features::new`].
    pub fn with_column(mut self, name: impl Into<String>, values: Vec<f64>) -> Result<Self, DataError> {
        self.push(name.into(), values)?;
        Ok(self)
    }

    /// A copy with the product of two columns at the end, called `first:second`.
    ///
    /// # Errors
    /// [`DataError::NoColumn`] when either is missing, [`DataError::DuplicateColumn`] when the product is there already.
    pub fn with_product(&self, first: &str, second: &str) -> Result<Self, DataError> {
        let product = self.required(first)?.iter().zip(self.required(second)?).map(|(a, b)| a * b).collect();
        self.clone().with_column(format!("{first}:{second}"), product)
    }

    /// The named columns only, in the order asked for.
    ///
    /// # Errors
    /// [`DataError::NoColumn`], [`DataError::DuplicateColumn`].
    pub fn select(&self, names: &[&str]) -> Result<Self, DataError> {
        let columns: Result<Vec<_>, DataError> =
            names.iter().map(|name| Ok((*name, self.required(name)?.to_vec()))).collect();
        Self::new(columns?)
    }

    /// The rows for which `keep(row)` holds, row being the zero-based index.
    #[must_use]
    pub fn filter_rows(&self, keep: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.n_rows).filter(|&row| keep(row)).collect();
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().map(|column| rows.iter().map(|&row| column[row]).collect()).collect(),
            n_rows: rows.len(),
        }
    }

    /// Count of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Count of columns.
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// Names, in the order of columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Values of one column, `None` when there is no such column.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let at = self.names.iter().position(|own| own == name)?;
        Some(&self.columns[at])
    }

    /// `(name, values)` of each column.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, &[f64])> {
        self.names.iter().map(String::as_str).zip(self.columns.iter().map(Vec::as_slice))
    }

    /// Values of one column, or the error that names it.
    pub(crate) fn required(&self, name: &str) -> Result<&[f64], DataError> {
        self.column(name).ok_or_else(|| DataError::NoColumn { name: name.to_owned() })
    }

    fn push(&mut self, name: String, values: Vec<f64>) -> Result<(), DataError> {
        if self.names.contains(&name) {
            return Err(DataError::DuplicateColumn { name });
        }
        if !self.columns.is_empty() && values.len() != self.n_rows {
            let (expected, found) = (self.n_rows, values.len());
            return Err(DataError::LengthMismatch { what: format!("column `{name}`"), expected, found });
        }
        self.n_rows = values.len();
        self.names.push(name);
        self.columns.push(values);
        Ok(())
    }
}

/// How a table is written: without the count of rows, which could contradict the columns.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeaturesRecord {
    columns: Vec<(String, Vec<f64>)>,
}

impl TryFrom<FeaturesRecord> for Features {
    type Error = DataError;

    fn try_from(record: FeaturesRecord) -> Result<Self, DataError> {
        Self::new(record.columns)
    }
}

impl From<Features> for FeaturesRecord {
    fn from(table: Features) -> Self {
        Self { columns: table.names.into_iter().zip(table.columns).collect() }
    }
}

/// Refuses sequences of unequal length.
pub(crate) fn same_length(what: &str, expected: usize, found: usize) -> Result<(), DataError> {
    if expected == found {
        return Ok(());
    }
    Err(DataError::LengthMismatch { what: what.to_owned(), expected, found })
}

/// Refuses a sequence with a NaN or an infinity, naming the first.
pub(crate) fn all_finite(what: &str, values: &[f64]) -> Result<(), DataError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => Err(DataError::NotFinite { what: what.to_owned(), row }),
    }
}

/// Refuses sequences that are empty, of unequal length, or not finite.
pub(crate) fn usable_pair(first: (&str, &[f64]), second: (&str, &[f64])) -> Result<(), DataError> {
    same_length(second.0, first.1.len(), second.1.len())?;
    if first.1.is_empty() {
        return Err(DataError::Empty);
    }
    all_finite(first.0, first.1)?;
    all_finite(second.0, second.1)
}

/// Refuses anything that is not a probability strictly inside (0, 1).
pub(crate) fn open_unit(what: &'static str, value: f64) -> Result<(), DataError> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(DataError::OutOfRange { what, value, range: "between 0 and 1, both excluded" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_columns() -> Features {
        Features::new([("a", vec![1.0, 2.0, 3.0]), ("b", vec![4.0, 5.0, 6.0])]).unwrap()
    }

    #[test]
    fn columns_keep_their_order_and_rows_can_be_filtered() {
        let table = two_columns();
        assert_eq!(table.names(), ["a", "b"]);
        let kept = table.filter_rows(|row| row != 1);
        assert_eq!(kept.column("b"), Some(&[4.0, 6.0][..]));
        assert_eq!(table.select(&["b"]).unwrap().n_columns(), 1);
    }

    #[test]
    fn wrong_tables_are_refused() {
        assert!(matches!(
            Features::new([("a", vec![1.0]), ("b", vec![])]),
            Err(DataError::LengthMismatch { expected: 1, found: 0, .. })
        ));
        assert!(matches!(Features::new([("a", vec![]), ("a", vec![])]), Err(DataError::DuplicateColumn { .. })));
        assert!(matches!(two_columns().select(&["c"]), Err(DataError::NoColumn { .. })));
        assert!(two_columns().with_product("a", "c").is_err());
    }

    #[test]
    fn survives_writing_and_refuses_a_ragged_file() {
        let table = two_columns();
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Features>(&text).unwrap(), table);
        assert!(serde_json::from_str::<Features>(r#"{"columns":[["a",[1.0]],["b",[]]]}"#).is_err());
    }
}
