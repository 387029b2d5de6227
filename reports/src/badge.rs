//! A comparison, or several, in one word.

use crate::comparison::{Comparison, Outcome};

/// What is said of a policy against the baseline in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// Better, beyond chance and by a relevant difference.
    Better,
    /// Worse, beyond chance and by a relevant difference.
    Worse,
    /// Lower, where neither direction is better.
    Lower,
    /// Higher, where neither direction is better.
    Higher,
    /// No relevant difference.
    Equal,
    /// Over several sweep points: what is settled differs from point to point.
    Depends,
    /// Not settled by the replications that there are.
    Open,
    /// One replication, which says nothing about chance.
    OneReplication,
    /// What fails or does not end differs, so the figures are of different things.
    NotComparable,
}

impl Badge {
    /// All of them, in the order in which they are counted.
    pub(crate) const ALL: [Self; 9] = [
        Self::Better,
        Self::Worse,
        Self::Lower,
        Self::Higher,
        Self::Equal,
        Self::Depends,
        Self::Open,
        Self::OneReplication,
        Self::NotComparable,
    ];

    /// The badge of a comparison.
    pub(crate) fn of(comparison: &Comparison) -> Self {
        let outcome = comparison.outcome;
        match (outcome, outcome.better(comparison.kpi.less_is_better)) {
            (_, Some(true)) => Self::Better,
            (_, Some(false)) => Self::Worse,
            (Outcome::Lower, None) => Self::Lower,
            (Outcome::Higher, None) => Self::Higher,
            (Outcome::Same | Outcome::Within, _) => Self::Equal,
            (Outcome::OnePair, _) => Self::OneReplication,
            (Outcome::Open(_), _) => Self::Open,
            (Outcome::Incomparable, _) => Self::NotComparable,
        }
    }

    /// One for all sweep points, which counts each of them: what all say, `Depends` where two points settle it differently, and else what
    /// keeps the rest from being settled.
    pub(crate) fn of_points(points: &[Self]) -> Self {
        let unsettled = |badge: &Self| matches!(badge, Self::Open | Self::OneReplication | Self::NotComparable);
        let mut settled = points.iter().filter(|badge| !unsettled(badge));
        let first = settled.next();
        match first {
            Some(first) if settled.any(|badge| badge != first) => Self::Depends,
            _ if points.contains(&Self::NotComparable) => Self::NotComparable,
            _ if points.contains(&Self::Open) => Self::Open,
            _ => points.iter().find(|badge| unsettled(badge)).or(first).copied().unwrap_or(Self::Open),
        }
    }

    /// How many there are of each, as `better at 3, open at 7`.
    pub(crate) fn counts(badges: &[Self]) -> Vec<(Self, usize)> {
        let of = |badge: Self| (badge, badges.iter().filter(|other| **other == badge).count());
        Self::ALL.into_iter().map(of).filter(|(_, n)| *n > 0).collect()
    }

    /// In a word or two.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Equal => "equal",
            Self::Depends => "depends",
            Self::Open => "open",
            Self::OneReplication => "one replication",
            Self::NotComparable => "not comparable",
        }
    }

    /// Its class in the style sheet.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NotComparable => "apart",
            Self::Open | Self::OneReplication => "open",
            Self::Lower | Self::Higher | Self::Equal | Self::Depends => "told",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Badge::{Better, Depends, Equal, NotComparable, OneReplication, Open, Worse};

    #[test]
    fn a_badge_counts_all_points() {
        let cases: [(&[Badge], Badge); 9] = [
            (&[Better, Better], Better),
            (&[Better, Better, Better, Open, Open], Open),
            (&[Better, Worse], Depends),
            (&[Better, Equal, Open], Depends),
            (&[Better, NotComparable, Open], NotComparable),
            (&[Worse, Better, NotComparable], Depends),
            (&[Equal, Equal], Equal),
            (&[OneReplication, OneReplication], OneReplication),
            (&[Worse, OneReplication], OneReplication),
        ];
        for (points, badge) in cases {
            assert_eq!(Badge::of_points(points), badge, "{points:?}");
        }
        assert_eq!(Badge::counts(&[Open, Better, Open]), [(Better, 1), (Open, 2)]);
    }
}
