//! `--set`, sweeps and included files.

use std::fs;
use std::path::Path;

use dapple_scenarios::{Problems, Registry, Scenario, load, load_text};
use dapple_simulator::ids::Id;

const SCENARIO: &str = r#"(
    name: "edits",
    horizon: Days(1), // a comment
    topology: (
        sites: [(name: "CERN"), (name: "GRIF"), (name: "a.b")],
        rses: [(name: "GRIF_DISK", site: "GRIF", capacity: TB(100))],
        pools: [(name: "WN", site: "CERN", slots: 8)],
        links: [(name: "CERN-GRIF", from: "CERN", to: "GRIF", bandwidth: Gbps(10))],
        laws: [(pool: "WN", rse: "GRIF_DISK", a: 0.02, b: 0.04, c: 0.001)],
    ),
    workload: [
        Jobs(
            name: "analysis",
            pool: "WN",
            arrivals: Poisson(per_hour: 30),
            inputs: Fresh(rse: "GRIF_DISK", size: Constant(GB(1))),
        ),
    ],
    policies: [(name: "remote", access: AlwaysRemote), (name: "place", access: Place())],
)"#;

fn set(overrides: &[(&str, &str)]) -> Result<Scenario, Problems> {
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    load_text("edits.ron", SCENARIO, Path::new(""), &overrides, &Registry::standard())
}

