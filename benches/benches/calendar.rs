//! The event calendar under the hold model.

use dapple_benches::hold::Hold;
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
