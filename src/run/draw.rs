//! What the receipt of each file says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::Context as _;

use crate::diagnostic::Code;
use crate::intake::headings::{self, Headings};
use crate::intake::{
    self, Before, Changes, Counts, Edition, Effect, Problem, Reading, Receipt, Settled, State as Fate,
    condensed,
};
use crate::known::blanks;
use crate::known::counting::{Judge, Passed, Why};
use crate::known::last_pack::LastPack;
use crate::known::late::late;
use crate::known::state::{Files, Heard, Read, State};
use crate::known::urgent;
use crate::ledger::{Amended, Arrival, Way};
use crate::pipeline::{Counts as FilesThatCount, Feed, Layout};
use crate::triangulate::Register;

/// What is said of a content whose name was wrong.
const RENAMED: &str = "It is read again under its new name";

/// What receipts are drawn from.
pub struct Sources<'s, 'j> {
    /// The received files.
    pub files: &'s Files<'s>,
    /// What decides which files count.
    pub judge: &'s Judge<'j>,
    /// What is known; none if nothing can be known on the date.
    pub known: Option<Known<'s>>,
    /// The last pack that was sent.
    pub last: Option<&'s LastPack>,
    /// What was found out about files that are compared.
    pub compared: &'s Compared,
    /// The number of the file that counts of each feed, or the newest of them.
    newest: RefCell<BTreeMap<String, u32>>,
}

/// What is known of the files that count.
#[derive(Clone, Copy)]
pub struct Known<'s> {
    register: &'s Register,
    settled: &'s BTreeMap<u32, Settled>,
    passed: &'s BTreeMap<u32, Passed>,
}

impl<'s> Known<'s> {
    /// What is known once the files of a feed can be settled.
    pub fn heard(heard: &'s Heard<'s, '_>) -> Self {
        Self { register: heard.register, settled: &heard.settled, passed: heard.passed }
    }

    /// What is known in the end.
    pub fn of(state: &'s State) -> Self {
        Self { register: &state.register, settled: &state.settled, passed: &state.passed }
    }

    /// Whether a file counts, or was passed over although it is the newest.
    pub fn has(&self, arrival: &Arrival) -> bool {
        self.settled.contains_key(&arrival.number) || self.passed.contains_key(&arrival.number)
    }
}

/// Files ready to be compared, under one register: each is made ready once if they are asked for in the order of
/// arrival, or in the reverse one.
#[derive(Default)]
pub struct Compared {
    /// The last two.
    editions: RefCell<Vec<(u32, Rc<Edition>)>>,
    /// Where every file counts: the rows of a feed up to a file.
    gathered: RefCell<BTreeMap<String, Gathered>>,
}

#[derive(Default)]
struct Gathered {
    before: Before,
    /// How many files of the feed are in it.
    files: usize,
    newest: Option<u32>,
}

impl<'s, 'j> Sources<'s, 'j> {
    /// Receipts are drawn from these.
    pub fn new(
        files: &'s Files<'s>,
        judge: &'s Judge<'j>,
        known: Option<Known<'s>>,
        last: Option<&'s LastPack>,
        compared: &'s Compared,
    ) -> Self {
        Self { files, judge, known, last, compared, newest: RefCell::default() }
    }

