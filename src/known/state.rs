//! What was known on a date: from the arrivals of the ledger to facts, levels, clocks and exceptions.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Context as _;
use chrono::NaiveDate;

use super::base::{Base, is_reference, is_releases};
use super::counting::{Counting, Judge, Passed, Why};
use super::feeds_now::latest;
use super::ground::Ground;
use super::row_releases;
use crate::diagnostic::Code;
use crate::intake::read::{Book, Reader, Unreadable};
use crate::intake::store::Store;
use crate::intake::{
    self, Effect, Lookup, Practices, Problem, Reading, Receipt, Rejection, Release, Settled, Urgent,
};
use crate::ledger::{Arrival, Ledger, LedgerError};
use crate::levels::{self, Exception, Outcome, Rows};
use crate::pipeline::{Counts, Feed, Pipeline};
use crate::triangulate::{Register, Source, Taken, Triangulated};
use crate::visits::{Clock, Clocks, Timed};

/// Received files, read at most once a run.
pub struct Files<'p> {
    pub(super) store: Store,
    pipeline: &'p Pipeline,
    reader: Reader,
    read: RefCell<BTreeMap<u32, Read>>,
    /// Of files that were looked at for their date: whether they can be read, and the date.
    dates: RefCell<BTreeMap<u32, Option<Option<NaiveDate>>>>,
    books: RefCell<Books>,
    /// Contents whose reading was stopped or died, by their SHA-256.
    failed: RefCell<BTreeMap<String, Unreadable>>,
    /// Those of them that failed now.
    failed_now: RefCell<Vec<(String, Unreadable)>>,
    /// Where the originals of dropped files may still lie.
    pub(super) originals: Option<PathBuf>,
    /// What was brought back from there.
    pub(super) corrected: RefCell<Vec<String>>,
}

/// The books that were read last, by content and name: what is settled, answered and shown in one run asks
/// for them again. The oldest go first.
#[derive(Default)]
struct Books {
    kept: BTreeMap<(String, String), Rc<Book>>,
    order: VecDeque<(String, String)>,
    cells: usize,
}

/// The most cells of books that are kept in memory.
const CELLS_KEPT: usize = 2_000_000;

impl Books {
    fn get(&self, known_as: &(String, String)) -> Option<Rc<Book>> {
        self.kept.get(known_as).map(Rc::clone)
    }

    fn keep(&mut self, known_as: (String, String), book: &Rc<Book>) {
        let size = |book: &Book| -> usize {
            book.sheets.iter().flat_map(|s| &s.rows).map(|(_, cells)| cells.len()).sum()
        };
        let cells = size(book);
        if cells > CELLS_KEPT {
            return;
        }
        while self.cells + cells > CELLS_KEPT {
            let Some(oldest) = self.order.pop_front().and_then(|oldest| self.kept.remove(&oldest)) else {
                break;
            };
            self.cells = self.cells.saturating_sub(size(&oldest));
        }
        self.cells += cells;
        self.order.push_back(known_as.clone());
        self.kept.insert(known_as, Rc::clone(book));
    }
}

/// What reading a file gave.
#[derive(Debug, Clone)]
pub struct Read {
    /// Its rows, or why there are none.
    pub rows: Rc<Result<Reading, Rejection>>,
    /// What should be said about the file as a whole.
    pub notes: Rc<[String]>,
}

impl<'p> Files<'p> {
    /// The files in a store, to be read as a pipeline says.
    pub fn new(store: Store, pipeline: &'p Pipeline) -> Self {
        Self {
            store,
            pipeline,
            reader: Reader::chosen(pipeline.reading),
            read: RefCell::default(),
            dates: RefCell::default(),
            books: RefCell::default(),
            failed: RefCell::default(),
            failed_now: RefCell::default(),
            originals: None,
            corrected: RefCell::default(),
        }
    }

