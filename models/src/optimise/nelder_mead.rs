//! Downhill simplex (Nelder and Mead 1965) with coefficients that adapt to the dimension (Gao and Han 2012).
//!
//! A simplex of n + 1 points is moved by reflecting its worst point through the centre of the others, stretched where that
//! goes well and shrunk where it does not. Ranges are kept by transforms, not by penalties: a positive parameter is searched
//! in its logarithm, one between two limits in its logit, so that the objective never sees a value outside.
//!
//! It finds a local minimum; start it several times where there may be more than one. Beyond about ten parameters it is slow.

use serde::{Deserialize, Serialize};

use super::OptimiseError;

/// Where a parameter may lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Range {
    /// Any number; searched as it is.
    Any,
    /// Above 0; searched in its logarithm.
    Positive,
    /// Strictly between two limits; searched in its logit.
    Between(f64, f64),
}

/// A parameter to vary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Where the search starts; inside `range`.
    pub start: f64,
    /// Where it may lie.
    pub range: Range,
}

impl Parameter {
    /// A parameter above 0.
    pub fn positive(start: f64) -> Self {
        Self { start, range: Range::Positive }
    }
}

/// Settings of the search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NelderMead {
    /// Values of the objective that may be asked for, all rounds together; 500. A round under way ends where it is.
    pub max_evaluations: usize,
    /// Edge of the first simplex, in transformed units (0.2 in a logarithm is 22 %); 0.2. Positive.
    pub step: f64,
    /// A round ends when the simplex is smaller than this in every transformed parameter; 1e-4. Positive ...
    pub x_tolerance: f64,
    /// ... and its values differ by less than this; 1e-8. Positive.
    pub f_tolerance: f64,
    /// Rounds: each starts at the best point so far with a new simplex half as large; 2. At least 1.
    pub rounds: usize,
}

impl Default for NelderMead {
    fn default() -> Self {
        Self { max_evaluations: 500, step: 0.2, x_tolerance: 1e-4, f_tolerance: 1e-8, rounds: 2 }
    }
}

/// The best point that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Minimum {
    /// The parameters, in their own units.
    pub point: Vec<f64>,
    /// The objective there.
    pub value: f64,
    /// Values that were asked for.
    pub evaluations: usize,
    /// Whether the last round ended by its tolerances, not for want of evaluations.
    pub converged: bool,
}

impl NelderMead {
    /// Searches for the parameters that make `objective` small. NaN counts as worse than anything.
    ///
    /// ```
    /// use dapple_models::optimise::{NelderMead, Parameter};
    ///
    /// let start = [Parameter::positive(1.0), Parameter::positive(1.0)];
    /// let found = NelderMead::default().minimise(&start, |x| (x[0].ln() - 2.0).powi(2) + (x[1] - 3.0).powi(2))?;
    /// assert!((found.point[0] - 2f64.exp()).abs() < 1e-2 && (found.point[1] - 3.0).abs() < 1e-2);
    /// # Ok::<(), dapple_models::optimise::OptimiseError>(())
    /// ```
    ///
    /// # Errors
    /// [`OptimiseError::NoParameters`], [`OptimiseError::BadStart`], [`OptimiseError::EmptyRange`] and
    /// [`OptimiseError::BadSetting`] before anything is evaluated; [`OptimiseError::NeverFinite`] after a search in vain.
    pub fn minimise(
        &self,
        parameters: &[Parameter],
        mut objective: impl FnMut(&[f64]) -> f64,
    ) -> Result<Minimum, OptimiseError> {
        self.check(parameters)?;
        let ranges: Vec<Range> = parameters.iter().map(|parameter| parameter.range).collect();
        let start: Vec<f64> = parameters.iter().map(|parameter| to_line(parameter.range, parameter.start)).collect();
        let mut evaluations = 0;
        let mut value_at = |x: &[f64]| {
            evaluations += 1;
            let value = objective(&from_line(&ranges, x));
            if value.is_nan() { f64::INFINITY } else { value }
        };
        let first = value_at(&start);
        let mut best = Vertex { x: start, value: first };
        let (mut step, mut left, mut converged) = (self.step, self.max_evaluations.saturating_sub(1), false);
        for _ in 0..self.rounds {
            let mut simplex = Simplex::around(best, step, &mut left, &mut value_at);
            converged = simplex.crawl(self, &mut left, &mut value_at);
            best = simplex.into_best();
            step *= 0.5;
        }
        if !best.value.is_finite() {
            return Err(OptimiseError::NeverFinite { evaluations });
        }
        Ok(Minimum { point: from_line(&ranges, &best.x), value: best.value, evaluations, converged })
    }

