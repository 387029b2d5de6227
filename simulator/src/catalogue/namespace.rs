//! The namespace: which files a dataset has, and which datasets a container.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::catalogue::Did;
use crate::ids::{ContainerId, DatasetId, FileId, Id, Table};

/// Datasets and containers, which grow while they are open.
///
/// A dataset keeps runs of consecutive files, as they are made one after the other: eight bytes however many they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namespace {
    datasets: Table<DatasetId, Members>,
    containers: Table<ContainerId, Collection>,
}

/// Consecutive files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: FileId,
    n_files: u32,
}

impl Run {
    fn files(self) -> impl Iterator<Item = FileId> {
        (self.first.index()..self.first.index() + self.n_files as usize).map(FileId::from_index)
    }
}

/// A dataset.
#[derive(Clone, Debug)]
struct Members {
    runs: SmallVec<[Run; 1]>,
    parents: SmallVec<[ContainerId; 1]>,
    is_open: bool,
    /// Whether its time is over.
    is_gone: bool,
}

/// A container.
#[derive(Clone, Debug)]
struct Collection {
    children: Vec<Did>,
    parents: SmallVec<[ContainerId; 1]>,
}

/// Files of one dataset, or one file of none: what grouping `Dataset` keeps together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The dataset; `None`: the file stands alone.
    pub dataset: Option<DatasetId>,
    /// Its files in order.
    pub files: Vec<FileId>,
}

impl Namespace {
    /// A dataset of consecutive files; more may follow while it is open.
    pub fn make_dataset(&mut self, first: FileId, n_files: u32, is_open: bool) -> DatasetId {
        let runs = if n_files == 0 { SmallVec::new() } else { SmallVec::from_elem(Run { first, n_files }, 1) };
        self.datasets.push(Members { runs, parents: SmallVec::new(), is_open, is_gone: false })
    }

    /// An empty container.
    pub fn make_container(&mut self) -> ContainerId {
        self.containers.push(Collection { children: Vec::new(), parents: SmallVec::new() })
    }

    /// Whether more files may come to a dataset.
    pub fn is_open(&self, dataset: DatasetId) -> bool {
        self.datasets.get(dataset).is_some_and(|members| members.is_open)
    }

    /// Adds a file to a dataset that is open.
    pub fn attach_file(&mut self, dataset: DatasetId, file: FileId) {
        if !self.is_open(dataset) {
            return;
        }
        let members = &mut self.datasets[dataset];
        match members.runs.last_mut() {
            Some(run) if run.first.index() + run.n_files as usize == file.index() => run.n_files += 1,
            _ => members.runs.push(Run { first: file, n_files: 1 }),
        }
    }

    /// Puts a dataset or container into a container; `false`: it holds it already, or would hold itself.
    pub fn attach(&mut self, container: ContainerId, child: Did) -> bool {
        let holds_itself = match child {
            Did::Container(child) => child == container || self.is_above(child, container),
            Did::Dataset(_) => false,
            Did::File(_) => true,
        };
        // It has few parents, and the container may have many children.
        let parents = match child {
            _ if holds_itself => return false,
            Did::Dataset(child) => &mut self.datasets[child].parents,
            Did::Container(child) => &mut self.containers[child].parents,
            Did::File(_) => return false,
        };
        if parents.contains(&container) {
            return false;
        }
        parents.push(container);
        self.containers[container].children.push(child);
        true
    }

    /// Takes a file out of every dataset that has it; these datasets. Every dataset is looked at: files are lost seldom.
    pub fn detach_everywhere(&mut self, file: FileId) -> Vec<DatasetId> {
        let mut from = Vec::new();
        for dataset in self.datasets.ids() {
            let runs = &mut self.datasets[dataset].runs;
            let inside =
                |run: &Run| (run.first.index()..run.first.index() + run.n_files as usize).contains(&file.index());
            while let Some(at) = runs.iter().position(inside) {
                let run = runs[at];
                let before = (file.index() - run.first.index()) as u32;
                let halves = [
                    Run { first: run.first, n_files: before },
                    Run { first: FileId::from_index(file.index() + 1), n_files: run.n_files - before - 1 },
                ];
                runs.remove(at);
                runs.insert_many(at, halves.into_iter().filter(|half| half.n_files > 0));
                if from.last() != Some(&dataset) {
                    from.push(dataset);
                }
            }
        }
        from
    }

    /// Takes a dataset apart and out of its containers: its files, and these containers.
    pub fn remove(&mut self, dataset: DatasetId) -> (Vec<FileId>, SmallVec<[ContainerId; 1]>) {
        let members = &mut self.datasets[dataset];
        let runs = std::mem::take(&mut members.runs);
        let parents = std::mem::take(&mut members.parents);
        (members.is_open, members.is_gone) = (false, true);
        for &parent in &parents {
            self.containers[parent].children.retain(|child| *child != Did::Dataset(dataset));
        }
        (runs.into_iter().flat_map(Run::files).collect(), parents)
    }

    /// No more files come.
    pub fn close(&mut self, dataset: DatasetId) {
        if self.is_open(dataset) {
            self.datasets[dataset].is_open = false;
        }
    }

