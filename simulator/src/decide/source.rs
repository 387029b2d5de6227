//! The source decision: which replica is copied.

use crate::decide::{Decision, View};
use crate::ids::RseId;
use crate::questions::{SourceObservation, SourceQuestion};

/// From which replica is a file copied? Asked when a placement is ordered.
#[derive(Clone, Copy, Debug)]
pub enum SourceChoice {}

impl Decision for SourceChoice {
    type Question = SourceQuestion;
    type Answer = RseId;
    type Observation = SourceObservation;
    const NAME: &'static str = "source";

    fn observation(question: &SourceQuestion, view: &View<'_>) -> SourceObservation {
        let queue = |source| view.queued(source, question.destination) + view.active(source, question.destination);
        let sources = || view.copy_sources(question.file, question.destination);
        SourceObservation {
            sources: sources().count(),
            suggested_queue: queue(question.suggested),
            least_queue: sources().map(queue).min(),
        }
    }
}