    fn check(&self, parameters: &[Parameter]) -> Result<(), OptimiseError> {
        if parameters.is_empty() {
            return Err(OptimiseError::NoParameters);
        }
        let settings = [
            ("the first step", self.step),
            ("the tolerance of points", self.x_tolerance),
            ("the tolerance of values", self.f_tolerance),
            ("the number of rounds", self.rounds as f64),
            ("the number of evaluations", self.max_evaluations as f64),
        ];
        if let Some(&(what, value)) = settings.iter().find(|(_, value)| !value.is_finite() || *value <= 0.0) {
            return Err(OptimiseError::BadSetting { what, value });
        }
        for (index, &Parameter { start, range }) in parameters.iter().enumerate() {
            let (inside, words) = match range {
                Range::Any => (true, String::from("any number")),
                Range::Positive => (start > 0.0, String::from("positive")),
                Range::Between(low, high) if low < high && low.is_finite() && high.is_finite() => {
                    (low < start && start < high, format!("between {low} and {high}"))
                }
                Range::Between(low, high) => return Err(OptimiseError::EmptyRange { index, low, high }),
            };
            if !start.is_finite() || !inside {
                return Err(OptimiseError::BadStart { index, start, range: words });
            }
        }
        Ok(())
    }
}

/// From a range to the whole line.
fn to_line(range: Range, x: f64) -> f64 {
    match range {
        Range::Any => x,
        Range::Positive => x.ln(),
        Range::Between(low, high) => ((x - low) / (high - x)).ln(),
    }
}

/// Back from the line; far out the limits themselves would be reached, which are not inside.
fn from_line(ranges: &[Range], x: &[f64]) -> Vec<f64> {
    let back = |(range, x): (&Range, &f64)| match *range {
        Range::Any => *x,
        Range::Positive => x.exp().clamp(f64::MIN_POSITIVE, f64::MAX),
        Range::Between(low, high) => (low + (high - low) / (1.0 + (-x).exp())).clamp(low.next_up(), high.next_down()),
    };
    ranges.iter().zip(x).map(back).collect()
}

#[derive(Debug, Clone)]
struct Vertex {
    x: Vec<f64>,
    value: f64,
}

/// n + 1 vertices, best first.
struct Simplex {
    vertices: Vec<Vertex>,
}

impl Simplex {
    fn around(best: Vertex, step: f64, left: &mut usize, value_at: &mut impl FnMut(&[f64]) -> f64) -> Self {
        let mut vertices = vec![best];
        for axis in 0..vertices[0].x.len() {
            let mut x = vertices[0].x.clone();
            x[axis] += step;
            let value = spend(left, &x, value_at);
            vertices.push(Vertex { x, value });
        }
        let mut simplex = Self { vertices };
        simplex.sort();
        simplex
    }

    /// Best first; equal values keep their order.
    fn sort(&mut self) {
        self.vertices.sort_by(|a, b| a.value.total_cmp(&b.value));
    }

    fn into_best(mut self) -> Vertex {
        self.vertices.swap_remove(0)
    }

