//! `quarterday resend`: the same documents again, marked as a copy.

use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::desk::{finish, given_or_told, with_desk};
use super::output::say;
use crate::ledger::Warrant;
use crate::post::resend::{Resent, resend};
use crate::wording::plural;

#[derive(Debug, Args)]
pub(super) struct ResendArgs {
    /// The pack, as `quarterday packs` lists it
    pack: String,
    /// To whom: addresses of the committee's list, or any secure address with a --reason
    #[arg(long, value_name = "ADDRESS", num_args = 1.., required = true)]
    to: Vec<String>,
    /// In which role you send it again: a role, not a name
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    /// Why; needed for an address that is not on the list, and kept
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Sends another copy although the same was asked for within a day
    #[arg(long)]
    again: bool,
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ResendArgs) -> Exit {
    let [role] = match given_or_told([("--as", args.role.as_str(), "in which role you send it again")]) {
        Ok(given) => given,
        Err(exit) => return exit,
    };
    let warrant = Warrant { role: role.to_owned(), reason: args.reason.trim().to_owned() };
    let done = with_desk(&args.pipeline, &args.data, (None, false), |desk| {
        resend(desk, &args.pack, &args.to, &warrant, args.again)
    });
    finish(done, args.json, |done| &done.unsent, tell)
}

fn tell(done: &Resent) {
    say(&format!("{} for the {}: sent again", done.pack, done.committee));
    for copy in &done.copies {
        let listed = if copy.listed { "" } else { "  (not on the list)" };
        let before = match &copy.asked_before {
            Some(at) => format!(", asked for before ({at}); --again sends another"),
            None => String::new(),
        };
        say(&format!("  {}  copy {}{before}{listed}", copy.recipient, copy.number));
    }
    for document in &done.documents {
        say(&format!("  {}  SHA-256 {}", document.name, document.sha256));
    }
    say(&format!("  {} sent now", plural(done.sent, "message", "messages")));
}
