//! One size of noise, fitted to F of eq. 1; what it says about everything else.
//!
//! A simulated campaign obeys the law exactly and its F is infinite, so the law needs noise before it can be compared with
//! measurements. Two kinds, each with one parameter and independent from read to read:
//!
//! ```text
//!   multiplicative   T' = T exp(σ z - σ²/2)        σ: relative scatter of a time
//!   additive         T' = T + s z                  s in seconds
//! ```
//!
//! The parameter is where the median F of eq. 1 over all replications is the paper's. The same normal deviates z serve every
//! size of noise, both kinds and all three equations, so that F falls smoothly with the size and bisection finds it.

use std::fmt;

use dapple_models::statistics::quantile;
use dapple_models::{Features, FitError, LeastSquares};
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::campaign::at;
use super::equation::coefficients;
use super::{Campaign, Equation, RemoteAccessError};

/// What scatters the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// `T' = T exp(σ z - σ²/2)`: long reads scatter as much as short ones, relative to their time. The mean stays T.
    Multiplicative,
    /// `T' = T + s z`: all reads scatter by the same number of seconds. Short ones may come out negative.
    Additive,
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Multiplicative => "multiplicative",
            Self::Additive => "additive",
        })
    }
}

impl Noise {
    /// A time with noise of this size on it.
    fn on(self, seconds: f64, size: f64, z: f64) -> f64 {
        match self {
            Self::Multiplicative => seconds * (size * z - size * size / 2.0).exp(),
            Self::Additive => seconds + size * z,
        }
    }
}

/// How much is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoisePlan {
    /// Seed of the deviates; they depend on nothing but this, the replication and the row.
    pub seed: u64,
    /// Noisy versions of the campaign, at least one; 200.
    pub replications: usize,
}

impl Default for NoisePlan {
    fn default() -> Self {
        Self { seed: 1, replications: 200 }
    }
}

/// One equation on one noisy version.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyFit {
    /// F-statistic.
    pub f: f64,
    /// Coefficients [s/MB], in the order of [`Equation::columns`].
    pub coefficients: Vec<f64>,
}

/// One noisy version of the campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Replication {
    /// Eq. 1, 2 and 3.
    pub fits: [NoisyFit; 3],
    /// p-value of the product ConTh:ConPr in eq. 1; `None` where no read has traffic of both kinds beside it.
    pub interaction_p: Option<f64>,
}

/// A campaign under one kind of noise.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseStudy {
    /// The kind.
    pub noise: Noise,
    /// Its size, calibrated on F of eq. 1: σ, or s in seconds.
    pub size: f64,
    /// The size that F of eq. 1, 2 and 3 would each ask for on its own; the first is [`size`](Self::size). Were the noise
    /// of this kind and the campaign the paper's, all three would be equal up to chance.
    pub size_of_each: [f64; 3],
    /// Replications.
    pub replications: Vec<Replication>,
    /// Times of the first of them \[s\], a row of the campaign each.
    pub first_seconds: Vec<f64>,
    /// Share of times that came out negative; 0 under multiplicative noise.
    pub negative_share: f64,
}

/// Median and central 95 % of a predicted figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// 2.5 % lie below.
    pub low: f64,
    /// Half lie below.
    pub median: f64,
    /// 2.5 % lie above.
    pub high: f64,
}

impl Range {
    /// Of these values; NaN throughout where there are none or one is not finite.
    pub fn of(values: &[f64]) -> Self {
        let at = |probability| quantile(values, probability).unwrap_or(f64::NAN);
        Self { low: at(0.025), median: at(0.5), high: at(0.975) }
    }

    /// Whether a figure lies within.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

impl NoiseStudy {
    /// F of an equation, one per replication.
    pub fn f(&self, equation: Equation) -> Vec<f64> {
        self.replications.iter().map(|own| own.fits[equation.index()].f).collect()
    }

    /// A coefficient of an equation, one per replication; empty where the equation has no such column.
    pub fn coefficient(&self, equation: Equation, column: &str) -> Vec<f64> {
        let Some(at) = equation.columns().iter().position(|own| *own == column) else { return Vec::new() };
        self.replications.iter().map(|own| own.fits[equation.index()].coefficients[at]).collect()
    }

    /// `ln(coefficient in the equation / in eq. 1)`, one per replication, as the paper compares models.
    pub fn log_change(&self, equation: Equation, column: &str) -> Vec<f64> {
        let pairs = self.coefficient(equation, column).into_iter().zip(self.coefficient(Equation::Full, column));
        pairs.map(|(reduced, full)| (reduced / full).ln()).collect()
    }

    /// Share of replications in which the product ConTh:ConPr is significant at 5 %; about 5 % where there is no interaction
    /// and the noise is as least squares assumes. `None` where it cannot be estimated.
    pub fn false_interactions(&self) -> Option<f64> {
        let found: Option<Vec<f64>> = self.replications.iter().map(|own| own.interaction_p).collect();
        let found = found.filter(|found| !found.is_empty())?;
        Some(found.iter().filter(|p| **p < 0.05).count() as f64 / found.len() as f64)
    }
}

/// The rows and regressors of an equation.
struct Design {
    equation: Equation,
    rows: Vec<usize>,
    x: Features,
}

impl Design {
    fn new(campaign: &Campaign, equation: Equation) -> Result<Self, RemoteAccessError> {
        let rows = campaign.rows_of(equation);
        Ok(Self { equation, x: campaign.design(equation, &rows)?, rows })
    }

