//! Profiles of SimGrid: what a link carries from when on, once or again and again.
//!
//! A line tells a time and a bandwidth in bytes per second. `LOOPAFTER d` starts the profile again d seconds after its last
//! line, so its period is the time of that line and d together.

use dapple_simulator::units::{Rate, SimSpan, SimTime};

/// A profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Profile {
    /// From when on, and how much.
    pub steps: Vec<(SimTime, Rate)>,
    /// After which time it starts again.
    pub repeat: Option<SimSpan>,
}

impl Profile {
    /// The profile and bandwidth of a link that does the same here, and whether its first period had to be changed.
    ///
    /// Here `bandwidth` begins again with each period. In SimGrid a link keeps that of the last line until the first line comes
    /// again; its own bandwidth is only that of the start. So the last line is what a period begins with, the first one, too.
    pub fn begun(self, own: Rate) -> (Self, Rate, bool) {
        let mut steps = self.steps;
        let last = steps.last().map(|step| step.1);
        let is_now = steps.first().is_some_and(|step| step.0 == SimTime::ZERO);
        let (first, is_changed) = match (is_now, self.repeat.and(last)) {
            (true, _) => (steps.remove(0).1, false),
            (false, Some(last)) => (last, last != own),
            (false, None) => (own, false),
        };
        // A link carries something; one that carries nothing at first does so from the first nanosecond on.
        if first == Rate::ZERO {
            steps.insert(0, (SimTime::from_nanos(1), Rate::ZERO));
        }
        let bandwidth = if first == Rate::ZERO { own } else { first };
        let repeat = self.repeat.filter(|_| !steps.is_empty());
        (Self { steps, repeat }, bandwidth, is_changed)
    }
}

/// Reads a profile; `periodicity` is that of a `<trace>`. Says what is wrong where it is none.
pub(super) fn read(text: &str, periodicity: Option<f64>) -> Result<Profile, String> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    let mut again = periodicity.filter(|after| *after > 0.0);
    for (index, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let wrong = || format!("line {} of it is no time with a bandwidth", index + 1);
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| (0.0..1e18).contains(number));
        match fields.as_slice() {
            [] => {}
            [first, ..] if first.starts_with(['#', '%']) => {}
            ["LOOPAFTER" | "PERIODICITY", after] => {
                again = Some(number(after).ok_or_else(wrong)?).filter(|after| *after > 0.0);
            }
            [at, bandwidth] => {
                let step = (number(at).ok_or_else(wrong)?, number(bandwidth).ok_or_else(wrong)?);
                if step.0 > 9e9 || steps.last().is_some_and(|last| step.0 <= last.0) {
                    return Err(format!("line {} of it is not later than the one before", index + 1));
                }
                steps.push(step);
            }
            _ => return Err(wrong()),
        }
    }
    let Some(last) = steps.last() else { return Err("there is nothing in it".into()) };
    let period = again.map(|after| last.0 + after);
    if period.is_some_and(|period| !(1.0..9e9).contains(&period)) {
        return Err("its period is shorter than a second, or longer than can be told".into());
    }
    let repeat = period.map(SimSpan::from_secs_f64);
    let step = |(at, rate): &(f64, f64)| (SimTime::from_secs_f64(*at), Rate::from_bytes_per_s(*rate));
    Ok(Profile { steps: steps.iter().map(step).collect(), repeat })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_begins_with_the_last_line() {
        let own = Rate::from_bytes_per_s(9.0);
        let begun = |text: &str| read(text, None).expect("it is one").begun(own);
        let (profile, bandwidth, is_changed) = begun("4 1\n8 2\nLOOPAFTER 2");
        assert_eq!((profile.steps.len(), bandwidth, is_changed), (2, Rate::from_bytes_per_s(2.0), true));
        let (profile, bandwidth, is_changed) = begun("0 1\n8 2\nLOOPAFTER 2");
        assert_eq!((profile.steps.len(), bandwidth, is_changed), (1, Rate::from_bytes_per_s(1.0), false));
        let (profile, bandwidth, is_changed) = begun("4 1\n8 2");
        assert_eq!((profile.steps.len(), bandwidth, is_changed), (2, own, false));
        let (profile, bandwidth, _) = begun("0 0\n8 2");
        assert_eq!((profile.steps[0], bandwidth), ((SimTime::from_nanos(1), Rate::ZERO), own));
    }

    #[test]
    fn a_profile_starts_again_after_its_last_line() {
        let profile = read("# time bandwidth\n4.0 40000000\n8.0 60000000\nLOOPAFTER 12.0\n", None).expect("it is one");
        assert_eq!(profile.steps.len(), 2);
        assert_eq!(profile.steps[1], (SimTime::from_secs_f64(8.0), Rate::from_bytes_per_s(6e7)));
        assert_eq!(profile.repeat, Some(SimSpan::from_secs_f64(20.0)));
        assert_eq!(read("1 2", None).map(|profile| profile.repeat), Ok(None));
        assert_eq!(read("1 2", Some(4.0)).map(|profile| profile.repeat), Ok(Some(SimSpan::from_secs_f64(5.0))));
        for wrong in ["", "1", "1 x", "2 1\n1 1", "-1 2", "1 2 3"] {
            assert!(read(wrong, None).is_err(), "{wrong}");
        }
    }
}
