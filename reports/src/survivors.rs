//! Whom a figure speaks of, where policies differ in how many fail or do not end.
//!
//! A mean over what did not fail is the mean of a selection: a policy that fails its large jobs has short ones left. What the
//! horizon cut off weighs too little: it is left out, or counts with its age. So before a figure says which policy is better,
//! the shares of those that dropped out are compared, replication by replication as everything else:
//!
//! - **Failed** (a run that failed counts as all of its): where the shares differ, the figure is of different things, and no
//!   direction follows from it.
//! - **Unfinished**: they flatter the policy that has more of them, so a policy that looks better in spite of *fewer* stands, and
//!   one that looks better with more does not. (Under arrivals that never end some are always unfinished, and more of them
//!   the longer they take: a difference alone says nothing.)
//!
//! Shares differ where the paired t-test says so at 5 %, or where all replications point to the same side: with so few that no test can
//! tell, a verdict is rather withheld than given. This is not corrected for the number of comparisons, for the same reason.

use dapple_records::{Kpi, KpiInfo, Population};

use crate::experiment::Experiment;
use crate::quantity::percent;
use crate::statistics::{LEVEL, mean, no_difference};

/// Who dropped out under a policy and under the baseline, at one sweep point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Survivors {
    /// Of what.
    pub(crate) population: Population,
    /// Those that failed.
    pub(crate) failed: Shares,
    /// Those that had not ended at the horizon.
    pub(crate) unfinished: Shares,
    /// Replications in which the policy, or the baseline, alone has no value of the figure, although there is something to count.
    pub(crate) empty: (usize, usize),
}

/// Shares of a population, means over replications.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shares {
    /// Under the policy.
    pub(crate) policy: f64,
    /// Under the baseline.
    pub(crate) baseline: f64,
    /// Whether the policy has more, beyond chance; `None`: they are alike.
    pub(crate) more: Option<bool>,
}

impl Survivors {
    /// Who is missing in a figure; `None` where it leaves nobody out, or there is nothing to count under one of the two.
    pub(crate) fn of(experiment: &Experiment, point: usize, policy: usize, kpi: &KpiInfo) -> Option<Self> {
        let there = kpi.over.iter().filter(|population| experiment.populations.contains(population));
        let found: Vec<Self> =
            there.filter_map(|population| Self::in_population(experiment, point, policy, *population)).collect();
        // One that fails differently says more than one that leaves others unfinished, and that more than those that do neither.
        let fails = found.iter().find(|found| found.failed.more.is_some());
        let leaves = || found.iter().find(|found| found.unfinished.more.is_some());
        let mut found = *fails.or_else(leaves).or(found.first())?;
        let population = found.population;
        // A count of the unfinished leaves none of them out.
        if kpi.kpi == population.unfinished() {
            found.unfinished = Shares::default();
        }
        found.empty = (
            empty(experiment, point, (policy, experiment.baseline), kpi.kpi, population),
            empty(experiment, point, (experiment.baseline, policy), kpi.kpi, population),
        );
        Some(found)
    }

    /// The same, whatever the figure.
    pub(crate) fn in_population(
        experiment: &Experiment,
        point: usize,
        policy: usize,
        population: Population,
    ) -> Option<Self> {
        let shares = |part: fn(&Dropped) -> f64| {
            let of = |policy| -> Vec<(u32, f64)> {
                let dropped = experiment.dropped(point, policy, population);
                dropped.iter().map(|(replication, dropped)| (*replication, part(dropped))).collect()
            };
            Shares::of(&of(policy), &of(experiment.baseline))
        };
        let (failed, unfinished) = (shares(|dropped| dropped.failed)?, shares(|dropped| dropped.unfinished)?);
        Some(Self { population, failed, unfinished, empty: (0, 0) })
    }

    /// Whether a figure that leaves out what failed is of different things under the two.
    pub(crate) fn is_selected(&self) -> bool {
        self.failed.more.is_some() || self.empty != (0, 0)
    }

    /// How far apart the shares of those that failed are.
    pub(crate) fn apart(&self) -> f64 {
        (self.failed.policy - self.failed.baseline).abs()
    }

