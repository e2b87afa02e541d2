//! `quarterday packs`: which packs there are and how far each came.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Exit;
use super::as_of::asked;
use super::desk::{failed, ledger_to_read};
use super::output::{say, say_json};
use crate::dates::{long, short};
use crate::post::pack_list::{OnShelf, STOPPED, shelf};
use crate::workspace::Workspace;

/// What to do about what the guard stops.
const GUARD_LIST: &str =
    "what the guard stops goes to nobody: `quarterday guard list` tells what was found and where";

#[derive(Debug, Args)]
#[command(
    after_long_help = "States: waiting (for approval), expired (approved by nobody in time), withheld \
(corrects a pack that is not recalled), planned, sent, blocked (nobody on the list may get it), recalled, \
stopped by the guard (see `quarterday guard list`)."
)]
pub(super) struct PacksArgs {
    /// One pack, with its documents
    pack: Option<String>,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Lists exception alerts too
    #[arg(long)]
    all: bool,
    /// The date of the question; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &PacksArgs) -> Exit {
    let workspace = Workspace::new(&args.data);
    let ledger = match ledger_to_read(&workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let today = match asked(args.as_of, args.future) {
        Ok(today) => today,
        Err(exit) => return exit,
    };
    let found = match shelf(&ledger, &workspace.store(), args.pack.as_deref(), today) {
        Ok(found) => found,
        Err(error) => return failed(&error),
    };
    let shown: Vec<OnShelf> =
        found.into_iter().filter(|p| args.all || args.pack.is_some() || p.listed).collect();
    match (args.json, args.pack.is_some()) {
        (true, _) => say_json(&shown),
        (false, true) => shown.iter().for_each(one),
        (false, false) => table(&shown),
    }
    Exit::Success
}

fn table(packs: &[OnShelf]) {
    if packs.is_empty() {
        say("no pack has been made yet");
        return;
    }
    let states = packs.iter().map(|p| p.state.len()).max().unwrap_or(0).max(8);
    let widest = packs.iter().map(|p| p.pack.len()).max().unwrap_or(0);
    for pack in packs {
        let until = pack.approve_by.map(|d| format!(", approve by {}", short(d))).unwrap_or_default();
        let open = if pack.open > 0 { format!(", {} open", pack.open) } else { String::new() };
        say(&format!(
            "{:<widest$}  {:<states$}  {:>11}  {} sent{open}{until}  {}",
            pack.pack,
            pack.state,
            short(pack.as_of),
            pack.sent,
            pack.committee
        ));
    }
    if packs.iter().any(|pack| pack.state == STOPPED) {
        say(GUARD_LIST);
    }
}

fn one(pack: &OnShelf) {
    say(&format!("{} for the {}, as at {}: {}", pack.pack, pack.committee, long(pack.as_of), pack.state));
    if !pack.content.is_empty() {
        say(&format!("  content   {}", pack.content));
    }
    say(&format!("  run       {}", pack.run));
    if pack.state == STOPPED {
        say(&format!("  hits      {}", pack.hits.join(", ")));
        say(&format!("  {GUARD_LIST}"));
        return;
    }
    if let Some(until) = pack.approve_by {
        say(&format!(
            "  approve   by {}: quarterday approve {} --as ROLE --note TEXT",
            long(until),
            pack.pack
        ));
    }
    for (role, dated, note) in &pack.approvals {
        say(&format!("  approved  by the {role} on {}: {note}", long(*dated)));
    }
    if let Some((role, dated, reason)) = &pack.recalled {
        say(&format!("  recalled  by the {role} on {}: {reason}", long(*dated)));
    }
    say(&format!("  messages  {} sent, {} open", pack.sent, pack.open));
    for document in &pack.documents {
        say(&format!("  document  {}  SHA-256 {}", document.name, document.sha256));
    }
}
