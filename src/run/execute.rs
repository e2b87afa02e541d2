//! The steps of a run, in order.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;

use super::answer::{self, Desk};
use super::error::RunError;
use super::events::Events;
use super::open::{Entrance, Front, write_receipt_pages};
use super::record::{Written, begin};
use super::report::{LevelCount, Report};
use super::unprintable;
use crate::clock::RealTime;
use crate::disk::sweep;
use crate::disk::unwritten::Unwritten;
use crate::dispatch::recipients::needs_public;
use crate::documents::Badge;
use crate::known::held_back;
use crate::known::holding::Bench;
use crate::known::kept_inputs;
use crate::known::last_pack::Today;
use crate::known::late_packs;
use crate::known::manifest::Manifest;
use crate::known::material::{Gathered, Papers, exception_clocks};
use crate::known::printed::Printed;
use crate::known::result::RunResult;
use crate::known::state::{Files, State};
use crate::known::urgent;
use crate::ledger::{Arrival, Ledger, RunRecord, RunState};
use crate::pipeline::{Audience, Committee, Document, Job, Pipeline, out_of_date};
use crate::post::acknowledge::{ended, shown};
use crate::post::alerts::{alerts, turns};
use crate::post::documents::Press;
use crate::post::gate::{Gate, Origin, Passing, PostOffice};
use crate::post::hand_over::{Counter, hand_over};
use crate::post::make::make;
use crate::post::plan::{Office, packs_waiting};
use crate::post::recipient_lists;
use crate::post::revisions::Revisions;
use crate::render::{Templates, Theme};
use crate::workspace::Workspace;

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
    let templates = Templates::of(&pipeline.source).map_err(anyhow::Error::from)?;
    let unwritten = Unwritten::default();
    if !workspace.is_dry() {
        sweep(workspace.data());
    }

    let label = format!("{}-{as_of}", job.name);
    let front = Entrance {
        pipeline,
        workspace,
        store: &store,
        templates: &templates,
        as_of: *as_of,
        job: Some(&job.name),
        label,
        progress: *progress,
        unwritten: &unwritten,
    }
    .open(&mut ledger)?;
    let (taken, freshness) = (front.taken(), front.freshness(pipeline, &ledger, *as_of)?);
    let Front {
        rebuild,
        lying,
        downloads,
        held,
        held_back,
        waiting,
        blocked,
        files,
        arrivals,
        state,
        lasts,
        receipts,
        ..
    } = front;
    let (state, mut warnings) = (state?, front.warnings);
    refuse_packs(request, &ledger, &files, &arrivals, &state)?;
    let last = lasts.latest();
    let given = ledger.alerts()?;
    let acknowledged = shown(&state.exceptions, &given, &ledger.acknowledgements()?, *as_of);
    let mut manifest = Manifest::new(pipeline, &job.name, *as_of, &lasts, &arrivals, &acknowledged);
    let public = public(job, pipeline);
    let printed = match public.is_empty() {
        true => Printed::default(),
        false => Printed::before(&manifest, workspace, &ledger)?,
    };
    manifest.printed.clone_from(&printed.runs);
    let ran_before = ledger.last_as_of()?;
    let record = begin(&mut ledger, job, *as_of, &manifest)?;
    let feeds: BTreeMap<u32, String> = arrivals.iter().map(|a| (a.number, a.feed.clone())).collect();
    let rows = state.rows(&feeds, pipeline)?;
    let today = Today { rows: &rows, feeds: &feeds, pipeline };
    let comparison = last.map(|last| last.comparison(&today)).transpose()?;
    let mut result = RunResult::new(&record.id, &job.name, &pipeline.levels, &state, comparison.as_ref())?;
    let remarks = remarks(&state, pipeline);
    let papers = Papers::of(&state, &result, &lasts, &today)?;
    let source = Gathered { files: &files, arrivals: &arrivals, state: &state, run: &record.id };
    let packs_before = lasts.packs().flat_map(|last| last.result.exceptions.values());
    let turns = turns(&state.exceptions, &given, (&record.id, *as_of), packs_before, &rows)?;
    let mut materials = papers.materials(&source, &remarks, &acknowledged, &turns)?;
    if !public.is_empty() {
        let mut places: Vec<usize> = Vec::new();
        for (committee, document) in &public {
            places.extend(papers.place(&committee.id, &document.id).filter(|place| !places.contains(place)));
        }
        result.published = printed.settle(&record.id, &mut materials, &places);
    }
    let folder = workspace.run(&record.id);
    let mut events = Events::open(&folder, &unwritten);
    let detail = json!({ "run": record.id, "program": manifest.program, "dry_run": workspace.is_dry() });
    events.note("begun", detail);
    for download in &downloads {
        events.note("downloaded", json!(download));
    }
    for file in &taken {
        events.note("received", json!(file));
    }
    for file in &held_back {
        events.note("held", json!(file));
    }
    let written = Written::of(&manifest, &result)?;
    written.lay_into(&folder, &unwritten);
    kept_inputs::keep(&store, &mut ledger, pipeline, &record, (&written.manifest, &written.result))?;

    progress.step("making the documents");
    let theme = Theme::nhs();
    let clocks = exception_clocks(&state, pipeline);
    let alerts = alerts(&state.exceptions, &clocks, &given, &record.id, *as_of)?;
    let origin = Origin { state: &state, files: &files, arrivals: &arrivals };
    let passing = Passing {
        job: job.name.clone(),
        run: record.id.clone(),
        as_of: *as_of,
        folder: workspace.held(&record.id),
    };
    let gate = Gate::new(&pipeline.guard, origin, passing, &ledger)?;
    let packs = workspace.packs(&record.id);
    let press = Press {
        gate: &gate,
        templates: &templates,
        theme: &theme,
        folder: packs.clone(),
        unwritten: &unwritten,
        contents: folder.join("documents"),
    };
    let of = |committee: &Committee, document: &Document| {
        papers.place(&committee.id, &document.id).and_then(|place| materials.get(place))
    };
    let mut post = make(&press, &of, pipeline, job, &alerts, &Revisions::of(&ledger)?)?;
    let office = PostOffice {
        ledger: &ledger,
        store: &store,
        templates: &templates,
        classification: &pipeline.classification,
    };
    post.letters = gate.letters(post.letters, &mut post.refused, office)?;
    if !workspace.is_dry() {
        warnings.extend(write_receipt_pages(&lying, &receipts, pipeline, &templates, (&folder, &unwritten))?);
    }

    warnings.extend(kept_inputs::note_written(&mut ledger, &record.id, &packs)?);

    progress.step("sending");
    let at = crate::clock::moment();
    let changes = ledger.note_lists(&recipient_lists::listed(pipeline), &record.id, *as_of, &at)?;
    let office = Office {
        pipeline,
        job,
        run: &record.id,
        as_of: *as_of,
        dry: workspace.is_dry(),
        at: &at,
        store: &store,
    };
    let planning = office.plan(&post.letters, &mut ledger)?;
    ledger.note_alerts(&alerts.noted)?;
    let guarded = gate.finish(&mut ledger)?;
    let (late, noted) = late_packs::find(last, &record.id, *as_of, &ledger, &arrivals)?;
    ledger.note_late(&noted, &at)?;
    if let Some(late) = &late {
        events.note("late-data", json!({ "packs": late.run, "levels": late.levels }));
    }
    let mut keys = planning.keys;
    if !rebuild {
        let named = (*job, record.id.as_str());
        let desk = Desk { files: &files, arrivals: &arrivals, templates: &templates };
        keys.extend(answer::plan(&desk, &lying, &receipts, &state, last, named, &store, &mut ledger)?);
    }
    let counter = Counter { pipeline, workspace, store: &store, clock: &RealTime };
    let sent = hand_over(&counter, &keys, &mut ledger)?;
    for tried in &sent.tries {
        events.note("dispatch", json!(tried));
    }
    let unsent: Vec<String> = planning.blocked.into_iter().chain(sent.failed).collect();
    for line in post.refused.iter().chain(&unsent) {
        events.note("failed", json!({ "what": line }));
    }
    ledger.note_run(&RunRecord { state: RunState::Complete, ..record.clone() })?;
    events.note("complete", json!({ "run": record.id, "sent": sent.now, "sent_before": sent.before }));

    let urgent = urgent::waiting(pipeline, &arrivals, &state);
    warnings.extend(urgent.iter().map(urgent::Waiting::told));
    let mut unprintable = unprintable::of_documents(&post.unprintable);
    unprintable.extend(unprintable::of_files(&receipts));
    for line in &unprintable {
        events.note("told", json!({ "what": line }));
    }
    warnings.extend(remarks);
    warnings.extend(guarded);
    warnings.extend(post.warnings);
    warnings.extend(planning.warnings);
    let told = [
        recipient_lists::told(&changes),
        late.as_ref().map(|late| late_packs::told(late, &pipeline.levels)).unwrap_or_default(),
        packs_waiting(&ledger.packs()?, &planning.held, *as_of),
        ended(&ledger, &state.exceptions, ran_before, *as_of)?,
        if job.makes_packs { recipients(pipeline, *as_of) } else { Vec::new() },
    ];
    for line in told.iter().flatten() {
        events.note("told", json!({ "what": line }));
    }
    warnings.extend(told.into_iter().flatten());
    Ok(Report {
        run: record.id.clone(),
        job: job.name.clone(),
        as_of: *as_of,
        dry_run: workspace.is_dry(),
        waiting,
        blocked,
        held_back,
        downloads,
        held,
        freshness,
        taken,
        practices: result.practices.len(),
        levels: levels(&result, last.map(|l| &l.result), pipeline),
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
        awaiting: planning.held,
        late,
        urgent: (!rebuild).then_some(urgent),
        warnings,
        unwritten: unwritten.told(),
        unprintable,
        refused: post.refused,
        unsent,
    })
}

