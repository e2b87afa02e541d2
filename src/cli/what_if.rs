//! `quarterday what-if`: who would be at another level under other values or another pipeline folder.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Exit;
use super::levels::result;
use super::output::{complain, failed, hint, pipeline, pipeline_of, say, say_json};
use crate::dates::long;
use crate::known::past_run::PastRun;
use crate::known::what_if::{WouldMove, with_values, would_move};
use crate::wording::plural;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(super) struct WhatIfArgs {
    /// A value of the pipeline and the number it would have; may be given several times
    #[arg(long, value_name = "NAME=NUMBER", value_parser = value)]
    set: Vec<(String, f64)>,
    /// The pipeline folder that would be used; that of the run if left out
    #[arg(long, value_name = "DIR")]
    pipeline: Option<PathBuf>,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The run; the last one if left out
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

fn value(text: &str) -> Result<(String, f64), String> {
    let (name, number) = text.split_once('=').ok_or("write it as NAME=NUMBER")?;
    let number: f64 = number.trim().parse().map_err(|_| format!("`{}` is no number", number.trim()))?;
    if !number.is_finite() {
        return Err(format!("`{number}` is no number"));
    }
    Ok((name.trim().to_owned(), number))
}

pub(super) fn what_if(args: &WhatIfArgs) -> Exit {
    if args.set.is_empty() && args.pipeline.is_none() {
        complain("nothing would be otherwise");
        hint("name a value with --set, or a folder with --pipeline");
        return Exit::Failure;
    }
    match told(args) {
        Ok(()) => Exit::Success,
        Err(exit) => exit,
    }
}

fn told(args: &WhatIfArgs) -> Result<(), Exit> {
    let result = result(&args.data, args.run.as_deref())?.result;
    let workspace = Workspace::new(&args.data);
    let record = super::levels::record(&workspace, Some(&result.run))?;
    let ledger = workspace.existing_ledger().map_err(|error| failed(&error.into()))?;
    let Some(ledger) = ledger else { return Err(Exit::Failure) };
    let past = PastRun::of(record, &workspace, &ledger).map_err(|error| failed(&error))?;
    let mut other = match &args.pipeline {
        Some(dir) => pipeline(dir)?,
        None => pipeline_of(&past.folder, "the pipeline folder of the run")?,
    };
    if !args.set.is_empty() {
        let folder = with_values(&other, &args.set).map_err(|error| failed(&error))?;
        other = pipeline_of(&folder, "the pipeline folder with these values")?;
    }
    let state = past.state(&other, &workspace, &ledger).map_err(|error| failed(&error.into()))?;
    let result = result.renumbered(&other.levels);
    let moved = would_move(&result, &state, &other);
    if args.json {
        let set: serde_json::Map<String, serde_json::Value> =
            args.set.iter().map(|(name, number)| (name.clone(), json!(number))).collect();
        say_json(&json!({
            "run": result.run,
            "as_of": result.as_of,
            "set": set,
            "practices": state.outcomes.len(),
            "moved": moved,
        }));
        return Ok(());
    }
    say(&format!(
        "{} of {} would be at another level on {} (run {}); nothing was changed",
        moved.len(),
        plural(state.outcomes.len(), "practice", "practices"),
        long(result.as_of),
        result.run
    ));
    for WouldMove { practice_code, practice_name, from, to, because, .. } in &moved {
        let (from, to) = (result.in_words(*from), other.levels.in_words(*to));
        say(&format!("{practice_code} {practice_name}: from {from} to {to}, because {because}"));
    }
    Ok(())
}
