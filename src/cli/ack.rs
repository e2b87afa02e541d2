//! `quarterday ack`: a named person takes notice of an exception.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Exit;
use super::as_of::asked;
use super::dating::writing_date;
use super::desk::{failed, given_or_told, ledger_to_read};
use super::output::{say, say_json};
use crate::clock;
use crate::dates::long;
use crate::known::result::RunResult;
use crate::ledger::Ledger;
use crate::post::acknowledge::{Open, acknowledge, open};
use crate::post::approve::DeskError;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
#[command(
    after_long_help = "An acknowledgement stands until its date, until the exception worsens, or until \
it closes. It stands in the quarterly packs beside the exception."
)]
pub(super) struct AckArgs {
    /// The exception, or a part of its name, or its practice; all that are open if left out
    #[arg(requires = "role", requires = "note")]
    exception: Option<String>,
    /// In which role you take notice: a role, not a name
    #[arg(long = "as", value_name = "ROLE")]
    role: Option<String>,
    /// What is done about it; it stands in the packs that name practices
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The last day on which it stands
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The date on which you take notice; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &AckArgs) -> Exit {
    let workspace = Workspace::new(&args.data);
    let read_on = match asked(args.as_of, args.future) {
        Ok(day) => day,
        Err(exit) => return exit,
    };
    let (Some(asked), Some(role), Some(note)) = (&args.exception, &args.role, &args.note) else {
        return list(&workspace, read_on, args.json);
    };
    let options =
        [("--as", role.as_str(), "in which role you take notice"), ("--note", note, "what is done about it")];
    let [role, note] = match given_or_told(options) {
        Ok(given) => given,
        Err(exit) => return exit,
    };
    let done = writing_date(&workspace, args.as_of, None)
        .map_err(DeskError::from)
        .and_then(|today| acknowledge(&workspace, asked, role, note, args.until, today, &clock::moment()));
    match done {
        Ok(done) if args.json => say_json(&done),
        Ok(done) => {
            let before = if done.before { " (it was noted before)" } else { "" };
            let ledger = match ledger_to_read(&workspace) {
                Ok(ledger) => ledger,
                Err(exit) => return exit,
            };
            say(&format!("{}{before}", line(&done.exception, &workspace, &ledger)));
        }
        Err(error) => return failed(&error),
    }
    Exit::Success
}

fn list(workspace: &Workspace, today: NaiveDate, json: bool) -> Exit {
    let ledger = match ledger_to_read(workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    match open(&ledger, today) {
        Ok(all) if json => say_json(&all),
        Ok(all) if all.is_empty() => say("no exception is open"),
        Ok(all) => all.iter().for_each(|one| say(&line(one, workspace, &ledger))),
        Err(error) => return failed(&error),
    }
    Exit::Success
}

fn line(open: &Open, workspace: &Workspace, ledger: &Ledger) -> String {
    let level = RunResult::called(None, Some(open.level), workspace, ledger);
    let noticed = match &open.acknowledged {
        None => "nobody has acknowledged it".to_owned(),
        Some(notice) => {
            let until = notice.until.map(|until| format!(" until {}", long(until))).unwrap_or_default();
            format!("acknowledged by the {} on {}{until}: {}", notice.role, long(notice.dated), notice.note)
        }
    };
    format!("{}  {}  {level}, {} {}; {noticed}", open.exception, open.practice, open.event, long(open.since))
}
