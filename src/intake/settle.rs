//! What becomes of each row once the register is known: accepted, quarantined or ignored.
//!
//! Always: rows read = accepted + quarantined + ignored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::cell::shortened;
use super::code;
use super::release::{Kept, Release};
use super::rows::{Fate, Reading, Row, Value, in_sheet, tab_of};
use super::{Effect, Problem, Urgent};
use crate::diagnostic::Code;
use crate::pipeline::{ColumnKind, Feed, Layout, Others};
use crate::wording;

/// The column that says from which closed practice a row was carried.
pub const CARRIED_FROM: &str = "_from";

/// What the register says of a practice code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// A practice in scope.
    InScope,
    /// A practice of the ICB that is not in scope, and why.
    OutOfScope(String),
    /// A closed practice with one successor in scope, and the codes on the way to it.
    Succeeded {
        /// The successor.
        to: String,
        /// The codes between the two.
        via: Vec<String>,
    },
    /// A practice that is not open and leads to no one practice in scope: what is said of it.
    Closed(String),
    /// A practice of another organisation.
    Other(String),
    /// A code that is not a GP practice, and what it is.
    NotAPractice(String),
    /// A code that is not in the register.
    Unknown,
}

/// What intake asks about practices.
pub trait Practices {
    /// What the register says of a code.
    fn look_up(&self, code: &str) -> Lookup;
    /// The practice in scope that a row without a usable code is probably about.
    fn likely(&self, code: Option<&str>, name: Option<&str>) -> Option<String>;
    /// The practice in scope whose code a text is within a slip of, for a text that is no code of the register:
    /// its code, and how it is named. A name that does not fit speaks against it.
    fn slip_of(&self, written: &str, name: Option<&str>) -> Option<(String, String)>;
    /// What the register says of a code that a name does not belong to: how it names it, and which practice
    /// the name fits, if any.
    fn disagrees(&self, code: &str, name: &str) -> Option<String>;
}

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that hold anything, below the header.
    pub read: usize,
    /// Rows that count.
    pub accepted: usize,
    /// Rows kept aside.
    pub quarantined: usize,
    /// Rows passed over.
    pub ignored: usize,
}

impl Counts {
    /// Whether every row is accounted for.
    pub fn balance(&self) -> bool {
        self.read == self.accepted + self.quarantined + self.ignored
    }
}

/// A settled file.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The accepted rows, with the practice that each counts for.
    pub table: DataFrame,
    /// The rows kept aside, as far as they could be read.
    pub aside: DataFrame,
    /// How many rows became what.
    pub counts: Counts,
    /// Everything that was found, in the order of the sheet.
    pub problems: Vec<Problem>,
    /// The rows kept aside, and those that a named person let count.
    pub kept: Vec<Kept>,
    /// Releases that changed nothing, each with the reason.
    pub unused: Vec<(Release, String)>,
    /// The rows kept aside that cannot wait.
    pub urgent: Vec<Urgent>,
}

/// Settles the rows of a reading that nobody released a row of.
pub fn settle(reading: &Reading, feed: &Feed, received: NaiveDate, practices: &dyn Practices) -> Settled {
    settle_released(reading, feed, received, practices, &[])
}

/// Settles the rows of a reading; `releases` are those of this very file.
pub fn settle_released(
    reading: &Reading,
    feed: &Feed,
    received: NaiveDate,
    practices: &dyn Practices,
    releases: &[Release],
) -> Settled {
    Settler::settled(reading, feed, practices, releases).finish(feed, received)
}

/// The rows of a reading that this became of, and nothing else: for comparing one file with another.
pub(super) fn rows_that_are(
    fate: Fate,
    reading: &Reading,
    feed: &Feed,
    practices: &dyn Practices,
    releases: &[Release],
) -> Vec<Row> {
    let rows = Settler::settled(reading, feed, practices, releases).rows;
    rows.into_iter().filter(|row| row.fate == fate).collect()
}

