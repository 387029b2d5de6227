//! The page: how near a stationary grid comes to what was measured.

use dapple_models::DataError;
use dapple_reports::page::{Label, PageTitle, Section, Sheet};
use dapple_reports::quantity::number;
use dapple_scenarios::LoadOptions;
use dapple_simulator::engine::EngineError;

use super::{HOURS, LINKS, Pair, Scores, Snapshot, TAU, done_by_link, scores, setup};
use crate::{Blame, Conditions, Item, Paper, PaperError};

/// The snapshot. It is no paper, but it is reproduced like one.
pub const PAPER: Paper = Paper {
    name: "atlas-backlog",
    title: "A real backlog: FTS's queues of one moment, and six hours of a grid that goes on as it was (needs DAPPLE_DATA)",
    page: TITLE,
    items: &[Item { name: "scores", about: "files done in six hours per link, simulated against measured" }],
    make,
};

/// What the page is about.
pub const TITLE: PageTitle = PageTitle {
    reference: "atlas-backlog: queues of FTS at one moment, gone on with",
    lead: "The site-to-site metrics of ATLAS at 12:35 UTC of 8 August 2024: what was queued on each link, and how many files it \
           had done in the last hour and in the last six. A grid with these queues, filled and served at the rates of the last \
           hour, is run for six hours and held against the six hours before.",
};

/// Seeds of the runs.
const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];

fn make(_: Option<&str>, conditions: &Conditions<'_>) -> Result<Vec<Section>, PaperError> {
    let data = LoadOptions::default().data.ok_or_else(|| {
        let told = format!("the snapshot is not part of dapple: set DAPPLE_DATA to the folder that holds `{LINKS}`");
        PaperError::new(Blame::Files, told)
    })?;
    let snapshot = Snapshot::read(&data.join(LINKS)).map_err(|error| PaperError::new(Blame::Files, error))?;
    let setup = setup(&snapshot)?;
    conditions.progress.planned(SEEDS.len(), "runs");
    let run = |seed: u64| {
        let done = done_by_link(&snapshot, &setup, seed);
        conditions.progress.done(&format!("seed {seed}"));
        done
    };
    let runs: Result<Vec<_>, EngineError> = SEEDS.into_iter().map(run).collect();
    conditions.progress.finished();
    let runs = runs?;
    let sheet = sheet(&snapshot, &runs).map_err(|error| PaperError::new(Blame::Analysis, error))?;
    Ok(vec![Section { sheet, plots: Vec::new() }])
}

/// The links that a score is over.
type Chosen = fn(&Pair) -> bool;

fn sheet(snapshot: &Snapshot, runs: &[Vec<u64>]) -> Result<Sheet, DataError> {
    let heading = ["predicted by", "links", "n", "rank correlation", "FoGP(0.5)"];
    let title = format!("Files done in {HOURS} h per link ({})", Label::Consistency);
    let mut sheet = Sheet::new("scores", title, &heading, 2);
    let chosen: [(&str, Chosen); 2] = [
        ("that finished anything", |pair| pair.done_6h > 0),
        ("of these with a queue", |pair| pair.done_6h > 0 && pair.queued_files > 0),
    ];
    for (links, is_chosen) in chosen {
        let over = || snapshot.pairs.iter().enumerate().filter(move |(_, pair)| is_chosen(pair));
        let measured: Vec<f64> = over().map(|(_, pair)| pair.done_6h as f64).collect();
        let mut row = |by: &str, found: &[Scores]| {
            let range = |pick: fn(&Scores) -> f64| {
                let low = found.iter().map(pick).fold(f64::INFINITY, f64::min);
                let high = found.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
                if found.len() > 1 { format!("{} to {}", number(low, 3), number(high, 3)) } else { number(low, 3) }
            };
            let n = found.first().map_or(0, |scores| scores.n);
            let (rank, fogp) = (range(|scores| scores.rank_correlation), range(|scores| scores.fogp));
            sheet.row([by.to_owned(), links.to_owned(), number(n as f64, 0), rank, fogp]);
        };
        let plain =
            |per_hour: fn(u64) -> f64| -> Vec<f64> { over().map(|(_, pair)| HOURS * per_hour(pair.done_1h)).collect() };
        let simulated = runs.iter().map(|run| {
            let predicted: Vec<f64> = over().map(|(at, _)| run[at] as f64).collect();
            scores(&measured, &predicted)
        });
        row("the simulated grid", &simulated.collect::<Result<Vec<_>, _>>()?);
        row("six times the last hour", &[scores(&measured, &plain(|done| done as f64))?]);
        row("six times the last hour and a half file", &[scores(&measured, &plain(|done| done as f64 + 0.5))?]);
    }
    sheet.note(
        "Consistency, no forecast: the counts are of the six hours before the snapshot, and the last of these hours is what the grid \
         was set by. The queues are those after them.",
    );
    sheet.note(format!(
        "FoGP({TAU}) is the share of links whose count is off by at most half of the measured one. Ranges are over {} seeds.",
        runs.len()
    ));
    sheet.note(
        "What limits it: one hour says little about a quiet link (a third of the links had done nothing in it), rates of a link vary \
         from hour to hour by far more than a Poisson process does, and how links share storages, wires and FTS's limits cannot be \
         told from counts per link; each link is served by itself here.",
    );
    Ok(sheet)
}
