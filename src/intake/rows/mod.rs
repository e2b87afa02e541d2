//! From the cells of a sheet to typed rows, with everything wrong at its cell.

mod choices;
mod date;
mod elsewhere;
mod frame;
mod made;
mod name;
mod no_row;
mod number;
mod percent;
mod period;
mod reading;
mod refused;
mod scan;
mod tabs;
mod unpivot;
mod value;

use std::collections::BTreeMap;

use chrono::NaiveDate;

pub(super) use choices::items;
pub use frame::{CELL, FILE, ROW, TAB};
pub(super) use frame::{table, truths};
pub use name::says_in_name;
pub use reading::{Fate, Reading, Rejection, Row};
pub use tabs::Tab;
pub(super) use unpivot::{in_sheet, sheet_row, tab_of};
pub use value::Value;

use super::cell::{Cell, address, letters, shortened};
use super::covered::covered;
use super::guard;
use super::read::Book;
use super::sheet::{Shape, fit};
use super::{Effect, Problem};
use crate::diagnostic::Code;
use crate::pipeline::{Column, ColumnKind, Feed, Layout};
pub(in crate::intake) use no_row::looks_like_a_code;
use scan::{Scan, Tally, is_garbled};
use unpivot::address_in;
use value::{Flaw, parse};

/// Reads the rows of a book under the layout of the feed that fits it.
///
/// `name` is the file's name and `received` the day it was received.
///
/// # Errors
/// If no layout fits, or the file is of another kind than the feed expects.
pub fn take(book: &Book, feed: &Feed, name: &str, received: NaiveDate) -> Result<Reading, Rejection> {
    taken(book, feed, name, received).map_err(|mut rejection| {
        guard::screen_rejected(book, feed, &mut rejection);
        rejection.urgent = refused::urgent(book, feed, name, received, &rejection.problems);
        rejection
    })
}

fn taken(book: &Book, feed: &Feed, name: &str, received: NaiveDate) -> Result<Reading, Rejection> {
    let (layout, shape) = fit(book, &feed.layouts)?;
    if let Some(together) = tabs::together(book, feed, layout, name, received) {
        return together;
    }
    let taken = match unpivot::made_long(&shape, layout) {
        Some(long) => read(book, shape.onto(&long, layout), feed, layout, name, received),
        None => read(book, shape, feed, layout, name, received),
    };
    taken.map_err(|mut rejection| {
        rejection.problems.iter_mut().for_each(in_sheet);
        rejection
    })
}

/// Reads the rows of a sheet that lies under a layout.
fn read(
    book: &Book,
    shape: Shape<'_>,
    feed: &Feed,
    layout: &Layout,
    name: &str,
    received: NaiveDate,
) -> Result<Reading, Rejection> {
    let mut reading = read_cells(shape, feed, layout, name)?;
    guard::screen(book, feed, name, &mut reading);
    frame::check(&mut reading, feed, layout, received)?;
    Ok(reading)
}

/// Reads the cells of a sheet, before anything is asked of whole rows.
fn read_cells(shape: Shape<'_>, feed: &Feed, layout: &Layout, name: &str) -> Result<Reading, Rejection> {
    let index = feed.layouts.iter().position(|l| std::ptr::eq(l, layout)).unwrap_or(0);
    let mut taker = Taker::new(feed, layout, shape, name);
    taker.fill_from_elsewhere();
    if !taker.rejected.is_empty() {
        taker.problems.append(&mut taker.rejected);
        return Err(Rejection { rows: taker.count(), problems: taker.problems, ..Rejection::default() });
    }
    taker.rows();
    if let Some(unpivot) = &layout.unpivot {
        let sheet = taker.sheet_name();
        let header = taker.shape.header_row;
        let doubled = unpivot::doubled(&mut taker.rows, layout, unpivot, header, sheet.as_deref());
        taker.problems.extend(doubled);
    }
    Ok(taker.finish(index))
}

struct Taker<'a> {
    feed: &'a Feed,
    layout: &'a Layout,
    shape: Shape<'a>,
    name: &'a str,
    /// Values for columns that a title, the file's name or the feed provides.
    given: BTreeMap<&'a str, Value>,
    /// The date in the title, for a column that the sheet has too.
    titled: Option<(usize, NaiveDate, String)>,
    scan: Scan,
    /// Dates that stand as numbers, by column.
    serials: BTreeMap<usize, Tally>,
    /// Text that was decoded wrongly.
    garbled: Tally,
    rows: Vec<Row>,
    written: BTreeMap<u32, String>,
    /// The last filled cell of each column that is filled down.
    above: BTreeMap<usize, Cell>,
    /// Cells that were filled from above, by column.
    filled: BTreeMap<usize, Tally>,
    /// Rows that begin with a word that no row of this feed has.
    not_rows: Tally,
    /// Rows that are struck out.
    struck: Tally,
    /// The last row with the code of a practice.
    last_code: u32,
    problems: Vec<Problem>,
    rejected: Vec<Problem>,
}

