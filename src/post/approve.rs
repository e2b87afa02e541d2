//! Letting packs go: whom a letter is sent to, and the approval of a named person.

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::Serialize;

use super::hand_over::{Counter, Sent, hand_over};
use super::plan::file_name;
use crate::clock::RealTime;
use crate::dates::long;
use crate::diagnostic::likely;
use crate::dispatch::recipients::{Gets, gets};
use crate::dispatch::{Address, Copied, Enclosed, Kept, mask};
use crate::intake::store::Store;
use crate::ledger::{Approval, Batch, Ledger, LedgerError, PackRecord, PackState, Planned, Purpose, Warrant};
use crate::pipeline::{Committee, Pipeline, Recipient};
use crate::workspace::{Lock, LockError, Workspace};

/// Why something cannot be done with a pack.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The data folder is in use, or cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What was asked cannot be done; the sentence says why and what to do.
    #[error("{0}")]
    Refused(String),
    /// A file or folder cannot be used.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

/// A data folder in which somebody does something with packs: locked, with its ledger open.
pub struct Desk<'d> {
    /// The pipeline.
    pub pipeline: &'d Pipeline,
    /// The data folder.
    pub workspace: &'d Workspace,
    /// Its store.
    pub store: Store,
    /// Its ledger.
    pub ledger: Ledger,
    /// The date on which it is done.
    pub today: NaiveDate,
    /// The moment at which it is done, in RFC 3339.
    pub at: String,
    _lock: Lock,
}

impl<'d> Desk<'d> {
    /// Opens the data folder.
    ///
    /// # Errors
    /// If there is none, or another instance works in it.
    pub fn open(
        pipeline: &'d Pipeline,
        workspace: &'d Workspace,
        today: NaiveDate,
        at: String,
    ) -> Result<Self, DeskError> {
        if workspace.existing_ledger()?.is_none() {
            return Err(DeskError::Refused(workspace.no_ledger()));
        }
        let lock = workspace.lock()?;
        let ledger = workspace.ledger()?;
        Ok(Self { pipeline, workspace, store: workspace.store(), ledger, today, at, _lock: lock })
    }

    /// The pack that somebody means: its name, in any case, or the beginning of exactly one.
    ///
    /// # Errors
    /// If there is none, or several.
    pub fn pack(&self, asked: &str) -> Result<PackRecord, DeskError> {
        find(self.ledger.packs()?, asked)
    }

    /// The committee of a pack, as the pipeline has it now.
    ///
    /// # Errors
    /// If the pipeline no longer has it.
    pub fn committee(&self, pack: &PackRecord) -> Result<&'d Committee, DeskError> {
        let found = self.pipeline.committees.iter().find(|c| c.id == pack.committee_id);
        found.ok_or_else(|| {
            let name = &pack.committee;
            DeskError::Refused(format!(
                "the pipeline has no committee \"{name}\" any more, so {} has no recipients",
                pack.id
            ))
        })
    }

    /// The letter of a pack.
    ///
    /// # Errors
    /// If the store no longer has it.
    pub fn kept(&self, content: &str) -> Result<Kept, DeskError> {
        let bytes = self.store.get(content).context("the letter cannot be read again")?;
        Ok(serde_json::from_slice(&bytes).context("the letter was written by another version")?)
    }

    /// Hands messages over, and says what became of them.
    ///
    /// # Errors
    /// If the ledger or the store cannot be used.
    pub fn deliver(&mut self, keys: &[String]) -> Result<Sent, DeskError> {
        let (workspace, store) = (self.workspace, &self.store);
        let counter = Counter { pipeline: self.pipeline, workspace, store, clock: &RealTime };
        Ok(hand_over(&counter, keys, &mut self.ledger)?)
    }
}

