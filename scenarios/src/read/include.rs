//! `File("..")`: any value can stand in a file of its own.
//!
//! The path is relative to the file in which it is written. A list in a file that is named inside a list joins it.

use std::io::Read as _;
use std::path::{Component, Path as FilePath, PathBuf};

use super::parse::{self, SyntaxError};
use super::source::{SourceId, Sources, TextRange};
use super::tree::{Kind, Node};
use crate::bundled;

/// Largest text that is read, all files together.
pub(crate) const MAX_BYTES: u64 = 64 << 20;
/// Files that may include each other in a row.
const MAX_CHAIN: usize = 16;
/// Files that one scenario may include in all.
const MAX_FILES: usize = 1000;

/// Why something cannot be read, and where.
#[derive(Clone, Debug)]
pub(crate) struct ReadError {
    /// In words.
    pub message: String,
    /// What may be meant.
    pub help: Option<String>,
    /// Where the mistake is: where the file is asked for, or in it.
    pub range: TextRange,
    /// Where the file is asked for.
    pub named_at: TextRange,
}

/// Where files are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilesFrom {
    /// The file system.
    Disk,
    /// The scenarios that the program brings along, by their path.
    Bundled,
}

impl FilesFrom {
    fn read(self, file: &FilePath) -> Result<String, String> {
        match self {
            Self::Disk => read_text(file),
            Self::Bundled => {
                let text = plain(&identity(self, file)).and_then(|name| bundled::text(&name));
                text.map(str::to_owned).ok_or_else(|| "dapple does not bring it along".into())
            }
        }
    }
}

/// A path with `/` between its parts, on every system.
fn plain(file: &FilePath) -> Option<String> {
    let parts: Option<Vec<&str>> = file.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// Reads a text file.
///
/// # Errors
/// In words: not there, too large, or no text.
pub(crate) fn read_text(file: &FilePath) -> Result<String, String> {
    let size = std::fs::metadata(file).map_err(|error| why(&error))?;
    if size.is_dir() {
        return Err("it is a folder, not a file".into());
    }
    if size.len() > MAX_BYTES {
        return Err(format!(
            "it has {} MiB; scenarios are read up to {} MiB (large logs belong into a CSV file that a trace names)",
            size.len() >> 20,
            MAX_BYTES >> 20
        ));
    }
    // Of a pipe the size is not known before; it is read once.
    let opened = std::fs::File::open(file).map_err(|error| why(&error))?;
    let mut bytes = Vec::new();
    opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| why(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        format!("it is not text: byte {good} is not valid UTF-8")
    })
}

fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".into(),
        _ => error.to_string(),
    }
}

/// Replaces every `File("..")` of a tree by what the file holds, or marks it as [`Kind::Unread`].
pub(crate) struct Includes<'s> {
    files_from: FilesFrom,
    sources: &'s mut Sources,
    chain: Vec<PathBuf>,
    files: usize,
    bytes: u64,
    errors: Vec<ReadError>,
}

impl<'s> Includes<'s> {
    /// For a tree that comes from `file`, if from any.
    pub fn new(files_from: FilesFrom, sources: &'s mut Sources, file: Option<&FilePath>) -> Self {
        let chain = file.map(|file| identity(files_from, file)).into_iter().collect();
        Self { files_from, sources, chain, files: 0, bytes: 0, errors: Vec::new() }
    }

    /// Expands the tree, whose own paths are relative to `base`, and tells what could not be read.
    pub fn expand(mut self, node: &mut Node, base: &FilePath) -> Vec<ReadError> {
        self.walk(node, base);
        self.errors
    }

    fn walk(&mut self, node: &mut Node, base: &FilePath) {
        if let Some(name) = self.file_name(node) {
            match self.read(&name, node.range, base) {
                Ok(included) => *node = included,
                Err(error) => {
                    self.errors.push(error);
                    node.kind = Kind::Unread;
                }
            }
            return;
        }
        match &mut node.kind {
            Kind::Struct(_, fields) => fields.iter_mut().for_each(|field| self.walk(&mut field.value, base)),
            Kind::Tuple(_, items) => items.iter_mut().for_each(|item| self.walk(item, base)),
            Kind::Map(entries) => entries.iter_mut().for_each(|(_, value)| self.walk(value, base)),
            Kind::List(items) => self.walk_list(items, base),
            _ => {}
        }
    }

    fn walk_list(&mut self, items: &mut Vec<Node>, base: &FilePath) {
        let mut joined = Vec::with_capacity(items.len());
        for mut item in items.drain(..) {
            let is_file = self.file_name(&item).is_some();
            self.walk(&mut item, base);
            match item.kind {
                Kind::List(inner) if is_file => joined.extend(inner),
                _ => joined.push(item),
            }
        }
        *items = joined;
    }

    fn file_name(&self, node: &Node) -> Option<String> {
        let Kind::Tuple(Some(name), items) = &node.kind else { return None };
        let [only] = items.as_slice() else { return None };
        if self.sources.slice(*name) == "File" { only.text(self.sources) } else { None }
    }

    fn read(&mut self, name: &str, named_at: TextRange, base: &FilePath) -> Result<Node, ReadError> {
        let file = base.join(name);
        let fail = |message: String| ReadError { message, help: None, range: named_at, named_at };
        self.files += 1;
        if self.files > MAX_FILES {
            return Err(fail(format!("more than {MAX_FILES} files are included")));
        }
        if self.chain.len() > MAX_CHAIN {
            return Err(fail(format!("files include each other more than {MAX_CHAIN} deep")));
        }
        let cannot = |why: String| fail(format!("cannot read {}: {why}", file.display()));
        let text = self.files_from.read(&file).map_err(cannot)?;
        let identity = identity(self.files_from, &file);
        if self.chain.contains(&identity) {
            return Err(fail(format!("{} includes itself", file.display())));
        }
        self.bytes += text.len() as u64;
        if self.bytes > MAX_BYTES {
            return Err(fail(format!("the included files have more than {} MiB in all", MAX_BYTES >> 20)));
        }
        let source: SourceId = self.sources.add(file.display().to_string(), text);
        let text = self.sources.get(source).text.clone();
        let mut node = parse::parse(source, &text).map_err(|SyntaxError { message, help, range }| ReadError {
            message,
            help,
            range,
            named_at,
        })?;
        self.chain.push(identity);
        self.walk(&mut node, file.parent().unwrap_or(base));
        self.chain.pop();
        Ok(node)
    }
}

/// What makes two ways of writing a path the same file.
fn identity(files_from: FilesFrom, file: &FilePath) -> PathBuf {
    match files_from {
        FilesFrom::Disk => file.canonicalize().unwrap_or_else(|_| file.to_owned()),
        FilesFrom::Bundled => {
            let mut parts = PathBuf::new();
            for part in file.components() {
                match part {
                    Component::ParentDir => {
                        parts.pop();
                    }
                    Component::CurDir => {}
                    part => parts.push(part),
                }
            }
            parts
        }
    }
}
