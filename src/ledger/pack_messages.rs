//! The messages that packs became: what each is for, and who let it out.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{Transaction, params};

use super::outbox::insert;
use super::{Ledger, Planned, Result};

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

impl Ledger {
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

/// Plans a message again that was withdrawn, unless its pack was recalled or a person gave it up.
fn plan_again(transaction: &Transaction<'_>, batch: &Batch<'_>, message: &Planned, at: &str) -> Result<()> {
    // The same bytes stay those of the run that first planned them.
    let changed = transaction.execute(
        "UPDATE dispatch SET state = 'planned',
             run = CASE WHEN sha256 = ?2 THEN run ELSE ?3 END,
             as_of = CASE WHEN sha256 = ?2 THEN as_of ELSE ?4 END,
             sha256 = ?2, subject = ?5, file = ?6
         WHERE key = ?1 AND state = 'withdrawn' AND NOT EXISTS (SELECT 1 FROM recall WHERE pack = ?7)
             AND NOT EXISTS (SELECT 1 FROM dispatch_step AS step WHERE step.key = ?1 AND step.by IS NOT NULL
                 AND step.number = (SELECT max(number) FROM dispatch_step WHERE key = ?1))",
        params![
            message.key,
            message.sha256,
            batch.run,
            batch.as_of.to_string(),
            message.subject,
            message.file,
            batch.pack
        ],
    )?;
    if changed == 1 {
        transaction.execute(
            "INSERT INTO dispatch_step (key, at, state, try, note)
             VALUES (?1, ?2, 'planned', 0, 'planned again: its recipient may have it again')",
            params![message.key, at],
        )?;
        transaction.execute(
            "UPDATE pack_message SET content = ?2 WHERE key = ?1",
            params![message.key, batch.content],
        )?;
    }
    Ok(())
}

/// Plans the messages of a batch. One that was withdrawn because of its recipient went to nobody: it is
/// planned again, as it is now.
pub(super) fn plan(transaction: &Transaction<'_>, batch: &Batch<'_>, at: &str) -> Result<()> {
    for message in &batch.messages {
        plan_again(transaction, batch, message, at)?;
    }
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
