//! Records with named fields, whether a file is CSV or JSON.
//!
//! CSV has a header row and commas, semicolons or tabs between cells. JSON is one object a line, or one text that is a list of
//! objects or an object with such a list in it. A row of CSV or a line of JSON that cannot be read is one bad record and takes no
//! other with it: a quote that is never closed ends with its line. One text of JSON that is broken is refused: nobody can say
//! how many records are lost behind the place where it breaks.

use std::rc::Rc;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::error::ImportError;
use crate::text::Source;
use crate::times::names_no_zone;

/// Lines that one record can have: messages in quotes may be broken.
const MAX_LINES: usize = 200;

/// How often a quote can seem to close before it is taken as never closed, so that broken files are read in time.
const MAX_TRIES: usize = 8;

/// Objects of a list that are looked at to know what it is a list of.
const LOOKED_AT: usize = 100;

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

    /// Whether one of these times is a calendar time that names no zone.
    pub fn has_local_time(&self, times: &[&[&str]]) -> bool {
        times.iter().any(|names| self.get(names).is_some_and(names_no_zone))
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

/// How the records of a file stand in it.
enum Form {
    /// CSV: fields of the header row, and what stands between cells.
    Table(Rc<[String]>, u8),
    /// JSON, one object a line.
    Lines,
    /// JSON, one text; where its objects start.
    Text(usize),
}

/// A file of records.
pub(crate) struct Records<'a> {
    source: &'a Source,
    form: Form,
}

impl<'a> Records<'a> {
    /// Looks at the form of a file; `is_like` knows a record that is looked for, for texts that are lists of several things.
    pub fn of(source: &'a Source, is_like: impl Fn(&Record) -> bool) -> Result<Self, ImportError> {
        let first = source.text.lines().find(|line| !line.trim().is_empty());
        let Some(first) = first else { return Err(source.refused(None, "it is empty")) };
        if first.trim_start().starts_with(['{', '[']) {
            let form = match serde_json::from_str::<IgnoredAny>(&source.text) {
                Ok(_) => Form::Text(objects(&source.text, is_like)),
                Err(_) if is_lines(&source.text) => Form::Lines,
                Err(why) => {
                    let what = "it is no JSON, so that nobody knows how many records are lost behind this place";
                    return Err(source.refused(why.line() as u64, format!("{what}: {why}")));
                }
            };
            return Ok(Self { source, form });
        }
        let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
        let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(count).unwrap_or(b',');
        let names = split(first, delimiter).unwrap_or_default();
        let names: Vec<String> = names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        Ok(Self { source, form: Form::Table(names.into(), delimiter) })
    }

