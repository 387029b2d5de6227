//! When a daemon may take a row.

use crate::units::{SimSpan, SimTime};

/// When a daemon may take a request: not before it has rested, and not again within a time after it was looked at without
/// going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gate {
    /// From the last change of the request; at least so old.
    pub rest: SimSpan,
    /// From the last look; older than that. `None`: it may be looked at each time.
    pub again: Option<SimSpan>,
}

impl Gate {
    /// The first instant at which a request may be taken.
    pub fn opens_at(self, updated_at: SimTime, looked_at: Option<SimTime>) -> SimTime {
        let rested = updated_at + self.rest;
        let again = looked_at.zip(self.again).map(|(at, span)| at + span + SimSpan::from_nanos(1));
        again.map_or(rested, |again| again.max(rested))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticker::Rounds;

    fn at(s: u64) -> SimTime {
        SimTime::from_nanos(s * 1_000_000_000)
    }

    /// Looks of a poller of 300 s, first run at `phase`, at a request submitted at 0.
    fn looks(gate: Gate, phase: f64, n: usize) -> Vec<SimTime> {
        let mut rounds = Rounds::new(SimSpan::from_secs_f64(300.0), SimSpan::from_secs_f64(phase));
        let (mut now, mut looked) = (at(0), None);
        let look = |_| {
            now = rounds.next_run(now, gate.opens_at(at(0), looked));
            rounds.ran(now, false);
            looked = Some(now);
            now
        };
        (0..n).map(look).collect()
    }

    #[test]
    fn at_least_sixty_seconds_old_and_not_again_within_six_hundred() {
        let today = Gate { rest: SimSpan::from_secs_f64(60.0), again: Some(SimSpan::from_secs_f64(600.0)) };
        // On a grid of 300 s the look at 600 s later is not later than 600 s, so it is the one at 900 s.
        assert_eq!(looks(today, 70.0, 3), [at(70), at(970), at(1870)]);
        assert_eq!(looks(today, 60.0, 2), [at(60), at(960)], "60 s old is old enough");
        assert_eq!(looks(today, 50.0, 2), [at(350), at(1250)]);
        let of_2019 = Gate { again: None, ..today };
        assert_eq!(looks(of_2019, 70.0, 3), [at(70), at(370), at(670)]);
    }
}
