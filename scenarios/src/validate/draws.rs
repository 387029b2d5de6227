//! What workloads of all kinds draw: sizes and times.

use dapple_simulator::distribution::Distribution;
use dapple_simulator::units::{Amount, Quantity, SimTime};
use dapple_simulator::workload::Arrivals;

use crate::check::Check;
use crate::read::path::At;

/// A distribution in the simulator's units.
pub(super) fn distribution<Q: Quantity>(
    file: &Distribution<Amount<Q>>,
    at: &At<'_>,
    check: &mut Check,
) -> Option<Distribution> {
    let si = file.si();
    if let Distribution::Uniform { low, high } = si
        && low > high
        && !check.is_mended(&at.field("high"))
    {
        check.fault(&at.field("low"), "is more than `high`");
        return None;
    }
    Some(si)
}

/// Checks when the things of a workload arrive, and tells those that never do because they come too late.
pub(super) fn arrivals(
    file: &Arrivals,
    (name, at): (&str, &At<'_>),
    horizon: SimTime,
    check: &mut Check,
) -> Option<Arrivals> {
    let at = &at.field("arrivals");
    let before = check.faults.len();
    match file {
        Arrivals::Poisson { from, until, .. } | Arrivals::Varying { from, until, .. } => {
            if starts(*from, at, horizon, check) && until.unwrap_or(horizon) <= *from {
                check.fault(&at.field("until"), "must come after `from`");
            }
        }
        Arrivals::Every { from, .. } => {
            starts(*from, at, horizon, check);
        }
        Arrivals::At(instants) => {
            match instants.first() {
                None => check.fault(at, "at least one instant is needed"),
                Some(first) if *first >= horizon => check.fault(at, "nothing arrives before the horizon"),
                Some(_) => {}
            }
            if let Some(index) = instants.windows(2).position(|pair| pair[1] < pair[0]) {
                check.fault(&at.index(index + 1), "comes before the instant that is written before it");
            }
        }
    }
    if check.faults.len() > before {
        return None;
    }
    let (beyond, all) = (file.beyond(horizon), file.beyond(SimTime::ZERO));
    if beyond > 0.0 {
        let about = if matches!(file, Arrivals::Poisson { .. } | Arrivals::Varying { .. }) { "about " } else { "" };
        check.warnings.push(format!(
            "workload `{name}`: {about}{beyond:.0} of {all:.0} arrivals are asked for at or after the horizon and never happen"
        ));
    }
    Some(file.clone())
}

fn starts(from: SimTime, at: &At<'_>, horizon: SimTime, check: &mut Check) -> bool {
    if from >= horizon {
        check.fault(&at.field("from"), "nothing arrives before the horizon");
    }
    from < horizon
}
