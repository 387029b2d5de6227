//! When files have been queued for too long, and when that is looked at.

use std::collections::BTreeSet;

use rand::RngExt;

use crate::fts::files::FtsJobId;
use crate::rng::{Purpose, keyed};
use crate::ticker::Ticker;
use crate::units::{NANOS_PER_SECOND, SimSpan, SimTime};

/// How often jobs are looked for that have been queued for too long.
pub(super) const SWEEP: SimSpan = SimSpan::from_nanos(300 * NANOS_PER_SECOND);
/// How often a node looks for cancelled files whose processes run, and how long these take to die.
pub(super) const CANCEL_POLL: SimSpan = SimSpan::from_nanos(10 * NANOS_PER_SECOND);
pub(super) const DYING: SimSpan = SimSpan::from_nanos(NANOS_PER_SECOND / 2);

/// When jobs have been queued for too long, and when that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Expiry {
    /// Of the jobs that have not ended; those of which it is past are looked at in each sweep.
    pub deadlines: BTreeSet<(SimTime, FtsJobId)>,
    pub sweeps: Ticker,
    pub cancel_polls: Ticker,
    pub next_at: Option<SimTime>,
}

impl Expiry {
    /// No deadlines; clocks at phases of their own.
    pub fn new(seed: u64) -> Self {
        let clock = |nth: u64, period: SimSpan| {
            let part = keyed(seed, Purpose::NodePhase, [0, nth]).random::<f64>();
            Ticker::new(period, SimSpan::from_secs_f64(period.as_secs_f64() * part))
        };
        let (sweeps, cancel_polls) = (clock(2, SWEEP), clock(3, CANCEL_POLL));
        Self { deadlines: BTreeSet::new(), sweeps, cancel_polls, next_at: None }
    }
}
