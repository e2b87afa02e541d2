//! Receipts on their way: beside each file as text and as a page, with a checked copy where something is to
//! be corrected, and by mail to the owner of the feed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;

use super::arrive::Lying;
use super::draw::{Compared, Known, Sources};
use super::receipts::Receipts;
use crate::disk::unwritten::Unwritten;
use crate::dispatch::{Attachment, Content, Sender, build};
use crate::intake::store::Store;
use crate::intake::{Receipt, State as Fate, annotate, inbox};
use crate::known::counting::Judge;
use crate::known::last_pack::LastPack;
use crate::known::state::{Files, State};
use crate::ledger::{Arrival, Ledger, Planned};
use crate::pipeline::{Job, Owner, Sent, slug};
use crate::post::plan::{file_name, moment};
use crate::render::{Templates, checked};

/// The largest checked copy that goes with a mail, in bytes before encoding.
const MOST_ATTACHED: usize = 5 * 1024 * 1024;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What answers are made with.
pub struct Desk<'d> {
    /// The received files.
    pub files: &'d Files<'d>,
    /// What arrived by the run's date.
    pub arrivals: &'d [Arrival],
    /// The templates.
    pub templates: &'d Templates,
}

impl Desk<'_> {
    /// Lays a receipt beside its file. Gives what somebody should look at; a place that cannot be written is one
    /// of `unwritten`. `unchanged` is whether it says what it said before.
    ///
    /// # Errors
    /// If a receipt cannot be put into words, or the ledger not be used.
    pub fn lay_beside(
        &self,
        file: &Lying,
        receipt: &Receipt,
        unchanged: bool,
        ledger: &mut Ledger,
        unwritten: &Unwritten,
    ) -> anyhow::Result<Option<String>> {
        let told = self.templates.receipt(receipt, self.most())?;
        let beside = Beside { file, receipt, unwritten };
        beside.write(&inbox::receipt_path(&file.path), inbox::RECEIPT, told.as_bytes());
        let page = self.templates.receipt_mail(receipt, self.most())?;
        let path = inbox::beside(&file.path, inbox::RECEIPT_PAGE);
        beside.write(&path, inbox::RECEIPT_PAGE, page.as_bytes());
        self.lay_copy(&beside, unchanged, ledger)
    }

    /// Lays the checked copy beside a file. A copy that somebody has worked in is left as it is.
    fn lay_copy(
        &self,
        beside: &Beside<'_>,
        unchanged: bool,
        ledger: &mut Ledger,
    ) -> anyhow::Result<Option<String>> {
        let Beside { file, receipt, unwritten } = beside;
        let path = inbox::beside(&file.path, inbox::CHECKED);
        let there = fs::read(&path).ok().map(|bytes| crate::sha256(&bytes));
        let noted = ledger.checked_copy(&receipt.feed, &file.name)?;
        let stale = noted.as_ref().and_then(|noted| noted.strip_prefix(STALE)).map(str::to_owned);
        let is_stale = stale.is_some();
        let ours = stale.or(noted);
        if there.is_some() && there == ours && unchanged && !is_stale {
            return Ok(None);
        }
        let copy = match receipt.state {
            Fate::Known => None,
            _ => self.copy(receipt, file.arrival())?,
        };
        let new = copy.as_ref().map(|bytes| crate::sha256(bytes));
        if there.is_some() && there != ours && there != new {
            let (folder, name) = beside.place(inbox::CHECKED);
            return Ok(Some(format!(
                "{folder}/{name} is a copy that quarterday made and somebody has worked in since; it is not read. \
                 Save it under another name to send it in"
            )));
        }
        match (&copy, &new) {
            (Some(bytes), Some(sha256)) => {
                let written = beside.write(&path, inbox::CHECKED, bytes);
                // Where it was not, the copy of before may lie there still, and has to go at the next run.
                let noted = match (written, there.as_ref().or(ours.as_ref())) {
                    (true, _) => sha256.clone(),
                    (false, before) => format!("{STALE}{}", before.cloned().unwrap_or_default()),
                };
                ledger.note_checked_copy(&receipt.feed, &file.name, &noted)?;
            }
            // Nothing is left to correct: the copy of before would mislead.
            _ if there.is_some() => {
                let (folder, name) = beside.place(inbox::CHECKED);
                unwritten.hear(&folder, &name, fs::remove_file(&path));
            }
            _ => {}
        }
        Ok(None)
    }

    /// The checked copy of a file, where there is something to correct and the file can be opened.
    fn copy(&self, receipt: &Receipt, arrival: &Arrival) -> anyhow::Result<Option<Vec<u8>>> {
        let pipeline = self.files.pipeline();
        let Some(feed) = pipeline.feed(&arrival.feed).filter(|_| receipt.needs_mending()) else {
            return Ok(None);
        };
        let Ok(book) = self.files.book(arrival)? else { return Ok(None) };
        let read = self.files.read(arrival)?;
        let reading = read.as_ref().and_then(|read| read.rows.as_ref().as_ref().ok());
        let Some(found) = annotate(receipt, feed, reading, &book) else { return Ok(None) };
        let bytes = checked::workbook(&found, &pipeline.organisation, receipt.received);
        Ok(Some(bytes.with_context(|| format!("the checked copy of {} cannot be made", receipt.file))?))
    }

    fn most(&self) -> usize {
        self.files.pipeline().receipts.entries
    }
}

/// What stands before the hash of a checked copy that lies there and should have been replaced.
const STALE: &str = "stale:";

