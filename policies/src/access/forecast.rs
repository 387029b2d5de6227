//! Forecasts of the ways to an input, whatever they build on.

use dapple_simulator::decide::{Access, AccessQuestion, View};
use dapple_simulator::ids::{DtnId, LinkId, RseId, SiteId};
use dapple_simulator::units::{Bytes, Rate};

use super::nearby::{fits_scratch, placement_under_way, room_at_home, source_at_home};

/// What a forecast builds on besides the view.
pub trait Knowledge {
    /// What a link carries now.
    fn link(&self, link: LinkId) -> Rate;

    /// What a DTN moves at this concurrency.
    fn dtn(&self, dtn: DtnId, concurrency: u64) -> Rate;

    /// Time of the remote read from `source` that is asked about [s]; `None`: at its share of the bandwidth.
    fn read_s(&self, source: RseId) -> Option<f64>;

    /// Time of the stage-in from `source` that is asked about [s]; `None`: at its share of the bandwidth.
    fn stage_in_s(&self, _source: RseId) -> Option<f64> {
        None
    }

    /// What all copies from `source` to `target` move together, of which there are `active`; `None`: their bandwidth.
    fn copy_rate(&self, _source: RseId, _target: RseId, _active: usize) -> Option<Rate> {
        None
    }
}

/// One question, what the services show when it is decided, and what is known besides.
pub struct Forecast<'a, K> {
    /// What is asked.
    pub question: &'a AccessQuestion,
    /// What is shown.
    pub view: &'a View<'a>,
    /// What is known besides.
    pub knowledge: K,
}

impl<K: Knowledge> Forecast<'_, K> {
    /// The way with the least predicted time. Ties go to remote access, then stage-in, and to the nearer source.
    pub fn shortest(&self) -> Access {
        shortest(&self.ways())
    }

    /// Every possible way with its predicted time [s]; remote access first, the nearest source first.
    fn ways(&self) -> Vec<(f64, Access)> {
        let sources = self.view.sources(self.question);
        let mut ways: Vec<_> = sources.iter().map(|&source| (self.remote(source), Access::Remote { source })).collect();
        if fits_scratch(self.question, self.view) {
            ways.extend(sources.iter().map(|&source| (self.stage_in(source), Access::StageIn { source })));
            if let Some(target) = self.target() {
                let place = |&source: &RseId| (self.place(source, target), Access::Place { source, target });
                ways.extend(sources.iter().map(place));
            }
        }
        ways
    }

    /// Where the input could be placed; nowhere if the site has a replica.
    fn target(&self) -> Option<RseId> {
        if source_at_home(self.question, self.view).is_some() {
            return None;
        }
        placement_under_way(self.question, self.view).or_else(|| room_at_home(self.question, self.view))
    }

    fn remote(&self, source: RseId) -> f64 {
        let part = self.question.bytes.as_f64() * self.question.read_fraction;
        let read = self.knowledge.read_s(source).unwrap_or_else(|| seconds(part, self.share(source)));
        read.max(self.question.compute_s)
    }

    fn stage_in(&self, source: RseId) -> f64 {
        let share = || seconds(self.question.bytes.as_f64(), self.share(source));
        self.knowledge.stage_in_s(source).unwrap_or_else(share) + self.question.compute_s
    }

    fn place(&self, source: RseId, target: RseId) -> f64 {
        let (queued, active) = (self.view.queued(source, target), self.view.active(source, target));
        let joins = self.view.is_being_placed(self.question.file, target);
        let nominal = || self.copy_rate(source, target, active);
        let copy = QueuedCopy {
            ahead: queued + active,
            joins,
            bytes: self.question.bytes,
            rate: self.knowledge.copy_rate(source, target, active).unwrap_or_else(nominal),
            start_up_s: self.start_up_s(source, target),
        };
        copy.seconds() + self.stage_in(target)
    }

    /// This thread's part of the bandwidth from an RSE to the pool, with those that read from there now.
    fn share(&self, source: RseId) -> Rate {
        let map = self.view.map();
        let rse = &map.rses()[source];
        let bandwidth = self.bandwidth(rse.site, map.pools()[self.question.pool].site).min(limit(rse.read));
        let (_, threads) = self.view.reads(self.question.pool, source);
        Rate::from_bytes_per_s(bandwidth / (threads as f64 + f64::from(self.question.threads)))
    }

    /// Bandwidth of a copy between two RSEs.
    fn copy_rate(&self, source: RseId, target: RseId, active: usize) -> Rate {
        let map = self.view.map();
        let (from, to) = (&map.rses()[source], &map.rses()[target]);
        let wires = self.bandwidth(from.site, to.site).min(limit(from.read)).min(limit(to.write));
        let dtns = map.dtns_between(source, target);
        let dtns = dtns.map(|dtn| self.knowledge.dtn(dtn, active as u64 + 1).as_bytes_per_s());
        Rate::from_bytes_per_s(dtns.fold(wires, f64::min))
    }

    fn start_up_s(&self, source: RseId, target: RseId) -> f64 {
        let map = self.view.map();
        map.dtns_between(source, target).map(|dtn| map.dtns()[dtn].start_up.as_secs_f64()).sum()
    }

    /// The least capacity between two sites [B/s], their LANs included.
    fn bandwidth(&self, from: SiteId, to: SiteId) -> f64 {
        let map = self.view.map();
        let lans = limit(map.sites()[from].lan).min(limit(map.sites()[to].lan));
        let Some(route) = map.route(from, to) else { return 0.0 };
        route.links.iter().map(|&link| self.knowledge.link(link).as_bytes_per_s()).fold(lans, f64::min)
    }
}

