//! Workbooks, by calamine. Cells are placed where the file says: calamine's own ranges begin at the
//! first used cell.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{
    Data, DataRef, Error, OdsError, Reader, SheetType, SheetVisible, Sheets, XlsError, XlsxError,
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::{Book, Format, Sheet, Unreadable};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;

/// The most cells that a file may hold.
const MOST_CELLS: usize = 20_000_000;

type Source<'b> = Cursor<&'b [u8]>;

pub(super) fn read(bytes: &[u8]) -> Result<Book, Unreadable> {
    if is_encrypted(bytes) {
        return Err(protected());
    }
    let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(fault)?;
    let format = match book {
        Sheets::Xlsx(_) => Format::Xlsx,
        Sheets::Xls(_) => Format::Xls,
        Sheets::Xlsb(_) => Format::Xlsb,
        Sheets::Ods(_) => Format::Ods,
    };
    let listed: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect();
    let mut sheets = Vec::new();
    let mut left = MOST_CELLS;
    for (name, visible) in listed {
        let rows = match &mut book {
            Sheets::Xlsx(xlsx) => streamed(xlsx, &name, &mut left)?,
            other => ranged(other, &name, &mut left)?,
        };
        sheets.push(Sheet { name, visible, rows });
    }
    Ok(Book { format, sheets, notes: Vec::new() })
}

/// Reads an xlsx sheet cell by cell, so that a lone cell in the far corner costs nothing.
fn streamed(
    xlsx: &mut calamine::Xlsx<Source<'_>>,
    name: &str,
    left: &mut usize,
) -> Result<Vec<(u32, Vec<Cell>)>, Unreadable> {
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    let mut reader = xlsx.worksheet_cells_reader(name).map_err(|e| fault(Error::Xlsx(e)))?;
    while let Some(cell) = reader.next_cell().map_err(|e| fault(Error::Xlsx(e)))? {
        let (row, column) = cell.get_position();
        let value = match cell.get_value() {
            DataRef::SharedString(text) => Cell::from_text(text),
            other => from_data(Data::from(other.clone())),
        };
        place(&mut rows, row, column, value, left)?;
    }
    Ok(numbered(rows))
}

fn ranged(
    book: &mut Sheets<Source<'_>>,
    name: &str,
    left: &mut usize,
) -> Result<Vec<(u32, Vec<Cell>)>, Unreadable> {
    let range = book.worksheet_range(name).map_err(fault)?;
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    for (row, column, data) in range.used_cells() {
        let place_of =
            |offset: usize, first: u32| u32::try_from(offset).ok().and_then(|o| o.checked_add(first));
        if let (Some(row), Some(column)) = (place_of(row, first_row), place_of(column, first_column)) {
            place(&mut rows, row, column, from_data(data.clone()), left)?;
        }
    }
    Ok(numbered(rows))
}

fn place(
    rows: &mut BTreeMap<u32, Vec<Cell>>,
    row: u32,
    column: u32,
    value: Cell,
    left: &mut usize,
) -> Result<(), Unreadable> {
    if value.is_empty() {
        return Ok(());
    }
    let cells = rows.entry(row).or_default();
    let column = usize::try_from(column).unwrap_or(usize::MAX).min(16_383);
    if cells.len() <= column {
        let more = column + 1 - cells.len();
        *left = left.checked_sub(more).ok_or_else(too_large)?;
        cells.resize(column + 1, Cell::Empty);
    }
    cells[column] = value;
    Ok(())
}

fn numbered(rows: BTreeMap<u32, Vec<Cell>>) -> Vec<(u32, Vec<Cell>)> {
    rows.into_iter().map(|(row, cells)| (row.saturating_add(1), cells)).collect()
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

/// A password-protected workbook is a compound file with a stream of this name, in UTF-16.
fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) && bytes.windows(name.len()).any(|w| w == name.as_slice())
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
        Code::UnreadableFile,
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
            format!("the workbook cannot be opened: {}", crate::intake::cell::shortened(&other.to_string())),
            "open it in Excel, save it again and send that; if it was still synchronising, wait until it is whole",
        ),
    }
}
