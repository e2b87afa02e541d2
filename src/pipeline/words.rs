//! Values that the engine looks for in the cells of a fact. A column whose list does not have one of them
//! would turn a figure into a zero, so the list must have it.

use std::collections::BTreeMap;

use super::committee::Section;
use super::contract::place_of;
use super::fact::Fact;
use super::feed::Feed;
use super::layout::ColumnKind;
use super::reader::Report;
use super::report::At;
use crate::condition::{Columns, Kind};
use crate::diagnostic::{Code, likely};
use crate::wording::list;

/// Values by fact and column, and what is lost without them.
const WORDS: &[(&str, &str, &[&str], &str)] = &[
    ("register", "status", &["Active", "Proposed", "Dormant"], "which practices are open is read from it"),
    ("register", "setting", &["GP practice"], "which organisations are GP practices is read from it"),
    ("visits", "visit_type", &["Proactive", "Reactive"], "the visits are counted by it"),
    (
        "visits",
        "support_response",
        &["Accepted", "Declined", "Considering"],
        "the offers that were accepted are counted by it",
    ),
    ("plans", "status", &["Planned", "Cancelled"], "the changes to the plan are read from it"),
    ("offer", "response", &["Accepted", "Declined", "No response"], "the answers are counted by it"),
];

/// Notes the values that a list lacks.
pub(super) fn check(
    report: &Report,
    feeds: &[Feed],
    tables: &BTreeMap<String, Columns>,
    facts: &BTreeMap<String, Fact>,
    levels: &[String],
) {
    let places = Places { report, feeds, tables, facts };
    for (fact, column, words, why) in WORDS {
        places.must_have(fact, column, words, why);
    }
    places.narrative();
    places.decided_levels(levels);
}

struct Places<'p> {
    report: &'p Report,
    feeds: &'p [Feed],
    tables: &'p BTreeMap<String, Columns>,
    facts: &'p BTreeMap<String, Fact>,
}

impl<'p> Places<'p> {
    fn kind(&self, fact: &str, column: &str) -> Option<&'p Kind> {
        self.facts.get(fact)?.columns.get(column)
    }

    /// The columns of layouts from which a fact's column comes, with the words that stand for values there.
    fn columns(&self, fact: &str, column: &'p str) -> impl Iterator<Item = &'p super::layout::Column> {
        let from = self.facts.get(fact).map(|fact| fact.from.as_slice()).unwrap_or_default();
        let layouts = self.feeds.iter().flat_map(|feed| &feed.layouts);
        layouts.filter(move |l| from.contains(&l.table)).filter_map(move |l| l.column(column))
    }

    /// Where a column is declared: the first layout that has it, else the fact.
    fn at(&self, fact: &str, column: &'p str) -> At {
        match self.columns(fact, column).next() {
            Some(column) => At { file: column.declared.file.as_str().into(), line: column.declared.line },
            None => At { file: place_of(fact, self.tables, self.feeds).into(), line: 1 },
        }
    }

    fn must_have(&self, fact: &str, column: &'static str, words: &[&str], why: &str) {
        let Some(kind) = self.kind(fact, column) else { return };
        let known: Vec<String> = match kind {
            Kind::Choice(values) | Kind::Choices(Some(values)) => values.to_vec(),
            // Without a list of its own a column has the values that its map gives.
            _ => self.columns(fact, column).flat_map(|c| mapped(&c.kind)).collect(),
        };
        let at = self.at(fact, column);
        for word in words.iter().filter(|word| !known.iter().any(|k| k == *word)) {
            let message = format!("column `{column}` of `{fact}` has no value `{word}`: {why}");
            let near = likely(word, known.iter().map(String::as_str)).map_or_else(String::new, |near| {
                format!("; if `{near}` is meant, keep `{word}` as the value and map the other: also = {{ \"{near}\" = \"{word}\" }}")
            });
            let mend = format!("add \"{word}\" to `values`{near}");
            self.report.error(&at, Code::Incomplete, message, Some(mend));
        }
    }

    /// Every section of the narrative is one that the pack prints.
    fn narrative(&self) {
        let Some(kind) = self.kind("narrative", "section") else { return };
        let at = self.at("narrative", "section");
        let written: Vec<&str> =
            Section::WORDS.iter().filter_map(|(_, section)| section.written_as()).collect();
        let sections = list(&written);
        let Kind::Choice(values) = kind else {
            let message = "column `section` of `narrative` has no list of values, and a paragraph under a heading \
                           that the pack does not have is printed nowhere";
            return self.report.error(
                &at,
                Code::Incomplete,
                message,
                Some(format!("the sections are {sections}")),
            );
        };
        for value in values.iter().filter(|value| !written.contains(&value.as_str())) {
            let message =
                format!("the pack has no section `{value}`: its paragraphs would be printed nowhere");
            let mend = format!("the sections are {sections}; map other words to them with `also`");
            self.report.error(&at, Code::UnknownName, message, Some(mend));
        }
    }

    /// A decision is about a level, and none may be lost for want of a cell.
    fn decided_levels(&self, numbers: &[String]) {
        let at = self.at("decisions", "level");
        match self.kind("decisions", "level") {
            None => {}
            Some(Kind::Choice(values)) => {
                for value in values.iter().filter(|value| !numbers.contains(value)) {
                    let message =
                        format!("`{value}` in column `level` of `decisions` is no level of levels.toml");
                    let mend = format!(
                        "write values = \"levels\", which are {}; map other words to them with `also`",
                        list(numbers)
                    );
                    self.report.error(&at, Code::UnknownName, message, Some(mend));
                }
            }
            Some(_) => {
                let message = "column `level` of `decisions` takes any text, and a decision about no level counts \
                               for nothing";
                let mend = "write type = \"choice\" and values = \"levels\"";
                self.report.error(&at, Code::Incomplete, message, Some(mend.to_owned()));
            }
        }
        for name in ["practice", "level", "decided_on", "until"] {
            for column in self.columns("decisions", name).filter(|c| !c.required || !c.quarantine_if_bad) {
                let at = At { file: column.declared.file.as_str().into(), line: column.declared.line };
                let message = format!(
                    "column `{name}` of `decisions` may be blank, and a decision without it counts for nothing"
                );
                let mend = "write required = true, so that such a row is set aside and reported";
                self.report.error(&at, Code::Incomplete, message, Some(mend.to_owned()));
            }
        }
    }
}

/// The values that a column's own map gives.
fn mapped(kind: &ColumnKind) -> Vec<String> {
    match kind {
        ColumnKind::Choices { values: None, also, .. } => {
            also.iter().map(|(_, value)| value.clone()).collect()
        }
        _ => Vec::new(),
    }
}
