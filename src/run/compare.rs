//! The last pack, and what of it would be different now.

use anyhow::Context as _;
use chrono::NaiveDate;

use super::result::{Comparison, FILE, RunResult};
use super::state::{Files, State, StateError};
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
        let folder = workspace.past_run(&record.id);
        let text = std::fs::read(folder.join(FILE))
            .with_context(|| format!("the result of the last pack, {}, cannot be read", record.id))?;
        let result = RunResult::read(&folder)?;
        let received_then: Vec<Arrival> =
            arrivals.iter().filter(|a| a.received <= result.as_of).cloned().collect();
        let then = State::at(files, &received_then, result.as_of)?;
        let late = State::at(files, arrivals, result.as_of)?;
        Ok(Some(Self { result, sha256: crate::sha256(&text), then, late }))
    }

    /// What a comparison needs of it.
    pub fn comparison(&self) -> Comparison<'_> {
        Comparison { last: &self.result, then: &self.then, late: &self.late }
    }
}
