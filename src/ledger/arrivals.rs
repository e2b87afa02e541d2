//! What arrived when: every content that a feed ever received, in the order of arrival.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, Result, date};

/// A content that a feed received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Its place in the order of arrival, from 1.
    pub number: u32,
    /// The feed.
    pub feed: String,
    /// The name of the file at the time.
    pub file: String,
    /// The SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// The as-of date of the run that took it in.
    pub received: NaiveDate,
}

/// What the ledger says of a file that lies in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// This content was seen under this name before.
    Before(Arrival),
    /// The content is known from another file.
    Elsewhere(Arrival),
    /// It is new and now an arrival.
    New(Arrival),
}

const COLUMNS: &str = "number, feed, file, sha256, received";

/// The newest file of a feed, and the newest that was not refused, are found without a look at the others.
pub(super) const NEWEST: &str = "
    CREATE INDEX arrival_feed ON arrival (feed);
    CREATE INDEX arrival_taken_in ON arrival (feed) WHERE NOT (json_extract(receipt, '$.state') IS 'rejected');
";

impl Ledger {
    /// Notes a file that lies in the inbox of a feed; a new content becomes an arrival.
    ///
    /// Where only the newest content counts, `newest` is the last arrival from before this reception
    /// ([`Ledger::last_arrival`]). Then a content of before that is sent again, or to which a file goes
    /// back, is an arrival again: whoever sends it wants it to count. Not so a copy of what counts anyhow.
    ///
    /// A name is part of what is read. So a content that was refused is an arrival again under another name,
    /// and so is any whose new name says something else than its old one: `otherwise` tells, of an old name.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    #[allow(clippy::too_many_arguments)]
    pub fn see(
        &mut self,
        feed: &str,
        file: &str,
        sha256: &str,
        received: NaiveDate,
        run: &str,
        newest: Option<u32>,
        otherwise: &dyn Fn(&str) -> bool,
    ) -> Result<Seen> {
        self.see_as(feed, file, file, sha256, received, run, newest, otherwise)
    }

