//! Rucio's conveyor: from the wish to have a file at an RSE to its replica there.
//!
//! ```text
//!   want --request--> FTS --ended--> learned --> history row; replica; settled
//! ```
//!
//! A request is one attempt to copy one file to one RSE, or to move traffic that leaves no replica. There is at most one live
//! request per file and destination: whoever wants the same joins it.

mod service;

pub(crate) use service::{Conveyor, ConveyorEvent, Want};
