//! What an ods says of its cells besides their values.

use std::collections::BTreeSet;
use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};

use super::{Area, Marks, Truth, xml};
use crate::intake::read::Unreadable;
use crate::intake::read::archive::{Archive, damaged};

const CONTENT: &str = "content.xml";
/// The last row and the last column that a sheet can have, counted from 0.
const LAST_ROW: u32 = 1_048_575;
const LAST_COLUMN: u32 = 16_383;
/// The longest text that is kept of a cell without a value.
const LONGEST: usize = 40_000;

/// The marks of all sheets, in the order of the file.
///
/// # Errors
/// If the content is no XML.
pub(in crate::intake::read) fn sheets(archive: &mut Archive<'_>) -> Result<Vec<Marks>, Unreadable> {
    let Some(part) = archive.part(CONTENT)? else { return Ok(Vec::new()) };
    content(part).map_err(|_| damaged(CONTENT))
}

fn content(part: impl BufRead) -> quick_xml::Result<Vec<Marks>> {
    let mut scan = Scan::default();
    let mut reader = xml::reader(part);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(tag) => scan.start(&tag),
            Event::End(tag) => scan.end(tag.name().as_ref()),
            Event::Text(text) => scan.text(&text.xml10_content()),
            Event::CData(text) => scan.text(&text.xml10_content()),
            Event::GeneralRef(_) => scan.text("?"),
            Event::Eof => return Ok(scan.sheets),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Scan {
    sheets: Vec<Marks>,
    in_table: bool,
    /// Names of data styles that show per cents, and of cell styles that use one.
    percent_data: BTreeSet<String>,
    percent_cells: BTreeSet<String>,
    /// The rows that the row being read stands for, and the column that comes next.
    rows: (u32, u32),
    column: u32,
    cell: Option<InCell>,
    /// How deep in a comment the reading is.
    comment: u32,
}

/// The cell that is being read.
struct InCell {
    columns: (u32, u32),
    kind: Option<String>,
    formula: bool,
    /// Whether a value is stored, and whether that is an empty text.
    value: Option<f64>,
    valued: bool,
    empty_text: bool,
    error: bool,
    percent: bool,
    spans: (u32, u32),
    matrix: (u32, u32),
    text: String,
    paragraphs: u32,
}

impl Scan {
    fn start(&mut self, tag: &BytesStart<'_>) {
        match tag.name().as_ref() {
            "number:percentage-style" => self.percent_data.extend(xml::attribute(tag, "style:name")),
            "style:style" => {
                let data = xml::attribute(tag, "style:data-style-name");
                if data.is_some_and(|data| self.percent_data.contains(&data)) {
                    self.percent_cells.extend(xml::attribute(tag, "style:name"));
                }
            }
            "table:table" if xml::attribute(tag, "table:name").is_some() && !self.in_table => {
                self.in_table = true;
                self.sheets.push(Marks::default());
                self.rows = (0, 0);
            }
            "table:table-row" if self.in_table => {
                let repeated = xml::number(tag, "table:number-rows-repeated").unwrap_or(1).max(1);
                self.rows.1 = self.rows.0.saturating_add(repeated - 1);
                self.column = 0;
                let is_hidden = xml::attribute(tag, "table:visibility").is_some_and(|v| v != "visible");
                if let (true, Some(marks)) = (is_hidden, self.sheets.last_mut()) {
                    marks.hide(self.rows.0, self.rows.1);
                }
            }
            "table:table-cell" | "table:covered-table-cell" if self.in_table => self.start_cell(tag),
            "office:annotation" => self.comment = self.comment.saturating_add(1),
            "text:p" if self.comment == 0 => {
                if let Some(cell) = &mut self.cell {
                    if cell.paragraphs > 0 {
                        cell.text.push('\n');
                    }
                    cell.paragraphs = cell.paragraphs.saturating_add(1);
                }
            }
            "text:s" | "text:tab" | "text:line-break" => self.text(" "),
            _ => {}
        }
    }

    fn start_cell(&mut self, tag: &BytesStart<'_>) {
        let many = |name: &str| xml::number(tag, name).unwrap_or(1).max(1);
        let last = self.column.saturating_add(many("table:number-columns-repeated") - 1);
        let text = xml::attribute(tag, "office:string-value");
        let value = xml::attribute(tag, "office:value");
        let others = ["office:date-value", "office:time-value", "office:boolean-value"];
        let kind = xml::attribute(tag, "office:value-type");
        let style = xml::attribute(tag, "table:style-name");
        let styled = style.is_some_and(|style| self.percent_cells.contains(&style));
        self.cell = Some(InCell {
            columns: (self.column, last),
            formula: xml::attribute(tag, "table:formula").is_some(),
            valued: value.is_some()
                || text.is_some()
                || others.iter().any(|name| xml::attribute(tag, name).is_some()),
            value: value.and_then(|value| value.trim().parse().ok()),
            empty_text: text.is_some_and(|text| text.trim().is_empty()),
            error: xml::attribute(tag, "calcext:value-type").as_deref() == Some("error"),
            percent: kind.as_deref() == Some("percentage") || (kind.as_deref() == Some("float") && styled),
            kind,
            spans: (many("table:number-rows-spanned"), many("table:number-columns-spanned")),
            matrix: (many("table:number-matrix-rows-spanned"), many("table:number-matrix-columns-spanned")),
            text: String::new(),
            paragraphs: 0,
        });
    }

    fn text(&mut self, text: &str) {
        if let Some(cell) = self.cell.as_mut().filter(|cell| self.comment == 0 && cell.paragraphs > 0)
            && cell.text.len() < LONGEST
        {
            cell.text.push_str(text);
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                if let Some(cell) = self.cell.take() {
                    self.finish(&cell);
                    self.column = cell.columns.1.saturating_add(1);
                }
            }
            "table:table-row" if self.in_table => self.rows.0 = self.rows.1.saturating_add(1),
            "table:table" => self.in_table = false,
            "office:annotation" => self.comment = self.comment.saturating_sub(1),
            _ => {}
        }
    }

    fn finish(&mut self, cell: &InCell) {
        let Some(marks) = self.sheets.last_mut() else { return };
        // What lies beyond the end of a sheet is not read.
        let (rows, columns) =
            ((self.rows.0, self.rows.1.min(LAST_ROW)), (cell.columns.0, cell.columns.1.min(LAST_COLUMN)));
        if rows.0 > rows.1 || columns.0 > columns.1 {
            return;
        }
        let area = Area { rows, columns };
        if cell.percent && cell.value.is_some() {
            marks.percent.push(area);
        }
        let text = cell.text.trim();
        match (cell.formula, cell.valued) {
            _ if cell.error || (cell.empty_text && text.starts_with('#')) => {
                let shown = if text.is_empty() { "#VALUE!" } else { text };
                marks.truth(area, Truth::Error(shown.to_owned()));
            }
            // A formula that gives a text may say it in its paragraphs only.
            (true, false) if cell.kind.as_deref() != Some("string") || cell.paragraphs == 0 => {
                marks.truth(area, Truth::Uncalculated);
                let last = (
                    rows.0.saturating_add(cell.matrix.0 - 1).min(LAST_ROW),
                    columns.0.saturating_add(cell.matrix.1 - 1).min(LAST_COLUMN),
                );
                let filled = Area::between((rows.0, columns.0), last);
                if !filled.is_one_cell() {
                    marks.truth(filled, Truth::Filled);
                }
            }
            (false, false) if cell.kind.as_deref() != Some("string") && !text.is_empty() => {
                marks.truth(area, Truth::Text(text.to_owned()));
            }
            _ => {}
        }
        if cell.spans != (1, 1) {
            let last = (
                rows.0.saturating_add(cell.spans.0 - 1).min(LAST_ROW),
                columns.0.saturating_add(cell.spans.1 - 1).min(LAST_COLUMN),
            );
            marks.merge(Area::between((rows.0, columns.0), last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(rows: &str) -> Marks {
        let xml = format!(r#"<office:document-content><table:table table:name="A">{rows}</table:table>"#);
        content(xml.as_bytes()).unwrap().remove(0)
    }

    fn cells(cells: &str) -> Marks {
        scanned(&format!("<table:table-row>{cells}</table:table-row>"))
    }

    #[test]
    fn per_cents_are_marked_with_all_their_repetitions() {
        let marks = scanned(
            r#"<table:table-row table:number-rows-repeated="3"/><table:table-row table:number-rows-repeated="2">
            <table:table-cell table:number-columns-repeated="2"/>
            <table:table-cell office:value-type="percentage" office:value="0.851" table:number-columns-repeated="2"/>
            </table:table-row><table:table-row><table:table-cell office:value-type="float" office:value="1"/></table:table-row>"#,
        );
        assert_eq!(marks.percent, [Area { rows: (3, 4), columns: (2, 3) }]);
    }

    #[test]
    fn formulas_without_a_value_are_told_from_those_that_are_blank() {
        let said = |cell: &str| cells(cell).truths.into_iter().map(|(_, truth)| truth).next();
        let formula =
            |rest: &str| format!(r#"<table:table-cell table:formula="of:=1" {rest}</table:table-cell>"#);
        for rest in [
            ">",
            r#"office:value-type="float">"#,
            r#"office:value-type="float"><text:p>9</text:p>"#,
            r#"office:value-type="string">"#,
        ] {
            assert_eq!(said(&formula(rest)), Some(Truth::Uncalculated), "{rest}");
        }
        for rest in [
            r#"office:value-type="float" office:value="0">"#,
            r#"office:value-type="string"><text:p/>"#,
            r#"office:value-type="string" office:string-value="">"#,
            r#"office:value-type="date" office:date-value="2026-07-01">"#,
        ] {
            assert_eq!(said(&formula(rest)), None, "{rest}");
        }
        let error = formula(r#"office:value-type="string" office:string-value=""><text:p>#N/A</text:p>"#);
        assert_eq!(said(&error), Some(Truth::Error("#N/A".into())));
        let untyped = "<table:table-cell><text:p>Low</text:p></table:table-cell>";
        assert_eq!(said(untyped), Some(Truth::Text("Low".into())));
        let noted = "<table:table-cell><office:annotation><text:p>a note</text:p></office:annotation></table:table-cell>";
        assert_eq!(said(noted), None);
    }

    #[test]
    fn merged_cells_and_hidden_rows_are_seen() {
        let marks = scanned(
            r#"<table:table-row table:visibility="filter"><table:table-cell/><table:table-cell table:number-rows-spanned="2" table:number-columns-spanned="1"/></table:table-row>
            <table:table-row table:visibility="collapse" table:number-rows-repeated="4"><table:table-cell/><table:covered-table-cell/></table:table-row>"#,
        );
        assert_eq!(marks.merged, [Area::between((0, 1), (1, 1))]);
        assert_eq!(marks.hidden, [(0, 4)]);
    }
}
