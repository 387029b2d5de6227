//! When a daemon looks at a row of which it knows in advance that nothing has happened to it.

use crate::ticker::Rounds;
use crate::units::{SimSpan, SimTime};

/// When a daemon may take a request: not before it has rested, and not again within a time after it was looked at without
/// going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gate {
    /// From the last change of the request; at least so old.
    pub rest: SimSpan,
    /// From the last look; older than that. `None`: it may be looked at each time.
    pub again: Option<SimSpan>,
}

impl Gate {
    /// The look of an idle worker at which it finds that something happened at `happened_at` to a request that changed last at
    /// `updated_at`: the looks before, which find nothing, are no events.
    pub fn look(self, rounds: &Rounds, updated_at: SimTime, happened_at: SimTime) -> SimTime {
        let first = rounds.on_grid(updated_at + self.rest);
        let since_first = happened_at.as_nanos().saturating_sub(first.as_nanos());
        let period = rounds.period().as_nanos();
        // On the grid of the period, the first look that is later than `again` after the one before.
        let gap = self.again.map_or(period, |again| (again.as_nanos() / period + 1) * period);
        first + SimSpan::from_nanos(gap) * since_first.div_ceil(gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(s: u64) -> SimTime {
        SimTime::from_nanos(s * 1_000_000_000)
    }

    fn span(s: u64) -> SimSpan {
        SimSpan::from_nanos(s * 1_000_000_000)
    }

    const TODAY: (u64, Option<u64>) = (60, Some(600));

    fn gate((rest, again): (u64, Option<u64>)) -> Gate {
        Gate { rest: span(rest), again: again.map(span) }
    }

    /// Looks, one by one, of a worker that runs at `phase + n · period`.
    fn looks(
        (rest, again): (u64, Option<u64>),
        (period, phase): (u64, u64),
        updated: u64,
    ) -> impl Iterator<Item = u64> {
        let mut last = None;
        let runs = (0..).map(move |nth| phase + nth * period);
        runs.filter(move |&run| {
            let open = run >= updated + rest && last.is_none_or(|last| again.is_none_or(|again| run > last + again));
            if open {
                last = Some(run);
            }
            open
        })
    }

    #[test]
    fn at_least_sixty_seconds_old_and_not_again_within_six_hundred() {
        let of = |gate, phase, n| looks(gate, (300, phase), 0).take(n).collect::<Vec<_>>();
        // On a grid of 300 s the look at 600 s later is not later than 600 s, so it is the one at 900 s.
        assert_eq!(of(TODAY, 70, 3), [70, 970, 1870]);
        assert_eq!(of(TODAY, 60, 2), [60, 960], "60 s old is old enough");
        assert_eq!(of(TODAY, 50, 2), [350, 1250]);
        assert_eq!(of((60, None), 70, 3), [70, 370, 670], "in 2019");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn arithmetic_looks_when_looking_each_time_does(
            rest in 0_u64..100,
            again in proptest::option::of(0_u64..1000),
            (period, phase) in (1_u64..400).prop_flat_map(|period| (Just(period), 0..period)),
            updated in 0_u64..5000,
            took in 0_u64..5000,
        ) {
            let rounds = Rounds::new(span(period), span(phase));
            let found = gate((rest, again)).look(&rounds, at(updated), at(updated + took));
            let slow = looks((rest, again), (period, phase), updated).find(|&look| look >= updated + took);
            prop_assert_eq!(Some(found), slow.map(at));
        }
    }
}
