//! Quantities as they are written: a number and its unit, `Minutes(30)`.
//!
//! Every unit stands in one of three tables, [`SPANS`], [`VOLUMES`] and [`RATES`]: what is read, written back, printed,
//! drawn along an axis or found in the header of a log takes its names and factors from there.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, VariantAccess as _, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Bytes, Rate, SimSpan, SimTime};
use crate::settings::{Documented, Kind, Name, Range, Setting, Shape, TypeDoc, VariantDoc};

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// Its name in scenarios: `Gbps`.
    pub name: &'static str,
    /// Nanoseconds, bytes or bytes per second in one of it.
    pub factor: f64,
    /// Its sign where figures are printed in it: `min`.
    pub sign: Option<&'static str>,
    /// What one of it is: `10^9 bit/s.`.
    pub meaning: &'static str,
}

/// The units of one quantity.
#[derive(Debug)]
pub struct Units {
    /// Those that there are.
    pub all: &'static [Unit],
    /// In which zero is written, and what is not whole in any.
    pub base: usize,
    /// The names of all.
    pub names: &'static [&'static str],
    /// The quantity in the words of scenarios.
    pub doc: TypeDoc,
    /// The unit of a column of a log in the words of scenarios.
    pub column: TypeDoc,
}

macro_rules! units {
    (
        $(#[doc = $doc:literal])*
        $table:ident = $quantity:literal, base $base:literal;
        $(#[column = $cdoc:literal])*
        column $column:literal;
        $($name:ident = $factor:literal $([$sign:literal])?, $meaning:literal;)*
    ) => {
        $(#[doc = $doc])*
        pub static $table: Units = Units {
            all: &[$(Unit {
                name: stringify!($name),
                factor: $factor,
                sign: units!(@sign $($sign)?),
                meaning: $meaning,
            }),*],
            base: $base,
            names: &[$(stringify!($name)),*],
            doc: TypeDoc {
                name: $quantity,
                doc: &[$($doc),*],
                shape: Shape::Enum(&[$(VariantDoc {
                    name: stringify!($name),
                    doc: &[$meaning],
                    holds: Some((<f64 as Setting>::kind, Range::Any)),
                    fields: &[],
                }),*]),
            },
            column: TypeDoc {
                name: $column,
                doc: &[$($cdoc),*],
                shape: Shape::Enum(&[
                    $(VariantDoc { name: stringify!($name), doc: &[$meaning], holds: None, fields: &[] }),*
                ]),
            },
        };
    };
    (@sign) => { None };
    (@sign $sign:literal) => { Some($sign) };
}

units! {
    /// A span of time, or an instant counted from the start of the run: `Minutes(30)`.
    SPANS = "Span", base 3;
    #[column = "The unit of a column of times in a log."]
    column "TimeUnit";
    Nanos = 1.0, "10^-9 s.";
    Micros = 1e3, "10^-6 s.";
    Millis = 1e6 ["ms"], "10^-3 s.";
    Seconds = 1e9 ["s"], "1 s.";
    Minutes = 60e9 ["min"], "60 s.";
    Hours = 3600e9 ["h"], "3600 s.";
    Days = 86_400e9 ["d"], "86 400 s.";
}

units! {
    /// A volume of data: `GB(2.5)`. kB to EB are powers of 1000, KiB to TiB powers of 1024.
    VOLUMES = "Size", base 0;
    #[column = "The unit of a column of sizes in a log."]
    column "SizeUnit";
    B = 1.0 ["B"], "Bytes.";
    kB = 1e3 ["kB"], "10^3 B.";
    MB = 1e6 ["MB"], "10^6 B.";
    GB = 1e9 ["GB"], "10^9 B.";
    TB = 1e12 ["TB"], "10^12 B.";
    PB = 1e15 ["PB"], "10^15 B.";
    EB = 1e18 ["EB"], "10^18 B.";
    KiB = 1024.0, "2^10 B.";
    MiB = 1_048_576.0, "2^20 B.";
    GiB = 1_073_741_824.0, "2^30 B.";
    TiB = 1_099_511_627_776.0, "2^40 B.";
}

units! {
    /// A rate: `Gbps(10)` counts bits, `GBps(1.25)` bytes; both are powers of 1000.
    RATES = "Bandwidth", base 4;
    #[column = "The unit of a column of rates in a log."]
    column "RateUnit";
    Kbps = 125.0 ["kbps"], "10^3 bit/s.";
    Mbps = 125e3 ["Mbps"], "10^6 bit/s.";
    Gbps = 125e6 ["Gbps"], "10^9 bit/s.";
    Tbps = 125e9 ["Tbps"], "10^12 bit/s.";
    Bps = 1.0 ["B/s"], "1 B/s.";
    kBps = 1e3 ["kB/s"], "10^3 B/s.";
    MBps = 1e6 ["MB/s"], "10^6 B/s.";
    GBps = 1e9 ["GB/s"], "10^9 B/s.";
    TBps = 1e12 ["TB/s"], "10^12 B/s.";
}

impl Unit {
    /// The unit of a name in scenarios, and the table it stands in.
    pub fn named(name: &str) -> Option<(&'static Units, &'static Unit)> {
        let tables = [&SPANS, &VOLUMES, &RATES];
        tables.into_iter().find_map(|units| Some((units, units.all.iter().find(|unit| unit.name == name)?)))
    }
}

impl Units {
    /// Factors and signs of the units in which figures are printed, from the smallest; of rates those in bytes.
    pub fn printed(&self) -> impl DoubleEndedIterator<Item = (f64, &'static str)> {
        self.signs().filter(|(_, sign)| !sign.ends_with("bps"))
    }

    /// The same of rates in bits, as networks are told.
    pub fn printed_in_bits(&self) -> impl DoubleEndedIterator<Item = (f64, &'static str)> {
        self.signs().filter(|(_, sign)| sign.ends_with("bps"))
    }

    fn signs(&self) -> impl DoubleEndedIterator<Item = (f64, &'static str)> {
        self.all.iter().filter_map(|unit| Some((unit.factor, unit.sign?)))
    }

    /// The largest unit in which a value is a whole number, otherwise the base unit.
    fn canonical(&self, value: f64) -> (usize, f64) {
        let whole = |(index, unit): (usize, &Unit)| {
            let number = value / unit.factor;
            let is_exact = number >= 1.0 && number.fract() == 0.0 && number * unit.factor == value;
            is_exact.then_some((unit.factor, index, number))
        };
        let found = self.all.iter().enumerate().filter_map(whole).max_by(|a, b| a.0.total_cmp(&b.0));
        found.map_or((self.base, value / self.all[self.base].factor), |(_, index, number)| (index, number))
    }

    fn index(&self, name: &str) -> usize {
        self.names.iter().position(|known| *known == name).unwrap_or(self.base)
    }
}

/// A quantity that is written with a unit.
pub trait Quantity: Copy + 'static {
    /// Its units.
    const UNITS: &'static Units;
    /// Nanoseconds in a second; one for bytes and bytes per second.
    const PER_SI: f64;

    /// What it is a whole number of, where it is one of something.
    const WHOLE: Option<&'static str>;

    /// The nearest quantity to so many nanoseconds, bytes or bytes per second; below 2^63 and not negative.
    fn from_base(value: f64) -> Self;

    /// Nanoseconds, bytes or bytes per second.
    fn base(self) -> f64;
}

impl Quantity for SimSpan {
    const UNITS: &'static Units = &SPANS;
    const PER_SI: f64 = 1e9;
    const WHOLE: Option<&'static str> = Some("nanosecond");

    fn from_base(value: f64) -> Self {
        Self::from_nanos(value.round() as u64)
    }

    fn base(self) -> f64 {
        self.as_nanos() as f64
    }
}

impl Quantity for SimTime {
    const UNITS: &'static Units = &SPANS;
    const PER_SI: f64 = 1e9;
    const WHOLE: Option<&'static str> = SimSpan::WHOLE;

    fn from_base(value: f64) -> Self {
        Self::ZERO + SimSpan::from_base(value)
    }

    fn base(self) -> f64 {
        self.as_nanos() as f64
    }
}

impl Quantity for Bytes {
    const UNITS: &'static Units = &VOLUMES;
    const PER_SI: f64 = 1.0;
    const WHOLE: Option<&'static str> = Some("byte");

    fn from_base(value: f64) -> Self {
        Self::from_f64(value)
    }

    fn base(self) -> f64 {
        self.as_f64()
    }
}

impl Quantity for Rate {
    const UNITS: &'static Units = &RATES;
    const PER_SI: f64 = 1.0;
    const WHOLE: Option<&'static str> = None;

    fn from_base(value: f64) -> Self {
        Self::from_bytes_per_s(value)
    }

    fn base(self) -> f64 {
        self.as_bytes_per_s()
    }
}

/// The quantity of a range, or what is wrong.
fn in_range<Q: Quantity>(value: f64, range: Range) -> Result<Q, String> {
    if let Some(problem) = range.problem(value) {
        return Err(problem);
    }
    let quantity = Q::from_base(value);
    match Q::WHOLE {
        Some(one) if value >= 2f64.powi(63) => Err(format!("is more than 2^63 {one}s")),
        Some(one) if range == Range::Positive && quantity.base() == 0.0 => Err(format!("is less than one {one}")),
        _ => Ok(quantity),
    }
}

macro_rules! quantities {
    ($($ty:ty)*) => {$(
        impl Documented for $ty {
            const DOC: TypeDoc = <$ty as Quantity>::UNITS.doc;
        }

        impl Setting for $ty {
            fn kind() -> Kind {
                Kind::Named(<$ty as Quantity>::UNITS.doc)
            }

            fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error> {
                let value = Amount::<Self>::deserialize(from)?.base();
                in_range(value, range.or(Range::NotNegative)).map_err(de::Error::custom)
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::read(from, Range::Any)
            }
        }

        impl Serialize for $ty {
            /// In the largest unit in which it is a whole number.
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let (unit, number) = <$ty as Quantity>::UNITS.canonical(self.base());
                Amount::<Self> { number, unit, of: PhantomData }.serialize(to)
            }
        }
    )*};
}

quantities! { SimSpan SimTime Bytes Rate }

/// A number and its unit, not rounded: where a law needs a part of a byte or of a nanosecond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount<Q> {
    number: f64,
    unit: usize,
    of: PhantomData<Q>,
}

