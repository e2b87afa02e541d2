//! Who was sent what, when, by its hash, and who let it out: everything the ledger knows of packs and
//! people, as one list of messages and one of what people did.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::release::{DeskError, find};
use crate::dispatch::{Enclosed, Kept};
use crate::intake::store::Store;
use crate::ledger::{Change, Dispatch, Ledger, PackMessage, PackRecord, Purpose};

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
    /// What it is for: pack, copy, correction.
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
    /// What it was: approval, recall, blocked, list, acknowledgement, late data.
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
pub fn audit(ledger: &Ledger, store: &Store, filter: &Filter) -> Result<Audit, DeskError> {
    let packs = ledger.packs()?;
    let pack = match &filter.pack {
        Some(asked) => Some(find(packs.clone(), asked)?),
        None => None,
    };
    let messages = messages(ledger, store, filter, pack.as_ref())?;
    let mut acts = acts(ledger, filter, pack.as_ref())?;
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
            purpose: message.map_or("pack".to_owned(), |m| match m.purpose {
                Purpose::Copy(number) => format!("copy {number}"),
                other => other.word().to_owned(),
            }),
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

fn acts(ledger: &Ledger, filter: &Filter, pack: Option<&PackRecord>) -> Result<Vec<Act>, DeskError> {
    let mut out = Vec::new();
    let of_pack = |id: &str| pack.is_none_or(|pack| pack.id == id);
    let everyone = filter.recipient.is_none();
    for approval in ledger.approvals()?.into_iter().filter(|a| everyone && of_pack(&a.pack)) {
        out.push(Act {
            dated: approval.dated,
            at: approval.at,
            kind: "approval".to_owned(),
            about: format!("{} ({})", approval.pack, short(&approval.content)),
            by: approval.role,
            what: approval.note,
        });
    }
    for recall in ledger.recalls()?.into_iter().filter(|r| everyone && of_pack(&r.pack)) {
        out.push(Act {
            dated: recall.dated,
            at: recall.at,
            kind: "recall".to_owned(),
            about: recall.pack,
            by: recall.role,
            what: recall.reason,
        });
    }
    for blocked in ledger.blocked()?.into_iter().filter(|b| of_pack(&b.pack) && wanted(filter, &b.recipient))
    {
        out.push(Act {
            dated: blocked.as_of,
            at: blocked.at,
            kind: "blocked".to_owned(),
            about: format!("{} to {}", blocked.pack, blocked.recipient),
            by: blocked.run,
            what: blocked.reason,
        });
    }
    let committee = |name: &str| pack.is_none_or(|pack| pack.committee == name);
    for change in ledger.list_changes()? {
        let entry = &change.entry;
        if !committee(&entry.committee) || !wanted(filter, &entry.address) {
            continue;
        }
        let word = match change.change {
            Change::First => "on the list at the beginning",
            Change::Added => "one person more",
            Change::Removed => "one person less",
            Change::Changed => "entry changed",
        };
        out.push(Act {
            dated: change.as_of,
            at: change.at.clone(),
            kind: "list".to_owned(),
            about: entry.committee.clone(),
            by: format!("{} ({})", entry.added_by, entry.added),
            what: format!("{word}: {} <{}>, review {}", entry.role, entry.address, entry.review),
        });
    }
    if pack.is_none() && everyone {
        out.extend(of_practices(ledger)?);
    }
    Ok(out)
}

/// Acknowledgements and late data: what is not about one pack.
fn of_practices(ledger: &Ledger) -> Result<Vec<Act>, DeskError> {
    let mut out = Vec::new();
    for given in ledger.acknowledgements()? {
        let until = given.until.map(|u| format!(" (until {u})")).unwrap_or_default();
        out.push(Act {
            dated: given.dated,
            at: given.at,
            kind: "acknowledgement".to_owned(),
            about: format!("{}, level {}", given.exception, given.level),
            by: given.role,
            what: format!("{}{until}", given.note),
        });
    }
    let level = |level: Option<u8>| level.map_or_else(|| "not assessed".to_owned(), |l| format!("level {l}"));
    for late in ledger.late_levels()? {
        out.push(Act {
            dated: late.as_of,
            at: String::new(),
            kind: "late data".to_owned(),
            about: format!("{} in the packs of {}", late.practice, late.packs_run),
            by: late.run,
            what: format!(
                "reported {}; with {} it would be {}",
                level(late.reported),
                late.files.join(", "),
                level(late.now)
            ),
        });
    }
    Ok(out)
}

/// The day of a moment.
fn day(at: &str) -> Option<NaiveDate> {
    at.get(..10)?.parse().ok()
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}
