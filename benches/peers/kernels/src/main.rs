//! The hold model on dapple's calendar, on other simulators written in Rust, and on bare priority queues.
//!
//! Some events are pending; each step takes the next one and schedules it again after an exponential time with a mean of 1 s. A
//! simulator also hands the event to a component, which is part of what it is for, so its figure is not that of its queue alone.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;

use dapple_simulator::engine::Calendar;
use dapple_simulator::units::{SimSpan, SimTime};
use dary_heap::QuaternaryHeap;
use radix_heap::RadixHeapMap;
use rustix::time::{ClockId, clock_gettime};

/// Events that are measured.
const STEPS: u64 = 500_000;

fn main() {
    println!("| pending | queue or simulator | million events a CPU second |");
    println!("|--:|---|--:|");
    for pending in [1_000, 100_000, 1_000_000] {
        let rows: [(&str, fn(u32) -> f64); 7] = [
            ("dapple's calendar", |n| queue(Dapple(Calendar::new()), n)),
            ("bare: std's binary heap", |n| queue(Binary::default(), n)),
            ("bare: 4-ary heap (dary_heap)", |n| queue(Quaternary::default(), n)),
            ("bare: radix heap (radix-heap)", |n| queue(Radix::default(), n)),
            ("bare: calendar queue, tuned to this load", |n| queue(Brown::new(n), n)),
            ("simcore 0.1.0", in_simcore),
            ("nexosim 1.0.0, one thread", in_nexosim),
        ];
        for (name, row) in rows {
            println!("| {pending} | {name} | {:.2} |", row(pending) / 1e6);
        }
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

/// Steps until the load is steady.
fn warm_up(pending: u32) -> u64 {
    u64::from(pending).max(100_000)
}

/// Exponential times in nanoseconds, used over and over.
#[derive(Clone)]
struct Gaps {
    nanos: Rc<[u64]>,
    nth: usize,
}

impl Gaps {
    fn new() -> Self {
        let mut state = 1_u64;
        let mut next = || {
            // SplitMix64.
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let unit = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
            1 + (-(1.0 - unit).ln() * 1e9) as u64
        };
        Self { nanos: (0..4096).map(|_| next()).collect(), nth: 0 }
    }

    fn next(&mut self) -> u64 {
        self.nth = (self.nth + 1) % self.nanos.len();
        self.nanos[self.nth]
    }
}

/// A queue of events by time, ties in order of scheduling.
trait Queue {
    fn push(&mut self, at: u64, nth: u64);
    fn pop(&mut self) -> u64;
}

fn queue(mut queue: impl Queue, pending: u32) -> f64 {
    let mut gaps = Gaps::new();
    let mut nth = 0;
    for _ in 0..pending {
        // Spread, or the same times would come again and again.
        queue.push(gaps.next() + nth % 1000, nth);
        nth += 1;
    }
    let mut last = 0;
    let mut steps = |count: u64| {
        for _ in 0..count {
            let now = queue.pop();
            assert!(now >= last, "events come in order");
            last = now;
            queue.push(now + gaps.next(), nth);
            nth += 1;
        }
    };
    steps(warm_up(pending));
    let before = cpu_seconds();
    steps(STEPS);
    STEPS as f64 / (cpu_seconds() - before)
}

struct Dapple(Calendar<u32>);

impl Queue for Dapple {
    fn push(&mut self, at: u64, nth: u64) {
        self.0.schedule(SimTime::ZERO + SimSpan::from_nanos(at), nth as u32);
    }
    fn pop(&mut self) -> u64 {
        self.0.pop_until(SimTime::MAX).expect("events are pending").0.as_nanos()
    }
}

fn key(at: u64, nth: u64) -> u128 {
    u128::from(at) << 64 | u128::from(nth)
}

fn at(key: u128) -> u64 {
    (key >> 64) as u64
}

#[derive(Default)]
struct Binary(BinaryHeap<Reverse<u128>>);

impl Queue for Binary {
    fn push(&mut self, at: u64, nth: u64) {
        self.0.push(Reverse(key(at, nth)));
    }
    fn pop(&mut self) -> u64 {
        at(self.0.pop().expect("events are pending").0)
    }
}

#[derive(Default)]
struct Quaternary(QuaternaryHeap<Reverse<u128>>);

impl Queue for Quaternary {
    fn push(&mut self, at: u64, nth: u64) {
        self.0.push(Reverse(key(at, nth)));
    }
    fn pop(&mut self) -> u64 {
        at(self.0.pop().expect("events are pending").0)
    }
}

#[derive(Default)]
struct Radix(RadixHeapMap<Reverse<u128>, ()>);

impl Queue for Radix {
    fn push(&mut self, at: u64, nth: u64) {
        self.0.push(Reverse(key(at, nth)), ());
    }
    fn pop(&mut self) -> u64 {
        at(self.0.pop().expect("events are pending").0.0)
    }
}

/// A calendar queue (Brown 1988) whose days are as long as suits the load; a real one has to find that out as it goes.
struct Brown {
    days: Vec<Vec<u128>>,
    /// Length of a day in nanoseconds.
    length: u64,
    /// End of the day that is looked at.
    until: u64,
}

impl Brown {
    fn new(pending: u32) -> Self {
        let length = 2_000_000_000 / u64::from(pending);
        Self { days: vec![Vec::new(); (pending as usize).next_power_of_two()], length, until: length }
    }

    fn day(&self, at: u64) -> usize {
        (at / self.length) as usize & (self.days.len() - 1)
    }
}

impl Queue for Brown {
    fn push(&mut self, at: u64, nth: u64) {
        let day = self.day(at);
        self.days[day].push(key(at, nth));
    }

    fn pop(&mut self) -> u64 {
        loop {
            let day = self.day(self.until - 1);
            let first = self.days[day].iter().enumerate().min_by_key(|(_, key)| **key);
            if let Some((place, _)) = first.filter(|(_, key)| at(**key) < self.until) {
                return at(self.days[day].swap_remove(place));
            }
            self.until += self.length;
        }
    }
}

mod simcore_hold {
    use super::{Cell, Gaps, Rc};
    use simcore::{Event, EventHandler, SimulationContext};

    #[derive(Clone, serde::Serialize)]
    pub struct Tick {
        pub number: u32,
    }

    pub struct Component {
        pub context: SimulationContext,
        pub gaps: Gaps,
        pub sum: Rc<Cell<u64>>,
    }

    impl EventHandler for Component {
        fn on(&mut self, event: Event) {
            simcore::cast!(match event.data {
                Tick { number } => {
                    self.sum.set(self.sum.get() + u64::from(number));
                    let gap = self.gaps.next();
                    self.context.emit_self(Tick { number }, gap as f64 * 1e-9);
                }
            })
        }
    }
}

fn in_simcore(pending: u32) -> f64 {
    let mut simulation = simcore::Simulation::new(1);
    let mut gaps = Gaps::new();
    let context = simulation.create_context("hold");
    for number in 0..pending {
        context.emit_self(simcore_hold::Tick { number }, (gaps.next() + u64::from(number % 1000)) as f64 * 1e-9);
    }
    let sum = Rc::new(Cell::new(0));
    let component = simcore_hold::Component { context, gaps, sum: sum.clone() };
    simulation.add_handler("hold", Rc::new(RefCell::new(component)));
    simulation.steps(warm_up(pending));
    let before = cpu_seconds();
    simulation.steps(STEPS);
    let took = cpu_seconds() - before;
    assert!(sum.get() > 0, "events were handled");
    STEPS as f64 / took
}

mod nexosim_hold {
    use super::Duration;
    use nexosim::model::{Context, Model, schedulable};

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Holder {
        pub pending: u32,
        pub nanos: Vec<u64>,
        pub nth: usize,
        pub sum: u64,
    }

    #[Model]
    impl Holder {
        fn gap(&mut self, more: u64) -> Duration {
            self.nth = (self.nth + 1) % self.nanos.len();
            Duration::from_nanos(self.nanos[self.nth] + more)
        }

        #[nexosim(init)]
        async fn init(&mut self, cx: &Context<Self>) {
            for number in 0..self.pending {
                let gap = self.gap(u64::from(number % 1000));
                cx.schedule_event(gap, schedulable!(Self::tick), number).expect("in the future");
            }
        }

        #[nexosim(schedulable)]
        async fn tick(&mut self, number: u32, cx: &Context<Self>) {
            self.sum += u64::from(number);
            let gap = self.gap(0);
            cx.schedule_event(gap, schedulable!(Self::tick), number).expect("in the future");
        }
    }
}

fn in_nexosim(pending: u32) -> f64 {
    use nexosim::simulation::{Mailbox, SimInit};
    use nexosim::time::MonotonicTime;
    let holder = nexosim_hold::Holder { pending, nanos: Gaps::new().nanos.to_vec(), nth: 0, sum: 0 };
    let bench = SimInit::with_num_threads(1).add_model(holder, Mailbox::new(), "holder");
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("one model");
    // A step takes all events of one instant, which hardly ever is more than one here.
    for _ in 0..warm_up(pending) {
        simulation.step().expect("events are pending");
    }
    let before = cpu_seconds();
    for _ in 0..STEPS {
        simulation.step().expect("events are pending");
    }
    STEPS as f64 / (cpu_seconds() - before)
}
