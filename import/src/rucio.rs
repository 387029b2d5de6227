//! Dumps of Rucio's tables `requests` and `requests_history`: one row per attempt to bring a file to an RSE.
//!
//! Columns as in Rucio's database (`bytes`, `source_rse_id`, `dest_rse_id`, `submitted_at`, `started_at`, `transferred_at`,
//! `state`, `request_type`, ..) or with names of RSEs, as its API lists them (`source_rse`, `dest_rse`). States and types are
//! written as the database does (`D`, `T`) or in words (`DONE`, `TRANSFER`). Times are UTC.

use dapple_simulator::workload::Ties;

use crate::account::{Place, Treatment};
use crate::error::ImportError;
use crate::imported::Imported;
use crate::records::{Record, Records, whole};
use crate::text::Source;
use crate::times::{self, instant};
use crate::transfers::{Told, Transfers};

const SOURCE: [&str; 4] = ["source_rse", "src_rse", "source_rse_id", "src_rse_id"];
const DESTINATION: [&str; 4] = ["dest_rse", "dst_rse", "dest_rse_id", "dst_rse_id"];
const SUBMITTED: [&str; 2] = ["submitted_at", "created_at"];
const STARTED: [&str; 1] = ["started_at"];
const ENDED: [&str; 1] = ["transferred_at"];
const BYTES: [&str; 1] = ["bytes"];
const STATE: [&str; 1] = ["state"];
const TYPE: [&str; 1] = ["request_type"];

/// States of requests: as the database has them, and in words.
const STATES: [(&str, &str); 13] = [
    ("Q", "QUEUED"),
    ("P", "PREPARING"),
    ("G", "SUBMITTING"),
    ("S", "SUBMITTED"),
    ("F", "FAILED"),
    ("D", "DONE"),
    ("L", "LOST"),
    ("N", "NO_SOURCES"),
    ("O", "ONLY_TAPE_SOURCES"),
    ("A", "SUBMISSION_FAILED"),
    ("M", "MISMATCH_SCHEME"),
    ("U", "SUSPEND"),
    ("W", "WAITING"),
];
const TYPES: [(&str, &str); 5] =
    [("T", "TRANSFER"), ("U", "UPLOAD"), ("D", "DOWNLOAD"), ("I", "STAGEIN"), ("O", "STAGEOUT")];

/// What the last part of an RSE's name is often called, behind the name of its site.
const KINDS: [&str; 16] = [
    "DATADISK",
    "SCRATCHDISK",
    "LOCALGROUPDISK",
    "GROUPDISK",
    "DATATAPE",
    "MCTAPE",
    "CALIBDISK",
    "PERF",
    "PHYS",
    "PROD",
    "TAPE",
    "DISK",
    "TEMP",
    "BUFFER",
    "TEST",
    "SCRATCH",
];

/// Whether a file starts like one.
pub(crate) fn is_like(record: &Record) -> bool {
    record.get(&DESTINATION).is_some() && record.get(&["request_type", "rule_id", "requested_at"]).is_some()
}

