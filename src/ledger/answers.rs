//! Which arrivals have been answered: a receipt is sent for each once, whatever happens to the run that
//! took it in.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, params};

use super::{Ledger, Result};

/// Arrivals of before have had their receipts beside the file; nothing is sent for them now.
pub(super) const MIGRATION: &str = "
    CREATE TABLE answered (
        arrival INTEGER PRIMARY KEY REFERENCES arrival (number)
    ) STRICT;
    INSERT INTO answered (arrival) SELECT number FROM arrival;
    CREATE TABLE checked_copy (
        feed   TEXT NOT NULL,
        file   TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (feed, file)
    ) STRICT;
";

impl Ledger {
    /// The arrivals up to a date whose receipts have not been planned yet, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn unanswered(&self, until: NaiveDate) -> Result<Vec<u32>> {
        let sql = "SELECT number FROM arrival WHERE received <= ?1
                   AND number NOT IN (SELECT arrival FROM answered) ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([until.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that the receipts of these arrivals are in the outbox, or have nobody to go to.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_answered(&mut self, arrivals: &[u32]) -> Result<()> {
        let transaction = self.begin()?;
        for arrival in arrivals {
            transaction.execute("INSERT OR IGNORE INTO answered (arrival) VALUES (?1)", [arrival])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The SHA-256 of the checked copy that was last written beside a file.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn checked_copy(&self, feed: &str, file: &str) -> Result<Option<String>> {
        let sql = "SELECT sha256 FROM checked_copy WHERE feed = ?1 AND file = ?2";
        Ok(self.connection.query_row(sql, params![feed, file], |row| row.get(0)).optional()?)
    }

    /// Notes the checked copy that is about to be written beside a file.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_checked_copy(&mut self, feed: &str, file: &str, sha256: &str) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO checked_copy (feed, file, sha256) VALUES (?1, ?2, ?3)
             ON CONFLICT (feed, file) DO UPDATE SET sha256 = excluded.sha256",
            params![feed, file, sha256],
        )?;
        transaction.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_arrival_is_answered_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let day: NaiveDate = "2026-07-14".parse().unwrap();
        ledger.see_dropped("visits", "a.xlsx", "1", day);
        ledger.see_dropped("visits", "b.xlsx", "2", day);
        assert_eq!(ledger.unanswered(day).unwrap(), [1, 2]);
        ledger.note_answered(&[1]).unwrap();
        ledger.note_answered(&[1]).unwrap();
        assert_eq!(ledger.unanswered(day).unwrap(), [2]);
        assert_eq!(ledger.unanswered(day.pred_opt().unwrap()).unwrap(), [] as [u32; 0]);
    }

    #[test]
    fn the_last_checked_copy_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        assert_eq!(ledger.checked_copy("visits", "a.xlsx").unwrap(), None);
        ledger.note_checked_copy("visits", "a.xlsx", "1").unwrap();
        ledger.note_checked_copy("visits", "a.xlsx", "2").unwrap();
        assert_eq!(ledger.checked_copy("visits", "a.xlsx").unwrap().as_deref(), Some("2"));
    }
}
