//! A book as bytes: what the process that reads a file tells the one that asked.
//!
//! Marks of one byte, each followed by its own fields; numbers are little-endian. The end is a mark of
//! its own, so that a reader that died half-way is never taken for one that was done. Nothing that
//! arrives is trusted: it comes from a process that has just parsed a stranger's file.

use std::io::{self, Read, Write};

use chrono::{DateTime, NaiveDateTime};

use super::{Book, Format, Sheet, Unreadable};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;

const BOOK: u8 = b'B';
const NOTE: u8 = b'N';
const SEPARATOR: u8 = b'P';
const SHEET: u8 = b'S';
const HEAD: u8 = b'H';
const MERGED: u8 = b'M';
const COVERED: u8 = b'C';
const STRUCK: u8 = b'K';
const ROW: u8 = b'R';
const REFUSED: u8 = b'U';
const END: u8 = b'E';

/// The widest a sheet can be.
const COLUMNS: usize = 16_384;
/// The longest text that is passed on, in bytes; a cell of Excel holds 32,767 characters.
const LONGEST: usize = 4 << 20;

/// Writes what reading a file gave.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write(out: &mut impl Write, read: &Result<Book, Unreadable>) -> io::Result<()> {
    match read {
        Err(fault) => {
            out.write_all(&[REFUSED])?;
            for part in [fault.code.id(), &fault.message, &fault.help] {
                text(out, part)?;
            }
        }
        Ok(book) => {
            out.write_all(&[BOOK, format_mark(book.format)])?;
            if let Some(separator) = book.separator {
                out.write_all(&[SEPARATOR])?;
                out.write_all(&u32::from(separator).to_le_bytes())?;
            }
            for note in &book.notes {
                out.write_all(&[NOTE])?;
                text(out, note)?;
            }
            book.sheets.iter().try_for_each(|sheet| write_sheet(out, sheet))?;
        }
    }
    out.write_all(&[END])
}

fn write_sheet(out: &mut impl Write, sheet: &Sheet) -> io::Result<()> {
    out.write_all(&[SHEET, u8::from(sheet.visible)])?;
    text(out, &sheet.name)?;
    out.write_all(&sheet.hidden_rows.to_le_bytes())?;
    for head in &sheet.heads {
        out.write_all(&[HEAD])?;
        out.write_all(&head.to_le_bytes())?;
    }
    for row in &sheet.struck {
        out.write_all(&[STRUCK])?;
        out.write_all(&row.to_le_bytes())?;
    }
    for ((column, first), last) in &sheet.merged.0 {
        out.write_all(&[MERGED])?;
        for number in [column, first, last] {
            out.write_all(&number.to_le_bytes())?;
        }
    }
    for (row, column) in &sheet.covered {
        out.write_all(&[COVERED])?;
        out.write_all(&row.to_le_bytes())?;
        out.write_all(&column.to_le_bytes())?;
    }
    for (row, cells) in &sheet.rows {
        out.write_all(&[ROW])?;
        out.write_all(&row.to_le_bytes())?;
        let filled = cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        let count = u16::try_from(filled.clone().count()).unwrap_or(u16::MAX);
        out.write_all(&count.to_le_bytes())?;
        for (place, cell) in filled.take(usize::from(count)) {
            out.write_all(&u16::try_from(place).unwrap_or(u16::MAX).to_le_bytes())?;
            write_cell(out, cell)?;
        }
    }
    Ok(())
}

fn write_cell(out: &mut impl Write, cell: &Cell) -> io::Result<()> {
    match cell {
        Cell::Empty => out.write_all(b"-"),
        Cell::Uncalculated => out.write_all(b"u"),
        Cell::Percent(number) => out.write_all(b"p").and_then(|()| out.write_all(&number.to_le_bytes())),
        Cell::Text(value) => out.write_all(b"t").and_then(|()| text(out, value)),
        Cell::Error(value) => out.write_all(b"e").and_then(|()| text(out, value)),
        Cell::Number(number) => out.write_all(b"n").and_then(|()| out.write_all(&number.to_le_bytes())),
        Cell::Truth(truth) => out.write_all(&[b'b', u8::from(*truth)]),
        Cell::Date(date) => {
            let micros = date.and_utc().timestamp_micros();
            out.write_all(b"d").and_then(|()| out.write_all(&micros.to_le_bytes()))
        }
    }
}

