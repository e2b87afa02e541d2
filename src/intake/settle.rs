//! What becomes of each row once the register is known: accepted, quarantined or ignored.
//!
//! Always: rows read = accepted + quarantined + ignored.

mod practices;
mod repeats;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

pub use practices::{Lookup, Practices};

use super::cell::shortened;
use super::code;
use super::release::{Kept, Release};
use super::rows::{Fate, Reading, Row, Value, in_sheet, tab_of};
use super::{Effect, Problem, Urgent};
use crate::diagnostic::Code;
use crate::pipeline::{ColumnKind, Feed, Layout};

/// The column that says from which closed practice a row was carried.
pub const CARRIED_FROM: &str = "_from";

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that hold anything, below the header.
    pub read: usize,
    /// Rows that count.
    pub accepted: usize,
    /// Rows set aside.
    pub quarantined: usize,
    /// Rows passed over.
    pub ignored: usize,
}

impl Counts {
    /// Whether every row is accounted for.
    pub fn balance(&self) -> bool {
        self.read == self.accepted + self.quarantined + self.ignored
    }
}

/// A settled file.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The accepted rows, with the practice that each counts for.
    pub table: DataFrame,
    /// The rows set aside, as far as they could be read.
    pub aside: DataFrame,
    /// How many rows became what.
    pub counts: Counts,
    /// Everything that was found, in the order of the sheet.
    pub problems: Vec<Problem>,
    /// The rows set aside, and those that a named person let count.
    pub kept: Vec<Kept>,
    /// Releases that changed nothing, each with the reason.
    pub unused: Vec<(Release, String)>,
    /// The rows set aside that cannot wait.
    pub urgent: Vec<Urgent>,
}

impl Settled {
    /// Whether there are rows and all of them are set aside.
    pub fn is_all_aside(&self) -> bool {
        self.counts.accepted == 0 && self.counts.quarantined > 0
    }
}

/// Settles the rows of a reading that nobody released a row of.
pub fn settle(reading: &Reading, feed: &Feed, received: NaiveDate, practices: &dyn Practices) -> Settled {
    settle_released(reading, feed, received, practices, &[])
}

/// Settles the rows of a reading; `releases` are those of this very file.
pub fn settle_released(
    reading: &Reading,
    feed: &Feed,
    received: NaiveDate,
    practices: &dyn Practices,
    releases: &[Release],
) -> Settled {
    Settler::settled(reading, feed, practices, releases).finish(feed, received)
}

/// The rows of a reading with what became of each, and nothing else: for comparing one file with another.
pub(super) fn settled_rows(
    reading: &Reading,
    feed: &Feed,
    practices: &dyn Practices,
    releases: &[Release],
) -> Vec<Row> {
    Settler::settled(reading, feed, practices, releases).rows
}

struct Settler<'r> {
    layout: &'r Layout,
    reading: &'r Reading,
    rows: Vec<Row>,
    problems: Vec<Problem>,
    /// For each carried row, the code it came under.
    carried: BTreeMap<u32, String>,
    kept: Vec<Kept>,
    unused: Vec<(Release, String)>,
}

impl<'r> Settler<'r> {
    fn settled(
        reading: &'r Reading,
        feed: &'r Feed,
        practices: &dyn Practices,
        releases: &[Release],
    ) -> Self {
        #[cfg(test)]
        counted::one_more();
        let layout = &feed.layouts[reading.layout];
        let mut settler = Settler {
            layout,
            reading,
            rows: reading.rows.clone(),
            problems: reading.problems.clone(),
            carried: BTreeMap::new(),
            kept: Vec::new(),
            unused: Vec::new(),
        };
        settler.repeated_rows();
        match layout.others {
            Some(others) => settler.practices(others, practices),
            None => settler.slips(practices),
        }
        settler.repeated_keys();
        settler.disagreements();
        settler.release(releases);
        settler
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.layout.columns.iter().position(|c| c.name == name)
    }

