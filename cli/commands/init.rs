//! `dapple init`: something to start from.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::columns::columns;
use crate::commands::choice::one_of;
use crate::exit::{Exit, Failure};
use crate::terminal::{print, warn};

/// Arguments of `dapple init`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    /// What to start from; without it, what there is is listed
    template: Option<String>,
    /// Folder to write it into [default: the template's name]
    dir: Option<PathBuf>,
    /// Folder of dapple's sources, for a policy crate [default: where this program was built]
    #[arg(long, value_name = "DIR")]
    dapple: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  dapple init                                    what there is
  dapple init two-sites                          two-sites/two-sites.ron
  dapple init log-replay trial                   a scenario and a small log in trial/
  dapple init policy my-policy --dapple ~/src/dapple

Files that are there are never overwritten: nothing is written then, and the exit code is 3.";

/// Something to start from.
struct Template {
    name: &'static str,
    about: &'static str,
    /// Names and texts of its files; `{{name}}` and `{{dapple}}` are replaced.
    files: &'static [(&'static str, &'static str)],
    /// What to do next, in its folder.
    next: &'static str,
}

const TEMPLATES: &[Template] = &[
    Template {
        name: "two-sites",
        about: "jobs at one site, data at the other: three policies, and a sweep in which they change places",
        files: &[("two-sites.ron", include_str!("../templates/two-sites.ron"))],
        next: "dapple run two-sites.ron",
    },
    Template {
        name: "grid",
        about: "20 sites in three tiers, jobs at twelve of them",
        files: &[("grid.ron", include_str!("../templates/grid.ron"))],
        next: "dapple show grid.ron && dapple run grid.ron",
    },
    Template {
        name: "log-replay",
        about: "a log of jobs as CSV and the scenario that replays it",
        files: &[
            ("log-replay.ron", include_str!("../templates/log-replay.ron")),
            ("jobs.csv", include_str!("../templates/jobs.csv")),
        ],
        next: "dapple run log-replay.ron",
    },
    Template {
        name: "policy",
        about: "a crate with a policy of your own, its tests, and a scenario that compares it",
        files: &[
            ("Cargo.toml", include_str!("../templates/policy.toml")),
            ("src/main.rs", include_str!("../../examples/custom_policy.rs")),
            ("scenario.ron", include_str!("../templates/policy.ron")),
            (".gitignore", "/target\n/results\n"),
        ],
        next: "cargo test && cargo run --release -- run scenario.ron",
    },
];

impl Init {
    /// Lists the templates, or writes one.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let Some(name) = &self.template else {
            let rows: Vec<Vec<String>> =
                TEMPLATES.iter().map(|it| vec![it.name.to_owned(), it.about.to_owned()]).collect();
            print(&columns(&rows, 2))?;
            return Ok(Exit::Done);
        };
        one_of("template", name, TEMPLATES.iter().map(|it| it.name))?;
        let template = TEMPLATES.iter().find(|it| it.name == name).expect("it was just found");
        let dir = self.dir.clone().unwrap_or_else(|| PathBuf::from(template.name));
        let files = self.filled(template, &dir);
        if let Some((name, _)) = files.iter().find(|(name, _)| dir.join(name).symlink_metadata().is_ok()) {
            let path = dir.join(name);
            let message =
                format_args!("{} is there already; nothing was written: choose another folder", path.display());
            return Err(Failure::new(Exit::Refused, message));
        }
        for (name, text) in &files {
            let path = dir.join(name);
            write_new(&path, text)
                .map_err(|error| Failure::new(Exit::Files, format_args!("cannot write {}: {error}", path.display())))?;
        }
        let written: Vec<String> = files.iter().map(|(name, _)| format!("  {}\n", dir.join(name).display())).collect();
        print(&format!("{}\ncd {} && {}\n", written.join(""), shown(&dir), template.next))?;
        Ok(Exit::Done)
    }

    /// The files with names and folders filled in.
    fn filled(&self, template: &Template, dir: &Path) -> Vec<(&'static str, String)> {
        let name = crate_name(dir).unwrap_or_else(|| template.name.to_owned());
        let dapple = self.dapple.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let is_there = dapple.join("Cargo.toml").is_file();
        if !is_there && template.files.iter().any(|(_, text)| text.contains("{{dapple}}")) {
            warn(format_args!(
                "dapple's sources are not at {}: say where they are in Cargo.toml, or with --dapple",
                dapple.display()
            ));
        }
        // Relative to where the program was called from, which is not where the crate is.
        let dapple = std::path::absolute(&dapple).unwrap_or(dapple).display().to_string().replace('\\', "/");
        let fill = |text: &str| text.replace("{{name}}", &name).replace("{{dapple}}", &dapple);
        template.files.iter().map(|(name, text)| (*name, fill(text))).collect()
    }
}

/// Writes a file that is not there yet, and the folders on the way to it.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create_new(path)?.write_all(text.as_bytes())
}

/// The name of a folder, made fit for a crate; `None` where nothing of it is fit.
fn crate_name(dir: &Path) -> Option<String> {
    let name = std::path::absolute(dir).ok()?.file_name()?.to_string_lossy().to_lowercase();
    let fit: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let fit = fit.trim_matches('-').to_owned();
    // cargo takes no name that begins with a digit.
    let fit = if fit.starts_with(|c: char| c.is_ascii_digit()) { format!("p{fit}") } else { fit };
    (!fit.is_empty()).then_some(fit)
}

/// A folder as a shell takes it.
fn shown(dir: &Path) -> String {
    let text = dir.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+');
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_names_that_cargo_takes() {
        let name = |dir: &str| crate_name(Path::new(dir));
        assert_eq!(name("/tmp/My Policy"), Some("my-policy".into()));
        assert_eq!(name("/tmp/2nd"), Some("p2nd".into()));
        assert_eq!(name("/"), None);
    }

    #[test]
    fn a_policy_crate_asks_for_what_the_program_itself_asks_for() {
        // The crate is built here as an example, so that its versions must be ours.
        let ours = include_str!("../../Cargo.toml");
        let theirs = include_str!("../templates/policy.toml");
        for line in theirs.lines().filter(|line| line.starts_with("serde") || line.starts_with("edition")) {
            let is_ours = ours.contains(line);
            assert!(is_ours, "{line}");
        }
        let version = theirs.lines().find(|line| line.starts_with("rust-version")).expect("it says so");
        assert!(ours.contains(version), "{version}");
    }
}
