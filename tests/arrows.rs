//! Arrows go one way: no module of the simulator uses one that stands above it, and no files of any crate use each other in a
//! circle. Read from the `use` lines and paths of the sources themselves; what only tests use does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the crates' sources.
const CRATES: [&str; 11] = [
    "simulator/src",
    "records/src",
    "models/src",
    "policies/src",
    "scenarios/src",
    "lab/src",
    "reports/src",
    "papers",
    "import/src",
    "cli",
    "benches/src",
];

/// The sources of one crate: module path, such as `engine::simulation`, and text.
struct Sources(BTreeMap<String, String>);

impl Sources {
    fn read(folder: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut sources = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
                let path = entry.expect("the checkout can be read").path();
                let is_tests = path.file_stem().is_some_and(|stem| stem == "tests");
                if path.is_dir() && !is_tests {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") && !is_tests {
                    let text = fs::read_to_string(&path).expect("the checkout can be read");
                    sources.insert(module(&path, &root), code(&text));
                }
            }
        }
        assert!(!sources.is_empty(), "{folder} has sources");
        Self(sources)
    }

    /// Which modules a module uses.
    fn used_by(&self, module: &str) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for path in paths(&self.0[module], module) {
            used.extend(self.resolve(&path));
        }
        used.remove(module);
        used
    }

    /// The module in which the thing of a path is defined: re-exports are followed.
    fn resolve(&self, path: &[String]) -> Option<String> {
        let mut at = String::new();
        let mut rest = path.iter();
        for segment in rest.by_ref() {
            let deeper = join(&at, segment);
            if self.0.contains_key(&deeper) {
                at = deeper;
                continue;
            }
            let text = self.0.get(&at)?;
            let from = exports(text).into_iter().find(|(name, _)| name == segment).map(|(_, from)| from);
            return match from {
                Some(from) if from.first().is_some_and(|first| first == "crate") => self.resolve(&from[1..]),
                Some(from) => {
                    let inside: Vec<String> =
                        at.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
                    self.resolve(&[inside, from].concat())
                }
                None => Some(at),
            };
        }
        Some(at)
    }
}

fn module(path: &Path, root: &Path) -> String {
    let inside: PathBuf = path.strip_prefix(root).expect("below the root").with_extension("");
    let parts: Vec<&str> = inside.iter().filter_map(|part| part.to_str()).collect();
    let parts = match parts.as_slice() {
        [before @ .., "mod"] => before,
        ["lib" | "main"] => &[],
        all => all,
    };
    parts.join("::")
}

fn join(at: &str, segment: &str) -> String {
    if at.is_empty() { segment.to_owned() } else { format!("{at}::{segment}") }
}

/// The text without comments, texts in quotes, and what only tests see.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = before_tests.lines().map(|line| line.split("//").next().unwrap_or_default());
    let text: Vec<&str> = lines.collect();
    // Every other part of a split at quotes stands in them; a quote as a character is none.
    text.join("\n").replace("'\"'", "' '").split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// The names that a module hands on, with the paths they come from.
fn exports(text: &str) -> Vec<(String, Vec<String>)> {
    let uses = text.split(';').filter_map(|statement| {
        let statement = statement.trim_start();
        let at = statement.find("use ")?;
        statement[..at].trim_start().starts_with("pub").then(|| &statement[at + 4..])
    });
    uses.flat_map(|tree| leaves(tree, &[])).filter_map(|path| Some((path.last()?.clone(), path))).collect()
}

/// The paths that a module uses, from the root of the crate.
fn paths(text: &str, module: &str) -> Vec<Vec<String>> {
    let own: Vec<String> = module.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut found = Vec::new();
    for statement in text.split(';') {
        let trimmed = statement.trim_start();
        let (is_use, tree) = match trimmed.find("use ") {
            Some(at) if trimmed[..at].trim().is_empty() => (true, &trimmed[at + 4..]),
            // What is handed on is used too, unless it is a module's own.
            Some(at) if trimmed[..at].trim_start().starts_with("pub") && !trimmed[..at].contains(['{', '=']) => {
                (true, &trimmed[at + 4..])
            }
            _ => (false, statement),
        };
        let trees: Vec<Vec<String>> = if is_use {
            leaves(tree, &[])
        } else {
            let starts = ["crate::", "super::"].iter().flat_map(|start| tree.match_indices(start));
            starts
                .filter_map(|(at, _)| tree[at..].split(|c: char| c != ':' && c != '_' && !c.is_alphanumeric()).next())
                .map(|path| path.split("::").map(str::to_owned).collect())
                .collect()
        };
        for path in trees {
            match path.split_first() {
                Some((first, rest)) if first == "crate" => found.push(rest.to_vec()),
                Some((first, rest)) if first == "super" => {
                    found.push([&own[..own.len().saturating_sub(1)], rest].concat());
                }
                _ => {}
            }
        }
    }
    found
}

