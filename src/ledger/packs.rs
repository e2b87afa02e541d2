//! Packs: every letter that was made for a committee, and how far it came on its way out. Its messages
//! stand in [`super::pack_messages`], what people decided about it in [`super::approvals`]. Nothing is ever
//! deleted.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Ledger, LedgerError, Result, date};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
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
        self.into()
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

const COLUMNS: &str = "id, letter, kind, committee, committee_id, period, revision, content, documents, run, \
                       as_of, state, remind, expires, at";

impl PackRecord {
    /// Whether it reports a period, and not what became of an exception.
    pub fn is_of_period(&self) -> bool {
        !self.letter.starts_with("exception/")
    }
}

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
}

pub(super) fn put(transaction: &Transaction<'_>, pack: &PackRecord) -> Result<()> {
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
