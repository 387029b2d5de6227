//! How many files a link may copy at once: the rules by which FTS moves that number, once a minute.
//!
//! ```text
//!   every 60 s, each link that has queued or active files:
//!     N unknown or 0 ----------------> max where the link has a row of its own, else half-way
//!     min = max ---------------------> min
//!     a storage moves more than it may -> N - 1, however low
//!     as before, for less than 300 s --> N, and nothing is stored
//!     success < 97 % ----------------> N - 1, or N where it is getting better and is 96 % at least
//!     nothing moves -----------------> N
//!     queue < N ---------------------> N
//!     throughput (smoothed) worse ---> N + up where files got smaller by an order of magnitude, N - 1 where it lost one itself, else N
//!     as good or better -------------> N + up            up: 1 in modes 0 and 1, 2 in modes 2 and 3
//!     then: not below min nor above max; no increase beyond what the queue can use
//! ```
//!
//! [`decide`] is one such run for one link, and nothing else: what it goes by is measured in [`window`](super::window). It is pure, and
//! exact to the last bit, since "the same as before" is equality of doubles.
//!
//! Success is rounded up to whole per cents, so the edge is at 96 %: of a link on which 4 % of all files fail (so that a retry may help) the number
//! falls to the minimum, at 3 % it rises to the maximum. Throughput hardly counts.

use crate::settings;
use crate::units::{NANOS_PER_SECOND, SimSpan, SimTime};

/// Weight of the newest throughput in its moving average.
const ALPHA: f64 = 0.1;
/// Success below this many per cent is bad.
const LOW_SUCCESS: u32 = 97;
/// Bad success that is getting better is left alone from here on.
const BASE_SUCCESS: u32 = 96;
/// A link of which nothing changes is looked at again after this time.
const STEADY: SimSpan = SimSpan::from_nanos(300 * NANOS_PER_SECOND);
/// The most TCP streams of a file.
const MAX_STREAMS: u32 = 16;

settings! {
    /// FTS's optimiser, which raises and lowers the number of files that each link copies at once.
    ///
    /// It goes by success: while fewer than about 4 % of a link's files fail in a way that a retry may help, the number climbs to the most that the link may have, above that it falls to the least. It rises only while as many files wait as are let run. Throughput hardly counts.
    #[derive(Copy)]
    pub struct Optimizer {
        /// The rules of which release.
        pub rules: RuleSet,
        /// Time from one run to the next. The real one sleeps for this long and then works, so it is a little slower.
        #[range(Positive)]
        pub interval: SimSpan = SimSpan::from_nanos(60 * NANOS_PER_SECOND),
        /// Mode: 0 and 1 climb by 1 in a run, 2 and 3 by 2; 1 does not climb above the number of files that wait. (0 is called \"disabled\" and is not: for a fixed number, give the link a minimum that is its maximum.) FTS ships 2.
        #[range(UpTo(3))]
        pub mode: u32 = 2,
        /// Whether it also sets the TCP streams of each file, in modes 2 and 3 to what the files leave of the number. In FTS as shipped the row of all links says otherwise.
        pub tunes_streams: bool = false,
    }
}

settings! {
    /// The optimiser's rules by the release of FTS that has them.
    #[derive(Copy, Eq)]
    pub enum RuleSet {
        /// 3.9 to 3.12, from 2019 on: the first run after a restart only looks, and a queue that is too short for the number undoes decreases too.
        V39,
        /// 3.13: the first run after a restart decides, and a short queue undoes increases only.
        V313,
        /// From 3.14 on, 2025: as 3.13, but nothing is remembered from one run to the next, so throughput never seems to get worse.
        V314,
    }
}

/// What a link may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub min: u32,
    /// Not below `min`.
    pub max: u32,
    /// Whether they are of a row for this link, or for its source or its destination; otherwise they are those of all links.
    pub is_own: bool,
}

/// What is known of a link when its number is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub at: SimTime,
    /// The number so far; `None`: the link is new.
    pub limit: Option<u32>,
    pub range: Range,
    /// The optimiser mode of the link, 0 to 3.
    pub mode: u32,
    /// In bytes per second.
    pub throughput: f64,
    /// Mean size of the files behind the throughput in bytes; 0: there are none.
    pub mean_size: f64,
    /// Per cent, rounded up.
    pub success: u32,
    /// FTS retries of files that ended.
    pub retries: u32,
    /// Files that wait on the link.
    pub queued: u32,
    /// Whether the source or the destination moves more than it may.
    pub is_over: bool,
}

