//! The life of copy processes.

use crate::context::Owner;
use crate::copy::failures::{Failures, Fate};
use crate::copy::{Connection, CopyEnded, CopyEvent, CopyOrder, CopySettings, Moment, Strikes};
use crate::fabric::Fabric;
use crate::facts::TransferError;
use crate::faults::CopyError;
use crate::ids::{CopyId, DtnId, FtsFileId, RseId, Table};
use crate::live::Live;
use crate::network::{FlowId, FlowSpec, Share};
use crate::topology::Map;
use crate::units::{Bytes, Rate, SimSpan, SimTime};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Checking,
    Starting,
    Flowing(FlowId),
    Verifying,
    Failing(CopyError),
}

#[derive(Clone, Debug)]
struct Copy {
    order: CopyOrder,
    fate: Option<Fate>,
    phase: Phase,
    /// Counts phases: what was scheduled in an earlier one is out of date.
    step: u8,
    accepted_at: SimTime,
    flowing_at: Option<SimTime>,
    copied_at: Option<SimTime>,
    moved: Bytes,
}

/// All copy processes.
#[derive(Clone, Debug)]
pub(crate) struct Copies {
    settings: CopySettings,
    connection: Connection,
    copies: Live<CopyId, Copy>,
    failures: Failures,
    /// Copies of each DTN that are starting up.
    starting: Table<DtnId, u32>,
    /// RSEs whose next outage is in the calendar.
    watched: Table<RseId, bool>,
    received: Bytes,
    lost: Bytes,
}

impl Copies {
    pub fn new(map: &Map, settings: &CopySettings, connection: Connection, seed: u64) -> Self {
        Self {
            settings: settings.clone(),
            connection,
            copies: Live::new(),
            failures: Failures::new(map, &settings.failures, seed),
            starting: map.dtns().ids().map(|_| 0).collect(),
            watched: map.rses().ids().map(|_| false).collect(),
            received: Bytes::ZERO,
            lost: Bytes::ZERO,
        }
    }

    /// Starts a process, which is accepted now. It ends in an event.
    pub fn start(&mut self, order: CopyOrder, fabric: &mut Fabric<'_>, at: &mut Moment<'_>) -> CopyId {
        let fate = self.failures.fate(order.key, (order.source, order.destination), at.now);
        let copy = self.copies.push(Copy {
            order,
            fate,
            phase: Phase::Checking,
            step: 0,
            accepted_at: at.now,
            flowing_at: None,
            copied_at: None,
            moved: Bytes::ZERO,
        });
        let ends = [order.source, order.destination];
        for rse in ends {
            self.watch(rse, at);
        }
        let is_down = |rse: RseId| at.map.rses()[rse].is_down(at.now);
        if ends.into_iter().any(is_down) {
            self.fail(copy, CopyError::ConnectionTimeout, self.settings.connection_timeout, at);
            return copy;
        }
        let exists = order.file.is_some_and(|file| fabric.storage.has_bytes(file, order.destination));
        let checks =
            self.settings.source_checks + self.checksum(order.source, order.bytes) + self.settings.destination_checks;
        match fate {
            Some(Fate { strikes: Strikes::BeforeCopy, error, .. }) => {
                let hangs = error == CopyError::ConnectionTimeout;
                let wait = if hangs { self.settings.connection_timeout } else { checks };
                self.fail(copy, error, wait, at);
            }
            _ => {
                let checks = if exists { checks + self.settings.removal } else { checks };
                if checks > SimSpan::ZERO {
                    self.enter(copy, Phase::Checking, checks, at);
                } else {
                    self.start_up(copy, at);
                }
            }
        }
        copy
    }

