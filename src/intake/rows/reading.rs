//! What reading a file gives: its rows with everything that is wrong with them, or why there are none.

use std::collections::BTreeMap;

use super::unpivot::{made_of, sheet_row};
use super::{Tab, Value, tab_of};
use crate::diagnostic::Code;
use crate::intake::cell::{cells_of, shortened};
use crate::intake::headings::Headings;
use crate::intake::read::Unreadable;
use crate::intake::sheet::whole;
use crate::intake::{Problem, Urgent};

/// The rows of a file as its layout reads them.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The place of the layout among those of its feed.
    pub layout: usize,
    /// The sheet, in a workbook; of several that were read together, all their names.
    pub sheet: Option<String>,
    /// The sheets that were read together, if several were.
    pub tabs: Vec<Tab>,
    /// The letter of each column that was found.
    pub letters: BTreeMap<String, String>,
    /// The columns whose values come from the cell that made the row.
    pub made: Vec<String>,
    /// What the header calls its columns.
    pub headings: Headings,
    /// The rows below the header that hold anything.
    pub rows: Vec<Row>,
    /// Codes of practices as the sheet writes them, where that is not the code itself, by row.
    pub written: BTreeMap<u32, String>,
    /// What was found wrong so far, in the order of the sheet.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// The cell in which a column of a row stands.
    pub fn cell(&self, row: &Row, column: &str) -> Option<String> {
        match self.letters_of(row.id).get(column) {
            Some(letters) => Some(cells_of(letters, row.number())),
            None => row.made_of().filter(|_| self.made.iter().any(|made| made == column)),
        }
    }

    /// The letter of each column in the sheet in which a row stands.
    pub fn letters_of(&self, row: u32) -> &BTreeMap<String, String> {
        let tab = tab_of(row).and_then(|tab| self.tabs.get(tab));
        tab.map_or(&self.letters, |tab| &tab.letters)
    }

    /// The sheet in which a row stands, in a workbook.
    pub fn sheet_of(&self, row: u32) -> Option<String> {
        let tab = tab_of(row).and_then(|tab| self.tabs.get(tab));
        tab.map(|tab| tab.name.clone()).or_else(|| self.sheet.clone())
    }

    /// A row in words: its number, with its sheet where several were read, or the cell that made it.
    pub fn row_in_words(&self, row: u32) -> String {
        match (made_of(row), tab_of(row).and_then(|tab| self.tabs.get(tab))) {
            (Some(cell), _) => cell,
            (None, Some(tab)) => format!("row {} of the sheet \"{}\"", sheet_row(row), shortened(&tab.name)),
            (None, None) => format!("row {}", sheet_row(row)),
        }
    }
}

/// Why nothing of a file was taken in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rejection {
    /// The rows that it holds below the header, as far as they could be told.
    pub rows: usize,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// The rows that cannot wait, as far as they could be read.
    pub urgent: Vec<Urgent>,
}

impl Rejection {
    /// One fault of the whole file.
    pub(in crate::intake) fn whole(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problems: vec![whole(code, message, help)], ..Self::default() }
    }
}

impl From<Unreadable> for Rejection {
    fn from(fault: Unreadable) -> Self {
        Self::whole(fault.code, fault.message, fault.help)
    }
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is known by while its file is settled: the number that Excel counts, unless a cell made it.
    pub id: u32,
    /// Its values, in the order of the layout's columns.
    pub values: Vec<Value>,
    /// What has become of it so far.
    pub fate: Fate,
}

impl Row {
    /// The row of the sheet that it stands in or was made of, as Excel counts it.
    pub fn number(&self) -> u32 {
        sheet_row(self.id)
    }

    /// The cell that it was made of, where one made it.
    pub fn made_of(&self) -> Option<String> {
        made_of(self.id)
    }
}

/// What has become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It counts.
    Standing,
    /// It is set aside.
    Quarantined,
    /// It is passed over.
    Ignored,
}
