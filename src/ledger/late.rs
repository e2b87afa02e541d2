//! Levels that a sent pack reported and that files received since would have changed.

use chrono::NaiveDate;
use rusqlite::params;

use super::{Ledger, Result, date};

/// A level that was reported and is not what today's files say of that day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateLevel {
    /// The run whose packs reported it.
    pub packs_run: String,
    /// The practice.
    pub practice: String,
    /// The level that was reported; none is "not assessed".
    pub reported: Option<u8>,
    /// What it would be now.
    pub now: Option<u8>,
    /// The receipts of the files received since that speak of the practice, or of all received since.
    pub files: Vec<String>,
    /// The run that found it.
    pub run: String,
    /// The date of that run.
    pub as_of: NaiveDate,
}

impl Ledger {
    /// Notes levels that late files change; one that was noted before is left as it is.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_late(&mut self, late: &[LateLevel], at: &str) -> Result<()> {
        let known = self.late_levels()?;
        let same = |a: &LateLevel, b: &LateLevel| {
            (&a.packs_run, &a.practice, a.reported, a.now) == (&b.packs_run, &b.practice, b.reported, b.now)
        };
        let transaction = self.begin()?;
        for one in late.iter().filter(|one| !known.iter().any(|k| same(k, one))) {
            transaction.execute(
                "INSERT INTO late_level (packs_run, practice, reported, now, files, run, as_of, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    one.packs_run,
                    one.practice,
                    one.reported,
                    one.now,
                    one.files.join(" "),
                    one.run,
                    one.as_of.to_string(),
                    at
                ],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Every level that late files changed, in the order in which they were found.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn late_levels(&self) -> Result<Vec<LateLevel>> {
        let sql =
            "SELECT packs_run, practice, reported, now, files, run, as_of FROM late_level ORDER BY rowid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let (files, as_of): (String, String) = (row.get(4)?, row.get(6)?);
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, files, row.get(5)?, as_of))
        })?;
        rows.map(|row| {
            let (packs_run, practice, reported, now, files, run, as_of) = row?;
            let files = files.split_whitespace().map(str::to_owned).collect();
            Ok(LateLevel { packs_run, practice, reported, now, files, run, as_of: date(&as_of)? })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_level_is_noted_once_also_where_nothing_was_assessed() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let late = LateLevel {
            packs_run: "quarterly-2026-07-14".into(),
            practice: "X90001".into(),
            reported: None,
            now: Some(3),
            files: vec!["R-00031".into()],
            run: "nightly-2026-08-20".into(),
            as_of: "2026-08-20".parse().unwrap(),
        };
        let again = LateLevel { run: "nightly-2026-08-21".into(), ..late.clone() };
        ledger.note_late(std::slice::from_ref(&late), "t").unwrap();
        ledger.note_late(&[again], "t").unwrap();
        assert_eq!(ledger.late_levels().unwrap(), [late]);
    }
}
