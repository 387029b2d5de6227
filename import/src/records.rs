//! Records with named fields, whether a file is CSV or JSON.
//!
//! CSV has a header row and commas, semicolons or tabs between cells. JSON is one object a line, or one text that is a list of
//! objects or an object with such a list in it. A record that cannot be read is one bad record and takes no other with it: a
//! quote that is never closed ends with its line.

use std::rc::Rc;

use serde_json::Value;

use crate::error::ImportError;
use crate::text::Source;

/// Lines that one record can have: messages in quotes may be broken.
const MAX_LINES: usize = 200;

/// Words of databases for no value.
const MISSING: [&str; 7] = ["", "null", "none", "nan", "\\n", "(null)", "undefined"];

/// Why a row cannot be read.
pub(crate) const NO_TEXT: &str = "it is not valid UTF-8";

/// Why a row cannot be used.
pub(crate) const NO_NAME: &str = "a name in it is empty or has characters that cannot be seen";

/// Named fields of one row.
#[derive(Debug)]
pub(crate) struct Record {
    names: Rc<[String]>,
    cells: Vec<String>,
}

impl Record {
    /// The first of these fields that has a value; names are in lower case.
    pub fn get(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let at = self.names.iter().position(|known| known == name)?;
            let cell = self.cells.get(at)?.trim();
            (!MISSING.contains(&cell.to_ascii_lowercase().as_str())).then_some(cell)
        })
    }

    /// The same, or why the row cannot be used.
    pub fn need(&self, names: &[&str]) -> Result<&str, String> {
        self.get(names).ok_or_else(|| format!("it has no {}", names.join(" or ")))
    }

    /// A field that is read as something, or why the row cannot be used.
    pub fn read<T>(&self, names: &[&str], what: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, String> {
        read(self.need(names)?).ok_or_else(|| format!("its {} is no {what}", names.join(" or ")))
    }
}

/// A whole number of something that is not negative, also written with decimals.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let number: f64 = text.parse().ok()?;
    text.parse().ok().or_else(|| (0.0..9e18).contains(&number).then(|| number.round() as u64)).filter(|n| *n < 1 << 63)
}

/// The line of a record, and the record or why it cannot be read.
pub(crate) type Row = (u64, Result<Record, &'static str>);

/// A file of records.
pub(crate) struct Records<'a> {
    source: &'a Source,
    /// Fields in the header row of CSV; of JSON none.
    header: Option<(Rc<[String]>, u8)>,
}

impl<'a> Records<'a> {
    /// Looks at the start of a file.
    pub fn of(source: &'a Source) -> Result<Self, ImportError> {
        let first = source.text.lines().find(|line| !line.trim().is_empty());
        let Some(first) = first else { return Err(source.refused(None, "it is empty")) };
        if first.trim_start().starts_with(['{', '[']) {
            return Ok(Self { source, header: None });
        }
        let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
        let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(count).unwrap_or(b',');
        let names = split(first, delimiter).unwrap_or_default();
        let names: Vec<String> = names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        Ok(Self { source, header: Some((names.into(), delimiter)) })
    }

    /// Checks that a file with a header row has one of these fields, once.
    pub fn expect(&self, wanted: &[&str]) -> Result<(), ImportError> {
        let Some((names, _)) = &self.header else { return Ok(()) };
        let found: Vec<&&str> = wanted.iter().filter(|name| names.iter().any(|known| known == **name)).collect();
        let Some(used) = found.first() else {
            let near = names.iter().map(|name| (strsim::jaro_winkler(name, wanted[0]), name));
            let near = near.filter(|(near, _)| *near > 0.85).max_by(|a, b| a.0.total_cmp(&b.0));
            let near = near.map_or(String::new(), |(_, name)| format!("; did you mean `{name}`?"));
            let why = format!("no column `{}`{near} Columns: {}", wanted.join("` or `"), names.join(", "));
            return Err(self.source.refused(1, why));
        };
        if names.iter().filter(|name| name.as_str() == **used).count() > 1 {
            return Err(self.source.refused(1, format!("two columns are called `{used}`: which of them is meant?")));
        }
        Ok(())
    }

    /// The records.
    pub fn rows(&self) -> Box<dyn Iterator<Item = Row> + 'a> {
        let text = &self.source.text;
        match &self.header {
            Some((names, delimiter)) => Box::new(Csv {
                lines: text.lines().enumerate().collect::<Vec<_>>().into_iter(),
                names: Rc::clone(names),
                delimiter: *delimiter,
                is_header: true,
            }),
            None => json(text),
        }
    }
}

