//! Recalling a pack: exactly those who were sent it are told, what was not handed over is stopped, and
//! the pack that replaces it goes its way.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::approve::{Addressed, Desk, DeskError, address};
use super::documents::size;
use super::plan::file_name;
use crate::dates::{add_days, add_months, long};
use crate::dispatch::{Content, Kept, Sender, build};
use crate::ledger::{Batch, Dispatch, PackRecord, PackState, Planned, Purpose, Recall, Warrant};
use crate::pipeline::Release;
use crate::render::{Attached, RecallNotice, Templates};

/// What came of a recall.
#[derive(Debug, Clone, Serialize)]
pub struct Recalled {
    /// The pack.
    pub pack: String,
    /// The committee.
    pub committee: String,
    /// Who recalled it.
    pub role: String,
    /// Why.
    pub reason: String,
    /// When.
    pub dated: NaiveDate,
    /// Whether it had been recalled before.
    pub before: bool,
    /// Everybody who may have got it and is told, by address.
    pub told: Vec<String>,
    /// Messages that were stopped before they were handed over.
    pub stopped: usize,
    /// The pack that replaces it, if there is one.
    pub next: Option<Next>,
    /// Who is told and not on the committee's list any more: they get no other pack.
    pub not_listed: Vec<String>,
    /// Messages handed over now.
    pub sent: usize,
    /// Messages that could not be handed over, each with the reason.
    pub unsent: Vec<String>,
}

/// The pack that replaces a recalled one.
#[derive(Debug, Clone, Serialize)]
pub struct Next {
    /// What people call it.
    pub pack: String,
    /// Whether it waits for a person to approve it.
    pub waits: bool,
}

/// What replaces a pack, and its messages unless it waits for approval.
struct Replacement {
    pack: PackRecord,
    messages: Option<Vec<Planned>>,
}

/// Recalls a pack. Recalling it again tells nobody twice and hands over what was left.
///
/// # Errors
/// If nobody was sent it, or a notice cannot be written.
pub fn recall(desk: &mut Desk<'_>, asked: &str, warrant: Warrant) -> Result<Recalled, DeskError> {
    let pack = desk.pack(asked)?;
    let past = desk.ledger.recalls()?.into_iter().find(|r| r.pack == pack.id);
    let before = past.is_some();
    let recall = past.unwrap_or_else(|| Recall {
        pack: pack.id.clone(),
        role: warrant.role,
        reason: warrant.reason,
        dated: desk.today,
        at: desk.at.clone(),
    });
    let messages = sent_of(desk, &pack)?;
    if messages.is_empty() {
        return Err(DeskError::Refused(format!("nobody was sent {}: there is nothing to recall", pack.id)));
    }
    let reached: BTreeMap<&str, &Dispatch> = messages
        .iter()
        .filter(|d| d.state.may_have_arrived())
        .map(|d| (d.message.recipient.as_str(), d))
        .collect();
    let replacement = replacement(desk, &pack)?;
    let mut corrections = Vec::new();
    if !before {
        let next = replacement.as_ref().map(|r| r.pack.id.as_str());
        corrections = notices(desk, &pack, &recall, &reached, next)?;
    }
    let batch = Batch {
        pack: &pack.id,
        content: &pack.content,
        purpose: Purpose::Correction,
        warrant: Warrant { role: recall.role.clone(), reason: recall.reason.clone() },
        messages: corrections,
        run: &pack.run,
        as_of: pack.as_of,
    };
    if !before {
        let packs = replacement.as_ref().map(|r| {
            let messages = r.messages.clone().map(|messages| Batch {
                pack: &r.pack.id,
                content: &r.pack.content,
                purpose: Purpose::Pack,
                warrant: Warrant::default(),
                messages,
                run: &r.pack.run,
                as_of: r.pack.as_of,
            });
            (&r.pack, messages)
        });
        let next = packs.as_ref().map(|(pack, batch)| (*pack, batch.as_ref()));
        desk.ledger.recall(&recall, &batch, next)?;
    }
    let keys = open_keys(desk, &pack, replacement.as_ref())?;
    let sent = desk.deliver(&keys)?;
    Ok(Recalled {
        told: reached.keys().map(|address| (*address).to_owned()).collect(),
        stopped: messages.iter().filter(|d| !d.state.may_have_arrived()).count(),
        not_listed: not_listed(desk, &pack, reached.keys().copied()),
        next: replacement.map(|r| Next { pack: r.pack.id, waits: r.messages.is_none() }),
        pack: pack.id,
        committee: pack.committee,
        role: recall.role,
        reason: recall.reason,
        dated: recall.dated,
        before,
        sent: sent.now,
        unsent: sent.failed,
    })
}

/// The messages that carried a pack, copies among them.
fn sent_of(desk: &Desk<'_>, pack: &PackRecord) -> Result<Vec<Dispatch>, DeskError> {
    let mut out = Vec::new();
    for message in desk.ledger.pack_messages()? {
        if message.pack == pack.id && message.purpose != Purpose::Correction {
            out.extend(desk.ledger.dispatch(&message.key)?);
        }
    }
    Ok(out)
}

/// The corrections of a pack and the messages of its replacement: whatever of them is still open.
fn open_keys(
    desk: &Desk<'_>,
    pack: &PackRecord,
    replacement: Option<&Replacement>,
) -> Result<Vec<String>, DeskError> {
    let next = replacement.filter(|r| r.messages.is_some()).map(|r| r.pack.id.as_str());
    let messages = desk.ledger.pack_messages()?.into_iter();
    let wanted = messages.filter(|m| match m.purpose {
        Purpose::Correction => m.pack == pack.id,
        Purpose::Pack => Some(m.pack.as_str()) == next,
        Purpose::Copy(_) => false,
    });
    Ok(wanted.map(|m| m.key).collect())
}

