//! The outbox: one row a message, under a key that says what it is and for whom. A key is never used
//! twice, so the same message is never sent twice.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, LedgerError, Result, date};

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What it is and for whom: pack or alert, period, revision, recipient.
    pub key: String,
    /// The committee.
    pub committee: String,
    /// The address.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// The SHA-256 of the message's bytes, which lie in the store.
    pub sha256: String,
    /// The name of its file in the outbox folder.
    pub file: String,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The message.
    pub message: Planned,
    /// The run that planned it.
    pub run: String,
    /// The date that run speaks of.
    pub as_of: NaiveDate,
    /// How far it came.
    pub state: DispatchState,
}

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DispatchState {
    /// Nothing was tried yet.
    Planned,
    /// The transport was about to be used; without a later word nobody knows whether it was.
    Sending,
    /// The transport accepted it.
    Sent,
}

impl DispatchState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            DispatchState::Planned => "planned",
            DispatchState::Sending => "sending",
            DispatchState::Sent => "sent",
        }
    }
}

const COLUMNS: &str = "key, run, committee, recipient, subject, sha256, file, state, as_of";

impl Ledger {
    /// Plans messages in one transaction; keys that are there already are left as they are. Gives the
    /// keys that are new.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn plan(&mut self, messages: &[Planned], run: &str, as_of: NaiveDate) -> Result<Vec<String>> {
        let transaction = self.begin()?;
        let mut new = Vec::new();
        for message in messages {
            let added = transaction.execute(
                "INSERT INTO dispatch (key, run, committee, recipient, subject, sha256, file, state, as_of)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'planned', ?8) ON CONFLICT (key) DO NOTHING",
                params![
                    message.key,
                    run,
                    message.committee,
                    message.recipient,
                    message.subject,
                    message.sha256,
                    message.file,
                    as_of.to_string()
                ],
            )?;
            if added == 1 {
                new.push(message.key.clone());
            }
        }
        transaction.commit()?;
        Ok(new)
    }

    /// The message of a key.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn dispatch(&self, key: &str) -> Result<Option<Dispatch>> {
        let sql = format!("SELECT {COLUMNS} FROM dispatch WHERE key = ?1");
        self.connection.query_row(&sql, [key], raw).optional()?.map(dispatch).transpose()
    }

    /// Every message, in the order in which they were planned.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn dispatches(&self) -> Result<Vec<Dispatch>> {
        let sql = format!("SELECT {COLUMNS} FROM dispatch ORDER BY rowid");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| dispatch(row?)).collect()
    }

    /// Notes how far a message came.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn mark(&mut self, key: &str, state: DispatchState) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute("UPDATE dispatch SET state = ?2 WHERE key = ?1", params![key, state.word()])?;
        transaction.commit()?;
        Ok(())
    }
}

type Raw = (String, String, String, String, String, String, String, String, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
    ))
}

fn dispatch((key, run, committee, recipient, subject, sha256, file, state, as_of): Raw) -> Result<Dispatch> {
    let states = [DispatchState::Planned, DispatchState::Sending, DispatchState::Sent];
    let known = states.into_iter().find(|s| s.word() == state);
    let state =
        known.ok_or_else(|| LedgerError::Unreadable(format!("`{state}` is not a state of a message")))?;
    let message = Planned { key, committee, recipient, subject, sha256, file };
    Ok(Dispatch { message, run, as_of: date(&as_of)?, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_planned_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let message = Planned {
            key: "pack/2026-27-q1/1/quality-committee/a@b.example".into(),
            committee: "Quality Committee".into(),
            recipient: "a@b.example".into(),
            subject: "Pack".into(),
            sha256: "00".into(),
            file: "a.eml".into(),
        };
        let as_of = "2026-07-14".parse().unwrap();
        let planned = std::slice::from_ref(&message);
        assert_eq!(ledger.plan(planned, "r1", as_of).unwrap(), std::slice::from_ref(&message.key));
        ledger.mark(&message.key, DispatchState::Sent).unwrap();
        let other = Planned { sha256: "11".into(), ..message.clone() };
        assert_eq!(ledger.plan(&[other], "r2", as_of).unwrap(), [] as [String; 0]);
        let kept = ledger.dispatch(&message.key).unwrap().unwrap();
        assert_eq!((kept.message, kept.state), (message, DispatchState::Sent), "the first stays as it was");
    }
}
