//! Maps, through text, paths and mistakes.

use std::collections::BTreeMap;
use std::path::Path;

use dapple_simulator::settings;

use crate::read::{Decoded, Document, FilesFrom};

settings! {
    /// Something with attributes.
    pub struct Place {
        /// Its name.
        pub name: String,
        /// Its attributes.
        pub attributes: BTreeMap<String, String> = BTreeMap::new(),
        /// Shares by name.
        #[range(NotNegative)]
        pub shares: BTreeMap<String, f64> = BTreeMap::new(),
    }
}

fn read(text: &str, overrides: &[(&str, &str)]) -> Result<Place, String> {
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    let document = Document::read(FilesFrom::Bundled, ("place.ron", text), Path::new(""), &overrides)
        .map_err(|problems| problems.plain())?;
    let Decoded { value, mistakes, stopped } = document.decode::<Place>();
    match value.filter(|_| mistakes.is_empty()) {
        Some(place) => Ok(place),
        None => Err(document.problems(&mistakes, &[], stopped).plain()),
    }
}

fn attributes(text: &str, overrides: &[(&str, &str)]) -> Vec<(String, String)> {
    read(text, overrides).unwrap_or_else(|problems| panic!("{problems}")).attributes.into_iter().collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn attributes_are_words_however_they_are_written() {
    let text =
        r#"(name: "A", attributes: {"tier": 2, "type": "disk", "share": 0.25, "cloud.name": "FR", "greedy": true})"#;
    let all = [("cloud.name", "FR"), ("greedy", "true"), ("share", "0.25"), ("tier", "2"), ("type", "disk")];
    assert_eq!(attributes(text, &[]), pairs(&all));
    assert_eq!(attributes(r#"(name: "A", attributes: (tier: 2))"#, &[]), pairs(&[("tier", "2")]));
    assert_eq!(attributes(r#"(name: "A", attributes: ())"#, &[]), []);
    assert_eq!(attributes(r#"(name: "A", attributes: {})"#, &[]), []);
}

#[test]
fn paths_reach_the_entries_of_a_map() {
    let text = r#"(name: "A", attributes: {"tier": 2, "cloud.name": "FR"})"#;
    let set = [("attributes.tier", "1"), ("attributes.cloud.name", "\"DE\""), ("attributes.a-b", "3")];
    assert_eq!(attributes(text, &set), pairs(&[("a-b", "3"), ("cloud.name", "DE"), ("tier", "1")]));
    assert_eq!(attributes(r#"(name: "A")"#, &[("attributes.tier", "1")]), pairs(&[("tier", "1")]));
}

#[test]
fn mistakes_in_a_map_are_told_where_they_are() {
    let bad = |text: &str, overrides: &[(&str, &str)]| read(text, overrides).expect_err("this is wrong");
    let text = "(name: \"A\",\n attributes: {\"tier\": [1], tier: 2, \"x\": 1, \"x\": 2})";
    assert!(
        bad(text, &[]).contains("place.ron:2:28: attributes: a text in double quotes is expected here"),
        "{}",
        bad(text, &[])
    );
    let text = "(name: \"A\",\n attributes: {\"tier\": [1], \"x\": 1, \"x\": 2, \"y\": inf})";
    let told = bad(text, &[]);
    for part in [
        "place.ron:2:23: attributes.tier",
        "place.ron:2:36: attributes.x: `x` is written twice",
        "attributes.y: must be finite",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let share = bad("(name: \"A\", shares: {\"user\": -1})", &[]);
    assert!(share.contains("shares.user: must be finite and not negative, is -1"), "{share}");
    let list = bad("(name: \"A\", shares: [1])", &[]);
    assert!(list.contains("a map `{\"name\": value, ..}` is expected here, not a list"), "{list}");
    let set = bad("(name: \"A\", shares: {\"user\": 1})", &[("shares.user", "\"much\"")]);
    assert!(set.contains("--set shares.user:1:13: shares.user: a number is expected here"), "{set}");
}
