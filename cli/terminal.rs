//! Standard output and standard error, either of which may be closed early (`dapple show x.ron | head`).
//!
//! What is said is coloured; whether colours come through is decided once, by `--color` and the environment (`NO_COLOR`,
//! `CLICOLOR_FORCE`, `TERM=dumb`, no terminal), and taken out on the way where they do not.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use anstream::ColorChoice;
use clap::builder::styling::{AnsiColor, Style};
use indicatif::ProgressBar;

use crate::exit::{Exit, Failure};

/// When to colour.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Color {
    /// Where standard error is a terminal and the environment does not object
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// Decides for the rest of the program.
pub fn choose_colors(color: Color) {
    match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::AlwaysAnsi,
        Color::Never => ColorChoice::Never,
    }
    .write_global();
}

/// The bar that is shown, so that nothing is written across it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Says that this bar is shown; `None`: none any more.
pub fn show(bar: Option<ProgressBar>) {
    let before = std::mem::replace(&mut *BAR.lock().unwrap_or_else(PoisonError::into_inner), bar);
    if let Some(before) = before {
        before.finish_and_clear();
    }
}

/// Prints what was asked for. A reader that has seen enough is no failure; a full disk is.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Files, format_args!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Tells something beside the point; nobody may be listening. A bar steps aside.
pub fn note(text: impl Display) {
    let write = || drop(writeln!(anstream::stderr(), "{text}"));
    match &*BAR.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Tells what deserves attention.
pub fn warn(text: impl Display) {
    note(labelled("warning", AnsiColor::Yellow, text));
}

/// Tells a failure and hands on its exit code. Errors name their causes in their own words.
pub fn tell(failure: &Failure) -> Exit {
    note(labelled("error", AnsiColor::BrightRed, &failure.error));
    failure.exit
}

fn labelled(label: &str, color: AnsiColor, text: impl Display) -> String {
    let style = Style::new().bold().fg_color(Some(color.into()));
    format!("{style}{label}{style:#}: {text}")
}