/// The single paths of `a::{b, c::{d, e}}`.
fn leaves(tree: &str, before: &[String]) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        let parts = path.split("::").map(|part| part.trim().to_owned()).filter(|part| part != "self" && part != "*");
        return vec![before.iter().cloned().chain(parts).collect()];
    };
    let stem = tree[..open].split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
    let before: Vec<String> = before.iter().cloned().chain(stem).collect();
    let inside = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inside[start..at].trim().is_empty() {
                    found.extend(leaves(&inside[start..at], &before));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// A list of names that use each other in a circle, if there is one.
fn circle(uses: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        uses.iter().map(|(name, used)| (name.as_str(), used.iter().map(String::as_str).collect())).collect();
    // What uses nothing that is left is in no circle.
    while let Some(done) =
        left.iter().find(|(_, used)| used.iter().all(|name| !left.contains_key(name))).map(|it| *it.0)
    {
        left.remove(done);
    }
    let mut walk = vec![*left.keys().next()?];
    loop {
        let next = *left[walk[walk.len() - 1]].iter().find(|name| left.contains_key(*name))?;
        if let Some(start) = walk.iter().position(|name| *name == next) {
            return Some(walk[start..].iter().map(|name| (*name).to_owned()).collect());
        }
        walk.push(next);
    }
}

/// The modules of the simulator from the ground up, as its documentation tells them: each may use those before it.
fn order() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulator/src/lib.rs");
    let text = fs::read_to_string(root).expect("the checkout can be read");
    let list = text.split("//! ```text").last().and_then(|after| after.split("//! ```").next()).unwrap_or_default();
    let words = list.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// What uses something above it, in words.
fn back_arrows(sources: &Sources) -> Vec<String> {
    let order = order();
    let rank = |module: &str| order.iter().position(|name| *name == top(module));
    let mut found = Vec::new();
    for module in sources.0.keys().filter(|module| !module.is_empty()) {
        let Some(own) = rank(module) else {
            found.push(format!("{module} has no place in the order of modules"));
            continue;
        };
        for used in sources.used_by(module) {
            if rank(&used).is_some_and(|used| used > own) {
                found.push(format!("{module} uses {used}, which stands above it"));
            }
        }
    }
    found
}

#[test]
fn no_module_of_the_simulator_uses_one_above_it() {
    let sources = Sources::read("simulator/src");
    assert_eq!(back_arrows(&sources), Vec::<String>::new());
    let arrows: BTreeSet<(&str, String)> = (sources.0.keys())
        .flat_map(|module| sources.used_by(module).into_iter().map(|used| (top(module), top(&used).to_owned())))
        .filter(|(from, to)| from != to && !to.is_empty())
        .collect();
    println!("{} modules, {} arrows", order().len(), arrows.len());
}

#[test]
fn an_arrow_back_up_would_be_found() {
    let mut sources = Sources::read("simulator/src");
    let storage = sources.0.get_mut("storage").expect("there is storage");
    storage.insert_str(0, "use crate::{engine::{Setup, EngineError}, units::Bytes};\n");
    assert_eq!(
        back_arrows(&sources),
        ["storage uses engine::error, which stands above it", "storage uses engine::setup, which stands above it"]
    );
    let ticker = sources.0.get_mut("ticker").expect("there is a ticker");
    ticker.insert_str(0, "pub(crate) use crate::fts::WhenFull;\n");
    assert!(back_arrows(&sources).contains(&"ticker uses fts::settings, which stands above it".to_owned()));
    assert_eq!(code("let quote = '\"'; use crate::engine::Setup;"), "let quote = ' '; use crate::engine::Setup;");
    let units = sources.0.get_mut("units").expect("there are units");
    units.push_str("fn now() -> crate::topology::Route { crate::topology::Route::default() }");
    assert!(back_arrows(&sources).contains(&"units uses topology::map, which stands above it".to_owned()));
}

#[test]
fn no_modules_or_files_of_a_crate_use_each_other_in_a_circle() {
    let mut found = Vec::new();
    for folder in CRATES {
        let sources = Sources::read(folder);
        let mut uses: BTreeMap<String, BTreeSet<String>> =
            sources.0.keys().map(|module| (module.clone(), sources.used_by(module))).collect();
        // The root of a crate declares and hands on.
        uses.remove("");
        let mut modules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, used) in &uses {
            let others = used.iter().map(|used| top(used).to_owned()).filter(|used| used != top(module));
            modules.entry(top(module).to_owned()).or_default().extend(others);
        }
        found.extend(circle(&modules).map(|circle| format!("modules of {folder}: {}", circle.join(" -> "))));
        // A module and those inside it are one thing in several files.
        for (module, used) in &mut uses {
            let is_inside =
                |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"));
            used.retain(|other| !is_inside(module, other) && !is_inside(other, module));
        }
        found.extend(circle(&uses).map(|circle| format!("{folder}: {}", circle.join(" -> "))));
    }
    assert_eq!(found, Vec::<String>::new());
}
