//! After every run, by the schedule or by hand: the operator is told if it could not do its work, and the
//! page is written anew.

use super::operator::{Desk, Trouble};
use super::picture::Picture;
use super::status::Status;
use super::{monitor, page};
use crate::dates::long;
use crate::known::urgent::Waiting;
use crate::pipeline::{Job, Pipeline};
use crate::run::{Report, RunError};
use crate::workspace::Workspace;
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

/// Does what follows a run. Gives what could not be done: none of it undoes the run.
pub fn after_run(
    workspace: &Workspace,
    pipeline: &Pipeline,
    job: &Job,
    as_of: NaiveDate,
    done: Result<&Report, &RunError>,
    now: DateTime<Tz>,
) -> Vec<String> {
    let mut out = Vec::new();
    if !matches!(done, Err(RunError::Lock(crate::workspace::LockError::Held))) {
        let scope = format!("run/{}/", job.name);
        let told = Desk::new(workspace.data(), pipeline, now).tell(&scope, &troubles(job, as_of, done));
        out.extend(told.err().map(|error| format!("the operator cannot be told: {error}")));
        if let Ok(Report { urgent: Some(rows), dry_run: false, .. }) = done {
            let told = Desk::new(workspace.data(), pipeline, now).tell("set-aside/", &set_aside(rows));
            out.extend(told.err().map(|error| format!("the operator cannot be told: {error}")));
        }
    }
    let written = Picture::take(workspace, Some(pipeline), now).and_then(|picture| {
        let invariants = monitor::invariants(&picture);
        page::write(workspace.data(), &Status::of(&picture, invariants))
    });
    out.extend(written.err().map(|error| format!("status.html cannot be written: {error:#}")));
    out
}

/// Rows set aside that cannot wait: each is told until it is corrected or gone, whichever job sees it.
fn set_aside(rows: &[Waiting]) -> Vec<Trouble> {
    let help = |row: &Waiting| {
        format!(
            "ask the owner ({}) to correct {} today and to drop it into its inbox folder again",
            row.owner, row.file
        )
    };
    let trouble = |row: &Waiting| {
        Trouble::new(format!("set-aside/{}/{}", row.receipt, row.place), row.told(), help(row))
    };
    rows.iter().map(trouble).collect()
}

/// What a run could not do.
fn troubles(job: &Job, as_of: NaiveDate, done: Result<&Report, &RunError>) -> Vec<Trouble> {
    let (name, date) = (&job.name, long(as_of));
    let again =
        format!("then `quarterday run {name} --as-of {as_of}` does it again; nobody gets anything twice");
    let trouble = |kind: &str, what: String, first: &str| {
        Trouble::new(format!("run/{name}/{kind}"), what, format!("{first}; {again}"))
    };
    let listed = |lines: &[String]| {
        let more = lines.len().saturating_sub(10);
        let mut text: String = lines.iter().take(10).map(|line| format!("\n  {line}")).collect();
        if more > 0 {
            text.push_str(&format!("\n  and {more} more"));
        }
        text
    };
    match done {
        Err(error @ RunError::Missing(_)) => {
            let what = format!("{name} as at {date} made nothing: {error}");
            vec![trouble("source-missing", what, "put the file into its inbox folder, or correct it")]
        }
        Err(error) => {
            let what = format!("{name} as at {date} could not do its work: {error}");
            vec![trouble("failed", what, "correct the cause")]
        }
        Ok(report) => {
            let mut out = Vec::new();
            if let Some(blocked) = &report.blocked {
                out.push(Trouble::new(
                    format!("run/{name}/blocked"),
                    format!("{name} as at {date}: {blocked}"),
                    again.clone(),
                ));
            }
            for file in &report.held_back {
                let kind = format!("run/{name}/held-{}", file.receipt);
                out.push(Trouble::new(kind, file.what(), file.help()));
            }
            if !report.refused.is_empty() {
                let what = format!(
                    "{name} as at {date} refused documents, and did not send them:{}",
                    listed(&report.refused)
                );
                out.push(trouble("refused", what, "correct what the gate names"));
            }
            if !report.unwritten.is_empty() {
                let what = format!(
                    "{name} as at {date} did its work, but could not write:{}",
                    listed(&report.unwritten)
                );
                out.push(trouble("unwritten", what, "look at the rights, and at who has the file open"));
            }
            if !report.unsent.is_empty() {
                let what = format!("{name} as at {date} could not send:{}", listed(&report.unsent));
                out.push(trouble("unsent", what, "look at the reasons"));
            }
            if !report.unprintable.is_empty() {
                let what = format!(
                    "{name} as at {date} met characters that papers cannot show:{}",
                    listed(&report.unprintable)
                );
                out.push(trouble("unprintable", what, "ask for these words in Latin letters"));
            }
            out
        }
    }
}
