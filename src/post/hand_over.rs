//! Handing messages over, one by one: what this run planned, and what is due from before.
//!
//! `sending` is written before the other side hears of a recipient, and the outcome after it. What is found
//! in `sending` at the start was interrupted: a folder takes it again, and for a mail server nobody knows its
//! fate. What was interrupted while connecting was offered to nobody, and is planned still.
//! Before anything leaves, the pipeline in force is asked whether its recipient may still have it.

mod alike;
mod outcome_words;
mod still_entitled;

use std::collections::BTreeSet;

use serde::Serialize;

use self::alike::{Alike, Suspect};
use super::rate_limit::{Pace, WINDOW};
use super::retry::{Try, after, blameless, wait};
use crate::dispatch::{Fate, Folder, Outcome, Parcel, Smtp, Stage, Transport, mask, masked, short_name};
use crate::intake::store::Store;
use crate::ledger::{Dispatch, DispatchState, Ledger, LedgerError, Step};
use crate::pipeline::{Pipeline, Unknown};
use crate::time::Clock;
use crate::workspace::Workspace;

/// What became of messages.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sent {
    /// Handed over now.
    #[serde(rename = "sent")]
    pub now: usize,
    /// Handed over before.
    #[serde(rename = "sent_before")]
    pub before: usize,
    /// Not handed over, each with the reason and what to do; no whole address.
    #[serde(rename = "unsent")]
    pub failed: Vec<String>,
    /// Every try, for the log; no whole address.
    pub tries: Vec<Tried>,
}

/// A try, as a log shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// The short name of the message.
    pub message: String,
    /// Its committee.
    pub committee: String,
    /// Its recipient, masked.
    pub to: String,
    /// The state that it is in now.
    pub state: &'static str,
    /// How far it came.
    pub stage: String,
    /// What the server answered, or what went wrong.
    pub answer: Option<String>,
    /// The name under which the server has queued it.
    pub queue: Option<String>,
}

/// What is needed to hand messages over.
pub struct Counter<'c> {
    /// How mail leaves, and who may have it.
    pub pipeline: &'c Pipeline,
    /// Where.
    pub workspace: &'c Workspace,
    /// Where the messages lie.
    pub store: &'c Store,
    /// What time it is.
    pub clock: &'c dyn Clock,
}

/// Hands over the messages of these keys and, but for a dry run, whatever else is due.
///
/// # Errors
/// If the ledger cannot be used; a message that cannot be handed over is told in [`Sent`].
pub fn hand_over(counter: &Counter<'_>, keys: &[String], ledger: &mut Ledger) -> anyhow::Result<Sent> {
    let mut folder = Folder::new(counter.workspace.outbox());
    let settings = counter.pipeline.mail.smtp.as_ref().filter(|_| !counter.workspace.is_dry());
    let server = settings.map(|smtp| Smtp::new(&counter.pipeline.mail, smtp)).transpose();
    let name = settings.map_or(folder.name(), |_| "smtp");
    if !counter.workspace.is_dry() {
        settle(counter, name, ledger)?;
    }
    let mut sent = Sent::default();
    still_entitled::ask(counter, keys, ledger, &mut sent)?;
    let due = due(counter, keys, ledger, &mut sent)?;
    match server {
        Ok(Some(mut server)) => Batch::new(counter, &mut server, ledger)?.send(&due, &mut sent)?,
        Ok(None) => Batch::new(counter, &mut folder, ledger)?.send(&due, &mut sent)?,
        Err(_) if due.is_empty() => {}
        Err(error) => sent.failed.push(outcome_words::stopped(&error.to_string(), due.len())),
    }
    if !counter.workspace.is_dry() {
        waiting(&due, keys, ledger, &mut sent)?;
    }
    Ok(sent)
}

