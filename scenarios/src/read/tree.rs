//! A syntax tree of RON that knows where everything is written.
//!
//! serde loses places, and a scenario needs them: for messages about values that are well written but wrong, for
//! `File(..)`, for `--set` and for sweeps. The tree keeps structure and places only; what a number or a string
//! means is left to the `ron` crate (see [`super::decode`]).

use super::source::{Sources, TextRange};

/// One value as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where.
    pub range: TextRange,
    /// Its form.
    pub kind: Kind,
}

/// The forms of a value.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `12`, `-1.5e3`, `0xff`, `NaN`, `-inf`.
    Number,
    /// `"text"`, `r#"text"#`.
    Text,
    /// `'c'` or a byte string: no scenario needs them, they are kept for the parameters of custom policies.
    Other,
    /// `AlwaysRemote`, `true`, `None`.
    Word,
    /// The name of a map's entry that a path of `--set` adds, without quotes.
    Name,
    /// `(field: value, ..)` or `Name(field: value, ..)`.
    Struct(Option<TextRange>, Vec<Field>),
    /// `()`, `(value, ..)` or `Name(value, ..)`.
    Tuple(Option<TextRange>, Vec<Node>),
    /// `[value, ..]`.
    List(Vec<Node>),
    /// `{key: value, ..}`.
    Map(Vec<(Node, Node)>),
    /// `File("..")` that could not be read, which is told elsewhere: what would be here is not known.
    Unread,
}

/// One field of a struct.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Its name.
    pub key: TextRange,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The part to underline: the whole of a short value, the first word or bracket of a long one.
    pub fn head(&self) -> TextRange {
        match &self.kind {
            Kind::Struct(Some(name), _) | Kind::Tuple(Some(name), _) if !self.is_short() => *name,
            Kind::Struct(..) | Kind::Tuple(..) | Kind::List(_) | Kind::Map(_) if !self.is_short() => {
                TextRange { end: self.range.start + 1, ..self.range }
            }
            _ => self.range,
        }
    }

    fn is_short(&self) -> bool {
        self.range.end - self.range.start <= 80
    }

    /// The fields, for a struct.
    pub fn fields(&self) -> Option<&[Field]> {
        match &self.kind {
            Kind::Struct(_, fields) => Some(fields),
            _ => None,
        }
    }

    /// The value of a field.
    pub fn field<'a>(&'a self, sources: &Sources, name: &str) -> Option<&'a Node> {
        let found = self.fields()?.iter().find(|field| sources.slice(field.key) == name)?;
        Some(&found.value)
    }

    /// The value inside `Name(value)` and `(value)`, as far in as there is one; otherwise this node.
    pub fn inner(&self) -> &Node {
        match &self.kind {
            Kind::Tuple(_, items) if items.len() == 1 => items[0].inner(),
            _ => self,
        }
    }

    /// What an element of a list is called: its field `name`.
    pub fn name(&self, sources: &Sources) -> Option<String> {
        let name = self.inner().field(sources, "name")?;
        name.text(sources)
    }

    /// The string that a text stands for; `None` also where RON does not know an escape in it.
    pub fn text(&self, sources: &Sources) -> Option<String> {
        match self.kind {
            Kind::Text => ron::from_str(sources.slice(self.range)).ok(),
            Kind::Name => Some(sources.slice(self.range).to_owned()),
            _ => None,
        }
    }

    /// The value as RON without comments and spare blanks.
    pub fn print(&self, sources: &Sources) -> String {
        let mut out = String::new();
        self.print_to(sources, &mut out);
        out
    }

    fn print_to(&self, sources: &Sources, out: &mut String) {
        let named =
            |name: &Option<TextRange>, out: &mut String| out.push_str(name.map_or("", |name| sources.slice(name)));
        match &self.kind {
            Kind::Name => out.push_str(&format!("{:?}", sources.slice(self.range))),
            Kind::Number | Kind::Text | Kind::Other | Kind::Word | Kind::Unread => {
                out.push_str(sources.slice(self.range));
            }
            Kind::Struct(name, fields) => {
                named(name, out);
                print_all(out, ['(', ')'], fields, |field, out| {
                    out.push_str(sources.slice(field.key));
                    out.push_str(": ");
                    field.value.print_to(sources, out);
                });
            }
            Kind::Tuple(name, items) => {
                named(name, out);
                print_all(out, ['(', ')'], items, |item, out| item.print_to(sources, out));
            }
            Kind::List(items) => print_all(out, ['[', ']'], items, |item, out| item.print_to(sources, out)),
            Kind::Map(entries) => print_all(out, ['{', '}'], entries, |(key, value), out| {
                key.print_to(sources, out);
                out.push_str(": ");
                value.print_to(sources, out);
            }),
        }
    }
}

fn print_all<T>(out: &mut String, around: [char; 2], items: &[T], print: impl Fn(&T, &mut String)) {
    out.push(around[0]);
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            out.push_str(", ");
        }
        print(item, out);
    }
    out.push(around[1]);
}
