//! Requests that nobody wants any more.

use crate::context::Context;
use crate::conveyor::request::State;
use crate::conveyor::service::{Conveyor, Events};
use crate::fabric::Fabric;
use crate::facts::{Fact, TransferError, TransferOutcome};
use crate::fts::Fts;
use crate::ids::{FileId, RequestId, RseId};
use crate::units::Bytes;

impl Conveyor {
    /// Nobody wants a file at an RSE any more: its row becomes history at once, and FTS cancels the whole job that it is in. Others of
    /// that job, if they are of other rules, are tried again as after any failure.
    pub fn cancel<E: Events>(
        &mut self,
        (file, rse): (FileId, RseId),
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(id) = self.live.remove(&(file, rse)) else { return };
        let request = &mut self.requests[id];
        if request.state == State::Waiting
            && let Some(group) = request.group.take()
        {
            self.throttler.forget(group, &request.waiting(id));
        }
        let collected = fts.collect(id);
        let is_at_fts = request.state == State::Submitted && !request.is_lost && collected.is_none();
        let so_far = collected.clone().or_else(|| fts.progressed(id, fabric));
        let mut request = self.leave(id, fabric, cx);
        // Nobody has to tell Rucio.
        request.learned_at = Some(cx.now);
        self.n_failed += 1;
        fabric.storage.give_up(file, rse, cx.now);
        let outcome = TransferOutcome::Failed(TransferError::Cancelled);
        cx.tell(&Fact::TransferEnded(request.life(id, so_far.as_ref(), outcome)));
        if is_at_fts {
            self.cancelled.insert(id, (rse, request.want.bytes));
            fts.cancel(id, fabric, cx);
        } else if collected.is_some_and(|ended| ended.result.is_ok()) {
            give_back(rse, request.want.bytes, fabric, cx);
        }
    }

    /// FTS has ended a request that was cancelled; a copy that was there before FTS looked leaves nothing.
    pub(super) fn on_ended_in_vain<E: Events>(
        &mut self,
        id: RequestId,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let is_there = fts.collect(id).is_some_and(|ended| ended.result.is_ok());
        if let Some((rse, bytes)) = self.cancelled.remove(&id).filter(|_| is_there) {
            give_back(rse, bytes, fabric, cx);
        }
    }
}

/// Space that was kept for a file that does not stay.
fn give_back<E>(rse: RseId, bytes: Bytes, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
    fabric.storage.give_back(rse, bytes, cx.now);
    cx.tell(&Fact::SpaceFreed { rse });
}
