//! Answers: the one place where they are checked, and what is told of a decision.

use crate::compute::Asked;
use crate::decide::{AccessMode, Answer, Decision, SourceChoice, View};
use crate::engine::Impossible;
use crate::facts::{Decided, Fact};
use crate::ids::{Id, RseId};
use crate::questions::{Access, AccessQuestion, SourceQuestion};

/// Refuses what cannot be done.
pub(super) fn check(asked: &Asked, answer: &Answer, view: &View<'_>) -> Result<(), Impossible> {
    match (asked, answer) {
        (Asked::Access { question, .. }, Answer::Access(access)) => check_access(*access, question, view),
        (Asked::Source { question, .. }, Answer::Source(source)) => check_source(*source, question, view),
        _ => Err(Impossible::OtherAsked),
    }
}

/// What is told of a decision.
pub(super) fn decided(asked: &Asked, answer: Answer, view: &View<'_>) -> Result<Fact, Impossible> {
    match (asked, answer) {
        (Asked::Access { question, .. }, Answer::Access(answer)) => {
            let observation = AccessMode::observation(question, view);
            Ok(Fact::AccessDecided(Decided { question: question.clone(), observation, answer }))
        }
        (Asked::Source { question, .. }, Answer::Source(answer)) => {
            let observation = SourceChoice::observation(question, view);
            Ok(Fact::SourceDecided(Decided { question: question.clone(), observation, answer }))
        }
        _ => Err(Impossible::OtherAsked),
    }
}

fn check_source(source: RseId, question: &SourceQuestion, view: &View<'_>) -> Result<(), Impossible> {
    let (rse, job, input) = (name(source, view), question.job.index() as u64, question.input);
    if !view.replicas(question.file).contains(&source) {
        return Err(Impossible::NoReplicaThere { rse, job, input });
    }
    match view.map().route_between(source, question.destination) {
        Some(_) => Ok(()),
        None => Err(Impossible::NoRoute { rse, job, input }),
    }
}

fn check_access(access: Access, question: &AccessQuestion, view: &View<'_>) -> Result<(), Impossible> {
    let map = view.map();
    let (job, input) = (question.job.index() as u64, question.input);
    let (source, target) = (access.source(), access.target());
    if !view.replicas(question.file).contains(&source) {
        return Err(Impossible::NoReplicaThere { rse: name(source, view), job, input });
    }
    if let Some(target) = target {
        let home = map.pools()[question.pool].site;
        if map.rses().get(target).is_none_or(|rse| rse.site != home) {
            return Err(Impossible::TargetElsewhere { rse: name(target, view), job, input });
        }
    }
    let reached = target.is_none_or(|target| map.route_between(source, target).is_some());
    let reader = access.read_from();
    if !reached || map.route_to_pool(reader, question.pool).is_none() {
        let rse = name(if reached { reader } else { source }, view);
        return Err(Impossible::NoRoute { rse, job, input });
    }
    Ok(())
}

fn name(rse: RseId, view: &View<'_>) -> String {
    view.map().rses().get(rse).map_or_else(|| format!("{rse:?}"), |rse| rse.name.clone())
}
