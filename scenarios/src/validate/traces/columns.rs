//! What stands in which column of a log.

use dapple_simulator::units::{Bytes, SimSpan};
use jiff::tz::TimeZone;

use crate::check::{Check, Names};
use crate::file;
use crate::file::{InstantColumn, NameFrom, SpanColumn};
use crate::logs::{Clock, Columns, DirtyCell, Row, not_negative};
use crate::near::did_you_mean;
use crate::read::path::At;

/// A name that is the same for all rows, looked up.
pub(super) enum Constant<Id> {
    Known(Id),
    Unknown,
    PerRow,
}

/// Looks up a name that is the same for all rows.
pub(super) fn constant<Id: Copy>(from: &NameFrom, at: &At<'_>, names: &Names<Id>, check: &mut Check) -> Constant<Id> {
    match from {
        NameFrom::Constant(name) => names.resolve(at, name, check).map_or(Constant::Unknown, Constant::Known),
        NameFrom::Column(_) => Constant::PerRow,
    }
}

/// Where the name in a row comes from.
pub(super) enum Lookup<Id> {
    Always(Id),
    Column(usize),
}

impl<Id: Copy> Lookup<Id> {
    /// What a row means.
    pub fn find(&self, row: &Row<'_>, names: &Names<Id>) -> Result<Id, DirtyCell> {
        match self {
            Self::Always(id) => Ok(*id),
            Self::Column(column) => {
                let name = row.text(*column)?;
                names.get(name).ok_or_else(|| DirtyCell::of_cell(*column, name, "is not a name of the topology"))
            }
        }
    }
}

/// How a column tells instants; a fault where that cannot be.
pub(super) fn clock(column: &InstantColumn, at: &At<'_>, check: &mut Check) -> Option<Clock> {
    let zone_at = at.field("zone");
    match (column.unit, &column.zone) {
        (Some(unit), None) => Some(Clock::Counts(unit)),
        (Some(_), Some(_)) => {
            check.fault(&zone_at, "numbers in a `unit` have no zone: give one or the other");
            None
        }
        (None, None) => Some(Clock::Calendar(None)),
        (None, Some(name)) => match zone(name) {
            Ok(zone) => Some(Clock::Calendar(Some(zone))),
            Err(help) => {
                check.fault_help(&zone_at, format!("no zone is called `{name}`"), help);
                None
            }
        },
    }
}

fn zone(name: &str) -> Result<TimeZone, String> {
    if name.starts_with(['+', '-']) {
        // Only offsets start with a sign; times of any day show what they are worth.
        let found = format!("1970-01-01T00:00:00{name}");
        let offset = jiff::fmt::temporal::Pieces::parse(&found).ok().and_then(|pieces| pieces.to_numeric_offset());
        return offset.map(jiff::tz::Offset::to_time_zone).ok_or_else(|| "write an offset like `+02:00`".to_owned());
    }
    TimeZone::get(name).map_err(|_| {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let near = did_you_mean(name, names.iter().map(String::as_str));
        format!("{near}there are `UTC`, offsets such as `+02:00`, and names such as `Europe/Zurich`")
    })
}

/// Reads an instant.
pub(super) fn instant(row: &Row<'_>, column: usize, clock: &Clock) -> Result<i128, DirtyCell> {
    let text = row.text(column)?;
    clock.read(text).map_err(|why| DirtyCell::of_cell(column, text, why))
}

/// Reads a number of nanoseconds or bytes that is not negative and below 2^63.
pub(super) fn amount(row: &Row<'_>, column: usize, unit: f64) -> Result<u64, DirtyCell> {
    let text = row.text(column)?;
    let amount = not_negative(text, unit).map_err(|why| DirtyCell::of_cell(column, text, why))?;
    let fitting = u64::try_from(amount).ok().filter(|amount| *amount < 1 << 63);
    fitting.ok_or_else(|| DirtyCell::of_cell(column, text, "is too large"))
}

/// How a log tells when things ended.
pub(super) enum Ending {
    Unknown,
    At(usize, Clock),
    After(usize, f64),
}

