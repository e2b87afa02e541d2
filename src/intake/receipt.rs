//! What came of one received file, for the person who sent it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::changes::Changes;
use super::read::Sheet;
use super::{Counts, Effect, Problem};

/// What came of one received file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its number, for people: `R0042`.
    pub id: String,
    /// The feed it was received for.
    pub feed: String,
    /// The feed's title.
    pub title: String,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// The day it was received: the as-of date of the run that took it in.
    pub received: NaiveDate,
    /// What came of it.
    pub state: State,
    /// The sheet that was read, in a workbook.
    pub sheet: Option<String>,
    /// The letter of each column that was read.
    pub letters: BTreeMap<String, String>,
    /// How many rows became what.
    pub counts: Counts,
    /// What should be said about the file as a whole.
    pub notes: Vec<String>,
    /// Everything that was found, in the order of the sheet.
    pub problems: Vec<Problem>,
    /// What it changes against the file before it.
    #[serde(default)]
    pub changes: Option<Changes>,
    /// Rows set aside that cannot wait, as they stood when the file came: each in a sentence.
    #[serde(default)]
    pub urgent: Vec<String>,
    /// What it would have changed in the last pack, had it been there.
    #[serde(default)]
    pub late: Option<Late>,
}

/// What came of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its accepted rows count.
    Accepted,
    /// Nothing of it counts.
    Rejected,
    /// The same content had been received before.
    Known,
}

/// A file that came after a pack and speaks of what had happened by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// The run that made the pack.
    pub run: String,
    /// The date of the pack.
    pub as_of: NaiveDate,
    /// The levels that would have been others, by practice.
    pub levels: Vec<LateLevel>,
}

/// A level that would have been another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateLevel {
    /// The practice's code.
    pub practice: String,
    /// Its name.
    pub name: String,
    /// What the level is called without the file.
    #[serde(deserialize_with = "level_in_words")]
    pub without: String,
    /// What it is called with it.
    #[serde(deserialize_with = "level_in_words")]
    pub with: String,
}

/// What a level is called: as it is written now, or by its number as earlier versions wrote it.
fn level_in_words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Words(String),
        Number(Option<u8>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Words(words) => words,
        Written::Number(Some(number)) => format!("level {number}"),
        Written::Number(None) => "not assessed".to_owned(),
    })
}

impl LateLevel {
    /// The change in words.
    pub fn words(&self) -> String {
        format!("{} {} would have been {}, not {}", self.practice, self.name, self.with, self.without)
    }
}

impl Receipt {
    /// Its number as it is printed.
    pub fn number(arrival: u32) -> String {
        format!("R{arrival:04}")
    }

    /// The arrival whose receipt bears a number as it is printed.
    pub fn number_of(printed: &str) -> Option<u32> {
        printed.strip_prefix('R')?.parse().ok()
    }

    /// The problems of one effect.
    pub fn with_effect(&self, effect: Effect) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(move |p| p.effect == effect)
    }

    /// Whether somebody has something to correct.
    pub fn needs_mending(&self) -> bool {
        self.problems.iter().any(|p| p.effect.needs_mending())
    }
}

impl Effect {
    /// Whether somebody has something to correct.
    pub fn needs_mending(self) -> bool {
        matches!(self, Effect::Rejected | Effect::Quarantined | Effect::Dropped)
    }
}

/// The name of the sheet that lists the problems in a checked copy.
pub const ERRORS_SHEET: &str = "Errors";
/// How the title of that sheet begins; the file's name follows.
pub const ERRORS_TITLE: &str = "What to correct in ";

/// Whether a sheet is the list of problems that quarterday adds to a checked copy: a copy that somebody
/// corrected and sent back has it still, and it holds no rows of the feed.
pub fn is_errors_sheet(sheet: &Sheet) -> bool {
    let title = sheet.rows.first().filter(|(row, _)| *row == 1).and_then(|(_, cells)| cells.first());
    sheet.name.starts_with(ERRORS_SHEET)
        && matches!(title, Some(Cell::Text(text)) if text.starts_with(ERRORS_TITLE))
}
