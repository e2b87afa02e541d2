//! The front of a run, which a job and intake alone share: what came is taken in, read, and answered.

use std::path::Path;

use chrono::NaiveDate;

use super::answer::Desk;
use super::arrive::{self, Lying};
use super::error::{RunError, missing};
use super::execute::Progress;
use super::receipts::{Answering, Receipts};
use super::receive::{Downloaded, Held, Received, Reception};
use super::report::Taken;
use crate::clock::{self, RealTime};
use crate::disk::unwritten::Unwritten;
use crate::intake::store::Store;
use crate::intake::{Receipt, State as Fate};
use crate::known::feeds_now::{FeedFreshness, of_feeds};
use crate::known::ground::Ground;
use crate::known::held_back::{self, HeldBack};
use crate::known::holding::Bench;
use crate::known::last_packs::Lasts;
use crate::known::late_packs;
use crate::known::state::{Files, State};
use crate::ledger::{Arrival, Ledger, LedgerError, RunRecord, RunState, Seen};
use crate::pipeline::{Counts, Pipeline};
use crate::render::{Templates, Theme, pdf};
use crate::wording::plural;
use crate::workspace::Workspace;

/// What the front works with.
pub struct Entrance<'e> {
    /// The pipeline.
    pub pipeline: &'e Pipeline,
    /// Where.
    pub workspace: &'e Workspace,
    /// Where contents are kept.
    pub store: &'e Store,
    /// The templates.
    pub templates: &'e Templates,
    /// The day that counts as that of arrival.
    pub as_of: NaiveDate,
    /// The job, if one is done.
    pub job: Option<&'e str>,
    /// What takes files in, as the ledger names it.
    pub label: String,
    /// Whom to tell how far it came.
    pub progress: &'e dyn Progress,
    /// What cannot be written.
    pub unwritten: &'e Unwritten,
}

/// What came, and what is known on the date.
pub struct Front<'p> {
    /// Whether files of a later date have been received: then nothing more is received for this one.
    pub rebuild: bool,
    /// The files that lie in the inbox.
    pub lying: Vec<Lying>,
    /// What came of each download.
    pub downloads: Vec<Downloaded>,
    /// What lies in the inbox and was not taken in.
    pub held: Vec<Held>,
    /// Files that are held until a named person lets them count.
    pub held_back: Vec<HeldBack>,
    /// Files left in the inbox because of `rebuild`.
    pub waiting: usize,
    /// Why nothing was taken in although something may have come, and what to do.
    pub blocked: Option<String>,
    /// Everything ever received.
    pub files: Files<'p>,
    /// What was received by the date.
    pub arrivals: Vec<Arrival>,
    /// What is known, or why nothing can be.
    pub state: Result<State, RunError>,
    /// The last packs that were sent.
    pub lasts: Lasts,
    /// The receipts.
    pub receipts: Receipts,
    /// What somebody should look at.
    pub warnings: Vec<String>,
}

impl<'p> Entrance<'p> {
    /// Takes in what came, reads it, and lays the receipts beside the files.
    ///
    /// # Errors
    /// If the data folder, the store or the ledger cannot be used.
    pub fn open(&self, ledger: &mut Ledger) -> Result<Front<'p>, RunError> {
        let Self { pipeline, workspace, store, as_of, progress, .. } = self;
        progress.step("taking in what comes");
        let today = clock::today();
        let rebuild = is_past(ledger, *as_of, today)?;
        // A run that is done again apart has everything it needs in the store.
        let Received { lying, downloads, held } = match rebuild || workspace.is_apart() {
            true => Received::default(),
            false => {
                let (run, clock) = (self.label.as_str(), &RealTime);
                Reception { workspace, store, pipeline, received: *as_of, run, clock }.receive(ledger)?
            }
        };
        let waiting = if rebuild { arrive::waiting(workspace, pipeline, ledger)? } else { 0 };
        let in_vain = rebuild && (waiting > 0 || *as_of == today) && !workspace.is_apart();
        let blocked = match in_vain && !was_made_in_time(ledger, &self.label, *as_of)? {
            true => Some(blocked(ledger, *as_of, waiting)?),
            false => None,
        };