impl<Q: Quantity> Amount<Q> {
    /// Nothing.
    pub fn zero() -> Self {
        Self { number: 0.0, unit: Q::UNITS.base, of: PhantomData }
    }

    /// Nanoseconds, bytes or bytes per second.
    pub fn base(self) -> f64 {
        self.number * Q::UNITS.all[self.unit].factor
    }

    /// Seconds, bytes or bytes per second.
    pub fn si(self) -> f64 {
        self.base() / Q::PER_SI
    }
}

impl<Q: Quantity> Setting for Amount<Q> {
    fn kind() -> Kind {
        Kind::Named(Q::UNITS.doc)
    }

    fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error> {
        let amount = Self::deserialize(from)?;
        match range.or(Range::NotNegative).problem(amount.si()) {
            Some(problem) => Err(de::Error::custom(problem)),
            None if amount.si() >= 2f64.powi(63) => Err(de::Error::custom("is too large")),
            None => Ok(amount),
        }
    }
}

impl<'de, Q: Quantity> Deserialize<'de> for Amount<Q> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_enum(Q::UNITS.doc.name, Q::UNITS.names, InUnit(PhantomData))
    }
}

impl<Q: Quantity> Serialize for Amount<Q> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_newtype_variant(Q::UNITS.doc.name, self.unit as u32, Q::UNITS.names[self.unit], &self.number)
    }
}