/// The pack that somebody means.
pub(crate) fn find(packs: Vec<PackRecord>, asked: &str) -> Result<PackRecord, DeskError> {
    let wanted = asked.trim().to_lowercase();
    if let Some(found) = packs.iter().find(|p| p.id == wanted) {
        return Ok(found.clone());
    }
    let near: Vec<&PackRecord> =
        packs.iter().filter(|p| !wanted.is_empty() && p.id.starts_with(&wanted)).collect();
    if let [one] = near.as_slice() {
        return Ok((*one).clone());
    }
    let ids = |packs: &[&PackRecord]| -> String {
        let last: Vec<&str> = packs.iter().rev().take(6).map(|p| p.id.as_str()).collect();
        last.join(", ")
    };
    let why = match (near.as_slice(), likely(&wanted, packs.iter().map(|p| p.id.as_str()))) {
        ([], Some(likely)) => format!("there is no pack \"{asked}\"; did you mean {likely}?"),
        ([], None) if packs.is_empty() => "no pack has been made yet".to_owned(),
        ([], None) => {
            let all: Vec<&PackRecord> = packs.iter().collect();
            format!(
                "there is no pack \"{asked}\"; the last are {}. `quarterday packs` lists them all",
                ids(&all)
            )
        }
        (several, _) => format!("\"{asked}\" is the beginning of several packs: {}", ids(several)),
    };
    Err(DeskError::Refused(why))
}

/// Messages for recipients, and the recipients who are sent nothing, each with the reason.
#[derive(Debug, Default)]
pub struct Addressed<'c> {
    /// The messages.
    pub planned: Vec<Planned>,
    /// Who is sent nothing, and why.
    pub blocked: Vec<(&'c Recipient, String)>,
}

/// The messages of a letter for a committee's recipients, built and kept in the store.
///
/// # Errors
/// If a message cannot be built or kept.
pub fn address<'c>(
    kept: &Kept,
    committee: &'c Committee,
    pipeline: &Pipeline,
    store: &Store,
    as_of: NaiveDate,
) -> anyhow::Result<Addressed<'c>> {
    let mut out = Addressed::default();
    for recipient in &committee.recipients {
        match messages(kept, recipient, committee, pipeline, store, as_of, None)? {
            Ok(planned) => out.planned.extend(planned),
            Err(reason) => out.blocked.push((recipient, reason)),
        }
    }
    Ok(out)
}

/// The messages of a letter for one recipient, or why there are none.
///
/// # Errors
/// If a message cannot be built or kept.
pub(crate) fn messages(
    kept: &Kept,
    recipient: &Recipient,
    committee: &Committee,
    pipeline: &Pipeline,
    store: &Store,
    as_of: NaiveDate,
    copy: Option<Copied>,
) -> anyhow::Result<Result<Vec<Planned>, String>> {
    let (audience, marked) = match gets(recipient, committee, &pipeline.mail.posting, &kept.audiences()) {
        Gets::Form { audience, marked } => (audience, marked),
        Gets::Nothing(reason) => return Ok(Err(reason)),
    };
    let address = Address { to: &recipient.address, audience, marked, copy };
    let mut planned = Vec::new();
    for built in kept.build(address, |sha256| store.get(sha256))? {
        let sha256 = store.put(&built.bytes).context("the store cannot be written")?;
        planned.push(Planned {
            file: file_name(as_of, &built.key),
            key: built.key,
            committee: committee.name.clone(),
            recipient: recipient.address.clone(),
            subject: built.subject,
            sha256,
        });
    }
    Ok(Ok(planned))
}

/// What came of an approval.
#[derive(Debug, Clone, Serialize)]
pub struct Approved {
    /// The pack.
    pub pack: String,
    /// The committee.
    pub committee: String,
    /// The letter that was approved, by its hash.
    pub content: String,
    /// Its documents.
    pub documents: Vec<Enclosed>,
    /// Who approved it: by now, or earlier.
    pub role: String,
    /// When.
    pub dated: NaiveDate,
    /// Whether it had been approved before.
    pub before: bool,
    /// Messages handed over now.
    pub sent: usize,
    /// Messages that could not be handed over, each with the reason.
    pub unsent: Vec<String>,
}

