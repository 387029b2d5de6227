//! The optimiser at work: once a minute it looks at every link that has queued or active files.
//!
//! ```text
//!   files that became ACTIVE or ended  --->  window of their link ------+
//!   throughput of the ACTIVE files of both storages, against its limit -+--> decide --> number of the link, streams
//! ```
//!
//! The number of a link stays while the link is idle, and so does what is remembered of it. While no link has files there are no runs.

use rand::RngExt;

use crate::fts::backlog::HostLinkId;
use crate::fts::optimizer::{Decision, Optimizer, Range, Remembered, Seen, decide, streams};
use crate::fts::window::{ActiveFile, Copied, PING, Progress, Window};
use crate::ids::{FtsFileId, HostId, Id, Table};
use crate::rng::{Purpose, keyed};
use crate::ticker::Ticker;
use crate::units::{Bytes, Rate, SimSpan, SimTime};

/// How an active file has ended, as far as the optimiser cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is there; the copying took this long.
    Copied(SimSpan),
    /// It failed in a way that a retry may help, and will not be retried.
    Failed,
    /// It was cancelled, failed in a way that no retry helps, or will be retried.
    Uncounted,
}

/// How much the ACTIVE files of a storage may move together; `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct MostThroughput {
    pub outbound: Option<Rate>,
    pub inbound: Option<Rate>,
}

/// Whether files leave a storage or enter it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Out,
    In,
}

/// A link as a run finds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkNow {
    pub id: HostLinkId,
    pub source: HostId,
    pub destination: HostId,
    pub limit: Option<u32>,
    pub range: Range,
    pub active: u32,
    pub queued: u32,
}

/// What a run gives a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tuned {
    /// Files at once.
    pub limit: u32,
    /// What it moves, in bytes per second.
    pub throughput: f64,
}

/// What the optimiser keeps of all links.
#[derive(Clone, Debug)]
pub(super) struct Tuning {
    settings: Optimizer,
    clock: Ticker,
    /// When the next run is.
    next_at: Option<SimTime>,
    links: Table<HostLinkId, Kept>,
    most: Table<HostId, MostThroughput>,
}

/// What it keeps of one.
#[derive(Clone, Debug, Default)]
struct Kept {
    remembered: Option<Remembered>,
    window: Window,
    /// In no order.
    active: Vec<Active>,
    /// TCP streams of its files; `None`: nobody has said.
    streams: Option<u32>,
}

#[derive(Clone, Debug)]
struct Active {
    file: FtsFileId,
    started_at: SimTime,
    bytes: Bytes,
    progress: Progress,
    /// At its last ping.
    moved: Bytes,
    /// Of all that it had moved at its last ping.
    rate: Rate,
}

impl Tuning {
    /// An optimiser that has seen nothing.
    pub fn new(settings: Optimizer, most: Table<HostId, MostThroughput>, seed: u64) -> Self {
        let phase = settings.interval.as_secs_f64() * keyed(seed, Purpose::OptimizerPhase, [0]).random::<f64>();
        let clock = Ticker::new(settings.interval, SimSpan::from_secs_f64(phase));
        Self { settings, clock, next_at: None, links: Table::new(), most }
    }

    /// When the next run is, where none was planned: to be called when something has been queued.
    pub fn due(&mut self, now: SimTime) -> Option<SimTime> {
        self.next_at.is_none().then(|| *self.next_at.insert(self.clock.next_after(now)))
    }

    /// A process has said that it has begun.
    pub fn started(&mut self, link: HostLinkId, file: FtsFileId, bytes: Bytes, at: SimTime) {
        let (progress, moved, rate) = (Progress::new(at), Bytes::ZERO, Rate::ZERO);
        self.kept(link).active.push(Active { file, started_at: at, bytes, progress, moved, rate });
    }

    /// An active file has ended.
    pub fn ended(&mut self, link: HostLinkId, file: FtsFileId, at: SimTime, ending: Ending) {
        let kept = self.kept(link);
        let Some(nth) = kept.active.iter().position(|active| active.file == file) else { return };
        let Active { started_at, bytes, .. } = kept.active.swap_remove(nth);
        match ending {
            Ending::Copied(copying) => kept.window.copied(&Copied { started_at, ended_at: at, copying, bytes }),
            Ending::Failed => kept.window.failed(at),
            Ending::Uncounted => {}
        }
    }

