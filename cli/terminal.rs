//! Standard output and standard error, either of which may be closed early (`dapple show x.ron | head`).

use std::io::{self, Write};

use crate::exit::{Exit, Failure};

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

/// Tells something beside the point; nobody may be listening.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Tells a failure and hands on its exit code. Errors name their causes in their own words.
pub fn tell(failure: &Failure) -> Exit {
    note(&format!("error: {}", failure.error));
    failure.exit
}
