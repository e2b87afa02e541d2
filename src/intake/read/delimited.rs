//! Delimited text as a sheet: decoded first, split into records, rows counted as Excel counts them.

use super::decode::decode;
use super::split::{Fault, Place, Record, Splitter, line_ends, lines};
use super::swallowed::Rows;
use super::{Book, Format, Sheet, Unreadable};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::pipeline::Limits;
use crate::wording::plural;

/// The widest a sheet can be.
const COLUMNS: usize = 16_384;

/// Reads delimited text; `ending` is that of the file's name, and `named` what the layouts say separates columns.
pub(super) fn read(bytes: &[u8], ending: &str, named: &[char], limits: &Limits) -> Result<Book, Unreadable> {
    let (text, note) = decode(bytes)?;
    let separator = separator(&text, ending, named);
    let mut left = usize::try_from(limits.cells).unwrap_or(usize::MAX);
    let mut splitter = Splitter::new(&text, separator);
    let (mut places, mut rows) = (Vec::new(), Vec::new());
    while let Some(record) = splitter.next().map_err(unsplit)? {
        let place = record.place;
        left = left
            .checked_sub(place.width)
            .ok_or_else(|| too_large("it holds more cells than one file may"))?;
        if place.width > COLUMNS {
            return Err(too_large(&format!("row {} has {} columns", place.row, place.width)));
        }
        places.push(place);
        rows.extend(cells(&record));
    }
    let lines: Vec<&str> = lines(&text).collect();
    all_counted(&text, &places, &lines)?;
    if places.iter().any(|place| place.opens.is_some()) {
        none_swallowed(&places, &lines, separator)?;
    }
    let notes = note.into_iter().chain(several_lines(&places, lines.len())).collect();
    let sheet = Sheet { visible: true, rows, ..Sheet::default() };
    let separator = Some(separator).filter(|separator| !USUAL.contains(separator));
    Ok(Book { format: Format::Csv, sheets: vec![sheet], notes, separator })
}

/// Refuses a text in which a cell holds what looks like rows.
fn none_swallowed(places: &[Place], lines: &[&str], separator: char) -> Result<(), Unreadable> {
    let rows = Rows::of(places, lines, separator);
    let several = places.iter().filter(|place| place.opens.is_some());
    let mut within = several.filter_map(|place| Some((place, rows.swallowed(place, lines, separator)?)));
    within.next().map_or(Ok(()), |(place, line)| Err(swallowed(place, line)))
}

/// The cells of a record, without the empty ones at its end.
fn cells(record: &Record<'_>) -> Option<(u32, Vec<Cell>)> {
    let mut cells: Vec<Cell> = record.fields.iter().map(|field| Cell::from_text(field)).collect();
    while cells.last().is_some_and(Cell::is_empty) {
        cells.pop();
    }
    (!cells.is_empty()).then_some((record.place.row, cells))
}

/// Counts the lines of the text in another way than it was split: each belongs to one record or is blank.
fn all_counted(text: &str, records: &[Place], lines: &[&str]) -> Result<(), Unreadable> {
    let ended = text.is_empty() || text.ends_with(['\r', '\n']);
    let there = line_ends(text).saturating_add(u32::from(!ended));
    let mut next = 1_u32;
    for record in records {
        let (first, last) = record.lines;
        let between = next..first;
        let is_blank = |number: u32| {
            let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
            index.and_then(|index| lines.get(index)).is_some_and(|line| line.is_empty())
        };
        if first < next || last < first || !between.into_iter().all(is_blank) {
            return Err(uncounted(first));
        }
        next = last.saturating_add(1);
    }
    let rest = lines.get(usize::try_from(next).unwrap_or(usize::MAX).saturating_sub(1)..).unwrap_or_default();
    if usize::try_from(there) == Ok(lines.len()) && rest.iter().all(|line| line.is_empty()) {
        Ok(())
    } else {
        Err(uncounted(next))
    }
}

/// Says so if there are fewer rows than lines because cells have several.
fn several_lines(records: &[Place], lines: usize) -> Option<String> {
    let several: Vec<&Place> = records.iter().filter(|record| record.opens.is_some()).collect();
    let first = several.first()?;
    let (from, to) = first.lines;
    let runs = match several.len() {
        1 => format!("row {} runs over the lines {from} to {to}", first.row),
        count => format!(
            "{count} rows run over several lines, the first is row {} (lines {from} to {to})",
            first.row
        ),
    };
    let rows = plural(records.len(), "row", "rows");
    Some(format!("the text has {} and {rows}: {runs}", plural(lines, "line", "lines")))
}

