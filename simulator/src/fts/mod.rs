//! FTS: jobs of files, queues per link, and copy processes.
//!
//! ```text
//!   job --files--> queue of its link --(pass of a node, or at once)--> copy process --> told, retried, or the next of its job
//! ```
//!
//! There are two ways to start files. **Without passes** (`scheduling_interval: 0`, `queues`) a link is an ordered pair of RSEs, and the head of its
//! queue starts as soon as the link, both RSEs and both DTNs have a slot and the destination has space; links that want the same slots
//! take turns ([`Turns`]). **With passes** (`passes`) it is FTS as it runs: links of storage hosts, several nodes on clocks of their own, lotteries,
//! priorities, limits that leak and overshoot. What follows the end of a file (`ends`) is the same in both.
//!
//! What has become of a file is told as [`crate::facts::FtsEnded`] and kept until whoever asked for it collects it: FTS knows no
//! replicas, and what it knows Rucio has yet to learn.

mod backlog;
mod ends;
mod expiry;
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
pub(crate) use service::{Fts, FtsEvent, LinkState};
pub use settings::{
    ActivitySharesOf, FtsSettings, LinkLimit, PassTurns, ReplicaChoice, Share, StorageLimit, Turns, VoShares, WhenFull,
};
pub use tape::{Polls, Staging};
