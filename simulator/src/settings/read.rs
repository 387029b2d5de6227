//! How settings are read: what the declarations share.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, Visitor};

use super::{Kind, Range, Setting};

/// How a declared type is put together; for the use of [`settings!`](crate::settings!).
pub trait Declared: Sized {
    /// A struct, or the variant of this name, from its fields.
    fn from_fields<'de, A: de::MapAccess<'de>>(_: &str, map: A, whole: Range) -> Result<Self, A::Error>;

    /// An enum from its variant.
    fn from_choice<'de, A: de::EnumAccess<'de>>(_: A, _: Range) -> Result<Self, A::Error> {
        Err(de::Error::custom("fields are expected here"))
    }
}

/// Reads a declared type.
pub struct Reader<T> {
    /// The variant whose fields are read; empty for structs.
    pub variant: &'static str,
    /// The range of the whole.
    pub range: Range,
    /// What is read.
    pub of: PhantomData<T>,
}

impl<'de, T: Declared> Visitor<'de> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.variant.is_empty() { "a struct or a choice" } else { self.variant })
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_fields(self.variant, map, self.range)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, choice: A) -> Result<T, A::Error> {
        T::from_choice(choice, self.range)
    }
}

/// The name of a field or variant: one of those that there are.
#[derive(Clone, Copy)]
pub enum Name {
    /// A field.
    Field(&'static [&'static str]),
    /// A variant.
    Variant(&'static [&'static str]),
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = &'static str;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<&'static str, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<&'static str, E> {
        let (Self::Field(names) | Self::Variant(names)) = self;
        let known = names.iter().find(|known| **known == name).copied();
        known.ok_or_else(|| match self {
            Self::Field(_) => E::unknown_field(name, names),
            Self::Variant(_) => E::unknown_variant(name, names),
        })
    }
}

/// Reads a value and holds it to a range.
pub struct InRange<T>(pub Range, pub PhantomData<T>);

impl<'de, T: Setting> DeserializeSeed<'de> for InRange<T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::read(from, self.0)
    }
}

impl<'de, T: Setting> Visitor<'de> for InRange<Vec<T>> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0));
        while let Some(item) = items.next_element_seed(InRange(self.0, PhantomData))? {
            list.push(item);
        }
        Ok(list)
    }
}

impl<'de, T: Setting> Visitor<'de> for InRange<Option<T>> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or None")
    }

    fn visit_none<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        T::read(from, self.0).map(Some)
    }
}

/// A value of a map, by name.
struct Entry<T>(Range, PhantomData<T>);

impl<'de> DeserializeSeed<'de> for Entry<String> {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        from.deserialize_any(self)
    }
}

/// What an attribute is: a text, and numbers and `true` or `false` as they are written.
impl Visitor<'_> for Entry<String> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, `true` or `false`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<String, E> {
        match Range::NotNegative.problem(value.abs()) {
            Some(_) => Err(E::custom("must be finite")),
            None => Ok(value.to_string()),
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }
}

impl<'de> DeserializeSeed<'de> for Entry<f64> {
    type Value = f64;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<f64, D::Error> {
        f64::read(from, self.0)
    }
}

impl<'de, T> Visitor<'de> for InRange<BTreeMap<String, T>>
where
    Entry<T>: DeserializeSeed<'de, Value = T>,
{
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            map.insert(name, entries.next_value_seed(Entry(self.0, PhantomData))?);
        }
        Ok(map)
    }
}

/// Maps from names to values, written `{"name": value, ..}`.
macro_rules! maps {
    ($($ty:ty, $words:literal;)*) => {$(
        impl Setting for BTreeMap<String, $ty> {
            fn kind() -> Kind {
                Kind::Words($words)
            }

            fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error> {
                from.deserialize_map(InRange::<Self>(range, PhantomData))
            }
        }
    )*};
}

maps! {
    String, "map of words, `{\"name\": value, ..}`, each value a text, a number, `true` or `false`";
    f64, "map of numbers, `{\"name\": number, ..}`";
}

impl<T: Setting> Setting for Vec<T> {
    fn kind() -> Kind {
        Kind::List(Box::new(T::kind()))
    }

    fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error> {
        from.deserialize_seq(InRange::<Self>(range, PhantomData))
    }
}

impl<T: Setting> Setting for Option<T> {
    fn kind() -> Kind {
        Kind::Optional(Box::new(T::kind()))
    }

    fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error> {
        from.deserialize_option(InRange::<Self>(range, PhantomData))
    }
}

/// Types that serde reads, with the number that a range looks at where there is one.
macro_rules! plain {
    ($($ty:ty, $words:literal, $number:expr;)*) => {$(
        impl Setting for $ty {
            fn kind() -> Kind {
                Kind::Words($words)
            }

            fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error> {
                let value = <$ty>::deserialize(from)?;
                let number: fn(&$ty) -> Option<f64> = $number;
                match number(&value).and_then(|number| range.problem(number)) {
                    Some(problem) => Err(de::Error::custom(problem)),
                    None => Ok(value),
                }
            }
        }
    )*};
}

plain! {
    f64, "number", |value| Some(*value);
    u32, "whole number", |value| Some(f64::from(*value));
    u64, "whole number", |value| Some(*value as f64);
    bool, "`true` or `false`", |_| None;
    String, "text", |_| None;
    (f64, f64), "(number, number)", |_| None;
}
