//! How each message came to be where it is: one row a step, only ever added. Who was sent what, when,
//! at which try, what the server answered, and who decided what nobody could know.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::{DispatchState, Ledger, LedgerError, Result, moment};

/// The table of steps.
pub(super) const MIGRATION: &str = "
    CREATE TABLE dispatch_step (
        number     INTEGER PRIMARY KEY,
        key        TEXT NOT NULL REFERENCES dispatch (key),
        at         TEXT NOT NULL,
        state      TEXT NOT NULL,
        try        INTEGER NOT NULL,
        transport  TEXT,
        stage      TEXT,
        code       INTEGER,
        answer     TEXT,
        queue      TEXT,
        not_before TEXT,
        by         TEXT,
        note       TEXT
    ) STRICT;
    CREATE INDEX dispatch_step_key ON dispatch_step (key, number);
    CREATE INDEX dispatch_step_at ON dispatch_step (state, at);
";

/// A step of a message. Addresses may stand in `answer`: it is the server's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, by the clock.
    pub at: DateTime<Utc>,
    /// To which state.
    pub state: DispatchState,
    /// How many tries count by now.
    pub tries: u32,
    /// By which transport.
    pub transport: Option<String>,
    /// At which stage of the conversation.
    pub stage: Option<String>,
    /// The code that the server answered with.
    pub code: Option<u16>,
    /// What the server answered, or what went wrong instead.
    pub answer: Option<String>,
    /// Under which name the server has queued it.
    pub queue: Option<String>,
    /// From when on it may be tried again.
    pub not_before: Option<DateTime<Utc>>,
    /// Who decided, where a person did.
    pub by: Option<String>,
    /// Why.
    pub note: Option<String>,
}

impl Step {
    /// A step with nothing more to tell.
    pub fn new(state: DispatchState, at: DateTime<Utc>, tries: u32) -> Self {
        Self {
            at,
            state,
            tries,
            transport: None,
            stage: None,
            code: None,
            answer: None,
            queue: None,
            not_before: None,
            by: None,
            note: None,
        }
    }
}

/// A step and the message that took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The key of the message.
    pub key: String,
    /// The step.
    pub step: Step,
}

/// What the steps of a message say about the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// The last step; none for a message that nobody has touched.
    pub last: Option<Step>,
    /// When it was first put off since a person last decided about it.
    pub first_put_off: Option<DateTime<Utc>>,
}

impl Steps {
    /// How many tries count.
    pub fn tries(&self) -> u32 {
        self.last.as_ref().map_or(0, |step| step.tries)
    }

    /// From when on it may be tried again.
    pub fn not_before(&self) -> Option<DateTime<Utc>> {
        self.last.as_ref().and_then(|step| step.not_before)
    }
}

const COLUMNS: &str = "key, at, state, try, transport, stage, code, answer, queue, not_before, by, note";

impl Ledger {
    /// Takes a message a step further: its new state and how it came there are written together.
    ///
    /// # Errors
    /// If there is no such message, or the ledger cannot be written.
    pub fn note_step(&mut self, key: &str, step: &Step) -> Result<()> {
        let transaction = self.begin()?;
        let changed = transaction
            .execute("UPDATE dispatch SET state = ?2 WHERE key = ?1", params![key, step.state.word()])?;
        if changed != 1 {
            return Err(LedgerError::Unreadable("there is no such message in the outbox".to_owned()));
        }
        transaction.execute(
            &format!(
                "INSERT INTO dispatch_step ({COLUMNS})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
            ),
            params![
                key,
                text(step.at),
                step.state.word(),
                step.tries,
                step.transport,
                step.stage,
                step.code,
                step.answer,
                step.queue,
                step.not_before.map(text),
                step.by,
                step.note
            ],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// What the steps of a message say about the next one.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn steps(&self, key: &str) -> Result<Steps> {
        let sql = format!("SELECT {COLUMNS} FROM dispatch_step WHERE key = ?1 ORDER BY number DESC LIMIT 1");
        let last = self.connection.query_row(&sql, [key], raw).optional()?;
        let first: Option<String> = self.connection.query_row(
            "SELECT min(at) FROM dispatch_step WHERE key = ?1 AND state = 'retry' AND by IS NULL
             AND number > coalesce((SELECT max(number) FROM dispatch_step WHERE key = ?1 AND by IS NOT NULL), 0)",
            [key],
            |row| row.get(0),
        )?;
        Ok(Steps {
            last: last.map(attempt).transpose()?.map(|a| a.step),
            first_put_off: first.as_deref().map(moment).transpose()?,
        })
    }

    /// Every step of every message, or of one, in the order in which they were taken.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn attempts(&self, key: Option<&str>) -> Result<Vec<Attempt>> {
        let sql = format!("SELECT {COLUMNS} FROM dispatch_step WHERE ?1 IS NULL OR key = ?1 ORDER BY number");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([key], raw)?;
        rows.map(|row| attempt(row?)).collect()
    }

