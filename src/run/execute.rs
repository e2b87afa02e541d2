//! The steps of a run, in order.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde_json::json;

use super::alerts::alerts;
use super::arrive::{self, Lying};
use super::clock::RealTime;
use super::compare::LastPack;
use super::documents::{Press, write};
use super::events::Events;
use super::fresh::of_feeds;
use super::letters::plan;
use super::make::make;
use super::manifest::Manifest;
use super::material::material;
use super::receive::{Downloaded, Received, Reception};
use super::report::{LevelCount, Report, Taken};
use super::result::{Compared, FILE, RunResult};
use super::send::{send, unfinished};
use super::state::{Files, State, StateError};
use super::workspace::{LockError, Workspace};
use crate::dispatch::Folder;
use crate::intake::store::write_whole;
use crate::intake::{Receipt, State as Fate, inbox};
use crate::ledger::{Ledger, LedgerError, RunRecord, RunState, Seen};
use crate::packs::LEVELS_HEADER;
use crate::pipeline::{Job, Pipeline};
use crate::render::{Templates, Theme, pdf};

/// What is to be run.
pub struct Request<'r> {
    /// The job.
    pub job: &'r Job,
    /// The pipeline.
    pub pipeline: &'r Pipeline,
    /// Where.
    pub workspace: Workspace,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// Whom to tell how far it came.
    pub progress: &'r dyn Progress,
}

/// Hears how far a run has come.
pub trait Progress {
    /// A step begins.
    fn step(&self, what: &str);
}

/// Why a run could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data folder is in use, or cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// An essential source is missing.
    #[error("{0}")]
    Missing(String),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file or folder cannot be used.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl From<StateError> for RunError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Missing(..) => RunError::Missing(error.to_string()),
            StateError::Other(other) => RunError::Other(other),
        }
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        RunError::Other(error.into())
    }
}

/// Runs a job. The same files, pipeline and date give the same documents; what was sent before is not
/// sent again.
///
/// # Errors
/// If the run could not do its work; a rejected file, a refused document or an unsent message is not an
/// error but part of the report.
pub fn execute(request: &Request<'_>) -> Result<Report, RunError> {
    let Request { job, pipeline, workspace, as_of, progress } = request;
    let _lock = workspace.lock()?;
    let mut ledger = workspace.ledger()?;
    let store = workspace.store();
    let templates = Templates::new().map_err(anyhow::Error::from)?;

    progress.step("taking in what comes");
    let rebuild = is_past(&ledger, *as_of)?;
    let Received { lying, downloads, held } = match rebuild {
        true => Received::default(),
        false => {
            let run = &format!("{}-{as_of}", job.name);
            let (store, waiter) = (&store, &RealTime);
            Reception { workspace, store, pipeline, received: *as_of, run, waiter }.receive(&mut ledger)?
        }
    };
    let waiting = match rebuild {
        true => arrive::waiting(workspace, pipeline, &ledger)?,
        false => 0,
    };

    progress.step("triangulating");
    let files = Files::new(store.clone(), pipeline);
    let arrivals = ledger.arrivals(*as_of)?;
    let state = State::at(&files, &arrivals, *as_of);
    let receipts = arrive::receipts(&lying, &mut ledger, &files, state.as_ref().ok(), &arrivals)?;
    if !workspace.is_dry() {
        write_receipts(&lying, &receipts, &templates)?;
    }
    let state = state.map_err(|error| missing(error, &downloads))?;

    progress.step("comparing with the last pack");
    let last = LastPack::before(*as_of, workspace, &ledger, &files, &arrivals)?;
    let compared = last.as_ref().map(|last| {
        let compared = Compared { run: last.result.run.clone(), as_of: last.result.as_of };
        (compared, last.sha256.clone())
    });
    let manifest = Manifest::new(pipeline, &job.name, *as_of, compared, &arrivals);
    let record = begin(&mut ledger, job, *as_of, &manifest)?;
    let label = &pipeline.levels.assessed.label;
    let comparison = last.as_ref().map(LastPack::comparison);
    let result = RunResult::new(&record.id, &job.name, label, &state, comparison.as_ref());
    let folder = workspace.run(&record.id);
    let mut events = Events::open(&folder)?;
    let detail = json!({ "run": record.id, "program": manifest.program, "dry_run": workspace.is_dry() });
    events.note("begun", detail)?;
    for download in &downloads {
        events.note("downloaded", json!(download))?;
    }
    let taken = taken(&lying, &receipts);
    for file in &taken {
        events.note("received", json!(file))?;
    }
    write_result(&folder, &manifest, &result)?;

    progress.step("making the documents");
    let remarks = remarks(&state, pipeline);
    let material = material(&files, &arrivals, &state, &result, last.as_ref(), &remarks)?;
    let theme = Theme::nhs();
    let given = ledger.alerts()?;
    let alerts = alerts(&state.exceptions, &material.exception_clocks, &given, &record.id, *as_of)?;
    let press = Press {
        templates: &templates,
        theme: &theme,
        material: &material,
        folder: workspace.packs(&record.id),
    };
    let post = make(&press, job, &alerts)?;
    if !workspace.is_dry() {
        write_receipt_pages(&lying, &receipts, &press, &folder)?;
    }

    progress.step("sending");
    let (keys, resent) = plan(&post.letters, pipeline, job, *as_of, &record.id, &store, &mut ledger)?;
    ledger.note_alerts(&alerts.noted)?;
    let mut keys = keys;
    if !workspace.is_dry() {
        keys.extend(unfinished(&ledger, &keys)?);
    }
    let sent = send(&keys, &Folder::new(workspace.outbox()), &store, &mut ledger)?;
    for line in post.refused.iter().chain(&sent.failed) {
        events.note("failed", json!({ "what": line }))?;
    }
    ledger.note_run(&RunRecord { state: RunState::Complete, ..record.clone() })?;
    events.note("complete", json!({ "run": record.id, "sent": sent.now, "sent_before": sent.before }))?;

    let mut warnings: Vec<String> =
        arrive::strays(workspace, pipeline)?.into_iter().map(|stray| arrive::stray(&stray)).collect();
    warnings.extend(remarks);
    warnings.extend(downloads.iter().filter_map(Downloaded::remark));
    warnings.extend(resent);
    Ok(Report {
        run: record.id.clone(),
        job: job.name.clone(),
        as_of: *as_of,
        dry_run: workspace.is_dry(),
        waiting,
        downloads,
        held,
        freshness: of_feeds(pipeline, &arrivals, Some(&state.settled), *as_of),
        taken,
        practices: result.practices.len(),
        levels: levels(&result, last.as_ref().map(|l| &l.result), pipeline),
        moved: result
            .compared_with
            .as_ref()
            .map(|c| (result.practices.iter().filter(|p| p.cause.is_some()).count(), c.as_of)),
        open_exceptions: result.exceptions.len(),
        alerts: alerts
            .said
            .iter()
            .map(|(alert, _)| format!("{} {}", alert.exception, alert.event.word()))
            .collect(),
        documents: post.written,
        sent: sent.now,
        sent_before: sent.before,
        warnings,
        refused: post.refused,
        unsent: sent.failed,
    })
}

