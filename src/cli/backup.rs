//! `quarterday backup`: a copy of the data folder, and the proof that a copy is whole.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::invocation::{invocation, quoted};
use super::output::{complain, failed, hint, say, say_json};
use super::retention::size;
use crate::upkeep::backup::{take, verify};
use crate::wording::plural;
use crate::workspace::Workspace;

/// What `--help` says of bringing a copy back.
const RESTORE: &str = "\
To bring a copy back:
  1. stop the program that runs the jobs
  2. quarterday backup --verify COPY      (it must say that the copy is whole)
  3. move the damaged data folder away, and copy COPY to its place
  4. quarterday replay --data DATA        (the last run must come out the same)

The inbox is not in the copy: the teams' files lie in their own folders, and what was received
of them is in the store. The ledger of the copy does not know of messages that went out after
it was taken: before the next job, compare it with the mail server's log.";

/// So many faults of a copy are told to a person.
const TOLD: usize = 20;

#[derive(Debug, Args)]
#[command(after_long_help = RESTORE)]
pub(super) struct BackupArgs {
    /// The data folder; jobs may run in it
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA", required_unless_present = "verify")]
    data: Option<PathBuf>,
    /// Where to: a new or empty folder, or one with an older copy, to which only what is new is added
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    to: Option<PathBuf>,
    /// Looks whether a copy, or a data folder, is whole; nothing is copied
    #[arg(long, value_name = "DIR", conflicts_with = "to")]
    verify: Option<PathBuf>,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn backup(args: &BackupArgs) -> Exit {
    match (&args.verify, &args.data, &args.to) {
        (Some(folder), _, _) => look(folder, args.json),
        (None, Some(data), Some(to)) => copy(data, to, args.json),
        _ => {
            complain("say where the data folder is and where the copy goes: --data DIR --to DIR");
            Exit::Failure
        }
    }
}

fn copy(data: &Path, to: &Path, json: bool) -> Exit {
    let taken = match take(&Workspace::new(data), to) {
        Ok(taken) => taken,
        Err(error) => return failed(&error),
    };
    if json {
        say_json(&taken);
    } else {
        say(&format!(
            "copied {} to {}: {} of the store ({} new) and {}, {} written",
            data.display(),
            to.display(),
            plural(taken.backup.stored, "content", "contents"),
            taken.added,
            plural(taken.backup.files.len(), "other file", "other files"),
            size(taken.bytes)
        ));
    }
    for fault in &taken.faults {
        complain(fault);
    }
    if taken.faults.is_empty() {
        return Exit::Success;
    }
    hint("the data folder itself is damaged: bring these files back from an older copy");
    Exit::Differs
}

fn look(folder: &Path, json: bool) -> Exit {
    let verified = match verify(folder) {
        Ok(verified) => verified,
        Err(error) => return failed(&error),
    };
    let whole = verified.faults.is_empty();
    if json {
        say_json(&verified);
    } else {
        let of = verified.taken.as_deref().map_or("a data folder".to_owned(), |t| format!("a copy of {t}"));
        let faults = verified.faults.len();
        let verdict = if whole {
            "whole".to_owned()
        } else {
            format!("NOT whole, {}", plural(faults, "fault", "faults"))
        };
        let files = plural(verified.files, "file", "files");
        say(&format!("{}: {of}, {files} looked at: {verdict}", folder.display()));
        verified.faults.iter().take(TOLD).for_each(|fault| say(&format!("  {fault}")));
        if faults > TOLD {
            say(&format!("  and {} more: --json names all", faults - TOLD));
        }
    }
    if whole {
        return Exit::Success;
    }
    let folder = quoted(&folder.display().to_string());
    hint(&format!("use another copy, or take a new one: {} backup --data DATA --to {folder}", invocation()));
    Exit::Differs
}
