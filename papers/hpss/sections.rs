//! The replay of a tape archive's mover: laws compared, and simulated against measured durations.

use dapple_models::DataError;

use dapple_reports::ReportError;
use dapple_reports::page::{PageTitle, Section, Sheet};
use dapple_reports::quantity::number;

use super::plots::{load_curves, scatter, shares};
use super::score::{BAR, FirstHalf, LawResult, TAU};

/// What the page is about.
pub const TITLE: PageTitle = PageTitle {
    reference: "hpss: a tape archive's mover, replayed",
    lead: "Transfers between disks and a tape archive, all through one mover server with 16 slots; the log for which this was \
           written has 87 700 of November 2018, between LCLS and the HPSS archive at SLAC. Laws of the mover are fitted to the \
           first half of a log; the second half is predicted with what was learned there.",
};

/// Tables and plots of a replay under one or more laws; `selected` is the position of the one to be shown, `facts` say what the
/// log is and what is left out of it.
///
/// # Errors
/// Where a law has no predictions, or a plot cannot be drawn.
pub fn sections(laws: &[LawResult], selected: usize, facts: &[String]) -> Result<Vec<Section>, ReportError> {
    let Some(best) = laws.get(selected) else { return Ok(Vec::new()) };
    let unscored = |problem: DataError| ReportError::Draw { plot: best.name.clone(), problem: problem.to_string() };
    let mut scores = scores(laws, selected).map_err(unscored)?;
    facts.iter().for_each(|fact| scores.note(fact.as_str()));
    let mut found = vec![Section { sheet: scores, plots: vec![scatter(best)?, shares(laws, selected)?] }];
    let curves: Vec<&LawResult> = laws.iter().filter(|law| !law.curve.is_empty()).collect();
    let plots = if curves.is_empty() { Vec::new() } else { vec![load_curves(&curves)?] };
    found.push(Section { sheet: constants(laws), plots });
    Ok(found)
}

fn scores(laws: &[LawResult], selected: usize) -> Result<Sheet, DataError> {
    let title = format!("Laws of the mover: FoGP({TAU}), the share of durations predicted within 30 %");
    let heading = [
        "law",
        "first quarter → second quarter (selects)",
        "first half (calibrated)",
        "second half (predicted)",
        "95 % low",
        "high",
        "n",
    ];
    let mut sheet = Sheet::new("scores", title, &heading, 1);
    let share = |value: f64| number(value, 3);
    for (index, law) in laws.iter().enumerate() {
        let name = if index == selected { format!("{} *", law.name) } else { law.name.clone() };
        let found =
            |pick: fn(&FirstHalf) -> f64| law.fitted.as_ref().map_or("–".into(), |fitted| share(pick(fitted)));
        let interval = law.interval()?;
        sheet.row([
            name,
            found(|fitted| fitted.validation),
            found(|fitted| fitted.calibrated),
            share(law.score()?),
            share(interval.low),
            share(interval.high),
            number(law.predictions.len() as f64, 0),
        ]);
    }
    notes(&mut sheet, laws, selected)?;
    Ok(sheet)
}

fn notes(sheet: &mut Sheet, laws: &[LawResult], selected: usize) -> Result<(), DataError> {
    let law = &laws[selected];
    let score = law.score()?;
    match law.fitted {
        Some(FirstHalf { validation, .. }) => sheet.note(format!(
            "* Selected by the first half alone: fitted to the first quarter, `{}` predicts the second quarter best ({}). The \
             second half had no say in constants or choice; the list of laws to choose from was drawn up with the whole log \
             in view.",
            law.name,
            number(validation, 3)
        )),
        None => sheet.note(
            "* The law and the constants of scenarios/logs/hpss.ron, fitted to the first half of the log; nothing was fitted now.",
        ),
    }
    let against = if score >= BAR { "above" } else { "BELOW" };
    sheet.note(format!(
        "Predicted: FoGP({TAU}) = {} on {} transfers of the second half, {against} the bar of {BAR}. Intervals \
         draw whole days again (10 000 resamples).",
        number(score, 3),
        number(law.predictions.len() as f64, 0)
    ));
    let mut hindsight = None;
    for other in laws {
        let score = other.score()?;
        if hindsight.is_none_or(|(_, best)| score > best) {
            hindsight = Some((other, score));
        }
    }
    if let Some((best, score)) = hindsight.filter(|(best, _)| best.name != law.name) {
        sheet.note(format!(
            "With hindsight `{}` would have done best on the second half ({}); that is no ground to choose it.",
            best.name,
            number(score, 3)
        ));
    }
    sheet.note(
        "This is the score of a replay, not of a forecast at submission: each logged start is given as the moment a slot was taken, \
         also of the transfers that start while one is under way, and a slot is taken when another transfer has ended. Ends \
         and durations are never read by the simulation, and the order of the log, which is that of ends, is destroyed first.",
    );
    Ok(())
}

fn constants(laws: &[LawResult]) -> Sheet {
    let mut sheet = Sheet::new("constants", "Constants, fitted to the first half", &["law", "constants"], 2);
    for law in laws {
        sheet.row([law.name.clone(), law.constants.clone()]);
    }
    sheet.note(
        "r: rate of one transfer; C, A: rate of all together; k, λ, h: shape and scale in concurrent transfers; s: start-up; q: added \
         to it for each other transfer that is starting up.",
    );
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpss::score::tests::law;

    #[test]
    fn the_page_says_what_was_selected_and_what_hindsight_says() {
        let laws = [law("first", &[100.0, 100.0, 10.0]), law("second", &[100.0; 3])];
        let sections = sections(&laws, 0, &["what it is".into()]).unwrap();
        let scores = &sections[0].sheet;
        assert_eq!(scores.rows[1][..4], ["first *", "0.500", "0.600", "0.667"].map(String::from));
        let notes = scores.notes.join(" ");
        assert!(notes.contains("With hindsight `second`") && notes.contains("above the bar of 0.61"), "{notes}");
        assert!(notes.contains("not of a forecast") && notes.ends_with("what it is"), "{notes}");
        let stored = [LawResult { fitted: None, ..law("stored", &[1.0, 100.0]) }];
        let sheet = &super::sections(&stored, 0, &[]).unwrap()[0].sheet;
        assert_eq!(sheet.rows[1][1..4], ["–", "–", "0.500"].map(String::from));
        assert!(sheet.notes.join(" ").contains("BELOW the bar"));
    }

    #[test]
    fn nothing_to_score_is_an_error() {
        assert!(sections(&[law("x", &[])], 0, &[]).is_err());
        assert!(sections(&[], 0, &[]).unwrap().is_empty());
    }
}
