//! What a file changes against the one before it: which rows are new, which are gone, which say something
//! else. Free text is never repeated, only pointed at; nor is what may identify a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::release::Release;
use super::rows::{Fate, Reading, Row, Value};
use super::settle::{Practices, settled_rows};
use crate::condition::BETWEEN_VALUES;
use crate::pipeline::{Column, ColumnKind, Counts, Feed, Layout};

/// What a file changes against the files of its feed that counted before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The receipt of the file it is compared with; the newest of several.
    pub against: String,
    /// Rows that were not there before.
    pub added: usize,
    /// Rows that are there no longer. A feed whose files all count loses none.
    pub removed: usize,
    /// Rows that counted in the file before and are set aside in this one.
    #[serde(default)]
    pub aside: usize,
    /// Rows that say something else than before.
    pub changed: usize,
    /// Rows that say the same.
    pub same: usize,
    /// The first of the rows that differ: changed ones, then removed ones, then new ones.
    pub rows: Vec<Change>,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `added`, `removed`, `aside` or `changed`.
    pub kind: String,
    /// What the row is known by.
    pub key: String,
    /// Its number in the new file, or in the old one if it is gone.
    pub row: u32,
    /// The cells that say something else.
    pub cells: Vec<ChangedCell>,
}

/// A cell that says something else than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedCell {
    /// Its address in the new file, where its column has one.
    pub cell: Option<String>,
    /// Its column.
    pub column: String,
    /// What it said and what it says, unless it is free text.
    pub values: Option<(String, String)>,
}

/// The rows of a file by what they are known by, ready to be compared.
#[derive(Debug, Default)]
pub struct Edition {
    /// The table that they go to, and how many columns they have: only rows of the same table can be compared.
    table: (String, usize),
    standing: BTreeMap<String, Row>,
    aside: BTreeMap<String, Row>,
}

impl Edition {
    /// The rows of a reading; `releases` are those of this very file.
    pub fn of(reading: &Reading, feed: &Feed, practices: &dyn Practices, releases: &[Release]) -> Self {
        let Some(layout) = feed.layouts.get(reading.layout) else { return Self::default() };
        let rows = settled_rows(reading, feed, practices, releases);
        let (standing, others): (Vec<Row>, Vec<Row>) =
            rows.into_iter().filter(|r| r.fate != Fate::Ignored).partition(|r| r.fate == Fate::Standing);
        Self {
            table: (layout.table.clone(), layout.columns.len()),
            standing: keyed(standing, layout),
            aside: keyed(others, layout),
        }
    }
}

/// The rows of the files of a feed that counted before one, of each key the last.
#[derive(Debug, Default)]
pub struct Before(BTreeMap<(String, usize), BTreeMap<String, Row>>);

impl Before {
    /// Adds the next file.
    pub fn add(&mut self, edition: &Edition) {
        let rows = self.0.entry(edition.table.clone()).or_default();
        rows.extend(edition.standing.iter().map(|(key, row)| (key.clone(), row.clone())));
    }
}

/// Compares a file with those of its feed that counted before it. `most` rows are named. `against` is the
/// receipt of the last of them.
pub fn changes(
    (reading, new): (&Reading, &Edition),
    before: &Before,
    against: String,
    feed: &Feed,
    most: usize,
) -> Option<Changes> {
    let layout = feed.layouts.get(reading.layout)?;
    let now = &new.standing;
    let then = before.0.get(&new.table).filter(|rows| !rows.is_empty())?;
    let mut found = Changes { against, ..Changes::default() };
    let mut named: [Vec<Change>; 3] = Default::default();
    let withheld = |name: &str| feed.withhold.iter().any(|column| column == name);
    for (key, row) in now {
        match then.get(key) {
            None => {
                found.added += 1;
                named[2].push(change("added", (feed, layout), row, Vec::new()));
            }
            Some(old) if old.values == row.values => found.same += 1,
            Some(old) => {
                found.changed += 1;
                let cells = cells((feed, layout), reading, old, row, &withheld);
                named[0].push(change("changed", (feed, layout), row, cells));
            }
        }
    }
    if feed.counts == Counts::Newest {
        for (key, row) in then.iter().filter(|(key, _)| !now.contains_key(*key)) {
            if let Some(kept) = new.aside.get(key) {
                found.aside += 1;
                named[1].push(change("aside", (feed, layout), kept, Vec::new()));
            } else {
                found.removed += 1;
                named[1].push(change("removed", (feed, layout), row, Vec::new()));
            }
        }
    }
    for kind in &mut named {
        kind.sort_by_key(|change| change.row);
    }
    found.rows = named.into_iter().flatten().take(most).collect();
    Some(found)
}