const WRITE_TWICE: &str =
    "take the quote out, or write it twice within a cell in quotes; or send the workbook itself (.xlsx)";

fn unsplit(fault: Fault) -> Unreadable {
    let message = match fault {
        Fault::OpenAtEnd(line) => {
            format!(
                "the quote that opens on line {line} is never closed, so all rows after it would be one cell"
            )
        }
        Fault::TextAfterQuote(line, same) if line == same => {
            format!(
                "on line {line} text follows the quote that closes a cell, so it is open where the cell ends"
            )
        }
        Fault::TextAfterQuote(line, closes) => format!(
            "the quote that opens on line {line} closes on line {closes} and text follows it, \
             so it is open where the cell ends"
        ),
    };
    Unreadable::new(Code::StrayQuote, message, WRITE_TWICE)
}

fn swallowed(record: &Place, line: u32) -> Unreadable {
    let opens = record.opens.unwrap_or(record.lines.0);
    let message = format!(
        "the quote that opens on line {opens} closes on line {} only, and line {line} within it looks like a row of \
         its own: rows would be lost",
        record.lines.1
    );
    Unreadable::new(Code::StrayQuote, message, WRITE_TWICE)
}

fn uncounted(line: u32) -> Unreadable {
    Unreadable::new(
        Code::UnreadableFile,
        format!("the lines of the text and its rows do not add up from line {line} on"),
        "open it in Excel, save it as .xlsx and send that",
    )
}

fn too_large(why: &str) -> Unreadable {
    Unreadable::new(
        Code::TooCostly,
        format!("the text is too large to be read as a sheet: {why}"),
        "check that its columns are separated by commas and its rows by line ends",
    )
}

/// What separates columns in the files that everybody sends.
const USUAL: [char; 3] = [',', ';', '\t'];
/// What else programs write, and nobody within words.
const UNUSUAL: [char; 4] = ['|', '^', '~', '\u{1f}'];

