//! What a zip archive holds, before a cell of it is read: which kind of workbook it is, whether it would come
//! to more than a file may, and whether its parts are what was packed.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::sync::LazyLock;

use quick_xml::events::BytesStart;
use regex::bytes::Regex;
use zip::ZipArchive;

use super::marks::starts;
use super::{Format, Unreadable};
use crate::diagnostic::Code;
use crate::intake::cell::shortened;
use crate::pipeline::Limits;

/// More parts than any workbook has.
const PARTS: usize = 20_000;
/// The shortest that a shared string can be written: `<si/>`.
const SHORTEST_STRING: u64 = 5;

/// A zip archive that is a workbook.
pub(super) struct Archive<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// The kind of workbook.
    pub(super) format: Format,
    limit: u64,
    /// The name of each part, by its name in small letters: readers do not care for capitals.
    names: BTreeMap<String, String>,
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
        let names = zip
            .file_names()
            .filter_map(Result::ok)
            .map(|name| (name.replace('\\', "/").to_lowercase(), name.into_owned()))
            .collect();
        let mut archive = Self { zip, format, limit: limits.unpacked(), names };
        archive.weigh(limits)?;
        archive.count_strings()?;
        archive.verify()?;
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
        let Some(name) = self.names.get("xl/sharedstrings.xml") else { return Ok(()) };
        let Ok(part) = self.zip.by_name(name) else { return Ok(()) };
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

    /// Reads each part that a reader uses to its end, so that its checksum is held: a reader of cells stops at
    /// the last cell, and a digit that was altered on the way would count.
    fn verify(&mut self) -> Result<(), Unreadable> {
        let used: Vec<String> =
            self.names.iter().filter(|(small, _)| is_used(small)).map(|(_, name)| name.clone()).collect();
        let mut piece = vec![0_u8; 1 << 16];
        for name in used {
            let limit = self.limit;
            let mut part = self.zip.by_name(&name).map_err(|_| damaged(&name))?.take(limit.saturating_add(1));
            let mut length = 0_u64;
            loop {
                match part.read(&mut piece) {
                    Ok(0) => break,
                    Ok(count) => length = length.saturating_add(count as u64),
                    Err(error) if error.to_string().contains("checksum") => return Err(altered(&name)),
                    Err(_) => return Err(damaged(&name)),
                }
            }
            if length > limit {
                return Err(too_large(&format!("its part {} has no end", told(&name))));
            }
        }
        Ok(())
    }

    /// A part to be read, by its name in any capitals.
    ///
    /// # Errors
    /// If it cannot be unpacked.
    pub(super) fn part(&mut self, path: &str) -> Result<Option<impl BufRead>, Unreadable> {
        let Some(name) = self.names.get(&path.to_lowercase()) else { return Ok(None) };
        let part = self.zip.by_name(name).map_err(|_| damaged(path))?;
        Ok(Some(BufReader::new(part.take(self.limit))))
    }

    /// All bytes of a part; none if it is not there.
    ///
    /// # Errors
    /// If it cannot be unpacked.
    pub(super) fn whole(&mut self, path: &str) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = Vec::new();
        if let Some(mut part) = self.part(path)? {
            part.read_to_end(&mut bytes).map_err(|_| damaged(path))?;
        }
        Ok(bytes)
    }

    /// Shows every start tag of a part, by its name without a prefix.
    ///
    /// # Errors
    /// If it is no XML.
    pub(super) fn each_start(
        &mut self,
        path: &str,
        see: impl FnMut(&str, &BytesStart<'_>),
    ) -> Result<(), Unreadable> {
        match self.part(path)? {
            Some(part) => starts(part, see).map_err(|_| damaged(path)),
            None => Ok(()),
        }
    }
}

/// Folders of a workbook whose parts say nothing of cells.
const UNUSED: [&str; 10] = [
    "/media/",
    "/drawings/",
    "/charts/",
    "/printersettings/",
    "/embeddings/",
    "/customxml/",
    "/ctrlprops/",
    "/activex/",
    "/theme/",
    "/vbaproject",
];

