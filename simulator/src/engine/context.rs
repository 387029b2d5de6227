//! What every handler may use.

use crate::engine::calendar::Calendar;
use crate::engine::event::Event;
use crate::engine::{Policies, Setup};
use crate::ids::{ReadId, RequestId};
use crate::network::{Network, Wiring};
use crate::results::Recorder;
use crate::storage::Storage;
use crate::units::SimTime;

/// The moment, the calendar, the recorder and the plan of the run.
pub(crate) struct Context<'a> {
    pub now: SimTime,
    pub calendar: &'a mut Calendar<Event>,
    pub recorder: &'a mut Recorder,
    pub setup: &'a Setup,
    pub policies: &'a mut Policies,
    pub seed: u64,
}

/// What moves and what holds bytes, below the services that give orders.
#[derive(Debug)]
pub(crate) struct Fabric {
    pub network: Network<Owner>,
    pub wiring: Wiring,
    pub storage: Storage,
}

/// Whom a flow belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A transfer request.
    Transfer(RequestId),
    /// A job's file access.
    Read(ReadId),
}
