//! What is due and has not happened: named invariants, each a sentence about a [`Picture`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDateTime, NaiveTime, Utc};
use serde::Serialize;

use super::operator::{Trouble, moment};
use super::picture::Picture;
use super::pulse::Life;
use super::slots::last_due;
use crate::dates::{add_months, long};
use crate::ledger::{
    Dispatch, DispatchState, Event, Held, PackRecord, PackState, Purpose, RunState, SlotState,
};
use crate::pipeline::{Committee, Document, Job, Missed, Pipeline, Span};
use crate::post::alerts::breached;
use crate::wording::{lower_first, number, plural};

/// Something that should always be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invariant {
    /// Its name, the same in every version.
    pub name: &'static str,
    /// What should be so.
    pub means: &'static str,
    /// Whether it is.
    pub state: Verdict,
    /// What is wrong, one sentence each; empty if nothing is.
    pub broken: Vec<Broken>,
}

/// Whether an invariant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does.
    Ok,
    /// It does not.
    Broken,
    /// Nothing can be said: what it speaks of is not used here.
    NotUsed,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// What it is about.
    pub about: String,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to do.
    pub help: String,
}

/// Invariants that the scheduler does not mail itself: it tells of them in another way, or cannot.
const TOLD_ELSEWHERE: [&str; 3] = ["serve-alive", "pipeline-valid", "last-run"];

type Check = fn(&Picture<'_>) -> Option<Vec<Broken>>;

const CHECKS: [(&str, &str, Check); 14] = [
    ("serve-alive", "the scheduler is alive", serve_alive),
    ("pipeline-valid", "the pipeline folder is the one in force", pipeline_valid),
    ("job-overdue", "every job was run at its time", job_overdue),
    ("last-run", "the last run of every job did its work", last_run),
    ("pack-sent", "every pack that is due was sent to everybody who gets it", pack_sent),
    ("approval", "no pack waits long for its approval, or waited too long", approval),
    ("guard", "no document is held back by the guard", guard),
    ("inbox", "every file in the inbox was looked at", inbox),
    ("held", "no received file waits for a named person to let it count", held),
    ("feeds", "no feed is late or missing", feeds),
    ("clocks", "no clock of a reactive level or an exception is breached", clocks),
    ("outbox", "no message failed, waits too long, or has an unknown fate", outbox),
    ("disk", "there is room on the disk", disk),
    ("calendar", "bank holidays are known for a year", calendar),
];

/// Every invariant, and whether it holds.
pub fn invariants(picture: &Picture<'_>) -> Vec<Invariant> {
    CHECKS
        .into_iter()
        .map(|(name, means, check)| {
            let found = check(picture);
            let state = match &found {
                None => Verdict::NotUsed,
                Some(broken) if broken.is_empty() => Verdict::Ok,
                Some(_) => Verdict::Broken,
            };
            Invariant { name, means, state, broken: found.unwrap_or_default() }
        })
        .collect()
}

/// What of it the scheduler tells the operator by mail.
pub fn troubles(invariants: &[Invariant]) -> Vec<Trouble> {
    told(invariants.iter().filter(|i| !TOLD_ELSEWHERE.contains(&i.name)))
}

/// What of it somebody tells who watches the scheduler: that it is silent, too.
pub fn troubles_of_watcher(invariants: &[Invariant]) -> Vec<Trouble> {
    told(invariants.iter().filter(|i| i.name == "serve-alive" || !TOLD_ELSEWHERE.contains(&i.name)))
}

fn told<'i>(invariants: impl Iterator<Item = &'i Invariant>) -> Vec<Trouble> {
    invariants
        .flat_map(|i| {
            let trouble =
                |b: &Broken| Trouble::new(format!("monitor/{}/{}", i.name, b.about), &b.what, &b.help);
            i.broken.iter().map(trouble)
        })
        .collect()
}

fn broken(about: impl Into<String>, what: impl Into<String>, help: impl Into<String>) -> Broken {
    Broken { about: about.into(), what: what.into(), help: help.into() }
}

