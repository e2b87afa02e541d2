//! Everything that `status` and `monitor` speak of, read at one moment. Nothing here is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::pulse::Pulse;
use crate::dates::moment;
use crate::intake::inbox;
use crate::known::feeds_now::{FeedFreshness, FeedsNow, standing_now};
use crate::known::held_back::HeldBack;
use crate::known::result::RunResult;
use crate::ledger::{
    Alert, Dispatch, Held, Ledger, PackMessage, PackRecord, RunRecord, RunState, SlotRecord,
};
use crate::pipeline::Pipeline;
use crate::workspace::Workspace;

/// Everything at one moment.
pub struct Picture<'p> {
    /// The moment.
    pub now: DateTime<Tz>,
    /// The data folder.
    pub data: PathBuf,
    /// The pipeline, if one is known.
    pub pipeline: Option<&'p Pipeline>,
    /// What the scheduler last said of itself.
    pub pulse: Option<Pulse>,
    /// Since when each job runs at its present times.
    pub followed: BTreeMap<String, NaiveDateTime>,
    /// The last slot of each job.
    pub slots: BTreeMap<String, SlotRecord>,
    /// Every run, oldest first.
    pub runs: Vec<RunRecord>,
    /// When the folder of a run that has not ended last changed.
    pub touched: BTreeMap<String, DateTime<Utc>>,
    /// What the last complete run found.
    pub result: Option<RunResult>,
    /// Every message.
    pub dispatches: Vec<Dispatch>,
    /// Every pack that was made.
    pub packs: Vec<PackRecord>,
    /// What each message of a pack is for.
    pub messages: Vec<PackMessage>,
    /// The packs that were recalled, by what people call them.
    pub recalled: BTreeSet<String>,
    /// What the guard found in documents.
    pub hits: Vec<Held>,
    /// Every alert.
    pub alerts: Vec<Alert>,
    /// How every feed stands.
    pub feeds: Vec<FeedFreshness>,
    /// Received files that are held until a named person lets them count.
    pub held: Vec<HeldBack>,
    /// Files in the inbox that no run has looked at, and since when they lie there.
    pub waiting: Vec<Waiting>,
    /// Bytes that are free on the disk of the data folder, where that can be known.
    pub disk_free: Option<u64>,
}

/// A file that no run has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The folder in the inbox.
    pub folder: String,
    /// The file.
    pub file: String,
    /// When it last changed.
    pub since: DateTime<Utc>,
    /// Whether the folder is the inbox of a feed.
    pub has_feed: bool,
}

impl<'p> Picture<'p> {
    /// Reads everything. Nothing is written, and a data folder without a ledger is an empty one.
    ///
    /// # Errors
    /// If the ledger or the inbox cannot be read.
    pub fn take(
        workspace: &Workspace,
        pipeline: Option<&'p Pipeline>,
        now: DateTime<Tz>,
    ) -> anyhow::Result<Self> {
        let data = workspace.data().to_owned();
        let mut out = Self {
            now,
            pipeline,
            pulse: Pulse::read(&data),
            followed: BTreeMap::new(),
            slots: BTreeMap::new(),
            runs: Vec::new(),
            touched: BTreeMap::new(),
            result: None,
            dispatches: Vec::new(),
            packs: Vec::new(),
            messages: Vec::new(),
            recalled: BTreeSet::new(),
            hits: Vec::new(),
            alerts: Vec::new(),
            feeds: Vec::new(),
            held: Vec::new(),
            waiting: Vec::new(),
            disk_free: disk_free(&data),
            data,
        };
        let ledger = workspace.existing_ledger()?;
        if let Some(ledger) = &ledger {
            out.read_ledger(ledger, workspace)?;
        }
        if let Some(pipeline) = pipeline {
            FeedsNow { feeds: out.feeds, held: out.held } =
                standing_now(workspace, pipeline, now.date_naive())?;
            let seen = ledger.as_ref().map(Ledger::seen_files).transpose()?.unwrap_or_default();
            let looked = out.last_look(workspace);
            out.waiting = waiting(workspace, pipeline, |folder, file, changed| {
                seen.contains(&(folder.to_owned(), file.to_owned())) && looked.is_some_and(|at| changed <= at)
            })?;
        }
        Ok(out)
    }

