//! What an experiment says, for a console.

use std::collections::BTreeMap;
use std::path::Path;

use dapple_records::{KpiRow, Kpis, Manifest, SweepPoint};

use crate::ReportError;
use crate::badge::Badge;
use crate::comparison::{Comparison, confirmatory};
use crate::experiment::Experiment;
use crate::quantity::{plain, three_digits};
use crate::report::{badge_words, share};
use crate::survivors::{self, Loss};

/// What an experiment says.
#[derive(Clone, Debug, PartialEq)]
pub struct Conclusion {
    /// What everybody should know before reading any figure, a sentence each.
    pub first: Vec<String>,
    /// Policies under which no run, no job or no transfer ended well although some failed, a sentence each.
    pub lost: Vec<String>,
    /// Every policy against the baseline at every sweep point, by the primary KPI.
    pub verdicts: Vec<Verdict>,
    /// The smallest relevant difference, such as `1 %`.
    pub relevant: String,
}

/// One policy against the baseline at one sweep point.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The policy.
    pub policy: String,
    /// The sweep point.
    pub sweep: Vec<SweepPoint>,
    /// In a word.
    pub badge: Badge,
    /// In a few: `better, -12 %`.
    pub words: String,
}

/// Concludes from what ran.
///
/// # Errors
/// Where this dapple does not know the primary KPI.
pub fn conclude(manifest: &Manifest, kpis: &BTreeMap<String, Kpis>) -> Result<Conclusion, ReportError> {
    let rows = manifest.runs.iter().map(|run| KpiRow {
        run: run.id.clone(),
        policy: run.policy.clone(),
        replication: run.replication,
        seed: run.seed,
        sweep: run.sweep.clone(),
        events: run.events,
        kpis: kpis.get(&run.id).cloned().unwrap_or_default(),
    });
    let experiment = Experiment::new(Path::new(""), manifest.clone(), rows.collect())?;
    let verdict = |found: &Comparison| Verdict {
        policy: experiment.name(found.policy).to_owned(),
        sweep: experiment.points[found.point].coordinates.clone(),
        badge: Badge::of(found),
        words: words(&experiment, found),
    };
    Ok(Conclusion {
        first: survivors::told(&experiment).iter().map(|sentence| plain(sentence)).collect(),
        lost: experiment.lost().into_iter().map(|of| lost_words(experiment.name(of.policy), of.what)).collect(),
        verdicts: confirmatory(&experiment).iter().map(verdict).collect(),
        relevant: format!("{} %", three_digits(manifest.relevant_difference * 100.0)),
    })
}

fn lost_words(policy: &str, what: Loss) -> String {
    match what {
        Loss::Runs => format!("every run of policy `{policy}` failed"),
        Loss::All(things) => format!("every {} of every run of policy `{policy}` failed", things.noun()),
        Loss::Ends(things) => format!("no {} of any run of policy `{policy}` ended well", things.noun()),
    }
}

fn words(experiment: &Experiment, found: &Comparison) -> String {
    let badge = Badge::of(found);
    let word = badge_words(badge, experiment.manifest.relevant_difference);
    let difference = found.difference.filter(|_| !matches!(badge, Badge::Equal | Badge::NotComparable));
    let words = match difference {
        Some(difference) => format!("{word}, {}", share(experiment.scale(experiment.primary.kpi), &difference)),
        None => word,
    };
    plain(&words)
}
