//! Answering each file that came in with a receipt.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::diagnostic::Code;
use crate::intake::headings::{self, Headings};
use crate::intake::inbox;
use crate::intake::{
    self, Changes, Counts, Edition, Effect, Practices, Problem, Reading, Receipt, State as Fate, condensed,
};
use crate::known::counting::{self, Passed, Why};
use crate::known::last_pack::LastPack;
use crate::known::late::late;
use crate::known::row_releases;
use crate::known::state::{Files, State};
use crate::known::urgent;
use crate::ledger::{Arrival, Ledger, Seen};
use crate::pipeline::{Counts as FilesThatCount, Feed, Layout, Pipeline};
use crate::workspace::Workspace;

/// A file that lies in the inbox, and what the ledger knows of it.
#[derive(Debug, Clone)]
pub struct Lying {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// What the ledger knows of its content.
    pub seen: Seen,
}

impl Lying {
    /// Whether it is the content of an arrival.
    pub fn is_of(&self, arrival: &Arrival) -> bool {
        let (Seen::Before(own) | Seen::Elsewhere(own) | Seen::New(own)) = &self.seen;
        own.number == arrival.number
    }
}

/// Files and folders of the inbox that belong to no feed, by name as it may be told. Those of systems are none.
///
/// # Errors
/// If the inbox cannot be read.
pub fn strays(workspace: &Workspace, pipeline: &Pipeline) -> anyhow::Result<Vec<String>> {
    let mut out = Vec::new();
    for entry in fs::read_dir(workspace.inboxes()).context("the inbox cannot be read")? {
        let name = entry.context("the inbox cannot be read")?.file_name();
        let name = inbox::printable(&name);
        let passed_over = inbox::is_of_a_system(&name) || crate::disk::is_unfinished(&name);
        if pipeline.feed(&name).is_none() && !passed_over {
            out.push(pipeline.guard.told_name(&name));
        }
    }
    out.sort();
    out.dedup();
    Ok(out)
}

/// What is said of a file or folder that belongs to no feed.
pub fn stray(name: &str) -> String {
    format!("inbox/{name} belongs to no feed of the pipeline, and nothing in it is read")
}

/// How many files of the inbox the ledger has never seen; nothing is taken in.
///
/// # Errors
/// If the inbox or the ledger cannot be read.
pub fn waiting(workspace: &Workspace, pipeline: &Pipeline, ledger: &Ledger) -> anyhow::Result<usize> {
    let known = match ledger.last_received()? {
        Some(last) => ledger.arrivals(last)?,
        None => Vec::new(),
    };
    let known: BTreeSet<(&str, &str)> = known.iter().map(|a| (a.feed.as_str(), a.sha256.as_str())).collect();
    let mut count = 0;
    for feed in &pipeline.feeds {
        for dropped in inbox::scan(&workspace.inbox(&feed.id))?.files {
            let Ok(bytes) = fs::read(&dropped.path) else { continue };
            let sha256 = crate::sha256(&bytes);
            count += usize::from(!known.contains(&(feed.id.as_str(), sha256.as_str())));
        }
    }
    Ok(count)
}

/// Receipts of the files that lie in the inbox.
#[derive(Debug, Default)]
pub struct Receipts {
    /// Each by the place of its file in the inbox.
    pub by_place: BTreeMap<usize, Receipt>,
    /// The places of those that say what they said before.
    pub unchanged: BTreeSet<usize>,
}

