//! Names that are hidden: `CERN-PROD_DATADISK` becomes `rse-3f2a`.
//!
//! A hidden name is the start of the keyed BLAKE3 digest of the real one. The same name and key give the same hidden name, in
//! any file (but where names are so many that four digits are not enough, all have more). Without the key nobody can find out
//! whether a hidden name is a certain real one. What times, sizes and the form of the network give away is not hidden.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _};

use crate::account::Treatment;
use crate::imported::Imported;

/// Hexadecimal digits of a hidden name, if that is enough.
const DIGITS: usize = 4;

/// What names are hidden with.
pub struct Key([u8; 32]);

impl Key {
    /// The key that a text stands for.
    pub fn of(text: &str) -> Self {
        Self(blake3::derive_key("dapple import: names", text.as_bytes()))
    }

    /// A key that nobody knows. It comes from the randomness with which the system seeds hash maps.
    pub fn random() -> Self {
        let mut hasher = blake3::Hasher::new();
        for _ in 0..8 {
            hasher.update(&RandomState::new().build_hasher().finish().to_le_bytes());
        }
        Self(*hasher.finalize().as_bytes())
    }

    fn digits(&self, name: &str) -> String {
        blake3::keyed_hash(&self.0, name.as_bytes()).to_hex().to_string()
    }
}

/// Hides all names of one kind.
fn hide<'a>(kind: &str, names: impl Iterator<Item = &'a mut String>, key: &Key) {
    let names: Vec<&mut String> = names.collect();
    let digests: BTreeMap<String, String> = names.iter().map(|name| ((*name).clone(), key.digits(name))).collect();
    let is_enough = |digits: &usize| {
        let starts: BTreeSet<&str> = digests.values().map(|digest| &digest[..*digits]).collect();
        starts.len() == digests.len()
    };
    let digits = (DIGITS..64).find(is_enough).unwrap_or(64);
    for name in names {
        *name = format!("{kind}-{}", &digests[name.as_str()][..digits]);
    }
}

impl Imported {
    /// Hides all names: of sites, RSEs, pools, links and of the file itself. Places in a picture go, too.
    pub fn anonymise(&mut self, key: &Key) {
        let grid = &mut self.grid;
        hide("site", grid.sites.iter_mut().map(|site| &mut site.name), key);
        hide("rse", grid.rses.iter_mut().map(|rse| &mut rse.name), key);
        hide("pool", grid.pools.iter_mut().map(|pool| &mut pool.name), key);
        hide("link", grid.links.iter_mut().map(|link| &mut link.name), key);
        let mut n_places = 0;
        for site in &mut grid.sites {
            n_places += usize::from(site.position.take().is_some());
        }
        "anonymous".clone_into(&mut self.name);
        let places = if n_places > 0 { ", and where sites are" } else { "" };
        let note = format!("names{places}: hidden on request; times, sizes and latencies are as they were");
        self.account.note(Treatment::NotCarriedOver, note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(names: &[&str], key: &Key) -> Vec<String> {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        hide("site", names.iter_mut(), key);
        names
    }

    #[test]
    fn one_name_and_key_give_one_hidden_name() {
        let (one, other) = (Key::of("one"), Key::of("other"));
        let names = hidden(&["CERN", "GRIF", "CERN"], &one);
        assert_eq!(names[0], names[2]);
        assert_ne!(names[0], names[1]);
        assert!(names[0].starts_with("site-") && names[0].len() == "site-".len() + DIGITS, "{names:?}");
        assert_eq!(names[0], hidden(&["CERN"], &one)[0], "whatever else is in the file");
        assert_ne!(names[0], hidden(&["CERN"], &other)[0]);
        assert_ne!(hidden(&["CERN"], &Key::random()), hidden(&["CERN"], &Key::random()));
    }

    #[test]
    fn many_names_stay_apart() {
        let many: Vec<String> = (0..2000).map(|number| format!("site {number}")).collect();
        let names = hidden(&many.iter().map(String::as_str).collect::<Vec<_>>(), &Key::of("key"));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), many.len());
    }
}
