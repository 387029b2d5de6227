//! Who waits for a slot, and who is next when one is freed.
//!
//! ```text
//!   queue of an FTS link --head--> needs a slot of: its link, source (outbound), destination (inbound), both DTNs
//!                                        |
//!                                        +-- all free: it may start
//!                                        +-- one is not: it waits there, and is looked at again when one of these is freed
//! ```
//!
//! The rule is that of a scan: whenever slots are freed, the heads of all links are tried in order, first that of the link which has
//! not started anything for longest, or the oldest file, as [`Turns`] says; a link that starts one goes to the end.
//! The scan itself would cost each end of a transfer as much as there are FTS links that wait. So each head waits at
//! one gate that is shut. While that gate is shut the head cannot start, whatever else opens; when it opens, its heads
//! and those of the other gates that open at that moment are tried in order, until the gate is shut again. What
//! has no space at its destination waits for that, at no gate, and is tried again when space is freed there.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::fts::limits::{LinkRow, LinkRows};
use crate::fts::{FtsSettings, Turns};
use crate::ids::{DtnId, FtsFileId, Id, RseId, Table, entity_id};
use crate::topology::Map;

entity_id! {
    /// An ordered pair of RSEs that a file has queued for.
    FtsLinkId;
    /// Something with slots that several FTS links share.
    GateId;
}

/// A file at the head of its FTS link's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head {
    /// When its link last had its turn.
    turn: u64,
    pub file: FtsFileId,
    pub link: FtsLinkId,
}

#[derive(Clone, Debug)]
struct FtsLink {
    source: RseId,
    destination: RseId,
    queue: VecDeque<FtsFileId>,
    active: u32,
    limit: u32,
    /// When it last started something, counted in starts; 0: never, or nobody counts.
    turn: u64,
    /// Whether its head waits for a slot of the link itself.
    waits: bool,
}

#[derive(Clone, Debug)]
struct Gate {
    taken: u32,
    /// `None`: never shut.
    slots: Option<u32>,
    waiting: BinaryHeap<Reverse<Head>>,
}

impl Gate {
    fn is_shut(&self) -> bool {
        self.slots.is_some_and(|slots| self.taken >= slots)
    }
}

/// The queues of all FTS links and the slots that they compete for.
#[derive(Clone, Debug)]
pub(super) struct Queues {
    links: Table<FtsLinkId, FtsLink>,
    /// For looking up only.
    of_pair: FxHashMap<(RseId, RseId), FtsLinkId>,
    rows: LinkRows<RseId>,
    turns: Turns,
    n_started: u64,
    /// Outbound and inbound of each RSE, then the DTNs.
    gates: Table<GateId, Gate>,
    dtn_of: Table<RseId, Option<DtnId>>,
    queued_to: Table<RseId, u32>,
    /// Heads that wait for space at their destination.
    short_of_space: Table<RseId, Vec<Head>>,
    /// Heads to be tried whatever they have waited for.
    fresh: BinaryHeap<Reverse<Head>>,
    /// Gates that were opened and whose heads have not all been tried.
    opened: SmallVec<[GateId; 4]>,
}

impl Queues {
    /// Nothing queued, all slots free.
    pub fn new(map: &Map, settings: &FtsSettings) -> Self {
        let rses = map.rses();
        let gate = |slots| Gate { taken: 0, slots, waiting: BinaryHeap::new() };
        let of_rse = |rse| {
            let row = settings.storages.iter().rfind(|row| row.rse == rse);
            let outbound = row.and_then(|row| row.max_outbound).unwrap_or(settings.max_outbound);
            let inbound = row.and_then(|row| row.max_inbound).unwrap_or(settings.max_inbound);
            [Some(outbound), Some(inbound)]
        };
        let of_rses = rses.ids().flat_map(of_rse);
        let of_dtns = map.dtns().values().map(|dtn| dtn.slots);
        let rows = settings.links.iter().map(|row| LinkRow {
            source: row.source,
            destination: row.destination,
            min: None,
            max: row.max_active,
        });
        Self {
            links: Table::new(),
            of_pair: FxHashMap::default(),
            rows: LinkRows::new(rses.values().map(|rse| rse.name.as_str()), rows, (None, settings.max_active_per_link)),
            turns: settings.turns,
            n_started: 0,
            gates: of_rses.chain(of_dtns).map(gate).collect(),
            dtn_of: rses.values().map(|rse| rse.dtn).collect(),
            queued_to: rses.values().map(|_| 0).collect(),
            short_of_space: rses.values().map(|_| Vec::new()).collect(),
            fresh: BinaryHeap::new(),
            opened: SmallVec::new(),
        }
    }

