//! The HPSS log: fits laws of its mover to the first half, replays it, and scores the second half.

use dapple_reports::logs::hpss::{FirstHalf, LawResult, Prediction, TAU, TITLE, sections};
use dapple_reports::papers::write_page;
use dapple_scenarios::fit::{
    Calibrated, CalibrationError, HPSS_LOG, Halves, Hpss, HpssError, Law, LawScores, Settings, StartUp, TransferLog,
    calibrate, replay_score, scored, selected,
};
use dapple_scenarios::{LoadOptions, Registry};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Item, Paper, ReproduceOptions, text};
use crate::columns::figure;
use crate::exit::{Exit, Failure, OrExit};
use crate::terminal::{note, print};

/// The log. It is no paper, but it is reproduced like one.
pub const PAPER: Paper = Paper {
    name: "hpss",
    title: "A real log: the mover of a tape archive, fitted to one half, replayed on the other (needs DAPPLE_DATA)",
    items: &[],
    reproduce: make,
};

fn make(_: Option<&'static Item>, options: &ReproduceOptions, _: &Registry) -> Result<Exit, Failure> {
    let data = LoadOptions::default().data.ok_or_else(|| {
        Failure::new(
            Exit::Files,
            format_args!("the HPSS log is not part of dapple: set DAPPLE_DATA to the folder that holds `{HPSS_LOG}`"),
        )
    })?;
    let hpss = Hpss::load(&data).map_err(unreadable)?;
    let (laws, selected) = if options.no_fit { stored(&hpss)? } else { fitted(&hpss, options)? };
    let found = sections(&laws, selected).or_exit(Exit::SomeFailed)?;
    for section in &found {
        print(&text(&section.sheet))?;
    }
    let page = write_page(&options.out.join(PAPER.name), TITLE, &found).or_exit(Exit::Files)?;
    if !options.quiet {
        note(&format!("page and plots: {}", page.display()));
    }
    Ok(Exit::Done)
}

/// The law of the scenario, as it stands there.
fn stored(hpss: &Hpss) -> Result<(Vec<LawResult>, usize), Failure> {
    let Hpss { log, replay } = hpss;
    let score = replay_score(log, replay, TAU).or_exit(Exit::SomeFailed)?;
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
fn fitted(hpss: &Hpss, options: &ReproduceOptions) -> Result<(Vec<LawResult>, usize), Failure> {
    let Hpss { log, replay } = hpss;
    let settings = Settings { tau: TAU, threads: options.jobs.map_or(0, usize::from), ..Settings::default() };
    let target = if options.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(Law::ALL.len() as u64), target);
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} laws  elapsed {elapsed}  {msg}");
    bar.set_style(style.expect("the template is valid").progress_chars("━╸─"));
    bar.enable_steady_tick(std::time::Duration::from_millis(500));
    let scores = calibrate(log, replay, &Law::ALL, &settings, &|law| {
        bar.set_message(law.name());
        bar.inc(1);
    });
    bar.finish_and_clear();
    let scores = scores.map_err(|error| match error {
        CalibrationError::NothingScored(_) => Failure { exit: Exit::Files, error: error.into() },
        error => Failure { exit: Exit::SomeFailed, error: error.into() },
    })?;
    let selected = selected(&scores).ok_or_else(|| Failure::new(Exit::SomeFailed, "no law was fitted"))?;
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
    let word = |(constant, value): (dapple_scenarios::fit::LawConstant, &f64)| {
        format!("{} {} {}", constant.symbol, figure(*value), constant.unit).trim_end().to_owned()
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

fn unreadable(error: HpssError) -> Failure {
    match error {
        HpssError::Log(error) => Failure { exit: Exit::Files, error: error.into() },
        error => Failure { exit: Exit::Refused, error: error.into() },
    }
}
