//! Blocks: which files of a rule go to the same RSEs.

use rustc_hash::FxHashSet;

use crate::catalogue::Group;
use crate::ids::{FileId, Id, RseId};
use crate::rng::combined;
use crate::settings;
use crate::units::Bytes;

settings! {
    /// Which files of a rule go to the same RSEs.
    #[derive(Copy, Default, Eq)]
    pub enum Grouping {
        /// All.
        All,
        /// Those of each dataset.
        #[default]
        Dataset,
        /// None: RSEs are drawn for each file anew.
        None,
    }
}

/// Files that go to the same RSEs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    /// What is drawn for it is keyed by this: its place below the rule, whatever else happens.
    pub key: u64,
    pub files: Vec<FileId>,
    pub bytes: Bytes,
}

/// The blocks of the datasets below a rule. A file that is in several of these datasets is taken with the first.
pub(crate) fn blocks(groups: Vec<Group>, grouping: Grouping, bytes_of: impl Fn(FileId) -> Bytes) -> Vec<Block> {
    let block = |key, files: Vec<FileId>| {
        let bytes = files.iter().map(|&file| bytes_of(file)).sum();
        Block { key, files, bytes }
    };
    let groups = each_file_once(groups);
    match grouping {
        Grouping::All => vec![block(0, groups.into_iter().flat_map(|group| group.files).collect())],
        Grouping::Dataset => (0..).zip(groups).map(|(nth, group)| block(nth, group.files)).collect(),
        Grouping::None => (0..)
            .zip(groups)
            .flat_map(|(nth, group)| (0..).zip(group.files).map(move |(file, id)| (combined(nth, file), id)))
            .map(|(key, file)| block(key, vec![file]))
            .collect(),
    }
}

fn each_file_once(mut groups: Vec<Group>) -> Vec<Group> {
    if groups.len() > 1 {
        let mut seen: FxHashSet<FileId> = FxHashSet::default();
        for group in &mut groups {
            group.files.retain(|file| seen.insert(*file));
        }
    }
    groups
}

/// Bytes of a block that are, or are on their way, at each RSE: most bytes first, of equals the RSE that is declared first.
pub(crate) fn coverage<R: IntoIterator<Item = RseId>>(
    files: &[FileId],
    bytes_of: impl Fn(FileId) -> Bytes,
    holders: impl Fn(FileId) -> R,
) -> Vec<(RseId, Bytes)> {
    let mut covered: Vec<(RseId, Bytes)> = Vec::new();
    for &file in files {
        for rse in holders(file) {
            match covered.iter_mut().find(|(other, _)| *other == rse) {
                Some((_, bytes)) => *bytes += bytes_of(file),
                None => covered.push((rse, bytes_of(file))),
            }
        }
    }
    covered.sort_by_key(|&(rse, bytes)| (std::cmp::Reverse(bytes), rse.index()));
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(sizes: &[&[usize]]) -> Vec<Group> {
        let file = |index: &usize| FileId::from_index(*index);
        sizes.iter().map(|files| Group { dataset: None, files: files.iter().map(file).collect() }).collect()
    }

    fn bytes_of(file: FileId) -> Bytes {
        Bytes::new(1 + file.index() as u64)
    }

    #[test]
    fn groupings_keep_all_a_dataset_or_nothing_together() {
        let of = |grouping| {
            let blocks = blocks(groups(&[&[0, 1], &[2], &[]]), grouping, bytes_of);
            blocks.into_iter().map(|block| (block.files.len(), block.bytes.get())).collect::<Vec<_>>()
        };
        assert_eq!(of(Grouping::All), [(3, 6)]);
        assert_eq!(of(Grouping::Dataset), [(2, 3), (1, 3), (0, 0)]);
        assert_eq!(of(Grouping::None), [(1, 1), (1, 2), (1, 3)]);
    }

    #[test]
    fn a_file_of_two_datasets_is_taken_once() {
        let blocks = blocks(groups(&[&[0, 1], &[1, 2]]), Grouping::Dataset, bytes_of);
        assert_eq!(blocks.iter().map(|block| block.files.len()).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_file_that_is_added_moves_no_key_of_the_others() {
        let keys = |sizes: &[&[usize]]| {
            let blocks = blocks(groups(sizes), Grouping::None, bytes_of);
            blocks.into_iter().map(|block| (block.files[0], block.key)).collect::<Vec<_>>()
        };
        let (before, after) = (keys(&[&[0, 1], &[2]]), keys(&[&[0, 1, 5], &[2]]));
        assert!(before.iter().all(|pair| after.contains(pair)));
    }

    #[test]
    fn rses_with_most_bytes_come_first() {
        let at = |index: usize| RseId::from_index(index);
        let (three, one) = (vec![at(3)], vec![at(1), at(2)]);
        let files: Vec<FileId> = (0..3).map(FileId::from_index).collect();
        let covered = coverage(&files, bytes_of, |file| if file.index() == 2 { three.clone() } else { one.clone() });
        assert_eq!(covered, [(at(1), Bytes::new(3)), (at(2), Bytes::new(3)), (at(3), Bytes::new(3))]);
        let covered =
            coverage(&files[1..], bytes_of, |file| if file.index() == 2 { three.clone() } else { one.clone() });
        assert_eq!(covered.iter().map(|pair| pair.0).collect::<Vec<_>>(), [at(3), at(1), at(2)]);
    }
}
