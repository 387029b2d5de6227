//! What the presets set, and where each value comes from: `docs/presets.md`.
//!
//! Made from the files in `scenarios/presets/`: the comment above a field is the origin of its value. A test compares the page
//! with [`markdown`]; `UPDATE_DOCS=1 cargo test -p dapple-scenarios` rewrites it.

use std::collections::{BTreeMap, BTreeSet};

use crate::file::Services;
use crate::notation::compact;
use crate::read::decode::decode;
use crate::read::parse::parse;
use crate::read::preset::texts;
use crate::read::source::Sources;
use crate::read::tree::{Kind, Node};

/// One preset as the page shows it.
struct Preset {
    name: &'static str,
    /// What it is, in words.
    about: String,
    /// Paths of its fields below `services`, in order, with value and origin.
    written: Vec<(String, String, String)>,
    /// Every field of the services with the value that it then has.
    values: BTreeMap<String, String>,
}

const INTRODUCTION: &str = "\
# Presets

A preset gives the settings of all services that a scenario does not write itself:

```ron
services: (preset: \"cms2026\", fts: (streams: 2)),      // as CMS runs them, but for one field
```

Every field can be set by the scenario, by `--set services.fts.streams=4` and by a sweep, and a sweep can go over the presets
themselves (`path: \"services.preset\"`). `dapple check` takes the preset along, and the resolved scenario in `manifest.json`
has every value. Where no preset is named it is `instant`. This page is made from the files in `scenarios/presets/`.

## Values

Fields in which presets differ; all others have the default of the
[reference](scenario-reference.md#services) in each of them.
";

/// The page.
pub fn markdown() -> String {
    let mut presets: Vec<Preset> = texts().filter_map(|(name, text)| read(name, text)).collect();
    // What holds where none is named comes first.
    presets.sort_by_key(|preset| (preset.name != Services::default().preset, preset.name));
    let mut out = String::from(INTRODUCTION);
    let names: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
    out.push_str(&format!("\n| field | `{}` |\n|---|{}\n", names.join("` | `"), "---|".repeat(names.len())));
    let fields: BTreeSet<&str> = presets.iter().flat_map(|preset| preset.values.keys().map(String::as_str)).collect();
    // Where one preset has a struct and another none of it, the rows are those of the struct.
    let is_part = |field: &str, of: &str| field.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
    let is_whole = |field: &str| fields.iter().any(|other| is_part(other, field));
    for &field in fields.iter().filter(|field| **field != "preset" && !is_whole(field)) {
        let value = |preset: &'_ Preset| -> String {
            let own = || preset.values.get(field);
            let whole = || preset.values.iter().find(|(of, _)| is_part(field, of)).map(|(_, value)| value);
            own().or_else(whole).cloned().unwrap_or_default()
        };
        let values: Vec<String> = presets.iter().map(value).collect();
        if values.iter().any(|value| *value != values[0]) {
            out.push_str(&format!("| `{field}` | `{}` |\n", values.join("` | `")));
        }
    }
    for Preset { name, about, written, .. } in presets.iter().filter(|preset| !preset.about.is_empty()) {
        out.push_str(&format!("\n## {name}\n\n{about}\n"));
        if !written.is_empty() {
            out.push_str("\n| field | value | where it comes from |\n|---|---|---|\n");
        }
        for (field, value, origin) in written {
            out.push_str(&format!("| `{field}` | `{value}` | {origin} |\n"));
        }
    }
    out
}

fn read(name: &'static str, text: &str) -> Option<Preset> {
    let mut sources = Sources::default();
    let source = sources.add(name, text);
    let root = parse(source, text).ok()?;
    let about = comment_above(text, root.range.start as usize);
    let mut written = Vec::new();
    leaves(&root, &sources, "", &mut |path, node, key| {
        let origin = comment_above(text, key.unwrap_or(0));
        written.push((path.to_owned(), node.print(&sources), origin));
    });
    let services = decode::<Services>(&root, &sources, &[]).value?;
    let resolved = compact(&services);
    let mut sources = Sources::default();
    let source = sources.add(name, resolved.as_str());
    let root = parse(source, &resolved).ok()?;
    let mut values = BTreeMap::new();
    leaves(&root, &sources, "", &mut |path, node, _| {
        values.insert(path.to_owned(), node.print(&sources).replace(".0)", ")"));
    });
    Some(Preset { name, about, written, values })
}

/// The fields of a struct and of structs in it, with their paths and where their names stand.
fn leaves(node: &Node, sources: &Sources, path: &str, found: &mut dyn FnMut(&str, &Node, Option<usize>)) {
    for field in node.fields().unwrap_or_default() {
        let name = sources.slice(field.key);
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match &field.value.kind {
            Kind::Struct(None, _) => leaves(&field.value, sources, &path, found),
            _ => found(&path, &field.value, Some(field.key.start as usize)),
        }
    }
}

/// The comment on the lines right above the one in which a byte stands, as one text.
fn comment_above(text: &str, byte: usize) -> String {
    let line = text[..byte].rfind('\n').map_or(0, |end| end + 1);
    let mut words: Vec<&str> = text[..line].lines().rev().map_while(|line| line.trim().strip_prefix("//")).collect();
    words.reverse();
    words.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn presets() -> Vec<Preset> {
        texts().map(|(name, text)| read(name, text).unwrap_or_else(|| panic!("{name} can be read"))).collect()
    }

    #[test]
    fn every_value_of_a_preset_is_right_and_has_its_origin() {
        for Preset { name, about, written, .. } in presets() {
            assert!(!about.is_empty(), "{name} says what it is");
            for (field, value, origin) in &written {
                assert!(origin.len() > 10, "{name}: {field} has no origin");
                // A path of `--set` goes into no list that only the preset writes.
                assert!(!value.starts_with(['[', '{']), "{name}: {field} can be set as a whole only");
            }
        }
        for (name, text) in texts() {
            let mut sources = Sources::default();
            let source = sources.add(name, text);
            let root = parse(source, text).unwrap_or_else(|error| panic!("{name}: {}", error.message));
            let decoded = decode::<Services>(&root, &sources, &[]);
            assert!(decoded.mistakes.is_empty(), "{name}: {:?}", decoded.mistakes);
        }
    }

    #[test]
    fn where_none_is_named_it_is_the_one_that_changes_nothing() {
        let default = Services::default().preset;
        let preset = presets().into_iter().find(|preset| preset.name == default).expect("it is there");
        assert!(preset.written.is_empty(), "{:?}", preset.written);
    }

    #[test]
    fn the_committed_page_is_this_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/presets.md");
        let made = markdown();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &made).expect("docs can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == made, "docs/presets.md is stale: run with UPDATE_DOCS=1");
    }
}
