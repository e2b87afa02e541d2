//! Which of a feed's received files count on a date.
//!
//! Where every file counts, each that can be read. Where the newest is the whole sheet, the newest that
//! can be read, unless none of its rows can count or its data are older than those of the file before it:
//! then the file before goes on counting, or a slip would silently undo what was known. A file that was held
//! does not count until a named person lets it. Of a content that was received again where every file counts
//! the last time counts.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::NaiveDate;

use super::ground::Ground;
use super::row_releases::Due;
use super::state::{Files, Read, settle};
use crate::dates::long;
use crate::intake::{Lost, Practices, Release, Settled};
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
    /// All its rows are set aside.
    NoRow,
    /// Its data are older than those of a file that came before it.
    Older {
        /// The date of its data.
        own: NaiveDate,
        /// The date of the newer data.
        newer: NaiveDate,
    },
    /// It would take much away, and nobody let it count.
    Held(Lost),
}

impl Why {
    /// The reason, as the end of a sentence that begins with the file.
    pub fn words(&self) -> String {
        match self {
            Why::NoRow => "none of its rows can count".to_owned(),
            Why::Older { own, newer } => {
                format!("its data are of {}, older than those of {}", long(*own), long(*newer))
            }
            Why::Held(lost) => format!("it is held: {}", lost.words()),
        }
    }
}

/// What decides which files count: the arrivals, the releases and the register of one date. Whatever is found
/// about a file is found once.
pub(crate) struct Judge<'j> {
    practices: &'j dyn Practices,
    /// What was held, and what a named person let count.
    ground: &'j Ground,
    due: Due,
    by_feed: BTreeMap<&'j str, Vec<&'j Arrival>>,
    by_content: BTreeMap<(&'j str, &'j str), Vec<&'j Arrival>>,
    orders: RefCell<BTreeMap<String, Rc<Order<'j>>>>,
    /// For each file what counted once it had come.
    standings: RefCell<BTreeMap<u32, Standing<'j>>>,
    /// Files that were settled before it was their turn to count.
    ahead: RefCell<BTreeMap<u32, (Settled, Taken)>>,
}

/// The files of a feed in the order in which they can take the place of one another.
struct Order<'a> {
    /// All but those that are held.
    came: Vec<&'a Arrival>,
    /// Those of them whose data are no older than those of one before them.
    files: Vec<&'a Arrival>,
    /// The others.
    older: Vec<(u32, Why)>,
}

/// What counts of a feed once some of its files have come.
#[derive(Debug, Clone, Copy, Default)]
struct Standing<'a> {
    /// The newest file of which rows can count.
    counts: Option<&'a Arrival>,
    /// Where there is none: the newest whose rows are all set aside.
    aside: Option<&'a Arrival>,
}

impl<'j> Judge<'j> {
    /// Judges these arrivals, in their order, with the releases that stand on a date.
    pub fn new(
        arrivals: &'j [Arrival],
        as_of: NaiveDate,
        releases: &[Release],
        practices: &'j dyn Practices,
        ground: &'j Ground,
    ) -> Self {
        let mut by_feed: BTreeMap<&str, Vec<&Arrival>> = BTreeMap::new();
        let mut by_content: BTreeMap<(&str, &str), Vec<&Arrival>> = BTreeMap::new();
        for arrival in arrivals {
            by_feed.entry(&arrival.feed).or_default().push(arrival);
            by_content.entry((&arrival.feed, &arrival.sha256)).or_default().push(arrival);
        }
        Self {
            practices,
            ground,
            due: Due::of(releases, arrivals, as_of),
            by_feed,
            by_content,
            orders: RefCell::default(),
            standings: RefCell::default(),
            ahead: RefCell::default(),
        }
    }

    /// Everything that a feed received, in the order of arrival.
    pub fn of_feed(&self, feed: &str) -> &[&'j Arrival] {
        self.by_feed.get(feed).map_or(&[], Vec::as_slice)
    }