/// Reads dumps.
pub(crate) fn read(sources: &[Source]) -> Result<Imported, ImportError> {
    let mut transfers = Transfers::new(sources);
    let (mut by_id, mut has_priority, mut is_local) = (false, false, false);
    for (file, source) in sources.iter().enumerate() {
        let records = Records::of(source, is_like)?;
        for wanted in [&SOURCE[..], &DESTINATION, &SUBMITTED, &BYTES, &STATE] {
            records.expect(wanted)?;
        }
        for (line, record) in records.rows() {
            let place = Place { file, line };
            let is_created = record.as_ref().is_ok_and(|record| record.get(&SUBMITTED[..1]).is_none());
            let told = match &record {
                Ok(record) => told(record),
                Err(why) => Err((*why).to_owned()),
            };
            let Ok(record) = (if transfers.add(place, told) { record } else { continue }) else { continue };
            is_local = is_local || record.has_local_time(&[&SUBMITTED, &STARTED, &ENDED]);
            by_id |= record.get(&SOURCE[..2]).is_none() || record.get(&DESTINATION[..2]).is_none();
            has_priority |= record.get(&["priority", "activity"]).is_some();
            if is_created {
                let note = "it has no submitted_at: created_at is taken, so Rucio's own queue time is lost";
                transfers.account.note_row(Treatment::Guessed, note, place);
            }
        }
    }
    let account = &mut transfers.account;
    account.note(
        Treatment::Guessed,
        "a request queues for slots from submitted_at on, when Rucio gave it to FTS; Rucio's queue before that is not simulated",
    );
    account.note(
        Treatment::Guessed,
        "the site of an RSE is its name without a last part such as _DATADISK; RSEs of one site are not apart by any link",
    );
    account.note(
        Treatment::NotCarriedOver,
        "failed attempts: they held slots, but the log does not say which bytes they moved; the grid may have been busier",
    );
    if is_local {
        account.note(Treatment::Guessed, times::ZONE);
    }
    if by_id {
        account.note(Treatment::NotCarriedOver, "names of RSEs: the dump has their ids, which are names here");
    }
    if has_priority {
        account.note(Treatment::NotCarriedOver, "activities and priorities: every request waits its turn");
    }
    Ok(transfers.finish("a dump of Rucio's requests", sources, true, Ties::LogOrder, |rse| site(rse).to_owned()))
}

fn told(record: &Record) -> Result<Told<'_>, String> {
    if let Some(kind) = record.get(&TYPE)
        && let (false, word) = is_of(kind, &TYPES, "TRANSFER")
    {
        return Err(format!("its type is {word}, not TRANSFER"));
    }
    if let (false, word) = is_of(record.need(&STATE)?, &STATES, "DONE") {
        return Err(format!("its state is {word}, not DONE"));
    }
    Ok(Told {
        at: record.read(&SUBMITTED, "time", instant)?,
        bytes: record.read(&BYTES, "number of bytes", whole)?,
        source: record.need(&SOURCE)?,
        destination: record.need(&DESTINATION)?,
        started: record.get(&STARTED).and_then(instant),
        ended: record.get(&ENDED).map(instant),
    })
}

/// Whether a letter or word of a table stands for the wanted word, and the word for which it stands.
fn is_of(found: &str, table: &[(&str, &'static str)], wanted: &str) -> (bool, &'static str) {
    // Words may be written as Python shows them: `RequestState.DONE`.
    let found = found.rsplit('.').next().unwrap_or(found).to_ascii_uppercase();
    let word = table.iter().find(|(letter, word)| found == *letter || found == *word).map(|(_, word)| *word);
    (word == Some(wanted), word.unwrap_or("none that Rucio knows"))
}

/// The site of an RSE, by its name.
fn site(rse: &str) -> &str {
    match rse.rsplit_once('_') {
        Some((site, kind))
            if !site.is_empty() && KINDS.iter().any(|known| kind.to_ascii_uppercase().starts_with(known)) =>
        {
            site
        }
        _ => rse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_letters_or_words() {
        for done in ["D", "DONE", "Done", "RequestState.DONE"] {
            assert!(is_of(done, &STATES, "DONE").0, "{done}");
        }
        assert_eq!(is_of("F", &STATES, "DONE"), (false, "FAILED"));
        assert_eq!(is_of("secret", &STATES, "DONE"), (false, "none that Rucio knows"));
    }

    #[test]
    fn sites_are_rses_without_their_kind() {
        for (rse, name) in [
            ("CERN-PROD_DATADISK", "CERN-PROD"),
            ("T1_DE_KIT_Disk", "T1_DE_KIT"),
            ("T2_CH_CERN", "T2_CH_CERN"),
            ("_DISK", "_DISK"),
            ("MOCK", "MOCK"),
        ] {
            assert_eq!(site(rse), name);
        }
    }
}
