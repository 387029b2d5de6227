//! The policies of a run.

use std::collections::BTreeMap;

use crate::decide::{
    AccessMode, Answer, AtWork, Decision, LoadError, OraclePolicy, OracleView, Policy, Question, SourceChoice, Task,
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
    /// What they are doing.
    pub at_work: AtWork,
}

impl Policies {
    /// A set that decides access, and leaves the other decisions to the services.
    pub fn new(name: &str, access: Decider<AccessMode>) -> Self {
        Self { name: name.to_owned(), access, source: None, at_work: AtWork::default() }
    }

    /// The same with an honest policy.
    pub fn of_access(name: &str, access: impl Policy<AccessMode> + 'static) -> Self {
        Self::new(name, Decider::policy(access))
    }

    /// Decides a question of a run with this seed; `None`: it is left to the service that asks. Each question has a generator of its
    /// own, whatever was asked before.
    pub fn decide(&mut self, question: &Question, oracle: &OracleView<'_>, seed: u64) -> Option<Answer> {
        let rng = |kind, job: JobId, input| {
            let key = oracle.view.compute.key_of(job).unwrap_or(job.index() as u64);
            keyed(seed, Purpose::Policy, [kind, key, u64::from(input)])
        };
        let now = oracle.view.now();
        let answer = match question {
            Question::Access(question) => {
                let rng = &mut rng(0, question.job, question.input);
                self.at_work.begin(Task::Access(question.job), now);
                Some(Answer::Access(self.access.decide(question, oracle, rng)))
            }
            Question::Source(question) => {
                let rng = &mut rng(1, question.job, question.input);
                self.at_work.begin(Task::Source(question.job), now);
                self.source.as_mut().map(|source| Answer::Source(source.decide(question, oracle, rng)))
            }
        };
        self.at_work.end();
        answer
    }
}

impl Policies {
    /// What each of them has learned, by the name of its decision.
    pub fn save(&self) -> BTreeMap<String, Vec<u8>> {
        self.at_work.begin(Task::Keep, SimTime::ZERO);
        let source = self.source.iter().map(|source| (SourceChoice::NAME, source.save()));
        let all = [(AccessMode::NAME, self.access.save())].into_iter().chain(source);
        let saved = all.map(|(decision, saved)| (decision.to_owned(), saved)).collect();
        self.at_work.end();
        saved
    }

    /// Goes on from what a set of the same policies has saved.
    ///
    /// # Errors
    /// Where a decision of the set is missing or one of another set is there, and with the first policy that cannot; those before it
    /// have loaded then.
    pub fn load(&mut self, saved: &BTreeMap<String, Vec<u8>>) -> Result<(), LoadError> {
        let of = |decision: &str| {
            let found = saved.get(decision).map(Vec::as_slice);
            found.ok_or_else(|| LoadError(format!("nothing was saved of `{decision}`")))
        };
        let n_here = 1 + usize::from(self.source.is_some());
        if saved.len() > n_here {
            return Err(LoadError("more was saved than this set decides".into()));
        }
        self.at_work.begin(Task::Keep, SimTime::ZERO);
        let access = self.access.load(of(AccessMode::NAME)?);
        let loaded =
            access.and_then(|()| self.source.as_mut().map_or(Ok(()), |source| source.load(of(SourceChoice::NAME)?)));
        self.at_work.end();
        loaded
    }
}

/// Policies learn from lives that have ended, the same whatever is recorded: neither samples, which show true rates, nor decisions.
impl Observer for Policies {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        if !matches!(fact, Fact::TransferEnded(_) | Fact::ReadEnded(_) | Fact::JobEnded(_)) {
            return;
        }
        self.at_work.begin(Task::Learn, at);
        self.access.learn(fact);
        if let Some(source) = &mut self.source {
            source.learn(fact);
        }
        self.at_work.end();
    }
}