/// Rows of CSV.
struct Csv<'a> {
    lines: std::vec::IntoIter<(usize, &'a str)>,
    names: Rc<[String]>,
    delimiter: u8,
    is_header: bool,
}

impl Iterator for Csv<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            let (index, line) = self.lines.next()?;
            if line.trim().is_empty() {
                continue;
            }
            if std::mem::take(&mut self.is_header) {
                continue;
            }
            return Some((index as u64 + 1, self.record(line)));
        }
    }
}

impl Csv<'_> {
    fn record(&mut self, line: &str) -> Result<Record, &'static str> {
        let cells = match is_odd(line) && is_open(line, self.delimiter) {
            false => split(line, self.delimiter),
            true => Some(self.closed(line).ok_or("a quote in it is not closed")?),
        };
        let cells = cells.ok_or("it cannot be split into cells")?;
        if cells.iter().any(|cell| cell.contains(char::REPLACEMENT_CHARACTER)) {
            return Err(NO_TEXT);
        }
        if cells.len() != self.names.len() {
            return Err("it has another number of cells than the header");
        }
        Ok(Record { names: Rc::clone(&self.names), cells })
    }

    /// The cells of a record whose quotes span lines, if there is an end to them that makes a whole record; otherwise the
    /// lines after the first are records of their own.
    fn closed(&mut self, line: &str) -> Option<Vec<String>> {
        let ahead = self.lines.as_slice();
        let mut text = line.to_owned();
        for (taken, (_, more)) in ahead.iter().take(MAX_LINES).enumerate() {
            text.push('\n');
            text.push_str(more);
            if is_odd(more) && !is_open(&text, self.delimiter) {
                let cells = split(&text, self.delimiter)?;
                if cells.len() != self.names.len() {
                    return None;
                }
                self.lines.nth(taken);
                return Some(cells);
            }
        }
        None
    }
}

/// Whether a line can open or close a quote.
fn is_odd(line: &str) -> bool {
    line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}

/// Whether a quote is open at the end of a text: then a line behind it belongs to its last record. Quotes inside a cell open none.
fn is_open(text: &str, delimiter: u8) -> bool {
    let with_more = format!("{text}\n.");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(with_more.as_bytes());
    let last = reader.byte_records().flatten().last();
    last.is_none_or(|last| last.len() != 1 || last.get(0) != Some(b"."))
}

fn split(record: &str, delimiter: u8) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .buffer_capacity(record.len().clamp(16, 1 << 16))
        .from_reader(record.as_bytes());
    let mut cells = csv::StringRecord::new();
    reader.read_record(&mut cells).ok()?.then(|| cells.iter().map(str::to_owned).collect())
}

/// Objects of a JSON text.
fn json(text: &str) -> Box<dyn Iterator<Item = Row> + '_> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if serde_json::from_str::<serde_json::Map<String, Value>>(first).is_ok() && text.trim() != first.trim() {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        return Box::new(lines.map(|(index, line)| (index as u64 + 1, object(line))));
    }
    let start = text.len() - text.trim_start().len();
    let list = if text[start..].starts_with('[') { Some(start) } else { list_inside(text) };
    match list {
        Some(list) => Box::new(Objects { text, at: list + 1, counted: 0, line: 1 }),
        None => Box::new(Objects { text, at: start, counted: 0, line: 1 }),
    }
}

/// Where the list of objects in the only object of a text starts.
fn list_inside(text: &str) -> Option<usize> {
    let value: serde_json::Map<String, Value> = serde_json::from_str(text).ok()?;
    let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_object));
    let name = value.iter().find(|(_, value)| is_list(value)).map(|(name, _)| name)?;
    let at = text.find(&format!("\"{name}\""))?;
    Some(at + text[at..].find('[')?)
}

/// The objects of a list, one after the other, each by its brackets.
struct Objects<'a> {
    text: &'a str,
    at: usize,
    /// Up to where lines were counted, and how many.
    counted: usize,
    line: u64,
}

