//! What the data folder keeps and for how long.
//!
//! `survey` looks at what lies there, `plan` says what may go, and this module removes it, after
//! noting it in the ledger. Rows of the ledger are never removed, and the inbox is never touched.

mod plan;
mod survey;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde_json::json;

use crate::clock::now;
use crate::disk::to_write;
use crate::ledger::{Ledger, Removal};
use crate::pipeline::Pipeline;
use crate::workspace::Workspace;

pub use plan::{Class, Need, Plan, Thing, Verdict, plan};

/// The log of what was removed, below the data folder.
pub const LOG: &str = "retention.jsonl";

/// What may go on a date; nothing is removed.
///
/// # Errors
/// If the data folder or the ledger cannot be read.
pub fn look(workspace: &Workspace, pipeline: &Pipeline, as_of: NaiveDate) -> anyhow::Result<Plan> {
    let Some(ledger) = workspace.existing_ledger()? else { return Ok(Plan::default()) };
    Ok(plan(&survey::survey(workspace, pipeline, &ledger)?, &pipeline.retention, as_of))
}

/// Removes what may go on a date, after noting it in the ledger; gives the plan.
///
/// # Errors
/// If another instance is working in the folder, or something cannot be noted or removed. What was noted
/// and not removed is found again by the next call.
pub fn apply(workspace: &Workspace, pipeline: &Pipeline, as_of: NaiveDate) -> anyhow::Result<Plan> {
    if workspace.existing_ledger()?.is_none() {
        return Ok(Plan::default());
    }
    let _lock = workspace.lock()?;
    let mut ledger = workspace.ledger()?;
    let plan = plan(&survey::survey(workspace, pipeline, &ledger)?, &pipeline.retention, as_of);
    note(workspace.data(), &mut ledger, &plan, as_of)?;
    for verdict in &plan.going {
        let path = workspace.data().join(&verdict.path);
        remove(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
        remove_empty(path.parent(), workspace.data());
    }
    Ok(plan)
}

fn note(data: &Path, ledger: &mut Ledger, plan: &Plan, as_of: NaiveDate) -> anyhow::Result<()> {
    if plan.going.is_empty() {
        return Ok(());
    }
    let removals: Vec<Removal> = plan
        .going
        .iter()
        .map(|verdict| Removal {
            path: verdict.path.clone(),
            class: verdict.class.key().to_owned(),
            bytes: verdict.bytes,
            why: verdict.why.clone(),
            as_of,
        })
        .collect();
    ledger.note_removals(&removals)?;
    let path = data.join(LOG);
    let failed = || format!("{} cannot be written", path.display());
    let mut log = to_write().append(true).open(&path).with_context(failed)?;
    let at = now().to_rfc3339_opts(chrono::SecondsFormat::Millis, false);
    for verdict in &plan.going {
        let line = json!({ "at": at, "event": "removed", "as_of": as_of, "detail": verdict });
        writeln!(log, "{line}").with_context(failed)?;
    }
    Ok(())
}

/// Removes a file, or a folder with all in it; what is gone already is no error.
fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the folders that became empty, up to those of the data folder itself.
fn remove_empty(mut dir: Option<&Path>, data: &Path) {
    while let Some(folder) = dir {
        let inside = folder.parent().is_some_and(|parent| parent != data) && folder != data;
        // A folder that is not empty stays: the system refuses.
        if !inside || fs::remove_dir(folder).is_err() {
            return;
        }
        dir = folder.parent();
    }
}
