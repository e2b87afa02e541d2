//! How everything stands, for the operator: as text, as JSON and as a page.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::London;
use serde::Serialize;

use super::monitor::{Invariant, Verdict};
use super::operator::moment;
use super::picture::Picture;
use super::pulse::Life;
use super::slots::next;
use crate::dates;
use crate::known::feeds_now::FeedFreshness;
use crate::known::held_back::HeldBack;
use crate::known::manifest::PROGRAM;
use crate::ledger::RunState;
use crate::post::alerts::breached;
use crate::triangulate::Fresh;

/// How everything stands.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The moment it speaks of, in Europe/London.
    pub at: String,
    /// The same as people read it.
    pub at_words: String,
    /// The program and its version.
    pub program: &'static str,
    /// The pipeline's title; none if no pipeline is known.
    pub pipeline: Option<String>,
    /// The classification of documents.
    pub classification: Option<String>,
    /// The data folder.
    pub data: String,
    /// Whether every invariant holds.
    pub healthy: bool,
    /// The scheduler.
    pub scheduler: Scheduler,
    /// The date that the last complete run speaks of.
    pub data_as_at: Option<NaiveDate>,
    /// The jobs.
    pub jobs: Vec<JobState>,
    /// The last runs, newest first.
    pub runs: Vec<RunLine>,
    /// The feeds.
    pub feeds: Vec<FeedFreshness>,
    /// Received files that are held until a named person lets them count.
    pub held: Vec<HeldBack>,
    /// Messages by state.
    pub outbox: BTreeMap<String, usize>,
    /// Exceptions that are open, by the last complete run.
    pub exceptions: Vec<ExceptionState>,
    /// Decisions that end soon, by the last complete run.
    pub decisions: Vec<DecisionState>,
    /// Megabytes free on the disk of the data folder.
    pub disk_free_mb: Option<u64>,
    /// What should always be so.
    pub invariants: Vec<Invariant>,
}

/// The scheduler.
#[derive(Debug, Clone, Serialize)]
pub struct Scheduler {
    /// How it stands; none if none was ever started.
    pub life: Option<Life>,
    /// The same in words.
    pub words: String,
    /// When it was last heard of.
    pub heard: Option<DateTime<Utc>>,
    /// The slot that it is running.
    pub running: Option<String>,
    /// What is wrong with the pipeline folder.
    pub pipeline_faults: Vec<String>,
}

/// A job.
#[derive(Debug, Clone, Serialize)]
pub struct JobState {
    /// Its name.
    pub job: String,
    /// When it runs, in words.
    pub timing: String,
    /// Its next slot.
    pub next_slot: Option<String>,
    /// The moment of it.
    pub next_at: Option<String>,
    /// The same in words.
    pub next_words: String,
    /// Its last slot.
    pub last_slot: Option<String>,
    /// How far that came.
    pub last_state: Option<&'static str>,
    /// What should be known about it.
    pub last_note: Option<String>,
}

/// A run.
#[derive(Debug, Clone, Serialize)]
pub struct RunLine {
    /// The run.
    pub run: String,
    /// The job.
    pub job: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// Whether it came to its end.
    pub complete: bool,
}

/// An open exception.
#[derive(Debug, Clone, Serialize)]
pub struct ExceptionState {
    /// What it is known by.
    pub exception: String,
    /// The practice's code.
    pub practice: String,
    /// The level whose clock runs.
    pub level: u8,
    /// What it is called, within a sentence.
    pub label: String,
    /// When it became known.
    pub known: Option<NaiveDate>,
    /// Whether its clock is breached.
    pub breached: bool,
}

/// A decision that ends soon.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionState {
    /// The practice's code.
    pub practice: String,
    /// The decided level.
    pub level: u8,
    /// What it is called, within a sentence.
    pub label: String,
    /// Who decided, as a role.
    pub decided_by: String,
    /// The day it ends.
    pub until: NaiveDate,
    /// Days until then; negative if it has ended since the last run.
    pub days_left: i64,
}

/// Runs that are listed.
const RUNS: usize = 10;

impl Status {
    /// How everything stands in a picture.
    pub fn of(picture: &Picture<'_>, invariants: Vec<Invariant>) -> Self {
        let result = picture.result.as_ref();
        let mut outbox = BTreeMap::new();
        for dispatch in &picture.dispatches {
            *outbox.entry(dispatch.state.word().to_owned()).or_default() += 1;
        }
        Self {
            at: picture.now.to_rfc3339(),
            at_words: moment(picture.now),
            program: PROGRAM,
            pipeline: picture.pipeline.map(|p| p.title.clone()),
            classification: picture.pipeline.map(|p| p.classification.clone()),
            data: picture.data.display().to_string(),
            healthy: invariants.iter().all(|i| i.state != Verdict::Broken),
            scheduler: scheduler(picture),
            data_as_at: result.map(|r| r.as_of),
            jobs: jobs(picture),
            runs: runs(picture),
            feeds: picture.feeds.clone(),
            held: picture.held.clone(),
            outbox,
            exceptions: exceptions(picture),
            decisions: decisions(picture),
            disk_free_mb: picture.disk_free.map(|bytes| bytes / 1_000_000),
            invariants,
        }
    }
}