    /// Checks that a file with a header row has one of these fields, once.
    pub fn expect(&self, wanted: &[&str]) -> Result<(), ImportError> {
        let Form::Table(names, _) = &self.form else { return Ok(()) };
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
        match &self.form {
            Form::Table(names, delimiter) => Box::new(Csv {
                lines: text.lines().enumerate().collect::<Vec<_>>().into_iter(),
                names: Rc::clone(names),
                delimiter: *delimiter,
                is_header: true,
            }),
            Form::Lines => {
                let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
                Box::new(lines.map(|(index, line)| (index as u64 + 1, object(line))))
            }
            Form::Text(at) => Box::new(Objects::of(text, *at)),
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
        let mut tries = 0;
        for (taken, (_, more)) in ahead.iter().take(MAX_LINES).enumerate() {
            text.push('\n');
            text.push_str(more);
            tries += usize::from(is_odd(more));
            if tries > MAX_TRIES {
                return None;
            }
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

/// Whether a text is an object a line: most lines start and end like one.
fn is_lines(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let whole = lines.clone().filter(|line| line.starts_with('{') && line.ends_with('}')).count();
    2 * whole >= lines.count()
}

/// Where in a JSON text the objects start that are its records: those of the list that it is, those of a list in it, or the
/// one that it is.
fn objects(text: &str, is_like: impl Fn(&Record) -> bool) -> usize {
    let start = text.len() - text.trim_start().len();
    if text[start..].starts_with('[') {
        return start + 1;
    }
    let lists = lists(text);
    let is_one = |at: &usize| Objects::of(text, *at).take(LOOKED_AT).any(|(_, it)| it.is_ok_and(|it| is_like(&it)));
    let like = lists.iter().copied().chain([start]).find(is_one);
    // Of lists that are equally long the first.
    like.or_else(|| lists.into_iter().rev().max_by_key(|at| Objects::of(text, *at).count())).unwrap_or(start)
}

/// Where the lists of objects that are members of a JSON object start, empty ones too.
fn lists(text: &str) -> Vec<usize> {
    let (mut found, mut depth, mut in_text, mut escaped) = (Vec::new(), 0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                if byte == b'[' && depth == 1 && text[at + 1..].trim_start().starts_with(['{', ']']) {
                    found.push(at + 1);
                }
                depth += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// The objects of a list in a text that is JSON, one after the other, each by its brackets.
struct Objects<'a> {
    text: &'a str,
    at: usize,
    /// Up to where lines were counted, and how many.
    counted: usize,
    line: u64,
}

impl<'a> Objects<'a> {
    fn of(text: &'a str, at: usize) -> Self {
        Self { text, at, counted: 0, line: 1 }
    }
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
        None
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
        let records = Records::of(&source, |record| record.get(&["a"]).is_some()).expect("it has a start");
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
    }

    #[test]
    fn of_several_lists_the_one_is_taken_whose_objects_are_like_records() {
        assert_eq!(read("{\"errors\": [], \"jobs\": [{\"a\": 1}]}"), [row(1, "1")]);
        let counts = "{\"counts\": [{\"n\": 1}, {\"n\": 2}],\n\"why\": \"\\\"jobs\\\": [{\",\n\"more\": {\"jobs\": [{\"a\": 8}]},\n\"jobs\": [{\"a\": 1}]}";
        assert_eq!(read(counts), [row(4, "1")]);
        // Where none is, the longest.
        assert_eq!(read("{\"c\": [{\"n\": 1}], \"d\": [{\"n\": 1},\n{\"n\": 2}]}"), [row(1, "-"), row(2, "-")]);
        assert_eq!(read("{\"jobs\": []}"), []);
    }

    #[test]
    fn a_list_that_is_broken_is_refused_where_it_breaks() {
        let told =
            |text: &str| Records::of(&Source::of(text), |_| true).err().expect("nobody knows what is lost").to_string();
        let stray = told("[{\"a\": 1\"},\n{\"a\": 2},\n{\"a\": 3}]");
        assert!(stray.starts_with("given:1: it is no JSON") && stray.contains("column 9"), "{stray}");
        assert!(told("[{\"a\": 1},\n{\"a\": 2").starts_with("given:2: it is no JSON"));
        // Of lines only those that are broken are lost, the first as well.
        assert_eq!(read("{\"a\": \n{\"a\": 2}\n"), [row(1, "it is no JSON object"), row(2, "2")]);
    }

    #[test]
    fn a_quote_that_seems_to_close_again_and_again_is_taken_as_never_closed() {
        // Each line in the middle closes a quote and opens another; all together have as many cells as the header.
        let rows = |middle: usize| {
            let names = ["a,b", &",c".repeat(2 * middle)].concat();
            read(&format!("{names}\n1,\"x\n{}end\"\n", "y\",z\"q,\"w\n".repeat(middle))).len()
        };
        assert_eq!((rows(MAX_TRIES - 1), rows(MAX_TRIES)), (1, MAX_TRIES + 2));
    }

    #[test]
    fn a_column_that_is_missing_or_there_twice_is_told() {
        let source = Source::of("submited_at,bytes,bytes\n");
        let records = Records::of(&source, |_| true).expect("it has a header");
        let missing = records.expect(&["submitted_at", "created_at"]).expect_err("it is misspelt").to_string();
        assert!(
            missing.contains("given:1: no column `submitted_at` or `created_at`; did you mean `submited_at`?"),
            "{missing}"
        );
        let twice = records.expect(&["bytes"]).expect_err("it is there twice").to_string();
        assert!(twice.contains("two columns are called `bytes`"), "{twice}");
    }
}
