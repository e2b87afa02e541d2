//! The slots of the schedule: one row for each time at which a job was to run, under a key that is used
//! once. A slot is the time on the wall, `nightly@2026-10-25T01:30`, and not the instant: an hour that
//! comes twice in autumn, a second scheduler or a restart cannot run it a second time.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, LedgerError, Result};

pub(super) const MIGRATION: &str = "
    CREATE TABLE timing (
        job   TEXT PRIMARY KEY,
        words TEXT NOT NULL,
        since TEXT NOT NULL
    ) STRICT;
    CREATE TABLE slot (
        key      TEXT PRIMARY KEY,
        job      TEXT NOT NULL,
        wall     TEXT NOT NULL,
        state    TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        began    TEXT NOT NULL,
        ended    TEXT,
        exit     INTEGER,
        run      TEXT,
        note     TEXT NOT NULL
    ) STRICT;
    CREATE INDEX slot_job ON slot (job, wall);
";

/// A time at which a job is to run, as a wall clock in Europe/London shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The job.
    pub job: String,
    /// The time.
    pub wall: NaiveDateTime,
}

impl Slot {
    /// What it is known by: `nightly@2026-10-25T01:30`.
    pub fn key(&self) -> String {
        format!("{}@{}", self.job, written(self.wall))
    }
}

/// How far a slot came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum SlotState {
    /// It was begun; without a later word the program stopped during it.
    Claimed,
    /// The job did its work.
    Done,
    /// The job could not do all of its work.
    Failed,
    /// Its time passed while nobody was there to run it, and it is not run any more.
    Missed,
}

impl SlotState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A slot as the ledger remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRecord {
    /// The slot.
    pub slot: Slot,
    /// How far it came.
    pub state: SlotState,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was last begun.
    pub began: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// The exit code of the run.
    pub exit: Option<i32>,
    /// The run.
    pub run: Option<String>,
    /// What should be known about it.
    pub note: String,
}

/// What came of claiming a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is ours; this is the how-manieth time it is begun.
    Ours(u32),
    /// It has ended already, or was given up.
    Settled,
}

/// How a slot ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlotEnd {
    /// The exit code of the run.
    pub exit: Option<i32>,
    /// The run.
    pub run: Option<String>,
    /// What should be known about it.
    pub note: String,
}

/// Slots are what the schedule needs to know, and no evidence: after this many days they are forgotten.
const KEPT_DAYS: i64 = 400;

const COLUMNS: &str = "job, wall, state, attempts, began, ended, exit, run, note";

impl Ledger {
    /// Since when a job runs at these times: its slots from then on are owed, those before are not. A job
    /// whose times changed is followed from `now` on.
    ///
    /// # Errors
    /// If the ledger cannot be used.
    pub fn follow(&mut self, job: &str, words: &str, now: NaiveDateTime) -> Result<NaiveDateTime> {
        let found: Option<(String, String)> = self
            .connection
            .query_row("SELECT words, since FROM timing WHERE job = ?1", [job], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        if let Some((known, since)) = found
            && known == words
        {
            let since = wall(&since)?;
            // A clock that was far ahead for a while must not silence the job until that time comes.
            if since <= now + chrono::Duration::hours(2) {
                return Ok(since);
            }
        }
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO timing (job, words, since) VALUES (?1, ?2, ?3)
             ON CONFLICT (job) DO UPDATE SET words = excluded.words, since = excluded.since",
            params![job, words, written(now)],
        )?;
        transaction.commit()?;
        Ok(now)
    }

