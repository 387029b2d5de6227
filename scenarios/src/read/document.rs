//! A scenario as a tree with its texts: read, edited, decoded, and asked for places.

use std::path::{Path as FilePath, PathBuf};

use super::decode::{self, Decoded};
use super::edit::{Edit, EditError};
use super::include::{FilesFrom, Includes, ReadError, read_text};
use super::mistake::Mistake;
use super::parse;
use super::path::Path;
use super::preset::Presets;
use super::source::{Sources, TextRange};
use super::tree::Node;
use crate::problems::{Excerpt, Problem, Problems};

/// Most problems that are told.
const MAX_PROBLEMS: usize = 100;

/// Something that is well written and wrong.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Where in the scenario.
    pub path: Path,
    /// In words.
    pub message: String,
    /// What is allowed, what may be meant.
    pub help: Option<String>,
}

/// A scenario as a tree with its texts.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The tree, includes expanded and overrides applied.
    pub root: Node,
    /// All texts that it comes from.
    pub sources: Sources,
    /// Folder that paths in the main file are relative to.
    pub base: PathBuf,
    files_from: FilesFrom,
    presets: Presets,
    /// Included files that cannot be read. They hide no other mistake: what they would hold counts as mended.
    unread: Vec<Mistake>,
}

impl Document {
    /// Reads a file.
    pub fn open(file: &FilePath, overrides: &[(String, String)]) -> Result<(Self, String), Problems> {
        let name = file.display().to_string();
        let text = read_text(file).map_err(|why| {
            Problems::from(vec![Problem::of_file(name.clone(), format!("cannot read the scenario: {why}"))])
        })?;
        // A pipe stands in no folder of its own: what it names is looked for from where the program was started.
        let base = file.parent().filter(|_| file.is_file()).unwrap_or(FilePath::new(""));
        let document = Self::read(FilesFrom::Disk, (&name, &text), base, overrides)?;
        Ok((document, text))
    }

    /// Reads a text; `name` is what messages call it.
    pub fn read(
        files_from: FilesFrom,
        (name, text): (&str, &str),
        base: &FilePath,
        overrides: &[(String, String)],
    ) -> Result<Self, Problems> {
        let mut sources = Sources::default();
        let source = sources.add(name, text);
        if text.trim().is_empty() {
            return Err(Problems::from(vec![Problem::of_file(name, "the scenario is empty")]));
        }
        if text.len() as u64 > super::include::MAX_BYTES {
            let message = format!("the scenario is larger than {} MiB", super::include::MAX_BYTES >> 20);
            return Err(Problems::from(vec![Problem::of_file(name, message)]));
        }
        let mut root = parse::parse(source, text).map_err(|error| {
            Problems::from(vec![problem(&sources, error.range, String::new(), error.message, error.help)])
        })?;
        let errors = Includes::new(files_from, &mut sources, Some(FilePath::new(name))).expand(&mut root, base);
        let presets = Presets::read(&mut sources);
        let mut document = Self { root, sources, base: base.to_owned(), files_from, presets, unread: Vec::new() };
        document.note_unread(errors);
        let mut problems = Problems::default();
        for (path, value) in overrides {
            if let Err(refused) = document.set(&format!("--set {path}"), path, value) {
                problems.extend(refused);
            }
        }
        if problems.is_empty() { Ok(document) } else { Err(problems) }
    }

    /// Puts a value at a path; `name` is what messages call it.
    pub fn set(&mut self, name: &str, path: &str, value: &str) -> Result<(), Problems> {
        let refused = |sources: &Sources, error: EditError| {
            Problems::from(vec![problem(sources, error.range, String::new(), error.message, error.help)])
        };
        let parsed = Edit::parse(name, path, value, &mut self.sources);
        let mut edit = parsed.map_err(|error| refused(&self.sources, error))?;
        let errors = Includes::new(self.files_from, &mut self.sources, None).expand(&mut edit.value, &self.base);
        edit.apply(&mut self.root, &self.sources).map_err(|error| refused(&self.sources, error))?;
        self.note_unread(errors);
        Ok(())
    }

    fn note_unread(&mut self, errors: Vec<ReadError>) {
        let Self { root, sources, .. } = self;
        self.unread.extend(errors.into_iter().map(|ReadError { message, help, range, named_at }| Mistake {
            help,
            range: Some(range),
            path: Path::to_unread(root, named_at, sources).unwrap_or_default(),
            ..Mistake::new(message)
        }));
    }

    /// Decodes the tree, with its preset laid under it, as far as it goes.
    pub fn decode<T: serde::de::DeserializeOwned>(&self) -> Decoded<T> {
        let (root, unknown) = self.presets.under(&self.root, &self.sources);
        let known: Vec<Mistake> = self.unread.iter().cloned().chain(unknown).collect();
        decode::decode(&root, &self.sources, &known)
    }

    /// Problems out of mistakes and faults, the first of them in order of place. Faults of what was mended are left out.
    pub fn problems(&self, mistakes: &[Mistake], faults: &[Fault], stopped: bool) -> Problems {
        let mut found: Vec<(TextRange, &Path, &str, Option<&str>)> = Vec::new();
        for mistake in mistakes {
            let range = mistake.range.unwrap_or(self.root.head());
            found.push((range, &mistake.path, &mistake.message, mistake.help.as_deref()));
        }
        for fault in faults {
            if !mistakes.iter().any(|mistake| fault.path.is_within(&mistake.path)) {
                found.push((self.place(&fault.path), &fault.path, &fault.message, fault.help.as_deref()));
            }
        }
        found.sort_by_key(|(range, ..)| (range.source.order(), range.start));
        let shown = found.iter().take(MAX_PROBLEMS);
        let mut problems: Vec<Problem> =
            shown.map(|(range, path, message, help)| self.problem_at(*range, path, message, *help)).collect();
        problems.dedup();
        Problems::from(problems).cut(found.len().saturating_sub(MAX_PROBLEMS), stopped)
    }

    /// Where the place, or the nearest thing around it, is written.
    fn place(&self, path: &Path) -> TextRange {
        path.find(&self.root, &self.sources).0.head()
    }

    fn problem_at(&self, range: TextRange, path: &Path, message: &str, help: Option<&str>) -> Problem {
        let path = path.show(&self.root, &self.sources);
        problem(&self.sources, range, path, message.to_owned(), help.map(str::to_owned))
    }
}

/// A problem with line, column and excerpt.
fn problem(sources: &Sources, range: TextRange, path: String, message: String, help: Option<String>) -> Problem {
    let source = sources.get(range.source);
    let (line, column) = source.line_column(range.start as usize);
    let excerpt = excerpt(&source.text, range.start as usize, range.end as usize);
    Problem { file: source.name.clone(), line, column, path, message, help, excerpt: Some(excerpt) }
}

/// The line around a place; of a very long one what is near.
fn excerpt(text: &str, start: usize, end: usize) -> Excerpt {
    const AROUND: usize = 100;
    let start = start.min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = end.clamp(start, line_end);
    let from = floor(text, line_start.max(start.saturating_sub(AROUND)));
    let to = floor(text, line_end.min(end.min(start + AROUND) + AROUND));
    // Tabs and other control characters would shift the underline.
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    let before: String = text[from..start].chars().map(blank).collect();
    let inside: String = text[start..floor(text, end.min(to))].chars().map(blank).collect();
    let after: String = text[floor(text, end.min(to))..to].chars().map(blank).collect();
    let start = before.len();
    let end = start + inside.len();
    Excerpt { text: before + &inside + &after, start, end }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
