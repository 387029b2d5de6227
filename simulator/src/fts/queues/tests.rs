//! The gates against the rule that they carry out: after each change, try all heads of all links in order.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::Queues;
use crate::fts::{FtsSettings, LinkLimit, Turns, WhenFull};
use crate::ids::{DtnId, FtsFileId, Id, RseId};
use crate::topology::{Dtn, LoadCurve, Map, Rse, Site, TopologyBuilder};
use crate::units::{Rate, SimSpan};

const N_RSES: usize = 4;

/// What happens to a queued request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Started(usize),
    Failed(usize),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A transfer of so many bytes is asked for.
    Ask { source: usize, destination: usize, bytes: u64 },
    /// One starts without having queued.
    Replay { source: usize, destination: usize },
    /// The nth of those under way ends.
    End(usize),
}

#[derive(Clone, Copy, Debug)]
struct Transfer {
    pair: (usize, usize),
    bytes: u64,
    queued: bool,
}

/// Slots, space and what is under way: all that the scan needs to know.
struct Scan {
    settings: FtsSettings,
    dtn_of: Vec<Option<usize>>,
    dtn_slots: Vec<Option<u32>>,
    queues: BTreeMap<(usize, usize), VecDeque<usize>>,
    active: Vec<usize>,
    /// All pairs, whoever started last at the end.
    order: Vec<(usize, usize)>,
}

impl Scan {
    fn on(&self, transfers: &[Transfer], which: impl Fn(&Transfer) -> bool) -> u32 {
        self.active.iter().filter(|id| which(&transfers[**id])).count() as u32
    }

    fn has_slots(&self, transfers: &[Transfer], (source, destination): (usize, usize)) -> bool {
        let settings = &self.settings;
        let exception = settings.links.iter().rev().find(|of| {
            of.source.zip(of.destination).map(|(a, b)| (a.index(), b.index())) == Some((source, destination))
        });
        let limit = exception.map_or(settings.max_active_per_link, |exception| exception.max_active);
        let dtns = [self.dtn_of[source], self.dtn_of[destination]];
        let active_on_dtn =
            |dtn| move |t: &Transfer| [t.pair.0, t.pair.1].iter().any(|rse| self.dtn_of[*rse] == Some(dtn));
        self.on(transfers, |t| t.queued && t.pair == (source, destination)) < limit
            && self.on(transfers, |t| t.pair.0 == source) < settings.max_outbound
            && self.on(transfers, |t| t.pair.1 == destination) < settings.max_inbound
            && dtns
                .into_iter()
                .flatten()
                .all(|dtn| self.dtn_slots[dtn].is_none_or(|slots| self.on(transfers, active_on_dtn(dtn)) < slots))
    }

    /// All heads in order: by the place of their pair where pairs take turns, then by request. Whoever has started something goes to
    /// the end; one that is exposed comes after the one before it anyway.
    fn run(&mut self, transfers: &[Transfer], space: &mut [u64]) -> Vec<Fate> {
        let mut fates = Vec::new();
        let mut tried: Vec<usize> = Vec::new();
        loop {
            let in_turn = self.settings.turns == Turns::RoundRobin;
            let place = |head: &usize| self.order.iter().position(|pair| in_turn && *pair == transfers[*head].pair);
            let heads = self.queues.values().filter_map(|queue| queue.front().copied());
            let next = heads.filter(|head| !tried.contains(head)).min_by_key(|head| (place(head), *head));
            let Some(head) = next else { return fates };
            tried.push(head);
            let Transfer { pair, bytes, .. } = transfers[head];
            let fits = space[pair.1] >= bytes;
            if !self.has_slots(transfers, pair) || !fits && self.settings.when_full == WhenFull::Wait {
                continue;
            }
            self.queues.get_mut(&pair).expect("it has a head").pop_front();
            if fits {
                space[pair.1] -= bytes;
                self.active.push(head);
                self.order.retain(|other| *other != pair);
                self.order.push(pair);
                fates.push(Fate::Started(head));
            } else {
                fates.push(Fate::Failed(head));
            }
        }
    }
}

/// What the service does with the gates.
fn drain(queues: &mut Queues, transfers: &[Transfer], space: &mut [u64], when_full: WhenFull) -> Vec<Fate> {
    let mut fates = Vec::new();
    while let Some(head) = queues.next_to_start() {
        let Transfer { pair: (source, destination), bytes, .. } = transfers[head.file.index()];
        if space[destination] >= bytes {
            space[destination] -= bytes;
            queues.take(RseId::from_index(source), RseId::from_index(destination), Some(head.link));
            queues.pop(head);
            fates.push(Fate::Started(head.file.index()));
        } else if when_full == WhenFull::Fail {
            queues.pop(head);
            fates.push(Fate::Failed(head.file.index()));
        }
    }
    fates
}

