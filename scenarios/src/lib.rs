//! What to run: RON scenarios, read strictly and validated.
//!
//! ```text
//!  file + includes + --set --read--> ScenarioFile --validate--> Scenario (Setup, policy sets, experiment)
//!                            |                        |
//!                            +------- Problems -------+      all of them, each with its place
//! ```
//!
//! Start with [`load`]. The language is [`mod@file`], described for its users in `docs/scenario-reference.md`,
//! which [`mod@reference`] makes from the types themselves.

pub mod bundled;
mod check;
mod digest;
mod feasibility;
pub mod file;
mod logs;
mod near;
mod notation;
pub mod presets;
mod problems;
mod read;
pub mod reference;
mod registry;
mod resolved;
mod scenario;
mod shown;
mod standard;
mod validate;
mod words;

pub use digest::{Digest, NoDigest};
pub use logs::{DirtyRows, LogAccount, Taken};
pub use problems::{Problem, Problems};
pub use registry::{Params, PolicySet, Registry};
pub use resolved::{Difference, differences, sweep_of};
pub use scenario::{
    ExperimentDesign, ExperimentSize, LoadOptions, Scenario, SweepAxis, SweepValue, load, load_bundled, load_text,
    load_text_with, load_with,
};