/// The next revision, if it was made and waited for this recall.
fn replacement(desk: &Desk<'_>, pack: &PackRecord) -> Result<Option<Replacement>, DeskError> {
    let next = desk.ledger.packs()?.into_iter().find(|p| {
        (&p.committee_id, &p.period, p.state) == (&pack.committee_id, &pack.period, PackState::Withheld)
            && p.revision > pack.revision
    });
    let Some(next) = next else { return Ok(None) };
    let committee = desk.committee(&next)?;
    if let Release::Approval { within, remind } = committee.release {
        let on = |p: crate::pipeline::Period| Some(add_days(add_months(desk.today, p.months), p.days));
        let pack = PackRecord { state: PackState::Held, remind: on(remind), expires: on(within), ..next };
        return Ok(Some(Replacement { pack, messages: None }));
    }
    let kept = desk.kept(&next.content)?;
    let Addressed { planned, .. } = address(&kept, committee, desk.pipeline, &desk.store, next.as_of)?;
    let pack = PackRecord { state: PackState::Released, at: desk.at.clone(), ..next };
    Ok(Some(Replacement { pack, messages: Some(planned) }))
}

/// Who may have got a pack and is not on its committee's list.
fn not_listed<'a>(desk: &Desk<'_>, pack: &PackRecord, reached: impl Iterator<Item = &'a str>) -> Vec<String> {
    let committee = desk.pipeline.committees.iter().find(|c| c.id == pack.committee_id);
    let listed: BTreeSet<&str> =
        committee.into_iter().flat_map(|c| &c.recipients).map(|r| r.address.as_str()).collect();
    reached.filter(|address| !listed.contains(address)).map(str::to_owned).collect()
}

/// One notice for each person who may have got the pack.
fn notices(
    desk: &Desk<'_>,
    pack: &PackRecord,
    recall: &Recall,
    reached: &BTreeMap<&str, &Dispatch>,
    next: Option<&str>,
) -> Result<Vec<Planned>, DeskError> {
    let kept = desk.kept(&pack.content)?;
    let templates = Templates::new().map_err(anyhow::Error::from)?;
    let date: DateTime<Utc> = recall.at.parse().context("the moment of the recall cannot be read")?;
    let sender = Sender { from: &kept.from, reply: &kept.reply };
    let mut out = Vec::new();
    for (address, dispatch) in reached {
        let (secure, subject) = bare(&kept, &dispatch.message.subject);
        let (classification, title) = classified(&subject, &desk.pipeline.classification);
        let notice = notice(desk, pack, &kept, recall, &classification, &title, next);
        let text = templates.recall_mail(&notice).map_err(anyhow::Error::from)?;
        let subject = format!("{secure}[{classification}] Recalled: {title}");
        let key = format!("recall/{}/{address}", pack.letter);
        let content = Content { subject: &subject, text: &text, page: None, attachments: &[] };
        let bytes = build(sender, address, content, &key, date).map_err(anyhow::Error::from)?;
        let sha256 = desk.store.put(&bytes).context("the store cannot be written")?;
        out.push(Planned {
            file: file_name(recall.dated, &key),
            key,
            committee: pack.committee.clone(),
            recipient: (*address).to_owned(),
            subject,
            sha256,
        });
    }
    Ok(out)
}

fn notice(
    desk: &Desk<'_>,
    pack: &PackRecord,
    kept: &Kept,
    recall: &Recall,
    classification: &str,
    title: &str,
    next: Option<&str>,
) -> RecallNotice {
    let documents = kept.documents().into_iter().map(|document| Attached {
        name: document.name.clone(),
        pages: String::new(),
        size: size(document.bytes),
        sha256: document.sha256.clone(),
    });
    RecallNotice {
        organisation: desk.pipeline.organisation.clone(),
        classification: classification.to_owned(),
        subject: title.to_owned(),
        pack: pack.id.clone(),
        committee: pack.committee.clone(),
        as_at: long(pack.as_of),
        recalled: long(recall.dated),
        role: recall.role.clone(),
        reason: recall.reason.clone(),
        documents: documents.collect(),
        next: next.map(str::to_owned),
    }
}

/// The subject of the form that a message was made from, and the mark before it.
fn bare(kept: &Kept, subject: &str) -> (&'static str, String) {
    let secure = if subject.starts_with("[secure] ") { "[secure] " } else { "" };
    let form = kept.forms.iter().find(|form| subject.contains(&form.subject));
    (secure, form.map_or_else(|| subject.to_owned(), |form| form.subject.clone()))
}

/// The classification in front of a subject, and the rest.
fn classified(subject: &str, otherwise: &str) -> (String, String) {
    let split = subject.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    match split {
        Some((classification, title)) => (classification.to_owned(), title.to_owned()),
        None => (otherwise.to_owned(), subject.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_gives_back_its_classification() {
        assert_eq!(
            classified("[OFFICIAL] GP support: quarterly pack, Q1 2026-27", "SECRET"),
            ("OFFICIAL".to_owned(), "GP support: quarterly pack, Q1 2026-27".to_owned())
        );
        assert_eq!(classified("Pack", "OFFICIAL"), ("OFFICIAL".to_owned(), "Pack".to_owned()));
    }
}
