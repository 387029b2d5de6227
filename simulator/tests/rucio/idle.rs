//! The idle system: how long requests wait for daemons that have nothing else to do, and how late Rucio learns of ends. One request a run,
//! over many seeds: within a run phases are fixed.

use dapple_simulator::conveyor::{
    ConveyorSettings, Direction, Poller, Preparer, Strategy, Submitter, Throttling, TransferLimit,
};
use dapple_simulator::facts::TransferEnded;
use dapple_simulator::units::Rate;
use dapple_simulator::workload::{Arrivals, Distribution};

use crate::conveyor::queue_time;
use crate::world::{World, at, span};

const SEEDS: u64 = 10_000;

/// Mean, median, 95th percentile and standard deviation.
type Figures = [f64; 4];

fn figures(mut sample: Vec<f64>) -> Figures {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let at = |q: f64| sample[(q * n) as usize];
    [mean, at(0.5), at(0.95), variance.sqrt()]
}

/// One request at 5000 s, with a copy that takes so long in the mean.
fn sample(conveyor: &ConveyorSettings, copy_s: f64, of: impl Fn(&TransferEnded) -> f64) -> Figures {
    let mut world = World::of(2);
    world.services.conveyor = conveyor.clone();
    world.bandwidth = Rate::from_bytes_per_s(1e6);
    world.traffic(Arrivals::At(vec![at(5000.0)]), Distribution::Exponential { mean: copy_s * 1e6 });
    world.horizon = 1e6;
    let setup = world.setup();
    let one = |seed| of(&World::run_of(&setup, seed).transfers[0]);
    figures((0..SEEDS).map(one).collect())
}

fn row(name: &str, ours: Figures, theirs: Figures) {
    println!("{name:45} ours {ours:6.1?}   the document {theirs:6.1?}");
}

/// The document's figures are whole seconds, and samples too; so are these, with four standard errors of a mean and, of
/// flat laws, of a percentile.
fn assert_near(name: &str, ours: Figures, theirs: Figures) {
    row(name, ours, theirs);
    let n = SEEDS as f64;
    let sd = theirs[3];
    // Of a flat law of width w = sd * sqrt(12) the density is 1 / w.
    let of_median = 0.5 / n.sqrt() * sd * 12_f64.sqrt();
    let of_p95 = 0.218 / n.sqrt() * sd * 12_f64.sqrt() * 3.0;
    let errors = [sd / n.sqrt(), of_median, of_p95, sd / (2.0 * n).sqrt()];
    for ((ours, theirs), error) in ours.into_iter().zip(theirs).zip(errors) {
        assert!((ours - theirs).abs() < 0.5 + 4.0 * error + 0.5, "{name}: {ours} for {theirs}, +- {error}");
    }
}

fn submitting(every: f64) -> ConveyorSettings {
    ConveyorSettings {
        submitter: Submitter { every: span(every), ..Submitter::default() },
        ..ConveyorSettings::default()
    }
}

fn prepared(conveyor: ConveyorSettings) -> ConveyorSettings {
    ConveyorSettings { preparer: Some(Preparer::default()), ..conveyor }
}

#[test]
fn rucio_queue_time_of_an_idle_system() {
    let limit = TransferLimit {
        rses: "R1".into(),
        direction: Direction::Destination,
        activity: None,
        max_transfers: 1000,
        strategy: Strategy::Fifo,
        within_space: false,
    };
    let throttler = Throttling { limits: vec![limit], ..Throttling::default() };
    let rows = [
        ("code defaults (submitter 600 s)", submitting(600.0), [300.0, 300.0, 570.0, 173.0]),
        ("code defaults + preparer 60 s", prepared(submitting(600.0)), [330.0, 331.0, 600.0, 174.0]),
        ("CMS-like (preparer 60, submitter 60)", prepared(submitting(60.0)), [60.0, 60.0, 101.0, 25.0]),
        ("helm defaults (preparer 60, submitter 10)", prepared(submitting(10.0)), [35.0, 35.0, 62.0, 18.0]),
        (
            "CMS-like + throttler 600",
            ConveyorSettings { throttler, ..prepared(submitting(60.0)) },
            [360.0, 361.0, 631.0, 175.0],
        ),
    ];
    for (name, conveyor, theirs) in rows {
        assert_near(name, sample(&conveyor, 1.0, queue_time), theirs);
    }
}

#[test]
fn detection_of_an_idle_system_by_the_poller_alone() {
    let late = |transfer: &TransferEnded| {
        let (learned, transferred) = (transfer.learned_at, transfer.transferred_at);
        learned.expect("it is learned of").since(transferred.expect("it has ended")).as_secs_f64()
    };
    // Mean, median and 95th percentile for 2019 (each tick), a gate that lets the look at 600 s through, and today's.
    let document = [
        (60.0, [[172.0, 172.0, 312.0], [194.0, 174.0, 532.0], [216.0, 175.0, 833.0]]),
        (600.0, [[153.0, 153.0, 288.0], [285.0, 268.0, 572.0], [435.0, 426.0, 866.0]]),
        (3600.0, [[150.0, 150.0, 286.0], [298.0, 296.0, 571.0], [451.0, 454.0, 859.0]]),
    ];
    let gates = [None, Some(span(599.0)), Some(span(600.0))];
    for (copy_s, theirs) in document {
        for (again_after, theirs) in gates.into_iter().zip(theirs) {
            let poller = Poller { every: span(300.0), ..Poller::default() };
            let conveyor = ConveyorSettings { poller, again_after, ..ConveyorSettings::default() };
            let ours = sample(&conveyor, copy_s, late);
            let name = format!("copies of {copy_s} s, again after {again_after:?}");
            row(&name, ours, [theirs[0], theirs[1], theirs[2], f64::NAN]);
            // Ours has the spread that the document does not tell.
            let error = ours[3] / (SEEDS as f64).sqrt();
            let errors = [error, 1.8 * error, 2.5 * error];
            for ((ours, theirs), error) in ours.into_iter().zip(theirs).zip(errors) {
                assert!((ours - theirs).abs() < 0.5 + 4.0 * error + 0.5, "{name}: {ours} for {theirs}, +- {error}");
            }
        }
    }
}
