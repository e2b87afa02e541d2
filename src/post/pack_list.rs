//! The packs that were made, and how far each came.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::approve::{DeskError, find};
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
    /// How far it came: waiting, expired, withheld, planned, sent, blocked, recalled, or [`STOPPED`].
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
    /// Whether it is of a period or stopped, and so listed without being asked for: not an alert that went.
    #[serde(skip)]
    pub listed: bool,
    /// Its documents; only where one pack is asked for.
    pub documents: Vec<Enclosed>,
    /// The roles that approved it, with the date and the note.
    pub approvals: Vec<(String, NaiveDate, String)>,
    /// Who recalled it, when and why.
    pub recalled: Option<(String, NaiveDate, String)>,
    /// What the guard found in it, by the names under which it is released; empty unless it is stopped.
    pub hits: Vec<String>,
}

/// The state of a pack that the guard stops: it was made and never became a letter.
pub const STOPPED: &str = "stopped by the guard";

/// All packs, newest last, or the one that somebody means with its documents. Those that the guard stops
/// come after the others.
///
/// # Errors
/// If the ledger cannot be read or there is no such pack.
pub fn shelf(
    ledger: &Ledger,
    store: &Store,
    asked: Option<&str>,
    today: NaiveDate,
) -> Result<Vec<OnShelf>, DeskError> {
    let mut stopped = stopped(ledger)?;
    let packs = match asked {
        Some(asked) => {
            stopped.retain(|pack| pack.pack.starts_with(asked));
            match find(ledger.packs()?, asked) {
                Ok(pack) => {
                    stopped.clear();
                    vec![pack]
                }
                Err(_) if !stopped.is_empty() => Vec::new(),
                Err(error) => return Err(error),
            }
        }
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
            listed: pack.is_of_period(),
            recalled: recall.map(|r| (r.role.clone(), r.dated, r.reason.clone())),
            pack: pack.id,
            kind: pack.kind,
            committee: pack.committee,
            period: pack.period,
            revision: pack.revision,
            as_of: pack.as_of,
            run: pack.run,
            content: pack.content,
            hits: Vec::new(),
        });
    }
    out.extend(stopped);
    Ok(out)
}

/// The packs and alerts that the guard stops now, by committee and period.
fn stopped(ledger: &Ledger) -> Result<Vec<OnShelf>, DeskError> {
    let known = ledger.packs()?;
    let mut out: BTreeMap<String, OnShelf> = BTreeMap::new();
    for hit in ledger.held()?.into_iter().filter(|hit| hit.open && hit.release.is_none()) {
        let (Some((committee, kind, period)), Ok(as_of)) = (parts(&hit.document), hit.as_of.parse()) else {
            continue;
        };
        let named = known.iter().find(|pack| pack.committee_id == committee);
        let pack = format!("{committee}/{period}/{kind}");
        let entry = out.entry(pack.clone()).or_insert_with(|| OnShelf {
            pack,
            kind: kind.to_owned(),
            committee: named.map_or_else(|| committee.to_owned(), |pack| pack.committee.clone()),
            period: period.to_owned(),
            revision: 0,
            as_of,
            state: STOPPED.to_owned(),
            approve_by: None,
            sent: 0,
            open: 0,
            run: hit.run.clone(),
            content: String::new(),
            listed: true,
            documents: Vec::new(),
            approvals: Vec::new(),
            recalled: None,
            hits: Vec::new(),
        });
        entry.hits.push(hit.id);
    }
    Ok(out.into_values().collect())
}

/// The committee, the document and the period of a document or message as the guard names it:
/// `quality-group/quarterly-pack/2026-27-q1/quarterly-pack.pdf`, with `public` after the committee where it is
/// the public edition, and `quality-group/quarterly-pack/2026-27-q1/r1/message`. An earlier version left the
/// document out: `quality-group/2026-27-q1/quarterly-pack-2026-27-q1.pdf`.
fn parts(document: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = document.split('/').filter(|part| *part != "public").collect();
    match parts.as_slice() {
        [committee, period, file] => {
            let stem = file.split_once(&format!("-{period}")).map(|(stem, _)| stem);
            Some((committee, stem.or_else(|| file.split('-').next())?, period))
        }
        [committee, document, period, ..] => Some((committee, document, period)),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_the_names_of_this_version_and_of_the_one_before() {
        let quarter = "2026-27-q1";
        for (name, kind) in [
            ("qc/exceptions/2026-27-q1/exceptions-2026-27-q1.pdf", "exceptions"),
            ("qc/public/quarterly-pack/2026-27-q1/quarterly-pack-2026-27-q1.pdf", "quarterly-pack"),
            ("qc/quarterly-pack/2026-27-q1/r1/message", "quarterly-pack"),
            ("qc/2026-27-q1/quarterly-pack-2026-27-q1.pdf", "quarterly-pack"),
            ("qc/public/2026-27-q1/quarterly-pack-2026-27-q1-part-2.pdf", "quarterly-pack"),
            ("qc/2026-27-q1/exceptions-2026-27-q1.pdf", "exceptions"),
            ("qc/2026-27-q1/sbar-x90001.pdf", "sbar"),
            ("qc/2026-27-q1/exception-concerns-quality-q-1-opened.pdf", "exception"),
        ] {
            assert_eq!(parts(name), Some(("qc", kind, quarter)), "{name}");
        }
        assert_eq!(parts("qc/message"), None);
    }
}