fn local(at: DateTime<Utc>) -> String {
    moment(at.with_timezone(&chrono_tz::Europe::London))
}

fn serve_alive(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let pulse = picture.pulse.as_ref()?;
    let (what, help) = match pulse.life(picture.now.to_utc()) {
        Life::Alive => return Some(Vec::new()),
        Life::Stopped => ("was stopped", "start it again when jobs should run by themselves"),
        Life::Silent => {
            ("has been silent", "look whether it runs, and read its journal; then start it again")
        }
    };
    let since = local(pulse.stopped.unwrap_or(pulse.beat));
    let what = format!("the scheduler {what} since {since}: no job runs by itself");
    Some(vec![broken("serve", what.replace("was stopped since", "was stopped on"), help)])
}

fn pipeline_valid(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let faults = &picture.pulse.as_ref()?.pipeline_faults;
    let what = "the pipeline folder has errors; jobs go on with its last good state";
    let help = "run `quarterday check` and correct what it names";
    Some(if faults.is_empty() { Vec::new() } else { vec![broken("pipeline", what, help)] })
}

/// From when on slots of a job are owed: since the scheduler follows it, or since the first run by hand.
fn owed_since(picture: &Picture<'_>, job: &Job) -> Option<NaiveDateTime> {
    let by_hand = || picture.runs.iter().map(|run| run.as_of.and_time(NaiveTime::MIN)).min();
    picture.followed.get(&job.name).copied().or_else(by_hand)
}

/// The last slot of a job that should have been run by now.
fn due(picture: &Picture<'_>, pipeline: &Pipeline, job: &Job) -> Option<NaiveDateTime> {
    let until = picture.now - Duration::minutes(i64::from(pipeline.operator.overdue));
    last_due(job, &pipeline.calendar, owed_since(picture, job)?, until)
}

/// Whether a job was run for a slot or later, by the schedule or by hand.
fn was_run(picture: &Picture<'_>, job: &Job, wall: NaiveDateTime) -> bool {
    let complete = |run: &&crate::ledger::RunRecord| run.job == job.name && run.state == RunState::Complete;
    picture.runs.iter().filter(complete).any(|run| run.as_of >= wall.date())
}

fn job_overdue(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let pipeline = picture.pipeline?;
    let jobs = pipeline.jobs.iter().filter(|job| job.missed != Missed::Skip);
    let found = jobs.filter_map(|job| {
        let wall = due(picture, pipeline, job)?;
        if was_run(picture, job, wall) {
            return None;
        }
        let at = wall.format("%-d %B %Y at %H:%M");
        let what = format!("{} was due on {at} and has not been run to its end", job.name);
        let help = format!("`quarterday run {} --as-of {}` does it now", job.name, wall.date());
        Some(broken(format!("{}@{}", job.name, wall.format("%Y-%m-%dT%H:%M")), what, help))
    });
    Some(found.collect())
}

fn last_run(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let mut out = Vec::new();
    for (job, record) in picture.slots.iter().filter(|(_, record)| record.state == SlotState::Failed) {
        let corrected = picture.pipeline.and_then(|p| p.job(job)).is_some_and(|job| {
            let after = picture.runs.last().is_some_and(|run| record.run.as_deref() != Some(run.id.as_str()));
            after && was_run(picture, job, record.slot.wall)
        });
        if !corrected {
            let what = format!("{} could not do all of its work: {}", record.slot.key(), record.note);
            let date = record.slot.wall.date();
            let help = format!("correct the cause, then `quarterday run {job} --as-of {date}`");
            out.push(broken(record.slot.key(), what, help));
        }
    }
    let hour_ago = picture.now.to_utc() - Duration::hours(1);
    for run in picture.runs.iter().filter(|run| run.state == RunState::Begun) {
        if picture.touched.get(&run.id).is_none_or(|at| *at < hour_ago) {
            let what = format!("the run {} was begun and did not come to its end", run.id);
            let help = format!("`quarterday run {} --as-of {}` finishes it", run.job, run.as_of);
            out.push(broken(&run.id, what, help));
        }
    }
    (!picture.runs.is_empty() || !picture.slots.is_empty()).then_some(out)
}