/// The receipts of the files that lie in the inbox, by the place of each in it.
///
/// Those in force and those refused are told anew, as the register and the layouts now read them; a file
/// that a newer one replaced keeps what it was told.
///
/// # Errors
/// If the ledger or the store cannot be read.
pub fn receipts(
    lying: &[Lying],
    ledger: &mut Ledger,
    files: &Files<'_>,
    state: Option<&State>,
    arrivals: &[Arrival],
    last: Option<&LastPack>,
) -> anyhow::Result<Receipts> {
    let mut out = Receipts::default();
    for (place, file) in lying.iter().enumerate() {
        let (Seen::Before(arrival) | Seen::Elsewhere(arrival) | Seen::New(arrival)) = &file.seen;
        let told = ledger.receipt(arrival.number)?;
        let told = told.and_then(|text| serde_json::from_str::<Receipt>(&text).ok());
        // A team is told anew when the register or a layout reads its sheet otherwise.
        let feed = files.pipeline().feed(&arrival.feed);
        let in_force = feed.is_some_and(|f| f.counts == FilesThatCount::Newest)
            && state.is_some_and(|s| s.settled.contains_key(&arrival.number));
        let passed = state.is_some_and(|s| s.passed.contains_key(&arrival.number));
        let refused = told.as_ref().is_some_and(|r| r.state == Fate::Rejected);
        let mut receipt = match told {
            Some(told) if !in_force && !refused && !passed => {
                out.unchanged.insert(place);
                told
            }
            told => {
                let receipt = receipt(arrival, files, state, arrivals, told.as_ref(), last)?;
                if told.as_ref() == Some(&receipt) {
                    out.unchanged.insert(place);
                } else {
                    let text = serde_json::to_string(&receipt).context("a receipt cannot be kept")?;
                    ledger.keep_receipt(arrival.number, &text)?;
                }
                receipt
            }
        };
        if let Seen::Elsewhere(first) | Seen::Before(first) = &file.seen
            && first.file != file.name
        {
            receipt = known_already(receipt, first, &file.name, is_replaced(first, files, state, arrivals)?);
        }
        out.by_place.insert(place, receipt);
    }
    Ok(out)
}

/// The receipt of one arrival. `told` is what it said before: what a file changes against those before it
/// is found once, when it comes.
///
/// # Errors
/// If the store cannot be read.
pub fn receipt(
    arrival: &Arrival,
    files: &Files<'_>,
    state: Option<&State>,
    arrivals: &[Arrival],
    told: Option<&Receipt>,
    last: Option<&LastPack>,
) -> anyhow::Result<Receipt> {
    let feed = files.pipeline().feed(&arrival.feed).context("a file of an unknown feed lies in the inbox")?;
    let read = files.read(arrival)?.context("a file of an unknown feed lies in the inbox")?;
    let mut receipt = Receipt {
        id: Receipt::number(arrival.number),
        feed: feed.id.clone(),
        title: feed.title.clone(),
        file: arrival.file.clone(),
        sha256: arrival.sha256.clone(),
        received: arrival.received,
        state: Fate::Accepted,
        sheet: None,
        letters: BTreeMap::new(),
        counts: Counts::default(),
        notes: read.notes.to_vec(),
        problems: Vec::new(),
        changes: told.and_then(|told| told.changes.clone()),
        late: told.and_then(|told| told.late.clone()),
        urgent: Vec::new(),
    };
    let reading = match read.rows.as_ref() {
        Err(rejection) => {
            receipt.state = Fate::Rejected;
            receipt.problems = told_to(feed, rejection.problems.clone());
            if rejection.rows > 0 {
                let rows = crate::wording::plural(rejection.rows, "row", "rows");
                receipt.notes.push(format!("the file holds {rows}; none was taken in"));
            }
            let last = counted_before(arrival, feed, files, state, arrivals)?;
            receipt.notes.push(match last {
                Some(last) => {
                    format!("until it is mended, {} goes on counting", told_by_date(&last))
                }
                None => "until it is mended, nothing of this feed counts".to_owned(),
            });
            return Ok(receipt);
        }
        Ok(reading) => reading,
    };
    receipt.sheet.clone_from(&reading.sheet);
    receipt.letters.clone_from(&reading.letters);
    if let Some(passed) = state.and_then(|state| state.passed.get(&arrival.number)) {
        let last = counted_before(arrival, feed, files, state, arrivals)?;
        passed_over(&mut receipt, feed, passed, reading.rows.len(), last.as_ref());
        return Ok(receipt);
    }
    let settled = state.and_then(|s| {
        s.settled
            .get(&arrival.number)
            .cloned()
            .or_else(|| Some(intake::settle(reading, feed, arrival.received, &s.register)))
    });
    if let Some(settled) = settled {
        receipt.counts = settled.counts;
        receipt.urgent = state.map_or_else(Vec::new, |state| {
            let words = |row| urgent::in_words(row, &state.register, arrival.received);
            settled.urgent.iter().map(words).collect()
        });
        let mut problems = settled.problems;
        problems.extend(intake::unprintable(reading, feed, &crate::render::pdf::can_print));
        receipt.problems = told_to(feed, problems);
    }
    let first = told.is_none_or(|told| told.counts.read == 0);
    if let (true, Some(state)) = (first, state) {
        receipt.changes = changes(arrival, reading, feed, files, state, arrivals)?;
        if let Some(last) = last {
            receipt.late = late(arrival, last);
        }
    }
    if let Some((layout, before)) = headings_before(arrival, reading, feed, files, arrivals)? {
        let sheet = reading.sheet.as_deref();
        headings::retell(&mut receipt.problems, layout, &reading.headings, &before, sheet);
        // A heading may hold what identifies a person.
        let guard = &files.pipeline().guard;
        for problem in receipt.problems.iter_mut().filter(|_| feed.guard.is_some()) {
            problem.message = guard.concealed(std::mem::take(&mut problem.message));
        }
    }
    let newest_only = feed.counts == FilesThatCount::Newest;
    let later = newest_only && is_replaced(arrival, files, state, arrivals)?;
    let same =
        |a: &&Arrival| a.feed == arrival.feed && a.sha256 == arrival.sha256 && a.number < arrival.number;
    if let (Some(first), false) = (arrivals.iter().rev().find(same), later) {
        let was_refused = files.read_if_kept(first)?.is_some_and(|read| read.rows.is_err());
        let renamed = was_refused
            || intake::says_in_name(feed, &first.file) != intake::says_in_name(feed, &arrival.file);
        receipt.notes.push(format!(
            "this content was received before: {} ({}). It {}",
            told_by_date(first),
            Receipt::number(first.number),
            if renamed {
                "is read again under its new name"
            } else {
                "had been replaced and counts again from now on"
            }
        ));
    }
    if newest_only {
        let earlier = counted_before(arrival, feed, files, state, arrivals)?;
        match earlier {
            _ if later => receipt.notes.push("a newer file of this feed replaces this one".to_owned()),
            Some(earlier) => receipt.notes.push(format!(
                "this file replaces {} ({})",
                told_by_date(&earlier),
                Receipt::number(earlier.number)
            )),
            None => {}
        }
        if receipt.counts.read == 0 && !later {
            let note = "the sheet has no rows: everything this feed said before no longer counts";
            receipt.notes.push(note.to_owned());
        }
    }
    Ok(receipt)
}

