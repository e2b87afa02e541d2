//! What lies in the data folder, with its dates and what it is needed for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use chrono_tz::Europe::London;

use super::plan::{Class, Need, Thing};
use crate::dates::moment;
use crate::intake::{Receipt, State};
use crate::known::last_packs::choose;
use crate::ledger::{Arrival, Dispatch, DispatchState, Ledger, RunRecord, RunState, hashes_in};
use crate::pipeline::{Counts, LossOf, Pipeline};
use crate::workspace::Workspace;

/// The tables whose references to the store this module knows how to judge.
const JUDGED: [&str; 6] = ["arrival", "seen", "dispatch", "written", "alert", "failed_reading"];
/// The table of what was removed: it names what is gone and needs none of it.
const REMOVED: &str = "removal";
/// Contents larger than this are no manifests or lists that could refer to others.
const LIST: u64 = 16 * 1024 * 1024;

/// Everything in the data folder that a policy may speak of.
pub fn survey(workspace: &Workspace, pipeline: &Pipeline, ledger: &Ledger) -> anyhow::Result<Vec<Thing>> {
    let books = Books::read(ledger)?;
    let mut out = dry_runs(workspace.data())?;
    out.extend(runs(workspace.data(), &books)?);
    out.extend(outbox(workspace, &books));
    out.extend(store(workspace.data(), pipeline, ledger, &books)?);
    Ok(out)
}

/// What the ledger says.
struct Books {
    runs: Vec<RunRecord>,
    dispatches: Vec<Dispatch>,
    arrivals: Vec<Arrival>,
    /// The date from which packs are compared with: the oldest of those that the committees were sent last.
    compared_from: Option<NaiveDate>,
    /// The runs that planned messages, with their dates.
    sent: BTreeMap<String, NaiveDate>,
}

impl Books {
    fn read(ledger: &Ledger) -> anyhow::Result<Self> {
        let (runs, dispatches) = (ledger.runs()?, ledger.dispatches()?);
        let arrivals = match ledger.last_received()? {
            Some(last) => ledger.arrivals(last)?,
            None => Vec::new(),
        };
        let complete = || runs.iter().filter(|r| r.packs && r.state == RunState::Complete);
        let sent = ledger.sent_packs()?;
        let last: BTreeSet<String> = choose(&sent, NaiveDate::MAX, false).of.into_values().collect();
        let oldest = complete().filter(|r| last.contains(&r.id)).map(|r| r.as_of).min();
        // While none was sent, the newest may be the first that is.
        let compared_from = oldest.or_else(|| complete().map(|r| r.as_of).max());
        let sent = dispatches.iter().map(|d| (d.run.clone(), d.as_of)).collect();
        Ok(Self { runs, dispatches, arrivals, compared_from, sent })
    }

    /// The messages that need whatever counted on the day of their run.
    fn needs_from(&self, received: NaiveDate) -> Vec<Need> {
        let later = self.sent.iter().filter(|(_, as_of)| **as_of >= received);
        // The newest are kept longest: if one of them lets go, so do the others.
        let newest = later.max_by_key(|(_, as_of)| **as_of);
        newest.map(|(run, as_of)| Need::Sent { run: run.clone(), as_of: *as_of }).into_iter().collect()
    }
}

fn dry_runs(data: &Path) -> anyhow::Result<Vec<Thing>> {
    let mut out = Vec::new();
    for area in folders(&data.join("dry-run"))? {
        for (name, path) in entries(&data.join("dry-run").join(&area))? {
            let (bytes, date) = size(&path)?;
            let path = format!("dry-run/{area}/{name}");
            out.push(Thing { class: Class::DryRuns, path, date, bytes, needs: Vec::new() });
        }
    }
    Ok(out)
}

