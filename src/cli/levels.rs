//! `quarterday levels`: the level of every practice as a run found it.

use std::path::Path;

use serde_json::{Map, Value};

use super::output::{complain, failed, hint, say, say_json, say_raw, warn};
use super::table::say_table;
use super::{Exit, Format, LevelsArgs};
use crate::diagnostic::likely;
use crate::documents::LEVELS_HEADER;
use crate::known::result::RunResult;
use crate::ledger::{LedgerError, RunRecord};
use crate::wording::in_a_line;
use crate::workspace::Workspace;

pub(super) fn levels(args: &LevelsArgs) -> Exit {
    let Found { result, later } = match result(&args.data, args.run.as_deref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    unclaimed(&result);
    let rows: Vec<[String; 18]> =
        result.practices.iter().map(|p| p.levels_row(|level| result.level_id(level))).collect();
    let format = if args.json { Format::Json } else { args.format };
    match format {
        Format::Csv => {
            older(&result, later.as_ref());
            say_raw(&csv(&rows));
        }
        Format::Json => {
            older(&result, later.as_ref());
            say_json(&rows.iter().map(object).collect::<Vec<Value>>());
        }
        Format::Table => table(&result, later.as_ref(), &rows),
    }
    Exit::Success
}

/// Says at which practices rows stand that no rule claims.
fn unclaimed(result: &RunResult) {
    let open = result.practices.iter().map(|p| &p.outcome).filter(|outcome| !outcome.unclaimed.is_empty());
    let codes: Vec<String> = open.map(|outcome| outcome.practice.code.clone()).collect();
    if !codes.is_empty() {
        let named = crate::wording::list(&codes.iter().take(NAMED).cloned().collect::<Vec<_>>());
        let more = match codes.len().checked_sub(NAMED) {
            Some(more @ 1..) => format!(" and {more} more"),
            _ => String::new(),
        };
        warn(&format!("rows stand that no rule claims, at {named}{more}: `quarterday explain` shows them"));
    }
}

/// The result of a run, and the last run where that is a later one.
pub(super) struct Found {
    pub result: RunResult,
    pub later: Option<RunRecord>,
}

/// The result of a run, or of the last one.
pub(super) fn result(data: &Path, run: Option<&str>) -> Result<Found, Exit> {
    let workspace = Workspace::new(data);
    let record = record(&workspace, run)?;
    let later = match run {
        None => None,
        Some(_) => last(&workspace)?.filter(|last| last.id != record.id),
    };
    let ledger = workspace.existing_ledger().map_err(|error| failed(&error.into()))?;
    let result = match &ledger {
        Some(ledger) => RunResult::kept(&record.id, &workspace, ledger),
        None => RunResult::read(&workspace.past_run(&record.id)),
    };
    Ok(Found { result: result.map_err(|error| failed(&error))?, later })
}

fn last(workspace: &Workspace) -> Result<Option<RunRecord>, Exit> {
    let refused = |error: LedgerError| failed(&error.into());
    match workspace.existing_ledger().map_err(refused)? {
        Some(ledger) => ledger.run(None).map_err(refused),
        None => Ok(None),
    }
}

/// What is said first of a run that is not the last one; empty if it is.
pub(super) fn not_the_last(later: Option<&RunRecord>) -> String {
    later.map_or_else(String::new, |last| {
        format!("; the last run is {}, as at {}", last.id, crate::dates::long(last.as_of))
    })
}

/// Says beside a table for machines that it speaks of an older run.
fn older(result: &RunResult, later: Option<&RunRecord>) {
    if later.is_some() {
        let of = format!("as at {}, run {}", crate::dates::long(result.as_of), result.run);
        warn(&format!("these levels are {of}{}", not_the_last(later)));
    }
}

/// What the ledger knows of a run, or of the last one.
pub(super) fn record(workspace: &Workspace, run: Option<&str>) -> Result<RunRecord, Exit> {
    let refused = |error: LedgerError| failed(&error.into());
    let Some(ledger) = workspace.existing_ledger().map_err(refused)? else {
        complain(&workspace.no_ledger());
        hint("check --data, or run a job first");
        return Err(Exit::Failure);
    };
    if let Some(record) = ledger.run(run).map_err(refused)? {
        return Ok(record);
    }
    let known = ledger.runs().map_err(refused)?;
    complain(&match (run, known.as_slice()) {
        (_, []) => "no job has been run yet".to_owned(),
        (Some(run), known) => no_such_run(run, known),
        (None, _) => "no run has been completed yet".to_owned(),
    });
    Err(Exit::Failure)
}

/// How many runs are named to a person who named none of them.
const NAMED: usize = 8;

fn no_such_run(run: &str, known: &[RunRecord]) -> String {
    let ids: Vec<&str> = known.iter().map(|r| r.id.as_str()).collect();
    let last = ids.get(ids.len().saturating_sub(NAMED)..).unwrap_or_default().join(", ");
    let there_are = match ids.len() > NAMED {
        true => format!("there are {}, the last of them {last}", ids.len()),
        false => format!("there are {last}"),
    };
    let near = likely(run, ids).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    format!("there is no run \"{run}\"; {there_are}{near}")
}

fn csv(rows: &[[String; 18]]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail, and the text is what was put in.
    let _ = writer.write_record(LEVELS_HEADER);
    for row in rows {
        let _ = writer.write_record(row);
    }
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The same cells as JSON: numbers as numbers, rules as a list, missing values as null.
fn object(row: &[String; 18]) -> Value {
    let mut out = Map::new();
    for (name, cell) in LEVELS_HEADER.iter().zip(row) {
        let value = match *name {
            "rules" | "marks" => Value::from(cell.split(';').filter(|r| !r.is_empty()).collect::<Vec<_>>()),
            _ if cell.is_empty() => Value::Null,
            "level" | "proposed_level" | "previous_level" => Value::from(cell.parse::<u8>().ok()),
            "days_late" => Value::from(cell.parse::<u32>().ok()),
            "variation_score" => Value::from(cell.parse::<f64>().ok()),
            "not_assessed" => Value::from(cell == "true"),
            _ => Value::from(cell.as_str()),
        };
        out.insert((*name).to_owned(), value);
    }
    Value::Object(out)
}

fn table(result: &RunResult, later: Option<&RunRecord>, rows: &[[String; 18]]) {
    let as_at = crate::dates::long(result.as_of);
    say(&format!("{} as at {as_at} (run {}){}", result.job, result.run, not_the_last(later)));
    say("");
    let heads = [
        "Code",
        "Practice",
        "Place",
        "Level",
        "Proposed",
        "Last",
        "Cause",
        "Decision",
        "Score",
        "Visit due",
        "Clock",
        "From",
        "Met on",
        "Late",
        "Rules",
    ];
    let picked = [0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15, 16, 8];
    let cut = |text: &str| -> String { in_a_line(text).chars().take(34).collect() };
    let shown = rows.iter().map(|row| {
        let shown = |i: &usize| match (i, row[*i].as_str()) {
            (3 | 4, "") => "-".to_owned(),
            (8, rules) => rules.replace(';', ", "),
            // A score that is too old to be used must not look like one that counts.
            (9, score) if !score.is_empty() && row[11] == "true" => format!("{score} (stale)"),
            (_, text) => cut(text),
        };
        picked.iter().map(shown).collect()
    });
    say_table(&heads, shown);
}
