//! Packs: every letter that was made for a committee, how far it came on its way out, and which messages
//! it became. What people decided about it stands in [`super::approvals`]. Nothing is ever deleted.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::outbox::insert;
use super::{Approval, Ledger, LedgerError, Planned, Recall, Result, date};

pub(super) const MIGRATION: &str = "
    CREATE TABLE pack (
        id        TEXT PRIMARY KEY,
        letter    TEXT NOT NULL UNIQUE,
        kind      TEXT NOT NULL,
        committee TEXT NOT NULL,
        committee_id TEXT NOT NULL,
        period    TEXT NOT NULL,
        revision  INTEGER NOT NULL,
        content   TEXT NOT NULL,
        documents TEXT NOT NULL,
        run       TEXT NOT NULL,
        as_of     TEXT NOT NULL,
        state     TEXT NOT NULL,
        remind    TEXT,
        expires   TEXT,
        at        TEXT NOT NULL
    ) STRICT;
    CREATE TABLE pack_message (
        key       TEXT PRIMARY KEY,
        pack      TEXT NOT NULL,
        purpose   TEXT NOT NULL,
        copy      INTEGER,
        content   TEXT NOT NULL,
        role      TEXT NOT NULL,
        reason    TEXT NOT NULL,
        at        TEXT NOT NULL
    ) STRICT;
    CREATE INDEX pack_message_pack ON pack_message (pack);
    CREATE TABLE approval (
        number    INTEGER PRIMARY KEY,
        pack      TEXT NOT NULL,
        content   TEXT NOT NULL,
        role      TEXT NOT NULL,
        note      TEXT NOT NULL,
        dated     TEXT NOT NULL,
        at        TEXT NOT NULL
    ) STRICT;
    CREATE TABLE recall (
        pack      TEXT PRIMARY KEY,
        role      TEXT NOT NULL,
        reason    TEXT NOT NULL,
        dated     TEXT NOT NULL,
        at        TEXT NOT NULL
    ) STRICT;
    CREATE TABLE blocked (
        letter    TEXT NOT NULL,
        recipient TEXT NOT NULL,
        pack      TEXT NOT NULL,
        reason    TEXT NOT NULL,
        run       TEXT NOT NULL,
        as_of     TEXT NOT NULL,
        at        TEXT NOT NULL,
        PRIMARY KEY (letter, recipient)
    ) STRICT;
    CREATE TABLE list_change (
        number    INTEGER PRIMARY KEY,
        committee TEXT NOT NULL,
        address   TEXT NOT NULL,
        role      TEXT NOT NULL,
        change    TEXT NOT NULL,
        added_by  TEXT NOT NULL,
        added     TEXT NOT NULL,
        review    TEXT NOT NULL,
        run       TEXT NOT NULL,
        as_of     TEXT NOT NULL,
        at        TEXT NOT NULL
    ) STRICT;
    CREATE TABLE acknowledgement (
        number     INTEGER PRIMARY KEY,
        exception  TEXT NOT NULL,
        occurrence INTEGER NOT NULL,
        level      INTEGER NOT NULL,
        role       TEXT NOT NULL,
        note       TEXT NOT NULL,
        until      TEXT,
        dated      TEXT NOT NULL,
        at         TEXT NOT NULL
    ) STRICT;
    CREATE TABLE late_level (
        packs_run TEXT NOT NULL,
        practice  TEXT NOT NULL,
        reported  INTEGER,
        now       INTEGER,
        files     TEXT NOT NULL,
        run       TEXT NOT NULL,
        as_of     TEXT NOT NULL,
        at        TEXT NOT NULL,
        UNIQUE (packs_run, practice, reported, now)
    ) STRICT;
";

/// How far a pack came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackState {
    /// It waits for a person to approve it.
    Held,
    /// It corrects a pack that was sent and is not recalled: it goes when that is.
    Withheld,
    /// Its messages may go.
    Released,
}

impl PackState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            PackState::Held => "held",
            PackState::Withheld => "withheld",
            PackState::Released => "released",
        }
    }
}

