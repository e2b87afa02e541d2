//! Which packs were sent: what later papers can be compared with. The tables are those of [`super::packs`].

use chrono::NaiveDate;

use super::{Ledger, Result, date};

/// A pack of which at least one message was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentPack {
    /// What people call it.
    pub id: String,
    /// The committee, as paths and keys name it.
    pub committee: String,
    /// The document that leads it.
    pub document: String,
    /// The run that made what was sent.
    pub run: String,
    /// The place of that run among all runs.
    pub sequence: i64,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// The date of its approval, where a person let it go.
    pub approved: Option<NaiveDate>,
    /// The date of its recall.
    pub recalled: Option<NaiveDate>,
}

impl Ledger {
    /// The runs that made packs of a period which somebody has or may yet get, the newest run
    /// first; recalled and corrected ones too. One that waits counts, unless it waits in vain or for the date
    /// `as_of`, for which another takes its place.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn printed_by(&self, as_of: NaiveDate) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT run.id, run.sequence FROM pack JOIN run ON run.id = pack.run
             WHERE pack.letter NOT LIKE 'exception/%' AND (EXISTS (
                 SELECT 1 FROM pack_message AS message JOIN dispatch ON dispatch.key = message.key
                 WHERE message.pack = pack.id AND dispatch.state <> 'withdrawn')
               OR (pack.as_of <> ?1 AND (pack.state = 'withheld'
                     OR (pack.state = 'held' AND (pack.expires IS NULL OR pack.expires >= ?1)))))
             ORDER BY run.sequence DESC";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([as_of.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every pack of a period of which a message was handed over, in the order in which they
    /// were first made. A notice of a recall hands no pack over.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn sent_packs(&self) -> Result<Vec<SentPack>> {
        let sql = "SELECT pack.id, pack.committee_id, pack.kind, pack.run, run.sequence, pack.as_of,
                 (SELECT max(dated) FROM approval WHERE approval.pack = pack.id
                      AND approval.content = pack.content),
                 (SELECT dated FROM recall WHERE recall.pack = pack.id)
             FROM pack JOIN run ON run.id = pack.run
             WHERE pack.letter NOT LIKE 'exception/%' AND EXISTS (
                 SELECT 1 FROM pack_message AS message JOIN dispatch ON dispatch.key = message.key
                 WHERE message.pack = pack.id AND message.purpose <> 'correction' AND dispatch.state = 'sent')
             ORDER BY pack.rowid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let dates: (String, Option<String>, Option<String>) = (row.get(5)?, row.get(6)?, row.get(7)?);
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?, row.get(4)?, dates))
        })?;
        rows.map(|row| {
            let ((id, committee, document), run, sequence, (as_of, approved, recalled)) = row?;
            Ok(SentPack {
                id,
                committee,
                document,
                run,
                sequence,
                as_of: date(&as_of)?,
                approved: approved.as_deref().map(date).transpose()?,
                recalled: recalled.as_deref().map(date).transpose()?,
            })
        })
        .collect()
    }
}