/// Whether what a part says may come to count; `name` in small letters.
fn is_used(name: &str) -> bool {
    const NAMED: [&str; 6] = [
        "[content_types].xml",
        "_rels/.rels",
        "content.xml",
        "styles.xml",
        "mimetype",
        "meta-inf/manifest.xml",
    ];
    let ending = [".xml", ".bin", ".rels"].iter().any(|ending| name.ends_with(ending));
    NAMED.contains(&name)
        || (ending && !name.starts_with("docprops/") && !UNUSED.iter().any(|folder| name.contains(folder)))
}

const AGAIN: &str =
    "open it in Excel, save it again and send that; if it was still synchronising, wait until it is whole";

/// The name of a part as it can be told.
fn told(part: &str) -> String {
    let plain: String = part.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    shortened(&plain)
}

/// A part that cannot be read.
pub(super) fn damaged(part: &str) -> Unreadable {
    let message = format!("the workbook is damaged: its part {} cannot be read", told(part));
    Unreadable::new(Code::UnreadableFile, message, AGAIN)
}

/// A part whose content is not what was packed.
fn altered(part: &str) -> Unreadable {
    let message = format!(
        "the workbook is damaged: the checksum of {} in it does not fit its content, so a figure may have changed",
        told(part)
    );
    Unreadable::new(Code::UnreadableFile, message, AGAIN)
}

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
    let (what, help) = if under("word/") {
        ("a Word document", save)
    } else if under("ppt/") {
        ("a PowerPoint presentation", save)
    } else if has("Index/Document.iwa") || has("Index.zip") || under("Index/") {
        ("an Apple Numbers document", "export it from Numbers as Excel (.xlsx) and send that")
    } else {
        ("a zip archive and not a workbook", "unpack it and send the table that is in it")
    };
    Err(Unreadable::new(Code::NotAWorkbook, format!("the file is {what}"), help))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn packed(method: CompressionMethod, large: bool) -> Vec<u8> {
        let options = SimpleFileOptions::default().compression_method(method).large_file(large);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in
            ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/media/image1.png", "docProps/core.xml"]
        {
            zip.start_file(name, options).unwrap();
            zip.write_all(format!("<x>the part {name} says 6.3</x>").as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// The fault of an archive in which a digit of a part was altered.
    fn with_altered(part: &str) -> Option<String> {
        let mut bytes = packed(CompressionMethod::Stored, false);
        let told = format!("the part {part} says 6.3");
        let place = bytes.windows(told.len()).position(|w| w == told.as_bytes()).unwrap() + told.len() - 3;
        assert_eq!(bytes[place], b'6');
        bytes[place] = b'7';
        Archive::open(&bytes, &Limits::default()).err().map(|fault| fault.message)
    }

    #[test]
    fn a_part_that_was_altered_is_refused_by_its_name() {
        let said = with_altered("xl/worksheets/sheet1.xml").unwrap();
        assert!(said.contains("xl/worksheets/sheet1.xml"), "{said}");
        assert!(said.contains("checksum"), "{said}");
        assert!(with_altered("xl/workbook.xml").is_some());
        assert_eq!(with_altered("xl/media/image1.png"), None, "nothing of it counts");
        assert_eq!(with_altered("docProps/core.xml"), None);
    }

    #[test]
    fn whole_archives_of_every_kind_are_read() {
        for (method, large) in [
            (CompressionMethod::Stored, false),
            (CompressionMethod::Deflated, false),
            (CompressionMethod::Deflated, true),
        ] {
            let bytes = packed(method, large);
            let mut archive = Archive::open(&bytes, &Limits::default()).unwrap();
            let sheet = archive.whole("XL/Worksheets/Sheet1.xml").unwrap();
            assert_eq!(sheet, b"<x>the part xl/worksheets/sheet1.xml says 6.3</x>", "{method} {large}");
        }
    }
}
