//! What a policy sees, what it answers, and how it is held to that.
//!
//! A decision is one narrow trait. A policy gets a plain request and a read-only [`GridView`], which shows
//! only what the real services could know at that moment, and answers with a value. It cannot change the grid,
//! reads no clock, opens no file, and draws only from the generator it is handed, so that the same seed gives
//! the same run.

mod access;
pub mod conformance;
mod view;

pub use access::{Access, AccessOutcome, AccessPolicy, AccessRequest};
pub use view::GridView;
