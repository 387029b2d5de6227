use std::collections::BTreeSet;

use super::*;
use crate::ids::Id;
use proptest::prelude::*;

const NAMES: [&str; 5] = ["A", "B", "C", "D_DISK", "E-tape"];

fn attributes() -> Vec<BTreeMap<String, String>> {
    let of =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    vec![
        of(&[("tier", "1"), ("country", "DE")]),
        of(&[("tier", "2"), ("country", "DE")]),
        of(&[("tier", "2"), ("country", "FR")]),
        of(&[("tier", "0"), ("free", "1e3")]),
        of(&[("type", "TAPE"), ("tier", "many")]),
    ]
}

fn described(attributes: &[BTreeMap<String, String>]) -> impl Iterator<Item = Described<'_>> {
    let rses = NAMES.iter().zip(attributes).enumerate();
    rses.map(|(index, (name, attributes))| Described { rse: RseId::from_index(index), name, attributes })
}

fn letters(text: &str) -> String {
    let attributes = attributes();
    let read = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    read.evaluate(described(&attributes)).into_iter().map(|rse| &NAMES[rse.index()][..1]).collect()
}

#[test]
fn operators_are_taken_from_left_to_right() {
    assert_eq!(letters("A|B&C"), "", "(A|B)&C");
    assert_eq!(letters("A|(B&C)"), "A");
    assert_eq!(letters("A|B\\A"), "B");
    assert_eq!(letters("*\\(A|B)"), "CDE");
    assert_eq!(letters("*\\A|B"), "BCDE");
}

#[test]
fn attributes_are_texts_or_numbers() {
    assert_eq!(letters("tier=2"), "BC");
    assert_eq!(letters(" tier = 2 & country = DE "), "B");
    assert_eq!(letters("tier<2"), "AD", "what is no number is not below one");
    assert_eq!(letters("free>999.5"), "D");
    assert_eq!(letters("E-tape"), "E");
}

#[test]
fn an_unknown_name_is_the_empty_set() {
    assert_eq!(letters("NOBODY"), "");
    assert_eq!(letters("NOBODY|A"), "A");
    assert_eq!(letters("colour=red|A"), "A");
    assert_eq!(letters("A\\NOBODY"), "A");
}

#[test]
fn mistakes_have_a_place() {
    let wrong = |text: &str| {
        let error = Expression::parse(text).expect_err(text);
        (error.at, error.to_string())
    };
    assert_eq!(wrong("").0, 0);
    assert_eq!(wrong("A||B"), (2, "`|` stands where a name, `key=value`, `*` or `(` must follow".to_owned()));
    assert_eq!(wrong("A B"), (2, "`B` stands where `|`, `&` or `\\` must follow".to_owned()));
    assert_eq!(wrong("A&(B|C"), (2, "this parenthesis is never closed".to_owned()));
    assert_eq!(wrong("A)"), (1, "`)` closes no parenthesis".to_owned()));
    assert_eq!(wrong("tier="), (5, "no value follows `tier=`".to_owned()));
    assert_eq!(wrong("tier<high"), (5, "`<` and `>` compare with a number, and `high` is none".to_owned()));
    assert_eq!(wrong("=1"), (0, "no attribute stands in front of `=`".to_owned()));
    assert_eq!(wrong("A&()").0, 3);
    assert_eq!(wrong("é|&").0, 3, "places are bytes");
    assert_eq!(wrong(&"(".repeat(100)).0, 64);
}

/// Sets as a reader would do them by hand, one operator after the other.
#[derive(Clone, Debug)]
enum Twin {
    Name(usize),
    All,
    Chain(Box<Twin>, Vec<(char, Twin)>),
}

impl Twin {
    fn text(&self) -> String {
        match self {
            Self::Name(index) => NAMES[*index].to_owned(),
            Self::All => "*".to_owned(),
            Self::Chain(first, rest) => {
                let rest: String = rest.iter().map(|(operator, term)| format!("{operator}{}", term.text())).collect();
                format!("({}{rest})", first.text())
            }
        }
    }

    fn set(&self) -> BTreeSet<usize> {
        match self {
            Self::Name(index) => [*index].into(),
            Self::All => (0..NAMES.len()).collect(),
            Self::Chain(first, rest) => rest.iter().fold(first.set(), |set, (operator, term)| match operator {
                '|' => &set | &term.set(),
                '&' => &set & &term.set(),
                _ => &set - &term.set(),
            }),
        }
    }
}

fn twins() -> impl Strategy<Value = Twin> {
    let leaf = prop_oneof![(0..NAMES.len()).prop_map(Twin::Name), Just(Twin::All)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let rest = proptest::collection::vec((prop_oneof![Just('|'), Just('&'), Just('\\')], inner.clone()), 0..4);
        (inner, rest).prop_map(|(first, rest)| Twin::Chain(Box::new(first), rest))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn sets_by_hand_say_the_same(twin in twins()) {
        let attributes = attributes();
        let read = Expression::parse(&twin.text()).expect("it is one");
        let found: BTreeSet<usize> = read.evaluate(described(&attributes)).into_iter().map(Id::index).collect();
        prop_assert_eq!(found, twin.set());
    }

    #[test]
    fn no_text_is_too_much(text in "[A-Z =<>|&()\\\\*.é]{0,30}") {
        if let Err(error) = Expression::parse(&text) {
            prop_assert!(text.is_char_boundary(error.at));
        }
    }
}
