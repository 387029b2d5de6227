//! Rules: who wants how many copies of which data where, and what has become of it.
//!
//! ```text
//!   rule --blocks of files--> selection: RSEs --per file and RSE--> lock (and a request, where the replica is not there)
//! ```

mod blocks;
mod selection;