/// Gives what was interrupted, and what nobody knows the fate of, the state it is to have.
fn settle(counter: &Counter<'_>, transport: &str, ledger: &mut Ledger) -> Result<(), LedgerError> {
    let now = counter.clock.now();
    for dispatch in ledger.dispatches_in(&[DispatchState::Sending, DispatchState::Unknown])? {
        let key = &dispatch.message.key;
        let steps = ledger.steps(key)?;
        let tries = steps.tries();
        let by = steps.last.as_ref().and_then(|step| step.transport.as_deref()).unwrap_or("folder");
        let mut state = dispatch.state;
        if state == DispatchState::Sending {
            // The same file under the same name is the same message; a mail server would send it twice.
            // What was recalled meanwhile is not taken again by either.
            state = if by == "folder" && transport == "folder" && !ledger.is_recalled(key)? {
                DispatchState::Planned
            } else {
                DispatchState::Unknown
            };
            let tries = if state == DispatchState::Planned { tries.saturating_sub(1) } else { tries };
            let note = "the program stopped while it was being handed over";
            ledger.note_step(
                key,
                &Step {
                    transport: Some(by.to_owned()),
                    note: Some(note.to_owned()),
                    ..Step::new(state, now, tries)
                },
            )?;
        }
        let retry = &counter.pipeline.mail.retry;
        let again = state == DispatchState::Unknown && counter.pipeline.mail.unknown == Unknown::Resend;
        if again && tries < retry.tries && !ledger.is_recalled(key)? {
            let last = steps.last.as_ref().map_or(now, |step| step.at);
            ledger.note_step(
                key,
                &Step {
                    not_before: Some(last + wait(tries.max(1), retry)),
                    note: Some("sent again: the pipeline says unknown = \"resend\"".to_owned()),
                    ..Step::new(DispatchState::Retry, now, tries)
                },
            )?;
        }
    }
    Ok(())
}

/// The messages that are to be handed over now: those of the keys first, then the others; of each those that
/// were not tried before go first, in the order in which they were planned.
fn due(
    counter: &Counter<'_>,
    keys: &[String],
    ledger: &Ledger,
    sent: &mut Sent,
) -> Result<Vec<Dispatch>, LedgerError> {
    let now = counter.clock.now();
    let own: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    for key in &own {
        let state = ledger.dispatch(key)?.map(|dispatch| dispatch.state);
        sent.before += usize::from(state == Some(DispatchState::Sent));
    }
    let open = [DispatchState::Planned, DispatchState::Retry, DispatchState::Sending];
    let mut out = Vec::new();
    for dispatch in ledger.dispatches_in(&open)? {
        let is_own = own.contains(dispatch.message.key.as_str());
        let is_due = match dispatch.state {
            DispatchState::Planned => true,
            DispatchState::Retry => {
                ledger.steps(&dispatch.message.key)?.not_before().is_none_or(|from| from <= now)
            }
            // A dry run works on a copy, where nobody has settled what was interrupted.
            DispatchState::Sending => counter.workspace.is_dry(),
            DispatchState::Sent
            | DispatchState::Failed
            | DispatchState::Unknown
            | DispatchState::Withdrawn => false,
        };
        if !is_due || (!is_own && counter.workspace.is_dry()) {
            continue;
        }
        // What a server has refused before goes last, so that it keeps nobody else waiting for ever.
        let last = ledger.steps(&dispatch.message.key)?.last;
        let tried = last.and_then(|step| step.stage).is_some_and(|stage| is_of_message(&stage));
        out.push((!is_own, tried, dispatch));
    }
    out.sort_by_key(|(later, tried, _)| (*later, *tried));
    Ok(out.into_iter().map(|(.., dispatch)| dispatch).collect())
}

/// Whether a try came so far that the server heard of the message.
fn is_of_message(stage: &str) -> bool {
    Stage::ALL.iter().any(|known| *known >= Stage::Recipient && known.word() == stage)
}