    /// Handles what happens to copies; one that ends tells its life.
    pub fn handle(&mut self, event: CopyEvent, fabric: &mut Fabric<'_>, at: &mut Moment<'_>) -> Option<CopyEnded> {
        match event {
            CopyEvent::Outage { rse } => {
                self.break_off(rse, fabric, at);
                None
            }
            CopyEvent::Arrived { copy } => self.on_arrived(copy, at),
            CopyEvent::Next { copy, step } => {
                let phase = self.phase_in(copy, step)?;
                self.on_next(copy, phase, fabric, at)
            }
            CopyEvent::TimeUp { copy, step } => {
                let Phase::Flowing(flow) = self.phase_in(copy, step)? else { return None };
                let is_stuck = fabric.network.progressed(flow).is_some_and(|flow| flow.rate == Rate::ZERO);
                match self.settings.timeout {
                    Some(timeout) if is_stuck => {
                        (at.schedule)(at.now + timeout.watchdog, CopyEvent::Killed { copy, step });
                    }
                    _ => self.cut(copy, CopyError::OperationTimeout, fabric, at),
                }
                None
            }
            CopyEvent::Killed { copy, step } => {
                self.phase_in(copy, step)?;
                self.cut(copy, CopyError::ForcedKill, fabric, at);
                None
            }
        }
    }

    /// Ends a process at once; what it has moved is lost. `None`: it has ended.
    pub fn cancel(&mut self, copy: CopyId, fabric: &mut Fabric<'_>, at: &Moment<'_>) -> Option<CopyEnded> {
        self.stop(copy, fabric, at);
        self.end(copy, at.now, Err(TransferError::Cancelled))
    }

    /// Whom FTS has a copy for; `None`: it has ended.
    pub fn owner(&self, copy: CopyId) -> Option<FtsFileId> {
        Some(self.copies.get(copy)?.order.owner)
    }

    /// When the first byte of one that has not ended moved, and what it has moved so far, lost or not.
    pub fn under_way(&self, copy: CopyId, fabric: &Fabric<'_>) -> Option<(Option<SimTime>, Bytes)> {
        let copy = self.copies.get(copy)?;
        Some((copy.flowing_at, copy.moved_by_now(fabric)))
    }

    /// Bytes in flight, counted copy by copy.
    pub fn in_flight(&self, fabric: &Fabric<'_>) -> Bytes {
        let keeps = |copy: &&Copy| !matches!(copy.phase, Phase::Failing(_));
        self.copies.iter().map(|(_, copy)| copy).filter(keeps).map(|copy| copy.moved_by_now(fabric)).sum()
    }

    /// A copy that was good has been in vain: what it moved is lost after all.
    pub fn discard(&mut self, copied: &CopyEnded) {
        if copied.result.is_ok() {
            self.received -= copied.moved;
            self.lost += copied.moved;
        }
    }

    /// Bytes of copies that are done, and not discarded.
    pub fn received(&self) -> Bytes {
        self.received
    }

    /// Bytes moved by copies that failed, were cancelled or discarded.
    pub fn lost(&self) -> Bytes {
        self.lost
    }

    fn on_next(
        &mut self,
        copy: CopyId,
        phase: Phase,
        fabric: &mut Fabric<'_>,
        at: &mut Moment<'_>,
    ) -> Option<CopyEnded> {
        match phase {
            Phase::Checking => {
                self.start_up(copy, at);
                None
            }
            Phase::Starting => {
                self.flow(copy, fabric, at);
                None
            }
            Phase::Flowing(_) => None,
            Phase::Verifying => self.on_verified(copy, at),
            Phase::Failing(error) => self.end(copy, at.now, Err(TransferError::Copy(error))),
        }
    }

    /// Checks are over: connections are set up.
    fn start_up(&mut self, copy: CopyId, at: &mut Moment<'_>) {
        let order = self.copies[copy].order;
        let wait = self.start_up_of(&order, at.map);
        for dtn in at.map.dtns_between(order.source, order.destination) {
            self.starting[dtn] += 1;
        }
        self.enter(copy, Phase::Starting, wait, at);
    }

    /// Start-up of a copy that connects now: the service's, two times of flight, and that of each DTN with what the copies
    /// that are starting there add.
    fn start_up_of(&self, order: &CopyOrder, map: &Map) -> SimSpan {
        let route = map.route_between(order.source, order.destination);
        let round_trip = route.map_or(SimSpan::ZERO, |route| route.latency * 2);
        map.dtns_between(order.source, order.destination).fold(self.connection.start_up + round_trip, |sum, id| {
            let dtn = &map.dtns()[id];
            sum + dtn.start_up + dtn.start_up_each * u64::from(self.starting[id])
        })
    }

