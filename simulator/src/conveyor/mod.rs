//! Rucio's conveyor: what becomes of requests.
#![expect(dead_code, reason = "wired in next")]

mod gates;
mod paths;
mod ranking;
mod settings;
mod throttler;

crate::ids::entity_id! {
    /// An activity.
    ActivityId;
    /// An account.
    AccountId;
}