/// What is remembered of a link from one run to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Remembered {
    at: SimTime,
    /// Moving average of the throughput in bytes per second.
    average: f64,
    mean_size: f64,
    success: u32,
    retries: u32,
}

impl Remembered {
    fn new(seen: &Seen, average: f64) -> Self {
        let Seen { at, mean_size, success, retries, .. } = *seen;
        Self { at, average, mean_size, success, retries }
    }
}

/// What a run has decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decision {
    /// The number from now on.
    pub limit: u32,
    /// What is remembered for the next run.
    pub remembered: Remembered,
    /// Whether it is written down as a decision, be it to change nothing. Only then streams are looked at.
    pub is_stored: bool,
}

/// One run of the optimiser for one link. `remembered` is what the run before has left; `None`: none has seen the link since the
/// leader was started.
pub(super) fn decide(rules: RuleSet, seen: &Seen, remembered: Option<&Remembered>) -> Decision {
    let Range { min, max, is_own } = seen.range;
    let Some(limit) = seen.limit.filter(|limit| *limit > 0) else {
        let limit = if is_own { max } else { min + (max - min) / 2 };
        return Decision { limit, remembered: Remembered::new(seen, seen.throughput), is_stored: true };
    };
    let remembered = remembered.filter(|_| rules != RuleSet::V314);
    let first = Remembered::new(seen, seen.throughput);
    if remembered.is_none() && rules == RuleSet::V39 {
        return Decision { limit, remembered: first, is_stored: false };
    }
    let before = remembered.unwrap_or(&first);
    let now = Remembered::new(seen, moving_average(seen.throughput, before.average));
    let stored = |limit| Decision { limit, remembered: now, is_stored: true };
    if min == max {
        return stored(min);
    }
    if seen.is_over {
        return stored(limit - 1);
    }
    let is_as_before = now.success == before.success && now.average == before.average;
    if remembered.is_some() && is_as_before && now.at.since(before.at) < STEADY {
        return Decision { limit, remembered: *before, is_stored: false };
    }
    let wanted = wanted(limit, seen, &now, before).clamp(min, max);
    stored(if is_beyond_queue(rules, wanted, limit, seen) { limit } else { wanted })
}

/// TCP streams of each file of a link, where the link's row leaves them to the optimiser.
pub(super) fn streams(mode: u32, limit: u32, active: u32, queued: u32) -> u32 {
    let files = active.saturating_add(queued).max(1);
    if mode < 2 { 1 } else { (limit / files).clamp(1, MAX_STREAMS) }
}

/// The moving average as FTS writes it; a sample of nothing is none. Written in another way it differs in the last bit, and with it whether two runs are
/// the same.
fn moving_average(sample: f64, average: f64) -> f64 {
    if sample > 0.0 { (sample * ALPHA) + ((1.0 - ALPHA) * average) } else { average }
}

/// The number before it is held within bounds.
fn wanted(limit: u32, seen: &Seen, now: &Remembered, before: &Remembered) -> u32 {
    let more = limit.saturating_add(if seen.mode >= 2 { 2 } else { 1 });
    if now.success < LOW_SUCCESS {
        let gets_better = now.success > before.success && now.success >= BASE_SUCCESS && now.retries <= before.retries;
        return if gets_better { limit } else { limit - 1 };
    }
    if now.average == 0.0 || seen.queued < limit {
        limit
    } else if now.average >= before.average || magnitude(now.mean_size) < magnitude(before.mean_size) {
        more
    } else if magnitude(now.average) < magnitude(before.average) {
        limit - 1
    } else {
        limit
    }
}

/// Nearest power of ten, half away from zero; of nothing minus infinity.
fn magnitude(value: f64) -> f64 {
    value.log10().round()
}

/// Whether the queue is too short for the number.
fn is_beyond_queue(rules: RuleSet, wanted: u32, limit: u32, seen: &Seen) -> bool {
    match seen.mode {
        0 => false,
        1 => wanted > limit && seen.queued < wanted,
        _ => {
            let is_wide = wanted > seen.queued.saturating_mul(MAX_STREAMS);
            is_wide && (wanted > limit || rules == RuleSet::V39)
        }
    }
}

#[cfg(test)]
mod tests;
