//! The Standard Workload Format of the Parallel Workloads Archive (version 2.2): jobs of one parallel machine.
//!
//! Header comments `; Name: value`, then a line of 18 numbers per job, -1 where one is not known: 1 job, 2 submit time, 3 wait
//! time, 4 run time, 5 processors, 6 CPU time, 7 memory, 8 requested processors, 9 requested time, 10 requested memory,
//! 11 status, 12 user, 13 group, 14 application, 15 queue, 16 partition, 17 job before it, 18 think time after that one.

use dapple_simulator::workload::Ties;

use crate::account::{Account, Place, Treatment, counted};
use crate::error::ImportError;
use crate::imported::{Grid, Imported, Job, Log, Pool, Site};
use crate::peak::peak;
use crate::text::Source;

const FIELDS: usize = 18;
const NANOS: f64 = 1e9;

/// Whether a text starts like one.
pub(crate) fn is_like(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let is_header = |line: &str| line.trim_start().starts_with(';');
    let is_job = |line: &str| {
        let fields = line.split_whitespace();
        fields.clone().count() == FIELDS && fields.into_iter().all(|field| field.parse::<f64>().is_ok())
    };
    lines.next().is_some_and(|line| is_header(line) || is_job(line)) && lines.take(1000).any(is_job)
}

/// What header comments say.
#[derive(Default)]
struct Header {
    start_s: u64,
    processors: Option<u32>,
    nodes: Option<u32>,
}

impl Header {
    /// What forbids that two files are logs of one machine. Different start times do not: each file counts from its own.
    fn difference(&self, first: &Self) -> Option<String> {
        let told = |value: Option<u32>| value.map_or("not given".to_owned(), |value| value.to_string());
        let sizes = [("MaxProcs", self.processors, first.processors), ("MaxNodes", self.nodes, first.nodes)];
        let date = |header: &Self| if header.start_s == 0 { "not given" } else { "given" };
        let size = sizes.into_iter().find(|(_, here, there)| here != there);
        size.map(|(name, here, there)| format!("{name} is {} here and {}", told(here), told(there))).or_else(|| {
            let is_other = date(self) != date(first);
            is_other.then(|| format!("UnixStartTime is {} here and {}", date(self), date(first)))
        })
    }

    fn read(&mut self, comment: &str) {
        let Some((name, value)) = comment.split_once(':') else { return };
        // Values have words behind them: `MaxProcs: 128 (of 144)`.
        let number = || value.split_whitespace().next()?.parse::<u64>().ok();
        let count = || number().and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
        match name.trim() {
            // Times up to the year 2200, so that all sums of them can be told.
            "UnixStartTime" => self.start_s = number().filter(|start| *start < 7_258_118_400).unwrap_or(0),
            "MaxProcs" => self.processors = count(),
            "MaxNodes" => self.nodes = count(),
            _ => {}
        }
    }
}

