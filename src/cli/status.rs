//! `quarterday status`: how everything stands.

use std::path::Path;

use super::output::{complain, say, say_json};
use super::{Exit, StatusArgs};
use crate::clock;
use crate::pipeline::{Folder, Pipeline, load};
use crate::schedule::monitor::{self, Verdict};
use crate::schedule::picture::Picture;
use crate::schedule::status::{Status, feed_words};
use crate::wording::{list, plural};
use crate::workspace::Workspace;

pub(super) fn status(args: &StatusArgs) -> Exit {
    match read(&args.data, args.pipeline.as_deref()) {
        Ok(status) if args.json => say_json(&status),
        Ok(status) => tell(&status),
        Err(exit) => return exit,
    }
    Exit::Success
}

/// How everything stands in a data folder. Without a pipeline folder the scheduler's copy is used; without
/// either, what needs no pipeline is told.
pub(super) fn read(data: &Path, pipeline: Option<&Path>) -> Result<Status, Exit> {
    if !data.is_dir() {
        complain(&format!("{} is not a folder: no job has been run there", data.display()));
        return Err(Exit::Failure);
    }
    let pipeline = known_pipeline(data, pipeline);
    let picture = Picture::take(&Workspace::new(data), pipeline.as_ref(), clock::now());
    let picture = picture.map_err(|error| {
        complain(&format!("{error:#}"));
        Exit::Failure
    })?;
    let invariants = monitor::invariants(&picture);
    Ok(Status::of(&picture, invariants))
}

/// The pipeline that the folder or the scheduler's copy holds. Errors are said, and are no reason to keep
/// silent about the rest.
pub(super) fn known_pipeline(data: &Path, given: Option<&Path>) -> Option<Pipeline> {
    let copy = || crate::schedule::kept_copy(data);
    let Some(dir) = given else {
        let found = copy();
        if found.is_none() {
            complain("no pipeline is known: jobs, feeds and most checks are left out; give --pipeline DIR");
        }
        return found;
    };
    let loaded = Folder::read(dir).ok().and_then(|folder| load(&folder).pipeline);
    loaded.or_else(|| {
        let found = copy();
        let instead =
            if found.is_some() { "its last good state is used" } else { "what needs it is left out" };
        complain(&format!(
            "the pipeline folder has errors, {instead}; see `quarterday check --pipeline {}`",
            dir.display()
        ));
        found
    })
}

fn tell(status: &Status) {
    let title = status.pipeline.as_deref().unwrap_or("no pipeline known");
    say(&format!("{title}, {} ({})", status.at_words, status.data));
    say(&format!("  scheduler    {}", status.scheduler.words));
    let as_at = status.data_as_at.map_or_else(|| "no complete run yet".to_owned(), crate::dates::long);
    say(&format!("  data as at   {as_at}"));
    for job in &status.jobs {
        say(&format!("  next         {:<12} {}  ({})", job.job, job.next_words, job.timing));
    }
    for job in &status.jobs {
        if let (Some(slot), Some(state)) = (&job.last_slot, job.last_state) {
            let note = job.last_note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            say(&format!("  last slot    {slot}  {state}{note}"));
        }
    }
    for run in &status.runs {
        let state = if run.complete { "complete" } else { "begun and not ended" };
        say(&format!("  run          {}  {state}", run.run));
    }
    for feed in &status.feeds {
        let file = match (&feed.file, feed.freshness.received) {
            (Some(file), Some(received)) => format!("{file}, received {}", crate::dates::short(received)),
            _ => "no file".to_owned(),
        };
        say(&format!("  feed         {:<32} {:<28} {file}", feed.feed, feed_words(feed)));
    }
    for file in &status.held {
        say(&format!("  held         {}", file.what()));
        say(&format!("               what to do: {}", file.help()));
    }
    let outbox: Vec<String> = status.outbox.iter().map(|(state, count)| format!("{count} {state}")).collect();
    say(&format!("  messages     {}", if outbox.is_empty() { "none yet".to_owned() } else { list(&outbox) }));
    say(&format!("  exceptions   {} open", status.exceptions.len()));
    for exception in &status.exceptions {
        let clock = if exception.breached { ", clock BREACHED" } else { "" };
        let known = exception.known.map(crate::dates::short).unwrap_or_default();
        say(&format!(
            "               {}  {}, {}, known {known}{clock}",
            exception.exception, exception.practice, exception.label
        ));
    }
    say(&format!("  decisions    {} ending soon", status.decisions.len()));
    for decision in &status.decisions {
        let until = crate::dates::short(decision.until);
        say(&format!("               {}  {} until {until}", decision.practice, decision.label));
    }
    let broken = status.invariants.iter().filter(|i| i.state == Verdict::Broken).count();
    if broken == 0 {
        say("  attention    nothing needs it");
    } else {
        let checks = plural(broken, "check does", "checks do");
        say(&format!("  attention    {checks} not hold: see `quarterday monitor --data {}`", status.data));
    }
}