    /// `stage-in fails 74 % of its jobs, remote none`: the first that differs; nothing where none does.
    pub(crate) fn words(&self, policy: &str, baseline: &str) -> String {
        let things = format!("{}s", self.population.noun());
        let mut parts = Vec::new();
        if self.failed.more.is_some() {
            parts.push(match (self.failed.policy, self.failed.baseline) {
                (1.0, other) => format!("{policy} fails every {}, {baseline} {}", self.population.noun(), part(other)),
                (one, other) => format!("{policy} fails {} of its {things}, {baseline} {}", part(one), part(other)),
            });
        }
        for (who, n) in [(policy, self.empty.0), (baseline, self.empty.1)] {
            if n > 0 && parts.is_empty() {
                let runs = if n == 1 { "replication" } else { "replications" };
                parts.push(format!("{who} has no value in {n} {runs} in which the other has one"));
            }
        }
        if parts.is_empty() && self.unfinished.more.is_some() {
            let (one, other) = (part(self.unfinished.policy), part(self.unfinished.baseline));
            parts.push(format!("{policy} leaves {one} of its {things} unfinished at the horizon, {baseline} {other}"));
        }
        parts.join("; ")
    }

    /// `jobs fail alike (5.0 % under place, 5.1 % under remote)` where some do and nothing speaks for a difference.
    pub(crate) fn alike_words(&self, policy: &str, baseline: &str) -> Option<String> {
        let Shares { policy: one, baseline: other, more } = self.failed;
        (more.is_none() && one + other > 0.0).then(|| {
            let things = self.population.noun();
            format!("{things}s fail alike ({} under {policy}, {} under {baseline})", part(one), part(other))
        })
    }
}

/// Where a replication stands among those that are sorted.
fn at<T>(sorted: &[(u32, T)], replication: u32) -> Option<usize> {
    sorted.binary_search_by_key(&replication, |(number, _)| *number).ok()
}

impl Shares {
    /// Paired by replication; `None` where no replication has both.
    fn of(policy: &[(u32, f64)], baseline: &[(u32, f64)]) -> Option<Self> {
        let other = |replication: u32| at(baseline, replication).map(|index| baseline[index].1);
        let pairs: Vec<(f64, f64)> =
            policy.iter().filter_map(|(replication, share)| Some((*share, other(*replication)?))).collect();
        let (ones, others): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let differences: Vec<f64> = pairs.iter().map(|(one, other)| one - other).collect();
        let same_side = differences.iter().all(|share| *share > 0.0) || differences.iter().all(|share| *share < 0.0);
        let beyond = no_difference(&differences).is_some_and(|p| p < 1.0 - LEVEL);
        let more = (same_side || beyond).then_some(mean(&differences)? > 0.0);
        Some(Self { policy: mean(&ones)?, baseline: mean(&others)?, more })
    }
}

/// What part of a population dropped out of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dropped {
    /// Failed.
    pub(crate) failed: f64,
    /// Had not ended at the horizon.
    pub(crate) unfinished: f64,
}

/// A share in words: `none`, `74 %`, `every one`.
fn part(share: f64) -> String {
    match share {
        0.0 => "none".to_owned(),
        1.0 => "all".to_owned(),
        share if share < 0.0001 => "less than 0.01\u{a0}%".to_owned(),
        share => format!("{}\u{a0}%", percent(share)),
    }
}

/// Replications in which `first` has no value and `second` has one, and both had something to count.
fn empty(
    experiment: &Experiment,
    point: usize,
    (first, second): (usize, usize),
    kpi: Kpi,
    population: Population,
) -> usize {
    let (has, other) = (experiment.replicated(point, first, kpi), experiment.replicated(point, second, kpi));
    let dropped = experiment.dropped(point, first, population);
    let lacks = |replication: u32| at(&has, replication).is_none() && at(&dropped, replication).is_some();
    other.iter().filter(|(replication, _)| lacks(*replication)).count()
}

