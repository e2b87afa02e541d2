//! The run in the ledger, and what its folder holds beside the documents.

use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;

use super::error::RunError;
use super::manifest::Manifest;
use super::result::{FILE, RunResult};
use crate::disk::write_whole;
use crate::ledger::{Ledger, RunRecord, RunState};
use crate::packs::LEVELS_HEADER;
use crate::pipeline::Job;

/// Finds the name of the run and notes that it began. The same inputs make the same run.
///
/// # Errors
/// If the ledger cannot be used.
pub fn begin(
    ledger: &mut Ledger,
    job: &Job,
    as_of: NaiveDate,
    manifest: &Manifest,
) -> Result<RunRecord, RunError> {
    let text = manifest.json().context("the manifest cannot be written")?;
    let sha256 = crate::sha256(text.as_bytes());
    let before = ledger.runs_of(&job.name, as_of)?;
    let same = before.iter().find(|run| run.manifest == sha256);
    let unfinished = before.last().filter(|run| run.state == RunState::Begun);
    let id = match (same.or(unfinished), before.len()) {
        (Some(run), _) => run.id.clone(),
        (None, 0) => format!("{}-{as_of}", job.name),
        (None, count) => format!("{}-{as_of}-{}", job.name, count + 1),
    };
    let record = RunRecord {
        id,
        job: job.name.clone(),
        as_of,
        packs: job.makes_packs(),
        manifest: sha256,
        state: RunState::Begun,
    };
    ledger.note_run(&record)?;
    Ok(record)
}

/// Writes what a run found into its folder.
///
/// # Errors
/// If a file cannot be written.
pub fn write_result(folder: &Path, manifest: &Manifest, result: &RunResult) -> Result<(), RunError> {
    let json = serde_json::to_string_pretty(result).context("the result cannot be written")?;
    let manifest = manifest.json().context("the manifest cannot be written")?;
    let mut levels = csv::Writer::from_writer(Vec::new());
    levels.write_record(LEVELS_HEADER).context("the levels cannot be written")?;
    for practice in &result.practices {
        levels.write_record(practice.levels_row()).context("the levels cannot be written")?;
    }
    let levels = levels.into_inner().map_err(|e| anyhow::anyhow!("the levels cannot be written: {e}"))?;
    write_whole(&folder.join(FILE), (json + "\n").as_bytes())?;
    write_whole(&folder.join("manifest.json"), manifest.as_bytes())?;
    write_whole(&folder.join("levels.csv"), &levels)?;
    Ok(())
}
