//! Which replica of a file is copied.
//!
//! | policy | what it is |
//! |---|---|
//! | [`LeastQueue`] | heuristic: the replica whose FTS link has least to do |
//!
//! Where a set of policies has none for this decision, the replica is copied that the access policy named.

mod least_queue;

pub use least_queue::LeastQueue;
