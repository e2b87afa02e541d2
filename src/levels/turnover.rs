//! What ended and what began since the last pack, finding by finding, each with what did it.
//!
//! A finding is known by its rule and, where its rows stand beside each other, by source and reference. So a newer
//! extract that says the same ends nothing.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::decide::Decision;
use super::ended::{Rows, first};
use super::findings::Finding;
use super::late::key_of;
use super::outcome::Outcome;
use crate::dates::long;
use crate::pipeline::{FEED, Fact, Input, InputKind, Items, Rule};
use crate::triangulate::Cells;

/// A finding or decision that ended or began.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Turn {
    /// The rule, or `decision`.
    pub rule: String,
    /// The row: source and reference, or date and level of a decision; empty where the rule says enough.
    pub row: String,
    /// What did it, in a word.
    pub by: String,
    /// Its level.
    pub level: u8,
    /// What did it, as a part of a sentence.
    pub said: String,
}

/// What ended and what began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnover {
    /// What was open in the last pack and is not now.
    pub ended: Vec<Turn>,
    /// What stands now and did not.
    pub began: Vec<Turn>,
}

/// What an outcome says of a practice in the last pack, under today's rules, and now.
pub struct Compared<'c> {
    /// What the pack said.
    pub before: &'c Outcome,
    /// What today's rules say of the same files on the same day.
    pub ruled: Option<&'c Outcome>,
    /// What stands now.
    pub now: &'c Outcome,
}

/// The rule of a decision.
const DECISION: &str = "decision";

/// Something that stands.
struct Item<'i> {
    rule: &'i str,
    row: String,
    level: u8,
    /// The fact and its row among all rows of it.
    at: Option<(&'i Fact, usize)>,
    decision: Option<&'i Decision>,
}

impl Item<'_> {
    fn same(&self, other: &Item<'_>) -> bool {
        (self.rule, &self.row) == (other.rule, &other.row)
    }
}

/// Which side of a comparison something is on.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Ended,
    Began,
}

