//! `dapple reproduce`: papers, their tables and figures, made again.
//!
//! A paper is an entry of [`PAPERS`], one of its tables or figures an [`Item`] with the function that makes it.

use std::path::PathBuf;

use crate::columns::columns;
use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// Arguments of `dapple reproduce`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Reproduce {
    /// Short name of the paper; without it, what can be reproduced is listed
    paper: Option<String>,
    /// The table or figure; without it, all of the paper's
    item: Option<String>,
    #[command(flatten)]
    options: ReproduceOptions,
}

/// What every item needs to know.
#[derive(clap::Args)]
pub struct ReproduceOptions {
    /// Folder of what comes out
    #[arg(long, value_name = "DIR", default_value = "results/papers")]
    pub out: PathBuf,
    /// Runs at once [default: number of cores]
    #[arg(long, short, value_name = "N", env = "DAPPLE_JOBS", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  dapple reproduce                        what can be reproduced
  dapple reproduce PAPER                  everything of one paper";

/// A paper of which something can be reproduced.
struct Paper {
    name: &'static str,
    title: &'static str,
    items: &'static [Item],
}

/// A table, figure or statement of a paper.
struct Item {
    name: &'static str,
    about: &'static str,
    /// Makes it, prints theirs and ours side by side, and says how it went.
    reproduce: fn(&ReproduceOptions) -> Result<Exit, Failure>,
}

/// All papers, in the order in which they are listed.
const PAPERS: &[Paper] = &[];

impl Reproduce {
    /// Makes what was asked for, or lists what there is.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let Some(name) = &self.paper else {
            print(&list())?;
            return Ok(Exit::Done);
        };
        let paper = find(PAPERS, name, |paper| paper.name).map_err(|hint| unknown("paper", name, &hint))?;
        let Some(item) = &self.item else {
            return all(paper.items, &self.options);
        };
        let found = find(paper.items, item, |item| item.name);
        let item = found.map_err(|hint| unknown(&format!("table or figure of `{}`", paper.name), item, &hint))?;
        (item.reproduce)(&self.options)
    }
}

/// Makes all of them; what is worst decides how it ends.
fn all(items: &[Item], options: &ReproduceOptions) -> Result<Exit, Failure> {
    let mut worst = Exit::Done;
    for item in items {
        let exit = (item.reproduce)(options)?;
        worst = worst.max(exit);
    }
    Ok(worst)
}

fn list() -> String {
    if PAPERS.is_empty() {
        return "nothing can be reproduced yet\n".into();
    }
    let mut text = String::new();
    for paper in PAPERS {
        let rows: Vec<Vec<String>> =
            paper.items.iter().map(|item| vec![format!("  {}", item.name), item.about.to_owned()]).collect();
        text.push_str(&format!("{}: {}\n{}", paper.name, paper.title, columns(&rows, 2)));
    }
    text
}

/// The thing of that name, or a hint.
fn find<'a, T>(things: &'a [T], name: &str, name_of: impl Fn(&T) -> &'static str) -> Result<&'a T, String> {
    if let Some(thing) = things.iter().find(|thing| name_of(thing) == name) {
        return Ok(thing);
    }
    let nearest = things.iter().map(&name_of).min_by_key(|other| strsim::damerau_levenshtein(name, other));
    let close = nearest.filter(|other| strsim::damerau_levenshtein(name, other) <= name.len().div_ceil(3));
    Err(close
        .map_or_else(|| "`dapple reproduce` lists what there is".into(), |close| format!("did you mean `{close}`?")))
}

fn unknown(kind: &str, name: &str, hint: &str) -> Failure {
    Failure::new(Exit::BadArguments, format_args!("there is no {kind} `{name}`; {hint}"))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn misspelt_names_get_a_hint() {
        let names = ["remote-access", "dtn"];
        let found = |name| find(&names, name, |name| name).copied();
        assert_eq!(found("dtn"), Ok("dtn"));
        assert_eq!(found("remote-acess"), Err("did you mean `remote-access`?".into()));
        assert_eq!(found("rucio"), Err("`dapple reproduce` lists what there is".into()));
    }
}
