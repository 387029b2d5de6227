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
//! | [`SourceChoice`] | from which replica is a file copied? | an RSE |
//!
//! Where a service would decide itself, its question has a default answer ([`Question::default_answer`]), which stands where a
//! set of policies has none for it. These have their names, and no component that asks them yet: `Brokerage` (where a job runs), `Replication` (which rules are made), `Eviction` (what a full RSE gives up), `TransferTuning` (how a DTN moves files) and
//! `LinkLimitChoice` (how many files an FTS link copies at once).

mod access;
mod at_work;
mod oracle;
mod policies;
mod policy;
mod source;
mod view;

pub use access::AccessMode;
pub use at_work::{AtWork, Doing, Task};
pub use oracle::{OraclePolicy, OracleView};
pub use policies::{Decider, Policies};
pub use policy::{Decision, LoadError, Policy};
pub use source::SourceChoice;
pub use view::View;

pub use crate::published::Published;
pub use crate::questions::{
    Access, AccessObservation, AccessQuestion, Answer, Question, SourceObservation, SourceQuestion,
};
