//! What an xlsx says of its cells besides their values.

use std::collections::BTreeMap;
use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};

use super::shown::Shown;
use super::{Area, Marks, Truth, xml};
use crate::intake::read::Unreadable;
use crate::intake::read::archive::{Archive, damaged};

/// The cell formats of a workbook, by the number that cells know them by.
type Formats = Vec<Format>;

/// What a cell format says besides how its cells look.
#[derive(Debug, Clone, Default)]
struct Format {
    /// That numbers are shown as per cents.
    percent: Option<Shown>,
    /// That what stands in the cell is struck out.
    struck: bool,
}

/// The marks of all sheets, in the order of the workbook.
///
/// # Errors
/// If a part is no XML.
pub(in crate::intake::read) fn sheets(archive: &mut Archive<'_>) -> Result<Vec<Marks>, Unreadable> {
    let (folder, book) = workbook(archive)?;
    let targets = targets(archive, &folder, &book)?;
    let (mut ids, mut recalculates) = (Vec::new(), false);
    archive.each_start(&format!("{folder}{book}"), |name, tag| match name {
        "sheet" => ids.push(xml::local_attribute(tag, "id").unwrap_or_default()),
        // Whoever wrote it says that its formulas are still to be calculated.
        "calcPr" => recalculates = recalculates || xml::is_true(tag, "fullCalcOnLoad"),
        _ => {}
    })?;
    let formats = formats(archive, &folder)?;
    ids.iter()
        .map(|id| {
            let path = targets.get(id).cloned().unwrap_or_default();
            let Some(part) = archive.part(&path)? else { return Ok(Marks::default()) };
            sheet(part, &formats, recalculates).map_err(|_| damaged(&path))
        })
        .collect()
}

/// The folder and the name of the part that is the workbook.
fn workbook(archive: &mut Archive<'_>) -> Result<(String, String), Unreadable> {
    let mut path = None;
    archive.each_start("_rels/.rels", |name, tag| {
        let kind = xml::attribute(tag, "Type").unwrap_or_default();
        if name == "Relationship" && kind.ends_with("/relationships/officeDocument") {
            path = xml::attribute(tag, "Target").or_else(|| path.take());
        }
    })?;
    let path = path.unwrap_or_else(|| "xl/workbook.xml".to_owned());
    let path = path.trim_start_matches('/');
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    Ok((folder, name.to_owned()))
}

/// Where the parts lie that a workbook names, by the names it has for them.
fn targets(
    archive: &mut Archive<'_>,
    folder: &str,
    book: &str,
) -> Result<BTreeMap<String, String>, Unreadable> {
    let mut targets = BTreeMap::new();
    archive.each_start(&format!("{folder}_rels/{book}.rels"), |name, tag| {
        let (id, target) = (xml::attribute(tag, "Id"), xml::attribute(tag, "Target"));
        if let ("Relationship", Some(id), Some(target)) = (name, id, target) {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("{folder}{target}"),
            };
            targets.insert(id, path);
        }
    })?;
    Ok(targets)
}

fn formats(archive: &mut Archive<'_>, folder: &str) -> Result<Formats, Unreadable> {
    let (mut own, mut formats): (BTreeMap<u32, Option<Shown>>, Formats) = Default::default();
    let (mut in_formats, mut in_fonts, mut in_cells) = (false, false, false);
    let mut struck: Vec<bool> = Vec::new();
    archive.each_start(&format!("{folder}styles.xml"), |name, tag| match name {
        "numFmts" => (in_formats, in_fonts, in_cells) = (true, false, false),
        "numFmt" if in_formats => {
            if let (Some(id), Some(code)) = (xml::number(tag, "numFmtId"), xml::attribute(tag, "formatCode"))
            {
                own.insert(id, Shown::of(&code));
            }
        }
        "fonts" => (in_formats, in_fonts, in_cells) = (false, true, false),
        "font" if in_fonts => struck.push(false),
        "strike" if in_fonts => {
            let says_no = matches!(xml::attribute(tag, "val").as_deref(), Some("0" | "false"));
            struck.last_mut().into_iter().for_each(|font| *font = !says_no);
        }
        "fills" | "borders" | "cellStyleXfs" | "cellStyles" | "dxfs" | "tableStyles" => {
            (in_formats, in_fonts, in_cells) = (false, false, false);
        }
        "cellXfs" => (in_formats, in_fonts, in_cells) = (false, false, true),
        "xf" if in_cells => {
            let id = xml::number(tag, "numFmtId").unwrap_or(0);
            let font = xml::number(tag, "fontId").and_then(|font| usize::try_from(font).ok()).unwrap_or(0);
            formats.push(Format {
                percent: own.get(&id).cloned().unwrap_or_else(|| Shown::builtin(id)),
                struck: struck.get(font).copied().unwrap_or_default(),
            });
        }
        _ => {}
    })?;
    Ok(formats)
}

