//! Records of FTS3: messages of its monitoring when a transfer is over (JSON), or rows of its table `t_file` (CSV or JSON).
//!
//! Messages tell `tr_timestamp_start` and `tr_timestamp_complete` in milliseconds, `f_size`, `src_hostname`, `dst_hostname` or
//! the URLs, and `t_final_transfer_state`. The table has `start_time`, `finish_time`, `filesize`, `source_se`, `dest_se` and
//! `file_state`; joined with `t_job` also `submit_time`. Storage is told by host, as FTS itself tells its links.

use dapple_simulator::workload::Ties;

use crate::account::{Place, Treatment};
use crate::error::ImportError;
use crate::imported::Imported;
use crate::records::{Record, Records, whole};
use crate::text::Source;
use crate::times::{self, instant};
use crate::transfers::{Told, Transfers, host};

const SOURCE: [&str; 6] = ["src_hostname", "source_se", "src_se", "src_url", "source_surl", "source_url"];
const DESTINATION: [&str; 7] =
    ["dst_hostname", "dest_se", "dst_se", "dst_url", "dest_surl", "dest_url", "destination_se"];
const SIZE: [&str; 5] = ["f_size", "file_size", "filesize", "user_filesize", "tr_bt_transfered"];
const STATE: [&str; 3] = ["t_final_transfer_state", "file_state", "t_final_transfer_state_flag"];
const SUBMITTED: [&str; 3] = ["submit_time", "job_submit_time", "submitted_at"];
const STARTED: [&str; 3] = ["tr_timestamp_start", "timestamp_tr_st", "start_time"];
const ENDED: [&str; 3] = ["tr_timestamp_complete", "timestamp_tr_comp", "finish_time"];

/// Whether a file starts like one.
pub(crate) fn is_like(record: &Record) -> bool {
    record.get(&STATE).is_some() && record.get(&SOURCE).is_some() && record.get(&STARTED).is_some()
}

/// Reads records.
pub(crate) fn read(sources: &[Source]) -> Result<Imported, ImportError> {
    let (mut n_ended_well, mut n_asked, mut is_by_end) = (0, 0, false);
    for source in sources {
        let records = Records::of(source, is_like)?;
        for wanted in [&SOURCE[..], &DESTINATION, &SIZE, &STATE, &STARTED] {
            records.expect(wanted)?;
        }
        for record in records.rows().filter_map(|(_, record)| record.ok()).filter(|record| told(record, false).is_ok())
        {
            n_ended_well += 1;
            n_asked += u64::from(record.get(&SUBMITTED).and_then(instant).is_some());
            is_by_end |= record.get(&ENDED[..2]).is_some();
        }
    }
    // One row of which it is not known when it was asked for makes all times those of starts: two kinds of instants do not mix.
    let queues = n_asked == n_ended_well;
    let mut transfers = Transfers::new(sources);
    let mut is_local = false;
    for (file, source) in sources.iter().enumerate() {
        for (line, record) in Records::of(source, is_like)?.rows() {
            is_local = is_local || record.as_ref().is_ok_and(|it| it.has_local_time(&[&SUBMITTED, &STARTED, &ENDED]));
            let told = match &record {
                Ok(record) => told(record, queues),
                Err(why) => Err((*why).to_owned()),
            };
            transfers.add(Place { file, line }, told);
        }
    }
    if !queues && n_asked > 0 {
        let note = format!(
            "when transfers were asked for: {} of {n_ended_well} that ended well have no {}",
            n_ended_well - n_asked,
            SUBMITTED[0]
        );
        transfers.account.note(Treatment::NotCarriedOver, note);
    }
    transfers.account.note(
        Treatment::NotCarriedOver,
        "attempts that did not end well: they held slots, but the log does not say which bytes they moved",
    );
    transfers.account.note(
        Treatment::NotCarriedOver,
        "activities, priorities, streams and limits of FTS: the limits are FTS's defaults (services.fts)",
    );
    if is_local {
        transfers.account.note(Treatment::Guessed, times::ZONE);
    }
    transfers.account.note(Treatment::Guessed, "every storage host is an RSE at a site of its own");
    // Messages are sent when a transfer is over; rows of the table stand in the order in which files were asked for.
    let ties = if is_by_end { Ties::Shuffled } else { Ties::LogOrder };
    Ok(transfers.finish("records of FTS", sources, queues, ties, str::to_owned))
}

fn told(record: &Record, queues: bool) -> Result<Told<'_>, String> {
    match record.need(&STATE)?.to_ascii_lowercase().as_str() {
        "ok" | "finished" | "1" => {}
        "error" | "failed" | "0" => return Err("its state is failed".into()),
        "abort" | "canceled" | "cancelled" | "-1" => return Err("its state is cancelled".into()),
        _ => return Err("its state is not that of a transfer that has ended well".into()),
    }
    let started = record.read(&STARTED, "time", instant)?;
    Ok(Told {
        at: if queues { record.read(&SUBMITTED, "time", instant)? } else { started },
        bytes: record.read(&SIZE, "number of bytes", whole)?,
        source: host(record.need(&SOURCE)?),
        destination: host(record.need(&DESTINATION)?),
        started: Some(started),
        ended: record.get(&ENDED).map(instant),
    })
}
