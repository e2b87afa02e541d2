//! The last pack, and what of it would be different now.

use chrono::NaiveDate;

use super::proof::MANIFEST;
use super::result::{Comparison, FILE, RunResult};
use super::state::{Files, State, StateError};
use super::unwritten::Unwritten;
use super::workspace::Workspace;
use crate::ledger::{Arrival, Ledger};

/// The last pack and the states to compare it with.
pub struct LastPack {
    /// What it said.
    pub result: RunResult,
    /// The SHA-256 of what it said.
    pub sha256: String,
    /// Today's rules on the files of then, for the day of then.
    pub then: State,
    /// Today's rules on the files of now, for the day of then.
    pub late: State,
}

impl LastPack {
    /// The last pack made before a date, if there is one.
    ///
    /// # Errors
    /// If its folder or a file of then cannot be read.
    pub fn before(
        as_of: NaiveDate,
        workspace: &Workspace,
        ledger: &Ledger,
        files: &Files<'_>,
        arrivals: &[Arrival],
    ) -> Result<Option<Self>, StateError> {
        let record = ledger.last_packs(as_of).map_err(anyhow::Error::from)?;
        let Some(record) = record else { return Ok(None) };
        // The store keeps it: the folder of a run may have been deleted.
        let text = Self::text(&record.id, workspace, ledger)?;
        let result = RunResult::of_text(&record.id, &text)?;
        let received_then: Vec<Arrival> =
            arrivals.iter().filter(|a| a.received <= result.as_of).cloned().collect();
        let then = State::at(files, &received_then, result.as_of)?;
        let late = State::at(files, arrivals, result.as_of)?;
        Ok(Some(Self { result, sha256: crate::sha256(&text), then, late }))
    }

    /// Writes again into the folder of its run what is gone there and the store still has. Gives what to tell.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn lay_again(
        &self,
        workspace: &Workspace,
        ledger: &Ledger,
        unwritten: &Unwritten,
    ) -> anyhow::Result<Option<String>> {
        let run = &self.result.run;
        let folder = workspace.past_run(run);
        if folder.join(FILE).is_file() {
            return Ok(None);
        }
        let Some(record) = ledger.run(Some(run))? else { return Ok(None) };
        unwritten.write(&folder.join(FILE), &Self::text(run, workspace, ledger)?);
        if let Ok(manifest) = workspace.store().get(&record.manifest) {
            unwritten.write(&folder.join(MANIFEST), &manifest);
        }
        Ok(Some(format!(
            "the folder of {run} was gone; what later packs need of it was written again from the store, and \
             `quarterday run {} --as-of {}` makes the rest of it again",
            record.job, record.as_of
        )))
    }

    fn text(run: &str, workspace: &Workspace, ledger: &Ledger) -> anyhow::Result<Vec<u8>> {
        RunResult::kept_text(run, workspace, ledger)
    }

    /// What a comparison needs of it.
    pub fn comparison(&self) -> Comparison<'_> {
        Comparison { last: &self.result, then: &self.then, late: &self.late }
    }
}