struct Settler<'r> {
    layout: &'r Layout,
    reading: &'r Reading,
    rows: Vec<Row>,
    problems: Vec<Problem>,
    /// For each carried row, the code it came under.
    carried: BTreeMap<u32, String>,
    kept: Vec<Kept>,
    unused: Vec<(Release, String)>,
}

impl<'r> Settler<'r> {
    fn settled(
        reading: &'r Reading,
        feed: &'r Feed,
        practices: &dyn Practices,
        releases: &[Release],
    ) -> Self {
        let layout = &feed.layouts[reading.layout];
        let mut settler = Settler {
            layout,
            reading,
            rows: reading.rows.clone(),
            problems: reading.problems.clone(),
            carried: BTreeMap::new(),
            kept: Vec::new(),
            unused: Vec::new(),
        };
        settler.repeated_rows();
        if let Some(others) = layout.others {
            settler.practices(others, practices);
        }
        settler.repeated_keys();
        settler.disagreements();
        settler.release(releases);
        settler
    }
    fn place(&self, name: &str) -> Option<usize> {
        self.layout.columns.iter().position(|c| c.name == name)
    }

    fn text(row: &Row, place: Option<usize>) -> Option<&str> {
        match place.and_then(|p| row.values.get(p)) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn problem(&mut self, code: Code, effect: Effect, row: u32, column: &str, message: String, mend: String) {
        let title = self.layout.column(column).map(|c| c.title.clone());
        let index = self.rows.binary_search_by_key(&row, |r| r.id).ok();
        let read = index.and_then(|i| self.rows.get(i));
        let found = read.and_then(|r| {
            let place = self.layout.columns.iter().position(|c| c.name == column)?;
            let text = matches!(self.layout.columns[place].kind, ColumnKind::Text);
            match &r.values[place] {
                // Free text is not repeated; a reference is what a row is known by.
                // A code is shown as the sheet has it.
                Value::Text(_) if column == "practice" && self.reading.written.contains_key(&r.id) => {
                    self.reading.written.get(&r.id).map(|written| shortened(&code::seen(written)))
                }
                Value::Text(value) if !text || self.layout.key.iter().any(|k| k == column) => {
                    Some(shortened(value))
                }
                Value::Number(number) => Some(crate::wording::number(*number)),
                Value::Date(date) => Some(date.format("%d/%m/%Y").to_string()),
                _ => None,
            }
        });
        self.problems.push(Problem {
            code: code.id().to_owned(),
            effect,
            sheet: self.reading.sheet_of(row),
            cell: read.and_then(|r| self.reading.cell(r, column)),
            row: Some(row),
            column: title,
            found,
            message,
            mend,
        });
    }

    /// The same row a second time is passed over.
    fn repeated_rows(&mut self) {
        let mut first: HashMap<String, u32> = HashMap::new();
        let mut repeats = Vec::new();
        // Of rows kept aside, cells that could not be read may differ.
        for row in self.rows.iter_mut().filter(|r| r.fate == Fate::Standing) {
            match first.get(&format!("{:?}", row.values)) {
                Some(earlier) => {
                    row.fate = Fate::Ignored;
                    repeats.push((row.id, *earlier));
                }
                None => {
                    first.insert(format!("{:?}", row.values), row.id);
                }
            }
        }
        let repeated: BTreeSet<u32> = repeats.iter().map(|(row, _)| *row).collect();
        self.problems.retain(|p| p.row.is_none_or(|row| !repeated.contains(&row)));
        let key = self.layout.key.last().cloned().unwrap_or_default();
        for (row, earlier) in repeats {
            let message = format!("the same as {}, and counted once", self.reading.row_in_words(earlier));
            self.problem(
                Code::RepeatedRow,
                Effect::Ignored,
                row,
                &key,
                message,
                "delete one of the two".to_owned(),
            );
        }
    }

    fn practices(&mut self, others: Others, practices: &dyn Practices) {
        let (code_place, name_place) = (self.place("practice"), self.place("practice_name"));
        let (mut passed, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.fate == Fate::Ignored {
                continue;
            }
            let number = row.id;
            let name = Self::text(row, name_place).map(str::to_owned);
            let Some(code) = Self::text(row, code_place).map(str::to_owned) else {
                if others == Others::Quarantine {
                    self.suggest(number, practices.likely(None, name.as_deref()));
                }
                continue;
            };
            match (practices.look_up(&code), others) {
                (Lookup::InScope, Others::Quarantine) => {
                    let other =
                        name.and_then(|name| practices.disagrees(&code, &name).map(|other| (name, other)));
                    if let Some((name, other)) = other {
                        let message = format!("\"{}\" is not the name of {code}: {other}", shortened(&name));
                        let mend =
                            "check the code: the row counts for the code, never for the name".to_owned();
                        self.problem(Code::NameDisagrees, Effect::Noted, number, "practice", message, mend);
                    }
                }
                (Lookup::InScope | Lookup::OutOfScope(_), Others::Ignore) => {}
                (Lookup::Unknown, _) => {
                    if self.unknown(index, others, &code, name.as_deref(), practices) {
                        unknown.insert(number);
                    }
                }
                (_, Others::Ignore) => {
                    self.rows[index].fate = Fate::Ignored;
                    passed.insert(number);
                }
                (Lookup::OutOfScope(why), Others::Quarantine) => {
                    let message =
                        format!("{code} is {why}: the row is kept and shown, and no level depends on it");
                    let mend = "nothing to do, if the code is right".to_owned();
                    self.problem(Code::OutsideScope, Effect::Noted, number, "practice", message, mend);
                }
                (Lookup::Succeeded { to, via }, Others::Quarantine) if self.layout.carry => {
                    let way = if via.is_empty() {
                        String::new()
                    } else {
                        format!(" (by way of {})", wording::list(&via))
                    };
                    let message = format!("{code} has closed; the row counts for its successor {to}{way}");
                    let mend = format!("write {to} in future");
                    self.problem(Code::CarriedToSuccessor, Effect::Noted, number, "practice", message, mend);
                    if let Some(place) = code_place {
                        self.rows[index].values[place] = Value::Text(to);
                    }
                    self.carried.insert(number, code);
                }
                (Lookup::Succeeded { to, .. }, Others::Quarantine) => {
                    let message = format!(
                        "{code} has closed; rows of this sheet are not carried to its successor {to}"
                    );
                    let mend = format!("if the row is about {to}, write that code");
                    self.quarantine(index, Code::ClosedPractice, message, Some(mend));
                }
                (Lookup::Closed(why), _) => {
                    let message = format!("{code} {why}");
                    self.quarantine(
                        index,
                        Code::ClosedPractice,
                        message,
                        practices.likely(None, name.as_deref()).map(meant),
                    );
                }
                (Lookup::Other(whose), _) => {
                    let mend = practices.likely(Some(&code), name.as_deref()).map(meant);
                    self.quarantine(
                        index,
                        Code::OtherOrganisation,
                        format!("{code} is a practice of {whose}"),
                        mend,
                    );
                }
                (Lookup::NotAPractice(what), _) => {
                    let mend = practices.likely(Some(&code), name.as_deref()).map(meant);
                    self.quarantine(index, Code::NotAPractice, format!("{code} is {what}"), mend);
                }
            }
        }
        self.pass_over(&passed, &unknown, code_place, practices);
    }

    /// A code that no register knows. Several codes in one cell, and what is within a slip of one of ours, is
    /// told at its cell; whether the row is passed over instead, as one of a national file that is about
    /// nobody we know.
    fn unknown(
        &mut self,
        index: usize,
        others: Others,
        code: &str,
        name: Option<&str>,
        practices: &dyn Practices,
    ) -> bool {
        let written = self.reading.written.get(&self.rows[index].id).map_or(code, String::as_str);
        let shown = shortened(&code::seen(written));
        let known = Self::codes_in(written, practices);
        let ours = known.iter().find(|(_, ours)| *ours).map(|(code, _)| code);
        if let (Some(ours), true) = (ours, known.len() > 1) {
            let message = format!(
                "the cell names several organisations ({shown}), and {ours} is one of ours: a row counts for one practice"
            );
            let mend = format!("write a row for each code; that of {ours} is the one that counts");
            self.quarantine(index, Code::UnknownPractice, message, Some(mend));
            return false;
        }
        let slip = practices.slip_of(written, name);
        if slip.is_none() && others == Others::Ignore {
            self.rows[index].fate = Fate::Ignored;
            return true;
        }
        let odd = code::odd(&code::seen(written), slip.as_ref().map(|(code, _)| code.as_str()));
        let odd = odd.map(|odd| format!(": {odd}")).unwrap_or_default();
        let message = format!("\"{shown}\" is not a code of the register{odd}");
        let mend = match slip {
            Some((_, practice)) => Some(format!("did you mean {practice}? Write its code, and nothing else")),
            None => practices.likely(Some(code), name).map(meant),
        };
        self.quarantine(index, Code::UnknownPractice, message, mend);
        false
    }

    /// The codes of a text that stand in the register, and whether each is a practice of ours.
    fn codes_in(written: &str, practices: &dyn Practices) -> Vec<(String, bool)> {
        let words = written.split(|c: char| !c.is_alphanumeric() && !code::shows_nothing(c));
        let mut known: Vec<(String, bool)> = Vec::new();
        for word in words.map(code::code).filter(|word| !word.is_empty()) {
            let ours = match practices.look_up(&word) {
                Lookup::Unknown => continue,
                Lookup::InScope | Lookup::Succeeded { .. } => true,
                _ => false,
            };
            if !known.iter().any(|(known, _)| *known == word) {
                known.push((word, ours));
            }
        }
        known
    }

    /// Passes over rows about other practices and rows with codes that no register knows, each kind in one line.
    fn pass_over(
        &mut self,
        others: &BTreeSet<u32>,
        unknown: &BTreeSet<u32>,
        code_place: Option<usize>,
        practices: &dyn Practices,
    ) {
        // A row about somebody else that stands twice is nobody's to mend either.
        let of_ours = |row: &Row| {
            let code = Self::text(row, code_place);
            code.is_none_or(|code| {
                !matches!(
                    practices.look_up(code),
                    Lookup::Other(_) | Lookup::NotAPractice(_) | Lookup::Unknown
                )
            })
        };
        let repeated: BTreeSet<u32> = match self.layout.others {
            Some(Others::Ignore) => {
                let told = self.problems.iter().filter(|p| p.code == Code::RepeatedRow.id());
                let told: BTreeSet<u32> = told.filter_map(|p| p.row).collect();
                let rows = self.rows.iter().filter(|row| told.contains(&row.id) && !of_ours(row));
                rows.map(|row| row.id).collect()
            }
            _ => BTreeSet::new(),
        };
        let silent = |row: u32| others.contains(&row) || unknown.contains(&row) || repeated.contains(&row);
        self.problems.retain(|p| p.row.is_none_or(|row| !silent(row)));
        let count = |rows: &BTreeSet<u32>, one: &str, many: &str| {
            (!rows.is_empty()).then(|| wording::plural(rows.len(), one, many))
        };
        let cells: Vec<String> = unknown
            .iter()
            .filter_map(|id| self.rows.binary_search_by_key(id, |r| r.id).ok())
            .filter_map(|index| self.reading.cell(&self.rows[index], "practice"))
            .collect();
        let cells = (!cells.is_empty()).then(|| wording::listed(&cells));
        let told = [
            (
                Code::PassedOver,
                None,
                count(others, "row about other practices", "rows about other practices"),
                "nothing to do",
            ),
            (
                Code::PassedOver,
                None,
                count(
                    &repeated,
                    "row about other practices that is the same as one before it",
                    "rows about other practices that are the same as one before them",
                ),
                "nothing to do",
            ),
            (
                Code::UnknownPractice,
                cells,
                count(
                    unknown,
                    "row with a code that no register knows",
                    "rows with codes that no register knows",
                ),
                "nothing to do, if none of them is about a practice of ours",
            ),
        ];
        for (code, cell, message, mend) in told {
            let Some(message) = message else { continue };
            self.problems.push(Problem {
                code: code.id().to_owned(),
                effect: Effect::Ignored,
                sheet: self.reading.sheet.clone(),
                cell,
                row: None,
                column: None,
                found: None,
                message,
                mend: mend.to_owned(),
            });
        }
    }

    /// A row without a code is told which practice it is probably about; it is never matched by name.
    fn suggest(&mut self, row: u32, likely: Option<String>) {
        let Some(likely) = likely else { return };
        let missing = |p: &&mut Problem| p.row == Some(row) && p.code == Code::MissingCell.id();
        if let Some(problem) = self.problems.iter_mut().find(missing) {
            problem.mend = meant(likely);
        }
    }

    fn quarantine(&mut self, index: usize, code: Code, message: String, mend: Option<String>) {
        let number = self.rows[index].id;
        self.rows[index].fate = Fate::Quarantined;
        let mend =
            mend.unwrap_or_else(|| "write the code of the practice that the row is about now".to_owned());
        self.problem(code, Effect::Quarantined, number, "practice", message, mend);
    }

    /// The same reference with other content: the first stands, the later is kept aside.
    fn repeated_keys(&mut self) {
        if self.layout.key.is_empty() {
            return;
        }
        let places: Vec<usize> = self.layout.key.iter().filter_map(|name| self.place(name)).collect();
        let last = self.layout.key.last().cloned().unwrap_or_default();
        let titles: Vec<String> =
            self.layout.key.iter().filter_map(|n| self.layout.column(n)).map(|c| c.title.clone()).collect();
        let mut first: HashMap<String, u32> = HashMap::new();
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.fate != Fate::Standing {
                continue;
            }
            let key = places
                .iter()
                .map(|p| format!("{:?}", row.values[*p]).to_lowercase())
                .collect::<Vec<_>>()
                .join("|");
            let number = row.id;
            match first.get(&key) {
                None => {
                    first.insert(key, number);
                }
                Some(earlier) => {
                    let message = format!(
                        "{} has the same {} with other content; the first stands",
                        self.reading.row_in_words(*earlier),
                        wording::list(&titles)
                    );
                    self.rows[index].fate = Fate::Quarantined;
                    let is_reference = matches!(
                        self.layout.column(&last).map(|column| &column.kind),
                        Some(ColumnKind::Text | ColumnKind::Code { .. })
                    );
                    let mend = match is_reference {
                        true => "give one of the two another reference, or delete the one that is wrong",
                        false => "delete the one that is wrong",
                    };
                    let mend = mend.to_owned();
                    self.problem(Code::RepeatedReference, Effect::Quarantined, number, &last, message, mend);
                }
            }
        }
    }

