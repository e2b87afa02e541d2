//! Inputs: what of a fact can be tried to be otherwise, and what its changes are called.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::checked::{known_names, noted};
use super::fact::FEED;
use super::reader::{Placed, Report, Table};
use crate::condition::{Columns, Kind, Sentence};
use crate::diagnostic::{Code, likely};

/// What of a fact can be tried to be otherwise.
#[derive(Debug, Clone)]
pub struct Input {
    /// What it is called.
    pub name: String,
    /// The column that is changed.
    pub column: String,
    /// The date of a row, and what it is called.
    pub dated: Option<(String, String)>,
    /// What it is.
    pub kind: InputKind,
    /// What is said of a row that made a finding end or begin, by the word for how.
    pub said: BTreeMap<String, Sentence>,
}

/// The kinds of inputs.
#[derive(Debug, Clone)]
pub enum InputKind {
    /// A number of which the latest counts.
    Number {
        /// What is tried to either side of a number that rules compare with.
        step: f64,
        /// No number below this is tried.
        least: f64,
        /// What a newer row is called.
        newer: String,
    },
    /// One of a list of values, best first, of which the latest counts.
    Choice {
        /// The list.
        values: Arc<[String]>,
        /// The column by which a row is told from others of one day.
        apart: String,
    },
    /// An answer to an offer.
    Answer {
        /// The value for yes.
        accepted: String,
        /// The value for no.
        declined: String,
    },
    /// Rows that stand beside each other, each with a grade.
    Items(Items),
}

/// Rows that stand beside each other, each with a grade.
#[derive(Debug, Clone)]
pub struct Items {
    /// The grades, the least first.
    pub grades: Arc<[String]>,
    /// The grade from which on a source has raised something that counts, by its place in the list.
    pub counts_from: usize,
    /// The column that says whether a row is open.
    pub state: String,
    /// Its value for open.
    pub open: String,
    /// Its value for closed.
    pub closed: String,
    /// The column with the date of the state.
    pub closed_on: String,
    /// The columns with the dates on which a row is new.
    pub raised: Vec<String>,
    /// The column by which a row is known within its source.
    pub reference: String,
    /// The feeds that are its sources, in order.
    pub sources: Vec<String>,
    /// What feeds are called before the name of the source.
    pub prefix: String,
    /// What several of them together are called.
    pub together: String,
}

impl InputKind {
    /// Its place in the order in which inputs are told.
    pub fn place(&self) -> usize {
        match self {
            InputKind::Number { .. } => 0,
            InputKind::Choice { .. } => 1,
            InputKind::Items(_) => 2,
            InputKind::Answer { .. } => 3,
        }
    }
}

impl Items {
    /// The name of the source that a feed is.
    pub fn source<'s>(&self, feed: &'s str) -> &'s str {
        feed.strip_prefix(self.prefix.as_str()).unwrap_or(feed)
    }
}

/// The keys of all kinds.
const KEYS: [&str; 16] = [
    "step",
    "least",
    "newer",
    "apart",
    "accepted",
    "declined",
    "counts_from",
    "state",
    "open",
    "closed",
    "closed_on",
    "raised",
    "reference",
    "prefix",
    "sources",
    "together",
];

/// Reads a table `input` against the columns of its fact.
struct Reading<'r, 'a> {
    table: Table<'a>,
    report: &'r Report,
    columns: &'r Columns,
}

impl Reading<'_, '_> {
    fn text(&mut self, key: &str) -> Option<String> {
        self.table.text(key).map(|text| text.value)
    }

    /// A key that names a column.
    fn column(&mut self, key: &str) -> Option<String> {
        let name = self.table.text(key)?;
        known_names(self.report, vec![name], self.columns).pop()
    }

    /// The closed list of a column.
    fn list(&self, column: &Placed<String>) -> Option<Arc<[String]>> {
        if let Some(Kind::Choice(values)) = self.columns.get(&column.value) {
            return Some(values.clone());
        }
        let message = format!("column `{}` has no list of values", column.value);
        let help = Some("give it type = \"choice\" in its layout".to_owned());
        self.report.error(&column.at, Code::BadValue, message, help);
        None
    }

    /// A key that names a value of a list.
    fn value(&mut self, key: &str, list: &[String]) -> Option<String> {
        let text = self.table.text(key)?;
        if list.contains(&text.value) {
            return Some(text.value);
        }
        let help = match likely(&text.value, list.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("the values are: {}", list.join(", ")),
        };
        self.report.error(
            &text.at,
            Code::UnknownName,
            format!("there is no value `{}`", text.value),
            Some(help),
        );
        None
    }