fn runs(data: &Path, books: &Books) -> anyhow::Result<Vec<Thing>> {
    let mut out = Vec::new();
    for (area, class) in [("runs", Class::Runs), ("packs", Class::Packs)] {
        for record in &books.runs {
            let path = data.join(area).join(&record.id);
            if !path.is_dir() {
                continue;
            }
            let mut needs = Vec::new();
            if class == Class::Runs && record.packs {
                if books.compared_from.is_some_and(|from| from <= record.as_of) {
                    needs.push(Need::Now("the next packs are compared with it".to_owned()));
                }
                // The packs after it were compared with it: they cannot be made again without.
                needs.extend(books.needs_from(record.as_of));
            }
            if record.state == RunState::Begun {
                needs.push(Need::Now("the run was begun and has not been completed".to_owned()));
            }
            let (bytes, _) = size(&path)?;
            let path = format!("{area}/{}", record.id);
            out.push(Thing { class, path, date: record.as_of, bytes, needs });
        }
    }
    Ok(out)
}

fn outbox(workspace: &Workspace, books: &Books) -> Vec<Thing> {
    let handed_over = books.dispatches.iter().filter(|d| d.state == DispatchState::Sent);
    handed_over
        .filter_map(|dispatch| {
            let file = &dispatch.message.file;
            let meta = fs::metadata(workspace.outbox().join(file)).ok()?;
            let path = format!("outbox/{file}");
            let needs = Vec::new();
            Some(Thing { class: Class::Outbox, path, date: dispatch.as_of, bytes: meta.len(), needs })
        })
        .collect()
}

fn store(data: &Path, pipeline: &Pipeline, ledger: &Ledger, books: &Books) -> anyhow::Result<Vec<Thing>> {
    let root = data.join("store");
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for head in folders(&root)? {
        for (name, _) in entries(&root.join(&head))? {
            files.insert(name.clone(), format!("store/{head}/{name}"));
        }
    }
    let (by_tables, referred) = references(&root, ledger, &files)?;
    let replaced = replaced(pipeline, ledger, books)?;
    let messages = messages(books);
    let arrived: BTreeSet<&str> = books.arrivals.iter().map(|a| a.sha256.as_str()).collect();
    let mut out = Vec::new();
    for (sha256, path) in &files {
        let (bytes, made) = size(&data.join(path))?;
        let mut needs: Vec<Need> = by_tables
            .get(sha256)
            .map(|table| Need::Now(format!("the ledger refers to it ({table})")))
            .into_iter()
            .collect();
        let (class, date) = if let Some((date, received)) = replaced.get(sha256.as_str()) {
            needs.extend(books.needs_from(*received));
            if books.compared_from.is_some_and(|from| from < *date) {
                needs.push(Need::Now("the next packs are compared with what it said".to_owned()));
            }
            (Class::ReplacedFiles, *date)
        } else if arrived.contains(sha256.as_str()) {
            continue;
        } else if let Some((date, open)) = messages.get(sha256.as_str()) {
            needs.extend(open.then(|| Need::Now("the message has not been handed over".to_owned())));
            (Class::Sent, *date)
        } else if referred.contains(sha256) {
            continue;
        } else {
            (Class::Unreferenced, made)
        };
        out.push(Thing { class, path: path.clone(), date, bytes, needs });
    }
    Ok(out)
}

/// What the ledger refers to from tables that are not judged here, with the name of the table; and all that
/// it refers to, with what the manifests and lists among that refer to in turn.
fn references(
    root: &Path,
    ledger: &Ledger,
    files: &BTreeMap<String, String>,
) -> anyhow::Result<(BTreeMap<String, String>, BTreeSet<String>)> {
    let (mut tables, mut referred) = (BTreeMap::new(), BTreeSet::new());
    let mut open = Vec::new();
    for (table, sha256) in ledger.hashes()?.into_iter().filter(|(table, _)| table != REMOVED) {
        if !JUDGED.contains(&table.as_str()) {
            tables.insert(sha256.clone(), table);
        }
        open.push(sha256);
    }
    while let Some(sha256) = open.pop() {
        if !files.contains_key(&sha256) || !referred.insert(sha256.clone()) {
            continue;
        }
        let path = root.join(sha256.get(..2).unwrap_or_default()).join(&sha256);
        if fs::metadata(&path).is_ok_and(|meta| meta.len() <= LIST) {
            let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            if bytes.first() == Some(&b'{') {
                open.extend(hashes_in(&bytes));
            }
        }
    }
    Ok((tables, referred))
}

