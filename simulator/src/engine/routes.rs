//! Who acts on what has happened: the one table that leads from facts and arrivals to the components above.
//!
//! | what has happened | who acts |
//! |---|---|
//! | FTS has ended what a request asked of it | conveyor |
//! | a file is where it was asked for, or is given up | rules: their locks, compute: jobs may wait for it |
//! | there is more space at an RSE | fts: files may wait for it |
//! | the last byte of a transfer has arrived | fts |
//! | a block of a read has arrived | compute |

use crate::compute::ComputeEvent;
use crate::context::Owner;
use crate::conveyor::ConveyorEvent;
use crate::copy::CopyEvent;
use crate::engine::event::Event;
use crate::facts::{Fact, FtsEnded};
use crate::fts::FtsEvent;
use crate::network::Arrival;

/// The event of the same instant for the component that acts on a fact.
pub(super) fn of_fact(fact: &Fact) -> Option<Event> {
    match *fact {
        Fact::FtsEnded(FtsEnded { request, .. }) => Some(Event::Conveyor(ConveyorEvent::Ended { request })),
        Fact::Settled(settled) => Some(Event::Settled(settled)),
        Fact::SpaceFreed { rse } => Some(Event::Fts(FtsEvent::SpaceFreed { rse })),
        _ => None,
    }
}

/// The event for the owner of a flow of which something has arrived.
pub(super) fn of_arrival(arrival: &Arrival<Owner>) -> Event {
    match arrival.owner {
        Owner::Copy(copy) => Event::Fts(FtsEvent::Copy(CopyEvent::Arrived { copy })),
        Owner::Read(read) => {
            Event::Compute(ComputeEvent::Arrived { read, blocks: arrival.blocks, ended: arrival.ended })
        }
    }
}
