//! What a zip archive holds, before anything of it is unpacked: which kind of workbook it is, whether it
//! would come to more than a file may, and what calamine does not tell of its rows.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::LazyLock;

use regex::bytes::Regex;
use roxmltree::Document;
use zip::ZipArchive;

use super::{Format, Merged, Unreadable};
use crate::diagnostic::Code;
use crate::pipeline::Limits;

/// More parts than any workbook has.
const PARTS: usize = 20_000;
/// The most that is read of a part that says where others are.
const PLAN: u64 = 8 << 20;
/// The shortest that a shared string can be written: `<si/>`.
const SHORTEST_STRING: u64 = 5;

/// A zip archive that is a workbook.
pub(super) struct Archive<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// The kind of workbook.
    pub(super) format: Format,
    limit: u64,
}

/// What is told of the rows of a sheet besides their cells, and of cells that are merged.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) hidden: u32,
    pub(super) heads: BTreeSet<u32>,
    pub(super) merged: Merged,
}

impl<'b> Archive<'b> {
    /// Looks into an archive.
    ///
    /// # Errors
    /// If it is not whole, is no workbook, or would come to more than a file may.
    pub(super) fn open(bytes: &'b [u8], limits: &Limits) -> Result<Self, Unreadable> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| not_whole())?;
        if zip.len() > PARTS {
            return Err(too_large(&format!("it has {} parts", zip.len())));
        }
        let format = kind(&zip)?;
        let mut archive = Self { zip, format, limit: limits.unpacked() };
        archive.weigh(limits)?;
        archive.count_strings()?;
        Ok(archive)
    }

    /// What the parts say they come to. Lies are caught by the limits of memory and time.
    fn weigh(&mut self, limits: &Limits) -> Result<(), Unreadable> {
        let mut total = 0_u64;
        for index in 0..self.zip.len() {
            let part = self.zip.by_index_raw(index).map_err(|_| not_whole())?;
            total = total.saturating_add(part.size());
        }
        if total > limits.unpacked() {
            let megabytes = total >> 20;
            return Err(too_large(&format!(
                "unpacked it comes to {megabytes} megabytes, and {} are allowed",
                limits.unpacked_megabytes
            )));
        }
        Ok(())
    }

    /// A count of shared strings that their part has no room for makes a reader ask for that much memory.
    fn count_strings(&mut self) -> Result<(), Unreadable> {
        static COUNT: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r#"uniqueCount\s*=\s*["']\s*(\d+)"#).ok());
        let Some(name) = self.part(|name| name.eq_ignore_ascii_case("xl/sharedStrings.xml")) else {
            return Ok(());
        };
        let Ok(part) = self.zip.by_name(&name) else { return Ok(()) };
        let size = part.size();
        let mut head = Vec::new();
        let _ = part.take(4096).read_to_end(&mut head);
        let captures = COUNT.as_ref().and_then(|count| count.captures(&head));
        let digits =
            captures.and_then(|c| c.get(1)).map(|m| String::from_utf8_lossy(m.as_bytes()).into_owned());
        let Some(digits) = digits else { return Ok(()) };
        let fits = digits.parse::<u64>().is_ok_and(|count| count <= size / SHORTEST_STRING + 1);
        if fits {
            return Ok(());
        }
        Err(Unreadable::new(
            Code::UnreadableFile,
            "the workbook is damaged: it announces more texts than it has room for",
            AGAIN,
        ))
    }

    fn part(&self, is: impl Fn(&str) -> bool) -> Option<String> {
        names(&self.zip).find(|name| is(name))
    }

    /// The text of a small part.
    fn text(&mut self, name: &str) -> Option<String> {
        let mut text = String::new();
        let part = self.zip.by_name(name).ok()?;
        part.take(PLAN).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Where the sheets of an xlsx lie, by name.
    pub(super) fn sheets(&mut self) -> Vec<(String, String)> {
        let (Some(book), Some(links)) =
            (self.text("xl/workbook.xml"), self.text("xl/_rels/workbook.xml.rels"))
        else {
            return Vec::new();
        };
        let (Ok(book), Ok(links)) = (Document::parse(&book), Document::parse(&links)) else {
            return Vec::new();
        };
        let target = |id: &str| {
            let link = links.descendants().find(|n| n.attribute("Id") == Some(id))?;
            let target = link.attribute("Target")?;
            Some(match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            })
        };
        let sheets = book.descendants().filter(|n| n.tag_name().name() == "sheet");
        let named = sheets.filter_map(|sheet| {
            let name = sheet.attribute("name")?;
            let id = sheet.attributes().find(|a| a.name() == "id" && a.namespace().is_some())?;
            Some((name.to_owned(), target(id.value())?))
        });
        named.collect()
    }

    /// Which rows of a sheet are hidden and which head a group, by the attributes of its rows.
    pub(super) fn rows(&mut self, path: &str) -> Rows {
        let limit = self.limit;
        let Ok(part) = self.zip.by_name(path) else { return Rows::default() };
        scan(part.take(limit))
    }
}

const AGAIN: &str =
    "open it in Excel, save it again and send that; if it was still synchronising, wait until it is whole";

fn not_whole() -> Unreadable {
    Unreadable::new(Code::UnreadableFile, "the workbook cannot be opened: it is cut short or damaged", AGAIN)
}

fn too_large(why: &str) -> Unreadable {
    Unreadable::new(
        Code::TooCostly,
        format!("the workbook is too large to be read: {why}"),
        "send only the sheet with the rows, without pictures and empty rows, as .xlsx or .csv",
    )
}

/// The names of the parts that have one; nothing is ever written under them.
fn names<'z>(zip: &'z ZipArchive<Cursor<&[u8]>>) -> impl Iterator<Item = String> + use<'z> {
    zip.file_names().filter_map(Result::ok).map(|name| name.replace('\\', "/"))
}

