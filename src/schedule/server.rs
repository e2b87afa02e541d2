//! The scheduler: turn by turn it looks at the clock, runs what is owed, hands over what is due, and sees
//! whether everything is as it should be.

mod mailing;

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use chrono::DateTime;
use chrono_tz::Tz;

use super::folder::{InForce, Look};
use super::operator::{Desk, Trouble};
use super::pulse::Pulse;
use super::slots::{look_from, next, owed, place};
use super::world::{Ended, Order, Task, World};
use super::{monitor, page, picture::Picture, status::Status};
use crate::disk::{make_folder, to_write};
use crate::dispatch::masked;
use crate::known::clock_jump::Jump;
use crate::known::manifest::PROGRAM;
use crate::ledger::{Claim, LedgerError, Slot, SlotEnd, SlotRecord, SlotState};
use crate::workspace::Workspace;

/// The scheduler of one data folder.
pub struct Server<'w> {
    world: &'w dyn World,
    workspace: Workspace,
    force: InForce,
    pulse: Pulse,
    watched: Option<DateTime<Tz>>,
    failed: usize,
    /// How the clock stood to the ledger when it was last looked at.
    jumped: Option<Jump>,
    mailing: mailing::Mailing,
    /// Whether a run is waiting for another instance to end.
    waiting: bool,
    _lock: File,
}

/// What to do after a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Wait, at most so long, and take the next.
    Wait(Duration),
    /// Stop.
    Stop,
}

/// Why the scheduler cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another one works in this data folder.
    #[error("another scheduler is serving this data folder; see `quarterday status`")]
    Held,
    /// The pipeline folder has errors, and there is no good state of it to go on with.
    #[error("the pipeline folder has errors")]
    Faults(Vec<String>),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// At least this often there is a turn, whatever the jobs' times.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A run that another instance keeps waiting is tried again so often.
const MINUTE: Duration = Duration::from_secs(60);

/// The pulse of a scheduler that stays is good for so many seconds; of one that is started every quarter
/// of an hour or so by another scheduler, for longer.
const GOOD_FOR: i64 = 5 * 60;
const GOOD_FOR_ONCE: i64 = 2 * 60 * 60;

/// How often the program may stop during a slot before the slot is given up.
const ATTEMPTS: u32 = 3;

/// A slot that was begun is finished within this time after it, whatever the job's policy says.
const FINISH_WITHIN: i64 = 26 * 60;

