//! How often a verdict is wrong: a thousand made-up experiments of each kind, through the comparison that reports use.
//!
//! The table is that of `docs/verdicts.md`; `UPDATE_DOCS=1` writes it there.

use std::fmt::Write;
use std::path::Path;

use dapple_records::{Kpi, KpiRow, Kpis};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::badge::Badge;
use crate::comparison::confirmatory;
use crate::experiment::Experiment;
use crate::synthetic::Synthetic;

/// Experiments of each kind.
const EXPERIMENTS: u32 = 1000;
/// Jobs of a run.
const JOBS: f64 = 4000.0;
/// Most of a thousand that chance alone brings about where it should be 5 %: 50 and four standard deviations of 6.9.
const FIVE_PERCENT: usize = 78;

/// What is put in, against the baseline.
#[derive(Clone, Copy)]
struct Planted {
    name: &'static str,
    /// Relative difference of the mean turnaround.
    effect: f64,
    /// Standard deviation of the relative difference in one replication.
    noise: f64,
    replications: u32,
    /// Policies beside the baseline, all alike.
    policies: usize,
    /// Mean shares of jobs that fail, under policy and baseline, each drawn by replication within a fifth of it.
    failed: (f64, f64),
    /// The same of unfinished jobs.
    unfinished: (f64, f64),
}

const PLAIN: Planted = Planted {
    name: "",
    effect: 0.0,
    noise: 0.005,
    replications: 7,
    policies: 1,
    failed: (0.0, 0.0),
    unfinished: (0.0, 0.0),
};

const KINDS: [Planted; 10] = [
    Planted { name: "no effect", ..PLAIN },
    Planted { name: "no effect, much noise (3 %)", noise: 0.03, replications: 10, ..PLAIN },
    Planted { name: "no effect, much noise, ten policies", noise: 0.03, policies: 10, ..PLAIN },
    Planted { name: "half the relevant difference (−0.5 %)", effect: -0.005, ..PLAIN },
    Planted { name: "the relevant difference itself (−1 %)", effect: -0.01, ..PLAIN },
    Planted { name: "three times it (−3 %)", effect: -0.03, ..PLAIN },
    Planted { name: "−12 % over survivors: 30 % of the jobs fail", effect: -0.12, failed: (0.3, 0.0), ..PLAIN },
    Planted { name: "−3 %, 5 % of the jobs fail under both", effect: -0.03, failed: (0.05, 0.05), ..PLAIN },
    Planted { name: "−3 %, and 10 % unfinished against 5 %", effect: -0.03, unfinished: (0.1, 0.05), ..PLAIN },
    Planted { name: "−3 %, and 5 % unfinished against 10 %", effect: -0.03, unfinished: (0.05, 0.1), ..PLAIN },
];

impl Planted {
    /// The badges of one experiment.
    fn badges(&self, seed: u64) -> Vec<Badge> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut rows = Vec::new();
        for replication in 0..self.replications {
            let load = rng.random_range(0.8..1.2);
            for policy in 0..=self.policies {
                let factor = if policy == 0 { 1.0 } else { 1.0 + self.effect + self.noise * normal(&mut rng) };
                let pick = |(own, baseline): (f64, f64)| if policy == 0 { baseline } else { own };
                let mut count = |shares| (JOBS * pick(shares) * rng.random_range(0.8..1.2)).floor();
                let (failed, unfinished) = (count(self.failed), count(self.unfinished));
                let mut kpis = Kpis::default();
                kpis.set(Kpi::JobTurnaround, Some(2400.0 * load * factor));
                kpis.set(Kpi::JobsDone, Some(JOBS - failed - unfinished));
                kpis.set(Kpi::JobsFailed, Some(failed));
                kpis.set(Kpi::JobsUnfinished, Some(unfinished));
                rows.push(row(policy, replication, kpis));
            }
        }
        let names: Vec<String> = (0..=self.policies).map(|policy| policy.to_string()).collect();
        let policies: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 0.0)).collect();
        let manifest = Synthetic::new(&policies, self.replications).manifest();
        let experiment = Experiment::new(Path::new(""), manifest, rows).expect("a KPI that there is");
        confirmatory(&experiment).iter().map(Badge::of).collect()
    }
}

