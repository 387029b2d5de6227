//! The texts that a scenario is made of: files, included files and `--set` values.

use std::sync::{Arc, OnceLock};

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceId(u32);

/// Where something is written: bytes `start..end` of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextRange {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// Byte behind the last.
    pub end: u32,
}

/// One text and what it is called in messages.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Name of the file as given, or `--set PATH`.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Where its lines start, once somebody asked.
    lines: OnceLock<Vec<usize>>,
}

/// All texts of one scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    /// Adds a text.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Source { name: name.into(), text: text.into(), lines: OnceLock::new() });
        id
    }

    /// The text of an id.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// What is written at a place.
    pub fn slice(&self, range: TextRange) -> &str {
        self.get(range.source).text.get(range.start as usize..range.end as usize).unwrap_or("")
    }
}

impl Source {
    /// Line and column, both from 1, of a byte; columns count characters.
    pub fn line_column(&self, byte: usize) -> (usize, usize) {
        let starts = || std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let lines = self.lines.get_or_init(starts);
        let line = lines.partition_point(|&start| start <= byte);
        let column = self.text.get(lines[line - 1]..byte).map_or(0, |before| before.chars().count()) + 1;
        (line, column)
    }
}

impl SourceId {
    /// Position in the order of reading.
    pub fn order(self) -> u32 {
        self.0
    }
}
