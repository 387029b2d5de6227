//! Where a log is cut, and which of its transfers are scored.

use super::{Direction, LoggedTransfer, TransferLog};

/// By what the halves of a log are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// They take the same time.
    Time,
    /// They have the same number of starts.
    Rows,
}

/// Which transfers are scored, of those that took measurable time and lie wholly inside a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Migrations of more than 1 GB.
    LargeMigrations,
    /// Every one.
    All,
}

/// The quarters of the first half of a log, its second half, and what is scored of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Halves {
    /// By what they are equal.
    pub cut: Cut,
    /// Which transfers count.
    pub scope: Scope,
    /// Where the second quarter begins [s since 1970].
    pub quarter_s: f64,
    /// Where the second half begins.
    pub middle_s: f64,
}

/// A log of which nothing can be learned, or nothing predicted.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "of {rows} transfers {measured} took measurable time, and no {} has some of them in its first and second quarter and in \
     its second half",
    match asked { Some(Cut::Time) => "cut by time", Some(Cut::Rows) => "cut by rows", None => "cut by time or by rows" }
)]
pub struct NothingScored {
    /// Transfers of the log.
    pub rows: usize,
    /// Those that took measurable time.
    pub measured: usize,
    /// The cut that was asked for.
    pub asked: Option<Cut>,
}

/// What is not scored, and why; each transfer of the log is counted once, or scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Not in scope.
    pub others: usize,
    /// Below the resolution of the log.
    pub unmeasured: usize,
    /// They start in one part and end in another.
    pub across: usize,
}

impl Halves {
    /// Cuts a log as asked. Where nothing is asked: by time, and by rows where time leaves a part with nothing to score; of large
    /// migrations, and of all transfers where there are too few of those.
    ///
    /// # Errors
    /// [`NothingScored`] where a part has nothing to score, whatever the cut.
    pub fn of(log: &TransferLog, asked: Option<Cut>) -> Result<Self, NothingScored> {
        let cuts = asked.map_or_else(|| vec![Cut::Time, Cut::Rows], |cut| vec![cut]);
        let tried = [Scope::LargeMigrations, Scope::All]
            .into_iter()
            .flat_map(|scope| cuts.iter().map(move |&cut| (cut, scope)));
        let whole = |halves: &Self| halves.parts(log).iter().all(|part| !part.is_empty());
        tried.map(|(cut, scope)| Self::cut(log, cut, scope)).find(whole).ok_or_else(|| {
            let measured = log.transfers.iter().filter(|transfer| transfer.duration_s > 0.0).count();
            NothingScored { rows: log.transfers.len(), measured, asked }
        })
    }

    fn cut(log: &TransferLog, cut: Cut, scope: Scope) -> Self {
        let (quarter_s, middle_s) = match cut {
            Cut::Time => {
                let (start, end) = (log.origin_s(), log.end_s());
                let middle_s = (start + end) / 2.0;
                ((start + middle_s) / 2.0, middle_s)
            }
            Cut::Rows => {
                let mut starts: Vec<f64> = log.transfers.iter().map(|transfer| transfer.started_at_s).collect();
                starts.sort_by(f64::total_cmp);
                (starts[starts.len() / 4], starts[starts.len() / 2])
            }
        };
        Self { cut, scope, quarter_s, middle_s }
    }

    /// Rows of the transfers that are scored in the first quarter, in the second, and in the second half.
    pub fn parts(&self, log: &TransferLog) -> [Vec<usize>; 3] {
        let Self { quarter_s, middle_s, .. } = *self;
        [
            self.scored(log, f64::NEG_INFINITY, quarter_s),
            self.scored(log, quarter_s, middle_s),
            self.scored(log, middle_s, f64::INFINITY),
        ]
    }

    /// Rows of the transfers that are scored in the whole first half.
    pub fn first(&self, log: &TransferLog) -> Vec<usize> {
        self.scored(log, f64::NEG_INFINITY, self.middle_s)
    }

    /// Rows of the transfers that are scored in the second half.
    pub fn second(&self, log: &TransferLog) -> Vec<usize> {
        self.scored(log, self.middle_s, f64::INFINITY)
    }

    /// What is scored in neither half.
    pub fn left_out(&self, log: &TransferLog) -> LeftOut {
        let mut left = LeftOut::default();
        for transfer in &log.transfers {
            if !self.is_in_scope(transfer) {
                left.others += 1;
            } else if transfer.duration_s <= 0.0 {
                left.unmeasured += 1;
            } else if transfer.started_at_s < self.middle_s && transfer.ended_at_s >= self.middle_s {
                left.across += 1;
            }
        }
        left
    }

    fn is_in_scope(&self, transfer: &LoggedTransfer) -> bool {
        match self.scope {
            Scope::LargeMigrations => transfer.direction == Direction::Migrate && transfer.bytes > 1_000_000_000,
            Scope::All => true,
        }
    }

    fn scored(&self, log: &TransferLog, from_s: f64, until_s: f64) -> Vec<usize> {
        let taken = |index: &usize| {
            let transfer = &log.transfers[*index];
            let inside = transfer.started_at_s >= from_s && transfer.ended_at_s < until_s;
            inside && self.is_in_scope(transfer) && transfer.duration_s > 0.0
        };
        (0..log.transfers.len()).filter(taken).collect()
    }
}
