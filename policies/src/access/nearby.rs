//! What lies near a job: the questions that several policies ask of the grid in the same way.

use dapple_simulator::ids::RseId;
use dapple_simulator::policy::{AccessRequest, GridView};

/// The source of least latency.
///
/// # Panics
/// Never within a run: the engine asks no policy about an input that cannot be reached.
pub fn nearest_source(request: &AccessRequest, grid: &GridView<'_>) -> RseId {
    *grid.sources(request).first().expect("the engine decides only inputs with a source")
}

/// A source at the pool's own site, if there is one.
pub fn source_at_home(request: &AccessRequest, grid: &GridView<'_>) -> Option<RseId> {
    let home = grid.topology().pools()[request.pool].site;
    grid.sources(request).into_iter().find(|&rse| grid.topology().rses()[rse].site == home)
}

/// The RSE of the pool's own site to which the input is being placed already, if there is one.
pub fn placement_under_way(request: &AccessRequest, grid: &GridView<'_>) -> Option<RseId> {
    let home = grid.topology().pools()[request.pool].site;
    let mut at_home = grid.topology().rses().iter().filter(|(_, rse)| rse.site == home);
    at_home.find(|&(rse, _)| grid.is_being_placed(request.file, rse)).map(|(rse, _)| rse)
}

/// The RSE of the pool's own site with the most free space, if it has room for the input.
pub fn room_at_home(request: &AccessRequest, grid: &GridView<'_>) -> Option<RseId> {
    let has_room = |&rse: &RseId| grid.free_space(rse).is_none_or(|free| free >= request.bytes);
    grid.local_rse(request.pool).filter(has_room)
}

/// Whether the input by itself fits into the scratch space of a node of the pool. A policy is not shown the other inputs
/// of the job, with which it may still be too much.
pub fn fits_scratch(request: &AccessRequest, grid: &GridView<'_>) -> bool {
    grid.topology().pools()[request.pool].scratch.is_none_or(|scratch| request.bytes <= scratch)
}