fn good(overrides: &[(&str, &str)]) -> Scenario {
    set(overrides).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The problems in one line each.
fn bad(overrides: &[(&str, &str)]) -> String {
    set(overrides).expect_err("this is wrong").plain()
}

fn bandwidth(scenario: &Scenario) -> f64 {
    let link = scenario.setup.topology.map.links().values().next().expect("there is a link");
    link.bandwidth.as_bytes_per_s()
}

#[test]
fn values_are_replaced_inserted_and_seen_in_the_resolved_text() {
    let scenario = good(&[
        ("topology.links.CERN-GRIF.bandwidth", "Gbps(5)"),
        ("workload.analysis.arrivals.per_hour", "7"),
        ("workload.analysis.threads", "4"),
        ("policies.place.access.min_reuse", "3"),
        ("topology.laws.0.a", "0.5"),
        ("services.fts.streams", "2"),
        ("topology.sites.a.b.lan", "Gbps(1)"),
        ("seed", "99"),
    ]);
    assert!((bandwidth(&scenario) - 0.625e9).abs() < 1.0);
    assert_eq!(scenario.seed, 99);
    assert_eq!(scenario.setup.services.fts.streams, 2);
    assert!(scenario.policies[1].resolved.contains("min_reuse:3"));
    for part in ["Gbps(5", "per_hour: 7", "threads: 4", "a: 0.5", "streams: 2", "lan: Gbps(1"] {
        assert!(scenario.resolved.contains(part), "{part} is missing in {}", scenario.resolved);
    }
    let third = dapple_simulator::ids::SiteId::from_index(2);
    assert!(scenario.setup.topology.map.sites()[third].lan.is_some());
    assert!(scenario.text().contains("// a comment"), "the text stays as it was written");
}

#[test]
fn wrong_overrides_are_told_as_such() {
    let cases = [
        (("topology.links.CERN-GRIV.bandwidth", "Gbps(5)"), "did you mean `CERN-GRIF`?"),
        (("topology.links.CERN-GRIF.bandwith", "Gbps(5)"), "did you mean `bandwidth`?"),
        (("topology.links.CERN-GRIF.bandwidth", "5"), "--set topology.links.CERN-GRIF.bandwidth:1:36"),
        (("topology.links.CERN-GRIF.bandwidth", "Gbps(NaN)"), "must be finite and positive"),
        (("topology.links.CERN-GRIF.bandwidth", "Gbps("), "this `(` is never closed"),
        (("topology.links.CERN-GRIF.bandwidth", ""), "nothing here"),
        (("topology.links.CERN-GRIF.bandwidth", "File(\"nowhere.ron\")"), "there is no such file"),
        (("topology.laws.1.a", "1"), "the list has 1 elements"),
        (("servces.fts.streams", "1"), "did you mean `services`?"),
        (("name.x", "1"), "there is nothing inside"),
        (("", "1"), "a path is expected"),
        (("topology..links", "1"), "is not the name of a field"),
        (("policies.place.access", "Plaice()"), "did you mean `Place`?"),
        (("workload.analysis.pool", "\"WM\""), "no pool is called `WM`"),
    ];
    for (override_, message) in cases {
        let told = bad(&[override_]);
        assert!(told.contains(message), "{override_:?}: {told}");
        assert!(told.starts_with("--set") || told.starts_with("nowhere"), "{override_:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn sweeps_are_checked_value_by_value_and_applied() {
    let sweep = |path: &str, values: &str| {
        let axis = format!("[(path: \"{path}\", values: {values})]");
        set(&[("experiment.sweep", axis.as_str())])
    };
    let scenario = sweep("topology.links.CERN-GRIF.bandwidth", "[Gbps(5), Mbps(200.5)]").expect("a good sweep");
    let axis = &scenario.experiment.sweep[0];
    let values: Vec<(&str, Option<f64>)> = axis.values.iter().map(|v| (v.text.as_str(), v.number)).collect();
    assert_eq!(values, [("Gbps(5)", Some(5.0)), ("Mbps(200.5)", Some(200.5))]);
    let point = [(axis.path.clone(), axis.values[1].text.clone())];
    let at = scenario.at(&point).expect("checked already");
    assert!((bandwidth(&at) - 200.5e6 / 8.0).abs() < 1.0);
    assert_ne!(at.physics, scenario.physics);
    assert_eq!(scenario.at(&[]).expect("the same").physics, scenario.physics);

    let modes = sweep("policies.place.access", "[StageIn, Place(min_reuse: 2)]").expect("a sweep over policies");
    assert_eq!(modes.experiment.sweep[0].values[0].number, None);

    for (path, values, message) in [
        ("topology.links.CERN-GRIF.bandwidth", "[Gbps(5), Gbps(-1)]", "must be finite and positive"),
        ("topology.links.CERN-GRIF.bandwidth", "[Hours(5)]", "`Hours` is a unit of span, a bandwidth is expected"),
        ("topology.links.CERN-GRIF.bandwidth", "[]", "at least one value"),
        ("topology.links.CERN-GRIF.bandwidth", "[Gbps(5), Gbps( 5 )]", "is here twice"),
        ("topology.links.CERN-GRIX.bandwidth", "[Gbps(5)]", "did you mean `CERN-GRIF`?"),
        ("topology.links.CERN-GRIF.width", "[Gbps(5)]", "there is no field `width`"),
        ("seed", "[1, 2]", "cannot be varied"),
    ] {
        let told = sweep(path, values).expect_err("a bad sweep").plain();
        assert!(told.contains(message), "{path} {values}: {told}");
    }
}

#[test]
fn ids_hash_physics_only() {
    let base = good(&[]).physics;
    for same in [
        ("name", "\"other\""),
        ("seed", "8"),
        ("policies", "[(name: \"x\", access: StageIn)]"),
        ("experiment.replications", "9"),
        ("topology.rses.GRIF_DISK.used", "B(0)"),
        ("record", "Rows"),
    ] {
        assert_eq!(good(&[same]).physics, base, "{same:?}");
    }
    for other in [("horizon", "Days(2)"), ("workload.analysis.blocks", "2")] {
        assert_ne!(good(&[other]).physics, base, "{other:?}");
    }
}

#[test]
fn files_are_included_and_their_mistakes_shown_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let main = SCENARIO
        .replace("[(name: \"GRIF_DISK\", site: \"GRIF\", capacity: TB(100))]", "File(\"parts/rses.ron\")")
        .replace("Jobs(\n", "File(\"parts/more.ron\"),\n        Jobs(\n");
    write("main.ron", &main);
    write("parts/rses.ron", "// where the data are\n[File(\"grif.ron\")]");
    write("parts/grif.ron", "(name: \"GRIF_DISK\", site: \"GRIF\")");
    let more = "Jobs(name: \"NAME\", pool: \"WN\", arrivals: At([Hours(1)]))";
    write("parts/more.ron", &format!("[{}, {}]", more.replace("NAME", "one"), more.replace("NAME", "two")));
    let read = || load(&folder.path().join("main.ron"), &[], &Registry::standard());
    let scenario = read().unwrap_or_else(|problems| panic!("{problems}"));
    let names: Vec<&str> = scenario.setup.workloads.values().map(|workload| workload.name.as_str()).collect();
    assert_eq!(names, ["one", "two", "analysis"]);
    assert!(!scenario.resolved.contains("File("), "{}", scenario.resolved);

    write("parts/grif.ron", "(\n  name: \"GRIF_DISK\",\n  site: \"GRIV\",\n)");
    let problems = read().expect_err("an unknown site");
    let problem = problems.iter().next().expect("one");
    assert!(problem.file.ends_with("grif.ron"), "{problem}");
    assert_eq!((problem.line, problem.column, problem.path.as_str()), (3, 9, "topology.rses.GRIF_DISK.site"));

    write("parts/grif.ron", "(name: 3");
    assert!(read().expect_err("no RON").plain().contains("grif.ron:1:1: topology.rses.0: this `(` is never closed"));
    write("parts/grif.ron", "File(\"rses.ron\")");
    assert!(read().expect_err("a circle").plain().contains("includes itself"));
    fs::remove_file(folder.path().join("parts/grif.ron")).expect("it is there");
    let told = read().expect_err("a missing file").plain();
    assert!(
        told.contains("rses.ron:2:2: topology.rses.0: cannot read") && told.contains("there is no such file"),
        "{told}"
    );
    write("parts/grif.ron", "\u{0}");
    fs::write(folder.path().join("parts/grif.ron"), [0x80, 0xff]).expect("a file");
    assert!(read().expect_err("binary").plain().contains("not valid UTF-8"));
    for n in 0..20 {
        write(&format!("parts/chain{n}.ron"), &format!("File(\"chain{}.ron\")", n + 1));
    }
    write("parts/grif.ron", "File(\"chain0.ron\")");
    assert!(read().expect_err("a long chain").plain().contains("include each other more than 16 deep"));
    let nowhere = load(Path::new("nowhere.ron"), &[], &Registry::standard()).expect_err("no file");
    assert!(nowhere.to_string().contains("there is no such file"));
    let is_folder = load(folder.path(), &[], &Registry::standard()).expect_err("a folder");
    assert!(is_folder.to_string().contains("it is a folder"));
}

#[test]
fn huge_files_are_refused_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("huge.ron");
    let file = fs::File::create(&path).expect("a file");
    file.set_len(100 << 20).expect("a sparse file");
    let told = load(&path, &[], &Registry::standard()).expect_err("too large").plain();
    assert!(told.contains("it has 100 MiB"), "{told}");
}
