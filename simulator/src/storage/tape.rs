//! Drives and tapes behind an RSE.
//!
//! ```text
//!   asked for --> its tape's queue --(a drive; mount, unless the tape is in it)--> position --> read or write --> done
//! ```
//!
//! A plain queueing model: a drive works off all that is asked of its tape, in the order in which it was asked, also what comes
//! meanwhile; then it takes the tape that has waited for longest. A tape stays in its drive until that is wanted for another one.
//! What is written goes to one tape at a time.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::ids::{FileId, Id};
use crate::topology::TapeSystem;
use crate::units::{Bytes, SimTime};

/// A tape by its number; what is written goes to [`Tape::WRITTEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tape(u32);

impl Tape {
    /// The tape that is written.
    pub const WRITTEN: Self = Self(u32::MAX);

    /// On which tape a file lies: files that were made one after the other lie together.
    pub fn of(file: FileId, system: &TapeSystem) -> Self {
        Self(file.index() as u32 / system.files_per_tape.max(1))
    }
}

/// The drives of one RSE, and what is asked of them; `W` says for whom.
#[derive(Clone, Debug)]
pub(crate) struct Drives<W> {
    system: TapeSystem,
    drives: Vec<Drive<W>>,
    /// What is asked of each tape and has not begun; looked up only.
    asked: FxHashMap<Tape, VecDeque<(W, Bytes)>>,
    /// Tapes that wait for a drive, that which has waited for longest first.
    waiting: VecDeque<Tape>,
}

#[derive(Clone, Debug)]
struct Drive<W> {
    tape: Option<Tape>,
    busy_with: Option<W>,
}

impl<W: Copy> Drives<W> {
    /// All drives are empty and idle.
    pub fn new(system: TapeSystem) -> Self {
        let idle = || Drive { tape: None, busy_with: None };
        let drives = (0..system.drives).map(|_| idle()).collect();
        Self { system, drives, asked: FxHashMap::default(), waiting: VecDeque::new() }
    }

    /// How it is set.
    pub fn system(&self) -> &TapeSystem {
        &self.system
    }

    /// Asks for a file of a tape; the drive that begins with it, and when it will be done, if one does now.
    pub fn ask(&mut self, tape: Tape, (who, bytes): (W, Bytes), now: SimTime) -> Option<(usize, SimTime)> {
        let queue = self.asked.entry(tape).or_default();
        queue.push_back((who, bytes));
        if queue.len() > 1 {
            return None;
        }
        let mounted = self.drives.iter().position(|drive| drive.tape == Some(tape));
        let idle = |nth: usize| self.drives[nth].busy_with.is_none();
        match mounted {
            Some(drive) => idle(drive).then(|| (drive, self.begin(drive, tape, now))),
            None => {
                let free: SmallVec<[usize; 8]> = (0..self.drives.len()).filter(|nth| idle(*nth)).collect();
                let empty = free.iter().copied().find(|nth| self.drives[*nth].tape.is_none());
                let Some(drive) = empty.or(free.first().copied()) else {
                    self.waiting.push_back(tape);
                    return None;
                };
                Some((drive, self.begin(drive, tape, now)))
            }
        }
    }

    /// A drive has done what it was at: for whom, and when it will be done with what it begins now, if there is anything.
    pub fn done(&mut self, drive: usize, now: SimTime) -> (Option<W>, Option<SimTime>) {
        let who = self.drives[drive].busy_with.take();
        let same = self.drives[drive].tape.filter(|tape| self.asked.contains_key(tape));
        let next = same.or_else(|| self.waiting.pop_front());
        (who, next.map(|tape| self.begin(drive, tape, now)))
    }

    fn begin(&mut self, drive: usize, tape: Tape, now: SimTime) -> SimTime {
        let queue = self.asked.get_mut(&tape).expect("a drive is given a tape of which something is asked");
        let (who, bytes) = queue.pop_front().expect("an empty queue is removed");
        if queue.is_empty() {
            self.asked.remove(&tape);
        }
        let place = &mut self.drives[drive];
        let mounted = place.tape.replace(tape) == Some(tape);
        place.busy_with = Some(who);
        let ready = if mounted { now } else { now + self.system.mount };
        ready + self.system.position + bytes / self.system.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Rate, SimSpan};

    /// Runs until nothing is left: when each was done [s], in that order.
    fn run(drives: u32, asked: &[(f64, u32, char)]) -> Vec<(char, f64)> {
        let system = TapeSystem {
            drives,
            rate: Rate::from_mb_per_s(100.0),
            mount: SimSpan::from_secs_f64(90.0),
            position: SimSpan::from_secs_f64(40.0),
            files_per_tape: 10,
            archive_timeout: None,
        };
        let mut library = Drives::new(system);
        let mut busy: Vec<(SimTime, usize)> = Vec::new();
        let mut ended = Vec::new();
        let mut asked = asked.iter().peekable();
        loop {
            busy.sort_unstable();
            let ends = busy.first().map(|(at, _)| *at);
            let comes = asked.peek().map(|(at, ..)| SimTime::from_secs_f64(*at));
            match (ends, comes) {
                (_, Some(now)) if ends.is_none_or(|ends| now < ends) => {
                    let &(_, file, who) = asked.next().expect("peeked");
                    let tape = Tape::of(FileId::from_index(file as usize), library.system());
                    let begun = library.ask(tape, (who, Bytes::from_megabytes(1000.0)), now);
                    busy.extend(begun.map(|(drive, at)| (at, drive)));
                }
                (Some(now), _) => {
                    let (_, drive) = busy.remove(0);
                    let (who, next) = library.done(drive, now);
                    ended.push((who.expect("it was busy"), now.as_secs_f64()));
                    busy.extend(next.map(|at| (at, drive)));
                }
                (None, _) => return ended,
            }
        }
    }

    /// 90 s to mount, 40 s to position, 10 s to read.
    #[test]
    fn a_drive_works_off_its_tape_before_it_takes_another() {
        assert_eq!(run(1, &[(0.0, 1, 'a')]), [('a', 140.0)]);
        // b is of another tape; c, which comes later, is of the one that is in the drive.
        let ended = run(1, &[(0.0, 1, 'a'), (1.0, 11, 'b'), (2.0, 2, 'c')]);
        assert_eq!(ended, [('a', 140.0), ('c', 190.0), ('b', 330.0)]);
    }

    #[test]
    fn a_tape_stays_in_its_drive() {
        assert_eq!(run(1, &[(0.0, 1, 'a'), (1000.0, 2, 'b')]), [('a', 140.0), ('b', 1050.0)]);
    }

    #[test]
    fn two_drives_work_side_by_side_but_not_on_one_tape() {
        assert_eq!(run(2, &[(0.0, 1, 'a'), (0.0, 11, 'b')]), [('a', 140.0), ('b', 140.0)]);
        assert_eq!(run(2, &[(0.0, 1, 'a'), (0.0, 2, 'b')]), [('a', 140.0), ('b', 190.0)]);
        // An empty drive is taken before one whose tape may be wanted again.
        let ended = run(2, &[(0.0, 1, 'a'), (500.0, 11, 'b'), (1000.0, 2, 'c')]);
        assert_eq!(ended, [('a', 140.0), ('b', 640.0), ('c', 1050.0)]);
    }

    #[test]
    fn the_tape_that_has_waited_for_longest_is_next() {
        let ended = run(1, &[(0.0, 1, 'a'), (1.0, 21, 'b'), (2.0, 11, 'c'), (3.0, 22, 'd')]);
        assert_eq!(ended.iter().map(|(who, _)| *who).collect::<String>(), "abdc");
    }
}
