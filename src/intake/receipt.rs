//! What came of one received file, for the person who sent it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

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

impl Receipt {
    /// Its number as it is printed.
    pub fn number(arrival: u32) -> String {
        format!("R{arrival:04}")
    }

    /// The problems of one effect.
    pub fn with_effect(&self, effect: Effect) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(move |p| p.effect == effect)
    }

    /// Whether somebody has something to mend.
    pub fn needs_mending(&self) -> bool {
        let mend = |e: Effect| matches!(e, Effect::Rejected | Effect::Quarantined | Effect::Dropped);
        self.problems.iter().any(|p| mend(p.effect))
    }
}
