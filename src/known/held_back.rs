//! The files that are held: what each would take away, what counts in its place, and what to do.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::ground::Ground;
use crate::dates::long;
use crate::intake::{Lost, Receipt, Settled};
use crate::ledger::Arrival;
use crate::pipeline::{Counts, Pipeline};

/// A file that waits for a named person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBack {
    /// Its receipt.
    pub receipt: String,
    /// The feed.
    pub feed: String,
    /// Who answers for the feed.
    pub owner: String,
    /// The file.
    pub file: String,
    /// The day on which it was received.
    pub received: NaiveDate,
    /// What it would take away.
    pub loss: Lost,
    /// The file that goes on counting in its place, with the day on which it was received.
    pub counts: Option<(String, NaiveDate)>,
}

impl HeldBack {
    /// What is the matter, in a sentence.
    pub fn what(&self) -> String {
        let counts = match &self.counts {
            Some((file, received)) => format!("{file} received on {} goes on counting", long(*received)),
            None => "nothing of this feed counts".to_owned(),
        };
        format!("{}/{} ({}) is held: {}; {counts}", self.feed, self.file, self.receipt, self.loss.words())
    }

    /// What to do.
    pub fn help(&self) -> String {
        format!(
            "if it is right, write {} and \"file\" as the cell into the sheet of releases; otherwise ask {} for the \
             right file",
            self.receipt, self.owner
        )
    }

    /// Both.
    pub fn words(&self) -> String {
        format!("{}. What to do: {}", self.what(), self.help())
    }
}

/// The files that are held and that no file which counts has come after.
pub fn held(
    ground: &Ground,
    settled: Option<&BTreeMap<u32, Settled>>,
    arrivals: &[Arrival],
    pipeline: &Pipeline,
) -> Vec<HeldBack> {
    let mut out = Vec::new();
    for arrival in arrivals {
        let Some(loss) = ground.held(arrival) else { continue };
        let Some(feed) = pipeline.feed(&arrival.feed) else { continue };
        let in_force = |a: &&Arrival| settled.is_some_and(|settled| settled.contains_key(&a.number));
        let counts = arrivals.iter().rev().filter(|a| a.feed == arrival.feed).find(in_force);
        let again = arrivals
            .iter()
            .any(|a| a.feed == arrival.feed && a.number > arrival.number && a.sha256 == arrival.sha256);
        if again || counts.is_some_and(|counts| counts.number > arrival.number) {
            continue;
        }
        out.push(HeldBack {
            receipt: Receipt::number(arrival.number),
            feed: feed.id.clone(),
            owner: feed.owner.clone(),
            file: arrival.file.clone(),
            received: arrival.received,
            loss: loss.clone(),
            counts: counts.filter(|_| feed.counts == Counts::Newest).map(|a| (a.file.clone(), a.received)),
        });
    }
    out
}
