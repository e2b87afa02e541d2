//! Which arrivals were held, from when on and why: a file that would take much away counts only once a named
//! person lets it. What was found when it came is kept, so that a past day is the same whenever it is asked.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::params;

use super::{Ledger, Result, date};

/// Everything that arrived before this was kept was taken in.
pub(super) const MIGRATION: &str = "
    CREATE TABLE standing (
        number  INTEGER PRIMARY KEY,
        arrival INTEGER NOT NULL,
        known   INTEGER NOT NULL,
        day     TEXT NOT NULL,
        held    INTEGER NOT NULL,
        detail  TEXT NOT NULL
    ) STRICT;
    CREATE INDEX standing_arrival ON standing (arrival);
    INSERT INTO standing (arrival, known, day, held, detail)
        SELECT number, number, received, 0, '' FROM arrival;
";

/// Whether an arrival is held, as it was found on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The last arrival that was known when it was found.
    pub known: u32,
    /// The day from which on it holds.
    pub day: NaiveDate,
    /// Whether it is held.
    pub held: bool,
    /// What it would take away, as JSON; nothing if it is not held.
    pub detail: String,
}

impl super::Arrival {
    /// The verdict that holds for somebody who knows the arrivals up to `known` on a day. What was found
    /// when it came holds from its first moment.
    pub fn verdict(&self, known: u32, day: NaiveDate) -> Option<&Verdict> {
        let later = |v: &&Verdict| v.known <= known && v.day <= day;
        self.verdicts.iter().skip(1).rfind(later).or_else(|| self.verdicts.first())
    }

    /// Whether it was held for somebody who knows these arrivals on a day, unless it was released.
    pub fn is_held(&self, among: &[Self], day: NaiveDate) -> bool {
        if !self.verdicts.iter().any(|verdict| verdict.held) {
            return false;
        }
        let known = among.iter().map(|a| a.number).max().unwrap_or(0);
        let day = among.iter().map(|a| a.received).max().map_or(day, |last| last.max(day));
        self.verdict(known, day).is_some_and(|verdict| verdict.held)
    }

    /// What it would have taken away when it came, as it was kept; empty if it was not held.
    pub fn detail(&self) -> &str {
        self.verdicts.iter().rfind(|verdict| verdict.held).map_or("", |verdict| verdict.detail.as_str())
    }
}

impl Ledger {
    /// What was found of each arrival, in the order in which it was found.
    pub(super) fn verdicts(&self) -> Result<BTreeMap<u32, Vec<Verdict>>> {
        let sql = "SELECT arrival, known, day, held, detail FROM standing ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut out: BTreeMap<u32, Vec<Verdict>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let day: String = row.get(2)?;
            let verdict =
                Verdict { known: row.get(1)?, day: date(&day)?, held: row.get(3)?, detail: row.get(4)? };
            out.entry(row.get(0)?).or_default().push(verdict);
        }
        Ok(out)
    }

    /// Notes what was found of arrivals, all or nothing.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_verdicts(&mut self, found: &[(u32, Verdict)]) -> Result<()> {
        if found.is_empty() {
            return Ok(());
        }
        let transaction = self.begin()?;
        for (arrival, verdict) in found {
            transaction.execute(
                "INSERT INTO standing (arrival, known, day, held, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![arrival, verdict.known, verdict.day.to_string(), verdict.held, verdict.detail],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Arrival;

    fn verdict(known: u32, day: &str, held: bool) -> Verdict {
        Verdict { known, day: day.parse().unwrap(), held, detail: String::new() }
    }

    #[test]
    fn what_was_found_later_holds_only_for_those_who_know_what_it_was_found_with() {
        let arrival = Arrival {
            number: 4,
            received: "2026-08-20".parse().unwrap(),
            verdicts: vec![verdict(6, "2026-08-20", true), verdict(9, "2026-09-01", false)],
            ..Arrival::default()
        };
        let held = |known: u32, day: &str| arrival.verdict(known, day.parse().unwrap()).unwrap().held;
        assert!(held(4, "2026-08-20"), "from the first moment on");
        assert!(held(9, "2026-08-31"));
        assert!(held(8, "2026-09-01"), "a run of that day that does not know the file yet");
        assert!(!held(9, "2026-09-01"));
    }
}
