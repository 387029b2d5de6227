//! Putting a value at a path: `--set` and sweeps.

use super::parse::{self, SyntaxError};
use super::path::{element, entry};
use super::source::{Sources, TextRange};
use super::tree::{Field, Kind, Node};
use crate::near::{did_you_mean, listed};
use crate::shown::shortened;

/// Why a value cannot be put at a path.
#[derive(Clone, Debug)]
pub(crate) struct EditError {
    /// In words.
    pub message: String,
    /// What is allowed, what may be meant.
    pub help: Option<String>,
    /// Where.
    pub range: TextRange,
}

impl From<SyntaxError> for EditError {
    fn from(error: SyntaxError) -> Self {
        Self { message: error.message, help: error.help, range: error.range }
    }
}

/// A path and the value for it, both with their places.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    /// Where the path is written.
    pub path: TextRange,
    /// The value.
    pub value: Node,
}

impl Edit {
    /// The edit that `path=value` asks for, as a text of its own called `name`.
    pub fn parse(name: &str, path: &str, value: &str, sources: &mut Sources) -> Result<Self, EditError> {
        let source = sources.add(name, format!("{path}={value}"));
        let end = u32::try_from(path.len()).unwrap_or(u32::MAX);
        let path = TextRange { source, start: 0, end };
        let text = sources.get(source).text.clone();
        Ok(Self { path, value: parse::parse_from(source, &text, path.end as usize + 1)? })
    }

    /// Puts the value in place. A field that is not written is inserted, and so are structs on the way to it:
    /// whether there is such a field is for decoding to say.
    pub fn apply(&self, root: &mut Node, sources: &Sources) -> Result<(), EditError> {
        let path = sources.slice(self.path);
        if path.is_empty() {
            return Err(self.error(path, "a path is expected here", None));
        }
        self.put(root, path, sources)
    }

    /// Where the rest of the path is written.
    fn place(&self, rest: &str) -> TextRange {
        let length = u32::try_from(rest.len()).unwrap_or(0);
        TextRange { start: self.path.end - length, ..self.path }
    }

    fn error(&self, rest: &str, message: impl Into<String>, help: Option<String>) -> EditError {
        EditError { message: message.into(), help, range: self.place(rest) }
    }

    fn put(&self, node: &mut Node, rest: &str, sources: &Sources) -> Result<(), EditError> {
        if rest.is_empty() {
            *node = self.value.clone();
            return Ok(());
        }
        // `()` may be a struct none of whose fields is written.
        if let Kind::Tuple(name, items) = &mut node.kind
            && items.is_empty()
        {
            node.kind = Kind::Struct(*name, Vec::new());
        }
        let here = node.range;
        match &mut node.kind {
            Kind::Struct(_, fields) => self.put_field(fields, rest, sources),
            Kind::List(items) => self.put_item(items, rest, sources),
            Kind::Map(entries) => self.put_entry(entries, rest, sources),
            Kind::Tuple(_, items) if items.len() == 1 => self.put(&mut items[0], rest, sources),
            Kind::Tuple(None, items) => self.put_item(items, rest, sources),
            // What a file that cannot be read would hold is not known.
            Kind::Unread => Ok(()),
            _ => {
                let what = format!("there is nothing inside `{}`", shortened(sources.slice(here)));
                Err(self.error(rest, what, None))
            }
        }
    }

    fn put_field(&self, fields: &mut Vec<Field>, rest: &str, sources: &Sources) -> Result<(), EditError> {
        let (name, below) = rest.split_once('.').unwrap_or((rest, ""));
        let start = self.place(rest).start;
        let key = TextRange { start, end: start + u32::try_from(name.len()).unwrap_or(0), ..self.path };
        if !name.starts_with(|c: char| c == '_' || c.is_alphabetic())
            || !name.chars().all(|c| c == '_' || c.is_alphanumeric())
        {
            let written = fields.iter().map(|field| sources.slice(field.key));
            let help = format!("written here: {}", listed(written));
            return Err(self.error(rest, format!("`{name}` is not the name of a field"), Some(help)));
        }
        if let Some(field) = fields.iter_mut().find(|field| sources.slice(field.key) == name) {
            return self.put(&mut field.value, below, sources);
        }
        let mut value = Node { range: key, kind: Kind::Tuple(None, Vec::new()) };
        self.put(&mut value, below, sources)?;
        fields.push(Field { key, value });
        Ok(())
    }

    /// The rest of the path is the name of an entry: names may have dots, and values have nothing inside. One that is not
    /// there is added.
    fn put_entry(&self, entries: &mut Vec<(Node, Node)>, name: &str, sources: &Sources) -> Result<(), EditError> {
        if let Some(index) = entry(entries, name, sources) {
            entries[index].1 = self.value.clone();
        } else {
            entries.push((Node { range: self.place(name), kind: Kind::Name }, self.value.clone()));
        }
        Ok(())
    }

    fn put_item(&self, items: &mut [Node], rest: &str, sources: &Sources) -> Result<(), EditError> {
        if let Some((index, below)) = element(items, rest, sources) {
            return self.put(&mut items[index], below, sources);
        }
        let names: Vec<String> = items.iter().filter_map(|item| item.name(sources)).collect();
        let word = rest.split_once('.').map_or(rest, |(word, _)| word);
        let near = did_you_mean(word, names.iter().map(String::as_str));
        let known = if names.is_empty() {
            format!("the list has {} elements, counted from 0", items.len())
        } else {
            format!("names here: {}", listed(names.iter().map(String::as_str)))
        };
        Err(self.error(rest, format!("nothing in this list is called `{word}`"), Some(near + &known)))
    }
}
