//! FTS's nodes: who passes when, which node a file belongs to, and when a node reads what its processes have told.

use rand::RngExt;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::copy::CopyEnded;
use crate::fts::backlog::{Backlog, ClassId, HostLink, HostLinkId, NodeId, Place};
use crate::fts::files::Job;
use crate::fts::limits::{LinkRow, LinkRows};
use crate::fts::lottery::{ActivityShares, VoWeights};
use crate::fts::passes::{PassRules, Passes};
use crate::fts::tuning::{Ending, LinkNow, MostThroughput, Tuned, Tuning};
use crate::fts::{FtsSettings, PassTurns};
use crate::ids::{DtnId, FtsFileId, HostId, Id, RseId, Table, VoId};
use crate::names::Names;
use crate::rng::{Purpose, keyed};
use crate::ticker::Ticker;
use crate::topology::Map;
use crate::units::{Bytes, SimSpan, SimTime};

/// Shard numbers go from 0 to this.
const SHARDS: u32 = 65_535;

/// What a process tells its node.
#[derive(Clone, Debug)]
pub(super) enum Message {
    /// It has been accepted.
    Active(FtsFileId),
    /// It has ended.
    Ended(CopyEnded),
}

/// The nodes and all that they share.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    pub passes: Passes,
    rows: LinkRows<HostId>,
    /// Sets the limits of links; where there is none, they have their most from the start.
    tuning: Option<Tuning>,
    seed: u64,
    /// Jobs and files that have drawn a shard, by link.
    n_sharded: FxHashMap<(HostId, HostId), u64>,
    process_start: (SimSpan, SimSpan),
    /// When each node reads its messages; `None`: at once.
    readings: Option<Table<NodeId, Ticker>>,
    messages: Table<NodeId, Vec<Message>>,
    queued_to: Table<RseId, u32>,
    dtns: Table<DtnId, DtnSlots>,
    /// Files that wait for space at an RSE.
    short_of_space: Table<RseId, Vec<FtsFileId>>,
}

#[derive(Clone, Debug, Default)]
struct DtnSlots {
    taken: u32,
    /// `None`: no limit.
    most: Option<u32>,
    waiting: Vec<FtsFileId>,
}

impl Nodes {
    /// Nodes with nothing to do.
    pub fn new(map: &Map, settings: &FtsSettings, names: &Names, seed: u64) -> Self {
        let host = |rse: RseId| map.host_of(rse);
        let n_nodes = settings.nodes as usize;
        let mut limits: Table<HostId, (u32, u32)> =
            map.hosts().ids().map(|_| (settings.max_outbound, settings.max_inbound)).collect();
        for storage in &settings.storages {
            let (outbound, inbound) = &mut limits[host(storage.rse)];
            *outbound = storage.max_outbound.unwrap_or(*outbound);
            *inbound = storage.max_inbound.unwrap_or(*inbound);
        }
        let mut most: Table<HostId, MostThroughput> = map.hosts().ids().map(|_| MostThroughput::default()).collect();
        for storage in &settings.storages {
            let most = &mut most[host(storage.rse)];
            most.outbound = storage.max_outbound_throughput.or(most.outbound);
            most.inbound = storage.max_inbound_throughput.or(most.inbound);
        }
        let hosts = map.hosts().values().map(String::as_str).zip(limits.values().copied());
        let rows = settings.links.iter().map(|row| LinkRow {
            source: row.source.map(host),
            destination: row.destination.map(host),
            min: row.min_active,
            max: row.max_active,
        });
        let of_all = (settings.min_active_per_link, settings.max_active_per_link);
        // Two clocks of each node: passes, and readings of messages.
        let clock = |nth: u64, period: SimSpan| {
            move |node: usize| {
                let part = keyed(seed, Purpose::NodePhase, [node as u64, nth]).random::<f64>();
                Ticker::new(period, SimSpan::from_secs_f64(period.as_secs_f64() * part))
            }
        };
        let reads = settings.message_interval > SimSpan::ZERO;
        Self {
            passes: Passes::new(
                Backlog::new(n_nodes, hosts),
                rules(settings, names, host),
                (0..n_nodes).map(clock(0, settings.scheduling_interval)),
                seed,
            ),
            rows: LinkRows::new(map.hosts().values().map(String::as_str), rows, of_all),
            tuning: settings.optimizer.map(|optimizer| Tuning::new(optimizer, most, seed)),
            seed,
            n_sharded: FxHashMap::default(),
            process_start: (settings.process_start, settings.process_start_spread),
            readings: reads.then(|| (0..n_nodes).map(clock(1, settings.message_interval)).collect()),
            messages: (0..n_nodes).map(|_| Vec::new()).collect(),
            queued_to: map.rses().ids().map(|_| 0).collect(),
            dtns: map.dtns().values().map(|dtn| DtnSlots { most: dtn.slots, ..DtnSlots::default() }).collect(),
            short_of_space: map.rses().ids().map(|_| Vec::new()).collect(),
        }
    }

