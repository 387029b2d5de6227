//! The equation of one resource: what crosses it at a level, and the level that makes of it.

use crate::network::resource::Equation;

/// What crosses a resource at some level: the rates of the classes bound up to it, the weights of the others, and the
/// bounds next to it on both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub held: f64,
    pub free: f64,
    pub below: f64,
    pub above: f64,
}

impl Sums {
    pub const NOBODY: Self = Self { held: 0.0, free: 0.0, below: 0.0, above: f64::INFINITY };

    /// With the classes taken for limited whose bounds are above the level.
    pub fn at(level: f64, bounds: &[(f64, f64)]) -> Self {
        let mut sums = Self::NOBODY;
        for &(mass, bound) in bounds {
            if bound <= level {
                sums.add_held(mass, bound);
            } else {
                sums.add_limited(mass, bound);
            }
        }
        sums
    }

    #[inline(always)]
    pub fn add_limited(&mut self, mass: f64, bound: f64) {
        self.free += mass;
        self.above = least(bound, self.above);
    }

    #[inline(always)]
    pub fn add_held(&mut self, mass: f64, bound: f64) {
        self.held += mass * bound;
        self.below = if bound > self.below { bound } else { self.below };
    }

    /// The level that makes of these sums, if it parts the classes in the same way.
    #[inline]
    pub fn level(&self, equation: &Equation) -> Option<f64> {
        if self.free == 0.0 && equation.base == 0.0 {
            return (equation.scale * self.held <= equation.numerator).then_some(f64::INFINITY);
        }
        let level = equation.level(self.held, self.free);
        (self.below <= level && level < self.above).then_some(level)
    }
}

/// Level of a resource whose classes weigh and are bound as given, from a first guess; and the rates of those that are
/// bound elsewhere, where nothing is limited here.
pub(super) fn newton(equation: &Equation, guess: f64, bounds: &[(f64, f64)]) -> (f64, f64) {
    let mut level = guess;
    let mut sums = Sums::at(level, bounds);
    if sums.free == 0.0 && equation.base == 0.0 {
        // All are bound below the guess, so the tangent is flat. Where they fit, nothing is limited here; else the
        // highest of them are.
        if equation.scale * sums.held <= equation.numerator {
            return (f64::INFINITY, sums.held);
        }
        level = sums.below.next_down();
        sums = Sums::at(level, bounds);
    }
    // The tangent of a concave function meets the capacity left of the root, so after one step the iterates grow,
    // and each step but the last crosses a bound.
    let mut is_left = false;
    loop {
        let next = equation.level(sums.held, sums.free);
        if next.is_infinite() || (sums.below <= next && next < sums.above) {
            return (next, sums.held);
        }
        if is_left && next <= level {
            return (level, sums.held);
        }
        is_left = true;
        level = next;
        sums = Sums::at(level, bounds);
    }
}

/// The lesser of two numbers that are not NaN: one instruction.
#[inline]
pub(super) fn least(one: f64, two: f64) -> f64 {
    if one < two { one } else { two }
}
