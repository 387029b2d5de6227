//! The HPSS log: fits laws of its mover to the first half, replays it, and scores the second half.

use dapple_reports::page::Section;
use dapple_reports::quantity::{number, significant};
use dapple_scenarios::LoadOptions;

use super::{
    Calibrated, CalibrationError, Cut, FirstHalf, HPSS_LOG, Halves, Hpss, HpssError, Law, LawConstant, LawResult,
    LawScores, LogError, NothingScored, Prediction, Scope, Settings, StartUp, TAU, TITLE, TransferLog, calibrate,
    replay_score, sections, selected,
};
use crate::{Blame, Conditions, Item, Paper, PaperError};

/// The log. It is no paper, but it is reproduced like one.
pub const PAPER: Paper = Paper {
    name: "hpss",
    title: "A real log: the mover of a tape archive, fitted to one half, replayed on the other (needs DAPPLE_DATA)",
    page: TITLE,
    items: &[
        Item { name: BY_TIME, about: "halves that take the same time, which is the rule where they can be scored" },
        Item { name: BY_ROWS, about: "halves with the same number of transfers" },
    ],
    make,
};

const BY_TIME: &str = "by-time";
const BY_ROWS: &str = "by-rows";

fn make(item: Option<&str>, conditions: &Conditions<'_>) -> Result<Vec<Section>, PaperError> {
    let data = LoadOptions::default().data.ok_or_else(no_log)?;
    let hpss = Hpss::load(&data)?;
    let asked = item.map(|item| if item == BY_ROWS { Cut::Rows } else { Cut::Time });
    let halves = Halves::of(&hpss.log, asked)?;
    let (laws, selected) = if conditions.fit { fitted(&hpss, &halves, conditions)? } else { stored(&hpss, &halves)? };
    let facts = facts(&hpss, &halves, asked, &laws[selected]);
    Ok(sections(&laws, selected, &facts)?)
}

/// What the log is, how it was cut, and what is left out of the scores, in words.
fn facts(hpss: &Hpss, halves: &Halves, asked: Option<Cut>, law: &LawResult) -> Vec<String> {
    let Hpss { log, replay, horizon_s } = hpss;
    let count = |n: usize| number(n as f64, 0);
    let days = |from: f64, to: f64| number((to - from) / 86_400.0, 1);
    let by = match (halves.cut, asked) {
        (Cut::Time, _) => "by time",
        (Cut::Rows, Some(_)) => "by rows",
        (Cut::Rows, None) => "by rows, as a cut by time leaves a part with nothing to score",
    };
    let scored = match halves.scope {
        Scope::LargeMigrations => "migrations of more than 1 GB",
        Scope::All => "all transfers, as a part has no migration of more than 1 GB",
    };
    let (start, end) = (log.origin_s(), log.end_s());
    let left = halves.left_out(log);
    let [first, second, last] = halves.parts(log).map(|part| part.len());
    let mut facts = vec![
        format!(
            "The log: {} transfers in {} days, cut {by}: the second half begins after {} days. Scored are {scored}: {} in the \
             first quarter, {} in the second, {} in the second half.",
            count(log.transfers.len()),
            days(start, end),
            days(start, halves.middle_s),
            count(first),
            count(second),
            count(last),
        ),
        format!(
            "Left out of the scores, but replayed: {} others, {} that took less than the log can tell, {} that start in one half \
             and end in the other.",
            count(left.others),
            count(left.unmeasured),
            count(left.across),
        ),
    ];
    let unended = law.predictions.iter().filter(|prediction| prediction.simulated_s.is_infinite()).count();
    if unended > 0 {
        facts.push(format!(
            "{} of the {} predicted transfers had not ended when the replay did, {} days after the first start; they count as \
             predicted wrongly.",
            count(unended),
            count(law.predictions.len()),
            days(0.0, *horizon_s),
        ));
    }
    let lost = log.transfers.len().saturating_sub(replay.n_transfers());
    if lost > 0 {
        facts.push(format!("{} rows of the log could not be replayed.", count(lost)));
    }
    facts
}

