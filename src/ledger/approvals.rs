//! What was decided about packs: who approved which content, who recalled which pack and why, and which
//! recipients were not sent one. The tables are those of [`super::packs`].

use chrono::NaiveDate;
use rusqlite::params;

use super::{Ledger, Result, date};

/// Somebody let a pack go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The pack.
    pub pack: String,
    /// The letter that was approved, by its hash.
    pub content: String,
    /// The role of the person.
    pub role: String,
    /// What the person noted.
    pub note: String,
    /// The date.
    pub dated: NaiveDate,
    /// The moment, in RFC 3339.
    pub at: String,
}

/// Somebody recalled a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recall {
    /// The pack.
    pub pack: String,
    /// The role of the person.
    pub role: String,
    /// Why.
    pub reason: String,
    /// The date.
    pub dated: NaiveDate,
    /// The moment, in RFC 3339.
    pub at: String,
}

/// A recipient who was not sent a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The letter.
    pub letter: String,
    /// The pack.
    pub pack: String,
    /// The address.
    pub recipient: String,
    /// Why.
    pub reason: String,
    /// The run that found it.
    pub run: String,
    /// The date of that run.
    pub as_of: NaiveDate,
    /// The moment, in RFC 3339.
    pub at: String,
}

impl Ledger {
    /// Every approval, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn approvals(&self) -> Result<Vec<Approval>> {
        let sql = "SELECT pack, content, role, note, dated, at FROM approval ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let dated: String = row.get(4)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, dated, row.get(5)?))
        })?;
        rows.map(|row| {
            let (pack, content, role, note, dated, at) = row?;
            Ok(Approval { pack, content, role, note, dated: date(&dated)?, at })
        })
        .collect()
    }

    /// Every recall, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn recalls(&self) -> Result<Vec<Recall>> {
        let sql = "SELECT pack, role, reason, dated, at FROM recall ORDER BY rowid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let dated: String = row.get(3)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, dated, row.get(4)?))
        })?;
        rows.map(|row| {
            let (pack, role, reason, dated, at) = row?;
            Ok(Recall { pack, role, reason, dated: date(&dated)?, at })
        })
        .collect()
    }

    /// Notes recipients who are not sent a letter; who was noted before stays as it was.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_blocked(&mut self, letter: &str, blocked: &[Blocked]) -> Result<()> {
        let transaction = self.begin()?;
        for one in blocked {
            transaction.execute(
                "INSERT INTO blocked (letter, recipient, pack, reason, run, as_of, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                params![letter, one.recipient, one.pack, one.reason, one.run, one.as_of.to_string(), one.at],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Every recipient who was not sent a letter, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn blocked(&self) -> Result<Vec<Blocked>> {
        let sql = "SELECT letter, pack, recipient, reason, run, as_of, at FROM blocked ORDER BY rowid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let as_of: String = row.get(5)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, as_of, row.get(6)?))
        })?;
        rows.map(|row| {
            let (letter, pack, recipient, reason, run, as_of, at) = row?;
            Ok(Blocked { letter, pack, recipient, reason, run, as_of: date(&as_of)?, at })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_noted_as_not_sent_a_letter_stays_as_first_noted() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let first = Blocked {
            letter: "quarterly-pack/2026-27-q1/r1/quality-committee".into(),
            pack: "qc-2026-27-q1".into(),
            recipient: "adviser@elsewhere.example".into(),
            reason: "not among the secure domains".into(),
            run: "quarterly-2026-07-14".into(),
            as_of: "2026-07-14".parse().unwrap(),
            at: "2026-07-14T05:00:00Z".into(),
        };
        let again = Blocked { reason: "another".into(), ..first.clone() };
        ledger.note_blocked(&first.letter, std::slice::from_ref(&first)).unwrap();
        ledger.note_blocked(&first.letter, &[again]).unwrap();
        assert_eq!(ledger.blocked().unwrap(), [first]);
    }
}
