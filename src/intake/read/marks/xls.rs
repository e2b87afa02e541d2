//! What an xls says of its cells besides their values, by the records of MS-XLS.

use std::collections::BTreeMap;

use super::bytes::{f64_at, rk, u16_at, u32_at};
use super::shown::Shown;
use super::{Area, Marks, Truth, compound};
use crate::intake::read::Unreadable;
use crate::intake::read::archive::damaged;

const FORMULA: u16 = 0x0006;
const END: u16 = 0x000A;
const SHEET: u16 = 0x0085;
const SEVERAL_RK: u16 = 0x00BD;
const XF: u16 = 0x00E0;
const MERGED: u16 = 0x00E5;
const RECALCULATION: u16 = 0x01C1;
const NUMBER: u16 = 0x0203;
const STRING: u16 = 0x0207;
const ROW: u16 = 0x0208;
const ARRAY: u16 = 0x0221;
const RK: u16 = 0x027E;
const FORMAT: u16 = 0x041E;
const BEGIN: u16 = 0x0809;
/// What stands between a formula that gives a text and that text.
const BETWEEN: [u16; 4] = [ARRAY, 0x0236, 0x04BC, 0x003C];
/// The formula asks to be calculated when the workbook is opened.
const WHEN_OPENED: u16 = 2;

/// The marks of all sheets, in the order of the workbook.
///
/// # Errors
/// If the file is damaged.
pub(in crate::intake::read) fn sheets(file: &[u8]) -> Result<Vec<Marks>, Unreadable> {
    compound::stream(file, &["Workbook", "Book"])
        .and_then(|stream| workbook(&stream))
        .ok_or_else(|| damaged("Workbook"))
}

fn workbook(stream: &[u8]) -> Option<Vec<Marks>> {
    let (mut own, mut ids, mut places) = (BTreeMap::new(), Vec::new(), Vec::new());
    let (mut by_excel, mut biff8) = (false, true);
    for (kind, body) in Records(stream) {
        match kind {
            BEGIN => biff8 = u16_at(body, 0).is_none_or(|version| version != 0x0500),
            FORMAT => {
                if let (Some(id), Some(code)) = (u16_at(body, 0), format_code(body.get(2..)?, biff8)) {
                    own.insert(id, Shown::of(&code));
                }
            }
            XF => ids.push(u16_at(body, 2)?),
            SHEET => places.push(usize::try_from(u32_at(body, 0)?).ok()?),
            RECALCULATION => by_excel = true,
            END => break,
            _ => {}
        }
    }
    let formats: Vec<Option<Shown>> =
        ids.iter().map(|id| own.get(id).cloned().unwrap_or_else(|| Shown::builtin(u32::from(*id)))).collect();
    let scans: Option<Vec<Scan<'_>>> = places
        .into_iter()
        .map(|place| {
            let mut scan = Scan { formats: &formats, ..Scan::default() };
            scan.sheet(stream.get(place..)?)?;
            Some(scan)
        })
        .collect();
    let scans = scans?;
    // A program that cannot calculate stores an empty text for each formula. One that can gives some a value,
    // and Excel says besides by which version of it they were calculated.
    let calculates = by_excel || scans.iter().any(|scan| scan.valued);
    Some(scans.into_iter().map(|scan| scan.marks(calculates)).collect())
}

/// The code of a format: counted characters, in BIFF8 of one byte or of two.
fn format_code(bytes: &[u8], biff8: bool) -> Option<String> {
    if !biff8 {
        let (length, rest) = bytes.split_first()?;
        return Some(latin(rest.get(..usize::from(*length))?));
    }
    let length = usize::from(u16_at(bytes, 0)?);
    let is_wide = bytes.get(2)? & 1 == 1;
    let text = bytes.get(3..)?;
    if !is_wide {
        return Some(latin(text.get(..length)?));
    }
    let units: Vec<u16> = text.get(..length * 2)?.chunks_exact(2).filter_map(|two| u16_at(two, 0)).collect();
    Some(String::from_utf16_lossy(&units))
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[derive(Default)]
struct Scan<'f> {
    formats: &'f [Option<Shown>],
    found: Marks,
    /// Formulas whose value is an empty text.
    blank: Vec<Area>,
    /// Whether a formula has a value.
    valued: bool,
    /// The formula whose text should come next.
    awaits_text: Option<Area>,
    /// The last formula, if it has no value: what an array after it fills has none either.
    last: Option<Area>,
    before: Option<(u32, u16)>,
}

