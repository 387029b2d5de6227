//! Collecting what is wrong, and the checks that everything needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use dapple_simulator::hidden::is_hidden;

use crate::logs::LogAccount;
use crate::near::{did_you_mean, listed};
use crate::read::Fault;
use crate::read::path::{At, Path, Step};
use crate::shown::shown;

/// Collects faults and warnings; never stops at the first.
#[derive(Debug, Default)]
pub(crate) struct Check {
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What is worth knowing.
    pub warnings: Vec<String>,
    /// Places whose value is a filler, about which nothing can be said.
    pub mended: Vec<Path>,
    /// Whether rows of a log that cannot be read are a fault, whatever the scenario says, and what cannot work too.
    pub strict: bool,
    /// What was taken of each log, in order of the workload, also where its rows are a fault.
    pub accounts: Vec<Arc<LogAccount>>,
}

/// Names of one kind of thing and what they stand for; `None`: declared, with something wrong about it.
#[derive(Debug)]
pub(crate) struct Names<Id> {
    what: &'static str,
    ids: BTreeMap<String, Option<Id>>,
    complete: bool,
}

impl Check {
    /// Something is wrong.
    pub fn fault(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.faults.push(Fault { path: at.path(), message: message.into(), help: None });
    }

    /// Something is wrong, with what would be right.
    pub fn fault_help(&mut self, at: &At<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault { path: at.path(), message: message.into(), help: Some(help.into()) });
    }

    /// Keeps what is to be told of a log.
    pub fn log(&mut self, account: Arc<LogAccount>) {
        self.warnings.extend(account.warnings());
        self.accounts.push(account);
    }

    /// Whether a text can be a name: it stands on terminals, in file names, in tables that spreadsheets open, and in pictures.
    pub fn name(&mut self, at: &At<'_>, what: &str, name: &str) -> bool {
        if name.trim().is_empty() {
            self.fault(at, "a name may not be empty");
            return false;
        }
        if let Some(hidden) = name.chars().find(|&c| is_hidden(c)) {
            let shown = shown(name).replace('\n', " ");
            let code = u32::from(hidden);
            self.fault(at, format!("a name may have no control characters: `{shown}` has U+{code:04X}"));
            return false;
        }
        if name.starts_with(['=', '+', '-', '@']) {
            self.warnings
                .push(format!("{what} `{name}`: spreadsheets take a cell that begins like this for a formula"));
        }
        true
    }

    /// Whether something at or around this place is a filler, so that comparing with it says nothing.
    pub fn is_mended(&self, at: &At<'_>) -> bool {
        if self.mended.is_empty() {
            return false;
        }
        let path = at.path();
        self.mended.iter().any(|mended| mended.is_within(&path) || path.is_within(mended))
    }

    /// The names of a list in which each must be unique and not empty.
    pub fn names<Id>(&mut self, what: &'static str, list: &At<'_>) -> Names<Id> {
        let path = list.path();
        // A field beside the list that nobody knows may have been meant for it.
        let is_beside = |mended: &Path| {
            mended.0.len() == path.0.len()
                && mended.0.split_last().map(|(_, above)| above) == path.0.split_last().map(|(_, above)| above)
        };
        // An element or name that could not be read may be the one that a reference means: then none is unknown.
        let hides = |mended: &Path| match mended.0.strip_prefix(path.0.as_slice()) {
            None if is_beside(mended) => true,
            Some([] | [Step::Index(_)]) => true,
            Some([Step::Index(_), Step::Field(name)]) => name == "name",
            Some(_) => false,
            None => path.is_within(mended),
        };
        let complete = !self.mended.iter().any(hides);
        Names { what, ids: BTreeMap::new(), complete }
    }
}

impl<Id: Copy> Names<Id> {
    /// Adds the name of the thing at `at`.
    pub fn declare(&mut self, at: &At<'_>, name: &str, id: Option<Id>, check: &mut Check) {
        let at = at.field("name");
        let is_good = check.name(&at, self.what, name);
        if is_good && self.ids.contains_key(name) {
            check.fault(&at, format!("another {} is called `{name}`: names must be unique", self.what));
        } else if !name.trim().is_empty() {
            // What refers to a name that may not be is not wrong too.
            self.ids.entry(name.to_owned()).or_insert(id);
        }
    }

    /// What a name stands for; a fault where it stands for nothing.
    pub fn resolve(&self, at: &At<'_>, name: &str, check: &mut Check) -> Option<Id> {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        if self.complete {
            let help = self.help(name);
            check.fault_help(at, format!("no {} is called `{name}`", self.what), help);
        }
        None
    }

    /// What a name stands for, asking quietly.
    pub fn get(&self, name: &str) -> Option<Id> {
        self.ids.get(name).copied().flatten()
    }

    fn help(&self, name: &str) -> String {
        let names = || self.ids.keys().map(String::as_str);
        let near = did_you_mean(name, names());
        format!("{near}there is: {}", listed(names()))
    }
}
