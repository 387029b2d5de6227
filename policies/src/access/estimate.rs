//! The way with the least predicted time.

use dapple_simulator::ids::{DtnId, RseId, SiteId};
use dapple_simulator::policy::{Access, AccessPolicy, AccessRequest, GridView};
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::topology::AccessCoefficients;
use dapple_simulator::units::{Bytes, Rate};

use super::nearby::{fits_scratch, placement_under_way, room_at_home, source_at_home};

/// Predicts the time of every possible way to an input and takes the shortest.
///
/// - **Remote access** takes `T = a·S + b·ConTh + c·ConPr` (Begy et al., eq. 1) where the pair has a law, `S` being
///   the part that is read. Concurrent traffic is known only at the end of a read, so it is forecast: the
///   processes and threads that read now are taken to be spread evenly over the pool's nodes and to go on as long
///   as this read does, at the rates that the law gives them; the job's own threads read files like this one. Without a
///   law the part is read at an equal share of the nominal bandwidth. Streaming is taken
///   to overlap with compute perfectly.
/// - **Stage-in** moves the whole file at an equal share of the nominal bandwidth, then computes.
/// - **Placement** waits for what is queued and active on the FTS link, taken to be files of this size, copies at
///   nominal bandwidth (that of the DTNs at the number of files now active on this FTS link included, as if nothing else used them) after the DTNs' start-up, then
///   stages in from the local RSE.
///
/// Nominal bandwidth is the least capacity on the way at this instant. Ties go to remote access, then stage-in, and
/// to the nearer source. What placement saves for later jobs does not count. The number of the job's other inputs
/// is not shown to a policy: it is taken to keep all its threads busy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    name: String,
}

impl Estimate {
    /// The policy under its name in results.
    pub fn new(name: String) -> Self {
        Self { name }
    }
}

impl AccessPolicy for Estimate {
    fn name(&self) -> &str {
        &self.name
    }

    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
        shortest(&Forecast { request, grid }.ways())
    }
}

/// The first of the ways with the least time [s].
fn shortest(ways: &[(f64, Access)]) -> Access {
    let first = ways.iter().copied().reduce(|best, way| if way.0 < best.0 { way } else { best });
    first.expect("remote access from the nearest source is always a way").1
}

/// One request and what the grid shows when it is decided.
struct Forecast<'a> {
    request: &'a AccessRequest,
    grid: &'a GridView<'a>,
}

impl Forecast<'_> {
    /// Every possible way with its predicted time [s]; remote access first, the nearest source first.
    fn ways(&self) -> Vec<(f64, Access)> {
        let sources = self.grid.sources(self.request);
        let mut ways: Vec<_> = sources.iter().map(|&source| (self.remote(source), Access::Remote { source })).collect();
        if fits_scratch(self.request, self.grid) {
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
        if source_at_home(self.request, self.grid).is_some() {
            return None;
        }
        placement_under_way(self.request, self.grid).or_else(|| room_at_home(self.request, self.grid))
    }

    fn remote(&self, source: RseId) -> f64 {
        let request = self.request;
        let part = request.bytes.as_f64() * request.read_fraction;
        let topology = self.grid.topology();
        let law = topology.law(request.pool, source).map(|law| law.at(self.grid.now()));
        let read = match law.filter(|law| law.is_well_posed()) {
            Some(law) => {
                let others =
                    Readers::per_node(self.grid.reads(request.pool, source), topology.pools()[request.pool].nodes);
                read_under_law(law, part / 1e6, f64::from(request.threads), others)
            }
            None => seconds(part, self.share(source)),
        };
        read.max(request.compute_s)
    }

    fn stage_in(&self, source: RseId) -> f64 {
        seconds(self.request.bytes.as_f64(), self.share(source)) + self.request.compute_s
    }

    fn place(&self, source: RseId, target: RseId) -> f64 {
        let (queued, active) = (self.grid.queued(source, target), self.grid.active(source, target));
        let joins = self.grid.is_being_placed(self.request.file, target);
        let copy = QueuedCopy {
            ahead: queued + active,
            joins,
            bytes: self.request.bytes,
            rate: self.copy_rate(source, target, active),
            start_up_s: self.start_up_s(source, target),
        };
        copy.seconds() + self.stage_in(target)
    }

    /// This thread's part of the nominal bandwidth from an RSE to the pool, with those that read from there now.
    fn share(&self, source: RseId) -> Rate {
        let topology = self.grid.topology();
        let rse = &topology.rses()[source];
        let pool = &topology.pools()[self.request.pool];
        let nominal = self.bandwidth(rse.site, pool.site).min(limit(rse.read));
        let (_, threads) = self.grid.reads(self.request.pool, source);
        Rate::from_bytes_per_s(nominal / (threads as f64 + f64::from(self.request.threads)))
    }

    /// Nominal bandwidth of a copy between two RSEs.
    fn copy_rate(&self, source: RseId, target: RseId, active: usize) -> Rate {
        let rses = self.grid.topology().rses();
        let (from, to) = (&rses[source], &rses[target]);
        let wires = self.bandwidth(from.site, to.site).min(limit(from.read)).min(limit(to.write));
        let curve = |dtn: DtnId| self.grid.topology().dtns()[dtn].curve.rate(active as u64 + 1).as_bytes_per_s();
        let dtns = [from, to].into_iter().filter_map(|rse| rse.dtn).map(curve);
        Rate::from_bytes_per_s(dtns.fold(wires, f64::min))
    }

    fn start_up_s(&self, source: RseId, target: RseId) -> f64 {
        let topology = self.grid.topology();
        let first = topology.rses()[source].dtn;
        let second = topology.rses()[target].dtn.filter(|dtn| Some(*dtn) != first);
        first.into_iter().chain(second).map(|dtn| topology.dtns()[dtn].start_up.as_secs_f64()).sum()
    }

    /// The least capacity between two sites at this instant [B/s], their LANs included.
    fn bandwidth(&self, from: SiteId, to: SiteId) -> f64 {
        let topology = self.grid.topology();
        let lans = limit(topology.sites()[from].lan).min(limit(topology.sites()[to].lan));
        let Some(route) = topology.route(from, to) else { return 0.0 };
        let wire = |&link: &_| topology.links()[link].bandwidth.at(self.grid.now()).as_bytes_per_s();
        route.links.iter().map(wire).fold(lans, f64::min)
    }
}

