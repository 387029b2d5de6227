//! The scenarios that the program brings along, so that it can show and reproduce without a checkout.

/// Path below `scenarios/` and text of each.
pub const FILES: &[(&str, &str)] = &[
    ("lab/two-sources.ron", include_str!("../lab/two-sources.ron")),
    ("logs/hpss.ron", include_str!("../logs/hpss.ron")),
    ("papers/remote-access/campaign.ron", include_str!("../papers/remote-access/campaign.ron")),
    ("papers/remote-access/full-scratch.ron", include_str!("../papers/remote-access/full-scratch.ron")),
    ("papers/remote-access/loaded-storage.ron", include_str!("../papers/remote-access/loaded-storage.ron")),
    ("presets/atlas2019.ron", include_str!("../presets/atlas2019.ron")),
    ("presets/cms2026.ron", include_str!("../presets/cms2026.ron")),
    ("presets/instant.ron", include_str!("../presets/instant.ron")),
    ("presets/rucio-defaults.ron", include_str!("../presets/rucio-defaults.ron")),
    ("quickstart/two-sites.ron", include_str!("../quickstart/two-sites.ron")),
    ("services/dtn-collapse.ron", include_str!("../services/dtn-collapse.ron")),
    ("services/optimizer-knife-edge.ron", include_str!("../services/optimizer-knife-edge.ron")),
    ("services/rules.ron", include_str!("../services/rules.ron")),
    ("services/storage-full.ron", include_str!("../services/storage-full.ron")),
    ("services/tape-recall.ron", include_str!("../services/tape-recall.ron")),
    ("services/two-links.ron", include_str!("../services/two-links.ron")),
    ("topologies/cern-grif.ron", include_str!("../topologies/cern-grif.ron")),
];

/// The text of one, by its path.
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(path, _)| *path == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn ron_files(folder: &Path, found: &mut Vec<String>) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).expect("a folder of the crate").flatten() {
            let path = entry.path();
            if path.is_dir() {
                ron_files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "ron") {
                let relative = path.strip_prefix(root).expect("inside the crate");
                let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
                found.push(parts.join("/"));
            }
        }
    }

    #[test]
    fn every_scenario_file_is_brought_along() {
        let mut found = Vec::new();
        ron_files(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
        found.sort();
        let bundled: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, bundled);
    }
}
