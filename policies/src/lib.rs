//! Who decides: access policies of dapple, one policy one file.
//!
//! A policy implements a trait of [`dapple_simulator::policy`]: it sees a plain request and a read-only
//! `GridView` and answers with a value; only the engine changes the grid. Each takes the name under which it
//! appears in results, so that one comparison can hold the same policy twice with different settings.

pub mod access;
