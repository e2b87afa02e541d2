//! What was fetched from where: how to ask the next time, and what failed the last time.
//!
//! Addresses are kept as the pipeline gives them, which hold no secrets; tokens are kept nowhere.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Intake, Ledger, LedgerError, Result, Seen, Sighting, Way, date};

pub(super) const MIGRATION: &str = "
    CREATE TABLE download (
        feed     TEXT NOT NULL,
        source   TEXT NOT NULL,
        file     TEXT NOT NULL,
        sha256   TEXT NOT NULL,
        bytes    INTEGER NOT NULL,
        etag     TEXT,
        modified TEXT,
        fetched  TEXT NOT NULL,
        checked  TEXT NOT NULL,
        PRIMARY KEY (feed, source)
    ) STRICT;
    CREATE TABLE download_failure (
        feed  TEXT PRIMARY KEY,
        why   TEXT NOT NULL,
        since TEXT NOT NULL,
        tried TEXT NOT NULL
    ) STRICT;
";

/// The last file that a source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The feed.
    pub feed: String,
    /// The source: an address without secrets, and the member of an archive.
    pub source: String,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The server's mark of that version.
    pub etag: Option<String>,
    /// When it was changed, as the server wrote it.
    pub modified: Option<String>,
    /// When it came.
    pub fetched: DateTime<Utc>,
    /// When the server last said that it is still the newest.
    pub checked: DateTime<Utc>,
}

/// A download that failed the last time it was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadFailure {
    /// The feed.
    pub feed: String,
    /// Why.
    pub why: String,
    /// The as-of date of the first run in a row in which it failed.
    pub since: NaiveDate,
    /// When it was last tried.
    pub tried: DateTime<Utc>,
}

const COLUMNS: &str = "feed, source, file, sha256, bytes, etag, modified, fetched, checked";

impl Ledger {
    /// Notes a fetched file: it is an arrival if its content is new, as a dropped file would be.
    ///
    /// Downloads are seen under names of their own, so that a file of the same name in the inbox does not
    /// look like an older version of it each time.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn see_download(&mut self, download: &Download, way: Way, intake: &Intake<'_>) -> Result<Seen> {
        let name = format!("download of {}", download.source);
        let file = Sighting {
            feed: &download.feed,
            name: &name,
            file: &download.file,
            sha256: &download.sha256,
            modified: None,
            way,
            twice: false,
            otherwise: &|_| false,
        };
        let seen = self.see(&file, intake)?;
        let transaction = self.begin()?;
        transaction.execute(
            &format!(
                "INSERT OR REPLACE INTO download ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            ),
            params![
                download.feed,
                download.source,
                download.file,
                download.sha256,
                i64::try_from(download.bytes).unwrap_or(i64::MAX),
                download.etag,
                download.modified,
                text(download.fetched),
                text(download.checked),
            ],
        )?;
        transaction.execute("DELETE FROM download_failure WHERE feed = ?1", [&download.feed])?;
        transaction.commit()?;
        Ok(seen)
    }