    /// One run over the links that have queued or active files: what they get. `moved` says how far an active file is. A further run is due
    /// as long as there are such links.
    pub fn run(&mut self, now: SimTime, busy: &[LinkNow], moved: impl Fn(FtsFileId) -> Bytes) -> Vec<Tuned> {
        self.next_at = None;
        for link in busy {
            for active in &mut self.kept(link.id).active {
                active.ping(now, &moved);
            }
        }
        let over = self.over(busy);
        let is_over =
            |link: &LinkNow| over.contains(&(link.source, Side::Out)) || over.contains(&(link.destination, Side::In));
        busy.iter().map(|link| self.look(now, link, is_over(link))).collect()
    }

    /// TCP streams of the files of a link, where the optimiser sets them.
    pub fn streams(&self, link: HostLinkId) -> Option<u32> {
        self.links.get(link)?.streams
    }

    fn look(&mut self, now: SimTime, link: &LinkNow, is_over: bool) -> Tuned {
        let Optimizer { rules, mode, tunes_streams, .. } = self.settings;
        let LinkNow { limit, range, active, queued, .. } = *link;
        let kept = self.kept(link.id);
        let files = kept.active.iter();
        let files = files.map(|&Active { started_at, bytes, moved, .. }| ActiveFile { started_at, bytes, moved });
        let measured = kept.window.measure(now, files);
        let seen = Seen {
            at: now,
            limit,
            range,
            mode,
            throughput: measured.throughput,
            mean_size: measured.mean_size,
            success: measured.success,
            // Of files that wait for a retry no end is written down, so the real service, which looks at ends, finds none either.
            retries: 0,
            queued,
            is_over,
        };
        let Decision { limit, remembered, is_stored } = decide(rules, &seen, kept.remembered.as_ref());
        kept.remembered = Some(remembered);
        if tunes_streams && is_stored {
            kept.streams = Some(streams(mode, limit, active, queued));
        }
        Tuned { limit, throughput: measured.throughput }
    }

    /// Which sides of which storages move more than they may; few storages have a limit.
    fn over(&self, busy: &[LinkNow]) -> Vec<(HostId, Side)> {
        let sides = self
            .most
            .iter()
            .flat_map(|(host, most)| [(host, Side::Out, most.outbound), (host, Side::In, most.inbound)]);
        let limited = sides.filter_map(|(host, side, most)| Some((host, side, most?)));
        let over = limited.filter(|&(host, side, most)| {
            let links = busy.iter().filter(|link| link.host(side) == host);
            let active = links.filter_map(|link| self.links.get(link.id)).flat_map(|kept| &kept.active);
            active.map(|active| active.rate.as_bytes_per_s()).sum::<f64>() > most.as_bytes_per_s()
        });
        over.map(|(host, side, _)| (host, side)).collect()
    }

    fn kept(&mut self, link: HostLinkId) -> &mut Kept {
        while self.links.len() <= link.index() {
            self.links.push(Kept::default());
        }
        &mut self.links[link]
    }
}

impl LinkNow {
    fn host(&self, side: Side) -> HostId {
        match side {
            Side::Out => self.source,
            Side::In => self.destination,
        }
    }
}

