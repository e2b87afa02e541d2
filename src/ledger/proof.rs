//! What is needed to do a run again and to prove that it comes out the same: under which hash its
//! pipeline lies in the store, which files it wrote, and what retention has removed since.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, Result, date};

/// The tables of this part of the ledger.
pub(super) const MIGRATION: &str = "
    CREATE TABLE pipeline_kept (
        sha256    TEXT PRIMARY KEY,
        contents  TEXT NOT NULL,
        first_run TEXT NOT NULL
    ) STRICT;
    CREATE TABLE result_kept (
        run    TEXT PRIMARY KEY,
        sha256 TEXT NOT NULL
    ) STRICT;
    CREATE TABLE written (
        run    TEXT NOT NULL,
        path   TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        bytes  INTEGER NOT NULL,
        PRIMARY KEY (run, path)
    ) STRICT;
    CREATE TABLE removal (
        number INTEGER PRIMARY KEY,
        path   TEXT NOT NULL,
        class  TEXT NOT NULL,
        bytes  INTEGER NOT NULL,
        why    TEXT NOT NULL,
        as_of  TEXT NOT NULL
    ) STRICT;
";

/// A file that a run wrote into its folder of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its path below the run's folder, with `/` between the parts.
    pub path: String,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// Something that retention removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Its path below the data folder, with `/` between the parts.
    pub path: String,
    /// The class of the policy it fell under.
    pub class: String,
    /// Its size.
    pub bytes: u64,
    /// Why it went.
    pub why: String,
    /// The date for which the policy was applied.
    pub as_of: NaiveDate,
}

impl Ledger {
    /// Notes where in the store the files of a pipeline are listed; known pipelines stay as they are.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn keep_pipeline(&mut self, sha256: &str, contents: &str, run: &str) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO pipeline_kept (sha256, contents, first_run) VALUES (?1, ?2, ?3)
             ON CONFLICT (sha256) DO UPDATE SET contents = excluded.contents",
            params![sha256, contents, run],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// The SHA-256 under which the store has the list of a pipeline's files.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn kept_pipeline(&self, sha256: &str) -> Result<Option<String>> {
        let sql = "SELECT contents FROM pipeline_kept WHERE sha256 = ?1";
        Ok(self.connection.query_row(sql, [sha256], |row| row.get(0)).optional()?)
    }

    /// Every pipeline that was kept: the run that used it first, and the SHA-256 of the list of its files.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn kept_pipelines(&self) -> Result<Vec<(String, String)>> {
        self.pairs("SELECT first_run, contents FROM pipeline_kept ORDER BY first_run")
    }

    /// Every run whose result was kept, with the SHA-256 of it.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn kept_results(&self) -> Result<Vec<(String, String)>> {
        self.pairs("SELECT run, sha256 FROM result_kept ORDER BY run")
    }

    /// The SHA-256 under which the store has what the packs of a run said; none if they are not kept there.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn kept_result(&self, run: &str) -> Result<Option<String>> {
        let sql = "SELECT sha256 FROM result_kept WHERE run = ?1";
        Ok(self.connection.query_row(sql, [run], |row| row.get(0)).optional()?)
    }

    fn pairs(&self, sql: &str) -> Result<Vec<(String, String)>> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes under which hash the store has what the packs of a run said.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn keep_result(&mut self, run: &str, sha256: &str) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO result_kept (run, sha256) VALUES (?1, ?2)
             ON CONFLICT (run) DO UPDATE SET sha256 = excluded.sha256",
            params![run, sha256],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Notes the files that lie in a run's folder of documents; what was noted before is replaced.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_written(&mut self, run: &str, files: &[WrittenFile]) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute("DELETE FROM written WHERE run = ?1", [run])?;
        for file in files {
            transaction.execute(
                "INSERT INTO written (run, path, sha256, bytes) VALUES (?1, ?2, ?3, ?4)",
                params![run, file.path, file.sha256, i64::try_from(file.bytes).unwrap_or(i64::MAX)],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The files that a run wrote into its folder of documents, by path.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn written(&self, run: &str) -> Result<Vec<WrittenFile>> {
        let sql = "SELECT path, sha256, bytes FROM written WHERE run = ?1 ORDER BY path";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([run], |row| {
            let bytes: i64 = row.get(2)?;
            Ok(WrittenFile {
                path: row.get(0)?,
                sha256: row.get(1)?,
                bytes: u64::try_from(bytes).unwrap_or(0),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes what retention is about to remove.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_removals(&mut self, removals: &[Removal]) -> Result<()> {
        let transaction = self.begin()?;
        for removal in removals {
            transaction.execute(
                "INSERT INTO removal (path, class, bytes, why, as_of) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    removal.path,
                    removal.class,
                    i64::try_from(removal.bytes).unwrap_or(i64::MAX),
                    removal.why,
                    removal.as_of.to_string()
                ],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Everything that retention has removed, in the order in which it went.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn removals(&self) -> Result<Vec<Removal>> {
        let sql = "SELECT path, class, bytes, why, as_of FROM removal ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| {
            let (path, class, bytes, why, as_of) = row?;
            let bytes = u64::try_from(bytes).unwrap_or(0);
            Ok(Removal { path, class, bytes, why, as_of: date(&as_of)? })
        })
        .collect()
    }
}

type Raw = (String, String, i64, String, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_wrote_is_replaced_and_what_was_removed_is_added_to() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let file = |path: &str| WrittenFile { path: path.into(), sha256: "00".into(), bytes: 3 };
        ledger.note_written("r", &[file("b.pdf"), file("a.pdf")]).unwrap();
        ledger.note_written("r", &[file("a.pdf")]).unwrap();
        assert_eq!(ledger.written("r").unwrap(), [file("a.pdf")]);

        let removal = Removal {
            path: "runs/nightly-2024-01-01".into(),
            class: "runs".into(),
            bytes: 9,
            why: "older than 2 years".into(),
            as_of: "2026-07-14".parse().unwrap(),
        };
        ledger.note_removals(std::slice::from_ref(&removal)).unwrap();
        ledger.note_removals(std::slice::from_ref(&removal)).unwrap();
        assert_eq!(ledger.removals().unwrap(), [removal.clone(), removal]);
    }

    #[test]
    fn a_pipeline_is_found_by_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        assert_eq!(ledger.kept_pipeline("aa").unwrap(), None);
        ledger.keep_pipeline("aa", "bb", "r").unwrap();
        assert_eq!(ledger.kept_pipeline("aa").unwrap().as_deref(), Some("bb"));
    }
}
