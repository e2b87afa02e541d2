//! Which runs there were.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, LedgerError, Result, date};

/// A run as the ledger remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its name: job, date and, if the inputs changed since, a number.
    pub id: String,
    /// The job.
    pub job: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// Whether it made packs.
    pub packs: bool,
    /// The SHA-256 of its manifest.
    pub manifest: String,
    /// How far it came.
    pub state: RunState,
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum RunState {
    /// It began.
    Begun,
    /// It did all it had to do.
    Complete,
}

impl RunState {
    fn word(self) -> &'static str {
        self.into()
    }
}

const COLUMNS: &str = "id, job, as_of, packs, manifest, state";

/// Whether a run took in something for a date that was still to come when a named person said that it is void or
/// of another date.
const WAS_A_SLIP: &str = "EXISTS (SELECT 1 FROM amended JOIN arrival ON arrival.number = amended.arrival
                          WHERE arrival.received = run.as_of AND arrival.received > amended.dated
                          AND amended.after >= run.sequence)";

impl Ledger {
    /// The runs of a job for a date, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn runs_of(&self, job: &str, as_of: NaiveDate) -> Result<Vec<RunRecord>> {
        let sql = format!("SELECT {COLUMNS} FROM run WHERE job = ?1 AND as_of = ?2 ORDER BY sequence");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map(params![job, as_of.to_string()], raw)?;
        rows.map(|row| record(row?)).collect()
    }

    /// The last run, or the one of that name. The last run is the complete one that speaks of the latest
    /// date, and of several the one that was first done last: one that is done again, or for a date that has
    /// gone by, never takes its place. One for a date that was still to come is the last only until a named
    /// person undoes what it took in.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn run(&self, id: Option<&str>) -> Result<Option<RunRecord>> {
        let sql = match id {
            Some(_) => format!("SELECT {COLUMNS} FROM run WHERE id = ?1"),
            None => format!(
                "SELECT {COLUMNS} FROM run WHERE state = 'complete' AND ?1 IS NULL
                 ORDER BY {WAS_A_SLIP}, as_of DESC, sequence DESC LIMIT 1"
            ),
        };
        let found = self.connection.query_row(&sql, params![id], raw).optional()?;
        found.map(record).transpose()
    }

    /// The latest date of a complete run that was no slip.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_as_of(&self) -> Result<Option<NaiveDate>> {
        let sql = format!("SELECT max(as_of) FROM run WHERE state = 'complete' AND NOT {WAS_A_SLIP}");
        let last: Option<String> = self.connection.query_row(&sql, [], |row| row.get(0))?;
        last.as_deref().map(date).transpose()
    }

    /// Every run, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRecord>> {
        let mut statement =
            self.connection.prepare(&format!("SELECT {COLUMNS} FROM run ORDER BY sequence"))?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| record(row?)).collect()
    }

    /// Notes that a run began or completed; the one of that name is touched again.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_run(&mut self, run: &RunRecord) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO run (id, job, as_of, packs, manifest, state, touched)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT coalesce(max(touched), 0) + 1 FROM run))
             ON CONFLICT (id) DO UPDATE SET manifest = excluded.manifest, touched = excluded.touched,
                 state = CASE run.state WHEN 'complete' THEN 'complete' ELSE excluded.state END",
            params![run.id, run.job, run.as_of.to_string(), run.packs, run.manifest, run.state.word()],
        )?;
        transaction.commit()?;
        Ok(())
    }
}

type Raw = (String, String, String, bool, String, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn record((id, job, as_of, packs, manifest, state): Raw) -> Result<RunRecord> {
    let state = match state.as_str() {
        "begun" => RunState::Begun,
        "complete" => RunState::Complete,
        other => return Err(LedgerError::Unreadable(format!("`{other}` is not the state of a run"))),
    };
    Ok(RunRecord { id, job, as_of: date(&as_of)?, packs, manifest, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, as_of: &str, state: RunState) -> RunRecord {
        let (job, as_of) = (id.split('-').next().unwrap().to_owned(), as_of.parse().unwrap());
        RunRecord { id: id.into(), job, as_of, packs: false, manifest: id.into(), state }
    }

    #[test]
    fn a_run_done_again_or_for_a_date_gone_by_is_never_the_last_one() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let last = |ledger: &Ledger| ledger.run(None).unwrap().map(|run| run.id);
        assert_eq!(last(&ledger), None);
        let july = run("quarterly-a", "2026-07-14", RunState::Complete);
        ledger.note_run(&july).unwrap();
        ledger.note_run(&run("nightly-b", "2026-10-14", RunState::Complete)).unwrap();
        ledger.note_run(&run("quarterly-c", "2026-10-14", RunState::Complete)).unwrap();
        ledger.note_run(&july).unwrap();
        ledger.note_run(&run("nightly-b", "2026-10-14", RunState::Complete)).unwrap();
        ledger.note_run(&run("nightly-d", "2026-09-01", RunState::Complete)).unwrap();
        ledger.note_run(&run("nightly-e", "2026-10-15", RunState::Begun)).unwrap();
        assert_eq!(last(&ledger).as_deref(), Some("quarterly-c"));
        assert_eq!(ledger.run(Some("quarterly-a")).unwrap(), Some(july));
    }
}
