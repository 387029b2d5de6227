//! Small fixed pieces of work whose instructions `instructions.sh` counts: only what happens below [`measured`] does.

use std::hint::black_box;

use clap::{Parser, ValueEnum};
use dapple_benches::hold::Hold;
use dapple_benches::{Input, Prepared, drive, generators};

/// Does one piece of work.
#[derive(Parser)]
struct Arguments {
    /// Which one.
    #[arg(value_enum)]
    kernel: Kernel,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kernel {
    /// 1 000 pending events, 100 000 of them taken and scheduled.
    Hold,
    /// 2 000 transfers over 100 sites at 90 % load.
    Grid,
    /// 10 000 flows on one link.
    OneLink,
    /// 1 000 transfers between 20 data transfer nodes.
    Dtn,
    /// 1 000 reads by the law of remote access.
    Regression,
}

fn main() {
    let work: Box<dyn FnOnce() -> u64> = match Arguments::parse().kernel {
        Kernel::Hold => {
            let mut hold = Hold::new(1000, 1);
            Box::new(move || hold.steps(100_000))
        }
        Kernel::Grid => network(generators::grid(100, 0.9, 2000, 1)),
        Kernel::OneLink => network(generators::one_link(10_000, 1)),
        Kernel::Dtn => network(generators::dtn_heavy(20, 1000, 1)),
        Kernel::Regression => network(generators::regression_heavy(1000, 1)),
    };
    println!("{}", measured(work));
}

fn network(input: Input) -> Box<dyn FnOnce() -> u64> {
    let prepared = Prepared::new(&input);
    Box::new(move || drive(prepared, &input, |_, _| {}).events)
}

/// The instructions counted are those from here on; the name is looked for in the program.
#[inline(never)]
fn measured(work: Box<dyn FnOnce() -> u64>) -> u64 {
    black_box(black_box(work)())
}
