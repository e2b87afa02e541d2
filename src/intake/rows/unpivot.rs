//! Wide to long: each cell under certain columns becomes a row of its own.
//!
//! Such a row is numbered by the row and the column of its cell, in one number that no row of a sheet has,
//! so that rows stay apart while they are settled and every problem still finds its cell.

use std::collections::BTreeMap;

use crate::intake::Problem;
use crate::intake::cell::{Cell, address};
use crate::intake::read::Sheet;
use crate::intake::sheet::Shape;
use crate::pipeline::Layout;

/// Marks the number of a row that was made of a cell.
const MADE: u32 = 1 << 31;
/// Bits for the column.
const COLUMN_BITS: u32 = 11;
const COLUMN: u32 = (1 << COLUMN_BITS) - 1;

/// The row of the sheet that a row stands in or was made of.
pub(in crate::intake) fn sheet_row(number: u32) -> u32 {
    if number & MADE == 0 { number } else { ((number & !MADE) >> COLUMN_BITS) + 1 }
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
    Some(Sheet {
        name: sheet.name.clone(),
        visible: sheet.visible,
        rows,
        merged,
        covered,
        ..Sheet::default()
    })
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
        assert_eq!((sheet_row(7), address_in(3, 7, 2), made_of(7)), (7, "D7".to_owned(), None));
    }
}
