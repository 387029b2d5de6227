//! Reading a scenario, with the arguments that all commands share.

use std::fs::File;
use std::path::{Path, PathBuf};

use dapple_scenarios::{LoadOptions, Problems, Registry, Scenario};

use crate::exit::{Exit, Failure};
use crate::terminal::warn;

/// Changes to a scenario, made before it is checked.
#[derive(clap::Args)]
pub struct Changes {
    /// Change a field, for example topology.links.CERN-GRIF-LPNHE.bandwidth=Gbps(20); can be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Refuse logs with rows that cannot be read, whatever the scenario says, and what cannot work
    #[arg(long)]
    strict: bool,
}

impl Changes {
    /// Reads and checks a scenario; `more` are changes that other arguments stand for.
    pub fn load(
        &self,
        file: &Path,
        more: impl IntoIterator<Item = (String, String)>,
        registry: &Registry,
    ) -> Result<Scenario, Failure> {
        let scenario = self.read(file, more, registry)?.map_err(|problems| refused(file, &problems))?;
        tell_warnings(&scenario);
        Ok(scenario)
    }

    /// The same, with all that is wrong with it as it is, and without a word.
    pub fn read(
        &self,
        file: &Path,
        more: impl IntoIterator<Item = (String, String)>,
        registry: &Registry,
    ) -> Result<Result<Scenario, Problems>, Failure> {
        can_be_read(file)?;
        let overrides: Vec<(String, String)> = self.set.iter().cloned().chain(more).collect();
        let options = LoadOptions { overrides: &overrides, strict: self.strict, ..LoadOptions::default() };
        Ok(dapple_scenarios::load_with(file, &options, registry))
    }
}

/// A scenario with something wrong about it.
pub fn refused(file: &Path, problems: &Problems) -> Failure {
    Failure::new(Exit::Refused, format_args!("{} is refused\n\n{}", file.display(), problems.styled()))
}

/// What is worth knowing of a scenario.
pub fn tell_warnings(scenario: &Scenario) {
    for warning in &scenario.warnings {
        warn(warning);
    }
}

/// Tells a file that cannot be read from one that cannot be understood. A pipe is left alone: what is read here, or only
/// opened and closed, is lost to whoever reads it next.
fn can_be_read(file: &Path) -> Result<(), Failure> {
    let read = std::fs::metadata(file).and_then(|found| match () {
        () if found.is_dir() => Err(std::io::ErrorKind::IsADirectory.into()),
        () if found.is_file() => File::open(file).map(drop),
        () => Ok(()),
    });
    read.map_err(|error| Failure::new(Exit::Files, format_args!("cannot read {}: {error}", file.display())))
}

/// `PATH=VALUE` in two.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() && !value.trim().is_empty() => {
            Ok((path.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write the path of a field, `=` and its new value, such as services.fts.streams=4".into()),
    }
}

/// `results/<name>`, the name made fit for a folder.
pub fn default_folder(scenario: &Scenario) -> PathBuf {
    let fit = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = scenario.name.chars().map(fit).collect();
    // `.` and `..` are folders of their own.
    let name = if name.trim_matches('.').is_empty() { "scenario" } else { &name };
    Path::new("results").join(name)
}

#[cfg(test)]
mod tests {
    use super::assignment;

    #[test]
    fn assignments_are_split_at_the_first_equals_sign() {
        let pair = |path: &str, value: &str| Ok((path.to_owned(), value.to_owned()));
        assert_eq!(assignment("a.b=Gbps(5)"), pair("a.b", "Gbps(5)"));
        assert_eq!(assignment(" a = \"x=y\" "), pair("a", "\"x=y\""));
        for wrong in ["", "a", "=", "a=", "=1", " =1"] {
            assert!(assignment(wrong).is_err(), "{wrong}");
        }
    }
}
