//! `quarterday ack`: a named person takes notice of an exception.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Exit;
use super::desk::{failed, moment};
use super::output::{complain, say, say_json};
use crate::dates::long;
use crate::run::{DeskError, Open, Workspace, acknowledge, clock, open};

#[derive(Debug, Args)]
#[command(after_help = "An acknowledgement stands until its date, until the exception worsens, or until it \
closes. It stands in the quarterly packs beside the exception.

Examples:
  quarterday ack --data DATA                       which exceptions are open
  quarterday ack concerns-quality/Q-017 --as \"Head of Quality\" --note \"Visit on 3 September\" \\
      --until 2026-09-10 --data DATA")]
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
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &AckArgs) -> Exit {
    let workspace = Workspace::new(&args.data);
    let today = args.as_of.unwrap_or_else(clock::today);
    let (Some(asked), Some(role), Some(note)) = (&args.exception, &args.role, &args.note) else {
        return list(&workspace, today, args.json);
    };
    let done = acknowledge(&workspace, asked, role.trim(), note.trim(), args.until, today, &moment());
    match done {
        Ok(done) if args.json => say_json(&done),
        Ok(done) => {
            let before = if done.before { " (it was noted before)" } else { "" };
            say(&format!("{}{before}", line(&done.exception)));
        }
        Err(error) => return failed(&error, args.json),
    }
    Exit::Success
}

fn list(workspace: &Workspace, today: NaiveDate, json: bool) -> Exit {
    let ledger = match workspace.existing_ledger() {
        Ok(Some(ledger)) => ledger,
        Ok(None) => {
            complain(&format!("{} holds no ledger: no job has been run there", workspace.data().display()));
            return Exit::Failure;
        }
        Err(error) => return failed(&DeskError::from(error), json),
    };
    match open(&ledger, today) {
        Ok(all) if json => say_json(&all),
        Ok(all) if all.is_empty() => say("no exception is open"),
        Ok(all) => all.iter().for_each(|one| say(&line(one))),
        Err(error) => return failed(&error, json),
    }
    Exit::Success
}

fn line(open: &Open) -> String {
    let noticed = match &open.acknowledged {
        None => "nobody has acknowledged it".to_owned(),
        Some(notice) => {
            let until = notice.until.map(|until| format!(" until {}", long(until))).unwrap_or_default();
            format!("acknowledged by the {} on {}{until}: {}", notice.role, long(notice.dated), notice.note)
        }
    };
    format!(
        "{}  {}  level {}, {} {}; {noticed}",
        open.exception,
        open.practice,
        open.level,
        open.event,
        long(open.since)
    )
}
