//! The packs that were made, and how far each came.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::release::{DeskError, find};
use crate::dispatch::{Enclosed, Kept};
use crate::intake::store::Store;
use crate::ledger::{Dispatch, DispatchState, Ledger, PackRecord, PackState, Purpose};

/// A pack and how far it came.
#[derive(Debug, Clone, Serialize)]
pub struct OnShelf {
    /// What people call it.
    pub pack: String,
    /// The document that leads it.
    pub kind: String,
    /// The committee.
    pub committee: String,
    /// The period it reports, or the exception it is about.
    pub period: String,
    /// Its revision.
    pub revision: u32,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// How far it came, in a word: waiting, expired, withheld, planned, sent, recalled.
    pub state: String,
    /// The last day on which it can be approved, where it waits.
    pub approve_by: Option<NaiveDate>,
    /// Its messages by recipient, copies and corrections not among them.
    pub sent: usize,
    /// How many of its messages have not been handed over.
    pub open: usize,
    /// The run that made it; its documents lie in `packs/RUN`.
    pub run: String,
    /// The letter, by its hash: what is approved.
    pub content: String,
    /// Its documents; only where one pack is asked for.
    pub documents: Vec<Enclosed>,
    /// The roles that approved it, with the date and the note.
    pub approvals: Vec<(String, NaiveDate, String)>,
    /// Who recalled it, when and why.
    pub recalled: Option<(String, NaiveDate, String)>,
}

/// All packs, newest last, or the one that somebody means with its documents.
///
/// # Errors
/// If the ledger cannot be read or there is no such pack.
pub fn shelf(
    ledger: &Ledger,
    store: &Store,
    asked: Option<&str>,
    today: NaiveDate,
) -> Result<Vec<OnShelf>, DeskError> {
    let packs = match asked {
        Some(asked) => vec![find(ledger.packs()?, asked)?],
        None => ledger.packs()?,
    };
    let messages = ledger.pack_messages()?;
    let recalls = ledger.recalls()?;
    let approvals = ledger.approvals()?;
    let mut out = Vec::new();
    for pack in packs {
        let keys: BTreeSet<&str> = messages
            .iter()
            .filter(|m| m.pack == pack.id && m.purpose == Purpose::Pack)
            .map(|m| m.key.as_str())
            .collect();
        let mut dispatches = Vec::new();
        for key in keys {
            dispatches.extend(ledger.dispatch(key)?);
        }
        let recall = recalls.iter().find(|r| r.pack == pack.id);
        let documents = match asked {
            Some(_) => documents(store, &pack)?,
            None => Vec::new(),
        };
        out.push(OnShelf {
            state: state(&pack, &dispatches, recall.is_some(), today).to_owned(),
            approve_by: pack.expires.filter(|_| pack.state == PackState::Held),
            sent: dispatches.iter().filter(|d| d.state == DispatchState::Sent).count(),
            open: dispatches.iter().filter(|d| d.state != DispatchState::Sent).count(),
            documents,
            approvals: approvals
                .iter()
                .filter(|a| a.pack == pack.id)
                .map(|a| (a.role.clone(), a.dated, a.note.clone()))
                .collect(),
            recalled: recall.map(|r| (r.role.clone(), r.dated, r.reason.clone())),
            pack: pack.id,
            kind: pack.kind,
            committee: pack.committee,
            period: pack.period,
            revision: pack.revision,
            as_of: pack.as_of,
            run: pack.run,
            content: pack.content,
        });
    }
    Ok(out)
}

fn documents(store: &Store, pack: &PackRecord) -> Result<Vec<Enclosed>, DeskError> {
    let bytes = store.get(&pack.content).map_err(anyhow::Error::from)?;
    let kept: Kept = serde_json::from_slice(&bytes).map_err(anyhow::Error::from)?;
    Ok(kept.documents().into_iter().cloned().collect())
}

fn state(pack: &PackRecord, messages: &[Dispatch], recalled: bool, today: NaiveDate) -> &'static str {
    match pack.state {
        _ if recalled => "recalled",
        PackState::Held if pack.expires.is_some_and(|expires| expires < today) => "expired",
        PackState::Held => "waiting",
        PackState::Withheld => "withheld",
        PackState::Released if messages.is_empty() => "blocked",
        PackState::Released if messages.iter().all(|d| d.state == DispatchState::Sent) => "sent",
        PackState::Released => "planned",
    }
}
