//! What documents are made of: everything that is known on the date, and on the date of the last pack.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::suppress::{Equation, Figures, Published, Told};
use super::{Badge, Notice, Standing, Turn};
use crate::intake::{Counts, Problem};
use crate::levels::{Decision, Exception};
use crate::pipeline::{Pipeline, Span};
use crate::triangulate::{Cells, Freshness, Triangulated};
use crate::visits::Clock;

/// Everything that the documents of a run say something about.
pub struct Material<'m> {
    /// The pipeline.
    pub pipeline: &'m Pipeline,
    /// The run, as documents name it.
    pub run: &'m str,
    /// The date.
    pub as_of: NaiveDate,
    /// The period that its documents report.
    pub period: Span,
    /// The place or network whose practices these are; none for the whole board.
    pub about: Option<String>,
    /// The facts of the date.
    pub known: &'m Triangulated,
    /// The facts of the date about the whole board, whichever practices this is about.
    pub board: &'m Triangulated,
    /// Every practice in scope, by code.
    pub standings: &'m [Standing],
    /// The exceptions that are open.
    pub exceptions: &'m BTreeMap<String, Exception>,
    /// The clock of each of them.
    pub exception_clocks: BTreeMap<String, Clock>,
    /// What became of those that were alerted or stood in the last pack, by what they are known by.
    pub turns: BTreeMap<String, Turn>,
    /// Who took notice of which of them.
    pub acknowledged: BTreeMap<String, Notice>,
    /// What is known of practices that are not in scope, by code: their names.
    pub names: BTreeMap<String, String>,
    /// What came of each feed.
    pub feeds: Vec<FeedStatus>,
    /// Rows set aside that cannot wait.
    pub set_aside: Vec<SetAside>,
    /// Cells of rows that count which could not be read and so are treated as missing: the arrival of the file,
    /// the row as Excel counts it, and the name of the column.
    pub dropped: BTreeSet<(u32, u32, String)>,
    /// What should be said of the run as a whole.
    pub remarks: Vec<String>,
    /// The last pack, if there was one.
    pub last: Option<LastMaterial<'m>>,
    /// What public papers have printed before this date, so that this one does not betray them.
    pub published: Published,
    /// What public packs of this date show, once it has been decided.
    pub settled: OnceCell<Figures>,
}

/// A row that is set aside, counts nowhere, and cannot wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// What it says, of which practice, how old it is, and what keeps it aside.
    pub what: String,
    /// The feed's title.
    pub feed: String,
    /// The receipt of its file.
    pub source: String,
    /// The role that answers for the feed.
    pub owner: String,
}

/// What the last pack was made of, as far as a comparison needs it.
pub struct LastMaterial<'m> {
    /// Its date.
    pub as_of: NaiveDate,
    /// The facts of its date, from the files received by then.
    pub known: &'m Triangulated,
    /// Those about the whole board.
    pub board: &'m Triangulated,
    /// What it said of each practice.
    pub standings: &'m [Standing],
    /// The exceptions that were open.
    pub exceptions: &'m BTreeMap<String, Exception>,
    /// The names that levels had in it, by number.
    pub level_names: &'m BTreeMap<u8, String>,
    /// Decisions that it knew and that today's sheet no longer has although they would still stand.
    pub withdrawn: Vec<(String, Decision)>,
}

/// What came of a feed until the date.
#[derive(Debug, Clone, Serialize)]
pub struct FeedStatus {
    /// The feed.
    pub feed: String,
    /// Its title.
    pub title: String,
    /// How often it comes.
    pub cadence: String,
    /// The receipt of the newest file that counts.
    pub receipt: Option<String>,
    /// Its name.
    pub file: Option<String>,
    /// The day it was received.
    pub received: Option<NaiveDate>,
    /// How fresh its data are.
    pub freshness: Freshness,
    /// How many rows of the files that count became what.
    pub counts: Counts,
    /// How many files count.
    pub files: usize,
    /// The rows that are set aside, each with its receipt.
    pub quarantined: Vec<(String, Problem)>,
    /// The rows that a named person let count, each with its receipt.
    pub released: Vec<(String, Problem)>,
    /// The closed practices whose rows were carried, each in a sentence.
    pub carried: Vec<(String, Problem)>,
    /// A newer file that was rejected, if there is one: its name and the day it was received.
    pub rejected: Option<(String, NaiveDate)>,
}

