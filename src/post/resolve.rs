//! What a person decides about a message that the program must not decide about by itself.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::dispatch::short_name;
use crate::ledger::{Dispatch, DispatchState, Ledger, LedgerError, Step};

/// What a person knows or wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Sent,
    /// The same bytes are to be sent again.
    Resend,
    /// It did not arrive and is not to be tried any more.
    GiveUp,
}

/// Who decides, and why.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'d> {
    /// What.
    pub verdict: Verdict,
    /// The person's name.
    pub by: &'d str,
    /// What the person found out.
    pub note: Option<&'d str>,
}

/// Why a decision cannot be taken.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// No message has that name.
    #[error(
        "there is no message \"{0}\" in the outbox; `quarterday dispatch list` shows the short names and the keys"
    )]
    Nothing(String),
    /// Several messages have that short name.
    #[error("\"{0}\" is the beginning of {1} messages' names; write the whole key")]
    Several(String, usize),
    /// The name of the person.
    #[error("a decision needs the name of the person who takes it: --by NAME")]
    Nobody,
    /// The message is not in a state about which there is something to decide.
    #[error("message {0} is \"{1}\": {2}")]
    NothingToDecide(String, &'static str, &'static str),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Notes a decision about a message, named by its key or its short name.
///
/// # Errors
/// If there is no such message, or nothing to decide about it.
pub fn resolve(
    ledger: &mut Ledger,
    name: &str,
    decision: &Decision<'_>,
    now: DateTime<Utc>,
) -> Result<Dispatch, ResolveError> {
    let by = decision.by.trim();
    if by.is_empty() {
        return Err(ResolveError::Nobody);
    }
    let dispatch = find(ledger, name)?;
    let key = dispatch.message.key.clone();
    let tries = ledger.steps(&key)?.tries();
    let recalled = ledger.is_recalled(&key)?;
    let (state, tries) = match (dispatch.state, decision.verdict) {
        (DispatchState::Unknown | DispatchState::Sending, Verdict::Sent) => (DispatchState::Sent, tries),
        // It did not arrive, and what was recalled goes to nobody any more.
        (DispatchState::Unknown | DispatchState::Failed | DispatchState::Sending, Verdict::Resend)
            if recalled =>
        {
            (DispatchState::Withdrawn, tries)
        }
        (DispatchState::Unknown | DispatchState::Failed | DispatchState::Sending, Verdict::Resend) => {
            (DispatchState::Retry, 0)
        }
        (DispatchState::Failed | DispatchState::Retry | DispatchState::Planned, Verdict::GiveUp) => {
            (DispatchState::Withdrawn, tries)
        }
        (state, verdict) => {
            let why = match (state, verdict) {
                (DispatchState::Sent, Verdict::Resend) => {
                    "the mail server took it, and the same message is not sent twice"
                }
                (DispatchState::Sent, _) => "there is nothing to decide",
                (DispatchState::Unknown | DispatchState::Sending, Verdict::GiveUp) => {
                    "it may have arrived: ask the recipient, and decide --as sent or --as resend"
                }
                (DispatchState::Failed, _) => {
                    "the mail server refused it, so it did not arrive; --as resend has it tried again"
                }
                (DispatchState::Withdrawn, _) if recalled => {
                    "its pack was recalled before it was handed over"
                }
                (DispatchState::Withdrawn, _) => {
                    "its recipient may not have it; once the list says otherwise, run its job again"
                }
                _ => "it is handed over by `quarterday dispatch send` or the next run",
            };
            return Err(ResolveError::NothingToDecide(short_name(&key), state.word(), why));
        }
    };
    let step = Step {
        by: Some(by.to_owned()),
        note: decision.note.map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned),
        not_before: (state == DispatchState::Retry).then_some(now),
        ..Step::new(state, now, tries)
    };
    ledger.note_step(&key, &step)?;
    ledger.dispatch(&key)?.ok_or_else(|| ResolveError::Nothing(name.to_owned()))
}

fn find(ledger: &Ledger, name: &str) -> Result<Dispatch, ResolveError> {
    if let Some(dispatch) = ledger.dispatch(name)? {
        return Ok(dispatch);
    }
    let nothing = || ResolveError::Nothing(name.to_owned());
    if name.len() < 4 {
        return Err(nothing());
    }
    let all = ledger.dispatches()?.into_iter();
    let mut found: Vec<Dispatch> =
        all.filter(|d| crate::sha256(d.message.key.as_bytes()).starts_with(&name.to_lowercase())).collect();
    match found.len() {
        0 | 1 => found.pop().ok_or_else(nothing),
        several => Err(ResolveError::Several(name.to_owned(), several)),
    }
}