    /// Since when each job runs at its present times.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn followed(&self) -> Result<Vec<(String, NaiveDateTime)>> {
        let mut statement = self.connection.prepare("SELECT job, since FROM timing ORDER BY job")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (job, since) = row?;
            Ok((job, wall(&since)?))
        })
        .collect()
    }

    /// The slots of a job from a time on, in order.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn slots_from(&self, job: &str, from: NaiveDateTime) -> Result<Vec<SlotRecord>> {
        let sql = format!("SELECT {COLUMNS} FROM slot WHERE job = ?1 AND wall >= ?2 ORDER BY wall");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map(params![job, written(from)], raw)?;
        rows.map(|row| record(row?)).collect()
    }

    /// The last slot of a job up to a time.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_slot(&self, job: &str, until: NaiveDateTime) -> Result<Option<SlotRecord>> {
        let sql =
            format!("SELECT {COLUMNS} FROM slot WHERE job = ?1 AND wall <= ?2 ORDER BY wall DESC LIMIT 1");
        let found = self.connection.query_row(&sql, params![job, written(until)], raw).optional()?;
        found.map(record).transpose()
    }

    /// When a slot was last begun.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn last_begun(&self) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT max(began) FROM slot WHERE state <> 'missed'";
        let last: Option<String> = self.connection.query_row(sql, [], |row| row.get(0))?;
        last.as_deref().map(super::moment).transpose()
    }

    /// The slots that were begun and have not ended, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn claimed_slots(&self) -> Result<Vec<SlotRecord>> {
        let sql = format!("SELECT {COLUMNS} FROM slot WHERE state = 'claimed' ORDER BY wall, job");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| record(row?)).collect()
    }

    /// Claims a slot before it is run. One that was claimed and has not ended is claimed again: the
    /// program stopped during it. One that was noted as missed at a moment that has not come yet was noted by a
    /// clock that was ahead, and is claimed too.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn claim(&mut self, slot: &Slot, at: DateTime<Utc>) -> Result<Claim> {
        let transaction = self.begin()?;
        let changed = transaction.execute(
            "INSERT INTO slot (key, job, wall, state, attempts, began, note)
             VALUES (?1, ?2, ?3, 'claimed', 1, ?4, '')
             ON CONFLICT (key) DO UPDATE
                 SET state = 'claimed', attempts = attempts + 1, began = excluded.began, note = excluded.note
                 WHERE state = 'claimed' OR (state = 'missed' AND began > excluded.began)",
            params![slot.key(), slot.job, written(slot.wall), moment(at)],
        )?;
        if changed == 0 {
            return Ok(Claim::Settled);
        }
        let attempts =
            transaction
                .query_row("SELECT attempts FROM slot WHERE key = ?1", [slot.key()], |row| row.get(0))?;
        let forgotten = slot.wall - chrono::Duration::days(KEPT_DAYS);
        transaction.execute(
            "DELETE FROM slot WHERE job = ?1 AND wall < ?2 AND state <> 'claimed'",
            params![slot.job, written(forgotten)],
        )?;
        transaction.commit()?;
        Ok(Claim::Ours(attempts))
    }

    /// Takes one attempt back: the run could not even begin, because another was working.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn put_off(&mut self, slot: &Slot, note: &str) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "UPDATE slot SET attempts = max(attempts - 1, 0), note = ?2 WHERE key = ?1 AND state = 'claimed'",
            params![slot.key(), note],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Notes how a slot ended.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn end_slot(
        &mut self,
        slot: &Slot,
        state: SlotState,
        end: &SlotEnd,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "UPDATE slot SET state = ?2, ended = ?3, exit = ?4, run = ?5, note = ?6 WHERE key = ?1",
            params![slot.key(), state.word(), moment(at), end.exit, end.run, end.note],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Notes slots that were missed, in one transaction; a slot that is known already stays as it is.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn miss(&mut self, slots: &[Slot], note: &str, at: DateTime<Utc>) -> Result<()> {
        if slots.is_empty() {
            return Ok(());
        }
        let transaction = self.begin()?;
        for slot in slots {
            transaction.execute(
                "INSERT INTO slot (key, job, wall, state, attempts, began, note)
                 VALUES (?1, ?2, ?3, 'missed', 0, ?4, ?5) ON CONFLICT (key) DO NOTHING",
                params![slot.key(), slot.job, written(slot.wall), moment(at), note],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The names of the files of every feed that runs have looked at.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn seen_files(&self) -> Result<std::collections::BTreeSet<(String, String)>> {
        let mut statement = self.connection.prepare("SELECT feed, file FROM seen")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// A time on the wall as the ledger keeps it; seconds only where there are any.
fn written(wall: NaiveDateTime) -> String {
    use chrono::Timelike;
    let form = if wall.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
    wall.format(form).to_string()
}

fn wall(text: &str) -> Result<NaiveDateTime> {
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or_else(|| LedgerError::Unreadable(format!("`{text}` is not a time of the schedule")))
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

type Raw = (String, String, String, u32, String, Option<String>, Option<i32>, Option<String>, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
    ))
}

fn record((job, at, state, attempts, began, ended, exit, run, note): Raw) -> Result<SlotRecord> {
    let time = |text: &str| {
        let parsed = DateTime::parse_from_rfc3339(text).map(|t| t.to_utc());
        parsed.map_err(|_| LedgerError::Unreadable(format!("`{text}` is not a moment")))
    };
    Ok(SlotRecord {
        slot: Slot { job, wall: wall(&at)? },
        state: state
            .parse()
            .map_err(|_| LedgerError::Unreadable(format!("`{state}` is not a state of a slot")))?,
        attempts,
        began: time(&began)?,
        ended: ended.as_deref().map(time).transpose()?,
        exit,
        run,
        note,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        wall(text).unwrap()
    }

    fn slot(text: &str) -> Slot {
        Slot { job: "nightly".into(), wall: at(text) }
    }

    fn moment_of_tests() -> DateTime<Utc> {
        "2026-10-25T00:30:00Z".parse().unwrap()
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        (dir, ledger)
    }

    #[test]
    fn a_slot_is_run_once_and_finished_after_a_crash() {
        let (_dir, mut ledger) = ledger();
        let (slot, now) = (slot("2026-10-25T01:30"), moment_of_tests());
        assert_eq!(slot.key(), "nightly@2026-10-25T01:30");
        assert_eq!(ledger.claim(&slot, now).unwrap(), Claim::Ours(1));
        assert_eq!(ledger.claimed_slots().unwrap().len(), 1, "a crash here leaves it claimed");
        assert_eq!(ledger.claim(&slot, now).unwrap(), Claim::Ours(2));
        ledger
            .end_slot(&slot, SlotState::Done, &SlotEnd { exit: Some(0), ..SlotEnd::default() }, now)
            .unwrap();
        assert_eq!(ledger.claim(&slot, now).unwrap(), Claim::Settled);
        assert_eq!(ledger.claimed_slots().unwrap(), []);
        ledger.miss(std::slice::from_ref(&slot), "", now).unwrap();
        let kept = ledger.last_slot("nightly", at("2026-10-26T00:00")).unwrap().unwrap();
        assert_eq!((kept.state, kept.exit), (SlotState::Done, Some(0)), "what is done is not missed");
    }

    #[test]
    fn what_a_clock_ahead_noted_as_missed_is_run_when_its_time_comes() {
        let (_dir, mut ledger) = ledger();
        let (slot, ahead) = (slot("2027-01-15T05:00"), "2036-11-02T00:00:00Z".parse().unwrap());
        ledger.miss(std::slice::from_ref(&slot), "nobody was there", ahead).unwrap();
        let due: DateTime<Utc> = "2027-01-15T05:00:00Z".parse().unwrap();
        assert_eq!(ledger.claim(&slot, due).unwrap(), Claim::Ours(1));
        let missed = Slot { wall: at("2027-01-14T05:00"), ..slot };
        ledger.miss(std::slice::from_ref(&missed), "nobody was there", due).unwrap();
        assert_eq!(ledger.claim(&missed, due).unwrap(), Claim::Settled, "noted by a clock that was right");
    }

    #[test]
    fn changed_times_are_followed_from_the_change_on() {
        let (_dir, mut ledger) = ledger();
        let mut follow = |words: &str, now: &str| ledger.follow("nightly", words, at(now)).unwrap();
        assert_eq!(follow("every day at 02:30", "2026-07-01T12:00"), at("2026-07-01T12:00"));
        assert_eq!(follow("every day at 02:30", "2026-07-05T12:00"), at("2026-07-01T12:00"));
        assert_eq!(follow("every day at 01:30", "2026-07-06T12:00"), at("2026-07-06T12:00"));
        assert_eq!(
            follow("every day at 01:30", "2026-06-06T12:00"),
            at("2026-06-06T12:00"),
            "a clock put back"
        );
    }

    #[test]
    fn old_slots_are_forgotten() {
        let (_dir, mut ledger) = ledger();
        let now = moment_of_tests();
        ledger.miss(&[slot("2025-01-01T01:30"), slot("2026-06-01T01:30")], "", now).unwrap();
        ledger.claim(&slot("2026-07-01T01:30"), now).unwrap();
        assert_eq!(ledger.slots_from("nightly", at("2020-01-01T00:00")).unwrap().len(), 2);
    }
}
