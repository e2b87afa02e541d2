//! From states to what documents are made of.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::compare::LastPack;
use super::fresh::of_feed_data;
use super::result::RunResult;
use super::state::{Files, State};
use super::urgent;
use crate::intake::{Counts, Effect, Problem, Receipt, Settled};
use crate::ledger::Arrival;
use crate::levels::{Decision, withdrawn};
use crate::packs::{FeedStatus, LastMaterial, Material, Notice, SetAside};
use crate::pipeline::{Calendar, Feed, Pipeline};
use crate::visits::Clock;

/// What the documents of a run are made of.
///
/// # Errors
/// If the store no longer has a file.
pub fn material<'m>(
    files: &Files<'m>,
    arrivals: &[Arrival],
    state: &'m State,
    result: &'m RunResult,
    last: Option<&'m LastPack>,
    remarks: &[String],
    acknowledged: BTreeMap<String, Notice>,
) -> anyhow::Result<Material<'m>> {
    let pipeline = files.pipeline();
    Ok(Material {
        pipeline,
        run: &result.run,
        as_of: state.as_of,
        quarter: pipeline.calendar.quarter_before(state.as_of),
        known: &state.known,
        standings: &result.practices,
        exceptions: &state.exceptions,
        exception_clocks: exception_clocks(state, pipeline),
        acknowledged,
        names: names(state),
        feeds: feeds(files, arrivals, state)?,
        set_aside: set_aside(pipeline, arrivals, state),
        dropped: dropped(pipeline, arrivals, state),
        remarks: remarks.to_vec(),
        last: last.map(|last| LastMaterial {
            as_of: last.result.as_of,
            known: &last.then.known,
            standings: &last.result.practices,
            exceptions: &last.result.exceptions,
            level_names: &last.result.level_names,
            withdrawn: withdrawn_since(last, state),
        }),
        published: last.map(|last| last.result.published.clone()).unwrap_or_default(),
        settled: OnceCell::new(),
    })
}

/// The clock of each open exception: the time of its level from the day it became known.
pub fn exception_clocks(state: &State, pipeline: &Pipeline) -> BTreeMap<String, Clock> {
    let open = state.exceptions.values();
    open.filter_map(|exception| {
        let level = pipeline.levels.get(Some(exception.level));
        let clock = state.timing.of_level(&exception.practice, level, exception.known?);
        Some((exception.id.clone(), clock))
    })
    .collect()
}

/// The rows set aside that cannot wait.
fn set_aside(pipeline: &Pipeline, arrivals: &[Arrival], state: &State) -> Vec<SetAside> {
    let rows = urgent::waiting(pipeline, arrivals, state).into_iter();
    rows.map(|row| SetAside { what: row.what, feed: row.title, source: row.receipt, owner: row.owner })
        .collect()
}

/// The cells of rows that count which could not be read.
fn dropped(pipeline: &Pipeline, arrivals: &[Arrival], state: &State) -> BTreeSet<(u32, u32, String)> {
    let mut out = BTreeSet::new();
    for arrival in arrivals {
        let (Some(settled), Some(feed)) = (state.settled.get(&arrival.number), pipeline.feed(&arrival.feed))
        else {
            continue;
        };
        for problem in settled.problems.iter().filter(|p| p.effect == Effect::Dropped) {
            let (Some(row), Some(title)) = (problem.row, problem.column.as_ref()) else { continue };
            let columns = feed.layouts.iter().flat_map(|layout| &layout.columns);
            let names = columns.filter(|column| column.title == *title);
            out.extend(names.map(|column| (arrival.number, row, column.name.clone())));
        }
    }
    out
}

/// The names of practices that facts speak of and that are not in scope.
fn names(state: &State) -> BTreeMap<String, String> {
    let mut codes = BTreeSet::new();
    for fact in ["concerns", "visits", "decisions", "plans", "pauses", "rating"] {
        let cells = state.known.fact(fact);
        codes.extend((0..cells.height()).filter_map(|row| cells.text("practice", row)));
    }
    codes.extend(state.exceptions.values().map(|e| e.practice.clone()));
    codes
        .into_iter()
        .filter(|code| !state.known.practices.contains_key(code))
        .filter_map(|code| state.register.name(&code).map(|name| (code.clone(), name.to_owned())))
        .collect()
}

