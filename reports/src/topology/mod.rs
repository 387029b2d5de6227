//! A grid as a picture and as tables, without running it.

mod figures;
mod layout;
mod picture;
mod tables;

pub(crate) use picture::is_picture;
pub use picture::picture;
pub use tables::table;

#[cfg(test)]
mod tests {
    use dapple_simulator::topology::{Link, LoadCurve, Pool, Rse, Series, Site, Topology, TopologyBuilder};
    use dapple_simulator::units::{Bytes, Rate, SimSpan, SimTime};

    use super::*;
    use crate::synthetic::Folder;

    fn grid(names: &[(&str, Option<(f64, f64)>)]) -> Topology {
        let mut builder = TopologyBuilder::default();
        let curve = LoadCurve::Saturating { each: Rate::from_mb_per_s(30.0), total: Rate::from_mb_per_s(1250.0) };
        let sites: Vec<_> = names
            .iter()
            .map(|&(name, position)| {
                let site = builder.site(Site { name: name.into(), position, lan: None });
                let (slots, start_up) = (Some(40), SimSpan::from_secs_f64(2.0));
                let dtn = builder.dtn(
                    dapple_simulator::topology::Dtn {
                        name: format!("{name}_DTN"),
                        slots,
                        start_up,
                        start_up_each: SimSpan::ZERO,
                    },
                    curve.clone(),
                );
                builder.rse(Rse {
                    capacity: Some(Bytes::new(2_500_000_000_000_000)),
                    write: Some(Rate::from_mb_per_s(2500.0)),
                    dtn: Some(dtn),
                    ..Rse::new(format!("{name}_DATADISK"), site)
                });
                let scheduling = dapple_simulator::topology::Scheduling::default();
                let (nodes, slots, scratch, speed) = (20, 8, None, 1.0);
                builder.pool(Pool { name: format!("{name}_WN"), site, nodes, slots, scheduling, scratch, speed });
                site
            })
            .collect();
        for pair in sites.windows(2) {
            for (from, to) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                let name = format!("{}-{}", names[index(from)].0, names[index(to)].0);
                let latency = SimSpan::from_nanos(5_500_000);
                builder.link(Link { name, from, to, bandwidth: Rate::from_mb_per_s(1250.0), latency });
            }
        }
        let steps = vec![(SimTime::ZERO, Rate::from_mb_per_s(12.5)), (SimTime::from_nanos(9), Rate::ZERO)];
        let bandwidth = Series::from_steps(steps).expect("increasing");
        let (from, to) = (sites[0], sites[1]);
        let spare = builder.link(Link {
            name: "backup & <spare>".into(),
            from,
            to,
            bandwidth: *bandwidth.at(SimTime::ZERO),
            latency: SimSpan::from_secs_f64(0.03),
        });
        builder.bandwidth(spare, bandwidth);
        builder.build().expect("no overrides")
    }

    fn index(site: dapple_simulator::ids::SiteId) -> usize {
        dapple_simulator::ids::Id::index(site)
    }

    #[test]
    fn a_grid_is_drawn_and_listed() {
        let folder = Folder::new("topology");
        let two = grid(&[("CERN", None), ("GRIF", None)]);
        let five = grid(&[
            ("CERN", Some((6.0, 46.2))),
            ("GRIF", Some((2.2, 48.7))),
            ("DESY", Some((9.9, 53.6))),
            ("RAL", Some((-1.3, 51.6))),
            ("PIC", Some((2.1, 41.5))),
        ]);
        let names: Vec<String> = (0..30).map(|n| format!("SITE{n}")).collect();
        let many = grid(&names.iter().map(|name| (name.as_str(), None)).collect::<Vec<_>>());
        for (name, grid) in [("two", &two), ("five", &five), ("many", &many)] {
            let svg = picture(grid);
            crate::report::tests::well_formed(&svg, name);
            std::fs::write(folder.path().join(name).with_extension("svg"), svg).expect("writes");
            std::fs::write(folder.path().join(name).with_extension("txt"), table(grid)).expect("writes");
        }
        let text = table(&two);
        assert!(text.contains("10 Gbps") && text.contains("5.5 ms") && text.contains("100 Mbps, 1 change"), "{text}");
        assert!(text.contains("2.5 PB") && text.contains("CERN  GRIF"), "{text}");
        assert!(picture(&two).contains("10\u{a0}Gbps, 5.5\u{a0}ms"));
    }

    #[test]
    fn an_empty_grid_is_no_panic() {
        let empty = TopologyBuilder::default().build().expect("nothing can be wrong");
        assert!(is_picture(&picture(&empty)));
        assert_eq!(table(&empty), "");
    }
}
