//! The guard at the second gate: what identifies a person is looked for in every document and message
//! before it is sent. A hit stops the document, is told by its place and its source and never repeated,
//! and stays stopped until the source is corrected or a named person releases the hit.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::AnyValue;

use super::documents::Finished;
use super::plan::{Letter, LetterForm};
use crate::disk::unwritten::Unwritten;
use crate::dispatch::Kept;
use crate::guard::{Action, Guard, Hit, Place, nhs, whole};
use crate::intake::store::Store;
use crate::intake::{ROW, Settled};
use crate::known::state::{Files, State};
use crate::ledger::{Arrival, Held, Ledger, LedgerError, PackState};
use crate::render::{Rendered, Templates, pdf};

/// Days for which a hit that nobody has dealt with is told again.
const REMINDED_DAYS: i64 = 30;
/// At most so many cells are named as the source of a hit.
const SOURCES: usize = 3;

/// Where what a document says may come from.
#[derive(Clone, Copy)]
pub struct Origin<'g> {
    /// What is known on the date.
    pub state: &'g State,
    /// The files.
    pub files: &'g Files<'g>,
    /// What arrived until then.
    pub arrivals: &'g [Arrival],
}

/// The run whose documents are looked through.
#[derive(Debug, Clone)]
pub struct Passing {
    /// The job.
    pub job: String,
    /// The run.
    pub run: String,
    /// The date of which it speaks.
    pub as_of: NaiveDate,
    /// Where stopped documents are kept for the person who looks into it; nothing is ever sent from there.
    pub folder: PathBuf,
}

/// Looks through the documents and messages of one run.
pub struct Gate<'g> {
    guard: &'g Guard,
    origin: Origin<'g>,
    passing: Passing,
    key: String,
    released: BTreeSet<String>,
    found: RefCell<Found>,
}

#[derive(Default)]
struct Found {
    held: Vec<Held>,
    made: Vec<String>,
    noted: Vec<String>,
    /// Documents that pass only because their hits were released: committee and file.
    passed: BTreeSet<(String, String)>,
}

/// What was sent before, and how a letter is written.
#[derive(Clone, Copy)]
pub struct PostOffice<'o> {
    /// The outbox.
    pub ledger: &'o Ledger,
    /// The bytes of what was sent.
    pub store: &'o Store,
    /// The texts of letters.
    pub templates: &'o Templates,
    /// The classification that every letter carries.
    pub classification: &'o str,
}

/// A hit and where it stands, in words.
struct Placed<'g> {
    hit: Hit<'g>,
    at: String,
    /// The words around it: with the document they make the hit's name.
    around: String,
}

