//! The macro that declares the types of the language and keeps their documentation for the reference.

/// Documentation of one type of the language.
#[derive(Clone, Copy, Debug)]
pub struct TypeDoc {
    /// Its name.
    pub name: &'static str,
    /// Lines of its doc comment.
    pub doc: &'static [&'static str],
    /// Its fields or variants.
    pub shape: Shape,
}

/// What a type of the language is made of.
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
    /// Its type as written in Rust.
    pub ty: &'static str,
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
    /// The type it holds, written `Name(value)`.
    pub holds: Option<&'static str>,
    /// Its fields, written `Name(field: value, ..)`.
    pub fields: &'static [FieldDoc],
}

/// A type of the language with its documentation.
pub trait Documented {
    /// The documentation.
    const DOC: TypeDoc;
}

/// Declares a strict serde type and keeps its doc comments as data, so that the reference cannot go stale.
macro_rules! documented {
    (
        $(#[doc = $doc:literal])* $(#[serde $serde:tt])* $(#[derive $derive:tt])*
        pub struct $name:ident {
            $( $(#[doc = $fdoc:literal])* $(#[serde $fserde:tt])* pub $field:ident: $ty:ty ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[serde $serde])*
        $(#[derive $derive])*
        pub struct $name {
            $( $(#[doc = $fdoc])* $(#[serde $fserde])* pub $field: $ty ),*
        }

        impl crate::file::Documented for $name {
            const DOC: crate::file::TypeDoc = crate::file::TypeDoc {
                name: stringify!($name),
                doc: &[$($doc),*],
                shape: crate::file::Shape::Struct(&[$(
                    crate::file::FieldDoc { name: stringify!($field), ty: stringify!($ty), doc: &[$($fdoc),*] }
                ),*]),
            };
        }
    };
    (
        $(#[doc = $doc:literal])* $(#[derive $derive:tt])*
        pub enum $name:ident $(<$unit:ident>)? {
            $(
                $(#[doc = $vdoc:literal])* $(#[default $($default:tt)?])? $variant:ident
                $(( $holds:ty ))?
                $({ $( $(#[doc = $fdoc:literal])* $(#[serde $fserde:tt])* $field:ident: $ty:ty ),* $(,)? })?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[derive $derive])*
        pub enum $name $(<$unit>)? {
            $(
                $(#[doc = $vdoc])* $(#[default $($default)?])? $variant
                $(( $holds ))?
                $({ $( $(#[doc = $fdoc])* $(#[serde $fserde])* $field: $ty ),* })?
            ),*
        }

        impl $(<$unit>)? crate::file::Documented for $name $(<$unit>)? {
            const DOC: crate::file::TypeDoc = crate::file::TypeDoc {
                name: stringify!($name),
                doc: &[$($doc),*],
                shape: crate::file::Shape::Enum(&[$(
                    crate::file::VariantDoc {
                        name: stringify!($variant),
                        doc: &[$($vdoc),*],
                        holds: crate::file::documented::first(&[$(stringify!($holds))?]),
                        fields: &[$($(
                            crate::file::FieldDoc {
                                name: stringify!($field), ty: stringify!($ty), doc: &[$($fdoc),*],
                            }
                        ),*)?],
                    }
                ),*]),
            };
        }
    };
}
pub(crate) use documented;

/// The first of none or one.
pub(crate) const fn first(of: &[&'static str]) -> Option<&'static str> {
    match of {
        [only, ..] => Some(only),
        [] => None,
    }
}
