//! The cells of one column in memory.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Cells of one type, each of which may be empty.
///
/// A cell takes the size of its value and, only where some cells are empty and others are not, a bit. A column that
/// is empty throughout takes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells<T> {
    len: usize,
    /// All values, anything where a cell is empty; nothing as long as all cells are.
    values: Vec<T>,
    /// One bit for each cell that is not empty; nothing as long as no cell differs from the others in that.
    filled: Vec<u64>,
}

impl<T: Copy + Default> Cells<T> {
    /// A column without cells.
    pub const fn new() -> Self {
        Self { len: 0, values: Vec::new(), filled: Vec::new() }
    }

    /// Appends a cell.
    pub fn push(&mut self, cell: Option<T>) {
        if let Some(value) = cell {
            if self.values.len() < self.len {
                self.values.resize(self.len, T::default());
                self.filled = vec![0; self.len.div_ceil(64)];
            }
            self.values.push(value);
        } else if !self.values.is_empty() {
            if self.filled.is_empty() {
                self.filled = vec![u64::MAX; self.len / 64];
                self.filled.extend((!self.len.is_multiple_of(64)).then_some((1 << (self.len % 64)) - 1));
            }
            self.values.push(T::default());
        }
        if !self.filled.is_empty() {
            if self.len.is_multiple_of(64) {
                self.filled.push(0);
            }
            self.filled[self.len / 64] |= u64::from(cell.is_some()) << (self.len % 64);
        }
        self.len += 1;
    }

    /// The cell of a row; `None` where it is empty or there is no such row.
    pub fn get(&self, row: usize) -> Option<T> {
        let filled = self.filled.get(row / 64).is_none_or(|bits| bits >> (row % 64) & 1 == 1);
        self.values.get(row).copied().filter(|_| filled)
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no cells at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The cells in order of the rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<T>> + Clone {
        (0..self.len).map(|row| self.get(row))
    }

    /// The cells of these rows, in this order.
    pub(super) fn in_order(&self, order: &[u32]) -> Self {
        let mut cells = Self { values: Vec::with_capacity(self.values.len()), ..Self::new() };
        order.iter().for_each(|row| cells.push(self.get(*row as usize)));
        cells
    }
}

impl<T: Copy + Default> FromIterator<Option<T>> for Cells<T> {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(cells: I) -> Self {
        let mut column = Self::new();
        cells.into_iter().for_each(|cell| column.push(cell));
        column
    }
}

/// Cells of names: each different name is kept once, cells are numbers of names.
///
/// Columns are equal where their cells are, in whatever order their names are kept.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<Arc<str>>,
    /// For looking up only.
    codes: FxHashMap<Arc<str>, u32>,
    cells: Cells<u32>,
}

impl Names {
    /// A column without cells or names.
    pub fn new() -> Self {
        Self::default()
    }

    /// A column without cells that knows these names, so that the nth can be put in as the code n.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<Arc<str>> = names.map(Arc::from).collect();
        let codes = names.iter().cloned().zip(0..).collect();
        Self { names, codes, cells: Cells::new() }
    }

    /// Appends a cell.
    pub fn push(&mut self, cell: Option<&str>) {
        let code = cell.map(|name| self.code(name));
        self.cells.push(code);
    }

    /// Appends a cell by the code of a name that is known.
    pub(super) fn push_code(&mut self, code: u32) {
        assert!((code as usize) < self.names.len(), "codes are of known names");
        self.cells.push(Some(code));
    }

    /// The cell of a row; `None` where it is empty or there is no such row.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.name(self.cells.get(row)?)
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are no cells at all.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells in order of the rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> + Clone {
        self.cells.iter().map(|code| self.name(code?))
    }

    /// Different names, by their codes; some may be in no cell.
    pub(super) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// The codes of the cells.
    pub(super) fn codes(&self) -> &Cells<u32> {
        &self.cells
    }

    /// Puts the rows in this order.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        self.cells = self.cells.in_order(order);
    }

    fn name(&self, code: u32) -> Option<&str> {
        self.names.get(code as usize).map(|name| &**name)
    }

    fn code(&mut self, name: &str) -> u32 {
        if let Some(&code) = self.codes.get(name) {
            return code;
        }
        let (code, name) = (u32::try_from(self.names.len()).expect("fewer than 2^32 names"), Arc::from(name));
        self.names.push(Arc::clone(&name));
        self.codes.insert(name, code);
        code
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn cells_are_those_of_a_vector_of_options(
            runs in proptest::collection::vec((proptest::option::of(any::<i64>()), 0_usize..90), 0..6),
            seed in any::<prop::sample::Index>(),
        ) {
            let cells: Vec<Option<i64>> = runs.iter().flat_map(|&(cell, n)| std::iter::repeat_n(cell, n)).collect();
            let column: Cells<i64> = cells.iter().copied().collect();
            prop_assert_eq!(column.len(), cells.len());
            prop_assert_eq!(column.iter().collect::<Vec<_>>(), cells.clone());
            prop_assert!((0..cells.len() + 3).all(|row| column.get(row) == cells.get(row).copied().flatten()));
            let mut order: Vec<u32> = (0..).take(cells.len()).collect();
            order.rotate_left(if cells.is_empty() { 0 } else { seed.index(cells.len()) });
            let rotated: Vec<Option<i64>> = order.iter().map(|row| cells[*row as usize]).collect();
            prop_assert_eq!(column.in_order(&order), rotated.into_iter().collect::<Cells<i64>>());
            let text = |cell: &Option<i64>| cell.map(|n| (n % 3).to_string());
            let mut names = Names::of(["-1", "7"].into_iter());
            let mut others = Names::new();
            for cell in cells.iter().map(text) {
                names.push(cell.as_deref());
                others.push(cell.as_deref());
            }
            prop_assert!(names.iter().eq(cells.iter().map(text).collect::<Vec<_>>().iter().map(Option::as_deref)));
            prop_assert_eq!(names, others);
        }
    }
}
