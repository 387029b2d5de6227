//! From text to a [`crate::file::ScenarioFile`], telling all that is wrong on the way.
//!
//! ```text
//!  text --parse--> tree --include, edit--> tree --lay preset under--> tree --decode--> ScenarioFile
//!                   |                        |                        |                 |
//!                   +-- places --------------+------------------------+-----------------+--> Problems
//! ```
//!
//! The tree ([`tree::Node`]) keeps where everything is written, through included files and `--set`, so that
//! a mistake is shown where somebody made it. Whether names exist and numbers make sense is asked later, in
//! [`crate::validate`], and those messages find their place through the same tree.

pub(crate) mod decode;
mod document;
pub(crate) mod edit;
pub(crate) mod include;
pub(crate) mod mistake;
pub(crate) mod parse;
pub(crate) mod path;
pub(crate) mod preset;
pub(crate) mod source;
pub(crate) mod tree;

pub(crate) use decode::Decoded;
pub(crate) use document::{Document, Fault};
pub(crate) use include::FilesFrom;