impl Active {
    /// Brings what is known of it to its last ping.
    fn ping(&mut self, now: SimTime, moved: impl Fn(FtsFileId) -> Bytes) {
        // Most files end before their first ping.
        if now.since(self.started_at) < PING {
            return;
        }
        let (pinged_at, at_ping) = self.progress.look(self.started_at, now, moved(self.file));
        self.moved = at_ping;
        self.rate = Rate::from_bytes_per_s(at_ping.as_f64() / pinged_at.since(self.started_at).as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fts::optimizer::RuleSet;
    use crate::units::NANOS_PER_SECOND;

    const SHIPPED: Optimizer = Optimizer {
        rules: RuleSet::V313,
        interval: SimSpan::from_nanos(60 * NANOS_PER_SECOND),
        mode: 2,
        tunes_streams: false,
    };
    const RANGE: Range = Range { min: 2, max: 130, is_own: false };

    fn at(seconds: u64) -> SimTime {
        SimTime::from_nanos(seconds * NANOS_PER_SECOND)
    }

    fn link(id: usize, limit: Option<u32>) -> LinkNow {
        let [source, destination] = [id, 9].map(HostId::from_index);
        let (id, active, queued) = (HostLinkId::from_index(id), 1, 1000);
        LinkNow { id, source, destination, limit, range: RANGE, active, queued }
    }

    /// Hosts 0 to 9, of which one has a limit of 100 MB/s.
    fn tuning(limited: usize, most: impl Fn(Rate) -> MostThroughput) -> Tuning {
        let most = |host| if host == limited { most(Rate::from_mb_per_s(100.0)) } else { MostThroughput::default() };
        Tuning::new(SHIPPED, (0..10).map(most).collect(), 1)
    }

    fn limits(tuned: &[Tuned]) -> Vec<u32> {
        tuned.iter().map(|tuned| tuned.limit).collect()
    }

    #[test]
    fn a_storage_that_moves_too_much_lowers_its_links() {
        // Two links into host 9, each with one active file.
        let inbound = |most| MostThroughput { inbound: Some(most), outbound: None };
        let outbound = |most| MostThroughput { outbound: Some(most), inbound: None };
        for (mut tuning, rates, expected) in [
            (tuning(9, inbound), [60, 30], [68, 68]),
            (tuning(9, inbound), [60, 50], [65, 65]),
            (tuning(0, outbound), [110, 1], [65, 68]),
            (tuning(0, outbound), [90, 50], [68, 68]),
            (tuning(0, inbound), [200, 200], [68, 68]),
        ] {
            let file = FtsFileId::from_index;
            for nth in [0, 1] {
                tuning.started(HostLinkId::from_index(nth), file(nth), Bytes::new(u64::MAX), at(0));
            }
            let moved = |seconds: u64| {
                move |file: FtsFileId| Bytes::from_megabytes(f64::from(rates[file.index()]) * seconds as f64)
            };
            // Nobody has pinged yet: the throughput of all is 0.
            assert_eq!(limits(&tuning.run(at(59), &[link(0, None), link(1, None)], moved(59))), [66, 66]);
            let found = tuning.run(at(119), &[link(0, Some(66)), link(1, Some(66))], moved(119));
            assert_eq!(limits(&found), expected, "{rates:?}");
        }
    }

    #[test]
    fn only_endings_that_count_do() {
        let mut tuning = tuning(0, |_| MostThroughput::default());
        let (id, mut file) = (HostLinkId::from_index(0), 0);
        let mut end = |tuning: &mut Tuning, n: u32, ending| {
            for _ in 0..n {
                file += 1;
                let file = FtsFileId::from_index(file);
                tuning.started(id, file, Bytes::new(1_000_000), at(100));
                tuning.ended(id, file, at(140), ending);
            }
        };
        let copied = Ending::Copied(SimSpan::from_nanos(30 * NANOS_PER_SECOND));
        tuning.run(at(60), &[link(0, None)], |_| Bytes::ZERO);
        end(&mut tuning, 100, copied);
        end(&mut tuning, 50, Ending::Uncounted);
        assert_eq!(limits(&tuning.run(at(180), &[link(0, Some(66))], |_| Bytes::ZERO)), [68]);
        end(&mut tuning, 50, Ending::Failed);
        assert_eq!(limits(&tuning.run(at(240), &[link(0, Some(68))], |_| Bytes::ZERO)), [67]);
        assert!(tuning.links[id].active.is_empty());
    }

    #[test]
    fn streams_are_what_the_files_leave_of_the_number() {
        let mut tuning = tuning(0, |_| MostThroughput::default());
        let few = LinkNow { queued: 10, active: 1, ..link(0, None) };
        tuning.run(at(60), &[few], |_| Bytes::ZERO);
        assert_eq!(tuning.streams(few.id), None, "as shipped they are not its business");
        tuning.settings.tunes_streams = true;
        tuning.run(at(120), &[LinkNow { limit: Some(66), ..few }], |_| Bytes::ZERO);
        assert_eq!(tuning.streams(few.id), None, "all as before: nothing is decided");
        tuning.run(at(420), &[LinkNow { limit: Some(66), ..few }], |_| Bytes::ZERO);
        assert_eq!(tuning.streams(few.id), Some(6), "66 over 11 files");
    }

    #[test]
    fn runs_are_a_minute_apart_and_none_is_planned_twice() {
        let mut tuning = tuning(0, |_| MostThroughput::default());
        let first = tuning.due(at(1000)).expect("none was planned");
        assert!(first > at(1000) && first <= at(1060));
        assert_eq!(tuning.due(at(1001)), None);
        tuning.run(first, &[], |_| Bytes::ZERO);
        assert_eq!(tuning.due(first), Some(first + SHIPPED.interval));
    }

    #[test]
    fn what_is_kept_outlasts_idle_times() {
        let mut tuning = tuning(0, |_| MostThroughput::default());
        assert_eq!(limits(&tuning.run(at(60), &[link(3, None)], |_| Bytes::ZERO)), [66]);
        // A day of other links.
        for minute in 2..1440 {
            tuning.run(at(60 * minute), &[link(4, Some(66))], |_| Bytes::ZERO);
        }
        assert!(tuning.links[HostLinkId::from_index(3)].remembered.is_some());
        // The number is the caller's to keep; throughput of nothing leaves it.
        assert_eq!(limits(&tuning.run(at(86_400), &[link(3, Some(66))], |_| Bytes::ZERO)), [66]);
    }
}