fn text(out: &mut impl Write, value: &str) -> io::Result<()> {
    let mut end = value.len().min(LONGEST);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = value.as_bytes().get(..end).unwrap_or_default();
    out.write_all(&u32::try_from(bytes.len()).unwrap_or(0).to_le_bytes())?;
    out.write_all(bytes)
}

fn format_mark(format: Format) -> u8 {
    match format {
        Format::Xlsx => b'x',
        Format::Xls => b's',
        Format::Xlsb => b'b',
        Format::Ods => b'o',
        Format::Csv => b'c',
    }
}

/// Reads what a reading process wrote; `cells` is the most that it may say.
///
/// # Errors
/// If it ends before its end, says something that cannot be, or says too much.
pub(super) fn read(from: &mut impl Read, cells: u32) -> io::Result<Result<Book, Unreadable>> {
    let mut input = Input { from, left: usize::try_from(cells).unwrap_or(usize::MAX) };
    match input.byte()? {
        REFUSED => {
            let code = input.text()?;
            let code = Code::ALL.iter().copied().find(|c| c.id() == code).ok_or_else(nonsense)?;
            let fault = Unreadable { code, message: input.text()?, help: input.text()?, stopped: false };
            if input.byte()? == END { Ok(Err(fault)) } else { Err(nonsense()) }
        }
        BOOK => input.book().map(Ok),
        _ => Err(nonsense()),
    }
}

struct Input<'f, F> {
    from: &'f mut F,
    left: usize,
}

impl<F: Read> Input<'_, F> {
    fn book(&mut self) -> io::Result<Book> {
        let format = match self.byte()? {
            b'x' => Format::Xlsx,
            b's' => Format::Xls,
            b'b' => Format::Xlsb,
            b'o' => Format::Ods,
            b'c' => Format::Csv,
            _ => return Err(nonsense()),
        };
        let mut book = Book { format, sheets: Vec::new(), notes: Vec::new(), separator: None };
        loop {
            match self.byte()? {
                END => return Ok(book),
                NOTE => book.notes.push(self.text()?),
                SEPARATOR => {
                    let separator = char::from_u32(u32::from_le_bytes(self.bytes()?));
                    book.separator = Some(separator.ok_or_else(nonsense)?);
                }
                SHEET => {
                    let visible = self.byte()? == 1;
                    let name = self.text()?;
                    let hidden_rows = u32::from_le_bytes(self.bytes()?);
                    book.sheets.push(Sheet { name, visible, hidden_rows, ..Sheet::default() });
                }
                HEAD => {
                    let head = u32::from_le_bytes(self.bytes()?);
                    book.sheets.last_mut().ok_or_else(nonsense)?.heads.insert(head);
                }
                STRUCK => {
                    let row = u32::from_le_bytes(self.bytes()?);
                    book.sheets.last_mut().ok_or_else(nonsense)?.struck.insert(row);
                }
                MERGED => {
                    let mut number = || self.bytes().map(u32::from_le_bytes);
                    let (column, first, last) = (number()?, number()?, number()?);
                    book.sheets.last_mut().ok_or_else(nonsense)?.merged.add(column, first, last);
                }
                COVERED => {
                    let place = (u32::from_le_bytes(self.bytes()?), u32::from_le_bytes(self.bytes()?));
                    self.left = self.left.checked_sub(1).ok_or_else(nonsense)?;
                    book.sheets.last_mut().ok_or_else(nonsense)?.covered.push(place);
                }
                ROW => {
                    let row = self.row()?;
                    book.sheets.last_mut().ok_or_else(nonsense)?.rows.push(row);
                }
                _ => return Err(nonsense()),
            }
        }
    }

    fn row(&mut self) -> io::Result<(u32, Vec<Cell>)> {
        let number = u32::from_le_bytes(self.bytes()?);
        let count = u16::from_le_bytes(self.bytes()?);
        let mut cells = Vec::with_capacity(usize::from(count).min(COLUMNS));
        for _ in 0..count {
            let place = usize::from(u16::from_le_bytes(self.bytes()?));
            if place >= COLUMNS || place < cells.len() {
                return Err(nonsense());
            }
            let more = place + 1 - cells.len();
            self.left = self.left.checked_sub(more).ok_or_else(nonsense)?;
            cells.resize(place, Cell::Empty);
            cells.push(self.cell()?);
        }
        Ok((number, cells))
    }

    fn cell(&mut self) -> io::Result<Cell> {
        Ok(match self.byte()? {
            b't' => Cell::Text(self.text()?),
            b'e' => Cell::Error(self.text()?),
            b'n' => Cell::Number(f64::from_le_bytes(self.bytes()?)),
            b'p' => Cell::Percent(f64::from_le_bytes(self.bytes()?)),
            b'u' => Cell::Uncalculated,
            b'b' => Cell::Truth(self.byte()? == 1),
            b'd' => Cell::Date(moment(i64::from_le_bytes(self.bytes()?)).ok_or_else(nonsense)?),
            _ => return Err(nonsense()),
        })
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn text(&mut self) -> io::Result<String> {
        let length = usize::try_from(u32::from_le_bytes(self.bytes()?)).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(nonsense());
        }
        let mut bytes = vec![0; length];
        self.from.read_exact(&mut bytes)?;
        String::from_utf8(bytes).map_err(|_| nonsense())
    }
}

