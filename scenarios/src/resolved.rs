//! Resolved scenarios, as a manifest keeps them: what they sweep, and where two of them differ.
//!
//! They are read as text. Nothing is checked and no log is opened, so that results can be looked at wherever they are.

use std::path::Path;

use crate::problems::Problems;
use crate::read::source::Sources;
use crate::read::tree::{Kind, Node};
use crate::read::{Document, FilesFrom};
use crate::scenario::{SweepAxis, SweepValue, figure};

/// One place where two scenarios differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path, as messages, sweeps and `--set` write it.
    pub path: String,
    /// The value in the first as RON on one line; `None` where it has none.
    pub first: Option<String>,
    /// The value in the second.
    pub second: Option<String>,
}

/// What a resolved scenario sweeps.
///
/// # Errors
/// Where it is no RON.
pub fn sweep_of(resolved: &str) -> Result<Vec<SweepAxis>, Problems> {
    let Document { root, sources, .. } = read("the resolved scenario", resolved)?;
    let sweep = root.field(&sources, "experiment").and_then(|experiment| experiment.field(&sources, "sweep"));
    let Some(Kind::List(axes)) = sweep.map(|sweep| &sweep.kind) else { return Ok(Vec::new()) };
    let axis = |axis: &Node| {
        let path = axis.field(&sources, "path")?.text(&sources)?;
        let Kind::List(values) = &axis.field(&sources, "values")?.kind else { return None };
        let value = |node: &Node| {
            let text = sources.slice(node.range).trim().to_owned();
            SweepValue { number: figure(&text), text }
        };
        Some(SweepAxis { path, values: values.iter().map(value).collect() })
    };
    Ok(axes.iter().filter_map(axis).collect())
}

/// Where two resolved scenarios differ, in the order of the first; elements of lists are matched by name where they have
/// one, else by position. A value that is written in another way, `Gbps(1)` for `Mbps(1000)`, is resolved to the same.
///
/// # Errors
/// Where one of them is no RON.
pub fn differences(first: &str, second: &str) -> Result<Vec<Difference>, Problems> {
    let (first, second) = (read("the first scenario", first)?, read("the second scenario", second)?);
    let mut found = Vec::new();
    Pair { first: &first.sources, second: &second.sources }.compare(&first.root, &second.root, "", &mut found);
    Ok(found)
}

fn read(name: &str, text: &str) -> Result<Document, Problems> {
    Document::read(FilesFrom::Bundled, (name, text), Path::new(""), &[])
}

/// The texts of two scenarios.
struct Pair<'a> {
    first: &'a Sources,
    second: &'a Sources,
}

impl Pair<'_> {
    fn compare(&self, first: &Node, second: &Node, path: &str, found: &mut Vec<Difference>) {
        let (one, other) = (first.print(self.first), second.print(self.second));
        if one == other {
            return;
        }
        match (&first.kind, &second.kind) {
            (Kind::Struct(name, _), Kind::Struct(other, _))
                if name.map(|name| self.first.slice(name)) == other.map(|name| self.second.slice(name)) =>
            {
                self.parts(&fields(first, self.first), &fields(second, self.second), path, found);
            }
            (Kind::Tuple(Some(name), of), Kind::Tuple(Some(other), with))
                if of.len() == 1
                    && with.len() == 1
                    && is_struct(&of[0])
                    && is_struct(&with[0])
                    && self.first.slice(*name) == self.second.slice(*other) =>
            {
                self.compare(&of[0], &with[0], path, found);
            }
            (Kind::List(of), Kind::List(with)) if of.iter().chain(with).all(|item| is_struct(item.inner())) => {
                self.parts(&elements(of, self.first), &elements(with, self.second), path, found);
            }
            _ => found.push(Difference { path: path.to_owned(), first: Some(one), second: Some(other) }),
        }
    }

    /// Compares parts of the same key; the others are there or not.
    fn parts(&self, of: &Parts<'_>, with: &Parts<'_>, path: &str, found: &mut Vec<Difference>) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        for (key, node) in of {
            match with.iter().find(|(other, _)| other == key) {
                Some((_, other)) => self.compare(node, other, &below(key), found),
                None => {
                    let first = Some(node.print(self.first));
                    found.push(Difference { path: below(key), first, second: None });
                }
            }
        }
        for (key, node) in with.iter().filter(|(key, _)| of.iter().all(|(other, _)| other != key)) {
            let second = Some(node.print(self.second));
            found.push(Difference { path: below(key), first: None, second });
        }
    }
}

/// Parts of a value by their keys in a path.
type Parts<'a> = Vec<(String, &'a Node)>;

fn is_struct(node: &Node) -> bool {
    matches!(node.kind, Kind::Struct(..))
}

fn fields<'a>(node: &'a Node, sources: &Sources) -> Parts<'a> {
    let fields = node.fields().unwrap_or_default();
    fields.iter().map(|field| (sources.slice(field.key).to_owned(), &field.value)).collect()
}

fn elements<'a>(items: &'a [Node], sources: &Sources) -> Parts<'a> {
    let key = |(nth, item): (usize, &Node)| item.name(sources).unwrap_or_else(|| nth.to_string());
    items.iter().enumerate().map(|item| (key(item), item.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_read_back_as_it_was_planned() {
        let text = "(seed: 7, experiment: (sweep: [(path: \"a.b\", values: [Gbps(5), 0.25, Unlimited])]))";
        let axes = sweep_of(text).expect("it is RON");
        let values: Vec<_> = axes[0].values.iter().map(|value| (value.text.as_str(), value.number)).collect();
        assert_eq!(axes[0].path, "a.b");
        assert_eq!(values, [("Gbps(5)", Some(5.0)), ("0.25", Some(0.25)), ("Unlimited", None)]);
        assert_eq!(sweep_of("(seed: 7)"), Ok(Vec::new()));
        assert!(sweep_of("(seed: ").is_err());
    }

    #[test]
    fn differences_have_the_paths_of_messages() {
        let first = "(seed: 7, links: [(name: \"A-B\", rate: Gbps(1)), (name: \"B-C\", rate: Gbps(2))], \
                     workload: [Jobs((name: \"j\", at: Poisson(per_hour: 6)))], record: Rows)";
        let second = "(seed: 7, links: [(name: \"B-C\", rate: Gbps(2)), (name: \"A-B\", rate: Mbps(500)), \
                      (name: \"C-D\", rate: Gbps(3))], workload: [Jobs((name: \"j\", at: Poisson(per_hour: 7)))])";
        let told = |difference: Difference| {
            let value = |value: Option<String>| value.unwrap_or_else(|| "-".into());
            format!("{}: {} | {}", difference.path, value(difference.first), value(difference.second))
        };
        let found: Vec<String> = differences(first, second).expect("both are RON").into_iter().map(told).collect();
        assert_eq!(
            found,
            [
                "links.A-B.rate: Gbps(1) | Mbps(500)",
                "links.C-D: - | (name: \"C-D\", rate: Gbps(3))",
                "workload.j.at.per_hour: 6 | 7",
                "record: Rows | -",
            ]
        );
        assert_eq!(differences(first, first), Ok(Vec::new()));
    }
}