/// Approves a pack that waits, and sends it: exactly what was approved, to the committee's list of now.
///
/// # Errors
/// If it does not wait, has waited too long, or is not what the person has seen.
pub fn approve(
    desk: &mut Desk<'_>,
    asked: &str,
    seen: Option<&str>,
    warrant: Warrant,
) -> Result<Approved, DeskError> {
    let pack = desk.pack(asked)?;
    let committee = desk.committee(&pack)?;
    let given = desk.ledger.approvals()?.into_iter().find(|a| a.pack == pack.id && a.content == pack.content);
    refuse(desk, &pack, seen, given.as_ref())?;
    let kept = desk.kept(&pack.content)?;
    let documents = kept.documents().into_iter().cloned().collect();
    let Addressed { planned, blocked } = address(&kept, committee, desk.pipeline, &desk.store, pack.as_of)?;
    let keys: Vec<String> = planned.iter().map(|p| p.key.clone()).collect();
    let before = given.is_some();
    let approval = given.unwrap_or_else(|| Approval {
        pack: pack.id.clone(),
        content: pack.content.clone(),
        role: warrant.role.clone(),
        note: warrant.reason.clone(),
        dated: desk.today,
        at: desk.at.clone(),
    });
    let batch = Batch {
        pack: &pack.id,
        content: &pack.content,
        purpose: Purpose::Pack,
        warrant: Warrant { role: approval.role.clone(), reason: approval.note.clone() },
        messages: planned,
        run: &pack.run,
        as_of: pack.as_of,
    };
    if before {
        desk.ledger.plan_more(&batch, &desk.at)?;
    } else {
        let released = PackRecord { state: PackState::Released, at: desk.at.clone(), ..pack.clone() };
        desk.ledger.release(&released, Some(&approval), &batch)?;
    }
    let sent = desk.deliver(&keys)?;
    let mut unsent = sent.failed;
    unsent.extend(blocked.iter().map(|(recipient, reason)| {
        let masked = mask(&recipient.address);
        format!("{} is not sent to the {} ({masked}): {reason}", pack.id, recipient.role)
    }));
    Ok(Approved {
        pack: pack.id,
        committee: pack.committee,
        content: pack.content,
        documents,
        role: approval.role,
        dated: approval.dated,
        before,
        sent: sent.now,
        unsent,
    })
}

/// Why a pack cannot be approved.
fn refuse(
    desk: &Desk<'_>,
    pack: &PackRecord,
    seen: Option<&str>,
    given: Option<&Approval>,
) -> Result<(), DeskError> {
    let no = |why: String| Err(DeskError::Refused(why));
    let recalled: BTreeSet<String> = desk.ledger.recalls()?.into_iter().map(|r| r.pack).collect();
    if recalled.contains(&pack.id) {
        return no(format!("{} was recalled; nobody is sent it any more", pack.id));
    }
    match pack.state {
        PackState::Released if given.is_none() => {
            return no(format!("{} needs no approval: it was let go on {}", pack.id, long(pack.as_of)));
        }
        PackState::Withheld => {
            return no(format!(
                "{} corrects a pack that was sent; recall that first: quarterday recall PACK --by ROLE --reason TEXT",
                pack.id
            ));
        }
        PackState::Released | PackState::Held => {}
    }
    if let Some(seen) = seen.filter(|seen| !pack.content.starts_with(&seen.to_lowercase())) {
        let now: String = pack.content.chars().take(12).collect();
        return no(format!(
            "{} is not what you have seen ({seen}): it was made again since and is {now} now; look at it and approve that",
            pack.id
        ));
    }
    if let Some(expired) = pack.expires.filter(|e| given.is_none() && *e < desk.today) {
        return no(format!(
            "{} could be approved until {}; its figures are too old now: run its job again",
            pack.id,
            long(expired)
        ));
    }
    Ok(())
}
