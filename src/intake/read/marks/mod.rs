//! What calamine does not tell of the cells of a workbook: which are shown as a per cent, which formulas
//! have no stored value, which cells are merged and what lies hidden under them, which rows are hidden or
//! head a group. Each format says it in its own way; what comes of it is the same.

mod bytes;
mod compound;
mod ods;
mod shown;
mod xls;
mod xlsb;
mod xlsx;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use ods::sheets as of_ods;
pub(super) use xls::sheets as of_xls;
pub(super) use xlsb::sheets as of_xlsb;
pub(super) use xlsx::sheets as of_xlsx;
pub(super) use xml::starts;

use super::{Merged, Sheet, Unreadable};
use crate::intake::cell::{Cell, hundredfold};

/// A rectangle of cells, rows and columns counted from 0, its ends within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
}

impl Area {
    /// One cell.
    fn cell(row: u32, column: u32) -> Self {
        Self { rows: (row, row), columns: (column, column) }
    }

    /// From one corner to another.
    fn between(one: (u32, u32), other: (u32, u32)) -> Self {
        let ordered = |a: u32, b: u32| (a.min(b), a.max(b));
        Self { rows: ordered(one.0, other.0), columns: ordered(one.1, other.1) }
    }

    fn is_one_cell(&self) -> bool {
        self.rows.0 == self.rows.1 && self.columns.0 == self.columns.1
    }
}

/// What a cell holds in truth, where calamine gives something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    /// A formula without a stored value.
    Uncalculated,
    /// A cell that such a formula fills too: what holds something else than nothing or 0 was calculated.
    Filled,
    /// A spreadsheet error.
    Error(String),
    /// A text without a type.
    Text(String),
}

/// What is known of the cells of a sheet besides their values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Rows that are hidden, from and to.
    hidden: Vec<(u32, u32)>,
    /// Rows that head a group of rows below them.
    heads: BTreeSet<u32>,
    /// Rows all of whose filled cells are struck out.
    struck: BTreeSet<u32>,
    merged: Vec<Area>,
    percent: Vec<Area>,
    truths: Vec<(Area, Truth)>,
}

/// The rows of a sheet by number, counted from 0.
pub(super) type Rows = BTreeMap<u32, Vec<Cell>>;

/// Puts a cell into the rows of a sheet, unless a file may not have so many.
pub(super) type Place<'p> = &'p mut dyn FnMut(&mut Rows, u32, u32, Cell) -> Result<(), Unreadable>;

/// No sheet that people fill in has more merged ranges.
const MOST_MERGED: usize = 100_000;

impl Marks {
    fn merge(&mut self, area: Area) {
        if !area.is_one_cell() && self.merged.len() < MOST_MERGED {
            self.merged.push(area);
        }
    }

    /// Notes a cell that is shown as a per cent.
    fn percent(&mut self, row: u32, column: u32) {
        if let Some(last) = self.percent.last_mut()
            && last.rows == (row, row)
            && last.columns.1.checked_add(1) == Some(column)
        {
            last.columns.1 = column;
            return;
        }
        self.percent.push(Area::cell(row, column));
    }

    fn truth(&mut self, area: Area, truth: Truth) {
        self.truths.push((area, truth));
    }

    fn hide(&mut self, first: u32, last: u32) {
        match self.hidden.last_mut() {
            Some(before) if before.1.checked_add(1) == Some(first) => before.1 = last,
            _ => self.hidden.push((first, last)),
        }
    }

    /// Makes the cells of a sheet say what a person sees in them.
    ///
    /// # Errors
    /// If there are more cells than a file may have.
    pub(super) fn apply(
        mut self,
        mut rows: Rows,
        place: Place<'_>,
        sheet: &mut Sheet,
    ) -> Result<(), Unreadable> {
        for area in &self.percent {
            for (_, cell) in within(&mut rows, *area) {
                if let Cell::Number(number) = cell {
                    *cell = Cell::Percent(hundredfold(*number));
                }
            }
        }
        for (area, truth) in &self.truths {
            tell(&mut rows, *area, truth, place)?;
        }
        for area in &self.merged {
            let shown = (area.rows.0, area.columns.0);
            for ((row, column), cell) in within(&mut rows, *area) {
                if (row, column) != shown && !cell.is_empty() {
                    *cell = Cell::Empty;
                    sheet.covered.push((row.saturating_add(1), column));
                }
            }
        }
        sheet.covered.sort_unstable();
        rows.retain(|_, cells| {
            while cells.last().is_some_and(Cell::is_empty) {
                cells.pop();
            }
            !cells.is_empty()
        });
        self.hidden.sort_unstable();
        let hidden = |row: u32| {
            let after = self.hidden.partition_point(|(first, _)| *first <= row);
            self.hidden.get(..after).and_then(<[_]>::last).is_some_and(|(_, last)| row <= *last)
        };
        let count = rows.keys().filter(|row| hidden(**row)).count();
        sheet.hidden_rows = u32::try_from(count).unwrap_or(u32::MAX);
        sheet.heads = self.heads.iter().map(|row| row.saturating_add(1)).collect();
        sheet.struck = self.struck.iter().map(|row| row.saturating_add(1)).collect();
        sheet.merged = Merged::default();
        for area in &self.merged {
            let (first, last) = area.rows;
            sheet.merged.add(area.columns.0, first.saturating_add(1), last.saturating_add(1));
        }
        sheet.rows = rows.into_iter().map(|(row, cells)| (row.saturating_add(1), cells)).collect();
        Ok(())
    }
}

