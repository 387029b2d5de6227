//! Settings: each is declared once, with its words, type, range and default.
//!
//! [`settings!`](crate::settings!) declares a struct or an enum of them:
//!
//! ```
//! use dapple_simulator::settings;
//! use dapple_simulator::units::SimSpan;
//!
//! settings! {
//!     /// How a service tries again.
//!     pub struct Retries {
//!         /// Attempts after the first.
//!         pub retries: u32 = 3,
//!         /// Time between two attempts.
//!         #[range(Positive)]
//!         pub wait: SimSpan = SimSpan::from_secs_f64(60.0),
//!     }
//! }
//! assert_eq!(Retries::default().retries, 3);
//! let read: Result<Retries, _> = serde_json::from_str(r#"{"wait": {"Minutes": -1}}"#);
//! assert!(read.expect_err("below its range").to_string().contains("must be finite and positive"));
//! ```
//!
//! A field without a default must be given. Settings that refer to other things have a parameter for each kind of
//! thing, names in files and ids here, and mark the fields that have it with `#[names(field)]`; `referring` puts ids in place. From the declaration follow `Default` (where every field has one), strict
//! reading and writing through serde, in which what is out of range is a mistake of its place like any other, and the
//! words of the reference ([`TypeDoc`]). A value that was read is in range; nothing needs to look at it again.
//! This is no file format: the language is `dapple-scenarios`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, Visitor};

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// That of what it is part of, and for a quantity at least zero.
    Any,
    /// Finite, zero or more.
    NotNegative,
    /// Finite, above zero.
    Positive,
    /// Above zero and up to one.
    Fraction,
    /// So many or more.
    AtLeast(u64),
    /// From the first to the second, both included.
    Within(u64, u64),
}

impl Range {
    /// This range, or that of the whole where none is declared for a part.
    #[must_use]
    pub const fn or(self, whole: Self) -> Self {
        match self {
            Self::Any => whole,
            declared => declared,
        }
    }

    /// What is wrong with a number, if anything.
    pub fn problem(self, value: f64) -> Option<String> {
        let told = |rule: &str| {
            let shown = if value.is_nan() { "NaN".to_owned() } else { value.to_string() };
            Some(format!("must be {rule}, is {shown}"))
        };
        match self {
            Self::NotNegative if !(value.is_finite() && value >= 0.0) => told("finite and not negative"),
            Self::Positive if !(value.is_finite() && value > 0.0) => told("finite and positive"),
            Self::Fraction if !(value > 0.0 && value <= 1.0) => told("above 0 and up to 1"),
            Self::AtLeast(low) | Self::Within(low, _) if value < low as f64 => Some(format!("must be at least {low}")),
            Self::Within(_, high) if value > high as f64 => Some(format!("must be at most {high}")),
            _ => None,
        }
    }
}

impl fmt::Display for Range {
    /// Behind the name of a type: `at least 1`; nothing for any value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::NotNegative => f.write_str("not negative"),
            Self::Positive => f.write_str("positive"),
            Self::Fraction => f.write_str("above 0 and up to 1"),
            Self::AtLeast(low) => write!(f, "at least {low}"),
            Self::Within(low, high) => write!(f, "{low} to {high}"),
        }
    }
}

/// A type that a setting can have.
pub trait Setting: Sized {
    /// What the type is, for the reference.
    fn kind() -> Kind;

    /// Reads a value and holds it to a range.
    ///
    /// # Errors
    /// Where something else is written, or the value is out of range.
    fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error>;
}

/// What a type is, in words or with a description of its own.
#[derive(Clone, Debug)]
pub enum Kind {
    /// In words.
    Words(&'static str),
    /// A type that is described.
    Named(TypeDoc),
    /// Several of one kind.
    List(Box<Kind>),
    /// One or none.
    Optional(Box<Kind>),
    /// A described type of a quantity.
    Of(TypeDoc, Box<Kind>),
}

/// Documentation of one type.
#[derive(Clone, Copy, Debug)]
pub struct TypeDoc {
    /// Its name.
    pub name: &'static str,
    /// Lines of its doc comment.
    pub doc: &'static [&'static str],
    /// Its fields or variants.
    pub shape: Shape,
}

