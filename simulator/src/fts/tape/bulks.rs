//! Which files are asked for when: the passes of a daemon.

use rustc_hash::FxHashMap;

use crate::fts::tape::Staging;
use crate::ids::{FtsFileId, RseId, VoId};
use crate::ticker::Ticker;
use crate::units::{SimSpan, SimTime};

/// Whose files a bulk has, and where they are.
pub(super) type Place = (VoId, RseId);

#[derive(Clone, Debug)]
struct Waiting {
    place: Place,
    files: Vec<FtsFileId>,
    /// Until when less than a bulk waits for more; `None`: no pass has seen any since some went.
    until: Option<SimTime>,
    /// Requests, and their files, that are on their way.
    open: u32,
    asked: u32,
}

/// Files that go at a pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bulk {
    pub place: Place,
    pub files: Vec<FtsFileId>,
}

/// What waits to be asked for, and the daemon's passes. A pass that would do nothing is no event.
#[derive(Clone, Debug)]
pub(super) struct Bulks {
    settings: Staging,
    ticker: Ticker,
    waiting: Vec<Waiting>,
    /// For looking up only.
    of_place: FxHashMap<Place, usize>,
    /// The pass that an event is scheduled for.
    scheduled: Option<SimTime>,
}

impl Bulks {
    pub fn new(settings: Staging, ticker: Ticker) -> Self {
        Self { settings, ticker, waiting: Vec::new(), of_place: FxHashMap::default(), scheduled: None }
    }

    /// A file is to be asked for; the pass for which an event is to be scheduled, if one is.
    pub fn push(&mut self, file: FtsFileId, place: Place, now: SimTime) -> Option<SimTime> {
        let next = self.waiting.len();
        let at = *self.of_place.entry(place).or_insert(next);
        if at == next {
            self.waiting.push(Waiting { place, files: Vec::new(), until: None, open: 0, asked: 0 });
        }
        self.waiting[at].files.push(file);
        self.wake(at, now)
    }

    /// A pass: what goes now, and the next pass for which an event is to be scheduled. Nothing, where the event is out of date.
    pub fn pass(&mut self, now: SimTime) -> (Vec<Bulk>, Option<SimTime>) {
        if self.scheduled != Some(now) {
            return (Vec::new(), None);
        }
        self.scheduled = None;
        let mut going = Vec::new();
        for waiting in self.waiting.iter_mut().filter(|waiting| !waiting.files.is_empty()) {
            waiting.go(&self.settings, now, &mut going);
        }
        let next = (0..self.waiting.len()).filter_map(|at| self.useful_from(at, now)).min();
        (going, next.and_then(|at| self.schedule(at)))
    }

    /// A file that waited is not wanted any more.
    pub fn withdraw(&mut self, file: FtsFileId, place: Place) {
        if let Some(&at) = self.of_place.get(&place) {
            self.waiting[at].files.retain(|other| *other != file);
        }
    }

    /// Files of a request are not on their way any more, and the request may be done with; the pass for which an event is to be
    /// scheduled, if one is.
    pub fn ended(&mut self, place: Place, (files, closes): (u32, bool), now: SimTime) -> Option<SimTime> {
        let &at = self.of_place.get(&place)?;
        let waiting = &mut self.waiting[at];
        waiting.asked -= files;
        waiting.open -= u32::from(closes);
        self.wake(at, now)
    }

    fn wake(&mut self, at: usize, now: SimTime) -> Option<SimTime> {
        let next = self.useful_from(at, now)?;
        self.schedule(next)
    }

    fn schedule(&mut self, next: SimTime) -> Option<SimTime> {
        if self.scheduled.is_some_and(|scheduled| scheduled <= next) {
            return None;
        }
        self.scheduled = Some(next);
        self.scheduled
    }

    /// The next pass that does something for a place; `None`: none does, until something else happens.
    fn useful_from(&self, at: usize, now: SimTime) -> Option<SimTime> {
        let waiting = &self.waiting[at];
        if waiting.files.is_empty() || waiting.is_held_back(&self.settings) {
            return None;
        }
        let next = self.ticker.next_after(now);
        match waiting.until {
            Some(until) if !waiting.is_full(&self.settings) => Some(next.max(self.ticker.first_from(until))),
            _ => Some(next),
        }
    }
}

impl Waiting {
    fn is_full(&self, settings: &Staging) -> bool {
        self.files.len() >= settings.bulk as usize
    }

    fn is_held_back(&self, settings: &Staging) -> bool {
        self.open > settings.max_open || self.asked >= settings.max_files
    }

    /// What a pass does for the files of one VO at one RSE.
    fn go(&mut self, settings: &Staging, now: SimTime, going: &mut Vec<Bulk>) {
        if self.is_held_back(settings) {
            return;
        }
        if !self.is_full(settings) {
            match self.until {
                None if settings.wait > SimSpan::ZERO => {
                    self.until = Some(now + settings.wait);
                    return;
                }
                Some(until) if now < until => return,
                _ => self.until = None,
            }
        }
        let room = (settings.max_files - self.asked) as usize;
        let files: Vec<FtsFileId> = self.files.drain(..room.min(self.files.len())).collect();
        self.asked += files.len() as u32;
        for bulk in files.chunks(settings.bulk as usize) {
            self.open += 1;
            going.push(Bulk { place: self.place, files: bulk.to_vec() });
        }
    }
}

#[cfg(test)]
mod tests;
