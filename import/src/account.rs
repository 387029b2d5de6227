//! The account of an import: what came in, what went out, and what was made of it on the way.
//!
//! Every row (of a topology: every element) is counted once, as kept or under the reason for which it was dropped. What a
//! file does not say is either guessed from what it does say or set to a default; both are told, because both are physics.
//! Nothing in an account names anything of the file, so that it can be shown where names are hidden: places are lines.

use std::fmt;

/// Lines that are shown of each reason.
const SHOWN: usize = 3;
/// Characters of a line of the account.
const WIDTH: usize = 116;

/// Where something stands: the number of the file, 0 for the first, and the line in it, 1 for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of the file.
    pub file: usize,
    /// Line in it.
    pub line: u64,
}

/// What was done with part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// A row that is left out.
    Dropped,
    /// Something not said, taken from what is said elsewhere in the file.
    Guessed,
    /// Something not said, set to a usual value.
    Defaulted,
    /// Something said for which a scenario has no place, though its row is kept.
    NotCarriedOver,
}

/// How often something was done, for one reason.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What was done.
    pub treatment: Treatment,
    /// Why, in words that read alone.
    pub reason: String,
    /// How many rows it concerns; none where it concerns the whole.
    pub rows: u64,
    /// The first of them.
    pub first: Vec<Place>,
}

/// What came in, what went out, and what was made of it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    n_files: usize,
    is_of_elements: bool,
    rows: u64,
    kept: u64,
    entries: Vec<Entry>,
}

impl Account {
    pub(crate) fn new(n_files: usize) -> Self {
        Self { n_files, ..Self::default() }
    }

    /// That of a file whose rows are elements of XML.
    pub(crate) fn of_elements() -> Self {
        Self { n_files: 1, is_of_elements: true, ..Self::default() }
    }

    /// What its rows are.
    pub(crate) fn noun(&self) -> &'static str {
        if self.is_of_elements { "elements" } else { "rows" }
    }

    /// Rows that were read.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that are in the scenario.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// Rows that were left out, for whatever reason.
    pub fn dropped(&self) -> u64 {
        self.of(Treatment::Dropped).map(|entry| entry.rows).sum()
    }

    /// What was done in one way, in the order in which it was met first.
    pub fn of(&self, treatment: Treatment) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.treatment == treatment)
    }

    /// Counts a row: the value of one that is kept.
    pub(crate) fn row<T>(&mut self, place: Place, row: Result<T, String>) -> Option<T> {
        self.rows += 1;
        match row {
            Ok(value) => {
                self.kept += 1;
                Some(value)
            }
            Err(reason) => {
                self.add(Treatment::Dropped, reason, Some(place));
                None
            }
        }
    }

    /// Takes back a row that was counted as kept, because of what came after it.
    pub(crate) fn drop_kept(&mut self, place: Place, reason: &str) {
        self.kept -= 1;
        self.add(Treatment::Dropped, reason.to_owned(), Some(place));
    }

    /// Notes what was done with one row that is kept.
    pub(crate) fn note_row(&mut self, treatment: Treatment, reason: &str, place: Place) {
        self.add(treatment, reason.to_owned(), Some(place));
    }

    /// Notes what was done with the whole.
    pub(crate) fn note(&mut self, treatment: Treatment, reason: impl Into<String>) {
        self.add(treatment, reason.into(), None);
    }

    fn add(&mut self, treatment: Treatment, reason: String, place: Option<Place>) {
        let known = self.entries.iter_mut().find(|entry| entry.treatment == treatment && entry.reason == reason);
        let entry = match known {
            Some(entry) => entry,
            None => {
                self.entries.push(Entry { treatment, reason, rows: 0, first: Vec::new() });
                let last = self.entries.len() - 1;
                &mut self.entries[last]
            }
        };
        if let Some(place) = place {
            entry.rows += 1;
            if entry.first.len() < SHOWN {
                entry.first.push(place);
            }
        }
    }

    /// What was done in one way, a line of text or more for each reason.
    pub(crate) fn reasons(&self, treatment: Treatment) -> String {
        let texts = self.of(treatment).map(|entry| {
            let text = match entry.rows {
                0 => entry.reason.clone(),
                rows => format!("{rows}: {} ({})", entry.reason, self.places(entry)),
            };
            wrapped(&text)
        });
        texts.collect()
    }

    fn places(&self, entry: &Entry) -> String {
        let lines = entry.first.iter().map(|place| match self.n_files {
            0 | 1 => place.line.to_string(),
            _ => format!("{} of file {}", place.line, place.file + 1),
        });
        let more = if entry.rows > entry.first.len() as u64 { ", .." } else { "" };
        let word = if entry.rows == 1 { "line" } else { "lines" };
        format!("{word} {}{more}", lines.collect::<Vec<_>>().join(", "))
    }
}

/// `1 job`, `2 jobs`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The text in lines, the first of them with a dash.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("  -");
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() >= WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} read, {} kept, {} dropped", self.rows, self.noun(), self.kept, self.dropped())?;
        let titles = [
            (Treatment::Dropped, "Dropped"),
            (Treatment::Guessed, "Guessed"),
            (Treatment::Defaulted, "Defaulted: change what you know better"),
            (Treatment::NotCarriedOver, "Not carried over"),
        ];
        for (treatment, title) in titles {
            let reasons = self.reasons(treatment);
            if !reasons.is_empty() {
                write!(f, "{title}\n{reasons}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_counted_once_and_the_first_lines_of_a_reason_are_shown() {
        let mut account = Account::new(2);
        for line in 1..=6 {
            let row = if line == 1 { Ok(line) } else { Err("it has no size".to_owned()) };
            account.row(Place { file: 1, line }, row);
        }
        account.note(Treatment::Defaulted, "links have 100 Gbps");
        assert_eq!((account.rows(), account.kept(), account.dropped()), (6, 1, 5));
        let text = account.to_string();
        assert!(text.starts_with("6 rows read, 1 kept, 5 dropped\nDropped\n"), "{text}");
        assert!(text.contains("  - 5: it has no size (lines 2 of file 2, 3 of file 2, 4 of file 2, ..)\n"), "{text}");
        assert!(text.contains("\n  - links have 100 Gbps\n"), "{text}");
        account.drop_kept(Place { file: 1, line: 1 }, "it is larger than all");
        assert_eq!((account.rows(), account.kept(), account.dropped()), (6, 0, 6));
    }
}
