//! The physics: what can be carried at a given moment.

use std::collections::BTreeMap;

use crate::ids::{DtnId, LinkId, PoolId, RseId, Table};
use crate::topology::{LoadCurve, Series};
use crate::units::Rate;

/// Coefficients of remote access (Begy et al., eq. 1 and 4): `T = a·S + b·ConTh + c·ConPr`, in s/MB.
///
/// `S` is the file's size, `ConTh` the MB moved meanwhile by the other threads of its process, `ConPr` the
/// MB moved meanwhile by other processes. WebDAV, GRIF-LPNHE to CERN, April 2018: 0.023568, 0.043705, 0.001538.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccessCoefficients {
    /// Cost of the file itself [s/MB].
    pub a: f64,
    /// Cost of concurrent traffic of the same process [s/MB].
    pub b: f64,
    /// Cost of concurrent traffic of other processes [s/MB].
    pub c: f64,
}

impl AccessCoefficients {
    /// The least cost of a file itself beyond that of what others move [s/MB]: a petabyte in a second. Below it rates are those of
    /// rounding.
    pub const LEAST: f64 = 1e-9;
    /// The largest coefficient [s/MB]: a megabyte in thirty years.
    pub const MOST: f64 = 1e9;

    /// Whether every set of active threads has one rate allocation, a positive one that doubles can tell: `c >= 0`, `b >= c` and
    /// `a` at least [`Self::LEAST`] more than `c`, all up to [`Self::MOST`].
    pub fn is_well_posed(&self) -> bool {
        let Self { a, b, c } = *self;
        // Written as sums are rounded: `c` and `LEAST` added.
        c >= 0.0 && b >= c && a > c && a >= c + Self::LEAST * (1.0 - 1e-6) && a <= Self::MOST && b <= Self::MOST
    }
}

/// What a topology can carry, and when: the true series, curves and laws, future included. Only the network reads it, and
/// whoever looks at a run from outside; policies see the [`super::Map`] and what services publish.
#[derive(Clone, Debug, PartialEq)]
pub struct Physics {
    pub(super) links: Table<LinkId, Series<Rate>>,
    pub(super) dtns: Table<DtnId, LoadCurve>,
    pub(super) laws: BTreeMap<(PoolId, RseId), Series<AccessCoefficients>>,
}

impl Physics {
    /// Capacity of a link over time (background traffic and outages are steps of it); zero stops the link.
    pub fn bandwidth(&self, link: LinkId) -> &Series<Rate> {
        &self.links[link]
    }

    /// Aggregate rate of a DTN as a function of concurrency.
    pub fn curve(&self, dtn: DtnId) -> &LoadCurve {
        &self.dtns[dtn]
    }

    /// The law of remote access from `rse` to a worker node of `pool`; without one, reads share the RSE and
    /// the network like any other flow.
    pub fn law(&self, pool: PoolId, rse: RseId) -> Option<&Series<AccessCoefficients>> {
        self.laws.get(&(pool, rse))
    }

    /// All laws of remote access in order of (pool, RSE).
    pub fn laws(&self) -> impl Iterator<Item = (PoolId, RseId, &Series<AccessCoefficients>)> {
        self.laws.iter().map(|(&(pool, rse), law)| (pool, rse, law))
    }
}