    /// Notes that a source still has what it gave last.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_unchanged(&mut self, feed: &str, source: &str, at: DateTime<Utc>) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "UPDATE download SET checked = ?3 WHERE feed = ?1 AND source = ?2",
            params![feed, source, text(at)],
        )?;
        transaction.execute("DELETE FROM download_failure WHERE feed = ?1", [feed])?;
        transaction.commit()?;
        Ok(())
    }

    /// Notes that a download failed; the date since when it does stays.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_download_failure(
        &mut self,
        feed: &str,
        why: &str,
        as_of: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO download_failure (feed, why, since, tried) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (feed) DO UPDATE SET why = excluded.why, tried = excluded.tried",
            params![feed, why, as_of.to_string(), text(at)],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// What a source of a feed gave last.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn download(&self, feed: &str, source: &str) -> Result<Option<Download>> {
        let sql = format!("SELECT {COLUMNS} FROM download WHERE feed = ?1 AND source = ?2");
        self.connection.query_row(&sql, [feed, source], raw).optional()?.transpose()
    }

    /// The newest file that a feed's downloads gave.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_download(&self, feed: &str) -> Result<Option<Download>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM download WHERE feed = ?1 ORDER BY checked DESC, fetched DESC LIMIT 1"
        );
        self.connection.query_row(&sql, [feed], raw).optional()?.transpose()
    }

    /// The downloads that failed the last time they were tried, by feed.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn download_failures(&self) -> Result<Vec<DownloadFailure>> {
        let mut statement =
            self.connection.prepare("SELECT feed, why, since, tried FROM download_failure ORDER BY feed")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        })?;
        rows.map(|row| {
            let (feed, why, since, tried) = row?;
            Ok(DownloadFailure { feed, why, since: date(&since)?, tried: moment(&tried)? })
        })
        .collect()
    }
}

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<Download>> {
    let (fetched, checked): (String, String) = (row.get(7)?, row.get(8)?);
    let bytes: i64 = row.get(4)?;
    let (fetched, checked) = match (moment(&fetched), moment(&checked)) {
        (Ok(fetched), Ok(checked)) => (fetched, checked),
        (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
    };
    Ok(Ok(Download {
        feed: row.get(0)?,
        source: row.get(1)?,
        file: row.get(2)?,
        sha256: row.get(3)?,
        bytes: u64::try_from(bytes).unwrap_or(0),
        etag: row.get(5)?,
        modified: row.get(6)?,
        fetched,
        checked,
    }))
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn moment(text: &str) -> Result<DateTime<Utc>> {
    let read = DateTime::parse_from_rfc3339(text);
    read.map(|at| at.with_timezone(&Utc))
        .map_err(|_| LedgerError::Unreadable(format!("`{text}` is not a moment")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        moment(text).unwrap()
    }

    fn download(sha256: &str) -> Download {
        Download {
            feed: "ods-register".into(),
            source: "https://files.example/epraccur.csv".into(),
            file: "epraccur.csv".into(),
            sha256: sha256.into(),
            bytes: 7,
            etag: Some("\"1\"".into()),
            modified: None,
            fetched: at("2026-07-14T01:30:00Z"),
            checked: at("2026-07-14T01:30:00Z"),
        }
    }

    fn intake(received: &str, before: u32) -> Intake<'static> {
        Intake { received: day(received), run: "r", before, copied: false }
    }

    #[test]
    fn a_download_is_an_arrival_and_its_mark_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let one = download("1");
        assert!(matches!(
            ledger.see_download(&one, Way::Fetched, &intake("2026-07-14", 0)).unwrap(),
            Seen::New(_)
        ));
        assert_eq!(ledger.download(&one.feed, &one.source).unwrap(), Some(one.clone()));
        assert_eq!(ledger.last_download(&one.feed).unwrap().unwrap().etag, one.etag);
        ledger.note_unchanged(&one.feed, &one.source, at("2026-07-15T01:30:00Z")).unwrap();
        assert_eq!(ledger.last_download(&one.feed).unwrap().unwrap().checked, at("2026-07-15T01:30:00Z"));
    }

    #[test]
    fn a_dropped_file_and_a_download_of_one_name_do_not_replace_each_other_by_turns() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let mut arrivals = Vec::new();
        for _ in 0..3 {
            let night = intake("2026-07-14", ledger.last_arrival().unwrap());
            ledger.see_download(&download("1"), Way::Fetched, &night).unwrap();
            let dropped = Sighting {
                feed: "ods-register",
                name: "epraccur.csv",
                file: "epraccur.csv",
                sha256: "2",
                modified: None,
                way: Way::Dropped,
                twice: false,
                otherwise: &|_| false,
            };
            ledger.see(&dropped, &night).unwrap();
            arrivals.push(ledger.arrivals(day("2026-07-14")).unwrap().len());
        }
        assert_eq!(arrivals, [2, 2, 2]);
    }

    #[test]
    fn a_failure_is_remembered_since_its_first_night_and_forgotten_on_success() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        for (night, why) in [("2026-07-14", "busy"), ("2026-07-15", "gone")] {
            let tried = at(&format!("{night}T01:30:00Z"));
            ledger.note_download_failure("ods-register", why, day(night), tried).unwrap();
        }
        let failures = ledger.download_failures().unwrap();
        assert_eq!((failures[0].why.as_str(), failures[0].since), ("gone", day("2026-07-14")));
        ledger.see_download(&download("1"), Way::Fetched, &intake("2026-07-16", 0)).unwrap();
        assert_eq!(ledger.download_failures().unwrap(), []);
    }
}
