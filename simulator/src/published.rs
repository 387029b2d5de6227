//! What services publish, as old as it is.

use crate::ticker::Ticker;
use crate::units::SimTime;

/// A value as a service showed it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published<T> {
    /// The value.
    pub value: T,
    /// The instant at which it was true.
    pub at: SimTime,
}

/// A value that a service publishes at the ticks of its clock. No event happens for that: what was true at the last tick is kept
/// when the value changes after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice<T> {
    ticker: Ticker,
    value: T,
    changed_at: SimTime,
    /// The value before the changes of the present period.
    shown: T,
}

impl<T: Copy> Notice<T> {
    /// A value that is known to everybody at the start.
    pub fn new(value: T, ticker: Ticker) -> Self {
        Self { ticker, value, changed_at: SimTime::ZERO, shown: value }
    }

    /// What is true now.
    pub fn get(&self) -> T {
        self.value
    }

    /// Changes what is true. A tick shows what was true before the changes of its own instant.
    pub fn set(&mut self, value: T, now: SimTime) {
        if self.changed_at < self.tick(now) {
            self.shown = self.value;
        }
        self.value = value;
        self.changed_at = now;
    }

    /// What is shown now.
    pub fn published(&self, now: SimTime) -> Published<T> {
        let at = self.tick(now);
        let value = if self.changed_at < at || self.ticker.is_continuous() { self.value } else { self.shown };
        Published { value, at }
    }

    fn tick(&self, now: SimTime) -> SimTime {
        self.ticker.last_until(now).unwrap_or(SimTime::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimSpan;
    use proptest::prelude::*;

    proptest! {
        /// Against a list of all changes, which is searched for what was true at the last tick.
        #[test]
        fn it_shows_what_was_true_at_the_last_tick(
            changes in proptest::collection::vec((1_u64..9, any::<u8>()), 0..60),
            (period, phase) in (0_u64..12, 0_u64..12),
        ) {
            let ticker = Ticker::new(SimSpan::from_nanos(period), SimSpan::from_nanos(phase));
            let mut notice = Notice::new(0, ticker);
            let mut history = vec![(SimTime::ZERO, 0)];
            let mut now = SimTime::ZERO;
            for (gap, value) in changes {
                for ahead in 0..=gap {
                    let looked = now + SimSpan::from_nanos(ahead);
                    let tick = ticker.last_until(looked).unwrap_or(SimTime::ZERO);
                    let known = |(changed, _): &&(SimTime, u8)| *changed < tick || period == 0;
                    let shown = history.iter().rev().find(known).map_or(0, |(_, value)| *value);
                    prop_assert_eq!(notice.published(looked), Published { value: shown, at: tick });
                }
                now = now + SimSpan::from_nanos(gap);
                notice.set(value, now);
                history.push((now, value));
                prop_assert_eq!(notice.get(), value);
            }
        }
    }
}
