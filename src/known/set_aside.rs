//! The rows that are set aside, and those that a named person let count.

use chrono::NaiveDate;
use serde::Serialize;

use super::state::{Files, State};
use crate::intake::cell::address;
use crate::intake::{Book, Cell, Effect, Problem, Receipt, Release, conceals};
use crate::ledger::Arrival;
use crate::pipeline::{Feed, Pipeline};
use crate::workspace::Workspace;

/// What is set aside on a date.
#[derive(Debug, Clone, Serialize)]
pub struct Quarantine {
    /// The date.
    pub as_of: NaiveDate,
    /// Rows that wait.
    pub waiting: usize,
    /// Rows that a named person let count.
    pub released: usize,
    /// The rows, by feed, receipt and row.
    pub rows: Vec<Aside>,
}

/// A row that is or was set aside.
#[derive(Debug, Clone, Serialize)]
pub struct Aside {
    /// The feed.
    pub feed: String,
    /// The receipt of its file.
    pub receipt: String,
    /// The file.
    pub file: String,
    /// The day the file was received.
    pub received: NaiveDate,
    /// Who answers for the feed.
    pub owner: String,
    /// The sheet, in a workbook.
    pub sheet: Option<String>,
    /// The row as Excel counts it.
    pub row: u32,
    /// What the row is known by.
    pub key: String,
    /// `waiting` or `released`.
    pub state: &'static str,
    /// Why it was set aside.
    pub problems: Vec<Problem>,
    /// Who let it count, when and why.
    pub release: Option<Release>,
    /// Its cells as they came, where they were asked for; withheld ones never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<AsideCell>>,
}

/// A cell of a row that is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsideCell {
    /// Its address.
    pub cell: String,
    /// Its column.
    pub column: String,
    /// What stands there.
    pub value: String,
}

/// Everything that is set aside in a data folder as it stands now.
///
/// # Errors
/// If the ledger or a received file cannot be read, or the register is missing.
pub fn quarantine(
    workspace: &Workspace,
    pipeline: &Pipeline,
    feed: Option<&str>,
    values: bool,
) -> anyhow::Result<Option<Quarantine>> {
    let Some(ledger) = workspace.existing_ledger()? else { return Ok(None) };
    let dates = [ledger.last_received()?, ledger.last_as_of()?];
    let Some(as_of) = dates.into_iter().flatten().max() else { return Ok(None) };
    let arrivals = ledger.arrivals(as_of)?;
    let files = Files::new(workspace.store(), pipeline).knowing(&ledger)?;
    let state = State::at(&files, &arrivals, as_of)?;
    let mut rows = Vec::new();
    for arrival in &arrivals {
        let wanted = feed.is_none_or(|feed| feed == arrival.feed);
        let Some(feed) = pipeline.feed(&arrival.feed).filter(|_| wanted) else { continue };
        rows.extend(of_file(arrival, feed, &files, &state, values)?);
    }
    rows.sort_by(|a, b| (&a.feed, &a.receipt, a.row).cmp(&(&b.feed, &b.receipt, b.row)));
    let released = rows.iter().filter(|row| row.release.is_some()).count();
    Ok(Some(Quarantine { as_of, waiting: rows.len() - released, released, rows }))
}

