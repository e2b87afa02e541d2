//! From states to what documents are made of.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::feeds_now::of_feed_data;
use super::last_pack::{LastPack, Today};
use super::last_packs::Lasts;
use super::result::{RunResult, standings};
use super::state::{Files, State};
use super::urgent;
use crate::documents::suppress::Published;
use crate::documents::{FeedStatus, LastMaterial, Material, Notice, SetAside, Standing, Turn};
use crate::intake::{Counts, Effect, Problem, Receipt, Settled};
use crate::ledger::Arrival;
use crate::levels::{Decision, withdrawn};
use crate::pipeline::{Calendar, Every, Feed, Pipeline};
use crate::visits::Clock;

/// What the documents of a run are made from.
pub struct Gathered<'g, 'm> {
    /// The received files.
    pub files: &'g Files<'m>,
    /// What arrived by the date.
    pub arrivals: &'g [Arrival],
    /// What is known on the date.
    pub state: &'m State,
    /// The run.
    pub run: &'m str,
}

/// What is said to each committee: each document against the last one of it that the committee was sent.
pub struct Papers<'m> {
    /// For each pack that something is compared with what stands, and the pack.
    editions: Vec<(Vec<Standing>, Option<&'m LastPack>)>,
    /// What documents are made from: the place of an edition, and the period they report.
    made: Vec<(usize, Every)>,
    /// The place among these of what a committee is told in a document.
    of: BTreeMap<(String, String), usize>,
}

impl<'m> Papers<'m> {
    /// What is said to the committees of a pipeline.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn of(
        state: &State,
        result: &RunResult,
        lasts: &'m Lasts,
        today: &Today<'m>,
    ) -> anyhow::Result<Self> {
        let latest = lasts.latest();
        let mut editions = vec![(result.practices.clone(), latest)];
        let (mut made, mut of) = (Vec::new(), BTreeMap::new());
        let run = |last: Option<&LastPack>| last.map(|last| last.result.run.clone());
        for committee in &today.pipeline.committees {
            for document in today.pipeline.documents_of(&committee.documents) {
                let last = lasts.of(committee, document);
                let known = editions.iter().position(|(_, other)| run(*other) == run(last));
                let edition = match known {
                    Some(place) => place,
                    None => {
                        let comparison = last.map(|last| last.comparison(today)).transpose()?;
                        editions.push((standings(state, comparison.as_ref())?, last));
                        editions.len() - 1
                    }
                };
                let wanted = (edition, document.period);
                let place = made.iter().position(|other| *other == wanted).unwrap_or_else(|| {
                    made.push(wanted);
                    made.len() - 1
                });
                of.insert((committee.id.clone(), document.id.clone()), place);
            }
        }
        Ok(Self { editions, made, of })
    }

    /// The place of what a committee is told in a document among [`Papers::materials`].
    pub fn place(&self, committee: &str, document: &str) -> Option<usize> {
        self.of.get(&(committee.to_owned(), document.to_owned())).copied()
    }

    /// What the documents are made of, for each pack that they are compared with and each period.
    ///
    /// # Errors
    /// If the store no longer has a file.
    pub fn materials<'p>(
        &'p self,
        gathered: &Gathered<'_, 'p>,
        remarks: &[String],
        acknowledged: &BTreeMap<String, Notice>,
        turns: &BTreeMap<String, Turn>,
    ) -> anyhow::Result<Vec<Material<'p>>> {
        let feeds = feeds(gathered.files, gathered.arrivals, gathered.state)?;
        let calendar = &gathered.files.pipeline().calendar;
        let mut out = Vec::new();
        for (edition, every) in &self.made {
            let Some((standings, last)) = self.editions.get(*edition) else { continue };
            let (feeds, noticed) = (feeds.clone(), acknowledged.clone());
            out.push(Material {
                turns: turns.clone(),
                period: calendar.span_before(*every, gathered.state.as_of),
                ..material(gathered, standings, *last, feeds, remarks, noticed)
            });
        }
        Ok(out)
    }
}

fn material<'m>(
    gathered: &Gathered<'_, 'm>,
    standings: &'m [Standing],
    last: Option<&'m LastPack>,
    feeds: Vec<FeedStatus>,
    remarks: &[String],
    acknowledged: BTreeMap<String, Notice>,
) -> Material<'m> {
    let (pipeline, state) = (gathered.files.pipeline(), gathered.state);
    Material {
        pipeline,
        run: gathered.run,
        as_of: state.as_of,
        period: pipeline.calendar.quarter_before(state.as_of),
        about: None,
        known: &state.known,
        board: &state.known,
        standings,
        exceptions: &state.exceptions,
        exception_clocks: exception_clocks(state, pipeline),
        turns: BTreeMap::new(),
        acknowledged,
        names: names(state),
        feeds,
        set_aside: set_aside(pipeline, gathered.arrivals, state),
        dropped: dropped(pipeline, gathered.arrivals, state),
        remarks: remarks.to_vec(),
        last: last.map(|last| LastMaterial {
            as_of: last.result.as_of,
            known: &last.then.known,
            board: &last.then.known,
            standings: &last.result.practices,
            exceptions: &last.result.exceptions,
            level_names: &last.result.level_names,
            withdrawn: withdrawn_since(last, state),
        }),
        published: Published::default(),
        settled: OnceCell::new(),
    }
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
