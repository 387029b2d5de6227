//! FTS: a queue per FTS link in front of the network.
//!
//! ```text
//!   job --files--> queue of its FTS link --(slots of link, source, destination, DTNs; space)--> start-up --> flow --> told
//! ```
//!
//! An FTS link is an ordered pair of RSEs. The head of its queue starts as soon as the link, both RSEs and both
//! DTNs have a slot and the destination has space; links that want the same slots take turns ([`Turns`]).
//! A starting transfer holds its slots and its space but moves nothing until its start-up is over. A DTN may set
//! connections up one after the other; a start-up then takes longer the more transfers are starting there.
//!
//! What has become of a file is told as [`crate::facts::FtsEnded`] and kept until whoever asked for it collects it: FTS knows no
//! replicas, and what it knows Rucio has yet to learn.

mod backlog;
mod ends;
mod files;
mod job;
mod limits;
mod lottery;
mod nodes;
mod optimizer;
mod passes;
mod queues;
mod service;
mod settings;
mod staging;
mod tape;
mod tuning;
mod window;

pub(crate) use job::{FtsFile, FtsJob, JobKind};
pub use optimizer::{Optimizer, RuleSet};
pub(crate) use service::{Fts, FtsEvent};
pub use settings::{
    ActivitySharesOf, FtsSettings, LinkLimit, PassTurns, ReplicaChoice, Share, StorageLimit, Turns, VoShares, WhenFull,
};
pub use tape::{Polls, Staging};