/// What everybody should know before reading any figure: shares of jobs and transfers that fail under one policy and not under
/// another, and policies under which every job fails.
pub(crate) fn told(experiment: &Experiment) -> Vec<String> {
    let mut told = Vec::new();
    let lost = experiment.lost();
    for of in &lost {
        let name = experiment.name(of.policy);
        told.push(match of.what {
            Loss::Runs => format!("Under {name} every run fails: it has no figures to compare."),
            Loss::All(things) => {
                let things = things.noun();
                format!("Under {name} every {things} fails in every run: it has no figures of {things}s to compare.")
            }
            Loss::Ends(things) => format!("Under {name} no {} ends well in any run, and some fail.", things.noun()),
        });
    }
    for population in [Population::Jobs, Population::Transfers] {
        let is_lost = |policy: usize| lost.iter().any(|of| of.policy == policy && of.what.is_of(population));
        for policy in experiment.others().filter(|policy| !is_lost(*policy)) {
            told.extend(differing(experiment, policy, population));
        }
    }
    told
}

/// Where a policy and the baseline differ in what fails.
fn differing(experiment: &Experiment, policy: usize, population: Population) -> Option<String> {
    let points = experiment.points.len();
    let found = (0..points).filter_map(|point| {
        let found = Survivors::in_population(experiment, point, policy, population)?;
        found.failed.more.map(|_| (point, found))
    });
    let found: Vec<(usize, Survivors)> = found.collect();
    let (worst, most) = found.iter().max_by(|(_, a), (_, b)| a.apart().total_cmp(&b.apart()))?;
    let mut words = most.words(experiment.name(policy), experiment.baseline_name());
    if points > 1 {
        let at = experiment.points[*worst].label();
        words.push_str(&format!(", where {at}; they differ at {} of {points} sweep points", found.len()));
    }
    Some(format!("{words}."))
}

impl Experiment {
    /// What dropped out of each run that has any of a population, by replication. Of a run that failed everything did.
    pub(crate) fn dropped(&self, point: usize, policy: usize, population: Population) -> Vec<(u32, Dropped)> {
        let share = |row: &dapple_records::KpiRow| {
            let count = |kpi: Kpi| row.kpis.get(kpi).unwrap_or(0.0);
            let failed = population.failed().map_or(0.0, count);
            let unfinished = count(population.unfinished());
            let whole = count(population.done()) + failed + unfinished;
            (whole > 0.0).then(|| (row.replication, Dropped { failed: failed / whole, unfinished: unfinished / whole }))
        };
        let mut dropped: Vec<(u32, Dropped)> = self.runs(point, policy).iter().filter_map(share).collect();
        let failed = self.failed_replications(point, policy);
        dropped.extend(failed.map(|replication| (replication, Dropped { failed: 1.0, unfinished: 0.0 })));
        dropped.sort_by_key(|(replication, _)| *replication);
        dropped
    }

    /// What no run of a policy brought to a good end, although some of it failed.
    pub(crate) fn lost(&self) -> Vec<Lost> {
        let of_policy = |policy: usize| {
            let what: Vec<Loss> = if self.all_runs_failed(policy) {
                vec![Loss::Runs]
            } else {
                self.populations.iter().filter_map(|population| self.loss(policy, *population)).collect()
            };
            what.into_iter().map(move |what| Lost { policy, what })
        };
        (0..self.policies.len()).flat_map(of_policy).collect()
    }

    fn all_runs_failed(&self, policy: usize) -> bool {
        let has_run = (0..self.points.len()).any(|point| !self.runs(point, policy).is_empty());
        !has_run && self.manifest.failed.iter().any(|run| run.policy == self.name(policy))
    }

    /// A population of which runs had some and none ended well; a policy that has nothing of it has lost nothing.
    fn loss(&self, policy: usize, population: Population) -> Option<Loss> {
        let rows = (0..self.points.len()).flat_map(|point| self.runs(point, policy));
        let [mut done, mut failed, mut unfinished] = [0.0; 3];
        for row in rows {
            let count = |kpi: Kpi| row.kpis.get(kpi).unwrap_or(0.0);
            done += count(population.done());
            failed += population.failed().map_or(0.0, count);
            unfinished += count(population.unfinished());
        }
        (done == 0.0 && failed > 0.0).then_some(if unfinished > 0.0 {
            Loss::Ends(population)
        } else {
            Loss::All(population)
        })
    }
}

