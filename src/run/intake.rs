//! Intake alone: what came is taken in and answered with receipts; no document is made and none sent.

use chrono::NaiveDate;
use serde::Serialize;

use super::error::RunError;
use super::execute::Progress;
use super::open::{Entrance, Front};
use super::receive::{Downloaded, Held};
use super::report::Taken;
use crate::disk::sweep;
use crate::disk::unwritten::Unwritten;
use crate::known::feeds_now::FeedFreshness;
use crate::known::held_back::HeldBack;
use crate::pipeline::Pipeline;
use crate::render::Templates;
use crate::workspace::Workspace;

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
    /// Why nothing was taken in although something may have come, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// Files that are held until a named person lets them count.
    pub held_back: Vec<HeldBack>,
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
    let unwritten = Unwritten::default();
    if !workspace.is_dry() {
        sweep(workspace.data());
    }

    let front = Entrance {
        pipeline,
        workspace,
        store: &store,
        templates: &templates,
        as_of: *as_of,
        job: None,
        label: format!("intake-{as_of}"),
        progress: *progress,
        unwritten: &unwritten,
    }
    .open(&mut ledger)?;
    let (taken, freshness) = (front.taken(), front.freshness(pipeline, &ledger, *as_of)?);
    let Front { waiting, blocked, held_back, downloads, held, state, mut warnings, receipts, .. } = front;
    warnings.extend(unwritten.told());
    warnings.extend(crate::run::unprintable::of_files(&receipts));
    let missing = match state {
        Ok(_) => None,
        Err(RunError::Missing(why)) => Some(why),
        Err(other) => return Err(other),
    };
    Ok(IntakeReport {
        as_of: *as_of,
        waiting,
        blocked,
        held_back,
        downloads,
        held,
        taken,
        freshness,
        warnings,
        missing,
    })
}