impl Scan<'_> {
    fn sheet(&mut self, bytes: &[u8]) -> Option<()> {
        let mut depth = 0_u32;
        for (kind, body) in Records(bytes) {
            match kind {
                BEGIN => depth = depth.saturating_add(1),
                END if depth <= 1 => break,
                END => depth -= 1,
                // A chart within a sheet has cells of its own.
                _ if depth > 1 => {}
                _ => self.record(kind, body)?,
            }
        }
        self.no_text_came();
        Some(())
    }

    fn record(&mut self, kind: u16, body: &[u8]) -> Option<()> {
        if kind == STRING {
            self.valued = self.valued || self.awaits_text.is_some();
            self.awaits_text = None;
            return Some(());
        }
        if !BETWEEN.contains(&kind) {
            self.no_text_came();
        }
        match kind {
            ROW => self.row(u32::from(u16_at(body, 0)?), u16_at(body, 12)?),
            NUMBER => self.number(body, f64_at(body, 6)?),
            RK => self.number(body, rk(u32_at(body, 6)?)),
            SEVERAL_RK => {
                let (row, first) = (u16_at(body, 0)?, u16_at(body, 2)?);
                let cells = body.get(4..body.len().checked_sub(2)?)?.chunks_exact(6);
                for (cell, column) in cells.zip(u32::from(first)..) {
                    self.shown(u32::from(row), column, u16_at(cell, 0)?, rk(u32_at(cell, 2)?));
                }
            }
            FORMULA => self.formula(body)?,
            ARRAY => {
                let at = |place: usize| u16_at(body, place).map(u32::from);
                let columns = (u32::from(*body.get(4)?), u32::from(*body.get(5)?));
                let area = Area::between((at(0)?, columns.0), (at(2)?, columns.1));
                if self.last.is_some() && !area.is_one_cell() {
                    self.found.truth(area, Truth::Filled);
                }
            }
            MERGED => {
                let at = |range: usize, place: usize| u16_at(body, 2 + range * 8 + place * 2).map(u32::from);
                for range in 0..usize::from(u16_at(body, 0)?) {
                    let (rows, columns) = ((at(range, 0)?, at(range, 1)?), (at(range, 2)?, at(range, 3)?));
                    self.found.merge(Area::between((rows.0, columns.0), (rows.1, columns.1)));
                }
            }
            _ => {}
        }
        Some(())
    }

    fn row(&mut self, row: u32, flags: u16) {
        let level = flags & 0x07;
        if flags & 0x20 != 0 {
            self.found.hide(row, row);
        }
        if let Some((last, depth)) = self.before
            && level > depth
            && last.checked_add(1) == Some(row)
        {
            self.found.heads.insert(last);
        }
        self.before = Some((row, level));
    }

    fn number(&mut self, body: &[u8], number: f64) {
        if let (Some(row), Some(column), Some(style)) = (u16_at(body, 0), u16_at(body, 2), u16_at(body, 4)) {
            self.shown(u32::from(row), u32::from(column), style, number);
        }
    }

    fn shown(&mut self, row: u32, column: u32, style: u16, number: f64) {
        let format = self.formats.get(usize::from(style)).and_then(Option::as_ref);
        if format.is_some_and(|format| format.is_percent(number)) {
            self.found.percent(row, column);
        }
    }

    fn formula(&mut self, body: &[u8]) -> Option<()> {
        let cell = Area::cell(u32::from(u16_at(body, 0)?), u32::from(u16_at(body, 2)?));
        let asks = u16_at(body, 14)? & WHEN_OPENED != 0;
        self.last = None;
        // Two bytes of ones at the end say that the value is no number; the first says what it is.
        match (u16_at(body, 12)?, body.get(6)?) {
            (0xFFFF, 0) => self.awaits_text = Some(cell),
            (0xFFFF, 1 | 2) => self.valued = true,
            (0xFFFF, _) if asks => self.uncalculated(cell),
            (0xFFFF, _) => self.blank.push(cell),
            _ => {
                let number = f64_at(body, 6)?;
                if asks && number == 0.0 {
                    self.uncalculated(cell);
                } else {
                    self.valued = true;
                    self.number(body, number);
                }
            }
        }
        Some(())
    }

    fn uncalculated(&mut self, cell: Area) {
        self.found.truth(cell, Truth::Uncalculated);
        self.last = Some(cell);
    }

    /// A formula said that a text follows, and none did.
    fn no_text_came(&mut self) {
        if let Some(cell) = self.awaits_text.take() {
            self.found.truth(cell, Truth::Uncalculated);
        }
    }

    fn marks(mut self, calculates: bool) -> Marks {
        if !calculates {
            self.found.truths.extend(self.blank.into_iter().map(|cell| (cell, Truth::Uncalculated)));
        }
        self.found
    }
}