/// What a type is made of.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `( field: value, .. )`
    Struct(&'static [FieldDoc]),
    /// One of several.
    Enum(&'static [VariantDoc]),
}

/// Documentation of one field.
#[derive(Clone, Copy, Debug)]
pub struct FieldDoc {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: fn() -> Kind,
    /// What it may be.
    pub range: Range,
    /// Lines of its doc comment.
    pub doc: &'static [&'static str],
}

/// Documentation of one variant.
#[derive(Clone, Copy, Debug)]
pub struct VariantDoc {
    /// Its name.
    pub name: &'static str,
    /// Lines of its doc comment.
    pub doc: &'static [&'static str],
    /// The type it holds, written `Name(value)`, and its range.
    pub holds: Option<(fn() -> Kind, Range)>,
    /// Its fields, written `Name(field: value, ..)`.
    pub fields: &'static [FieldDoc],
}

/// A type that is described: what [`settings!`](crate::settings!) declares, and the quantities.
pub trait Documented {
    /// The documentation.
    const DOC: TypeDoc;
}

/// How a declared type is put together; for the use of [`settings!`](crate::settings!).
#[doc(hidden)]
pub trait Declared: Sized {
    /// A struct, or the variant of this name, from its fields.
    fn from_fields<'de, A: de::MapAccess<'de>>(_: &str, map: A, whole: Range) -> Result<Self, A::Error>;

    /// An enum from its variant.
    fn from_choice<'de, A: de::EnumAccess<'de>>(_: A, _: Range) -> Result<Self, A::Error> {
        Err(de::Error::custom("fields are expected here"))
    }
}

/// Reads a declared type.
#[doc(hidden)]
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
#[doc(hidden)]
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
#[doc(hidden)]
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

