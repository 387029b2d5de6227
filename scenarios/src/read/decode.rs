//! From [`Node`]s to the types of the language, through serde, telling where and what.
//!
//! serde stops at the first mistake. To find the others the mistake is *mended* and everything is decoded again:
//! a misspelt field or variant is read as the one it is nearest to, an unknown one is skipped, and anything
//! else is replaced by a filler that suits its type. Mended places are remembered, so that nobody is blamed for a filler.

mod access;
mod filler;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use serde::de::{self, Visitor};

use super::mistake::{Mend, Mistake};
use super::path::At;
use super::source::{Sources, TextRange};
use super::tree::{Field, Kind, Node};
use crate::near::listed;
use access::{Choice, Entries, Fields, Items};
use filler::Filler;

/// The name under which `ron` asks for a value as text.
const RAW: &str = "$ron::private::RawValue";

/// A value decoded, in spite of mistakes.
pub(crate) struct Decoded<T> {
    /// The value; `None` where no mending helped.
    pub value: Option<T>,
    /// All mistakes found.
    pub mistakes: Vec<Mistake>,
    /// Whether there may be more: reading stopped at so many, or at one that no mending got over.
    pub stopped: bool,
}

/// Most mistakes that are looked for.
const MAX_MISTAKES: usize = 50;

/// Decodes a whole tree, about which these mistakes are known already.
pub(crate) fn decode<T: de::DeserializeOwned>(root: &Node, sources: &Sources, known: &[Mistake]) -> Decoded<T> {
    let mut mistakes = known.to_vec();
    loop {
        let cx = Context { sources, mistakes: &mistakes };
        let at = At::ROOT;
        match T::deserialize(Decoder { node: root, at: &at, cx: &cx, unnamed: false }) {
            Ok(value) => return Decoded { value: Some(value), mistakes, stopped: false },
            Err(mistake) => {
                let again = mistakes.iter().any(|known| known.path == mistake.path && known.mend == mistake.mend);
                let enough = again || mistakes.len() + 1 >= known.len() + MAX_MISTAKES;
                if !again {
                    mistakes.push(mistake);
                }
                if enough {
                    return Decoded { value: None, mistakes, stopped: true };
                }
            }
        }
    }
}

/// What all decoders of one attempt share.
struct Context<'t> {
    /// The texts.
    pub sources: &'t Sources,
    /// What is mended.
    pub mistakes: &'t [Mistake],
}

impl<'t> Context<'t> {
    /// How the place is mended, if it is.
    pub fn mend(&self, at: &At<'_>) -> Option<&'t Mend> {
        if self.mistakes.is_empty() {
            return None;
        }
        let path = at.path();
        self.mistakes.iter().find(|mistake| mistake.path == path).map(|mistake| &mistake.mend)
    }
}

/// Decodes one node.
#[derive(Clone, Copy)]
struct Decoder<'t> {
    /// The node.
    pub node: &'t Node,
    /// Where it is.
    pub at: &'t At<'t>,
    /// What all decoders share.
    pub cx: &'t Context<'t>,
    /// The node's name has been used already, as that of a variant.
    pub unnamed: bool,
}

impl<'t> Decoder<'t> {
    fn written(&self) -> &'t str {
        self.cx.sources.slice(self.node.range)
    }

    fn needs_filler(&self) -> bool {
        matches!(self.cx.mend(self.at), Some(Mend::Filler))
    }

    /// A mistake of this node, unless its place is known already.
    pub fn here(&self, mistake: Mistake) -> Mistake {
        mistake.or_at(self.node.head(), self.at)
    }

    /// The mistake that something else is written here.
    pub fn wanted(&self, what: &str) -> Mistake {
        self.here(Mistake::new(format!("{what} is expected here, not {}", self.found())))
    }

    fn found(&self) -> String {
        let name = |range: &TextRange| self.cx.sources.slice(*range).to_owned();
        let short = |text: &str| match text.char_indices().nth(40) {
            Some((end, _)) => format!("{}..", &text[..end]),
            None => text.to_owned(),
        };
        match &self.node.kind {
            Kind::Number => format!("the number `{}`", short(self.written())),
            Kind::Text | Kind::Name => format!("the text `{}`", short(self.written())),
            Kind::Other | Kind::Word => format!("`{}`", short(self.written())),
            Kind::Struct(Some(range), _) | Kind::Tuple(Some(range), _) => format!("`{}(..)`", name(range)),
            Kind::Struct(None, _) => "fields in brackets".into(),
            Kind::Tuple(None, items) if items.is_empty() => "`()`".into(),
            Kind::Tuple(None, _) => "values in brackets `(..)`".into(),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a map".into(),
            Kind::Unread => "a file that cannot be read".into(),
        }
    }

    fn number<T: de::DeserializeOwned + FromStr>(&self, what: &str) -> Result<T, Mistake> {
        if !matches!(self.node.kind, Kind::Number) {
            return Err(self.wanted(what));
        }
        let written = self.written();
        // Series have a hundred thousand of them, nearly all plain.
        let is_plain = written.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'e'));
        let plain = is_plain.then(|| written.parse().ok()).flatten();
        plain.map_or_else(|| ron::from_str(written).map_err(|_| self.wanted(what)), Ok)
    }

    /// A text that is the name of something, wherever it stands.
    fn text_of(&self, node: &'t Node) -> Result<String, Mistake> {
        Decoder { node, ..*self }.string()
    }

    fn string(&self) -> Result<String, Mistake> {
        let quoted = self.node.text(self.cx.sources);
        quoted.ok_or_else(|| match self.node.kind {
            Kind::Word => self.wanted("a text in double quotes"),
            Kind::Text => self.here(Mistake::new("this text has an escape that RON does not know")),
            _ => self.wanted("a text"),
        })
    }

    fn fields(&self, fields: &'static [&'static str], visitor_name: &str) -> Result<&'t [Field], Mistake> {
        let name = match &self.node.kind {
            Kind::Struct(name, _) | Kind::Tuple(name, _) => name.filter(|_| !self.unnamed),
            _ => None,
        };
        let name = name.map(|range| self.cx.sources.slice(range));
        match &self.node.kind {
            Kind::Struct(_, written) if name.is_none_or(|name| name == visitor_name) => Ok(written),
            Kind::Tuple(_, items) if items.is_empty() && name.is_none_or(|name| name == visitor_name) => Ok(&[]),
            _ => Err(self.wanted(&form("", fields))),
        }
    }
}