    fn flow(&mut self, copy: CopyId, fabric: &mut Fabric<'_>, at: &mut Moment<'_>) {
        let (order, bytes) = (self.copies[copy].order, self.copies[copy].to_move());
        self.leave_start_up(&order, at.map);
        let route = fabric.wiring.placement((order.source, order.destination), &mut fabric.network);
        let spec = FlowSpec {
            route: route.expect("what has no route is not copied"),
            share: Share::Streams(order.streams),
            cap: self.window_cap(&order, at.map),
            bytes,
            blocks: 1,
            owner: Owner::Copy(copy),
        };
        let flow = fabric.network.start(at.now, spec);
        let living = &mut self.copies[copy];
        living.flowing_at = Some(at.now);
        let step = living.turn_to(Phase::Flowing(flow));
        if let Some(timeout) = &self.settings.timeout {
            (at.schedule)(at.now + timeout.of(order.bytes), CopyEvent::TimeUp { copy, step });
        }
    }

    fn on_arrived(&mut self, copy: CopyId, at: &mut Moment<'_>) -> Option<CopyEnded> {
        // It may have been cut off in the very instant in which its last byte arrived.
        let living = self.copies.get(copy).filter(|living| matches!(living.phase, Phase::Flowing(_)))?;
        let (order, moved, fate) = (living.order, living.to_move(), living.fate);
        self.copies[copy].moved = moved;
        if let Some(Fate { strikes: Strikes::Copying, error, .. }) = fate {
            self.lose(copy);
            self.fail(copy, error, self.settings.removal, at);
            return None;
        }
        self.copies[copy].copied_at = Some(at.now);
        let wait = self.settings.verification + self.checksum(order.destination, order.bytes);
        if wait > SimSpan::ZERO {
            self.enter(copy, Phase::Verifying, wait, at);
            return None;
        }
        self.on_verified(copy, at)
    }

    fn on_verified(&mut self, copy: CopyId, at: &mut Moment<'_>) -> Option<CopyEnded> {
        if let Some(Fate { strikes: Strikes::Verifying, error, .. }) = self.copies[copy].fate {
            self.lose(copy);
            self.fail(copy, error, self.settings.removal, at);
            return None;
        }
        self.end(copy, at.now, Ok(()))
    }

    fn end(&mut self, copy: CopyId, now: SimTime, result: Result<(), TransferError>) -> Option<CopyEnded> {
        let ended = self.copies.remove(copy)?;
        if result.is_ok() {
            self.received += ended.moved;
            if ended.order.file.is_none() {
                self.failures.forget(ended.order.key, ended.order.destination);
            }
        }
        Some(CopyEnded {
            copy,
            owner: ended.order.owner,
            accepted_at: ended.accepted_at,
            flowing_at: ended.flowing_at,
            copied_at: ended.copied_at,
            ended_at: now,
            moved: ended.moved,
            result,
        })
    }

    /// Cuts off a copy that moves bytes; its part of the file is removed.
    fn cut(&mut self, copy: CopyId, error: CopyError, fabric: &mut Fabric<'_>, at: &mut Moment<'_>) {
        self.stop(copy, fabric, at);
        // Where nobody answers nothing is removed.
        let destination = self.copies[copy].order.destination;
        let answers = !at.map.rses()[destination].is_down(at.now);
        let wait = if answers { self.settings.removal } else { SimSpan::ZERO };
        self.fail(copy, error, wait, at);
    }

    /// Ends what a copy is at; what it has moved is lost.
    fn stop(&mut self, copy: CopyId, fabric: &mut Fabric<'_>, at: &Moment<'_>) {
        let Some(living) = self.copies.get(copy) else { return };
        let order = living.order;
        match living.phase {
            Phase::Checking | Phase::Failing(_) => {}
            Phase::Starting => self.leave_start_up(&order, at.map),
            Phase::Flowing(flow) => {
                // All of it has arrived where the flow is no more and its arrival has not been told yet.
                let cancelled = fabric.network.cancel(at.now, flow);
                let moved = cancelled.map_or_else(|| self.copies[copy].to_move(), |flow| flow.moved);
                self.copies[copy].moved = moved;
                self.lose(copy);
            }
            Phase::Verifying => self.lose(copy),
        }
    }

