//! What only an oracle may know.

use crate::decide::{Decision, View};
use crate::facts::Fact;
use crate::rng::PolicyRng;
use crate::topology::Physics;

/// The truth besides what is published: physics with its future. For policies that say what a perfect forecast would be worth; no
/// real one could see it.
pub struct OracleView<'a> {
    /// What an honest policy sees.
    pub view: View<'a>,
    /// Series, curves and laws over the whole run.
    pub physics: &'a Physics,
}

/// Decides from the truth. It has a trait of its own, so that no policy sees the truth by accident.
pub trait OraclePolicy<D: Decision>: Send {
    /// Decides from what is true at `oracle.view.now()` and after; else as [`crate::decide::Policy::decide`].
    fn decide(&mut self, question: &D::Question, oracle: &OracleView<'_>, rng: &mut PolicyRng) -> D::Answer;

    /// Learns from what has happened. The default learns nothing.
    fn learn(&mut self, _fact: &Fact) {}
}