/// Reads a number in a unit.
struct InUnit<Q>(PhantomData<Q>);

impl<'de, Q: Quantity> Visitor<'de> for InUnit<Q> {
    type Value = Amount<Q>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number in one of the units {}", Q::UNITS.names.join(", "))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, choice: A) -> Result<Amount<Q>, A::Error> {
        let (unit, content) = choice.variant_seed(Name::Variant(Q::UNITS.names))?;
        // Sums with zero have no sign: what is written as -0.0 is nothing, and results never say otherwise.
        let number = content.newtype_variant::<f64>()? + 0.0;
        Ok(Amount { number, unit: Q::UNITS.index(unit), of: PhantomData })
    }
}

/// The unit of a column of a log, written as its name alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitOf<Q> {
    unit: usize,
    of: PhantomData<Q>,
}

impl<Q: Quantity> UnitOf<Q> {
    /// Its name in scenarios.
    pub fn name(self) -> &'static str {
        Q::UNITS.names[self.unit]
    }

    /// Nanoseconds, bytes or bytes per second in one of it.
    pub fn factor(self) -> f64 {
        Q::UNITS.all[self.unit].factor
    }
}

impl<Q: Quantity> Documented for UnitOf<Q> {
    const DOC: TypeDoc = Q::UNITS.column;
}

