//! The `dapple` binary: the command line with the policies that dapple ships.

use std::process::ExitCode;

fn main() -> ExitCode {
    dapple::main(dapple::Registry::standard())
}
