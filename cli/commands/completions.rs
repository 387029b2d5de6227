//! `dapple completions` and `dapple man`: what shells and `man` know about the command line, made from it.

use std::fs;
use std::path::PathBuf;

use clap::Command;
use clap_complete::Shell;

use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// Arguments of `dapple completions`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dapple completions bash > ~/.local/share/bash-completion/completions/dapple
  dapple completions zsh > ~/.zfunc/_dapple
  dapple completions fish > ~/.config/fish/completions/dapple.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script that the shell reads.
    pub fn execute(&self, mut command: Command) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "dapple", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}

/// Arguments of `dapple man`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dapple man | man -l -                              read the page of dapple
  dapple man ~/.local/share/man/man1                 write it and one page per command; then: man dapple-run")]
pub struct Man {
    /// Folder to write all pages into; without it, the page of dapple itself is printed
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints the page, or writes all of them.
    pub fn execute(&self, command: Command) -> Result<Exit, Failure> {
        let Some(dir) = &self.dir else {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(command).render(&mut page);
            rendered.expect("memory takes all text");
            print(&String::from_utf8_lossy(&page))?;
            return Ok(Exit::Done);
        };
        let written = fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(command, dir));
        written.map_err(|error| {
            Failure::new(Exit::Files, format_args!("cannot write pages into {}: {error}", dir.display()))
        })?;
        print(&format!("pages: {}\n", dir.display()))?;
        Ok(Exit::Done)
    }
}
