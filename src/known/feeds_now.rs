//! How fresh every feed is on a date: the one place where packs, reports and the operator ask.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::AnyValue;
use serde::Serialize;

use super::ground::Ground;
use super::held_back::{self, HeldBack};
use super::state::{Files, State, StateError};
use crate::dates;
use crate::intake::{Receipt, Settled};
use crate::ledger::{Arrival, DownloadFailure};
use crate::pipeline::{Calendar, Feed, Pipeline};
use crate::triangulate::{Freshness, freshness, period_end};
use crate::workspace::Workspace;

/// How fresh a feed is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedFreshness {
    /// The feed.
    pub feed: String,
    /// Its title.
    pub title: String,
    /// The role that sends it.
    pub owner: String,
    /// How often it comes.
    pub cadence: &'static str,
    /// The receipt of its newest file that counts.
    pub receipt: Option<String>,
    /// The name of that file.
    pub file: Option<String>,
    /// How fresh its data are.
    #[serde(flatten)]
    pub freshness: Freshness,
    /// Why its download failed the last time: then its last good file goes on counting.
    pub not_fetched: Option<NotFetched>,
}

/// A download that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotFetched {
    /// Since which as-of date.
    pub since: NaiveDate,
    /// Why.
    pub why: String,
}

impl NotFetched {
    /// For people: `its download has failed since 14 July 2026: the server says 503`.
    pub fn remark(&self) -> String {
        format!("its download has failed since {}: {}", dates::long(self.since), self.why)
    }
}

/// How fresh every feed is, in the pipeline's order.
///
/// `arrivals` are those received until the date; `settled` what became of those in force, as
/// the state of the date has it, or nothing where no state could be made: then a feed is as fresh as its
/// newest file. `failures` are the downloads that failed the last time.
pub fn of_feeds(
    pipeline: &Pipeline,
    arrivals: &[Arrival],
    settled: Option<&BTreeMap<u32, Settled>>,
    failures: &[DownloadFailure],
    as_of: NaiveDate,
) -> Vec<FeedFreshness> {
    let feeds = pipeline.feeds.iter();
    feeds
        .map(|feed| {
            let failed = failures.iter().find(|f| f.feed == feed.id && f.since <= as_of);
            let failed = failed.filter(|_| feed.download.is_some());
            let of_feed = arrivals.iter().filter(|a| a.feed == feed.id);
            let counting: Vec<(&Arrival, Option<&Settled>)> = match settled {
                Some(settled) => {
                    of_feed.filter_map(|a| settled.get(&a.number).map(|s| (a, Some(s)))).collect()
                }
                None => of_feed.filter(|a| !a.is_held(arrivals, as_of)).map(|a| (a, None)).collect(),
            };
            let newest = counting.last().map(|(arrival, _)| *arrival);
            FeedFreshness {
                feed: feed.id.clone(),
                title: feed.title.clone(),
                owner: feed.owner.clone(),
                cadence: feed.cadence.words(),
                receipt: newest.map(|a| Receipt::number(a.number)),
                file: newest.map(|a| a.file.clone()),
                freshness: of_feed_data(feed, &counting, as_of, &pipeline.calendar),
                not_fetched: failed.map(|f| NotFetched { since: f.since, why: f.why.clone() }),
            }
        })
        .collect()
}

/// How the feeds stand.
#[derive(Debug, Clone, Default)]
pub struct FeedsNow {
    /// How fresh each is.
    pub feeds: Vec<FeedFreshness>,
    /// The files that wait for a named person.
    pub held: Vec<HeldBack>,
}

/// How fresh every feed is on a date, from what a data folder holds; nothing is taken in or changed.
///
/// # Errors
/// If the ledger or the store cannot be read.
pub fn feeds_now(
    workspace: &Workspace,
    pipeline: &Pipeline,
    as_of: NaiveDate,
) -> anyhow::Result<Vec<FeedFreshness>> {
    Ok(standing_now(workspace, pipeline, as_of)?.feeds)
}

/// The same, with the files that are held.
///
/// # Errors
/// If the ledger or the store cannot be read.
pub fn standing_now(
    workspace: &Workspace,
    pipeline: &Pipeline,
    as_of: NaiveDate,
) -> anyhow::Result<FeedsNow> {
    let (mut arrivals, mut failures) = (Vec::new(), Vec::new());
    let mut files = Files::new(workspace.store(), pipeline);
    if let Some(ledger) = workspace.existing_ledger()? {
        (arrivals, failures) = (ledger.arrivals(as_of)?, ledger.download_failures()?);
        files = files.knowing(&ledger)?;
    }
    let (settled, ground) = match State::at(&files, &arrivals, as_of) {
        Ok(state) => (Some(state.settled), state.ground),
        Err(StateError::Missing(..)) => (None, Ground::of(&files, &arrivals, as_of)?),
        Err(StateError::Other(error)) => return Err(error),
    };
    Ok(FeedsNow {
        feeds: of_feeds(pipeline, &arrivals, settled.as_ref(), &failures, as_of),
        held: held_back::held(&ground, settled.as_ref(), &arrivals, pipeline),
    })
}

/// How fresh one feed is, from its files that count, in the order of their arrival.
pub fn of_feed_data(
    feed: &Feed,
    counting: &[(&Arrival, Option<&Settled>)],
    as_of: NaiveDate,
    calendar: &Calendar,
) -> Freshness {
    let received = counting.last().map(|(arrival, _)| arrival.received);
    let dates = feed
        .data_date
        .as_ref()
        .map(|column| counting.iter().filter_map(|(_, settled)| latest((*settled)?, column, calendar)).max());
    freshness(feed, dates.flatten(), received, as_of, calendar)
}

/// The latest date in a column of the accepted rows: a date, or the end of a period.
pub(crate) fn latest(settled: &Settled, column: &str, calendar: &Calendar) -> Option<NaiveDate> {
    let column = settled.table.column(column).ok()?;
    if let Ok(periods) = column.str() {
        return periods.iter().flatten().filter_map(|p| period_end(p, calendar)).max();
    }
    match column.max_reduce().ok()?.into_value() {
        AnyValue::Date(days) => dates::from_days(days),
        _ => None,
    }
}
