//! Logs of transfers: what all their formats share.

use dapple_simulator::units::Bytes;
use dapple_simulator::workload::Ties;

use crate::account::{Account, Place, Treatment};
use crate::imported::{Grid, Imported, Log, Names, Rse, Site, Transfer, is_name};
use crate::records::NO_NAME;
use crate::star;
use crate::text::Source;
use crate::write::MOST;

/// What the account says of an end that is left out.
pub(crate) const NO_END: &str = "its end, which is no time or before its start: the simulated end is set against none";

/// A transfer as a row tells it.
pub(crate) struct Told<'r> {
    /// When it was requested or started.
    pub at: u64,
    /// Bytes.
    pub bytes: u64,
    /// Name of the RSE that it came from.
    pub source: &'r str,
    /// Name of the RSE that it went to.
    pub destination: &'r str,
    /// When copying began.
    pub started: Option<u64>,
    /// When it was over, if something stands there; none inside: what stands there is no time.
    pub ended: Option<Option<u64>>,
}

/// Collects transfers.
pub(crate) struct Transfers {
    pub account: Account,
    rses: Names,
    rows: Vec<Transfer>,
}

impl Transfers {
    pub fn new(sources: &[Source]) -> Self {
        Self { account: Account::new(sources.len()), rses: Names::default(), rows: Vec::new() }
    }

    /// Adds a row; false where it is dropped.
    pub fn add(&mut self, place: Place, told: Result<Told<'_>, String>) -> bool {
        let told = told.and_then(|told| {
            if told.source == told.destination {
                Err("it goes from a storage to itself".to_owned())
            } else if !is_name(told.source) || !is_name(told.destination) {
                Err(NO_NAME.to_owned())
            } else if told.bytes > MOST.get() {
                Err("it is larger than any file can be".to_owned())
            } else {
                Ok(told)
            }
        });
        let Some(told) = self.account.row(place, told) else { return false };
        let ended = told.ended.flatten().filter(|ended| *ended >= told.at.max(told.started.unwrap_or(0)));
        if ended.is_none() && told.ended.is_some() {
            self.account.note_row(Treatment::NotCarriedOver, NO_END, place);
        }
        self.rows.push(Transfer {
            at: told.at,
            size: Bytes::new(told.bytes),
            source: self.rses.position(told.source),
            destination: self.rses.position(told.destination),
            started: told.started,
            ended,
        });
        true
    }

    /// The grid and its log; `site` finds the site of an RSE by its name.
    pub fn finish(
        self,
        what: &'static str,
        sources: &[Source],
        queues: bool,
        ties: Ties,
        site: impl Fn(&str) -> String,
    ) -> Imported {
        let Self { mut account, rses, rows } = self;
        let mut sites = Names::default();
        let rses: Vec<Rse> = (rses.into_all().into_iter())
            .map(|name| Rse { site: sites.position(&site(&name)), name, ..Rse::default() })
            .collect();
        let sites = sites.into_all().into_iter().map(|name| Site { name, ..Site::default() }).collect();
        let mut grid = Grid { sites, rses, ..Grid::default() };
        star::join(&mut grid, &mut account);
        if !queues {
            account.note(
                Treatment::Guessed,
                "the log tells when copying began, not when it was asked for, so nothing queues for slots (queues: false)",
            );
        }
        let name = sources.first().map_or_else(String::new, Source::stem);
        Imported { what, name, grid, log: Some(Log::Transfers { rows, queues, ties }), account }
    }
}

/// The host of a URL, without scheme, user and port.
pub(crate) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    // An IPv6 address stands in brackets and has colons of its own.
    match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address,
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or(host),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_found_in_urls() {
        for (url, name) in [
            ("https://se.example.org:443/path/file", "se.example.org"),
            ("gsiftp://se.example.org", "se.example.org"),
            ("root://user@se.example.org:1094//eos", "se.example.org"),
            ("davs://[2001:db8::1]:443/x", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("se.example.org", "se.example.org"),
        ] {
            assert_eq!(host(url), name, "{url}");
        }
    }
}
