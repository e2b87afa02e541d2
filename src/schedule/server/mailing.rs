//! Between jobs: what was put off, or found no mail server, is handed over when its time has come, and not
//! with the next job, which may be a day away.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;

use super::Server;
use crate::ledger::LedgerError;
use crate::pipeline::{Retry, Unknown};
use crate::post::retry::wait;
use crate::schedule::operator::Trouble;
use crate::schedule::world::{Ended, Order, Task};
use crate::workspace::LockError;

/// What is remembered of the outbox between turns; the rest is in the ledger.
#[derive(Debug, Default)]
pub(super) struct Mailing {
    /// Nothing is tried before.
    not_before: Option<DateTime<Tz>>,
    /// How often in a row nothing came of trying.
    in_vain: u32,
    /// Whether the pipeline folder has changed since: what was wrong may be corrected.
    anew: bool,
}

/// Another instance that works is waited for so long, and nothing is tried more often.
const AGAIN: TimeDelta = TimeDelta::minutes(1);

const SCOPE: &str = "serve/send/";

impl Mailing {
    /// The pipeline folder has changed.
    pub(super) fn is_new(&mut self) {
        *self = Self { anew: true, ..Self::default() };
    }
}

/// The wait after so many tries in vain.
fn pause(tries: u32, retry: &Retry) -> TimeDelta {
    wait(tries.max(1), retry).max(AGAIN)
}

impl Server<'_> {
    /// When something in the outbox is to be handed over next.
    pub(super) fn next_mail(&self, now: DateTime<Tz>) -> Result<Option<DateTime<Tz>>, LedgerError> {
        let Some(due) = self.due_mail(now)? else { return Ok(None) };
        let longest = pause(u32::MAX, &self.force.pipeline.mail.retry);
        // A clock that was set back does not make anybody wait until it comes to where it was.
        let from = self.mailing.not_before.filter(|from| *from - now <= longest);
        Ok(Some(from.map_or(due, |from| due.max(from))))
    }

    /// The same by the ledger alone.
    fn due_mail(&self, now: DateTime<Tz>) -> Result<Option<DateTime<Tz>>, LedgerError> {
        let Some(ledger) = self.workspace.existing_ledger()? else { return Ok(None) };
        let mail = &self.force.pipeline.mail;
        let tries = if mail.unknown == Unknown::Resend { mail.retry.tries } else { 0 };
        let waiting = ledger.waiting(tries)?;
        let last = waiting.last_try.filter(|last| !self.mailing.anew && *last <= now);
        let planned = last.map_or(now.to_utc(), |last| last + pause(waiting.in_vain, &mail.retry));
        let unknown = waiting.unknown.iter().map(|(at, tries)| *at + pause(*tries, &mail.retry));
        let all = waiting.planned.then_some(planned).into_iter().chain(waiting.retry_from).chain(unknown);
        Ok(all.min().map(|at| at.with_timezone(&now.timezone())))
    }

    /// Hands over what is due, by a process of its own. Gives whether anything was tried.
    pub(super) fn send_what_is_due(&mut self) -> Result<bool, LedgerError> {
        let now = self.world.now();
        if self.world.stopping() || self.next_mail(now)?.is_none_or(|at| at > now) {
            return Ok(false);
        }
        if matches!(self.workspace.lock(), Err(LockError::Held)) {
            // Who works there hands over what is due.
            self.mailing.not_before = Some(now + AGAIN);
            return Ok(false);
        }
        self.world.say("the outbox: handing over what is due");
        self.beat(Some("dispatch send"));
        let folder = self.force.for_run();
        let order = Order {
            task: Task::Send,
            pipeline: &folder,
            data: self.workspace.data(),
            limit: Duration::from_secs(u64::from(self.force.pipeline.operator.run_limit) * 60),
        };
        let ended = self.attend(&order);
        self.beat(None);
        self.world.say(&format!("the outbox: {}", ended.sentence()));
        if ended == Ended::Abandoned {
            return Ok(true);
        }
        let now = self.world.now();
        if ended.is_busy() {
            self.mailing.not_before = Some(now + AGAIN);
            return Ok(false);
        }
        self.mailing.anew = false;
        // What is due still although it was just tried (the process died, say) waits longer and longer.
        let still = self.due_mail(now)?.is_some_and(|at| at <= now);
        self.mailing.in_vain = if still { self.mailing.in_vain + 1 } else { 0 };
        let pause = pause(self.mailing.in_vain, &self.force.pipeline.mail.retry);
        self.mailing.not_before = Some(now + if still { pause } else { AGAIN });
        self.tell(SCOPE, &troubles(&ended));
        Ok(true)
    }

    /// After a job that did all of its work nothing is left to tell about the outbox.
    pub(super) fn outbox_is_well(&self) {
        self.tell(SCOPE, &[]);
    }
}

/// What the operator is told of it.
fn troubles(ended: &Ended) -> Vec<Trouble> {
    let (kind, lines) = match ended {
        Ended::Exit { code: Some(0), .. } => return Vec::new(),
        Ended::Exit { code: Some(7), complaint, .. } => {
            let lines = complaint.lines().map(|line| line.trim_start_matches("quarterday: ").trim());
            let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
            ("unsent", lines.join("\n  "))
        }
        other => ("failed", other.sentence()),
    };
    let what = format!("messages in the outbox could not be handed over between jobs:\n  {lines}");
    let help = "`quarterday dispatch list` shows what waits, serve/last-send.log in the data folder what was \
                said; what waits is tried again by itself";
    vec![Trouble::new(format!("{SCOPE}{kind}"), what, help)]
}