/// Reads logs of one machine.
pub(crate) fn read(sources: &[Source]) -> Result<Imported, ImportError> {
    let mut account = Account::new(sources.len());
    let mut headers: Vec<Header> = Vec::new();
    let mut jobs: Vec<(Place, Job)> = Vec::new();
    let (mut n_after, mut has_words) = (0, false);
    for (file, source) in sources.iter().enumerate() {
        let mut header = Header::default();
        for (line, text) in source.text.lines().enumerate() {
            let (place, text) = (Place { file, line: line as u64 + 1 }, text.trim());
            if let Some(comment) = text.strip_prefix(';') {
                header.read(comment);
            } else if !text.is_empty() {
                let Some(job) = account.row(place, job(text, &header)) else { continue };
                n_after += usize::from(job.is_after);
                has_words |= job.has_queue;
                if job.is_requested {
                    account.note_row(
                        Treatment::Guessed,
                        "the processors used are not known: those requested are taken",
                        place,
                    );
                }
                jobs.push((place, job.job));
            }
        }
        if let Some(first) = headers.first()
            && let Some(difference) = header.difference(first)
        {
            let why = format!(
                "{difference} in {}: files that are imported together are logs of one machine, so import each into a folder of \
                 its own",
                sources[0].name
            );
            return Err(source.refused(None, why));
        }
        headers.push(header);
    }
    let header = headers.into_iter().next().unwrap_or_default();
    let slots = machine(&header, &jobs, &mut account);
    let (kept, too_large): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(_, job)| job.slots <= slots);
    for (place, _) in &too_large {
        account.drop_kept(*place, "it has more processors than the machine");
    }
    if n_after > 0 {
        let note =
            format!("that {} came after another had ended: here it comes when it came then", counted(n_after, "job"));
        account.note(Treatment::NotCarriedOver, note);
    }
    if has_words {
        account.note(Treatment::NotCarriedOver, "queues, partitions, users, memory and applications of jobs");
    }
    if header.start_s == 0 {
        account.note(Treatment::Defaulted, "the date: the log has no UnixStartTime, so its times count from its start");
    }
    account.note(
        Treatment::Guessed,
        "the compute time is the logged run time, failed and cancelled jobs included: they held their processors, too",
    );
    let name = "machine".to_owned();
    Ok(Imported {
        what: "a log in the Standard Workload Format",
        name: sources.first().map_or_else(String::new, Source::stem),
        grid: Grid {
            sites: vec![Site { name: name.clone(), ..Site::default() }],
            pools: vec![Pool { name, site: 0, nodes: 1, slots, speed: 1.0 }],
            ..Grid::default()
        },
        log: Some(Log::Jobs { rows: kept.into_iter().map(|(_, job)| job).collect(), ties: Ties::LogOrder }),
        account,
    })
}

struct Read {
    job: Job,
    is_requested: bool,
    is_after: bool,
    has_queue: bool,
}

fn job(text: &str, header: &Header) -> Result<Read, String> {
    let fields: Vec<Option<f64>> = text.split_whitespace().map(|field| field.parse().ok()).collect();
    if fields.len() != FIELDS {
        return Err(format!("it has not {FIELDS} fields"));
    }
    if fields.iter().any(|field| field.is_none_or(|number| !number.is_finite())) {
        return Err("one of its fields is no number".into());
    }
    // Field numbers count from 1, as in the format's definition.
    let field = |number: usize| fields[number - 1].filter(|value| *value >= 0.0);
    let nanos = |seconds: f64| (seconds < 2.9e9).then(|| (seconds * NANOS).round() as u64);
    if field(11).is_some_and(|status| (2.0..=4.0).contains(&status)) {
        return Err("it is one part of a job that was interrupted: the whole job has a row of its own".into());
    }
    let submitted = field(2).ok_or("its submit time is not known")?;
    let compute = field(4).ok_or(match field(11) {
        Some(5.0) => "it was cancelled before it ran",
        _ => "its run time is not known",
    })?;
    let used = field(5).filter(|number| *number > 0.0);
    let processors = used.or(field(8).filter(|number| *number > 0.0)).ok_or("its number of processors is not known")?;
    if processors > f64::from(u32::MAX) {
        return Err("it has more processors than can be counted".into());
    }
    let start = header.start_s * 1_000_000_000;
    let too_long = "its times are longer than ninety years";
    let submitted = start + nanos(submitted).ok_or(too_long)?;
    let compute = nanos(compute).ok_or(too_long)?;
    let started = field(3).and_then(nanos).map(|wait| submitted + wait);
    let job = Job {
        submitted,
        compute,
        slots: processors.ceil() as u32,
        requested: field(9).and_then(nanos).filter(|requested| *requested > 0),
        pool: 0,
        input: None,
        started,
        ended: started.map(|started| started + compute),
    };
    let has_queue = [12, 13, 14, 15, 16].into_iter().any(|number| field(number).is_some());
    let is_after = field(17).is_some_and(|before| before > 0.0);
    Ok(Read { job, is_requested: used.is_none(), is_after, has_queue })
}

