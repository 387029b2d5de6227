//! How copies go and fail, and when RSEs do not answer.

use dapple_simulator::copy::{Checksum, CopySettings, Failure};
use dapple_simulator::ids::RseId;
use dapple_simulator::topology::Outage;

use crate::check::{Check, Names};
use crate::read::path::At;

/// Checks how copies go and fail.
pub(super) fn copies(file: &CopySettings<String>, rses: &Names<RseId>, check: &mut Check) -> CopySettings {
    let root = At::ROOT;
    let services = root.field("services");
    let copy = services.field("copy");
    let mut checksums: Vec<Checksum> = Vec::new();
    let list = copy.field("checksums");
    for (index, exception) in file.checksums.iter().enumerate() {
        let at = list.index(index);
        let Some(rse) = rses.resolve(&at.field("rse"), &exception.rse, check) else { continue };
        if checksums.iter().any(|known| known.rse == rse) {
            check.fault(&at, format!("`{}` has an exception already", exception.rse));
        }
        checksums.push(Checksum::referring(exception.clone(), rse));
    }
    let list = copy.field("failures");
    let mut failures = Vec::new();
    for (index, failure) in file.failures.iter().enumerate() {
        let at = list.index(index);
        let mut end = |field: &'static str, name: &Option<String>| match name {
            None => Some(None),
            Some(name) => rses.resolve(&at.field(field), name, check).map(Some),
        };
        let (source, destination) = (end("source", &failure.source), end("destination", &failure.destination));
        let (Some(source), Some(destination)) = (source, destination) else { continue };
        failures.push(Failure::referring(failure.clone(), source, destination));
    }
    CopySettings::referring(file.clone(), checksums, failures)
}

/// Outages of one RSE come one after the other.
pub(super) fn outages(outages: &[Outage], rse: &At<'_>, check: &mut Check) {
    let list = rse.field("outages");
    for (index, pair) in outages.windows(2).enumerate() {
        if pair[1].at < pair[0].ends_at() {
            check.fault(&list.index(index + 1), "begins before the outage before it has ended".to_owned());
        }
    }
}
