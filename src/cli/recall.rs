//! `quarterday recall`: everybody who was sent a pack is told not to use it.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Exit;
use super::desk::{finish, given_or_told, with_desk};
use super::output::say;
use crate::dates::long;
use crate::ledger::Warrant;
use crate::post::recall::{Recalled, recall};
use crate::wording::plural;

#[derive(Debug, Args)]
#[command(
    after_long_help = "To send a corrected pack: correct the files or the pipeline, run the job again, then \
recall the pack that was sent. The new one goes out as the next revision. It can also be made after the recall."
)]
pub(super) struct RecallArgs {
    /// The pack, as `quarterday packs` lists it
    pack: String,
    /// Why; it stands in the notice that everybody gets who was sent the pack
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// In which role you recall it: a role, not a name
    #[arg(long, value_name = "ROLE")]
    by: String,
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The date on which you recall it; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RecallArgs) -> Exit {
    let options = [
        ("--by", args.by.as_str(), "in which role you recall it"),
        ("--reason", &args.reason, "why everybody who has it must not use it"),
    ];
    let warrant = match given_or_told(options) {
        Ok([role, reason]) => Warrant { role: role.to_owned(), reason: reason.to_owned() },
        Err(exit) => return exit,
    };
    let done = with_desk(&args.pipeline, &args.data, (args.as_of, args.future), |desk| {
        recall(desk, &args.pack, warrant)
    });
    finish(done, args.json, |done| &done.unsent, tell)
}

fn tell(done: &Recalled) {
    match done.before {
        true => say(&format!(
            "{} was recalled by the {} on {}; nobody is told twice",
            done.pack,
            done.role,
            long(done.dated)
        )),
        false => say(&format!("{} for the {}: recalled by the {}", done.pack, done.committee, done.role)),
    }
    say(&format!("  sent to {}, each of whom gets a notice:", plural(done.told.len(), "person", "people")));
    for address in &done.told {
        let gone = if done.not_listed.contains(address) {
            "  (not on the list: gets the notice and no other pack; `quarterday resend` can send one)"
        } else {
            ""
        };
        say(&format!("    {address}{gone}"));
    }
    if done.stopped > 0 {
        let messages = plural(done.stopped, "message was", "messages were");
        say(&format!("  {messages} stopped before being handed over"));
    }
    match &done.next {
        Some(next) if next.waits => {
            say(&format!("  {} replaces it and waits for approval", next.pack));
        }
        Some(next) => say(&format!("  {} replaces it and goes to the list", next.pack)),
        None if !done.before => say("  nothing replaces it yet: the next run of its job that differs does"),
        None => {}
    }
    say(&format!("  {} sent now", plural(done.sent, "message", "messages")));
}
