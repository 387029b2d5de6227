//! The bare network, in starts and ends of flows per second.

use dapple_benches::{Input, Prepared, drive, generators};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

fn run(bencher: Bencher, input: &Input) {
    let events = ItemsCount::new(2 * input.flows.len());
    bencher.counter(events).with_inputs(|| Prepared::new(input)).bench_local_values(|it| drive(it, input, |_, _| {}));
}

#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 3, sample_size = 1)]
fn one_link(bencher: Bencher, flows: u32) {
    run(bencher, &generators::one_link(flows, 1));
}

#[divan::bench(args = [16, 32, 64], sample_count = 3, sample_size = 1)]
fn star(bencher: Bencher, hosts: u32) {
    run(bencher, &generators::star(hosts, 1));
}

#[divan::bench(args = [26, 51, 90, 97], sample_count = 3, sample_size = 1)]
fn grid(bencher: Bencher, load_percent: u32) {
    run(bencher, &generators::grid(100, f64::from(load_percent) / 100.0, 10_000, 1));
}

#[divan::bench(args = [10, 100], sample_count = 3, sample_size = 1)]
fn dtn_heavy(bencher: Bencher, sites: u32) {
    run(bencher, &generators::dtn_heavy(sites, 10_000, 1));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn regression_heavy(bencher: Bencher) {
    run(bencher, &generators::regression_heavy(10_000, 1));
}