    fn text(row: &Row, place: Option<usize>) -> Option<&str> {
        match place.and_then(|p| row.values.get(p)) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn problem(&mut self, code: Code, effect: Effect, row: u32, column: &str, message: String, help: String) {
        let title = self.layout.column(column).map(|c| c.title.clone());
        let index = self.rows.binary_search_by_key(&row, |r| r.id).ok();
        let read = index.and_then(|i| self.rows.get(i));
        let found = read.and_then(|r| {
            let place = self.layout.columns.iter().position(|c| c.name == column)?;
            let text = matches!(self.layout.columns[place].kind, ColumnKind::Text);
            match &r.values[place] {
                // Free text is not repeated; a reference is what a row is known by.
                // A code is shown as the sheet has it.
                Value::Text(_) if column == "practice" && self.reading.written.contains_key(&r.id) => {
                    self.reading.written.get(&r.id).map(|written| shortened(&code::seen(written)))
                }
                Value::Text(value) if !text || self.layout.key.iter().any(|k| k == column) => {
                    Some(shortened(value))
                }
                Value::Number(number) => Some(crate::wording::number(*number)),
                Value::Date(date) => Some(date.format("%d/%m/%Y").to_string()),
                _ => None,
            }
        });
        self.problems.push(Problem {
            code: code.id().to_owned(),
            effect,
            sheet: self.reading.sheet_of(row),
            cell: read.and_then(|r| self.reading.cell(r, column)),
            row: Some(row),
            column: title,
            found,
            message,
            help,
        });
    }

    /// What a row is known by: the values of its layout's key.
    fn key(&self, row: &Row) -> String {
        let values = self.layout.key.iter().filter_map(|name| row.values.get(self.place(name)?));
        values.map(Value::shown).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Lets rows count that a named person released. What kept them aside stays told, with who and why.
    fn release(&mut self, releases: &[Release]) {
        let aside = self.rows.iter().filter(|row| row.fate == Fate::Quarantined);
        self.kept = aside
            .map(|row| Kept {
                id: row.id,
                row: row.number(),
                cell: row.made_of(),
                sheet: tab_of(row.id).and_then(|_| self.reading.sheet_of(row.id)),
                key: self.key(row),
                release: None,
            })
            .collect();
        let practice = self.layout.others.and_then(|_| self.place("practice"));
        for release in releases {
            let picked = release.picks(&self.kept);
            if picked.is_empty() {
                let sheet = self
                    .reading
                    .tabs
                    .first()
                    .map(|tab| format!("; where several sheets have the row, write {}!14", tab.name));
                let why = format!("no such row of that file is set aside{}", sheet.unwrap_or_default());
                self.unused.push((release.clone(), why));
            }
            for id in picked {
                let Some(row) = self.rows.iter_mut().find(|row| row.id == id) else { continue };
                if practice.is_some_and(|place| row.values.get(place) == Some(&Value::Missing)) {
                    let number = row.number();
                    let why =
                        format!("row {number} names no practice, so there is nothing it could count for");
                    self.unused.push((release.clone(), why));
                    continue;
                }
                row.fate = Fate::Standing;
                for kept in self.kept.iter_mut().filter(|kept| kept.id == id) {
                    kept.release = Some(release.clone());
                }
                let told = self.problems.iter_mut().filter(|p| p.row == Some(id));
                for problem in told.filter(|p| p.effect == Effect::Quarantined) {
                    problem.effect = Effect::Released;
                    problem.help = release.words();
                }
            }
        }
    }

    /// Of a row that is taken for a hint nothing else is told: there is one thing to correct, to delete it.
    fn one_line_a_hint(&mut self) {
        let is_hint = |p: &Problem| p.code == Code::NotARow.id() && p.effect == Effect::Quarantined;
        let hints: BTreeSet<u32> =
            self.problems.iter().filter(|p| is_hint(p)).filter_map(|p| p.row).collect();
        self.problems.retain(|p| is_hint(p) || p.row.is_none_or(|row| !hints.contains(&row)));
    }

    fn finish(mut self, feed: &Feed, received: NaiveDate) -> Settled {
        let count = |fate: Fate| self.rows.iter().filter(|row| row.fate == fate).count();
        let counts = Counts {
            read: self.rows.len(),
            accepted: count(Fate::Standing),
            quarantined: count(Fate::Quarantined),
            ignored: count(Fate::Ignored),
        };
        let standing = |row: &Row| row.fate == Fate::Standing;
        let mut table = super::rows::table(&self.rows, standing, feed, self.layout, received);
        let from: Vec<Option<&str>> = self
            .rows
            .iter()
            .filter(|row| standing(row))
            .map(|row| self.carried.get(&row.id).map(String::as_str))
            .collect();
        let quarantined = |row: &Row| row.fate == Fate::Quarantined;
        let mut aside = super::rows::table(&self.rows, quarantined, feed, self.layout, received);
        let nowhere = vec![None::<&str>; aside.height()];
        let _ = aside.with_column(Column::new(CARRIED_FROM.into(), nowhere));
        // The column has as many rows as the table, so this cannot fail.
        let _ = table.with_column(Column::new(CARRIED_FROM.into(), from));
        self.one_line_a_hint();
        self.problems.iter_mut().for_each(in_sheet);
        if let Some(guard) = &feed.guard {
            super::guard::conceal(&mut self.problems, guard);
        }
        let tabs: Vec<Option<String>> = self.reading.tabs.iter().map(|tab| Some(tab.name.clone())).collect();
        self.problems.sort_by_key(|p| {
            let tab = tabs.iter().position(|name| *name == p.sheet);
            (tab, p.row.unwrap_or(0), p.cell.clone().map(|c| (c.len(), c)))
        });
        let urgent =
            super::urgent::urgent(&self.rows, &self.problems, self.reading, feed, self.layout, received);
        let Self { problems, kept, unused, .. } = self;
        Settled { table, aside, counts, problems, kept, unused, urgent }
    }
}

/// How often a reading was settled in this thread: tests ask that no file is settled again for each other file.
#[cfg(test)]
pub(crate) mod counted {
    use std::cell::Cell;

    thread_local! {
        static SETTLED: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn one_more() {
        SETTLED.with(|settled| settled.set(settled.get() + 1));
    }

    pub(crate) fn taken() -> usize {
        SETTLED.with(Cell::take)
    }
}
