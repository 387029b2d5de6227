//! What differs between two versions of a scenario.

use std::fmt;

use crate::read::parse;
use crate::read::source::Sources;
use crate::read::tree::{Kind, Node};

/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// Two values at one place of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The place: `topology.links.CERN-GRIF.bandwidth`.
    pub path: String,
    /// What was there; `None`: nothing.
    pub before: Option<String>,
    /// What is there now; `None`: nothing.
    pub now: Option<String>,
}

impl fmt::Display for Difference {
    /// `topology.links.CERN-GRIF.bandwidth: was Gbps(10), is Gbps(20)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not there".into());
        write!(f, "{}: was {}, is {}", self.path, value(&self.before), value(&self.now))
    }
}

/// What differs between two resolved scenarios, in order of place; elements of lists are paired by their names where they
/// have them. Nothing where either cannot be read.
pub fn differences(before: &str, now: &str) -> Vec<Difference> {
    let mut sources = Sources::default();
    let [before, now] = [before, now].map(|text| {
        let source = sources.add("scenario", text);
        parse::parse(source, text).ok()
    });
    let mut found = Vec::new();
    if let (Some(before), Some(now)) = (before, now) {
        compare(&sources, "", (Some(&before), Some(&now)), &mut found);
    }
    found
}

fn compare(sources: &Sources, path: &str, (before, now): (Option<&Node>, Option<&Node>), found: &mut Vec<Difference>) {
    let print = |node: &Node| shortened(&node.print(sources));
    if let (Some(before), Some(now)) = (before, now) {
        if before.print(sources) == now.print(sources) {
            return;
        }
        if let (Some(one), Some(other), true) =
            (parts(before, sources), parts(now, sources), variant(before, sources) == variant(now, sources))
        {
            let gone = one.iter().filter(|(name, _)| !other.iter().any(|(there, _)| there == name));
            let names: Vec<&String> = gone.chain(&other).map(|(name, _)| name).collect();
            for name in names {
                let part = |parts: &[(String, &'_ Node)]| parts.iter().position(|(there, _)| there == name);
                let pair = (part(&one).map(|at| one[at].1), part(&other).map(|at| other[at].1));
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(sources, &below, pair, found);
            }
            return;
        }
    }
    found.push(Difference { path: path.to_owned(), before: before.map(print), now: now.map(print) });
}

fn variant<'s>(node: &Node, sources: &'s Sources) -> Option<&'s str> {
    match &node.kind {
        Kind::Struct(name, _) => name.map(|name| sources.slice(name)),
        _ => None,
    }
}

/// Fields, or elements by name or position, where two of them are comparable part by part.
fn parts<'n>(node: &'n Node, sources: &Sources) -> Option<Vec<(String, &'n Node)>> {
    match &node.kind {
        Kind::Struct(_, fields) => {
            Some(fields.iter().map(|field| (sources.slice(field.key).to_owned(), &field.value)).collect())
        }
        Kind::List(items) => {
            let name = |(index, item): (usize, &Node)| item.name(sources).unwrap_or_else(|| index.to_string());
            Some(items.iter().enumerate().map(|(index, item)| (name((index, item)), item)).collect())
        }
        _ => None,
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_both_values_are_told() {
        let before = "(a: 1, links: [(name: \"x\", bandwidth: Gbps(10)), (name: \"y\")], gone: [1])";
        let now = "(links: [(name: \"y\"), (name: \"x\", bandwidth: Gbps(20)), (name: \"z\")], a: 1, new: Jobs(b: 2))";
        let found: Vec<String> = differences(before, now).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "gone: was [1], is not there",
                "links.x.bandwidth: was Gbps(10), is Gbps(20)",
                "links.z: was not there, is (name: \"z\")",
                "new: was not there, is Jobs(b: 2)",
            ]
        );
        assert_eq!(differences(before, before), []);
        assert_eq!(differences(before, "("), [], "one that cannot be read says nothing");
    }
}
