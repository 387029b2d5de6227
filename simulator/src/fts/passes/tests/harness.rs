//! A service around the passes that is only as large as a test needs: files that take as long as they are told to.

use std::collections::BTreeMap;

use super::plain;
use crate::fts::backlog::{Backlog, ClassId, NodeId, Place};
use crate::fts::passes::{PassRules, Passes};
use crate::ids::{ActivityId, FtsFileId, HostId, Id, VoId};
use crate::rng::mix;
use crate::ticker::Ticker;
use crate::units::{SimSpan, SimTime};

/// A grid of 2 s for each node. Two nanoseconds stand for a millisecond, and passes, at odd instants, never meet anything else.
pub(super) fn grid(node: usize) -> Ticker {
    Ticker::new(SimSpan::from_nanos(4_000), SimSpan::from_nanos(1_001 + 1_302 * node as u64 % 4_000))
}

/// A file, in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Submit {
    pub at: u64,
    pub link: (usize, usize),
    pub vo: usize,
    pub activity: usize,
    pub priority: u8,
    pub node: usize,
    /// How long each attempt is ACTIVE.
    pub takes: u64,
    /// Attempts that fail; each is tried again after 120 s.
    pub fails: u32,
}

impl Default for Submit {
    fn default() -> Self {
        Self { at: 0, link: (0, 1), vo: 0, activity: 0, priority: 3, node: 0, takes: 0, fails: 0 }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// The limit of a link, if anything has used it.
    Limit((usize, usize), u32),
    /// A file is withdrawn, if it is queued.
    Cancel(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Script {
    pub rules: PassRules,
    pub submits: Vec<Submit>,
    pub changes: Vec<(u64, Change)>,
    /// Of links that are new.
    pub limit: Option<u32>,
    pub outbound: u32,
    pub inbound: u32,
    /// Least and most time from start to ACTIVE; zero: at once.
    pub latency: (u64, u64),
    pub nodes: usize,
    pub hosts: usize,
    pub until: u64,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            rules: plain(),
            submits: Vec::new(),
            changes: Vec::new(),
            limit: None,
            outbound: 200,
            inbound: 200,
            latency: (0, 0),
            nodes: 1,
            hosts: 3,
            until: 10_000_000,
        }
    }
}

impl Script {
    pub fn names(&self) -> Vec<String> {
        (0..self.hosts).map(|host| format!("host{host}")).collect()
    }

    /// From the start of an attempt to ACTIVE.
    pub fn latency(&self, file: usize, attempt: u32) -> u64 {
        let (least, most) = self.latency;
        least + mix(file as u64 * 31 + u64::from(attempt)) % (most - least + 1)
    }

    pub fn is_immediate(&self) -> bool {
        self.latency == (0, 0)
    }

    /// What happens from outside, in order.
    pub fn outside(&self) -> Vec<(u64, What)> {
        let mut outside: Vec<(u64, What)> =
            self.submits.iter().enumerate().map(|(file, submit)| (submit.at, What::Submit(file))).collect();
        outside.extend(self.changes.iter().map(|(at, change)| (*at, What::Change(*change))));
        outside.sort_by_key(|(at, _)| *at);
        outside
    }

    /// Number of each file in the order of submission.
    pub fn numbers(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.submits.len()).collect();
        order.sort_by_key(|file| self.submits[*file].at);
        let mut numbers = vec![0; order.len()];
        for (number, file) in order.into_iter().enumerate() {
            numbers[file] = number;
        }
        numbers
    }
}

/// A file that a pass has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// The millisecond before; grid points lie between two.
    pub at: u64,
    pub node: usize,
    pub file: usize,
    pub latency: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Submit(usize),
    Change(Change),
    Active(usize),
    Ended(usize),
    Pass(usize),
}

/// Events in order of time, then of scheduling.
#[derive(Default)]
pub(super) struct Events {
    queue: BTreeMap<(u64, usize), What>,
    n: usize,
}

impl Events {
    pub fn push(&mut self, at: u64, what: What) {
        self.queue.insert((at, self.n), what);
        self.n += 1;
    }

    pub fn next_at(&self) -> Option<u64> {
        self.queue.first_key_value().map(|(key, _)| key.0)
    }

