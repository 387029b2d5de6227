//! The hold model: the classic load of an event calendar. Some events are pending; each step takes the next one and schedules it
//! again after an exponential time.

use dapple_simulator::calendar::{Calendar, Due};
use dapple_simulator::units::{SimSpan, SimTime};

use crate::generators::Draw;

/// Times between events that are used over and over, so that no generator of numbers is measured; they fit the cache.
const GAPS: usize = 4096;

/// A calendar with events pending, in its steady state.
#[derive(Debug)]
pub struct Hold {
    calendar: Calendar<u32>,
    gaps: Vec<SimSpan>,
    nth: usize,
}

impl Hold {
    /// `pending` events, each after an exponential time with a mean of 1 s.
    pub fn new(pending: u32, seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let gaps: Vec<SimSpan> = (0..GAPS).map(|_| SimSpan::from_secs_f64(draw.exponential())).collect();
        let mut calendar = Calendar::new();
        for number in 0..pending {
            calendar.schedule(SimTime::ZERO + SimSpan::from_secs_f64(draw.exponential()), number);
        }
        Self { calendar, gaps, nth: 0 }
    }

    /// Takes and schedules that many events; returns a sum over them, so that nothing is optimised away.
    pub fn steps(&mut self, steps: u64) -> u64 {
        let mut sum = 0;
        for _ in 0..steps {
            let Some((now, Due::Event(number))) = self.calendar.pop_until(SimTime::MAX) else { break };
            sum += u64::from(number);
            self.nth = (self.nth + 1) % GAPS;
            self.calendar.schedule(now + self.gaps[self.nth], number);
        }
        sum
    }
}