/// Who was sent one document of one committee for one period: committee, document, period and recipient are
/// compared, so that nobody counts who got the pack of another committee.
struct Received<'p> {
    /// By recipient and what it is part of, a pack or one of its copies: how each message ended.
    sendings: BTreeMap<(String, &'p str, Option<u32>), Vec<DispatchState>>,
}

impl<'p> Received<'p> {
    fn of(picture: &'p Picture<'_>, committee: &Committee, document: &Document, period: &str) -> Self {
        let is_it = |p: &&PackRecord| {
            p.committee_id == committee.id
                && document.was_sent_as(&p.kind, committee)
                && p.period == period
                && !picture.recalled.contains(&p.id)
        };
        let packs: BTreeSet<&str> = picture.packs.iter().filter(is_it).map(|p| p.id.as_str()).collect();
        let states: BTreeMap<&str, &Dispatch> =
            picture.dispatches.iter().map(|d| (d.message.key.as_str(), d)).collect();
        let mut sendings: BTreeMap<_, Vec<DispatchState>> = BTreeMap::new();
        for message in picture.messages.iter().filter(|m| packs.contains(m.pack.as_str())) {
            let copy = match message.purpose {
                Purpose::Pack => None,
                Purpose::Copy(number) => Some(number),
                Purpose::Correction => continue,
            };
            let Some(dispatch) = states.get(message.key.as_str()) else { continue };
            let recipient = dispatch.message.recipient.to_ascii_lowercase();
            sendings.entry((recipient, message.pack.as_str(), copy)).or_default().push(dispatch.state);
        }
        Self { sendings }
    }

    /// Whether an address was sent all messages of it.
    fn by(&self, address: &str) -> bool {
        let of = self.sendings.iter().filter(|((recipient, ..), _)| recipient.eq_ignore_ascii_case(address));
        of.map(|(_, states)| states).any(|states| states.iter().all(|s| *s == DispatchState::Sent))
    }
}

fn pack_sent(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let pipeline = picture.pipeline?;
    let mut out = Vec::new();
    for job in &pipeline.jobs {
        let Some(wall) = due(picture, pipeline, job) else { continue };
        for document in pipeline.documents_of(&job.documents).filter(|document| document.is_regular()) {
            let period = pipeline.calendar.span_before(document.period, wall.date());
            for committee in pipeline.committees.iter().filter(|c| c.documents.contains(&document.id)) {
                out.extend(unsent(picture, (job, wall), (document, period), committee));
            }
        }
    }
    Some(out)
}

/// What is wrong where a committee was not sent a document that was due.
fn unsent(
    picture: &Picture<'_>,
    (job, wall): (&Job, NaiveDateTime),
    (document, period): (&Document, Span),
    committee: &Committee,
) -> Option<Broken> {
    // What goes with another document is sent with it.
    if document.goes_with.as_ref().is_some_and(|leader| committee.documents.contains(leader)) {
        return None;
    }
    let got = Received::of(picture, committee, document, &period.id());
    // What waits for a person, was recalled or is held back by the guard is told as such.
    let of_this = |p: &&PackRecord| {
        p.committee_id == committee.id && document.was_sent_as(&p.kind, committee) && p.period == period.id()
    };
    let last = picture.packs.iter().rfind(of_this);
    let held = format!("{}/{}/{}/", committee.id, document.id, period.id());
    let waits = last.is_some_and(|p| p.state == PackState::Held || picture.recalled.contains(&p.id))
        || open_hits(picture).any(|hit| hit.document.starts_with(&held));
    if waits {
        return None;
    }
    // Somebody who was put on the list later gets the next one.
    let expected = committee.recipients.iter().filter(|r| r.added <= wall.date());
    let without = expected.filter(|r| !got.by(&r.address)).count();
    if without == 0 {
        return None;
    }
    let people = plural(without, "recipient has", "recipients have");
    let what = format!(
        "the {} of {} for the {} was due on {}; {people} not been sent it",
        document.id,
        period.short(),
        committee.name,
        wall.format("%-d %B %Y at %H:%M"),
    );
    let help = format!("`quarterday run {} --as-of {}` makes and sends what is left", job.name, wall.date());
    Some(broken(format!("{}/{}/{}", document.id, period.id(), committee.id), what, help))
}

