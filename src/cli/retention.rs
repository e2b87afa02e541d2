//! `quarterday retention`: what may go from the data folder, and its removal.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use super::Exit;
use super::as_of::asked;
use super::dating::writing_date;
use super::invocation::{invocation, quoted};
use super::output::{complain, failed, hint, pipeline, say, say_json};
use crate::clock;
use crate::dates::long;
use crate::upkeep::retention::{Class, Plan, Verdict, apply, look};
use crate::wording::plural;
use crate::workspace::{LockError, Workspace};

#[derive(Debug, Args)]
pub(super) struct RetentionArgs {
    /// The pipeline folder, whose pipeline.toml says in [retention] how long things are kept
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The date to judge by; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// Removes what may go, after noting it in the ledger; without it nothing is removed
    #[arg(long)]
    apply: bool,
    /// Only tells what may go; so it is without --apply
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn retention(args: &RetentionArgs) -> Exit {
    let loaded = match pipeline(&args.pipeline) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let workspace = Workspace::new(&args.data);
    if let Err(exit) = asked(args.as_of, args.future) {
        return exit;
    }
    let date = match args.apply {
        true => writing_date(&workspace, args.as_of, Some(&loaded)),
        false => Ok(args.as_of.unwrap_or_else(clock::today)),
    };
    let as_of = match date {
        Ok(date) => date,
        Err(error) => return failed(&error),
    };
    if args.apply && as_of > clock::today() {
        complain(&format!("{} is in the future: what is kept until then may not go today", long(as_of)));
        hint("leave out --as-of, or leave out --apply to see what will go by then");
        return Exit::Failure;
    }
    let done = match args.apply {
        true => apply(&workspace, &loaded, as_of),
        false => look(&workspace, &loaded, as_of),
    };
    match done {
        Ok(plan) => {
            match args.json {
                true => say_json(&json!({ "as_of": as_of, "applied": args.apply, "plan": plan })),
                false => tell(&plan, args, as_of),
            }
            Exit::Success
        }
        Err(error) if matches!(error.downcast_ref(), Some(LockError::Held)) => {
            failed(&error);
            Exit::Busy
        }
        Err(error) => failed(&error),
    }
}

/// How many things of a class are named to a person.
const SHOWN: usize = 10;

fn tell(plan: &Plan, args: &RetentionArgs, as_of: NaiveDate) {
    let bytes = plan.going.iter().map(|v| v.bytes).sum();
    let verb = if args.apply { "removed" } else { "may go" };
    say(&format!(
        "as at {}: {} {verb} ({}), {} old enough but needed, {} not old enough",
        long(as_of),
        plural(plan.going.len(), "thing", "things"),
        size(bytes),
        plan.held.len(),
        plan.young
    ));
    for (class, of_class) in by_class(&plan.going) {
        let bytes = of_class.iter().map(|v| v.bytes).sum();
        say(&format!("  {:<15} {} ({})", class.key(), of_class.len(), size(bytes)));
        let more = of_class.len().saturating_sub(SHOWN);
        for verdict in of_class.into_iter().take(SHOWN) {
            say(&format!("    {}: {}", verdict.path, verdict.why));
        }
        if more > 0 {
            say(&format!("    and {more} more (--json names them all)"));
        }
    }
    for (class, of_class) in by_class(&plan.held) {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        of_class.iter().for_each(|v| *reasons.entry(&v.why).or_default() += 1);
        for (why, count) in reasons {
            say(&format!("  {:<15} {count} held: {why}", class.key()));
        }
    }
    if !args.apply && !plan.going.is_empty() {
        let quote = |path: &PathBuf| quoted(&path.display().to_string());
        let (pipeline, data) = (quote(&args.pipeline), quote(&args.data));
        say("Nothing was removed. To remove it:");
        say(&format!("  {} retention --pipeline {pipeline} --data {data} --apply", invocation()));
    }
}

fn by_class(verdicts: &[Verdict]) -> BTreeMap<Class, Vec<&Verdict>> {
    let mut out: BTreeMap<Class, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts {
        out.entry(verdict.class).or_default().push(verdict);
    }
    out
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => plural(usize::try_from(bytes).unwrap_or(0), "byte", "bytes"),
        1_024..1_048_576 => format!("{} KB", bytes.div_ceil(1_024)),
        1_048_576..1_073_741_824 => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GB", bytes as f64 / 1_073_741_824.0),
    }
}
