//! Workbooks made by hand, part by part, so that a test can put anything into them.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip archive of the given parts.
pub fn archive(parts: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).expect("a part");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

/// An xlsx with one sheet of the given XML, and more parts.
pub fn xlsx_of(sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let book = r#"<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let links = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let root = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let types = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend(more);
    archive(&parts, CompressionMethod::Deflated)
}

/// The XML of a sheet with the given rows in it.
pub fn sheet(rows: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

/// A row of texts from column A on, with attributes of its own.
pub fn row(number: u32, attributes: &str, cells: &[&str]) -> String {
    let cells: String = (b'A'..=b'Z')
        .zip(cells)
        .filter(|(_, text)| !text.is_empty())
        .map(|(letter, text)| {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            format!(
                r#"<c r="{}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#,
                char::from(letter)
            )
        })
        .collect();
    format!(r#"<row r="{number}" {attributes}>{cells}</row>"#)
}

/// An ods whose one table holds the given rows.
pub fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    ods_of(&content)
}

/// An ods with the given content.
pub fn ods_of(content: &str) -> Vec<u8> {
    let manifest = r#"<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"#;
    let parts: [(&str, &[u8]); 3] = [
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ];
    archive(&parts, CompressionMethod::Deflated)
}

/// A row of texts of an ods.
pub fn ods_row(cells: &[&str]) -> String {
    let cells: String = cells
        .iter()
        .map(|text| {
            format!(
                r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
            )
        })
        .collect();
    format!("<table:table-row>{cells}</table:table-row>")
}

/// An xlsb with one sheet of texts, by the records of MS-XLSB that a reader needs.
pub fn xlsb(rows: &[[&str; 5]]) -> Vec<u8> {
    let mut cells = Vec::new();
    for (number, row) in (0_u32..).zip(rows) {
        xlsb_row(&mut cells, number, 0);
        for (column, text) in (0_u32..).zip(row) {
            xlsb_cell(&mut cells, 0x0006, column, 0, &wide(text));
        }
    }
    xlsb_of(&cells, &[], &[])
}

/// Begins a row of an xlsb, with the flags of its second byte.
pub fn xlsb_row(out: &mut Vec<u8>, number: u32, flags: u8) {
    record(out, 0x0000, &[&number.to_le_bytes()[..], &[0; 7], &[flags], &[0; 13]].concat());
}

/// A cell of an xlsb: its kind, column, style and what it holds.
pub fn xlsb_cell(out: &mut Vec<u8>, kind: u16, column: u32, style: u8, value: &[u8]) {
    record(out, kind, &[&column.to_le_bytes()[..], &[style, 0, 0, 0], value].concat());
}

/// A text of an xlsb.
pub fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = u32::try_from(units.len()).expect("short").to_le_bytes().to_vec();
    bytes.extend(units.into_iter().flat_map(u16::to_le_bytes));
    bytes
}

/// An xlsb with one sheet of the given cells, what follows them, and cell formats: 0 is general, the others
/// are given by their codes.
pub fn xlsb_of(cells: &[u8], after: &[u8], formats: &[&str]) -> Vec<u8> {
    let mut book = Vec::new();
    record(&mut book, 0x0083, &[]);
    record(&mut book, 0x008F, &[]);
    let sheet = [[0_u32, 1].map(u32::to_le_bytes).concat(), wide("rId1"), wide("Sheet1")].concat();
    record(&mut book, 0x009C, &sheet);
    record(&mut book, 0x0090, &[]);
    record(&mut book, 0x009D, &[0; 26]);
    record(&mut book, 0x0084, &[]);
    let mut page = Vec::new();
    record(&mut page, 0x0081, &[]);
    record(&mut page, 0x0094, &[0_u32, 9, 0, 4].map(u32::to_le_bytes).concat());
    record(&mut page, 0x0091, &[]);
    page.extend(cells);
    record(&mut page, 0x0092, &[]);
    page.extend(after);
    record(&mut page, 0x0082, &[]);
    let count = |of: usize| u32::try_from(of).expect("few").to_le_bytes();
    let mut styles = Vec::new();
    record(&mut styles, 0x0267, &count(formats.len()));
    for (id, code) in (164_u16..).zip(formats) {
        record(&mut styles, 0x002C, &[id.to_le_bytes().to_vec(), wide(code)].concat());
    }
    record(&mut styles, 0x0269, &count(formats.len() + 1));
    for id in std::iter::once(0_u16).chain((164_u16..).take(formats.len())) {
        record(&mut styles, 0x002F, &[&[0, 0], &id.to_le_bytes()[..], &[0; 12]].concat());
    }
    record(&mut styles, 0x026A, &[]);
    let links = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.bin"/></Relationships>"#;
    let parts: [(&str, &[u8]); 4] = [
        ("xl/workbook.bin", &book),
        ("xl/_rels/workbook.bin.rels", links.as_bytes()),
        ("xl/worksheets/sheet1.bin", &page),
        ("xl/styles.bin", &styles),
    ];
    archive(&parts, CompressionMethod::Deflated)
}

/// A record of MS-XLSB: its type and its length in groups of seven bits, lowest first, then its bytes.
pub fn record(out: &mut Vec<u8>, kind: u16, bytes: &[u8]) {
    let groups = |mut number: usize, out: &mut Vec<u8>| loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        out.push(if number > 0 { low | 0x80 } else { low });
        if number == 0 {
            break;
        }
    };
    groups(usize::from(kind), out);
    groups(bytes.len(), out);
    out.extend(bytes);
}