    /// One round; `false` where it ran out of evaluations.
    fn crawl(&mut self, settings: &NelderMead, left: &mut usize, value_at: &mut impl FnMut(&[f64]) -> f64) -> bool {
        // In one dimension the adaptive coefficients would collapse the simplex; those of two are the classic ones.
        let n = (self.vertices.len() - 1).max(2) as f64;
        let (stretch, contract, shrink) = (1.0 + 2.0 / n, 0.75 - 0.5 / n, 1.0 - 1.0 / n);
        while !self.is_small(settings) {
            if *left == 0 {
                return false;
            }
            let worst = self.vertices.len() - 1;
            let (lowest, second, highest) =
                (self.vertices[0].value, self.vertices[worst - 1].value, self.vertices[worst].value);
            let mut at = |along: f64, left: &mut usize| {
                let x = self.through_centre(along);
                let value = spend(left, &x, value_at);
                Vertex { x, value }
            };
            let reflected = at(1.0, left);
            let better = if reflected.value < lowest {
                let stretched = at(stretch, left);
                Some(if stretched.value < reflected.value { stretched } else { reflected })
            } else if reflected.value < second {
                Some(reflected)
            } else if reflected.value < highest {
                Some(at(contract, left)).filter(|outside| outside.value <= reflected.value)
            } else {
                Some(at(-contract, left)).filter(|inside| inside.value < highest)
            };
            match better {
                Some(vertex) => self.vertices[worst] = vertex,
                None => self.shrink(shrink, left, value_at),
            }
            self.sort();
        }
        true
    }

    /// The worst point carried `along` times its distance through the centre of the others and beyond.
    fn through_centre(&self, along: f64) -> Vec<f64> {
        let (worst, others) = self.vertices.split_last().expect("a simplex has at least two vertices");
        let centre = |axis: usize| others.iter().map(|vertex| vertex.x[axis]).sum::<f64>() / others.len() as f64;
        let moved = |(axis, worst): (usize, &f64)| {
            let centre = centre(axis);
            centre + along * (centre - worst)
        };
        worst.x.iter().enumerate().map(moved).collect()
    }

    fn shrink(&mut self, factor: f64, left: &mut usize, value_at: &mut impl FnMut(&[f64]) -> f64) {
        let (best, others) = self.vertices.split_first_mut().expect("a simplex has vertices");
        for vertex in others {
            for (x, towards) in vertex.x.iter_mut().zip(&best.x) {
                *x = towards + factor * (*x - towards);
            }
            vertex.value = spend(left, &vertex.x, value_at);
        }
    }

    fn is_small(&self, settings: &NelderMead) -> bool {
        let (best, others) = self.vertices.split_first().expect("a simplex has vertices");
        let spread = others.iter().map(|other| other.value - best.value).fold(0.0, f64::max);
        let size =
            others.iter().flat_map(|other| other.x.iter().zip(&best.x).map(|(a, b)| (a - b).abs())).fold(0.0, f64::max);
        spread <= settings.f_tolerance && size <= settings.x_tolerance
    }
}

