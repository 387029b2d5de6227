//! `services: (preset: ..)`: what is written holds, what is not comes from the preset, and mistakes are told where they are.

use std::path::Path;

use dapple_scenarios::{Problems, Registry, Scenario, load_text};
use dapple_simulator::units::SimSpan;

/// A scenario with these services and overrides.
fn load(services: &str, overrides: &[(&str, &str)]) -> Result<Scenario, Problems> {
    let text = format!(
        "(name: \"presets\", horizon: Hours(1),\n services: {services},\n policies: [(name: \"remote\", access: AlwaysRemote)],\n \
         topology: (sites: [(name: \"CERN\")]))"
    );
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    load_text("presets.ron", &text, Path::new(""), &overrides, &Registry::standard())
}

fn good(services: &str, overrides: &[(&str, &str)]) -> Scenario {
    load(services, overrides).unwrap_or_else(|problems| panic!("{problems}"))
}

fn bad(services: &str, overrides: &[(&str, &str)]) -> String {
    load(services, overrides).expect_err("this is wrong").plain()
}

fn usage_every(scenario: &Scenario) -> f64 {
    scenario.setup.services.storage.usage_every.as_secs_f64()
}

#[test]
fn what_is_written_holds_and_the_rest_is_the_presets() {
    assert_eq!(usage_every(&good("()", &[])), 0.0);
    let cms = good("(preset: \"cms2026\", fts: (streams: 3))", &[]);
    assert_eq!((usage_every(&cms), cms.setup.services.fts.streams), (10.0, 3));
    assert_eq!(usage_every(&good("(preset: \"cms2026\", storage: ())", &[])), 10.0);
    assert_eq!(
        usage_every(&good("Services(preset: \"cms2026\", storage: StorageSettings(usage_every: Seconds(5)))", &[])),
        5.0
    );
    assert_eq!(
        good("(preset: \"cms2026\")", &[("services.storage.usage_every", "Seconds(7)")])
            .setup
            .services
            .storage
            .usage_every,
        SimSpan::from_secs_f64(7.0)
    );
    assert_eq!(usage_every(&good("()", &[("services.preset", "\"atlas2019\"")])), 10.0);
    assert_eq!(usage_every(&good("(preset: \"cms2026\")", &[("services.preset", "\"instant\"")])), 0.0);
}

#[test]
fn a_sweep_can_go_over_presets() {
    let scenario =
        good("()", &[("experiment.sweep", "[(path: \"services.preset\", values: [\"instant\", \"cms2026\"])]")]);
    let at = |value: &str| usage_every(&scenario.at(&[("services.preset".into(), value.into())]).expect("it is there"));
    assert_eq!([at("\"instant\""), at("\"cms2026\""), at("\"instant\"")], [0.0, 10.0, 0.0]);
}

#[test]
fn the_resolved_scenario_has_every_value_and_the_physics_no_name() {
    let named = good("(preset: \"cms2026\")", &[]);
    assert!(
        named.resolved.contains("preset: \"cms2026\"") && named.resolved.contains("usage_every: Seconds(10"),
        "{}",
        named.resolved
    );
    let again =
        load_text("resolved", &named.resolved, Path::new(""), &[], &Registry::standard()).expect("it reads again");
    assert_eq!((&again.resolved, &again.physics), (&named.resolved, &named.physics));
    let unnamed = named.resolved.replace("preset: \"cms2026\"", "preset: \"instant\"");
    let written = load_text("resolved", &unnamed, Path::new(""), &[], &Registry::standard()).expect("it reads again");
    assert_ne!(unnamed, named.resolved);
    assert_eq!(named.physics, written.physics, "the same settings are the same run, whatever they are called");
    assert_ne!(named.physics, good("()", &[]).physics);
}

#[test]
fn mistakes_are_told_where_they_are() {
    let unknown = bad("(preset: \"cms2025\")", &[]);
    assert!(unknown.contains("presets.ron:2:21") && unknown.contains("no preset is called `cms2025`"), "{unknown}");
    assert!(
        unknown.contains("did you mean `cms2026`? there is: `atlas2019`, `cms2026`, `instant`, `rucio-defaults`"),
        "{unknown}"
    );
    assert_eq!(
        unknown.lines().filter(|line| line.contains("presets.ron:")).count(),
        1,
        "nothing follows from it: {unknown}"
    );
    let set = bad("()", &[("services.preset", "\"cms\"")]);
    assert!(set.contains("--set services.preset:1:17") && set.contains("no preset is called `cms`"), "{set}");
    let field = bad("(preset: \"cms2026\",\n storage: (usage_evry: Seconds(1)))", &[]);
    assert!(field.contains("presets.ron:3:12") && field.contains("did you mean `usage_every`?"), "{field}");
    let value = bad("(preset: \"cms2026\", storage: (usage_every: Seconds(-1)))", &[]);
    assert!(value.contains("presets.ron:2:") && value.contains("services.storage.usage_every"), "{value}");
    let kind = bad("(preset: 3)", &[]);
    assert!(kind.contains("a text is expected here, not the number `3`"), "{kind}");
    let swept = bad("()", &[("experiment.sweep", "[(path: \"services.preset\", values: [\"instnt\"])]")]);
    assert!(swept.contains("did you mean `instant`?"), "{swept}");
}