    fn read_ledger(&mut self, ledger: &Ledger, workspace: &Workspace) -> anyhow::Result<()> {
        self.followed = ledger.followed()?.into_iter().collect();
        let until = self.now.naive_local() + chrono::Duration::hours(2);
        for job in self.followed.keys() {
            if let Some(record) = ledger.last_slot(job, until)? {
                self.slots.insert(job.clone(), record);
            }
        }
        self.runs = ledger.runs()?;
        self.dispatches = ledger.dispatches()?;
        self.packs = ledger.packs()?;
        self.messages = ledger.pack_messages()?;
        self.recalled = ledger.recalls()?.into_iter().map(|recall| recall.pack).collect();
        self.hits = ledger.held()?;
        self.alerts = ledger.alerts()?;
        for run in self.runs.iter().filter(|run| run.state == RunState::Begun) {
            let events = workspace.past_run(&run.id).join("events.jsonl");
            if let Some(at) = changed(&events) {
                self.touched.insert(run.id.clone(), at);
            }
        }
        if let Some(last) = ledger.run(None)? {
            self.result = RunResult::kept(&last.id, workspace, ledger).ok();
        }
        Ok(())
    }

    /// When a run last looked at the inbox.
    fn last_look(&self, workspace: &Workspace) -> Option<DateTime<Utc>> {
        let last = self.runs.iter().rev().take(20);
        last.filter_map(|run| changed(&workspace.past_run(&run.id).join("events.jsonl"))).max()
    }
}

fn changed(path: &Path) -> Option<DateTime<Utc>> {
    Some(moment(fs::metadata(path).ok()?.modified().ok()?))
}

/// The files of the inbox that `known` does not know.
fn waiting(
    workspace: &Workspace,
    pipeline: &Pipeline,
    known: impl Fn(&str, &str, DateTime<Utc>) -> bool,
) -> anyhow::Result<Vec<Waiting>> {
    let mut out = Vec::new();
    let Ok(listing) = fs::read_dir(workspace.inboxes()) else { return Ok(out) };
    for entry in listing {
        let entry = entry.context("the inbox cannot be read")?;
        let folder = entry.file_name().to_string_lossy().into_owned();
        if folder.starts_with('.') {
            continue;
        }
        let has_feed = pipeline.feed(&folder).is_some();
        if !entry.path().is_dir() {
            let since = changed(&entry.path()).unwrap_or_default();
            let file = pipeline.guard.told_name(&folder);
            out.push(Waiting { folder: String::new(), file, since, has_feed: false });
            continue;
        }
        let files = inbox::scan(&entry.path());
        let files =
            files.with_context(|| format!("inbox/{} cannot be read", pipeline.guard.told_name(&folder)))?;
        for file in files.files {
            let since = moment(file.modified);
            let name = told(pipeline, &file);
            if !has_feed || !known(&folder, &name, since) {
                let folder = pipeline.guard.told_name(&folder);
                out.push(Waiting { folder, file: name, since, has_feed });
            }
        }
    }
    out.sort_by(|a, b| (&a.folder, &a.file).cmp(&(&b.folder, &b.file)));
    Ok(out)
}

/// The name of a file as runs know it. Only where it may not be told is the content asked for another.
fn told(pipeline: &Pipeline, file: &inbox::Dropped) -> String {
    let guard = &pipeline.guard;
    if !guard.identifies_name(&file.name) {
        return file.name.clone();
    }
    match fs::read(&file.path) {
        Ok(bytes) => guard.shown_name(&file.name, &crate::sha256(&bytes)),
        Err(_) => guard.told_name(&file.name),
    }
}

#[cfg(unix)]
fn disk_free(data: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(data).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

/// Elsewhere the system's own monitoring has to watch the disk.
#[cfg(not(unix))]
fn disk_free(_: &Path) -> Option<u64> {
    None
}
