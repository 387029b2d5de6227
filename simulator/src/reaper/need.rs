//! How much space is needed at an RSE.

use std::collections::VecDeque;

use crate::catalogue::Words;
use crate::ids::RseId;
use crate::reaper::{NeedBy, ReaperSettings};
use crate::storage::{Candidate, Storage};
use crate::topology::Rse;
use crate::units::{Bytes, SimTime};

/// What a greedy RSE is told to need: 1 TB, as Rucio has it.
const GREEDY: Bytes = Bytes::new(1_000_000_000_000);

/// The attribute of an RSE that keeps no cache.
const GREEDY_DELETION: &str = "greedyDeletion";

/// How much space is to be freed; nothing: only obsolete replicas go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    pub bytes: Bytes,
}

/// What is known of one RSE.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// What it keeps free; `None`: nothing, or nobody knows how full it is.
    min_free: Option<Bytes>,
    pub is_greedy: bool,
    /// The need as it was looked up last.
    looked_up: Option<(SimTime, Need)>,
    /// When fewer replicas than a chunk were found.
    pub paused_at: Option<SimTime>,
    /// When too many deletions failed.
    pub excluded_at: Option<SimTime>,
    /// Marked replicas whose deletion has failed, and when.
    failed: VecDeque<(SimTime, Candidate)>,
}

impl Watch {
    pub fn new((id, rse): (RseId, &Rse), settings: &ReaperSettings, words: &Words) -> Self {
        let is_greedy = |value: &str| value.eq_ignore_ascii_case("true");
        let own = settings.rses.iter().find(|own| own.rse == id).map(|own| own.min_free_space);
        let kept = own.or(settings.min_free_space).zip(rse.capacity);
        Self {
            min_free: kept.map(|(kept, capacity)| kept.of(capacity)),
            is_greedy: settings.greedy || words.attribute(id, GREEDY_DELETION).is_some_and(is_greedy),
            looked_up: None,
            paused_at: None,
            excluded_at: None,
            failed: VecDeque::new(),
        }
    }

    /// Whether it is left alone now. Rucio's marks of that hold up to and including their last instant.
    pub fn is_left_alone(&self, settings: &ReaperSettings, now: SimTime) -> bool {
        let holds = |since: Option<SimTime>, span| since.is_some_and(|since| now <= since + span);
        holds(self.paused_at, settings.pause) || holds(self.excluded_at, settings.exclusion)
    }

    /// Deletions have failed: the RSE does not answer.
    pub fn fail(&mut self, victims: Vec<Candidate>, settings: &ReaperSettings, now: SimTime) {
        if victims.len() >= settings.errors as usize {
            self.excluded_at = Some(now);
        }
        self.failed.extend(victims.into_iter().map(|victim| (now, victim)));
    }

    /// Up to so many of those whose deletion has failed and is tried again now.
    pub fn retried(&mut self, at_most: usize, settings: &ReaperSettings, now: SimTime) -> Vec<Candidate> {
        let is_due = |&&(at, _): &&(SimTime, Candidate)| now > at + settings.retry_after;
        let n_due = self.failed.iter().take_while(is_due).take(at_most).count();
        self.failed.drain(..n_due).map(|(_, victim)| victim).collect()
    }

    /// What is needed now, as far as the reaper knows.
    pub fn need(&mut self, rse: RseId, settings: &ReaperSettings, storage: &Storage, now: SimTime) -> Need {
        if self.is_greedy {
            return Need { bytes: GREEDY };
        }
        let short_of = |free: Option<Bytes>| Need {
            bytes: self.min_free.zip(free).map_or(Bytes::ZERO, |(kept, free)| kept.saturating_sub(free)),
        };
        match settings.need_by {
            NeedBy::LiveUsage => short_of(storage.free_soon(rse)),
            NeedBy::CachedUsage => match self.looked_up {
                Some((at, need)) if now <= at + settings.usage_kept => need,
                _ => {
                    let need = short_of(storage.free(rse, now).value);
                    self.looked_up = Some((now, need));
                    need
                }
            },
        }
    }
}
