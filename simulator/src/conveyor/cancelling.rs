//! Requests that nobody wants any more.

use crate::context::Context;
use crate::conveyor::request::State;
use crate::conveyor::service::{Conveyor, Events};
use crate::fabric::Fabric;
use crate::facts::{Fact, TransferError, TransferOutcome};
use crate::fts::Fts;
use crate::ids::{FileId, RseId};

impl Conveyor {
    /// Nobody wants a file at an RSE any more: its row becomes history at once, and FTS cancels the whole job that it is in. Others of
    /// that job, if they are of other rules, are tried again as after any failure.
    pub fn cancel<E: Events>(
        &mut self,
        file: FileId,
        rse: RseId,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(id) = self.live.remove(&(file, rse)) else { return };
        let request = &mut self.requests[id];
        let state = request.state;
        // What waits for a limit does not count towards it yet.
        if state == State::Waiting
            && let Some(group) = request.group.take()
        {
            let waiting = request.waiting(id);
            self.throttler.forget(group, &waiting);
        }
        let request = self.leave(id, fabric, cx);
        let ended = fts.collect(id).or_else(|| fts.progressed(id, fabric));
        self.n_failed += 1;
        fabric.storage.give_up(file, rse, cx.now);
        let outcome = TransferOutcome::Failed(TransferError::Cancelled);
        cx.tell(&Fact::TransferEnded(request.life(id, ended.as_ref(), outcome)));
        if state == State::Submitted {
            fts.cancel(id, fabric, cx);
        }
    }
}
