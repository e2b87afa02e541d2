//! What arrived when: every content that a feed ever received, in the order of arrival.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::standing::Verdict;
use super::{Ledger, Result, date, moment};
use crate::diagnostic::Code;

/// When files of the inbox were changed, and by which way each came.
pub(super) const TIMES: &str = "
    ALTER TABLE seen ADD COLUMN modified TEXT;
    ALTER TABLE arrival ADD COLUMN way TEXT NOT NULL DEFAULT 'dropped';
";

/// A content that a feed received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Its place in the order of arrival, from 1.
    pub number: u32,
    /// The feed.
    pub feed: String,
    /// The name of the file at the time.
    pub file: String,
    /// The SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// The as-of date of the run that took it in, or the date that a named person gave it.
    pub received: NaiveDate,
    /// How it came.
    pub way: Way,
    /// Whether it was held, from when on; in the order in which it was found.
    pub verdicts: Vec<Verdict>,
}

/// How a content came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Way {
    /// It lay in the inbox.
    #[default]
    Dropped,
    /// It was fetched, and its length was what the server had said.
    Fetched,
    /// It was fetched, and nothing says how long it should be.
    Unsure,
}

impl Way {
    fn word(self) -> &'static str {
        self.into()
    }
}

/// What the ledger says of a file that lies in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// This content was seen under this name before.
    Before(Arrival),
    /// The content is known from another file.
    Elsewhere(Arrival),
    /// It is new, or was received again, and is an arrival now.
    New(Arrival),
}

/// A file as it lies in the inbox, or as it was fetched.
#[derive(Clone, Copy)]
pub struct Sighting<'s> {
    /// The feed.
    pub feed: &'s str,
    /// What it is seen under: its name, or its source.
    pub name: &'s str,
    /// The name of the file.
    pub file: &'s str,
    /// The SHA-256 of its content.
    pub sha256: &'s str,
    /// When it was last changed, where that tells something.
    pub modified: Option<DateTime<Utc>>,
    /// How it came.
    pub way: Way,
    /// Whether the same content lies there under another name, too.
    pub twice: bool,
    /// Whether its name says something else than an earlier one of the same content.
    pub otherwise: &'s dyn Fn(&str) -> bool,
}

/// The reception that takes files in.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'i> {
    /// The day that counts as that of arrival.
    pub received: NaiveDate,
    /// What takes them in.
    pub run: &'i str,
    /// The last arrival from before it ([`Ledger::last_arrival`]).
    pub before: u32,
    /// Whether all that lies there has another time than before, as after a folder was copied: then a newer
    /// time says nothing.
    pub copied: bool,
}

const COLUMNS: &str = "arrival.number, arrival.feed, arrival.file, arrival.sha256, \
                       coalesce(amended.received, arrival.received), arrival.way";
/// Arrivals with what a named person last said of each.
const AMENDED: &str = "arrival LEFT JOIN amended ON amended.number =
                       (SELECT max(number) FROM amended AS last WHERE last.arrival = arrival.number)";
const NOT_VOID: &str = "amended.kind IS NOT 'void'";
/// Whether a file could not be read: not one that a named person took back, or may let count.
const REFUSED: &str = "json_extract(arrival.receipt, '$.state') IS 'rejected' AND amended.kind IS NOT 'void'
                       AND json_extract(arrival.receipt, '$.problems[0].code') IS NOT ?2";

/// The newest file of a feed is found without a look at the others.
pub(super) const NEWEST: &str = "CREATE INDEX arrival_feed ON arrival (feed);";

