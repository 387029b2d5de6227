//! Presets: settings of the services that a scenario starts from, `services: (preset: "cms2026", fts: (..))`.
//!
//! A preset is a text of the form that `services` has. It is laid *under* what is written, field by field, before anything
//! is decoded: what the file, `--set` or a sweep says of a field holds, and what none of them says the preset gives. So the
//! tree that paths and messages go by is what was written alone, and a sweep may go over presets themselves.

use std::borrow::Cow;
use std::sync::Arc;

use super::mistake::Mistake;
use super::parse;
use super::path::At;
use super::source::Sources;
use super::tree::{Field, Kind, Node};
use crate::bundled;
use crate::near::{did_you_mean, listed};

/// Name and text of each: the files in `scenarios/presets/`.
pub(crate) fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let preset = |path: &'static str| path.strip_prefix("presets/")?.strip_suffix(".ron");
    bundled::FILES.iter().filter_map(move |(path, text)| Some((preset(path)?, *text)))
}

/// The presets, read.
#[derive(Clone, Debug)]
pub(crate) struct Presets(Arc<[(&'static str, Node)]>);

impl Presets {
    /// Reads all of them, so that a place in one can be told.
    pub fn read(sources: &mut Sources) -> Self {
        let read = |(name, text): (&'static str, &str)| {
            let source = sources.add(format!("preset {name}"), text);
            // That they are RON is held by a test.
            Some((name, parse::parse(source, text).ok()?))
        };
        Self(texts().filter_map(read).collect())
    }

    /// The scenario with the preset that it names laid under its services, and the mistake if there is none of that name.
    pub fn under<'n>(&self, root: &'n Node, sources: &Sources) -> (Cow<'n, Node>, Option<Mistake>) {
        let named = root.field(sources, "services").and_then(|services| services.inner().field(sources, "preset"));
        // What is no text is for decoding to say.
        let Some((node, name)) = named.and_then(|node| Some((node, node.text(sources)?))) else {
            return (Cow::Borrowed(root), None);
        };
        let Some((_, preset)) = self.0.iter().find(|(known, _)| *known == name) else {
            let services = At::ROOT.field("services");
            return (Cow::Borrowed(root), Some(unknown(&name).or_at(node.head(), &services.field("preset"))));
        };
        let mut root = root.clone();
        if let Kind::Struct(_, fields) = &mut root.kind
            && let Some(services) = fields.iter_mut().find(|field| sources.slice(field.key) == "services")
        {
            lay_under(preset, &mut services.value, sources);
        }
        (Cow::Owned(root), None)
    }
}

fn unknown(name: &str) -> Mistake {
    let names = || texts().map(|(name, _)| name);
    let help = format!("{}there is: {}", did_you_mean(name, names()), listed(names()));
    Mistake { help: Some(help), ..Mistake::new(format!("no preset is called `{name}`")) }
}

/// Adds to a value what lies under it: fields that it does not write. A list, and another choice than the preset's, is
/// taken as it is written.
fn lay_under(preset: &Node, written: &mut Node, sources: &Sources) {
    // `()` is a struct none of whose fields is written.
    if let Kind::Tuple(name, items) = &mut written.kind
        && items.is_empty()
    {
        written.kind = Kind::Struct(*name, Vec::new());
    }
    let (Kind::Struct(name, fields), Kind::Struct(under, given)) = (&mut written.kind, &preset.kind) else { return };
    if let (Some(name), Some(under)) = (&name, under)
        && sources.slice(*name) != sources.slice(*under)
    {
        return;
    }
    // Brackets without a name go on with the preset's choice, as a path of `--set` does.
    *name = name.or(*under);
    for Field { key, value } in given {
        match fields.iter_mut().find(|field| sources.slice(field.key) == sources.slice(*key)) {
            Some(field) => lay_under(value, &mut field.value, sources),
            None => fields.push(Field { key: *key, value: value.clone() }),
        }
    }
}
