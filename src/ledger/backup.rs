//! Consistent copies of the ledger, taken while others write to it, and a copy wound back to before a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, params};

use super::{Ledger, Release, Result};

impl Ledger {
    /// Copies the ledger of a file to another file, as it stands at one moment, while it may be in use.
    ///
    /// # Errors
    /// If either file cannot be used.
    pub fn copy_to(from: &Path, to: &Path) -> Result<()> {
        let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        source.busy_timeout(Duration::from_secs(5))?;
        let _ = crate::disk::to_write().append(true).open(to);
        let mut target = Connection::open(to)?;
        // All pages in one step: one read transaction, so a writer cannot make the copy start again.
        rusqlite::backup::Backup::new(&source, &mut target)?.run_to_completion(
            i32::MAX,
            Duration::ZERO,
            None,
        )?;
        // A copy is one file; whoever opens it to write goes back to write-ahead mode.
        target.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(())
    }

    /// Everything that SQLite finds wrong with a ledger; nothing if it is whole.
    ///
    /// # Errors
    /// If the file is no ledger at all.
    pub fn faults(path: &Path) -> Result<Vec<String>> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut faults = Vec::new();
        let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
        for row in statement.query_map([], |row| row.get::<_, String>(0))? {
            faults.push(row?);
        }
        faults.retain(|fault| fault != "ok");
        let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
        for row in statement.query_map([], |row| row.get::<_, String>(0))? {
            faults.push(format!("a row of {} refers to nothing", row?));
        }
        Ok(faults)
    }

    /// Every SHA-256 in hexadecimal that stands in a text of the ledger, with its table: whatever the
    /// ledger refers to in the store, from whichever table.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn hashes(&self) -> Result<Vec<(String, String)>> {
        let mut tables =
            self.connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut out = Vec::new();
        for table in tables {
            let mut statement =
                self.connection.prepare(&format!("SELECT * FROM \"{}\"", table.replace('"', "\"\"")))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    if let rusqlite::types::ValueRef::Text(text) = row.get_ref(column)? {
                        out.extend(hashes_in(text).into_iter().map(|hash| (table.clone(), hash)));
                    }
                }
            }
        }
        out.sort();
        out.dedup();
        Ok(out)
    }

    /// Winds a copy of a ledger back to before a run: the run is begun and not complete, knows the arrivals
    /// of these numbers, and nothing of what came after it. Gives the
    /// releases of what the guard stopped in it that were made before it was done for the last time, those
    /// together that were made between the same two times.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn wind_back(path: &Path, run: &str, arrivals: &[u32]) -> Result<Vec<Vec<(String, Release)>>> {
        drop(Ledger::open(path)?);
        let mut connection = Connection::open(path)?;
        // Whatever else refers to the rows that go is of no account in a copy.
        connection.pragma_update(None, "foreign_keys", "OFF")?;
        let transaction = connection.transaction()?;
        let later = "(SELECT id FROM run WHERE sequence > (SELECT sequence FROM run WHERE id = ?1))";
        // The receipts that this run sent are to be sent again: `receipt/R0012-…` names the arrival.
        transaction.execute(
            "DELETE FROM answered WHERE arrival IN (
                 SELECT CAST(substr(key, 10, instr(substr(key, 10), '-') - 1) AS INTEGER)
                 FROM dispatch WHERE run = ?1 AND key LIKE 'receipt/R%')",
            [run],
        )?;
        let releases = releases_between(&transaction, run)?;
        transaction.execute(
            "DELETE FROM guard_release
             WHERE stopped = ?1 OR after >= (SELECT touched FROM run WHERE id = ?1)",
            [run],
        )?;
        for table in ["alert", "dispatch", "pack", "late_level", "list_change"] {
            transaction.execute(&format!("DELETE FROM {table} WHERE run IN {later}"), [run])?;
        }
        for table in ["dispatch", "pack", "late_level", "list_change"] {
            transaction.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
        }
        transaction.execute_batch(
            "DELETE FROM pack_message WHERE key NOT IN (SELECT key FROM dispatch);
             DELETE FROM dispatch_step WHERE key NOT IN (SELECT key FROM dispatch);
             DELETE FROM approval WHERE pack NOT IN (SELECT id FROM pack);
             DELETE FROM recall WHERE pack NOT IN (SELECT id FROM pack);",
        )?;
        transaction.execute(&format!("DELETE FROM run WHERE id IN {later}"), [run])?;
        transaction.execute(
            "DELETE FROM run WHERE id <> ?1 AND EXISTS (SELECT 1 FROM run AS this WHERE this.id = ?1
                 AND run.job = this.job AND run.as_of = this.as_of)",
            params![run],
        )?;
        transaction.execute("UPDATE run SET state = 'begun' WHERE id = ?1", [run])?;
        transaction.execute("DELETE FROM seen", [])?;
        // What a person said of an arrival since is of no account for the run.
        transaction
            .execute("DELETE FROM amended WHERE after >= (SELECT sequence FROM run WHERE id = ?1)", [run])?;
        let numbers: Vec<String> = arrivals.iter().map(u32::to_string).collect();
        let list = numbers.join(", ");
        transaction.execute(&format!("DELETE FROM arrival WHERE number NOT IN ({list})"), [])?;
        transaction.commit()?;
        Ok(releases)
    }
}