/// Declares a struct or an enum of settings; see [`mod@crate::settings`].
#[macro_export]
macro_rules! settings {
    (
        $(#[doc = $doc:literal])* $(#[derive $derive:tt])*
        pub struct $name:ident $(<$($param:ident = $usual:ty),+>)? $(as $written:literal)? {
            $(
                $(#[doc = $fdoc:literal])* $(#[range($range:expr)])? $(#[names($names:ident)])?
                pub $field:ident: $ty:ty $(= $default:expr)?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize)]
        $(#[derive $derive])*
        pub struct $name $(<$($param = $usual),+>)? {
            $( $(#[doc = $fdoc])* pub $field: $ty ),*
        }

        $crate::settings! { @default [$name $(<$($param),+>)?] $($field $(= $default)?),* }
        $crate::settings! { @referring [$($($param)+)?] $name { $($field: $ty, [$($names)?]);* } }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Documented for $name $(<$($param),+>)? {
            const DOC: $crate::settings::TypeDoc = $crate::settings::TypeDoc {
                name: $crate::settings!(@name $name $($written)?),
                doc: &[$($doc),*],
                shape: $crate::settings::Shape::Struct(&[$(
                    $crate::settings::FieldDoc {
                        name: stringify!($field),
                        kind: <$ty as $crate::settings::Setting>::kind,
                        range: $crate::settings!(@range $($range)?),
                        doc: &[$($fdoc),*],
                    }
                ),*]),
            };
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Setting for $name $(<$($param),+>)? {
            fn kind() -> $crate::settings::Kind {
                $crate::settings::Kind::Named(<Self as $crate::settings::Documented>::DOC)
            }

            fn read<'de, D: ::serde::Deserializer<'de>>(
                from: D,
                range: $crate::settings::Range,
            ) -> ::core::result::Result<Self, D::Error> {
                let of = ::core::marker::PhantomData;
                from.deserialize_struct(
                    $crate::settings!(@name $name $($written)?),
                    &[$(stringify!($field)),*],
                    $crate::settings::Reader { variant: "", range, of },
                )
            }
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Declared for $name $(<$($param),+>)? {
            fn from_fields<'de, A: ::serde::de::MapAccess<'de>>(
                _: &str,
                mut map: A,
                whole: $crate::settings::Range,
            ) -> ::core::result::Result<Self, A::Error> {
                $crate::settings! {
                    @fields map whole [Self] { $($field: $ty, [$($default)?], [$($range)?]);* }
                }
            }
        }

        $crate::settings! { @serde [$($($param)+)?] $name }
    };
    (
        $(#[doc = $doc:literal])* $(#[derive $derive:tt])*
        pub enum $name:ident $(<$($param:ident = $usual:ty),+>)? $(as $written:literal)? {
            $(
                $(#[doc = $vdoc:literal])* $(#[default $($is_default:tt)?])? $(#[range($hrange:expr)])? $variant:ident
                $(( $holds:ty ))?
                $({
                    $(
                        $(#[doc = $fdoc:literal])* $(#[range($range:expr)])?
                        $field:ident: $ty:ty $(= $default:expr)?
                    ),* $(,)?
                })?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize)]
        $(#[derive $derive])*
        pub enum $name $(<$($param = $usual),+>)? {
            $(
                $(#[doc = $vdoc])* $(#[default $($is_default)?])? $variant
                $(( $holds ))?
                $({ $( $(#[doc = $fdoc])* $field: $ty ),* })?
            ),*
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Documented for $name $(<$($param),+>)? {
            const DOC: $crate::settings::TypeDoc = $crate::settings::TypeDoc {
                name: $crate::settings!(@name $name $($written)?),
                doc: &[$($doc),*],
                shape: $crate::settings::Shape::Enum(&[$(
                    $crate::settings::VariantDoc {
                        name: stringify!($variant),
                        doc: &[$($vdoc),*],
                        holds: $crate::settings!(@holds [$($holds)?] [$($hrange)?]),
                        fields: &[$($(
                            $crate::settings::FieldDoc {
                                name: stringify!($field),
                                kind: <$ty as $crate::settings::Setting>::kind,
                                range: $crate::settings!(@range $($range)?),
                                doc: &[$($fdoc),*],
                            }
                        ),*)?],
                    }
                ),*]),
            };
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Setting for $name $(<$($param),+>)? {
            fn kind() -> $crate::settings::Kind {
                let doc = <Self as $crate::settings::Documented>::DOC;
                $crate::settings!(@kind doc $($($param)+)?)
            }

            fn read<'de, D: ::serde::Deserializer<'de>>(
                from: D,
                range: $crate::settings::Range,
            ) -> ::core::result::Result<Self, D::Error> {
                let of = ::core::marker::PhantomData;
                from.deserialize_enum(
                    $crate::settings!(@name $name $($written)?),
                    &[$(stringify!($variant)),*],
                    $crate::settings::Reader { variant: "", range, of },
                )
            }
        }

        impl $(<$($param: $crate::settings::Setting),+>)? $crate::settings::Declared for $name $(<$($param),+>)? {
            #[allow(unused_variables, unused_mut, reason = "an enum may have no variant with fields")]
            fn from_fields<'de, A: ::serde::de::MapAccess<'de>>(
                variant: &str,
                mut map: A,
                whole: $crate::settings::Range,
            ) -> ::core::result::Result<Self, A::Error> {
                $($(
                    if variant == stringify!($variant) {
                        return $crate::settings! {
                            @fields map whole [Self::$variant] { $($field: $ty, [$($default)?], [$($range)?]);* }
                        };
                    }
                )?)*
                ::core::result::Result::Err(::serde::de::Error::custom("a choice is expected here"))
            }

            #[allow(unused_variables, reason = "an enum may hold nothing")]
            fn from_choice<'de, A: ::serde::de::EnumAccess<'de>>(
                choice: A,
                whole: $crate::settings::Range,
            ) -> ::core::result::Result<Self, A::Error> {
                use ::serde::de::VariantAccess as _;
                let names = $crate::settings::Name::Variant(&[$(stringify!($variant)),*]);
                let (name, content) = choice.variant_seed(names)?;
                $(
                    if name == stringify!($variant) {
                        return $crate::settings! {
                            @variant content whole $variant [$($holds)?] [$($hrange)?] [$({ $($field)* })?]
                        };
                    }
                )*
                ::core::result::Result::Err(::serde::de::Error::custom("a choice is expected here"))
            }
        }

        $crate::settings! { @serde [$($($param)+)?] $name }
    };

    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $written:literal) => { $written };
    (@range) => { $crate::settings::Range::Any };
    (@range $range:expr) => {{
        #[allow(clippy::enum_glob_use, reason = "ranges read best by their names alone")]
        use $crate::settings::Range::*;
        $range
    }};
    (@holds [] []) => { ::core::option::Option::None };
    (@holds [$holds:ty] [$($range:expr)?]) => {
        ::core::option::Option::Some((<$holds as $crate::settings::Setting>::kind, $crate::settings!(@range $($range)?)))
    };
    (@kind $doc:ident) => { $crate::settings::Kind::Named($doc) };
    (@kind $doc:ident $param:ident) => {
        $crate::settings::Kind::Of($doc, ::std::boxed::Box::new(<$param as $crate::settings::Setting>::kind()))
    };
    (@default [$name:ident $(<$($param:ident),+>)?] $($field:ident = $default:expr),*) => {
        impl $(<$($param),+>)? ::core::default::Default for $name $(<$($param),+>)? {
            fn default() -> Self {
                Self { $($field: $default),* }
            }
        }
    };
    (@default $($required:tt)*) => {};
    (@referring [] $name:ident { $($fields:tt)* }) => {};
    (@referring $params:tt $name:ident { $($field:ident: $ty:ty, [$($names:ident)?]);* }) => {
        $crate::settings! {
            @resolved $params $name [$($field: $($names)?),*] [$($($names: $ty,)?)*]
        }
    };
    (@resolved [$($param:ident)+] $name:ident [$($field:ident: $($carried:ident)?),*] [$($names:ident: $ty:ty,)*]) => {
        impl<$($param),+> $name<$($param),+> {
            /// The same settings with what their names refer to.
            pub fn referring(of: $name<$($crate::settings!(@text $param)),+>, $($names: $ty),*) -> Self {
                Self { $($field: $crate::settings!(@carried of $field $($carried)?)),* }
            }
        }
    };
    (@text $param:ident) => { ::std::string::String };
    (@carried $of:ident $field:ident) => { $of.$field };
    (@carried $of:ident $field:ident $names:ident) => { $names };
    (@given $field:ident) => { return ::core::result::Result::Err(::serde::de::Error::missing_field(stringify!($field))) };
    (@given $field:ident $default:expr) => { $default };
    (@fields $map:ident $whole:ident [$($make:tt)*]
        { $($field:ident: $ty:ty, [$($default:expr)?], [$($range:expr)?]);* }
    ) => {{
        $( let mut $field: ::core::option::Option<$ty> = ::core::option::Option::None; )*
        let names = $crate::settings::Name::Field(&[$(stringify!($field)),*]);
        while let ::core::option::Option::Some(name) = $map.next_key_seed(names)? {
            $(
                if name == stringify!($field) {
                    if $field.is_some() {
                        return ::core::result::Result::Err(::serde::de::Error::duplicate_field(stringify!($field)));
                    }
                    let range = $crate::settings!(@range $($range)?).or($whole);
                    let seed = $crate::settings::InRange(range, ::core::marker::PhantomData);
                    $field = ::core::option::Option::Some($map.next_value_seed(seed)?);
                }
            )*
        }
        ::core::result::Result::Ok($($make)* {
            $($field: match $field {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => $crate::settings!(@given $field $($default)?),
            }),*
        })
    }};
    (@variant $content:ident $whole:ident $variant:ident [] [] []) => {
        $content.unit_variant().map(|()| Self::$variant)
    };
    (@variant $content:ident $whole:ident $variant:ident [$holds:ty] [$($range:expr)?] []) => {{
        let range = $crate::settings!(@range $($range)?).or($whole);
        let seed = $crate::settings::InRange::<$holds>(range, ::core::marker::PhantomData);
        $content.newtype_variant_seed(seed).map(Self::$variant)
    }};
    (@variant $content:ident $whole:ident $variant:ident [] [] [{ $($field:ident)* }]) => {
        $content.struct_variant(&[$(stringify!($field)),*], $crate::settings::Reader {
            variant: stringify!($variant),
            range: $whole,
            of: ::core::marker::PhantomData,
        })
    };
    (@serde [$($param:ident)*] $name:ident) => {
        impl<'de, $($param: $crate::settings::Setting),*> ::serde::Deserialize<'de> for $name<$($param),*> {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> ::core::result::Result<Self, D::Error> {
                <Self as $crate::settings::Setting>::read(from, $crate::settings::Range::Any)
            }
        }
    };
}
