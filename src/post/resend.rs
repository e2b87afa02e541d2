//! Sending a pack again: the same documents, marked as a copy, to people who should have them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::approve::{Desk, DeskError, messages};
use crate::dispatch::{Copied, Enclosed};
use crate::ledger::{Batch, DispatchState, PackMessage, PackRecord, PackState, Purpose, Warrant};
use crate::pipeline::{Committee, Recipient, address_fault};

/// What came of sending copies.
#[derive(Debug, Clone, Serialize)]
pub struct Resent {
    /// The pack.
    pub pack: String,
    /// The committee.
    pub committee: String,
    /// The documents, the same as before.
    pub documents: Vec<Enclosed>,
    /// Who was sent which copy.
    pub copies: Vec<CopyOf>,
    /// Messages handed over now.
    pub sent: usize,
    /// Messages that could not be handed over, each with the reason.
    pub unsent: Vec<String>,
}

/// A copy for one person.
#[derive(Debug, Clone, Serialize)]
pub struct CopyOf {
    /// The address.
    pub recipient: String,
    /// The number of the copy.
    pub number: u32,
    /// Whether the address is on the committee's list.
    pub listed: bool,
    /// When it was asked for, if that was before: the same request sends one copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_before: Option<String>,
}

/// The same request within so many hours is the same: it was killed, perhaps, or given twice by mistake.
const SAME_HOURS: i64 = 24;

/// A copy that was asked for before.
struct Before {
    number: u32,
    at: String,
}

/// Sends copies of a pack. An address that is not on the committee's list needs a reason. The same request (pack,
/// address, role and reason) within a day sends one copy, however often it is made, unless it says `again`.
///
/// # Errors
/// If the pack was never let go or is recalled, or an address may not have it.
pub fn resend(
    desk: &mut Desk<'_>,
    asked: &str,
    to: &[String],
    warrant: &Warrant,
    again: bool,
) -> Result<Resent, DeskError> {
    let pack = desk.pack(asked)?;
    let committee = desk.committee(&pack)?;
    refuse(desk, &pack)?;
    let kept = desk.kept(&pack.content)?;
    let date: DateTime<Utc> = desk.at.parse().context("the moment cannot be read")?;
    let (mut batches, mut copies) = (Vec::new(), Vec::new());
    for address in to {
        let recipient = recipient(committee, address, warrant)?;
        let listed = committee.recipients.contains(&recipient);
        let before = match copies.iter().any(|c: &CopyOf| c.recipient == recipient.address) {
            true => continue,
            false => asked_before(desk, &pack, &recipient.address, warrant, again)?,
        };
        if let Some(Before { number, at }) = before {
            copies.push(CopyOf { recipient: recipient.address, number, listed, asked_before: Some(at) });
            continue;
        }
        let number = last_copy(desk, &pack, &recipient.address)? + 1;
        let copy = Some(Copied { number, date });
        let planned = messages(&kept, &recipient, committee, desk.pipeline, &desk.store, pack.as_of, copy)?;
        let planned = planned.map_err(|reason| {
            DeskError::Refused(format!("{address} cannot be sent {}: {reason}", pack.id))
        })?;
        batches.push((number, planned));
        copies.push(CopyOf { recipient: recipient.address, number, listed, asked_before: None });
    }
    // All addresses are looked at before the first copy is planned: a mistyped one sends nothing.
    for (number, messages) in batches {
        let batch = Batch {
            pack: &pack.id,
            content: &pack.content,
            purpose: Purpose::Copy(number),
            warrant: warrant.clone(),
            messages,
            run: &pack.run,
            as_of: pack.as_of,
        };
        desk.ledger.plan_more(&batch, &desk.at)?;
    }
    let mut keys = Vec::new();
    for copy in &copies {
        keys.extend(copies_of(desk, &pack, &copy.recipient)?.remove(&copy.number).unwrap_or_default());
    }
    let sent = desk.deliver(&keys)?;
    Ok(Resent {
        documents: kept.documents().into_iter().cloned().collect(),
        pack: pack.id,
        committee: pack.committee,
        copies,
        sent: sent.now,
        unsent: sent.failed,
    })
}