/// Problems as their sender reads them. Of a feed that withholds columns no cell outside them is repeated.
fn told_to(feed: &Feed, problems: Vec<Problem>) -> Vec<Problem> {
    let mut told = condensed(problems);
    if !feed.withhold.is_empty() {
        told.iter_mut().filter(|p| p.code == Code::NotARow.id()).for_each(|p| p.found = None);
    }
    told
}

/// What a file changes against those of its feed that counted before it.
fn changes(
    arrival: &Arrival,
    reading: &Reading,
    feed: &Feed,
    files: &Files<'_>,
    state: &State,
    arrivals: &[Arrival],
) -> anyhow::Result<Option<Changes>> {
    let mut before = Vec::new();
    let newest_only = feed.counts == FilesThatCount::Newest;
    let replaced = match newest_only {
        true => counted_before(arrival, feed, files, Some(state), arrivals)?,
        false => None,
    };
    let counted = |a: &&Arrival| !newest_only || replaced.as_ref().is_some_and(|r| r.number == a.number);
    for earlier in arrivals.iter().rev().filter(|a| a.feed == arrival.feed && a.number < arrival.number) {
        if !counted(&earlier) {
            continue;
        }
        if let Some(read) = files.read_if_kept(earlier)?.filter(|read| read.rows.is_ok()) {
            let due = row_releases::of_file(&state.releases, earlier, arrivals, state.as_of);
            before.push((earlier, read, due));
        }
    }
    let Some((newest, _, _)) = before.first() else { return Ok(None) };
    let against = Receipt::number(newest.number);
    let editions: Vec<Edition<'_>> = before
        .iter()
        .rev()
        .filter_map(|(_, read, due)| {
            Some(Edition { reading: read.rows.as_ref().as_ref().ok()?, releases: due.as_slice() })
        })
        .collect();
    let due = row_releases::of_file(&state.releases, arrival, arrivals, state.as_of);
    let new = Edition { reading, releases: &due };
    let most = files.pipeline().receipts.changes;
    let found = intake::changes(new, &editions, against, feed, &state.register, most);
    // Where every file counts, one that only adds says nothing new about the others.
    Ok(found.filter(|found| feed.counts == FilesThatCount::Newest || found.changed > 0))
}

