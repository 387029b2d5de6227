//! Papers, made again: one module per paper, one function per table, figure or statement.
//!
//! Every function takes tables that a run left behind, or figures, and gives figures back: nothing here runs a
//! simulation or touches a file. Each claim carries a [`Label`], because a figure that was put in and comes out
//! again is no discovery.

pub mod remote_access;
mod sheet;

pub use sheet::{Label, Sheet};
