//! `quarterday guard`: what the guard stopped in documents and messages, and its release by a named
//! person. Rows that it stopped are released as other quarantined rows are.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Exit;
use super::dating::writing_date;
use super::desk::given;
use super::output::{complain, say, say_json};
use crate::clock;
use crate::diagnostic::likely;
use crate::guard::Guard;
use crate::ledger::{Held, Ledger, Release, Released};
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(super) struct GuardArgs {
    #[command(subcommand)]
    command: GuardCommand,
}

#[derive(Debug, Subcommand)]
enum GuardCommand {
    /// Lists hits that stop a document or a message, with where they stand; never what was found
    List(ListArgs),
    /// Lets a hit pass from the next run on, by the name of a role and with a reason
    Release(ReleaseArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Lists released hits too, and those that are no longer in their document
    #[arg(long)]
    all: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ReleaseArgs {
    /// The hit, as `guard list` and the run name it
    hit: String,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Who releases it: a role
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    /// Why it identifies nobody, or why it may be sent
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn guard(args: &GuardArgs) -> Exit {
    let done = match &args.command {
        GuardCommand::List(args) => list(args),
        GuardCommand::Release(args) => release(args),
    };
    done.unwrap_or_else(|message| {
        complain(&message);
        Exit::Failure
    })
}

fn list(args: &ListArgs) -> Result<Exit, String> {
    let ledger = Workspace::new(&args.data).existing_ledger().map_err(|error| error.to_string())?;
    let ledger = ledger.ok_or_else(|| no_ledger(&args.data))?;
    let mut held = ledger.held().map_err(|error| error.to_string())?;
    held.retain(|hit| args.all || (hit.open && hit.release.is_none()));
    if args.json {
        say_json(&held.iter().map(object).collect::<Vec<Value>>());
        return Ok(Exit::Success);
    }
    if held.is_empty() {
        say("The guard stops nothing.");
    }
    for hit in &held {
        say(&format!("{}  {}  (run {})", hit.id, hit.document, hit.run));
        say(&format!("          {}", hit.detail));
        match &hit.release {
            Some(release) => say(&format!("          {}", said(release))),
            None if !hit.open => say("          no longer there when the document was made again"),
            None => {}
        }
    }
    Ok(Exit::Success)
}

fn release(args: &ReleaseArgs) -> Result<Exit, String> {
    let [role, note] = given([
        ("--as", args.role.as_str(), "who releases it"),
        ("--note", &args.note, "why it may be sent"),
    ])?;
    if Guard::nhs_numbers().identifies(&format!("{role}\n\n{note}")) {
        return Err(
            "the note holds a possible NHS number; say why without repeating what was found".to_owned()
        );
    }
    let mut ledger = opened(&args.data)?;
    writing_date(&Workspace::new(&args.data), None, None).map_err(|error| error.to_string())?;
    let release = Release { role: role.to_owned(), note: note.to_owned(), at: clock::moment() };
    let id = args.hit.trim().to_lowercase();
    let released = ledger.release_held(&id, &release).map_err(|error| error.to_string())?;
    let Some(released) = released else {
        let known = ledger.held().map_err(|error| error.to_string())?;
        let near = likely(&id, known.iter().map(|hit| hit.id.as_str()));
        let help = near.map_or_else(
            || "; `quarterday guard list` names those that there are".to_owned(),
            |near| format!("; did you mean {near}?"),
        );
        return Err(format!("there is no hit {id}{help}"));
    };
    let (Released::Now(hit) | Released::Before(hit)) = &released;
    if args.json {
        say_json(&object(hit));
        return Ok(Exit::Success);
    }
    say(&format!("{}  {}", hit.id, hit.document));
    say(&format!("          {}", hit.detail));
    if let Some(release) = &hit.release {
        let before = if matches!(released, Released::Before(_)) { "had been " } else { "" };
        say(&format!("          {before}{}", said(release)));
    }
    say("It has not been sent by this. To make and send the document, run its job again for its date:");
    say(&format!(
        "  quarterday run {} --as-of {} --data {} --pipeline DIR",
        hit.job,
        hit.as_of,
        args.data.display()
    ));
    Ok(Exit::Success)
}

fn said(release: &Release) -> String {
    format!("released by {} at {}: {}", release.role, release.at, release.note)
}

fn object(hit: &Held) -> Value {
    let release = hit.release.as_ref();
    json!({
        "hit": hit.id,
        "pattern": hit.pattern,
        "document": hit.document,
        "job": hit.job,
        "as_of": hit.as_of,
        "run": hit.run,
        "where": hit.detail,
        "open": hit.open,
        "released": release.map(|r| json!({ "as": r.role, "note": r.note, "at": r.at })),
    })
}

fn opened(data: &Path) -> Result<Ledger, String> {
    let workspace = Workspace::new(data);
    if !data.join("ledger.sqlite").is_file() {
        return Err(no_ledger(data));
    }
    workspace.ledger().map_err(|error| error.to_string())
}

fn no_ledger(data: &Path) -> String {
    Workspace::new(data).no_ledger()
}
