//! The outbox: one row a message, under a key that says what it is and for whom. A key is never used
//! twice, so the same message is never sent twice. How each came to be where it is stands in
//! [`super::attempts`].

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, Transaction, params};

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
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum DispatchState {
    /// It is to be handed over.
    Planned,
    /// The transport was about to be used; without a later word nobody knows whether it was.
    Sending,
    /// The transport accepted it.
    Sent,
    /// It was put off, and is tried again from a moment on.
    Retry,
    /// It was refused, or put off too often. Nobody tries again unless a person says so.
    Failed,
    /// Nobody knows whether it arrived.
    Unknown,
    /// Before it was handed over its pack was recalled, or its recipient was one no more who may have it.
    Withdrawn,
}

impl DispatchState {
    /// Every state.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The word for it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether the recipient may have got it: then a recall has to reach the recipient too. One that was put
    /// off was refused at every try.
    pub fn may_have_arrived(self) -> bool {
        match self {
            DispatchState::Sending | DispatchState::Sent | DispatchState::Unknown => true,
            DispatchState::Planned
            | DispatchState::Retry
            | DispatchState::Failed
            | DispatchState::Withdrawn => false,
        }
    }

    /// The state of a word.
    pub(super) fn of(word: &str) -> Result<Self> {
        word.parse().map_err(|_| LedgerError::Unreadable(format!("`{word}` is not a state of a message")))
    }
}

/// Messages are found by their state: of those that were sent there are ever more.
pub(super) const OPEN: &str = "CREATE INDEX dispatch_state ON dispatch (state);";

const COLUMNS: &str = "key, run, committee, recipient, subject, sha256, file, state, as_of";

impl Ledger {
    /// Plans messages in one transaction; keys that are there already are left as they are. Gives the
    /// keys that are new.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn plan(&mut self, messages: &[Planned], run: &str, as_of: NaiveDate) -> Result<Vec<String>> {
        let transaction = self.begin()?;
        let new = insert(&transaction, messages, run, as_of)?;
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

    /// The messages in some states, in the order in which they were planned.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn dispatches_in(&self, states: &[DispatchState]) -> Result<Vec<Dispatch>> {
        let words: Vec<String> = states.iter().map(|state| format!("'{}'", state.word())).collect();
        let words = words.join(", ");
        let sql = format!("SELECT {COLUMNS} FROM dispatch WHERE state IN ({words}) ORDER BY rowid");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| dispatch(row?)).collect()
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
}

/// Plans messages within a transaction; gives the keys that are new.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    messages: &[Planned],
    run: &str,
    as_of: NaiveDate,
) -> Result<Vec<String>> {
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
    Ok(new)
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
    let state = DispatchState::of(&state)?;
    let message = Planned { key, committee, recipient, subject, sha256, file };
    Ok(Dispatch { message, run, as_of: date(&as_of)?, state })
}

#[cfg(test)]
mod tests {
    use super::super::Step;
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
        let sent = Step::new(DispatchState::Sent, "2026-07-14T06:00:00Z".parse().unwrap(), 1);
        ledger.note_step(&message.key, &sent).unwrap();
        let other = Planned { sha256: "11".into(), ..message.clone() };
        assert_eq!(ledger.plan(&[other], "r2", as_of).unwrap(), [] as [String; 0]);
        let kept = ledger.dispatch(&message.key).unwrap().unwrap();
        assert_eq!((kept.message, kept.state), (message, DispatchState::Sent), "the first stays as it was");
    }
}