        progress.step("triangulating");
        let files = Files::new((*store).clone(), pipeline).knowing(ledger)?.mended_from(&workspace.inboxes());
        if !rebuild && !workspace.is_apart() {
            self.judge(&files, ledger)?;
        }
        let arrivals = ledger.arrivals(*as_of)?;
        let desk = Desk { files: &files, arrivals: &arrivals, templates: self.templates };
        let beside = (!workspace.is_dry()).then_some(self.unwritten);
        let mut answering = Answering::new(&desk, &lying, ledger, beside);
        let state = State::heard(&files, &arrivals, *as_of, &mut |heard| answering.hear(heard));
        files.note_failed(answering.ledger())?;
        progress.step("comparing with the last pack");
        // Senders are answered whatever else cannot be done.
        let lasts = match &state {
            Ok(state) => {
                Lasts::before(self.job, *as_of, workspace, answering.ledger(), &files, &arrivals, state)
            }
            Err(_) => Ok(Lasts::default()),
        };
        let earlier = lasts.as_ref().ok().and_then(Lasts::latest);
        let (receipts, told) = answering.finish(state.as_ref().ok(), earlier)?;
        files.note_failed(ledger)?;
        let mut warnings: Vec<String> = match arrive::strays(workspace, pipeline) {
            Ok(strays) => strays.iter().map(|stray| arrive::stray(stray)).collect(),
            Err(error) => vec![format!("{error:#}")],
        };
        warnings.extend(told);
        warnings.extend(downloads.iter().filter_map(Downloaded::remark));
        warnings.extend(files.corrected());
        warnings.extend(again(&lying, &arrivals, pipeline));
        let held_back = match &state {
            Ok(state) => held_back::held(&state.ground, Some(&state.settled), &arrivals, pipeline),
            Err(_) => held_back::held(&Ground::of(&files, &arrivals, *as_of)?, None, &arrivals, pipeline),
        };
        let lasts = lasts?;
        for last in lasts.packs().filter(|_| !workspace.is_dry()) {
            warnings.extend(last.lay_again(workspace, ledger, self.unwritten)?);
        }
        let state = state.map_err(|error| missing(error, &downloads));
        Ok(Front {
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
            warnings,
        })
    }
}

impl Entrance<'_> {
    /// Decides which of the files that came are held, and which need not be any more.
    fn judge(&self, files: &Files<'_>, ledger: &mut Ledger) -> Result<(), RunError> {
        let arrivals = ledger.arrivals(self.as_of)?;
        let sent = late_packs::last_sent(ledger, crate::dates::add_days(self.as_of, 1))?;
        let found = Bench::new(files, &arrivals, self.as_of, sent).judge()?;
        Ok(ledger.note_verdicts(&found)?)
    }
}

/// What was received again where every file counts: it counts again from now on.
fn again(lying: &[Lying], arrivals: &[Arrival], pipeline: &Pipeline) -> Vec<String> {
    let mut out = Vec::new();
    for file in lying {
        let Seen::New(new) = &file.seen else { continue };
        let every = pipeline.feed(&new.feed).is_some_and(|feed| feed.counts == Counts::Every);
        let same = |a: &&Arrival| a.feed == new.feed && a.sha256 == new.sha256 && a.number < new.number;
        if let (true, Some(first)) = (every, arrivals.iter().find(same)) {
            out.push(format!(
                "{}/{} ({}) was received before, as {} on {} ({}); it counts again from {}",
                new.feed,
                new.file,
                Receipt::number(new.number),
                first.file,
                crate::dates::long(first.received),
                Receipt::number(first.number),
                crate::dates::long(new.received)
            ));
        }
    }
    out
}

impl Front<'_> {
    /// The files that were taken in now, as reports tell them.
    pub fn taken(&self) -> Vec<Taken> {
        let new = self.receipts.by_place.iter().filter(|(place, receipt)| {
            let seen = self.lying.get(**place).map(|l| &l.seen);
            matches!(seen, Some(Seen::New(_)))
                || (matches!(seen, Some(Seen::Elsewhere(_))) && receipt.state == Fate::Known)
        });
        new.map(|(_, receipt)| Taken::of(receipt)).collect()
    }

    /// How fresh each feed is.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn freshness(
        &self,
        pipeline: &Pipeline,
        ledger: &Ledger,
        as_of: NaiveDate,
    ) -> Result<Vec<FeedFreshness>, LedgerError> {
        let settled = self.state.as_ref().ok().map(|state| &state.settled);
        Ok(of_feeds(pipeline, &self.arrivals, settled, &ledger.download_failures()?, as_of))
    }
}

