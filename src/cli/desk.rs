//! What the commands about packs share: open the data folder, do one thing, tell it.

use std::path::Path;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;

use super::Exit;
use super::output::{complain, pipeline, say_json};
use crate::ledger::Ledger;
use crate::run::{Desk, DeskError, LockError, Workspace, clock};

/// Why a command about packs did nothing.
pub(super) enum Failed {
    /// The pipeline folder has errors; they are told already.
    Pipeline(Exit),
    /// Something else.
    Desk(DeskError),
}

/// Opens a data folder and does something there.
pub(super) fn with_desk<T>(
    pipeline_dir: &Path,
    data: &Path,
    as_of: Option<NaiveDate>,
    act: impl FnOnce(&mut Desk<'_>) -> Result<T, DeskError>,
) -> Result<T, Failed> {
    let pipeline = pipeline(pipeline_dir).map_err(Failed::Pipeline)?;
    let workspace = Workspace::new(data);
    let today = as_of.unwrap_or_else(clock::today);
    let mut desk = Desk::open(&pipeline, &workspace, today, clock::moment()).map_err(Failed::Desk)?;
    act(&mut desk).map_err(Failed::Desk)
}

/// Opens the ledger of a data folder to read; complains if there is none. A mistyped folder is not made.
pub(super) fn ledger_to_read(workspace: &Workspace, as_json: bool) -> Result<Ledger, Exit> {
    match workspace.existing_ledger() {
        Ok(Some(ledger)) => Ok(ledger),
        Ok(None) => {
            complain(&workspace.no_ledger());
            Err(Exit::Failure)
        }
        Err(error) => Err(failed(&DeskError::from(error), as_json)),
    }
}

/// Prints what was done and gives the exit code; messages that did not go are complained of.
pub(super) fn finish<T: Serialize>(
    done: Result<T, Failed>,
    as_json: bool,
    unsent: impl Fn(&T) -> &Vec<String>,
    tell: impl Fn(&T),
) -> Exit {
    match done {
        Ok(done) => {
            if as_json {
                say_json(&done)
            } else {
                tell(&done)
            }
            unsent(&done).iter().for_each(|line| complain(line));
            if unsent(&done).is_empty() { Exit::Success } else { Exit::DispatchIncomplete }
        }
        Err(Failed::Pipeline(exit)) => exit,
        Err(Failed::Desk(error)) => failed(&error, as_json),
    }
}

/// Complains of what could not be done.
pub(super) fn failed(error: &DeskError, as_json: bool) -> Exit {
    let exit = match error {
        DeskError::Lock(LockError::Held) => Exit::Busy,
        _ => Exit::Failure,
    };
    if as_json {
        say_json(&json!({ "error": error.to_string(), "exit": exit.number() }));
    }
    complain(&error.to_string());
    exit
}