    /// The node of the next job or file on a link, by a shard number that is drawn for it.
    pub fn draw_node(&mut self, link: (HostId, HostId)) -> NodeId {
        let n_nodes = self.messages.len() as u32;
        if n_nodes == 1 {
            return NodeId::from_index(0);
        }
        let nth = self.n_sharded.entry(link).or_default();
        *nth += 1;
        let key = self.passes.backlog.key(link);
        let shard = keyed(self.seed, Purpose::Shard, [key, *nth]).random_range(0..=SHARDS);
        // Each has as many numbers, and the last one what is left over.
        NodeId::from_index((shard / (SHARDS / n_nodes)).min(n_nodes - 1) as usize)
    }

    /// Queues a file; `None`: no file of its virtual organisation ever starts there.
    pub fn submit(&mut self, file: FtsFileId, job: &Job, link: (HostId, HostId), to: RseId) -> Option<ClassId> {
        if !self.passes.serves(link, job.vo) {
            return None;
        }
        let node = job.node.unwrap_or_else(|| self.draw_node(link));
        let place = Place { link, vo: job.vo, node, priority: job.priority, activity: job.activity };
        let range = self.rows.range(link.0, link.1);
        self.queued_to[to] += 1;
        Some(self.passes.submit(file, place, || self.tuning.is_none().then_some(range.max)))
    }

    /// A file is queued again, and starts at `at` at the earliest.
    pub fn retry(&mut self, file: FtsFileId, class: ClassId, to: RseId, at: SimTime) {
        self.queued_to[to] += 1;
        self.passes.retry(file, class, at);
    }

    /// A file that a pass has taken starts: it takes slots of the DTNs that it passes. `false`: one has none, and the file waits.
    pub fn take(&mut self, file: FtsFileId, class: ClassId, (source, to): (RseId, RseId), map: &Map) -> bool {
        let is_full = |dtn: &DtnId| self.dtns[*dtn].most.is_some_and(|most| self.dtns[*dtn].taken >= most);
        if let Some(full) = map.dtns_between(source, to).find(is_full) {
            self.dtns[full].waiting.push(file);
            self.passes.put_back(class);
            return false;
        }
        self.take_dtns((source, to), map);
        self.queued_to[to] -= 1;
        true
    }

    /// Takes slots of DTNs, even where there are none.
    pub fn take_dtns(&mut self, (source, to): (RseId, RseId), map: &Map) {
        for dtn in map.dtns_between(source, to) {
            self.dtns[dtn].taken += 1;
        }
    }

    /// Gives slots of DTNs back, and says who waited for one.
    pub fn give_back_dtns(&mut self, (source, to): (RseId, RseId), map: &Map) -> SmallVec<[FtsFileId; 4]> {
        let mut waiting = SmallVec::new();
        for dtn in map.dtns_between(source, to) {
            self.dtns[dtn].taken -= 1;
            waiting.extend(self.dtns[dtn].waiting.drain(..));
        }
        waiting
    }

    /// A file that a pass has taken has no space: it waits for some.
    pub fn wait_for_space(&mut self, file: FtsFileId, class: ClassId, to: RseId) {
        self.queued_to[to] += 1;
        self.short_of_space[to].push(file);
        self.passes.put_back(class);
    }

    /// Who waited for space.
    pub fn space_freed(&mut self, rse: RseId) -> Vec<FtsFileId> {
        std::mem::take(&mut self.short_of_space[rse])
    }

    /// Takes a queued file out of its queue; it may wait for something.
    pub fn withdraw(&mut self, file: FtsFileId, class: ClassId, to: RseId) {
        self.queued_to[to] -= 1;
        self.passes.withdraw(file, class);
        self.short_of_space[to].retain(|other| *other != file);
        for dtn in self.dtns.values_mut() {
            dtn.waiting.retain(|other| *other != file);
        }
    }

    /// From the decision to start a file to the beginning of its process.
    pub fn process_start(&self, class: ClassId, key: u64, attempt: u32) -> SimSpan {
        let (least, spread) = self.process_start;
        if spread == SimSpan::ZERO {
            return least;
        }
        let link = &self.passes.backlog.links[self.passes.backlog.classes[class].link];
        let thing = [link.key, key, u64::from(attempt)];
        let part = keyed(self.seed, Purpose::ProcessStart, thing).random::<f64>();
        least + SimSpan::from_secs_f64(spread.as_secs_f64() * part)
    }

    /// A process tells its node something: when the node will look, if it was not going to; `None`: it need not be told twice. The
    /// message comes back where the node reads at once.
    pub fn tell(&mut self, class: ClassId, message: Message, now: SimTime) -> Told {
        let node = self.passes.backlog.classes[class].node;
        let Some(readings) = &self.readings else { return Told::Read(message) };
        let messages = &mut self.messages[node];
        messages.push(message);
        if messages.len() == 1 { Told::ReadAt(node, readings[node].next_after(now)) } else { Told::Later }
    }