    /// The same, not to read again what a ledger says could not be read.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn knowing(self, ledger: &Ledger) -> Result<Self, LedgerError> {
        self.failed.borrow_mut().extend(ledger.failed_readings(&self.reader.known_as())?);
        Ok(self)
    }

    /// Notes in the ledger what could not be read since the last time that this was asked.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn note_failed(&self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        ledger.note_failed_readings(&self.reader.known_as(), &self.failed_now.take())
    }

    /// The pipeline by which files are read.
    pub fn pipeline(&self) -> &'p Pipeline {
        self.pipeline
    }

    /// Reads an arrival. A feed that the pipeline no longer has gives none.
    ///
    /// # Errors
    /// If the store no longer has the file as it was received.
    pub fn read(&self, arrival: &Arrival) -> anyhow::Result<Option<Read>> {
        let Some(feed) = self.pipeline.feed(&arrival.feed) else { return Ok(None) };
        if let Some(read) = self.read.borrow().get(&arrival.number) {
            return Ok(Some(read.clone()));
        }
        let read = match self.book(arrival)? {
            Ok(book) => Read {
                rows: Rc::new(intake::take(&book, feed, &arrival.file, arrival.received)),
                notes: book.notes.clone().into(),
            },
            Err(unreadable) => {
                let mut rejection: Rejection = unreadable.into();
                intake::screen_unreadable(feed, &mut rejection);
                Read { rows: Rc::new(Err(rejection)), notes: Rc::new([]) }
            }
        };
        self.read.borrow_mut().insert(arrival.number, read.clone());
        Ok(Some(read))
    }

    /// Reads an arrival that nothing rests on any more, if the store still has it.
    ///
    /// # Errors
    /// If the store has it otherwise than it was received.
    pub fn read_if_kept(&self, arrival: &Arrival) -> anyhow::Result<Option<Read>> {
        let known = self.read.borrow().contains_key(&arrival.number);
        if known || self.store.has(&arrival.sha256) { self.read(arrival) } else { Ok(None) }
    }

    /// The cells of an arrival as they came. A sheet whose name may identify a person is known by its place.
    ///
    /// # Errors
    /// If the store no longer has the file as it was received.
    pub fn book(&self, arrival: &Arrival) -> anyhow::Result<Result<Rc<Book>, Unreadable>> {
        let sha256 = &arrival.sha256;
        if let Some(failed) = self.failed.borrow().get(sha256) {
            return Ok(Err(failed.clone()));
        }
        // What is looked for may differ from feed to feed.
        let known_as = (sha256.clone(), format!("{}/{}", arrival.feed, arrival.file));
        if let Some(book) = self.books.borrow().get(&known_as) {
            return Ok(Ok(book));
        }
        let bytes = self.bytes(arrival)?;
        let read = self
            .reader_of(&arrival.feed)
            .book(&bytes, &arrival.file)
            .context("the process that reads files cannot be started")?;
        Ok(match read {
            Ok(mut book) => {
                if let Some(guard) = self.pipeline.feed(&arrival.feed).and_then(|feed| feed.guard.as_ref()) {
                    intake::hide_sheet_names(&mut book, guard);
                }
                let book = Rc::new(book);
                self.books.borrow_mut().keep(known_as, &book);
                Ok(book)
            }
            Err(failed) => {
                if failed.stopped || failed.code == Code::TooCostly {
                    self.failed.borrow_mut().insert(sha256.clone(), failed.clone());
                }
                if failed.stopped {
                    self.failed_now.borrow_mut().push((sha256.clone(), failed.clone()));
                }
                Err(failed)
            }
        })
    }

    fn reader_of(&self, feed: &str) -> Cow<'_, Reader> {
        match self.pipeline.feed(feed) {
            Some(feed) => Cow::Owned(self.reader.of_feed(feed)),
            None => Cow::Borrowed(&self.reader),
        }
    }

    /// Whether the store still has the content of an arrival.
    pub fn has(&self, arrival: &Arrival) -> bool {
        self.store.has(&arrival.sha256)
    }

    /// Whether an arrival can be read and is still there.
    ///
    /// # Errors
    /// If the store has it otherwise than it was received.
    pub fn is_readable(&self, arrival: &Arrival) -> anyhow::Result<bool> {
        Ok(self.date_of(arrival)?.is_some())
    }

    /// The date that the data of an arrival speak of, whichever practices they are about; none if there is
    /// none, or the file is gone or cannot be read.
    ///
    /// # Errors
    /// If the store has it otherwise than it was received.
    pub fn data_date(&self, arrival: &Arrival, feed: &Feed) -> anyhow::Result<Option<NaiveDate>> {
        debug_assert_eq!(feed.id, arrival.feed);
        Ok(self.date_of(arrival)?.flatten())
    }

    /// The date, if the file can be read and has one. Of old files only this is kept in memory.
    fn date_of(&self, arrival: &Arrival) -> anyhow::Result<Option<Option<NaiveDate>>> {
        if let Some(date) = self.dates.borrow().get(&arrival.number) {
            return Ok(*date);
        }
        let held = self.read.borrow().contains_key(&arrival.number);
        let read = self.read_if_kept(arrival)?;
        let date = read.zip(self.pipeline.feed(&arrival.feed)).and_then(|(read, feed)| {
            let (settled, _) = settle(arrival, feed, &read, &NoPractices, &[])?;
            let column = feed.data_date.as_ref();
            Some(column.and_then(|column| latest(&settled, column, &self.pipeline.calendar)))
        });
        if !held {
            self.read.borrow_mut().remove(&arrival.number);
        }
        self.dates.borrow_mut().insert(arrival.number, date);
        Ok(date)
    }
}

