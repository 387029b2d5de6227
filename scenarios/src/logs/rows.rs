//! Rows of a table in a text: a header row, then one row a line.
//!
//! A row is a line. Quotes keep delimiters in a cell, but no ends of lines: a quote that is never closed costs its own row
//! and no other.

use super::LogFile;
use super::dirt::DirtyCell;
use super::lines::Lines;
use crate::near::{did_you_mean, listed};

/// What may stand between the cells of a row.
pub(crate) const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// The rows of a log.
pub(crate) struct Rows<'f> {
    lines: Lines<'f>,
    delimiter: char,
    headers: Cells,
    cells: Cells,
    number: u64,
}

/// Names of columns.
pub(crate) struct Columns<'r>(&'r Cells);

/// Cells one behind the other, without the space around them.
#[derive(Default)]
struct Cells {
    text: String,
    ends: Vec<usize>,
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r> {
    cells: &'r Cells,
    /// Number of the row, 1 for the first row of data.
    pub number: u64,
}

impl<'f> Rows<'f> {
    /// Reads the header of a log; without a delimiter the one of which its header row has most.
    ///
    /// # Errors
    /// In words: what cannot be read.
    pub fn of(file: &'f LogFile, delimiter: Option<char>) -> Result<Self, String> {
        let mut lines = Lines::of(&file.bytes).map_err(|error| error.to_string())?;
        while lines.line().trim_ascii().is_empty() {
            if !lines.advance().map_err(|error| error.to_string())? {
                return Err("it is empty: a header row and rows of data are expected".into());
            }
        }
        let header = std::str::from_utf8(lines.line()).map_err(|_| "its header row is not valid UTF-8")?;
        if header.contains('\0') {
            return Err("its header row holds NUL: UTF-16 is read where it starts with a byte order mark".into());
        }
        let count = |delimiter: char| header.matches(delimiter).count();
        // The last of the largest wins, so the list is gone through backwards.
        let found = delimiter.or_else(|| DELIMITERS.into_iter().rev().max_by_key(|&delimiter| count(delimiter)));
        let delimiter = found.unwrap_or(',');
        let mut headers = Cells::default();
        headers.split(header, delimiter).map_err(|cell| format!("its header row: {}", cell.why))?;
        Ok(Self { lines, delimiter, headers, cells: Cells::default(), number: 0 })
    }

    /// The columns.
    pub fn columns(&self) -> Columns<'_> {
        Columns(&self.headers)
    }

    /// Number of the row read last, 1 for the first row of data.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The line of the file in which the row read last stands; the first has the number 1.
    pub fn line(&self) -> u64 {
        self.lines.number()
    }

    /// The next row; dirty where it is no row of this table. Empty lines are none.
    ///
    /// # Errors
    /// Where the file cannot be read on.
    pub fn next(&mut self) -> Result<Option<Result<Row<'_>, DirtyCell>>, String> {
        self.number += 1;
        loop {
            let is_there = self.lines.advance();
            if !is_there.map_err(|error| format!("the log breaks off at row {}: {error}", self.number))? {
                return Ok(None);
            }
            if self.lines.line().iter().any(|byte| *byte != b' ') {
                return Ok(Some(self.row()));
            }
        }
    }

    fn row(&mut self) -> Result<Row<'_>, DirtyCell> {
        let line = std::str::from_utf8(self.lines.line()).map_err(|_| DirtyCell::of_row("it is not valid UTF-8"))?;
        self.cells.split(line, self.delimiter)?;
        let columns = self.headers.ends.len();
        if (columns..self.cells.ends.len()).any(|column| self.cells.get(column).is_some_and(|cell| !cell.is_empty())) {
            return Err(DirtyCell::of_row(format!("it has more cells than the {columns} columns of the header row")));
        }
        Ok(Row { cells: &self.cells, number: self.number })
    }
}

