//! Which requests that wait are let go together.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::conveyor::settings::Direction;
use crate::conveyor::throttler::{Group, Limit};
use crate::ids::RseId;

/// What limits tell apart at one end.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// Its own limits are for one activity.
    here: bool,
    /// RSEs at the other end have limits.
    has_limits: bool,
    /// And these are for one activity.
    there: bool,
}

/// Groups whose requests are let go together.
#[derive(Clone, Debug)]
pub(super) struct Merged {
    pub source: Option<RseId>,
    pub destination: Option<RseId>,
    pub limits: SmallVec<[usize; 2]>,
    pub groups: Vec<Group>,
}

/// The groups, those together that no limit tells apart: where no source towards an RSE has a limit, all that come to it go
/// together, and where all limits are for all activities, so do these.
pub(super) fn merged<'a, L: Iterator<Item = (usize, &'a Limit)>>(
    groups: Vec<Group>,
    limits_of: impl Fn(Group) -> L,
) -> Vec<Merged> {
    let mut told: BTreeMap<(Direction, RseId), Told> = BTreeMap::new();
    for &group in &groups {
        let ends = [(Direction::Source, group.source), (Direction::Destination, group.destination)];
        for (_, limit) in limits_of(group) {
            let per_activity = limit.activity.is_some();
            for end in ends {
                let told = told.entry(end).or_default();
                if end.0 == limit.direction {
                    told.here |= per_activity;
                } else {
                    told.has_limits = true;
                    told.there |= per_activity;
                }
            }
        }
    }
    let mut merged: BTreeMap<_, Merged> = BTreeMap::new();
    for group in groups {
        let at = |direction, rse| told.get(&(direction, rse)).copied().unwrap_or_default();
        let of_source = at(Direction::Source, group.source);
        let of_destination = at(Direction::Destination, group.destination);
        let source = of_destination.has_limits.then_some(group.source);
        let destination = (source.is_none() || of_source.has_limits).then_some(group.destination);
        let apart = match (source, destination) {
            (Some(_), Some(_)) => of_destination.here || of_source.here,
            (None, _) => of_destination.here || of_destination.there,
            (Some(_), None) => of_source.here || of_source.there,
        };
        let activity = apart.then_some(group.activity);
        let limits = || limits_of(group).map(|(nth, _)| nth).collect();
        let first = || Merged { source, destination, limits: limits(), groups: Vec::new() };
        merged.entry((source, destination, activity)).or_insert_with(first).groups.push(group);
    }
    merged.into_values().collect()
}