/// Why nothing can be said about a date.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A feed without which there are no practices has no readable file.
    #[error("no readable file of {0} was received on or before {1}")]
    Missing(String, String),
    /// Something that cannot be if the pipeline was checked and the store is whole.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// What is known once the files of a feed can be settled.
pub(crate) struct Heard<'h, 'j> {
    /// The feed. Releases and the register are read before it.
    pub feed: &'h Feed,
    /// What decides about its files.
    pub judge: &'h Judge<'j>,
    /// The register.
    pub register: &'h Register,
    /// Where only the newest file counts: that one, settled.
    pub settled: BTreeMap<u32, Settled>,
    /// Those that are newer and do not count.
    pub passed: &'h BTreeMap<u32, Passed>,
}

/// What was known on a date.
pub struct State {
    /// The date.
    pub as_of: NaiveDate,
    /// The facts.
    pub known: Triangulated,
    /// The register.
    pub register: Register,
    /// The outcome of every practice in scope, by code.
    pub outcomes: Vec<Outcome>,
    /// The clock of each, in the same order, with those it was chosen from.
    pub clocks: Vec<(Clock, Vec<Timed>)>,
    /// For each, in the same order, the clock of a decision that was missed and is the practice's no longer.
    pub missed: Vec<Option<Clock>>,
    /// The clocks of exceptions and other levels.
    pub timing: Clocks,
    /// The exceptions that are open.
    pub exceptions: BTreeMap<String, Exception>,
    /// The accepted rows of the files in force.
    pub taken: Vec<Taken>,
    /// Those of the files that they replaced, as far as these still tell something.
    pub earlier: Vec<Taken>,
    /// The settled files in force, by arrival.
    pub settled: BTreeMap<u32, Settled>,
    /// Readable files that are newer than those in force and do not count, by arrival.
    pub passed: BTreeMap<u32, Passed>,
    /// What cannot wait in files that were refused since the file in force came, by arrival.
    pub refused: BTreeMap<u32, Vec<Urgent>>,
    /// The releases that the files in force hold.
    pub releases: Vec<Release>,
    /// What was held, and what a named person let count.
    pub ground: Ground,
}

impl State {
    /// What was known on `as_of` from the given arrivals.
    ///
    /// # Errors
    /// If an essential feed has no readable file, or the store is damaged.
    pub fn at(files: &Files<'_>, arrivals: &[Arrival], as_of: NaiveDate) -> Result<Self, StateError> {
        Self::heard(files, arrivals, as_of, &mut |_| Ok(()))
    }