impl Cells {
    fn get(&self, column: usize) -> Option<&str> {
        let end = *self.ends.get(column)?;
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end)
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|column| self.get(column))
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell.trim());
        self.ends.push(self.text.len());
    }

    /// Becomes the cells of a line.
    fn split(&mut self, line: &str, delimiter: char) -> Result<(), DirtyCell> {
        self.text.clear();
        self.ends.clear();
        let is_space = |c: char| c.is_whitespace() && c != delimiter;
        let mut rest = Some(line);
        while let Some(cell) = rest {
            rest = match cell.trim_start_matches(is_space).strip_prefix('"') {
                None => match cell.split_once(delimiter) {
                    Some((cell, rest)) => {
                        self.push(cell);
                        Some(rest)
                    }
                    None => {
                        self.push(cell);
                        None
                    }
                },
                Some(quoted) => {
                    let behind = self.push_quoted(quoted)?.trim_start_matches(is_space);
                    match behind.strip_prefix(delimiter) {
                        None if !behind.is_empty() => {
                            return Err(DirtyCell::of_row("text stands behind a quote that closes"));
                        }
                        rest => rest,
                    }
                }
            };
        }
        Ok(())
    }

    /// Takes a cell up to the quote that closes it, two of which stand for one, and tells what is behind.
    fn push_quoted<'l>(&mut self, quoted: &'l str) -> Result<&'l str, DirtyCell> {
        let (mut cell, mut rest) = (String::new(), quoted);
        loop {
            let Some((part, behind)) = rest.split_once('"') else {
                return Err(DirtyCell::of_row("a quote opens and does not close on its line"));
            };
            cell.push_str(part);
            match behind.strip_prefix('"') {
                Some(behind) => {
                    cell.push('"');
                    rest = behind;
                }
                None => {
                    self.push(&cell);
                    return Ok(behind);
                }
            }
        }
    }
}

impl Columns<'_> {
    /// The position of a column.
    ///
    /// # Errors
    /// Message and help where there is none of this name, or several.
    pub fn find(&self, name: &str) -> Result<usize, (String, String)> {
        let mut found = self.0.iter().enumerate().filter(|(_, column)| *column == name).map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(column), None) => Ok(column),
            (Some(first), Some(second)) => {
                let places = format!("columns {} and {}", first + 1, second + 1);
                let help = "rename one of them in the header row: which is meant cannot be told".to_owned();
                Err((format!("the log has more than one column `{name}` ({places})"), help))
            }
            (None, _) => {
                let near = did_you_mean(name, self.0.iter());
                let help = format!("{near}columns: {}", listed(self.0.iter()));
                Err((format!("the log has no column `{name}`"), help))
            }
        }
    }

    /// The name of a column.
    pub fn name(&self, column: usize) -> Option<&str> {
        self.0.get(column)
    }
}

impl<'r> Row<'r> {
    /// The text of a cell, empty where the row has no such cell.
    pub fn cell(&self, column: usize) -> &'r str {
        self.cells.get(column).unwrap_or("")
    }

    /// The text of a cell that may not be empty.
    pub fn text(&self, column: usize) -> Result<&'r str, DirtyCell> {
        let text = self.cell(column);
        if text.is_empty() { Err(DirtyCell::empty(column)) } else { Ok(text) }
    }

    /// A finite number, for comparisons only: what is replayed is read exactly.
    pub fn number_at(&self, column: usize) -> Result<f64, DirtyCell> {
        let text = self.text(column)?;
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| DirtyCell::of_cell(column, text, "is not a finite number"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(line: &str, delimiter: char) -> Result<Vec<String>, String> {
        let mut cells = Cells::default();
        cells.split(line, delimiter).map_err(|cell| cell.why.into_owned())?;
        Ok(cells.iter().map(str::to_owned).collect())
    }

    #[test]
    fn lines_are_split_into_cells() {
        let cells = |cells: &[&str]| Ok(cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        assert_eq!(split("a, b ,,c", ','), cells(&["a", "b", "", "c"]));
        assert_eq!(split("\"a,b\" ,\"say \"\"so\"\"\",", ','), cells(&["a,b", "say \"so\"", ""]));
        assert_eq!(split("a;b,c", ';'), cells(&["a", "b,c"]));
        assert_eq!(split("a\t\t 5\" disk", '\t'), cells(&["a", "", "5\" disk"]));
        assert_eq!(split("", ','), cells(&[""]));
        assert!(split("a,\"b", ',').is_err_and(|why| why.contains("does not close")));
        assert!(split("a,\"b\"c,d", ',').is_err_and(|why| why.contains("behind a quote")));
    }

    proptest! {
        /// Against the csv crate, which writes rows as everybody else does.
        #[test]
        fn what_others_write_is_read_again(rows in proptest::collection::vec("[a-z,;\"\t é]{0,6}", 1..6), at in 0..3usize) {
            let mut writer = csv::WriterBuilder::new().delimiter(DELIMITERS[at] as u8).from_writer(Vec::new());
            writer.write_record(&rows).expect("into memory");
            let line = String::from_utf8(writer.into_inner().expect("into memory")).expect("text");
            let expected: Vec<String> = rows.iter().map(|cell| cell.trim().to_owned()).collect();
            prop_assert_eq!(split(line.trim_end_matches('\n'), DELIMITERS[at]), Ok(expected));
        }
    }
}