    fn lose(&mut self, copy: CopyId) {
        self.lost += self.copies[copy].moved;
    }

    fn leave_start_up(&mut self, order: &CopyOrder, map: &Map) {
        for dtn in map.dtns_between(order.source, order.destination) {
            self.starting[dtn] -= 1;
        }
    }

    /// An RSE answers no more: who moves bytes from or to it is cut off, who is to talk to it waits until it gives up.
    fn break_off(&mut self, rse: RseId, fabric: &mut Fabric<'_>, at: &mut Moment<'_>) {
        self.watched[rse] = false;
        self.watch(rse, at);
        let met = |(_, copy): &(CopyId, &Copy)| {
            let Copy { order, phase, .. } = copy;
            match phase {
                Phase::Checking | Phase::Starting | Phase::Flowing(_) => {
                    order.source == rse || order.destination == rse
                }
                Phase::Verifying => order.destination == rse,
                Phase::Failing(_) => false,
            }
        };
        let met: Vec<(CopyId, Phase)> = self.copies.iter().filter(met).map(|(id, copy)| (id, copy.phase)).collect();
        for (copy, phase) in met {
            if let Phase::Flowing(_) = phase {
                self.cut(copy, CopyError::EndOfFile, fabric, at);
            } else {
                self.stop(copy, fabric, at);
                self.fail(copy, CopyError::ConnectionTimeout, self.settings.connection_timeout, at);
            }
        }
    }

    /// Sees to it that the next outage of an RSE is an event.
    fn watch(&mut self, rse: RseId, at: &mut Moment<'_>) {
        if self.watched[rse] {
            return;
        }
        if let Some(next) = at.map.rses()[rse].next_outage(at.now) {
            self.watched[rse] = true;
            (at.schedule)(next, CopyEvent::Outage { rse });
        }
    }

    fn fail(&mut self, copy: CopyId, error: CopyError, after: SimSpan, at: &mut Moment<'_>) {
        self.enter(copy, Phase::Failing(error), after, at);
    }

    fn enter(&mut self, copy: CopyId, phase: Phase, lasts: SimSpan, at: &mut Moment<'_>) {
        let step = self.copies[copy].turn_to(phase);
        (at.schedule)(at.now + lasts, CopyEvent::Next { copy, step });
    }

    /// What a copy is at; `None`: it has ended, or gone on since.
    fn phase_in(&self, copy: CopyId, step: u8) -> Option<Phase> {
        self.copies.get(copy).filter(|copy| copy.step == step).map(|copy| copy.phase)
    }

    fn checksum(&self, rse: RseId, bytes: Bytes) -> SimSpan {
        self.settings.checksum_of(rse).map_or(SimSpan::ZERO, |rate| bytes / rate)
    }

    /// The cap of a copy: window x streams over the round trip.
    fn window_cap(&self, order: &CopyOrder, map: &Map) -> Rate {
        let latency = map.route_between(order.source, order.destination).map(|route| route.latency);
        match (self.connection.window, latency) {
            (Some(window), Some(latency)) if latency > SimSpan::ZERO => {
                let in_flight = window.as_f64() * f64::from(order.streams);
                Rate::from_bytes_per_s(in_flight / (2.0 * latency.as_secs_f64()))
            }
            _ => Rate::INFINITE,
        }
    }
}

impl Copy {
    /// What its flow is to move: all, or what it moves until it fails.
    fn to_move(&self) -> Bytes {
        match self.fate {
            Some(Fate { strikes: Strikes::Copying, part, .. }) => Bytes::new((self.order.bytes.as_f64() * part) as u64),
            _ => self.order.bytes,
        }
    }

    fn moved_by_now(&self, fabric: &Fabric<'_>) -> Bytes {
        match self.phase {
            // All of it has arrived where the flow is no more and its arrival has not been told yet.
            Phase::Flowing(flow) => fabric.network.progressed(flow).map_or_else(|| self.to_move(), |flow| flow.moved),
            Phase::Checking | Phase::Starting | Phase::Verifying | Phase::Failing(_) => self.moved,
        }
    }

    fn turn_to(&mut self, phase: Phase) -> u8 {
        self.phase = phase;
        self.step = self.step.wrapping_add(1);
        self.step
    }
}
