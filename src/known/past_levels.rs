//! Levels that practices had in the last run, and that the pipeline folder no longer has under any number.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::result::RunResult;
use crate::dates::long;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::pipeline::Pipeline;
use crate::wording::{list, plural};
use crate::workspace::Workspace;

/// Warns if practices had levels in the last run that are gone: each of them will count as moved.
///
/// # Errors
/// If the ledger or what the last run found cannot be read.
pub fn past_levels(workspace: &Workspace, pipeline: &Pipeline) -> anyhow::Result<Vec<Diagnostic>> {
    let Some(ledger) = workspace.existing_ledger().context("the ledger cannot be read")? else {
        return Ok(Vec::new());
    };
    let Some(run) = ledger.run(None)? else { return Ok(Vec::new()) };
    let last = RunResult::kept(&run.id, workspace, &ledger)?.renumbered(&pipeline.levels);
    let mut gone: BTreeMap<u8, usize> = BTreeMap::new();
    for level in last.practices.iter().filter_map(|standing| standing.outcome.level) {
        if pipeline.levels.levels.iter().all(|known| known.number != level) {
            *gone.entry(level).or_default() += 1;
        }
    }
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<String> = gone.keys().map(u8::to_string).collect();
    let message = format!(
        "no level is numbered {}, and {} had such a level on {}: the next pack shows them as moved",
        list(&numbers),
        plural(gone.values().sum(), "practice", "practices"),
        long(last.as_of)
    );
    Ok(vec![Diagnostic {
        severity: Severity::Warning,
        code: Code::Incomplete,
        file: "levels.toml".to_owned(),
        line: None,
        message,
        help: Some(format!(
            "write formerly = [{}] at the level that it is now; it keeps its number if it means what it meant",
            numbers.join(", ")
        )),
        follows: false,
    }])
}
