//! The scenarios that dapple ships: each loads, and reads again from its resolved form to the same thing.

use std::path::{Path, PathBuf};

use dapple_scenarios::{Registry, Scenario, load, load_text};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shipped(name: &str) -> Scenario {
    load(&folder().join(name), &[], &Registry::standard()).unwrap_or_else(|problems| panic!("{name}:\n{problems}"))
}

fn reads_again(scenario: &Scenario, base: &Path) {
    let again = load_text("resolved", &scenario.resolved, base, &[], &Registry::standard())
        .unwrap_or_else(|problems| panic!("{}:\n{problems}\n{}", scenario.name, scenario.resolved));
    assert_eq!(again.resolved, scenario.resolved);
    assert_eq!(again.physics, scenario.physics);
    assert_eq!(again.experiment, scenario.experiment);
    assert_eq!(format!("{:?}", again.setup), format!("{:?}", scenario.setup));
}

#[test]
fn quickstart_is_small() {
    let scenario = shipped("quickstart/two-sites.ron");
    reads_again(&scenario, &folder().join("quickstart"));
    let estimate = scenario.estimate();
    assert_eq!(estimate.runs, 40);
    assert!(estimate.events * (estimate.runs as f64) < 1e6, "{estimate:?}");
    assert_eq!(scenario.warnings, Vec::<String>::new());
}