    pub fn pop(&mut self) -> Option<(u64, What)> {
        self.queue.pop_first().map(|(key, what)| (key.0, what))
    }
}

#[derive(Clone, Copy, Default)]
struct File {
    class: Option<ClassId>,
    is_queued: bool,
    attempts: u32,
}

/// What starts, with the passes that are planned and no others.
pub(super) fn run(script: &Script) -> Vec<Start> {
    run_counted(script).0
}

/// How many passes were made, and for how many there was a reason.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub passes: usize,
    /// Each change lets each node pass once, and so does a pass that could have gone on its own node.
    pub most: usize,
}

/// What starts, and the passes.
pub(super) fn run_counted(script: &Script) -> (Vec<Start>, Counted) {
    let mut counted = Counted::default();
    let names = script.names();
    let hosts = names.iter().map(|name| (name.as_str(), (script.outbound, script.inbound)));
    let backlog = Backlog::new(script.nodes, hosts);
    let mut passes = Passes::new(backlog, script.rules.clone(), (0..script.nodes).map(grid), 7);
    let mut events = Events::default();
    for (at, what) in script.outside() {
        events.push(2 * at, what);
    }
    let numbers = script.numbers();
    let id = |file: usize| FtsFileId::from_index(numbers[file]);
    let mut of_id: Vec<usize> = (0..numbers.len()).collect();
    of_id.sort_by_key(|file| numbers[*file]);
    let mut files = vec![File::default(); numbers.len()];
    let mut starts = Vec::new();
    while let Some((at, what)) = events.pop().filter(|(at, _)| *at <= 2 * script.until) {
        let now = SimTime::from_nanos(at);
        match what {
            What::Submit(file) => {
                let Submit { link, vo, activity, priority, node, .. } = script.submits[file];
                let place = Place {
                    link: (HostId::from_index(link.0), HostId::from_index(link.1)),
                    vo: VoId::from_index(vo),
                    node: NodeId::from_index(node),
                    priority,
                    activity: ActivityId::from_index(activity),
                };
                if passes.serves(place.link, place.vo) {
                    let class = passes.submit(id(file), place, || script.limit);
                    files[file] = File { class: Some(class), is_queued: true, attempts: 0 };
                }
            }
            What::Change(Change::Limit((source, destination), limit)) => {
                let link = passes.backlog.link(HostId::from_index(source), HostId::from_index(destination));
                if let Some(link) = link {
                    passes.set_limit(link, limit);
                }
            }
            What::Change(Change::Cancel(file)) => {
                if let Some(File { class: Some(class), is_queued: queued @ true, .. }) = files.get_mut(file) {
                    passes.withdraw(id(file), *class);
                    *queued = false;
                }
            }
            What::Active(file) => passes.backlog.change_active(files[file].class.expect("it has started"), 1),
            What::Ended(file) => {
                let class = files[file].class.expect("it has started");
                passes.ended(class, true);
                if files[file].attempts <= script.submits[file].fails {
                    passes.retry(id(file), class, SimTime::from_nanos(at + 240_000));
                    // When it is planned, and when it is released.
                    counted.most += 2 * script.nodes;
                    files[file].is_queued = true;
                }
            }
            What::Pass(node) => {
                let Some(mut out) = passes.begin(NodeId::from_index(node), now) else { continue };
                counted.passes += 1;
                while let Some((file, class)) = passes.next(&mut out) {
                    let file = of_id[file.index()];
                    let latency = script.latency(file, files[file].attempts);
                    files[file].attempts += 1;
                    files[file].is_queued = false;
                    let active_at = at + 1 + 2 * latency;
                    if script.is_immediate() {
                        passes.backlog.change_active(class, 1);
                    } else {
                        events.push(active_at, What::Active(file));
                    }
                    events.push(active_at + 2 * script.submits[file].takes, What::Ended(file));
                    starts.push(Start { at: at / 2, node, file, latency });
                    counted.most += script.nodes;
                }
                for (next, at) in passes.end(&out, now) {
                    counted.most += usize::from(next.index() == node);
                    events.push(at.as_nanos(), What::Pass(next.index()));
                }
                continue;
            }
        }
        counted.most += script.nodes;
        for (node, at) in passes.due(now) {
            events.push(at.as_nanos(), What::Pass(node.index()));
        }
    }
    (starts, counted)
}
