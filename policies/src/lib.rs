//! Who decides: policies of dapple, one policy one file.
//!
//! A policy implements [`dapple_simulator::decide::Policy`] for a kind of decision: it sees a plain question and a read-only `View` and
//! answers with a value; only the engine changes the grid. A policy has no name: the set that it belongs to has one, so that one
//! comparison can hold the same policy twice with different settings.

pub mod access;
