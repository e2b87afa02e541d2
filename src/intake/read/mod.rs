//! From bytes to cells: workbooks by calamine, delimited text by the csv crate. The content decides,
//! not the ending of the name.

mod delimited;
mod workbook;

use thiserror::Error;

use super::cell::Cell;
use crate::diagnostic::Code;

/// A file as sheets of cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// What kind of file it is.
    pub format: Format,
    /// Its sheets, in order. Delimited text has one, without a name.
    pub sheets: Vec<Sheet>,
    /// What should be said about the file as a whole.
    pub notes: Vec<String>,
}

/// The kinds of file that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Excel 2007 and later.
    Xlsx,
    /// Excel 97 to 2003.
    Xls,
    /// Excel's binary format.
    Xlsb,
    /// OpenDocument.
    Ods,
    /// Delimited text.
    Csv,
}

impl Format {
    /// The name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Format::Xlsx => "xlsx",
            Format::Xls => "xls",
            Format::Xlsb => "xlsb",
            Format::Ods => "ods",
            Format::Csv => "csv",
        }
    }

    /// Whether a name's ending belongs to the format.
    fn matches(self, ending: &str) -> bool {
        match self {
            Format::Xlsx => matches!(ending, "xlsx" | "xlsm" | "xltx"),
            Format::Xls => ending == "xls",
            Format::Xlsb => ending == "xlsb",
            Format::Ods => ending == "ods",
            Format::Csv => matches!(ending, "csv" | "tsv" | "txt"),
        }
    }
}

/// One sheet: its rows that hold anything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// Its name; empty for delimited text.
    pub name: String,
    /// Whether a person who opens the workbook sees it.
    pub visible: bool,
    /// Rows in order, each with its number as Excel counts it and its cells from column A on.
    pub rows: Vec<(u32, Vec<Cell>)>,
}

impl Sheet {
    /// Whether no cell holds anything.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number of columns up to the last that holds anything.
    pub fn width(&self) -> usize {
        self.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0)
    }
}

/// Why bytes are not a file that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Unreadable {
    /// The kind of fault.
    pub code: Code,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do about it.
    pub mend: String,
}

impl Unreadable {
    fn new(code: Code, message: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { code, message: message.into(), mend: mend.into() }
    }
}

/// Reads a file of any known kind. `name` is only compared with what the content turned out to be.
///
/// # Errors
/// If the bytes are not a workbook and not text, or the workbook is protected or damaged.
pub fn book(bytes: &[u8], name: &str) -> Result<Book, Unreadable> {
    let mut book = match sniff(bytes) {
        Content::Nothing => {
            return Err(Unreadable::new(
                Code::EmptyFile,
                "the file is empty",
                "export it again and check that it has rows",
            ));
        }
        Content::Markup(what) => {
            return Err(Unreadable::new(
                Code::NotAWorkbook,
                format!("the file is {what}, whatever its name says"),
                "open it in Excel, save it as an Excel workbook (.xlsx) and send that",
            ));
        }
        Content::Archive | Content::Compound => workbook::read(bytes)?,
        Content::Text => delimited::read(bytes, name)?,
    };
    let ending = name.rsplit_once('.').map_or("", |(_, e)| e).to_lowercase();
    if !book.format.matches(&ending) {
        book.notes.push(format!("the file is {}, although its name ends in .{ending}", book.format.name()));
    }
    Ok(book)
}

enum Content {
    Nothing,
    Markup(&'static str),
    Archive,
    Compound,
    Text,
}

fn sniff(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Nothing;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Content::Archive;
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Content::Compound;
    }
    let head: Vec<u8> = bytes
        .iter()
        .take(512)
        .filter(|b| **b != 0)
        .skip_while(|b| b.is_ascii_whitespace() || **b >= 0xbb)
        .map(u8::to_ascii_lowercase)
        .collect();
    let head = String::from_utf8_lossy(&head);
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<table") {
        return Content::Markup("a web page (HTML)");
    }
    if head.starts_with("<?xml") || head.starts_with("<workbook") {
        return Content::Markup("an XML document");
    }
    Content::Text
}
