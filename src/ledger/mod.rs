//! The ledger: what cannot be recomputed. What arrived when, which runs there were, what was alerted
//! and what was sent to whom. Everything else is a function of the files, the pipeline and a date.
//!
//! SQLite in write-ahead mode; every write is one immediate transaction, so that a crash at any moment
//! leaves it whole.

mod acknowledgements;
mod alerts;
mod amended;
mod answers;
mod approvals;
mod arrivals;
mod attempts;
mod backup;
mod downloads;
mod due;
mod guard;
mod late;
mod lists;
mod outbox;
mod pack_messages;
mod packs;
mod proof;
mod readings;
mod releases;
mod runs;
mod sent;
mod slots;
mod standing;
mod write;

use std::cmp::Ordering;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior};
use thiserror::Error;

pub use acknowledgements::Acknowledgement;
pub use alerts::{Alert, Event};
pub use amended::Amended;
pub use approvals::{Approval, Blocked, Recall};
pub use arrivals::{Arrival, Intake, Seen, Sighting, Way};
pub use attempts::{Attempt, Step, Steps};
pub use backup::hashes_in;
pub use downloads::{Download, DownloadFailure};
pub use due::Waiting;
pub use guard::{Held, Release, Released};
pub use late::LateLevel;
pub use lists::{Change, ListChange, Listed};
pub use outbox::{Dispatch, DispatchState, Planned};
pub use pack_messages::{Batch, PackMessage, Purpose, Warrant};
pub use packs::{PackRecord, PackState};
pub use proof::{Removal, WrittenFile};
pub use runs::{RunRecord, RunState};
pub use sent::SentPack;
pub use slots::{Claim, Slot, SlotEnd, SlotRecord, SlotState};
pub use standing::Verdict;

/// Why the ledger cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// SQLite says no.
    #[error("the ledger cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file was written by a newer program.
    #[error(
        "the ledger was written by a newer version of quarterday (format {found}, this version knows {known})"
    )]
    Newer {
        /// The format of the file.
        found: i64,
        /// The newest format this version knows.
        known: i64,
    },
    /// A value in it is not what this version wrote.
    #[error("the ledger holds something unreadable: {0}")]
    Unreadable(String),
}

use write::Write;

/// What reading or writing the ledger gives.
pub type Result<T> = std::result::Result<T, LedgerError>;

/// The statements that make each format from the one before.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE arrival (
        number   INTEGER PRIMARY KEY,
        feed     TEXT NOT NULL,
        file     TEXT NOT NULL,
        sha256   TEXT NOT NULL,
        received TEXT NOT NULL,
        run      TEXT NOT NULL,
        receipt  TEXT
    ) STRICT;
    CREATE INDEX arrival_content ON arrival (feed, sha256);
    CREATE TABLE seen (
        feed     TEXT NOT NULL,
        file     TEXT NOT NULL,
        sha256   TEXT NOT NULL,
        arrival  INTEGER NOT NULL REFERENCES arrival (number),
        PRIMARY KEY (feed, file)
    ) STRICT;
    CREATE TABLE run (
        sequence INTEGER PRIMARY KEY,
        id       TEXT NOT NULL UNIQUE,
        job      TEXT NOT NULL,
        as_of    TEXT NOT NULL,
        packs    INTEGER NOT NULL,
        manifest TEXT NOT NULL,
        state    TEXT NOT NULL,
        touched  INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE alert (
        exception  TEXT NOT NULL,
        occurrence INTEGER NOT NULL,
        event      TEXT NOT NULL,
        level      INTEGER NOT NULL,
        as_of      TEXT NOT NULL,
        run        TEXT NOT NULL,
        detail     TEXT NOT NULL,
        PRIMARY KEY (exception, occurrence, event, level)
    ) STRICT;
    CREATE TABLE dispatch (
        key       TEXT PRIMARY KEY,
        run       TEXT NOT NULL,
        committee TEXT NOT NULL,
        recipient TEXT NOT NULL,
        subject   TEXT NOT NULL,
        sha256    TEXT NOT NULL,
        file      TEXT NOT NULL,
        state     TEXT NOT NULL,
        as_of     TEXT NOT NULL
    ) STRICT;
",
    downloads::MIGRATION,
    answers::MIGRATION,
    guard::MIGRATION,
    attempts::MIGRATION,
    packs::MIGRATION,
    slots::MIGRATION,
    proof::MIGRATION,
    guard::ORDER_OF_RELEASES,
    readings::MIGRATION,
    alerts::SEVERAL_OF_A_KIND,
    arrivals::NEWEST,
    outbox::OPEN,
    standing::MIGRATION,
    amended::MIGRATION,
    arrivals::TIMES,
];

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
}