    /// The receipt of one arrival. `told` is what it said before, `drafted` what it said in this run before all
    /// files were read: what a file changes against those before it is found once, when it comes.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn receipt(
        &self,
        arrival: &Arrival,
        told: Option<&Receipt>,
        drafted: Option<&Receipt>,
    ) -> anyhow::Result<Receipt> {
        let Self { files, judge, known, last, .. } = *self;
        let feed =
            files.pipeline().feed(&arrival.feed).context("a file of an unknown feed lies in the inbox")?;
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
                let register = known.map(|known| known.register);
                let words = |row| urgent::in_words(row, register, arrival.received);
                receipt.urgent = rejection.urgent.iter().map(words).collect();
                if rejection.rows > 0 {
                    let rows = crate::wording::plural(rejection.rows, "row", "rows");
                    receipt.notes.push(format!("the file holds {rows}; none was taken in"));
                }
                receipt.notes.push(match judge.before(arrival, feed, files)? {
                    Some(last) => {
                        format!("until it is corrected, {} goes on counting", told_by_date(last))
                    }
                    None => "until it is corrected, nothing of this feed counts".to_owned(),
                });
                return Ok(receipt);
            }
            Ok(reading) => reading,
        };
        receipt.sheet.clone_from(&reading.sheet);
        receipt.letters.clone_from(&reading.letters);
        if let Some(passed) = known.and_then(|known| known.passed.get(&arrival.number)) {
            let last = judge.before(arrival, feed, files)?;
            passed_over(&mut receipt, feed, passed, reading.rows.len(), last);
            let urgent = passed.settled.iter().flat_map(|settled| &settled.urgent);
            let register = known.map(|known| known.register);
            receipt.urgent = urgent.map(|row| urgent::in_words(row, register, arrival.received)).collect();
            return Ok(receipt);
        }
        if let Some(known) = known
            && let Some(settled) = self.settled(known, arrival, feed, &read)
        {
            if let (FilesThatCount::Every, Some(layout)) = (feed.counts, feed.layouts.get(reading.layout)) {
                let counting = |earlier: &&Arrival| known.settled.get(&earlier.number);
                let earlier = judge.earlier(arrival).iter().copied().filter_map(|a| counting(&a));
                receipt.notes.extend(blanks::told(layout, &settled, earlier, files.pipeline()));
            }
            receipt.counts = settled.counts;
            let words = |row| urgent::in_words(row, Some(known.register), arrival.received);
            receipt.urgent = settled.urgent.iter().map(words).collect();
            let mut problems = settled.problems;
            problems.extend(intake::unprintable(reading, feed, &crate::render::pdf::can_print));
            receipt.problems = told_to(feed, problems);
        }
        let first = told.is_none_or(|told| told.counts.read == 0 || told.state == Fate::Rejected);
        if let (true, Some(known)) = (first, known) {
            receipt.changes = match drafted {
                Some(drafted) => drafted.changes.clone(),
                None => self.changes(arrival, reading, feed, known.register)?,
            };
            if let Some(last) = last {
                receipt.late = late(arrival, last, &self.files.pipeline().levels);
            }
        }
        if let Some((layout, before)) = self.headings_before(arrival, reading, feed)? {
            let sheet = reading.sheet.as_deref();
            headings::retell(&mut receipt.problems, layout, &reading.headings, &before, sheet);
            // A heading may hold what identifies a person.
            let guard = &files.pipeline().guard;
            for problem in receipt.problems.iter_mut().filter(|_| feed.guard.is_some()) {
                problem.message = guard.concealed(std::mem::take(&mut problem.message));
            }
        }
        if arrival.way == Way::Unsure {
            let note = "this file was fetched, and the server did not say how long it is: whether all of it came \
                        is known only by what is in it";
            receipt.notes.push(note.to_owned());
        }
        let same = judge.same_before(arrival);
        let before = same.map(|same| self.received_before(same, arrival, feed)).transpose()?;
        if let (Some((before, renamed)), FilesThatCount::Every) = (&before, feed.counts) {
            let again = match renamed {
                true => RENAMED.to_owned(),
                false => format!("It counts again from {}", crate::dates::long(arrival.received)),
            };
            receipt.notes.push(format!("{before}. {again}"));
        }
        if feed.counts == FilesThatCount::Newest {
            let later = self.is_replaced(arrival)?;
            let earlier = judge.before(arrival, feed, files)?;
            if let (Some((before, renamed)), false) = (before, later) {
                // Only where another file came in between had it been replaced.
                let replaced = match earlier.is_some_and(|earlier| earlier.sha256 != arrival.sha256) {
                    _ if renamed => RENAMED,
                    true => "It had been replaced and counts again from now on",
                    false => "Nothing else came in between",
                };
                receipt.notes.push(format!("{before}. {replaced}"));
            }
            match earlier {
                _ if later => receipt.notes.push("a newer file of this feed replaces this one".to_owned()),
                Some(earlier) => receipt.notes.push(format!(
                    "this file replaces {} ({})",
                    told_by_date(earlier),
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

    /// What is said of an arrival of the same content before, and whether its name was what was wrong with it.
    fn received_before(
        &self,
        same: &Arrival,
        arrival: &Arrival,
        feed: &Feed,
    ) -> anyhow::Result<(String, bool)> {
        let was_refused = self.files.read_if_kept(same)?.is_some_and(|read| read.rows.is_err());
        let other = intake::says_in_name(feed, &same.file) != intake::says_in_name(feed, &arrival.file);
        let (told, id) = (told_by_date(same), Receipt::number(same.number));
        let renamed = same.file != arrival.file && (was_refused || other);
        Ok((format!("this content was received before: {told} ({id})"), renamed))
    }

    /// What became of the rows of a file that can be read.
    fn settled(&self, known: Known<'_>, arrival: &Arrival, feed: &Feed, read: &Read) -> Option<Settled> {
        if let Some(settled) = known.settled.get(&arrival.number) {
            return Some(settled.clone());
        }
        // Releases say nothing to the sender of a file that was replaced.
        if feed.counts == FilesThatCount::Every || self.judge.due(arrival).is_empty() {
            return self.judge.settle_ahead(arrival, feed, read);
        }
        let reading = read.rows.as_ref().as_ref().ok()?;
        Some(intake::settle(reading, feed, arrival.received, known.register))
    }

    /// What a file changes against those of its feed that counted before it.
    fn changes(
        &self,
        arrival: &Arrival,
        reading: &Reading,
        feed: &Feed,
        register: &Register,
    ) -> anyhow::Result<Option<Changes>> {
        let new = self.edition(arrival, reading, feed, register);
        let most = self.files.pipeline().receipts.changes;
        if feed.counts == FilesThatCount::Newest {
            let Some(replaced) = self.judge.before(arrival, feed, self.files)? else { return Ok(None) };
            let Some(read) = self.files.read_if_kept(replaced)? else { return Ok(None) };
            let Ok(earlier) = read.rows.as_ref() else { return Ok(None) };
            let mut before = Before::default();
            before.add(&self.edition(replaced, earlier, feed, register));
            let against = Receipt::number(replaced.number);
            return Ok(intake::changes((reading, &new), &before, against, feed, most));
        }
        let mut gathered = self.compared.gathered.borrow_mut();
        let gathered = gathered.entry(feed.id.clone()).or_default();
        let earlier = self.judge.earlier(arrival);
        if gathered.files > earlier.len() {
            *gathered = Gathered::default();
        }
        for earlier in earlier.iter().skip(gathered.files) {
            if let Some(read) = self.files.read_if_kept(earlier)?
                && let Ok(reading) = read.rows.as_ref()
            {
                gathered.before.add(&self.edition(earlier, reading, feed, register));
                gathered.newest = Some(earlier.number);
            }
        }
        gathered.files = earlier.len();
        let Some(newest) = gathered.newest else { return Ok(None) };
        let found = intake::changes((reading, &new), &gathered.before, Receipt::number(newest), feed, most);
        // Where every file counts, one that only adds says nothing new about the others.
        Ok(found.filter(|found| found.changed > 0))
    }

    fn edition(&self, arrival: &Arrival, reading: &Reading, feed: &Feed, register: &Register) -> Rc<Edition> {
        let mut editions = self.compared.editions.borrow_mut();
        if let Some((_, known)) = editions.iter().find(|(number, _)| *number == arrival.number) {
            return Rc::clone(known);
        }
        let edition = Rc::new(Edition::of(reading, feed, register, &self.judge.due(arrival)));
        if editions.len() > 1 {
            editions.remove(0);
        }
        editions.push((arrival.number, Rc::clone(&edition)));
        edition
    }

    /// What the last readable file of the feed in the same layout called its columns.
    fn headings_before<'f>(
        &self,
        arrival: &Arrival,
        reading: &Reading,
        feed: &'f Feed,
    ) -> anyhow::Result<Option<(&'f Layout, Headings)>> {
        let Some(layout) = feed.layouts.get(reading.layout) else { return Ok(None) };
        for earlier in self.judge.earlier(arrival).iter().rev() {
            if let Some(read) = self.files.read_if_kept(earlier)?
                && let Ok(before) = read.rows.as_ref()
                && before.layout == reading.layout
            {
                return Ok(Some((layout, before.headings.clone())));
            }
        }
        Ok(None)
    }

    /// Whether a newer file of the same feed counts instead. One that was refused replaces nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_replaced(&self, arrival: &Arrival) -> anyhow::Result<bool> {
        if let Some(newest) = self.newest.borrow().get(&arrival.feed) {
            return Ok(*newest > arrival.number);
        }
        let mut newest = 0;
        for file in self.judge.of_feed(&arrival.feed).iter().rev() {
            let counts = match self.known {
                Some(known) => known.settled.contains_key(&file.number),
                None => self.files.read_if_kept(file)?.is_some_and(|read| read.rows.is_ok()),
            };
            if counts {
                newest = file.number;
                break;
            }
        }
        self.newest.borrow_mut().insert(arrival.feed.clone(), newest);
        Ok(newest > arrival.number)
    }
}

/// Problems as their sender reads them. Of a feed that withholds columns no cell outside them is repeated.
fn told_to(feed: &Feed, problems: Vec<Problem>) -> Vec<Problem> {
    let mut told = condensed(problems);
    if !feed.withhold.is_empty() {
        told.iter_mut().filter(|p| p.code == Code::NotARow.id()).for_each(|p| p.found = None);
    }
    told
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
    let (code, message, help) = match &passed.why {
        // What is wrong with its rows comes first: corrected, they may take nothing away.
        Why::Held(_) if passed.settled.as_ref().is_some_and(Settled::is_all_aside) => (
            Code::NothingAccepted,
            format!("none of its {rows} can count, so {then}"),
            format!(
                "correct the rows that are listed below and save the file again; if the file is to count as it is, \
                 with no row, write {} and \"file\" as the cell in the sheet of releases",
                receipt.id
            ),
        ),
        Why::Held(lost) => (
            Code::Held,
            format!(
                "it is held and does not count: {}. Until a named person lets it count, {then}",
                lost.words()
            ),
            format!(
                "if it is right, say so: the analyst writes {} and \"file\" as the cell in the sheet of releases; \
                 otherwise save the right file in the inbox",
                receipt.id
            ),
        ),
        Why::NoRow => (
            Code::NothingAccepted,
            format!("none of its {rows} can count, so {then}"),
            "correct the rows that are listed below and save the file again".to_owned(),
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
            help,
        },
    );
}

/// Says of a content that it is known.
pub fn known_already(mut receipt: Receipt, first: &Arrival, name: &str, replaced: bool) -> Receipt {
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

/// Whether a receipt says that a named person took its file back.
pub fn is_taken_back(told: &Receipt, void: &Amended) -> bool {
    told.problems
        .first()
        .is_some_and(|problem| problem.code == Code::Void.id() && problem.message.ends_with(&void.reason))
}

/// Says that a named person took a file back.
pub fn take_back(receipt: &mut Receipt, void: &Amended) {
    receipt.state = Fate::Rejected;
    receipt.changes = None;
    receipt.problems = vec![Problem {
        code: Code::Void.id().to_owned(),
        effect: Effect::Rejected,
        sheet: None,
        cell: None,
        row: None,
        column: None,
        found: None,
        message: format!(
            "it was taken back and counts nowhere, by the word of {} on {}: {}",
            void.role,
            crate::dates::long(void.dated),
            void.reason
        ),
        help: "to have it count after all, save it in the inbox under another name".to_owned(),
    }];
    receipt.notes.clear();
}
