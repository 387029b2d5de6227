//! Names of those whom services tell apart.

use crate::ids::{AccountId, ActivityId, Id, Table, VoId};

/// Names of virtual organisations, activities and accounts. The first of each kind is the one that is meant where none is named.
#[derive(Clone, Debug, PartialEq)]
pub struct Names {
    /// Virtual organisations.
    pub vos: Table<VoId, String>,
    /// Activities.
    pub activities: Table<ActivityId, String>,
    /// Accounts.
    pub accounts: Table<AccountId, String>,
}

impl Default for Names {
    fn default() -> Self {
        let only = |name: &str| name.to_owned();
        Self {
            vos: [only("vo")].into_iter().collect(),
            activities: [only("default")].into_iter().collect(),
            accounts: [only("root")].into_iter().collect(),
        }
    }
}

impl Names {
    /// The activity of a name, which is known from now on.
    pub fn declare_activity(&mut self, name: &str) -> ActivityId {
        let known = self.activities.iter().find(|(_, known)| *known == name).map(|(id, _)| id);
        known.unwrap_or_else(|| self.activities.push(name.to_owned()))
    }

    /// The account of a name, which is known from now on.
    pub fn declare_account(&mut self, name: &str) -> AccountId {
        self.account_of(name).unwrap_or_else(|| self.accounts.push(name.to_owned()))
    }

    /// The virtual organisation that is meant where none is named.
    pub fn vo(&self) -> VoId {
        VoId::from_index(0)
    }

    /// The activity that is meant where none is named.
    pub fn activity(&self) -> ActivityId {
        ActivityId::from_index(0)
    }

    /// The account that is meant where none is named.
    pub fn account(&self) -> AccountId {
        AccountId::from_index(0)
    }

    /// The activity of a name; one that nobody has is the first.
    pub fn activity_of(&self, name: &str) -> ActivityId {
        self.activities.iter().find(|(_, known)| *known == name).map_or(self.activity(), |(id, _)| id)
    }

    /// The account of a name.
    pub fn account_of(&self, name: &str) -> Option<AccountId> {
        self.accounts.iter().find(|(_, known)| *known == name).map(|(id, _)| id)
    }
}
