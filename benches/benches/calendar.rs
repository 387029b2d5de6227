//! The event calendar under the hold model.

use dapple_benches::hold::Hold;
use dapple_benches::{generators, pattern};
use divan::Bencher;
use divan::counter::ItemsCount;

/// Events taken and scheduled in one sample.
const STEPS: u64 = 100_000;

fn main() {
    divan::main();
}

#[divan::bench(args = [1_000, 100_000, 1_000_000], sample_count = 10, sample_size = 1)]
fn hold(bencher: Bencher, pending: u32) {
    let mut hold = Hold::new(pending, 1);
    hold.steps(u64::from(pending).max(STEPS));
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| hold.steps(STEPS));
}

/// A recorded run, in uses of the calendar per second: with an announcement that moves, and with events that go stale.
#[divan::bench(args = ["announced", "stale", "stale, std heap"], sample_count = 10, sample_size = 1)]
fn recorded(bencher: Bencher, how: &str) {
    let steps = pattern::recorded(&generators::grid(100, 0.9, 50_000, 1));
    let replay = match how {
        "announced" => pattern::replay,
        "stale" => pattern::replay_stale,
        _ => pattern::replay_stale_on_std,
    };
    bencher.counter(ItemsCount::new(steps.len())).bench_local(|| replay(&steps));
}
