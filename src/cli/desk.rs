//! What the commands about packs share: open the data folder, do one thing, tell it.

use std::path::Path;

use chrono::NaiveDate;
use serde::Serialize;

use super::Exit;
use super::as_of::asked;
use super::dating::writing_date;
use super::output::{complain, pipeline, say_json};
use crate::clock;
use crate::ledger::Ledger;
use crate::post::approve::{Desk, DeskError};
use crate::wording::list;
use crate::workspace::{LockError, Workspace};

/// Why a command about packs did nothing.
pub(super) enum Failed {
    /// The pipeline folder has errors, or the date is still to come; they are told already.
    Pipeline(Exit),
    /// Something else.
    Desk(DeskError),
}

/// What a person gave for options that are kept as who did something and why, trimmed. Each is its name,
/// what was given, and what it says.
///
/// # Errors
/// If one of them says nothing: in words, with what to give for each that does not.
pub(super) fn given<'t, const N: usize>(options: [(&str, &'t str, &str); N]) -> Result<[&'t str; N], String> {
    let blank = |text: &str| !text.chars().any(char::is_alphanumeric);
    let missing: Vec<String> = options
        .iter()
        .filter(|(_, text, _)| blank(text))
        .map(|(name, _, what)| format!("{what} with {name}"))
        .collect();
    if missing.is_empty() {
        return Ok(options.map(|(_, text, _)| text.trim()));
    }
    Err(format!("say {}: it is kept, and was left blank; nothing was done", list(&missing)))
}

/// As [`given`]; what is missing is complained of.
pub(super) fn given_or_told<'t, const N: usize>(
    options: [(&str, &'t str, &str); N],
) -> Result<[&'t str; N], Exit> {
    given(options).map_err(|message| {
        complain(&message);
        Exit::Failure
    })
}

/// Opens a data folder and does something there.
pub(super) fn with_desk<T>(
    pipeline_dir: &Path,
    data: &Path,
    (as_of, future): (Option<NaiveDate>, bool),
    act: impl FnOnce(&mut Desk<'_>) -> Result<T, DeskError>,
) -> Result<T, Failed> {
    let pipeline = pipeline(pipeline_dir).map_err(Failed::Pipeline)?;
    let workspace = Workspace::new(data);
    asked(as_of, future).map_err(Failed::Pipeline)?;
    let today = writing_date(&workspace, as_of, Some(&pipeline)).map_err(|e| Failed::Desk(e.into()))?;
    let mut desk = Desk::open(&pipeline, &workspace, today, clock::moment()).map_err(Failed::Desk)?;
    act(&mut desk).map_err(Failed::Desk)
}

/// Opens the ledger of a data folder to read; complains if there is none. A mistyped folder is not made.
pub(super) fn ledger_to_read(workspace: &Workspace) -> Result<Ledger, Exit> {
    match workspace.existing_ledger() {
        Ok(Some(ledger)) => Ok(ledger),
        Ok(None) => {
            complain(&workspace.no_ledger());
            Err(Exit::Failure)
        }
        Err(error) => Err(failed(&DeskError::from(error))),
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
        Err(Failed::Desk(error)) => failed(&error),
    }
}

/// Complains of what could not be done.
pub(super) fn failed(error: &DeskError) -> Exit {
    let exit = match error {
        DeskError::Lock(LockError::Held) => Exit::Busy,
        _ => Exit::Failure,
    };
    complain(&error.to_string());
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_role_or_reason_is_told_by_its_option() {
        let asked = |role, note| given([("--as", role, "in which role"), ("--note", note, "why")]);
        assert_eq!(asked(" Head of Care ", "Read.").unwrap(), ["Head of Care", "Read."]);
        for blank in ["", "  ", "\u{a0}\u{200b}\n", " - "] {
            let both = asked(blank, blank).unwrap_err();
            assert!(both.starts_with("say in which role with --as and why with --note"), "{both}");
            let one = asked("Head of Care", blank).unwrap_err();
            assert!(one.starts_with("say why with --note") && !one.contains("--as"), "{one}");
        }
    }
}