/// A letter to a committee, as the ledger remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRecord {
    /// What people call it: `pcqg-2026-27-q1`.
    pub id: String,
    /// The first part of the keys of its messages.
    pub letter: String,
    /// What kind of document leads it: `quarterly-pack`, `exception-alert`.
    pub kind: String,
    /// The committee's name.
    pub committee: String,
    /// The committee's name in paths and keys.
    pub committee_id: String,
    /// The period it reports, or the exception it is about.
    pub period: String,
    /// Its revision, from 1.
    pub revision: u32,
    /// The SHA-256 of the letter as it is kept in the store: what is approved.
    pub content: String,
    /// A hash over its documents alone.
    pub documents: String,
    /// The run that made it.
    pub run: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// How far it came.
    pub state: PackState,
    /// When the operator is reminded that it waits.
    pub remind: Option<NaiveDate>,
    /// The last day on which it can be approved.
    pub expires: Option<NaiveDate>,
    /// The moment at which it came to this state, in RFC 3339.
    pub at: String,
}

/// Why a message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is the pack.
    Pack,
    /// It is a copy of what was sent before.
    Copy(u32),
    /// It says that the pack was wrong.
    Correction,
}

impl Purpose {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Pack => "pack",
            Purpose::Copy(_) => "copy",
            Purpose::Correction => "correction",
        }
    }
}

/// Who let a message out, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warrant {
    /// The role; empty where the pipeline's configuration did.
    pub role: String,
    /// The reason or note.
    pub reason: String,
}

/// Messages of one pack that are to be planned together.
#[derive(Debug, Clone)]
pub struct Batch<'b> {
    /// The pack.
    pub pack: &'b str,
    /// The letter from which they were built, by its hash.
    pub content: &'b str,
    /// What they are for.
    pub purpose: Purpose,
    /// Who let them out.
    pub warrant: Warrant,
    /// The messages.
    pub messages: Vec<Planned>,
    /// The run in whose name they go.
    pub run: &'b str,
    /// The date of that run.
    pub as_of: NaiveDate,
}

/// What is known of a message of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackMessage {
    /// Its key in the outbox.
    pub key: String,
    /// The pack.
    pub pack: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The letter from which it was built.
    pub content: String,
    /// Who let it out.
    pub warrant: Warrant,
    /// The moment at which it was planned, in RFC 3339.
    pub at: String,
}

const COLUMNS: &str = "id, letter, kind, committee, committee_id, period, revision, content, documents, run, \
                       as_of, state, remind, expires, at";