/// The documents that a job makes for the public, each with its committee.
fn public<'p>(job: &Job, pipeline: &'p Pipeline) -> Vec<(&'p Committee, &'p Document)> {
    let mut out = Vec::new();
    for committee in &pipeline.committees {
        if committee.audience != Audience::Public && !needs_public(committee, &pipeline.mail.posting) {
            continue;
        }
        let made = pipeline.documents_of(&committee.documents).filter(|d| job.documents.contains(&d.id));
        let public = made.filter(|d| d.is_compared() && d.is_for(Audience::Public));
        out.extend(public.map(|document| (committee, document)));
    }
    out
}

/// Refuses to make packs when no practice is in scope any more, or too many are gone in silence. What was made
/// once is made again as it was.
fn refuse_packs(
    request: &Request<'_>,
    ledger: &Ledger,
    files: &Files<'_>,
    arrivals: &[Arrival],
    state: &State,
) -> Result<(), RunError> {
    let Request { job, workspace, as_of, .. } = request;
    let made = ledger.runs_of(&job.name, *as_of)?.iter().any(|run| run.state == RunState::Complete);
    if !job.makes_packs || workspace.is_apart() || made {
        return Ok(());
    }
    let sent = late_packs::last_sent(ledger, *as_of)?;
    let bench = Bench::new(files, arrivals, *as_of, sent);
    match bench.refusal(&state.register, &state.ground)? {
        None => Ok(()),
        Some(why) => {
            let held = held_back::held(&state.ground, Some(&state.settled), arrivals, request.pipeline);
            let held = held.iter().map(|file| format!("; {}", file.what())).collect::<String>();
            Err(RunError::Missing(format!("{why}{held}")))
        }
    }
}