    fn fit(&self, seconds: &[f64]) -> Result<NoisyFit, RemoteAccessError> {
        let fit = LeastSquares::default().fit(&self.x, &at(seconds, &self.rows));
        let fit = fit.map_err(|error| RemoteAccessError::cannot_fit(self.equation, error))?;
        Ok(NoisyFit { f: fit.f.statistic, coefficients: coefficients(&fit, self.equation) })
    }
}

/// A campaign and its deviates.
struct Scene<'a> {
    campaign: &'a Campaign,
    noise: Noise,
    deviates: Vec<Vec<f64>>,
}

/// Calibrates one kind of noise and draws everything that follows from it.
pub(super) fn study(campaign: &Campaign, noise: Noise, plan: NoisePlan) -> Result<NoiseStudy, RemoteAccessError> {
    let scene = Scene { campaign, noise, deviates: deviates(plan, campaign.n_reads()) };
    let [full, threads, processes] = Equation::ALL.map(|equation| Design::new(campaign, equation));
    let designs = [full?, threads?, processes?];
    let mut size_of_each = [0.0; 3];
    for (size, design) in size_of_each.iter_mut().zip(&designs) {
        *size = scene.calibrated(design)?;
    }
    let size = size_of_each[0];
    let replications: Result<Vec<_>, _> =
        scene.deviates.iter().map(|z| replication(&scene.noisy(size, z), &designs)).collect();
    let negative = scene.deviates.iter().flat_map(|z| scene.noisy(size, z)).filter(|seconds| *seconds < 0.0).count();
    let n_times = (plan.replications.max(1) * campaign.n_reads()).max(1);
    Ok(NoiseStudy {
        noise,
        size,
        size_of_each,
        replications: replications?,
        first_seconds: scene.noisy(size, &scene.deviates[0]),
        negative_share: negative as f64 / n_times as f64,
    })
}

/// Standard normal deviates, a row of the campaign each. Replication r draws from the generator seeded with `seed` and
/// jumped r times, so that no two overlap and more replications change none.
pub(super) fn deviates(plan: NoisePlan, n_reads: usize) -> Vec<Vec<f64>> {
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(plan.seed);
    let replication = |_| {
        let mut own = stream.clone();
        stream.jump();
        (0..n_reads).map(|_| StandardNormal.sample(&mut own)).collect()
    };
    (0..plan.replications.max(1)).map(replication).collect()
}

fn replication(seconds: &[f64], designs: &[Design; 3]) -> Result<Replication, RemoteAccessError> {
    let [full, threads, processes] = designs.each_ref().map(|design| design.fit(seconds));
    let interaction = LeastSquares::default().interaction(&designs[0].x, seconds, "ConTh", "ConPr");
    let interaction_p = match interaction {
        Ok(found) => Some(found.f.p),
        Err(FitError::Aliased { .. }) => None,
        Err(error) => return Err(RemoteAccessError::cannot_fit(Equation::Full, error)),
    };
    Ok(Replication { fits: [full?, threads?, processes?], interaction_p })
}

/// Halvings of the logarithm of the size: from a factor of 64 to 1e-7.
const HALVINGS: u32 = 26;

impl Scene<'_> {
    fn noisy(&self, size: f64, z: &[f64]) -> Vec<f64> {
        self.campaign.seconds.iter().zip(z).map(|(&seconds, &z)| self.noise.on(seconds, size, z)).collect()
    }

    fn median_f(&self, size: f64, design: &Design) -> Result<f64, RemoteAccessError> {
        let f = |z: &Vec<f64>| Ok(design.fit(&self.noisy(size, z))?.f);
        let values: Result<Vec<f64>, RemoteAccessError> = self.deviates.iter().map(f).collect();
        Ok(quantile(&values?, 0.5).unwrap_or(f64::INFINITY))
    }

    /// The size at which the median F of an equation is the paper's: bisection, since F falls as noise grows.
    fn calibrated(&self, design: &Design) -> Result<f64, RemoteAccessError> {
        let published = design.equation.published();
        let times = at(&self.campaign.seconds, &design.rows);
        let root_mean_square = (times.iter().map(|t| t * t).sum::<f64>() / times.len().max(1) as f64).sqrt();
        let guess = published.unexplained().sqrt() * if self.noise == Noise::Additive { root_mean_square } else { 1.0 };
        let (mut low, mut high) = (guess / 8.0, guess * 8.0);
        let is_within = self.median_f(low, design)? > published.f && self.median_f(high, design)? < published.f;
        if !is_within {
            let (noise, equation) = (self.noise, design.equation.number());
            return Err(RemoteAccessError::NoSuchNoise { noise: noise.to_string(), equation, wanted: published.f });
        }
        for _ in 0..HALVINGS {
            let middle = (low * high).sqrt();
            if self.median_f(middle, design)? > published.f {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok((low * high).sqrt())
    }
}
