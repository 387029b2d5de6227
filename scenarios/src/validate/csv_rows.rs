//! Rows of a CSV file, plain or gzipped.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use crate::check::Check;
use crate::digest::Digest;
use crate::logs::{LogFile, Logs};
use crate::read::near::{did_you_mean, listed};
use crate::read::path::At;

/// The environment variable that names the folder of logs.
pub(crate) const DATA_VARIABLE: &str = "DAPPLE_DATA";

/// Finds logs.
pub(crate) struct TraceFiles<'a> {
    /// Folder that relative paths start from.
    pub base: &'a FilePath,
    /// Folder of `$DAPPLE_DATA`.
    pub data: Option<&'a FilePath>,
    /// What was read before.
    pub logs: &'a Logs,
    /// A digest of each log that is replayed, by its name in the scenario.
    pub digests: BTreeMap<String, Digest>,
}

impl TraceFiles<'_> {
    /// The log of this name.
    pub fn open(&mut self, name: &str, at: &At<'_>, check: &mut Check) -> Option<Arc<LogFile>> {
        let path = match self.locate(name) {
            Ok(path) => path,
            Err(why) => {
                check.fault(&at.field("file"), why);
                return None;
            }
        };
        match self.logs.file(&path) {
            Ok(file) => {
                self.digests.insert(name.to_owned(), file.digest);
                Some(file)
            }
            Err(why) => {
                cannot_read(&path, &why, at, check);
                None
            }
        }
    }

    fn locate(&self, name: &str) -> Result<PathBuf, String> {
        let prefix = format!("${DATA_VARIABLE}");
        match name.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix(['/', '\\'])) {
            None => Ok(self.base.join(name)),
            Some(rest) => self.data.map(|data| data.join(rest)).ok_or_else(|| {
                format!("the log `{name}` cannot be found: set {DATA_VARIABLE} to the folder that holds `{rest}`")
            }),
        }
    }
}

fn cannot_read(path: &FilePath, why: &str, at: &At<'_>, check: &mut Check) {
    let help = format!("`${DATA_VARIABLE}/..` is found in the folder that {DATA_VARIABLE} names");
    check.fault_help(&at.field("file"), format!("cannot read the log {}: {why}", path.display()), help);
}

/// The rows of a CSV file.
pub(crate) struct Rows<'f> {
    reader: csv::Reader<Box<dyn Read + 'f>>,
    headers: Vec<String>,
    record: csv::StringRecord,
    number: u64,
}

/// Names of columns.
pub(crate) struct Columns(Vec<String>);

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r> {
    record: &'r csv::StringRecord,
    headers: &'r [String],
    /// Number of the row, 1 for the first row of data.
    pub number: u64,
}

/// Why a row cannot be used.
#[derive(Debug)]
pub(crate) struct DirtyCell {
    column: Option<String>,
    why: String,
}

impl<'f> Rows<'f> {
    /// Reads the header of a log.
    pub fn of(file: &'f LogFile, at: &At<'_>, check: &mut Check) -> Option<Self> {
        Self::read(&file.bytes).map_err(|why| cannot_read(&file.path, &why, at, check)).ok()
    }

    fn read(bytes: &'f [u8]) -> Result<Self, String> {
        let is_zipped = bytes.starts_with(&[0x1f, 0x8b]);
        let input: Box<dyn Read + 'f> =
            if is_zipped { Box::new(flate2::read::MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
        let headers: Vec<String> =
            reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
        if headers.iter().all(String::is_empty) {
            return Err("it is empty: a header row and rows of data are expected".into());
        }
        Ok(Self { reader, headers, record: csv::StringRecord::new(), number: 0 })
    }

    /// The columns.
    pub fn columns(&self) -> Columns {
        Columns(self.headers.clone())
    }

    /// Number of the row read last.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next row; dirty where it is no text.
    ///
    /// # Errors
    /// Where the file cannot be read on.
    pub fn next(&mut self) -> Result<Option<Result<Row<'_>, DirtyCell>>, String> {
        self.number += 1;
        match self.reader.read_record(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(Ok(Row { record: &self.record, headers: &self.headers, number: self.number }))),
            Err(error) if error.is_io_error() => Err(format!("the log breaks off at row {}: {error}", self.number)),
            Err(_) => Ok(Some(Err(DirtyCell::of_row("it is not valid UTF-8")))),
        }
    }
}

impl Columns {
    /// The position of a column.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column == name)
    }

    /// Message and help for a column that is not there.
    pub fn unknown(&self, name: &str) -> (String, String) {
        let names = || self.0.iter().map(String::as_str);
        let near = did_you_mean(name, names());
        (format!("the log has no column `{name}`"), format!("{near}columns: {}", listed(names())))
    }
}

impl Row<'_> {
    /// Why the cell cannot be used.
    pub fn dirty(&self, column: usize, why: impl Into<String>) -> DirtyCell {
        DirtyCell { column: self.headers.get(column).cloned(), why: why.into() }
    }

    /// The text of a cell that is not empty.
    pub fn text_at(&self, column: usize) -> Result<&str, DirtyCell> {
        match self.record.get(column) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.dirty(column, "is empty")),
        }
    }

    /// A finite number.
    pub fn number_at(&self, column: usize) -> Result<f64, DirtyCell> {
        let text = self.text_at(column)?;
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| self.dirty(column, format!("`{text}` is not a finite number")))
    }

    /// A finite number that is not negative.
    pub fn not_negative_at(&self, column: usize) -> Result<f64, DirtyCell> {
        let number = self.number_at(column)?;
        if number < 0.0 { Err(self.dirty(column, format!("{number} is negative"))) } else { Ok(number) }
    }
}

impl DirtyCell {
    /// Something is wrong with the row as such.
    pub fn of_row(why: impl Into<String>) -> Self {
        Self { column: None, why: why.into() }
    }
}

impl fmt::Display for DirtyCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "column `{column}` {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}
