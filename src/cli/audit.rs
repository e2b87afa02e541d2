//! `quarterday audit`: who was sent what, when, by its hash, and who let it out.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Exit;
use super::desk::{failed, ledger_to_read};
use super::output::{say, say_json};
use crate::upkeep::audit::{Audit, Filter, audit};
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// Only what concerns this pack
    #[arg(long, value_name = "PACK")]
    pack: Option<String>,
    /// Only what concerns this address, or addresses with this in them
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// Only what is of this date or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &AuditArgs) -> Exit {
    let workspace = Workspace::new(&args.data);
    let ledger = match ledger_to_read(&workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let filter = Filter { pack: args.pack.clone(), recipient: args.recipient.clone(), since: args.since };
    match audit(&ledger, &workspace, &filter) {
        Ok(found) if args.json => say_json(&found),
        Ok(found) => tell(&found),
        Err(error) => return failed(&error),
    }
    Exit::Success
}

fn tell(found: &Audit) {
    say(&format!("Messages: {}", found.messages.len()));
    for entry in &found.messages {
        let when = entry.sent.as_ref().or(entry.planned.as_ref()).map_or("", String::as_str);
        let pack = entry.pack.as_deref().unwrap_or("-");
        say(&format!("  {when:<20}  {:<9}  {:<10}  {pack}  {}", entry.state, entry.purpose, entry.recipient));
        say(&format!("    {}", entry.subject));
        say(&format!("    message SHA-256 {}", entry.sha256));
        for document in &entry.documents {
            say(&format!("    {}  SHA-256 {}", document.name, document.sha256));
        }
        if let Some(role) = &entry.approved_by {
            say(&format!("    approved by the {role}"));
        }
        if let Some((role, reason)) = &entry.asked_by {
            let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            say(&format!("    asked for by the {role}{reason}"));
        }
    }
    say("");
    say(&format!("Approvals, recalls, lists, acknowledgements: {}", found.acts.len()));
    for act in &found.acts {
        say(&format!("  {}  {:<15}  {}  by {}: {}", act.dated, act.kind, act.about, act.by, act.what));
    }
}
