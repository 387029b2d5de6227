//! Which copies fail, and where in their life.
//!
//! What is drawn is drawn for the nth try to copy a file to a destination that can fail, whenever it happens and whoever has asked for
//! it: two policies that try the same copy meet the same failure. Bad hours are drawn for a link, a source or a destination, from the start of
//! the run on, and are the same whoever looks.

use rand::RngExt;
use rand_distr::{Distribution as _, Exp1};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::copy::{BadHours, Failure, Strikes, Sufferer};
use crate::faults::CopyError;
use crate::ids::{RseId, Table};
use crate::rng::{Purpose, SimRng, keyed, keys_of};
use crate::topology::Map;
use crate::units::{SimSpan, SimTime};

/// How a copy will fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fate {
    pub strikes: Strikes,
    /// Part of the bytes after which it does, where it strikes while they are copied.
    pub part: f64,
    pub error: CopyError,
}

/// Whom a rule of failure is about, or who has the same bad hours; `None`: anybody.
type Ends = (Option<RseId>, Option<RseId>);

#[derive(Clone, Debug)]
struct Rule {
    failure: Failure,
    key: u64,
    hours: FxHashMap<Ends, Hours>,
}

/// Bad hours of somebody, up to a moment.
#[derive(Clone, Debug)]
struct Hours {
    rng: SimRng,
    are_bad: bool,
    until: SimTime,
}

/// All rules of failure.
#[derive(Clone, Debug)]
pub(super) struct Failures {
    seed: u64,
    rules: Vec<Rule>,
    /// Rules by whom they are about; looked up only.
    about: FxHashMap<Ends, SmallVec<[usize; 2]>>,
    /// By the RSEs' names, so that one more RSE moves no draw.
    rse_keys: Table<RseId, u64>,
    /// Tries so far to copy something to a destination, those between ends that no rule is about left out; looked up only.
    tries: FxHashMap<(u64, RseId), u32>,
}

impl Failures {
    pub fn new(map: &Map, failures: &[Failure], seed: u64) -> Self {
        let name = |rse: Option<RseId>| rse.map_or("*", |rse| map.rses()[rse].name.as_str());
        let words = |failure: &Failure| {
            let Failure { source, destination, error, strikes, .. } = failure;
            format!("{} > {} {error:?} {strikes:?}", name(*source), name(*destination))
        };
        let names: Vec<String> = failures.iter().map(words).collect();
        let keys = keys_of(names.iter().map(String::as_str));
        let mut about: FxHashMap<Ends, SmallVec<[usize; 2]>> = FxHashMap::default();
        for (index, failure) in failures.iter().enumerate() {
            about.entry((failure.source, failure.destination)).or_default().push(index);
        }
        let rule =
            |(failure, key): (&Failure, u64)| Rule { failure: failure.clone(), key, hours: FxHashMap::default() };
        Self {
            seed,
            rules: failures.iter().zip(keys).map(rule).collect(),
            about,
            rse_keys: keys_of(map.rses().values().map(|rse| rse.name.as_str())).collect(),
            tries: FxHashMap::default(),
        }
    }

    /// What becomes of the next try to copy a thing, which is accepted now: of several failures the one that strikes first.
    pub fn fate(&mut self, thing: u64, (source, destination): (RseId, RseId), now: SimTime) -> Option<Fate> {
        let patterns =
            [(Some(source), Some(destination)), (Some(source), None), (None, Some(destination)), (None, None)];
        let rules: SmallVec<[usize; 4]> =
            patterns.iter().filter_map(|ends| self.about.get(ends)).flatten().copied().collect();
        if rules.is_empty() {
            return None;
        }
        let tries = self.tries.entry((thing, destination)).or_default();
        let nth = u64::from(*tries);
        *tries += 1;
        let mut fate: Option<Fate> = None;
        for index in rules {
            let rule = &mut self.rules[index];
            let probability = rule.probability((source, destination), &self.rse_keys, self.seed, now);
            let thing = [thing, self.rse_keys[destination], nth, rule.key];
            let mut rng = keyed(self.seed, Purpose::CopyFails, thing);
            if rng.random::<f64>() >= probability {
                continue;
            }
            let Failure { strikes, error, .. } = rule.failure;
            let struck = Fate { strikes, part: rng.random(), error };
            let is_first = |first: Fate| (struck.strikes, struck.part) < (first.strikes, first.part);
            if fate.is_none_or(is_first) {
                fate = Some(struck);
            }
        }
        fate
    }

