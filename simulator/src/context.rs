//! What a handler may use: the moment, the calendar, and where to tell what has happened.
//!
//! A component knows the events and orders of those below it and nothing of those above. `E` is the engine's event, of which
//! a component knows only that its own events can be turned into it.

use crate::calendar::Calendar;
use crate::facts::{Fact, Observer};
use crate::ids::{CopyId, ReadId};
use crate::topology::Map;
use crate::units::SimTime;

/// The moment, the map, and the ways out of a handler.
pub(crate) struct Context<'a, E> {
    pub now: SimTime,
    pub map: &'a Map,
    pub calendar: &'a mut Calendar<E>,
    pub observer: &'a mut dyn Observer,
    /// The event of the same instant for the component that acts on a fact.
    pub route: fn(&Fact) -> Option<E>,
}

impl<E> Context<'_, E> {
    /// Adds an event of the component's own.
    pub fn schedule(&mut self, at: SimTime, event: impl Into<E>) {
        self.calendar.schedule(at, event.into());
    }

    /// Tells what has happened.
    pub fn tell(&mut self, fact: &Fact) {
        if let Some(event) = (self.route)(fact) {
            self.calendar.schedule(self.now, event);
        }
        self.observer.observe(self.now, fact);
    }
}

/// Whom a flow belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A copy process of FTS.
    Copy(CopyId),
    /// A job's file access.
    Read(ReadId),
}