/// Processors of the machine.
fn machine(header: &Header, jobs: &[(Place, Job)], account: &mut Account) -> u32 {
    if let Some(processors) = header.processors {
        return processors;
    }
    let largest = jobs.iter().map(|(_, job)| job.slots).max().unwrap_or(1);
    let busiest = peak(jobs.iter().filter_map(|(_, job)| Some((job.started?, job.ended?, job.slots))));
    let processors = u32::try_from(busiest).unwrap_or(u32::MAX).max(largest);
    let (processors, why) = match header.nodes {
        Some(nodes) if nodes >= processors => {
            (nodes, "MaxNodes of the header; if nodes have several processors, it is more")
        }
        _ => (processors, "the most that were in use at once, or the largest job; it may have been more"),
    };
    account.note(
        Treatment::Guessed,
        format!("the machine has {processors} processors: no MaxProcs in the header, so {why}"),
    );
    processors
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
; UnixStartTime: 1000000000
; MaxProcs: 64
1 0 10 100 4 -1 -1 4 200 -1 1 1 1 1 1 1 -1 -1
2 5 -1 0.5 -1 -1 -1 8 -1 -1 0 -1 -1 -1 -1 -1 1 60
3 6 0 -1 -1 -1 -1 -1 -1 -1 5 -1 -1 -1 -1 -1 -1 -1
4 7 0 10 65 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1
5 8 0 10 1 -1 -1 -1 -1 -1 2 -1 -1 -1 -1 -1 -1 -1
6 9 0 10
";

    fn jobs(text: &str) -> (Imported, Vec<Job>) {
        let imported = read(&[Source::of(text)]).expect("it is one");
        let Some(Log::Jobs { rows, .. }) = imported.log.clone() else { panic!("it has jobs") };
        (imported, rows)
    }

    #[test]
    fn fields_are_read_and_unknown_ones_are_unknown() {
        let (imported, rows) = jobs(LOG);
        let start = 1_000_000_000 * 1_000_000_000;
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].submitted, rows[0].started), (start, Some(start + 10_000_000_000)));
        assert_eq!((rows[0].slots, rows[0].requested), (4, Some(200_000_000_000)));
        assert_eq!((rows[1].slots, rows[1].compute, rows[1].started), (8, 500_000_000, None));
        assert_eq!(imported.grid.pools[0].slots, 64);
        assert_eq!((imported.account.rows(), imported.account.kept(), imported.account.dropped()), (6, 2, 4));
        let text = imported.account.to_string();
        for reason in
            ["cancelled before it ran (line 5)", "than the machine (line 6)", "whole job has a row of its own (line 7)"]
        {
            assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(reason), "{text}");
        }
    }

    #[test]
    fn each_file_counts_from_its_own_start_and_all_are_of_one_machine() {
        let with = |header: &str| Source::of(&format!("{header}1 0 10 100 4 -1 -1 4 200 -1 1 1 1 1 1 1 -1 -1\n"));
        let one = with("; UnixStartTime: 1000000000\n; MaxProcs: 64\n");
        let later = with("; UnixStartTime: 1000086400\n; MaxProcs: 64\n");
        let imported = read(&[one, later]).expect("they are of one machine");
        let Some(Log::Jobs { rows, .. }) = &imported.log else { panic!("it has jobs") };
        assert_eq!(rows[1].submitted - rows[0].submitted, 86_400_000_000_000);
        for (header, why) in [
            ("; UnixStartTime: 1000000000\n; MaxProcs: 8\n", "MaxProcs is 8 here and 64 in given"),
            ("; UnixStartTime: 1000000000\n", "MaxProcs is not given here and 64 in given"),
            ("; MaxProcs: 64\n", "UnixStartTime is not given here and given in given"),
        ] {
            let one = with("; UnixStartTime: 1000000000\n; MaxProcs: 64\n");
            let error = read(&[one, with(header)]).expect_err("they are of two machines").to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_machine_without_a_size_is_as_large_as_it_was_busy() {
        let text = "1 0 0 100 4 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1\n2 50 0 100 3 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1\n\
                    3 150 0 10 6 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1\n";
        let (imported, _) = jobs(text);
        assert_eq!(imported.grid.pools[0].slots, 7, "the second job ends when the third starts");
        assert!(is_like(text) && is_like(LOG) && !is_like("a,b\n1,2\n") && !is_like(""));
    }
}
