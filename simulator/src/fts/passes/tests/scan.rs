//! The passes written down plainly: every node at every grid point looks at every file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::seq::SliceRandom;

use super::harness::{Change, Events, Script, Start, What, grid};
use crate::fts::lottery::draw_vo;
use crate::ids::{ActivityId, HostId, Id, VoId};
use crate::rng::{Purpose, SimRng, combined, keyed, keys_of};
use crate::units::SimTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not before this instant.
    Submitted(u64),
    Ready,
    Active,
    Gone,
}

type Link = (usize, usize);

pub(super) struct Scan<'a> {
    script: &'a Script,
    numbers: Vec<usize>,
    keys: Vec<u64>,
    states: Vec<State>,
    attempts: Vec<u32>,
    limits: BTreeMap<Link, Option<u32>>,
    last: BTreeMap<(usize, usize), Link>,
}

impl<'a> Scan<'a> {
    pub fn run(script: &'a Script) -> Vec<Start> {
        let n = script.submits.len();
        let names = script.names();
        let keys = keys_of(names.iter().map(String::as_str)).collect();
        let (limits, last) = (BTreeMap::new(), BTreeMap::new());
        let (states, attempts) = (vec![State::Gone; n], vec![0; n]);
        let mut scan = Self { script, numbers: script.numbers(), keys, states, attempts, limits, last };
        let mut events = Events::default();
        for (at, what) in script.outside() {
            events.push(2 * at, what);
        }
        let mut starts = Vec::new();
        let next = |node, at| (grid(node).next_after(SimTime::from_nanos(at)).as_nanos(), node);
        let mut grids: BTreeSet<(u64, usize)> = (0..script.nodes).map(|node| next(node, 0)).collect();
        while let Some((tick, node)) = grids.pop_first().filter(|(tick, _)| *tick <= 2 * script.until) {
            while events.next_at().is_some_and(|at| at < tick) {
                let (at, what) = events.pop().expect("one is there");
                scan.happen(at, what);
            }
            grids.insert(next(node, tick));
            for file in scan.pass(node, tick) {
                let latency = script.latency(file, scan.attempts[file] - 1);
                let active_at = tick + 1 + 2 * latency;
                if !script.is_immediate() {
                    events.push(active_at, What::Active(file));
                }
                events.push(active_at + 2 * script.submits[file].takes, What::Ended(file));
                starts.push(Start { at: tick / 2, node, file, latency });
            }
        }
        starts
    }

    fn happen(&mut self, at: u64, what: What) {
        match what {
            What::Submit(file) => {
                let submit = &self.script.submits[file];
                let ends = (HostId::from_index(submit.link.0), HostId::from_index(submit.link.1));
                let weights = self.script.rules.vo_weights.get(&ends);
                if weights.is_none_or(|weights| weights.serves(VoId::from_index(submit.vo))) {
                    self.limits.entry(submit.link).or_insert(self.script.limit);
                    self.states[file] = State::Submitted(0);
                }
            }
            What::Change(Change::Limit(link, limit)) => {
                self.limits.entry(link).and_modify(|of| *of = Some(limit));
            }
            What::Change(Change::Cancel(file)) => {
                if matches!(self.states.get(file), Some(State::Submitted(_))) {
                    self.states[file] = State::Gone;
                }
            }
            What::Active(file) => self.states[file] = State::Active,
            What::Ended(file) => {
                let again = self.attempts[file] <= self.script.submits[file].fails;
                self.states[file] = if again { State::Submitted(at + 240_000) } else { State::Gone };
            }
            What::Pass(_) => unreachable!("grid points are no events here"),
        }
    }

