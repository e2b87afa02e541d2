//! What an xlsb says of its cells besides their values, by the records of MS-XLSB.

use std::collections::BTreeMap;

use super::bytes::{error_name, f64_at, rk, u16_at, u32_at};
use super::shown::Shown;
use super::{Area, Marks, Truth, xml};
use crate::intake::read::Unreadable;
use crate::intake::read::archive::{Archive, damaged};

const ROW: u16 = 0x0000;
const CELL_RK: u16 = 0x0002;
const CELL_REAL: u16 = 0x0005;
const FORMULA_NUMBER: u16 = 0x0009;
const FORMULA_ERROR: u16 = 0x000B;
const FORMAT: u16 = 0x002C;
const XF: u16 = 0x002F;
const SHEET: u16 = 0x009C;
const MERGED: u16 = 0x00B0;
const CELL_FORMATS: u16 = 0x0269;
const END_CELL_FORMATS: u16 = 0x026A;

/// The marks of all sheets, in the order of the workbook.
///
/// # Errors
/// If a part is damaged.
pub(in crate::intake::read) fn sheets(archive: &mut Archive<'_>) -> Result<Vec<Marks>, Unreadable> {
    let mut targets = BTreeMap::new();
    archive.each_start("xl/_rels/workbook.bin.rels", |name, tag| {
        let (id, target) = (xml::attribute(tag, "Id"), xml::attribute(tag, "Target"));
        if let ("Relationship", Some(id), Some(target)) = (name, id, target) {
            targets.insert(id, target);
        }
    })?;
    let book = archive.whole("xl/workbook.bin")?;
    let ids = Records(&book).filter(|(kind, _)| *kind == SHEET).filter_map(|(_, body)| wide(body.get(8..)?));
    let ids: Vec<String> = ids.collect();
    let styles = archive.whole("xl/styles.bin")?;
    let formats = formats(&styles);
    ids.iter()
        .map(|id| {
            let path = format!("xl/{}", targets.get(id).map_or("", String::as_str));
            let bytes = archive.whole(&path)?;
            sheet(&bytes, &formats).ok_or_else(|| damaged(&path))
        })
        .collect()
}

/// The cell formats that show per cents, by the number that cells know them by.
fn formats(styles: &[u8]) -> Vec<Option<Shown>> {
    let (mut own, mut formats, mut in_cells) = (BTreeMap::new(), Vec::new(), false);
    for (kind, body) in Records(styles) {
        match kind {
            FORMAT => {
                if let (Some(id), Some(code)) = (u16_at(body, 0), body.get(2..).and_then(wide)) {
                    own.insert(id, Shown::of(&code));
                }
            }
            CELL_FORMATS => in_cells = true,
            END_CELL_FORMATS => in_cells = false,
            XF if in_cells => {
                let id = u16_at(body, 2).unwrap_or(0);
                formats.push(own.get(&id).cloned().unwrap_or_else(|| Shown::builtin(u32::from(id))));
            }
            _ => {}
        }
    }
    formats
}

/// The marks of a sheet; nothing if a record is shorter than its kind.
fn sheet(bytes: &[u8], formats: &[Option<Shown>]) -> Option<Marks> {
    let mut marks = Marks::default();
    let mut row = 0;
    let mut before: Option<(u32, u8)> = None;
    for (kind, body) in Records(bytes) {
        match kind {
            ROW => {
                row = u32_at(body, 0)?;
                let flags = body.get(11).copied().unwrap_or(0);
                let level = flags & 0x07;
                if flags & 0x10 != 0 {
                    marks.hide(row, row);
                }
                if let Some((last, depth)) = before
                    && level > depth
                    && last.checked_add(1) == Some(row)
                {
                    marks.heads.insert(last);
                }
                before = Some((row, level));
            }
            CELL_RK | CELL_REAL | FORMULA_NUMBER => {
                let column = u32_at(body, 0)?;
                let style = usize::try_from(u32_at(body, 4)? & 0x00ff_ffff).ok()?;
                let number = if kind == CELL_RK { rk(u32_at(body, 8)?) } else { f64_at(body, 8)? };
                if formats.get(style).and_then(Option::as_ref).is_some_and(|f| f.is_percent(number)) {
                    marks.percent(row, column);
                }
            }
            // The reader of cells passes over it.
            FORMULA_ERROR => {
                let error = error_name(*body.get(8)?);
                marks.truth(Area::cell(row, u32_at(body, 0)?), Truth::Error(error.to_owned()));
            }
            MERGED => {
                let at = |place: usize| u32_at(body, place * 4);
                marks.merge(Area::between((at(0)?, at(2)?), (at(1)?, at(3)?)));
            }
            _ => {}
        }
    }
    Some(marks)
}

/// The records of a part: the kind of each and its bytes.
struct Records<'b>(&'b [u8]);

impl<'b> Iterator for Records<'b> {
    type Item = (u16, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (first, mut rest) = self.0.split_first()?;
        let mut kind = u16::from(*first);
        // Seven bits of each byte count, the lowest first; the eighth says that another follows.
        if first & 0x80 != 0 {
            let (second, after) = rest.split_first()?;
            kind = u16::from(first & 0x7f) | (u16::from(second & 0x7f) << 7);
            rest = after;
        }
        let mut length = 0_usize;
        for group in 0..4 {
            let (byte, after) = rest.split_first()?;
            length |= usize::from(byte & 0x7f) << (7 * group);
            rest = after;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (body, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((kind, body))
    }
}

/// A text: its length in units of UTF-16, then these.
fn wide(bytes: &[u8]) -> Option<String> {
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let text = bytes.get(4..length.checked_mul(2)?.checked_add(4)?)?;
    Some(encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned())
}