fn limit(rate: Option<Rate>) -> f64 {
    rate.unwrap_or(Rate::INFINITE).as_bytes_per_s()
}

/// Time to move `bytes` [s], endless at rate zero and none without a limit.
fn seconds(bytes: f64, rate: Rate) -> f64 {
    if bytes > 0.0 { bytes / rate.as_bytes_per_s() } else { 0.0 }
}

/// Remote reads under way at one worker node from one RSE; means over the nodes of a pool, so not whole.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Readers {
    processes: f64,
    threads_each: f64,
}

impl Readers {
    fn per_node((processes, threads): (usize, usize), nodes: u32) -> Self {
        let threads_each = if processes == 0 { 0.0 } else { threads as f64 / processes as f64 };
        Self { processes: processes as f64 / f64::from(nodes.max(1)), threads_each }
    }
}

/// `T = a·S + b·ConTh + c·ConPr` [s] where the same threads read all the time.
///
/// With `D_p = a + (n_p - 1) b - n_p c` and `K = sum n_p / D_p` a thread of process p moves `1 / (D_p (1 + c K))`
/// MB/s. Its siblings move as much as it does, so `ConTh = (n - 1) S`; the others move `ConPr = T · sum of their rates`.
fn read_under_law(law: &AccessCoefficients, megabytes: f64, threads: f64, others: Readers) -> f64 {
    let slowness = |n: f64| law.a + (n - 1.0) * law.b - n * law.c;
    let own = slowness(threads);
    let theirs = if others.processes > 0.0 {
        others.processes * others.threads_each / slowness(others.threads_each)
    } else {
        0.0
    };
    megabytes * own * (1.0 + law.c * (threads / own + theirs))
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
    use dapple_simulator::policy::conformance;

    /// WebDAV, GRIF-LPNHE to CERN, April 2018 (Begy et al., eq. 1).
    const PAPER: AccessCoefficients = AccessCoefficients { a: 0.023_568, b: 0.043_705, c: 0.001_538 };
    const NOBODY: Readers = Readers { processes: 0.0, threads_each: 0.0 };

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() <= 1e-12 * right.abs()
    }

    #[test]
    fn a_lone_thread_costs_a() {
        assert!(close(read_under_law(&PAPER, 1000.0, 1.0, NOBODY), 23.568));
    }

    #[test]
    fn siblings_move_what_the_thread_moves() {
        // ConTh = 3 S and nobody else: T = (a + 3 b) S.
        assert!(close(read_under_law(&PAPER, 100.0, 4.0, NOBODY), 100.0 * (PAPER.a + 3.0 * PAPER.b)));
    }

    #[test]
    fn the_regression_holds_with_other_processes() {
        // Single-thread processes all run at one rate, so each of nine others moves S meanwhile: ConPr = 9 S.
        let others = Readers { processes: 9.0, threads_each: 1.0 };
        assert!(close(read_under_law(&PAPER, 100.0, 1.0, others), 100.0 * (PAPER.a + 9.0 * PAPER.c)));
        // In general ConPr = T · (rate of the others).
        let others = Readers { processes: 2.5, threads_each: 3.0 };
        let took = read_under_law(&PAPER, 100.0, 2.0, others);
        let slowness = |n: f64| PAPER.a + (n - 1.0) * PAPER.b - n * PAPER.c;
        let k = 2.0 / slowness(2.0) + 7.5 / slowness(3.0);
        let con_pr = took * 7.5 / (slowness(3.0) * (1.0 + PAPER.c * k));
        assert!(close(took, PAPER.a * 100.0 + PAPER.b * 100.0 + PAPER.c * con_pr));
    }

    #[test]
    fn readers_are_spread_over_the_nodes() {
        assert_eq!(Readers::per_node((0, 0), 4), NOBODY);
        assert_eq!(Readers::per_node((6, 18), 4), Readers { processes: 1.5, threads_each: 3.0 });
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

    #[test]
    fn it_passes_the_conformance_kit() {
        assert_eq!(conformance::check(|| Box::new(Estimate::new("estimate".into()))), Ok(()));
    }
}