impl<'m> Material<'m> {
    /// The rows of a fact.
    pub fn fact(&self, name: &str) -> Cells<'m> {
        Cells::new(self.known.facts.get(name))
    }

    /// The badge of a level of the last pack.
    pub fn past_badge(&self, level: Option<u8>) -> Badge {
        let levels = &self.pipeline.levels;
        match &self.last {
            Some(last) => Badge::past(levels, last.level_names, level),
            None => Badge::of(levels, level),
        }
    }

    /// The rows of a fact when the last pack was made.
    pub fn last_fact(&self, name: &str) -> Cells<'m> {
        Cells::new(self.last.as_ref().and_then(|last| last.known.facts.get(name)))
    }

    /// The feeds whose sheets hold the rows of a fact.
    pub fn feeds_behind(&self, fact: &str) -> impl Iterator<Item = &FeedStatus> {
        let tables = self.pipeline.facts.get(fact).map_or(&[][..], |fact| fact.from.as_slice());
        self.feeds.iter().filter(move |status| {
            let feed = self.pipeline.feed(&status.feed);
            feed.is_some_and(|feed| feed.layouts.iter().any(|layout| tables.contains(&layout.table)))
        })
    }

    /// The receipts of the newest files that hold rows of a fact, whether or not any row stands.
    pub fn receipts_behind(&self, fact: &str) -> Vec<String> {
        self.feeds_behind(fact).filter_map(|feed| feed.receipt.clone()).collect()
    }

    /// What public packs of this date show.
    pub fn figures(&self) -> &Figures {
        self.settled.get_or_init(|| super::paper::settle(self))
    }

    /// Whether a value plays a role in a column of a fact.
    pub fn plays(&self, fact: &str, column: &str, role: &str, value: Option<&str>) -> bool {
        self.pipeline.roles.is(fact, column, role, value)
    }

    /// What stands for a practice.
    pub fn of(&self, code: &str) -> Option<&'m Standing> {
        let index = self.standings.binary_search_by(|s| s.code().cmp(code)).ok()?;
        self.standings.get(index)
    }

    /// A practice's name, in scope or not.
    pub fn name(&self, code: &str) -> String {
        match self.of(code) {
            Some(standing) => title_case(&standing.outcome.practice.name),
            None => self.names.get(code).map_or_else(|| code.to_owned(), |name| title_case(name)),
        }
    }

    /// Whether a cell holds something that could not be read: it is missing, and not because nobody filled it.
    pub fn was_dropped(&self, cells: &Cells<'_>, row: usize, column: &str) -> bool {
        let place = cells.file(row).zip(cells.sheet_row(row));
        place.is_some_and(|(file, row)| self.dropped.contains(&(file, row, column.to_owned())))
    }

    /// The receipts behind rows of a fact, each once, in order.
    pub fn receipts(&self, cells: &Cells<'_>, rows: impl IntoIterator<Item = usize>) -> Vec<String> {
        let mut arrivals: Vec<u32> = rows.into_iter().filter_map(|row| cells.file(row)).collect();
        arrivals.sort_unstable();
        arrivals.dedup();
        arrivals.into_iter().map(crate::intake::Receipt::number).collect()
    }

    /// The receipts behind all rows of a fact.
    pub fn all_receipts(&self, cells: &Cells<'_>) -> Vec<String> {
        self.receipts(cells, 0..cells.height())
    }
}

/// For whom a document is written, and what of its figures they may see.
///
/// Each count about practices goes through it with its key: what it counts, dates and all. A named paper
/// prints every one; in a public paper the key decides, together with what is said here about how figures
/// add up.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'f> {
    figures: Option<&'f Figures>,
}

impl<'f> Reader<'f> {
    /// Practices are named.
    pub const NAMED: Reader<'static> = Reader { figures: None };

    /// No practice can be told.
    pub fn public(figures: &'f Figures) -> Self {
        Self { figures: Some(figures) }
    }

    /// Whether practices are named.
    pub fn named(self) -> bool {
        self.figures.is_none()
    }

    /// A count in a table.
    pub fn count(self, table: &str, key: &str, count: usize) -> Told {
        self.figures.map_or(Told::Number(count), |figures| figures.count(table, key, count))
    }

    /// A count in a sentence or tile of its own.
    pub fn say(self, key: &str, count: usize) -> Told {
        self.count(key, key, count)
    }

    /// A count that is not printed, and that can be worked out from others.
    pub fn implied(self, key: &str, count: usize) {
        if let Some(figures) = self.figures {
            figures.note(None, key, count, false);
        }
    }

    /// A count that everybody can look up, such as the number of practices.
    pub fn known(self, key: &str, count: usize) -> usize {
        if let Some(figures) = self.figures {
            figures.note(Some(key), key, count, true);
        }
        count
    }

