//! How many files may be active at once: rows of links, rows of storages, and which row counts.
//!
//! The row of a link is the first of: exactly this link, everything from its source, everything to its destination, everything. Rows are
//! not mixed: what the first one says is all that is said.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::optimizer::Range;
use crate::ids::{Id, Table};

/// A row of the table of links; `None`: any storage.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkRow<K> {
    pub source: Option<K>,
    pub destination: Option<K>,
    /// `None`: what FTS takes, 2, or 10 where both storages have the same DNS domain.
    pub min: Option<u32>,
    pub max: u32,
}

/// The rows of links by whom they name. Of two rows for the same the later counts.
#[derive(Clone, Debug)]
pub(super) struct LinkRows<K> {
    /// For looking up only.
    rows: FxHashMap<(Option<K>, Option<K>), LinkRow<K>>,
    any: LinkRow<K>,
    /// What stands after the first dot of each storage's name; `None`: no dot.
    domains: Table<K, Option<String>>,
}

impl<K: Id + Hash> LinkRows<K> {
    /// The rows and what holds where there is none.
    pub fn new<'a>(
        hosts: impl Iterator<Item = &'a str>,
        rows: impl IntoIterator<Item = LinkRow<K>>,
        (min, max): (Option<u32>, u32),
    ) -> Self {
        let domain = |host: &str| host.split_once('.').map(|(_, domain)| domain.to_owned());
        Self {
            rows: rows.into_iter().map(|row| ((row.source, row.destination), row)).collect(),
            any: LinkRow { source: None, destination: None, min, max },
            domains: hosts.map(domain).collect(),
        }
    }

    /// What holds for a link.
    pub fn range(&self, source: K, destination: K) -> Range {
        let (from, to) = (Some(source), Some(destination));
        let named = [(from, to), (from, None), (None, to)].into_iter().find_map(|key| self.rows.get(&key));
        let row = named.or_else(|| self.rows.get(&(None, None))).unwrap_or(&self.any);
        let is_local = self.domains[source].is_some() && self.domains[source] == self.domains[destination];
        let min = row.min.unwrap_or(if is_local { 10 } else { 2 });
        Range { min: min.min(row.max), max: row.max, is_own: named.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::HostId;

    #[test]
    fn exact_before_source_before_destination_before_any() {
        let host = HostId::from_index;
        let row = |source: Option<usize>, destination: Option<usize>, max| LinkRow {
            source: source.map(host),
            destination: destination.map(host),
            min: Some(1),
            max,
        };
        let rows = [row(Some(0), Some(1), 5), row(Some(0), None, 6), row(None, Some(1), 7), row(None, Some(1), 8)];
        let rows = LinkRows::new(["a", "b", "c"].into_iter(), rows, (Some(2), 130));
        let range = |source, destination| {
            let Range { max, is_own, .. } = rows.range(host(source), host(destination));
            (max, is_own)
        };
        assert_eq!(range(0, 1), (5, true));
        assert_eq!(range(0, 2), (6, true));
        assert_eq!(range(2, 1), (8, true));
        assert_eq!(range(2, 0), (130, false));
    }

    #[test]
    fn the_least_is_higher_within_a_domain_and_never_above_the_most() {
        let host = HostId::from_index;
        let row = LinkRow { source: Some(host(1)), destination: None, min: None, max: 7 };
        let rows = LinkRows::new(["a.cern.ch", "b.cern.ch", "c.desy.de"].into_iter(), [row], (None, 130));
        let min = |source, destination| rows.range(host(source), host(destination)).min;
        assert_eq!([min(0, 1), min(0, 2), min(1, 0), min(1, 2)], [10, 2, 7, 2]);
    }
}
