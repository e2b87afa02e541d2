//! Wide to long: each cell under certain columns becomes a row of its own.
//!
//! Such a row is numbered by the row and the column of its cell, in one number that no row of a sheet has,
//! so that rows stay apart while they are settled and every problem still finds its cell.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fate, Row, Value};
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, address};
use crate::intake::read::Sheet;
use crate::intake::sheet::Shape;
use crate::intake::{Effect, Problem};
use crate::pipeline::{Layout, Unpivot};

/// Marks the number of a row that was made of a cell.
const MADE: u32 = 1 << 31;
/// Bits for the column.
const COLUMN_BITS: u32 = 11;
const COLUMN: u32 = (1 << COLUMN_BITS) - 1;
/// Marks the number of a row of one of several sheets that are read together.
const TAB: u32 = 1 << 30;
/// Bits for the row in it.
const ROW_BITS: u32 = 21;
/// So many sheets are read together at most.
pub(super) const MOST_TABS: usize = 1 << (30 - ROW_BITS);

/// The number of a row of one of several sheets, counted from 0.
pub(super) fn in_tab(tab: usize, row: u32) -> u32 {
    let tab = u32::try_from(tab).unwrap_or_default();
    TAB | (tab << ROW_BITS) | (row & ((1 << ROW_BITS) - 1))
}

/// Which of several sheets a row stands in, counted from 0, where several are read together.
pub(in crate::intake) fn tab_of(number: u32) -> Option<usize> {
    let is_tab = number & MADE == 0 && number & TAB != 0;
    is_tab.then(|| usize::try_from((number & !TAB) >> ROW_BITS).unwrap_or_default())
}

/// The column of the cell that a row was made of, counted from 0.
pub(super) fn column_of(number: u32) -> Option<usize> {
    (number & MADE != 0).then(|| usize::try_from(number & COLUMN).unwrap_or_default())
}

/// The row of the sheet that a row stands in or was made of.
pub(in crate::intake) fn sheet_row(number: u32) -> u32 {
    if number & MADE != 0 {
        return ((number & !MADE) >> COLUMN_BITS) + 1;
    }
    if number & TAB != 0 { number & ((1 << ROW_BITS) - 1) } else { number }
}

/// The address of the cell that a row was made of, where one made it.
pub(super) fn made_of(number: u32) -> Option<String> {
    let column = usize::try_from(number & COLUMN).unwrap_or_default();
    (number & MADE != 0).then(|| address(column, sheet_row(number)))
}

/// The address of a cell of a row; the two columns that were added stand for the cell that made the row.
pub(super) fn address_in(place: usize, number: u32, width: usize) -> String {
    made_of(number).filter(|_| place >= width).unwrap_or_else(|| address(place, sheet_row(number)))
}

/// Gives a problem the row of the sheet.
pub(in crate::intake) fn in_sheet(problem: &mut Problem) {
    problem.row = problem.row.map(sheet_row);
}

/// The sheet made long, where the layout says so: the columns whose cells become rows, then the new sheet.
pub(super) fn made_long(shape: &Shape<'_>, layout: &Layout) -> Option<Sheet> {
    let unpivot = layout.unpivot.as_ref().filter(|_| shape.header_row > 0)?;
    let names: BTreeMap<usize, String> = shape
        .headings
        .unknown
        .iter()
        .filter(|(place, _)| u32::try_from(*place).is_ok_and(|p| p <= COLUMN))
        .filter_map(|(place, text)| {
            let found = unpivot.pattern.captures(text)?;
            let whole = found.get(0).filter(|whole| whole.as_str() == text)?;
            Some((*place, found.get(1).unwrap_or(whole).as_str().trim().to_owned()))
        })
        .collect();
    let width = shape.sheet.width();
    let mut rows = Vec::new();
    for (number, cells) in &shape.sheet.rows {
        let own = cells.iter().filter(|cell| !cell.is_empty()).count();
        let from_above =
            (0..width).filter(|place| shape.sheet.merged.above(*place, *number).is_some()).count();
        let filled = own + from_above;
        if *number <= shape.header_row || filled < 2 {
            rows.push((*number, cells.clone()));
            continue;
        }
        for (place, name) in &names {
            let mut made = cells.clone();
            made.resize(width, Cell::Empty);
            made.push(Cell::from_text(name));
            made.push(cells.get(*place).cloned().unwrap_or_default());
            let column = u32::try_from(*place).unwrap_or_default();
            rows.push((MADE | ((number - 1) << COLUMN_BITS) | column, made));
        }
    }
    let sheet = shape.sheet;
    let (merged, covered) = (sheet.merged.clone(), sheet.covered.clone());
    let struck = sheet.struck.clone();
    Some(Sheet {
        name: sheet.name.clone(),
        named: sheet.named.clone(),
        visible: sheet.visible,
        rows,
        merged,
        covered,
        struck,
        ..Sheet::default()
    })
}