fn kind(zip: &ZipArchive<Cursor<&[u8]>>) -> Result<Format, Unreadable> {
    let has = |wanted: &str| names(zip).any(|name| name.eq_ignore_ascii_case(wanted));
    let under = |folder: &str| names(zip).any(|name| name.starts_with(folder));
    if has("xl/workbook.bin") {
        return Ok(Format::Xlsb);
    }
    if has("xl/workbook.xml") || under("xl/") {
        return Ok(Format::Xlsx);
    }
    if has("content.xml") {
        return Ok(Format::Ods);
    }
    let save = "send the table itself, as an Excel workbook (.xlsx) or comma-separated text (.csv)";
    let (what, mend) = if under("word/") {
        ("a Word document", save)
    } else if under("ppt/") {
        ("a PowerPoint presentation", save)
    } else if has("Index/Document.iwa") || has("Index.zip") || under("Index/") {
        ("an Apple Numbers document", "export it from Numbers as Excel (.xlsx) and send that")
    } else {
        ("a zip archive and not a workbook", "unpack it and send the table that is in it")
    };
    Err(Unreadable::new(Code::NotAWorkbook, format!("the file is {what}"), mend))
}

/// The column and the rows of a reference such as `B2:C4`.
fn reference(text: &str) -> Option<(u32, u32, u32)> {
    let (first, last) = text.split_once(':')?;
    let cell = |text: &str| {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let letters = text.get(..text.len() - digits.len()).filter(|l| (1..=3).contains(&l.len()))?;
        let column = letters.bytes().fold(0_u32, |sum, letter| sum * 26 + u32::from(letter - b'A') + 1);
        Some((column - 1, digits.parse::<u32>().ok()?))
    };
    let ((column, first), (_, last)) = (cell(first)?, cell(last)?);
    Some((column, first, last))
}

/// Reads the start tags of rows and of merged ranges from the XML of a sheet, a piece at a time.
fn scan(mut part: impl Read) -> Rows {
    static ROW: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"<(?:\w+:)?(row|mergeCell)\b([^<>]*)>").ok());
    let mut rows = Rows::default();
    let Some(pattern) = ROW.as_ref() else { return rows };
    let (mut buffer, mut piece) = (Vec::new(), vec![0_u8; 1 << 18]);
    let (mut last, mut depth) = (0_u32, 0_u32);
    while let Ok(count) = part.read(&mut piece) {
        if count == 0 {
            break;
        }
        buffer.extend_from_slice(piece.get(..count).unwrap_or_default());
        for found in pattern.captures_iter(&buffer) {
            let attributes = String::from_utf8_lossy(found.get(2).map_or(&[][..], |m| m.as_bytes()));
            if found.get(1).is_some_and(|name| name.as_bytes() == b"mergeCell") {
                if let Some((column, first, last)) = attribute(&attributes, "ref").and_then(reference) {
                    rows.merged.add(column, first, last);
                }
                continue;
            }
            let number = attribute(&attributes, "r").and_then(|n| n.parse().ok()).unwrap_or(last + 1);
            let level = attribute(&attributes, "outlineLevel").and_then(|n| n.parse().ok()).unwrap_or(0);
            if matches!(attribute(&attributes, "hidden"), Some("1" | "true")) {
                rows.hidden = rows.hidden.saturating_add(1);
            }
            if level > depth && last > 0 && number == last + 1 {
                rows.heads.insert(last);
            }
            (last, depth) = (number.min(u32::MAX - 1), level);
        }
        // A tag that is not whole yet is looked at with the next piece.
        let rest = buffer.iter().rposition(|b| *b == b'<').unwrap_or(buffer.len());
        let rest = if buffer.get(rest..).is_some_and(|t| t.contains(&b'>')) { buffer.len() } else { rest };
        buffer.drain(..rest);
        if buffer.len() > 1 << 20 {
            break;
        }
    }
    rows
}

/// The value of an attribute within a start tag.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = after.get(1..)?.split_once(quote)?;
        if before.trim() == name {
            return Some(value);
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_head_groups_and_hidden_rows_are_seen_across_pieces() {
        let xml = r#"<sheetData><row r="1"><c r="A1"/></row><x:row spans="1:2" r="2"/>
            <row r="3" outlineLevel="1" hidden="1"/><row r="4" outlineLevel='1'/><row r="5"/>
            <row r="6" outlineLevel="1"/><rows r="9" hidden="1"/></sheetData>
            <mergeCells count="3"><mergeCell ref="B2:C4"/><mergeCell ref="A1:D1"/><mergeCell ref="AA7:AA9"/>
            <mergeCell ref="nonsense"/><mergeCell/></mergeCells>"#;
        let merged = Merged([((1, 2), 4), ((26, 7), 9)].into());
        assert_eq!((merged.above(1, 4), merged.above(1, 2), merged.above(1, 5)), (Some(2), None, None));
        assert_eq!((merged.last(26, 7), merged.last(0, 7)), (9, 7));
        let expected = Rows { hidden: 1, heads: [2, 5].into(), merged };
        assert_eq!(scan(xml.as_bytes()), expected);
        /// Gives a byte at a time.
        struct Slow<'x>(&'x [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
                buffer[0] = *first;
                self.0 = rest;
                Ok(1)
            }
        }
        assert_eq!(scan(Slow(xml.as_bytes())), expected);
    }

    #[test]
    fn attributes_are_found_by_their_whole_name() {
        assert_eq!(attribute(r#" spans="1:2" r="7" "#, "r"), Some("7"));
        assert_eq!(attribute(r#" customr="7""#, "r"), None);
        assert_eq!(attribute(r#" r=7"#, "r"), None);
    }
}
