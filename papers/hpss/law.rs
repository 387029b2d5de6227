//! Families of movers, with constants to be fitted.

use dapple_models::optimise::Parameter;
use dapple_simulator::topology::LoadCurve;
use dapple_simulator::units::{Rate, SimSpan};

use super::Mover;

/// Shapes of the aggregate rate C(n) at concurrency n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveShape {
    /// `C(n) = r n`: nobody feels anybody.
    Unshared,
    /// `C(n) = C` from the first transfer on.
    Constant,
    /// `C(n) = min(r n, C)`.
    Saturating,
    /// `C(n) = A (k/λ) (n/λ)^(k-1) exp(-(n/λ)^k)`.
    Weibull,
    /// `C(n) = A (1 - exp(-n/λ))`.
    Approach,
    /// `C(n) = A n / (n + h)`.
    Hyperbolic,
    /// `C(n)` at n = 1, 2, 3, 4, 6, 8, 12 and 16, linear between, flat beyond.
    Tabulated,
}

/// Shapes of the time from slot to first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartUp {
    /// None.
    None,
    /// The same for all.
    Fixed,
    /// The more, the more transfers are starting up.
    Queued,
}

/// A family of movers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// How concurrency makes rate.
    pub curve: CurveShape,
    /// What comes before the first byte.
    pub start_up: StartUp,
}

/// A constant of a law.
#[derive(Clone, Debug, PartialEq)]
pub struct LawConstant {
    /// Its symbol.
    pub symbol: String,
    /// Its unit; empty: none.
    pub unit: &'static str,
    /// Where a search for it may start.
    pub start: f64,
}

/// Concurrencies at which a table has a value of its own.
const TABULATED_AT: [u32; 8] = [1, 2, 3, 4, 6, 8, 12, 16];
/// A hyperbola becomes a table up to here; a replay seldom has half as many at once.
const HYPERBOLA_UP_TO: u32 = 64;

impl Law {
    /// The laws that are compared, from none to the richest.
    pub const ALL: [Self; 13] = {
        const fn law(curve: CurveShape, start_up: StartUp) -> Law {
            Law { curve, start_up }
        }
        [
            law(CurveShape::Unshared, StartUp::None),
            law(CurveShape::Unshared, StartUp::Fixed),
            law(CurveShape::Constant, StartUp::Fixed),
            law(CurveShape::Saturating, StartUp::Fixed),
            law(CurveShape::Weibull, StartUp::Fixed),
            law(CurveShape::Approach, StartUp::Fixed),
            law(CurveShape::Hyperbolic, StartUp::Fixed),
            law(CurveShape::Tabulated, StartUp::Fixed),
            law(CurveShape::Saturating, StartUp::Queued),
            law(CurveShape::Weibull, StartUp::Queued),
            law(CurveShape::Approach, StartUp::Queued),
            law(CurveShape::Hyperbolic, StartUp::Queued),
            law(CurveShape::Tabulated, StartUp::Queued),
        ]
    };

    /// Its name in tables.
    pub fn name(&self) -> String {
        let curve = match self.curve {
            CurveShape::Unshared => "size only",
            CurveShape::Constant => "constant rate",
            CurveShape::Saturating => "saturating",
            CurveShape::Weibull => "Weibull",
            CurveShape::Approach => "approach",
            CurveShape::Hyperbolic => "hyperbolic",
            CurveShape::Tabulated => "tabulated",
        };
        let start_up = match self.start_up {
            StartUp::None => "",
            StartUp::Fixed => ", start-up",
            StartUp::Queued => ", queued start-up",
        };
        format!("{curve}{start_up}")
    }

    /// Its constants in order; all are positive.
    pub fn constants(&self) -> Vec<LawConstant> {
        let one = |symbol: &str, unit, start| LawConstant { symbol: symbol.into(), unit, start };
        let mut constants = match self.curve {
            CurveShape::Unshared => vec![one("r", "MB/s", 150.0)],
            CurveShape::Constant => vec![one("C", "MB/s", 1000.0)],
            CurveShape::Saturating => vec![one("r", "MB/s", 270.0), one("C", "MB/s", 1200.0)],
            CurveShape::Weibull => vec![one("A", "MB/s", 35_000.0), one("k", "", 1.9), one("λ", "", 22.0)],
            CurveShape::Approach => vec![one("A", "MB/s", 1200.0), one("λ", "", 3.0)],
            CurveShape::Hyperbolic => vec![one("A", "MB/s", 1500.0), one("h", "", 4.0)],
            CurveShape::Tabulated => {
                let value = |n: u32| one(&format!("C({n})"), "MB/s", (270.0 * f64::from(n)).min(1200.0));
                TABULATED_AT.into_iter().map(value).collect()
            }
        };
        match self.start_up {
            StartUp::None => {}
            StartUp::Fixed => constants.push(one("s", "s", 5.0)),
            StartUp::Queued => constants.extend([one("s", "s", 2.0), one("q", "s", 1.5)]),
        }
        constants
    }