/// Two columns that become the same: where both say the same, one of the cells counts; where they do not, the
/// later cell is set aside. The columns are told once, by the cells of the header.
pub(super) fn doubled(
    rows: &mut [Row],
    layout: &Layout,
    unpivot: &Unpivot,
    header: u32,
    sheet: Option<&str>,
) -> Vec<Problem> {
    let place = |name: &str| layout.columns.iter().position(|column| column.name == name);
    let (Some(name), Some(value)) = (place(&unpivot.name), place(&unpivot.value)) else { return Vec::new() };
    let mut first: BTreeMap<(u32, String), usize> = BTreeMap::new();
    let (mut columns, mut problems) = (BTreeSet::new(), Vec::new());
    for index in 0..rows.len() {
        let Some(row) = rows.get(index).filter(|row| column_of(row.id).is_some()) else { continue };
        let Some(said) = row.values.get(name).filter(|said| **said != Value::Missing) else { continue };
        let key = (row.number(), format!("{said:?}"));
        let Some(earlier) = first.get(&key).copied() else {
            first.insert(key, index);
            continue;
        };
        let (Some(before), Some(now)) = (rows.get(earlier).cloned(), rows.get(index).cloned()) else {
            continue;
        };
        columns.extend(column_of(before.id).zip(column_of(now.id)).map(|pair| (pair, said.shown())));
        let filled = |row: &Row| row.values.get(value).is_some_and(|value| *value != Value::Missing);
        match (filled(&before), filled(&now)) {
            // A blank never outdoes a value.
            (false, true) => {
                rows[earlier].fate = Fate::Ignored;
                first.insert(key, index);
            }
            (true, true) if before.values.get(value) != now.values.get(value) => {
                rows[index].fate = Fate::Quarantined;
                let cells = (made_of(before.id).unwrap_or_default(), made_of(now.id).unwrap_or_default());
                problems.push(Problem {
                    code: Code::RepeatedReference.id().to_owned(),
                    effect: Effect::Quarantined,
                    sheet: sheet.map(str::to_owned),
                    cell: Some(cells.1),
                    row: Some(now.id),
                    column: layout.column(&unpivot.value).map(|column| column.title.clone()),
                    found: None,
                    message: format!(
                        "{} says something else of the same {}; it stands",
                        cells.0,
                        said_in(layout, unpivot)
                    ),
                    help: "delete the one that is wrong".to_owned(),
                });
            }
            _ => rows[index].fate = Fate::Ignored,
        }
    }
    let told = columns.into_iter().map(|((one, two), said)| Problem {
        code: Code::DuplicateColumn.id().to_owned(),
        effect: Effect::Dropped,
        sheet: sheet.map(str::to_owned),
        cell: Some(address(two, header)),
        row: Some(header),
        column: layout.column(&unpivot.name).map(|column| column.title.clone()),
        found: None,
        message: format!(
            "{} and {} become the same {}, {said}: where both say the same it counts once",
            address(one, header),
            address(two, header),
            said_in(layout, unpivot)
        ),
        help: "give one of the two columns another name, or delete it".to_owned(),
    });
    told.chain(problems).collect()
}

/// What the names of the columns become, as its column is called.
fn said_in(layout: &Layout, unpivot: &Unpivot) -> String {
    layout.column(&unpivot.name).map_or_else(String::new, |column| format!("\"{}\"", column.title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_row_finds_its_cell_again() {
        let number = MADE | ((1_048_576 - 1) << COLUMN_BITS) | 27;
        assert_eq!(sheet_row(number), 1_048_576);
        assert_eq!(address_in(40, number, 40), "AB1048576");
        assert_eq!(address_in(0, number, 40), "A1048576");
        let tabbed = in_tab(11, 1_048_576);
        assert_eq!((sheet_row(tabbed), tab_of(tabbed), made_of(tabbed)), (1_048_576, Some(11), None));
        assert_eq!((tab_of(7), tab_of(number), column_of(number)), (None, None, Some(27)));
        assert_eq!((sheet_row(7), address_in(3, 7, 2), made_of(7)), (7, "D7".to_owned(), None));
    }
}
