//! Wires as they are written: half duplex, without contention, with a profile that repeats.

use std::path::Path;

use dapple_records::{Kpi, RunOutput, record};
use dapple_scenarios::{Problems, Registry, Scenario, load_text};
use dapple_simulator::facts::NoObserver;
use dapple_simulator::ids::{Id, LinkId};
use dapple_simulator::topology::Sharing;

/// Two files of 1 GB forth and one back, all at once, over a link of 100 MB/s.
fn load(link: &str) -> Result<Scenario, Problems> {
    let text = format!(
        r#"(
    name: "wires", horizon: Days(2),
    topology: (
        sites: [(name: "A"), (name: "B")],
        rses: [(name: "A_D", site: "A"), (name: "B_D", site: "B")],
        links: [(name: "A-B", from: "A", to: "B", bandwidth: MBps(100), {link})],
    ),
    workload: [
        Transfers(name: "forth", source: "A_D", destinations: ["B_D"], arrivals: At([Seconds(0), Seconds(0)]), size: Constant(GB(1))),
        Transfers(name: "back", source: "B_D", destinations: ["A_D"], arrivals: At([Seconds(0)]), size: Constant(GB(1))),
    ],
    policies: [(name: "none", access: AlwaysRemote)],
    record: Rows,
)"#
    );
    load_text("wires.ron", &text, Path::new(""), &[], &Registry::standard())
}

fn run(link: &str) -> RunOutput {
    let scenario = load(link).unwrap_or_else(|problems| panic!("{problems}"));
    let mut policies = scenario.policies[0].build().expect("it needs nothing");
    record((&scenario.setup, &scenario.record), &mut policies, 1, &mut NoObserver).expect("it runs")
}

/// From the first byte to the last [s]: forth, back, forth.
fn times(link: &str) -> Vec<f64> {
    let output = run(link);
    let requests = output.tables.iter().find(|table| table.schema.name == "requests").expect("recorded");
    let column =
        |name| requests.ints(name).expect("it is there").iter().map(|at| at.expect("all are done") as f64 / 1e9);
    column("transferred_at_ns").zip(column("flowing_at_ns")).map(|(end, start)| end - start).collect()
}

#[test]
fn who_shares_a_wire_is_written_in_the_scenario() {
    assert_eq!(times(""), [20.0, 10.0, 20.0]);
    assert_eq!(times("duplex: Half"), [30.0; 3]);
    assert_eq!(times("sharing: PerFlow"), [10.0; 3]);
    let sharing = |link: &str| {
        let scenario = load(link).expect("it is good");
        [0, 1].map(|nth| scenario.setup.topology.map.sharing(LinkId::from_index(nth)))
    };
    assert_eq!(sharing("duplex: Full, sharing: Shared"), [Sharing::Shared; 2]);
    assert_eq!(sharing("duplex: Half"), [1, 0].map(|back| Sharing::WithBack(LinkId::from_index(back))));
    assert_eq!(sharing("sharing: PerFlow"), [Sharing::PerFlow; 2]);
}

/// 100 MB/s for 4 s, 50 MB/s for 4 s, again and again: 600 MB in 8 s. Two files share 2 GB: three periods for 1800 MB, 2 s for the
/// rest. The file back takes a period for 600 MB and 4 s for 400 MB.
#[test]
fn a_profile_repeats() {
    let profile = "profile: [(at: Seconds(4), bandwidth: MBps(50))]";
    assert_eq!(times(&format!("{profile}, repeat: Seconds(8)")), [26.0, 12.0, 26.0]);
    // Once: 400 MB in 4 s, and 1600 or 600 MB at 50 MB/s.
    assert_eq!(times(profile), [36.0, 16.0, 36.0]);
}

/// A link without contention is given 3 x 1 GB; a half-duplex one carries 3 GB of the 100 MB/s x 2 d that it could.
#[test]
fn the_busiest_link_is_one_that_is_shared() {
    let busiest = |link: &str| run(link).kpis.get(Kpi::BusiestLink);
    assert_eq!(busiest("sharing: PerFlow"), None);
    let half = busiest("duplex: Half").expect("it is shared");
    assert!((half - 3e9 / (100e6 * 2.0 * 86_400.0)).abs() < 1e-9, "{half}");
    let daily = busiest("profile: [(at: Hours(12), bandwidth: MBps(0))], repeat: Hours(24)").expect("it is shared");
    assert!((daily - 2e9 / (100e6 * 86_400.0)).abs() < 1e-9, "{daily}");
}

#[test]
fn what_has_no_meaning_is_refused_where_it_stands() {
    let step = "profile: [(at: Hours(12), bandwidth: Gbps(1))]";
    for (link, path, message) in [
        ("duplex: Half, one_way: true".to_owned(), "duplex", "needs a way back"),
        ("duplex: Half, sharing: PerFlow".to_owned(), "duplex", "with nobody"),
        ("repeat: Hours(24)".to_owned(), "repeat", "nothing to repeat"),
        (format!("{step}, repeat: Hours(12)"), "repeat", "later than the last step of `profile`, which is at 12:00:00"),
        (format!("{step}, repeat: Millis(5)"), "repeat", "at least a second"),
        (format!("{step}, repeat: Hours(0)"), "repeat", "positive"),
        ("duplex: Quarter".to_owned(), "duplex", "Quarter"),
    ] {
        let problems = load(&link).expect_err("it has no meaning");
        let only: Vec<_> = problems.iter().collect();
        assert_eq!(only.len(), 1, "{problems}");
        assert_eq!(
            (only[0].path.as_str(), only[0].line),
            (format!("topology.links.A-B.{path}").as_str(), 6),
            "{problems}"
        );
        assert!(only[0].message.contains(message), "{problems}");
    }
}
