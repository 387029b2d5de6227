//! How a command ends.

use std::fmt::Display;
use std::process::ExitCode;

/// Exit codes: scripts rely on them, so they never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The arguments make no sense; nothing was done.
    BadArguments = 2,
    /// The scenario has problems, or the results folder belongs to something else.
    Refused = 3,
    /// Finished, but some runs failed, or every job of some policy did.
    SomeFailed = 4,
    /// A file cannot be read or written.
    Files = 5,
    /// Runs are missing.
    Missing = 6,
    /// One run has two different results.
    Differs = 7,
    /// Stopped early by a signal; running the same again resumes.
    Stopped = 75,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The reason, in words.
    pub error: anyhow::Error,
}

impl Failure {
    /// A failure with a message of its own.
    pub fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, error: anyhow::anyhow!("{message}") }
    }
}

/// Gives an error its exit code.
pub trait OrExit<T> {
    /// The value, or the error as a failure with this exit code.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure { exit, error: error.into() })
    }
}
