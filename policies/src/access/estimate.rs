//! The way with the least predicted time.

use std::collections::BTreeMap;

use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, LoadError, Policy, View};
use dapple_simulator::facts::{Fact, ReadEnded, TransferEnded, TransferOutcome};
use dapple_simulator::ids::{DtnId, Id, LinkId, RseId};
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::topology::Map;
use dapple_simulator::units::{Bytes, Rate, SimSpan};
use serde::{Deserialize, Serialize};

use super::forecast::{Forecast, Knowledge};

/// Predicts the time of every possible way to an input from nominal bandwidths and from what it has seen, and takes the shortest.
///
/// - **Remote access** and **stage-in** take as long per byte as those from the same RSE to the same pool took lately; as long as none
///   has ended, they move at an equal share of the nominal bandwidth with those that read now. Streaming is taken to overlap with
///   compute perfectly; a stage-in is computed on afterwards.
/// - **Placement** waits for what is queued and active on the FTS link, taken to be files of this size, and stages in from the
///   local RSE afterwards. Copies move together what those of that link moved lately, each as much as those that have ended; as
///   long as none has ended, the nominal bandwidth, that of the DTNs included, as if nothing else used it.
///
/// Nominal is what the map says: the least capacity of the route as declared for the start of the run. Lately is a mean of the
/// last twenty or so. What placement saves for later jobs does not count. The number of the job's other inputs
/// is not shown to a policy: it is taken to keep all its threads busy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    seen: Seen,
}

/// Ends that a mean remembers: from then on each new one counts 1/20, so that older ones fade.
const MEMORY: u32 = 20;

/// What has been observed, in seconds per byte.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    /// Remote reads, by pool and source.
    reads: Pairs,
    /// Stage-ins, by pool and source.
    stage_ins: Pairs,
    /// Copies from first to last byte, by source and destination.
    copies: Pairs,
}

/// A mean for each pair; saved as a list, since JSON has no keys but text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<((usize, usize), Lately)>", into = "Vec<((usize, usize), Lately)>")]
struct Pairs(BTreeMap<(usize, usize), Lately>);

impl Pairs {
    fn push(&mut self, (from, to): (impl Id, impl Id), took: SimSpan, moved: Bytes) {
        if moved > Bytes::ZERO {
            let pair = (from.index(), to.index());
            self.0.entry(pair).or_default().push(took.as_secs_f64() / moved.as_f64());
        }
    }

    /// `None`: none has ended.
    fn mean(&self, (from, to): (impl Id, impl Id)) -> Option<f64> {
        self.0.get(&(from.index(), to.index())).map(|lately| lately.mean)
    }
}

impl From<Vec<((usize, usize), Lately)>> for Pairs {
    fn from(list: Vec<((usize, usize), Lately)>) -> Self {
        Self(list.into_iter().collect())
    }
}

impl From<Pairs> for Vec<((usize, usize), Lately)> {
    fn from(pairs: Pairs) -> Self {
        pairs.0.into_iter().collect()
    }
}

/// A mean that forgets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Lately {
    n: u32,
    mean: f64,
}

impl Lately {
    fn push(&mut self, value: f64) {
        self.n = (self.n + 1).min(MEMORY);
        self.mean += (value - self.mean) / f64::from(self.n);
    }
}

impl Seen {
    fn read(&mut self, read: &ReadEnded) {
        let (Some(started), Some(ended)) = (read.started_at, read.ended_at) else { return };
        let of = if read.access.is_streamed() { &mut self.reads } else { &mut self.stage_ins };
        of.push((read.question.pool, read.access.read_from()), ended.since(started), read.moved);
    }

    fn copy(&mut self, copy: &TransferEnded) {
        // From the first byte: start-ups are added to what is predicted.
        let (Some(started), Some(ended)) = (copy.flowing_at, copy.transferred_at) else { return };
        if let (TransferOutcome::Done, Some(source)) = (copy.outcome, copy.source) {
            self.copies.push((source, copy.destination), ended.since(started), copy.bytes);
        }
    }
}

impl Policy<AccessMode> for Estimate {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        let knowledge = Observed { question, map: view.map(), seen: &self.seen };
        Forecast { question, view, knowledge }.shortest()
    }

    fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::ReadEnded(read) => self.seen.read(read),
            Fact::TransferEnded(transfer) => self.seen.copy(transfer),
            _ => {}
        }
    }

    fn save(&self) -> Vec<u8> {
        serde_json::to_vec(&self.seen).expect("lists of numbers can be written")
    }

    fn load(&mut self, saved: &[u8]) -> Result<(), LoadError> {
        self.seen = serde_json::from_slice(saved).map_err(|error| LoadError(error.to_string()))?;
        Ok(())
    }
}

/// Nominal values and what has been seen.
struct Observed<'a> {
    question: &'a AccessQuestion,
    map: &'a Map,
    seen: &'a Seen,
}

impl Knowledge for Observed<'_> {
    fn link(&self, link: LinkId) -> Rate {
        self.map.links()[link].bandwidth
    }

    fn dtn(&self, dtn: DtnId, _concurrency: u64) -> Rate {
        self.map.dtn_bandwidth(dtn)
    }

    fn read_s(&self, source: RseId) -> Option<f64> {
        let per_byte = self.seen.reads.mean((self.question.pool, source))?;
        Some(per_byte * self.question.bytes.as_f64() * self.question.read_fraction)
    }

    fn stage_in_s(&self, source: RseId) -> Option<f64> {
        let per_byte = self.seen.stage_ins.mean((self.question.pool, source))?;
        Some(per_byte * self.question.bytes.as_f64())
    }

    fn copy_rate(&self, source: RseId, target: RseId, active: usize) -> Option<Rate> {
        let per_byte = self.seen.copies.mean((source, target)).filter(|per_byte| *per_byte > 0.0)?;
        Some(Rate::from_bytes_per_s(active.max(1) as f64 / per_byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::conformance;
    use dapple_simulator::decide::Policies;

    #[test]
    fn a_mean_is_plain_first_and_fades_then() {
        let mut lately = Lately::default();
        (0..MEMORY).for_each(|n| lately.push(f64::from(n)));
        assert!((lately.mean - 9.5).abs() < 1e-12, "{lately:?}");
        lately.push(29.5);
        assert!((lately.mean - 10.5).abs() < 1e-12, "{lately:?}");
    }

    #[test]
    fn what_it_has_not_saved_is_refused() {
        let mut estimate = Estimate::default();
        assert!(estimate.load(b"[]").is_err());
        assert_eq!(estimate, Estimate::default());
    }

    #[test]
    fn it_passes_the_conformance_kit() {
        assert_eq!(conformance::check(|| Policies::of_access("estimate", Estimate::default())), Ok(()));
    }
}