/// The cells of an area that are there, each with its row and column.
fn within(rows: &mut Rows, area: Area) -> impl Iterator<Item = ((u32, u32), &mut Cell)> {
    let (first, last) = area.columns;
    let skipped = usize::try_from(first).unwrap_or(usize::MAX);
    rows.range_mut(area.rows.0..=area.rows.1.max(area.rows.0)).flat_map(move |(row, cells)| {
        let row = *row;
        let cells = cells.iter_mut().skip(skipped).zip(first..=last.max(first));
        cells.map(move |(cell, column)| ((row, column), cell))
    })
}

/// Puts into the cells of an area what they hold in truth.
fn tell(rows: &mut Rows, area: Area, truth: &Truth, place: Place<'_>) -> Result<(), Unreadable> {
    let told = match truth {
        Truth::Uncalculated | Truth::Filled => Cell::Uncalculated,
        Truth::Error(text) => Cell::Error(text.clone()),
        Truth::Text(text) => Cell::from_text(text),
    };
    for row in area.rows.0..=area.rows.1 {
        for column in area.columns.0..=area.columns.1 {
            let here = rows.get(&row).and_then(|cells| cells.get(usize::try_from(column).ok()?));
            let was_calculated = match here {
                None | Some(Cell::Empty) => false,
                Some(Cell::Number(number) | Cell::Percent(number)) => *number != 0.0,
                Some(_) => true,
            };
            let replaced = match truth {
                Truth::Uncalculated | Truth::Error(_) => true,
                Truth::Filled | Truth::Text(_) => !was_calculated,
            };
            if replaced {
                place(rows, row, column, told.clone())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(marks: Marks, rows: Rows) -> Sheet {
        let mut sheet = Sheet::default();
        let mut place = |rows: &mut Rows, row: u32, column: u32, cell: Cell| {
            let cells = rows.entry(row).or_default();
            let column = usize::try_from(column).unwrap();
            cells.resize(cells.len().max(column + 1), Cell::Empty);
            cells[column] = cell;
            Ok(())
        };
        marks.apply(rows, &mut place, &mut sheet).unwrap();
        sheet
    }

    #[test]
    fn cells_say_what_is_seen() {
        let mut marks = Marks::default();
        marks.percent(0, 0);
        marks.percent(0, 1);
        marks.truth(Area::cell(2, 1), Truth::Uncalculated);
        marks.truth(Area::between((0, 3), (1, 3)), Truth::Filled);
        let text = |text: &str| Cell::Text(text.into());
        let rows = Rows::from([
            (0, vec![Cell::Number(0.851), text("85%"), Cell::Empty, Cell::Number(0.0)]),
            (1, vec![text("a"), Cell::Empty, Cell::Empty, Cell::Number(7.0)]),
        ]);
        let sheet = applied(marks, rows);
        assert_eq!(sheet.rows[0].1, [Cell::Percent(85.1), text("85%"), Cell::Empty, Cell::Uncalculated]);
        assert_eq!(sheet.rows[1].1[3], Cell::Number(7.0), "it was calculated");
        assert_eq!(sheet.rows[2], (3, vec![Cell::Empty, Cell::Uncalculated]), "a row that nothing else made");
    }

    #[test]
    fn what_lies_under_a_merged_cell_is_told_and_gone() {
        let mut marks = Marks::default();
        marks.merge(Area::between((1, 0), (3, 1)));
        marks.hide(2, 2);
        marks.hide(3, 9);
        let text = |text: &str| Cell::Text(text.into());
        let rows = Rows::from([
            (1, vec![text("shown"), text("under"), text("beside")]),
            (2, vec![text("under")]),
            (3, vec![Cell::Empty, Cell::Empty, text("beside")]),
        ]);
        let sheet = applied(marks, rows);
        assert_eq!(sheet.covered, [(2, 1), (3, 0)]);
        let left: Vec<u32> = sheet.rows.iter().map(|(row, _)| *row).collect();
        assert_eq!(left, [2, 4], "a row that held only what is hidden shows nothing");
        assert_eq!((sheet.merged.above(0, 4), sheet.hidden_rows), (Some(2), 1));
    }
}
