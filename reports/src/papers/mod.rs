//! Papers, made again: one module per paper, one function per table, figure or statement.
//!
//! Every function takes tables that a run left behind, or figures, and gives figures back: nothing here runs a
//! simulation, and only [`write_page`] touches files. Each claim carries a [`Label`], because a figure that was put in
//! and comes out again is no discovery.

mod page;
pub mod remote_access;
mod sheet;

pub use page::{PaperTitle, Section, write_page};
pub use sheet::{Label, Sheet};