    /// Appends a file to its link's queue; [`Queues::next_to_start`] says whether it can start at once.
    pub fn push(&mut self, file: FtsFileId, source: RseId, destination: RseId) -> FtsLinkId {
        let id = self.link(source, destination);
        let link = &mut self.links[id];
        let is_newest = link.queue.back().is_none_or(|last| *last < file);
        if is_newest && !link.queue.is_empty() {
            link.queue.push_back(file);
            self.queued_to[destination] += 1;
        } else {
            self.put_back(file, id);
        }
        id
    }

    /// Queues a file at its place in the order of submission.
    pub fn put_back(&mut self, file: FtsFileId, id: FtsLinkId) {
        let link = &mut self.links[id];
        let place = link.queue.partition_point(|other| *other < file);
        link.queue.insert(place, file);
        self.queued_to[link.destination] += 1;
        self.renew_head(id, place);
    }

    /// Takes a file out of its queue that may or may not be its head.
    pub fn withdraw(&mut self, file: FtsFileId, id: FtsLinkId) {
        let link = &mut self.links[id];
        let Ok(place) = link.queue.binary_search(&file) else { return };
        link.queue.remove(place);
        self.queued_to[link.destination] -= 1;
        self.renew_head(id, place);
    }

    /// A link has another head if something has changed at place 0: it is to be tried, and the one before is stale.
    fn renew_head(&mut self, id: FtsLinkId, place: usize) {
        let link = &mut self.links[id];
        if place == 0 {
            link.waits = false;
            let head = |&file| Reverse(Head { turn: link.turn, file, link: id });
            self.fresh.extend(link.queue.front().map(head));
        }
    }

    /// The first file among those that new heads and opened gates let start; `None`: no file can start now. The
    /// caller gives it its slots with [`Queues::take`] if it does start, and then takes it out with [`Queues::pop`]. A head that
    /// is not taken out is not tried again.
    pub fn next_to_start(&mut self) -> Option<Head> {
        loop {
            let head = self.next_tried()?;
            let link = &mut self.links[head.link];
            if link.queue.front() != Some(&head.file) {
                continue;
            }
            if link.active >= link.limit {
                link.waits = true;
                continue;
            }
            let mut gates = gates(link.source, link.destination, &self.dtn_of, self.queued_to.len());
            match gates.find(|gate| self.gates[*gate].is_shut()) {
                Some(gate) => self.gates[gate].waiting.push(Reverse(head)),
                None => return Some(head),
            }
        }
    }

    /// Takes a head out of its queue; the next one is tried after it.
    pub fn pop(&mut self, head: Head) {
        let link = &mut self.links[head.link];
        let popped = link.queue.pop_front();
        debug_assert_eq!(popped, Some(head.file), "only heads are popped");
        self.queued_to[link.destination] -= 1;
        let next = |&file| Reverse(Head { turn: link.turn, file, link: head.link });
        self.fresh.extend(link.queue.front().map(next));
    }

    /// A head has no space at its destination; it is tried again when some is freed.
    pub fn wait_for_space(&mut self, head: Head) {
        let destination = self.links[head.link].destination;
        self.short_of_space[destination].push(head);
    }

    /// Space was freed: the heads that wait for it are tried again.
    pub fn space_freed(&mut self, rse: RseId) {
        self.fresh.extend(self.short_of_space[rse].drain(..).map(Reverse));
    }