fn scheduler(picture: &Picture<'_>) -> Scheduler {
    let Some(pulse) = &picture.pulse else {
        return Scheduler {
            life: None,
            words: "never started here: jobs are run by hand".to_owned(),
            heard: None,
            running: None,
            pipeline_faults: Vec::new(),
        };
    };
    let life = pulse.life(picture.now.to_utc());
    let local = |at: DateTime<Utc>| moment(at.with_timezone(&London));
    let words = match (life, &pulse.running) {
        (Life::Alive, Some(slot)) => format!("alive, running {slot}"),
        (Life::Alive, None) => format!("alive since {}", local(pulse.since)),
        (Life::Stopped, _) => format!("stopped on {}", local(pulse.stopped.unwrap_or(pulse.beat))),
        (Life::Silent, _) => format!("SILENT since {}: no job runs by itself", local(pulse.beat)),
    };
    Scheduler {
        life: Some(life),
        words,
        heard: Some(pulse.beat),
        running: pulse.running.clone().filter(|_| life == Life::Alive),
        pipeline_faults: pulse.pipeline_faults.clone(),
    }
}

fn jobs(picture: &Picture<'_>) -> Vec<JobState> {
    let Some(pipeline) = picture.pipeline else { return Vec::new() };
    let state = |job: &crate::pipeline::Job| {
        let coming = next(job, &pipeline.calendar, picture.now);
        let last = picture.slots.get(&job.name);
        let words = |at: &DateTime<chrono_tz::Tz>| at.format("%a %-d %B %Y at %H:%M %Z").to_string();
        JobState {
            job: job.name.clone(),
            timing: job.timing(),
            next_slot: coming.as_ref().map(|(slot, _)| slot.key()),
            next_at: coming.as_ref().map(|(_, at)| at.to_rfc3339()),
            next_words: coming.as_ref().map_or("never".to_owned(), |(_, at)| words(at)),
            last_slot: last.map(|record| record.slot.key()),
            last_state: last.map(|record| record.state.word()),
            last_note: last.map(|record| record.note.clone()).filter(|note| !note.is_empty()),
        }
    };
    pipeline.jobs.iter().map(state).collect()
}

fn runs(picture: &Picture<'_>) -> Vec<RunLine> {
    let last = picture.runs.iter().rev().take(RUNS);
    last.map(|run| RunLine {
        run: run.id.clone(),
        job: run.job.clone(),
        as_of: run.as_of,
        complete: run.state == RunState::Complete,
    })
    .collect()
}

fn exceptions(picture: &Picture<'_>) -> Vec<ExceptionState> {
    let Some(result) = &picture.result else { return Vec::new() };
    let state = |(id, exception): (&String, &crate::levels::Exception)| ExceptionState {
        exception: id.clone(),
        practice: exception.practice.clone(),
        level: exception.level,
        label: result.in_words(Some(exception.level)),
        known: exception.known,
        breached: breached(exception, &picture.alerts) && !result.visited_since(exception),
    };
    result.exceptions.iter().map(state).collect()
}

fn decisions(picture: &Picture<'_>) -> Vec<DecisionState> {
    let (Some(result), Some(pipeline)) = (&picture.result, picture.pipeline) else { return Vec::new() };
    let today = picture.now.date_naive();
    let last = dates::add_days(today, i32::try_from(pipeline.operator.decision_days).unwrap_or(i32::MAX));
    let mut out: Vec<DecisionState> = result
        .practices
        .iter()
        .filter_map(|practice| Some((practice.code(), &practice.outcome.decision.as_ref()?.0)))
        .filter(|(_, decision)| decision.until <= last)
        .map(|(code, decision)| DecisionState {
            practice: code.to_owned(),
            level: decision.level,
            label: result.in_words(Some(decision.level)),
            decided_by: decision.decided_by.clone(),
            until: decision.until,
            days_left: (decision.until - today).num_days(),
        })
        .collect();
    out.sort_by(|a, b| (a.until, &a.practice).cmp(&(b.until, &b.practice)));
    out
}

/// A feed's state in words.
pub fn feed_words(feed: &FeedFreshness) -> String {
    if let Some(failed) = &feed.not_fetched {
        return format!("STALE: {}", failed.remark());
    }
    let by = feed.freshness.due.map(|due| format!(", due by {}", dates::short(due))).unwrap_or_default();
    match feed.freshness.state {
        Fresh::Late => format!("LATE{by}"),
        Fresh::Stale => format!("STALE{by}"),
        Fresh::Missing => "MISSING: nothing was ever received".to_owned(),
        Fresh::Due => format!("expected{by}"),
        Fresh::Current => format!("in time{by}"),
        Fresh::AsMade | Fresh::NotAvailable => feed.freshness.state.word().to_owned(),
    }
}
