//! The space of one RSE.

use crate::published::Notice;
use crate::ticker::Ticker;
use crate::topology::Rse;
use crate::units::{Bytes, SimSpan, SimTime, Total};

/// Space of one RSE, and what is published of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Space {
    pub capacity: Option<Bytes>,
    /// Taken from the start by other data.
    pub initial: Bytes,
    /// Taken by replicas.
    pub used: Total,
    /// The part of it that is marked for deletion.
    pub marked: Total,
    /// Taken by transfers under way.
    pub reserved: Total,
    /// Space left, as it is published; `None`: never full.
    pub free: Notice<Option<Bytes>>,
}

impl Space {
    pub fn new(rse: &Rse) -> Self {
        let [used, marked, reserved] = [Total::default(); 3];
        let free = Notice::new(None, Ticker::new(SimSpan::ZERO, SimSpan::ZERO));
        Self { capacity: rse.capacity, initial: rse.used, used, marked, reserved, free }
    }

    /// Publishes what is left at the ticks of a clock from now, the start, on.
    pub fn publish_from(&mut self, ticker: Ticker) {
        self.free = Notice::new(self.left(), ticker);
    }

    /// What is left; `None`: it is never full.
    pub fn left(&self) -> Option<Bytes> {
        self.capacity.map(|capacity| capacity.saturating_sub(self.taken().bytes()))
    }

    /// Initial fill and reservations included.
    pub fn taken(&self) -> Total {
        Total::from(self.initial) + self.used + self.reserved
    }

    /// Publishes what is left.
    pub fn publish(&mut self, now: SimTime) {
        self.free.set(self.left(), now);
    }
}
