//! Files: those of datasets that are there from the start, and those that come and go.

use std::ops::{Index, IndexMut};

use smallvec::SmallVec;

use crate::ids::{FileId, Id, RseId, Table};
use crate::live::Live;
use crate::units::Bytes;

/// A file and where it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct File {
    pub bytes: Bytes,
    /// RSEs with an available replica, in order of their ids.
    pub replicas: SmallVec<[RseId; 2]>,
    /// RSE at which it takes no space.
    pub home: Option<RseId>,
    /// Jobs that have asked for it so far.
    pub uses: u64,
    /// Replicas that are there or to come, and cannot be read.
    pub hidden: u32,
    /// Those of them that a request is to bring.
    pub copying: u32,
    /// Whether a replica of it was deleted or found to be corrupt.
    pub has_lost: bool,
    /// Jobs and rules that refer to it.
    pub holders: u32,
}

impl File {
    pub fn new(bytes: Bytes, replicas: SmallVec<[RseId; 2]>, home: Option<RseId>) -> Self {
        Self { bytes, replicas, home, uses: 0, hidden: 0, copying: 0, has_lost: false, holders: 0 }
    }

    /// Whether nobody can ever ask for it again: what is left of it is at most where it takes no space.
    fn is_forgotten(&self) -> bool {
        self.holders == 0 && self.hidden == 0 && self.replicas.iter().all(|rse| Some(*rse) == self.home)
    }
}

/// Files by their numbers: first those that are there from the start and stay, then those that are made in a run, of which those
/// that nobody holds are forgotten.
#[derive(Clone, Debug)]
pub(super) struct Files {
    first: Table<FileId, File>,
    made: Live<FileId, File>,
}

impl Files {
    pub fn new(first: Table<FileId, File>) -> Self {
        Self { first, made: Live::new() }
    }

    /// Adds a file that is made in the run.
    pub fn push(&mut self, file: File) -> FileId {
        FileId::from_index(self.first.len() + self.made.push(file).index())
    }

    /// The file; `None`: it is forgotten.
    pub fn get(&self, file: FileId) -> Option<&File> {
        match self.made(file) {
            None => self.first.get(file),
            Some(made) => self.made.get(made),
        }
    }

    /// Forgets a file that was made in the run and that nobody holds.
    pub fn forget_unheld(&mut self, file: FileId) {
        let Some(made) = self.made(file) else { return };
        if self.made.get(made).is_some_and(File::is_forgotten) {
            self.made.remove(made);
        }
    }

    /// Those that are not forgotten, in order.
    pub fn iter(&self) -> impl Iterator<Item = &File> {
        self.first.values().chain(self.made.iter().map(|(_, file)| file))
    }

    fn made(&self, file: FileId) -> Option<FileId> {
        file.index().checked_sub(self.first.len()).map(FileId::from_index)
    }
}

impl Index<FileId> for Files {
    type Output = File;

    fn index(&self, file: FileId) -> &File {
        match self.made(file) {
            None => &self.first[file],
            Some(made) => &self.made[made],
        }
    }
}

impl IndexMut<FileId> for Files {
    fn index_mut(&mut self, file: FileId) -> &mut File {
        match self.made(file) {
            None => &mut self.first[file],
            Some(made) => &mut self.made[made],
        }
    }
}
