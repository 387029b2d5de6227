//! Files on their way from tape and to it.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::fts::tape::bulks::{Bulk, Bulks, Place};
use crate::fts::tape::{Polls, Staging};
use crate::ids::{FileId, FtsFileId, RseId, entity_id};
use crate::live::Live;
use crate::rng::{Purpose, keyed};
use crate::storage::{Drives, Tape};
use crate::ticker::Ticker;
use crate::topology::Map;
use crate::units::{Bytes, SimSpan, SimTime};
use rand::RngExt;

entity_id! {
    /// A bulk of files that were asked for together.
    BulkId;
}

/// Which way files go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    FromTape,
    ToTape,
}

/// What can happen to files on their way from tape and to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TapeEvent {
    /// A pass of the daemon of one way.
    Pass { way: Way },
    /// A drive has done what it was at.
    Drive { rse: RseId, drive: usize },
    /// A poll sees that a file is where it should be.
    Noticed { file: FtsFileId },
    /// A poll sees that the time of a bulk is up.
    TimeUp { bulk: BulkId },
}

/// What FTS learns of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TapeNews {
    OnDisk(FtsFileId),
    OnTape(FtsFileId),
    /// It did not come from tape in time.
    StagingTimeout(FtsFileId),
    /// It was not on tape in time.
    ArchivingTimeout(FtsFileId),
}

/// A file that is to come from tape or to go there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TapeFile {
    pub id: FtsFileId,
    /// `None`: traffic, which lies nowhere in particular.
    pub file: Option<FileId>,
    pub bytes: Bytes,
    /// Whose it is, and the RSE.
    pub place: Place,
    /// How long that may take from when its bulk goes; `None`: for ever.
    pub timeout: Option<SimSpan>,
}

#[derive(Clone, Debug)]
struct OnItsWay {
    spec: TapeFile,
    way: Way,
    bulk: Option<BulkId>,
    /// Whether it is where it should be.
    is_there: bool,
}

#[derive(Clone, Debug)]
struct OpenBulk {
    way: Way,
    place: Place,
    asked_at: SimTime,
    files: Vec<FtsFileId>,
    left: u32,
}

/// All tape systems, and the daemons that look after what is on its way.
#[derive(Clone, Debug)]
pub(crate) struct Tapes {
    polls: Polls,
    drives: FxHashMap<RseId, Drives<FtsFileId>>,
    staging: Bulks,
    archiving: Bulks,
    files: FxHashMap<FtsFileId, OnItsWay>,
    bulks: Live<BulkId, OpenBulk>,
}

/// Where events go.
pub(crate) type Schedule<'a> = &'a mut dyn FnMut(SimTime, TapeEvent);

impl Tapes {
    /// Nothing is on its way. The daemons' phases are drawn.
    pub fn new(map: &Map, staging: Staging, seed: u64) -> Self {
        let ticker = |daemon: u64| {
            let mut rng = keyed(seed, Purpose::StagingPhase, [daemon]);
            let phase = (staging.every > SimSpan::ZERO).then(|| rng.random_range(0..staging.every.as_nanos()));
            Ticker::new(staging.every, SimSpan::from_nanos(phase.unwrap_or(0)))
        };
        // Nobody waits for more where files are there already, and nobody counts.
        let archiving = Staging { wait: SimSpan::ZERO, max_open: u32::MAX, max_files: u32::MAX, ..staging };
        let systems = map.rses().iter().filter_map(|(id, rse)| Some((id, Drives::new(rse.tape?))));
        Self {
            polls: staging.polls,
            drives: systems.collect(),
            staging: Bulks::new(staging, ticker(0)),
            archiving: Bulks::new(archiving, ticker(1)),
            files: FxHashMap::default(),
            bulks: Live::new(),
        }
    }

    /// A file is to come from tape.
    pub fn stage(&mut self, spec: TapeFile, now: SimTime, schedule: Schedule<'_>) {
        self.push(spec, Way::FromTape, now, schedule);
    }

    /// A file has been copied to an RSE on tape, and begins to go there.
    pub fn archive(&mut self, spec: TapeFile, now: SimTime, schedule: Schedule<'_>) {
        self.push(spec, Way::ToTape, now, schedule);
        self.ask(&spec, Tape::WRITTEN, now, schedule);
    }

    /// Nobody waits for a file any more. What the tape system has begun goes on.
    pub fn cancel(&mut self, file: FtsFileId, now: SimTime, schedule: Schedule<'_>) {
        self.leave(file, now, schedule);
    }

