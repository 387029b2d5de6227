//! Exports of PanDA's jobs, as its monitor writes them (JSON: `{"jobs": [..]}` or a list) or as rows of its job tables (CSV).
//!
//! Columns: `creationtime`, `starttime`, `endtime` (UTC), `computingsite`, `jobstatus`, `actualcorecount` or `corecount`,
//! `cpuconsumptiontime` (s), `inputfilebytes`. Where the input of a job came from stands in none of them.

use dapple_simulator::units::Bytes;
use dapple_simulator::workload::Ties;

use crate::account::{Place, Treatment};
use crate::error::ImportError;
use crate::imported::{Imported, Job, is_name};
use crate::jobs::{Jobs, Slots};
use crate::records::{NO_NAME, Record, Records, whole};
use crate::text::Source;
use crate::times::{self, instant, seconds};
use crate::write::MOST;

const CREATED: [&str; 3] = ["creationtime", "t_created_s", "creation_time"];
const STARTED: [&str; 3] = ["starttime", "t_start_s", "start_time"];
const ENDED: [&str; 3] = ["endtime", "t_end_s", "end_time"];
const SITE: [&str; 3] = ["computingsite", "queue", "site"];
const STATUS: [&str; 2] = ["jobstatus", "status"];
const CORES: [&str; 3] = ["actualcorecount", "corecount", "cores"];
const CPU: [&str; 2] = ["cpuconsumptiontime", "cpu_s"];
const INPUT: [&str; 2] = ["inputfilebytes", "input_bytes"];
/// The site of jobs whose table has none.
const ONE_SITE: &str = "site";

/// Whether a file starts like one.
pub(crate) fn is_like(record: &Record) -> bool {
    record.get(&CREATED).is_some() && record.get(&STATUS).is_some() && record.get(&ENDED).is_some()
}

/// Reads exports.
pub(crate) fn read(sources: &[Source]) -> Result<Imported, ImportError> {
    let mut jobs = Jobs::new(sources);
    let (mut has_output, mut is_local) = (false, false);
    for (file, source) in sources.iter().enumerate() {
        let records = Records::of(source, is_like)?;
        for wanted in [&CREATED[..], &STARTED, &ENDED, &STATUS] {
            records.expect(wanted)?;
        }
        let has_site = records.expect(&SITE).is_ok();
        if !has_site {
            jobs.account.note(Treatment::Guessed, "all jobs ran at one site: the table has no computingsite");
        }
        for (line, record) in records.rows() {
            let place = Place { file, line };
            let told = match &record {
                Ok(record) => told(record, has_site),
                Err(why) => Err((*why).to_owned()),
            };
            let told = match told {
                Ok(told) => told,
                Err(why) => {
                    jobs.add(place, Err(why));
                    continue;
                }
            };
            if told.is_wall {
                let note = "it has no CPU time: its wall time is its compute time, waits for data included";
                jobs.account.note_row(Treatment::Guessed, note, place);
            }
            if told.is_one_core {
                jobs.account.note_row(Treatment::Defaulted, "its number of cores is not known: 1", place);
            }
            let pool = jobs.pool(&told.site, &told.site);
            let rse = told.input.map(|input| (input, jobs.rse(&format!("{}_DISK", told.site), &told.site)));
            jobs.add(place, Ok(Job { pool, input: rse, ..told.job }));
            is_local = is_local || record.as_ref().is_ok_and(|it| it.has_local_time(&[&CREATED, &STARTED, &ENDED]));
            has_output |= record.is_ok_and(|record| record.get(&["outputfilebytes", "output_bytes"]).is_some());
        }
    }
    let account = &mut jobs.account;
    account.note(
        Treatment::Guessed,
        "the compute time is cpuconsumptiontime by core: what a job waited for data is simulated instead",
    );
    account.note(
        Treatment::Guessed,
        "the input of a job lies in storage of its own site: the export does not say where it came from; it is one file",
    );
    if is_local {
        account.note(Treatment::Guessed, times::ZONE);
    }
    if has_output {
        account.note(Treatment::NotCarriedOver, "output files: jobs write nothing");
    }
    account.note(Treatment::NotCarriedOver, "priorities, memory, tasks and users of jobs");
    Ok(jobs.finish("an export of PanDA's jobs", sources, Slots::Busiest, Ties::LogOrder))
}

struct Told {
    job: Job,
    site: String,
    input: Option<Bytes>,
    is_wall: bool,
    is_one_core: bool,
}

fn told(record: &Record, has_site: bool) -> Result<Told, String> {
    match record.need(&STATUS)?.to_ascii_lowercase().as_str() {
        "finished" | "failed" | "closed" | "done" => {}
        "cancelled" | "canceled" => return Err("its status is cancelled".into()),
        _ => return Err("its status is not that of a job that has ended".into()),
    }
    let submitted = record.read(&CREATED, "time", instant)?;
    let started = record.read(&STARTED, "time", instant)?;
    let ended = record.read(&ENDED, "time", instant)?;
    if ended < started || started < submitted {
        return Err("it ends before it starts, or starts before it is created".into());
    }
    let cores = record.get(&CORES).and_then(whole).filter(|cores| *cores > 0);
    let slots = u32::try_from(cores.unwrap_or(1)).map_err(|_| "it has more cores than can be counted")?;
    let cpu = record.get(&CPU).and_then(seconds).filter(|cpu| *cpu > 0);
    let input = match record.get(&INPUT) {
        None => None,
        Some(bytes) => {
            Some(whole(bytes).filter(|bytes| *bytes <= MOST.get()).ok_or("its inputfilebytes is no number of bytes")?)
        }
    };
    let job = Job {
        submitted,
        compute: cpu.map_or(ended - started, |cpu| cpu / u64::from(slots)),
        slots,
        requested: None,
        pool: 0,
        input: None,
        started: Some(started),
        ended: Some(ended),
    };
    let site = if has_site { record.need(&SITE)?.to_owned() } else { ONE_SITE.to_owned() };
    if !is_name(&site) {
        return Err(NO_NAME.into());
    }
    let input = input.filter(|bytes| *bytes > 0).map(Bytes::new);
    Ok(Told { job, site, input, is_wall: cpu.is_none(), is_one_core: cores.is_none() })
}