    /// What a feed received before a file, in the order of arrival.
    pub fn earlier(&self, arrival: &Arrival) -> &[&'j Arrival] {
        let of_feed = self.of_feed(&arrival.feed);
        &of_feed[..of_feed.partition_point(|a| a.number < arrival.number)]
    }

    /// The file that brought the same content to the same feed before, the last of several.
    pub fn same_before(&self, arrival: &Arrival) -> Option<&'j Arrival> {
        let same = self.by_content.get(&(arrival.feed.as_str(), arrival.sha256.as_str()))?;
        same.iter().rev().find(|a| a.number < arrival.number).copied()
    }

    /// The releases of rows of a file.
    pub fn due(&self, arrival: &Arrival) -> Vec<Release> {
        self.due.rows(arrival)
    }

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
        let order = self.order(feed, files)?;
        // What was passed over before the file that counts now came is of no account any more.
        let last = order.files.last().map_or(0, |last| last.number);
        let older = order.older.iter().filter(|(number, _)| *number > last);
        passed.extend(older.map(|(number, why)| (*number, Passed { why: why.clone(), settled: None })));
        let (mut out, mut aside, mut newest) = (Vec::new(), Vec::new(), true);
        let mut contents = BTreeSet::new();
        for arrival in order.files.iter().rev().copied() {
            // Whatever a file rests on that a newer one replaced may be gone by now.
            let read = if newest { files.read(arrival)? } else { files.read_if_kept(arrival)? };
            let Some(read) = read else { continue };
            // One content counts once: under the name under which it came last.
            if contents.contains(arrival.sha256.as_str()) {
                continue;
            }
            let ahead = self.ahead.borrow_mut().remove(&arrival.number);
            let Some((settled, taken)) = ahead.or_else(|| self.settle(arrival, feed, &read)) else {
                continue;
            };
            if newest_only && self.is_passed_over(arrival, &settled) {
                passed.insert(arrival.number, Passed { why: Why::NoRow, settled: Some(settled.clone()) });
                let file = Counting { arrival: arrival.clone(), feed, read, settled, taken };
                aside.push(file);
                newest = false;
                continue;
            }
            contents.insert(arrival.sha256.as_str());
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
        self.pass_held(feed, files, out.last().map_or(0, |last| last.arrival.number), passed)?;
        Ok(out)
    }

    /// Tells which files of a feed are held. Of those that are newer than what counts the rows are told, too.
    ///
    /// # Errors
    /// If a file in the store is damaged.
    pub fn pass_held(
        &self,
        feed: &Feed,
        files: &Files<'_>,
        counting: u32,
        passed: &mut BTreeMap<u32, Passed>,
    ) -> anyhow::Result<()> {
        for arrival in self.of_feed(&feed.id) {
            let Some(lost) = self.ground.held(arrival) else { continue };
            let newer = arrival.number > counting;
            let read = if newer { files.read_if_kept(arrival)? } else { None };
            let settled = read.and_then(|read| self.settle_ahead(arrival, feed, &read));
            passed.insert(arrival.number, Passed { why: Why::Held(lost.clone()), settled });
        }
        Ok(())
    }

    /// Whether a file has rows and none of them can count, and nobody let it count as it is.
    fn is_passed_over(&self, arrival: &Arrival, settled: &Settled) -> bool {
        settled.is_all_aside() && !self.ground.is_let_in(arrival)
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
        let Some(first) =
            counting.iter().filter(|c| c.feed.id == feed.id).map(|c| &c.arrival).min_by_key(|a| a.number)
        else {
            return Ok(Vec::new());
        };
        let mut out = Vec::new();
        for arrival in self.earlier(first).iter().filter(|a| !passed.contains_key(&a.number)) {
            if let Some(read) = files.read_if_kept(arrival)? {
                let ahead = self.ahead.borrow_mut().remove(&arrival.number);
                let settled = ahead.or_else(|| self.settle(arrival, feed, &read));
                out.extend(settled.map(|(_, taken)| taken));
            }
        }
        Ok(out)
    }

    /// Settles a file before it is its turn to count: then it is not settled again. None if it was refused.
    pub fn settle_ahead(&self, arrival: &Arrival, feed: &Feed, read: &Read) -> Option<Settled> {
        if let Some((settled, _)) = self.ahead.borrow().get(&arrival.number) {
            return Some(settled.clone());
        }
        let (settled, taken) = self.settle(arrival, feed, read)?;
        self.ahead.borrow_mut().insert(arrival.number, (settled.clone(), taken));
        Some(settled)
    }

    fn settle(&self, arrival: &Arrival, feed: &Feed, read: &Read) -> Option<(Settled, Taken)> {
        settle(arrival, feed, read, self.practices, &self.due(arrival))
    }

    /// The file of a feed that counted when this one came: what it replaced, or what goes on counting in its
    /// place.
    ///
    /// # Errors
    /// If a file in the store is damaged.
    pub fn before(
        &self,
        arrival: &Arrival,
        feed: &Feed,
        files: &Files<'_>,
    ) -> anyhow::Result<Option<&'j Arrival>> {
        let order = self.order(feed, files)?;
        let until = |files: &[&Arrival]| files.partition_point(|a| a.number < arrival.number);
        // The date of the only file decides nothing.
        let before = match until(&order.came) {
            1 => &order.came[..1],
            _ => &order.files[..until(&order.files)],
        };
        let (mut standing, mut walked) = (Standing::default(), Vec::new());
        for earlier in before.iter().rev().copied() {
            if let Some(known) = self.standings.borrow().get(&earlier.number) {
                standing = *known;
                break;
            }
            let read = files.read_if_kept(earlier)?;
            let settled = read.and_then(|read| self.settle_ahead(earlier, feed, &read));
            let aside = |s: Settled| feed.counts == Counts::Newest && self.is_passed_over(earlier, &s);
            let all_aside = settled.map(aside);
            walked.push((earlier, all_aside));
            if all_aside == Some(false) {
                break;
            }
        }
        for (earlier, all_aside) in walked.into_iter().rev() {
            match all_aside {
                Some(true) => standing.aside = Some(earlier),
                Some(false) => standing = Standing { counts: Some(earlier), aside: None },
                None => {}
            }
            self.standings.borrow_mut().insert(earlier.number, standing);
        }
        Ok(standing.counts.or(standing.aside))
    }

    /// Where the newest file counts and says of which date its data are: each file has data no older than those
    /// of the one before it. One without a date replaces what came before and is replaced by what comes next,
    /// as everywhere else.
    fn order(&self, feed: &Feed, files: &Files<'_>) -> anyhow::Result<Rc<Order<'j>>> {
        if let Some(known) = self.orders.borrow().get(&feed.id) {
            return Ok(Rc::clone(known));
        }
        let came = self.of_feed(&feed.id).iter().filter(|a| self.ground.held(a).is_none()).copied().collect();
        let mut order = Order { came, files: Vec::new(), older: Vec::new() };
        let dated = feed.counts == Counts::Newest && feed.data_date.is_some();
        let mut newest: Option<NaiveDate> = None;
        for arrival in order.came.iter().copied() {
            // The date of the only file decides nothing.
            if dated && order.came.len() > 1 {
                let own = files.data_date(arrival, feed)?;
                if let (Some(own), Some(newer)) = (own, newest)
                    && own < newer
                    && !self.ground.is_let_in(arrival)
                {
                    order.older.push((arrival.number, Why::Older { own, newer }));
                    continue;
                }
                if files.has(arrival) {
                    if !files.is_readable(arrival)? {
                        continue;
                    }
                    newest = own;
                }
            }
            order.files.push(arrival);
        }
        let order = Rc::new(order);
        self.orders.borrow_mut().insert(feed.id.clone(), Rc::clone(&order));
        Ok(order)
    }
}
