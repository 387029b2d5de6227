//! The policies of a run.

use crate::decide::{
    AccessMode, Answer, Decision, LoadError, OraclePolicy, OracleView, Policy, Question, SourceChoice,
};
use crate::facts::{Fact, Observer};
use crate::ids::{Id, JobId};
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

    fn save(&self) -> Vec<u8> {
        match self {
            Self::Policy(policy) => policy.save(),
            Self::Oracle(policy) => policy.save(),
        }
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), LoadError> {
        match self {
            Self::Policy(policy) => policy.load(saved),
            Self::Oracle(policy) => policy.load(saved),
        }
    }
}

/// A named set of policies, one for each kind of decision.
pub struct Policies {
    /// Name in results and messages.
    pub name: String,
    /// How jobs reach their inputs.
    pub access: Decider<AccessMode>,
    /// Which replica is copied; `None`: as whoever asks for the placement suggests.
    pub source: Option<Decider<SourceChoice>>,
}

impl Policies {
    /// A set that decides access, and leaves the other decisions to the services.
    pub fn new(name: &str, access: Decider<AccessMode>) -> Self {
        Self { name: name.to_owned(), access, source: None }
    }

    /// The same with an honest policy.
    pub fn of_access(name: &str, access: impl Policy<AccessMode> + 'static) -> Self {
        Self::new(name, Decider::policy(access))
    }

    /// Decides a question of a run with this seed. Each question has a generator of its own, whatever was asked before.
    pub fn decide(&mut self, question: &Question, oracle: &OracleView<'_>, seed: u64) -> Answer {
        let rng = |kind, job: JobId, input| keyed(seed, Purpose::Policy, [kind, job.index() as u64, u64::from(input)]);
        match question {
            Question::Access(question) => {
                Answer::Access(self.access.decide(question, oracle, &mut rng(0, question.job, question.input)))
            }
            Question::Source(question) => Answer::Source(match &mut self.source {
                Some(source) => source.decide(question, oracle, &mut rng(1, question.job, question.input)),
                None => question.suggested,
            }),
        }
    }
}

impl Policies {
    /// What each of them has learned, by the name of its decision.
    pub fn save(&self) -> Vec<(&'static str, Vec<u8>)> {
        let source = self.source.iter().map(|source| (SourceChoice::NAME, source.save()));
        [(AccessMode::NAME, self.access.save())].into_iter().chain(source).collect()
    }

    /// Goes on from what a set of the same policies has saved.
    ///
    /// # Errors
    /// With the first policy that cannot; those before it have loaded then.
    pub fn load(&mut self, saved: &[(&'static str, Vec<u8>)]) -> Result<(), LoadError> {
        for (decision, saved) in saved {
            match (*decision, &mut self.source) {
                (AccessMode::NAME, _) => self.access.load(saved)?,
                (SourceChoice::NAME, Some(source)) => source.load(saved)?,
                (other, _) => return Err(LoadError(format!("nobody decides `{other}` here"))),
            }
        }
        Ok(())
    }
}

/// Policies learn from facts.
impl Observer for Policies {
    fn observe(&mut self, _: SimTime, fact: &Fact) {
        self.access.learn(fact);
        if let Some(source) = &mut self.source {
            source.learn(fact);
        }
    }
}