    /// Handles what happens; tells what FTS learns by it.
    pub fn handle(&mut self, event: TapeEvent, now: SimTime, schedule: Schedule<'_>) -> SmallVec<[TapeNews; 1]> {
        let mut news = SmallVec::new();
        match event {
            TapeEvent::Pass { way } => {
                let (going, next) = self.daemon(way).pass(now);
                if let Some(next) = next {
                    schedule(next, TapeEvent::Pass { way });
                }
                for bulk in going {
                    self.go(bulk, way, now, schedule);
                }
            }
            TapeEvent::Drive { rse, drive } => self.on_drive(rse, drive, now, schedule),
            TapeEvent::Noticed { file } => {
                let known = self.files.get(&file).map(|file| file.way);
                news.extend(known.map(|way| match way {
                    Way::FromTape => TapeNews::OnDisk(file),
                    Way::ToTape => TapeNews::OnTape(file),
                }));
                self.leave(file, now, schedule);
            }
            TapeEvent::TimeUp { bulk } => {
                let Some(open) = self.bulks.get(bulk) else { return news };
                let (way, files) = (open.way, open.files.clone());
                let is_late = |id: &FtsFileId| self.files.get(id).is_some_and(|file| !file.is_there);
                let late: Vec<FtsFileId> = files.into_iter().filter(is_late).collect();
                for file in late {
                    self.leave(file, now, schedule);
                    news.push(match way {
                        Way::FromTape => TapeNews::StagingTimeout(file),
                        Way::ToTape => TapeNews::ArchivingTimeout(file),
                    });
                }
            }
        }
        news
    }

    fn daemon(&mut self, way: Way) -> &mut Bulks {
        match way {
            Way::FromTape => &mut self.staging,
            Way::ToTape => &mut self.archiving,
        }
    }

    fn push(&mut self, spec: TapeFile, way: Way, now: SimTime, schedule: Schedule<'_>) {
        self.files.insert(spec.id, OnItsWay { spec, way, bulk: None, is_there: false });
        if let Some(pass) = self.daemon(way).push(spec.id, spec.place, now) {
            schedule(pass, TapeEvent::Pass { way });
        }
    }

    /// A bulk goes: what is to come from tape is asked for, and somebody looks after all of it from now on.
    fn go(&mut self, Bulk { place, files }: Bulk, way: Way, now: SimTime, schedule: Schedule<'_>) {
        let left = files.len() as u32;
        let id = self.bulks.push(OpenBulk { way, place, asked_at: now, files: files.clone(), left });
        let mut timeout = None;
        for file in files {
            let Some(on_its_way) = self.files.get_mut(&file) else { continue };
            on_its_way.bulk = Some(id);
            let (spec, is_there) = (on_its_way.spec, on_its_way.is_there);
            timeout = timeout.max(spec.timeout);
            match way {
                Way::ToTape if is_there => schedule(now, TapeEvent::Noticed { file }),
                Way::ToTape => {}
                Way::FromTape => {
                    let tape = |file| Tape::of(file, self.drives[&place.1].system());
                    // Traffic lies on a tape of its own: it is read from nowhere else.
                    let tape = spec.file.map_or(Tape::WRITTEN, tape);
                    self.ask(&spec, tape, now, schedule);
                }
            }
        }
        if let Some(timeout) = timeout {
            schedule(self.polls.first_from(now, now + timeout), TapeEvent::TimeUp { bulk: id });
        }
    }

    fn ask(&mut self, spec: &TapeFile, tape: Tape, now: SimTime, schedule: Schedule<'_>) {
        let rse = spec.place.1;
        let Some(drives) = self.drives.get_mut(&rse) else { return };
        if let Some((drive, at)) = drives.ask(tape, (spec.id, spec.bytes), now) {
            schedule(at, TapeEvent::Drive { rse, drive });
        }
    }

    fn on_drive(&mut self, rse: RseId, drive: usize, now: SimTime, schedule: Schedule<'_>) {
        let Some(drives) = self.drives.get_mut(&rse) else { return };
        let (file, next) = drives.done(drive, now);
        if let Some(at) = next {
            schedule(at, TapeEvent::Drive { rse, drive });
        }
        let Some((file, on_its_way)) = file.and_then(|file| Some((file, self.files.get_mut(&file)?))) else { return };
        on_its_way.is_there = true;
        if let Some(bulk) = on_its_way.bulk.and_then(|bulk| self.bulks.get(bulk)) {
            schedule(self.polls.first_from(bulk.asked_at, now), TapeEvent::Noticed { file });
        }
    }

    /// A file is not on its way any more.
    fn leave(&mut self, file: FtsFileId, now: SimTime, schedule: Schedule<'_>) {
        let Some(OnItsWay { spec, way, bulk, .. }) = self.files.remove(&file) else { return };
        let Some(bulk) = bulk else {
            self.daemon(way).withdraw(file, spec.place);
            return;
        };
        let open = &mut self.bulks[bulk];
        open.left -= 1;
        let (place, closes) = (open.place, open.left == 0);
        if closes {
            self.bulks.remove(bulk);
        }
        if let Some(pass) = self.daemon(way).ended(place, (1, closes), now) {
            schedule(pass, TapeEvent::Pass { way });
        }
    }
}
