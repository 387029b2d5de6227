//! Every policy against the baseline at every sweep point, and what that says.
//!
//! Each comparison of a figure asks, in this order:
//!
//! 1. **Are the two figures of the same things?** Where policies make other transfers or reads ([`crate::alike`]), or what fails or does
//!    not end differs ([`crate::survivors`]), nothing follows.
//! 2. **Is the difference within the smallest relevant one?** Two one-sided paired t-tests, whether the policy's mean is above
//!    (1 - r) and below (1 + r) times the baseline's; the larger p-value is that of the comparison. If both hold, the two are
//!    equal for the reader's purpose, even where a difference is beyond chance.
//! 3. **Is the difference beyond chance, and not smaller than the relevant one?** The paired t-test; its mean is told as better or
//!    worse.
//! 4. Otherwise it is open.
//!
//! For the primary KPI the p-values of question 2 and those of question 3 are corrected after Holm, each over all comparisons of the
//! experiment: the chance that any "better" or "worse" is told of equal policies is at most 5 %, and so is the chance that
//! any "equal" is told of a difference that is relevant. For all other KPIs nothing is corrected: they are exploratory.
//!
//! Where nothing is drawn there is no chance to ask about: the difference is what it is, without p and interval.

use dapple_records::{Kpi, KpiInfo};

use crate::alike::Unlike;
use crate::experiment::Experiment;
use crate::statistics::{self, LEVEL, Paired, constant};
use crate::survivors::Survivors;

/// One policy against the baseline at one sweep point, by one KPI.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    /// The policy.
    pub(crate) policy: usize,
    /// The sweep point.
    pub(crate) point: usize,
    /// The KPI.
    pub(crate) kpi: &'static KpiInfo,
    /// Policy less baseline; `None`: in no replication have both a value.
    pub(crate) difference: Option<Paired>,
    /// What one policy makes more of than the other.
    pub(crate) unlike: Option<Unlike>,
    /// Who is missing in the figures.
    pub(crate) survivors: Option<Survivors>,
    /// P-value of "there is no difference"; `None` below two pairs and without chance.
    pub(crate) p: Option<f64>,
    /// P-value of "the difference is relevant".
    pub(crate) equal_p: Option<f64>,
    /// What it says.
    pub(crate) outcome: Outcome,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The policy is lower than the baseline, beyond chance and by a relevant difference.
    Lower,
    /// The policy is higher than the baseline, beyond chance and by a relevant difference.
    Higher,
    /// The difference is smaller than what is relevant, beyond chance.
    Within,
    /// Nobody can tell yet; so many more replications would settle it, where that can be told.
    Open(Option<u64>),
    /// All replications are exactly equal.
    Same,
    /// There is but one pair.
    OnePair,
    /// The figures are of different things: what policies make, what fails or what does not end differs.
    Incomparable,
}

impl Outcome {
    /// Whether the policy is better than the baseline, `None` where that is open or neither direction is better.
    pub(crate) fn better(self, less_is_better: Option<bool>) -> Option<bool> {
        match self {
            Self::Lower => less_is_better,
            Self::Higher => less_is_better.map(|less| !less),
            _ => None,
        }
    }
}

/// What decides about a comparison beside its own figures.
struct Judge {
    /// The smallest relevant difference, as a share of the baseline's mean.
    relevant: f64,
    /// Comparisons that are corrected for.
    comparisons: usize,
}

/// All comparisons of the primary KPI, by policy, then by sweep point. Those of which there is nothing to tell are left out.
pub(crate) fn confirmatory(experiment: &Experiment) -> Vec<Comparison> {
    let mut found = Vec::new();
    for policy in experiment.others() {
        for point in 0..experiment.points.len() {
            found.push(Comparison::measured(experiment, point, policy, experiment.primary));
        }
    }
    let comparisons = found.iter().filter(|comparison| comparison.p.is_some()).count();
    let corrected = |pick: fn(&mut Comparison) -> &mut Option<f64>, found: &mut [Comparison]| {
        let tested: Vec<f64> = found.iter_mut().filter_map(|comparison| *pick(comparison)).collect();
        let mut corrected = statistics::holm(&tested).unwrap_or_default().into_iter();
        for p in found.iter_mut().map(pick).filter(|p| p.is_some()) {
            *p = corrected.next();
        }
    };
    corrected(|comparison| &mut comparison.p, &mut found);
    corrected(|comparison| &mut comparison.equal_p, &mut found);
    let judge = Judge { relevant: experiment.manifest.relevant_difference, comparisons };
    let judged = found.into_iter().map(|comparison| comparison.judged(&judge));
    judged.filter(Comparison::says_anything).collect()
}

