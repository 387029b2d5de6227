//! Who decides: what a policy is asked, what it sees, what it may answer.
//!
//! ```text
//!   component --Question--> engine --(question, View)--> Policy<D> --answer--> engine: can it be carried out? --> component
//!                              |                            ^
//!                              +---------- Fact ------------+  learns
//! ```
//!
//! A kind of decision is a type that implements [`Decision`]; whoever decides it implements [`Policy`] for that type. A policy
//! gets a plain question and a read-only [`View`], which shows what the services of the grid publish, as old as it is, and answers
//! with a value. It cannot change the grid, reads no clock, opens no file, and draws only from the generator it is handed, so
//! that the same seed gives the same run. What a policy cannot know in a real grid, [`OracleView`] alone shows, and only to an
//! [`OraclePolicy`].
//!
//! | decision | question | answer |
//! |---|---|---|
//! | [`AccessMode`] | how does a job reach one of its inputs? | remote access, stage-in, or placement |
//!
//! These have their names, and no component that asks them yet: `SourceChoice` (which replica is copied), `Brokerage` (where a job
//! runs), `Replication` (which rules are made), `Eviction` (what a full RSE gives up), `TransferTuning` (how a DTN moves files) and
//! `LinkLimit` (how many files an FTS link copies at once).

mod access;
mod oracle;
mod policies;
mod policy;
mod view;

pub use access::AccessMode;
pub use oracle::{OraclePolicy, OracleView};
pub use policies::{Decider, Policies};
pub use policy::{Decision, LoadError, Policy};
pub use view::View;

pub use crate::published::Published;
pub use crate::questions::{Access, AccessObservation, AccessQuestion};

/// A question of a component, waiting for its answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Question {
    /// How does a job reach one of its inputs?
    Access(AccessQuestion),
}

/// The answer to a [`Question`] of the same kind.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// How the job reaches the input.
    Access(Access),
}
