//! The logs of a scenario: each is read once, and what is taken from it is shared by all sweep points and runs.
//!
//! ```text
//! bytes -> lines -> rows -> (times, sizes, names) -> transfers or jobs, and an account of what was taken
//!                      \-> dirt: rows that cannot be used, by reason
//! ```

mod account;
mod dirt;
mod lines;
mod rows;
mod times;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use dapple_simulator::workload::{TracedJob, TracedTransfer};

use crate::digest::Digest;
pub(crate) use account::dirt_in_words;
pub use account::{LogAccount, Taken};
pub use dirt::DirtyRows;
pub(crate) use dirt::{Dirt, DirtyCell};
pub(crate) use rows::{Columns, Row, Rows};
pub(crate) use times::{Clock, not_negative};

/// What the sweep points of one scenario share.
///
/// Files are kept as they are, zipped where they are zipped, so that a file which changes while an experiment runs no
/// longer matters. Rows are kept as long as a scenario holds them: a sweep that leaves them alone has them once.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    files: Mutex<BTreeMap<PathBuf, Arc<LogFile>>>,
    pub transfers: TakenRows<TracedTransfer, LogAccount>,
    pub jobs: TakenRows<TracedJob, LogAccount>,
}

/// A file as it was found.
#[derive(Debug, PartialEq)]
pub(crate) struct LogFile {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub digest: Digest,
}

impl Logs {
    /// A file, read unless it was before.
    pub fn file(&self, path: &Path) -> Result<Arc<LogFile>, String> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(path) {
            return Ok(Arc::clone(file));
        }
        if path.is_dir() {
            return Err("it is a folder, not a file".into());
        }
        let bytes = std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })?;
        let file = Arc::new(LogFile { path: path.to_owned(), digest: Digest::of(&bytes), bytes });
        files.insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }
}

/// Rows by the digest of all that decides which rows they are. A cell for each, so that threads which want the same rows
/// wait for one another and others do not.
#[derive(Debug)]
pub(crate) struct TakenRows<T, A>(Mutex<BTreeMap<Digest, Arc<Cell<T, A>>>>);

type Cell<T, A> = Mutex<Option<Kept<T, A>>>;

#[derive(Debug)]
struct Kept<T, A> {
    rows: Weak<[T]>,
    /// What there is to say of how they were taken.
    account: Arc<A>,
}

impl<T, A> Default for TakenRows<T, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T, A> TakenRows<T, A> {
    /// The rows of this key and their account, taken unless somebody holds them. What goes wrong is not kept.
    pub fn get_or_take(&self, key: Digest, take: impl FnOnce() -> Option<(Arc<[T]>, A)>) -> Option<(Arc<[T]>, Arc<A>)> {
        let cell = self.cell(key);
        let mut kept = cell.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.as_ref()
            && let Some(rows) = known.rows.upgrade()
        {
            return Some((rows, Arc::clone(&known.account)));
        }
        let (rows, account) = take()?;
        let account = Arc::new(account);
        *kept = Some(Kept { rows: Arc::downgrade(&rows), account: Arc::clone(&account) });
        Some((rows, account))
    }

    fn cell(&self, key: Digest) -> Arc<Cell<T, A>> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A weak pointer to rows keeps their memory, so those that nobody holds are forgotten.
        cells.retain(|_, cell| is_in_use(cell));
        Arc::clone(cells.entry(key).or_default())
    }
}

/// Whether somebody holds the rows or is about to. Nobody else can reach for the cell while the map is locked.
fn is_in_use<T, A>(cell: &Arc<Cell<T, A>>) -> bool {
    let holds = |kept: &Kept<T, A>| kept.rows.strong_count() > 0;
    // Not even looked into while a thread has it: that one may take long.
    Arc::strong_count(cell) > 1 || cell.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(holds)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    fn rows(number: u8) -> Option<(Arc<[u8]>, u8)> {
        Some((Arc::from([number; 3]), number))
    }

    #[test]
    fn rows_are_shared_while_they_are_held_and_forgotten_after() {
        let taken = TakenRows::default();
        let [one, other] = ["one", "other"].map(Digest::of);
        let held = taken.get_or_take(one, || rows(1)).expect("taken");
        let again = taken.get_or_take(one, || rows(2)).expect("known");
        assert!(Arc::ptr_eq(&held.0, &again.0));
        assert_eq!(*again.1, 1, "they keep their account");
        drop((held, again));
        let held = taken.get_or_take(other, || rows(3)).expect("taken");
        assert_eq!(taken.0.lock().expect("sound").keys().collect::<Vec<_>>(), [&other], "the first ones are forgotten");
        assert_eq!(*taken.get_or_take(one, || rows(4)).expect("taken anew").0, [4; 3]);
        assert_eq!(*held.0, [3; 3]);
        assert!(taken.get_or_take(one, || None).is_none(), "what goes wrong is not kept");
    }

    #[test]
    fn threads_that_want_other_rows_do_not_wait() {
        let taken = TakenRows::default();
        let (other_is_done, wait) = channel();
        let (started, is_started) = channel();
        thread::scope(|scope| {
            let taken = &taken;
            scope.spawn(move || {
                taken.get_or_take(Digest::of("one"), || {
                    started.send(()).expect("somebody waits");
                    wait.recv().expect("the other rows are taken meanwhile");
                    rows(1)
                })
            });
            is_started.recv().expect("it starts");
            taken.get_or_take(Digest::of("other"), || rows(2)).expect("taken");
            other_is_done.send(()).expect("the first thread waits");
        });
    }
}
