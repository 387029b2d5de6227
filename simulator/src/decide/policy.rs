//! The one contract of all decisions.

use std::fmt;

use crate::decide::View;
use crate::facts::Fact;
use crate::rng::PolicyRng;

/// A kind of decision: what is asked, what may be answered, what is worth recording of it.
pub trait Decision: 'static {
    /// What is asked.
    type Question;
    /// What may be answered.
    type Answer;
    /// What a policy could see when it decided: the features of a model that learns from recorded decisions.
    type Observation: Clone + fmt::Debug + PartialEq;
    /// What it is called in scenarios and messages.
    const NAME: &'static str;

    /// What is recorded of the view in which a question is answered; made only where somebody records decisions.
    fn observation(question: &Self::Question, view: &View<'_>) -> Self::Observation;
}

/// Decides questions of one kind.
///
/// ```
/// use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
/// use dapple_simulator::rng::PolicyRng;
/// /// Streams everything from the first replica that can be reached.
/// struct FirstReplica;
/// impl Policy<AccessMode> for FirstReplica {
///     fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
///         Access::Remote { source: view.sources(question)[0] }
///     }
/// }
/// ```
///
/// The future is not in the view. The map has nominal rates, and an oracle may look at series:
///
/// ```
/// # use dapple_simulator::decide::{OracleView, View};
/// # use dapple_simulator::ids::{Id, LinkId};
/// fn nominal(view: &View<'_>) -> f64 {
///     view.map().links()[LinkId::from_index(0)].bandwidth.as_bytes_per_s()
/// }
/// fn n_steps(oracle: &OracleView<'_>) -> usize {
///     oracle.physics.bandwidth(LinkId::from_index(0)).steps().len()
/// }
/// ```
///
/// The same asked of a view does not compile, neither way:
///
/// ```compile_fail,E0599
/// # use dapple_simulator::decide::{OracleView, View};
/// # use dapple_simulator::ids::{Id, LinkId};
/// fn n_steps(view: &View<'_>) -> usize {
///     view.map().links()[LinkId::from_index(0)].bandwidth.steps().len()
/// }
/// ```
///
/// ```compile_fail,E0609
/// # use dapple_simulator::decide::{OracleView, View};
/// # use dapple_simulator::ids::{Id, LinkId};
/// fn n_steps(view: &View<'_>) -> usize {
///     view.physics.bandwidth(LinkId::from_index(0)).steps().len()
/// }
/// ```
pub trait Policy<D: Decision>: Send {
    /// Decides from what the services show at `view.now()`; no clock, no I/O, randomness only from `rng`.
    fn decide(&mut self, question: &D::Question, view: &View<'_>, rng: &mut PolicyRng) -> D::Answer;

    /// Learns from what has happened, whoever decided it: lives of transfers, reads and jobs. At the horizon those that have not ended
    /// are told too; their outcome says so. The default learns nothing.
    fn learn(&mut self, _fact: &Fact) {}

    /// What it has learned, for [`Policy::load`]. The default has learned nothing.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from what was saved by a policy of the same kind.
    ///
    /// # Errors
    /// Where it was not; the policy is then as it was before.
    fn load(&mut self, saved: &[u8]) -> Result<(), LoadError> {
        nothing_saved(saved)
    }
}

/// Goes on from nothing.
pub(super) fn nothing_saved(saved: &[u8]) -> Result<(), LoadError> {
    if saved.is_empty() { Ok(()) } else { Err(LoadError("it learns nothing, and something was saved".into())) }
}

/// Why a policy cannot go on from what was saved, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);
