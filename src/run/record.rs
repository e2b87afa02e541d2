//! The run in the ledger, and what its folder holds beside the documents.

use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;

use super::error::RunError;
use crate::disk::unwritten::Unwritten;
use crate::documents::LEVELS_HEADER;
use crate::known::kept_inputs::MANIFEST;
use crate::known::manifest::Manifest;
use crate::known::result::{FILE, RunResult};
use crate::ledger::{Ledger, RunRecord, RunState};
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
        packs: job.makes_packs,
        manifest: sha256,
        state: RunState::Begun,
    };
    ledger.note_run(&record)?;
    Ok(record)
}

/// What a run found, as it is written into its folder and kept in the store.
pub struct Written {
    /// The manifest.
    pub manifest: String,
    /// The result.
    pub result: String,
    levels: Vec<u8>,
}

impl Written {
    /// Puts it into words.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn of(manifest: &Manifest, result: &RunResult) -> Result<Self, RunError> {
        let json = serde_json::to_string_pretty(result).context("the result cannot be written")?;
        let manifest = manifest.json().context("the manifest cannot be written")?;
        let mut levels = csv::Writer::from_writer(Vec::new());
        levels.write_record(LEVELS_HEADER).context("the levels cannot be written")?;
        for practice in &result.practices {
            levels
                .write_record(practice.levels_row(|level| result.level_id(level)))
                .context("the levels cannot be written")?;
        }
        let levels = levels.into_inner().map_err(|e| anyhow::anyhow!("the levels cannot be written: {e}"))?;
        Ok(Self { manifest, result: json + "\n", levels })
    }

    /// Writes it into the folder of the run.
    pub fn lay_into(&self, folder: &Path, unwritten: &Unwritten) {
        unwritten.write(&folder.join(FILE), self.result.as_bytes());
        unwritten.write(&folder.join(MANIFEST), self.manifest.as_bytes());
        unwritten.write(&folder.join("levels.csv"), &self.levels);
    }
}
