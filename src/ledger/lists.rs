//! How the committees' lists of recipients changed from run to run: only ever appended to, so that the
//! list of any day can be told.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::params;

use super::{Ledger, LedgerError, Result, date};

/// A recipient on a committee's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The committee's name.
    pub committee: String,
    /// The address.
    pub address: String,
    /// The role.
    pub role: String,
    /// Who put the address on the list.
    pub added_by: String,
    /// When.
    pub added: NaiveDate,
    /// When it is to be looked at again.
    pub review: NaiveDate,
}

/// What happened to a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Change {
    /// On the list when the program first saw it.
    First,
    /// One person more.
    Added,
    /// One person less.
    Removed,
    /// The same address with another role, author or date.
    Changed,
}

impl Change {
    /// The word for it.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A change of a list, and the run that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChange {
    /// What happened.
    pub change: Change,
    /// The entry as it is now, or as it was where it was removed.
    pub entry: Listed,
    /// The run that found it.
    pub run: String,
    /// The date of that run.
    pub as_of: NaiveDate,
    /// The moment, in RFC 3339.
    pub at: String,
}

impl Ledger {
    /// Compares the lists with those of the last time and notes what changed.
    ///
    /// # Errors
    /// If the ledger cannot be used.
    pub fn note_lists(
        &mut self,
        now: &[Listed],
        run: &str,
        as_of: NaiveDate,
        at: &str,
    ) -> Result<Vec<ListChange>> {
        let before = self.list_changes()?;
        let changes = changes(&before, now);
        let changes: Vec<ListChange> = changes
            .into_iter()
            .map(|(change, entry)| ListChange {
                change,
                entry,
                run: run.to_owned(),
                as_of,
                at: at.to_owned(),
            })
            .collect();
        let transaction = self.begin()?;
        for change in &changes {
            transaction.execute(
                "INSERT INTO list_change
                     (committee, address, role, change, added_by, added, review, run, as_of, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    change.entry.committee,
                    change.entry.address,
                    change.entry.role,
                    change.change.word(),
                    change.entry.added_by,
                    change.entry.added.to_string(),
                    change.entry.review.to_string(),
                    change.run,
                    change.as_of.to_string(),
                    change.at
                ],
            )?;
        }
        transaction.commit()?;
        Ok(changes)
    }

    /// Every change of a list, oldest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn list_changes(&self) -> Result<Vec<ListChange>> {
        let sql = "SELECT committee, address, role, change, added_by, added, review, run, as_of, at
                   FROM list_change ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let text = |index: usize| row.get::<_, String>(index);
            let texts: Vec<String> = (0..10).map(text).collect::<rusqlite::Result<_>>()?;
            Ok(texts)
        })?;
        rows.map(|row| change(&row?)).collect()
    }
}

fn change(texts: &[String]) -> Result<ListChange> {
    let [committee, address, role, word, added_by, added, review, run, as_of, at] = texts else {
        return Err(LedgerError::Unreadable("a change of a list has other columns".to_owned()));
    };
    let unknown = |_| LedgerError::Unreadable(format!("`{word}` is not a change of a list"));
    Ok(ListChange {
        change: word.parse().map_err(unknown)?,
        entry: Listed {
            committee: committee.clone(),
            address: address.clone(),
            role: role.clone(),
            added_by: added_by.clone(),
            added: date(added)?,
            review: date(review)?,
        },
        run: run.clone(),
        as_of: date(as_of)?,
        at: at.clone(),
    })
}

/// What changed since the last time. Before the first time nothing is known, so nothing is an addition.
fn changes(before: &[ListChange], now: &[Listed]) -> Vec<(Change, Listed)> {
    let mut lists: BTreeMap<(&str, &str), &Listed> = BTreeMap::new();
    for past in before {
        let at = (past.entry.committee.as_str(), past.entry.address.as_str());
        match past.change {
            Change::Removed => lists.remove(&at),
            Change::First | Change::Added | Change::Changed => lists.insert(at, &past.entry),
        };
    }
    let added = if before.is_empty() { Change::First } else { Change::Added };
    let mut out = Vec::new();
    for entry in now {
        match lists.remove(&(entry.committee.as_str(), entry.address.as_str())) {
            None => out.push((added, entry.clone())),
            Some(past) if past != entry => out.push((Change::Changed, entry.clone())),
            Some(_) => {}
        }
    }
    out.extend(lists.into_values().map(|gone| (Change::Removed, gone.clone())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(address: &str, role: &str) -> Listed {
        let day = "2026-04-01".parse().unwrap();
        Listed {
            committee: "Quality Committee".into(),
            address: address.into(),
            role: role.into(),
            added_by: "Head of Primary Care".into(),
            added: day,
            review: day,
        }
    }

    #[test]
    fn one_person_more_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let day = "2026-07-14".parse().unwrap();
        let (chair, other) = (entry("chair@icb.example", "Chair"), entry("new@icb.example", "Deputy"));
        let mut note = |now: &[Listed]| -> Vec<(Change, String)> {
            let found = ledger.note_lists(now, "r", day, "2026-07-14T05:00:00Z").unwrap();
            found.into_iter().map(|c| (c.change, c.entry.address)).collect()
        };
        assert_eq!(note(std::slice::from_ref(&chair)), [(Change::First, chair.address.clone())]);
        assert_eq!(note(&[chair.clone(), other.clone()]), [(Change::Added, other.address.clone())]);
        assert_eq!(note(&[chair.clone(), other.clone()]), []);
        let renamed = entry("new@icb.example", "Deputy chair");
        assert_eq!(
            note(&[renamed]),
            [(Change::Changed, other.address.clone()), (Change::Removed, chair.address.clone())]
        );
        assert_eq!(note(&[]), [(Change::Removed, other.address.clone())]);
        assert_eq!(note(std::slice::from_ref(&chair)), [(Change::Added, chair.address)]);
    }
}