/// One RSE per entry of `dtn_of`, all at one site, each behind that DTN.
fn map(dtn_slots: &[Option<u32>], dtn_of: &[Option<usize>]) -> Map {
    let mut builder = TopologyBuilder::default();
    let site = builder.site(Site { name: "S".into(), position: None, lan: None });
    let curve = LoadCurve::Tabulated(vec![Rate::from_mb_per_s(100.0)]);
    let dtn = |&slots| Dtn { name: "D".into(), slots, start_up: SimSpan::ZERO, start_up_each: SimSpan::ZERO };
    let dtns: Vec<DtnId> = dtn_slots.iter().map(dtn).map(|dtn| builder.dtn(dtn, curve.clone())).collect();
    for (nth, dtn) in dtn_of.iter().enumerate() {
        let (name, dtn) = (format!("R{nth}"), dtn.map(|dtn| dtns[dtn]));
        builder.rse(Rse { dtn, ..Rse::new(name, site) });
    }
    builder.build().expect("no routes are overridden").map
}

fn step() -> impl Strategy<Value = Step> {
    let pair = || (0..N_RSES, 0..N_RSES);
    prop_oneof![
        5 => (pair(), 0_u64..30).prop_map(|((source, destination), bytes)| Step::Ask { source, destination, bytes }),
        1 => pair().prop_map(|(source, destination)| Step::Replay { source, destination }),
        5 => (0_usize..40).prop_map(Step::End),
    ]
}

/// Default, outbound and inbound limits, exceptions, and whether a full destination fails requests.
fn settings() -> impl Strategy<Value = FtsSettings> {
    let exceptions = proptest::collection::vec((0..N_RSES, 0..N_RSES, 0_u32..4), 0..4);
    (1_u32..4, 1_u32..6, 1_u32..6, exceptions, any::<bool>(), any::<bool>()).prop_map(
        |(max_active_per_link, max_outbound, max_inbound, exceptions, fails, in_turn)| FtsSettings {
            turns: if in_turn { Turns::RoundRobin } else { Turns::OldestFirst },
            max_active_per_link,
            max_outbound,
            max_inbound,
            links: exceptions
                .into_iter()
                .map(|(from, to, max_active)| LinkLimit {
                    source: Some(RseId::from_index(from)),
                    destination: Some(RseId::from_index(to)),
                    max_active,
                    min_active: None,
                })
                .collect(),
            when_full: if fails { WhenFull::Fail } else { WhenFull::Wait },
            ..FtsSettings::immediate()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn gates_let_start_what_a_scan_of_all_heads_would(
        settings in settings(),
        dtn_of in proptest::collection::vec(proptest::option::of(0_usize..2), N_RSES),
        dtn_slots in proptest::collection::vec(proptest::option::of(1_u32..5), 2),
        capacity in proptest::collection::vec(prop_oneof![Just(u64::MAX), 0_u64..300], N_RSES),
        steps in proptest::collection::vec(step(), 1..160),
    ) {
        let mut queues = Queues::new(&map(&dtn_slots, &dtn_of), &settings);
        let mut scan = Scan { settings, dtn_of, dtn_slots, queues: BTreeMap::new(), active: Vec::new(), order: Vec::new() };
        let (mut space, mut space_of_scan) = (capacity.clone(), capacity);
        let (mut transfers, mut links) = (Vec::new(), Vec::new());
        for step in steps {
            let id = transfers.len();
            let request = FtsFileId::from_index(id);
            let ids = |pair: (usize, usize)| (RseId::from_index(pair.0), RseId::from_index(pair.1));
            match step {
                Step::Ask { source, destination, bytes } => {
                    let pair = (source, destination);
                    transfers.push(Transfer { pair, bytes, queued: true });
                    scan.queues.entry(pair).or_default().push_back(id);
                    links.push(Some(queues.push(request, ids(pair).0, ids(pair).1)));
                }
                Step::Replay { source, destination } => {
                    let pair = (source, destination);
                    transfers.push(Transfer { pair, bytes: 0, queued: false });
                    scan.active.push(id);
                    links.push(None);
                    queues.take(ids(pair).0, ids(pair).1, None);
                }
                Step::End(_) if scan.active.is_empty() => {}
                Step::End(nth) => {
                    let ended = scan.active.remove(nth % scan.active.len());
                    let (source, destination) = ids(transfers[ended].pair);
                    queues.give_back(source, destination, links[ended]);
                }
            }
            let when_full = scan.settings.when_full;
            let fates = drain(&mut queues, &transfers, &mut space, when_full);
            prop_assert_eq!(fates, scan.run(&transfers, &mut space_of_scan));
            for pair in (0..N_RSES).flat_map(|source| (0..N_RSES).map(move |destination| (source, destination))) {
                let (source, destination) = ids(pair);
                let queued = scan.queues.get(&pair).map_or(0, VecDeque::len);
                prop_assert_eq!(queues.queued(source, destination), queued);
                let active = scan.on(&transfers, |t| t.queued && t.pair == pair);
                prop_assert_eq!(queues.active(source, destination), active);
            }
            for rse in 0..N_RSES {
                let to = scan.queues.iter().filter(|(pair, _)| pair.1 == rse);
                let queued: usize = to.map(|(_, queue)| queue.len()).sum();
                prop_assert_eq!(queues.queued_to(RseId::from_index(rse)) as usize, queued);
            }
            for dtn in 0..2 {
                let on = |t: &Transfer| [t.pair.0, t.pair.1].iter().any(|rse| scan.dtn_of[*rse] == Some(dtn));
                prop_assert_eq!(queues.active_on_dtn(DtnId::from_index(dtn)), scan.on(&transfers, on));
            }
        }
    }
}
