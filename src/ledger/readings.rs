//! Files whose reading was stopped or died. What came of it depends on the machine and would cost the whole
//! limit again, so it is kept; raised limits or another version of the program try again.

use rusqlite::params;

use super::{Ledger, LedgerError, Result};
use crate::diagnostic::Code;
use crate::intake::read::Unreadable;

/// The table, for the list of migrations.
pub(super) const MIGRATION: &str = "
    CREATE TABLE failed_reading (
        sha256  TEXT NOT NULL,
        reader  TEXT NOT NULL,
        code    TEXT NOT NULL,
        message TEXT NOT NULL,
        mend    TEXT NOT NULL,
        PRIMARY KEY (sha256, reader)
    ) STRICT;
";

impl Ledger {
    /// The contents whose reading by `reader` (a version of the program and its limits) was stopped or
    /// died, by their SHA-256, and what is told of each.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn failed_readings(&self, reader: &str) -> Result<Vec<(String, Unreadable)>> {
        let sql = "SELECT sha256, code, message, mend FROM failed_reading WHERE reader = ?1 ORDER BY sha256";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([reader])?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let code: String = row.get(1)?;
            let code = Code::ALL.iter().copied().find(|known| known.id() == code);
            let code = code.ok_or_else(|| LedgerError::Unreadable("the code of a failed reading".into()))?;
            let fault = Unreadable { code, message: row.get(2)?, help: row.get(3)?, stopped: true };
            out.push((row.get(0)?, fault));
        }
        Ok(out)
    }

    /// Notes that the reading of contents by `reader` was stopped or died. A content that was read before
    /// on this machine is not noted: that it failed now is a bad day of the machine's.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_failed_readings(&mut self, reader: &str, failed: &[(String, Unreadable)]) -> Result<()> {
        if failed.is_empty() {
            return Ok(());
        }
        let transaction = self.begin()?;
        for (sha256, fault) in failed {
            transaction.execute(
                "INSERT OR IGNORE INTO failed_reading (sha256, reader, code, message, mend)
                 SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
                     SELECT 1 FROM arrival
                     WHERE sha256 = ?1 AND json_extract(receipt, '$.state') = 'accepted')",
                params![sha256, reader, fault.code.id(), fault.message, fault.help],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_reading_is_known_to_the_same_reader_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let fault = Unreadable {
            code: Code::TooCostly,
            message: "it never ends".into(),
            help: "save it again".into(),
            stopped: true,
        };
        let day = "2026-07-14".parse().unwrap();
        ledger.see_dropped("visits", "good.ods", "b", day);
        ledger.keep_receipt(1, r#"{"state":"accepted"}"#).unwrap();
        let failed = [("a".to_owned(), fault.clone()), ("b".to_owned(), fault.clone())];
        ledger.note_failed_readings("1 120", &failed).unwrap();
        ledger.note_failed_readings("1 120", &failed).unwrap();
        assert_eq!(
            ledger.failed_readings("1 120").unwrap(),
            [("a".to_owned(), fault)],
            "a file that was read before is tried again"
        );
        assert_eq!(ledger.failed_readings("1 240").unwrap(), [], "raised limits try again");
    }
}