    fn files(&self, which: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.states.len()).filter(|file| which(*file)).collect()
    }

    fn is_queued(&self, file: usize) -> bool {
        matches!(self.states[file], State::Submitted(_))
    }

    fn active(&self, link: Link, vo: Option<usize>) -> i64 {
        let submits = &self.script.submits;
        let counts = |file: usize| {
            let submit = &submits[file];
            self.states[file] == State::Active && submit.link == link && vo.is_none_or(|vo| submit.vo == vo)
        };
        self.files(counts).len() as i64
    }

    fn rng(&self, purpose: Purpose, node: usize, tick: u64, link: Link) -> SimRng {
        let nth = grid(node).number_of(SimTime::from_nanos(tick));
        keyed(7, purpose, [node as u64, nth, combined(self.keys[link.0], self.keys[link.1])])
    }

    fn pass(&mut self, node: usize, tick: u64) -> Vec<usize> {
        let (script, rules) = (self.script, &self.script.rules);
        let submits = &script.submits;
        let runs = |state: State| matches!(state, State::Ready | State::Active);
        let running = self.files(|file| submits[file].node == node && runs(self.states[file])).len();
        let mut room = i64::from(rules.max_processes) - running as i64;
        // One VO each link.
        let mut queued: BTreeMap<Link, BTreeSet<usize>> = BTreeMap::new();
        for file in self.files(|file| self.is_queued(file)) {
            queued.entry(submits[file].link).or_default().insert(submits[file].vo);
        }
        let mut kept: BTreeMap<Link, usize> = BTreeMap::new();
        for (link, vos) in &queued {
            let vos: Vec<VoId> = vos.iter().copied().map(VoId::from_index).collect();
            let ends = (HostId::from_index(link.0), HostId::from_index(link.1));
            let nth = match vos.len() {
                1 => 0,
                _ => draw_vo(rules.vo_weights.get(&ends), &vos, &mut self.rng(Purpose::VoLottery, node, tick, *link)),
            };
            kept.insert(*link, vos[nth].index());
        }
        let mut out_left = vec![i64::from(script.outbound); script.hosts];
        let mut in_left = vec![i64::from(script.inbound); script.hosts];
        for (link, vo) in &kept {
            out_left[link.0] -= self.active(*link, Some(*vo));
            in_left[link.1] -= self.active(*link, Some(*vo));
        }
        // Files of each VO, by link in the order of names, which is that of the numbers here.
        let mut rings: BTreeMap<usize, VecDeque<(Link, VecDeque<usize>)>> = BTreeMap::new();
        for (link, vo) in &kept {
            let files = self.taken(*link, *vo, node, tick);
            if !files.is_empty() {
                rings.entry(*vo).or_default().push_back((*link, files.into()));
            }
        }
        for (vo, ring) in &mut rings {
            if let Some(last) = self.last.get(&(node, *vo)).filter(|_| rules.remembers_turns) {
                let had_turn = ring.iter().take_while(|(link, _)| link <= last).count();
                ring.rotate_left(had_turn % ring.len());
            }
        }
        let mut started = Vec::new();
        while room > 0 && !rings.is_empty() {
            for vo in rings.keys().copied().collect::<Vec<_>>() {
                let ring = rings.get_mut(&vo).expect("it is one of them");
                let (link, mut files) = ring.pop_front().expect("empty rings go");
                let file = files.pop_front().expect("links without files go");
                if !files.is_empty() {
                    ring.push_back((link, files));
                }
                if ring.is_empty() {
                    rings.remove(&vo);
                }
                if room == 0 || in_left[link.1] <= 0 || out_left[link.0] <= 0 {
                    continue;
                }
                room -= 1;
                in_left[link.1] -= 1;
                out_left[link.0] -= 1;
                if self.active(link, None) < i64::from(self.limits[&link].unwrap_or(2)) {
                    self.states[file] = if script.is_immediate() { State::Active } else { State::Ready };
                    self.attempts[file] += 1;
                    self.last.insert((node, vo), link);
                    started.push(file);
                }
            }
        }
        started
    }

    /// The files that a pass takes for a link, in order.
    fn taken(&self, link: Link, vo: usize, node: usize, tick: u64) -> Vec<usize> {
        let submits = &self.script.submits;
        let slots = match self.limits[&link] {
            Some(limit) if limit > 0 => i64::from(limit) - self.active(link, None),
            _ => 10,
        };
        if slots <= 0 {
            return Vec::new();
        }
        let is_mine = |file: usize| {
            let submit = &submits[file];
            self.is_queued(file) && submit.link == link && submit.vo == vo && submit.node == node
        };
        let mine = self.files(is_mine);
        let Some(priority) = mine.iter().map(|file| submits[*file].priority).max() else { return Vec::new() };
        let may_start = |file: &usize| {
            submits[*file].priority == priority && matches!(self.states[*file], State::Submitted(from) if from <= tick)
        };
        let mut ready: Vec<usize> = mine.iter().copied().filter(may_start).collect();
        ready.sort_by_key(|file| self.numbers[*file]);
        let first = |files: Vec<usize>, n: u32| files.into_iter().take(n as usize).collect::<Vec<_>>();
        let Some(shares) = &self.script.rules.activity_shares[VoId::from_index(vo)] else {
            return first(ready, slots as u32);
        };
        let mut queued: BTreeMap<usize, u32> = BTreeMap::new();
        for file in mine {
            *queued.entry(submits[file].activity).or_default() += 1;
        }
        let queued: Vec<(ActivityId, u32)> =
            queued.into_iter().map(|(activity, n)| (ActivityId::from_index(activity), n)).collect();
        let mut rng = self.rng(Purpose::ActivityLottery, node, tick, link);
        let mut drawn = shares.draw(slots as u32, &queued, &mut rng);
        if drawn.is_empty() {
            return first(ready, slots as u32);
        }
        drawn.shuffle(&mut rng);
        let of = |(bucket, n): (Option<ActivityId>, u32)| {
            let in_bucket = |file: &usize| {
                let activity = ActivityId::from_index(submits[*file].activity);
                bucket.map_or(!shares.has_own(activity), |own| own == activity)
            };
            first(ready.iter().copied().filter(in_bucket).collect(), n)
        };
        drawn.into_iter().flat_map(of).collect()
    }
}