fn refuse(desk: &Desk<'_>, pack: &PackRecord) -> Result<(), DeskError> {
    if desk.ledger.recalls()?.iter().any(|r| r.pack == pack.id) {
        return Err(DeskError::Refused(format!(
            "{} was recalled and is not sent again; send the revision that replaces it",
            pack.id
        )));
    }
    match pack.state {
        PackState::Released => Ok(()),
        PackState::Held => Err(DeskError::Refused(format!(
            "{} waits for approval: quarterday approve {} --as ROLE --note TEXT",
            pack.id, pack.id
        ))),
        PackState::Withheld => Err(DeskError::Refused(format!(
            "{} corrects a pack that was sent and goes out when that is recalled",
            pack.id
        ))),
    }
}

/// The recipient of that address: of the list, or of its own where there is a reason.
fn recipient(committee: &Committee, address: &str, warrant: &Warrant) -> Result<Recipient, DeskError> {
    let address = address.trim();
    if let Some(listed) = committee.recipients.iter().find(|r| r.address.eq_ignore_ascii_case(address)) {
        return Ok(listed.clone());
    }
    if let Some(why) = address_fault(address) {
        let message = format!("\"{address}\" is not a mail address: {why}; nothing was sent");
        return Err(DeskError::Refused(message));
    }
    if warrant.reason.trim().is_empty() {
        let known: Vec<&str> = committee.recipients.iter().map(|r| r.address.as_str()).collect();
        let near = crate::diagnostic::likely(address, known);
        let hint = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
        return Err(DeskError::Refused(format!(
            "{address} is not on the list of the {}{hint}; nothing was sent. If it may have the pack all \
             the same, say why with --reason",
            committee.name
        )));
    }
    let never = chrono::NaiveDate::MIN;
    Ok(Recipient {
        role: "recipient of a copy".to_owned(),
        address: address.to_owned(),
        added_by: warrant.role.clone(),
        added: never,
        review: never,
        secure_subject: false,
        line: 0,
    })
}

/// The copies of a pack for one address: their keys by number.
fn copies_of(
    desk: &Desk<'_>,
    pack: &PackRecord,
    address: &str,
) -> Result<BTreeMap<u32, Vec<String>>, DeskError> {
    let mut out: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for message in desk.ledger.pack_messages()? {
        let Purpose::Copy(number) = message.purpose else { continue };
        if message.pack != pack.id {
            continue;
        }
        let dispatch = desk.ledger.dispatch(&message.key)?;
        if dispatch.is_some_and(|d| d.message.recipient == address) {
            out.entry(number).or_default().push(message.key);
        }
    }
    Ok(out)
}

fn last_copy(desk: &Desk<'_>, pack: &PackRecord, address: &str) -> Result<u32, DeskError> {
    Ok(copies_of(desk, pack, address)?.keys().last().copied().unwrap_or(0))
}

/// The copy for an address that goes on counting: one that was not handed over yet, whoever asked for it, or
/// that the same request asked for within a day. One that was refused or withdrawn is none.
fn asked_before(
    desk: &Desk<'_>,
    pack: &PackRecord,
    address: &str,
    warrant: &Warrant,
    again: bool,
) -> Result<Option<Before>, DeskError> {
    let now: DateTime<Utc> = desk.at.parse().context("the moment cannot be read")?;
    let messages: BTreeMap<String, PackMessage> =
        desk.ledger.pack_messages()?.into_iter().map(|m| (m.key.clone(), m)).collect();
    for (number, keys) in copies_of(desk, pack, address)?.into_iter().rev() {
        let mut states = Vec::new();
        for key in &keys {
            states.extend(desk.ledger.dispatch(key)?.map(|d| d.state));
        }
        let Some(first) = keys.first().and_then(|key| messages.get(key)) else { continue };
        let is = |wanted: &[DispatchState]| states.iter().any(|state| wanted.contains(state));
        if is(&[DispatchState::Failed, DispatchState::Withdrawn]) {
            continue;
        }
        let waits = is(&[DispatchState::Planned, DispatchState::Sending, DispatchState::Retry]);
        let asked: Option<DateTime<Utc>> = first.at.parse().ok();
        let lately = asked.is_some_and(|at| now.signed_duration_since(at).num_hours().abs() < SAME_HOURS);
        if waits || (lately && first.warrant == *warrant && !again) {
            return Ok(Some(Before { number, at: first.at.clone() }));
        }
    }
    Ok(None)
}
