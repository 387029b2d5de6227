//! Monitoring of XRootD: a record for each file that was closed, as collectors write them (JSON or CSV).
//!
//! The collector's own records have `start_time` and `end_time` (s), `server_hostname`, `site`, `user_domain`, `host`, `read`,
//! `readv` and `write`; those for WLCG `start_time` and `end_time` (ms), `server_host`, `server_site`, `client_domain`,
//! `read_bytes` and `write_bytes`. Each becomes a job that reads so many bytes from the server and computes nothing.

use dapple_simulator::units::Bytes;
use dapple_simulator::workload::Ties;

use crate::account::{Place, Treatment};
use crate::error::ImportError;
use crate::imported::{Imported, Job, is_name};
use crate::jobs::{Jobs, Slots};
use crate::records::{NO_NAME, Record, Records, whole};
use crate::text::Source;
use crate::times::{self, instant};
use crate::transfers::{NO_END, host};
use crate::write::MOST;

const STARTED: [&str; 2] = ["start_time", "f-open_start_time"];
const ENDED: [&str; 1] = ["end_time"];
const SERVER: [&str; 4] = ["server_hostname", "server_host", "server", "server_ip"];
const SERVER_SITE: [&str; 3] = ["server_site", "site", "site_name"];
const CLIENT: [&str; 4] = ["client_domain", "user_domain", "client_host", "host"];
const READ: [&str; 2] = ["read_bytes", "read_bytes_at_close"];
const PARTS: [[&str; 1]; 2] = [["read"], ["readv"]];

/// Whether a file starts like one.
pub(crate) fn is_like(record: &Record) -> bool {
    record.get(&SERVER).is_some() && (record.get(&READ).is_some() || record.get(&PARTS[0]).is_some())
}

/// Reads records.
pub(crate) fn read(sources: &[Source]) -> Result<Imported, ImportError> {
    let mut jobs = Jobs::new(sources);
    let mut is_local = false;
    for (file, source) in sources.iter().enumerate() {
        let records = Records::of(source, is_like)?;
        for wanted in [&STARTED[..], &SERVER, &CLIENT, &[READ[0], READ[1], "read"]] {
            records.expect(wanted)?;
        }
        for (line, record) in records.rows() {
            let place = Place { file, line };
            let told = match &record {
                Ok(record) => told(record),
                Err(why) => Err((*why).to_owned()),
            };
            is_local = is_local || record.as_ref().is_ok_and(|it| it.has_local_time(&[&STARTED, &ENDED]));
            let told = told.map(|told| {
                if told.job.ended.is_none() && record.as_ref().is_ok_and(|it| it.get(&ENDED).is_some()) {
                    jobs.account.note_row(Treatment::NotCarriedOver, NO_END, place);
                }
                let pool = jobs.pool(&format!("{}_WN", told.client), &told.client);
                let rse = jobs.rse(told.server, told.server_site);
                Job { pool, input: Some((told.bytes, rse)), ..told.job }
            });
            jobs.add(place, told);
        }
    }
    let account = &mut jobs.account;
    account.note(
        Treatment::Guessed,
        "a file that was open is a job that reads what was read of it and computes nothing: the log does not part what a client \
         waited from what it computed, so reads run as fast as the grid lets them, which is faster than they did",
    );
    if is_local {
        account.note(Treatment::Guessed, times::ZONE);
    }
    account.note(Treatment::Guessed, "clients of one domain are one pool, at a site of that name");
    account.note(
        Treatment::NotCarriedOver,
        "names of files: no two reads share a file, so nothing can be cached or placed for others",
    );
    // Records are written when a file is closed.
    Ok(jobs.finish("monitoring of XRootD", sources, Slots::NoWait, Ties::Shuffled))
}

struct Told<'r> {
    job: Job,
    bytes: Bytes,
    server: &'r str,
    server_site: &'r str,
    client: String,
}

fn told(record: &Record) -> Result<Told<'_>, String> {
    let started = record.read(&STARTED, "time", instant)?;
    let ended = record.get(&ENDED).and_then(instant).filter(|ended| *ended >= started);
    let count = |names: &[&str]| match record.get(names) {
        None => Ok(0),
        Some(bytes) => whole(bytes)
            .filter(|bytes| *bytes <= MOST.get())
            .ok_or_else(|| format!("its {} is no number of bytes", names[0])),
    };
    let parts = count(&PARTS[0])?.saturating_add(count(&PARTS[1])?);
    let bytes = if parts > 0 { parts } else { count(&READ)? };
    if bytes == 0 {
        return Err(match count(&["write_bytes", "write", "write_bytes_at_close"])? {
            0 => "nothing was read or written",
            _ => "it was written: writing is no remote access",
        }
        .into());
    }
    let server = host(record.need(&SERVER)?);
    let server_site = record.get(&SERVER_SITE).unwrap_or(server);
    let client = domain(record.need(&CLIENT)?);
    if ![server, server_site, &client].into_iter().all(is_name) {
        return Err(NO_NAME.into());
    }
    let job = Job {
        submitted: started,
        compute: 0,
        slots: 1,
        requested: None,
        pool: 0,
        input: None,
        started: Some(started),
        ended,
    };
    Ok(Told { job, bytes: Bytes::new(bytes.min(MOST.get())), server, server_site, client })
}

/// The domain of a host; an address is one of its own.
fn domain(client: &str) -> String {
    let client = host(client).trim_start_matches('.').to_ascii_lowercase();
    let is_address = client.contains(':') || client.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match client.split_once('.') {
        // `wn12.farm.example.org` is one of `farm.example.org`, `example.org` is itself.
        Some((_, domain)) if !is_address && domain.contains('.') => domain.to_owned(),
        _ => client,
    }
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn clients_are_told_by_domain() {
        for (client, name) in [
            ("wn12.farm.Example.org", "farm.example.org"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("192.0.2.7", "192.0.2.7"),
            ("example.org", "example.org"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(domain(client), name);
        }
    }
}
