//! Quantities as they are written: a number and its unit.

#![expect(non_camel_case_types, reason = "units are spelt as people write them")]

use dapple_simulator::units::{Bytes, Rate, SimSpan, SimTime};

use super::documented::documented;

documented! {
    /// A span of time, or an instant counted from the start of the run: `Minutes(30)`.
    pub enum Span {
        /// 10^-9 s.
        Nanos(f64),
        /// 10^-3 s.
        Millis(f64),
        /// 1 s.
        Seconds(f64),
        /// 60 s.
        Minutes(f64),
        /// 3600 s.
        Hours(f64),
        /// 86 400 s.
        Days(f64),
    }
}

documented! {
    /// A volume of data: `GB(2.5)`. kB to PB are powers of 1000, KiB to TiB powers of 1024.
    pub enum Size {
        /// Bytes.
        B(f64),
        /// 10^3 B.
        kB(f64),
        /// 10^6 B.
        MB(f64),
        /// 10^9 B.
        GB(f64),
        /// 10^12 B.
        TB(f64),
        /// 10^15 B.
        PB(f64),
        /// 2^10 B.
        KiB(f64),
        /// 2^20 B.
        MiB(f64),
        /// 2^30 B.
        GiB(f64),
        /// 2^40 B.
        TiB(f64),
    }
}

documented! {
    /// A rate: `Gbps(10)` counts bits, `GBps(1.25)` bytes; both are powers of 1000.
    pub enum Bandwidth {
        /// 10^3 bit/s.
        Kbps(f64),
        /// 10^6 bit/s.
        Mbps(f64),
        /// 10^9 bit/s.
        Gbps(f64),
        /// 10^12 bit/s.
        Tbps(f64),
        /// 10^6 B/s.
        MBps(f64),
        /// 10^9 B/s.
        GBps(f64),
        /// 10^12 B/s.
        TBps(f64),
    }
}

documented! {
    /// The unit of a column of times in a log.
    pub enum TimeUnit {
        /// 10^-9 s.
        Nanos,
        /// 10^-6 s.
        Micros,
        /// 10^-3 s.
        Millis,
        /// 1 s.
        Seconds,
        /// 60 s.
        Minutes,
        /// 3600 s.
        Hours,
        /// 86 400 s.
        Days,
    }
}

documented! {
    /// The unit of a column of sizes in a log.
    pub enum SizeUnit {
        /// Bytes.
        B,
        /// 10^3 B.
        kB,
        /// 10^6 B.
        MB,
        /// 10^9 B.
        GB,
        /// 10^12 B.
        TB,
        /// 2^10 B.
        KiB,
        /// 2^20 B.
        MiB,
        /// 2^30 B.
        GiB,
    }
}

/// A quantity with a unit, in the base unit of the simulator.
pub trait Quantity: Clone {
    /// The quantity in seconds, bytes or bytes per second.
    fn base(&self) -> f64;
}

impl Quantity for Span {
    fn base(&self) -> f64 {
        self.nanos() / 1e9
    }
}

impl Quantity for Size {
    fn base(&self) -> f64 {
        match *self {
            Self::B(n) => n,
            Self::kB(n) => n * 1e3,
            Self::MB(n) => n * 1e6,
            Self::GB(n) => n * 1e9,
            Self::TB(n) => n * 1e12,
            Self::PB(n) => n * 1e15,
            Self::KiB(n) => n * 1024.0,
            Self::MiB(n) => n * 1_048_576.0,
            Self::GiB(n) => n * 1_073_741_824.0,
            Self::TiB(n) => n * 1_099_511_627_776.0,
        }
    }
}

impl Quantity for Bandwidth {
    fn base(&self) -> f64 {
        match *self {
            Self::Kbps(n) => n * 1e3 / 8.0,
            Self::Mbps(n) => n * 1e6 / 8.0,
            Self::Gbps(n) => n * 1e9 / 8.0,
            Self::Tbps(n) => n * 1e12 / 8.0,
            Self::MBps(n) => n * 1e6,
            Self::GBps(n) => n * 1e9,
            Self::TBps(n) => n * 1e12,
        }
    }
}

impl Span {
    /// Nanoseconds, not rounded.
    pub fn nanos(&self) -> f64 {
        match *self {
            Self::Nanos(n) => n,
            Self::Millis(n) => n * 1e6,
            Self::Seconds(n) => n * 1e9,
            Self::Minutes(n) => n * 60e9,
            Self::Hours(n) => n * 3600e9,
            Self::Days(n) => n * 86_400e9,
        }
    }

    /// The span in whole nanoseconds; negative and NaN give zero.
    pub fn to_span(&self) -> SimSpan {
        SimSpan::from_nanos(self.nanos().round() as u64)
    }

    /// The instant so long after the start; negative and NaN give the start.
    pub fn to_time(&self) -> SimTime {
        SimTime::from_nanos(self.nanos().round() as u64)
    }
}

impl Size {
    /// The volume in whole bytes; negative and NaN give zero.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::from_f64(self.base())
    }
}

impl Bandwidth {
    /// The rate; negative and NaN give zero.
    pub fn to_rate(&self) -> Rate {
        Rate::from_bytes_per_s(self.base())
    }
}

impl TimeUnit {
    /// Nanoseconds in one unit.
    pub fn nanos(&self) -> f64 {
        match self {
            Self::Nanos => 1.0,
            Self::Micros => 1e3,
            Self::Millis => 1e6,
            Self::Seconds => 1e9,
            Self::Minutes => 60e9,
            Self::Hours => 3600e9,
            Self::Days => 86_400e9,
        }
    }
}

impl SizeUnit {
    /// Bytes in one unit.
    pub fn bytes(&self) -> f64 {
        match self {
            Self::B => 1.0,
            Self::kB => 1e3,
            Self::MB => 1e6,
            Self::GB => 1e9,
            Self::TB => 1e12,
            Self::KiB => 1024.0,
            Self::MiB => 1_048_576.0,
            Self::GiB => 1_073_741_824.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_apply_exactly() {
        assert_eq!(Span::Days(2.5).to_time().as_nanos(), 216_000_000_000_000);
        assert_eq!(Span::Millis(8.0).to_span().as_nanos(), 8_000_000);
        assert_eq!(Size::GB(2.5).to_bytes().get(), 2_500_000_000);
        assert_eq!(Size::MiB(1.0).to_bytes().get(), 1 << 20);
        assert!((Bandwidth::Gbps(10.0).base() - 1.25e9).abs() < 1e-3);
        assert!((Bandwidth::GBps(1.25).base() - Bandwidth::Gbps(10.0).base()).abs() < 1e-3);
    }
}