impl Iterator for Objects<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let start = self.at + self.text[self.at..].find(['{', ']'])?;
        if self.text[start..].starts_with(']') {
            return None;
        }
        self.line += self.text[self.counted..start].bytes().filter(|byte| *byte == b'\n').count() as u64;
        self.counted = start;
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        for (offset, byte) in self.text[start..].bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                b'{' if !in_text => depth += 1,
                b'}' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at = start + offset + 1;
                return Some((self.line, object(&self.text[start..self.at])));
            }
        }
        self.at = self.text.len();
        Some((self.line, Err("the object in it is not closed")))
    }
}

/// Fields of an object; those of objects inside it are fields of their own where their names are not taken.
fn object(text: &str) -> Result<Record, &'static str> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(NO_TEXT);
    }
    let value: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(|_| "it is no JSON object")?;
    let (mut names, mut cells) = (Vec::new(), Vec::new());
    let mut level = vec![value];
    while !level.is_empty() {
        let mut deeper = Vec::new();
        for (name, value) in level.into_iter().flatten() {
            let name = name.to_ascii_lowercase();
            match value {
                Value::Object(inside) => deeper.push(inside),
                Value::Null | Value::Array(_) => {}
                _ if names.contains(&name) => {}
                Value::String(text) => {
                    names.push(name);
                    cells.push(text);
                }
                other => {
                    names.push(name);
                    cells.push(other.to_string());
                }
            }
        }
        level = deeper;
    }
    Ok(Record { names: names.into(), cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and field `a` of each record of a text, or why it cannot be read.
    fn read(text: &str) -> Vec<(u64, String)> {
        let source = Source::of(text);
        let records = Records::of(&source).expect("it has a start");
        let rows = records.rows().map(|(line, record)| match record {
            Ok(record) => (line, record.get(&["a"]).unwrap_or("-").to_owned()),
            Err(why) => (line, why.to_owned()),
        });
        rows.collect()
    }

    fn row(line: u64, text: &str) -> (u64, String) {
        (line, text.to_owned())
    }

    #[test]
    fn csv_has_any_delimiter_and_one_bad_row_is_one() {
        assert_eq!(read("A,b\n1,2\n\n3,4\n"), [row(2, "1"), row(4, "3")]);
        assert_eq!(read("a;b\n1,5;2\n"), [row(2, "1,5")]);
        assert_eq!(read("a\tb\nNULL\t2\n3\n"), [row(2, "-"), row(3, "it has another number of cells than the header")]);
        let open = read("a,b\n1,\"x\n2,y\n3,z\n");
        assert_eq!(open, [row(2, "a quote in it is not closed"), row(3, "2"), row(4, "3")]);
        assert_eq!(read("a,b\n1,\"x\ny\"\n2,z\n"), [row(2, "1"), row(4, "2")], "a message may be broken");
        assert_eq!(read("a,b\n\"x, y\",\"say \"\"no\"\"\"\n"), [row(2, "x, y")]);
        // Two rows with a stray quote each do not become one.
        assert_eq!(read("a,b\n1\",x\n2,y\n3\",z\n"), [row(2, "1\""), row(3, "2"), row(4, "3\"")]);
    }

    #[test]
    fn json_is_lines_or_a_list_or_an_object_with_a_list() {
        assert_eq!(
            read("{\"a\": 1}\n{\"a\": \"x\"}\n{\"a\n"),
            [row(1, "1"), row(2, "x"), row(3, "it is no JSON object")]
        );
        assert_eq!(read("[{\"a\": 1},\n {\"data\": {\"A\": 2}, \"b\": \"}\\\"\"}]"), [row(1, "1"), row(2, "2")]);
        assert_eq!(read("{\"n\": 2, \"jobs\": [{\"a\": 1},\n{\"a\": null}]}"), [row(1, "1"), row(2, "-")]);
        assert_eq!(read("{\"a\": 7}"), [row(1, "7")]);
        assert_eq!(read("[{\"a\": 1},\n{\"a\": 2"), [row(1, "1"), row(2, "the object in it is not closed")]);
    }

    #[test]
    fn a_column_that_is_missing_or_there_twice_is_told() {
        let source = Source::of("submited_at,bytes,bytes\n");
        let records = Records::of(&source).expect("it has a header");
        let missing = records.expect(&["submitted_at", "created_at"]).expect_err("it is misspelt").to_string();
        assert!(
            missing.contains("given:1: no column `submitted_at` or `created_at`; did you mean `submited_at`?"),
            "{missing}"
        );
        let twice = records.expect(&["bytes"]).expect_err("it is there twice").to_string();
        assert!(twice.contains("two columns are called `bytes`"), "{twice}");
    }
}