/// What documents say of the run as a whole.
fn remarks(state: &State, pipeline: &Pipeline) -> Vec<String> {
    let mut out = Vec::new();
    if pipeline.scope.registered_list && !state.register.list_known() {
        out.push(
            "No list of registered patients has been received: practices without a list cannot be told and are covered."
                .to_owned(),
        );
    }
    out
}

/// The error of a state that cannot be, with the downloads that failed: one of them may be why.
pub(super) fn missing(error: StateError, downloads: &[Downloaded]) -> RunError {
    let failed: Vec<String> = downloads.iter().filter_map(Downloaded::remark).collect();
    match RunError::from(error) {
        RunError::Missing(message) if !failed.is_empty() => {
            RunError::Missing(format!("{message}; {}", failed.join("; ")))
        }
        other => other,
    }
}

/// Whether files of a later date have been received, or a later run was completed: then nothing more is
/// received for this date, or the packs of then could not be made again.
pub(super) fn is_past(ledger: &Ledger, as_of: NaiveDate) -> Result<bool, LedgerError> {
    let later = [ledger.last_received()?, ledger.last_as_of()?].into_iter().flatten().max();
    Ok(later.is_some_and(|later| as_of < later))
}

/// Finds the name of the run and notes that it began. The same inputs make the same run.
fn begin(
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

pub(super) fn write_receipts(
    lying: &[Lying],
    receipts: &BTreeMap<usize, Receipt>,
    templates: &Templates,
) -> Result<(), RunError> {
    for (place, receipt) in receipts {
        let Some(file) = lying.get(*place) else { continue };
        let text = templates.receipt(receipt).map_err(anyhow::Error::from)?;
        write(&inbox::receipt_path(&file.path), text.as_bytes())?;
    }
    Ok(())
}

/// Receipts of the files that this run took in, as pages for the file.
fn write_receipt_pages(
    lying: &[Lying],
    receipts: &BTreeMap<usize, Receipt>,
    press: &Press<'_>,
    folder: &Path,
) -> Result<(), RunError> {
    for (place, receipt) in receipts {
        if !matches!(lying.get(*place).map(|l| &l.seen), Some(Seen::New(_))) {
            continue;
        }
        let pipeline = press.material.pipeline;
        let html = press.templates.receipt_page(receipt, &pipeline.organisation, &pipeline.classification);
        let rendered = pdf::pdf(&html.map_err(anyhow::Error::from)?, press.theme);
        let rendered = rendered.with_context(|| format!("the receipt {} cannot be laid out", receipt.id))?;
        write(&folder.join("receipts").join(format!("{}.pdf", receipt.id)), &rendered.bytes)?;
    }
    Ok(())
}

fn write_result(folder: &Path, manifest: &Manifest, result: &RunResult) -> Result<(), RunError> {
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

pub(super) fn taken(lying: &[Lying], receipts: &BTreeMap<usize, Receipt>) -> Vec<Taken> {
    let new = receipts.iter().filter(|(place, receipt)| {
        let seen = lying.get(**place).map(|l| &l.seen);
        matches!(seen, Some(Seen::New(_)))
            || (matches!(seen, Some(Seen::Elsewhere(_))) && receipt.state == Fate::Known)
    });
    new.map(|(_, receipt)| Taken::of(receipt)).collect()
}

fn levels(result: &RunResult, last: Option<&RunResult>, pipeline: &Pipeline) -> Vec<LevelCount> {
    let count = |result: &RunResult, level: Option<u8>| {
        result.practices.iter().filter(|p| p.outcome.level == level).count()
    };
    let numbers = pipeline.levels.levels.iter().map(|l| Some(l.number)).chain([None]);
    numbers
        .map(|number| LevelCount {
            level: number,
            name: pipeline.levels.get(number).name.clone(),
            now: count(result, number),
            before: last.map(|last| count(last, number)),
        })
        .collect()
}
