//! Distributions and arrivals.

use dapple_simulator::units::{SimSpan, SimTime};
use dapple_simulator::workload::{Arrivals, Distribution};

use super::check::Check;
use crate::file;
use crate::file::Quantity;
use crate::read::path::At;

/// Checks a distribution; sizes must be able to be more than zero.
pub(super) fn distribution<Q: Quantity>(
    file: &file::Distribution<Q>,
    at: &At<'_>,
    can_be_zero: bool,
    check: &mut Check,
) -> Option<Distribution> {
    let bounded = |place: &At<'_>, quantity: &Q, check: &mut Check, can_be_zero: bool| {
        let value = quantity.base();
        let value = if can_be_zero { check.not_negative(place, value) } else { check.positive(place, value) }?;
        if value >= 2f64.powi(63) {
            check.fault(place, "is too large");
            return None;
        }
        Some(value)
    };
    match file {
        file::Distribution::Constant(value) => bounded(at, value, check, can_be_zero).map(Distribution::Constant),
        file::Distribution::Uniform { low, high } => {
            let low = bounded(&at.field("low"), low, check, true);
            let high = bounded(&at.field("high"), high, check, can_be_zero);
            let (low, high) = (low?, high?);
            if low > high {
                check.fault(&at.field("low"), "is more than `high`");
                return None;
            }
            Some(Distribution::Uniform { low, high })
        }
        file::Distribution::Exponential { mean } => {
            bounded(&at.field("mean"), mean, check, false).map(|mean| Distribution::Exponential { mean })
        }
        file::Distribution::LogNormal { median, sigma } => {
            let median = bounded(&at.field("median"), median, check, false);
            let sigma = check.not_negative(&at.field("sigma"), *sigma);
            Some(Distribution::LogNormal { median: median?, sigma: sigma? })
        }
    }
}

/// Checks when things arrive; `horizon` is where those without an end end.
pub(super) fn arrivals(file: &file::Arrivals, at: &At<'_>, horizon: SimTime, check: &mut Check) -> Option<Arrivals> {
    match file {
        file::Arrivals::Poisson { per_hour, from, until } => {
            let per_hour = check.positive(&at.field("per_hour"), *per_hour);
            let from = start(from, at, horizon, check);
            let end = until.as_ref().map(|until| check.time(&at.field("until"), until));
            let until = end.unwrap_or(Some(horizon))?;
            let from = from?;
            if until <= from {
                check.fault(&at.field("until"), "must come after `from`");
                return None;
            }
            Some(Arrivals::Poisson { per_second: per_hour? / 3600.0, from, until })
        }
        file::Arrivals::Every { interval, from, count } => {
            let interval = check.span(&at.field("interval"), interval);
            let from = start(from, at, horizon, check);
            if let Some(count) = count
                && !check.at_least_one(&at.field("count"), *count)
            {
                return None;
            }
            let (interval, from) = (interval?, from?);
            let count = count.unwrap_or_else(|| horizon.since(from).as_nanos().div_ceil(interval.as_nanos()));
            Some(Arrivals::Every { interval, from, count })
        }
        file::Arrivals::At(instants) => instants_in_order(instants, at, check).map(Arrivals::At),
    }
}

fn start(from: &file::Span, at: &At<'_>, horizon: SimTime, check: &mut Check) -> Option<SimTime> {
    let place = at.field("from");
    let from = check.time(&place, from)?;
    if from >= horizon && horizon > SimTime::ZERO {
        check.fault(&place, "nothing arrives before the horizon");
        return None;
    }
    Some(from)
}

fn instants_in_order(instants: &[file::Span], at: &At<'_>, check: &mut Check) -> Option<Vec<SimTime>> {
    if instants.is_empty() {
        check.fault(at, "at least one instant is needed");
        return None;
    }
    let mut times: Vec<SimTime> = Vec::with_capacity(instants.len());
    for (index, instant) in instants.iter().enumerate() {
        let place = at.index(index);
        let time = check.time(&place, instant)?;
        if times.last().is_some_and(|before| time < *before) {
            check.fault(&place, "comes before the instant that is written before it");
            return None;
        }
        times.push(time);
    }
    Some(times)
}

/// How many arrive before the horizon, on average.
pub(crate) fn expected(arrivals: &Arrivals, horizon: SimTime) -> f64 {
    let seconds = |span: SimSpan| span.as_secs_f64();
    match arrivals {
        Arrivals::Poisson { per_second, from, until } => per_second * seconds((*until).min(horizon).since(*from)),
        Arrivals::Every { interval, from, count } => {
            let fit = horizon.since(*from).as_nanos().div_ceil(interval.as_nanos().max(1));
            fit.min(*count) as f64
        }
        Arrivals::At(instants) => instants.iter().filter(|instant| **instant < horizon).count() as f64,
    }
}
