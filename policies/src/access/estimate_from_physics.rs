//! The way with the least predicted time, predicted from the truth.

use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, OraclePolicy, OracleView};
use dapple_simulator::ids::{DtnId, LinkId, RseId};
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::topology::AccessCoefficients;
use dapple_simulator::units::Rate;

use super::forecast::{Forecast, Knowledge};

/// The rule of [`super::Estimate`] with the true laws, bandwidths and load curves of the present instant instead of nominal
/// values and what was observed. No real policy could know them.
///
/// It is no upper bound: it knows what the wires can carry, not what everybody else will send over them. Of stage-ins and copies it
/// expects the whole capacity but for the job's own site, and loses to [`super::Estimate`], which has seen how long they take,
/// wherever others use the wires too.
///
/// Remote access takes
/// `T = a·S + b·ConTh + c·ConPr` (Begy et al., eq. 1), `S` being the part that is read. Concurrent traffic is known only at the
/// end of a read, so the processes and threads that read now are taken to be spread evenly over the pool's nodes and to go on as
/// long as this read does, at the rates that the law gives them; the job's own threads read files like this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EstimateFromPhysics;

impl OraclePolicy<AccessMode> for EstimateFromPhysics {
    fn decide(&mut self, question: &AccessQuestion, oracle: &OracleView<'_>, _: &mut PolicyRng) -> Access {
        Forecast { question, view: &oracle.view, knowledge: Truth { question, oracle } }.shortest()
    }
}

/// What is true at the instant of the question.
struct Truth<'a> {
    question: &'a AccessQuestion,
    oracle: &'a OracleView<'a>,
}

impl Knowledge for Truth<'_> {
    fn link(&self, link: LinkId) -> Rate {
        *self.oracle.physics.bandwidth(link).at(self.oracle.view.now())
    }

    fn dtn(&self, dtn: DtnId, concurrency: u64) -> Rate {
        self.oracle.physics.curve(dtn).rate(concurrency)
    }

    fn read_s(&self, source: RseId) -> Option<f64> {
        let (question, view) = (self.question, &self.oracle.view);
        let law = self.oracle.physics.law(question.pool, source)?.at(view.now());
        let nodes = view.map().pools()[question.pool].nodes;
        let others = Readers::per_node(view.reads(question.pool, source), nodes);
        let megabytes = question.bytes.as_f64() * question.read_fraction / 1e6;
        law.is_well_posed().then(|| read_under_law(law, megabytes, f64::from(question.threads), others))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::conformance;
    use dapple_simulator::decide::{Decider, Policies};

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
    fn it_passes_the_conformance_kit() {
        let oracle = || Policies { name: "oracle".into(), access: Decider::oracle(EstimateFromPhysics) };
        assert_eq!(conformance::check(oracle), Ok(()));
    }
}
