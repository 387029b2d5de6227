//! Paths such as `topology.links.CERN-GRIF.bandwidth`: one grammar for messages, `--set` and sweeps.
//!
//! Fields are separated by dots; an element of a list goes by its `name` where it has one, else by its
//! position from 0; the value of a map goes by its name. The name of an enum variant is not part of a path: `workload.analysis.arrivals.per_hour`.

use super::source::{Sources, TextRange};
use super::tree::{Kind, Node};

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into a field.
    Field(String),
    /// Into an element of a list or tuple.
    Index(usize),
}

/// A place in a scenario, by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(pub Vec<Step>);

/// A place while walking down: a list on the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    above: Option<&'a At<'a>>,
    step: StepRef<'a>,
}

#[derive(Clone, Copy, Debug)]
enum StepRef<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The whole scenario.
    pub const ROOT: At<'static> = At { above: None, step: StepRef::Root };

    /// A field of this.
    pub fn field(&'a self, name: &'a str) -> At<'a> {
        At { above: Some(self), step: StepRef::Field(name) }
    }

    /// An element of this.
    pub fn index(&'a self, index: usize) -> At<'a> {
        At { above: Some(self), step: StepRef::Index(index) }
    }

    /// The place as a value of its own.
    pub fn path(&self) -> Path {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(at) = here {
            match at.step {
                StepRef::Root => {}
                StepRef::Field(name) => steps.push(Step::Field(name.to_owned())),
                StepRef::Index(index) => steps.push(Step::Index(index)),
            }
            here = at.above;
        }
        steps.reverse();
        Path(steps)
    }
}

impl Path {
    /// Whether this place is `other` or inside it.
    pub fn is_within(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The way down from `node` to the file that could not be read and is named at a place.
    pub fn to_unread(node: &Node, named_at: TextRange, sources: &Sources) -> Option<Self> {
        let below = |node: &Node, step: Option<Step>| {
            let path = Self::to_unread(node, named_at, sources)?;
            Some(Self(step.into_iter().chain(path.0).collect()))
        };
        match &node.kind {
            Kind::Unread => (node.range == named_at).then(Self::default),
            Kind::Struct(_, fields) => fields
                .iter()
                .find_map(|field| below(&field.value, Some(Step::Field(sources.slice(field.key).to_owned())))),
            // The brackets of a variant around one value are no step.
            Kind::Tuple(Some(_), items) if items.len() == 1 => below(&items[0], None),
            Kind::List(items) | Kind::Tuple(_, items) => {
                items.iter().enumerate().find_map(|(index, item)| below(item, Some(Step::Index(index))))
            }
            Kind::Map(entries) => {
                entries.iter().find_map(|(key, value)| below(value, Some(Step::Field(key.text(sources)?))))
            }
            Kind::Number | Kind::Text | Kind::Name | Kind::Other | Kind::Word => None,
        }
    }

    /// The node at this place, or the deepest that is there on the way, and whether it is the place itself.
    pub fn find<'n>(&self, root: &'n Node, sources: &Sources) -> (&'n Node, bool) {
        let mut node = root;
        for step in &self.0 {
            match child(node, step, sources) {
                Some(next) => node = next,
                None => return (node, false),
            }
        }
        (node, true)
    }

    /// The path in words, list elements by name where they have one.
    pub fn show(&self, root: &Node, sources: &Sources) -> String {
        let mut node = Some(root);
        let mut words = Vec::with_capacity(self.0.len());
        for step in &self.0 {
            node = node.and_then(|node| child(node, step, sources));
            words.push(match step {
                Step::Field(name) => name.clone(),
                Step::Index(index) => node.and_then(|node| node.name(sources)).unwrap_or_else(|| index.to_string()),
            });
        }
        words.join(".")
    }
}

fn child<'n>(node: &'n Node, step: &Step, sources: &Sources) -> Option<&'n Node> {
    match step {
        Step::Field(name) => match &node.inner().kind {
            Kind::Map(entries) => entry(entries, name, sources).map(|index| &entries[index].1),
            _ => node.inner().field(sources, name),
        },
        Step::Index(index) => match &node.kind {
            // The brackets of a variant around one value are no step.
            Kind::Tuple(Some(_), items) if items.len() == 1 => child(&items[0], step, sources),
            Kind::List(items) | Kind::Tuple(_, items) => items.get(*index),
            _ => None,
        },
    }
}

/// The position of the entry of a map that has this name.
pub(crate) fn entry(entries: &[(Node, Node)], name: &str, sources: &Sources) -> Option<usize> {
    entries.iter().position(|(key, _)| key.text(sources).is_some_and(|key| key == name))
}

/// The position of the element that the start of `rest` names, and what follows the name and its dot.
///
/// Names may contain dots: the longest that fits wins. An element without a name goes by its position.
pub(crate) fn element<'p>(items: &[Node], rest: &'p str, sources: &Sources) -> Option<(usize, &'p str)> {
    let after = |name: &str| {
        let after = rest.strip_prefix(name)?;
        if after.is_empty() { Some(after) } else { after.strip_prefix('.') }
    };
    let named = items.iter().enumerate().filter_map(|(index, item)| {
        let name = item.name(sources)?;
        after(&name).map(|after| (index, after))
    });
    let longest = named.min_by_key(|(_, after)| after.len());
    longest.or_else(|| {
        let (word, after) = rest.split_once('.').unwrap_or((rest, ""));
        let index = word.parse().ok().filter(|&index| index < items.len())?;
        Some((index, after))
    })
}
