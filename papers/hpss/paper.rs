//! The HPSS log: fits laws of its mover to the first half, replays it, and scores the second half.

use dapple_reports::page::Section;
use dapple_reports::quantity::significant;
use dapple_scenarios::LoadOptions;

use super::{
    Calibrated, CalibrationError, FirstHalf, HPSS_LOG, Halves, Hpss, HpssError, Law, LawConstant, LawResult, LawScores,
    LogError, Prediction, Settings, StartUp, TAU, TITLE, TransferLog, calibrate, replay_score, scored, sections,
    selected,
};
use crate::{Blame, Conditions, Paper, PaperError};

/// The log. It is no paper, but it is reproduced like one.
pub const PAPER: Paper = Paper {
    name: "hpss",
    title: "A real log: the mover of a tape archive, fitted to one half, replayed on the other (needs DAPPLE_DATA)",
    page: TITLE,
    items: &[],
    make,
};

fn make(_: Option<&str>, conditions: &Conditions<'_>) -> Result<Vec<Section>, PaperError> {
    let data = LoadOptions::default().data.ok_or_else(no_log)?;
    let hpss = Hpss::load(&data)?;
    let (laws, selected) = if conditions.fit { fitted(&hpss, conditions)? } else { stored(&hpss)? };
    Ok(sections(&laws, selected)?)
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
fn stored(hpss: &Hpss) -> Result<(Vec<LawResult>, usize), PaperError> {
    let Hpss { log, replay } = hpss;
    let score = replay_score(log, replay, TAU)?;
    let law = LawResult {
        name: "as stored".into(),
        constants: "see scenarios/logs/hpss.ron".into(),
        fitted: None,
        predictions: predictions(log, &score.durations_s),
        curve: Vec::new(),
    };
    Ok((vec![law], 0))
}

/// All laws, fitted now.
fn fitted(hpss: &Hpss, conditions: &Conditions<'_>) -> Result<(Vec<LawResult>, usize), PaperError> {
    let Hpss { log, replay } = hpss;
    let settings = Settings { tau: TAU, threads: conditions.jobs, ..Settings::default() };
    conditions.progress.planned(Law::ALL.len(), "laws");
    let scores = calibrate(log, replay, &Law::ALL, &settings, &|law| conditions.progress.done(&law.name()));
    conditions.progress.finished();
    let scores = scores?;
    let selected = selected(&scores).ok_or_else(|| PaperError::new(Blame::Analysis, "no law was fitted"))?;
    Ok((scores.iter().map(|scores| result(log, scores)).collect(), selected))
}

fn result(log: &TransferLog, scores: &LawScores) -> LawResult {
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
fn predictions(log: &TransferLog, durations_s: &[Option<f64>]) -> Vec<Prediction> {
    let rows = scored(log, Halves::of(log).middle_s, f64::INFINITY);
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