impl<'g> Gate<'g> {
    /// The gate of a run; what was released before passes.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn new(
        guard: &'g Guard,
        origin: Origin<'g>,
        passing: Passing,
        ledger: &Ledger,
    ) -> Result<Self, LedgerError> {
        let held = ledger.held()?.into_iter();
        let released = held.filter(|hit| hit.release.is_some()).map(|hit| hit.id).collect();
        let key = ledger.guard_key()?;
        Ok(Self { guard, origin, passing, key, released, found: RefCell::default() })
    }

    /// Why a document is stopped; empty if it is not. `name` says which it is: committee, period and file.
    ///
    /// Its words are read before they were laid out, so that no broken line or page hides anything, and
    /// page by page as they were printed, for the page and for what only the layout adds.
    ///
    /// `earlier` is what an earlier version called it.
    pub fn document(&self, name: &str, earlier: &str, html: &str, rendered: &Rendered) -> Vec<String> {
        let mut placed: Vec<Placed<'g>> = Vec::new();
        let on_pages = self.on_pages(rendered);
        // A document that was rendered has been parsed before.
        for passage in pdf::passages(html).unwrap_or_default() {
            for hit in self.guard.find(&passage.text, Place::Documents) {
                let page = on_pages.iter().find(|(_, on)| same(on, &hit)).map(|(page, _)| *page);
                let page = page.map_or_else(String::new, |page| format!("on page {page}, "));
                let section = passage.section.clone().map(|s| self.guard.concealed(s));
                let section = section.map_or_else(String::new, |s| format!(" under \"{s}\""));
                let at = format!("{page}in {}{section}", passage.kind);
                placed.push(Placed { hit, at, around: passage.text.clone() });
            }
        }
        for (page, hit) in on_pages {
            if !placed.iter().any(|known| same(&known.hit, &hit)) {
                let around = hit.value.clone();
                placed.push(Placed { hit, at: format!("on page {page}"), around });
            }
        }
        self.judge(name, Some(earlier), placed)
    }

    /// The letters that may be sent; why others may not goes to `refused`. A document that was stopped when
    /// its letter went out, and has been released since, follows in a letter of its own.
    ///
    /// # Errors
    /// If the ledger or the store cannot be read, or the text of a letter not be made.
    pub fn letters<'l>(
        &self,
        mut letters: Vec<Letter<'l>>,
        refused: &mut Vec<String>,
        post: PostOffice<'_>,
    ) -> anyhow::Result<Vec<Letter<'l>>> {
        let late: Vec<Option<Letter<'l>>> =
            letters.iter().map(|letter| self.late(letter, post)).collect::<anyhow::Result<_>>()?;
        letters.extend(late.into_iter().flatten());
        let mut out = Vec::new();
        for letter in letters {
            let name = format!("{}/{}/message", letter.committee.id, letter.key);
            let mut placed = Vec::new();
            for form in &letter.forms {
                placed.extend(self.in_mail(&form.subject, "the subject"));
                for (text, files) in &form.messages {
                    placed.extend(self.in_mail(text, "the text"));
                    for file in files {
                        placed.extend(self.in_mail(&file.name, "the name of an attachment"));
                    }
                }
            }
            let why = self.judge(&name, None, placed);
            if why.is_empty() {
                out.push(letter);
            } else {
                let to = &letter.committee.name;
                refused.push(format!("the message to {to} was stopped by the guard: {}", why.join("; ")));
            }
        }
        Ok(out)
    }

    /// The hits in a part of a message.
    fn in_mail(&self, text: &str, place: &str) -> Vec<Placed<'g>> {
        let hits = self.guard.find(text, Place::Mail).into_iter();
        hits.map(|hit| {
            let line = text.get(..hit.span.0).unwrap_or_default().matches('\n').count() + 1;
            let at = if place == "the text" {
                format!("in line {line} of {place}")
            } else {
                format!("in {place}")
            };
            Placed { hit, at, around: text.to_owned() }
        })
        .collect()
    }

    /// The letter with what was held back when this one went out.
    fn late<'l>(&self, letter: &Letter<'l>, post: PostOffice<'_>) -> anyhow::Result<Option<Letter<'l>>> {
        let Some(before) = sent_before(letter, post)? else { return Ok(None) };
        let missing = |file: &Finished| {
            let folder = file.path.parent().and_then(|folder| folder.file_name());
            let name = folder.map(|committee| (committee.to_string_lossy().into_owned(), file.known.clone()));
            let released = name.is_some_and(|name| self.found.borrow().passed.contains(&name));
            released && !before.documents().iter().any(|known| known.name == file.name)
        };
        let mut forms = Vec::new();
        for form in &letter.forms {
            let all = form.messages.iter().flat_map(|(_, files)| files);
            let files: Vec<Finished> = all.filter(|file| missing(file)).cloned().collect();
            if files.is_empty() {
                continue;
            }
            let attached: Vec<_> = files.iter().map(Finished::attached).collect();
            let text = post.templates.held_mail(&form.subject, post.classification, &attached)?;
            forms.push(LetterForm {
                audience: form.audience,
                subject: format!("{} (held back before)", form.subject),
                messages: vec![(text, files)],
                linked: Vec::new(),
            });
        }
        if forms.is_empty() {
            return Ok(None);
        }
        let files = forms.iter().flat_map(|form| &form.messages).flat_map(|(_, files)| files);
        let names: Vec<&str> = files.map(|file| file.substance.as_str()).collect();
        let identity: String = crate::sha256(names.join(" ").as_bytes()).chars().take(8).collect();
        Ok(Some(Letter {
            committee: letter.committee,
            document: letter.document,
            regular: letter.regular,
            id: format!("{}-held-back-{identity}", letter.id),
            key: format!("{}/held-back-{identity}", letter.key),
            period: format!("{}/held-back-{identity}", letter.period),
            revision: 1,
            documents: identity,
            forms,
        }))
    }

    /// The folder of a committee's stopped documents.
    pub fn folder(&self, committee: &str) -> PathBuf {
        self.passing.folder.join(committee)
    }

    /// Keeps a stopped document apart from those that people are sent or pointed to.
    pub fn keep(&self, committee: &str, name: &str, bytes: &[u8], unwritten: &Unwritten) {
        unwritten.write(&self.folder(committee).join(name), bytes);
    }

    /// Notes in the ledger what was found and gives what the operator should be told besides the refusals.
    ///
    /// # Errors
    /// If the ledger cannot be used.
    pub fn finish(&self, ledger: &mut Ledger) -> Result<Vec<String>, LedgerError> {
        let found = self.found.take();
        ledger.note_held(&found.held, &found.made)?;
        let mut out = found.noted;
        let stopped = found.held.iter().filter(|hit| !self.released.contains(&hit.id));
        let new: BTreeSet<&str> = stopped.map(|hit| hit.id.as_str()).collect();
        let waiting = |hit: &Held| {
            let day: Option<NaiveDate> = hit.as_of.parse().ok();
            let recent =
                day.is_some_and(|day| (0..=REMINDED_DAYS).contains(&(self.passing.as_of - day).num_days()));
            hit.open && hit.release.is_none() && recent && !new.contains(hit.id.as_str())
        };
        let earlier = ledger.held()?.iter().filter(|hit| waiting(hit)).count();
        if earlier > 0 {
            let hits = crate::wording::plural(
                earlier,
                "hit of an earlier run still stops",
                "hits of earlier runs still stop",
            );
            out.push(format!("{hits} documents: see `quarterday guard list`"));
        }
        if !new.is_empty() {
            out.push(
                "the guard stopped what may identify a person: correct the source and run again, or, if it is nobody's, \
                 `quarterday guard release HIT --as ROLE --note WHY` and run again"
                    .to_owned(),
            );
        }
        Ok(out)
    }

    /// What the pages show, by page. Blocks and cells are read apart from one another.
    fn on_pages(&self, rendered: &Rendered) -> Vec<(usize, Hit<'g>)> {
        let mut out = Vec::new();
        for (index, page) in rendered.pages.iter().enumerate() {
            for piece in page.text.split(['\n', '\t']) {
                let hits = self.guard.find(piece, Place::Documents);
                out.extend(hits.into_iter().map(|hit| (index + 1, hit)));
            }
        }
        out
    }

    /// Notes the hits of a document and gives those that stop it, in words. What was released under the name
    /// that an earlier version gave it stays released.
    fn judge(&self, name: &str, earlier: Option<&str>, placed: Vec<Placed<'g>>) -> Vec<String> {
        let mut found = self.found.borrow_mut();
        found.made.extend([name].into_iter().chain(earlier).map(str::to_owned));
        let mut ids: BTreeSet<String> = BTreeSet::new();
        let mut why = Vec::new();
        for (place, Placed { hit, at, around }) in placed.iter().enumerate() {
            let same_before = placed[..place].iter().filter(|p| p.around == *around && same(&p.hit, hit));
            let ordinal = same_before.count();
            let id = earlier
                .map(|earlier| self.name(earlier, hit, around, ordinal))
                .filter(|id| self.released.contains(id))
                .unwrap_or_else(|| self.name(name, hit, around, ordinal));
            let from = match self.sources(hit).as_slice() {
                [] => "no cell of a received file holds it: see the texts of the pipeline folder".to_owned(),
                cells => format!("from {}", cells.join("; ")),
            };
            let detail = format!("{} {at}, {from}", hit.title);
            if hit.action == Action::Note {
                found.noted.push(format!("{name}: {detail}"));
                continue;
            }
            if !ids.insert(id.clone()) {
                continue;
            }
            if !self.released.contains(&id) {
                why.push(format!("{detail} (hit {id})"));
            }
            found.held.push(Held {
                id,
                pattern: hit.pattern.to_owned(),
                document: name.to_owned(),
                job: self.passing.job.clone(),
                as_of: self.passing.as_of.to_string(),
                run: self.passing.run.clone(),
                detail,
                open: true,
                release: None,
            });
        }
        if let (true, false, Some((committee, file))) = (why.is_empty(), ids.is_empty(), ends(name)) {
            found.passed.insert((committee.to_owned(), file.to_owned()));
        }
        why
    }

    /// The name of a hit: the same as long as the document and the words around it are.
    fn name(&self, document: &str, hit: &Hit<'_>, around: &str, ordinal: usize) -> String {
        let words: Vec<&str> = around.split_whitespace().collect();
        let parts = [&self.key, document, hit.pattern, &hit.value, &words.join(" "), &ordinal.to_string()]
            .join("\u{1f}");
        crate::sha256(parts.as_bytes()).chars().take(8).collect()
    }

    /// The cells of received files that hold what was found; if none does as the guard reads it, those
    /// that hold the same digits one after another, whatever stands between them.
    fn sources(&self, hit: &Hit<'_>) -> Vec<String> {
        let read = |text: &str| self.guard.find(text, Place::Documents).iter().any(|found| same(found, hit));
        let exact = self.cells_where(&read);
        if exact.is_empty() { self.cells_where(&|text| nhs::spells(text, &hit.value)) } else { exact }
    }

    fn cells_where(&self, holds: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut out = Vec::new();
        for arrival in self.origin.arrivals {
            let Some(settled) = self.origin.state.settled.get(&arrival.number) else { continue };
            for (column, row) in cells(settled, holds) {
                if out.len() == SOURCES {
                    out.push("and others".to_owned());
                    return out;
                }
                out.push(self.place(arrival, &column, row));
            }
        }
        out
    }

    fn place(&self, arrival: &Arrival, column: &str, row: u32) -> String {
        let read = self.origin.files.read(arrival).ok().flatten();
        let reading = read.as_ref().and_then(|read| read.rows.as_ref().as_ref().ok());
        let letter = reading.and_then(|reading| reading.letters.get(column));
        let sheet = reading.and_then(|reading| reading.sheet.as_ref());
        let cell = letter.map_or_else(|| format!("row {row}"), |letter| format!("cell {letter}{row}"));
        let sheet = sheet.map_or_else(String::new, |sheet| format!("sheet {sheet}, "));
        format!("{}/{}, {sheet}{cell}", arrival.feed, arrival.file)
    }
}

