//! The access decision: how a job reaches one input.

use crate::decide::{Decision, View};
use crate::questions::{Access, AccessObservation, AccessQuestion};

/// How does a job reach one of its inputs? Asked when the job is submitted.
#[derive(Clone, Copy, Debug)]
pub enum AccessMode {}

impl Decision for AccessMode {
    type Question = AccessQuestion;
    type Answer = Access;
    type Observation = AccessObservation;
    const NAME: &'static str = "access";

    fn observation(question: &AccessQuestion, view: &View<'_>) -> AccessObservation {
        AccessObservation {
            sources: view.reachable(question).count(),
            queued: view.queued_to_site(question.pool),
            waiting: view.waiting_jobs(question.pool),
        }
    }
}