impl From<NothingScored> for PaperError {
    fn from(error: NothingScored) -> Self {
        Self::new(Blame::Files, error)
    }
}

fn no_log() -> PaperError {
    let told = format!("the HPSS log is not part of dapple: set DAPPLE_DATA to the folder that holds `{HPSS_LOG}`");
    PaperError::new(Blame::Files, told)
}

impl From<LogError> for PaperError {
    fn from(error: LogError) -> Self {
        Self::new(Blame::Files, error)
    }
}

impl From<HpssError> for PaperError {
    fn from(error: HpssError) -> Self {
        let blame = if matches!(error, HpssError::Log(_)) { Blame::Files } else { Blame::Scenario };
        Self::new(blame, error)
    }
}

impl From<CalibrationError> for PaperError {
    fn from(error: CalibrationError) -> Self {
        let blame = if matches!(error, CalibrationError::NothingScored(_)) { Blame::Files } else { Blame::Analysis };
        Self::new(blame, error)
    }
}

/// The law of the scenario, as it stands there.
fn stored(hpss: &Hpss, halves: &Halves) -> Result<(Vec<LawResult>, usize), PaperError> {
    let Hpss { log, replay, .. } = hpss;
    let score = replay_score((log, halves), replay, TAU)?;
    let law = LawResult {
        name: "as stored".into(),
        constants: "see scenarios/logs/hpss.ron".into(),
        fitted: None,
        predictions: predictions((log, halves), &score.durations_s),
        curve: Vec::new(),
    };
    Ok((vec![law], 0))
}

/// All laws, fitted now.
fn fitted(hpss: &Hpss, halves: &Halves, conditions: &Conditions<'_>) -> Result<(Vec<LawResult>, usize), PaperError> {
    let Hpss { log, replay, .. } = hpss;
    let settings = Settings { tau: TAU, threads: conditions.jobs, ..Settings::default() };
    conditions.progress.planned(Law::ALL.len(), "laws");
    let scores = calibrate((log, halves), replay, &Law::ALL, &settings, &|law| conditions.progress.done(&law.name()));
    conditions.progress.finished();
    let scores = scores?;
    let selected = selected(&scores).ok_or_else(|| PaperError::new(Blame::Analysis, "no law was fitted"))?;
    Ok((scores.iter().map(|scores| result((log, halves), scores)).collect(), selected))
}

fn result(log: (&TransferLog, &Halves), scores: &LawScores) -> LawResult {
    let LawScores { law, on_half, validation, first_half, .. } = scores;
    let curve = law.mover(&on_half.constants).curve;
    let drawn = law.start_up == StartUp::Queued;
    let points = (0..=96).map(|step| f64::from(step) / 4.0).map(|x| (x, curve.at(x).as_bytes_per_s() / 1e6));
    LawResult {
        name: law.name(),
        constants: constants(*law, on_half),
        fitted: Some(FirstHalf { validation: *validation, calibrated: *first_half }),
        predictions: predictions(log, &scores.durations_s),
        curve: if drawn { points.collect() } else { Vec::new() },
    }
}

/// `A 1175 MB/s, λ 2.590`.
fn constants(law: Law, found: &Calibrated) -> String {
    let word = |(constant, value): (LawConstant, &f64)| {
        format!("{} {} {}", constant.symbol, significant(*value), constant.unit).trim_end().to_owned()
    };
    law.constants().into_iter().zip(&found.constants).map(word).collect::<Vec<_>>().join(", ")
}

/// The scored transfers of the second half.
fn predictions((log, halves): (&TransferLog, &Halves), durations_s: &[Option<f64>]) -> Vec<Prediction> {
    let rows = halves.second(log);
    let prediction = |row: usize| {
        let transfer = &log.transfers[row];
        Prediction {
            day: (transfer.started_at_s / 86_400.0).floor() as i64,
            real_s: transfer.duration_s,
            simulated_s: durations_s.get(row).copied().flatten().unwrap_or(f64::INFINITY),
        }
    };
    rows.into_iter().map(prediction).collect()
}
