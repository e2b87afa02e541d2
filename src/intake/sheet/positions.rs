//! Sheets without a header: a column is known by its position.

use super::{Shape, normal, whole};
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, shortened};
use crate::intake::headings::Headings;
use crate::intake::read::Sheet;
use crate::intake::rows::Rejection;
use crate::pipeline::Layout;

/// A file without header: as many columns as the layout says, or it is another file.
pub(super) fn positions<'b>(
    sheet: &'b Sheet,
    layout: &Layout,
    count: Option<usize>,
) -> Result<Shape<'b>, Rejection> {
    let last_named = layout.columns.iter().filter_map(|c| c.position).max().unwrap_or(0);
    let width = sheet.width();
    let first: Vec<String> =
        sheet.rows.first().map(|(_, cells)| cells.iter().map(Cell::shown).collect()).unwrap_or_default();
    // Trailing empty columns of a text file cannot be seen, so a file may look narrower than it is.
    let last_needed =
        layout.columns.iter().filter(|c| c.needed).filter_map(|c| c.position).max().unwrap_or(0);
    let most = count.unwrap_or(usize::MAX);
    if width < last_needed || width > most {
        let expected = count.unwrap_or(last_named);
        let filled: Vec<&str> = first.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        let message = format!(
            "{expected} columns without a header are expected and there are {width}; the first row says {}",
            shortened(&filled.join(", "))
        );
        return Err(Rejection {
            rows: sheet.rows.len(),
            problems: vec![whole(
                Code::WrongFile,
                message,
                "check that this is the right file for this inbox",
            )],
            ..Rejection::default()
        });
    }
    // The report can be exported with a header; it is told by the name of a column in its place.
    let is_header = layout.columns.iter().any(|column| {
        let shown = column.position.and_then(|p| first.get(p.saturating_sub(1))).map(|s| normal(s));
        let mut names = std::iter::once(&column.title).chain(&column.aliases);
        shown.is_some_and(|shown| names.any(|name| normal(name) == shown))
    });
    let header_row = if is_header { sheet.rows.first().map_or(0, |(row, _)| *row) } else { 0 };
    let places = layout.columns.iter().map(|c| c.position.map(|p| p.saturating_sub(1))).collect();
    Ok(Shape {
        sheet,
        header_row,
        places,
        width,
        headings: Headings::default(),
        problems: Vec::new(),
        missing: 0,
    })
}