    /// What a node reads now.
    pub fn read(&mut self, node: NodeId) -> Vec<Message> {
        std::mem::take(&mut self.messages[node])
    }

    /// A node has read that the process of a file has begun.
    pub fn active(&mut self, class: ClassId, file: FtsFileId, bytes: Bytes, now: SimTime) {
        self.passes.backlog.change_active(class, 1);
        if let Some(tuning) = &mut self.tuning {
            tuning.started(self.passes.backlog.classes[class].link, file, bytes, now);
        }
    }

    /// A node has read how the process of a file has ended, or somebody has cancelled it: what the optimiser makes of that.
    pub fn note_end(&mut self, class: ClassId, file: FtsFileId, now: SimTime, ending: Ending) {
        if let Some(tuning) = &mut self.tuning {
            tuning.ended(self.passes.backlog.classes[class].link, file, now, ending);
        }
    }

    /// When the optimiser runs next, where it was not going to run.
    pub fn tuning_due(&mut self, now: SimTime) -> Option<SimTime> {
        self.tuning.as_mut()?.due(now)
    }

    /// A run of the optimiser; when the next one is, if any link has files.
    pub fn tune(&mut self, now: SimTime, moved: impl Fn(FtsFileId) -> Bytes) -> Option<SimTime> {
        let tuning = self.tuning.as_mut()?;
        let links = self.passes.backlog.links.iter().filter(|(_, link)| link.active > 0 || link.queued() > 0);
        let busy: Vec<LinkNow> = links
            .map(|(id, link)| {
                let &HostLink { source, destination, limit, active, .. } = link;
                let range = self.rows.range(source, destination);
                LinkNow { id, source, destination, limit, range, active, queued: link.queued() }
            })
            .collect();
        for (before, Tuned { limit, throughput }) in busy.iter().zip(tuning.run(now, &busy, moved)) {
            self.passes.backlog.links[before.id].throughput = Some(throughput);
            if before.limit != Some(limit) {
                self.passes.set_limit(before.id, limit);
            }
        }
        if busy.is_empty() { None } else { tuning.due(now) }
    }

    /// TCP streams of the files of a class, where the optimiser sets them.
    pub fn streams(&self, class: ClassId) -> Option<u32> {
        self.tuning.as_ref()?.streams(self.passes.backlog.classes[class].link)
    }

    /// The link of two hosts, if anything has used it.
    pub fn link(&self, source: HostId, destination: HostId) -> Option<HostLinkId> {
        self.passes.backlog.link(source, destination)
    }

    /// Files (SUBMITTED, ACTIVE) on the link between two hosts.
    pub fn counts(&self, source: HostId, destination: HostId) -> (u32, u32) {
        self.link(source, destination).map_or((0, 0), |link| {
            let link = &self.passes.backlog.links[link];
            (link.queued(), link.active)
        })
    }

    /// Files queued towards an RSE.
    pub fn queued_to(&self, rse: RseId) -> u32 {
        self.queued_to[rse]
    }

    /// Files that have a slot of a DTN.
    pub fn active_on_dtn(&self, dtn: DtnId) -> u32 {
        self.dtns[dtn].taken
    }
}

/// What becomes of a message.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// The node has read it.
    Read(Message),
    /// The node reads its messages then.
    ReadAt(NodeId, SimTime),
    /// The node is going to read its messages anyway.
    Later,
}

/// What passes go by, from names and RSEs to ids and hosts.
fn rules(settings: &FtsSettings, names: &Names, host: impl Fn(RseId) -> HostId) -> PassRules {
    let vo_of = |name: &str| names.vos.iter().find(|(_, vo)| *vo == name).map(|(id, _)| id);
    let vo_weights = settings.vo_shares.iter().map(|shares| {
        let listed = shares.weights.iter().filter_map(|weight| Some((vo_of(&weight.name)?, weight.share)));
        let weights = VoWeights { listed: listed.collect(), public: shares.public };
        ((host(shares.source), host(shares.destination)), weights)
    });
    let mut activity_shares: Table<VoId, Option<ActivityShares>> = names.vos.ids().map(|_| None).collect();
    for of in &settings.activity_shares {
        let Some(vo) = of.vo.as_deref().map_or(Some(names.vo()), vo_of) else { continue };
        let shares: Vec<_> = of.shares.iter().map(|share| (share.name.clone(), share.share)).collect();
        let activities = names.activities.values().map(String::as_str);
        activity_shares[vo] = Some(ActivityShares::new(activities, &shares));
    }
    PassRules {
        max_processes: settings.max_processes,
        remembers_turns: settings.pass_turns == PassTurns::InTurn,
        vo_weights: vo_weights.collect(),
        activity_shares,
    }
}
