//! A checked copy as a workbook: the sheet with its bad cells filled and commented, and the list of what to
//! help. The same receipt gives the same bytes.
//!
//! It keeps to the Analysis Function's rules for spreadsheets: Arial 12, a title in A1, one marked-up table
//! with a header row of unique names, wrapped text, nothing merged, nothing told by colour alone.

use chrono::{NaiveDate, NaiveTime};
use rust_xlsxwriter::{
    Color, DocProperties, Format, FormatAlign, Note, Table, TableColumn, TableStyle, Url, Workbook,
    Worksheet, XlsxError,
};

use crate::intake::cell::{Cell, address};
use crate::intake::{Checked, ErrorRow};

/// The most characters that Excel has room for in a cell.
const MOST_TEXT: usize = 32_767;
/// The rows and columns of a sheet.
const SHEET: (u32, usize) = (1_048_576, 16_384);
/// A pale yellow with which black text has a contrast of more than 18 to 1.
const FILL: Color = Color::RGB(0x00FF_F2B3);
/// Grey of the borders around marked cells, which tell them from others without colour.
const EDGE: Color = Color::RGB(0x0042_5563);

const HEADERS: [(&str, f64); 8] = [
    ("Sheet", 22.0),
    ("Cell", 12.0),
    ("Column", 22.0),
    ("What became of it", 26.0),
    ("Found", 26.0),
    ("What is wrong", 44.0),
    ("Expected", 40.0),
    ("How to correct it", 44.0),
];

/// The bytes of the workbook.
///
/// # Errors
/// If the sheet has a name or a content that a workbook cannot have.
pub fn workbook(checked: &Checked, author: &str, received: NaiveDate) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(
        &DocProperties::new().set_title(&checked.title).set_author(author).set_creation_datetime(&received),
    );
    let sheet_name = sheet_name(&checked.sheet);
    if !checked.rows.is_empty() {
        copy(book.add_worksheet().set_name(&sheet_name)?, checked)?;
    }
    let linked = (!checked.rows.is_empty()).then_some(sheet_name.as_str());
    let errors = book.add_worksheet().set_name(&checked.errors_sheet)?;
    list(errors, checked, linked)?;
    errors.set_active(true);
    book.save_to_buffer()
}

fn arial() -> Format {
    Format::new().set_font_name("Arial").set_font_size(12).set_align(FormatAlign::Top).set_text_wrap()
}

fn copy(sheet: &mut Worksheet, checked: &Checked) -> Result<(), XlsxError> {
    let plain = arial();
    let marked =
        arial().set_background_color(FILL).set_bold().set_border(rust_xlsxwriter::FormatBorder::Medium);
    let marked = marked.set_border_color(EDGE);
    let mut widths: Vec<usize> = Vec::new();
    for (row, cells) in checked.rows.iter().filter(|(row, _)| (1..=SHEET.0).contains(row)) {
        for (column, cell) in cells.iter().enumerate().take(SHEET.1) {
            let is_marked = checked.marks.contains_key(&(*row, column));
            write(sheet, row - 1, column, cell, if is_marked { &marked } else { &plain })?;
            widths.resize(widths.len().max(column + 1), 0);
            widths[column] = widths[column].max(cell.shown().chars().count());
        }
    }
    for ((row, column), said) in &checked.marks {
        let Ok(place) = u16::try_from(*column) else { continue };
        let cells = checked.rows.binary_search_by_key(row, |(number, _)| *number).ok();
        let cells = cells.and_then(|index| checked.rows.get(index)).map(|(_, cells)| cells);
        if cells.is_some_and(|cells| cells.get(*column).is_none_or(Cell::is_empty)) {
            sheet.write_blank(row - 1, place, &marked)?;
        }
        let text: String = said.join("\n").chars().take(2_000).collect();
        let note = Note::new(text).set_author("quarterday").add_author_prefix(false);
        let note = note.set_font_name("Arial").set_font_size(12).set_width(320).set_height(160);
        sheet.insert_note(row - 1, place, &note)?;
    }
    for (column, width) in widths.iter().enumerate() {
        let Ok(column) = u16::try_from(column) else { continue };
        sheet.set_column_width(column, (*width as f64 * 1.2).clamp(12.0, 50.0))?;
    }
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: usize,
    cell: &Cell,
    format: &Format,
) -> Result<(), XlsxError> {
    let Ok(column) = u16::try_from(column) else { return Ok(()) };
    match cell {
        Cell::Empty => {}
        Cell::Number(number) if number.is_finite() => {
            sheet.write_number_with_format(row, column, *number, format)?;
        }
        // Shown as it was, so that a copy that is sent back is read as the sheet was.
        Cell::Percent(number) if number.is_finite() => {
            let format = format.clone().set_num_format("0.0###%");
            sheet.write_number_with_format(row, column, *number / 100.0, &format)?;
        }
        Cell::Date(date) if date.date() >= FIRST_DAY => {
            let shape = if date.time() == NaiveTime::MIN { "dd/mm/yyyy" } else { "dd/mm/yyyy hh:mm" };
            sheet.write_datetime_with_format(row, column, date, &format.clone().set_num_format(shape))?;
        }
        Cell::Truth(truth) => {
            sheet.write_boolean_with_format(row, column, *truth, format)?;
        }
        other => text(sheet, row, column, &other.shown(), format)?,
    }
    Ok(())
}

