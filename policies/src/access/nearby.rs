//! What lies near a job: the questions that several policies ask of the view in the same way.

use dapple_simulator::decide::{AccessQuestion, View};
use dapple_simulator::ids::RseId;

/// The source of least latency.
///
/// # Panics
/// Never within a run: the engine asks no policy about an input that cannot be reached.
pub fn nearest_source(question: &AccessQuestion, view: &View<'_>) -> RseId {
    *view.sources(question).first().expect("the engine decides only inputs with a source")
}

/// A source at the pool's own site, if there is one.
pub fn source_at_home(question: &AccessQuestion, view: &View<'_>) -> Option<RseId> {
    let home = view.map().pools()[question.pool].site;
    view.sources(question).into_iter().find(|&rse| view.map().rses()[rse].site == home)
}

/// The RSE of the pool's own site to which the input is being placed already, if there is one.
pub fn placement_under_way(question: &AccessQuestion, view: &View<'_>) -> Option<RseId> {
    let home = view.map().pools()[question.pool].site;
    let mut at_home = view.map().rses().iter().filter(|(_, rse)| rse.site == home);
    at_home.find(|&(rse, _)| view.is_being_placed(question.file, rse)).map(|(rse, _)| rse)
}

/// The RSE of the pool's own site with the most free space, if it has room for the input.
pub fn room_at_home(question: &AccessQuestion, view: &View<'_>) -> Option<RseId> {
    let has_room = |&rse: &RseId| view.free_space(rse).value.is_none_or(|free| free >= question.bytes);
    view.local_rse(question.pool).filter(has_room)
}

/// Whether the input by itself fits into the scratch space of a node of the pool. A policy is not shown the other inputs
/// of the job, with which it may still be too much.
pub fn fits_scratch(question: &AccessQuestion, view: &View<'_>) -> bool {
    view.map().pools()[question.pool].scratch.is_none_or(|scratch| question.bytes <= scratch)
}