/// The same for any KPI, uncorrected: exploratory.
pub(crate) fn exploratory(experiment: &Experiment, point: usize, policy: usize, kpi: Kpi) -> Option<Comparison> {
    let judge = Judge { relevant: experiment.manifest.relevant_difference, comparisons: 1 };
    let found = Comparison::measured(experiment, point, policy, kpi.info()).judged(&judge);
    Some(found).filter(Comparison::says_anything)
}

/// The same in a group of the runs, such as those of one link. A group does not know of all that failed: where that differs in
/// the `whole`, less happens in the group, too, and nothing follows from its figures.
pub(crate) fn exploratory_in(
    whole: &Experiment,
    group: &Experiment,
    point: usize,
    policy: usize,
    kpi: Kpi,
) -> Option<Comparison> {
    let mut found = exploratory(group, point, policy, kpi)?;
    let missing = Survivors::of(whole, point, policy, kpi.info());
    let missing = missing.map(|of| Survivors { empty: (0, 0), ..of });
    let judge = Judge { relevant: whole.manifest.relevant_difference, comparisons: 1 };
    let apart = |of: &Survivors| of.is_selected() || found.is_flattered(found.outcome, of, &judge);
    if let Some(of) = missing.filter(|of| found.is_comparable() && apart(of)) {
        (found.survivors, found.outcome) = (Some(of), Outcome::Incomparable);
    }
    Some(found)
}

/// Behind the caption of a plot of what was compared: whose figures are not of the same things as the baseline's, at the sweep points
/// that it shows; nothing where none is.
pub(crate) fn caption(experiment: &Experiment, comparisons: &[Comparison], points: &[usize]) -> String {
    let apart = experiment.others().filter_map(|policy| {
        let shown = comparisons.iter().filter(|found| found.policy == policy && points.contains(&found.point));
        let far = |found: &Comparison| found.survivors.map_or(0.0, |of| of.apart());
        shown.filter(|found| !found.is_comparable()).max_by(|a, b| far(a).total_cmp(&far(b)))
    });
    let apart: Vec<&Comparison> = apart.collect();
    let Some(first) = apart.first() else { return String::new() };
    let words: Vec<String> = apart.iter().map(|found| found.apart_words(experiment)).collect();
    format!(" Not of the same {}, and so not to be compared: {}.", first.things(), words.join("; "))
}

impl Comparison {
    /// Whether a figure stands against a figure and nothing is missing in either.
    pub(crate) fn is_comparable(&self) -> bool {
        self.outcome != Outcome::Incomparable
    }

    /// Why the figures are not of the same things: what one policy makes and the other does not, or who is missing.
    pub(crate) fn apart_words(&self, experiment: &Experiment) -> String {
        let (policy, baseline) = (experiment.name(self.policy), experiment.baseline_name());
        match (self.unlike, self.survivors) {
            (Some(unlike), _) => unlike.words(policy, baseline),
            (None, Some(survivors)) => survivors.words(policy, baseline),
            (None, None) => String::new(),
        }
    }

    /// P-value of "there is no difference", where that is what the comparison tells.
    pub(crate) fn p_of_difference(&self) -> Option<f64> {
        self.p.filter(|_| !matches!(self.outcome, Outcome::Same | Outcome::Within | Outcome::Incomparable))
    }

    /// Whether the test tells the difference from chance.
    pub(crate) fn is_beyond_chance(&self) -> bool {
        self.p.is_some_and(|p| p < 1.0 - LEVEL)
    }

