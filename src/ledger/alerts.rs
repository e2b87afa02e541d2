//! What was alerted: opening, worsening, breach and closing of each exception, once each.

use chrono::NaiveDate;
use rusqlite::{Row, params};

use super::{Ledger, LedgerError, Result, date};

/// What happened to an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Event {
    /// It opened.
    Opened,
    /// Its level rose.
    Worsened,
    /// Its level fell, and it is still one: nobody is told, but a later rise is one again.
    Eased,
    /// It rose again on the day on which it had fallen: nobody is told.
    Returned,
    /// Its clock was breached.
    Breached,
    /// It closed.
    Closed,
}

impl Event {
    /// The word for it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether nobody is told of it: it is noted as what the next alert is compared with.
    pub fn is_silent(self) -> bool {
        matches!(self, Event::Eased | Event::Returned)
    }
}

/// An alert that was given, or a change that nobody is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What the exception is known by.
    pub exception: String,
    /// The how-manieth opening of it this belongs to, from 1.
    pub occurrence: u32,
    /// What happened.
    pub event: Event,
    /// Its level then.
    pub level: u8,
    /// The how-manieth of its kind in this opening and at this level, from 1.
    pub nth: u32,
    /// When it was noticed.
    pub as_of: NaiveDate,
    /// The run that noticed it.
    pub run: String,
    /// The exception as it was then, as JSON.
    pub detail: String,
}

/// What lets an exception be breached once for each start of its clock, for the list of migrations.
pub(super) const SEVERAL_OF_A_KIND: &str = "
    CREATE TABLE alert_of_any_start (
        exception  TEXT NOT NULL,
        occurrence INTEGER NOT NULL,
        event      TEXT NOT NULL,
        level      INTEGER NOT NULL,
        as_of      TEXT NOT NULL,
        run        TEXT NOT NULL,
        detail     TEXT NOT NULL,
        nth        INTEGER NOT NULL,
        PRIMARY KEY (exception, occurrence, event, level, nth)
    ) STRICT;
    INSERT INTO alert_of_any_start
        SELECT exception, occurrence, event, level, as_of, run, detail, 1 FROM alert ORDER BY rowid;
    DROP TABLE alert;
    ALTER TABLE alert_of_any_start RENAME TO alert;
";

impl Ledger {
    /// Every alert, in the order in which they were given.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn alerts(&self) -> Result<Vec<Alert>> {
        let sql =
            "SELECT exception, occurrence, event, level, as_of, run, detail, nth FROM alert ORDER BY rowid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| alert(row?)).collect()
    }

    /// Notes alerts; one that was noted before is left as it is.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_alerts(&mut self, alerts: &[Alert]) -> Result<()> {
        let transaction = self.begin()?;
        for alert in alerts {
            transaction.execute(
                "INSERT INTO alert (exception, occurrence, event, level, as_of, run, detail, nth)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
                params![
                    alert.exception,
                    alert.occurrence,
                    alert.event.word(),
                    alert.level,
                    alert.as_of.to_string(),
                    alert.run,
                    alert.detail,
                    alert.nth
                ],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }
}

type Raw = (String, u32, String, u8, String, String, String, u32);

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
    ))
}

fn alert((exception, occurrence, event, level, as_of, run, detail, nth): Raw) -> Result<Alert> {
    let events =
        [Event::Opened, Event::Worsened, Event::Eased, Event::Returned, Event::Breached, Event::Closed];
    let known = events.into_iter().find(|e| e.word() == event);
    let event = known.ok_or_else(|| LedgerError::Unreadable(format!("`{event}` is not an alert")))?;
    Ok(Alert { exception, occurrence, event, level, nth, as_of: date(&as_of)?, run, detail })
}
