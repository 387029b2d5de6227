//! A policy of your own, with parameters from the scenario: `cargo run --example custom_policy -- run my.ron`.
//!
//! The scenario names it among its policies:
//!
//! ```ron
//! (name: "mine", access: Custom(name: "idle-source", params: (at_most: 4)))
//! ```

use std::process::ExitCode;

use dapple::Registry;
use dapple::simulator::ids::RseId;
use dapple::simulator::policy::{Access, AccessPolicy, AccessRequest, GridView};
use dapple::simulator::rng::PolicyRng;

/// Streams from the nearest source that serves at most so many threads of the pool; where all are busier, stages in
/// from the nearest.
struct IdleSource {
    name: String,
    at_most: usize,
}

/// What the scenario can set, as RON.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Params {
    at_most: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self { at_most: 8 }
    }
}

impl AccessPolicy for IdleSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
        let sources = grid.sources(request);
        let is_idle = |&source: &RseId| grid.reads(request.pool, source).1 <= self.at_most;
        match sources.iter().copied().find(is_idle) {
            Some(source) => Access::Remote { source },
            None => Access::StageIn { source: sources[0] },
        }
    }
}

/// The policies of dapple and ours.
fn registry() -> Registry {
    let mut registry = Registry::standard();
    registry.access("idle-source", |name, params| {
        let Params { at_most } = params.read()?;
        Ok(Box::new(IdleSource { name: name.into(), at_most }))
    });
    registry
}

fn main() -> ExitCode {
    dapple::main(registry())
}
