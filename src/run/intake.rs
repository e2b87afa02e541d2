//! Intake alone: what came is taken in and answered with receipts; no document is made and none sent.

use chrono::NaiveDate;
use serde::Serialize;

use super::arrive;
use super::clock::RealTime;
use super::execute::{Progress, RunError, is_past, missing, taken, write_receipts};
use super::fresh::{FeedFreshness, of_feeds};
use super::receive::{Downloaded, Held, Received, Reception};
use super::report::Taken;
use super::state::{Files, State};
use super::workspace::Workspace;
use crate::pipeline::Pipeline;
use crate::render::Templates;

/// What is to be taken in.
pub struct IntakeRequest<'r> {
    /// The pipeline.
    pub pipeline: &'r Pipeline,
    /// Where.
    pub workspace: Workspace,
    /// The day that counts as that of arrival.
    pub as_of: NaiveDate,
    /// Whom to tell how far it came.
    pub progress: &'r dyn Progress,
}

/// What was taken in.
#[derive(Debug, Clone, Serialize)]
pub struct IntakeReport {
    /// The day that counts as that of arrival.
    pub as_of: NaiveDate,
    /// Files left in the inbox because later ones have been received already.
    pub waiting: usize,
    /// What came of each download.
    pub downloads: Vec<Downloaded>,
    /// What lies in the inbox and was not taken in, each with the reason.
    pub held: Vec<Held>,
    /// The files that were taken in.
    pub taken: Vec<Taken>,
    /// How fresh each feed is.
    pub freshness: Vec<FeedFreshness>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// Why no job could say anything about this day, if that is so.
    pub missing: Option<String>,
}

/// Takes in what came, and writes receipts.
///
/// Files are noted with the day of `as_of`; if files of a later day have been received, nothing is taken in
/// and nothing downloaded, so that the packs of that time can be made again.
///
/// # Errors
/// If the data folder, the store or the ledger cannot be used.
pub fn take_in(request: &IntakeRequest<'_>) -> Result<IntakeReport, RunError> {
    let IntakeRequest { pipeline, workspace, as_of, progress } = request;
    let _lock = workspace.lock()?;
    let mut ledger = workspace.ledger()?;
    let store = workspace.store();
    let templates = Templates::new().map_err(anyhow::Error::from)?;

    progress.step("taking in what comes");
    let past = is_past(&ledger, *as_of)?;
    let waiting = if past { arrive::waiting(workspace, pipeline, &ledger)? } else { 0 };
    let Received { lying, downloads, held } = match past {
        true => Received::default(),
        false => {
            let run = &format!("intake-{as_of}");
            let (store, waiter) = (&store, &RealTime);
            Reception { workspace, store, pipeline, received: *as_of, run, waiter }.receive(&mut ledger)?
        }
    };

    progress.step("writing receipts");
    let files = Files::new(store, pipeline);
    let arrivals = ledger.arrivals(*as_of)?;
    let state = State::at(&files, &arrivals, *as_of);
    let receipts = arrive::receipts(&lying, &mut ledger, &files, state.as_ref().ok(), &arrivals)?;
    write_receipts(&lying, &receipts, &templates)?;
    let settled = state.as_ref().ok().map(|state| &state.settled);
    let freshness = of_feeds(pipeline, &arrivals, settled, *as_of);
    let taken = taken(&lying, &receipts);
    let strays = arrive::strays(workspace, pipeline)?;
    let mut warnings: Vec<String> = strays.iter().map(|stray| arrive::stray(stray)).collect();
    warnings.extend(downloads.iter().filter_map(Downloaded::remark));
    let missing = match state.map_err(|error| missing(error, &downloads)) {
        Ok(_) => None,
        Err(RunError::Missing(why)) => Some(why),
        Err(other) => return Err(other),
    };
    Ok(IntakeReport { as_of: *as_of, waiting, downloads, held, taken, freshness, warnings, missing })
}