    /// The same, and tells of each feed as soon as its files can be settled: before all its files are read.
    ///
    /// # Errors
    /// The same, and whatever `hear` gives.
    pub(crate) fn heard(
        files: &Files<'_>,
        arrivals: &[Arrival],
        as_of: NaiveDate,
        hear: &mut dyn FnMut(&Heard<'_, '_>) -> anyhow::Result<()>,
    ) -> Result<Self, StateError> {
        let pipeline = files.pipeline();
        let ground = Ground::of(files, arrivals, as_of)?;
        let Base { given, mut in_force, mut passed, register } = Base::on(files, arrivals, as_of, &ground)?;
        present(pipeline.feeds.iter().filter(|f| is_reference(f)), &in_force, &passed, arrivals, as_of)?;
        let judge = Judge::new(arrivals, as_of, &given, &register, &ground);
        for feed in pipeline.feeds.iter().filter(|f| !is_releases(f) && !is_reference(f)) {
            let every = feed.counts == Counts::Every;
            if every {
                judge.pass_held(feed, files, 0, &mut passed)?;
            }
            let mut counting = if every { Vec::new() } else { judge.of(feed, files, &mut passed)? };
            let settled = counting.iter().map(|c| (c.arrival.number, c.settled.clone())).collect();
            hear(&Heard { feed, judge: &judge, register: &register, settled, passed: &passed })?;
            if every {
                counting = judge.of(feed, files, &mut passed)?;
            }
            in_force.extend(counting);
        }
        present(pipeline.feeds.iter(), &in_force, &passed, arrivals, as_of)?;
        let mut earlier = Vec::new();
        for feed in pipeline.feeds.iter().filter(|feed| looks_back(feed, pipeline)) {
            earlier.extend(judge.replaced(feed, files, &in_force, &passed)?);
        }
        let refused = super::urgent::refused(files, &judge, &in_force, &passed)?;
        in_force.sort_by_key(|file| file.arrival.number);
        let (mut settled, mut taken) = (BTreeMap::new(), Vec::new());
        for file in in_force {
            settled.insert(file.arrival.number, file.settled);
            taken.push(file.taken);
        }
        let letters = taken.iter().map(|t| (t.source.arrival, t.source.letters.clone())).collect();
        row_releases::tell(&given, &mut settled, &passed, &letters, arrivals, as_of);
        let known = Triangulated::new(&taken, &earlier, &register, pipeline, as_of)?;
        tell_refused(&known, &mut settled, pipeline);
        let outcomes = levels::propose(&known, pipeline)?;
        let timing = Clocks::new(&known, pipeline)?;
        let clocks = outcomes.iter().map(|outcome| timing.of(outcome, pipeline)).collect();
        let missed = outcomes.iter().map(|outcome| timing.missed(outcome, pipeline)).collect();
        let exceptions = levels::exceptions(&known, pipeline)?;
        Ok(Self {
            as_of,
            known,
            register,
            outcomes,
            clocks,
            missed,
            timing,
            exceptions,
            taken,
            earlier,
            settled,
            passed,
            refused,
            releases: given,
            ground,
        })
    }

    /// All rows of the files in force, whether they stand or not. `feeds` holds the feed of every arrival.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn rows<'s>(
        &'s self,
        feeds: &'s BTreeMap<u32, String>,
        pipeline: &'s Pipeline,
    ) -> anyhow::Result<Rows<'s>> {
        Rows::of(&self.taken, &self.aside(), &self.known, feeds, pipeline)
    }

    /// The rows of the files in force that are set aside.
    pub fn aside(&self) -> Vec<Taken> {
        let of = |taken: &Taken| {
            let settled = self.settled.get(&taken.source.arrival)?;
            (settled.aside.height() > 0).then(|| Taken { rows: settled.aside.clone(), ..taken.clone() })
        };
        self.taken.iter().filter_map(of).collect()
    }

    /// The outcome of a practice and its clock.
    pub fn of(&self, practice: &str) -> Option<(&Outcome, &Clock)> {
        let index = self.outcomes.binary_search_by(|o| o.practice.code.as_str().cmp(practice)).ok()?;
        Some((self.outcomes.get(index)?, &self.clocks.get(index)?.0))
    }
}