/// What should be looked at in the lists of recipients.
fn recipients(pipeline: &Pipeline, as_of: NaiveDate) -> Vec<String> {
    out_of_date(pipeline, as_of).into_iter().map(|d| d.message).collect()
}

/// The present moment as the ledger keeps it.
/// What documents say of the run as a whole.
pub(super) fn remarks(state: &State, pipeline: &Pipeline) -> Vec<String> {
    let mut out = Vec::new();
    if pipeline.scope.registered_list && !state.register.list_known() {
        out.push(
            "No list of registered patients has been received: practices without a list cannot be told and are covered."
                .to_owned(),
        );
    }
    out
}

fn levels(result: &RunResult, last: Option<&RunResult>, pipeline: &Pipeline) -> Vec<LevelCount> {
    let count = |result: &RunResult, level: Option<u8>| {
        result.practices.iter().filter(|p| p.outcome.level == level).count()
    };
    let of_last = last.into_iter().flat_map(|last| &last.practices).filter_map(|p| p.outcome.level);
    let mut numbers: Vec<u8> = pipeline.levels.levels.iter().map(|l| l.number).chain(of_last).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.dedup();
    let none = BTreeMap::new();
    let names = last.map_or(&none, |last| &last.level_names);
    let numbers = numbers.into_iter().map(Some).chain([None]);
    numbers
        .map(|number| LevelCount {
            level: number,
            name: Badge::past(&pipeline.levels, names, number).in_full(),
            now: count(result, number),
            before: last.map(|last| count(last, number)),
        })
        .collect()
}
