//! The command line of dapple, as a function: a program of your own can offer it with policies of its own.
//!
//! ```no_run
//! use dapple::simulator::decide::{Access, AccessMode, AccessQuestion, Decider, Policy, View};
//! use dapple::simulator::rng::PolicyRng;
//! use std::process::ExitCode;
//!
//! /// Streams everything from the source that is furthest away.
//! struct Furthest;
//!
//! impl Policy<AccessMode> for Furthest {
//!     fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
//!         Access::Remote { source: view.sources(question)[view.sources(question).len() - 1] }
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     dapple::main(dapple::Registry::standard().access("furthest", |_params| Ok(Decider::policy(Furthest))))
//! }
//! ```
//!
//! A scenario names it with `access: Custom(name: "furthest")`. The longer example
//! `examples/custom_policy.rs` reads parameters from the scenario.
//!
//! Only this crate prints and exits. Exit codes are API, see [`Exit`].

mod columns;
mod commands;
mod exit;
mod interrupt;
mod progress;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::commands::Command;
pub use crate::exit::Exit;
use crate::terminal::Color;
pub use dapple_scenarios::Registry;
pub use {
    dapple_import as import, dapple_lab as lab, dapple_models as models, dapple_papers as papers,
    dapple_policies as policies, dapple_records as records,
};
pub use {dapple_reports as reports, dapple_scenarios as scenarios, dapple_simulator as simulator};

/// dapple simulates scientific data grids and says which data access and placement policy is better, by how much,
/// and how sure that is.
#[derive(Parser)]
#[command(name = "dapple", version, max_term_width = 110, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    /// Colour messages: auto heeds NO_COLOR, CLICOLOR_FORCE, TERM=dumb and whether standard error is a terminal
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  dapple init two-sites                   something to start from
  dapple check my.ron                     everything that is wrong with a scenario, at once
  dapple run my.ron                       all policies, replications and sweep points; then a report
  dapple run my.ron --seed 8 --set experiment.replications=50 --out results/seed-8
  dapple report results/two-sites         build the report again
  dapple list results/two-sites           its runs, and their figures
  dapple explain results/rows --policy place slowest

Exit codes: 0 done, 2 bad arguments, 3 scenario or folder refused, 4 finished but some runs failed,
5 cannot read or write, 6 runs missing, 7 two different results for one run, 75 stopped early (can be resumed)";

/// Runs the command line on the arguments of this process, with the policies of `registry`.
///
/// Handles Ctrl-C and SIGTERM while an experiment runs, so it is to be called once, from `main`.
#[expect(clippy::needless_pass_by_value, reason = "the last thing a program does with its registry")]
pub fn main(registry: Registry) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output, mistakes to standard error; a closed pipe is no reason to complain.
            let _ = error.print();
            return if error.use_stderr() { Exit::BadArguments } else { Exit::Done }.into();
        }
    };
    terminal::choose_colors(cli.color);
    match cli.command.execute(&registry, Cli::command()) {
        Ok(exit) => exit.into(),
        Err(failure) => terminal::tell(&failure).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
