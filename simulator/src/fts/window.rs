//! What the optimiser goes by: how one link has done in the last minutes.
//!
//! ```text
//!                       now - 30 min                now - W                            now
//!   mean copy time          |==========================|================================|   of files that ended well: gives W
//!   success                                            |================================|   well / (well + failures that a retry may help)
//!   throughput, mean size                              |================================|   those that ended well, and active ones
//! ```
//!
//! W is 5 minutes where a copy takes less than 30 s in the mean, 15 minutes below 900 s, and otherwise 30; the mean is cut to whole
//! seconds, and one of exactly 30 counts as long. All times are whole seconds, as in FTS's database.
//!
//! An end is noted in constant time, and visited again by those runs of the optimiser in whose W it lies: at one run a minute at most 30
//! times. What is older than 30 minutes is forgotten.

use std::collections::VecDeque;

use crate::units::{Bytes, NANOS_PER_SECOND, SimSpan, SimTime};

const MINUTE_S: i64 = 60;
/// The longest window.
const LONGEST_S: i64 = 30 * MINUTE_S;
/// Time between two pings of a copy process.
pub(super) const PING: SimSpan = SimSpan::from_nanos(60 * NANOS_PER_SECOND);

/// A file that was copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Copied {
    /// When its process was accepted.
    pub started_at: SimTime,
    /// When its process was done.
    pub ended_at: SimTime,
    /// Time that the copying itself took.
    pub copying: SimSpan,
    pub bytes: Bytes,
}

/// A file that is being copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ActiveFile {
    /// When its process was accepted.
    pub started_at: SimTime,
    /// Its size.
    pub bytes: Bytes,
    /// Bytes that had arrived at its last ping.
    pub moved: Bytes,
}

/// How a link has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    /// Over which time.
    pub window: SimSpan,
    /// In bytes per second.
    pub throughput: f64,
    /// Mean size in bytes of the files that are not empty; 0: there are none.
    pub mean_size: f64,
    /// Files that ended well out of those that count, in per cent, rounded up; 100 where none ended.
    pub success: u32,
}

#[derive(Clone, Copy, Debug)]
struct End {
    started_s: i64,
    ended_s: i64,
    /// `None`: it failed.
    copied: Option<(SimSpan, Bytes)>,
}

impl End {
    /// Time that its copying took, unless that is nothing.
    fn copying(&self) -> Option<u128> {
        self.copied.map(|(copying, _)| u128::from(copying.as_nanos())).filter(|nanos| *nanos > 0)
    }
}

/// What has ended on one link in the last 30 minutes.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// In order of time.
    ends: VecDeque<End>,
    /// Over all ends with a copying time: its sum in nanoseconds, and how many there are.
    copying: (u128, u32),
}

impl Window {
    /// A file has ended well. Ends are told in order of time.
    pub fn copied(&mut self, file: &Copied) {
        self.push(End {
            started_s: whole_seconds(file.started_at),
            ended_s: whole_seconds(file.ended_at),
            copied: Some((file.copying, file.bytes)),
        });
    }

    /// A file has failed in a way that a retry may help, and will not be retried. No other failures count, nor do cancellations.
    pub fn failed(&mut self, at: SimTime) {
        let at_s = whole_seconds(at);
        self.push(End { started_s: at_s, ended_s: at_s, copied: None });
    }

    /// How the link has done up to now.
    pub fn measure(&mut self, now: SimTime, active: impl Iterator<Item = ActiveFile>) -> Measured {
        let now_s = whole_seconds(now);
        let window_s = self.window_s(now_s);
        let since_s = now_s - window_s;
        let (mut moved, mut size, mut n_sizes) = (0.0, 0.0, 0_u32);
        let mut add = |bytes: Bytes, in_window: f64| {
            moved += in_window;
            size += bytes.as_f64();
            n_sizes += u32::from(bytes > Bytes::ZERO);
        };
        let (mut n_copied, mut n_failed) = (0_u64, 0_u64);
        for end in self.ends.iter().rev().take_while(|end| end.ended_s >= since_s) {
            // FTS asks for throughput with "from .. on", for success with "after".
            let counts = u64::from(end.ended_s > since_s);
            match end.copied {
                Some((_, bytes)) => {
                    n_copied += counts;
                    add(bytes, moved_since(since_s, end.started_s, end.ended_s, bytes).unwrap_or(bytes.as_f64()));
                }
                None => n_failed += counts,
            }
        }
        for file in active {
            let started_s = whole_seconds(file.started_at);
            add(file.bytes, moved_since(since_s, started_s, now_s, file.moved).unwrap_or(0.0));
        }
        Measured {
            window: SimSpan::from_nanos(window_s as u64 * NANOS_PER_SECOND),
            throughput: moved / window_s as f64,
            mean_size: if n_sizes == 0 { 0.0 } else { size / f64::from(n_sizes) },
            success: success(n_copied, n_failed),
        }
    }

