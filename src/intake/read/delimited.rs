//! Delimited text: decoded first, split by the csv crate, rows counted as Excel counts them.

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Book, Format, Sheet, Unreadable};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::pipeline::Limits;

/// The widest a sheet can be.
const COLUMNS: usize = 16_384;

/// Reads delimited text; `ending` is that of the file's name.
pub(super) fn read(bytes: &[u8], ending: &str, limits: &Limits) -> Result<Book, Unreadable> {
    let (text, note) = decode(bytes)?;
    let delimiter = delimiter(&text, ending);
    let mut left = usize::try_from(limits.cells).unwrap_or(usize::MAX);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    let (mut row, mut seen) = (0_u32, 0_usize);
    loop {
        let more = reader.read_byte_record(&mut record).map_err(|error| unsplit(&error))?;
        if !more {
            break;
        }
        // The csv crate passes over blank lines; Excel gives each a row.
        row = row.saturating_add(blank_lines(text.as_bytes(), seen)).saturating_add(1);
        seen = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        left = left
            .checked_sub(record.len())
            .ok_or_else(|| too_large("it holds more cells than one file may"))?;
        if record.len() > COLUMNS {
            return Err(too_large(&format!("row {row} has {} columns", record.len())));
        }
        let mut cells: Vec<Cell> =
            record.iter().map(|field| Cell::from_text(&String::from_utf8_lossy(field))).collect();
        while cells.last().is_some_and(Cell::is_empty) {
            cells.pop();
        }
        if !cells.is_empty() {
            rows.push((row, cells));
        }
    }
    let sheet = Sheet { visible: true, rows, ..Sheet::default() };
    Ok(Book { format: Format::Csv, sheets: vec![sheet], notes: note.into_iter().collect() })
}

/// How many blank lines lie between the end of one record and the next.
fn blank_lines(text: &[u8], end: usize) -> u32 {
    let mut rest = text.get(end..).unwrap_or_default();
    // A record ends at its carriage return; the line feed after it is the same line's.
    if end > 0 && text.get(end - 1) == Some(&b'\r') {
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    let feeds = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    u32::try_from(feeds).unwrap_or(u32::MAX)
}

/// A byte order mark decides; without one it is UTF-16 if every other byte says so, UTF-8 if it can be,
/// else Windows-1252.
fn decode(bytes: &[u8]) -> Result<(String, Option<String>), Unreadable> {
    let marked = Encoding::for_bom(bytes);
    let (encoding, mark) = marked.or_else(|| unmarked_utf16(bytes).map(|e| (e, 0))).unwrap_or((UTF_8, 0));
    let body = bytes.get(mark..).unwrap_or_default();
    let text = encoding.decode_without_bom_handling_and_without_replacement(body);
    let (text, note) = match text {
        Some(text) if marked.is_none() && encoding != UTF_8 => {
            let note = format!("the text has no byte order mark and was read as {}", encoding.name());
            (text.into_owned(), Some(note))
        }
        Some(text) => (text.into_owned(), None),
        None if encoding == UTF_8 => {
            let text = WINDOWS_1252.decode_without_bom_handling(body).0.into_owned();
            let note = "the text is not UTF-8 and was read as Windows-1252".to_owned();
            (text, Some(note))
        }
        None => {
            let text = encoding.decode_without_bom_handling(body).0.into_owned();
            let note = "some characters could not be read and show as \u{fffd}".to_owned();
            (text, Some(note))
        }
    };
    if text.contains('\0') || mostly_control(&text) {
        return Err(Unreadable::new(
            Code::UnreadableFile,
            "the file is neither a workbook nor text",
            "send an Excel workbook (.xlsx) or comma-separated text (.csv)",
        ));
    }
    Ok((text, note))
}

/// UTF-16 without a byte order mark. Text of western Europe has a zero in every other byte, which no
/// other encoding of text has.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(1024) & !1)?;
    if head.len() < 8 {
        return None;
    }
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    match () {
        () if even == 0 && odd * 10 >= half * 9 => Some(UTF_16LE),
        () if odd == 0 && even * 10 >= half * 9 => Some(UTF_16BE),
        () => None,
    }
}

/// Whether more than one character in twenty is one that no text has.
fn mostly_control(text: &str) -> bool {
    let head = text.chars().take(4096);
    let (mut all, mut control) = (0, 0);
    for c in head {
        all += 1;
        control += usize::from(c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1a}'));
    }
    control * 20 > all
}

fn too_large(why: &str) -> Unreadable {
    Unreadable::new(
        Code::TooCostly,
        format!("the text is too large to be read as a sheet: {why}"),
        "check that its columns are separated by commas and its rows by line ends",
    )
}

fn delimiter(text: &str, ending: &str) -> u8 {
    if ending == "tsv" {
        return b'\t';
    }
    let head: Vec<&str> = text.lines().take(30).collect();
    let lines_with = |c: char| head.iter().filter(|line| line.contains(c)).count();
    let (commas, tabs, semicolons) = (lines_with(','), lines_with('\t'), lines_with(';'));
    if tabs > commas && tabs >= semicolons {
        b'\t'
    } else if semicolons > commas {
        b';'
    } else {
        b','
    }
}

fn unsplit(error: &csv::Error) -> Unreadable {
    let line = error.position().map_or(String::new(), |p| format!(" at line {}", p.line()));
    Unreadable::new(
        Code::UnreadableFile,
        format!("the text cannot be split into rows{line}"),
        "open it in Excel, save it as .xlsx and send that",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u32, String)> {
        let book = read(bytes, "csv", &Limits::default()).unwrap();
        let shown = |cells: &Vec<Cell>| cells.iter().map(Cell::shown).collect::<Vec<_>>().join("|");
        book.sheets[0].rows.iter().map(|(row, cells)| (*row, shown(cells))).collect()
    }

    #[test]
    fn rows_are_counted_as_excel_counts_them() {
        let text = b"a,b\r\n\r\n1,\"two\nlines\"\r\n\r\n\r\n3,4\r\n,,\r\n5\r\n";
        let expected = [(1, "a|b"), (3, "1|two\nlines"), (6, "3|4"), (8, "5")];
        assert_eq!(rows(text), expected.map(|(n, t)| (n, t.to_owned())));
    }

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(rows("\u{feff}caf\u{e9},1\n".as_bytes()), [(1, "café|1".to_owned())]);
        assert_eq!(rows(b"caf\xe9,\x93x\x94\n"), [(1, "café|“x”".to_owned())]);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("a,é\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(rows(&utf16), [(1, "a|é".to_owned())]);
        let unmarked: Vec<u8> = "code,é\n1,2\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(rows(&unmarked), [(1, "code|é".to_owned()), (2, "1|2".to_owned())]);
        assert!(read(b"\x00\x01\x02\x00", "csv", &Limits::default()).is_err());
        assert!(read(b"\x01\x02\x03\x04 a", "csv", &Limits::default()).is_err());
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let wide = read(&b",".repeat(20_000), "csv", &Limits::default()).unwrap_err();
        assert!(wide.message.contains("row 1 has 20001 columns"), "{wide}");
        let limits = Limits { cells: 5, ..Limits::default() };
        assert_eq!(read(b"1,2,3\n4,5,6\n", "csv", &limits).unwrap_err().code, Code::TooCostly);
    }

    #[test]
    fn tabs_and_semicolons_separate_too() {
        assert_eq!(rows(b"a\tb, c\n1\t2\n")[0].1, "a|b, c");
        assert_eq!(rows(b"a;b\n1;2\n")[1].1, "1|2");
    }
}