    /// Takes the slots of a transfer; one that has not queued (`link: None`) takes them even where there are none.
    pub fn take(&mut self, source: RseId, destination: RseId, link: Option<FtsLinkId>) {
        for gate in gates(source, destination, &self.dtn_of, self.queued_to.len()) {
            self.gates[gate].taken += 1;
        }
        if let Some(link) = link {
            let link = &mut self.links[link];
            link.active += 1;
            self.n_started += 1;
            link.turn = if self.turns == Turns::RoundRobin { self.n_started } else { 0 };
        }
    }

    /// Gives the slots of a transfer back; [`Queues::next_to_start`] then says what can start.
    pub fn give_back(&mut self, source: RseId, destination: RseId, link: Option<FtsLinkId>) {
        for gate in gates(source, destination, &self.dtn_of, self.queued_to.len()) {
            self.gates[gate].taken -= 1;
            self.opened.push(gate);
        }
        if let Some(id) = link {
            let link = &mut self.links[id];
            link.active -= 1;
            if std::mem::take(&mut link.waits) {
                let file = *link.queue.front().expect("its head waits");
                self.fresh.push(Reverse(Head { turn: link.turn, file, link: id }));
            }
        }
    }

    /// Requests queued on an FTS link.
    pub fn queued(&self, source: RseId, destination: RseId) -> usize {
        self.of_pair.get(&(source, destination)).map_or(0, |&link| self.links[link].queue.len())
    }

    /// Requests active on an FTS link.
    pub fn active(&self, source: RseId, destination: RseId) -> u32 {
        self.of_pair.get(&(source, destination)).map_or(0, |&link| self.links[link].active)
    }

    /// Requests queued towards an RSE.
    pub fn queued_to(&self, destination: RseId) -> u32 {
        self.queued_to[destination]
    }

    /// Transfers on a DTN, start-up included.
    pub fn active_on_dtn(&self, dtn: DtnId) -> u32 {
        self.gates[gate_of_dtn(dtn, self.queued_to.len())].taken
    }

    fn link(&mut self, source: RseId, destination: RseId) -> FtsLinkId {
        let new = || {
            let (queue, limit) = (VecDeque::new(), self.rows.range(source, destination).max);
            self.links.push(FtsLink { source, destination, queue, active: 0, limit, turn: 0, waits: false })
        };
        *self.of_pair.entry((source, destination)).or_insert_with(new)
    }

    /// The first of the heads that wait at an open gate that was just opened, or are fresh.
    fn next_tried(&mut self) -> Option<Head> {
        let Self { gates, opened, fresh, .. } = self;
        opened.retain(|gate| !gates[*gate].is_shut() && !gates[*gate].waiting.is_empty());
        let first = opened.iter().copied().min_by_key(|&gate| gates[gate].waiting.peek().map(|head| head.0));
        let waiting = first.and_then(|gate| gates[gate].waiting.peek());
        let from = match (waiting, fresh.peek()) {
            (Some(Reverse(waiting)), Some(Reverse(fresh))) if fresh < waiting => None,
            (waiting, _) => waiting.and(first),
        };
        match from {
            Some(gate) => gates[gate].waiting.pop(),
            None => fresh.pop(),
        }
        .map(|head| head.0)
    }
}

/// What a transfer needs a slot of besides its FTS link.
fn gates(
    source: RseId,
    destination: RseId,
    dtn_of: &Table<RseId, Option<DtnId>>,
    n_rses: usize,
) -> impl Iterator<Item = GateId> + use<> {
    let of_rse = |rse: RseId, side| GateId::from_index(2 * rse.index() + side);
    let of_dtns = dtns(source, destination, dtn_of).map(move |dtn| gate_of_dtn(dtn, n_rses));
    [of_rse(source, 0), of_rse(destination, 1)].into_iter().chain(of_dtns)
}

fn gate_of_dtn(dtn: DtnId, n_rses: usize) -> GateId {
    GateId::from_index(2 * n_rses + dtn.index())
}

fn dtns(
    source: RseId,
    destination: RseId,
    dtn_of: &Table<RseId, Option<DtnId>>,
) -> impl Iterator<Item = DtnId> + use<> {
    let first = dtn_of[source];
    let second = dtn_of[destination].filter(|dtn| Some(*dtn) != first);
    first.into_iter().chain(second)
}

#[cfg(test)]
mod tests;