impl Ledger {
    /// Notes a file that lies in the inbox of a feed, or was fetched; what is received becomes an arrival.
    ///
    /// Received is a new content; and one that is known, under a new name, or under its old name with other
    /// content in between or with a newer time. The same content that lies there twice is known, unless its names
    /// say different things, or it was refused under the other one: a name is part of what is read.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn see(&mut self, file: &Sighting<'_>, intake: &Intake<'_>) -> Result<Seen> {
        let transaction = self.begin()?;
        let before: Option<Before> = transaction
            .query_row(
                "SELECT seen.sha256, seen.modified, arrival.file FROM seen JOIN arrival
                 ON arrival.number = seen.arrival WHERE seen.feed = ?1 AND seen.file = ?2",
                params![file.feed, file.name],
                |row| Ok(Before { sha256: row.get(0)?, modified: row.get(1)?, answered_as: row.get(2)? }),
            )
            .optional()?;
        let known: Option<Raw> = transaction
            .query_row(
                &format!(
                    "SELECT {COLUMNS} FROM {AMENDED} WHERE arrival.feed = ?1 AND arrival.sha256 = ?2
                     ORDER BY arrival.number DESC LIMIT 1"
                ),
                params![file.feed, file.sha256],
                raw,
            )
            .optional()?;
        let last: Option<u32> = transaction
            .query_row(
                &format!(
                    "SELECT arrival.number FROM {AMENDED} WHERE arrival.feed = ?1 AND {NOT_VOID}
                 ORDER BY arrival.number DESC LIMIT 1"
                ),
                [file.feed],
                |row| row.get(0),
            )
            .optional()?;
        let same_name = before.as_ref().is_some_and(|before| before.sha256 == file.sha256);
        let then = before.as_ref().and_then(|before| before.modified.as_deref()).map(moment).transpose()?;
        let newer = match (file.modified, then) {
            (Some(now), Some(then)) => !intake.copied && now.timestamp_millis() > then.timestamp_millis(),
            _ => false,
        };
        let renamed = match &known {
            Some(known) if known.file != file.file => {
                let sql = format!("SELECT {REFUSED} FROM {AMENDED} WHERE arrival.number = ?1");
                let refused: bool =
                    transaction.query_row(&sql, params![known.number, Code::Held.id()], |row| row.get(0))?;
                match &before {
                    // It was answered by the receipt of a file of another name, before that was refused.
                    Some(before) if same_name => refused && before.answered_as != file.file,
                    _ => refused || (file.otherwise)(&known.file),
                }
            }
            _ => false,
        };
        let seen = match known {
            Some(known) if same_name && !newer && !renamed => Seen::Before(known.arrival()?),
            // It lies there twice and is the newest, or was written anew while it was taken in.
            Some(known)
                if !renamed && (known.number > intake.before || file.twice) && Some(known.number) == last =>
            {
                if same_name {
                    Seen::Before(known.arrival()?)
                } else {
                    Seen::Elsewhere(known.arrival()?)
                }
            }
            _ => {
                transaction.execute(
                    "INSERT INTO arrival (feed, file, sha256, received, run, way) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        file.feed,
                        file.file,
                        file.sha256,
                        intake.received.to_string(),
                        intake.run,
                        file.way.word()
                    ],
                )?;
                let number = u32::try_from(transaction.last_insert_rowid()).unwrap_or(u32::MAX);
                Seen::New(Arrival {
                    number,
                    feed: file.feed.to_owned(),
                    file: file.file.to_owned(),
                    sha256: file.sha256.to_owned(),
                    received: intake.received,
                    way: file.way,
                    verdicts: Vec::new(),
                })
            }
        };
        let (Seen::Before(arrival) | Seen::Elsewhere(arrival) | Seen::New(arrival)) = &seen;
        let modified = file.modified.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
        transaction.execute(
            "INSERT INTO seen (feed, file, sha256, arrival, modified) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (feed, file) DO UPDATE SET sha256 = excluded.sha256, arrival = excluded.arrival,
                 modified = coalesce(excluded.modified, seen.modified)",
            params![file.feed, file.name, file.sha256, arrival.number, modified],
        )?;
        transaction.commit()?;
        Ok(seen)
    }

    /// The content that a name of a feed was last seen with, and when that was changed.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_seen(&self, feed: &str, name: &str) -> Result<Option<(String, Option<DateTime<Utc>>)>> {
        let sql = "SELECT sha256, modified FROM seen WHERE feed = ?1 AND file = ?2";
        let found: Option<(String, Option<String>)> =
            self.connection.query_row(sql, [feed, name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((sha256, modified)) = found else { return Ok(None) };
        Ok(Some((sha256, modified.as_deref().map(moment).transpose()?)))
    }

    /// The number of the last arrival; 0 if nothing ever arrived.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_arrival(&self) -> Result<u32> {
        let sql = "SELECT coalesce(max(number), 0) FROM arrival";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Everything received on or before a date, in the order of arrival, but for what a named person took
    /// back.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn arrivals(&self, until: NaiveDate) -> Result<Vec<Arrival>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {AMENDED}
             WHERE coalesce(amended.received, arrival.received) <= ?1 AND {NOT_VOID} ORDER BY arrival.number"
        );
        self.listed(&sql, &[&until.to_string()])
    }

    /// Everything ever received, also what was taken back.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn every_arrival(&self) -> Result<Vec<Arrival>> {
        self.listed(&format!("SELECT {COLUMNS} FROM {AMENDED} ORDER BY arrival.number"), &[])
    }

    fn listed(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Arrival>> {
        let mut verdicts = self.verdicts()?;
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(values, raw)?;
        rows.map(|row| {
            let mut arrival = row?.arrival()?;
            arrival.verdicts = verdicts.remove(&arrival.number).unwrap_or_default();
            Ok(arrival)
        })
        .collect()
    }

    /// The feed of an arrival.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn feed_of(&self, arrival: u32) -> Result<Option<String>> {
        let sql = "SELECT feed FROM arrival WHERE number = ?1";
        Ok(self.connection.query_row(sql, [arrival], |row| row.get(0)).optional()?)
    }

    /// The latest date on which anything was received that counts.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_received(&self) -> Result<Option<NaiveDate>> {
        let sql = format!(
            "SELECT max(coalesce(amended.received, arrival.received)) FROM {AMENDED} WHERE {NOT_VOID}"
        );
        let last: Option<String> = self.connection.query_row(&sql, [], |row| row.get(0))?;
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