    /// The same for a file that is seen under another name than its own.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn see_as(
        &mut self,
        feed: &str,
        name: &str,
        file: &str,
        sha256: &str,
        received: NaiveDate,
        run: &str,
        newest: Option<u32>,
        otherwise: &dyn Fn(&str) -> bool,
    ) -> Result<Seen> {
        let transaction = self.begin()?;
        let before: Option<(String, u32)> = transaction
            .query_row(
                "SELECT sha256, arrival FROM seen WHERE feed = ?1 AND file = ?2",
                params![feed, name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let same_content: Option<Raw> = transaction
            .query_row(
                &format!("SELECT {COLUMNS} FROM arrival WHERE feed = ?1 AND sha256 = ?2 ORDER BY number DESC LIMIT 1"),
                params![feed, sha256],
                raw,
            )
            .optional()?;
        let last: Option<u32> =
            transaction
                .query_row("SELECT max(number) FROM arrival WHERE feed = ?1", [feed], |row| row.get(0))?;
        let restored = newest.is_some() && before.as_ref().is_some_and(|(old, _)| old != sha256);
        let refused = "json_extract(receipt, '$.state') IS 'rejected'";
        let is_refused = |number: u32| {
            let sql = format!("SELECT {refused} FROM arrival WHERE number = ?1");
            transaction.query_row(&sql, [number], |row| row.get::<_, bool>(0))
        };
        let again = match (&same_content, newest) {
            (Some(known), Some(newest)) if known.number <= newest => {
                let sql = format!("SELECT max(number) FROM arrival WHERE feed = ?1 AND NOT ({refused})");
                let counts: Option<u32> = transaction.query_row(&sql, [feed], |row| row.get(0))?;
                Some(known.number) != counts && !is_refused(known.number)?
            }
            _ => false,
        };
        let renamed = match (&same_content, &before) {
            (Some(known), _) if known.file == file => false,
            (Some(known), Some((old, first))) if old == sha256 => {
                // It was answered by the receipt of a file of another name, before that was refused.
                let sql = "SELECT file FROM arrival WHERE number = ?1";
                let theirs: String = transaction.query_row(sql, [first], |row| row.get(0))?;
                theirs != file && is_refused(known.number)?
            }
            (Some(known), _) => otherwise(&known.file) || is_refused(known.number)?,
            (None, _) => false,
        };
        let seen = match (same_content, before) {
            (Some(known), Some((old, _))) if old == sha256 && !renamed => {
                return Ok(Seen::Before(known.arrival()?));
            }
            (Some(known), _) if !renamed && (!(restored || again) || Some(known.number) == last) => {
                Seen::Elsewhere(known.arrival()?)
            }
            _ => {
                transaction.execute(
                    "INSERT INTO arrival (feed, file, sha256, received, run) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![feed, file, sha256, received.to_string(), run],
                )?;
                let number = u32::try_from(transaction.last_insert_rowid()).unwrap_or(u32::MAX);
                Seen::New(Arrival {
                    number,
                    feed: feed.to_owned(),
                    file: file.to_owned(),
                    sha256: sha256.to_owned(),
                    received,
                })
            }
        };
        let (Seen::Before(arrival) | Seen::Elsewhere(arrival) | Seen::New(arrival)) = &seen;
        transaction.execute(
            "INSERT INTO seen (feed, file, sha256, arrival) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (feed, file) DO UPDATE SET sha256 = excluded.sha256, arrival = excluded.arrival",
            params![feed, name, sha256, arrival.number],
        )?;
        transaction.commit()?;
        Ok(seen)
    }

    /// The number of the last arrival; 0 if there is none.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_arrival(&self) -> Result<u32> {
        let sql = "SELECT coalesce(max(number), 0) FROM arrival";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Everything received on or before a date, in the order of arrival.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn arrivals(&self, until: NaiveDate) -> Result<Vec<Arrival>> {
        let sql = format!("SELECT {COLUMNS} FROM arrival WHERE received <= ?1 ORDER BY number");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([until.to_string()], raw)?;
        rows.map(|row| row?.arrival()).collect()
    }

    /// The feed of an arrival.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn feed_of(&self, arrival: u32) -> Result<Option<String>> {
        let sql = "SELECT feed FROM arrival WHERE number = ?1";
        Ok(self.connection.query_row(sql, [arrival], |row| row.get(0)).optional()?)
    }

    /// The latest date on which anything was received.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_received(&self) -> Result<Option<NaiveDate>> {
        let last: Option<String> =
            self.connection.query_row("SELECT max(received) FROM arrival", [], |row| row.get(0))?;
        last.as_deref().map(date).transpose()
    }

    /// The receipt of an arrival as it was last written, as JSON.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn receipt(&self, arrival: u32) -> Result<Option<String>> {
        let sql = "SELECT receipt FROM arrival WHERE number = ?1";
        Ok(self.connection.query_row(sql, [arrival], |row| row.get(0)).optional()?.flatten())
    }

    /// Keeps the receipt of an arrival.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn keep_receipt(&mut self, arrival: u32, receipt: &str) -> Result<()> {
        let transaction = self.begin()?;
        transaction
            .execute("UPDATE arrival SET receipt = ?2 WHERE number = ?1", params![arrival, receipt])?;
        transaction.commit()?;
        Ok(())
    }
}

/// A row before its date is read.
struct Raw {
    number: u32,
    feed: String,
    file: String,
    sha256: String,
    received: String,
}

