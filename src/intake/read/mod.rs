//! From bytes to cells: workbooks by calamine, delimited text by the csv crate. The content decides,
//! not the ending of the name.
//!
//! [`book`] reads in this process. A [`Reader`] reads what strangers send: in a process of its own,
//! within limits.

pub mod apart;
mod archive;
mod decode;
mod delimited;
mod marks;
mod reader;
mod sniff;
mod split;
mod swallowed;
mod wire;
mod workbook;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::cell::Cell;
use crate::diagnostic::Code;
use crate::guard::Action;
use crate::pipeline::Limits;
pub use reader::{Reader, read_apart};
use sniff::{Content, sniff};

/// A file as sheets of cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// What kind of file it is.
    pub format: Format,
    /// Its sheets, in order. Delimited text has one, without a name.
    pub sheets: Vec<Sheet>,
    /// What should be said about the file as a whole.
    pub notes: Vec<String>,
    /// What separates the columns of delimited text, if it is none of comma, semicolon and tab.
    pub separator: Option<char>,
}

/// The kinds of file that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
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
        self.into()
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
    /// Its name; empty for delimited text. Where its own must not be told, its place stands here.
    pub name: String,
    /// What its own name holds that may identify a person, and what that does.
    pub named: Option<(String, Action)>,
    /// Whether a person who opens the workbook sees it.
    pub visible: bool,
    /// Rows in order, each with its number as Excel counts it and its cells from column A on.
    pub rows: Vec<(u32, Vec<Cell>)>,
    /// How many of its rows that hold anything are hidden.
    pub hidden_rows: u32,
    /// Rows that head a group of rows below them, where the format tells (all but ods): Smartsheet's parent
    /// rows.
    pub heads: BTreeSet<u32>,
    /// Rows all of whose filled cells are struck out, where the format tells (xlsx).
    pub struck: BTreeSet<u32>,
    /// Cells that stand for those below them too.
    pub merged: Merged,
    /// Cells that held something which a merged cell hides, each with its row as Excel counts it and its
    /// column counted from 0. They are empty among the rows.
    pub covered: Vec<(u32, u32)>,
}

/// Cells that are merged with those below them: the last row of each, by its column counted from 0 and its
/// row as Excel counts it. A merged range counts for its first column only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged(pub BTreeMap<(u32, u32), u32>);

impl Merged {
    /// No sheet that people fill in has more.
    const MOST: usize = 100_000;

    fn add(&mut self, column: u32, first: u32, last: u32) {
        if last > first && self.0.len() < Self::MOST {
            self.0.insert((column, first), last);
        }
    }

    /// The row of the cell that stands for this one, if another does.
    pub fn above(&self, column: usize, row: u32) -> Option<u32> {
        let column = u32::try_from(column).ok()?;
        let ((_, first), last) = self.0.range((column, 0)..(column, row)).next_back()?;
        (row <= *last).then_some(*first)
    }

    /// The last row for which a cell stands: its own where it is merged with none.
    pub fn last(&self, column: usize, row: u32) -> u32 {
        let own = u32::try_from(column).ok().and_then(|column| self.0.get(&(column, row)));
        own.copied().unwrap_or(row)
    }
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
    pub help: String,
    /// Whether the process that read it was stopped or died: then what came of it depends on the machine.
    pub stopped: bool,
}

impl Unreadable {
    fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into(), stopped: false }
    }
}

/// Reads a file of any known kind in this process. `name` is only compared with what the content turned
/// out to be.
///
/// # Errors
/// If the bytes are not a workbook and not text, or the workbook is protected, damaged or needs more than
/// a file may.
pub fn book(bytes: &[u8], name: &str) -> Result<Book, Unreadable> {
    book_within(bytes, name, &[], &Limits::default()).map(|book| named_otherwise(book, name))
}

fn book_within(bytes: &[u8], name: &str, separators: &[char], limits: &Limits) -> Result<Book, Unreadable> {
    match sniff(bytes) {
        Content::Nothing => Err(Unreadable::new(
            Code::EmptyFile,
            "the file is empty",
            "export it again and check that it has rows",
        )),
        Content::Foreign { what, help } => Err(Unreadable::new(
            Code::NotAWorkbook,
            format!("the file is {what}, whatever its name says"),
            help,
        )),
        Content::Archive => workbook::read_archive(bytes, limits).and_then(not_one_row_over_and_over),
        Content::Compound => workbook::read_compound(bytes, limits).and_then(not_one_row_over_and_over),
        Content::Text => {
            delimited::read(bytes, &ending(name), separators, limits).and_then(not_one_row_over_and_over)
        }
    }
}

/// The most times that one row may follow itself. A fill that ran to the end of a sheet repeats it a million
/// times, and every one of them would be read, settled and answered.
const REPEATED: usize = 10_000;

fn not_one_row_over_and_over(book: Book) -> Result<Book, Unreadable> {
    for sheet in &book.sheets {
        let mut stretches = sheet.rows.chunk_by(|(_, one), (_, next)| one == next);
        if let Some(stretch) = stretches.find(|stretch| stretch.len() > REPEATED) {
            let first = stretch.first().map_or(0, |(row, _)| *row);
            return Err(Unreadable::new(
                Code::TooCostly,
                format!(
                    "row {first} stands {} times, one below the other: a fill has run down the sheet",
                    crate::wording::number(stretch.len() as f64)
                ),
                "delete the rows below the last one that you wrote and save it again",
            ));
        }
    }
    Ok(book)
}

/// Text up to this size is read where the program is; anything else gets a process of its own.
const SMALL_TEXT: usize = 8 << 20;

/// Whether reading the bytes may do harm to the process that does it.
fn needs_care(bytes: &[u8]) -> bool {
    match sniff(bytes) {
        Content::Nothing | Content::Foreign { .. } => false,
        Content::Text => bytes.len() > SMALL_TEXT,
        Content::Archive | Content::Compound => true,
    }
}

/// The ending of a name, in lower case.
fn ending(name: &str) -> String {
    name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase()
}

/// Says so if a name's ending belongs to another format.
fn named_otherwise(mut book: Book, name: &str) -> Book {
    let ending = ending(name);
    if !book.format.matches(&ending) {
        let note = match ending.as_str() {
            "" => format!("the file is {}, although its name does not say so", book.format.name()),
            _ => format!(
                "the file is {}, although its name ends in .{}",
                book.format.name(),
                super::cell::shortened(&ending)
            ),
        };
        book.notes.push(note);
    }
    book
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_fills_the_sheet_is_refused() {
        let fill = |times: usize| format!("Practice code,Severity\n{}", "X90100,Low\n".repeat(times));
        assert!(book(fill(REPEATED).as_bytes(), "a.csv").is_ok());
        let refused = book(fill(REPEATED + 1).as_bytes(), "a.csv").unwrap_err();
        assert!(refused.message.contains("row 2 stands 10,001 times"), "{}", refused.message);
    }
}
