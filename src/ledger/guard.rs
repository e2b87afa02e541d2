//! What the guard held at the second gate, and what a named person released.

use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, LedgerError, Result};

/// The tables, for the list of migrations.
pub(super) const MIGRATION: &str = "
    CREATE TABLE guard_hit (
        id       TEXT PRIMARY KEY,
        pattern  TEXT NOT NULL,
        document TEXT NOT NULL,
        job      TEXT NOT NULL,
        as_of    TEXT NOT NULL,
        run      TEXT NOT NULL,
        detail   TEXT NOT NULL,
        open     INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE guard_release (
        id    TEXT PRIMARY KEY REFERENCES guard_hit (id),
        role  TEXT NOT NULL,
        note  TEXT NOT NULL,
        at    TEXT NOT NULL
    ) STRICT;
    CREATE TABLE guard_key (key BLOB NOT NULL) STRICT;
    INSERT INTO guard_key (key) VALUES (randomblob(16));
";

/// Which run was stopped, and after which a release was made by the order in which runs were touched: a
/// replay does things in the same order.
pub(super) const ORDER_OF_RELEASES: &str = "
    ALTER TABLE guard_release ADD COLUMN stopped TEXT NOT NULL DEFAULT '';
    ALTER TABLE guard_release ADD COLUMN after INTEGER NOT NULL DEFAULT 0;
";

/// A hit in a document or a message. What was found is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What it is released by.
    pub id: String,
    /// The pattern's name.
    pub pattern: String,
    /// The document or message.
    pub document: String,
    /// The job that made it.
    pub job: String,
    /// The date of which it speaks.
    pub as_of: String,
    /// The run in which it was last found.
    pub run: String,
    /// Where it stands and where it comes from, in words.
    pub detail: String,
    /// Whether it was found when its document was last made.
    pub open: bool,
    /// Who released it, if somebody did.
    pub release: Option<Release>,
}

/// A release by a named person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Who: a role.
    pub role: String,
    /// Why.
    pub note: String,
    /// When, with the offset from universal time.
    pub at: String,
}

/// What came of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// It stands from now on.
    Now(Held),
    /// Somebody had released it before; that stands.
    Before(Held),
}

const SELECT: &str = "SELECT h.id, h.pattern, h.document, h.job, h.as_of, h.run, h.detail, h.open,
    r.role, r.note, r.at FROM guard_hit h LEFT JOIN guard_release r ON r.id = h.id";

impl Ledger {
    /// What the names of hits are made with, in hexadecimal: it never leaves the ledger, so that nobody
    /// finds out by trying which number a name belongs to.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn guard_key(&self) -> Result<String> {
        Ok(self.connection.query_row("SELECT lower(hex(key)) FROM guard_key", [], |row| row.get(0))?)
    }

    /// Notes the hits of documents that were made. One that is known keeps its release; one that is no
    /// longer found in its document is no longer open.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_held(&mut self, hits: &[Held], made: &[String]) -> Result<()> {
        let transaction = self.begin()?;
        for document in made {
            transaction
                .execute("UPDATE guard_hit SET open = 0 WHERE document = ?1 AND open = 1", [document])?;
        }
        for hit in hits {
            transaction.execute(
                "INSERT INTO guard_hit (id, pattern, document, job, as_of, run, detail, open)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1) ON CONFLICT (id) DO UPDATE
                 SET open = 1, job = excluded.job, as_of = excluded.as_of, run = excluded.run, detail = excluded.detail",
                params![hit.id, hit.pattern, hit.document, hit.job, hit.as_of, hit.run, hit.detail],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Every hit, in the order in which they were first found.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn held(&self) -> Result<Vec<Held>> {
        let mut statement = self.connection.prepare(&format!("{SELECT} ORDER BY h.rowid"))?;
        let rows = statement.query_map([], held)?;
        rows.map(|row| row.map_err(LedgerError::from)).collect()
    }

    /// Releases a hit by the name of a role. The first release stands; none if there is no such hit.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn release_held(&mut self, id: &str, release: &Release) -> Result<Option<Released>> {
        let transaction = self.begin()?;
        let find = |id: &str| transaction.query_row(&format!("{SELECT} WHERE h.id = ?1"), [id], held);
        let Some(mut hit) = find(id).optional()? else { return Ok(None) };
        if hit.release.is_some() {
            return Ok(Some(Released::Before(hit)));
        }
        transaction.execute(
            "INSERT INTO guard_release (id, role, note, at, stopped, after)
             VALUES (?1, ?2, ?3, ?4, ?5, (SELECT coalesce(max(touched), 0) FROM run))",
            params![id, release.role, release.note, release.at, hit.run],
        )?;
        transaction.commit()?;
        hit.release = Some(release.clone());
        Ok(Some(Released::Now(hit)))
    }
}

fn held(row: &Row<'_>) -> rusqlite::Result<Held> {
    let role: Option<String> = row.get(8)?;
    let release = match role {
        Some(role) => Some(Release { role, note: row.get(9)?, at: row.get(10)? }),
        None => None,
    };
    Ok(Held {
        id: row.get(0)?,
        pattern: row.get(1)?,
        document: row.get(2)?,
        job: row.get(3)?,
        as_of: row.get(4)?,
        run: row.get(5)?,
        detail: row.get(6)?,
        open: row.get(7)?,
        release,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_release_stands_and_survives_the_next_run() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let mut hit = Held {
            id: "a1".into(),
            pattern: "phone".into(),
            document: "group/pack.pdf".into(),
            job: "quarterly".into(),
            as_of: "2026-07-14".into(),
            run: "r1".into(),
            detail: "page 3".into(),
            open: true,
            release: None,
        };
        let release =
            |role: &str| Release { role: role.into(), note: "a ward".into(), at: "2026-07-14".into() };
        let made = [hit.document.clone()];
        ledger.note_held(std::slice::from_ref(&hit), &made).unwrap();
        assert_eq!(ledger.release_held("b2", &release("Analyst")).unwrap(), None);
        assert!(matches!(ledger.release_held("a1", &release("Analyst")).unwrap(), Some(Released::Now(_))));
        let again = ledger.release_held("a1", &release("Somebody")).unwrap();
        assert!(matches!(again, Some(Released::Before(h)) if h.release == Some(release("Analyst"))));
        hit.run = "r2".into();
        ledger.note_held(&[hit], &made).unwrap();
        let kept = ledger.held().unwrap();
        assert_eq!((kept.len(), kept[0].run.as_str(), kept[0].open), (1, "r2", true));
        assert_eq!(kept[0].release, Some(release("Analyst")));
        ledger.note_held(&[], &made).unwrap();
        assert!(!ledger.held().unwrap()[0].open, "the document was made again without it");
    }
}
