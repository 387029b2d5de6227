//! What the conveyor knows of RSEs.

use std::collections::BTreeMap;

use crate::catalogue::Words;
use crate::conveyor::paths::{Hops, Paths, Way};
use crate::conveyor::settings::ConveyorSettings;
use crate::conveyor::throttler::{Limit, Throttler};
use crate::ids::{Id, RseId, Table};
use crate::names::Names;
use crate::topology::Map;
use crate::units::SimSpan;

/// The RSEs as the conveyor sees them.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// `None`: all pairs are at distance 1.
    paths: Option<Paths>,
    is_tape: Table<RseId, bool>,
    /// How long a replica between two others is kept.
    keeps: Table<RseId, SimSpan>,
}

impl Places {
    pub(super) fn new(settings: &ConveyorSettings, words: &mut Words, map: &Map) -> Self {
        let n_rses = words.n_rses();
        let rses = || (0..n_rses).map(RseId::from_index);
        let is_tape: Table<RseId, bool> =
            rses().map(|rse| map.rses()[rse].tape.is_some() || words.attribute(rse, "type") == Some("TAPE")).collect();
        let mut keeps: Table<RseId, SimSpan> = rses().map(|_| SimSpan::ZERO).collect();
        let mut penalties = Vec::new();
        if let Some(multihop) = &settings.multihop {
            for rse in words.rses_of(&multihop.rses).into_iter().filter(|&rse| !is_tape[rse]) {
                let own =
                    |key| words.attribute(rse, key).and_then(|text| text.parse::<f64>().ok()).filter(|n| *n >= 0.0);
                penalties.push((rse, own("hop_penalty").map_or(multihop.hop_penalty, |own| own as u32)));
                keeps[rse] = own("multihop_tombstone_delay").map_or(multihop.keep, SimSpan::from_secs_f64);
            }
        }
        let mut distances = BTreeMap::new();
        for row in &settings.distances {
            let to = words.rses_of(&row.to);
            for from in words.rses_of(&row.from) {
                for &to in to.iter().filter(|&&to| to != from) {
                    distances.insert((from, to), row.distance);
                }
            }
        }
        let distances = distances.into_iter().filter_map(|((from, to), distance)| Some((from, to, distance?)));
        let paths = || Paths::new(n_rses, distances, penalties);
        Self { paths: (!settings.distances.is_empty()).then(paths), is_tape, keeps }
    }

    /// The way from one RSE to another; `None`: there is none.
    pub fn way(&mut self, source: RseId, destination: RseId) -> Option<Way> {
        let direct = Way { cost: 1, next: destination };
        self.paths.as_mut().map_or(Some(direct), |paths| paths.way(source, destination))
    }

    /// Distance and RSEs of the way over those between that are open now.
    pub fn way_over(
        &mut self,
        source: RseId,
        destination: RseId,
        is_open: impl Fn(RseId) -> bool,
    ) -> Option<(u32, Hops)> {
        let direct = || (1, Hops::from_slice(&[source, destination]));
        self.paths.as_mut().map_or_else(|| Some(direct()), |paths| paths.way_over(source, destination, is_open))
    }

    pub fn is_tape(&self, rse: RseId) -> bool {
        self.is_tape[rse]
    }

    /// How long a replica is kept that is only between two others.
    pub fn keeps(&self, rse: RseId) -> SimSpan {
        self.keeps[rse]
    }
}

/// The limits of transfers. Without a preparer no request is ever asked whether one holds for it.
pub(super) fn throttler(settings: &ConveyorSettings, words: &mut Words, names: &Names) -> Throttler {
    let limits = settings.throttler.limits.iter().map(|limit| Limit {
        rses: words.rses_of(&limit.rses),
        direction: limit.direction,
        activity: limit.activity.as_deref().map(|name| names.activity_of(name)),
        max_transfers: limit.max_transfers,
        strategy: limit.strategy,
        within_space: limit.within_space,
    });
    let limits = limits.collect();
    Throttler::new(words.n_rses(), limits)
}