impl<'a> Taker<'a> {
    fn new(feed: &'a Feed, layout: &'a Layout, mut shape: Shape<'a>, name: &'a str) -> Self {
        let problems = std::mem::take(&mut shape.problems);
        let given = BTreeMap::new();
        let scan = Scan::of(&shape, layout);
        let practice = layout.columns.iter().position(|c| c.name == "practice");
        let practice = practice.and_then(|index| shape.places.get(index).copied().flatten());
        let has_code = |cells: &[Cell]| {
            practice.is_none_or(|place| cells.get(place).is_some_and(|cell| looks_like_a_code(&cell.shown())))
        };
        let coded = shape.sheet.rows.iter().rev().find(|(_, cells)| has_code(cells));
        let last_code = coded.map_or(0, |(number, _)| *number);
        Self {
            feed,
            layout,
            shape,
            name,
            given,
            titled: None,
            scan,
            serials: BTreeMap::new(),
            garbled: Tally::default(),
            rows: Vec::new(),
            written: BTreeMap::new(),
            above: BTreeMap::new(),
            filled: BTreeMap::new(),
            not_rows: Tally::default(),
            struck: Tally::default(),
            last_code,
            problems,
            rejected: Vec::new(),
        }
    }

    fn count(&self) -> usize {
        self.body().count()
    }

    fn body(&self) -> impl Iterator<Item = &'a (u32, Vec<Cell>)> + use<'a> {
        let header = self.shape.header_row;
        self.shape.sheet.rows.iter().filter(move |(row, _)| *row > header)
    }

    fn rows(&mut self) {
        let body: Vec<&(u32, Vec<Cell>)> = self.body().collect();
        for (number, cells) in body {
            let first = cells.iter().position(|c| !c.is_empty()).unwrap_or(0);
            let (cell, begins) = (address_in(first, *number, self.shape.width), cells.get(first));
            if self.shape.sheet.struck.contains(&sheet_row(*number)) {
                self.struck.add(cell.clone(), "");
                if self.layout.ignore_struck {
                    self.rows.push(Row { id: *number, values: Vec::new(), fate: Fate::Ignored });
                    continue;
                }
            }
            if self.is_no_row(cells) {
                self.not_rows.add(cell, &begins.map(Cell::shown).unwrap_or_default());
                self.rows.push(Row { id: *number, values: Vec::new(), fate: Fate::Ignored });
                continue;
            }
            if let Some(what) = self.not_a_row(*number, cells) {
                self.ignored_heading(*number, cells, what);
                self.rows.push(Row { id: *number, values: Vec::new(), fate: Fate::Ignored });
                continue;
            }
            let row = self.row(*number, cells);
            self.rows.push(row);
        }
        self.title_disagreement();
        let sheet = self.sheet_name();
        let sheet = sheet.as_deref();
        let mut notes = self.scan.notes(&self.shape, self.layout, sheet);
        for (index, tally) in &self.filled {
            notes.extend(tally.filled(&self.layout.columns[*index].title, sheet));
        }
        notes.extend(self.not_rows.not_rows(sheet));
        notes.extend(self.struck.struck(self.layout.ignore_struck, sheet));
        for (index, tally) in &self.serials {
            notes.extend(tally.serials(&self.layout.columns[*index].title, sheet));
        }
        notes.extend(self.garbled.garbled(sheet));
        notes.extend(covered(&self.shape, self.layout));
        self.problems.extend(notes);
    }

