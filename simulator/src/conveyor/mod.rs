//! Rucio's conveyor: from the wish to have a file at an RSE to its replica there.
//!
//! ```text
//!   want --request--> FTS --ended--> learned --> history row; replica; settled
//! ```
//!
//! A request is one attempt to copy one file to one RSE, or to move traffic that leaves no replica. There is at most one live
//! request per file and destination: whoever wants the same joins it.

#[allow(dead_code, reason = "wired in next")]
mod gates;
#[allow(dead_code, reason = "wired in next")]
mod paths;
#[allow(dead_code, reason = "wired in next")]
mod ranking;
mod service;
mod settings;
#[allow(dead_code, reason = "wired in next")]
mod throttler;

pub(crate) use service::{Conveyor, ConveyorEvent, Want};
