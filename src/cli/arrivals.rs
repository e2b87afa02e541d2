//! `quarterday arrivals`: everything that was received; and a named person's word that one of it is void, or
//! belongs to another date.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::Exit;
use super::as_of::asked;
use super::desk::{failed, given_or_told, ledger_to_read};
use super::output::{complain, say, say_json};
use super::status::known_pipeline;
use crate::clock;
use crate::dates::{long, short};
use crate::intake::Receipt;
use crate::ledger::Arrival;
use crate::upkeep::arrivals::{Listed, amend, arrivals};
use crate::wording::plural;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
#[command(
    after_long_help = "States: counts, held (it would take much away; see `quarterday status`), rejected, \
replaced (by a newer file), void. Nothing is ever taken out of the ledger: what is said of an arrival is added \
to it, and `quarterday audit` shows it."
)]
pub(super) struct ArrivalsArgs {
    #[command(subcommand)]
    act: Option<Act>,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA", global = true)]
    data: Option<PathBuf>,
    /// The pipeline folder, which decides what counts; the scheduler's copy of it if left out
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE", global = true)]
    pipeline: Option<PathBuf>,
    /// Only those of this feed
    #[arg(long, value_name = "FEED")]
    feed: Option<String>,
    /// Prints JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Says that an arrival counts nowhere any more; the file before it counts again
    Void(VoidArgs),
    /// Says that an arrival belongs to another date
    Date(DateArgs),
}

#[derive(Debug, Args)]
struct VoidArgs {
    /// The arrival, by its receipt: R0042
    receipt: String,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Args)]
struct DateArgs {
    /// The arrival, by its receipt: R0042
    receipt: String,
    /// The date from which on it counts as received
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: NaiveDate,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Args)]
struct Who {
    /// In which role you say so: a role, not a name
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The date on which you say it; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of and --to be later than today
    #[arg(long)]
    future: bool,
}

pub(super) fn run(args: &ArrivalsArgs) -> Exit {
    let Some(data) = &args.data else {
        complain("say which data folder: --data DIR");
        return Exit::Failure;
    };
    let workspace = Workspace::new(data);
    match &args.act {
        None => list(args, &workspace),
        Some(Act::Void(void)) => say_of(&workspace, &void.receipt, None, &void.who, args.json),
        Some(Act::Date(date)) => say_of(&workspace, &date.receipt, Some(date.to), &date.who, args.json),
    }
}

fn list(args: &ArrivalsArgs, workspace: &Workspace) -> Exit {
    let ledger = match ledger_to_read(workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let pipeline = known_pipeline(workspace.data(), args.pipeline.as_deref());
    let found = match arrivals(workspace, &ledger, pipeline.as_ref()) {
        Ok(found) => found,
        Err(error) => {
            complain(&format!("{error:#}"));
            return Exit::Failure;
        }
    };
    let wanted = |a: &Listed| args.feed.as_ref().is_none_or(|feed| *feed == a.feed);
    let shown: Vec<Listed> = found.into_iter().filter(wanted).collect();
    if args.json {
        say_json(&shown);
    } else {
        table(&shown);
    }
    Exit::Success
}

fn table(found: &[Listed]) {
    if found.is_empty() {
        say("nothing has been received yet");
    }
    let widest = found.iter().map(|a| a.feed.len()).max().unwrap_or(0);
    for arrival in found {
        let sha256: String = arrival.sha256.chars().take(12).collect();
        let rows = arrival.rows.map(|rows| plural(rows.accepted, "row", "rows")).unwrap_or_default();
        say(&format!(
            "{}  {:>11}  {:<widest$}  {:<9}  {sha256}  {:>11}  {}",
            arrival.receipt,
            short(arrival.as_of),
            arrival.feed,
            arrival.state,
            rows,
            arrival.file
        ));
        if let Some(why) = &arrival.why {
            say(&format!("       {why}"));
        }
        for said in arrival.said.iter().filter(|said| said.received.is_some()) {
            let to = said.received.map(long).unwrap_or_default();
            say(&format!(
                "       received as of {to}, says {} on {}: {}",
                said.role,
                long(said.dated),
                said.reason
            ));
        }
    }
}

fn say_of(workspace: &Workspace, receipt: &str, to: Option<NaiveDate>, who: &Who, as_json: bool) -> Exit {
    let options =
        [("--as", who.role.as_str(), "in which role you say so"), ("--reason", who.reason.as_str(), "why")];
    let said = match given_or_told(options) {
        Ok(said) => said,
        Err(exit) => return exit,
    };
    let today = match asked(who.as_of, who.future) {
        Ok(today) => today,
        Err(exit) => return exit,
    };
    if let Some(to) = to.filter(|to| *to > clock::today() && !who.future) {
        complain(&format!("--to {to} is later than today; nothing was done"));
        return Exit::Failure;
    }
    let [role, reason] = said;
    match amend(workspace, receipt, to, (role, reason), (today, &clock::moment())) {
        Ok((arrival, said)) => {
            if as_json {
                say_json(&json!({
                    "receipt": Receipt::number(arrival.number),
                    "feed": arrival.feed,
                    "file": arrival.file,
                    "before": arrival.received,
                    "said": said,
                }));
            } else {
                tell(&arrival, to);
            }
            Exit::Success
        }
        Err(error) => failed(&error),
    }
}

fn tell(arrival: &Arrival, to: Option<NaiveDate>) {
    let known = format!("{} ({}/{})", Receipt::number(arrival.number), arrival.feed, arrival.file);
    let before = long(arrival.received);
    match to {
        None => {
            say(&format!("{known}, received on {before}, is void: it counts nowhere from the next run on"))
        }
        Some(to) => {
            say(&format!("{known} counts as received on {} from the next run on; it was {before}", long(to)));
        }
    }
    say(
        "What was sent stays as it is: if it rests on this file, see `quarterday audit` and `quarterday recall`.",
    );
}