    /// Whether there is such a thing, still. Files are the storage's to know.
    pub fn has(&self, did: Did) -> bool {
        match did {
            Did::File(_) => true,
            Did::Dataset(dataset) => self.datasets.get(dataset).is_some_and(|members| !members.is_gone),
            Did::Container(container) => self.containers.get(container).is_some(),
        }
    }

    /// How many files there are below, one that is in several datasets once for each.
    pub fn n_files(&self, did: Did) -> u64 {
        match did {
            Did::File(_) => 1,
            Did::Dataset(dataset) => self.datasets[dataset].runs.iter().map(|run| u64::from(run.n_files)).sum(),
            Did::Container(_) => {
                self.datasets_of(did).into_iter().map(|dataset| self.n_files(Did::Dataset(dataset))).sum()
            }
        }
    }

    /// The files below, dataset by dataset, in the order in which they were put there; each dataset once.
    pub fn groups(&self, did: Did) -> Vec<Group> {
        if let Did::File(file) = did {
            return vec![Group { dataset: None, files: vec![file] }];
        }
        let group = |dataset: DatasetId| Group {
            dataset: Some(dataset),
            files: self.datasets[dataset].runs.iter().flat_map(|run| run.files()).collect(),
        };
        self.datasets_of(did).into_iter().map(group).collect()
    }

    /// The datasets below, or the dataset itself; each once.
    pub fn datasets_of(&self, did: Did) -> Vec<DatasetId> {
        let (mut found, mut open, mut seen) = (Vec::new(), vec![did], FxHashSet::default());
        while let Some(did) = open.pop() {
            match did {
                _ if !seen.insert(did) => {}
                Did::Dataset(dataset) => found.push(dataset),
                Did::Container(container) => open.extend(self.containers[container].children.iter().rev()),
                Did::File(_) => {}
            }
        }
        found
    }

    /// A thing and all that holds it, itself first, each once: those whose rules concern it. Which datasets hold a file is not
    /// kept.
    pub fn and_above(&self, did: Did) -> Vec<Did> {
        let mut found = vec![did];
        let mut next = 0;
        while let Some(&did) = found.get(next) {
            next += 1;
            let parents: &[ContainerId] = match did {
                Did::File(_) => &[],
                Did::Dataset(dataset) => &self.datasets[dataset].parents,
                Did::Container(container) => &self.containers[container].parents,
            };
            let new = parents.iter().map(|&parent| Did::Container(parent));
            let new: Vec<Did> = new.filter(|parent| !found.contains(parent)).collect();
            found.extend(new);
        }
        found
    }

    fn is_above(&self, upper: ContainerId, lower: ContainerId) -> bool {
        self.and_above(Did::Container(lower)).contains(&Did::Container(upper))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(index: usize) -> FileId {
        FileId::from_index(index)
    }

    #[test]
    fn datasets_grow_until_they_are_closed() {
        let mut names = Namespace::default();
        let dataset = names.make_dataset(file(10), 2, true);
        [12, 20].map(file).into_iter().for_each(|file| names.attach_file(dataset, file));
        assert_eq!(names.datasets[dataset].runs.len(), 2, "files made one after the other are one run");
        names.close(dataset);
        names.attach_file(dataset, file(21));
        assert_eq!(names.groups(Did::Dataset(dataset))[0].files, [10, 11, 12, 20].map(file));
    }

    #[test]
    fn a_lost_file_leaves_all_its_datasets_and_no_other_does() {
        let mut names = Namespace::default();
        let one = names.make_dataset(file(0), 5, true);
        let other = names.make_dataset(file(7), 1, true);
        names.attach_file(other, file(2));
        assert_eq!(names.detach_everywhere(file(2)), [one, other]);
        assert_eq!(names.detach_everywhere(file(0)), [one]);
        assert_eq!(names.groups(Did::Dataset(one))[0].files, [1, 3, 4].map(file));
        assert_eq!(names.groups(Did::Dataset(other))[0].files, [7].map(file));
        assert_eq!(names.detach_everywhere(file(99)), []);
    }

    #[test]
    fn containers_hold_datasets_once_and_never_themselves() {
        let mut names = Namespace::default();
        let (a, b) = (names.make_dataset(file(0), 2, true), names.make_dataset(file(2), 3, true));
        let (inner, outer) = (names.make_container(), names.make_container());
        assert!(names.attach(inner, Did::Dataset(a)) && names.attach(inner, Did::Dataset(b)));
        assert!(names.attach(outer, Did::Container(inner)) && names.attach(outer, Did::Dataset(a)));
        assert!(!names.attach(inner, Did::Dataset(a)));
        assert!(!names.attach(inner, Did::Container(outer)) && !names.attach(inner, Did::Container(inner)));
        assert_eq!(names.datasets_of(Did::Container(outer)), [a, b]);
        assert_eq!(names.n_files(Did::Container(outer)), 5);
        let above = names.and_above(Did::Dataset(a));
        assert_eq!(above, [Did::Dataset(a), Did::Container(inner), Did::Container(outer)]);
    }
}
