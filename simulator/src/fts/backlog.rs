//! What is queued and what runs on each link of storage hosts, in the counts that a pass asks for.
//!
//! ```text
//!   link (source host, destination host)     limit, ACTIVE
//!     +- VO                                  ACTIVE, SUBMITTED
//!          +- class (node, priority, activity)   files that may start, first in first out; how many others only wait
//! ```
//!
//! A file that waits for its retry is SUBMITTED too: it counts wherever queued files are counted, and keeps its place. What a
//! storage has left in a pass is its limit less the ACTIVE files of *those links and VOs that have something queued*: the sums
//! are kept here as files come and go. A link on which several VOs queue adds the one that is drawn in that pass, so it is kept
//! apart as `contested`.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::ids::{ActivityId, FtsFileId, HostId, Id, Table, VoId, entity_id};
use crate::rng::{combined, keys_of};

entity_id! {
    /// An ordered pair of storage hosts.
    HostLinkId;
    /// Files of one link, VO, node, priority and activity.
    ClassId;
    /// A server of FTS.
    NodeId;
}

/// What decides when a file starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub link: (HostId, HostId),
    pub vo: VoId,
    pub node: NodeId,
    pub priority: u8,
    pub activity: ActivityId,
}

#[derive(Clone, Debug)]
pub(super) struct Class {
    pub link: HostLinkId,
    pub vo: VoId,
    pub node: NodeId,
    pub priority: u8,
    pub activity: ActivityId,
    /// Files that may start, in order of their numbers.
    pub ready: VecDeque<FtsFileId>,
    /// Files that are queued and may not start yet.
    pub held: u32,
}

#[derive(Clone, Debug)]
pub(super) struct VoQueue {
    pub vo: VoId,
    pub active: u32,
    /// SUBMITTED files of all nodes, those that are held included.
    pub queued: u32,
    /// In order of (node, priority from above, activity).
    pub classes: Vec<ClassId>,
}

#[derive(Clone, Debug)]
pub(super) struct HostLink {
    pub source: HostId,
    pub destination: HostId,
    /// Key of its draws, from the names of its hosts.
    pub key: u64,
    /// Place in the order of the names of source and destination.
    pub rank: u64,
    /// `None`: no optimiser has seen it yet.
    pub limit: Option<u32>,
    pub active: u32,
    /// What it moved when an optimiser looked at it last, in bytes per second.
    pub throughput: Option<f64>,
    /// In order of their ids.
    pub vos: SmallVec<[VoQueue; 1]>,
    /// Files that may start, by node.
    pub ready: SmallVec<[u32; 1]>,
}

impl HostLink {
    /// Most files that are let start on it: 2 where there is no limit yet.
    pub fn cap(&self) -> u32 {
        self.limit.unwrap_or(2)
    }

    /// SUBMITTED files.
    pub fn queued(&self) -> u32 {
        self.vos.iter().map(|vo| vo.queued).sum()
    }

    /// SUBMITTED files of one VO.
    pub fn queued_of(&self, vo: VoId) -> u32 {
        self.vos.iter().find(|queue| queue.vo == vo).map_or(0, |queue| queue.queued)
    }

    /// The VOs that have queued files.
    pub fn queued_vos(&self) -> impl Iterator<Item = &VoQueue> {
        self.vos.iter().filter(|vo| vo.queued > 0)
    }
}

/// One direction of a storage host.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    /// Most files at once.
    pub limit: u32,
    /// ACTIVE files of links on which one VO queues, of that VO.
    pub counted: u32,
    /// Links on which several VOs queue.
    pub contested: Vec<HostLinkId>,
}

/// The queues and counts of all links.
#[derive(Clone, Debug)]
pub(super) struct Backlog {
    n_nodes: usize,
    pub links: Table<HostLinkId, HostLink>,
    pub classes: Table<ClassId, Class>,
    /// For looking up only.
    link_of: FxHashMap<(HostId, HostId), HostLinkId>,
    class_of: FxHashMap<Place, ClassId>,
    pub outbound: Table<HostId, Side>,
    pub inbound: Table<HostId, Side>,
    keys: Table<HostId, u64>,
    /// Place of each host in the order of the names.
    ranks: Table<HostId, u64>,
    /// Processes of each node: READY and ACTIVE.
    pub processes: Table<NodeId, u32>,
}

