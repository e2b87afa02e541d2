//! What named persons said of arrivals afterwards: that one is void, or belongs to another date. Only ever
//! added to.

use chrono::NaiveDate;
use rusqlite::params;

use super::{Ledger, Result, date};

/// `after` is the last run that was known: a run of before is done again without what was said since.
pub(super) const MIGRATION: &str = "
    CREATE TABLE amended (
        number   INTEGER PRIMARY KEY,
        arrival  INTEGER NOT NULL,
        kind     TEXT NOT NULL,
        received TEXT,
        role     TEXT NOT NULL,
        reason   TEXT NOT NULL,
        dated    TEXT NOT NULL,
        at       TEXT NOT NULL,
        after    INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX amended_arrival ON amended (arrival);
";

/// What a named person said of an arrival.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Amended {
    /// The arrival.
    pub arrival: u32,
    /// The date that it was given; none if it is void: then it counts nowhere.
    pub received: Option<NaiveDate>,
    /// Who, as a role.
    pub role: String,
    /// Why.
    pub reason: String,
    /// When, by the person's date.
    pub dated: NaiveDate,
    /// The moment at which it was noted.
    pub at: String,
}

impl Ledger {
    /// Notes what a named person says of an arrival.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn amend(&mut self, said: &Amended) -> Result<()> {
        let transaction = self.begin()?;
        let kind = if said.received.is_some() { "date" } else { "void" };
        transaction.execute(
            "INSERT INTO amended (arrival, kind, received, role, reason, dated, at, after)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT coalesce(max(sequence), 0) FROM run))",
            params![
                said.arrival,
                kind,
                said.received.map(|day| day.to_string()),
                said.role,
                said.reason,
                said.dated.to_string(),
                said.at
            ],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// What was said of arrivals, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn amendments(&self) -> Result<Vec<Amended>> {
        let sql = "SELECT arrival, received, role, reason, dated, at FROM amended ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let (received, dated): (Option<String>, String) = (row.get(1)?, row.get(4)?);
            out.push(Amended {
                arrival: row.get(0)?,
                received: received.as_deref().map(date).transpose()?,
                role: row.get(2)?,
                reason: row.get(3)?,
                dated: date(&dated)?,
                at: row.get(5)?,
            });
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_void_arrival_counts_nowhere_and_another_date_is_the_one_that_counts() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (sha256, received) in [("1", "2026-07-14"), ("2", "2062-11-02"), ("3", "2062-11-02")] {
            ledger.see_dropped("visits", sha256, sha256, day(received));
        }
        let said = |arrival, received| Amended {
            arrival,
            received,
            role: "Analyst".into(),
            reason: "a slip of the hand".into(),
            dated: day("2026-11-02"),
            at: "2026-11-02T09:00:00Z".into(),
        };
        assert_eq!(ledger.last_received().unwrap(), Some(day("2062-11-02")));
        ledger.amend(&said(2, None)).unwrap();
        ledger.amend(&said(3, Some(day("2026-11-02")))).unwrap();
        assert_eq!(ledger.last_received().unwrap(), Some(day("2026-11-02")));
        let seen: Vec<(u32, NaiveDate)> =
            ledger.arrivals(day("2062-11-02")).unwrap().into_iter().map(|a| (a.number, a.received)).collect();
        assert_eq!(seen, [(1, day("2026-07-14")), (3, day("2026-11-02"))]);
        assert_eq!(ledger.every_arrival().unwrap().len(), 3, "nothing is taken out of the ledger");
        assert_eq!(ledger.amendments().unwrap(), [said(2, None), said(3, Some(day("2026-11-02")))]);
    }
}