/// Decisions of the last pack that today's sheet no longer has.
fn withdrawn_since(last: &LastPack, state: &State) -> Vec<(String, Decision)> {
    let then = last.result.practices.iter();
    let then = then.filter_map(|p| p.outcome.decision.as_ref().map(|(decision, _)| (p.code(), decision)));
    let sheet: Vec<(String, Decision)> = state
        .outcomes
        .iter()
        .filter_map(|o| o.decision.as_ref().map(|(d, _)| (o.practice.code.clone(), d.clone())))
        .collect();
    // A newer decision on the same practice replaces the old one; that is no withdrawal.
    let replaced: BTreeSet<&str> = sheet.iter().map(|(code, _)| code.as_str()).collect();
    withdrawn(then.filter(|(code, _)| !replaced.contains(code)), &sheet, state.as_of)
}

fn feeds(files: &Files<'_>, arrivals: &[Arrival], state: &State) -> anyhow::Result<Vec<FeedStatus>> {
    let mut out = Vec::new();
    for feed in &files.pipeline().feeds {
        let of_feed: Vec<&Arrival> = arrivals.iter().filter(|a| a.feed == feed.id).collect();
        let counting: Vec<(&Arrival, &Settled)> =
            of_feed.iter().filter_map(|a| state.settled.get(&a.number).map(|s| (*a, s))).collect();
        let newest = counting.last().map(|(arrival, _)| *arrival);
        let mut rejected = None;
        for arrival in of_feed.iter().filter(|a| newest.is_none_or(|n| a.number > n.number)) {
            let refused = state.passed.contains_key(&arrival.number)
                || files.read(arrival)?.is_some_and(|read| read.rows.is_err());
            if refused {
                rejected = Some((arrival.file.clone(), arrival.received));
            }
        }
        let calendar = &files.pipeline().calendar;
        out.push(status(feed, newest, &counting, rejected, state.as_of, calendar));
    }
    Ok(out)
}

fn status(
    feed: &Feed,
    newest: Option<&Arrival>,
    counting: &[(&Arrival, &Settled)],
    rejected: Option<(String, NaiveDate)>,
    as_of: NaiveDate,
    calendar: &Calendar,
) -> FeedStatus {
    let dated: Vec<(&Arrival, Option<&Settled>)> = counting.iter().map(|(a, s)| (*a, Some(*s))).collect();
    let mut counts = Counts::default();
    for (_, settled) in counting {
        counts.read += settled.counts.read;
        counts.accepted += settled.counts.accepted;
        counts.quarantined += settled.counts.quarantined;
        counts.ignored += settled.counts.ignored;
    }
    let problems = |pick: &dyn Fn(&Problem) -> bool| -> Vec<(String, Problem)> {
        let all =
            counting.iter().flat_map(|(a, s)| s.problems.iter().map(|p| (Receipt::number(a.number), p)));
        all.filter(|(_, p)| pick(p)).map(|(receipt, p)| (receipt, p.clone())).collect()
    };
    let carried = crate::diagnostic::Code::CarriedToSuccessor.id();
    FeedStatus {
        feed: feed.id.clone(),
        title: feed.title.clone(),
        cadence: feed.cadence.words().to_owned(),
        receipt: newest.map(|a| Receipt::number(a.number)),
        file: newest.map(|a| a.file.clone()),
        received: newest.map(|a| a.received),
        freshness: of_feed_data(feed, &dated, as_of, calendar),
        counts,
        files: counting.len(),
        quarantined: problems(&|p| p.effect == Effect::Quarantined),
        released: problems(&|p| p.effect == Effect::Released),
        carried: problems(&|p| p.code == carried),
        rejected,
    }
}
