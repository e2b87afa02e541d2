//! Cells whose content a merged cell hides: nobody who opens the sheet sees it, so it does not count, and it is
//! told.

use super::cell::address;
use super::sheet::Shape;
use super::{Effect, Problem};
use crate::diagnostic::Code;
use crate::pipeline::Layout;

/// The hidden cells of a sheet, each as a problem: a loss where its column is read, else only said.
pub(super) fn covered(shape: &Shape<'_>, layout: &Layout) -> Vec<Problem> {
    let name = &shape.sheet.name;
    let cells = shape.sheet.covered.iter().filter_map(|(row, column)| {
        let place = usize::try_from(*column).ok()?;
        let index = shape.places.iter().position(|known| *known == Some(place));
        let column = index.and_then(|index| layout.columns.get(index)).filter(|_| *row > shape.header_row);
        Some(Problem {
            code: Code::CoveredCell.id().to_owned(),
            effect: if column.is_some() { Effect::Dropped } else { Effect::Noted },
            sheet: Some(name.clone()).filter(|name| !name.is_empty()),
            cell: Some(address(place, *row)),
            row: Some(*row),
            column: column.map(|column| column.title.clone()),
            found: None,
            message: "a merged cell hides what stands here, so it does not count".to_owned(),
            help: "merge no cells, and write in each row what holds for it".to_owned(),
        })
    });
    cells.collect()
}