impl<Q: Quantity> Setting for UnitOf<Q> {
    fn kind() -> Kind {
        Kind::Named(Q::UNITS.column)
    }

    fn read<'de, D: Deserializer<'de>>(from: D, _: Range) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
}

impl<'de, Q: Quantity> Deserialize<'de> for UnitOf<Q> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_enum(Q::UNITS.column.name, Q::UNITS.names, NamedUnit(PhantomData))
    }
}

impl<Q: Quantity> Serialize for UnitOf<Q> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit_variant(Q::UNITS.column.name, self.unit as u32, Q::UNITS.names[self.unit])
    }
}

/// Reads the name of a unit.
struct NamedUnit<Q>(PhantomData<Q>);

impl<'de, Q: Quantity> Visitor<'de> for NamedUnit<Q> {
    type Value = UnitOf<Q>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of the units {}", Q::UNITS.names.join(", "))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, choice: A) -> Result<UnitOf<Q>, A::Error> {
        let (unit, content) = choice.variant_seed(Name::Variant(Q::UNITS.names))?;
        content.unit_variant()?;
        Ok(UnitOf { unit: Q::UNITS.index(unit), of: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<Q: Quantity + for<'de> Deserialize<'de>>(text: &str) -> Result<Q, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn units_apply_exactly() {
        assert_eq!(read::<SimTime>(r#"{"Days": 2.5}"#).map(SimTime::as_nanos), Ok(216_000_000_000_000));
        assert_eq!(read::<SimSpan>(r#"{"Millis": 8}"#).map(SimSpan::as_nanos), Ok(8_000_000));
        assert_eq!(read::<Bytes>(r#"{"GB": 2.5}"#).map(Bytes::get), Ok(2_500_000_000));
        assert_eq!(read::<Bytes>(r#"{"MiB": 1}"#).map(Bytes::get), Ok(1 << 20));
        assert_eq!(read::<Rate>(r#"{"Gbps": 10}"#), read::<Rate>(r#"{"GBps": 1.25}"#));
        for (text, message) in [
            (r#"{"Days": 1e9}"#, "is more than 2^63 nanoseconds"),
            (r#"{"Days": -1}"#, "must be finite and not negative"),
            (r#"{"Hour": 1}"#, "unknown variant"),
        ] {
            assert!(read::<SimSpan>(text).is_err_and(|told| told.contains(message)), "{text}");
        }
        let short = in_range::<SimSpan>(0.1, Range::Positive);
        assert_eq!(short, Err("is less than one nanosecond".to_owned()));
    }

    #[test]
    fn quantities_are_written_in_the_unit_in_which_they_are_whole() {
        let span = |nanos| serde_json::to_string(&SimSpan::from_nanos(nanos)).expect("it can be written");
        assert_eq!(span(0), r#"{"Seconds":0.0}"#);
        assert_eq!(span(5_400_000_000_000), r#"{"Minutes":90.0}"#);
        assert_eq!(span(86_400_000_000_001), r#"{"Nanos":86400000000001.0}"#);
        let rate = |rate| serde_json::to_string(&Rate::from_bytes_per_s(rate)).expect("it can be written");
        assert_eq!([rate(0.625e9), rate(0.0), rate(0.1)], [r#"{"Gbps":5.0}"#, r#"{"Bps":0.0}"#, r#"{"Bps":0.1}"#]);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_again_to_the_same(number in 0.0..1e6_f64, unit in 0..7usize, scale in 0..6u32) {
            let number = (number * 10f64.powi(scale as i32)).round() / 10f64.powi(scale as i32);
            fn again<Q>(value: Q) -> Result<(), TestCaseError>
            where
                Q: Quantity + PartialEq + fmt::Debug + Serialize + for<'de> Deserialize<'de>,
            {
                let text = serde_json::to_string(&value).expect("it can be written");
                prop_assert_eq!(read::<Q>(&text), Ok(value), "{}", text);
                Ok(())
            }
            again(Rate::from_bytes_per_s(number * RATES.all[unit].factor))?;
            again(Bytes::from_base((number * VOLUMES.all[unit].factor).min(9e18)))?;
            again(SimSpan::from_base((number * SPANS.all[unit].factor).min(9e18)))?;
        }
    }
}
