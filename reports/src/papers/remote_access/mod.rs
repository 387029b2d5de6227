//! Begy, Barisits, Lassnig, Schikuta: Forecasting Network Throughput of Remote Data Access in Computing Grids (2019).
//!
//! Section 3 fits `T = a·S + b·ConTh + c·ConPr` to 1122 remote reads (eq. 1) and to the two parts of them in which only
//! one kind of concurrent traffic occurs (eq. 2 and 3). Section 4 estimates a and b from a probe of two files (eq. 7, 8).
//!
//! | function | takes | gives | label |
//! |---|---|---|---|
//! | [`dataset`] | table `reads` of a campaign | T, S, ConTh, ConPr | |
//! | [`reproduce`] | the campaign | eq. 1 to 3 without noise | consistency |
//! | | | one size of noise that makes F of eq. 1 the paper's | calibrated |
//! | | | F of eq. 2 and 3, scatter of coefficients, log changes, interaction | predicted |
//! | [`probe`] | table `reads` of a probe | what eq. 7, 8 and the exact estimator return | consistency |
//!
//! The simulated campaign obeys eq. 1 exactly, so nothing but noise can make F finite. The paper's data are not public:
//! its design is known only through its counts, and its noise only through three values of F.

mod campaign;
mod equation;
mod interaction;
mod noise;
mod plots;
mod probe;
mod sections;
mod sheets;

pub use campaign::{Campaign, dataset};
pub use equation::{Equation, EquationFit, Published};
pub use interaction::InteractionCheck;
pub use noise::{Noise, NoisePlan, NoiseStudy, Outcome, Range, Replication};
pub use probe::{PROBE_SIZES_MB, Probe, probe, slowed_probe};
pub use sections::{TITLE, probe_section, sections};
pub use sheets::{equation_sheet, interaction_sheet, noise_sheet, probe_sheet};

use dapple_models::FitError;

/// Why the paper's analysis cannot be repeated on a table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteAccessError {
    /// The table lacks a column, or it is of another type.
    #[error("table `{table}` has no column `{column}` of the type that is needed")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: &'static str,
    },
    /// Reads from several RSEs: the law holds for one pair of worker nodes and RSE.
    #[error("reads from `{first}` and from `{other}`: the law is that of one RSE")]
    ManySources {
        /// An RSE.
        first: String,
        /// Another.
        other: String,
    },
    /// A probe is two remote reads of different sizes.
    #[error("a probe is two remote reads of different sizes that ended; there are {reads} reads of {sizes} sizes")]
    NoProbe {
        /// Remote reads that ended.
        reads: usize,
        /// Different sizes among them.
        sizes: usize,
    },
    /// An equation cannot be fitted.
    #[error("cannot fit eq. {equation}: {source}")]
    Fit {
        /// Its number in the paper.
        equation: u8,
        /// Why.
        source: FitError,
    },
    /// A probe's times have no coefficients.
    #[error("cannot estimate coefficients from a probe: {source}")]
    Estimate {
        /// Why.
        source: FitError,
    },
    /// No size of noise gives the F-statistic.
    #[error("no {noise} noise makes F of eq. {equation} equal to {wanted}")]
    NoSuchNoise {
        /// The kind of noise.
        noise: Noise,
        /// The equation.
        equation: u8,
        /// The F-statistic that is wanted.
        wanted: f64,
    },
}

/// Everything about eq. 1 to 3.
#[derive(Clone, Debug, PartialEq)]
pub struct Reproduction {
    /// Eq. 1, 2 and 3 without noise.
    pub fits: [EquationFit; 3],
    /// The same under each kind of noise, the main one first.
    pub noise: Vec<NoiseStudy>,
    /// Whether ConTh and ConPr interact.
    pub interaction: InteractionCheck,
}

/// Repeats section 3 on a campaign: pure, and the same for the same campaign and plan.
///
/// # Errors
/// [`RemoteAccessError::Fit`] where the campaign has too few rows of a kind; [`RemoteAccessError::NoSuchNoise`].
pub fn reproduce(campaign: &Campaign, plan: NoisePlan) -> Result<Reproduction, RemoteAccessError> {
    let fits = equation::fits(campaign)?;
    let noise = [Noise::Multiplicative, Noise::Additive].map(|noise| noise::study(campaign, noise, plan));
    let noise = noise.into_iter().collect::<Result<_, _>>()?;
    let interaction = interaction::check(campaign)?;
    Ok(Reproduction { fits, noise, interaction })
}

#[cfg(test)]
mod tests;