    /// The feeds that are sources: those named, then the others.
    fn sources(&mut self) -> Vec<String> {
        let named = self.table.texts("sources");
        let Some(Kind::Choice(feeds)) = self.columns.get(FEED) else { return Vec::new() };
        let mut out: Vec<String> = Vec::new();
        for name in named {
            if feeds.contains(&name.value) {
                out.push(name.value);
                continue;
            }
            let help = likely(&name.value, feeds.iter().map(String::as_str)).map_or_else(
                || format!("the feeds are: {}", feeds.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("no feed `{}` fills this fact", name.value);
            self.report.error(&name.at, Code::UnknownName, message, Some(help));
        }
        let rest: Vec<String> = feeds.iter().filter(|feed| !out.contains(feed)).cloned().collect();
        out.extend(rest);
        out
    }

    fn kind(&mut self, kind: &Placed<String>, column: &Placed<String>) -> Option<InputKind> {
        match kind.value.as_str() {
            "number" => {
                if self.columns.get(&column.value) != Some(&Kind::Number) {
                    let message = format!("column `{}` holds no numbers", column.value);
                    self.report.error(&column.at, Code::BadValue, message, None);
                    return None;
                }
                let step = self.table.number_or_none("step").map_or(1.0, |step| step.value);
                let least = self.table.number_or_none("least").map_or(f64::NEG_INFINITY, |least| least.value);
                Some(InputKind::Number { step, least, newer: self.text("newer")? })
            }
            "choice" => Some(InputKind::Choice { values: self.list(column)?, apart: self.column("apart")? }),
            "answer" => {
                let list = self.list(column)?;
                let (accepted, declined) = (self.value("accepted", &list), self.value("declined", &list));
                Some(InputKind::Answer { accepted: accepted?, declined: declined? })
            }
            "items" => self.items(column).map(InputKind::Items),
            other => {
                let message =
                    format!("`kind` is \"{other}\"; it can be \"number\", \"choice\", \"answer\", \"items\"");
                self.report.error(&kind.at, Code::BadValue, message, None);
                None
            }
        }
    }

    fn items(&mut self, column: &Placed<String>) -> Option<Items> {
        let grades = self.list(column)?;
        let counts_from = self.value("counts_from", &grades)?;
        let state = self.table.text("state")?;
        let states = self.list(&state)?;
        let (open, closed) = (self.value("open", &states), self.value("closed", &states));
        let raised = self.table.texts("raised");
        Some(Items {
            counts_from: grades.iter().position(|grade| *grade == counts_from)?,
            grades,
            state: state.value,
            open: open?,
            closed: closed?,
            closed_on: self.column("closed_on")?,
            raised: known_names(self.report, raised, self.columns),
            reference: self.column("reference")?,
            sources: self.sources(),
            prefix: self.table.text_or_none("prefix").map_or_else(String::new, |text| text.value),
            together: self.text("together")?,
        })
    }
}

impl Input {
    /// Reads the table `input` of a fact.
    pub(super) fn read(mut table: Table<'_>, columns: &Columns) -> Option<Self> {
        let report = table.report().clone();
        // Where a list is missing, nothing is read of what rests on it.
        KEYS.iter().for_each(|key| table.know(key));
        let (name, kind, column) = (table.text("name"), table.text("kind"), table.text("column"));
        let said = table.pairs("said");
        let dated = table.text_or_none("dated");
        let dated_name = table.text_or_none("date_name");
        let mut reading = Reading { table, report: &report, columns };
        let column = column.filter(|name| !known_names(&report, vec![name.clone()], columns).is_empty());
        let kind = reading.kind(&kind?, column.as_ref()?);
        let dated = dated.and_then(|name| known_names(&report, vec![name], columns).pop());
        let said = said.into_iter().filter_map(|(by, text)| {
            Some((by.value, noted(&report, &text.at, Sentence::new(&text.value, columns))?))
        });
        Some(Self {
            name: name?.value,
            column: column?.value,
            dated: dated.map(|column| {
                let name = dated_name.map_or_else(|| column.clone(), |name| name.value);
                (column, name)
            }),
            kind: kind?,
            said: said.collect(),
        })
    }
}
