//! Section 3 as a whole.

use super::{
    Campaign, EquationFit, InteractionCheck, Noise, NoisePlan, NoiseStudy, RemoteAccessError, equation, interaction,
    noise,
};

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
