//! The plain solver: progressive filling over all classes.

use crate::network::resource::Equation;

/// A class as the solver sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand<'a> {
    /// Number of flows.
    pub flows: f64,
    /// Weight of each of them, the same on all resources.
    pub weight: f64,
    /// Most that each of them takes [B/s]; infinite: no cap.
    pub cap: f64,
    /// Positions of its resources in the list of equations.
    pub resources: &'a [usize],
}

/// The weighted max-min allocation: the rate per unit weight at which each resource saturates, infinite where it does
/// not.
///
/// Rates grow together as weight times level, until a resource saturates or a class meets its cap; those are
/// fixed and the others grow on. The result is unique because a class has one weight on all its resources.
pub(super) fn fill(equations: &[Equation], demands: &[Demand<'_>]) -> Vec<f64> {
    let mut saturated = vec![f64::INFINITY; equations.len()];
    let mut open: Vec<usize> = (0..demands.len()).collect();
    let mut held = vec![0.0; equations.len()];
    let mut weights = vec![0.0; equations.len()];
    while !open.is_empty() {
        // Summed afresh each round: running differences would drift.
        weights.fill(0.0);
        for demand in open.iter().map(|&class| &demands[class]) {
            for &resource in demand.resources {
                weights[resource] += demand.flows * demand.weight;
            }
        }
        let level_of = |class: usize, levels: &[f64]| {
            let demand = &demands[class];
            let shared = demand.resources.iter().map(|&resource| levels[resource]);
            shared.fold(demand.cap / demand.weight, f64::min)
        };
        let levels: Vec<f64> =
            equations.iter().zip(&held).zip(&weights).map(|((equation, &h), &w)| equation.level(h, w)).collect();
        let lowest = open.iter().map(|&class| level_of(class, &levels)).fold(f64::INFINITY, f64::min);
        if lowest.is_infinite() {
            break;
        }
        for (resource, level) in levels.iter().enumerate().filter(|(resource, _)| weights[*resource] > 0.0) {
            if *level <= lowest {
                saturated[resource] = *level;
            }
        }
        open.retain(|&class| {
            if level_of(class, &levels) > lowest {
                return true;
            }
            let demand = &demands[class];
            let rate = demand.cap.min(lowest * demand.weight);
            for &resource in demand.resources {
                held[resource] += demand.flows * rate;
            }
            false
        });
    }
    saturated
}
