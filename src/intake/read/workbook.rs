//! Workbooks, by calamine. Cells are placed where the file says: calamine's own ranges begin at the
//! first used cell.

use std::io::Cursor;

use calamine::{
    Data, DataRef, Error, Ods, OdsError, Reader, SheetType, SheetVisible, Sheets, Xls, XlsError, Xlsb, Xlsx,
    XlsxError,
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::archive::{Archive, damaged};
use super::marks::{self, Marks, Rows};
use super::{Book, Format, Sheet, Unreadable};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::pipeline::Limits;

/// The widest a sheet can be.
const COLUMNS: usize = 16_384;

type Source<'b> = Cursor<&'b [u8]>;

/// Reads a zip archive that is a workbook.
pub(super) fn read_archive(bytes: &[u8], limits: &Limits) -> Result<Book, Unreadable> {
    let mut archive = Archive::open(bytes, limits)?;
    let source = Cursor::new(bytes);
    match archive.format {
        Format::Xlsb => {
            let book = Xlsb::new(source).map_err(|e| fault(Error::Xlsb(e)))?;
            sheets(Sheets::Xlsb(book), Format::Xlsb, marks::of_xlsb(&mut archive)?, limits)
        }
        Format::Ods => {
            let book = Ods::new(source).map_err(|e| fault(Error::Ods(e)))?;
            sheets(Sheets::Ods(book), Format::Ods, marks::of_ods(&mut archive)?, limits)
        }
        _ => {
            let book = Xlsx::new(source).map_err(|e| fault(Error::Xlsx(e)))?;
            sheets(Sheets::Xlsx(book), Format::Xlsx, marks::of_xlsx(&mut archive)?, limits)
        }
    }
}

/// Reads a compound file that is a workbook.
pub(super) fn read_compound(bytes: &[u8], limits: &Limits) -> Result<Book, Unreadable> {
    if has_stream(bytes, "EncryptedPackage") {
        return Err(protected());
    }
    if !has_stream(bytes, "Workbook") && !has_stream(bytes, "Book") {
        let what = match () {
            () if has_stream(bytes, "WordDocument") => "a Word document",
            () if has_stream(bytes, "__properties_version1.0") => "an e-mail saved by Outlook",
            () if has_stream(bytes, "PowerPoint Document") => "a PowerPoint presentation",
            () => "an Office file without a workbook in it",
        };
        return Err(Unreadable::new(
            Code::NotAWorkbook,
            format!("the file is {what}, whatever its name says"),
            "send the table itself, as an Excel workbook (.xlsx) or comma-separated text (.csv)",
        ));
    }
    let book = Xls::new(Cursor::new(bytes)).map_err(|e| fault(Error::Xls(e)))?;
    sheets(Sheets::Xls(book), Format::Xls, marks::of_xls(bytes)?, limits)
}

fn sheets(
    mut book: Sheets<Source<'_>>,
    format: Format,
    marks: Vec<Marks>,
    limits: &Limits,
) -> Result<Book, Unreadable> {
    let listed = book.sheets_metadata().to_vec();
    // Both count the sheets of the workbook, each in its own way.
    if listed.len() != marks.len() {
        return Err(damaged("the list of its sheets"));
    }
    let mut sheets = Vec::new();
    let mut left = usize::try_from(limits.cells).unwrap_or(usize::MAX);
    for (listed, marks) in listed.into_iter().zip(marks) {
        if listed.typ != SheetType::WorkSheet {
            continue;
        }
        let name = listed.name;
        let rows = match &mut book {
            Sheets::Xlsx(xlsx) => {
                let mut reader = xlsx.worksheet_cells_reader(&name).map_err(|e| fault(Error::Xlsx(e)))?;
                streamed(|| reader.next_cell().map_err(|e| fault(Error::Xlsx(e))), &mut left)?
            }
            Sheets::Xlsb(xlsb) => {
                let mut reader = xlsb.worksheet_cells_reader(&name).map_err(|e| fault(Error::Xlsb(e)))?;
                streamed(|| reader.next_cell().map_err(|e| fault(Error::Xlsb(e))), &mut left)?
            }
            other => ranged(other, &name, &mut left)?,
        };
        let mut sheet = Sheet { name, visible: listed.visible == SheetVisible::Visible, ..Sheet::default() };
        let mut placed =
            |rows: &mut Rows, row: u32, column: u32, cell: Cell| place(rows, row, column, cell, &mut left);
        marks.apply(rows, &mut placed, &mut sheet)?;
        sheets.push(sheet);
    }
    Ok(Book { format, sheets, notes: Vec::new(), separator: None })
}

/// Reads a sheet cell by cell, so that a lone cell in the far corner costs nothing.
fn streamed<'c>(
    mut next: impl FnMut() -> Result<Option<calamine::Cell<DataRef<'c>>>, Unreadable>,
    left: &mut usize,
) -> Result<Rows, Unreadable> {
    let mut rows = Rows::new();
    while let Some(cell) = next()? {
        let (row, column) = cell.get_position();
        let value = match cell.get_value() {
            DataRef::SharedString(text) => Cell::from_text(text),
            other => from_data(Data::from(other.clone())),
        };
        place(&mut rows, row, column, value, left)?;
    }
    Ok(rows)
}