    /// What it is over, where that differs: `jobs`.
    pub(crate) fn things(&self) -> String {
        let unlike = self.unlike.map(|unlike| unlike.over);
        let population = unlike.or(self.survivors.map(|of| of.population));
        population.map_or_else(String::new, |population| format!("{}s", population.noun()))
    }

    fn says_anything(&self) -> bool {
        self.difference.is_some() || !self.is_comparable()
    }

    /// Figures and p-values, the latter uncorrected.
    fn measured(experiment: &Experiment, point: usize, policy: usize, kpi: &'static KpiInfo) -> Self {
        let pairs = experiment.pairs(point, policy, experiment.baseline, kpi.kpi);
        let (mut difference, mut equal_p) = (statistics::paired(&pairs), None);
        let differences: Vec<f64> = pairs.iter().map(|(first, second)| first - second).collect();
        let fixed = !experiment.manifest.chance && constant(&differences).is_some();
        if let Some(found) = difference.as_mut().filter(|_| fixed) {
            (found.sd, found.p, found.interval, found.relative_interval) = (Some(0.0), None, None, None);
        } else {
            equal_p = statistics::equivalence(&pairs, experiment.manifest.relevant_difference);
        }
        let unlike = Unlike::of(experiment, point, policy, kpi);
        let survivors = Survivors::of(experiment, point, policy, kpi);
        let p = difference.and_then(|found| found.p);
        Self { policy, point, kpi, difference, unlike, survivors, p, equal_p, outcome: Outcome::OnePair }
    }

    fn judged(mut self, judge: &Judge) -> Self {
        self.outcome = self.outcome(judge);
        self
    }

    fn outcome(&self, judge: &Judge) -> Outcome {
        if self.unlike.is_some() {
            return Outcome::Incomparable;
        }
        let selected = self.survivors.is_some_and(|survivors| survivors.is_selected());
        let more = self.survivors.and_then(|survivors| survivors.unfinished.more);
        let Some(difference) = &self.difference else {
            // Where it is not what the figure is over that dropped out, one of the two had nothing to count.
            let own = self.survivors.is_some_and(|survivors| self.kpi.over.first() == Some(&survivors.population));
            return if own && (selected || more.is_some()) { Outcome::Incomparable } else { Outcome::OnePair };
        };
        let figures = self.by_figures(difference, judge);
        let flattered = self.survivors.is_some_and(|survivors| self.is_flattered(figures, &survivors, judge));
        if selected || flattered { Outcome::Incomparable } else { figures }
    }

    /// Whether what the figures say may come from what is unfinished: that flatters the policy that has more of it.
    fn is_flattered(&self, figures: Outcome, survivors: &Survivors, judge: &Judge) -> bool {
        let shares = survivors.unfinished;
        match (figures.better(self.kpi.less_is_better), figures) {
            (Some(better), _) => shares.more == Some(better),
            (None, Outcome::Within) => {
                shares.more.is_some() && (shares.policy - shares.baseline).abs() > judge.relevant
            }
            (None, _) => false,
        }
    }

    /// What the figures say, as if they were of the same things.
    fn by_figures(&self, difference: &Paired, judge: &Judge) -> Outcome {
        let sure = |p: Option<f64>| p.is_some_and(|p| p < 1.0 - LEVEL);
        let relevant = judge.relevant * difference.means.1.abs();
        let direction = if difference.mean < 0.0 { Outcome::Lower } else { Outcome::Higher };
        let is_fixed = difference.sd == Some(0.0);
        if is_fixed && difference.mean == 0.0 {
            return Outcome::Same;
        }
        if is_fixed && self.p.is_none() {
            return if difference.mean.abs() < relevant { Outcome::Within } else { direction };
        }
        if self.p.is_none() {
            return Outcome::OnePair;
        }
        if sure(self.equal_p) {
            return Outcome::Within;
        }
        let beyond_zero = difference.interval.is_none_or(|interval| !interval.contains(0.0));
        if sure(self.p) && beyond_zero && difference.mean.abs() >= relevant {
            return direction;
        }
        let needed = statistics::replications_needed(difference, relevant, judge.comparisons);
        Outcome::Open(needed.map(|needed| needed.saturating_sub(difference.n as u64).max(1)))
    }
}