/// `` `Name(a: .., b: ..)` ``
fn form(name: &str, fields: &[&str]) -> String {
    let shown: Vec<String> = fields.iter().take(4).map(|field| format!("{field}: ..")).collect();
    let more = if fields.len() > 4 { ", .." } else { "" };
    format!("`{name}({}{more})`", shown.join(", "))
}

macro_rules! numbers {
    ($($method:ident $visit:ident $ty:ty, $what:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            if self.needs_filler() {
                return Filler.$method(visitor);
            }
            visitor.$visit(self.number::<$ty>($what)?).map_err(|mistake: Mistake| self.here(mistake))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Decoder<'_> {
    type Error = Mistake;

    numbers! {
        deserialize_u8 visit_u8 u8, "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16, "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number from 0 to 4294967295";
        deserialize_u64 visit_u64 u64, "a whole number from 0 to 18446744073709551615";
        deserialize_i8 visit_i8 i8, "a whole number from -128 to 127";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    /// The value of an attribute: nothing else may be of any kind.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return Filler.deserialize_string(visitor);
        }
        match &self.node.kind {
            Kind::Number => self.deserialize_f64(visitor),
            Kind::Text => self.deserialize_string(visitor),
            Kind::Word if matches!(self.written(), "true" | "false") => self.deserialize_bool(visitor),
            _ => Err(self.wanted("a text, a number, `true` or `false`")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return Filler.deserialize_bool(visitor);
        }
        match (&self.node.kind, self.written()) {
            (Kind::Word, "true") => visitor.visit_bool(true),
            (Kind::Word, "false") => visitor.visit_bool(false),
            _ => Err(self.wanted("`true` or `false`")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return Filler.deserialize_string(visitor);
        }
        visitor.visit_string(self.string()?).map_err(|mistake: Mistake| self.here(mistake))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_string(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return visitor.visit_none();
        }
        match &self.node.kind {
            Kind::Word if self.written() == "None" => visitor.visit_none(),
            Kind::Tuple(Some(name), items) if items.len() == 1 && self.cx.sources.slice(*name) == "Some" => {
                visitor.visit_some(Decoder { node: &items[0], ..self })
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return Filler.deserialize_seq(visitor);
        }
        match &self.node.kind {
            Kind::List(items) => visitor.visit_seq(Items::new(items, self)).map_err(|e| self.here(e)),
            _ => Err(self.wanted("a list `[..]`")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return Filler.deserialize_map(visitor);
        }
        let entries = match &self.node.kind {
            Kind::Map(entries) => Entries::of_map(entries, self)?,
            // A path of `--set` makes fields, which have names too.
            Kind::Struct(None, fields) => Entries::of_fields(fields, self),
            Kind::Tuple(None, items) if items.is_empty() => Entries::of_fields(&[], self),
            _ => return Err(self.wanted("a map `{\"name\": value, ..}`")),
        };
        visitor.visit_map(entries).map_err(|mistake| self.here(mistake))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return Filler.deserialize_tuple(len, visitor);
        }
        match &self.node.kind {
            Kind::Tuple(name, items) if items.len() == len && (name.is_none() || self.unnamed) => {
                visitor.visit_seq(Items::new(items, self)).map_err(|e| self.here(e))
            }
            _ => Err(self.wanted(&format!("`({})`", vec![".."; len].join(", ")))),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        if name == RAW {
            let text = if self.needs_filler() { "()".into() } else { self.node.print(self.cx.sources) };
            return visitor.visit_string(text).map_err(|mistake: Mistake| self.here(mistake));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        if self.needs_filler() {
            return Filler.deserialize_struct(name, fields, visitor);
        }
        let written = self.fields(fields, name)?;
        visitor.visit_map(Fields::new(written, fields, self)).map_err(|mistake| self.here(mistake))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let mend = self.cx.mend(self.at);
        if mend == Some(&Mend::Filler) {
            return Filler.deserialize_enum(name, variants, visitor);
        }
        let name = match &self.node.kind {
            Kind::Word => self.node.range,
            Kind::Struct(Some(name), _) | Kind::Tuple(Some(name), _) => *name,
            _ => {
                return Err(self.wanted(&format!("one of {}", listed(variants.iter().copied()))));
            }
        };
        let variant = match mend {
            Some(Mend::Variant(variant)) => variant,
            _ => self.cx.sources.slice(name),
        };
        visitor.visit_enum(Choice::new(variant, name, self)).map_err(|mistake| self.here(mistake))
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple_struct ignored_any
    }
}
