//! A simulation stepped from outside: it stops at each question, and this program answers. The same bytes come out as where
//! `run` asks a policy that would have answered so.
//!
//! ```sh
//! cargo run --release --example stepping -- scenarios/quickstart/two-sites.ron
//! ```

use std::error::Error;
use std::path::Path;

use dapple::Registry;
use dapple::records::{Recorder, RunOutput};
use dapple::scenarios::{Scenario, load};
use dapple::simulator::decide::{Access, Answer, Question};
use dapple::simulator::engine::{Pause, Simulation};

/// Streams every input from its nearest replica.
fn step(scenario: &Scenario) -> Result<RunOutput, Box<dyn Error>> {
    let mut recorder = Recorder::new(&scenario.setup, &scenario.record, scenario.seed);
    let mut simulation = Simulation::new(&scenario.setup, scenario.seed);
    loop {
        match simulation.next(&mut recorder)? {
            Pause::Ask(Question::Access(question)) => {
                let source = simulation.view().sources(&question)[0];
                simulation.answer(Answer::Access(Access::Remote { source }), &mut recorder)?;
            }
            // What the services can decide themselves is left to them.
            Pause::Ask(_) => simulation.answer_by_default(&mut recorder)?,
            Pause::Done(books) => return Ok(recorder.finish(books)),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: stepping SCENARIO.ron")?;
    let output = step(&load(Path::new(&file), &[], &Registry::standard())?)?;
    println!("{} jobs done, {} events", output.counters.jobs_done, output.events);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple::records::record;
    use dapple::simulator::facts::NoObserver;

    #[test]
    fn it_gets_what_run_gets() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/quickstart/two-sites.ron");
        let overrides = [("horizon", "Hours(4)"), ("record", "Rows")].map(|(path, value)| (path.into(), value.into()));
        let scenario = load(&file, &overrides, &Registry::standard()).expect("it is valid");
        let set = scenario.policies.iter().find(|set| set.name == "remote").expect("it streams everything");
        let mut policies = set.build().expect("it takes no parameters");
        let run = record((&scenario.setup, &scenario.record), &mut policies, scenario.seed, &mut NoObserver);
        assert_eq!(step(&scenario).expect("it runs"), run.expect("it runs"));
    }
}