/// The first day of which every reader of workbooks has the same idea.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1900, 3, 1).expect("a date of the calendar");

/// Text stays text: what begins like a formula is marked as text too, so that it stays so when it is edited.
fn text(sheet: &mut Worksheet, row: u32, column: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
    let text: String = text.chars().take(MOST_TEXT).collect();
    let quoted =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']).then(|| format.clone().set_quote_prefix());
    sheet.write_string_with_format(row, column, text, quoted.as_ref().unwrap_or(format))?;
    Ok(())
}

fn list(sheet: &mut Worksheet, checked: &Checked, linked: Option<&str>) -> Result<(), XlsxError> {
    let plain = arial();
    let title = Format::new().set_font_name("Arial").set_font_size(16).set_bold();
    let note = Format::new().set_font_name("Arial").set_font_size(12);
    let header = arial().set_bold();
    let link = arial()
        .set_font_color(Color::RGB(0x0000_5EB8))
        .set_underline(rust_xlsxwriter::FormatUnderline::Single);
    sheet.write_string_with_format(0, 0, &checked.title, &title)?;
    let mut row = 1;
    for said in &checked.notes {
        text(sheet, row, 0, said, &note)?;
        row += 1;
    }
    let top = row;
    for (column, (_, width)) in (0_u16..).zip(HEADERS) {
        sheet.set_column_width(column, width)?;
    }
    for error in &checked.errors {
        row += 1;
        for (column, value) in (0_u16..).zip(values(error)) {
            text(sheet, row, column, value, &plain)?;
        }
        let target = linked.filter(|_| error.linked).and_then(|sheet| Some((sheet, target(error, checked)?)));
        if let Some((name, cell)) = target {
            let url = format!("internal:'{}'!{cell}", name.replace('\'', "''"));
            sheet.write_url_with_options(
                row,
                1,
                Url::new(url),
                &error.cell,
                "Go to the cell in the copy",
                Some(&link),
            )?;
        }
    }
    let columns: Vec<TableColumn> = HEADERS
        .iter()
        .map(|(name, _)| TableColumn::new().set_header(*name).set_header_format(&header))
        .collect();
    let table = Table::new()
        .set_name("Errors")
        .set_columns(&columns)
        .set_style(TableStyle::Light1)
        .set_banded_rows(false)
        .set_alt_text_title("Errors")
        .set_alt_text(
            "One row for each problem: where it is, what was found and expected, and how to correct it",
        );
    let last = u16::try_from(HEADERS.len() - 1).unwrap_or(u16::MAX);
    sheet.add_table(top, 0, row, last, &table)?;
    sheet.set_freeze_panes(top + 1, 0)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(top, top)?;
    Ok(())
}