fn moment(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|moment| moment.naive_utc())
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the reading process said something that cannot be")
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::Merged;
    use super::*;

    fn book() -> Book {
        let date = NaiveDate::from_ymd_opt(2026, 7, 14).unwrap().and_hms_milli_opt(6, 30, 0, 5).unwrap();
        let cells = vec![
            Cell::Text("café".into()),
            Cell::Empty,
            Cell::Number(-0.125),
            Cell::Date(date),
            Cell::Truth(true),
            Cell::Error("#REF!".into()),
            Cell::Percent(85.1),
            Cell::Uncalculated,
        ];
        let sheet = Sheet {
            named: None,
            name: "Août".into(),
            visible: true,
            rows: vec![(3, cells), (1_048_576, vec![Cell::Truth(false)])],
            hidden_rows: 2,
            heads: [3].into(),
            struck: [2, 9].into(),
            merged: Merged([((0, 3), 5)].into()),
            covered: vec![(4, 0), (5, 16_383)],
        };
        let other = Sheet { name: "Hidden".into(), ..Sheet::default() };
        Book {
            format: Format::Xls,
            sheets: vec![sheet, other],
            notes: vec!["one".into()],
            separator: Some('|'),
        }
    }

    fn sent(read: &Result<Book, Unreadable>) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, read).unwrap();
        bytes
    }

    #[test]
    fn what_is_told_arrives_unchanged() {
        let bytes = sent(&Ok(book()));
        assert_eq!(super::read(&mut bytes.as_slice(), 100).unwrap(), Ok(book()));
        let fault = Unreadable::new(Code::PasswordProtected, "a", "b");
        let bytes = sent(&Err(fault.clone()));
        assert_eq!(super::read(&mut bytes.as_slice(), 100).unwrap(), Err(fault));
    }

    #[test]
    fn an_end_too_soon_too_many_cells_and_nonsense_are_errors() {
        let bytes = sent(&Ok(book()));
        for length in 0..bytes.len() {
            assert!(super::read(&mut &bytes[..length], 100).is_err(), "{length}");
        }
        assert!(super::read(&mut bytes.as_slice(), 6).is_err());
        assert!(super::read(&mut &b"hello"[..], 100).is_err());
        // A length that would need all the memory there is.
        assert!(super::read(&mut &b"Bx\x4e\xff\xff\xff\xff"[..], 100).is_err());
    }
}
