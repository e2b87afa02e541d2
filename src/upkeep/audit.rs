//! Who was sent what, when, by its hash, and who let it out: everything the ledger knows of packs and
//! people, as one list of messages and one of what people did.

mod entries;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::dispatch::{Enclosed, Kept};
use crate::intake::store::Store;
use crate::ledger::{Dispatch, Ledger, PackMessage, PackRecord, Purpose};
use crate::post::approve::{DeskError, find};
use crate::workspace::Workspace;

/// What an audit is about; everything that is left out is not asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A pack.
    pub pack: Option<String>,
    /// A recipient's address, or a part of it.
    pub recipient: Option<String>,
    /// The first date.
    pub since: Option<NaiveDate>,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// Every message, in the order in which they were planned.
    pub messages: Vec<Entry>,
    /// What people did and what lists became, by date.
    pub acts: Vec<Act>,
}

/// A message.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its key in the outbox.
    pub key: String,
    /// Its pack; none for messages of before packs were kept.
    pub pack: Option<String>,
    /// What it is for: pack, copy, correction, receipt.
    pub purpose: String,
    /// The committee.
    pub committee: String,
    /// The address.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// Its documents with their SHA-256.
    pub documents: Vec<Enclosed>,
    /// How far it came.
    pub state: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// The run in whose name it went.
    pub run: String,
    /// When it was planned.
    pub planned: Option<String>,
    /// When it was handed over, where that is kept.
    pub sent: Option<String>,
    /// Who approved it; none where the pipeline lets it go by itself.
    pub approved_by: Option<String>,
    /// Who asked for it, and why, where it is a copy or a correction.
    pub asked_by: Option<(String, String)>,
}

/// Something that a person did, or that a run noticed of the lists or of late data.
#[derive(Debug, Clone, Serialize)]
pub struct Act {
    /// The date.
    pub dated: NaiveDate,
    /// The moment at which it was noted.
    pub at: String,
    /// What it was: approval, recall, decision about a message, release by the guard, blocked, list,
    /// acknowledgement, arrival, late data.
    pub kind: String,
    /// The pack, the committee, the exception or the practice it is about.
    pub about: String,
    /// Who.
    pub by: String,
    /// What the person noted, or what changed.
    pub what: String,
}

/// Gathers what was asked for.
///
/// # Errors
/// If the ledger cannot be read, or there is no such pack.
pub fn audit(ledger: &Ledger, workspace: &Workspace, filter: &Filter) -> Result<Audit, DeskError> {
    let packs = ledger.packs()?;
    let pack = match &filter.pack {
        Some(asked) => Some(find(packs.clone(), asked)?),
        None => None,
    };
    let messages = messages(ledger, &workspace.store(), filter, pack.as_ref())?;
    let mut acts = entries::acts((ledger, workspace), filter, pack.as_ref())?;
    acts.retain(|act| filter.since.is_none_or(|since| act.dated >= since));
    acts.sort_by(|a, b| (a.dated, &a.at).cmp(&(b.dated, &b.at)));
    Ok(Audit { messages, acts })
}

fn wanted(filter: &Filter, address: &str) -> bool {
    let part = filter.recipient.as_deref().map(str::to_lowercase);
    part.is_none_or(|part| address.to_lowercase().contains(part.trim()))
}

fn messages(
    ledger: &Ledger,
    store: &Store,
    filter: &Filter,
    pack: Option<&PackRecord>,
) -> Result<Vec<Entry>, DeskError> {
    let known: BTreeMap<String, PackMessage> =
        ledger.pack_messages()?.into_iter().map(|m| (m.key.clone(), m)).collect();
    let approvals = ledger.approvals()?;
    let handed_over = ledger.handed_over()?;
    let mut letters = Letters { store, kept: BTreeMap::new() };
    let mut out = Vec::new();
    for dispatch in ledger.dispatches()? {
        let message = known.get(&dispatch.message.key);
        let of_pack = pack.is_none_or(|pack| message.is_some_and(|m| m.pack == pack.id));
        let dated = message.map_or(dispatch.as_of, |m| day(&m.at).unwrap_or(dispatch.as_of));
        let recent = filter.since.is_none_or(|since| dispatch.as_of >= since || dated >= since);
        if !of_pack || !recent || !wanted(filter, &dispatch.message.recipient) {
            continue;
        }
        let approval =
            message.and_then(|m| approvals.iter().find(|a| a.pack == m.pack && a.content == m.content));
        let asked = message.filter(|m| m.purpose != Purpose::Pack).map(|m| &m.warrant);
        out.push(Entry {
            pack: message.map(|m| m.pack.clone()),
            purpose: match message.map(|m| m.purpose) {
                Some(Purpose::Copy(number)) => format!("copy {number}"),
                Some(other) => other.word().to_owned(),
                None if dispatch.message.key.starts_with("receipt/") => "receipt".to_owned(),
                None => Purpose::Pack.word().to_owned(),
            },
            documents: message.map(|m| letters.documents(m, &dispatch)).unwrap_or_default(),
            state: dispatch.state.word().to_owned(),
            planned: message.map(|m| m.at.clone()),
            sent: handed_over.get(&dispatch.message.key).cloned(),
            approved_by: approval.map(|a| a.role.clone()),
            asked_by: asked.map(|w| (w.role.clone(), w.reason.clone())),
            as_of: dispatch.as_of,
            run: dispatch.run,
            committee: dispatch.message.committee,
            recipient: dispatch.message.recipient,
            subject: dispatch.message.subject,
            sha256: dispatch.message.sha256,
            key: dispatch.message.key,
        });
    }
    Ok(out)
}

/// Letters of the store, each read once.
struct Letters<'s> {
    store: &'s Store,
    kept: BTreeMap<String, Option<Kept>>,
}

impl Letters<'_> {
    /// The documents that a message carried, by the form and the part that its subject belongs to.
    fn documents(&mut self, message: &PackMessage, dispatch: &Dispatch) -> Vec<Enclosed> {
        if message.purpose == Purpose::Correction {
            return Vec::new();
        }
        let store = self.store;
        let kept = self.kept.entry(message.content.clone()).or_insert_with(|| {
            let bytes = store.get(&message.content).ok()?;
            serde_json::from_slice(&bytes).ok()
        });
        let Some(form) =
            kept.iter().flat_map(|k| &k.forms).find(|f| dispatch.message.subject.contains(&f.subject))
        else {
            return Vec::new();
        };
        let number = dispatch.message.key.rsplit_once("/message-").and_then(|(_, n)| n.parse().ok());
        let index = number.unwrap_or(1_usize).saturating_sub(1);
        form.messages.get(index).map(|m| m.files.clone()).unwrap_or_default()
    }
}

/// The day of a moment.
fn day(at: &str) -> Option<NaiveDate> {
    at.get(..10)?.parse().ok()
}
