//! The policies of a run.

use crate::decide::{AccessMode, Answer, Decision, OraclePolicy, OracleView, Policy, Question};
use crate::facts::{Fact, Observer};
use crate::ids::Id;
use crate::rng::{PolicyRng, Purpose, keyed};
use crate::units::SimTime;

/// Who decides questions of one kind.
pub enum Decider<D: Decision> {
    /// A policy that sees what is published.
    Policy(Box<dyn Policy<D>>),
    /// One that sees the truth.
    Oracle(Box<dyn OraclePolicy<D>>),
}

impl<D: Decision> Decider<D> {
    /// An honest policy.
    pub fn policy(policy: impl Policy<D> + 'static) -> Self {
        Self::Policy(Box::new(policy))
    }

    /// A policy that sees the truth.
    pub fn oracle(policy: impl OraclePolicy<D> + 'static) -> Self {
        Self::Oracle(Box::new(policy))
    }

    fn decide(&mut self, question: &D::Question, oracle: &OracleView<'_>, rng: &mut PolicyRng) -> D::Answer {
        match self {
            Self::Policy(policy) => policy.decide(question, &oracle.view, rng),
            Self::Oracle(policy) => policy.decide(question, oracle, rng),
        }
    }

    fn learn(&mut self, fact: &Fact) {
        match self {
            Self::Policy(policy) => policy.learn(fact),
            Self::Oracle(policy) => policy.learn(fact),
        }
    }
}

/// A named set of policies, one for each kind of decision.
pub struct Policies {
    /// Name in results and messages.
    pub name: String,
    /// How jobs reach their inputs.
    pub access: Decider<AccessMode>,
}

impl Policies {
    /// A set that decides access.
    pub fn of_access(name: &str, access: impl Policy<AccessMode> + 'static) -> Self {
        Self { name: name.to_owned(), access: Decider::policy(access) }
    }

    /// Decides a question of a run with this seed. Each question has a generator of its own, whatever was asked before.
    pub fn decide(&mut self, question: &Question, oracle: &OracleView<'_>, seed: u64) -> Answer {
        match question {
            Question::Access(question) => {
                let thing = [0, question.job.index() as u64, u64::from(question.input)];
                let mut rng = keyed(seed, Purpose::Policy, thing);
                Answer::Access(self.access.decide(question, oracle, &mut rng))
            }
        }
    }
}

/// Policies learn from facts.
impl Observer for Policies {
    fn observe(&mut self, _: SimTime, fact: &Fact) {
        self.access.learn(fact);
    }
}