impl Ledger {
    /// Opens the ledger in a file, which is made or brought to the present format if need be.
    ///
    /// # Errors
    /// If the file cannot be opened or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self> {
        // SQLite gives the files beside a ledger the rights of the ledger; what is wrong it tells itself.
        let _ = crate::disk::to_write().append(true).open(path);
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Self::prepared(connection)
    }

    /// Opens an existing ledger to read from it; nothing is written.
    ///
    /// # Errors
    /// If there is no such file or it was written by a newer version.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = newest();
        match found.cmp(&known) {
            Ordering::Greater => Err(LedgerError::Newer { found, known }),
            Ordering::Equal => Ok(Self { connection }),
            // The next run brings the file to the present format; until then a copy of it is read.
            Ordering::Less => Self::copy_of(path),
        }
    }

    /// A copy of a ledger in memory, for dry runs: the file is left as it is.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn copy_of(path: &Path) -> Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        if path.exists() {
            let source = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let backup = rusqlite::backup::Backup::new(&source, &mut connection)?;
            backup.run_to_completion(1000, Duration::ZERO, None)?;
        }
        Self::prepared(connection)
    }

    fn prepared(connection: Connection) -> Result<Self> {
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        let mut ledger = Self { connection };
        ledger.migrate()?;
        Ok(ledger)
    }

    fn migrate(&mut self) -> Result<()> {
        let found: i64 = self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = newest();
        if found > known {
            return Err(LedgerError::Newer { found, known });
        }
        for (format, statements) in (1_i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
            let transaction = self.begin()?;
            transaction.execute_batch(statements)?;
            transaction.pragma_update(None, "user_version", format)?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Begins a transaction that may write; it waits for others instead of failing later.
    fn begin(&mut self) -> Result<Write<'_>> {
        Ok(Write(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?))
    }
}

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// A date as the ledger keeps it.
fn date(text: &str) -> Result<chrono::NaiveDate> {
    text.parse().map_err(|_| LedgerError::Unreadable(format!("`{text}` is not a date")))
}

/// A moment as the ledger keeps it.
fn moment(text: &str) -> Result<DateTime<Utc>> {
    text.parse().map_err(|_| LedgerError::Unreadable(format!("`{text}` is not a moment")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_keeps_its_format_and_refuses_a_newer_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.sqlite");
        drop(Ledger::open(&path).unwrap());
        let ledger = Ledger::open(&path).unwrap();
        ledger.connection.pragma_update(None, "user_version", 99).unwrap();
        drop(ledger);
        assert!(matches!(Ledger::open(&path), Err(LedgerError::Newer { found: 99, .. })));
        assert!(matches!(Ledger::open_to_read(&path), Err(LedgerError::Newer { found: 99, .. })));
    }

    #[test]
    fn an_older_ledger_can_be_read_before_a_run_brings_it_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        drop(connection);
        assert_eq!(Ledger::open_to_read(&path).unwrap().download_failures().unwrap(), []);
        let connection = Connection::open(&path).unwrap();
        let left: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(left, 1, "reading changes nothing");
    }
}