impl Backlog {
    /// Nothing queued. Hosts come with their names and their most files (outbound, inbound).
    pub fn new<'a>(n_nodes: usize, hosts: impl Iterator<Item = (&'a str, (u32, u32))> + Clone) -> Self {
        let names: Vec<&str> = hosts.clone().map(|(name, _)| name).collect();
        let mut by_name: Vec<usize> = (0..names.len()).collect();
        by_name.sort_by_key(|nth| names[*nth]);
        let mut ranks = vec![0; names.len()];
        for (rank, nth) in (0..).zip(by_name) {
            ranks[nth] = rank;
        }
        let side = |limit| Side { limit, ..Side::default() };
        Self {
            n_nodes,
            links: Table::new(),
            classes: Table::new(),
            link_of: FxHashMap::default(),
            class_of: FxHashMap::default(),
            outbound: hosts.clone().map(|(_, (outbound, _))| side(outbound)).collect(),
            inbound: hosts.map(|(_, (_, inbound))| side(inbound)).collect(),
            keys: keys_of(names).collect(),
            ranks: ranks.into_iter().collect(),
            processes: (0..n_nodes).map(|_| 0).collect(),
        }
    }

    /// Key of what is drawn for the link between two hosts.
    pub fn key(&self, (source, destination): (HostId, HostId)) -> u64 {
        combined(self.keys[source], self.keys[destination])
    }

    /// The link between two hosts, if anything has used it.
    pub fn link(&self, source: HostId, destination: HostId) -> Option<HostLinkId> {
        self.link_of.get(&(source, destination)).copied()
    }

    /// The class of a place, new ones with a link whose limit is `limit`.
    pub fn class(&mut self, place: Place, limit: impl FnOnce() -> Option<u32>) -> ClassId {
        if let Some(class) = self.class_of.get(&place) {
            return *class;
        }
        let (source, destination) = place.link;
        let link = self.link(source, destination).unwrap_or_else(|| {
            let id = self.links.push(HostLink {
                source,
                destination,
                key: self.key(place.link),
                rank: self.ranks[source] << 32 | self.ranks[destination],
                limit: limit(),
                active: 0,
                throughput: None,
                vos: SmallVec::new(),
                ready: SmallVec::from_elem(0, self.n_nodes),
            });
            self.link_of.insert(place.link, id);
            id
        });
        let Place { vo, node, priority, activity, .. } = place;
        let (ready, held) = (VecDeque::new(), 0);
        let class = self.classes.push(Class { link, vo, node, priority, activity, ready, held });
        self.class_of.insert(place, class);
        let key = |class: &Class| (class.node, u8::MAX - class.priority, class.activity);
        let new = key(&self.classes[class]);
        let vos = &mut self.links[link].vos;
        let nth = vos.binary_search_by_key(&vo, |queue| queue.vo).unwrap_or_else(|nth| {
            vos.insert(nth, VoQueue { vo, active: 0, queued: 0, classes: Vec::new() });
            nth
        });
        let at = vos[nth].classes.partition_point(|other| key(&self.classes[*other]) < new);
        vos[nth].classes.insert(at, class);
        class
    }

    /// A file becomes SUBMITTED and may start.
    pub fn push(&mut self, file: FtsFileId, class: ClassId) {
        self.change_queued(class, |queued| *queued += 1);
        self.make_ready(file, class);
    }

    /// A file becomes SUBMITTED and may not start yet.
    pub fn hold(&mut self, class: ClassId) {
        self.change_queued(class, |queued| *queued += 1);
        self.classes[class].held += 1;
    }

    /// A file that was held may start.
    pub fn release(&mut self, file: FtsFileId, class: ClassId) {
        self.classes[class].held -= 1;
        self.make_ready(file, class);
    }

    /// A file that was held is no longer queued.
    pub fn drop_held(&mut self, class: ClassId) {
        self.classes[class].held -= 1;
        self.change_queued(class, |queued| *queued -= 1);
    }

    /// Takes a file that may start out of its queue; `false`: it is not there.
    pub fn take(&mut self, file: FtsFileId, class: ClassId) -> bool {
        let Class { ready, link, node, .. } = &mut self.classes[class];
        let Ok(at) = ready.binary_search(&file) else { return false };
        ready.remove(at);
        self.links[*link].ready[node.index()] -= 1;
        self.change_queued(class, |queued| *queued -= 1);
        true
    }

    /// A process says that it has begun (`by` 1) or a file is no longer ACTIVE (-1).
    pub fn change_active(&mut self, class: ClassId, by: i32) {
        let Class { link, vo, .. } = self.classes[class];
        self.recount(link, |link| {
            link.active = link.active.saturating_add_signed(by);
            let queue = vo_queue(link, vo);
            queue.active = queue.active.saturating_add_signed(by);
        });
    }

    /// What one side of a host has left in a pass: `drawn` says how many of the drawn VO's files are ACTIVE on a link on which
    /// several VOs queue.
    pub fn left(side: &Side, drawn: impl Fn(HostLinkId) -> u32) -> i64 {
        let contested: u32 = side.contested.iter().map(|link| drawn(*link)).sum();
        i64::from(side.limit) - i64::from(side.counted) - i64::from(contested)
    }

    fn make_ready(&mut self, file: FtsFileId, class: ClassId) {
        let Class { ready, link, node, .. } = &mut self.classes[class];
        // Nearly all are the newest; one that comes back keeps its place.
        if ready.back().is_none_or(|last| *last < file) {
            ready.push_back(file);
        } else {
            let at = ready.partition_point(|other| *other < file);
            ready.insert(at, file);
        }
        self.links[*link].ready[node.index()] += 1;
    }

    fn change_queued(&mut self, class: ClassId, change: impl FnOnce(&mut u32)) {
        let Class { link, vo, .. } = self.classes[class];
        self.recount(link, |link| change(&mut vo_queue(link, vo).queued));
    }

    /// Changes a link's counts and what they add to its storages.
    fn recount(&mut self, id: HostLinkId, change: impl FnOnce(&mut HostLink)) {
        let link = &mut self.links[id];
        let before = counted(link);
        change(link);
        let after = counted(link);
        if before == after {
            return;
        }
        for side in [&mut self.outbound[link.source], &mut self.inbound[link.destination]] {
            match before {
                Some(active) => side.counted -= active,
                None => side.contested.retain(|other| *other != id),
            }
            match after {
                Some(active) => side.counted += active,
                None => side.contested.push(id),
            }
        }
    }
}

/// What a link adds to the ACTIVE files of its storages; `None`: that hangs on the VO that is drawn.
fn counted(link: &HostLink) -> Option<u32> {
    let mut queued = link.queued_vos();
    let first = queued.next().map_or(0, |queue| queue.active);
    queued.next().is_none().then_some(first)
}

fn vo_queue(link: &mut HostLink, vo: VoId) -> &mut VoQueue {
    let nth = link.vos.binary_search_by_key(&vo, |queue| queue.vo).expect("its class was made");
    &mut link.vos[nth]
}