/// What separates the columns; `named` is what the layouts of the feed say.
fn separator(text: &str, ending: &str, named: &[char]) -> char {
    let head: Vec<&str> = lines(text).filter(|line| !line.trim().is_empty()).take(30).collect();
    let lines_with = |c: char| head.iter().filter(|line| line.contains(c)).count();
    let on_most = |c: &char| lines_with(*c) > 0 && lines_with(*c) * 5 >= head.len() * 4;
    if let Some(named) = named.iter().copied().find(on_most) {
        return named;
    }
    if ending == "tsv" {
        return '\t';
    }
    let declared = head.first().and_then(|line| line.trim_ascii().strip_prefix("sep="));
    if let Some((one, "")) = declared.and_then(|rest| Some((rest.chars().next()?, rest.get(1..)?)))
        && one.is_ascii()
    {
        return one;
    }
    let (commas, tabs, semicolons) = (lines_with(','), lines_with('\t'), lines_with(';'));
    let usual = if tabs > commas && tabs >= semicolons {
        '\t'
    } else if semicolons > commas {
        ';'
    } else {
        ','
    };
    // Another one stands on most lines, and on its first without the usual one.
    let is_other = |c: &char| {
        let first = head.iter().find(|line| line.contains(*c));
        on_most(c) && (lines_with(*c) > lines_with(usual) || first.is_some_and(|line| !line.contains(usual)))
    };
    UNUSUAL.into_iter().find(is_other).unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u32, String)> {
        let book = read(bytes, "csv", &[], &Limits::default()).unwrap();
        let shown = |cells: &Vec<Cell>| cells.iter().map(Cell::shown).collect::<Vec<_>>().join("|");
        book.sheets[0].rows.iter().map(|(row, cells)| (*row, shown(cells))).collect()
    }

    #[test]
    fn rows_are_counted_as_excel_counts_them() {
        let text = b"a,b\r\n\r\n1,\"two\nlines\"\r\n\r\n\r\n3,4\r\n,,\r\n5\r\n";
        let expected = [(1, "a|b"), (3, "1|two\nlines"), (6, "3|4"), (8, "5")];
        assert_eq!(rows(text), expected.map(|(n, t)| (n, t.to_owned())));
    }

    fn refused(text: &str) -> String {
        let fault = read(text.as_bytes(), "csv", &[], &Limits::default()).unwrap_err();
        assert_eq!(fault.code, Code::StrayQuote, "{fault}");
        fault.message
    }

    #[test]
    fn a_stray_quote_is_refused_with_its_line() {
        let row = |n: u32, text: &str| format!("X9000{n},0{n}/06/2026,{text},Low\r\n");
        let head = "Code,Date,Concern,Severity\r\n";
        let said = refused(&[head, &row(1, "a"), &row(2, "\"a"), &row(3, "a"), &row(4, "a\"")].concat());
        assert!(said.contains("opens on line 3 closes on line 5 only, and line 4 within it"), "{said}");
        let said = refused(&[head, &row(1, "a"), &row(2, "\"a"), &row(3, "a")].concat());
        assert!(said.contains("opens on line 3 is never closed"), "{said}");
        let said = refused(&[head, &row(1, "\"Rota\" gaps")].concat());
        assert!(said.contains("on line 2 text follows the quote"), "{said}");
    }

    #[test]
    fn rows_are_told_against_lines() {
        let notes = |text: &str| read(text.as_bytes(), "csv", &[], &Limits::default()).unwrap().notes;
        assert_eq!(notes("a,b\n1,2\n\n3,4\n"), [""; 0]);
        let one = notes("a,b\n1,\"two\nlines\"\n\n3,4\n");
        assert_eq!(one, ["the text has 5 lines and 3 rows: row 2 runs over the lines 2 to 3"]);
        let two = notes("a,b\n1,\"two\nlines\"\n3,\"4\n\n5\"\n");
        let said = "the text has 6 lines and 3 rows: 2 rows run over several lines, the first is row 2 (lines 2 to 3)";
        assert_eq!(two, [said]);
    }

    #[test]
    fn other_separators_are_seen() {
        let of = |text: &str| read(text.as_bytes(), "csv", &[], &Limits::default()).unwrap().separator;
        assert_eq!(of("a|b|c\n1|2, 3|4\n1|2|4; 5\n"), Some('|'));
        assert_eq!(of("a^b\n1^2\n"), Some('^'));
        assert_eq!(of("sep=|\na|b\n"), Some('|'));
        assert_eq!(of("Concerns, July\n\na|b\n1|2\n3|4\n5|6\n"), Some('|'));
        assert_eq!(of("a,b|c\n1,2\n"), None);
        assert_eq!(of("a|b,c|d\n1|2,3|4\n"), None, "commas stand on every line too");
        assert_eq!(of("only\none\n"), None);
        assert_eq!(of("sep=;\na;b\n"), None);
    }

    #[test]
    fn a_named_separator_may_be_any_character() {
        let cells = |text: &str, named: &[char]| {
            let book = read(text.as_bytes(), "csv", named, &Limits::default()).unwrap();
            let shown: Vec<String> = book.sheets[0].rows[1].1.iter().map(Cell::shown).collect();
            (shown.join("/"), book.separator)
        };
        for separator in [':', '¦', '€', '.', '!', '\t'] {
            let text = format!("a{separator}b, c\n1{separator}\"2{separator}, 3\"\n");
            let wanted = format!("1/2{separator}, 3");
            assert_eq!(
                cells(&text, &['|', separator]),
                (wanted, Some(separator).filter(|s| *s != '\t')),
                "{separator:?}"
            );
        }
        assert_eq!(cells("a,b;c\n1,2;3\n", &[';']).0, "1,2/3", "where it is named it goes first");
        assert_eq!(cells("a,b\n1,2\n", &['|']), ("1/2".to_owned(), None), "a file with commas is read still");
        assert_eq!(cells("a,±¦\n1,±¦\n", &['¦']).0, "1,±", "its first byte begins other characters too");
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
        assert!(read(b"\x00\x01\x02\x00", "csv", &[], &Limits::default()).is_err());
        assert!(read(b"\x01\x02\x03\x04 a", "csv", &[], &Limits::default()).is_err());
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let wide = read(&b",".repeat(20_000), "csv", &[], &Limits::default()).unwrap_err();
        assert!(wide.message.contains("row 1 has 20001 columns"), "{wide}");
        let limits = Limits { cells: 5, ..Limits::default() };
        assert_eq!(read(b"1,2,3\n4,5,6\n", "csv", &[], &limits).unwrap_err().code, Code::TooCostly);
    }

    #[test]
    fn tabs_and_semicolons_separate_too() {
        assert_eq!(rows(b"a\tb, c\n1\t2\n")[0].1, "a|b, c");
        assert_eq!(rows(b"a;b\n1;2\n")[1].1, "1|2");
    }
}
