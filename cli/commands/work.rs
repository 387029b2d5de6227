//! What an experiment will take, in words, and whether this machine has it.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread;

use dapple_lab::Work;
use dapple_simulator::units::Bytes;

use crate::columns::{count, wall_time};

/// Seconds from which on an experiment is not begun without being asked twice.
const TOO_LONG_S: f64 = 86_400.0;

/// `about 1.2 M events, 40 s on one core, 2.1 MB on disk (worked out from 3 % of them, simulated)`.
pub fn in_words(work: &Work) -> String {
    let probed = match 100.0 * work.probed {
        share if share >= 10.0 => format!("{share:.0} %"),
        share if share >= 0.1 => format!("{share:.1} %"),
        _ => "less than 0.1 %".into(),
    };
    format!(
        "about {} events, {} on one core, {} on disk (worked out from {probed} of the events, simulated)",
        count(work.events),
        wall_time(work.core_s),
        Bytes::from_f64(work.disk_bytes)
    )
}

/// What a machine has to give.
pub struct Machine {
    /// Runs at once.
    jobs: f64,
    cores: f64,
    /// Bytes; `None`: the system does not say.
    memory: Option<f64>,
    disk: Option<f64>,
}

impl Machine {
    /// This one, for runs into a folder, so many at once.
    pub fn here(dir: &Path, jobs: Option<u16>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get) as f64;
        Self { jobs: jobs.map_or(cores, f64::from), cores, memory: free_memory(), disk: free_disk(dir) }
    }

    /// Why it should not be begun without being asked twice; `None`: it fits.
    pub fn too_much(&self, work: &Work) -> Option<String> {
        let jobs = self.jobs.min(work.runs).max(1.0);
        // More runs at once than cores are no faster.
        let cores = jobs.min(self.cores);
        let wall_s = work.core_s / cores;
        if wall_s > TOO_LONG_S {
            return Some(format!("this would take about {} on {cores} of the cores", wall_time(wall_s)));
        }
        let more = |needs: f64, has: Option<f64>, of: &str| {
            let has = has.filter(|has| needs > *has)?;
            let [needs, has] = [needs, has].map(Bytes::from_f64);
            Some(format!("this would take about {needs} of {of}, and {has} are free"))
        };
        // Rows are kept until their run ends, and written in blocks beside them.
        let rows = work.rows_bytes * jobs;
        more(work.disk_bytes, self.disk, "disk").or_else(|| more(rows, self.memory, "memory for recorded rows"))
    }
}

/// Memory that can be had without swapping, where the system says it in Linux's way.
fn free_memory() -> Option<f64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}

/// Space where the folder is, or will be.
#[cfg(unix)]
fn free_disk(dir: &Path) -> Option<f64> {
    let there = std::path::absolute(dir).ok()?;
    let space = rustix::fs::statvfs(there.ancestors().find(|dir| dir.exists())?).ok()?;
    Some(space.f_bavail as f64 * space.f_frsize as f64)
}

#[cfg(not(unix))]
fn free_disk(_: &Path) -> Option<f64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_days_or_more_than_there_is_is_too_much() {
        let machine = Machine { jobs: 4.0, cores: 8.0, memory: Some(16e9), disk: Some(100e9) };
        let work = Work { runs: 100.0, core_s: 3600.0, disk_bytes: 1e9, rows_bytes: 1e9, ..Work::default() };
        assert_eq!(machine.too_much(&work), None);
        let days = machine.too_much(&Work { core_s: 8.0 * 86_400.0, ..work });
        assert_eq!(days.as_deref(), Some("this would take about 2.0 days on 4 of the cores"));
        let one = machine.too_much(&Work { core_s: 2.0 * 86_400.0, runs: 1.0, ..work });
        assert_eq!(one.as_deref(), Some("this would take about 2.0 days on 1 of the cores"), "one run is one thread");
        let disk = machine.too_much(&Work { disk_bytes: 2e11, ..work });
        assert_eq!(disk.as_deref(), Some("this would take about 200 GB of disk, and 100 GB are free"));
        let memory = machine.too_much(&Work { rows_bytes: 5e9, ..work }).expect("four runs have 20 GB");
        assert_eq!(memory, "this would take about 20.0 GB of memory for recorded rows, and 16.0 GB are free");
        let crowded = Machine { jobs: 64.0, cores: 4.0, memory: None, disk: None };
        let days = crowded.too_much(&Work { core_s: 8.0 * 86_400.0, ..work });
        assert_eq!(days.as_deref(), Some("this would take about 2.0 days on 4 of the cores"), "no more than there are");
        let unknown = Machine { memory: None, disk: None, ..machine };
        assert_eq!(unknown.too_much(&Work { disk_bytes: 2e11, rows_bytes: 5e9, ..work }), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_says_what_it_has() {
        let here = Machine::here(Path::new("results/not/yet"), None);
        assert!(here.jobs >= 1.0 && here.memory > Some(0.0) && here.disk.is_some());
    }
}
