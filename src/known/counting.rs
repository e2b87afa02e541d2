//! Which of a feed's received files count on a date.
//!
//! Where every file counts, each that can be read. Where the newest is the whole sheet, the newest that
//! can be read, unless none of its rows can count or its data are older than those of the file before it:
//! then the file before goes on counting, or a slip would silently undo what was known.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::row_releases;
use super::state::{Files, NoPractices, Read, settle};
use crate::dates::long;
use crate::intake::{Practices, Release, Settled};
use crate::ledger::Arrival;
use crate::pipeline::{Counts, Feed};
use crate::triangulate::Taken;

/// A file that counts.
pub(crate) struct Counting<'p> {
    pub arrival: Arrival,
    pub feed: &'p Feed,
    pub read: Read,
    pub settled: Settled,
    pub taken: Taken,
}

/// A readable file that is newer than the one that counts, and why it does not count.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Why.
    pub why: Why,
    /// What became of its rows, where they were looked at.
    pub settled: Option<Settled>,
}

/// Why a readable file does not count although it is the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// All its rows are kept aside.
    NoRow,
    /// Its data are older than those of a file that came before it.
    Older {
        /// The date of its data.
        own: NaiveDate,
        /// The date of the newer data.
        newer: NaiveDate,
    },
}

impl Why {
    /// The reason, as the end of a sentence that begins with the file.
    pub fn words(&self) -> String {
        match self {
            Why::NoRow => "none of its rows can count".to_owned(),
            Why::Older { own, newer } => {
                format!("its data are of {}, older than those of {}", long(*own), long(*newer))
            }
        }
    }
}

/// What decides which files count.
pub(crate) struct Judge<'j> {
    pub arrivals: &'j [Arrival],
    pub as_of: NaiveDate,
    pub releases: &'j [Release],
    pub practices: &'j dyn Practices,
}

impl Judge<'_> {
    /// The files of a feed that count, in the order of arrival; those that are passed over go to `passed`.
    ///
    /// # Errors
    /// If the store no longer has a file.
    pub fn of<'p>(
        &self,
        feed: &'p Feed,
        files: &Files<'_>,
        passed: &mut BTreeMap<u32, Passed>,
    ) -> anyhow::Result<Vec<Counting<'p>>> {
        let newest_only = feed.counts == Counts::Newest;
        let chain = if newest_only && feed.data_date.is_some() {
            self.in_order_of_data(feed, files, passed)?
        } else {
            self.arrivals.iter().filter(|a| a.feed == feed.id).collect()
        };
        let (mut out, mut aside, mut newest) = (Vec::new(), Vec::new(), true);
        for arrival in chain.into_iter().rev() {
            // Whatever a file rests on that a newer one replaced may be gone by now.
            let read = if newest { files.read(arrival)? } else { files.read_if_kept(arrival)? };
            let Some(read) = read else { continue };
            // One content counts once: under the name under which it came last.
            if out.iter().any(|file: &Counting<'_>| file.arrival.sha256 == arrival.sha256) {
                continue;
            }
            let due = self.due(arrival);
            let Some((settled, taken)) = settle(arrival, feed, &read, self.practices, &due) else { continue };
            if newest_only && settled.counts.accepted == 0 && settled.counts.quarantined > 0 {
                passed.insert(arrival.number, Passed { why: Why::NoRow, settled: Some(settled.clone()) });
                let file = Counting { arrival: arrival.clone(), feed, read, settled, taken };
                aside.push(file);
                newest = false;
                continue;
            }
            out.push(Counting { arrival: arrival.clone(), feed, read, settled, taken });
            if newest_only {
                break;
            }
        }
        if out.is_empty() && !aside.is_empty() {
            // There is nothing that it could take the place of.
            for file in &aside {
                passed.remove(&file.arrival.number);
            }
            aside.truncate(1);
            out = aside;
        }
        out.reverse();
        Ok(out)
    }

    /// The files of a feed that were received before those that count and that these replaced, in the order
    /// of arrival: what they showed on the day of their receipt is known still.
    ///
    /// # Errors
    /// If a file in the store is damaged.
    pub fn replaced(
        &self,
        feed: &Feed,
        files: &Files<'_>,
        counting: &[Counting<'_>],
        passed: &BTreeMap<u32, Passed>,
    ) -> anyhow::Result<Vec<Taken>> {
        let Some(first) = counting.iter().filter(|c| c.feed.id == feed.id).map(|c| c.arrival.number).min()
        else {
            return Ok(Vec::new());
        };
        let mut out = Vec::new();
        let earlier = self.arrivals.iter().filter(|a| a.feed == feed.id && a.number < first);
        for arrival in earlier.filter(|a| !passed.contains_key(&a.number)) {
            if let Some(read) = files.read_if_kept(arrival)? {
                let settled = settle(arrival, feed, &read, self.practices, &self.due(arrival));
                out.extend(settled.map(|(_, taken)| taken));
            }
        }
        Ok(out)
    }

    /// The releases of rows of a file.
    pub fn due(&self, arrival: &Arrival) -> Vec<Release> {
        row_releases::of_file(self.releases, arrival, self.arrivals, self.as_of)
    }

    /// The files of a feed, each of which has data no older than those of the one before it. One without a
    /// date replaces what came before and is replaced by what comes next, as everywhere else.
    fn in_order_of_data<'a>(
        &'a self,
        feed: &Feed,
        files: &Files<'_>,
        passed: &mut BTreeMap<u32, Passed>,
    ) -> anyhow::Result<Vec<&'a Arrival>> {
        let mut chain: Vec<&Arrival> = Vec::new();
        let mut newest: Option<NaiveDate> = None;
        let mut of_feed = self.arrivals.iter().filter(|a| a.feed == feed.id).peekable();
        while let Some(arrival) = of_feed.next() {
            // The date of the only file decides nothing.
            if chain.is_empty() && of_feed.peek().is_none() {
                chain.push(arrival);
                break;
            }
            let own = files.data_date(arrival, feed)?;
            if let (Some(own), Some(newer)) = (own, newest)
                && own < newer
                && !row_releases::is_let_count(self.releases, arrival, self.arrivals, self.as_of)
            {
                passed.insert(arrival.number, Passed { why: Why::Older { own, newer }, settled: None });
                continue;
            }
            if files.has(arrival) {
                if !files.is_readable(arrival)? {
                    continue;
                }
                newest = own;
            }
            chain.push(arrival);
        }
        // What was passed over before the file that counts now came is of no account any more.
        if let Some(last) = chain.last() {
            let of_feed = |number: u32| self.arrivals.iter().any(|a| a.number == number && a.feed == feed.id);
            passed.retain(|number, _| *number > last.number || !of_feed(*number));
        }
        Ok(chain)
    }
}

/// The file of a feed that counted when this one came: what it replaced, or what goes on counting in its
/// place.
///
/// # Errors
/// If a file in the store is damaged.
pub(crate) fn before<'p>(
    arrival: &Arrival,
    feed: &'p Feed,
    files: &Files<'_>,
    arrivals: &[Arrival],
    as_of: NaiveDate,
    known: Option<(&dyn Practices, &[Release])>,
) -> anyhow::Result<Option<Counting<'p>>> {
    let earlier: Vec<Arrival> = arrivals
        .iter()
        .filter(|a| a.feed == arrival.feed && a.number < arrival.number && files.has(a))
        .cloned()
        .collect();
    let (practices, releases) = known.unwrap_or((&NoPractices, &[]));
    let judge = Judge { arrivals: &earlier, as_of, releases, practices };
    Ok(judge.of(feed, files, &mut BTreeMap::new())?.pop())
}
