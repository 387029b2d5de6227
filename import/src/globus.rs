//! Transfer logs of Globus: lines of its GridFTP server, or task records of its web service (CSV or JSON).
//!
//! The server writes `DATE=.. HOST=.. START=.. NBYTES=.. DEST=[..] TYPE=RETR CODE=226`: HOST sends (`RETR`) or receives (`STOR`),
//! DEST is the other end, DATE the end; times are UTC. Records of tasks have `request_time`, `completion_time`, `status`,
//! `bytes_transferred` and the two endpoints.

use dapple_simulator::workload::Ties;

use crate::account::{Place, Treatment};
use crate::error::ImportError;
use crate::imported::Imported;
use crate::records::{NO_TEXT, Record, Records, whole};
use crate::text::Source;
use crate::times::{self, instant, netlogger};
use crate::transfers::{Told, Transfers};

const SOURCE: [&str; 4] =
    ["source_endpoint_display_name", "source_endpoint", "source_endpoint_id", "source_collection_display_name"];
const DESTINATION: [&str; 4] = [
    "destination_endpoint_display_name",
    "destination_endpoint",
    "destination_endpoint_id",
    "destination_collection_display_name",
];
const REQUESTED: [&str; 1] = ["request_time"];
const ENDED: [&str; 1] = ["completion_time"];
const BYTES: [&str; 1] = ["bytes_transferred"];
const STATUS: [&str; 1] = ["status"];

/// Whether a text starts like a log of the server.
pub(crate) fn is_like(text: &str) -> bool {
    text.lines().take(100).any(|line| line.contains("DATE=") && line.contains(" NBYTES="))
}

/// Whether a file starts like records of tasks.
pub(crate) fn is_like_tasks(record: &Record) -> bool {
    record.get(&REQUESTED).is_some() && record.get(&BYTES).is_some()
}

/// Reads logs, all of one kind.
pub(crate) fn read(sources: &[Source]) -> Result<Imported, ImportError> {
    let is_server = |source: &Source| is_like(&source.text);
    match sources.iter().find(|source| is_server(source) != sources.first().is_some_and(is_server)) {
        Some(other) => Err(other.refused(None, "it is of the other kind: logs of servers and of tasks do not mix")),
        None if sources.first().is_some_and(is_server) => Ok(server(sources)),
        None => tasks(sources),
    }
}

fn server(sources: &[Source]) -> Imported {
    let mut transfers = Transfers::new(sources);
    for (file, source) in sources.iter().enumerate() {
        for (line, text) in source.text.lines().enumerate() {
            if !text.trim().is_empty() {
                let place = Place { file, line: line as u64 + 1 };
                transfers.add(place, line_told(text));
            }
        }
    }
    transfers.account.note(Treatment::Guessed, "every host and address is an RSE at a site of its own");
    transfers.account.note(
        Treatment::NotCarriedOver,
        "streams, stripes and buffers of single transfers, and that two servers which both log a transfer tell it twice",
    );
    // A line is written when its transfer is over.
    transfers.finish("a log of a GridFTP server", sources, false, Ties::Shuffled, str::to_owned)
}

fn line_told(text: &str) -> Result<Told<'_>, String> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(NO_TEXT.into());
    }
    // Names of files may have blanks, so fields are found by their names.
    let field = |name: &str| {
        let at = text
            .find(&format!(" {name}="))
            .map(|at| at + name.len() + 2)
            .or_else(|| text.starts_with(&format!("{name}=")).then_some(name.len() + 1))?;
        text[at..].split_whitespace().next()
    };
    let need = |name: &str| field(name).ok_or_else(|| format!("it has no {name}"));
    let (Some(ended), Some(bytes)) = (field("DATE"), field("NBYTES")) else {
        return Err("it is no record of a transfer".into());
    };
    match need("CODE")? {
        "226" => {}
        _ => return Err("its code is not 226: it did not end well".into()),
    }
    let host = need("HOST")?;
    let other = need("DEST")?;
    // `1[192.0.2.7]` of older versions, `[192.0.2.7]` of newer ones.
    let other = other.split_once('[').map_or(other, |(_, inner)| inner).trim_end_matches(']');
    if matches!(other, "" | "0.0.0.0" | "::" | "127.0.0.1" | "::1") {
        return Err("its other end is not known".into());
    }
    let (source, destination) = match need("TYPE")? {
        "RETR" | "ERET" => (host, other),
        "STOR" | "ESTO" => (other, host),
        _ => return Err("its type is neither RETR nor STOR: nothing was copied".into()),
    };
    let started = netlogger(need("START")?).ok_or("its START is no time")?;
    let ended = netlogger(ended).ok_or("its DATE is no time")?;
    let bytes = whole(bytes).ok_or("its NBYTES is no number of bytes")?;
    Ok(Told { at: started, bytes, source, destination, started: Some(started), ended: Some(Some(ended)) })
}

fn tasks(sources: &[Source]) -> Result<Imported, ImportError> {
    let mut transfers = Transfers::new(sources);
    let mut is_local = false;
    for (file, source) in sources.iter().enumerate() {
        let records = Records::of(source, is_like_tasks)?;
        for wanted in [&SOURCE[..], &DESTINATION, &REQUESTED, &BYTES, &STATUS] {
            records.expect(wanted)?;
        }
        for (line, record) in records.rows() {
            is_local = is_local || record.as_ref().is_ok_and(|it| it.has_local_time(&[&REQUESTED, &ENDED]));
            let told = match &record {
                Ok(record) => task(record),
                Err(why) => Err((*why).to_owned()),
            };
            transfers.add(Place { file, line }, told);
        }
    }
    if is_local {
        transfers.account.note(Treatment::Guessed, times::ZONE);
    }
    transfers.account.note(Treatment::Guessed, "every endpoint is an RSE at a site of its own");
    transfers
        .account
        .note(Treatment::Guessed, "a task is one file of all its bytes: the record does not tell their sizes");
    Ok(transfers.finish("task records of Globus", sources, true, Ties::LogOrder, str::to_owned))
}

fn task(record: &Record) -> Result<Told<'_>, String> {
    if !record.need(&STATUS)?.eq_ignore_ascii_case("SUCCEEDED") {
        return Err("its status is not SUCCEEDED".into());
    }
    Ok(Told {
        at: record.read(&REQUESTED, "time", instant)?,
        bytes: record.read(&BYTES, "number of bytes", whole)?,
        source: record.need(&SOURCE)?,
        destination: record.need(&DESTINATION)?,
        started: None,
        ended: record.get(&ENDED).map(instant),
    })
}