/// Looks up how a log tells when things ended; a fault where it does so twice.
pub(super) fn ending(
    (ended, took): (&Option<InstantColumn>, &Option<SpanColumn>),
    columns_at: &At<'_>,
    used: &mut Used<'_>,
) -> Option<Ending> {
    let (ended_at, took_at) = (columns_at.field("ended"), columns_at.field("took"));
    match (ended, took) {
        (None, None) => Some(Ending::Unknown),
        (Some(_), Some(_)) => {
            used.check.fault(&took_at, "says the same as `ended`: give one or the other");
            None
        }
        (Some(ended), None) => {
            let clock = clock(ended, &ended_at, used.check);
            let column = used.column(&ended_at.field("name"), &ended.name);
            Some(Ending::At(column?, clock?))
        }
        (None, Some(took)) => {
            let column = used.column(&took_at.field("name"), &took.name);
            Some(Ending::After(column?, took.unit.factor()))
        }
    }
}

impl Ending {
    /// How long a row that began at `from` took; `None` where the cell is empty. Nothing is replayed by it, so that a row whose end
    /// cannot be read is none the worse.
    pub fn took(&self, row: &Row<'_>, from: i128) -> Result<Option<SimSpan>, DirtyCell> {
        let nanos = match self {
            Self::At(column, _) | Self::After(column, _) if row.cell(*column).is_empty() => return Ok(None),
            Self::Unknown => return Ok(None),
            Self::At(column, clock) => {
                let took = instant(row, *column, clock)? - from;
                let fits = u64::try_from(took);
                fits.map_err(|_| DirtyCell::of_cell(*column, row.cell(*column), "is before its beginning"))?
            }
            Self::After(column, unit) => amount(row, *column, *unit)?,
        };
        Ok(Some(SimSpan::from_nanos(nanos)))
    }
}

/// Reads a size; `None` where the cell is empty.
pub(super) fn size(row: &Row<'_>, column: usize, unit: f64) -> Result<Option<Bytes>, DirtyCell> {
    if row.cell(column).is_empty() { Ok(None) } else { amount(row, column, unit).map(Bytes::new).map(Some) }
}

/// Looks columns up, collecting what is not there.
pub(super) struct Used<'u> {
    pub columns: Columns<'u>,
    pub at: &'u At<'u>,
    pub check: &'u mut Check,
}

impl Used<'_> {
    /// The position of a column.
    pub fn column(&mut self, at: &At<'_>, name: &str) -> Option<usize> {
        let found = self.columns.find(name);
        found.map_err(|(message, help)| self.check.fault_help(at, message, help)).ok()
    }

    /// Where a name comes from.
    pub fn name<Id>(&mut self, at: &At<'_>, from: &NameFrom, constant: Constant<Id>) -> Option<Lookup<Id>> {
        match (constant, from) {
            (Constant::Known(id), _) => Some(Lookup::Always(id)),
            (Constant::PerRow, NameFrom::Column(name)) => self.column(at, name).map(Lookup::Column),
            _ => None,
        }
    }

    /// The filters with the positions of their columns.
    pub fn filter<'f>(&mut self, filters: &'f [file::Filter]) -> Option<Vec<Condition<'f>>> {
        let list = self.at.field("filter");
        // Options until all filters are looked at, so that every mistake in them is told.
        let mut found = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            let at = list.index(index);
            if filter.one_of.is_empty() && filter.at_least.is_none() && filter.at_most.is_none() {
                self.check.fault(&at, "says nothing: give `one_of`, `at_least` or `at_most`");
            }
            for (field, bound) in [("at_least", filter.at_least), ("at_most", filter.at_most)] {
                if bound.is_some_and(f64::is_nan) {
                    self.check.fault(&at.field(field), "must be a number, is NaN");
                }
            }
            found.push(self.column(&at.field("column"), &filter.column).map(|column| Condition { column, filter }));
        }
        found.into_iter().collect()
    }
}

/// A condition on a column.
pub(super) struct Condition<'f> {
    column: usize,
    filter: &'f file::Filter,
}

impl Condition<'_> {
    /// Whether a row is taken.
    pub fn holds(&self, row: &Row<'_>) -> Result<bool, DirtyCell> {
        let Self { column, filter } = self;
        if !filter.one_of.is_empty() {
            let value = row.text(*column)?;
            if !filter.one_of.iter().any(|wanted| wanted == value) {
                return Ok(false);
            }
        }
        if filter.at_least.is_none() && filter.at_most.is_none() {
            return Ok(true);
        }
        let value = row.number_at(*column)?;
        Ok(filter.at_least.is_none_or(|low| value >= low) && filter.at_most.is_none_or(|high| value <= high))
    }
}
