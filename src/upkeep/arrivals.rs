//! Everything that was ever received, and what a named person says of it afterwards: that it is void, or
//! belongs to another date.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::dates::long;
use crate::intake::{Counts, Lost, Receipt, State as Fate};
use crate::known::counting::Why;
use crate::known::state::{Files, State, StateError};
use crate::ledger::{Amended, Arrival, Ledger, Way};
use crate::pipeline::Pipeline;
use crate::post::approve::DeskError;
use crate::workspace::Workspace;

/// An arrival, and how it stands.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its receipt.
    pub receipt: String,
    /// The feed.
    pub feed: String,
    /// The name of the file.
    pub file: String,
    /// The date from which on it counts as received.
    pub as_of: NaiveDate,
    /// The SHA-256 of its content.
    pub sha256: String,
    /// How it came: dropped or fetched.
    pub came: &'static str,
    /// How it stands: counts, held, rejected, replaced, void or not known.
    pub state: &'static str,
    /// Why, where there is something to say.
    pub why: Option<String>,
    /// How many of its rows became what, by its receipt.
    pub rows: Option<Counts>,
    /// What named persons said of it.
    pub said: Vec<Amended>,
}

/// Everything ever received, oldest first. Without a pipeline it is not known what counts.
///
/// # Errors
/// If the ledger or the store cannot be read.
pub fn arrivals(
    workspace: &Workspace,
    ledger: &Ledger,
    pipeline: Option<&Pipeline>,
) -> anyhow::Result<Vec<Listed>> {
    let all = ledger.every_arrival()?;
    let last = ledger.last_received()?.unwrap_or_default();
    let known = ledger.arrivals(last)?;
    let mut said: BTreeMap<u32, Vec<Amended>> = BTreeMap::new();
    for amended in ledger.amendments()? {
        said.entry(amended.arrival).or_default().push(amended);
    }
    let files = pipeline.map(|p| Files::new(workspace.store(), p).knowing(ledger)).transpose()?;
    let state = match files.as_ref().map(|files| State::at(files, &known, last)) {
        Some(Ok(state)) => Some(state),
        Some(Err(StateError::Other(error))) => return Err(error),
        Some(Err(StateError::Missing(..))) | None => None,
    };
    all.into_iter()
        .map(|arrival| {
            let told = ledger.receipt(arrival.number)?;
            let told = told.and_then(|text| serde_json::from_str::<Receipt>(&text).ok());
            let said = said.remove(&arrival.number).unwrap_or_default();
            let (state, why) = stands(&arrival, &said, told.as_ref(), state.as_ref(), &known, last);
            Ok(Listed {
                receipt: Receipt::number(arrival.number),
                came: match arrival.way {
                    Way::Dropped => "dropped",
                    Way::Fetched | Way::Unsure => "fetched",
                },
                rows: told.map(|told| told.counts),
                feed: arrival.feed,
                file: arrival.file,
                as_of: arrival.received,
                sha256: arrival.sha256,
                state,
                why,
                said,
            })
        })
        .collect()
}

/// How an arrival stands, and why.
fn stands(
    arrival: &Arrival,
    said: &[Amended],
    told: Option<&Receipt>,
    state: Option<&State>,
    known: &[Arrival],
    last: NaiveDate,
) -> (&'static str, Option<String>) {
    if let Some(void) = said.last().filter(|said| said.received.is_none()) {
        return ("void", Some(format!("{} on {}: {}", void.role, long(void.dated), void.reason)));
    }
    if let Some(state) = state {
        if state.settled.contains_key(&arrival.number) {
            return ("counts", None);
        }
        if let Some(passed) = state.passed.get(&arrival.number) {
            let word = if matches!(passed.why, Why::Held(_)) { "held" } else { "rejected" };
            return (word, Some(passed.why.words()));
        }
    } else if arrival.is_held(known, last) {
        return ("held", Some(Lost::kept(arrival.detail()).words()));
    }
    match told {
        Some(told) if told.state == Fate::Rejected && told.counts.read == 0 => {
            ("rejected", told.problems.first().map(|problem| problem.message.clone()))
        }
        _ if state.is_some() => ("replaced", None),
        _ => ("not known", None),
    }
}

/// Notes that an arrival is void, or belongs to another date; gives it as it was before.
///
/// # Errors
/// If there is no such arrival, it is void, or nothing would change.
pub fn amend(
    workspace: &Workspace,
    receipt: &str,
    to: Option<NaiveDate>,
    (role, reason): (&str, &str),
    (dated, at): (NaiveDate, &str),
) -> Result<(Arrival, Amended), DeskError> {
    if !workspace.has_ledger() {
        return Err(DeskError::Refused(workspace.no_ledger()));
    }
    let _lock = workspace.lock()?;
    let mut ledger = workspace.ledger()?;
    let digits = receipt.trim().trim_start_matches(['R', 'r']);
    let number = digits.parse::<u32>().ok();
    let found = ledger.every_arrival()?.into_iter().find(|a| Some(a.number) == number);
    let Some(arrival) = found else {
        return Err(DeskError::Refused(format!(
            "there is no arrival \"{}\"; `quarterday arrivals` lists them by their receipts, R0001 and on",
            receipt.trim()
        )));
    };
    let known = Receipt::number(arrival.number);
    let before = ledger.amendments()?.into_iter().rfind(|said| said.arrival == arrival.number);
    if let Some(void) = before.filter(|said| said.received.is_none()) {
        return Err(DeskError::Refused(format!(
            "{known} is void ({} on {}: {}); to have it count, save the file in the inbox under another name",
            void.role,
            long(void.dated),
            void.reason
        )));
    }
    if to == Some(arrival.received) {
        return Err(DeskError::Refused(format!("{known} is of {} already", long(arrival.received))));
    }
    let said = Amended {
        arrival: arrival.number,
        received: to,
        role: role.to_owned(),
        reason: reason.to_owned(),
        dated,
        at: at.to_owned(),
    };
    ledger.amend(&said)?;
    Ok((arrival, said))
}
