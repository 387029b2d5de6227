//! FTS in whole runs: the numbered statements of its specification and what else it is held to.

mod copies;
#[path = "../grid/mod.rs"]
#[allow(dead_code, reason = "shared with the other test binary, which uses what this one does not")]
mod grid;
mod optimizer;
mod tape;
