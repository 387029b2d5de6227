//! Section 3 as a whole, and why it may not be possible.

use dapple_models::FitError;

use super::{Campaign, EquationFit, InteractionCheck, Noise, NoisePlan, NoiseStudy, equation, interaction, noise};

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