/// Whether files of a later date have been received, or a later run was completed: then nothing more is
/// received for this date, or the packs of then could not be made again.
///
/// A run for a date that is still to come was a slip, or a look ahead: once what it took in is void or has its
/// right date, it bars nothing.
fn is_past(ledger: &Ledger, as_of: NaiveDate, today: NaiveDate) -> Result<bool, LedgerError> {
    let run = later_run(ledger, as_of, today)?;
    Ok(ledger.last_received()?.is_some_and(|later| as_of < later) || run.is_some())
}

/// The last complete run of a later date than `as_of` that has come.
fn later_run(ledger: &Ledger, as_of: NaiveDate, today: NaiveDate) -> Result<Option<RunRecord>, LedgerError> {
    let come = today.max(as_of);
    let runs = ledger.runs()?.into_iter().filter(|run| run.state == RunState::Complete);
    let later = runs.filter(|run| as_of < run.as_of && (run.as_of <= come || as_of > today));
    Ok(later.max_by_key(|run| run.as_of))
}

/// Whether this run was completed before any of a later date: then it is made again, and is to take nothing in.
fn was_made_in_time(ledger: &Ledger, label: &str, as_of: NaiveDate) -> Result<bool, LedgerError> {
    let runs = ledger.runs()?;
    let complete = |run: &&RunRecord| run.state == RunState::Complete;
    let until_later = runs.iter().filter(complete).take_while(|run| run.as_of <= as_of);
    let mut own = until_later.filter(|run| run.as_of == as_of);
    Ok(own.any(|run| run.id.strip_prefix(label).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))))
}

/// Why nothing was taken in, and how to undo it.
fn blocked(ledger: &Ledger, as_of: NaiveDate, waiting: usize) -> Result<String, LedgerError> {
    let long = crate::dates::long;
    let later: Vec<Arrival> = match ledger.last_received()? {
        Some(last) => ledger.arrivals(last)?.into_iter().filter(|a| a.received > as_of).collect(),
        None => Vec::new(),
    };
    let waits = match waiting {
        0 => String::new(),
        files => format!("; {} in the inbox", plural(files, "file waits", "files wait")),
    };
    let Some(last) = later.iter().max_by_key(|a| (a.received, a.number)) else {
        return Ok(format!(
            "nothing was taken in for {}: a run of a later date was completed{waits}. What to do: run a job of a \
             later date, or of today, which takes it in",
            long(as_of)
        ));
    };
    let receipt = Receipt::number(last.number);
    let more = match later.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Ok(format!(
        "nothing was taken in for {}: {}/{} ({receipt}){more} was received as of {}, which is later{waits}. What \
         to do: run a job of that date or later; or, if that date is wrong, give it the right one with `quarterday \
         arrivals date {receipt} --to YYYY-MM-DD --as ROLE --reason TEXT`, or take it back with `quarterday \
         arrivals void {receipt} --as ROLE --reason TEXT` (`quarterday arrivals` lists them all), and run this \
         again",
        long(as_of),
        last.feed,
        last.file,
        long(last.received)
    ))
}

/// Receipts of the files that were taken in now, as pages for the file of the run. Gives what could not be
/// laid out.
///
/// # Errors
/// If a template cannot be filled.
pub fn write_receipt_pages(
    lying: &[Lying],
    receipts: &Receipts,
    pipeline: &Pipeline,
    templates: &Templates,
    (folder, unwritten): (&Path, &Unwritten),
) -> Result<Vec<String>, RunError> {
    let theme = Theme::nhs();
    let mut warnings = Vec::new();
    for (place, receipt) in &receipts.by_place {
        if !matches!(lying.get(*place).map(|l| &l.seen), Some(Seen::New(_))) {
            continue;
        }
        let most = pipeline.receipts.entries;
        let html = templates.receipt_page(receipt, most, &pipeline.organisation, &pipeline.classification);
        let path = folder.join("receipts").join(format!("{}.pdf", receipt.id));
        match pdf::pdf(&html.map_err(anyhow::Error::from)?, &theme) {
            Ok(rendered) => {
                unwritten.write(&path, &rendered.bytes);
            }
            Err(error) => {
                warnings.push(format!("the receipt {} cannot be laid out as a page: {error}", receipt.id));
            }
        }
    }
    Ok(warnings)
}