/// Whether what a feed's earlier files showed still tells something.
fn looks_back(feed: &Feed, pipeline: &Pipeline) -> bool {
    let mut facts = pipeline.facts.values().filter(|fact| fact.since.is_some());
    facts.any(|fact| feed.layouts.iter().any(|layout| fact.from.contains(&layout.table)))
}

/// Tells of each file the days that its rows state and that cannot be: the cells count as missing.
fn tell_refused(known: &Triangulated, settled: &mut BTreeMap<u32, Settled>, pipeline: &Pipeline) {
    for refused in &known.refused {
        let (Some(source), Some(settled)) =
            (known.sources.get(&refused.arrival), settled.get_mut(&refused.arrival))
        else {
            continue;
        };
        let layouts = pipeline.feed(&source.feed).map(|feed| feed.layouts.as_slice()).unwrap_or_default();
        let column = layouts.iter().find_map(|layout| layout.column(&refused.column));
        let letter = source.letters.get(&refused.column);
        let problem = Problem {
            code: Code::BadDate.id().to_owned(),
            effect: Effect::Dropped,
            sheet: refused.tab.and_then(|tab| source.tabs.get(tab)).or(source.sheet.as_ref()).cloned(),
            cell: letter.map(|letter| format!("{letter}{}", refused.row)),
            row: Some(refused.row),
            column: column.map(|column| column.title.clone()),
            found: Some(refused.stated.format("%d/%m/%Y").to_string()),
            message: refused.why.clone(),
            help: "correct the day, or leave the cell empty: then the sheets received before tell it"
                .to_owned(),
        };
        let place = settled.problems.iter().position(|p| p.row > problem.row);
        settled.problems.insert(place.unwrap_or(settled.problems.len()), problem);
    }
}

/// Asks that each essential feed has a file that counts.
fn present<'p>(
    mut feeds: impl Iterator<Item = &'p Feed>,
    in_force: &[Counting<'_>],
    passed: &BTreeMap<u32, Passed>,
    arrivals: &[Arrival],
    as_of: NaiveDate,
) -> Result<(), StateError> {
    let Some(feed) = feeds.find(|feed| feed.essential && !in_force.iter().any(|c| c.feed.id == feed.id))
    else {
        return Ok(());
    };
    let date = crate::dates::long(as_of);
    let held = arrivals.iter().rev().filter(|a| a.feed == feed.id).find_map(|a| {
        let passed = passed.get(&a.number).filter(|passed| matches!(passed.why, Why::Held(_)))?;
        Some(format!("{} ({}) does not count: {}", a.file, Receipt::number(a.number), passed.why.words()))
    });
    let held = held.map(|held| format!("; {held}")).unwrap_or_default();
    Err(StateError::Missing(format!("\"{}\" ({})", feed.title, feed.id), format!("{date}{held}")))
}

/// Settles the rows of a file: what became of each, and the accepted ones for triangulation.
pub(crate) fn settle(
    arrival: &Arrival,
    feed: &Feed,
    read: &Read,
    practices: &dyn Practices,
    releases: &[Release],
) -> Option<(Settled, Taken)> {
    let reading = read.rows.as_ref().as_ref().ok()?;
    let result = intake::settle_released(reading, feed, arrival.received, practices, releases);
    let source = Source {
        arrival: arrival.number,
        feed: feed.id.clone(),
        file: arrival.file.clone(),
        sha256: arrival.sha256.clone(),
        received: arrival.received,
        sheet: reading.sheet.clone(),
        tabs: reading.tabs.iter().map(|tab| tab.name.clone()).collect(),
        letters: reading.letters.clone(),
        made: reading.made.clone(),
    };
    let table = feed.layouts.get(reading.layout)?.table.clone();
    let taken = Taken { source, table, rows: result.table.clone() };
    Some((result, taken))
}

/// Before the register is read there are no practices to ask about.
pub(crate) struct NoPractices;

impl Practices for NoPractices {
    fn look_up(&self, _: &str) -> Lookup {
        Lookup::InScope
    }
}