    /// Rows that must agree in a value, such as the score that a long extract repeats.
    fn disagreements(&mut self) {
        let Some(agree) = self.layout.agree.clone() else { return };
        let within: Vec<usize> = agree.within.iter().filter_map(|name| self.place(name)).collect();
        let Some(place) = self.place(&agree.column) else { return };
        let title = self.layout.columns[place].title.clone();
        let mut first: HashMap<String, (u32, Value)> = HashMap::new();
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.fate != Fate::Standing || row.values[place] == Value::Missing {
                continue;
            }
            let key = within.iter().map(|p| format!("{:?}", row.values[*p])).collect::<Vec<_>>().join("|");
            let (number, value) = (row.id, row.values[place].clone());
            match first.get(&key) {
                None => {
                    first.insert(key, (number, value));
                }
                Some((_, known)) if *known == value => {}
                Some((earlier, _)) => {
                    let message = format!(
                        "{} says another {title} of the same practice and date",
                        self.reading.row_in_words(*earlier)
                    );
                    self.rows[index].fate = Fate::Quarantined;
                    let mend = "find out which of the two is right".to_owned();
                    self.problem(Code::BadRow, Effect::Quarantined, number, &agree.column, message, mend);
                }
            }
        }
    }

    /// What a row is known by: the values of its layout's key.
    fn key(&self, row: &Row) -> String {
        let values = self.layout.key.iter().filter_map(|name| row.values.get(self.place(name)?));
        values.map(Value::shown).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Lets rows count that a named person released. What kept them aside stays told, with who and why.
    fn release(&mut self, releases: &[Release]) {
        let aside = self.rows.iter().filter(|row| row.fate == Fate::Quarantined);
        self.kept = aside
            .map(|row| Kept {
                id: row.id,
                row: row.number(),
                cell: row.made_of(),
                sheet: tab_of(row.id).and_then(|_| self.reading.sheet_of(row.id)),
                key: self.key(row),
                release: None,
            })
            .collect();
        let practice = self.layout.others.and_then(|_| self.place("practice"));
        for release in releases {
            let picked = release.picks(&self.kept);
            if picked.is_empty() {
                let sheet = self
                    .reading
                    .tabs
                    .first()
                    .map(|tab| format!("; where several sheets have the row, write {}!14", tab.name));
                let why = format!("no such row of that file is kept aside{}", sheet.unwrap_or_default());
                self.unused.push((release.clone(), why));
            }
            for id in picked {
                let Some(row) = self.rows.iter_mut().find(|row| row.id == id) else { continue };
                if practice.is_some_and(|place| row.values.get(place) == Some(&Value::Missing)) {
                    let number = row.number();
                    let why =
                        format!("row {number} names no practice, so there is nothing it could count for");
                    self.unused.push((release.clone(), why));
                    continue;
                }
                row.fate = Fate::Standing;
                for kept in self.kept.iter_mut().filter(|kept| kept.id == id) {
                    kept.release = Some(release.clone());
                }
                let told = self.problems.iter_mut().filter(|p| p.row == Some(id));
                for problem in told.filter(|p| p.effect == Effect::Quarantined) {
                    problem.effect = Effect::Released;
                    problem.mend = release.words();
                }
            }
        }
    }

    fn finish(mut self, feed: &Feed, received: NaiveDate) -> Settled {
        let count = |fate: Fate| self.rows.iter().filter(|row| row.fate == fate).count();
        let counts = Counts {
            read: self.rows.len(),
            accepted: count(Fate::Standing),
            quarantined: count(Fate::Quarantined),
            ignored: count(Fate::Ignored),
        };
        let standing = |row: &Row| row.fate == Fate::Standing;
        let mut table = super::rows::table(&self.rows, standing, feed, self.layout, received);
        let from: Vec<Option<&str>> = self
            .rows
            .iter()
            .filter(|row| standing(row))
            .map(|row| self.carried.get(&row.id).map(String::as_str))
            .collect();
        let quarantined = |row: &Row| row.fate == Fate::Quarantined;
        let mut aside = super::rows::table(&self.rows, quarantined, feed, self.layout, received);
        let nowhere = vec![None::<&str>; aside.height()];
        let _ = aside.with_column(Column::new(CARRIED_FROM.into(), nowhere));
        // The column has as many rows as the table, so this cannot fail.
        let _ = table.with_column(Column::new(CARRIED_FROM.into(), from));
        self.problems.iter_mut().for_each(in_sheet);
        if let Some(guard) = &feed.guard {
            super::guard::conceal(&mut self.problems, guard);
        }
        let tabs: Vec<Option<String>> = self.reading.tabs.iter().map(|tab| Some(tab.name.clone())).collect();
        self.problems.sort_by_key(|p| {
            let tab = tabs.iter().position(|name| *name == p.sheet);
            (tab, p.row.unwrap_or(0), p.cell.clone().map(|c| (c.len(), c)))
        });
        let urgent =
            super::urgent::urgent(&self.rows, &self.problems, self.reading, feed, self.layout, received);
        let Self { problems, kept, unused, .. } = self;
        Settled { table, aside, counts, problems, kept, unused, urgent }
    }
}

fn meant(practice: String) -> String {
    format!("did you mean {practice}? Write its code: names never match on their own")
}
