//! From text to [`Node`]s.

use super::source::{SourceId, TextRange};
use super::tree::{Field, Kind, Node};

/// Deepest nesting of brackets that is read; `ron` has the same limit.
pub(crate) const MAX_DEPTH: usize = 128;

/// Why a text is no RON, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SyntaxError {
    /// In words.
    pub message: String,
    /// Which bracket it is about, where it is about one further up.
    pub help: Option<String>,
    /// Where.
    pub range: TextRange,
}

type Parsed<T> = Result<T, SyntaxError>;

/// Reads one value that fills the whole text.
pub(crate) fn parse(source: SourceId, text: &str) -> Parsed<Node> {
    let mark = '\u{feff}';
    parse_from(source, text, if text.starts_with(mark) { mark.len_utf8() } else { 0 })
}

/// Reads one value that fills the text from byte `start` on.
pub(crate) fn parse_from(source: SourceId, text: &str, start: usize) -> Parsed<Node> {
    let mut parser = Parser { source, text, at: start, depth: 0, shifted: None };
    parser.attributes()?;
    parser.blank()?;
    if parser.rest().is_empty() {
        return Err(parser.error("there is nothing here: a value is expected"));
    }
    let node = parser.value()?;
    parser.blank()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => {
            let (start, end) = (node.range.start as usize, node.range.end as usize);
            let last = text[start..end].char_indices().last().map_or(start, |(at, _)| start + at);
            let [begin, end] = [start, last].map(|at| parser.place(at));
            let help = Some(format!("the value begins with {begin} and ends with {end}"));
            Err(SyntaxError { help, ..parser.error("nothing may follow the value: is a bracket closed too early?") })
        }
    }
}

