//! The clock of a daemon.

use crate::units::{SimSpan, SimTime};

/// The instants `phase + n · period` at which a daemon wakes, or a service publishes.
///
/// A tick is a fact of arithmetic, not an event: a daemon that has work schedules its next tick, one that has none schedules
/// nothing, and who looks at what was published asks for the last tick.
///
/// ```
/// use dapple_simulator::ticker::Ticker;
/// use dapple_simulator::units::{SimSpan, SimTime};
/// let (at, span) = (SimTime::from_nanos, SimSpan::from_nanos);
/// let ticker = Ticker::new(span(10), span(3));
/// assert_eq!([ticker.next_after(at(0)), ticker.next_after(at(3))], [at(3), at(13)]);
/// assert_eq!([ticker.last_until(at(2)), ticker.last_until(at(13))], [None, Some(at(13))]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticker {
    period: SimSpan,
    phase: SimSpan,
}

impl Ticker {
    /// A clock that ticks first at `phase`, then after every `period`. A period of zero ticks all the time.
    pub const fn new(period: SimSpan, phase: SimSpan) -> Self {
        Self { period, phase }
    }

    /// Whether it ticks all the time.
    pub fn is_continuous(self) -> bool {
        self.period == SimSpan::ZERO
    }

    /// The first tick after `now`; `now` itself where it ticks all the time.
    pub fn next_after(self, now: SimTime) -> SimTime {
        self.last_until(now).map_or(SimTime::ZERO + self.phase, |last| last + self.period)
    }

    /// The first tick at `at` or later; `at` itself where it ticks all the time.
    pub fn first_from(self, at: SimTime) -> SimTime {
        self.last_until(at).filter(|last| *last == at).unwrap_or_else(|| self.next_after(at))
    }

    /// How many ticks come before that of `at`.
    pub fn number_of(self, at: SimTime) -> u64 {
        let since_first = at.as_nanos().saturating_sub(self.phase.as_nanos());
        since_first.checked_div(self.period.as_nanos()).unwrap_or(0)
    }

    /// The last tick up to and including `now`; `None`: it has not ticked yet.
    pub fn last_until(self, now: SimTime) -> Option<SimTime> {
        let since_first = now.as_nanos().checked_sub(self.phase.as_nanos())?;
        let since_last = since_first.checked_rem(self.period.as_nanos()).unwrap_or(0);
        Some(SimTime::from_nanos(now.as_nanos() - since_last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_of_zero_ticks_all_the_time() {
        let ticker = Ticker::new(SimSpan::ZERO, SimSpan::ZERO);
        let now = SimTime::from_nanos(17);
        assert_eq!((ticker.last_until(now), ticker.next_after(now)), (Some(now), now));
    }
}
