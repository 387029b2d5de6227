//! Tape: FTS has files brought to disk before they are copied, and waits for them to be on tape after it.
//!
//! ```text
//!   staging    submitted --(pass: bulks)--> asked of the tape system .. on disk --(poll)--> into the queue of its link
//!   archiving  copied    --(pass: bulks)--> looked after             .. on tape --(poll)--> finished
//! ```
//!
//! One daemon, one grid of passes each; a bulk is of one VO and RSE. The tape system ([`crate::storage::Drives`]) is asked for a file
//! when its bulk goes; what is copied to it begins to go to tape by itself when it has arrived. FTS learns of either at the next
//! poll of the bulk only: at 0, 300, 900, 1500, .. s with what FTS ships. Time-outs are seen at polls, too, and a file that is where
//! it should be at that poll is in time.
//!
//! Not modelled: shards (all nodes of FTS stage as one), credentials and space tokens, errors of the tape system.

mod bulks;
mod service;
mod settings;

pub(crate) use service::{Schedule, TapeEvent, TapeFile, TapeNews, Tapes};
pub use settings::{Polls, Staging};