/// The releases of what was stopped in a run that it knew when it was done for the last time.
fn releases_between(transaction: &Transaction<'_>, run: &str) -> Result<Vec<Vec<(String, Release)>>> {
    let mut statement = transaction.prepare(
        "SELECT after, id, role, note, at FROM guard_release
         WHERE stopped = ?1 AND after < (SELECT touched FROM run WHERE id = ?1) ORDER BY after, rowid",
    )?;
    let rows = statement.query_map([run], |row| {
        let release = Release { role: row.get(2)?, note: row.get(3)?, at: row.get(4)? };
        Ok((row.get::<_, i64>(0)?, (row.get(1)?, release)))
    })?;
    let mut out: BTreeMap<i64, Vec<(String, Release)>> = BTreeMap::new();
    for row in rows {
        let (after, release) = row?;
        out.entry(after).or_default().push(release);
    }
    Ok(out.into_values().collect())
}

/// Every run of exactly 64 hexadecimal digits in a text.
pub fn hashes_in(text: &[u8]) -> Vec<String> {
    let hexadecimal = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.split(|byte| !hexadecimal(byte))
        .filter(|word| word.len() == 64)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{RunRecord, RunState};

    fn record(id: &str, as_of: &str, packs: bool) -> RunRecord {
        let (job, manifest) = (id.split('-').next().unwrap().to_owned(), "m".to_owned());
        let as_of = as_of.parse().unwrap();
        RunRecord { id: id.into(), job, as_of, packs, manifest, state: RunState::Complete }
    }

    #[test]
    fn a_copy_taken_while_another_writes_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (path, copy) = (dir.path().join("ledger.sqlite"), dir.path().join("copy.sqlite"));
        let mut ledger = Ledger::open(&path).unwrap();
        ledger.note_run(&record("quarterly-1", "2026-07-14", true)).unwrap();
        let mut writer = Connection::open(&path).unwrap();
        let open = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        open.execute("UPDATE run SET job = 'half'", []).unwrap();
        Ledger::copy_to(&path, &copy).unwrap();
        assert_eq!(Ledger::faults(&copy).unwrap(), [] as [String; 0]);
        let runs = Ledger::open(&copy).unwrap().runs().unwrap();
        assert_eq!(runs, [record("quarterly-1", "2026-07-14", true)], "nothing half done");
    }

    #[test]
    fn what_is_no_ledger_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.sqlite");
        std::fs::write(&path, "not a database, but long enough to look at").unwrap();
        assert!(Ledger::faults(&path).is_err());
    }

    #[test]
    fn a_ledger_is_wound_back_to_before_a_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.sqlite");
        let mut ledger = Ledger::open(&path).unwrap();
        for (id, as_of) in [
            ("quarterly-1", "2026-04-14"),
            ("quarterly-1-b", "2026-04-14"),
            ("quarterly-2", "2026-07-14"),
            ("quarterly-2-b", "2026-07-14"),
            ("quarterly-3", "2026-10-14"),
        ] {
            ledger.note_run(&record(id, as_of, true)).unwrap();
        }
        let day = "2026-07-14".parse().unwrap();
        for content in ["a", "b", "c"] {
            ledger.see_dropped("visits", content, content, day);
        }
        drop(ledger);
        Ledger::wind_back(&path, "quarterly-2-b", &[1, 3]).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        let left: Vec<(String, RunState)> =
            ledger.runs().unwrap().into_iter().map(|r| (r.id, r.state)).collect();
        assert_eq!(
            left,
            [
                ("quarterly-1".to_owned(), RunState::Complete),
                ("quarterly-1-b".to_owned(), RunState::Complete),
                ("quarterly-2-b".to_owned(), RunState::Begun)
            ]
        );
        let numbers: Vec<u32> = ledger.arrivals(day).unwrap().iter().map(|a| a.number).collect();
        assert_eq!(numbers, [1, 3]);
    }

    #[test]
    fn hashes_are_found_wherever_they_stand() {
        let hash = crate::sha256(b"x");
        assert_eq!(hashes_in(format!("{{\"a\": \"{hash}\", \"b\": \"{hash}0\"}}").as_bytes()), [hash]);
    }
}