    /// When messages were begun to be handed over since a moment, by one transport; oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn begun_since(&self, since: DateTime<Utc>, transport: &str) -> Result<Vec<DateTime<Utc>>> {
        let mut statement = self.connection.prepare(
            "SELECT at FROM dispatch_step WHERE state = 'sending' AND at > ?1 AND transport = ?2 ORDER BY at",
        )?;
        let rows = statement.query_map(params![text(since), transport], |row| row.get::<_, String>(0))?;
        rows.map(|row| moment(&row?)).collect()
    }
}

/// A moment in a form whose order is that of time.
fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

struct Raw {
    key: String,
    at: String,
    state: String,
    not_before: Option<String>,
    step: Step,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let step = Step {
        tries: row.get(3)?,
        transport: row.get(4)?,
        stage: row.get(5)?,
        code: row.get(6)?,
        answer: row.get(7)?,
        queue: row.get(8)?,
        by: row.get(10)?,
        note: row.get(11)?,
        ..Step::new(DispatchState::Planned, DateTime::UNIX_EPOCH, 0)
    };
    Ok(Raw { key: row.get(0)?, at: row.get(1)?, state: row.get(2)?, not_before: row.get(9)?, step })
}

fn attempt(raw: Raw) -> Result<Attempt> {
    let step = Step {
        at: moment(&raw.at)?,
        state: DispatchState::of(&raw.state)?,
        not_before: raw.not_before.as_deref().map(moment).transpose()?,
        ..raw.step
    };
    Ok(Attempt { key: raw.key, step })
}

#[cfg(test)]
mod tests {
    use super::super::Planned;
    use super::*;

    fn at(minute: u32) -> DateTime<Utc> {
        format!("2026-07-14T06:{minute:02}:00Z").parse().unwrap()
    }

    #[test]
    fn steps_are_kept_in_order_and_a_decision_starts_the_count_anew() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let message = Planned {
            key: "k".into(),
            committee: "C".into(),
            recipient: "a@b.example".into(),
            subject: "S".into(),
            sha256: "00".into(),
            file: "k.eml".into(),
        };
        ledger.plan(&[message], "r", "2026-07-14".parse().unwrap()).unwrap();
        assert_eq!(ledger.steps("k").unwrap(), Steps::default());
        let smtp = |state, minute, tries| Step {
            transport: Some("smtp".into()),
            ..Step::new(state, at(minute), tries)
        };
        ledger.note_step("k", &smtp(DispatchState::Sending, 1, 1)).unwrap();
        let put_off = Step {
            stage: Some("recipient".into()),
            code: Some(450),
            answer: Some("4.2.1 busy".into()),
            not_before: Some(at(16)),
            ..smtp(DispatchState::Retry, 2, 1)
        };
        ledger.note_step("k", &put_off).unwrap();
        let steps = ledger.steps("k").unwrap();
        assert_eq!(steps, Steps { last: Some(put_off.clone()), first_put_off: Some(at(2)) });
        assert_eq!((steps.tries(), steps.not_before()), (1, Some(at(16))));
        assert_eq!(ledger.begun_since(at(0), "smtp").unwrap(), [at(1)]);
        assert_eq!(ledger.begun_since(at(1), "smtp").unwrap(), [] as [DateTime<Utc>; 0]);
        assert_eq!(ledger.begun_since(at(0), "folder").unwrap(), [] as [DateTime<Utc>; 0]);

        let decided = Step { by: Some("J. Doe".into()), ..Step::new(DispatchState::Retry, at(30), 0) };
        ledger.note_step("k", &decided).unwrap();
        let steps = ledger.steps("k").unwrap();
        assert_eq!((steps.tries(), steps.first_put_off), (0, None));
        assert_eq!(ledger.attempts(Some("k")).unwrap().len(), 3);
        assert_eq!(ledger.attempts(None).unwrap()[1], Attempt { key: "k".into(), step: put_off });
        assert!(ledger.note_step("none", &decided).is_err(), "a step of no message");
    }
}
