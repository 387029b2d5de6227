//! Whether an answer can be carried out: the one place where answers are checked.

use crate::decide::View;
use crate::engine::Impossible;
use crate::ids::{Id, RseId};
use crate::questions::{Access, AccessQuestion};

/// Refuses what cannot be done.
pub(super) fn check_access(access: Access, question: &AccessQuestion, view: &View<'_>) -> Result<(), Impossible> {
    let map = view.map();
    let name = |rse: RseId| map.rses().get(rse).map_or_else(|| format!("{rse:?}"), |rse| rse.name.clone());
    let (job, input) = (question.job.index() as u64, question.input);
    let (source, target) = (access.source(), access.target());
    if !view.replicas(question.file).contains(&source) {
        return Err(Impossible::NoReplicaThere { rse: name(source), job, input });
    }
    if let Some(target) = target {
        let home = map.pools()[question.pool].site;
        if map.rses().get(target).is_none_or(|rse| rse.site != home) {
            return Err(Impossible::TargetElsewhere { rse: name(target), job, input });
        }
    }
    let reached = target.is_none_or(|target| map.route_between(source, target).is_some());
    let reader = access.read_from();
    if !reached || map.route_to_pool(reader, question.pool).is_none() {
        let rse = name(if reached { reader } else { source });
        return Err(Impossible::NoRoute { rse, job, input });
    }
    Ok(())
}