fn approval(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let today = picture.now.date_naive();
    let held = picture.packs.iter().filter(|p| p.state == PackState::Held);
    let found = held.filter_map(|pack| {
        let (remind, expires) = (pack.remind?, pack.expires?);
        let what = format!("{} for the {}", pack.id, pack.committee);
        if today > expires {
            // Told for a quarter; then the next pack is what matters.
            let recent = today <= crate::dates::add_days(expires, 90);
            let ended = format!("{what} was not approved by {} and goes to nobody", long(expires));
            return recent
                .then(|| broken(&pack.id, ended, "run its job again to make a new one, or leave it"));
        }
        let since = long(pack.as_of);
        let waits = format!("{what} has waited for approval since {since}, until {}", long(expires));
        let help = format!("quarterday approve {} --as ROLE --note TEXT", pack.id);
        (today >= remind).then(|| broken(&pack.id, waits, help))
    });
    Some(found.collect())
}

/// What the guard found and nobody has dealt with.
fn open_hits<'p>(picture: &'p Picture<'_>) -> impl Iterator<Item = &'p Held> {
    picture.hits.iter().filter(|hit| hit.open && hit.release.is_none())
}

fn guard(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    // However old: nothing closes a hit but a corrected source or a named person.
    let found = open_hits(picture).map(|hit| {
        let what = format!("{} of {} is held back: {}", hit.document, hit.as_of, hit.detail);
        let help = format!(
            "correct the source and run the job again, or `quarterday guard release {} --as ROLE --note WHY`",
            hit.id
        );
        broken(&hit.id, what, help)
    });
    Some(found.collect())
}

fn inbox(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let pipeline = picture.pipeline?;
    let limit = picture.now.to_utc() - Duration::minutes(i64::from(pipeline.operator.inbox_stuck));
    let stuck = picture.waiting.iter().filter(|file| file.since < limit);
    let found = stuck.map(|file| {
        let path = [file.folder.as_str(), file.file.as_str()].into_iter().filter(|p| !p.is_empty());
        let path = path.collect::<Vec<_>>().join("/");
        let since = local(file.since);
        let (what, help) = if file.has_feed {
            (format!("inbox/{path} has lain there since {since}, and no run has looked at it"), {
                "run a job, or look why none runs"
            })
        } else {
            (format!("inbox/{path} belongs to no feed: nothing reads it"), {
                "move it into the folder of its feed, or away"
            })
        };
        broken(path, what, help)
    });
    Some(found.collect())
}

fn held(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    picture.pipeline?;
    Some(picture.held.iter().map(|file| broken(&file.receipt, file.what(), file.help())).collect())
}

fn feeds(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    if picture.pipeline.is_none() || picture.runs.is_empty() {
        return None;
    }
    let wanting = picture.feeds.iter().filter(|f| f.freshness.state.is_wanting() || f.not_fetched.is_some());
    let found = wanting.map(|feed| {
        if let Some(failed) = &feed.not_fetched {
            let counts = match &feed.file {
                Some(file) => format!("{file} goes on counting"),
                None => "nothing counts".to_owned(),
            };
            let what = format!("\"{}\" ({}): {}; {counts}", feed.title, feed.feed, failed.remark());
            let help = format!("correct its [download], or drop the file into inbox/{}", feed.feed);
            return broken(&feed.feed, what, help);
        }
        let due = feed.freshness.due.map(|due| format!(" was due by {}", long(due))).unwrap_or_default();
        let last = match feed.freshness.received {
            Some(received) => format!("the last file was received on {}", long(received)),
            None => "none was ever received".to_owned(),
        };
        let what = format!("\"{}\" ({}, {}){due}; {last}", feed.title, feed.feed, feed.cadence);
        broken(&feed.feed, what, format!("ask {}", feed.owner))
    });
    Some(found.collect())
}