    /// Its constants as parameters of a search that starts at `start`, or else where [`Law::constants`] says.
    pub(super) fn parameters(&self, start: Option<&[f64]>) -> Vec<Parameter> {
        let given = |index: usize| start.and_then(|start| start.get(index).copied());
        let constants = self.constants();
        constants
            .iter()
            .enumerate()
            .map(|(i, constant)| Parameter::positive(given(i).unwrap_or(constant.start)))
            .collect()
    }

    /// The mover with these constants, in the order and units of [`Law::constants`]; missing ones count as 0.
    pub fn mover(&self, constants: &[f64]) -> Mover {
        let get = |index: usize| constants.get(index).copied().unwrap_or_default();
        let rate = |index: usize| Rate::from_mb_per_s(get(index));
        let (curve, used) = match self.curve {
            CurveShape::Unshared => (LoadCurve::Saturating { each: rate(0), total: Rate::INFINITE }, 1),
            CurveShape::Constant => (LoadCurve::Tabulated(vec![rate(0)]), 1),
            CurveShape::Saturating => (LoadCurve::Saturating { each: rate(0), total: rate(1) }, 2),
            CurveShape::Weibull => (LoadCurve::Weibull { amplitude: rate(0), shape: get(1), scale: get(2) }, 3),
            CurveShape::Approach => (LoadCurve::Approach { total: rate(0), scale: get(1) }, 2),
            CurveShape::Hyperbolic => {
                let point = |n: u32| Rate::from_mb_per_s(get(0) * f64::from(n) / (f64::from(n) + get(1)));
                (LoadCurve::Tabulated((1..=HYPERBOLA_UP_TO).map(point).collect()), 2)
            }
            CurveShape::Tabulated => {
                (LoadCurve::Tabulated(interpolated(&constants[..TABULATED_AT.len()])), TABULATED_AT.len())
            }
        };
        let seconds = |offset: usize| SimSpan::from_secs_f64(get(used + offset));
        let (start_up, start_up_each) = match self.start_up {
            StartUp::None => (SimSpan::ZERO, SimSpan::ZERO),
            StartUp::Fixed => (seconds(0), SimSpan::ZERO),
            StartUp::Queued => (seconds(0), seconds(1)),
        };
        Mover { curve, start_up, start_up_each }
    }
}

/// The table at 1, 2, 3 .. from its values [MB/s] at [`TABULATED_AT`].
fn interpolated(values: &[f64]) -> Vec<Rate> {
    let point = |n: u32| {
        let above = TABULATED_AT.iter().position(|&knot| knot >= n).unwrap_or(TABULATED_AT.len() - 1);
        let below = above.saturating_sub(1);
        let gap = f64::from(TABULATED_AT[above] - TABULATED_AT[below]).max(1.0);
        let part = f64::from(TABULATED_AT[above] - n) / gap;
        Rate::from_mb_per_s(values[above] + (values[below] - values[above]) * part)
    };
    (1..=TABULATED_AT[TABULATED_AT.len() - 1]).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_arrive_where_they_belong() {
        for law in Law::ALL {
            let starts: Vec<f64> = law.constants().iter().map(|constant| constant.start).collect();
            let mover = law.mover(&starts);
            let last = starts[starts.len() - 1];
            match law.start_up {
                StartUp::None => assert_eq!(mover.start_up, SimSpan::ZERO),
                StartUp::Fixed => assert_eq!(mover.start_up, SimSpan::from_secs_f64(last)),
                StartUp::Queued => assert_eq!(mover.start_up_each, SimSpan::from_secs_f64(last)),
            }
            assert!(mover.curve.rate(1) > Rate::ZERO, "{}", law.name());
        }
    }

    #[test]
    fn a_table_is_linear_between_its_knots() {
        let values = [10.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 60.0];
        let table: Vec<f64> = interpolated(&values).iter().map(|rate| rate.as_bytes_per_s() / 1e6).collect();
        let by_hand = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 95.0, 100.0, 90.0, 80.0, 70.0, 60.0];
        assert_eq!(table, by_hand);
    }

    #[test]
    fn a_hyperbola_is_half_way_at_its_constant() {
        let law = Law { curve: CurveShape::Hyperbolic, start_up: StartUp::None };
        assert_eq!(law.mover(&[1000.0, 4.0]).curve.rate(4), Rate::from_mb_per_s(500.0));
    }
}