/// The cells of a file whose text is such, by column and row.
fn cells(settled: &Settled, holds: &dyn Fn(&str) -> bool) -> Vec<(String, u32)> {
    let table = &settled.table;
    let numbers = table.column(ROW).ok().and_then(|column| column.u32().ok());
    let mut out = Vec::new();
    for column in table.columns().iter().filter(|column| !column.name().starts_with('_')) {
        for index in 0..column.len() {
            let text = match column.get(index) {
                Ok(AnyValue::String(text)) => text.to_owned(),
                Ok(AnyValue::StringOwned(text)) => text.to_string(),
                Ok(AnyValue::Float64(number)) => whole(number).unwrap_or_default(),
                _ => continue,
            };
            if let (true, Some(row)) = (holds(&text), numbers.and_then(|numbers| numbers.get(index))) {
                out.push((column.name().to_string(), row));
            }
        }
    }
    out
}

/// The committee and the file in the name of a document.
fn ends(name: &str) -> Option<(&str, &str)> {
    Some((name.split_once('/')?.0, name.rsplit_once('/')?.1))
}

/// The letter of this committee and period that was let go before, as it was kept.
fn sent_before(letter: &Letter<'_>, post: PostOffice<'_>) -> anyhow::Result<Option<Kept>> {
    let packs = post.ledger.packs()?;
    let mut gone = packs.iter().filter(|pack| {
        pack.state == PackState::Released
            && pack.committee_id == letter.committee.id
            && pack.period == letter.period
    });
    let Some(last) = gone.next_back() else { return Ok(None) };
    let text = post.store.get(&last.content).context("a letter that was sent cannot be read again")?;
    Ok(Some(serde_json::from_slice(&text).context("a letter that was sent cannot be read again")?))
}

/// Whether two hits found the same.
fn same(one: &Hit<'_>, other: &Hit<'_>) -> bool {
    one.pattern == other.pattern && one.value == other.value
}

/// What an earlier version called a document at the gate.
pub fn earlier_name(committee: &str, quarter: &str, file: &str) -> String {
    format!("{committee}/{quarter}/{file}")
}

/// What a document is called at the gate.
pub fn document_name(committee: &str, document: &str, period: &str, file: &str) -> String {
    format!("{committee}/{document}/{period}/{file}")
}
