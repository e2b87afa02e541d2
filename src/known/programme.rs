//! The programme of visits that a run knew: recomputed from the files and the pipeline that it had, beside that of
//! the pack it was compared with.

use anyhow::Context as _;
use chrono::NaiveDate;

use super::kept_inputs::kept_folder;
use super::last_pack::{LastPack, known_to, manifest};
use super::state::{Files, State};
use crate::ledger::{Arrival, Ledger, RunRecord};
use crate::pipeline::{Pipeline, load};
use crate::visits::programme::{Change, Programme, changes};
use crate::workspace::Workspace;

/// The programme of a run.
pub struct RunProgramme {
    /// The pipeline that the run used.
    pub pipeline: Pipeline,
    /// The programme.
    pub programme: Programme,
    /// The date of the pack that it is compared with, and what changed since; none without such a pack.
    pub since: Option<(NaiveDate, Vec<Change>)>,
}

impl RunProgramme {
    /// That of a run; none if its pipeline had none.
    ///
    /// # Errors
    /// If what went into the run is no longer kept, or cannot be read.
    pub fn of(record: &RunRecord, workspace: &Workspace, ledger: &Ledger) -> anyhow::Result<Option<Self>> {
        let run = &record.id;
        let manifest = manifest(run, workspace, ledger).with_context(|| {
            format!("the manifest of {run} is not in the store, so nobody knows what went into it")
        })?;
        let store = workspace.store();
        let folder = kept_folder(&store, ledger, &manifest.pipeline_sha256)?
            .with_context(|| format!("the pipeline folder of {run} was not kept"))?;
        let pipeline = load(&folder).pipeline.with_context(|| {
            format!(
                "the pipeline folder of {run} has errors for this version of the program; run the job again"
            )
        })?;
        if pipeline.visit_programme.is_none() {
            return Ok(None);
        }
        let files = Files::new(store, &pipeline).knowing(ledger)?;
        let known = known_to(&manifest).with_context(|| format!("the manifest of {run} cannot be read"))?;
        let arrivals = ledger.arrivals(record.as_of)?;
        let arrivals: Vec<Arrival> = arrivals.into_iter().filter(|a| known.contains(&a.number)).collect();
        let state = State::at(&files, &arrivals, record.as_of)?;
        let last = match &manifest.compared_with {
            Some(compared) => {
                Some(LastPack::of(&compared.run, workspace, ledger, &files, &arrivals, &state)?)
            }
            None => None,
        };
        let Some(programme) = Programme::on(&state.known, &pipeline)? else { return Ok(None) };
        let since = match &last {
            Some(last) => Programme::on(&last.then.known, &pipeline)?
                .map(|then| (last.then.as_of, changes(&then, &programme))),
            None => None,
        };
        drop((last, state, files));
        Ok(Some(Self { pipeline, programme, since }))
    }
}
