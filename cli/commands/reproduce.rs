//! `dapple reproduce`: papers, their tables and figures, made again.

use std::path::PathBuf;

use dapple_papers::{Blame, Conditions, Item, PAPERS, Paper, PaperError};
use dapple_reports::page::{Sheet, write_page};
use dapple_scenarios::Registry;

use crate::columns::columns;
use crate::exit::{Exit, Failure, OrExit};
use crate::progress::CountBar;
use crate::terminal::{note, print};

/// Arguments of `dapple reproduce`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Reproduce {
    /// Short name of the paper; without it, what can be reproduced is listed
    paper: Option<String>,
    /// The table or figure; without it, all of the paper's
    item: Option<String>,
    /// Folder of what comes out
    #[arg(long, value_name = "DIR", default_value = "results/papers")]
    out: PathBuf,
    /// Runs at once [default: number of cores]
    #[arg(long, short, value_name = "N", env = "DAPPLE_JOBS", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Do not fit what takes minutes to fit: take the constants that are stored
    #[arg(long, visible_alias = "quick")]
    no_fit: bool,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  dapple reproduce                        what can be reproduced
  dapple reproduce remote-access          everything of one paper
  dapple reproduce remote-access eq2      one table, figure or statement of it
  DAPPLE_DATA=~/logs dapple reproduce hpss          a real log, fitted and replayed (minutes)
  DAPPLE_DATA=~/logs dapple reproduce hpss by-rows  the same, cut into halves of equally many transfers
  DAPPLE_DATA=~/logs dapple reproduce hpss --no-fit the same with the constants of scenarios/logs/hpss.ron";

impl Reproduce {
    /// Makes what was asked for, or lists what there is.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        let Some(name) = &self.paper else {
            print(&list())?;
            return Ok(Exit::Done);
        };
        let paper = find(PAPERS, name, |paper| paper.name).map_err(|hint| unknown("paper", name, &hint))?;
        let item = match &self.item {
            None => None,
            Some(item) => Some(
                find(paper.items, item, |item| item.name)
                    .map_err(|hint| unknown(&format!("table or figure of `{}`", paper.name), item, &hint))?,
            ),
        };
        self.make(paper, item, registry)
    }

    /// Makes an item, or all of a paper, prints theirs and ours side by side, and writes the page.
    fn make(&self, paper: &Paper, item: Option<&Item>, registry: &Registry) -> Result<Exit, Failure> {
        let bar = CountBar::new(self.quiet);
        let jobs = self.jobs.map_or(0, usize::from);
        let conditions = Conditions { registry, jobs, fit: !self.no_fit, progress: &bar };
        let sections = paper.make(item, &conditions).map_err(failure)?;
        for section in &sections {
            print(&text(&section.sheet))?;
        }
        let page = write_page(&self.out.join(paper.name), paper.page, &sections).or_exit(Exit::Files)?;
        if !self.quiet {
            note(format!("page and plots: {}", page.display()));
        }
        Ok(Exit::Done)
    }
}

fn failure(error: PaperError) -> Failure {
    let exit = match error.blame() {
        Blame::Files => Exit::Files,
        Blame::Scenario => Exit::Refused,
        Blame::Analysis => Exit::SomeFailed,
    };
    Failure { exit, error: error.into() }
}

fn list() -> String {
    let mut text = String::new();
    for paper in PAPERS {
        let rows: Vec<Vec<String>> =
            paper.items.iter().map(|item| vec![format!("  {}", item.name), item.about.to_owned()]).collect();
        text.push_str(&format!("{}: {}\n{}", paper.name, paper.title, columns(&rows, 2)));
    }
    text
}

/// Widest line of a note.
const NOTE_WIDTH: usize = 110;

/// A sheet for the terminal: title, table, notes.
fn text(sheet: &Sheet) -> String {
    let mut text = format!("{}\n\n{}\n", sheet.title, columns(&sheet.rows, sheet.figures_from));
    for note in &sheet.notes {
        let mut width = 0;
        for word in note.split(' ') {
            let length = word.chars().count();
            let breaks = width > 0 && width + 1 + length > NOTE_WIDTH;
            text.push_str(if breaks {
                "\n"
            } else if width > 0 {
                " "
            } else {
                ""
            });
            text.push_str(word);
            width = if breaks || width == 0 { length } else { width + 1 + length };
        }
        text.push_str("\n\n");
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