fn row(policy: usize, replication: u32, kpis: Kpis) -> KpiRow {
    let (run, seed) = (format!("{policy}-{replication}"), u64::from(replication));
    KpiRow { run, policy: policy.to_string(), replication, seed, sweep: Vec::new(), events: 1, kpis }
}

/// Normal enough, and the same on every machine: twelve uniform draws.
fn normal(rng: &mut Xoshiro256PlusPlus) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// How many experiments of a kind have a badge, for each badge.
struct Counts(&'static str, Vec<(Badge, usize)>);

impl Counts {
    fn of(kind: &Planted, seed: u64) -> Self {
        let experiments: Vec<Vec<Badge>> =
            (0..EXPERIMENTS).map(|nth| kind.badges(seed * 1_000_000 + u64::from(nth))).collect();
        let with = |badge: Badge| experiments.iter().filter(|badges| badges.contains(&badge)).count();
        Self(kind.name, Badge::ALL.into_iter().map(|badge| (badge, with(badge))).collect())
    }

    fn n(&self, badge: Badge) -> usize {
        self.1.iter().find(|(other, _)| *other == badge).map_or(0, |(_, n)| *n)
    }
}

const SHOWN: [Badge; 5] = [Badge::Better, Badge::Worse, Badge::Equal, Badge::Open, Badge::NotComparable];

fn table(counts: &[Counts]) -> String {
    let mut text =
        "| put in | better | worse | equal within 1 % | open | not comparable |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for of in counts {
        let cells: Vec<String> = SHOWN.iter().map(|badge| of.n(*badge).to_string()).collect();
        writeln!(text, "| {} | {} |", of.0, cells.join(" | ")).expect("strings take all text");
    }
    text
}

#[test]
fn verdicts_err_as_rarely_as_they_say() {
    let counts: Vec<Counts> = KINDS.iter().zip(1..).map(|(kind, seed)| Counts::of(kind, seed)).collect();
    let [none, noisy, ten, half, edge, three, survivors, alike, flattered, modest] = &counts[..] else {
        panic!("ten kinds")
    };
    use Badge::{Better, Equal, NotComparable, Open, Worse};
    // No effect: never called one more often than 5 %, all comparisons of an experiment together.
    assert_eq!(none.n(Better) + none.n(Worse), 0);
    assert!(none.n(Equal) > 950);
    for of in [noisy, ten] {
        assert!(of.n(Better) + of.n(Worse) <= FIVE_PERCENT, "{}", table(&counts));
    }
    // Chance is there to be met: a test that never errs tests nothing.
    assert!(noisy.n(Better) + noisy.n(Worse) >= 22, "{}", table(&counts));
    // An effect that does not matter is not called one in the wrong direction, and rarely one at all.
    assert!(half.n(Worse) == 0 && half.n(Better) <= 30 && half.n(Equal) > 550, "{}", table(&counts));
    // One that just matters is called equal in no more than 5 %, and is so at all.
    assert!((22..=FIVE_PERCENT).contains(&edge.n(Equal)), "{}", table(&counts));
    // One that matters is found.
    assert!(three.n(Better) >= 995 && three.n(Worse) + three.n(Equal) == 0, "{}", table(&counts));
    // Whoever fails jobs that the baseline finishes is never better.
    assert_eq!((survivors.n(NotComparable), survivors.n(Better)), (1000, 0));
    // Failures alike take the verdict away in no more than the 5 % of their own test.
    assert!(alike.n(NotComparable) <= FIVE_PERCENT && alike.n(Better) >= 1000 - FIVE_PERCENT - 5, "{}", table(&counts));
    assert_eq!((flattered.n(Better), flattered.n(NotComparable) + flattered.n(Open)), (0, 1000));
    assert!(modest.n(Better) >= 995, "{}", table(&counts));

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verdicts.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let (before, rest) = page.split_once("<!-- rates -->\n").expect("the table has marks");
    let (_, after) = rest.split_once("<!-- /rates -->").expect("the table has marks");
    let made = format!("{before}<!-- rates -->\n{}<!-- /rates -->{after}", table(&counts));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).expect("the page can be written");
    } else {
        assert_eq!(page, made, "the rates of docs/verdicts.md; UPDATE_DOCS=1 writes them");
    }
}
