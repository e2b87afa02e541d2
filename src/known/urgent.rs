//! Rows set aside that cannot wait, for those who must hear of them at once: operator, owner and committee. The rows
//! of a file that was refused are among them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::counting::{Counting, Judge, Passed};
use super::state::{Files, State};
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
    /// The cell that keeps it aside, or else the row.
    pub place: String,
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
pub fn in_words(row: &Urgent, register: Option<&Register>, on: NaiveDate) -> String {
    let name = |code: &str| register.and_then(|r| r.name(code)).map_or_else(|| code.to_owned(), title_case);
    format!("{}. Set aside ({}): {}", row.words(name, on), row.place, row.why)
}

/// All that wait on the date of a state, by file and row.
pub fn waiting(pipeline: &Pipeline, arrivals: &[Arrival], state: &State) -> Vec<Waiting> {
    let mut out = Vec::new();
    for arrival in arrivals {
        // A file that does not count, because none of its rows can or because it was refused, has them too.
        let passed = || state.passed.get(&arrival.number)?.settled.as_ref();
        let settled = state.settled.get(&arrival.number).or_else(passed).map(|settled| &settled.urgent);
        let (Some(rows), Some(feed)) =
            (settled.or_else(|| state.refused.get(&arrival.number)), pipeline.feed(&arrival.feed))
        else {
            continue;
        };
        out.extend(rows.iter().map(|row| Waiting {
            receipt: Receipt::number(arrival.number),
            place: row.place.clone(),
            what: in_words(row, Some(&state.register), state.as_of),
            title: feed.title.clone(),
            file: format!("{}/{}", arrival.feed, arrival.file),
            owner: feed.owner.clone(),
        }));
    }
    out
}

/// What cannot wait in the files that were refused since the file of their feed that counts came. What a newer
/// file that does not count says again is told of that one.
pub(super) fn refused(
    files: &Files<'_>,
    judge: &Judge<'_>,
    in_force: &[Counting<'_>],
    passed: &BTreeMap<u32, Passed>,
) -> anyhow::Result<BTreeMap<u32, Vec<Urgent>>> {
    let mut out = BTreeMap::new();
    for feed in files.pipeline().feeds.iter().filter(|f| f.layouts.iter().any(|l| l.urgent.is_some())) {
        let counting = in_force.iter().filter(|c| c.feed.id == feed.id).map(|c| c.arrival.number);
        let counts = counting.max().unwrap_or(0);
        let mut said: Vec<Urgent> = Vec::new();
        for arrival in judge.of_feed(&feed.id).iter().rev().take_while(|a| a.number > counts) {
            if let Some(settled) = passed.get(&arrival.number).and_then(|passed| passed.settled.as_ref()) {
                said.extend(settled.urgent.iter().cloned());
                continue;
            }
            let Some(read) = files.read_if_kept(arrival)? else { continue };
            let Err(rejection) = read.rows.as_ref() else { continue };
            let is_new = |row: &&Urgent| !said.iter().any(|newer| newer.says_the_same(row));
            let rows: Vec<Urgent> = rejection.urgent.iter().filter(is_new).cloned().collect();
            said.extend(rows.iter().cloned());
            if !rows.is_empty() {
                out.insert(arrival.number, rows);
            }
        }
    }
    Ok(out)
}
