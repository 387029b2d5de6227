//! Times at which an RSE does not answer.

use crate::settings;
use crate::units::{SimSpan, SimTime};

settings! {
    /// A time at which an RSE does not answer: copies from and to it break, and new ones fail with a recoverable error after the
    /// time-out of a connection. Nothing is lost that it holds.
    #[derive(Copy, Eq)]
    pub struct Outage {
        /// When it begins.
        pub at: SimTime,
        /// How long it lasts.
        #[range(Positive)]
        pub lasts: SimSpan,
        /// Whether it is a downtime that was declared: then Rucio takes the RSE as neither readable nor writable while it lasts, and chooses it for nothing new. What is queued in FTS for it meets it all the same.
        pub declared: bool = true,
    }
}

impl Outage {
    /// The instant at which the RSE answers again.
    pub fn ends_at(&self) -> SimTime {
        self.at + self.lasts
    }

    /// Whether it lasts at `now`: its end is no part of it.
    pub fn covers(&self, now: SimTime) -> bool {
        self.at <= now && now < self.ends_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Id, SiteId};
    use crate::topology::Rse;

    #[test]
    fn outages_begin_and_end_and_only_declared_ones_are_known() {
        let outage = |at: f64, lasts: f64, declared| Outage {
            at: SimTime::from_secs_f64(at),
            lasts: SimSpan::from_secs_f64(lasts),
            declared,
        };
        let outages = vec![outage(100.0, 10.0, true), outage(50.0, 20.0, false)];
        let rse = Rse { outages, ..Rse::new("A", SiteId::from_index(0)) };
        let said = |at| {
            let now = SimTime::from_secs_f64(at);
            (rse.is_down(now), rse.is_declared_down(now), rse.next_outage(now).map(SimTime::as_secs_f64))
        };
        assert_eq!(said(0.0), (false, false, Some(50.0)));
        assert_eq!(said(50.0), (true, false, Some(100.0)));
        assert_eq!(said(70.0), (false, false, Some(100.0)));
        assert_eq!(said(109.0), (true, true, None));
        assert_eq!(said(110.0), (false, false, None));
        let until = |at| rse.declared_down_until(SimTime::from_secs_f64(at)).map(SimTime::as_secs_f64);
        assert_eq!([until(60.0), until(105.0), until(110.0)], [None, Some(110.0), None]);
    }
}