impl Rows<'_> {
    /// What ended and what began for a practice; `then` holds the rows of the last pack.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn turnover(&self, then: &Rows<'_>, of: &Compared<'_>) -> anyhow::Result<Turnover> {
        let (before, now) = (then.items(of.before), self.items(of.now));
        let ruled = of.ruled.map(|ruled| then.items(ruled));
        let mut out = Turnover::default();
        for item in before.iter().filter(|item| !now.iter().any(|other| other.same(item))) {
            let rule = ruled.as_ref().is_some_and(|ruled| !ruled.iter().any(|other| other.same(item)));
            out.ended.push(self.turn(then, item, (Side::Ended, rule), of)?);
        }
        for item in now.iter().filter(|item| !before.iter().any(|other| other.same(item))) {
            let rule = ruled.as_ref().is_some_and(|ruled| ruled.iter().any(|other| other.same(item)));
            out.began.push(self.turn(then, item, (Side::Began, rule), of)?);
        }
        // That nothing else stands follows from what ended or began, where anything did.
        let follows =
            |turn: &Turn| self.pipeline.rule(&turn.rule).is_some_and(|rule| rule.only_if_nothing_else);
        if !out.ended.iter().chain(&out.began).all(follows) {
            out.ended.retain(|turn| !follows(turn));
            out.began.retain(|turn| !follows(turn));
        }
        out.ended.sort();
        out.began.sort();
        Ok(out)
    }

    /// What stands in an outcome, each thing once.
    fn items<'i>(&'i self, outcome: &'i Outcome) -> Vec<Item<'i>> {
        let mut out = Vec::new();
        if let Some((decision, _)) = &outcome.decision {
            let row = format!("{} {}", decision.decided_on, decision.level);
            let (level, decision) = (decision.level, Some(decision));
            out.push(Item { rule: DECISION, row, level, at: None, decision });
        }
        for finding in &outcome.findings {
            self.items_of(finding, &outcome.practice.code, &mut out);
        }
        let mut seen = BTreeSet::new();
        out.retain(|item| seen.insert((item.rule, item.row.clone())));
        out
    }

    fn items_of<'i>(&'i self, finding: &'i Finding, practice: &str, out: &mut Vec<Item<'i>>) {
        let item = |row, at| Item { rule: &finding.rule, row, level: finding.level, at, decision: None };
        let rule = self.pipeline.rule(&finding.rule);
        let Some(fact) = rule.and_then(|rule| self.pipeline.facts.get(&rule.from)) else {
            return out.push(item(String::new(), None));
        };
        let one = rule.is_some_and(|rule| rule.having.is_some()) || !fact.latest.is_empty();
        let cells = Cells::new(self.all.get(fact.id.as_str()));
        for evidence in &finding.evidence {
            let at = self.at(fact, evidence, practice);
            let row = match at.filter(|_| !one) {
                Some(row) => name_of(fact, &cells, row),
                None => String::new(),
            };
            out.push(item(row, at.map(|row| (fact, row))));
        }
        if finding.evidence.is_empty() {
            out.push(item(String::new(), None));
        }
    }

    fn turn(
        &self,
        then: &Rows<'_>,
        item: &Item<'_>,
        (side, ruled): (Side, bool),
        of: &Compared<'_>,
    ) -> anyhow::Result<Turn> {
        let made = |by: &str, said: String| Turn {
            rule: item.rule.to_owned(),
            row: item.row.clone(),
            by: by.to_owned(),
            level: item.level,
            said,
        };
        if let Some(decision) = item.decision {
            let (by, said) = match side {
                Side::Ended => self.decision_ended(decision, of.now),
                Side::Began => then.decision_began(decision, &of.now.practice.code),
            };
            return Ok(made(by, said));
        }
        let rule = self.pipeline.rule(item.rule);
        let title = rule.map_or(item.rule, |rule| rule.title.as_str());
        if ruled || rule.is_none() {
            return Ok(made("rule", "the rules of the pipeline changed".to_owned()));
        }
        let otherwise = match side {
            Side::Ended => format!("\"{title}\" no longer held"),
            Side::Began => format!("\"{title}\" held"),
        };
        let (Some(rule), Some((fact, _))) = (rule, item.at) else { return Ok(made("data", otherwise)) };
        let by = self.by(then, item, (fact, rule), (side, &of.now.practice.code));
        let template = fact.input.as_ref().and_then(|input| input.said.get(&by));
        let said = match template {
            Some(template) => {
                let (frame, row) = self.shown(then, item, side, &of.now.practice.code);
                frame
                    .map(|frame| first(std::slice::from_ref(template), frame, row, self.known.as_of))
                    .transpose()?
            }
            None => None,
        };
        Ok(made(&by, said.flatten().unwrap_or(otherwise)))
    }

    /// The row that is spoken of: of a fact of which the latest counts, that of now; else the row itself as it is
    /// now, or as it was where it is gone.
    fn shown<'s>(
        &'s self,
        then: &'s Rows<'_>,
        item: &Item<'_>,
        side: Side,
        practice: &str,
    ) -> (Option<&'s DataFrame>, usize) {
        let Some((fact, row)) = item.at else { return (None, 0) };
        let id = fact.id.as_str();
        if !fact.latest.is_empty() {
            return match (self.known.facts.get(id), self.stands_for(fact, practice)) {
                (Some(frame), Some(row)) => (Some(frame), row),
                _ => (then.all.get(id), row),
            };
        }
        if side == Side::Began {
            return (self.all.get(id), row);
        }
        let key = key_of(fact, &Cells::new(then.all.get(id)), row);
        match key.and_then(|key| self.find(fact, &key)) {
            Some(row) => (self.all.get(id), row),
            None => (then.all.get(id), row),
        }
    }

    /// What did it, in a word.
    fn by(
        &self,
        then: &Rows<'_>,
        item: &Item<'_>,
        (fact, rule): (&Fact, &Rule),
        (side, practice): (Side, &str),
    ) -> String {
        let word = |word: &str| word.to_owned();
        let Some(input) = &fact.input else { return word("data") };
        match &input.kind {
            InputKind::Items(items) if rule.having.is_some() => items.together.clone(),
            InputKind::Items(items) => word(match side {
                Side::Ended => self.item_ended(then, item, (input, items), practice),
                Side::Began => self.item_began(then, item, (input, items), practice),
            }),
            InputKind::Number { newer, .. } => self.number(then, (fact, input, newer), (side, practice)),
            InputKind::Choice { .. } | InputKind::Answer { .. } => {
                let content = |rows: &Rows<'_>| rows.content(fact, input, practice);
                let same = content(self).is_some() && content(self) == content(then);
                if same { word("time") } else { input.name.clone() }
            }
        }
    }

    fn item_ended(
        &self,
        then: &Rows<'_>,
        item: &Item<'_>,
        (input, items): (&Input, &Items),
        practice: &str,
    ) -> &'static str {
        let Some((fact, was)) = item.at else { return "gone" };
        let (before, cells) = (Cells::new(then.all.get(fact.id.as_str())), self.cells(fact));
        let found = key_of(fact, &before, was).and_then(|key| Some((self.find(fact, &key)?, key)));
        let Some((row, key)) = found.filter(|(row, _)| is_of(&cells, *row, practice)) else { return "gone" };
        if self.stands(fact, &key) {
            let differs = before.text(&input.column, was) != cells.text(&input.column, row);
            return if differs { "severity" } else { "edited" };
        }
        let closed = cells.text(&items.state, row).as_deref() != Some(items.open.as_str());
        if closed { "status" } else { "edited" }
    }

    fn item_began(
        &self,
        then: &Rows<'_>,
        item: &Item<'_>,
        (_, items): (&Input, &Items),
        practice: &str,
    ) -> &'static str {
        let Some((fact, row)) = item.at else { return "new" };
        let before = then.cells(fact);
        let found = key_of(fact, &self.cells(fact), row).and_then(|key| Some((then.find(fact, &key)?, key)));
        let Some((was, key)) = found.filter(|(row, _)| is_of(&before, *row, practice)) else { return "new" };
        if then.stands(fact, &key) {
            return "severity";
        }
        let closed = before.text(&items.state, was).as_deref() != Some(items.open.as_str());
        if closed { "reopened" } else { "time" }
    }

    fn number(
        &self,
        then: &Rows<'_>,
        (fact, input, newer): (&Fact, &Input, &String),
        (side, practice): (Side, &str),
    ) -> String {
        let of = |rows: &Rows<'_>| {
            let cells = Cells::new(rows.known.facts.get(&fact.id));
            let row = rows.stands_for(fact, practice)?;
            let date = input.dated.as_ref().and_then(|(column, _)| cells.date(column, row));
            Some((date, cells.number(&input.column, row)))
        };
        let (was, is) = (of(then), of(self));
        let word = match (was, is, side) {
            (_, None, _) => "gone",
            (None, Some(is), Side::Began) if then.had(fact, input, practice, is) => "time",
            (None, Some(_), _) => newer,
            (Some(was), Some(is), _) if was.0 == is.0 && was.1 == is.1 => "time",
            (Some(was), Some(is), _) if was.0 == is.0 => "restated",
            (Some(was), Some(is), Side::Began) if was.0 < is.0 && then.had(fact, input, practice, is) => {
                "time"
            }
            (Some(was), Some(is), _) if was.0 < is.0 => newer,
            (Some(_), Some(_), Side::Ended) => "gone",
            (Some(_), Some(_), Side::Began) => "restated",
        };
        word.to_owned()
    }

    /// Whether a row of that date and number was there, whether it stood or not.
    fn had(
        &self,
        fact: &Fact,
        input: &Input,
        practice: &str,
        (date, number): (Option<chrono::NaiveDate>, Option<f64>),
    ) -> bool {
        let cells = self.cells(fact);
        let dated = input.dated.as_ref();
        (0..cells.height()).any(|row| {
            is_of(&cells, row, practice)
                && dated.and_then(|(column, _)| cells.date(column, row)) == date
                && cells.number(&input.column, row) == number
        })
    }

    /// All that the row that stands for a practice says of itself.
    fn content(&self, fact: &Fact, input: &Input, practice: &str) -> Option<Vec<Option<String>>> {
        let row = self.stands_for(fact, practice)?;
        let cells = Cells::new(self.known.facts.get(&fact.id));
        let apart = match &input.kind {
            InputKind::Choice { apart, .. } => Some(apart),
            _ => None,
        };
        let dated = input.dated.as_ref().map(|(column, _)| column);
        let columns = fact.known_by.iter().chain([&input.column]).chain(dated).chain(apart);
        Some(columns.map(|column| cells.shown(column, row)).collect())
    }

    fn cells(&self, fact: &Fact) -> Cells<'_> {
        Cells::new(self.all.get(fact.id.as_str()))
    }

    /// The last of all rows with a key.
    fn find(&self, fact: &Fact, key: &str) -> Option<usize> {
        let cells = self.cells(fact);
        (0..cells.height()).rev().find(|row| key_of(fact, &cells, *row).as_deref() == Some(key))
    }

    /// Whether a row with a key stands.
    fn stands(&self, fact: &Fact, key: &str) -> bool {
        let cells = Cells::new(self.known.facts.get(&fact.id));
        (0..cells.height()).any(|row| key_of(fact, &cells, row).as_deref() == Some(key))
    }

    /// The row that stands for a practice.
    fn stands_for(&self, fact: &Fact, practice: &str) -> Option<usize> {
        let cells = Cells::new(self.known.facts.get(&fact.id));
        (0..cells.height()).find(|row| is_of(&cells, *row, practice))
    }

    fn decision_ended(&self, decision: &Decision, now: &Outcome) -> (&'static str, String) {
        let of = format!("the decision of {}", long(decision.decided_on));
        let until = self.decisions(&now.practice.code).into_iter().find_map(|(date, level, until)| {
            (date == decision.decided_on && level == Some(decision.level)).then_some(until)
        });
        let until = until.unwrap_or(decision.until).min(decision.until);
        if until < self.known.as_of {
            return ("time", format!("{of} ended on {}", long(until)));
        }
        match &now.decision {
            Some((other, _)) => (DECISION, format!("{of} gave way to that of {}", long(other.decided_on))),
            None => ("gone", format!("{of} was withdrawn")),
        }
    }

    /// How a decision began; these are the rows of the last pack.
    fn decision_began(&self, decision: &Decision, practice: &str) -> (&'static str, String) {
        let of = format!("the decision of {}", long(decision.decided_on));
        let there = self.decisions(practice).into_iter().any(|(date, level, until)| {
            date == decision.decided_on && level == Some(decision.level) && until >= self.known.as_of
        });
        match there {
            false => ("new", of),
            true if decision.decided_on > self.known.as_of => ("time", of),
            true => (DECISION, format!("{of} stood again")),
        }
    }

    /// All decisions on a practice: date, level, until.
    fn decisions(&self, practice: &str) -> Vec<(chrono::NaiveDate, Option<u8>, chrono::NaiveDate)> {
        let cells = Cells::new(self.all.get("decisions"));
        let of = (0..cells.height()).filter(|row| is_of(&cells, *row, practice));
        of.filter_map(|row| {
            let level = cells.text("level", row).and_then(|id| self.pipeline.levels.of_id(&id));
            Some((cells.date("decided_on", row)?, level, cells.date("until", row)?))
        })
        .collect()
    }
}

fn is_of(cells: &Cells<'_>, row: usize, practice: &str) -> bool {
    cells.text("practice", row).as_deref() == Some(practice)
}

/// What a row is called: source and reference, or what it is known by.
fn name_of(fact: &Fact, cells: &Cells<'_>, row: usize) -> String {
    if let Some(Input { kind: InputKind::Items(items), .. }) = &fact.input {
        return item_name(items, cells, row);
    }
    let parts = fact.known_by.iter().filter(|column| *column != "practice");
    parts.filter_map(|column| cells.shown(column, row)).collect::<Vec<_>>().join("/")
}

/// Source and reference of a row.
pub(super) fn item_name(items: &Items, cells: &Cells<'_>, row: usize) -> String {
    let feed = cells.text(FEED, row).unwrap_or_default();
    format!("{}/{}", items.source(&feed), cells.text(&items.reference, row).unwrap_or_default())
}