    /// A figure is the sum of others. All of them have been counted before.
    pub fn adds_up(self, whole: &str, parts: impl IntoIterator<Item = String>) {
        self.balance([whole.to_owned()], parts, false);
    }

    /// Figures together are the sum of others.
    pub fn balance(
        self,
        whole: impl IntoIterator<Item = String>,
        parts: impl IntoIterator<Item = String>,
        least: bool,
    ) {
        if let Some(figures) = self.figures {
            let (whole, parts) = (whole.into_iter().collect(), parts.into_iter().collect());
            figures.balance(Equation { whole, parts, least });
        }
    }

    /// A figure is at most as large as another, because what it counts is a part of that.
    pub fn at_most(self, part: &str, whole: &str) {
        self.balance([whole.to_owned()], [part.to_owned()], true);
    }

    /// A number that is no secret, for use in what holds between figures.
    pub fn number(self, number: usize) -> String {
        let key = format!("number/{number}");
        self.known(&key, number);
        key
    }

    /// Whether a table or sentence is left out because too little can be said in it.
    pub fn leaves_out(self, place: &str) -> bool {
        self.figures.is_some_and(|figures| figures.leaves_out(place))
    }

    /// How coarse a table is to be: 0 is as fine as in a named paper, `steps` the coarsest.
    pub fn grain(self, table: &str, steps: usize) -> usize {
        self.figures.map_or(0, |figures| figures.grain(table, steps))
    }
}

/// A sentence of a paper with the receipts it rests on. A sentence without evidence does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The sentence.
    pub text: String,
    /// The receipts.
    pub sources: Vec<String>,
    /// The receipts as a paper cites them: the first few, and how many more.
    pub cited: String,
}

impl Claim {
    /// A sentence, if it rests on anything.
    pub fn new(text: impl Into<String>, sources: Vec<String>) -> Option<Self> {
        let cited = match sources.as_slice() {
            [] => return None,
            few if few.len() <= 4 => few.join(", "),
            [one, two, three, rest @ ..] => format!("{one}, {two}, {three} and {} more", rest.len()),
            few => few.join(", "),
        };
        Some(Self { text: text.into(), sources, cited })
    }

    /// Takes out which files it rests on.
    pub(super) fn forget_sources(&mut self) {
        self.sources.clear();
        self.cited.clear();
    }
}

/// A name in capitals, as the register has it, in ordinary writing.
pub fn title_case(name: &str) -> String {
    if name.chars().any(char::is_lowercase) {
        return name.to_owned();
    }
    const SMALL: [&str; 8] = ["and", "of", "the", "in", "on", "at", "for", "by"];
    const KEPT: [&str; 9] = ["GP", "PCN", "NHS", "ICB", "PMS", "APMS", "HC", "MC", "LLP"];
    let mut words = Vec::new();
    for (index, word) in name.split_whitespace().enumerate() {
        let lower = word.to_lowercase();
        if KEPT.contains(&word.trim_matches(|c: char| !c.is_alphanumeric())) {
            words.push(word.to_owned());
        } else if index > 0 && SMALL.contains(&lower.as_str()) {
            words.push(lower);
        } else {
            words.push(capitalised(&lower));
        }
    }
    words.join(" ")
}

/// The first letter of each part of a word as a capital: `o'neil-smith` becomes `O'Neil-Smith`.
fn capitalised(word: &str) -> String {
    let mut out = String::new();
    let mut start = true;
    let mut previous = ' ';
    for c in word.chars() {
        // The s of "Mary's" stays small; the n of "O'Neil" does not.
        let possessive = previous == '\'' && c == 's' && word.ends_with("'s");
        if start && c.is_alphabetic() && !possessive {
            out.extend(c.to_uppercase());
            start = false;
        } else {
            out.push(c);
        }
        if !c.is_alphanumeric() {
            start = true;
        }
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_capitals_read_as_names() {
        assert_eq!(title_case("THE DENS GP PRACTICE"), "The Dens GP Practice");
        assert_eq!(title_case("ST MARY'S MEDICAL CENTRE"), "St Mary's Medical Centre");
        assert_eq!(title_case("O'NEIL-SMITH AND PARTNERS"), "O'Neil-Smith and Partners");
        assert_eq!(title_case("Elderstead Family Practice"), "Elderstead Family Practice");
    }

    #[test]
    fn a_sentence_without_evidence_does_not_exist() {
        assert_eq!(Claim::new("Everything is better.", Vec::new()), None);
    }
}
