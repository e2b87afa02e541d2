//! What is said about messages that were not handed over: what happened, to which, and what to do. No
//! whole address: these lines end up in logs.

use chrono::{DateTime, Utc};
use chrono_tz::Europe::London;

use crate::dispatch::{Fate, Outcome, mask, masked, short_name};
use crate::ledger::{Dispatch, DispatchState, Step, Steps};
use crate::wording::plural;

/// A message that was tried and is not there.
pub(super) fn tried(dispatch: &Dispatch, outcome: &Outcome, step: &Step) -> String {
    let said = format!("{}: {}", outcome.stage.told(), masked(&outcome.what));
    let name = name(dispatch);
    match (step.state, step.not_before, &outcome.fate) {
        (DispatchState::Retry, Some(from), _) => {
            format!("{name}: not handed over yet ({said}); it is tried again from {}", moment(from))
        }
        (DispatchState::Unknown, ..) => format!("{name}: {}", whether(dispatch, &said)),
        (DispatchState::Planned, _, Fate::Barred) => format!(
            "{name}: held back by a policy of the mail server ({said}); either this address takes nothing from us, or the account may not send to it. It stays in the outbox, and each run tries it again"
        ),
        (_, _, Fate::Refused) => {
            format!("{name}: refused ({said}); {}", help(dispatch))
        }
        _ => format!(
            "{name}: given up after {} ({said}); {}",
            plural(tries(step), "try", "tries"),
            help(dispatch)
        ),
    }
}

/// What to do about a message that nobody tries again.
fn help(dispatch: &Dispatch) -> String {
    format!(
        "it is not tried again. Correct the address in committees.toml, or once the cause is gone say `quarterday dispatch resolve {} --as resend`",
        short_name(&dispatch.message.key)
    )
}

/// A message that waits for its next try.
pub(super) fn waits(dispatch: &Dispatch, steps: &Steps) -> String {
    let from = steps.not_before().map(moment).unwrap_or_else(|| "the next run".to_owned());
    format!("{}: was put off{}; it is tried again from {from}", name(dispatch), last(steps))
}

/// A message of which nobody knows whether it arrived.
pub(super) fn unknown(dispatch: &Dispatch, steps: &Steps) -> String {
    let why = match steps.last.as_ref() {
        Some(step) => step.note.clone().or_else(|| step.answer.clone()).unwrap_or_default(),
        None => String::new(),
    };
    format!("{}: {}", name(dispatch), whether(dispatch, &masked(&why)))
}

fn whether(dispatch: &Dispatch, why: &str) -> String {
    format!(
        "whether it arrived is not known ({why}), and it is not sent again on its own. Ask the recipient or the mail server's log, then say `quarterday dispatch resolve {} --as sent` or `--as resend`",
        short_name(&dispatch.message.key)
    )
}

/// A message of this run that was given up before.
pub(super) fn failed(dispatch: &Dispatch, steps: &Steps) -> String {
    format!("{}: was given up before{}; {}", name(dispatch), last(steps), help(dispatch))
}

/// A message whose recipient may not have it any more.
pub(super) fn withdrawn(dispatch: &Dispatch, why: &str) -> String {
    format!("{}: withdrawn and not sent: {why}", name(dispatch))
}

/// A message whose bytes are gone.
pub(super) fn unreadable(dispatch: &Dispatch, why: &str) -> String {
    format!("{}: its bytes cannot be read from the store ({why}); it stays in the outbox", name(dispatch))
}

/// Why a batch ended early.
pub(super) fn stopped(why: &str, left: usize) -> String {
    let why = masked(why);
    match left {
        0 => why,
        left => format!(
            "{why}. {} in the outbox; no address is to blame, and `quarterday dispatch send` or the next run hands over what is due",
            plural(left, "message stays", "messages stay")
        ),
    }
}

fn name(dispatch: &Dispatch) -> String {
    let message = &dispatch.message;
    format!("message {} ({}, to {})", short_name(&message.key), message.committee, mask(&message.recipient))
}

fn last(steps: &Steps) -> String {
    let Some(step) = &steps.last else { return String::new() };
    let code = step.code.map(|code| format!("{code} ")).unwrap_or_default();
    match &step.answer {
        Some(answer) => format!(" ({code}{})", masked(answer)),
        None => String::new(),
    }
}

fn tries(step: &Step) -> usize {
    usize::try_from(step.tries).unwrap_or(usize::MAX)
}

/// A moment as people in Lancashire read it.
fn moment(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&London);
    format!("{}, {}", crate::dates::long(local.date_naive()), local.format("%H:%M"))
}
