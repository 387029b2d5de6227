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
//! A field without a default must be given. Settings that refer to other things have a parameter for each kind of thing,
//! names in files and ids here, and mark the fields that have it with `#[names(field)]`; `referring` puts ids in place.
//!
//! From the declaration follow `Default` (where every field has one), strict reading and writing through serde, in which
//! what is out of range is a mistake of its place like any other, and the words of the reference ([`TypeDoc`]). A value
//! that was read is in range; nothing needs to look at it again.
//! This is no file format: the language is `dapple-scenarios`.

mod declare;
mod read;

#[doc(hidden)]
pub use read::{Declared, InRange, Name, Reader};

use std::fmt;

use serde::de::Deserializer;

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
    /// Zero up to so many.
    UpTo(u64),
    /// Above zero and up to so many.
    PositiveUpTo(u64),
    /// At most so many, either way from zero.
    Magnitude(u64),
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
            // Hundreds of digits say less than a power of ten.
            let is_far = value.is_finite() && value != 0.0 && !(1e-9..1e18).contains(&value.abs());
            let shown = match value {
                _ if value.is_nan() => "NaN".to_owned(),
                _ if is_far => format!("{value:e}"),
                _ => value.to_string(),
            };
            Some(format!("must be {rule}, is {shown}"))
        };
        match self {
            Self::NotNegative if !(value.is_finite() && value >= 0.0) => told("finite and not negative"),
            Self::Positive if !(value.is_finite() && value > 0.0) => told("finite and positive"),
            Self::Fraction if !(value > 0.0 && value <= 1.0) => told("above 0 and up to 1"),
            Self::UpTo(high) if !(value >= 0.0 && value <= high as f64) => {
                told(&format!("from 0 to {}", Grouped(high)))
            }
            Self::PositiveUpTo(high) if !(value > 0.0 && value <= high as f64) => {
                told(&format!("positive and up to {}", Grouped(high)))
            }
            Self::Magnitude(high) if value.is_nan() || value.abs() > high as f64 => {
                told(&format!("from -{0} to {0}", Grouped(high)))
            }
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
            Self::UpTo(high) => write!(f, "0 to {}", Grouped(*high)),
            Self::PositiveUpTo(high) => write!(f, "positive, up to {}", Grouped(*high)),
            Self::Magnitude(high) => write!(f, "-{0} to {0}", Grouped(*high)),
            Self::AtLeast(low) => write!(f, "at least {low}"),
            Self::Within(low, high) => write!(f, "{low} to {high}"),
        }
    }
}

/// A whole number, with powers of ten from a million on.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = self.0.checked_ilog10().unwrap_or(0);
        if power >= 6 && 10u64.pow(power) == self.0 { write!(f, "10^{power}") } else { write!(f, "{}", self.0) }
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