/// A policy that brought nothing to a good end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// The policy.
    pub(crate) policy: usize,
    /// Of what.
    pub(crate) what: Loss,
}

/// What did not end well under a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Every run failed.
    Runs,
    /// All of a population failed in every run.
    All(Population),
    /// Some of a population failed, the rest did not end.
    Ends(Population),
}

impl Loss {
    fn is_of(self, population: Population) -> bool {
        match self {
            Self::Runs => true,
            Self::All(of) | Self::Ends(of) => of == population,
        }
    }
}

#[cfg(test)]
mod tests {
    use dapple_records::{FailedRun, KpiRow, Kpis};

    use super::*;
    use crate::synthetic::Synthetic;

    fn shares(pairs: &[(f64, f64)]) -> Option<bool> {
        let of = |pick: fn(&(f64, f64)) -> f64| -> Vec<(u32, f64)> { (0..).zip(pairs.iter().map(pick)).collect() };
        Shares::of(&of(|pair| pair.0), &of(|pair| pair.1)).and_then(|found| found.more)
    }

    #[test]
    fn shares_differ_beyond_chance_or_all_to_one_side() {
        assert_eq!(shares(&[(0.5, 0.0), (0.9, 0.0)]), Some(true), "two, which no test could tell");
        assert_eq!(shares(&[(0.1, 0.2)]), Some(false));
        assert_eq!(shares(&[(0.1, 0.1), (0.1, 0.1)]), None);
        assert_eq!(shares(&[(0.05, 0.04), (0.04, 0.05), (0.06, 0.05), (0.05, 0.06)]), None);
        // One job of four thousand in one replication of ten.
        let mut rare = [(0.0, 0.0); 10];
        rare[3].0 = 0.000_25;
        assert_eq!(shares(&rare), None);
        assert_eq!(shares(&[]), None);
    }

    /// Ten replications of a baseline and a policy, all jobs done; `makespan` says in which the policy has one.
    fn experiment(makespan: fn(u32) -> bool, failed: impl Iterator<Item = u32>) -> Experiment {
        let failed: Vec<u32> = failed.collect();
        let mut manifest = Synthetic::new(&[("remote", 0.0), ("place", 0.0)], 10).manifest();
        let mut rows = Vec::new();
        for (policy, replication) in (0..10).flat_map(|replication| [("remote", replication), ("place", replication)]) {
            let mut kpis = Kpis::default();
            kpis.set(Kpi::JobsDone, Some(100.0));
            kpis.set(Kpi::Makespan, (policy == "remote" || makespan(replication)).then_some(1000.0));
            let (run, seed) = (format!("{policy}{replication}"), u64::from(replication));
            let (policy, sweep) = (policy.to_owned(), Vec::new());
            if policy == "place" && failed.contains(&replication) {
                let error = "no replica there".into();
                manifest.failed.push(FailedRun { id: run, policy, replication, seed, sweep, error });
            } else {
                rows.push(KpiRow { run, policy, replication, seed, sweep, events: 1, kpis });
            }
        }
        Experiment::new(std::path::Path::new(""), manifest, rows).expect("a KPI that there is")
    }

    #[test]
    fn runs_that_fail_take_all_their_jobs_with_them() {
        let of = |experiment: &Experiment| {
            let found = Survivors::of(experiment, 0, 1, Kpi::JobTurnaround.info()).expect("jobs");
            (found.failed.more, found.words("place", "remote"))
        };
        assert_eq!(of(&experiment(|_| true, 3..4)).0, None, "one of ten is chance");
        let most = of(&experiment(|_| true, 2..10));
        assert_eq!(most, (Some(true), "place fails 80\u{a0}% of its jobs, remote none".to_owned()));
    }