/// The contents of feeds whose newest file is the whole sheet that a newer accepted file replaced: by hash
/// the day on which that happened last, and the day on which the content was first received.
fn replaced<'b>(
    pipeline: &Pipeline,
    ledger: &Ledger,
    books: &'b Books,
) -> anyhow::Result<BTreeMap<&'b str, (NaiveDate, NaiveDate)>> {
    let mut out: BTreeMap<&str, (NaiveDate, NaiveDate)> = BTreeMap::new();
    let mut in_use: BTreeSet<&str> = BTreeSet::new();
    for (place, arrival) in books.arrivals.iter().enumerate() {
        // What a sheet of releases let count goes on counting when a newer one replaced it.
        let newest = pipeline.feed(&arrival.feed).is_some_and(|f| {
            f.counts == Counts::Newest && f.layouts.iter().all(|layout| layout.loss.of != LossOf::Nothing)
        });
        let mut after = books.arrivals.iter().skip(place + 1).filter(|a| newest && a.feed == arrival.feed);
        let by = loop {
            match after.next() {
                Some(later) if accepted(ledger, later.number)? => break Some(later.received),
                Some(_) => {}
                None => break None,
            }
        };
        match by {
            Some(by) => {
                let entry = out.entry(&arrival.sha256).or_insert((by, arrival.received));
                *entry = (entry.0.max(by), entry.1.min(arrival.received));
            }
            None => {
                in_use.insert(&arrival.sha256);
            }
        }
    }
    out.retain(|sha256, _| !in_use.contains(sha256));
    Ok(out)
}

fn accepted(ledger: &Ledger, arrival: u32) -> anyhow::Result<bool> {
    let receipt = ledger.receipt(arrival)?.and_then(|text| serde_json::from_str::<Receipt>(&text).ok());
    Ok(receipt.is_some_and(|receipt| receipt.state == State::Accepted))
}

/// The messages by the hash of their bytes: the newest date, and whether one has not been handed over.
fn messages(books: &Books) -> BTreeMap<&str, (NaiveDate, bool)> {
    let mut out: BTreeMap<&str, (NaiveDate, bool)> = BTreeMap::new();
    for dispatch in &books.dispatches {
        let open = dispatch.state != DispatchState::Sent;
        let entry = out.entry(&dispatch.message.sha256).or_insert((dispatch.as_of, open));
        *entry = (entry.0.max(dispatch.as_of), entry.1 || open);
    }
    out
}

/// The names of the folders in a folder; none if it is not there.
fn folders(dir: &Path) -> anyhow::Result<Vec<String>> {
    Ok(entries(dir)?.into_iter().filter(|(_, path)| path.is_dir()).map(|(name, _)| name).collect())
}

/// What lies in a folder, by name; nothing if it is not there.
fn entries(dir: &Path) -> anyhow::Result<Vec<(String, std::path::PathBuf)>> {
    let mut out = Vec::new();
    if !dir.is_dir() {
        return Ok(out);
    }
    let failed = || format!("{} cannot be read", dir.display());
    for entry in fs::read_dir(dir).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        out.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    out.sort();
    Ok(out)
}

/// The size of a file or of all in a folder, and the day on which it was last changed.
fn size(path: &Path) -> anyhow::Result<(u64, NaiveDate)> {
    let meta = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let changed = meta.modified().map(moment).unwrap_or_default();
    let mut out = (meta.len(), changed.with_timezone(&London).date_naive());
    if meta.is_dir() {
        out.0 = 0;
        for (_, inner) in entries(path)? {
            let (bytes, date) = size(&inner)?;
            out = (out.0 + bytes, out.1.max(date));
        }
    }
    Ok(out)
}