struct Parser<'a> {
    source: SourceId,
    text: &'a str,
    at: usize,
    depth: usize,
    /// The first bracket whose closing one stands further left than the line that opens it, and that closing one: where a
    /// bracket is missing, each one behind it closes the wrong one.
    shifted: Option<(usize, usize)>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn range(&self, start: usize) -> TextRange {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        TextRange { source: self.source, start: byte(start), end: byte(self.at) }
    }

    /// An error about the character at the cursor.
    fn error(&self, message: impl Into<String>) -> SyntaxError {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        let range = Parser { at: end, ..*self }.range(self.at);
        SyntaxError { message: message.into(), help: None, range }
    }

    fn error_from<T>(&self, start: usize, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError { message: message.into(), help: None, range: self.range(start) })
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn eat_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    /// Skips white space and comments.
    fn blank(&mut self) -> Parsed<()> {
        loop {
            self.eat_while(char::is_whitespace);
            let start = self.at;
            if self.eat("//") {
                self.eat_while(|c| c != '\n');
            } else if self.eat("/*") {
                self.block_comment(start)?;
            } else {
                return Ok(());
            }
        }
    }

    fn block_comment(&mut self, start: usize) -> Parsed<()> {
        let mut level = 1;
        while level > 0 {
            self.eat_while(|c| c != '*' && c != '/');
            if self.eat("/*") {
                level += 1;
            } else if self.eat("*/") {
                level -= 1;
            } else if let Some(c) = self.peek() {
                self.at += c.len_utf8();
            } else {
                self.at = start + 2;
                return self.error_from(start, "this comment is never closed");
            }
        }
        Ok(())
    }

    /// `#![enable(..)]`: what it would turn on is on anyway.
    fn attributes(&mut self) -> Parsed<()> {
        loop {
            self.blank()?;
            let start = self.at;
            if !self.eat("#![") {
                return Ok(());
            }
            self.eat_while(|c| c != ']' && c != '\n');
            if !self.eat("]") {
                return self.error_from(start, "this attribute is never closed");
            }
        }
    }

    fn value(&mut self) -> Parsed<Node> {
        self.raw_prefix();
        let start = self.at;
        let kind = match self.peek() {
            Some('(') => self.nested(|p| p.parenthesis(None))?,
            Some('[') => self.nested(Self::list)?,
            Some('{') => self.nested(Self::map)?,
            Some('"') => self.string('"', Kind::Text)?,
            Some('\'') => self.string('\'', Kind::Other)?,
            Some(c) if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') => self.number()?,
            Some(c) if c == '_' || c.is_alphabetic() => self.word_or_named()?,
            Some(c) => return Err(self.error(format!("a value cannot start with `{}`", c.escape_debug()))),
            None => return Err(self.error("a value is missing here: the text ends too early")),
        };
        Ok(Node { range: self.range(start), kind })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Parsed<Kind>) -> Parsed<Kind> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("brackets are nested more than {MAX_DEPTH} deep")));
        }
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn number(&mut self) -> Parsed<Kind> {
        self.eat_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_'));
        Ok(Kind::Number)
    }

    fn word_or_named(&mut self) -> Parsed<Kind> {
        if let Some(kind) = self.prefixed_string()? {
            return Ok(kind);
        }
        let start = self.at;
        self.word();
        let name = self.range(start);
        let word = &self.text[start..self.at];
        if matches!(word, "NaN" | "inf") {
            return Ok(Kind::Number);
        }
        let end = self.at;
        self.blank()?;
        if self.peek() == Some('(') {
            return self.nested(|p| p.parenthesis(Some(name)));
        }
        self.at = end;
        Ok(Kind::Word)
    }

    /// Skips the `r#` of `r#None`, as `ron` writes a variant that is called like one of its own words.
    fn raw_prefix(&mut self) {
        let raw = self.rest().strip_prefix("r#");
        if raw.is_some_and(|word| word.starts_with(|c: char| c == '_' || c.is_alphabetic())) {
            self.at += 2;
        }
    }

    fn word(&mut self) {
        self.eat_while(|c| c == '_' || c.is_alphanumeric());
    }

    /// `r"..."`, `r#"..."#` and their byte forms.
    fn prefixed_string(&mut self) -> Parsed<Option<Kind>> {
        let start = self.at;
        let rest = self.rest();
        let (bytes, after) = match rest.strip_prefix('b') {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let raw = after.strip_prefix('r');
        let after = raw.unwrap_or(after);
        let hashes = after.len() - after.trim_start_matches('#').len();
        let opens = after[hashes..].starts_with('"') || (bytes && raw.is_none() && after.starts_with('\''));
        if !opens || (raw.is_none() && (hashes > 0 || !bytes)) {
            return Ok(None);
        }
        self.at += usize::from(bytes) + usize::from(raw.is_some()) + hashes;
        let kind = if bytes { Kind::Other } else { Kind::Text };
        if raw.is_none() {
            let quote = self.peek().unwrap_or('"');
            return self.string(quote, kind).map(Some);
        }
        self.at += 1;
        let close = format!("\"{}", "#".repeat(hashes));
        match self.rest().find(&close) {
            Some(length) => self.at += length + close.len(),
            None => return self.error_from(start, "this string is never closed"),
        }
        Ok(Some(kind))
    }

    fn string(&mut self, quote: char, kind: Kind) -> Parsed<Kind> {
        let start = self.at;
        self.at += 1;
        loop {
            self.eat_while(|c| c != quote && c != '\\');
            if self.eat("\\") {
                self.at += self.peek().map_or(0, char::len_utf8);
            } else if self.peek().is_some() {
                self.at += 1;
                return Ok(kind);
            } else {
                self.at = start + 1;
                return self.error_from(start, "this string is never closed");
            }
        }
    }

    fn list(&mut self) -> Parsed<Kind> {
        Ok(Kind::List(self.items('[', ']', Self::value)?))
    }

    fn map(&mut self) -> Parsed<Kind> {
        let entries = self.items('{', '}', |p| {
            let key = p.value()?;
            p.colon()?;
            Ok((key, p.value()?))
        })?;
        Ok(Kind::Map(entries))
    }

    fn colon(&mut self) -> Parsed<()> {
        self.blank()?;
        if !self.eat(":") {
            return Err(self.error("a `:` and a value are expected here"));
        }
        self.blank()
    }

    fn parenthesis(&mut self, name: Option<TextRange>) -> Parsed<Kind> {
        if self.starts_with_field()? {
            let fields = self.items('(', ')', |p| {
                let start = p.at;
                p.word();
                let key = p.range(start);
                if key.start == key.end {
                    return Err(p.error("a field is expected here: `name: value`"));
                }
                p.colon()?;
                Ok(Field { key, value: p.value()? })
            })?;
            return Ok(Kind::Struct(name, fields));
        }
        Ok(Kind::Tuple(name, self.items('(', ')', Self::value)?))
    }

    /// Whether `(` is followed by `word :`; leaves the cursor where it was.
    fn starts_with_field(&mut self) -> Parsed<bool> {
        let start = self.at;
        self.at += 1;
        self.blank()?;
        let word = self.at;
        self.word();
        let is_word = self.at > word;
        self.blank()?;
        let found = is_word && self.peek() == Some(':');
        self.at = start;
        Ok(found)
    }

    /// Items between brackets, a comma after each but the last, where it may stand.
    fn items<T>(&mut self, open: char, close: char, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let start = self.at;
        self.at += open.len_utf8();
        let mut items = Vec::new();
        loop {
            self.blank()?;
            if self.peek() == Some(close) {
                self.note_shift(start);
                self.at += close.len_utf8();
                return Ok(items);
            }
            if self.rest().is_empty() {
                return Err(self.never_closed(start));
            }
            items.push(item(self).map_err(|error| self.inside(start, error))?);
            self.blank()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some(c) if c != close => {
                    let expected = format!("a `,` or `{close}` is expected here, not `{}`", c.escape_debug());
                    return Err(self.inside(start, self.error(expected)));
                }
                _ => {}
            }
        }
    }

    /// An error about what stands in a bracket. Where the cursor is at a bracket that fits none, or at the end, the one that
    /// is still open is named.
    fn inside(&self, opened: usize, error: SyntaxError) -> SyntaxError {
        let is_lost = matches!(self.peek(), None | Some('(' | ')' | '[' | ']' | '{' | '}' | ':'));
        if error.help.is_some() || error.range.start as usize != self.at || !is_lost {
            return error;
        }
        SyntaxError { help: Some(format!("{} is still open{}", self.place(opened), self.perhaps(opened))), ..error }
    }

    /// The text ends inside a bracket.
    fn never_closed(&mut self, opened: usize) -> SyntaxError {
        let help = self.perhaps(opened);
        self.at = opened + 1;
        let message = format!("this `{}` is never closed", &self.text[opened..self.at]);
        let help = (!help.is_empty()).then(|| help.trim_start_matches("; ").to_owned());
        SyntaxError { message, help, range: self.range(opened) }
    }

    /// Which other bracket may be the one that is not closed, by the indentation of what closes it.
    fn perhaps(&self, opened: usize) -> String {
        match self.shifted {
            Some((open, close)) if open != opened => {
                let [open, close] = [open, close].map(|at| self.place(at));
                format!("; perhaps {open} is meant to be closed earlier: {close} closes it, and stands further left")
            }
            _ => String::new(),
        }
    }

    /// Remembers the bracket at `opened` where the one that closes it, at the cursor, begins a line that is indented less.
    fn note_shift(&mut self, opened: usize) {
        // Looked for inside of the bracket: one line may hold a hundred thousand of them.
        let Some((_, closing)) = self.text[opened..self.at].rsplit_once('\n') else { return };
        if self.shifted.is_none() && closing.trim_start().is_empty() {
            let opening = &self.text[self.line_start(opened)..opened];
            if closing.len() < opening.len() - opening.trim_start().len() {
                self.shifted = Some((opened, self.at));
            }
        }
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// ``the `(` of line 3, column 5``.
    fn place(&self, at: usize) -> String {
        let line = self.text[..at].matches('\n').count() + 1;
        let column = self.text[self.line_start(at)..at].chars().count() + 1;
        let written = self.text[at..].chars().next().map_or(String::new(), |c| c.to_string());
        format!("the `{written}` of line {line}, column {column}")
    }
}
