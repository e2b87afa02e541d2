//! Rows set aside that cannot wait, for those who must hear of them at once: operator, owner and committee.

use chrono::NaiveDate;
use serde::Serialize;

use super::state::State;
use crate::documents::title_case;
use crate::intake::{Receipt, Urgent};
use crate::ledger::Arrival;
use crate::pipeline::Pipeline;
use crate::triangulate::Register;

/// A row set aside that cannot wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The receipt of its file.
    pub receipt: String,
    /// The row as Excel counts it.
    pub row: u32,
    /// What it says, of whom, how old it is and why it is set aside.
    pub what: String,
    /// The feed's title.
    pub title: String,
    /// The file it stands in.
    pub file: String,
    /// Who answers for its feed.
    pub owner: String,
}

impl Waiting {
    /// The same with the file and its owner.
    pub fn told(&self) -> String {
        format!("NOT COUNTED: {} ({}, {}; owner: {})", self.what, self.file, self.receipt, self.owner)
    }
}

/// The row in a sentence, with its age on a day.
pub fn in_words(row: &Urgent, register: &Register, on: NaiveDate) -> String {
    let name = |code: &str| register.name(code).map_or_else(|| code.to_owned(), title_case);
    format!("{}. Set aside ({}): {}", row.words(name, on), row.place, row.why)
}

/// All that wait on the date of a state, by file and row.
pub fn waiting(pipeline: &Pipeline, arrivals: &[Arrival], state: &State) -> Vec<Waiting> {
    let mut out = Vec::new();
    for arrival in arrivals {
        // A file that does not count, because none of its rows can, has them too.
        let passed = || state.passed.get(&arrival.number)?.settled.as_ref();
        let settled = state.settled.get(&arrival.number).or_else(passed);
        let (Some(settled), Some(feed)) = (settled, pipeline.feed(&arrival.feed)) else {
            continue;
        };
        out.extend(settled.urgent.iter().map(|row| Waiting {
            receipt: Receipt::number(arrival.number),
            row: row.row,
            what: in_words(row, &state.register, state.as_of),
            title: feed.title.clone(),
            file: format!("{}/{}", arrival.feed, arrival.file),
            owner: feed.owner.clone(),
        }));
    }
    out
}
