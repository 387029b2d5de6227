//! Rucio's conveyor: from the wish to have a file at an RSE to its replica there.
//!
//! ```text
//!              preparer            throttler            submitter           receiver, poller         finisher
//!   PREPARING ----------> WAITING -----------> QUEUED ------------> SUBMITTED ----------> known ------------> history row; replica; settled
//!       |      source                 ^                  job to FTS                                 |
//!       +------------ no limit -------+                                                             +--> another attempt, from the start
//! ```
//!
//! A request is one attempt to copy one file to one RSE, or to move traffic that leaves no replica. There is at most one live
//! request per file and destination: whoever wants the same joins it. Each attempt is a row of its own, with an id and times of its own.
//!
//! Daemons are workers with exact periods ([`crate::ticker::Rounds`]); a run that finds nothing is no event, and a full hand is followed by the next
//! after a second. A daemon with a period of zero is none: what it does is done at once, in the same call. The poller looks at requests that
//! have not ended too; these looks are arithmetic (`gates`), and do not count towards what fills its hands.
//!
//! Where to look: `service` has the daemons before FTS, `submission` what is handed to it, `ending` what becomes of that;
//! `ranking` is the production rule for sources, `paths` that for hops, `throttler` that for limits.

mod cancelling;
mod choice;
mod desks;
mod ending;
mod gates;
mod line;
mod paths;
mod places;
mod ranking;
mod request;
mod service;
mod settings;
mod submission;
mod throttler;

pub use ranking::SourceOrder;
pub(crate) use request::{Sources, Want};
pub(crate) use service::{Conveyor, ConveyorEvent, Events};
pub use settings::*;