#[cfg(test)]
impl Ledger {
    /// Sees a dropped file, for tests.
    pub fn see_dropped(&mut self, feed: &str, file: &str, sha256: &str, received: NaiveDate) -> Seen {
        let file = Sighting {
            feed,
            name: file,
            file,
            sha256,
            modified: None,
            way: Way::Dropped,
            twice: false,
            otherwise: &|_| false,
        };
        self.see(&file, &Intake { received, run: "r", before: 0, copied: false }).unwrap()
    }
}

/// What a name was last seen with.
struct Before {
    sha256: String,
    modified: Option<String>,
    /// The name of the file whose receipt answered it.
    answered_as: String,
}

/// A row before its date is read.
struct Raw {
    number: u32,
    feed: String,
    file: String,
    sha256: String,
    received: String,
    way: String,
}

impl Raw {
    fn arrival(self) -> Result<Arrival> {
        Ok(Arrival {
            number: self.number,
            feed: self.feed,
            file: self.file,
            sha256: self.sha256,
            received: date(&self.received)?,
            way: self
                .way
                .parse()
                .map_err(|_| super::LedgerError::Unreadable(format!("`{}` is no way in", self.way)))?,
            verdicts: Vec::new(),
        })
    }
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        number: row.get(0)?,
        feed: row.get(1)?,
        file: row.get(2)?,
        sha256: row.get(3)?,
        received: row.get(4)?,
        way: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        (dir, ledger)
    }

    /// Sees a file of one letter's content, changed at a second, in a reception after `before` arrivals.
    fn see(ledger: &mut Ledger, name: &str, sha256: &str, second: i64, before: u32) -> Seen {
        let modified = DateTime::from_timestamp(second, 0);
        let file = Sighting {
            feed: "dashboard",
            name,
            file: name,
            sha256,
            modified,
            way: Way::Dropped,
            twice: false,
            otherwise: &|_| false,
        };
        let intake = Intake { received: day("2026-07-14"), run: "r", before, copied: false };
        ledger.see(&file, &intake).unwrap()
    }

    #[test]
    fn the_same_content_twice_in_one_reception_is_one_arrival() {
        let (_dir, mut ledger) = ledger();
        assert!(matches!(see(&mut ledger, "a.xlsx", "1", 1, 0), Seen::New(a) if a.number == 1));
        assert!(matches!(see(&mut ledger, "a.xlsx", "1", 1, 0), Seen::Before(a) if a.number == 1));
        assert!(matches!(see(&mut ledger, "copy of a.xlsx", "1", 1, 0), Seen::Elsewhere(a) if a.number == 1));
        assert_eq!(ledger.arrivals(day("2026-07-14")).unwrap().len(), 1);
        assert_eq!(ledger.arrivals(day("2026-07-13")).unwrap().len(), 0);
        // The next night both lie there as they were.
        assert!(matches!(see(&mut ledger, "a.xlsx", "1", 1, 1), Seen::Before(_)));
        assert!(matches!(see(&mut ledger, "copy of a.xlsx", "1", 1, 1), Seen::Before(_)));
    }

    #[test]
    fn a_content_is_received_again_under_a_new_name_or_after_another_or_with_a_newer_time() {
        let (_dir, mut ledger) = ledger();
        see(&mut ledger, "a.xlsx", "1", 1, 0);
        see(&mut ledger, "b.xlsx", "2", 2, 0);
        assert!(matches!(see(&mut ledger, "c.xlsx", "1", 3, 2), Seen::New(a) if a.number == 3), "a new name");
        assert!(matches!(see(&mut ledger, "a.xlsx", "1", 1, 3), Seen::Before(_)), "it lies there unchanged");
        assert!(
            matches!(see(&mut ledger, "a.xlsx", "1", 9, 3), Seen::New(a) if a.number == 4),
            "a newer time"
        );
        assert!(matches!(see(&mut ledger, "a.xlsx", "1", 9, 4), Seen::Before(_)), "once");
        assert!(matches!(see(&mut ledger, "b.xlsx", "3", 10, 4), Seen::New(a) if a.number == 5));
        assert!(
            matches!(see(&mut ledger, "b.xlsx", "2", 10, 5), Seen::New(a) if a.number == 6),
            "other content in between"
        );
    }

    #[test]
    fn within_one_reception_the_content_of_the_later_file_counts() {
        let (_dir, mut ledger) = ledger();
        see(&mut ledger, "a.xlsx", "1", 1, 0);
        see(&mut ledger, "b.xlsx", "2", 2, 0);
        assert!(matches!(see(&mut ledger, "c.xlsx", "1", 3, 0), Seen::New(a) if a.number == 3));
    }

    #[test]
    fn a_copy_that_lies_beside_the_newest_file_is_known_and_one_that_lies_alone_is_received_again() {
        let (_dir, mut ledger) = ledger();
        see(&mut ledger, "a.xlsx", "1", 1, 0);
        let copy = Sighting {
            feed: "dashboard",
            name: "copy of a.xlsx",
            file: "copy of a.xlsx",
            sha256: "1",
            modified: None,
            way: Way::Dropped,
            twice: true,
            otherwise: &|_| false,
        };
        let intake = Intake { received: day("2026-07-15"), run: "r", before: 1, copied: false };
        assert!(matches!(ledger.see(&copy, &intake).unwrap(), Seen::Elsewhere(a) if a.number == 1));
        assert!(matches!(see(&mut ledger, "august.xlsx", "1", 5, 1), Seen::New(a) if a.number == 2));
        see(&mut ledger, "b.xlsx", "2", 6, 2);
        let again = Sighting { name: "copy 2", file: "copy 2", ..copy };
        let intake = Intake { before: 3, ..intake };
        assert!(
            matches!(ledger.see(&again, &intake).unwrap(), Seen::New(a) if a.number == 4),
            "it was replaced"
        );
    }

    #[test]
    fn times_of_a_copied_folder_say_nothing() {
        let (_dir, mut ledger) = ledger();
        see(&mut ledger, "a.xlsx", "1", 1, 0);
        see(&mut ledger, "b.xlsx", "2", 2, 0);
        let file = Sighting {
            feed: "dashboard",
            name: "a.xlsx",
            file: "a.xlsx",
            sha256: "1",
            modified: DateTime::from_timestamp(50, 0),
            way: Way::Dropped,
            twice: false,
            otherwise: &|_| false,
        };
        let intake = Intake { received: day("2026-07-15"), run: "r", before: 2, copied: true };
        assert!(matches!(ledger.see(&file, &intake).unwrap(), Seen::Before(a) if a.number == 1));
        // From then on its time is the new one.
        assert!(matches!(see(&mut ledger, "a.xlsx", "1", 50, 2), Seen::Before(_)));
    }

    #[test]
    fn a_refused_content_is_an_arrival_again_under_another_name() {
        let (_dir, mut ledger) = ledger();
        assert!(matches!(see(&mut ledger, "qof.csv", "1", 1, 0), Seen::New(_)));
        // Both lie there before either is answered.
        assert!(matches!(see(&mut ledger, "qof 2026-27.csv", "1", 1, 0), Seen::Elsewhere(_)));
        ledger.keep_receipt(1, r#"{"state":"rejected","problems":[{"code":"file-name"}]}"#).unwrap();
        assert!(matches!(see(&mut ledger, "qof.csv", "1", 1, 1), Seen::Before(_)));
        assert!(matches!(see(&mut ledger, "qof 2026-27.csv", "1", 1, 1), Seen::New(a) if a.number == 2));
        assert!(matches!(see(&mut ledger, "qof 2026-27.csv", "1", 1, 2), Seen::Before(_)));
        assert!(matches!(see(&mut ledger, "qof.csv", "1", 1, 2), Seen::Before(_)));
    }

    #[test]
    fn a_copy_of_a_held_content_is_none() {
        let (_dir, mut ledger) = ledger();
        see(&mut ledger, "a.csv", "1", 1, 0);
        see(&mut ledger, "b.csv", "1", 1, 0);
        ledger.keep_receipt(1, r#"{"state":"rejected","problems":[{"code":"held"}]}"#).unwrap();
        assert!(matches!(see(&mut ledger, "b.csv", "1", 1, 1), Seen::Before(_)));
    }

    #[test]
    fn a_content_whose_name_says_something_else_is_an_arrival_again_once() {
        let (_dir, mut ledger) = ledger();
        let mut is_new = |file: &str| {
            let sighting = Sighting {
                feed: "qof",
                name: file,
                file,
                sha256: "1",
                modified: None,
                way: Way::Dropped,
                twice: true,
                otherwise: &|known| known != file,
            };
            let intake = Intake { received: day("2026-07-14"), run: "r", before: 0, copied: false };
            matches!(ledger.see(&sighting, &intake).unwrap(), Seen::New(_))
        };
        assert!(is_new("2025-26.csv") && is_new("2026-27.csv"));
        assert!(!is_new("2025-26.csv") && !is_new("2026-27.csv"));
    }
}