    fn push(&mut self, end: End) {
        self.forget(end.ended_s);
        self.count(&end, 1);
        self.ends.push_back(end);
    }

    /// The window that the mean copy time of the last 30 minutes gives.
    fn window_s(&mut self, now_s: i64) -> i64 {
        self.forget(now_s);
        // Mean times are asked for with "after": what is just 30 minutes old is still there for the throughput, but does not count here.
        let (mut sum, mut n) = self.copying;
        for nanos in self.ends.iter().take_while(|end| end.ended_s <= now_s - LONGEST_S).filter_map(End::copying) {
            sum -= nanos;
            n -= 1;
        }
        let mean_s = sum / u128::from(n.max(1)) / u128::from(NANOS_PER_SECOND);
        match mean_s {
            1..=29 => 5 * MINUTE_S,
            31..=899 => 15 * MINUTE_S,
            _ => LONGEST_S,
        }
    }

    fn forget(&mut self, now_s: i64) {
        while let Some(end) = self.ends.pop_front_if(|end| end.ended_s < now_s - LONGEST_S) {
            self.count(&end, -1);
        }
    }

    fn count(&mut self, end: &End, times: i32) {
        let Some(nanos) = end.copying() else { return };
        let (sum, n) = self.copying;
        self.copying = if times > 0 { (sum + nanos, n + 1) } else { (sum - nanos, n - 1) };
    }
}

/// How far an active file was at its last ping, which is what the database knows of it.
///
/// The network knows how far it is now. So each run of the optimiser looks, and between two looks it is taken to have moved evenly: a ping is no event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Progress {
    looked_at: SimTime,
    moved: Bytes,
    at_ping: Bytes,
}

impl Progress {
    /// Nothing has moved.
    pub fn new(started_at: SimTime) -> Self {
        Self { looked_at: started_at, moved: Bytes::ZERO, at_ping: Bytes::ZERO }
    }

    /// Notes how far the file is now; bytes that it had at the last ping of its process, and when that was.
    pub fn look(&mut self, started_at: SimTime, now: SimTime, moved: Bytes) -> (SimTime, Bytes) {
        let pinged = now.since(started_at).as_nanos() / PING.as_nanos();
        let ping_at = started_at + PING * pinged;
        if ping_at > self.looked_at {
            let part = ping_at.since(self.looked_at).as_secs_f64() / now.since(self.looked_at).as_secs_f64();
            let meanwhile = moved.saturating_sub(self.moved).as_f64() * part;
            self.at_ping = self.moved + Bytes::from_f64(meanwhile);
        }
        (self.looked_at, self.moved) = (now, moved);
        (ping_at, self.at_ping)
    }
}

/// Files that ended well in per cent, rounded up.
fn success(n_copied: u64, n_failed: u64) -> u32 {
    let n_ended = n_copied + n_failed;
    // At most 100.
    if n_ended == 0 { 100 } else { (n_copied * 100).div_ceil(n_ended) as u32 }
}

/// Bytes that a file moved from `since_s` on, at its mean rate in whole bytes per second; `None`: it took no time.
fn moved_since(since_s: i64, started_s: i64, until_s: i64, bytes: Bytes) -> Option<f64> {
    let took_s = u64::try_from(until_s - started_s).ok().filter(|took| *took > 0)?;
    Some((bytes.get() / took_s) as f64 * (until_s - started_s.max(since_s)) as f64)
}

fn whole_seconds(at: SimTime) -> i64 {
    (at.as_nanos() / NANOS_PER_SECOND) as i64
}

#[cfg(test)]
mod tests;
