//! A past run from what was kept of it: its pipeline folder and the files that it knew.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::kept_inputs::kept_folder;
use super::last_packs::manifest_of;
use super::state::{Files, State, StateError};
use crate::intake::Receipt;
use crate::ledger::{Arrival, Ledger, RunRecord};
use crate::pipeline::{Folder, Pipeline};
use crate::workspace::Workspace;

/// What went into a past run.
pub struct PastRun {
    /// Its pipeline folder.
    pub folder: Folder,
    /// The files that it knew.
    pub arrivals: Vec<Arrival>,
    /// The run.
    pub record: RunRecord,
}

impl PastRun {
    /// What went into a run; nothing is written.
    ///
    /// # Errors
    /// If its manifest or its pipeline folder is not kept.
    pub fn of(record: RunRecord, workspace: &Workspace, ledger: &Ledger) -> anyhow::Result<Self> {
        let manifest = manifest_of(&record, workspace)?
            .with_context(|| format!("the manifest of {} is not kept", record.id))?;
        let folder = kept_folder(&workspace.store(), ledger, &manifest.pipeline_sha256)?
            .with_context(|| format!("the pipeline folder of {} is not kept", record.id))?;
        let known: BTreeSet<u32> =
            manifest.inputs.iter().filter_map(|input| Receipt::number_of(&input.receipt)).collect();
        let arrivals = ledger.every_arrival()?.into_iter().filter(|a| known.contains(&a.number)).collect();
        Ok(Self { folder, arrivals, record })
    }

    /// What was known to the run, as a pipeline reads it.
    ///
    /// # Errors
    /// If an essential feed has no readable file, or the store is damaged.
    pub fn state(
        &self,
        pipeline: &Pipeline,
        workspace: &Workspace,
        ledger: &Ledger,
    ) -> Result<State, StateError> {
        let files = Files::new(workspace.store(), pipeline).knowing(ledger).map_err(anyhow::Error::from)?;
        State::at(&files, &self.arrivals, self.record.as_of)
    }
}