impl<'w> Server<'w> {
    /// Takes the scheduler's lock and reads the pipeline folder.
    ///
    /// # Errors
    /// If another scheduler works in the data folder, or there is no pipeline to go by.
    pub fn start(
        world: &'w dyn World,
        pipeline: &Path,
        workspace: Workspace,
        once: bool,
    ) -> Result<Self, StartError> {
        let folder = workspace.data().join("serve");
        make_folder(&folder)?;
        make_folder(&workspace.inboxes())?;
        let lock = to_write().truncate(false).open(folder.join(".lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StartError::Held),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let force = InForce::open(pipeline, &folder.join("pipeline")).map_err(StartError::Faults)?;
        let now = world.now().to_utc();
        let pulse = Pulse {
            pid: std::process::id(),
            program: PROGRAM.to_owned(),
            since: now,
            beat: now,
            good_for: if once { GOOD_FOR_ONCE } else { GOOD_FOR },
            running: None,
            stopped: None,
            pipeline_sha256: force.pipeline.hash.clone(),
            pipeline_faults: force.faults.clone(),
        };
        let mut server = Self {
            world,
            workspace,
            force,
            pulse,
            watched: None,
            failed: 0,
            jumped: None,
            mailing: mailing::Mailing::default(),
            waiting: false,
            _lock: lock,
        };
        if !server.force.faults.is_empty() {
            server.say_broken();
        }
        server.beat(None);
        Ok(server)
    }

    /// Takes turns until somebody asks to stop.
    pub fn serve(&mut self) {
        self.say_next();
        while let Turn::Wait(time) = self.turn() {
            self.world.wait(time);
        }
        self.pulse.stopped = Some(self.world.now().to_utc());
        self.beat(None);
        self.world.say("stopped");
    }

    /// How many slots failed since the start.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Looks at everything once and runs what is owed.
    pub fn turn(&mut self) -> Turn {
        if self.world.stopping() {
            return Turn::Stop;
        }
        self.look();
        self.beat(None);
        if self.is_out_of_time() {
            return Turn::Wait(HOUR.min(MINUTE * 10));
        }
        let worked = self.work();
        let ran = match worked.and_then(|ran| if ran { Ok(true) } else { self.send_what_is_due() }) {
            Ok(ran) => {
                self.tell("serve/ledger", &[]);
                ran
            }
            Err(error) => {
                let help =
                    "see that the disk has room and the folder can be written; jobs do not run until then";
                self.world.say(&format!("the schedule cannot be kept: {error}"));
                self.tell("serve/ledger", &[Trouble::new("serve/ledger", error.to_string(), help)]);
                false
            }
        };
        if self.world.stopping() {
            return Turn::Stop;
        }
        let now = self.world.now();
        if ran || self.watched.is_none_or(|last| now - last >= chrono::Duration::hours(1) || now < last) {
            self.watched = Some(now);
            self.watch(now);
        }
        if ran {
            // While a job ran another may have come due.
            return Turn::Wait(Duration::ZERO);
        }
        let pipeline = &self.force.pipeline;
        let jobs = pipeline.jobs.iter().filter_map(|job| next(job, &pipeline.calendar, now)).map(|n| n.1);
        let soonest = jobs.chain(self.next_mail(now).ok().flatten()).min();
        let time = soonest.and_then(|at| (at - now).to_std().ok()).unwrap_or(HOUR);
        Turn::Wait(if self.waiting { MINUTE } else { time.min(HOUR) })
    }

    /// Whether the clock is so far ahead of what the ledger knows that nothing is done on its word: no job is
    /// run, and no slot noted as missed. Told is also that it went back.
    fn is_out_of_time(&mut self) -> bool {
        let today = self.world.now().date_naive();
        let pipeline = &self.force.pipeline;
        let job = pipeline.jobs.first().map_or("JOB", |job| job.name.as_str()).to_owned();
        // A ledger that cannot be read is told of by what follows.
        let jump = Jump::of(&self.workspace, today, pipeline.operator.clock_jump).unwrap_or_default();
        let troubles = jump.map(|jump| Trouble::new("serve/clock", jump.told(), jump.help(&job)));
        self.tell("serve/clock", troubles.as_slice());
        if jump != self.jumped {
            match &jump {
                Some(jump) => self.world.say(&jump.told()),
                None => self.world.say("the clock agrees with the ledger again"),
            }
            self.jumped = jump;
        }
        let refused = jump.is_some_and(|jump| jump.is_refused());
        self.failed += usize::from(refused);
        refused
    }

    /// Looks whether the pipeline folder has changed.
    fn look(&mut self) {
        match self.force.look(self.world.reload()) {
            Look::Same | Look::Changing => {}
            Look::TakenOver => {
                self.pulse.pipeline_sha256.clone_from(&self.force.pipeline.hash);
                self.pulse.pipeline_faults.clear();
                self.world.say("the pipeline folder was read again and is in force");
                self.tell("serve/pipeline", &[]);
                self.say_next();
                self.mailing.is_new();
            }
            Look::Broken => self.say_broken(),
        }
    }

    fn say_broken(&mut self) {
        self.pulse.pipeline_faults.clone_from(&self.force.faults);
        for fault in &self.force.faults {
            self.world.say(fault);
        }
        self.world.say("the pipeline folder has errors: jobs go on with its last good state");
        let shown = self.force.faults.iter().take(20).cloned().collect::<Vec<_>>().join("\n  ");
        let what = format!("the pipeline folder has errors; jobs go on with its last good state:\n  {shown}");
        let help = "correct the lines named above; `quarterday check` tells when nothing is left";
        self.tell("serve/pipeline", &[Trouble::new("serve/pipeline", what, help)]);
    }

    fn say_next(&self) {
        let (pipeline, now) = (&self.force.pipeline, self.world.now());
        for job in &pipeline.jobs {
            let coming = next(job, &pipeline.calendar, now)
                .map_or("never".to_owned(), |(_, at)| at.format("%a %-d %B %Y at %H:%M %Z").to_string());
            self.world.say(&format!("{}: {}; next {coming}", job.name, job.timing()));
        }
    }

    /// Runs what is owed, in the order of its times. Gives whether anything was run.
    fn work(&mut self) -> Result<bool, LedgerError> {
        let mut queue = self.unfinished()?;
        queue.extend(self.owed()?);
        queue.sort_by_key(|slot| (place(slot.wall), slot.job.clone()));
        let mut ran = false;
        self.waiting = false;
        for slot in queue {
            if self.world.stopping() {
                break;
            }
            ran |= self.run(&slot)?;
        }
        Ok(ran)
    }

    /// Slots that were begun and not ended: the program stopped during them.
    fn unfinished(&mut self) -> Result<Vec<Slot>, LedgerError> {
        let mut ledger = self.workspace.ledger()?;
        let now = self.world.now();
        let mut out = Vec::new();
        for record in ledger.claimed_slots()? {
            let job = self.force.pipeline.job(&record.slot.job);
            let late = (now - place(record.slot.wall)).num_minutes();
            let within = job.map_or(0, |job| i64::from(job.missed.within())).max(FINISH_WITHIN);
            let given_up = if job.is_none() {
                Some((
                    SlotState::Missed,
                    "begun and not ended; the pipeline no longer has this job".to_owned(),
                ))
            } else if record.attempts >= ATTEMPTS {
                let note = format!("the program stopped {} times during it", record.attempts);
                Some((SlotState::Failed, note))
            } else if late > within {
                Some((SlotState::Missed, "begun and not ended; found too late to finish it".to_owned()))
            } else {
                None
            };
            match given_up {
                None => out.push(record.slot),
                Some((state, note)) => {
                    self.world.say(&format!("{}: given up, {note}", record.slot.key()));
                    let end = SlotEnd { note: note.clone(), ..SlotEnd::default() };
                    ledger.end_slot(&record.slot, state, &end, now.to_utc())?;
                    if state == SlotState::Failed {
                        self.failed += 1;
                        self.tell_failure(&record.slot, &note);
                    }
                }
            }
        }
        Ok(out)
    }

    /// The slots that are owed now; those that are too late are noted as missed.
    fn owed(&mut self) -> Result<Vec<Slot>, LedgerError> {
        let mut ledger = self.workspace.ledger()?;
        let now = self.world.now();
        let pipeline = &self.force.pipeline;
        let mut out = Vec::new();
        for job in &pipeline.jobs {
            let wall = now.naive_local();
            let since = ledger.follow(&job.name, &job.timing(), wall)?;
            let last = ledger.last_slot(&job.name, wall + chrono::Duration::hours(2))?;
            let from = look_from(since, last.map(|record| record.slot.wall));
            // What was noted as missed at a moment that has not come yet was noted by a clock that was ahead.
            let is_known =
                |record: &SlotRecord| record.state != SlotState::Missed || record.began <= now.to_utc();
            let known: BTreeSet<_> = ledger
                .slots_from(&job.name, from)?
                .into_iter()
                .filter(is_known)
                .map(|record| record.slot.wall)
                .collect();
            let found = owed(job, &pipeline.calendar, from, &known, now);
            if let Some(latest) = found.missed.last() {
                let count = crate::wording::plural(found.missed.len(), "slot was", "slots were");
                self.world.say(&format!("{}: {count} missed, the last {}", job.name, latest.key()));
                ledger.miss(&found.missed, "nobody was there to run it", now.to_utc())?;
            }
            out.extend(found.run);
        }
        Ok(out)
    }

    /// Runs the job of a slot; gives whether it was run.
    fn run(&mut self, slot: &Slot) -> Result<bool, LedgerError> {
        let Some(limit) = self.force.pipeline.job(&slot.job).map(|_| self.force.pipeline.operator.run_limit)
        else {
            return Ok(false);
        };
        let key = slot.key();
        let claim = self.workspace.ledger()?.claim(slot, self.world.now().to_utc())?;
        let Claim::Ours(attempt) = claim else { return Ok(false) };
        let again = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        self.world.say(&format!("{key}: begun, as at {}{again}", crate::dates::long(slot.wall.date())));
        self.beat(Some(&key));
        let folder = self.force.for_run();
        let order = Order {
            task: Task::Job { name: &slot.job, as_of: slot.wall.date() },
            pipeline: &folder,
            data: self.workspace.data(),
            limit: Duration::from_secs(u64::from(limit) * 60),
        };
        let ended = self.attend(&order);
        self.beat(None);
        let sentence = ended.sentence();
        self.world.say(&format!("{key}: {sentence}"));
        if ended == Ended::Abandoned {
            return Ok(true);
        }
        let mut ledger = self.workspace.ledger()?;
        if ended.is_busy() {
            self.waiting = true;
            ledger.put_off(slot, "another instance was working; tried again every minute")?;
            return Ok(false);
        }
        let state = if ended.is_done() { SlotState::Done } else { SlotState::Failed };
        let (exit, run) = match &ended {
            Ended::Exit { code, run, .. } => (*code, run.clone()),
            _ => (None, None),
        };
        let end = SlotEnd { exit, run, note: masked(&sentence) };
        ledger.end_slot(slot, state, &end, self.world.now().to_utc())?;
        drop(ledger);
        self.failed += usize::from(state == SlotState::Failed);
        if ended.is_speechless() {
            self.tell_failure(slot, &sentence);
        } else {
            self.tell(&format!("serve/job/{}/", slot.job), &[]);
        }
        if state == SlotState::Done {
            self.outbox_is_well();
        }
        Ok(true)
    }

    /// Has a task done and keeps the pulse going meanwhile.
    fn attend(&self, order: &Order<'_>) -> Ended {
        let (world, data, mut pulse) = (self.world, self.workspace.data(), self.pulse.clone());
        world.run(order, &mut || {
            let now = world.now().to_utc();
            if now - pulse.beat >= chrono::Duration::seconds(30) {
                pulse.beat = now;
                let _ = pulse.write(data);
            }
        })
    }

    /// Tells the operator of a run that could not tell itself.
    fn tell_failure(&self, slot: &Slot, note: &str) {
        let scope = format!("serve/job/{}/", slot.job);
        let what = format!("{} could not do its work: {note}", slot.key());
        let date = slot.wall.date();
        let help = format!(
            "read serve/last-run.log in the data folder; then `quarterday run {} --as-of {date}` does it again",
            slot.job
        );
        self.tell(&scope, &[Trouble::new(format!("{scope}{note}"), what, help)]);
    }

    /// Sees whether everything is as it should be, tells the operator what is not, and writes the page.
    fn watch(&self, now: DateTime<Tz>) {
        let pipeline = &self.force.pipeline;
        let picture = match Picture::take(&self.workspace, Some(pipeline), now) {
            Ok(picture) => picture,
            Err(error) => return self.world.say(&format!("the state of things cannot be read: {error:#}")),
        };
        let invariants = monitor::invariants(&picture);
        self.tell("monitor/", &monitor::troubles(&invariants));
        let desk = Desk::new(self.workspace.data(), pipeline, now);
        if let Err(error) = desk.remind() {
            self.world.say(&format!("the operator cannot be told: {error}"));
        }
        if let Err(error) = page::write(self.workspace.data(), &Status::of(&picture, invariants)) {
            self.world.say(&format!("status.html cannot be written: {error:#}"));
        }
    }

    fn tell(&self, scope: &str, standing: &[Trouble]) {
        let desk = Desk::new(self.workspace.data(), &self.force.pipeline, self.world.now());
        match desk.tell(scope, standing) {
            Ok(true) => self.world.say("a message to the operator was written"),
            Ok(false) => {}
            Err(error) => self.world.say(&format!("the operator cannot be told: {error}")),
        }
    }

    fn beat(&mut self, running: Option<&str>) {
        self.pulse.beat = self.world.now().to_utc();
        self.pulse.running = running.map(str::to_owned);
        if let Err(error) = self.pulse.write(self.workspace.data()) {
            self.world.say(&format!("the data folder cannot be written: {error}"));
        }
    }
}

#[cfg(test)]
mod tests;