impl Raw {
    fn arrival(self) -> Result<Arrival> {
        let received = date(&self.received)?;
        Ok(Arrival { number: self.number, feed: self.feed, file: self.file, sha256: self.sha256, received })
    }
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        number: row.get(0)?,
        feed: row.get(1)?,
        file: row.get(2)?,
        sha256: row.get(3)?,
        received: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// No name says anything.
    const SAME: fn(&str) -> bool = |_| false;

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        (dir, ledger)
    }

    #[test]
    fn the_same_content_twice_is_one_arrival() {
        let (_dir, mut ledger) = ledger();
        let mut see = |file: &str, sha: &str| {
            ledger.see("visits", file, sha, day("2026-07-14"), "r", Some(0), &SAME).unwrap()
        };
        assert!(matches!(see("a.xlsx", "1"), Seen::New(a) if a.number == 1));
        assert!(matches!(see("a.xlsx", "1"), Seen::Before(a) if a.number == 1));
        assert!(matches!(see("copy of a.xlsx", "1"), Seen::Elsewhere(a) if a.number == 1));
        assert_eq!(ledger.arrivals(day("2026-07-14")).unwrap().len(), 1);
        assert_eq!(ledger.arrivals(day("2026-07-13")).unwrap().len(), 0);
    }

    #[test]
    fn a_restored_sheet_is_an_arrival_again() {
        let (_dir, mut ledger) = ledger();
        let mut see = |sha: &str, newest| {
            ledger.see("visits", "a.xlsx", sha, day("2026-07-14"), "r", newest, &SAME).unwrap()
        };
        assert!(matches!(see("1", Some(0)), Seen::New(_)));
        assert!(matches!(see("2", Some(0)), Seen::New(_)));
        assert!(matches!(see("1", Some(0)), Seen::New(a) if a.number == 3), "the old content counts again");
        assert!(matches!(see("2", None), Seen::Elsewhere(_)), "where every file counts it counts already");
    }

    #[test]
    fn an_old_content_that_is_sent_again_counts_again_and_a_copy_among_others_does_not() {
        let (_dir, mut ledger) = ledger();
        let see = |ledger: &mut Ledger, file: &str, sha: &str, before| {
            ledger.see("visits", file, sha, day("2026-07-14"), "r", Some(before), &SAME).unwrap()
        };
        see(&mut ledger, "a.xlsx", "1", 0);
        see(&mut ledger, "b.xlsx", "2", 0);
        assert!(matches!(see(&mut ledger, "copy of a.xlsx", "1", 0), Seen::Elsewhere(a) if a.number == 1));
        assert!(matches!(see(&mut ledger, "again.xlsx", "1", 2), Seen::New(a) if a.number == 3));
        assert!(matches!(see(&mut ledger, "again.xlsx", "1", 3), Seen::Before(a) if a.number == 3));
        // A file that was refused did not take the place of the one before it.
        see(&mut ledger, "bad.xlsx", "4", 3);
        ledger.keep_receipt(4, r#"{"state":"rejected"}"#).unwrap();
        assert!(matches!(see(&mut ledger, "third.xlsx", "1", 4), Seen::Elsewhere(a) if a.number == 3));
        see(&mut ledger, "good.xlsx", "5", 4);
        assert!(matches!(see(&mut ledger, "bad.xlsx", "4", 5), Seen::Before(a) if a.number == 4));
    }

    #[test]
    fn a_refused_content_is_an_arrival_again_under_another_name() {
        let (_dir, mut ledger) = ledger();
        for newest in [Some(0), None] {
            let feed = format!("qof {newest:?}");
            let mut see = |file: &str| {
                let seen = ledger.see(&feed, file, "1", day("2026-07-14"), "r", newest, &SAME).unwrap();
                let number = ledger.last_arrival().unwrap();
                (matches!(seen, Seen::New(_)), number)
            };
            let (_, bad) = see("qof.csv");
            // Both lie there before either is answered.
            assert_eq!(see("qof 2026-27.csv"), (false, bad));
            ledger.keep_receipt(bad, r#"{"state":"rejected"}"#).unwrap();
            let mut see = |file: &str| {
                let seen = ledger.see(&feed, file, "1", day("2026-07-15"), "r", newest, &SAME).unwrap();
                matches!(seen, Seen::New(_))
            };
            assert!(!see("qof.csv"));
            assert!(see("qof 2026-27.csv"));
            assert!(!see("qof 2026-27.csv") && !see("qof.csv"));
            let good = ledger.last_arrival().unwrap();
            ledger.keep_receipt(good, r#"{"state":"accepted"}"#).unwrap();
            let copy = ledger.see(&feed, "copy.csv", "1", day("2026-07-16"), "r", newest, &SAME).unwrap();
            assert!(matches!(copy, Seen::Elsewhere(a) if a.number == good));
        }
    }

    #[test]
    fn a_content_whose_name_says_something_else_is_an_arrival_again_once() {
        let (_dir, mut ledger) = ledger();
        let mut is_new = |file: &str| {
            let otherwise = |known: &str| known != file;
            let seen = ledger.see("qof", file, "1", day("2026-07-14"), "r", None, &otherwise).unwrap();
            matches!(seen, Seen::New(_))
        };
        assert!(is_new("2025-26.csv") && is_new("2026-27.csv"));
        assert!(!is_new("2025-26.csv") && !is_new("2026-27.csv"));
    }
}
