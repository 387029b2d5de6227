//! Rules: who wants how many copies of which data where, and what has become of it.
//!
//! ```text
//!   new rule --blocks of files--> selection: RSEs --per file and RSE--> lock (and a request, where the replica is not there)
//!       |                                                                 ^
//!       v refused: its error is its life                                  | settled: OK or stuck
//!                                                                      conveyor
//! ```
//!
//! A rule is made at once, or by the injector where it is large, and is OK when all its locks are. Around it work Rucio's daemons, each
//! on a clock of its own: the evaluator follows datasets that grow, the repairer tries stuck locks again, the cleaner deletes what
//! has expired, the undertaker datasets, the necromancer sees to bad replicas, and the transmogrifier makes the rules of
//! subscriptions.
//!
//! Not here: staging pins, approval by persons, locks on whole datasets, and pauses after a clash of database locks.

mod apply;
mod blocks;
mod book;
mod daemons;
mod evaluate;
mod lifetimes;
mod new;
mod recovery;
mod repair;
mod selection;
mod service;
mod settings;
mod subscribed;
mod subscriptions;

pub use blocks::Grouping;
pub(crate) use new::{NewDataset, NewRule, Order, Template};
pub(crate) use service::{Below, Rules, RulesEvent};
pub use settings::{Copies, RetryAfter, RuleTemplate, RulesSettings, Subscription};
