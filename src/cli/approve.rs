//! `quarterday approve`: a named person lets a pack go.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Exit;
use super::desk::{finish, given_or_told, with_desk};
use super::output::say;
use crate::dates::long;
use crate::ledger::Warrant;
use crate::post::approve::{Approved, approve};
use crate::wording::plural;

#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    /// The pack, as `quarterday packs` lists it; its beginning is enough where no other begins so
    pack: String,
    /// In which role you approve it: a role, not a name
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    /// What you want to be remembered of it
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// The first digits of the content you have seen; it is approved only if it is still that
    #[arg(long, value_name = "DIGITS")]
    content: Option<String>,
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The date on which you approve it; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ApproveArgs) -> Exit {
    let options = [
        ("--as", args.role.as_str(), "in which role you approve it"),
        ("--note", &args.note, "what is to be remembered of it"),
    ];
    let warrant = match given_or_told(options) {
        Ok([role, note]) => Warrant { role: role.to_owned(), reason: note.to_owned() },
        Err(exit) => return exit,
    };
    let done = with_desk(&args.pipeline, &args.data, (args.as_of, args.future), |desk| {
        approve(desk, &args.pack, args.content.as_deref(), warrant)
    });
    finish(done, args.json, |done| &done.unsent, tell)
}

fn tell(done: &Approved) {
    match done.before {
        true => say(&format!(
            "{} was approved by the {} on {}; nothing is sent twice",
            done.pack,
            done.role,
            long(done.dated)
        )),
        false => say(&format!("{} for the {}: approved by the {}", done.pack, done.committee, done.role)),
    }
    for document in &done.documents {
        say(&format!("  {}  SHA-256 {}", document.name, document.sha256));
    }
    say(&format!("  {} sent now", plural(done.sent, "message", "messages")));
}