    fn row(&mut self, number: u32, cells: &[Cell]) -> Row {
        let mut values = Vec::with_capacity(self.layout.columns.len());
        let mut fate = Fate::Standing;
        let told = self.problems.len();
        for (index, column) in self.layout.columns.iter().enumerate() {
            if let Some(value) =
                self.set_value(column).or_else(|| self.given.get(column.name.as_str()).cloned())
            {
                values.push(value);
                continue;
            }
            let place = self.shape.places[index];
            let own = place.and_then(|p| cells.get(p)).unwrap_or(&Cell::Empty);
            let above = place.filter(|_| own.is_empty()).and_then(|p| self.merged_above(p, number));
            let filled =
                place.filter(|_| column.fill_down).and_then(|p| self.filled_down(index, p, number, own));
            let cell = match (above, place) {
                (Some((row, cell)), Some(place)) => {
                    self.problems.push(self.read_from_above(column, place, number, row));
                    cell
                }
                _ => filled.as_ref().unwrap_or(own),
            };
            let (value, flaw) = match self.scan.ambiguity(index, cell, self.layout) {
                Some(message) => (Value::Missing, Some(Flaw::ambiguous(message))),
                None => match self.scan.doubtful_number(index, cell, column) {
                    Some(flaw) => (Value::Missing, Some(flaw)),
                    None => parse(cell, column, self.layout, self.scan.is_fraction(index)),
                },
            };
            if let (ColumnKind::Practice, Value::Text(code)) = (&column.kind, &value)
                && !cell.shown().eq_ignore_ascii_case(code)
            {
                self.written.insert(number, cell.shown());
            }
            if let (Some(place), Value::Text(text)) = (place, &value)
                && is_garbled(text)
            {
                self.garbled.add(address_in(place, number, self.shape.width), text);
            }
            let is_serial = flaw.as_ref().is_some_and(|f| f.usable && f.code == Code::SerialDate);
            if let (Some(place), true) = (place, is_serial) {
                self.serials
                    .entry(index)
                    .or_default()
                    .add(address_in(place, number, self.shape.width), &cell.shown());
            }
            if let (Some(flaw), Some(place)) = (flaw.filter(|_| !is_serial), place) {
                let quarantines = column.quarantine_if_bad && !flaw.usable;
                if quarantines {
                    fate = Fate::Quarantined;
                }
                let withheld = self.feed.withhold.contains(&column.name);
                self.problems.push(Problem {
                    code: flaw.code.id().to_owned(),
                    effect: if quarantines { Effect::Quarantined } else { Effect::Dropped },
                    sheet: self.sheet_name(),
                    cell: Some(address_in(place, number, self.shape.width)),
                    row: Some(number),
                    column: Some(column.title.clone()),
                    found: Some(shortened(&cell.shown())).filter(|_| !withheld),
                    message: flaw.message,
                    help: flaw.help,
                });
            }
            let withheld = self.feed.withhold.contains(&column.name);
            values.push(if withheld { Value::Missing } else { value });
        }
        let sheet = self.sheet_name();
        let parts = made::Parts {
            layout: self.layout,
            places: &self.shape.places,
            sheet: sheet.as_deref(),
            number,
            cells,
        };
        self.problems.extend(parts.make(&mut values, &mut fate));
        self.told_as_a_hint(told, number, &values, cells);
        Row { id: number, values, fate }
    }

    /// The value that an empty cell has from the filled cell above it, and what the column said last.
    fn filled_down(&mut self, index: usize, place: usize, number: u32, own: &Cell) -> Option<Cell> {
        if !own.is_empty() {
            self.above.insert(index, own.clone());
            return None;
        }
        let cell = self.above.get(&index)?.clone();
        let tally = self.filled.entry(index).or_default();
        tally.add(address_in(place, number, self.shape.width), &cell.shown());
        Some(cell)
    }

    /// The cell that is merged with this one and shows its value for both, with its row.
    fn merged_above(&self, place: usize, number: u32) -> Option<(u32, &'a Cell)> {
        let sheet = self.shape.sheet;
        let row = sheet.merged.above(place, sheet_row(number)).filter(|row| *row > self.shape.header_row)?;
        let index = sheet.rows.binary_search_by_key(&row, |(number, _)| sheet_row(*number)).ok()?;
        let cell = sheet.rows.get(index)?.1.get(place).filter(|cell| !cell.is_empty())?;
        Some((row, cell))
    }

    fn read_from_above(&self, column: &Column, place: usize, number: u32, row: u32) -> Problem {
        Problem {
            code: Code::MergedCell.id().to_owned(),
            effect: Effect::Noted,
            sheet: self.sheet_name(),
            cell: Some(address_in(place, number, self.shape.width)),
            row: Some(number),
            column: Some(column.title.clone()),
            found: None,
            message: format!("merged with {} and read with its value", address(place, row)),
            help: "nothing to do; better fill in every row and merge none".to_owned(),
        }
    }

    fn sheet_name(&self) -> Option<String> {
        Some(self.shape.sheet.name.clone()).filter(|name| !name.is_empty())
    }

    fn finish(self, layout: usize) -> Reading {
        let columns = self.layout.columns.iter().zip(&self.shape.places);
        // A column that was made of several has no letter of its own.
        let letters = columns
            .filter_map(|(column, place)| Some((column, (*place).filter(|p| *p < self.shape.width)?)))
            .map(|(column, place)| (column.name.clone(), letters(place)))
            .collect();
        let letters = with_made(letters, self.layout);
        Reading {
            layout,
            sheet: self.sheet_name(),
            tabs: Vec::new(),
            letters,
            made: self.layout.unpivot.iter().flat_map(|u| [u.name.clone(), u.value.clone()]).collect(),
            headings: self.shape.headings,
            rows: self.rows,
            written: self.written,
            problems: self.problems,
        }
    }
}

/// The letters of the columns with those of the columns that are made of others.
fn with_made(mut letters: BTreeMap<String, String>, layout: &Layout) -> BTreeMap<String, String> {
    for (column, made) in layout.columns.iter().filter_map(|c| Some((c, c.made_of.as_ref()?))) {
        let parts: Option<Vec<String>> = made.parts().iter().map(|part| letters.get(part).cloned()).collect();
        if let Some(parts) = parts {
            letters.insert(column.name.clone(), parts.join(", "));
        }
    }
    letters
}