    #[test]
    fn a_figure_that_some_replications_lack_is_of_a_selection() {
        let some = experiment(|replication| replication > 2, 0..0);
        let found = Survivors::of(&some, 0, 1, Kpi::Makespan.info()).expect("jobs");
        assert!(found.is_selected());
        assert_eq!(found.words("place", "remote"), "place has no value in 3 replications in which the other has one");
        let whole = Survivors::of(&some, 0, 1, Kpi::JobTurnaround.info()).expect("jobs");
        assert!(!whole.is_selected() && whole.empty == (0, 0));
        assert_eq!(Survivors::of(&some, 0, 1, Kpi::JobsDone.info()), None, "a count leaves nobody out");
    }

    /// One replication of each policy with these figures, in order.
    fn once(policies: &[(&str, &[(Kpi, f64)])], failed: &[&str]) -> Experiment {
        let names: Vec<(&str, f64)> = policies.iter().map(|(name, _)| (*name, 0.0)).collect();
        let mut manifest = Synthetic::new(&names, 2).manifest();
        let (mut rows, sweep) = (Vec::new(), Vec::new());
        for (name, figures) in policies {
            let mut kpis = Kpis::default();
            figures.iter().for_each(|(kpi, value)| kpis.set(*kpi, Some(*value)));
            let (run, policy) = ((*name).to_owned(), (*name).to_owned());
            if !figures.is_empty() {
                rows.push(KpiRow { run, policy, replication: 0, seed: 7, sweep: sweep.clone(), events: 1, kpis });
            }
        }
        for name in failed {
            let (id, policy, error) = (format!("{name}-failed"), (*name).to_owned(), "no replica there".into());
            manifest.failed.push(FailedRun { id, policy, replication: 1, seed: 8, sweep: sweep.clone(), error });
        }
        Experiment::new(std::path::Path::new(""), manifest, rows).expect("a KPI that there is")
    }

    #[test]
    fn what_is_lost_is_told_by_what_it_is() {
        use Kpi::{JobsDone, JobsFailed, JobsUnfinished, TransfersDone, TransfersFailed};
        let lost =
            |experiment: &Experiment| experiment.lost().iter().map(|of| (of.policy, of.what)).collect::<Vec<_>>();
        // Transfers only, and one run of several fails: nothing is lost.
        let transfers = [(TransfersDone, 90.0), (TransfersFailed, 10.0)];
        assert_eq!(lost(&once(&[("remote", &transfers), ("place", &transfers)], &["place"])), []);
        // Neither has anybody lost transfers who makes none.
        assert_eq!(lost(&once(&[("remote", &[(JobsDone, 5.0)]), ("place", &transfers)], &[])), []);
        let none = [(TransfersDone, 0.0), (TransfersFailed, 10.0)];
        let all = once(&[("remote", &none), ("place", &none)], &[]);
        let of_transfers = Loss::All(Population::Transfers);
        assert_eq!(lost(&all), [(0, of_transfers), (1, of_transfers)]);
        assert!(told(&all)[0].starts_with("Under remote every transfer fails in every run"), "{:?}", told(&all));
        let waiting = [(JobsDone, 0.0), (JobsFailed, 1.0), (JobsUnfinished, 9.0)];
        let some = once(&[("remote", &[(JobsDone, 5.0)]), ("place", &waiting), ("gone", &[])], &["gone"]);
        assert_eq!(lost(&some), [(1, Loss::Ends(Population::Jobs)), (2, Loss::Runs)]);
    }

    #[test]
    fn what_is_unfinished_is_seen_in_each_population() {
        let done = [(Kpi::JobsDone, 10.0), (Kpi::TransfersDone, 10.0), (Kpi::WanBytes, 9.0)];
        let left = [(Kpi::JobsDone, 10.0), (Kpi::TransfersDone, 6.0), (Kpi::TransfersUnfinished, 4.0)];
        let both = once(&[("remote", &done), ("place", &left)], &[]);
        let found = Survivors::of(&both, 0, 1, Kpi::WanBytes.info()).expect("jobs and transfers");
        assert_eq!((found.population, found.unfinished.more), (Population::Transfers, Some(true)));
    }
}