/// The place of a receipt.
struct Beside<'b> {
    file: &'b Lying,
    receipt: &'b Receipt,
    unwritten: &'b Unwritten,
}

impl Beside<'_> {
    /// What may be told of it: the name on the disk may hold what identifies a person.
    fn place(&self, ending: &str) -> (String, String) {
        (format!("inbox/{}", self.receipt.feed), format!("{}{ending}", self.file.name))
    }

    fn write(&self, path: &Path, ending: &str, bytes: &[u8]) -> bool {
        let (folder, name) = self.place(ending);
        self.unwritten.write_beside(path, bytes, (&folder, &name))
    }
}

/// Puts the receipts into the outbox of all files whose receipts are not there yet, for the owners of their
/// feeds. Gives the keys.
///
/// # Errors
/// If a message cannot be built, or the store or the ledger not be written.
#[allow(clippy::too_many_arguments)]
pub fn plan(
    desk: &Desk<'_>,
    lying: &[Lying],
    receipts: &Receipts,
    state: &State,
    last: Option<&LastPack>,
    (job, run): (&Job, &str),
    store: &Store,
    ledger: &mut Ledger,
) -> anyhow::Result<Vec<String>> {
    let as_of = state.as_of;
    let open: BTreeSet<u32> = ledger.unanswered(as_of)?.into_iter().collect();
    let places: BTreeMap<u32, usize> = lying
        .iter()
        .enumerate()
        .filter(|(_, file)| file.arrival().file == file.name)
        .map(|(place, file)| (file.arrival().number, place))
        .rev()
        .collect();
    let judge = Judge::new(desk.arrivals, as_of, &state.releases, &state.register, &state.ground);
    let compared = Compared::default();
    let sources = Sources::new(desk.files, &judge, Some(Known::of(state)), last, &compared);
    let mut planned = Vec::new();
    for arrival in desk.arrivals.iter().filter(|a| open.contains(&a.number)) {
        let pipeline = desk.files.pipeline();
        let owner = pipeline.feed(&arrival.feed).and_then(|feed| pipeline.receipts.owner(feed));
        let Some(owner) = owner else { continue };
        let receipt = match places.get(&arrival.number).and_then(|place| receipts.by_place.get(place)) {
            Some(receipt) => receipt.clone(),
            // It was taken away since: its sender is answered all the same.
            None => sources.receipt(arrival, None, None)?,
        };
        if owner.sent == Sent::Every || receipt.needs_mending() {
            let date = (as_of, job);
            planned.extend(messages(desk, &receipt, arrival, owner, date, store)?);
        }
    }
    ledger.plan(&planned, run, as_of)?;
    ledger.note_answered(&open.into_iter().collect::<Vec<_>>())?;
    Ok(planned.into_iter().map(|message| message.key).collect())
}

/// One message for each address of an owner.
fn messages(
    desk: &Desk<'_>,
    receipt: &Receipt,
    arrival: &Arrival,
    owner: &Owner,
    (as_of, job): (NaiveDate, &Job),
    store: &Store,
) -> anyhow::Result<Vec<Planned>> {
    let pipeline = desk.files.pipeline();
    let copy = desk.copy(receipt, arrival)?.filter(|bytes| bytes.len() <= MOST_ATTACHED);
    let attachments: Vec<Attachment<'_>> = copy
        .iter()
        .map(|bytes| Attachment { name: attached_name(&receipt.file), content_type: XLSX, bytes })
        .collect();
    let text = desk.templates.receipt(receipt, desk.most())?;
    let page = desk.templates.receipt_mail(receipt, desk.most())?;
    let subject = format!("[{}] Receipt {}: {}", pipeline.classification, receipt.id, subject(receipt));
    let sender = Sender { from: &pipeline.mail.from, reply: &pipeline.mail.reply };
    let content = Content { subject: &subject, text: &text, page: Some(&page), attachments: &attachments };
    let mut out = Vec::new();
    for address in &owner.addresses {
        let identity: String = arrival.sha256.chars().take(12).collect();
        let key = format!("receipt/{}-{identity}/{}/{address}", receipt.id, slug(&owner.role));
        let date = moment(as_of, job);
        let bytes = build(sender, address, content, &key, date)?;
        out.push(Planned {
            file: file_name(as_of, &key),
            key,
            committee: owner.role.clone(),
            recipient: address.clone(),
            subject: subject.clone(),
            sha256: store.put(&bytes).context("the store cannot be written")?,
        });
    }
    Ok(out)
}

/// What came of it, in the words of a subject.
fn subject(receipt: &Receipt) -> String {
    let help = receipt.problems.iter().filter(|p| p.effect.needs_mending()).count();
    let came = match (receipt.state, help) {
        (Fate::Rejected, _) => "not taken in".to_owned(),
        (_, 0) => "taken in".to_owned(),
        (_, help) => format!("taken in, {} to correct", crate::wording::plural(help, "thing", "things")),
    };
    let came = match receipt.urgent.len() {
        0 => came,
        rows if receipt.state == Fate::Rejected => {
            format!("{came}, to correct today: {} cannot wait", crate::wording::plural(rows, "row", "rows"))
        }
        rows => {
            format!("{came}, {} today", crate::wording::plural(rows, "row to correct", "rows to correct"))
        }
    };
    let name: String = receipt.file.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("{name} {came}")
}

/// The name of the copy in ASCII: some mail readers show others garbled.
fn attached_name(file: &str) -> String {
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    let name: String = slug(&stem).chars().take(80).collect();
    format!("{}{}", if name.is_empty() { "file" } else { &name }, inbox::CHECKED)
}
