//! Quotas: how many bytes an account may lock where.

use crate::ids::{AccountId, RseId, Table};
use crate::settings;
use crate::units::{Bytes, Total};

settings! {
    /// What accounts may lock. Where nothing is stated, nothing is enforced; where anything is, an account without a quota at an RSE may lock nothing there.
    pub struct QuotaSettings as "Quotas" {
        /// Quotas at each of some RSEs. A rule that would leave nothing of one is refused.
        pub local: Vec<Quota> = Vec::new(),
        /// Quotas at several RSEs together, besides those at each.
        pub global: Vec<Quota> = Vec::new(),
        /// Accounts that no quota binds.
        pub admins: Vec<String> = Vec::new(),
    }
}

settings! {
    /// Bytes that an account may lock.
    pub struct Quota {
        /// The account.
        pub account: String,
        /// The RSEs, as an RSE expression.
        pub rses: String,
        /// Bytes that its rules may lock there.
        pub bytes: Bytes,
    }
}

/// What accounts may lock, and what they have locked.
///
/// Where a scenario states no quota at all, none is enforced; where it states any, an account without one has none left, as in
/// the real service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quotas {
    /// Whether there are any.
    enforced: bool,
    accounts: Table<AccountId, Account>,
}

#[derive(Clone, Debug)]
struct Account {
    /// No quota binds it.
    is_admin: bool,
    /// By RSE.
    local: Table<RseId, Option<Bytes>>,
    global: Vec<Global>,
    /// By RSE: bytes of its locks.
    locked: Table<RseId, Total>,
}

#[derive(Clone, Debug)]
struct Global {
    rses: Vec<RseId>,
    bytes: Bytes,
}

/// What is left of the quotas that concern one account at one RSE.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum QuotaLeft {
    /// No quota is enforced, or the account is an administrator's.
    Unlimited,
    /// Bytes left; negative where more is locked than may be.
    Of {
        /// Of its quota there; 0 without one.
        local: i128,
        /// Of each of its quotas over several RSEs, this one among them.
        global: Vec<i128>,
    },
}

impl Quotas {
    /// Accounts without quotas, of which none is enforced.
    pub fn new(n_accounts: usize, n_rses: usize) -> Self {
        let account = |_| Account {
            is_admin: false,
            local: (0..n_rses).map(|_| None).collect(),
            global: Vec::new(),
            locked: (0..n_rses).map(|_| Total::default()).collect(),
        };
        Self { enforced: false, accounts: (0..n_accounts).map(account).collect() }
    }

    /// Some quota is stated, if only at no RSE.
    pub fn enforce(&mut self) {
        self.enforced = true;
    }

    /// States a quota at one RSE.
    pub fn limit(&mut self, account: AccountId, rse: RseId, bytes: Bytes) {
        self.enforced = true;
        self.accounts[account].local[rse] = Some(bytes);
    }

    /// States a quota at several RSEs together.
    pub fn limit_together(&mut self, account: AccountId, rses: Vec<RseId>, bytes: Bytes) {
        self.enforced = true;
        self.accounts[account].global.push(Global { rses, bytes });
    }

    /// No quota binds the account.
    pub fn exempt(&mut self, account: AccountId) {
        self.accounts[account].is_admin = true;
    }

    /// A lock is made.
    pub fn lock(&mut self, account: AccountId, rse: RseId, bytes: Bytes) {
        self.accounts[account].locked[rse] += bytes;
    }

    /// A lock goes.
    pub fn unlock(&mut self, account: AccountId, rse: RseId, bytes: Bytes) {
        self.accounts[account].locked[rse] -= bytes;
    }

    /// Bytes that each account has locked at each RSE.
    pub fn all_locked(&self) -> impl Iterator<Item = (AccountId, RseId, Total)> {
        self.accounts.iter().flat_map(|(id, account)| account.locked.iter().map(move |(rse, bytes)| (id, rse, *bytes)))
    }

    /// What is left to an account at an RSE.
    pub fn left(&self, account: AccountId, rse: RseId) -> QuotaLeft {
        let account = &self.accounts[account];
        if !self.enforced || account.is_admin {
            return QuotaLeft::Unlimited;
        }
        let left = |may: Bytes, has: Total| i128::from(may.get()) - i128::from(has.bytes().get());
        let local = account.local[rse].map_or(0, |may| left(may, account.locked[rse]));
        let global = account.global.iter().filter(|quota| quota.rses.contains(&rse));
        let global = global.map(|quota| left(quota.bytes, quota.rses.iter().map(|&rse| account.locked[rse]).sum()));
        QuotaLeft::Of { local, global: global.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn without_any_quota_none_is_enforced_and_with_one_an_account_without_has_none_left() {
        let (account, other) = (AccountId::from_index(0), AccountId::from_index(1));
        let (here, there) = (RseId::from_index(0), RseId::from_index(1));
        let mut quotas = Quotas::new(2, 2);
        assert_eq!(quotas.left(account, here), QuotaLeft::Unlimited);
        quotas.limit(account, here, Bytes::new(100));
        quotas.lock(account, here, Bytes::new(30));
        quotas.lock(account, there, Bytes::new(5));
        assert_eq!(quotas.left(account, here), QuotaLeft::Of { local: 70, global: vec![] });
        assert_eq!(quotas.left(account, there), QuotaLeft::Of { local: 0, global: vec![] });
        assert_eq!(quotas.left(other, here), QuotaLeft::Of { local: 0, global: vec![] });
        quotas.limit_together(account, vec![here, there], Bytes::new(33));
        assert_eq!(quotas.left(account, here), QuotaLeft::Of { local: 70, global: vec![-2] });
        quotas.unlock(account, there, Bytes::new(5));
        assert_eq!(quotas.left(account, here), QuotaLeft::Of { local: 70, global: vec![3] });
        quotas.exempt(account);
        assert_eq!(quotas.left(account, here), QuotaLeft::Unlimited);
    }
}
