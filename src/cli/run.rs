//! `quarterday run`: one job for one date.

use std::collections::BTreeMap;
use std::path::Path;

use super::as_of::asked;
use super::dating::writing_date;
use super::intake::{Arrivals, tell_arrivals};
use super::output::{complain, failed, pipeline, say, say_json};
use super::progress::{Quiet, Steps};
use super::{Exit, RunArgs};
use crate::clock;
use crate::diagnostic::likely;
use crate::run::{Progress, Report, Request, RunError, execute};
use crate::schedule::after::after_run;
use crate::wording::{list, lower_first, number, plural};
use crate::workspace::Workspace;

/// Steps that a run reports.
pub(super) const STEPS: u64 = 5;

pub(super) fn run(args: &RunArgs) -> Exit {
    let pipeline = match pipeline(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let Some(job) = pipeline.job(&args.job) else {
        let jobs: Vec<&str> = pipeline.jobs.iter().map(|j| j.name.as_str()).collect();
        let near = likely(&args.job, jobs.iter().copied());
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        complain(&format!("there is no job \"{}\"; the pipeline has {}{near}", args.job, jobs.join(", ")));
        return Exit::Configuration;
    };
    let workspace = Workspace::new(&args.data);
    let workspace = if args.dry_run { workspace.dry() } else { workspace };
    let steps = Steps::new(STEPS);
    let progress: &dyn Progress = if args.json { &Quiet } else { &steps };
    // A run that there was before is only made again.
    let again = args.as_of.is_some_and(|day| was_run(&workspace, &args.job, day));
    if let Err(exit) = asked(args.as_of, args.future || again) {
        return exit;
    }
    let date = match workspace.is_dry() {
        true => Ok(args.as_of.unwrap_or_else(clock::today)),
        false => writing_date(&workspace, args.as_of, Some(&pipeline)),
    };
    let (as_of, done) = match date {
        Ok(as_of) => {
            let workspace = workspace.clone();
            (as_of, execute(&Request { job, pipeline: &pipeline, workspace, as_of, progress }))
        }
        Err(error) => (clock::today(), Err(RunError::Other(error))),
    };
    steps.finish();
    if !workspace.is_dry() {
        let left = after_run(&workspace, &pipeline, job, as_of, done.as_ref(), clock::now());
        left.iter().for_each(|line| complain(line));
    }
    match done {
        Ok(report) => {
            if args.json {
                say_json(&report)
            } else {
                tell(&report)
            }
            Exit::of_report(&report)
        }
        Err(error) => {
            let exit = Exit::of_error(&error);
            failed(&error.into());
            exit
        }
    }
}

/// Whether the data folder knows of a run of this job for that date.
fn was_run(workspace: &Workspace, job: &str, as_of: chrono::NaiveDate) -> bool {
    let ledger = workspace.existing_ledger().ok().flatten();
    ledger.and_then(|ledger| ledger.runs_of(job, as_of).ok()).is_some_and(|runs| !runs.is_empty())
}

/// Prints what a run did.
pub(super) fn tell(report: &Report) {
    let date = crate::dates::long(report.as_of);
    let dry = if report.dry_run { "  NOT SENT: a dry run changes nothing outside dry-run/" } else { "" };
    say(&format!("{} as at {date} (run {}){dry}", report.job, report.run));
    tell_arrivals(&Arrivals {
        downloads: &report.downloads,
        held: &report.held,
        taken: &report.taken,
        waiting: report.waiting,
        held_back: &report.held_back,
        freshness: &report.freshness,
    });
    say(&format!("  practices    {} in scope", number(report.practices as f64)));
    for level in &report.levels {
        let name = lower_first(&level.name);
        let before = level.before.map(|b| format!("  (last pack {b})")).unwrap_or_default();
        say(&format!("               {:>4}  {name}{before}", level.now));
    }
    if let Some((moved, since)) = report.moved {
        let practices = plural(moved, "practice", "practices");
        say(&format!("  movements    {practices} since the pack of {}", crate::dates::long(since)));
    }
    say(&format!("  exceptions   {} open", report.open_exceptions));
    for alert in &report.alerts {
        say(&format!("               {alert}"));
    }
    tell_documents(report);
    say(&format!("  messages     {} sent now, {} sent before", report.sent, report.sent_before));
    let troubles =
        report.blocked.iter().chain(&report.refused).chain(&report.unsent).chain(&report.unwritten);
    for line in troubles.chain(&report.unprintable).chain(&report.warnings) {
        complain(line);
    }
}

/// The documents of each committee, and the folder in which they lie.
fn tell_documents(report: &Report) {
    say(&format!("  documents    {}", report.documents.len()));
    let mut folders: BTreeMap<&Path, (&str, BTreeMap<&str, usize>)> = BTreeMap::new();
    for document in &report.documents {
        let folder = document.path.parent().unwrap_or(&document.path);
        let (_, kinds) = folders.entry(folder).or_insert_with(|| (&document.committee, BTreeMap::new()));
        *kinds.entry(&document.kind).or_default() += 1;
    }
    for (folder, (committee, kinds)) in folders {
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|(kind, count)| match kind {
                "sbar" => plural(count, "SBAR", "SBARs"),
                "exception-alert" => plural(count, "exception alert", "exception alerts"),
                _ => plural(count, "pack", "packs"),
            })
            .collect();
        say(&format!("               {committee}: {}", list(&kinds)));
        say(&format!("                 {}", folder.display()));
    }
}
