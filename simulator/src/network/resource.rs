//! What limits flows.

use std::collections::BTreeSet;

use crate::ids::entity_id;
use crate::topology::{AccessCoefficients, LoadCurve, Series};
use crate::units::{Rate, SimTime};

entity_id! {
    /// A resource of the network.
    ResourceId;
}

/// How much a resource carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Capacity {
    /// A wire, a LAN, or the read or write limit of an RSE, over time.
    Wire(Series<Rate>),
    /// A wire without contention: each flow may use all of it, whoever else does. It caps flows and shares nothing, so that
    /// it has no equation; infinite, it only counts what crosses it.
    PerFlow(Series<Rate>),
    /// A data transfer node: its curve over the streams of the flows that cross it.
    Curve(LoadCurve),
    /// One worker node reading from one RSE; well-posed at every step.
    Access(Series<AccessCoefficients>),
}

/// Bytes in one MB: coefficients of the access law are given per MB.
const MB: f64 = 1e6;

/// The equation of a resource at one instant: `y = (numerator - scale·H) / (base + scale·W)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Equation {
    pub numerator: f64,
    pub scale: f64,
    pub base: f64,
}

impl Equation {
    /// The rate per unit weight where others take `held` [B/s] and the rest weighs `weight`.
    pub fn level(&self, held: f64, weight: f64) -> f64 {
        let left = (self.numerator - self.scale * held).max(0.0);
        let share = self.base + self.scale * weight;
        if share > 0.0 { left / share } else { f64::INFINITY }
    }
}

/// A resource with what crosses it now.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub capacity: Capacity,
    /// Streams of the flows that cross it; those at rate zero count.
    pub streams: u64,
    /// Bytes that had crossed it with classes that are gone.
    pub carried: f64,
    /// Where it shares nothing: the classes that cross it. Else the levels know them.
    pub classes: BTreeSet<u32>,
}

impl Resource {
    pub fn new(capacity: Capacity) -> Self {
        Self { capacity, streams: 0, carried: 0.0, classes: BTreeSet::new() }
    }

    /// The most that one flow may take of it at `now`, whoever else is there; `None` where flows share it.
    pub fn cap(&self, now: SimTime) -> Option<Rate> {
        match &self.capacity {
            Capacity::PerFlow(series) => Some(*series.at(now)),
            Capacity::Wire(_) | Capacity::Curve(_) | Capacity::Access(_) => None,
        }
    }

    /// Its equation at `now`.
    pub fn equation(&self, now: SimTime) -> Equation {
        match &self.capacity {
            Capacity::Wire(series) => wire(*series.at(now)),
            Capacity::PerFlow(_) => wire(Rate::INFINITE),
            Capacity::Curve(curve) => wire(curve.rate(self.streams)),
            Capacity::Access(series) => {
                let law = series.at(now);
                Equation { numerator: 1.0, scale: law.c / MB, base: (law.a - law.c) / MB }
            }
        }
    }

    /// The first instant after `now` at which the capacity changes by itself.
    pub fn next_change(&self, now: SimTime) -> Option<SimTime> {
        match &self.capacity {
            Capacity::Wire(series) | Capacity::PerFlow(series) => series.next_change(now),
            Capacity::Access(series) => series.next_change(now),
            Capacity::Curve(_) => None,
        }
    }
}

/// Weight of one of `threads` threads of a process under an access law: `(a - c) / D(n)`, 1 for a single thread.
pub(super) fn thread_weight(law: &AccessCoefficients, threads: u32) -> f64 {
    let n = f64::from(threads);
    (law.a - law.c) / (law.a + (n - 1.0) * law.b - n * law.c)
}

fn wire(capacity: Rate) -> Equation {
    Equation { numerator: capacity.as_bytes_per_s(), scale: 1.0, base: 0.0 }
}