/// Reads a sheet to its end.
fn sheet(part: impl BufRead, formats: &[Format], recalculates: bool) -> quick_xml::Result<Marks> {
    let mut scan = Scan { formats, recalculates, ..Scan::default() };
    let mut reader = xml::reader(part);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(tag) => scan.start(&tag),
            Event::End(tag) => scan.end(tag.local_name().as_ref()),
            Event::Text(text) => scan.text(&text.xml10_content()),
            Event::CData(text) => scan.text(&text.xml10_content()),
            // Whatever it stands for, something stands there.
            Event::GeneralRef(_) => scan.text("?"),
            Event::Eof => return Ok(scan.marks),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Scan<'f> {
    formats: &'f [Format],
    recalculates: bool,
    marks: Marks,
    /// The row and the column that come next, counted from 0.
    row: u32,
    column: u32,
    /// The row before and its level of grouping.
    before: Option<(u32, u32)>,
    cell: Option<InCell>,
    /// Whether all filled cells of the row so far are struck out; none if there is none.
    struck: Option<bool>,
}

/// The cell that is being read.
#[derive(Default)]
struct InCell {
    row: u32,
    column: u32,
    style: usize,
    kind: Kind,
    formula: bool,
    /// The cells that its formula fills too.
    fills: Option<Area>,
    value: Option<String>,
    in_value: bool,
    inline: bool,
}

/// What a cell says that it holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// A number, or a cell that does not say.
    #[default]
    Number,
    /// The text that a formula gave.
    FormulaText,
    Other,
}

/// The longest text that can be a number.
const LONGEST: usize = 400;