/// The first of the ways with the least time [s].
fn shortest(ways: &[(f64, Access)]) -> Access {
    let first = ways.iter().copied().reduce(|best, way| if way.0 < best.0 { way } else { best });
    first.expect("remote access from the nearest source is always a way").1
}

fn limit(rate: Option<Rate>) -> f64 {
    rate.unwrap_or(Rate::INFINITE).as_bytes_per_s()
}

/// Time to move `bytes` [s], endless at rate zero and none without a limit.
fn seconds(bytes: f64, rate: Rate) -> f64 {
    if bytes > 0.0 { bytes / rate.as_bytes_per_s() } else { 0.0 }
}

/// A placement behind others on its FTS link.
#[derive(Clone, Copy, Debug)]
struct QueuedCopy {
    /// Requests queued and active before it.
    ahead: usize,
    /// Whether one of them is this very copy.
    joins: bool,
    bytes: Bytes,
    rate: Rate,
    start_up_s: f64,
}

impl QueuedCopy {
    fn seconds(self) -> f64 {
        let n_files = self.ahead + usize::from(!(self.joins && self.ahead > 0));
        seconds(self.bytes.as_f64() * n_files as f64, self.rate) + self.start_up_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::ids::Id;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() <= 1e-12 * right.abs()
    }

    #[test]
    fn a_placement_waits_for_those_before_it() {
        let bytes = Bytes::from_megabytes(1000.0);
        let copy = QueuedCopy { ahead: 4, joins: false, bytes, rate: Rate::from_mb_per_s(100.0), start_up_s: 3.0 };
        assert!(close(copy.seconds(), 53.0));
        assert!(close(QueuedCopy { joins: true, ..copy }.seconds(), 43.0));
        assert!(close(QueuedCopy { ahead: 0, ..copy }.seconds(), 13.0));
        assert!(QueuedCopy { rate: Rate::ZERO, ..copy }.seconds().is_infinite());
        assert!(close(QueuedCopy { rate: Rate::INFINITE, ..copy }.seconds(), 3.0));
    }

    #[test]
    fn ties_go_to_the_first_way() {
        let source = RseId::from_index(0);
        let (remote, stage_in) = (Access::Remote { source }, Access::StageIn { source });
        assert_eq!(shortest(&[(2.0, remote), (2.0, stage_in)]), remote);
        assert_eq!(shortest(&[(2.0, remote), (1.0, stage_in)]), stage_in);
        assert_eq!(shortest(&[(f64::INFINITY, remote), (f64::INFINITY, stage_in)]), remote);
    }
}
