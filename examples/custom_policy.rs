//! A policy of your own, with parameters from the scenario: `cargo run --release -- run scenario.ron` in a crate that
//! `dapple init policy` has made of it, `cargo run --example custom_policy -- run my.ron` among dapple's sources.
//!
//! The scenario names it among its policies:
//!
//! ```ron
//! (name: "mine", access: Custom(name: "idle-source", params: (at_most: 4)))
//! ```

use std::process::ExitCode;

use dapple::Registry;
use dapple::simulator::decide::{Access, AccessMode, AccessQuestion, Decider, Policy, View};
use dapple::simulator::ids::RseId;
use dapple::simulator::rng::PolicyRng;

/// Streams from the nearest source that serves at most so many threads of the pool; where all are busier, stages in
/// from the nearest.
struct IdleSource {
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

impl Policy<AccessMode> for IdleSource {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        let sources = view.sources(question);
        let is_idle = |&source: &RseId| view.reads(question.pool, source).1 <= self.at_most;
        match sources.iter().copied().find(is_idle) {
            Some(source) => Access::Remote { source },
            None => Access::StageIn { source: sources[0] },
        }
    }
}

/// The policies of dapple and ours.
fn registry() -> Registry {
    Registry::standard().access("idle-source", |params| {
        let Params { at_most } = params.read()?;
        Ok(Decider::policy(IdleSource { at_most }))
    })
}

fn main() -> ExitCode {
    dapple::main(registry())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple::scenarios::{LoadOptions, load_bundled};
    use dapple::simulator::conformance;
    use dapple::simulator::decide::Policies;

    #[test]
    fn it_passes_the_conformance_kit() {
        for at_most in [0, 2, usize::MAX] {
            conformance::check(|| Policies::of_access("idle", IdleSource { at_most }))
                .expect("it decides what can be done");
        }
    }

    #[test]
    fn a_scenario_can_name_it_and_set_its_parameters() {
        let set = |params: &str| {
            let access = format!("policies.mine.access=Custom(name: \"idle-source\", params: {params})");
            let (path, value) = access.split_once('=').expect("it has one");
            let overrides = [
                ("policies".to_owned(), "[(name: \"mine\", access: StageIn)]".to_owned()),
                (path.to_owned(), value.to_owned()),
                ("experiment.baseline".to_owned(), "\"mine\"".to_owned()),
            ];
            let options = LoadOptions { overrides: &overrides, ..LoadOptions::default() };
            load_bundled("quickstart/two-sites.ron", &options, &registry())
        };
        assert!(set("(at_most: 4)").is_ok() && set("()").is_ok());
        let problems = set("(at_mots: 4)").expect_err("this is misspelt").to_string();
        assert!(problems.contains("at_most"), "{problems}");
    }
}