impl Scan<'_> {
    fn start(&mut self, tag: &BytesStart<'_>) {
        match (tag.local_name().as_ref(), &mut self.cell) {
            ("row", _) => self.start_row(tag),
            ("c", _) => self.start_cell(tag),
            ("f", Some(cell)) => {
                cell.formula = true;
                if matches!(xml::attribute(tag, "t").as_deref(), Some("array" | "dataTable")) {
                    cell.fills = xml::attribute(tag, "ref").as_deref().and_then(reference);
                }
            }
            ("v", Some(cell)) => {
                (cell.value, cell.in_value) = (Some(String::new()), true);
            }
            ("is", Some(cell)) => cell.inline = true,
            ("mergeCell", None) => {
                if let Some(area) = xml::attribute(tag, "ref").as_deref().and_then(reference) {
                    self.marks.merge(area);
                }
            }
            _ => {}
        }
    }

    fn start_row(&mut self, tag: &BytesStart<'_>) {
        if let Some(number) = xml::number(tag, "r") {
            self.row = number.saturating_sub(1);
        }
        let level = xml::number(tag, "outlineLevel").unwrap_or(0);
        if xml::is_true(tag, "hidden") {
            self.marks.hide(self.row, self.row);
        }
        if let Some((row, depth)) = self.before
            && level > depth
            && row.checked_add(1) == Some(self.row)
        {
            self.marks.heads.insert(row);
        }
        self.before = Some((self.row, level));
        self.column = 0;
    }

    /// Most of the work is here: each cell of each sheet, its attributes looked at once and copied never.
    fn start_cell(&mut self, tag: &BytesStart<'_>) {
        let (mut at, mut cell) = (None, InCell::default());
        for attribute in tag.attributes().with_checks(false).flatten() {
            match attribute.key.as_ref() {
                "r" => at = place(&attribute.value),
                "s" => cell.style = attribute.value.trim().parse().unwrap_or(0),
                "t" => {
                    cell.kind = match attribute.value.as_ref() {
                        "n" => Kind::Number,
                        "str" => Kind::FormulaText,
                        _ => Kind::Other,
                    }
                }
                _ => {}
            }
        }
        (cell.row, cell.column) = at.unwrap_or((self.row, self.column));
        self.column = cell.column;
        self.cell = Some(cell);
    }

    fn text(&mut self, text: &str) {
        if let Some(value) =
            self.cell.as_mut().filter(|cell| cell.in_value).and_then(|cell| cell.value.as_mut())
            && value.len() < LONGEST
        {
            value.push_str(text);
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "v" => {
                if let Some(cell) = &mut self.cell {
                    cell.in_value = false;
                }
            }
            "c" => {
                if let Some(cell) = self.cell.take() {
                    self.finish(&cell);
                }
                self.column = self.column.saturating_add(1);
            }
            "row" => {
                if self.struck.take() == Some(true) {
                    self.marks.struck.insert(self.row);
                }
                (self.row, self.column) = (self.row.saturating_add(1), 0);
            }
            _ => {}
        }
    }

    fn finish(&mut self, cell: &InCell) {
        let format = self.formats.get(cell.style);
        if cell.inline || cell.value.as_deref().is_some_and(|value| !value.trim().is_empty()) {
            let struck = format.is_some_and(|format| format.struck);
            self.struck = Some(self.struck.unwrap_or(true) && struck);
        }
        let format = format.and_then(|format| format.percent.as_ref());
        if !cell.formula && format.is_none() {
            return;
        }
        let value = cell.value.as_deref().filter(|_| cell.kind == Kind::Number);
        let number: Option<f64> = value.and_then(|value| value.trim().parse().ok());
        if cell.formula && self.has_no_value(cell, number) {
            self.marks.truth(Area::cell(cell.row, cell.column), Truth::Uncalculated);
            if let Some(area) = cell.fills.filter(|area| !area.is_one_cell()) {
                self.marks.truth(area, Truth::Filled);
            }
        }
        if let (Some(number), Some(format)) = (number, format)
            && format.is_percent(number)
        {
            self.marks.percent(cell.row, cell.column);
        }
    }

    /// A formula has a value if one is stored: an empty one is a text that Excel shows as nothing, but no
    /// number. A program that cannot calculate stores nothing, or 0 and the wish to be calculated.
    fn has_no_value(&self, cell: &InCell, number: Option<f64>) -> bool {
        match (&cell.value, cell.kind) {
            _ if cell.inline => false,
            (None, _) => true,
            (Some(_), Kind::FormulaText) => false,
            (Some(value), _) if value.trim().is_empty() => true,
            _ => self.recalculates && number == Some(0.0),
        }
    }
}

/// The row and the column of an address such as `B2` or `$B$2`, counted from 0.
fn place(text: &str) -> Option<(u32, u32)> {
    let text = text.trim().trim_start_matches('$');
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = text.split_at_checked(letters).filter(|(l, _)| (1..=3).contains(&l.len()))?;
    let letter = |byte: u8| u32::from(byte.to_ascii_uppercase() - b'A') + 1;
    let column = letters.bytes().fold(0_u32, |sum, byte| sum * 26 + letter(byte));
    let row: u32 = digits.trim_start_matches('$').parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}