/// Rows by their key; a layout without a key knows a row by all that it says.
fn keyed(rows: Vec<Row>, layout: &Layout) -> BTreeMap<String, Row> {
    let places: Vec<usize> = layout
        .key
        .iter()
        .filter_map(|name| layout.columns.iter().position(|column| column.name == *name))
        .collect();
    let mut out = BTreeMap::new();
    for row in rows {
        let key: Vec<String> = match places.as_slice() {
            [] => row.values.iter().map(Value::shown).collect(),
            places => places
                .iter()
                .filter_map(|place| row.values.get(*place))
                .map(|value| crate::pipeline::fold(&value.shown()))
                .collect(),
        };
        out.entry(key.join("\u{1f}")).or_insert(row);
    }
    out
}

fn change(kind: &str, (feed, layout): (&Feed, &Layout), row: &Row, cells: Vec<ChangedCell>) -> Change {
    let values = layout.columns.iter().zip(&row.values);
    // Without a key a row is told by its codes, dates and figures.
    let known = |name: &String, kind: &ColumnKind| match layout.key.as_slice() {
        [] => !matches!(kind, ColumnKind::Text),
        key => key.contains(name),
    };
    let shown = values
        .filter(|(column, _)| known(&column.name, &column.kind))
        .map(|(column, value)| told(feed, column, value));
    let key: Vec<String> = shown.filter(|text| !text.is_empty()).collect();
    Change { kind: kind.to_owned(), key: key.join(", "), row: row.number(), cells }
}

/// A value as it may be told.
fn told(feed: &Feed, column: &Column, value: &Value) -> String {
    match &feed.guard {
        Some(guard) if column.guard => guard.concealed(value.shown()),
        _ => value.shown(),
    }
}

fn cells(
    (feed, layout): (&Feed, &Layout),
    reading: &Reading,
    old: &Row,
    new: &Row,
    withheld: &dyn Fn(&str) -> bool,
) -> Vec<ChangedCell> {
    let pairs = layout.columns.iter().zip(old.values.iter().zip(&new.values));
    let differ = pairs.filter(|(column, (was, is))| was != is && !withheld(&column.name));
    differ
        .map(|(column, (was, is))| ChangedCell {
            cell: reading.cell(new, &column.name),
            column: column.title.clone(),
            values: match column.kind {
                ColumnKind::Text => None,
                _ => Some((told(feed, column, was), told(feed, column, is))),
            },
        })
        .collect()
}

impl Value {
    /// The value as messages have it: dates as `31/12/2026`, several values between commas.
    pub fn shown(&self) -> String {
        match self {
            Value::Missing => String::new(),
            Value::Text(text) => {
                let items: Vec<&str> = text.split(BETWEEN_VALUES).filter(|item| !item.is_empty()).collect();
                items.join(", ")
            }
            Value::Number(number) => crate::wording::number(*number),
            Value::Date(date) => date.format("%d/%m/%Y").to_string(),
            Value::Truth(true) => "Yes".to_owned(),
            Value::Truth(false) => "No".to_owned(),
        }
    }
}