/// Tells what is not due now and still waits for somebody or something.
fn waiting(tried: &[Dispatch], keys: &[String], ledger: &Ledger, sent: &mut Sent) -> Result<(), LedgerError> {
    let tried: BTreeSet<&str> = tried.iter().map(|tried| tried.message.key.as_str()).collect();
    let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let open = [DispatchState::Retry, DispatchState::Unknown, DispatchState::Failed];
    for dispatch in ledger.dispatches_in(&open)? {
        let key = dispatch.message.key.as_str();
        if tried.contains(key) || (dispatch.state == DispatchState::Failed && !keys.contains(key)) {
            continue;
        }
        let steps = ledger.steps(&dispatch.message.key)?;
        match dispatch.state {
            DispatchState::Retry => sent.failed.push(outcome_words::waits(&dispatch, &steps)),
            DispatchState::Unknown => sent.failed.push(outcome_words::unknown(&dispatch, &steps)),
            DispatchState::Failed => sent.failed.push(outcome_words::failed(&dispatch, &steps)),
            _ => {}
        }
    }
    Ok(())
}

/// One go at a transport.
struct Batch<'b> {
    counter: &'b Counter<'b>,
    transport: &'b mut dyn Transport,
    ledger: &'b mut Ledger,
    pace: Pace,
    accepted: bool,
    /// Connections lost, or policies met, one after another.
    in_a_row: u32,
    /// Refusals that may be the server's alike for everybody.
    alike: Alike,
}

impl<'b> Batch<'b> {
    fn new(
        counter: &'b Counter<'b>,
        transport: &'b mut dyn Transport,
        ledger: &'b mut Ledger,
    ) -> Result<Self, LedgerError> {
        let limit = transport.messages_a_minute();
        let begun = match limit {
            Some(_) => ledger.begun_since(counter.clock.now() - WINDOW, transport.name())?,
            None => Vec::new(),
        };
        let (pace, alike) = (Pace::new(limit, begun), Alike::default());
        Ok(Self { counter, transport, ledger, pace, accepted: false, in_a_row: 0, alike })
    }

    fn send(mut self, due: &[Dispatch], sent: &mut Sent) -> Result<(), LedgerError> {
        let mut rest = due.iter();
        let mut stop = None;
        for dispatch in rest.by_ref() {
            let Some((outcome, step)) = self.one(dispatch, sent)? else { continue };
            match &outcome.fate {
                Fate::Accepted => sent.now += 1,
                Fate::Unavailable | Fate::Busy | Fate::Misconfigured(_) => {}
                // Whether it is told as the message's fault or as the server's shows with those after it.
                _ if self.alike.holds(&dispatch.message.key) => {}
                _ => sent.failed.push(outcome_words::tried(dispatch, &outcome, &step)),
            }
            let stays = step.state == DispatchState::Planned && !self.alike.holds(&dispatch.message.key);
            stop = self.stops(&outcome).map(|why| (why, usize::from(stays)));
            self.settle(false, sent)?;
            if stop.is_some() {
                break;
            }
        }
        let held = self.settle(stop.is_none(), sent)?;
        match stop {
            Some((why, own)) => {
                let left = rest.len() + own + held;
                if left > 0 || why.is_news() {
                    sent.failed.push(outcome_words::stopped(&why.0, left));
                }
            }
            None if held > 0 => {
                sent.failed.extend(self.alike.told().map(|why| outcome_words::stopped(&why, held)))
            }
            None => {}
        }
        self.transport.finish();
        Ok(())
    }

