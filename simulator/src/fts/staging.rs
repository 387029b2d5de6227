//! Files whose source or destination is on tape: what comes before their queue and after their copy.

use crate::context::Context;
use crate::copy::CopyEnded;
use crate::fabric::Fabric;
use crate::facts::{Fact, TransferError};
use crate::fts::files::State;
use crate::fts::tape::{Schedule, TapeEvent, TapeFile, TapeNews};
use crate::fts::{Fts, FtsEvent};
use crate::ids::{FtsFileId, RseId};
use crate::units::{NANOS_PER_SECOND, SimSpan, SimTime};

/// How long tape may take where a job does not say.
const BRING_ONLINE: SimSpan = SimSpan::from_nanos(604_800 * NANOS_PER_SECOND);

impl Fts {
    /// Has a file brought from tape before it queues; `false`: there is no need.
    pub(super) fn stage<E: From<FtsEvent>>(&mut self, id: FtsFileId, cx: &mut Context<'_, E>) -> bool {
        let file = &mut self.files[id];
        let source = file.spec.source;
        if file.is_online || cx.map.rses()[source].tape.is_none() {
            return false;
        }
        file.state = State::Staging;
        let timeout = self.jobs[file.job].bring_online.unwrap_or(BRING_ONLINE);
        let spec = self.on_tape_at(id, source, timeout);
        with_tape(cx, |now, schedule| self.tapes.stage(spec, now, schedule));
        true
    }

    /// Waits until what was copied is on tape; `false`: nobody wants to wait for that.
    pub(super) fn archive<E: From<FtsEvent>>(&mut self, copied: &CopyEnded, cx: &mut Context<'_, E>) -> bool {
        let id = copied.owner;
        let file = &mut self.files[id];
        let Some(tape) = cx.map.rses()[file.spec.destination].tape else { return false };
        let Some(timeout) = self.jobs[file.job].archive_timeout.or(tape.archive_timeout) else { return false };
        file.state = State::Archiving;
        self.archiving.insert(id, *copied);
        let spec = self.on_tape_at(id, self.files[id].spec.destination, timeout);
        with_tape(cx, |now, schedule| self.tapes.archive(spec, now, schedule));
        true
    }

    /// Something happens to files on their way from tape or to it.
    pub(super) fn on_tape<E: From<FtsEvent>>(
        &mut self,
        event: TapeEvent,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let news = with_tape(cx, |now, schedule| self.tapes.handle(event, now, schedule));
        for one in news {
            match one {
                TapeNews::OnDisk(id) => {
                    self.files[id].is_online = true;
                    self.enqueue(id, fabric, cx);
                }
                TapeNews::OnTape(id) => {
                    let copied = self.archiving.remove(&id);
                    self.finish(id, Ok(()), copied.as_ref(), fabric, cx);
                }
                TapeNews::StagingTimeout(id) => self.on_staging_timeout(id, fabric, cx),
                TapeNews::ArchivingTimeout(id) => {
                    self.fail_archiving(id, TransferError::ArchivingTimeout, fabric, cx);
                }
            }
        }
    }

    /// Nobody waits any more for a file that is on its way from tape or to it.
    pub(super) fn leave_tape<E: From<FtsEvent>>(&mut self, id: FtsFileId, cx: &mut Context<'_, E>) {
        with_tape(cx, |now, schedule| self.tapes.cancel(id, now, schedule));
    }

    /// A file was copied, and does not count as being at its destination.
    pub(super) fn fail_archiving<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        why: TransferError,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let copied = self.archiving.remove(&id);
        let spec = self.files[id].spec;
        if spec.file.is_some() {
            fabric.storage.give_back(spec.destination, spec.bytes, cx.now);
            cx.tell(&Fact::SpaceFreed { rse: spec.destination });
        }
        self.finish(id, Err(why), copied.as_ref(), fabric, cx);
    }

    /// It counts as a try that failed in a way that may be tried again.
    fn on_staging_timeout<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let file = &mut self.files[id];
        file.tries += 1;
        let job = &self.jobs[file.job];
        if file.tries > job.retries {
            return self.finish(id, Err(TransferError::StagingTimeout), None, fabric, cx);
        }
        file.state = State::Held;
        cx.schedule(cx.now + job.retry_delay, FtsEvent::Retry { file: id });
    }

    fn on_tape_at(&self, id: FtsFileId, rse: RseId, timeout: SimSpan) -> TapeFile {
        let file = &self.files[id];
        let place = (self.jobs[file.job].vo, rse);
        TapeFile { id, file: file.spec.file, bytes: file.spec.bytes, place, timeout: Some(timeout) }
    }
}

/// Lets the daemons for tape see the moment and schedule their own events.
fn with_tape<E: From<FtsEvent>, T>(cx: &mut Context<'_, E>, act: impl FnOnce(SimTime, Schedule<'_>) -> T) -> T {
    let Context { now, calendar, .. } = cx;
    act(*now, &mut |at, event| calendar.schedule(at, FtsEvent::Tape(event).into()))
}
