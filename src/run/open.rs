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
use crate::clock::RealTime;
use crate::disk::unwritten::Unwritten;
use crate::intake::State as Fate;
use crate::intake::store::Store;
use crate::known::feeds_now::{FeedFreshness, of_feeds};
use crate::known::last_packs::Lasts;
use crate::known::state::{Files, State};
use crate::ledger::{Arrival, Ledger, LedgerError, Seen};
use crate::pipeline::Pipeline;
use crate::render::{Templates, Theme, pdf};
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
    /// Files left in the inbox because of `rebuild`.
    pub waiting: usize,
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
        let rebuild = is_past(ledger, *as_of)?;
        // A run that is done again apart has everything it needs in the store.
        let Received { lying, downloads, held } = match rebuild || workspace.is_apart() {
            true => Received::default(),
            false => {
                let (run, clock) = (self.label.as_str(), &RealTime);
                Reception { workspace, store, pipeline, received: *as_of, run, clock }.receive(ledger)?
            }
        };
        let waiting = if rebuild { arrive::waiting(workspace, pipeline, ledger)? } else { 0 };

        progress.step("triangulating");
        let files = Files::new((*store).clone(), pipeline).knowing(ledger)?;
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
            waiting,
            files,
            arrivals,
            state,
            lasts,
            receipts,
            warnings,
        })
    }
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
fn is_past(ledger: &Ledger, as_of: NaiveDate) -> Result<bool, LedgerError> {
    let later = [ledger.last_received()?, ledger.last_as_of()?].into_iter().flatten().max();
    Ok(later.is_some_and(|later| as_of < later))
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
