//! The parts of a node as serde asks for them: items, fields, variants.

use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor, value::StrDeserializer};

use super::filler::Filler;
use super::{Context, Decoder, form};
use crate::read::mistake::{Mend, Mistake};
use crate::read::path::At;
use crate::read::source::TextRange;
use crate::read::tree::{Field, Kind, Node};

fn decode_child<'de, S: DeserializeSeed<'de>>(
    seed: S,
    node: &Node,
    at: &At<'_>,
    cx: &Context<'_>,
) -> Result<S::Value, Mistake> {
    seed.deserialize(Decoder { node, at, cx, unnamed: false }).map_err(|mistake| mistake.or_at(node.head(), at))
}

fn decode_key<'de, S: DeserializeSeed<'de>>(seed: S, key: &str) -> Result<S::Value, Mistake> {
    let key: StrDeserializer<'_, Mistake> = key.into_deserializer();
    seed.deserialize(key)
}

/// The items of a list or tuple.
pub(super) struct Items<'t> {
    items: &'t [Node],
    next: usize,
    of: Decoder<'t>,
}

impl<'t> Items<'t> {
    /// All of them.
    pub fn new(items: &'t [Node], of: Decoder<'t>) -> Self {
        Self { items, next: 0, of }
    }
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Mistake;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        let Some(node) = self.items.get(self.next) else { return Ok(None) };
        let at = self.of.at.index(self.next);
        self.next += 1;
        decode_child(seed, node, &at, self.of.cx).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// The fields of a struct: those that are written, then fillers for those that are known to be missing.
pub(super) struct Fields<'t> {
    written: &'t [Field],
    known: &'static [&'static str],
    next: usize,
    next_filler: usize,
    taken: Vec<&'t str>,
    value: Option<(&'t str, &'t Node)>,
    of: Decoder<'t>,
}

impl<'t> Fields<'t> {
    /// The fields `written` of a struct that has the fields `known`.
    pub fn new(written: &'t [Field], known: &'static [&'static str], of: Decoder<'t>) -> Self {
        Self { written, known, next: 0, next_filler: 0, taken: Vec::new(), value: None, of }
    }

    fn is_written(&self, name: &str) -> bool {
        self.written.iter().any(|field| self.of.cx.sources.slice(field.key) == name)
    }

    fn duplicate(&self, key: TextRange, name: &str) -> Mistake {
        let mut mistake = Mistake::new(format!("the field `{name}` is written twice"));
        mistake.mend = Mend::Once;
        mistake.or_at(key, &self.of.at.field(name))
    }
}

impl<'de> de::MapAccess<'de> for Fields<'_> {
    type Error = Mistake;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        while let Some(field) = self.written.get(self.next) {
            self.next += 1;
            let written = self.of.cx.sources.slice(field.key);
            let mut name = written;
            match self.of.cx.mend(&self.of.at.field(written)) {
                Some(Mend::Skip) => continue,
                Some(Mend::Field(meant)) if self.is_written(meant) => continue,
                Some(Mend::Field(meant)) => name = meant,
                _ => {}
            }
            if self.taken.contains(&name) {
                match self.of.cx.mend(&self.of.at.field(name)) {
                    Some(Mend::Once) => continue,
                    _ if name != written => continue,
                    _ => return Err(self.duplicate(field.key, name)),
                }
            }
            let place = self.of.at.field(name);
            let key = decode_key(seed, name).map_err(|mistake| mistake.or_at(field.key, &place))?;
            self.taken.push(name);
            self.value = Some((name, &field.value));
            return Ok(Some(key));
        }
        while let Some(&name) = self.known.get(self.next_filler) {
            self.next_filler += 1;
            if !self.taken.contains(&name) && self.of.cx.mend(&self.of.at.field(name)) == Some(&Mend::Supply(name)) {
                return decode_key(seed, name).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Mistake> {
        match self.value.take() {
            Some((name, node)) => decode_child(seed, node, &self.of.at.field(name), self.of.cx),
            None => seed.deserialize(Filler),
        }
    }
}

/// The entries of a map, in the order in which they are written.
pub(super) struct Entries<'t> {
    entries: Vec<(String, TextRange, &'t Node)>,
    next: usize,
    of: Decoder<'t>,
}

impl<'t> Entries<'t> {
    /// Those of `{"name": value, ..}`.
    pub fn of_map(entries: &'t [(Node, Node)], of: Decoder<'t>) -> Result<Self, Mistake> {
        let entry = |(key, value): &'t (Node, Node)| Ok((of.text_of(key)?, key.range, value));
        Ok(Self { entries: entries.iter().map(entry).collect::<Result<_, _>>()?, next: 0, of })
    }

    /// Those of `(name: value, ..)`.
    pub fn of_fields(fields: &'t [Field], of: Decoder<'t>) -> Self {
        let name = |key: TextRange| of.cx.sources.slice(key).to_owned();
        let entries = fields.iter().map(|field| (name(field.key), field.key, &field.value)).collect();
        Self { entries, next: 0, of }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Mistake;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Mistake> {
        while let Some((name, range, _)) = self.entries.get(self.next) {
            let at = self.of.at.field(name);
            let is_repeated = self.entries[..self.next].iter().any(|(known, ..)| known == name);
            if !is_repeated {
                return decode_key(seed, name).map(Some);
            }
            if self.of.cx.mend(&at) != Some(&Mend::Once) {
                let mut mistake = Mistake::new(format!("`{name}` is written twice"));
                mistake.mend = Mend::Once;
                return Err(mistake.or_at(*range, &at));
            }
            self.next += 1;
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Mistake> {
        let Some((name, _, node)) = self.entries.get(self.next) else { return seed.deserialize(Filler) };
        self.next += 1;
        decode_child(seed, node, &self.of.at.field(name), self.of.cx)
    }
}

/// A variant and what it holds.
pub(super) struct Choice<'t> {
    variant: &'t str,
    name: TextRange,
    of: Decoder<'t>,
}

impl<'t> Choice<'t> {
    /// The variant called `variant`, whose name is written at `name`.
    pub fn new(variant: &'t str, name: TextRange, of: Decoder<'t>) -> Self {
        Self { variant, name, of: Decoder { unnamed: true, ..of } }
    }

    fn needs(&self, form: &str) -> Mistake {
        self.of.wanted(form)
    }
}

impl<'de> de::EnumAccess<'de> for Choice<'_> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Mistake> {
        let variant = decode_key(seed, self.variant).map_err(|mistake| mistake.or_at(self.name, self.of.at))?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for Choice<'_> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        match self.of.node.kind {
            Kind::Word => Ok(()),
            _ => Err(self.needs(&format!("`{}` without brackets", self.variant))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Mistake> {
        match &self.of.node.kind {
            Kind::Tuple(_, items) if items.len() == 1 => decode_child(seed, &items[0], self.of.at, self.of.cx),
            Kind::Struct(..) | Kind::Tuple(..) => seed.deserialize(self.of),
            _ => Err(self.needs(&format!("`{}(..)`", self.variant))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Mistake> {
        de::Deserializer::deserialize_tuple(self.of, len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Mistake> {
        let written = match &self.of.node.kind {
            Kind::Struct(_, written) => written.as_slice(),
            Kind::Tuple(_, items) if items.is_empty() => &[],
            _ => return Err(self.needs(&form(self.variant, fields))),
        };
        visitor.visit_map(Fields::new(written, fields, self.of)).map_err(|mistake| self.of.here(mistake))
    }
}