/// The records of a stream: the kind of each and its bytes.
struct Records<'b>(&'b [u8]);

impl<'b> Iterator for Records<'b> {
    type Item = (u16, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, length) = (u16_at(self.0, 0)?, usize::from(u16_at(self.0, 2)?));
        let (body, after) = self.0.get(4..)?.split_at_checked(length)?;
        self.0 = after;
        Some((kind, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(out: &mut Vec<u8>, kind: u16, body: &[u8]) {
        out.extend(kind.to_le_bytes());
        out.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
        out.extend(body);
    }

    /// A formula in a row of the first column: its value and its flags.
    fn formula(out: &mut Vec<u8>, row: u8, value: [u8; 8], flags: u8) {
        record(out, FORMULA, &[&[row, 0, 0, 0, 0, 0][..], &value, &[flags, 0, 0, 0, 0, 0, 0, 0]].concat());
    }

    fn marks(sheet: &[u8], by_excel: bool) -> Marks {
        let mut stream = Vec::new();
        record(&mut stream, BEGIN, &[0, 6, 5, 0]);
        record(&mut stream, XF, &[0; 20]);
        if by_excel {
            record(&mut stream, RECALCULATION, &[0; 8]);
        }
        let place = stream.len() + 4 + 4 + 4;
        let place = u32::try_from(place).unwrap().to_le_bytes();
        record(&mut stream, SHEET, &place);
        record(&mut stream, END, &[]);
        record(&mut stream, BEGIN, &[0, 6, 16, 0]);
        stream.extend(sheet);
        record(&mut stream, END, &[]);
        workbook(&stream).unwrap().remove(0)
    }

    fn rows(marks: &Marks) -> Vec<u32> {
        marks.truths.iter().map(|(area, _)| area.rows.0).collect()
    }

    const BLANK: [u8; 8] = [3, 0, 0, 0, 0, 0, 0xff, 0xff];
    const TEXT: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xff, 0xff];

    #[test]
    fn formulas_are_blank_or_without_a_value_by_who_wrote_them() {
        let mut blank = Vec::new();
        formula(&mut blank, 1, BLANK, 0);
        assert_eq!(rows(&marks(&blank, false)), [1], "none of them has a value");
        assert_eq!(rows(&marks(&blank, true)), [0; 0], "Excel calculated it");
        formula(&mut blank, 2, 7_f64.to_le_bytes(), 0);
        assert_eq!(rows(&marks(&blank, false)), [0; 0], "another has one");
        // Asked to be calculated when the workbook is opened.
        let mut asked = Vec::new();
        formula(&mut asked, 1, 0_f64.to_le_bytes(), 2);
        formula(&mut asked, 2, 7_f64.to_le_bytes(), 2);
        formula(&mut asked, 3, BLANK, 2);
        assert_eq!(rows(&marks(&asked, true)), [1, 3]);
    }

    #[test]
    fn a_text_that_is_announced_must_come() {
        let mut sheet = Vec::new();
        formula(&mut sheet, 1, TEXT, 0);
        record(&mut sheet, STRING, &[1, 0, 0, b'a']);
        formula(&mut sheet, 2, TEXT, 0);
        formula(&mut sheet, 3, TEXT, 0);
        record(&mut sheet, ARRAY, &[0; 12]);
        record(&mut sheet, STRING, &[1, 0, 0, b'a']);
        assert_eq!(rows(&marks(&sheet, true)), [2]);
    }

    #[test]
    fn a_stream_cut_short_is_none() {
        assert_eq!(workbook(&[0x85, 0, 4, 0, 9, 9, 9, 9]), None);
        assert!(sheets(&[0; 600]).is_err());
    }
}
