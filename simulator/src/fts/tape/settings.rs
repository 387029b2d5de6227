//! How tape is served.

use crate::settings;
use crate::units::{SimSpan, SimTime};

settings! {
    /// How FTS has files brought from tape, and looks whether they are on tape. The defaults ask at once and learn at once.
    #[derive(Copy)]
    pub struct Staging {
        /// Time between two passes of the daemon. Zero: no daemon, all is asked for at once.
        pub every: SimSpan = SimSpan::ZERO,
        /// Files that one request asks for at most.
        #[range(AtLeast(1))]
        pub bulk: u32 = 200,
        /// How long a VO's files at an RSE wait for more where they are less than a bulk, from the first pass that sees them.
        pub wait: SimSpan = SimSpan::ZERO,
        /// Requests of a VO to an RSE that are open at once; one more may be asked for than that.
        #[range(AtLeast(1))]
        pub max_open: u32 = 1000,
        /// Files of a VO at an RSE that are asked for at once.
        #[range(AtLeast(1))]
        pub max_files: u32 = 50_000,
        /// When it is looked whether files are there.
        pub polls: Polls = Polls::default(),
    }
}

settings! {
    /// When it is looked whether the files of a request are there: when it is made, after `first`, then after every `every`.
    #[derive(Copy)]
    pub struct Polls {
        /// From the request to the second look.
        pub first: SimSpan = SimSpan::ZERO,
        /// From one look to the next one after that. Zero: all the time.
        pub every: SimSpan = SimSpan::ZERO,
    }
}

impl Polls {
    /// The first look at `at` or later, of a request made at `asked_at`.
    pub fn first_from(&self, asked_at: SimTime, at: SimTime) -> SimTime {
        let second = asked_at + self.first;
        match () {
            () if at <= asked_at => asked_at,
            () if at <= second => second,
            () if self.every == SimSpan::ZERO => at,
            () => second + self.every * at.since(second).as_nanos().div_ceil(self.every.as_nanos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_are_at_0_300_900_1500_seconds() {
        let polls = Polls { first: SimSpan::from_secs_f64(300.0), every: SimSpan::from_secs_f64(600.0) };
        let at = SimTime::from_secs_f64;
        let seen = |after: f64| polls.first_from(at(1000.0), at(1000.0 + after)).as_secs_f64() - 1000.0;
        let pairs = [(0.0, 0.0), (0.1, 300.0), (300.0, 300.0), (300.1, 900.0), (900.0, 900.0), (901.0, 1500.0)];
        assert!(pairs.into_iter().all(|(after, poll)| seen(after) == poll));
        assert_eq!(Polls::default().first_from(at(1000.0), at(1017.0)), at(1017.0));
    }
}
