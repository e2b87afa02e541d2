//! Who took notice of which exception.

use chrono::NaiveDate;
use rusqlite::params;

use super::{Ledger, Result, date};

/// Somebody took notice of an open exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// What the exception is known by.
    pub exception: String,
    /// Which opening of it.
    pub occurrence: u32,
    /// Its level at the time: when it worsens, it has to be acknowledged again.
    pub level: u8,
    /// The role of the person.
    pub role: String,
    /// What the person noted.
    pub note: String,
    /// The last day on which it stands, if it ends.
    pub until: Option<NaiveDate>,
    /// The date.
    pub dated: NaiveDate,
    /// The moment, in RFC 3339.
    pub at: String,
}

impl Ledger {
    /// Notes an acknowledgement.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn acknowledge(&mut self, given: &Acknowledgement) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO acknowledgement (exception, occurrence, level, role, note, until, dated, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                given.exception,
                given.occurrence,
                given.level,
                given.role,
                given.note,
                given.until.map(|d| d.to_string()),
                given.dated.to_string(),
                given.at
            ],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Every acknowledgement, in the order in which they were given.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn acknowledgements(&self) -> Result<Vec<Acknowledgement>> {
        let sql = "SELECT exception, occurrence, level, role, note, until, dated, at FROM acknowledgement
                   ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let (until, dated): (Option<String>, String) = (row.get(5)?, row.get(6)?);
            let given = Acknowledgement {
                exception: row.get(0)?,
                occurrence: row.get(1)?,
                level: row.get(2)?,
                role: row.get(3)?,
                note: row.get(4)?,
                until: None,
                dated: NaiveDate::MIN,
                at: row.get(7)?,
            };
            Ok((given, until, dated))
        })?;
        rows.map(|row| {
            let (given, until, dated) = row?;
            let until = until.as_deref().map(date).transpose()?;
            Ok(Acknowledgement { until, dated: date(&dated)?, ..given })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_comes_back_as_it_was_given() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let given = Acknowledgement {
            exception: "concerns-quality/Q-1".into(),
            occurrence: 1,
            level: 4,
            role: "Head of Quality".into(),
            note: "Visit arranged.".into(),
            until: Some("2026-08-31".parse().unwrap()),
            dated: "2026-08-20".parse().unwrap(),
            at: "2026-08-20T09:00:00Z".into(),
        };
        let open = Acknowledgement { until: None, ..given.clone() };
        ledger.acknowledge(&given).unwrap();
        ledger.acknowledge(&open).unwrap();
        assert_eq!(ledger.acknowledgements().unwrap(), [given, open]);
    }
}
