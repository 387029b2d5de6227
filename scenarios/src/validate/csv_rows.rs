//! Rows of a CSV file, plain or gzipped.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path as FilePath, PathBuf};

use super::check::Check;
use crate::read::near::{listed, nearest};
use crate::read::path::At;

/// The environment variable that names the folder of logs.
pub(crate) const DATA_VARIABLE: &str = "DAPPLE_DATA";

/// Finds and opens logs.
pub(crate) struct TraceFiles<'a> {
    /// Folder that relative paths start from.
    pub base: &'a FilePath,
    /// Folder of `$DAPPLE_DATA`.
    pub data: Option<&'a FilePath>,
    /// A hash of each log that was read, by its name in the scenario.
    pub hashes: BTreeMap<String, u64>,
}

impl TraceFiles<'_> {
    /// Opens a log and reads its header.
    pub fn open(&mut self, name: &str, at: &At<'_>, check: &mut Check) -> Option<Rows> {
        let place = at.field("file");
        let path = match self.locate(name) {
            Ok(path) => path,
            Err(why) => {
                check.fault(&place, why);
                return None;
            }
        };
        let opened = Rows::open(&path).and_then(|rows| {
            self.hashes.insert(name.to_owned(), hash_of(&path)?);
            Ok(rows)
        });
        match opened {
            Ok(rows) => Some(rows),
            Err(why) => {
                let help = format!("`${DATA_VARIABLE}/..` is found in the folder that {DATA_VARIABLE} names");
                check.fault_help(&place, format!("cannot read the log {}: {why}", path.display()), help);
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

/// FNV-1a of a file: tells one version of a log from another.
fn hash_of(path: &FilePath) -> Result<u64, String> {
    let mut file = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut block = vec![0; 1 << 16];
    loop {
        let length = file.read(&mut block).map_err(|error| error.to_string())?;
        if length == 0 {
            return Ok(hash);
        }
        for &byte in &block[..length] {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The rows of an open CSV file.
pub(crate) struct Rows {
    reader: csv::Reader<Box<dyn Read>>,
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

impl Rows {
    fn open(path: &FilePath) -> Result<Self, String> {
        let not_found = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        };
        if path.is_dir() {
            return Err("it is a folder, not a file".into());
        }
        let mut magic = Vec::new();
        let file = File::open(path).map_err(not_found)?;
        file.take(2).read_to_end(&mut magic).map_err(|error| error.to_string())?;
        let file = BufReader::new(File::open(path).map_err(not_found)?);
        let input: Box<dyn Read> =
            if magic == [0x1f, 0x8b] { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
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
        let near = nearest(name, names()).map_or(String::new(), |near| format!("did you mean `{near}`? "));
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