fn ranged(book: &mut Sheets<Source<'_>>, name: &str, left: &mut usize) -> Result<Rows, Unreadable> {
    let range = book.worksheet_range(name).map_err(fault)?;
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    let mut rows = Rows::new();
    for (row, column, data) in range.used_cells() {
        let place_of =
            |offset: usize, first: u32| u32::try_from(offset).ok().and_then(|o| o.checked_add(first));
        if let (Some(row), Some(column)) = (place_of(row, first_row), place_of(column, first_column)) {
            place(&mut rows, row, column, from_data(data.clone()), left)?;
        }
    }
    Ok(rows)
}

fn place(rows: &mut Rows, row: u32, column: u32, value: Cell, left: &mut usize) -> Result<(), Unreadable> {
    if value.is_empty() {
        return Ok(());
    }
    let cells = rows.entry(row).or_default();
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    if column >= COLUMNS {
        return Err(too_large());
    }
    if cells.len() <= column {
        let more = column + 1 - cells.len();
        *left = left.checked_sub(more).ok_or_else(too_large)?;
        cells.resize(column + 1, Cell::Empty);
    }
    cells[column] = value;
    Ok(())
}

fn from_data(data: Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        #[allow(clippy::cast_precision_loss)]
        Data::Int(number) => Cell::Number(number as f64),
        Data::Float(number) => Cell::Number(number),
        Data::String(text) => Cell::from_text(&text),
        Data::Bool(truth) => Cell::Truth(truth),
        Data::Error(error) => Cell::Error(error.to_string()),
        Data::DateTime(serial) if serial.is_duration() => Cell::Number(serial.as_f64()),
        Data::DateTime(serial) => match serial.as_datetime() {
            Some(date) => Cell::Date(date),
            None => Cell::Number(serial.as_f64()),
        },
        Data::DateTimeIso(text) => iso_date(&text).map_or_else(|| Cell::from_text(&text), Cell::Date),
        Data::DurationIso(text) => Cell::from_text(&text),
    }
}

fn iso_date(text: &str) -> Option<NaiveDateTime> {
    let date = text.parse::<NaiveDate>().map(|d| d.and_time(NaiveTime::MIN));
    date.or_else(|_| text.parse::<NaiveDateTime>()).ok()
}

/// Whether a compound file has a stream of this name; its directory holds names in UTF-16 at multiples of
/// 128 bytes.
fn has_stream(bytes: &[u8], name: &str) -> bool {
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    bytes.chunks(128).any(|entry| entry.starts_with(&name))
}

fn protected() -> Unreadable {
    Unreadable::new(
        Code::PasswordProtected,
        "the workbook is protected by a password",
        "save it without a password and send it again; the inbox folder itself is access-controlled",
    )
}

fn too_large() -> Unreadable {
    Unreadable::new(
        Code::TooCostly,
        "the workbook spreads over more cells than a sheet of this kind can need",
        "delete the empty columns and rows around the data and save it again",
    )
}

fn fault(error: Error) -> Unreadable {
    match error {
        Error::Xlsx(XlsxError::Password)
        | Error::Xls(XlsError::Password)
        | Error::Ods(OdsError::Password) => protected(),
        Error::Ods(OdsError::CellLimitExceeded { .. }) => too_large(),
        other => Unreadable::new(
            Code::UnreadableFile,
            format!("the workbook is damaged: {}", crate::intake::cell::shortened(&other.to_string())),
            "open it in Excel, save it again and send that; if it was still synchronising, wait until it is whole",
        ),
    }
}