fn of_file(
    arrival: &Arrival,
    feed: &Feed,
    files: &Files<'_>,
    state: &State,
    values: bool,
) -> anyhow::Result<Vec<Aside>> {
    let settled = state.settled.get(&arrival.number);
    let settled = settled
        .or_else(|| state.passed.get(&arrival.number)?.settled.as_ref())
        .filter(|settled| !settled.kept.is_empty());
    let (Some(settled), Some(read)) = (settled, files.read(arrival)?) else { return Ok(Vec::new()) };
    let Ok(reading) = read.rows.as_ref() else { return Ok(Vec::new()) };
    let book = if values { files.book(arrival)?.ok() } else { None };
    // A reference may look like a person's number by right.
    let layout = feed.layouts.get(reading.layout);
    let by_right = layout.is_some_and(|layout| {
        let exempt = |name: &String| layout.column(name).is_some_and(|column| !column.guard);
        !layout.key.is_empty() && layout.key.iter().all(exempt)
    });
    let mut out = Vec::new();
    for kept in &settled.kept {
        // Rows that were made of the cells of one row share its other cells, not these.
        let another = |cell: &String| {
            settled.kept.iter().any(|other| other.id != kept.id && other.cell.as_ref() == Some(cell))
        };
        let aside = |p: &&Problem| {
            p.row == Some(kept.row)
                && (kept.sheet.is_none() || p.sheet == kept.sheet)
                && matches!(p.effect, Effect::Quarantined | Effect::Released)
                && !p.cell.as_ref().is_some_and(another)
        };
        let problems: Vec<Problem> = settled.problems.iter().filter(aside).cloned().collect();
        let titled = |name: &str| {
            let layout = feed.layouts.get(reading.layout)?;
            layout.column(name).map(|column| column.title.clone())
        };
        let cells = book.as_ref().map(|book| {
            let sheet = reading.sheet_of(kept.id);
            let cells = raw(book, sheet.as_deref(), kept.row);
            let own = reading
                .letters_of(kept.id)
                .iter()
                .map(|(name, letter)| (name, format!("{letter}{}", kept.row)));
            // The value of a row that a cell made stands in that cell.
            let made = reading.made.last().zip(kept.cell.clone());
            let seen = own.chain(made).filter(|(name, _)| !feed.withhold.contains(name));
            let mut shown: Vec<AsideCell> = seen
                .map(|(name, cell)| {
                    let concealed = problems.iter().any(|p| conceals(p) && p.cell.as_ref() == Some(&cell));
                    let value = (0..)
                        .zip(&cells)
                        .find(|(place, _)| address(*place, kept.row) == cell)
                        .map_or_else(String::new, |(_, cell)| cell.shown());
                    let exempt = layout.and_then(|l| l.column(name)).is_some_and(|column| !column.guard);
                    let value = match (concealed, exempt) {
                        (true, _) => "(not shown)".to_owned(),
                        (false, true) => value,
                        (false, false) => masked(feed, value),
                    };
                    AsideCell { cell, column: titled(name).unwrap_or_else(|| name.clone()), value }
                })
                .collect();
            shown.sort_by_key(|cell| (cell.cell.len(), cell.cell.clone()));
            shown
        });
        out.push(Aside {
            feed: feed.id.clone(),
            receipt: Receipt::number(arrival.number),
            file: arrival.file.clone(),
            received: arrival.received,
            owner: feed.owner.clone(),
            sheet: reading.sheet_of(kept.id),
            row: kept.row,
            key: if by_right { kept.key.clone() } else { masked(feed, kept.key.clone()) },
            state: if kept.release.is_some() { "released" } else { "waiting" },
            problems,
            release: kept.release.clone(),
            values: cells,
        });
    }
    Ok(out)
}

/// A text of a row as it may be told: a reference or a code may itself be what identifies a person.
fn masked(feed: &Feed, text: String) -> String {
    match &feed.guard {
        Some(guard) => guard.concealed(text),
        None => text,
    }
}

/// The cells of a row as they came.
fn raw(book: &Book, sheet: Option<&str>, row: u32) -> Vec<Cell> {
    let sheet = match sheet {
        Some(name) => book.sheets.iter().find(|s| s.name == name),
        None => book.sheets.first(),
    };
    let rows = sheet.map(|sheet| sheet.rows.as_slice()).unwrap_or_default();
    let index = rows.binary_search_by_key(&row, |(number, _)| *number).ok();
    index.and_then(|index| rows.get(index)).map(|(_, cells)| cells.clone()).unwrap_or_default()
}
