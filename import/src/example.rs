//! Something to begin with, where a file is a topology and has no work.

use crate::imported::{Grid, Ways};

/// RSEs that are tried as the source.
const TRIED: usize = 100;

/// An RSE, and others that can be reached from it: those of the one, of the first [`TRIED`], that reaches most.
pub(crate) fn source_and_destinations(grid: &Grid) -> Option<(usize, Vec<usize>)> {
    let reached = |source: usize| {
        let sites = reachable(grid, grid.rses[source].site);
        let others = grid.rses.iter().enumerate().filter(|(rse, it)| *rse != source && sites[it.site]);
        (source, others.map(|(rse, _)| rse).collect::<Vec<usize>>())
    };
    let tried = (0..grid.rses.len().min(TRIED)).map(reached);
    // Of equal ones the first.
    tried.rev().max_by_key(|(_, others)| others.len()).filter(|(_, others)| !others.is_empty())
}

/// The sites to which links lead from one.
fn reachable(grid: &Grid, from: usize) -> Vec<bool> {
    let mut onward = vec![Vec::new(); grid.sites.len()];
    for link in &grid.links {
        onward[link.from].push(link.to);
        if link.ways != Ways::One {
            onward[link.to].push(link.from);
        }
    }
    let mut reached = vec![false; grid.sites.len()];
    let mut next = vec![from];
    while let Some(site) = next.pop() {
        if !std::mem::replace(&mut reached[site], true) {
            next.extend(&onward[site]);
        }
    }
    reached
}