/// A value of the objective, as long as there are evaluations left; without them a point is as bad as can be.
fn spend(left: &mut usize, x: &[f64], value_at: &mut impl FnMut(&[f64]) -> f64) -> f64 {
    match left.checked_sub(1) {
        Some(fewer) => {
            *left = fewer;
            value_at(x)
        }
        None => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any(start: f64) -> Parameter {
        Parameter { start, range: Range::Any }
    }

    fn thorough() -> NelderMead {
        NelderMead { max_evaluations: 20_000, x_tolerance: 1e-9, f_tolerance: 1e-14, step: 0.5, rounds: 3 }
    }

    /// Rosenbrock's valley: minimum 0 at (1, .., 1).
    fn valley(x: &[f64]) -> f64 {
        x.windows(2).map(|pair| 100.0 * (pair[1] - pair[0] * pair[0]).powi(2) + (1.0 - pair[0]).powi(2)).sum()
    }

    #[test]
    fn it_follows_the_bent_valley() {
        // From (-1.2, 1, 1, 1, 1) it would end in the other minimum that the valley has from four dimensions on.
        for (dimensions, first) in [(2, -1.2), (3, -1.2), (5, 0.0)] {
            let mut start = vec![any(1.0); dimensions];
            start[0] = any(first);
            let found = thorough().minimise(&start, valley).unwrap();
            assert!(found.converged, "{dimensions}: {found:?}");
            assert!(found.point.iter().all(|x| (x - 1.0).abs() < 1e-6), "{dimensions}: {found:?}");
        }
    }

    #[test]
    fn it_leaves_the_singular_start_of_powell() {
        let powell = |x: &[f64]| {
            (x[0] + 10.0 * x[1]).powi(2)
                + 5.0 * (x[2] - x[3]).powi(2)
                + (x[1] - 2.0 * x[2]).powi(4)
                + 10.0 * (x[0] - x[3]).powi(4)
        };
        let found = thorough().minimise(&[any(3.0), any(-1.0), any(0.0), any(1.0)], powell).unwrap();
        assert!(found.value < 1e-10, "{found:?}");
    }

    #[test]
    fn one_parameter_is_enough() {
        let found = thorough().minimise(&[any(10.0)], |x| (x[0] - 3.0).abs()).unwrap();
        assert!((found.point[0] - 3.0).abs() < 1e-8);
    }

    #[test]
    fn a_minimum_at_a_limit_is_approached_from_inside() {
        let inside = Parameter { start: 0.5, range: Range::Between(0.0, 1.0) };
        let found = thorough()
            .minimise(&[inside, Parameter::positive(2.0)], |x| {
                assert!(0.0 < x[0] && x[0] < 1.0 && x[1] > 0.0);
                x[1] - x[0]
            })
            .unwrap();
        assert!(found.point[0] > 0.999 && found.point[1] < 1e-3, "{found:?}");
    }

    #[test]
    fn steps_and_holes_do_not_stop_it() {
        // flat steps of 0.01, and no value at all for x < 0
        let stairs = |x: &[f64]| if x[0] < 0.0 { f64::NAN } else { ((x[0] - 2.0).abs() * 100.0).floor() };
        let found = thorough().minimise(&[any(0.1)], stairs).unwrap();
        assert!((found.point[0] - 2.0).abs() <= 0.01);
    }

    #[test]
    fn evaluations_are_counted_and_limited() {
        let mut asked = 0;
        let settings = NelderMead { max_evaluations: 17, ..NelderMead::default() };
        let count = |x: &[f64]| {
            asked += 1;
            valley(x)
        };
        let found = settings.minimise(&[any(-1.2), any(1.0)], count).unwrap();
        assert!(!found.converged);
        assert_eq!((found.evaluations, asked), (17, 17));
    }

    #[test]
    fn wrong_settings_are_typed_errors() {
        let search = |parameters: &[Parameter]| NelderMead::default().minimise(parameters, valley);
        assert_eq!(search(&[]), Err(OptimiseError::NoParameters));
        assert!(matches!(search(&[any(0.0), any(f64::NAN)]), Err(OptimiseError::BadStart { index: 1, .. })));
        assert!(matches!(search(&[Parameter::positive(0.0)]), Err(OptimiseError::BadStart { index: 0, .. })));
        let range = |low, high| Parameter { start: 1.0, range: Range::Between(low, high) };
        assert!(matches!(search(&[range(1.0, 2.0)]), Err(OptimiseError::BadStart { .. })));
        assert!(matches!(search(&[range(2.0, 2.0)]), Err(OptimiseError::EmptyRange { .. })));
        assert!(matches!(search(&[range(0.0, f64::INFINITY)]), Err(OptimiseError::EmptyRange { .. })));
        let still = NelderMead { step: 0.0, ..NelderMead::default() };
        assert!(matches!(still.minimise(&[any(1.0)], valley), Err(OptimiseError::BadSetting { .. })));
        let nowhere = NelderMead::default().minimise(&[any(1.0)], |_| f64::NAN);
        assert!(matches!(nowhere, Err(OptimiseError::NeverFinite { .. })));
    }

    proptest! {
        #[test]
        fn never_worse_than_the_start_and_the_same_twice(
            start in prop::collection::vec(-5.0f64..5.0, 1..5),
            max_evaluations in 1usize..200,
        ) {
            let parameters: Vec<Parameter> = start.iter().map(|&x| any(x)).collect();
            let bowl = |x: &[f64]| x.iter().enumerate().map(|(i, x)| (x - i as f64).powi(2) * (i + 1) as f64).sum::<f64>();
            let settings = NelderMead { max_evaluations, ..NelderMead::default() };
            let found = settings.minimise(&parameters, bowl).unwrap();
            prop_assert!(found.value <= bowl(&start) && found.evaluations <= max_evaluations);
            prop_assert_eq!(Ok(found), settings.minimise(&parameters, bowl));
        }
    }
}
