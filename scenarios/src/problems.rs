//! What is wrong with a scenario: all of it, each with its place.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::logs::LogAccount;
use crate::shown::shown;

/// One thing that is wrong, or worth knowing.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The file as it was given, or `--set PATH` for an override.
    pub file: String,
    /// Line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Column, counting characters from 1; 0 where the whole file is meant.
    pub column: usize,
    /// Where in the scenario, such as `topology.links.CERN-GRIF.bandwidth`; empty for the file as such.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What is allowed and what may be meant.
    pub help: Option<String>,
    pub(crate) excerpt: Option<Excerpt>,
}

/// One line of a text with the part to underline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Excerpt {
    /// The line, or the part of a very long one.
    pub text: String,
    /// Bytes of it to underline.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
}

/// All that is wrong with a scenario, in order of place. [`fmt::Display`] prints it with excerpts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems {
    told: Vec<Problem>,
    /// Found besides, and not told one by one.
    untold: usize,
    /// Whether reading stopped early, so that what else is wrong is not known.
    stopped: bool,
    /// What was taken of the logs, and what not.
    logs: Vec<Arc<LogAccount>>,
}

impl Problems {
    /// A single problem of a file as such, at this path of the scenario.
    pub fn one(file: impl Into<String>, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::from(vec![Problem { path: path.into(), ..Problem::of_file(file, message) }])
    }

    /// The same of which so many are not told, and which may not be all.
    pub(crate) fn cut(self, untold: usize, stopped: bool) -> Self {
        Self { untold, stopped, ..self }
    }

    /// The same with what was taken of the logs.
    pub(crate) fn of_logs(self, logs: Vec<Arc<LogAccount>>) -> Self {
        Self { logs, ..self }
    }

    /// What was taken of each log, in order of the workload, where the scenario was read that far: which rows make it a problem.
    pub fn logs(&self) -> &[Arc<LogAccount>] {
        &self.logs
    }

    /// Adds others, those that are not told too.
    pub(crate) fn extend(&mut self, others: Self) {
        self.told.extend(others.told);
        // What many values have in common is told once.
        self.told.dedup();
        self.untold += others.untold;
        self.stopped |= others.stopped;
        if self.logs.is_empty() {
            self.logs = others.logs;
        }
    }
}

impl Problem {
    /// A problem of a file as such.
    pub(crate) fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            path: String::new(),
            message: message.into(),
            help: None,
            excerpt: None,
        }
    }

    fn title(&self) -> String {
        let message = shown(&self.message);
        if self.path.is_empty() {
            message
        } else {
            format!("{}: {message}", shown(&self.path).replace('\n', "\u{fffd}"))
        }
    }

    fn shown_help(&self) -> Option<String> {
        self.help.as_deref().map(shown)
    }

    fn render(&self, renderer: &Renderer) -> String {
        let title = self.title();
        let mut group: Group<'_> = match &self.excerpt {
            Some(excerpt) => {
                let underline = AnnotationKind::Primary.span(excerpt.start..excerpt.end);
                let snippet = Snippet::source(excerpt.text.as_str()).path(self.file.as_str()).line_start(self.line);
                Level::ERROR.primary_title(title.as_str()).element(snippet.annotation(underline))
            }
            None => {
                Level::ERROR.primary_title(title.as_str()).element(Level::NOTE.message(format!("in {}", self.file)))
            }
        };
        let help = self.shown_help();
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Problem {
    /// One line: `file:line:column: path: message (help)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.title())?;
        match self.shown_help() {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl Problems {
    /// The problems that are told, in order of place.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.told.iter()
    }

    /// How many are told.
    pub fn len(&self) -> usize {
        self.told.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// One line for each problem, and one for those that are not told: for logs and editors.
    pub fn plain(&self) -> String {
        let mut lines: String = self.told.iter().map(|problem| format!("{problem}\n")).collect();
        if let Some(first) = self.told.first().filter(|_| self.untold > 0 || self.stopped) {
            lines.push_str(&format!("{}: {}\n", first.file, self.total()));
        }
        lines
    }

    /// The same as [`fmt::Display`] with ANSI colours, for terminals.
    pub fn styled(&self) -> String {
        self.rendered(&Renderer::styled())
    }

    fn rendered(&self, renderer: &Renderer) -> String {
        let told = self.told.iter().map(|problem| problem.render(renderer) + "\n\n");
        told.chain([self.total()]).collect()
    }

    /// How many there are, in words: `3 problems`, `628 problems: 100 shown, 528 more`.
    fn total(&self) -> String {
        let n = self.told.len() + self.untold;
        let problems = if n == 1 { "problem" } else { "problems" };
        let at_least = if self.stopped { "at least " } else { "" };
        match self.untold {
            0 => format!("{at_least}{n} {problems}"),
            more => format!("{at_least}{n} {problems}: {} shown, {more} more", self.told.len()),
        }
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(told: Vec<Problem>) -> Self {
        Self { told, ..Self::default() }
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    /// Every problem with an excerpt of the text, and how many there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendered(&Renderer::plain()))
    }
}

impl std::error::Error for Problems {}