    /// Hands one message over, with its state noted before and after.
    fn one(&mut self, dispatch: &Dispatch, sent: &mut Sent) -> Result<Option<(Outcome, Step)>, LedgerError> {
        let message = &dispatch.message;
        let bytes = match self.counter.store.get(&message.sha256) {
            Ok(bytes) => bytes,
            Err(error) => {
                sent.failed.push(outcome_words::unreadable(dispatch, &error.to_string()));
                return Ok(None);
            }
        };
        let before = self.ledger.steps(&message.key)?;
        let (name, clock) = (self.transport.name(), self.counter.clock);
        self.pace.next(clock);
        let (ledger, mut noted) = (&mut *self.ledger, Ok(()));
        let mut offering = || {
            let begun = Step::new(DispatchState::Sending, clock.now(), before.tries().saturating_add(1));
            noted = ledger.note_step(&message.key, &Step { transport: Some(name.to_owned()), ..begun });
            noted.is_ok()
        };
        let parcel = Parcel { file: &message.file, recipient: &message.recipient, bytes: &bytes };
        let outcome = self.transport.send(parcel, &mut offering);
        noted?;
        self.accepted |= outcome.fate == Fate::Accepted;
        let tried_at = Try {
            before: &before,
            now: self.counter.clock.now(),
            transport: name,
            known_there: self.accepted,
            retry: &self.counter.pipeline.mail.retry,
        };
        let blamed = after(&outcome, &tried_at);
        let step = match self.alike.suspects(&outcome, &blamed) {
            true => blameless(&outcome, &tried_at, &blamed),
            false => blamed.clone(),
        };
        self.ledger.note_step(&message.key, &step)?;
        sent.tries.push(tried(dispatch, &outcome, &step));
        let place = sent.tries.len() - 1;
        self.alike.hear(Suspect { dispatch: dispatch.clone(), outcome: outcome.clone(), blamed, place });
        Ok(Some((outcome, step)))
    }

    /// Blames the messages whose refusal is theirs, as far as that is known by now or once all were tried;
    /// gives how many are held to be nobody's fault.
    fn settle(&mut self, over: bool, sent: &mut Sent) -> Result<usize, LedgerError> {
        for suspect in self.alike.guilty(over) {
            let Suspect { dispatch, outcome, blamed, place } = suspect;
            self.ledger.note_step(&dispatch.message.key, &blamed)?;
            if let Some(tried) = sent.tries.get_mut(place) {
                tried.state = blamed.state.word();
            }
            sent.failed.push(outcome_words::tried(&dispatch, &outcome, &blamed));
        }
        Ok(self.alike.held())
    }

    /// Why the messages after this one are left for another time, if they are.
    fn stops(&mut self, outcome: &Outcome) -> Option<Stop> {
        let said = || format!("{}: {}", outcome.stage.told(), masked(&outcome.what));
        self.in_a_row = match outcome.fate {
            Fate::Later { lost: true } | Fate::Unknown => self.in_a_row + 1,
            Fate::Barred if !self.accepted => self.in_a_row + 1,
            _ => 0,
        };
        match &outcome.fate {
            Fate::Misconfigured(help) => Some(Stop(format!("{help} ({})", said()))),
            Fate::Unavailable => Some(Stop(format!("nothing can be handed over at present ({})", said()))),
            Fate::Busy => Some(Stop(format!("the mail server takes nothing at present ({})", said()))),
            Fate::Barred if self.in_a_row >= 2 => Some(Stop(format!(
                "the mail server lets nothing from us through; check `from` in [mail], the account, and whether it relays for this machine ({})",
                said()
            ))),
            _ if self.in_a_row >= 2 => {
                Some(Stop(format!("the mail server broke off twice in a row ({})", said())))
            }
            _ => self.alike.told().filter(|_| self.alike.is_enough()).map(Stop),
        }
    }
}

/// Why a batch ends early.
struct Stop(String);

impl Stop {
    /// Whether it says more than the line of the message at which it happened.
    fn is_news(&self) -> bool {
        !self.0.starts_with("the mail server broke off")
    }
}

fn tried(dispatch: &Dispatch, outcome: &Outcome, step: &Step) -> Tried {
    let said = match &outcome.answer {
        Some(answer) => answer.to_string(),
        None => outcome.what.clone(),
    };
    Tried {
        message: short_name(&dispatch.message.key),
        committee: dispatch.message.committee.clone(),
        to: mask(&dispatch.message.recipient),
        state: step.state.word(),
        stage: outcome.stage.word().to_owned(),
        answer: Some(masked(&said)).filter(|said| !said.is_empty()),
        queue: step.queue.clone(),
    }
}

#[cfg(test)]
mod tests;