    /// What left no replica is never copied again.
    pub fn forget(&mut self, thing: u64, destination: RseId) {
        self.tries.remove(&(thing, destination));
    }
}

impl Rule {
    fn probability(
        &mut self,
        (source, destination): (RseId, RseId),
        rse_keys: &Table<RseId, u64>,
        seed: u64,
        now: SimTime,
    ) -> f64 {
        let Some(bad) = self.failure.bad_hours else { return self.failure.probability };
        let ends = match bad.of {
            Sufferer::Link => (Some(source), Some(destination)),
            Sufferer::Source => (Some(source), None),
            Sufferer::Destination => (None, Some(destination)),
            Sufferer::All => (None, None),
        };
        let [from, to] = [ends.0, ends.1].map(|rse| rse.map_or(0, |rse| rse_keys[rse]));
        let rng = || keyed(seed, Purpose::BadHours, [self.key, from, to]);
        let hours = self.hours.entry(ends).or_insert_with(|| Hours::new(&bad, rng()));
        if hours.are_bad_at(&bad, now) { bad.probability } else { self.failure.probability }
    }
}

impl Hours {
    /// At the start of the run they are as likely bad as at any time.
    fn new(bad: &BadHours, mut rng: SimRng) -> Self {
        let share = bad.last.as_secs_f64() / (bad.last.as_secs_f64() + bad.every.as_secs_f64());
        let are_bad = rng.random::<f64>() < share;
        let mut hours = Self { rng, are_bad, until: SimTime::ZERO };
        hours.until = hours.until + hours.drawn(bad);
        hours
    }

    /// How long it stays as it is now.
    fn drawn(&mut self, bad: &BadHours) -> SimSpan {
        let mean = if self.are_bad { bad.last } else { bad.every };
        let times: f64 = Exp1.sample(&mut self.rng);
        // Of a span of nothing there would be no end.
        SimSpan::from_secs_f64_up(mean.as_secs_f64() * times).max(SimSpan::from_nanos(1))
    }

    /// Time does not go back.
    fn are_bad_at(&mut self, bad: &BadHours, now: SimTime) -> bool {
        while self.until <= now {
            self.are_bad = !self.are_bad;
            self.until = self.until + self.drawn(bad);
        }
        self.are_bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::CopyError;
    use crate::ids::Id;
    use crate::topology::{Rse, Site, TopologyBuilder};

    #[test]
    fn tries_that_no_rule_is_about_are_not_counted() {
        let mut builder = TopologyBuilder::default();
        let site = builder.site(Site { name: "S".to_owned(), position: None, lan: None });
        for name in ["A", "B", "C"] {
            builder.rse(Rse::new(name, site));
        }
        let topology = builder.build().expect("routes are computed");
        let [a, b, c] = [0, 1, 2].map(RseId::from_index);
        let rule = Failure {
            source: Some(a),
            destination: None,
            probability: 0.5,
            error: CopyError::Other,
            strikes: Strikes::Verifying,
            bad_hours: None,
        };
        let mut failures = Failures::new(&topology.map, &[rule], 1);
        let mut beside = failures.clone();
        for thing in 0..100 {
            assert_eq!(beside.fate(thing, (b, c), SimTime::ZERO), None);
        }
        assert!(beside.tries.is_empty());
        let fates = |failures: &mut Failures| -> Vec<_> {
            (0..100).map(|thing| failures.fate(thing % 10, (a, c), SimTime::ZERO)).collect()
        };
        assert_eq!(fates(&mut failures), fates(&mut beside), "and move no draw");
    }
}