/// What the last readable file of the feed in the same layout called its columns.
fn headings_before<'f>(
    arrival: &Arrival,
    reading: &Reading,
    feed: &'f Feed,
    files: &Files<'_>,
    arrivals: &[Arrival],
) -> anyhow::Result<Option<(&'f Layout, Headings)>> {
    let Some(layout) = feed.layouts.get(reading.layout) else { return Ok(None) };
    for earlier in arrivals.iter().rev().filter(|a| a.feed == arrival.feed && a.number < arrival.number) {
        if let Some(read) = files.read_if_kept(earlier)?
            && let Ok(before) = read.rows.as_ref()
            && before.layout == reading.layout
        {
            return Ok(Some((layout, before.headings.clone())));
        }
    }
    Ok(None)
}

/// Whether a newer file of the same feed counts instead. One that was refused replaces nothing.
fn is_replaced(
    arrival: &Arrival,
    files: &Files<'_>,
    state: Option<&State>,
    arrivals: &[Arrival],
) -> anyhow::Result<bool> {
    for later in arrivals.iter().filter(|a| a.feed == arrival.feed && a.number > arrival.number) {
        let counts = match state {
            Some(state) => state.settled.contains_key(&later.number),
            None => files.read_if_kept(later)?.is_some_and(|read| read.rows.is_ok()),
        };
        if counts {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The file of the same feed that counted when this one came.
fn counted_before(
    arrival: &Arrival,
    feed: &Feed,
    files: &Files<'_>,
    state: Option<&State>,
    arrivals: &[Arrival],
) -> anyhow::Result<Option<Arrival>> {
    let known = state.map(|s| (&s.register as &dyn Practices, s.releases.as_slice()));
    let as_of = state.map_or(arrival.received, |s| s.as_of);
    let before = counting::before(arrival, feed, files, arrivals, as_of, known)?;
    Ok(before.map(|file| file.arrival))
}

/// `list.csv received on 5 October 2026`.
fn told_by_date(arrival: &Arrival) -> String {
    format!("{} received on {}", arrival.file, crate::dates::long(arrival.received))
}

/// Says of a readable file that it does not count, and what counts instead.
fn passed_over(receipt: &mut Receipt, feed: &Feed, passed: &Passed, rows: usize, last: Option<&Arrival>) {
    receipt.state = Fate::Rejected;
    let rows = crate::wording::plural(rows, "row", "rows");
    let then = match last {
        Some(last) => format!("the file before, {}, goes on counting", told_by_date(last)),
        None => "nothing of this feed counts".to_owned(),
    };
    let (code, message, mend) = match &passed.why {
        Why::NoRow => (
            Code::NothingAccepted,
            format!("none of its {rows} can count, so {then}"),
            "mend the rows that are listed below and save the file again".to_owned(),
        ),
        Why::Older { own, newer } => {
            let (own, newer) = (crate::dates::long(*own), crate::dates::long(*newer));
            (
                Code::OlderData,
                format!("its data are of {own}, older than the data of {newer} that we have: {then}"),
                format!(
                    "nothing to do, if it is an old file; if it is meant to replace the newer data, write \
                     {} and \"file\" as the cell in the sheet of releases",
                    receipt.id
                ),
            )
        }
    };
    if let Some(settled) = &passed.settled {
        receipt.counts = settled.counts;
        receipt.problems = told_to(feed, settled.problems.clone());
    } else {
        receipt.notes.push(format!("the file holds {rows}; none was taken in"));
    }
    receipt.problems.insert(
        0,
        Problem {
            code: code.id().to_owned(),
            effect: Effect::Rejected,
            sheet: receipt.sheet.clone(),
            cell: None,
            row: None,
            column: None,
            found: None,
            message,
            mend,
        },
    );
}

fn known_already(mut receipt: Receipt, first: &Arrival, name: &str, replaced: bool) -> Receipt {
    receipt.state = Fate::Known;
    receipt.file = name.to_owned();
    let date = crate::dates::long(first.received);
    receipt.notes =
        vec![format!("we already have this content: {} received on {date} ({})", first.file, receipt.id)];
    if replaced {
        let note = "a newer file of this feed has come since and counts; to go back to this one, save it in the inbox under another name";
        receipt.notes.push(note.to_owned());
    }
    receipt
}
