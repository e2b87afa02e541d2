//! Delimited text: decoded first, split by the csv crate, rows counted as Excel counts them.

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::{Book, Format, Sheet, Unreadable};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;

pub(super) fn read(bytes: &[u8], name: &str) -> Result<Book, Unreadable> {
    let (text, note) = decode(bytes)?;
    let delimiter = delimiter(&text, name);
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
        let mut cells: Vec<Cell> =
            record.iter().map(|field| Cell::from_text(&String::from_utf8_lossy(field))).collect();
        while cells.last().is_some_and(Cell::is_empty) {
            cells.pop();
        }
        if !cells.is_empty() {
            rows.push((row, cells));
        }
    }
    let sheet = Sheet { name: String::new(), visible: true, rows };
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

/// A byte order mark decides; without one it is UTF-8 if it can be, else Windows-1252.
fn decode(bytes: &[u8]) -> Result<(String, Option<String>), Unreadable> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let body = bytes.get(mark..).unwrap_or_default();
    let text = encoding.decode_without_bom_handling_and_without_replacement(body);
    let (text, note) = match text {
        Some(text) => (text.into_owned(), None),
        None if encoding == UTF_8 => {
            let text = WINDOWS_1252.decode_without_bom_handling(body).0.into_owned();
            let note = "the text is not UTF-8 and was read as Windows-1252".to_owned();
            (text, Some(note))
        }
        None => (encoding.decode_without_bom_handling(body).0.into_owned(), None),
    };
    if text.contains('\0') {
        return Err(Unreadable::new(
            Code::UnreadableFile,
            "the file is neither a workbook nor text",
            "send an Excel workbook (.xlsx) or comma-separated text (.csv)",
        ));
    }
    Ok((text, note))
}

fn delimiter(text: &str, name: &str) -> u8 {
    if name.to_lowercase().ends_with(".tsv") {
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
        let book = read(bytes, "a.csv").unwrap();
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
        assert!(read(b"\x00\x01\x02\x00", "a.csv").is_err());
    }

    #[test]
    fn tabs_and_semicolons_separate_too() {
        assert_eq!(rows(b"a\tb, c\n1\t2\n")[0].1, "a|b, c");
        assert_eq!(rows(b"a;b\n1;2\n")[1].1, "1|2");
    }
}