/// The cells of a reference such as `B2:C4` or `B2`.
fn reference(text: &str) -> Option<Area> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    Some(Area::between(place(first)?, place(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(xml: &str, recalculates: bool) -> Marks {
        let percent = Format { percent: Shown::builtin(10), struck: false };
        let formats = [Format::default(), percent, Format { percent: None, struck: true }];
        sheet(xml.as_bytes(), &formats, recalculates).unwrap()
    }

    fn cells(marks: &Marks) -> Vec<(u32, u32)> {
        marks.truths.iter().map(|(area, _)| (area.rows.0, area.columns.0)).collect()
    }

    #[test]
    fn rows_that_head_groups_hidden_rows_and_merged_cells_are_seen() {
        let xml = r#"<worksheet><sheetData><row r="1"><c r="A1"/></row><x:row spans="1:2" r="2"/>
            <row r="3" outlineLevel="1" hidden="1"/><row r="4" outlineLevel='1'/><row r="5"/>
            <row r="6" outlineLevel="1"/><rows r="9" hidden="1"/></sheetData>
            <mergeCells count="3"><mergeCell ref="B2:C4"/><mergeCell ref="A1:D1"/><mergeCell ref="$AA$7:AA9"/>
            <mergeCell ref="nonsense"/><mergeCell ref="A1"/><mergeCell/></mergeCells></worksheet>"#;
        let marks = scanned(xml, false);
        assert_eq!((marks.hidden, marks.heads), (vec![(2, 2)], [1, 4].into()));
        let merged = [((1, 1), (3, 2)), ((0, 0), (0, 3)), ((6, 26), (8, 26))];
        assert_eq!(marks.merged, merged.map(|(one, other)| Area::between(one, other)));
    }

    #[test]
    fn formulas_without_a_stored_value_are_told_from_those_that_are_blank() {
        let xml = r#"<sheetData><row r="1">
            <c r="A1"><f>B1</f></c><c r="B1"><f>B1</f><v/></c><c r="C1"><f>B1</f><v></v></c>
            <c r="D1" t="str"><f>B1</f><v></v></c><c r="E1" t="str"><f>B1</f></c><c r="F1"><f>B1</f><v>7</v></c>
            <c r="G1" t="b"><f/><v/></c><c r="H1"><f t="shared" si="0"/></c><c r="I1"><f>B1</f><v>0</v></c>
            <c r="J1" t="inlineStr"><f>B1</f><is><t>a</t></is></c><c r="K1"><v/></c><c r="L1" t="e"><f>1/0</f><v>#DIV/0!</v></c>
            </row></sheetData>"#;
        assert_eq!(cells(&scanned(xml, false)), [0, 1, 2, 4, 6, 7].map(|column| (0, column)));
        // Who asks for calculation stores 0 for what it did not calculate.
        assert_eq!(cells(&scanned(xml, true)), [0, 1, 2, 4, 6, 7, 8].map(|column| (0, column)));
    }

    #[test]
    fn an_array_formula_without_value_fills_all_its_cells() {
        let xml = r#"<sheetData><row><c><f t="array" ref="A1:B3">X</f></c></row></sheetData>"#;
        let all = Area::between((0, 0), (2, 1));
        assert_eq!(
            scanned(xml, false).truths,
            [(Area::cell(0, 0), Truth::Uncalculated), (all, Truth::Filled)]
        );
        let calculated = r#"<sheetData><row><c><f t="array" ref="A1:B3">X</f><v>1</v></c></row></sheetData>"#;
        assert_eq!(scanned(calculated, true).truths, []);
    }

    #[test]
    fn a_row_is_struck_out_where_all_its_filled_cells_are() {
        let xml = r#"<sheetData><row r="2"><c s="2"><v>1</v></c><c s="0"/><c s="2" t="inlineStr"><is><t>a</t></is></c></row>
            <row r="3"><c s="2"><v>1</v></c><c s="0"><v>2</v></c></row><row r="4"><c s="2"/></row>
            <row><c s="9"><v>1</v></c></row><row r="7"><c s="2" t="s"><v>0</v></c></row></sheetData>"#;
        assert_eq!(scanned(xml, false).struck, [1, 6].into());
    }

    #[test]
    fn numbers_under_a_per_cent_format_are_marked_where_they_stand() {
        let xml = r#"<sheetData><row r="3"><c s="1"><v>0.851</v></c><c s="1" t="s"><v>0</v></c><c s="1"/>
            <c s="0"><v>0.5</v></c><c r="H3" s="1" t="n"><v>1</v></c></row><row><c s="1"><v>1</v></c></row></sheetData>"#;
        let at = [(2, 0), (2, 7), (3, 0)];
        assert_eq!(scanned(xml, false).percent, at.map(|(row, column)| Area::cell(row, column)));
    }
}
