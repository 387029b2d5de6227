//! Whatever the text, reading ends with a scenario or with problems; and what is accepted, `ron` reads alike.

use std::path::Path;

use dapple_scenarios::file::ScenarioFile;
use dapple_scenarios::{Registry, load_text};
use proptest::prelude::*;
use ron::extensions::Extensions;

const TOPOLOGY: &str = include_str!("../topologies/cern-grif.ron");
const QUICKSTART: &str = include_str!("../quickstart/two-sites.ron");

/// The quickstart in one text.
fn quickstart() -> String {
    QUICKSTART.replace("File(\"../topologies/cern-grif.ron\")", TOPOLOGY)
}

/// Bits that a scenario is made of, and some that it is not.
const BITS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "'",
    "\\",
    "//",
    "/*",
    "*/",
    "#",
    "r#\"",
    "\"#",
    "b\"",
    "-",
    "+",
    ".",
    "_",
    "1",
    "0",
    "1e999",
    "-0",
    "NaN",
    "inf",
    "-inf",
    "0x",
    "18446744073709551616",
    "None",
    "Some(",
    "true",
    "File(\"nowhere.ron\")",
    "File(",
    "name",
    "name: ",
    "Gbps(1)",
    "GB(",
    "Hours(1)",
    "Jobs(",
    "é",
    "\u{feff}",
    "\0",
    "\u{202e}",
    "\n",
    "\r\n",
    "\t",
    " ",
];

#[derive(Clone, Debug)]
enum Change {
    Cut(usize, usize),
    Put(usize, usize),
    Swap(usize, usize),
    Copy(usize, usize, usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = 0..100_000usize;
    let change = prop_oneof![
        (at.clone(), 0..40usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (at.clone(), 0..BITS.len()).prop_map(|(at, bit)| Change::Put(at, bit)),
        (at.clone(), 0..BITS.len()).prop_map(|(at, bit)| Change::Swap(at, bit)),
        (at.clone(), at, 0..200usize).prop_map(|(from, to, length)| Change::Copy(from, to, length)),
    ];
    proptest::collection::vec(change, 1..6)
}

fn apply(text: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for change in changes {
        let within = |at: usize, chars: &Vec<char>| at % (chars.len() + 1);
        match *change {
            Change::Cut(at, length) => {
                let at = within(at, &chars);
                let end = (at + length).min(chars.len());
                chars.drain(at..end);
            }
            Change::Put(at, bit) => {
                let at = within(at, &chars);
                chars.splice(at..at, BITS[bit].chars());
            }
            Change::Swap(at, bit) => {
                let at = within(at, &chars);
                let end = chars[at..].iter().position(|c| !c.is_alphanumeric()).map_or(at, |length| at + length);
                chars.splice(at..end, BITS[bit].chars());
            }
            Change::Copy(from, to, length) => {
                let from = within(from, &chars);
                let copy: Vec<char> = chars[from..(from + length).min(chars.len())].to_vec();
                let to = within(to, &chars);
                chars.splice(to..to, copy);
            }
        }
    }
    chars.into_iter().collect()
}

fn with_ron(text: &str) -> Result<ScenarioFile, ron::error::SpannedError> {
    let extensions = Extensions::IMPLICIT_SOME | Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES;
    ron::Options::default().with_default_extension(extensions).from_str(text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_scenarios_never_panic(changes in changes()) {
        let text = apply(&quickstart(), &changes);
        match load_text("mutated.ron", &text, Path::new(""), &[], &Registry::standard()) {
            Ok(scenario) => {
                // What is accepted is RON, and stays the same through its resolved form.
                let file = with_ron(&text);
                prop_assert!(file.is_ok(), "{:?}\n{}", file, text);
                let again = load_text("resolved", &scenario.resolved, Path::new(""), &[], &Registry::standard());
                let again = again.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
                prop_assert_eq!(again.physics, scenario.physics);
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(!problems.to_string().is_empty() && !problems.plain().is_empty());
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z(): ,.1\"\\\\é日\u{1f600}\u{202e}\n]{0,30}") {
        let read = |text: &str, overrides: &[(String, String)]| {
            load_text("x.ron", text, Path::new(""), overrides, &Registry::standard()).map_err(|problems| problems.to_string())
        };
        prop_assert!(read(&text, &[]).is_err_and(|told| !told.is_empty()));
        if let Err(told) = read(&quickstart(), &[("name".to_owned(), text)]) {
            prop_assert!(!told.is_empty());
        }
    }

    #[test]
    fn any_override_is_applied_or_refused(path in "[a-z.0-9A-Z-]{0,40}", value in "[ -~]{0,20}", known in 0..6usize) {
        let known = ["topology.links.CERN-GRIF-LPNHE", "workload.analysis", "policies.0", "experiment", "record", ""][known];
        let overrides = [(format!("{known}.{path}"), value)];
        let read = load_text("x.ron", &quickstart(), Path::new(""), &overrides, &Registry::standard());
        if let Err(problems) = read {
            prop_assert!(!problems.to_string().is_empty());
        }
    }
}

#[test]
fn what_follows_a_value_is_told_whatever_its_letters() {
    let registry = Registry::standard();
    let told = |text: &str, overrides: &[(String, String)]| {
        load_text("x.ron", text, Path::new(""), overrides, &registry).expect_err("two values").to_string()
    };
    let help = "the value begins with the `é` of line 1, column 1 and ends with the `é` of line 1, column 1";
    assert!(told("é x", &[]).contains(help), "{}", told("é x", &[]));
    let name = [("name".to_owned(), "Café au".to_owned())];
    assert!(
        told(&quickstart(), &name).contains("ends with the `é` of line 1, column 9"),
        "{}",
        told(&quickstart(), &name)
    );
}

#[test]
fn ron_reads_the_quickstart_alike() {
    // `None` is a variant here, and a word of RON's own.
    let jobs = "Jobs(name: \"idle\", pool: \"CERN_WN\", arrivals: At([Hours(1)]), inputs: None),\n    Jobs(";
    let text = quickstart().replacen("Jobs(", jobs, 1);
    let file = with_ron(&text).expect("the quickstart is plain RON");
    let scenario = load_text("x.ron", &text, Path::new(""), &[], &Registry::standard()).expect("and good");
    let mut resolved = with_ron(&scenario.resolved).expect("so is its resolved form");
    assert_eq!(resolved.experiment.baseline.as_deref(), Some("place"));
    resolved.experiment.baseline = file.experiment.baseline.clone();
    assert_eq!(resolved, file);
}

#[test]
fn long_series_are_read_and_refused_in_reasonable_time() {
    // 100 000 steps of a law, all good, then all ill-posed.
    let series = |a: f64| -> String {
        let steps = (1..=100_000).map(|n| format!("(at: Minutes({n}), a: {a}, b: 0.04, c: 0.001), "));
        format!("c: 0.001538, series: [{}]", steps.collect::<String>())
    };
    let read = |a: f64| {
        let text = quickstart().replace("c: 0.001538", &series(a));
        load_text("x.ron", &text, Path::new(""), &[], &Registry::standard())
    };
    let good = read(0.02).expect("a long series");
    let law = good.setup.topology.physics.laws().next().expect("one law").2;
    assert_eq!(law.steps().len(), 100_001);
    let problems = read(-0.02).expect_err("100 000 problems");
    assert_eq!(problems.len(), 100);
    assert!(problems.to_string().ends_with("\n100000 problems: 100 shown, 99900 more"));
    assert!(problems.plain().ends_with("x.ron: 100000 problems: 100 shown, 99900 more\n"), "{}", problems.plain());
}
