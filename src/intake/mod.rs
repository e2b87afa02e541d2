//! From a received file to typed rows, with every problem at its cell.
//!
//! `inbox` finds what arrived and `store` keeps it unchanged; [`read`] turns bytes into cells;
//! [`sheet`] finds the sheet and its header; `rows` reads the cells as their columns say; and
//! [`settle()`] decides what becomes of each row: accepted, quarantined or ignored. A [`Receipt`] says
//! so to the sender. Whatever is read is the same whenever it is read: bytes, layout and register in,
//! rows out.

mod annotate;
pub mod cell;
mod changes;
pub mod code;
mod condense;
mod covered;
pub mod download;
mod file_name;
mod glyphs;
mod guard;
pub mod headings;
pub mod inbox;
mod loss;
pub mod names;
pub mod read;
mod receipt;
mod release;
mod rows;
mod settle;
pub mod sheet;
pub mod store;
mod urgent;
pub mod usage;
pub mod watch;
mod whole;

pub use annotate::{Checked, ErrorRow, annotate, conceals};
pub use cell::{Cell, cells_of};
pub use changes::{Before, Change, ChangedCell, Changes, Edition, changes};
pub use condense::condensed;
pub use glyphs::unprintable;
pub use guard::{hide_sheet_names, screen_unreadable};
pub use loss::{Known, Lost, What, known_rows, of_set, of_sheet};
pub use read::Book;
pub use receipt::{Late, LateLevel, Receipt, State, is_errors_sheet};
pub use release::{Kept, Release};
pub use rows::{CELL, FILE, ROW, Reading, Rejection, TAB, Tab, says_in_name, take};
#[cfg(test)]
pub(crate) use settle::counted;
pub use settle::{CARRIED_FROM, Counts, Lookup, Practices, Settled, settle, settle_released};

pub use urgent::Urgent;

use serde::{Deserialize, Serialize};

/// What a problem does to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The whole file is refused.
    Rejected,
    /// The row is set aside until it is corrected.
    Quarantined,
    /// The row was set aside, and a named person let it count.
    Released,
    /// The row is passed over.
    Ignored,
    /// The cell is treated as missing; the row counts.
    Dropped,
    /// Nothing: it is only said.
    Noted,
}

/// Something about a cell, a row or a column that the sender should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind of fault, as [`crate::diagnostic::Code`] prints it.
    pub code: String,
    /// What it does.
    pub effect: Effect,
    /// The sheet, in a workbook.
    pub sheet: Option<String>,
    /// The cell as Excel shows it (`D14`), or a column or row of it (`D`, `14`).
    pub cell: Option<String>,
    /// The row as Excel counts it.
    pub row: Option<u32>,
    /// The column's preferred name.
    pub column: Option<String>,
    /// What stands there, shortened; never for columns that are withheld.
    pub found: Option<String>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
}