impl Ledger {
    /// Every pack, in the order in which they were first made.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn packs(&self) -> Result<Vec<PackRecord>> {
        let mut statement = self.connection.prepare(&format!("SELECT {COLUMNS} FROM pack ORDER BY rowid"))?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| row?.record()).collect()
    }

    /// The pack of that name.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn pack(&self, id: &str) -> Result<Option<PackRecord>> {
        let sql = format!("SELECT {COLUMNS} FROM pack WHERE id = ?1");
        self.connection.query_row(&sql, [id], raw).optional()?.map(Raw::record).transpose()
    }

    /// Notes a pack, or what became of it since.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_pack(&mut self, pack: &PackRecord) -> Result<()> {
        let transaction = self.begin()?;
        put(&transaction, pack)?;
        transaction.commit()?;
        Ok(())
    }

    /// Lets a pack go: notes it, the approval if there is one, and plans its messages, all or nothing.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn release(
        &mut self,
        pack: &PackRecord,
        approval: Option<&Approval>,
        batch: &Batch<'_>,
    ) -> Result<()> {
        let transaction = self.begin()?;
        put(&transaction, pack)?;
        if let Some(approval) = approval {
            transaction.execute(
                "INSERT INTO approval (pack, content, role, note, dated, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    approval.pack,
                    approval.content,
                    approval.role,
                    approval.note,
                    approval.dated.to_string(),
                    approval.at
                ],
            )?;
        }
        plan(&transaction, batch, &pack.at)?;
        transaction.commit()?;
        Ok(())
    }

    /// Recalls a pack: notes it, stops what was not handed over, and plans the corrections and, where
    /// there is one, the pack that replaces it, all or nothing.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn recall(
        &mut self,
        recall: &Recall,
        corrections: &Batch<'_>,
        next: Option<(&PackRecord, Option<&Batch<'_>>)>,
    ) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO recall (pack, role, reason, dated, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (pack) DO NOTHING",
            params![recall.pack, recall.role, recall.reason, recall.dated.to_string(), recall.at],
        )?;
        let stopped = "state IN ('planned', 'retry', 'failed')
                 AND key IN (SELECT key FROM pack_message WHERE pack = ?1 AND purpose <> 'correction')";
        transaction.execute(
            &format!(
                "INSERT INTO dispatch_step (key, at, state, try, by, note)
                 SELECT key, ?2, 'withdrawn', coalesce((SELECT try FROM dispatch_step AS step
                     WHERE step.key = dispatch.key ORDER BY number DESC LIMIT 1), 0), ?3, 'its pack was recalled'
                 FROM dispatch WHERE {stopped}"
            ),
            params![recall.pack, recall.at, recall.role],
        )?;
        transaction
            .execute(&format!("UPDATE dispatch SET state = 'withdrawn' WHERE {stopped}"), [&recall.pack])?;
        plan(&transaction, corrections, &recall.at)?;
        if let Some((pack, batch)) = next {
            put(&transaction, pack)?;
            if let Some(batch) = batch {
                plan(&transaction, batch, &recall.at)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Plans messages of a pack that was let go before.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn plan_more(&mut self, batch: &Batch<'_>, at: &str) -> Result<()> {
        let transaction = self.begin()?;
        plan(&transaction, batch, at)?;
        transaction.commit()?;
        Ok(())
    }

    /// Whether the pack of a message was recalled: then the message is not sent again.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn is_recalled(&self, key: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM pack_message JOIN recall ON recall.pack = pack_message.pack
                   WHERE pack_message.key = ?1 AND pack_message.purpose <> 'correction'";
        let count: i64 = self.connection.query_row(sql, [key], |row| row.get(0))?;
        Ok(count > 0)
    }

    /// The messages of all packs, in the order in which they were planned.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn pack_messages(&self) -> Result<Vec<PackMessage>> {
        let sql =
            "SELECT key, pack, purpose, copy, content, role, reason, at FROM pack_message ORDER BY rowid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let (purpose, copy): (String, Option<u32>) = (row.get(2)?, row.get(3)?);
            let purpose = match (purpose.as_str(), copy) {
                ("copy", copy) => Purpose::Copy(copy.unwrap_or(1)),
                ("correction", _) => Purpose::Correction,
                _ => Purpose::Pack,
            };
            Ok(PackMessage {
                key: row.get(0)?,
                pack: row.get(1)?,
                purpose,
                content: row.get(4)?,
                warrant: Warrant { role: row.get(5)?, reason: row.get(6)? },
                at: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When each message was handed over, by key, as far as the steps of messages are kept.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn handed_over(&self) -> Result<BTreeMap<String, String>> {
        let sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'dispatch_step'";
        let kept: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        if kept == 0 {
            return Ok(BTreeMap::new());
        }
        let sql = "SELECT key, min(at) FROM dispatch_step WHERE state = 'sent' GROUP BY key";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn put(transaction: &Transaction<'_>, pack: &PackRecord) -> Result<()> {
    let day = |date: Option<NaiveDate>| date.map(|d| d.to_string());
    transaction.execute(
        "INSERT INTO pack (id, letter, kind, committee, committee_id, period, revision, content, documents,
                           run, as_of, state, remind, expires, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT (id) DO UPDATE SET content = excluded.content, documents = excluded.documents,
             run = excluded.run, as_of = excluded.as_of, state = excluded.state, remind = excluded.remind,
             expires = excluded.expires, at = excluded.at",
        params![
            pack.id,
            pack.letter,
            pack.kind,
            pack.committee,
            pack.committee_id,
            pack.period,
            pack.revision,
            pack.content,
            pack.documents,
            pack.run,
            pack.as_of.to_string(),
            pack.state.word(),
            day(pack.remind),
            day(pack.expires),
            pack.at
        ],
    )?;
    Ok(())
}

fn plan(transaction: &Transaction<'_>, batch: &Batch<'_>, at: &str) -> Result<()> {
    insert(transaction, &batch.messages, batch.run, batch.as_of)?;
    let copy = match batch.purpose {
        Purpose::Copy(number) => Some(number),
        Purpose::Pack | Purpose::Correction => None,
    };
    for message in &batch.messages {
        transaction.execute(
            "INSERT INTO pack_message (key, pack, purpose, copy, content, role, reason, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (key) DO NOTHING",
            params![
                message.key,
                batch.pack,
                batch.purpose.word(),
                copy,
                batch.content,
                batch.warrant.role,
                batch.warrant.reason,
                at
            ],
        )?;
    }
    Ok(())
}

struct Raw {
    pack: PackRecord,
    as_of: String,
    state: String,
    remind: Option<String>,
    expires: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let pack = PackRecord {
        id: row.get(0)?,
        letter: row.get(1)?,
        kind: row.get(2)?,
        committee: row.get(3)?,
        committee_id: row.get(4)?,
        period: row.get(5)?,
        revision: row.get(6)?,
        content: row.get(7)?,
        documents: row.get(8)?,
        run: row.get(9)?,
        as_of: NaiveDate::MIN,
        state: PackState::Held,
        remind: None,
        expires: None,
        at: row.get(14)?,
    };
    Ok(Raw { pack, as_of: row.get(10)?, state: row.get(11)?, remind: row.get(12)?, expires: row.get(13)? })
}

impl Raw {
    fn record(self) -> Result<PackRecord> {
        let states = [PackState::Held, PackState::Withheld, PackState::Released];
        let state = states.into_iter().find(|s| s.word() == self.state);
        let unknown = || LedgerError::Unreadable(format!("`{}` is not a state of a pack", self.state));
        Ok(PackRecord {
            as_of: date(&self.as_of)?,
            state: state.ok_or_else(unknown)?,
            remind: self.remind.as_deref().map(date).transpose()?,
            expires: self.expires.as_deref().map(date).transpose()?,
            ..self.pack
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{DispatchState, Step};

    fn pack(id: &str, revision: u32) -> PackRecord {
        PackRecord {
            id: id.into(),
            letter: format!("quarterly-pack/2026-27-q1/r{revision}/quality-committee"),
            kind: "quarterly-pack".into(),
            committee: "Quality Committee".into(),
            committee_id: "quality-committee".into(),
            period: "2026-27-q1".into(),
            revision,
            content: "aa".into(),
            documents: "bb".into(),
            run: "quarterly-2026-07-14".into(),
            as_of: "2026-07-14".parse().unwrap(),
            state: PackState::Released,
            remind: None,
            expires: None,
            at: "2026-07-14T05:00:00Z".into(),
        }
    }

    fn batch<'b>(pack: &'b PackRecord, purpose: Purpose, keys: &[&str]) -> Batch<'b> {
        let messages = keys.iter().map(|key| Planned {
            key: (*key).into(),
            committee: pack.committee.clone(),
            recipient: "c@icb.example".into(),
            subject: "Pack".into(),
            sha256: "00".into(),
            file: format!("{key}.eml"),
        });
        Batch {
            pack: &pack.id,
            content: &pack.content,
            purpose,
            warrant: Warrant::default(),
            messages: messages.collect(),
            run: &pack.run,
            as_of: pack.as_of,
        }
    }

    #[test]
    fn a_recall_stops_what_was_not_handed_over_and_leaves_what_was() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let first = pack("qc-2026-27-q1", 1);
        ledger.release(&first, None, &batch(&first, Purpose::Pack, &["sent", "not-yet"])).unwrap();
        let at = "2026-07-14T05:00:00Z".parse().unwrap();
        ledger.note_step("sent", &Step::new(DispatchState::Sent, at, 1)).unwrap();
        let recall = Recall {
            pack: first.id.clone(),
            role: "Head of Quality".into(),
            reason: "A wrong extract.".into(),
            dated: first.as_of,
            at: first.at.clone(),
        };
        let corrections = batch(&first, Purpose::Correction, &["recall"]);
        ledger.recall(&recall, &corrections, None).unwrap();
        ledger.recall(&recall, &corrections, None).unwrap();
        let states: Vec<_> =
            ledger.dispatches().unwrap().into_iter().map(|d| (d.message.key, d.state)).collect();
        assert_eq!(
            states,
            [
                ("sent".to_owned(), DispatchState::Sent),
                ("not-yet".to_owned(), DispatchState::Withdrawn),
                ("recall".to_owned(), DispatchState::Planned),
            ]
        );
        assert_eq!(ledger.recalls().unwrap(), [recall]);
        assert_eq!(ledger.packs().unwrap(), [first]);
    }

    #[test]
    fn an_approval_and_its_messages_are_one_thing() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let held = PackRecord {
            state: PackState::Held,
            expires: Some("2026-07-28".parse().unwrap()),
            ..pack("qc-2026-27-q1", 1)
        };
        ledger.note_pack(&held).unwrap();
        assert_eq!(ledger.pack("qc-2026-27-q1").unwrap(), Some(held.clone()));
        let approval = Approval {
            pack: held.id.clone(),
            content: held.content.clone(),
            role: "Head of Quality".into(),
            note: "Read.".into(),
            dated: held.as_of,
            at: held.at.clone(),
        };
        let released = PackRecord { state: PackState::Released, ..held };
        ledger.release(&released, Some(&approval), &batch(&released, Purpose::Pack, &["k"])).unwrap();
        assert_eq!(ledger.approvals().unwrap(), [approval]);
        assert_eq!(ledger.pack_messages().unwrap().len(), 1);
        assert_eq!(ledger.pack("qc-2026-27-q1").unwrap(), Some(released));
    }
}