fn values(error: &ErrorRow) -> [&str; 8] {
    [
        &error.sheet,
        &error.cell,
        &error.column,
        &error.effect,
        &error.found,
        &error.wrong,
        &error.expected,
        &error.help,
    ]
}

/// Where the cell of a problem is in the copy.
fn target(error: &ErrorRow, checked: &Checked) -> Option<String> {
    let row = error.cell.strip_prefix("row ");
    match row {
        None => Some(error.cell.clone()),
        Some(row) => {
            let row: u32 = row.parse().ok()?;
            let (_, column) = checked.marks.keys().find(|(number, _)| *number == row)?;
            Some(address(*column, row))
        }
    }
}

/// A name as a workbook accepts it.
fn sheet_name(name: &str) -> String {
    let kept: String =
        name.chars().filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\')).take(31).collect();
    let kept = kept.trim_matches('\'').trim();
    if kept.is_empty() { "Rows".to_owned() } else { kept.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};

    use super::*;

    fn checked(sheet: &str, cell: Cell) -> Checked {
        Checked {
            title: "What to correct in a.csv".into(),
            notes: vec!["Correct these cells.".into()],
            sheet: sheet.into(),
            errors_sheet: "Errors".into(),
            rows: vec![(2, vec![Cell::Empty, cell])],
            marks: BTreeMap::from([
                ((2, 1), vec!["Wrong. Correct it.".into()]),
                ((2, 5), vec!["Empty.".into()]),
            ]),
            errors: vec![ErrorRow {
                sheet: sheet.into(),
                cell: "B2".into(),
                linked: true,
                column: "Severity".into(),
                effect: "The row is set aside".into(),
                found: "=1+1".into(),
                wrong: "Wrong".into(),
                expected: "Text".into(),
                help: "Correct it".into(),
            }],
        }
    }

    fn read(checked: &Checked) -> Xlsx<Cursor<Vec<u8>>> {
        let day = NaiveDate::from_ymd_opt(2026, 7, 14).unwrap();
        let bytes = workbook(checked, "ICB", day).unwrap();
        assert!(bytes == workbook(checked, "ICB", day).unwrap(), "the same bytes");
        open_workbook_from_rs(Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn text_that_looks_like_a_formula_stays_text() {
        for text in ["=1+1", "+44", "-", "@SUM(A1)", "\tx", &"x".repeat(40_000)] {
            let mut book = read(&checked("Rows", Cell::Text(text.into())));
            assert!(book.worksheet_formula("Rows").unwrap().is_empty(), "{text:.9}");
            let range = book.worksheet_range("Rows").unwrap();
            let stands = range.get_value((1, 1)).map(Data::to_string).unwrap_or_default();
            assert_eq!(stands.trim(), text.chars().take(MOST_TEXT).collect::<String>().trim());
        }
    }

    #[test]
    fn any_cell_and_any_name_of_a_sheet_makes_a_workbook() {
        let day = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_time(NaiveTime::MIN);
        let cells = [
            Cell::Date(day(1066)),
            Cell::Date(day(2026)),
            Cell::Number(f64::INFINITY),
            Cell::Number(f64::NAN),
            Cell::Truth(true),
            Cell::Error("#REF!".into()),
            Cell::Text("\u{1}control".into()),
        ];
        for cell in cells {
            read(&checked("Rows", cell));
        }
        for name in ["", "'quoted'", "a/b:c*d?[e]", "a name with more than thirty-one characters in it"] {
            read(&checked(name, Cell::Empty));
        }
        assert_eq!(sheet_name("a/b:c*d?[e]"), "abcde");
        assert_eq!(sheet_name("''"), "Rows");
    }
}