fn clocks(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let (pipeline, result) = (picture.pipeline?, picture.result.as_ref()?);
    let today = picture.now.date_naive();
    let mut out = Vec::new();
    for practice in &result.practices {
        let (level, clock) = (pipeline.levels.get(practice.outcome.level), &practice.clock);
        let owed = clock.state.is_owed();
        if let Some(due) = clock.due.filter(|due| level.reactive && owed && *due < today) {
            let code = practice.code();
            let what = format!("{code}: the visit of {} was due on {}", lower_first(&level.label), long(due));
            out.push(broken(code, what, "arrange the visit, or record why the clock is paused"));
        }
    }
    for (id, exception) in result.exceptions.iter().filter(|(_, e)| !result.visited_since(e)) {
        let of_clock = |a: &&crate::ledger::Alert| a.exception == *id && a.event == Event::Breached;
        if let Some(alert) =
            picture.alerts.iter().rfind(of_clock).filter(|_| breached(exception, &picture.alerts))
        {
            let what = format!("the clock of the exception {id} was breached by {}", long(alert.as_of));
            out.push(broken(id, what, "take it up with the committee that was alerted"));
        }
    }
    Some(out)
}

fn outbox(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let mut out = Vec::new();
    let begun: Vec<&str> =
        picture.runs.iter().filter(|r| r.state == RunState::Begun).map(|r| r.id.as_str()).collect();
    let hour_ago = picture.now.to_utc() - Duration::hours(1);
    let at_work = begun.iter().any(|run| picture.touched.get(*run).is_some_and(|at| *at >= hour_ago));
    let today = picture.now.date_naive();
    for (word, what, help) in [
        ("sending", "not known to have been sent or not", "`quarterday dispatch send` settles it"),
        (
            "unknown",
            "not known to have been sent or not",
            "ask the recipient, then `quarterday dispatch resolve`",
        ),
        (
            "failed",
            "refused for good",
            "correct the address, or `quarterday dispatch resolve KEY --as resend`",
        ),
        ("planned", "planned and not sent", "`quarterday dispatch send`, or run a job"),
        ("retry", "put off by the mail server", "`quarterday dispatch list` says why"),
    ] {
        let of_word = picture.dispatches.iter().filter(|d| d.state.word() == word);
        let found = of_word.filter(|d| match word {
            "sending" => !at_work,
            "planned" | "retry" => d.as_of < today,
            _ => true,
        });
        let keys: Vec<&str> = found.map(|d| d.message.key.as_str()).collect();
        if let Some(first) = keys.first() {
            let count = plural(keys.len(), "message is", "messages are");
            out.push(broken(word, format!("{count} {what}, the first {first}"), help));
        }
    }
    Some(out)
}

fn disk(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let (free, wanted) = (picture.disk_free?, picture.pipeline?.operator.disk_free_mb);
    let free = free / 1_000_000;
    if free >= u64::from(wanted) {
        return Some(Vec::new());
    }
    let (free, wanted) = (number(free as f64), number(f64::from(wanted)));
    let what = format!("{free} MB are free on the disk of the data folder; {wanted} MB should be");
    Some(vec![broken("disk", what, "make room; a run that finds no room changes nothing and fails")])
}

fn calendar(picture: &Picture<'_>) -> Option<Vec<Broken>> {
    let holidays = &picture.pipeline?.calendar.bank_holidays;
    let today = picture.now.date_naive();
    let what = match holidays.last() {
        Some(last) if *last >= add_months(today, 12) => return Some(Vec::new()),
        Some(last) => format!("the bank holidays of calendar.toml run out on {}", long(*last)),
        None => "calendar.toml has no bank holidays".to_owned(),
    };
    Some(vec![broken("bank-holidays", what, "add the next years from gov.uk/bank-holidays")])
}

#[cfg(test)]
mod tests;
