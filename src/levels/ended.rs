//! What became of something that stood and stands no longer: the row that did it, and its file. A row that
//! is gone is told by the file that no longer has it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{DataFrame, IntoLazy, col};
use serde::{Deserialize, Serialize};

use super::decide::{Decision, Ruling};
use super::exceptions::{Exception, identity_of};
use super::findings::{Evidence, Finding};
use super::late::key_of;
use super::outcome::Outcome;
use crate::condition::Sentence;
use crate::dates::{add_days, long};
use crate::intake::Receipt;
use crate::pipeline::{Fact, Pipeline};
use crate::triangulate::{Cells, Taken, Triangulated, rows_of};

/// A finding or decision of the last pack that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its level.
    pub level: u8,
    /// What it said.
    pub what: String,
    /// What became of it, with rows and files; several sentences if several rows did it.
    pub why: String,
}

/// A clock of the last pack whose finding or decision stands no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapsed {
    /// The level it belonged to.
    pub level: u8,
    /// The day it started.
    pub starts: NaiveDate,
    /// The last day on which that stood to which it belonged.
    pub until: NaiveDate,
}

/// The rows of the files that count on a date, whether they stand or not.
pub struct Rows<'r> {
    /// The facts that stand.
    pub(super) known: &'r Triangulated,
    /// All rows of each fact that rules and exceptions read, and of decisions.
    pub(super) all: BTreeMap<&'r str, DataFrame>,
    /// The rows of the same facts that are set aside.
    aside: BTreeMap<&'r str, DataFrame>,
    /// The feed of every arrival, of files that count no longer too.
    feeds: &'r BTreeMap<u32, String>,
    pub(super) pipeline: &'r Pipeline,
}

impl<'r> Rows<'r> {
    /// The rows of these files.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn of(
        taken: &[Taken],
        aside: &[Taken],
        known: &'r Triangulated,
        feeds: &'r BTreeMap<u32, String>,
        pipeline: &'r Pipeline,
    ) -> anyhow::Result<Self> {
        let rules = pipeline.rules.iter().map(|rule| rule.from.as_str());
        let read: BTreeSet<&str> = rules
            .chain(pipeline.exceptions.iter().map(|rule| rule.from.as_str()))
            .chain(["decisions"])
            .collect();
        let (mut all, mut kept) = (BTreeMap::new(), BTreeMap::new());
        for fact in pipeline.facts.values().filter(|fact| read.contains(fact.id.as_str())) {
            all.insert(fact.id.as_str(), rows_of(fact, taken, known.as_of)?);
            kept.insert(fact.id.as_str(), rows_of(fact, aside, known.as_of)?);
        }
        Ok(Self { known, all, aside: kept, feeds, pipeline })
    }

    /// What ended of what stood for a practice in the last pack, of levels above the present one; `then` holds
    /// the rows of that pack.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn ended(&self, then: &Rows<'_>, before: &Outcome, now: &Outcome) -> anyhow::Result<Vec<Ended>> {
        let mut out: Vec<Ended> = self.decision(before, now).into_iter().collect();
        // What stood at a level above the present one; where none stands now, all of it.
        let above = |level: u8| now.level.is_none_or(|now| level > now);
        let fires = |id: &str| now.findings.iter().any(|finding| finding.rule == id);
        let ended = before.findings.iter().filter(|f| above(f.level) && !fires(&f.rule));
        for finding in ended {
            let why = self.of_finding(then, finding, &before.practice.code)?;
            out.push(Ended { level: finding.level, what: finding.sentence.clone(), why });
        }
        Ok(out)
    }

    fn of_finding(&self, then: &Rows<'_>, finding: &Finding, practice: &str) -> anyhow::Result<String> {
        let Some(rule) = self.pipeline.rules.iter().find(|rule| rule.id == finding.rule) else {
            return Ok("The rule is no longer in the pipeline folder.".to_owned());
        };
        let still = || {
            let places: Vec<String> = finding.evidence.iter().map(|e| self.place_of(e)).collect();
            let rows = crate::wording::list(&places);
            format!("The rule \"{}\" no longer holds; what it rested on has not changed: {rows}.", rule.title)
        };
        let Some(fact) = self.pipeline.facts.get(&rule.from) else { return Ok(still()) };
        let mut said = Vec::new();
        for evidence in &finding.evidence {
            let key = then.key(fact, evidence, practice);
            said.extend(key.map(|key| self.became(fact, &key, evidence, practice)).transpose()?.flatten());
        }
        said.dedup();
        Ok(if said.is_empty() { still() } else { said.join(" ") })
    }

    /// The last day on which a finding of the last pack stood from which a clock started, by what today's files
    /// say of its rows; `evidence` is the place of its row, if the clock belongs to one. None if a row of it
    /// stands, or if no file says when it ended.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn stood_until(
        &self,
        then: &Rows<'_>,
        finding: &Finding,
        evidence: Option<usize>,
        (practice, starts): (&str, NaiveDate),
    ) -> anyhow::Result<Option<NaiveDate>> {
        let rule = self.pipeline.rules.iter().find(|rule| rule.id == finding.rule);
        let Some(fact) = rule.and_then(|rule| self.pipeline.facts.get(&rule.from)) else { return Ok(None) };
        let one = evidence.and_then(|place| finding.evidence.get(place));
        let mut last = None;
        for evidence in one.map_or_else(|| finding.evidence.iter().collect(), |one| vec![one]) {
            let Some(key) = then.key(fact, evidence, practice) else { continue };
            match self.row_until(fact, &key, practice, starts)? {
                Until::Today => return Ok(None),
                Until::Day(day) => last = last.max(Some(day)),
                Until::Unknown => {}
            }
        }
        Ok(last)
    }

    /// Whether a day lies before that of the rows.
    pub fn is_past(&self, day: NaiveDate) -> bool {
        day < self.known.as_of
    }

    /// Until when the row of that key stood that stood on a day.
    fn row_until(&self, fact: &Fact, key: &str, practice: &str, day: NaiveDate) -> anyhow::Result<Until> {
        let cells = Cells::new(self.all.get(fact.id.as_str()));
        let is = |row: &usize| key_of(fact, &cells, *row).as_deref() == Some(key);
        let (Some(row), Some(rows)) = ((0..cells.height()).rev().find(is), self.all.get(fact.id.as_str()))
        else {
            return Ok(Until::Unknown);
        };
        let stands = |day: NaiveDate| stands(fact, rows, row, day);
        if stands(self.known.as_of)? {
            return self.replaced(fact, key, practice);
        }
        if !stands(day)? {
            return Ok(Until::Unknown);
        }
        let (mut stood, mut gone) = (day, self.known.as_of);
        while (gone - stood).num_days() > 1 {
            let between = stood + (gone - stood) / 2;
            if stands(between)? { stood = between } else { gone = between }
        }
        Ok(Until::Day(stood))
    }

    /// Until when a row counted that another one has replaced: the day before that came about.
    fn replaced(&self, fact: &Fact, key: &str, practice: &str) -> anyhow::Result<Until> {
        let frame = self.known.facts.get(&fact.id);
        let cells = Cells::new(frame);
        let is = |row: &usize| key_of(fact, &cells, *row).as_deref() == Some(key);
        if fact.latest.is_empty() || (0..cells.height()).any(|row| is(&row)) {
            return Ok(Until::Today);
        }
        let other = (0..cells.height()).find(|row| cells.text("practice", *row).as_deref() == Some(practice));
        let (Some(frame), Some(other), Some(happened)) = (frame, other, &fact.happened) else {
            return Ok(Until::Unknown);
        };
        let one = frame.slice(i64::try_from(other)?, 1).lazy();
        let dated = one.select([happened.expr(self.known.as_of).alias("_day")]).collect();
        let dated = dated.with_context(|| format!("the fact `{}` cannot be evaluated", fact.id))?;
        let day = Cells::new(Some(&dated)).date("_day", 0);
        Ok(day.map_or(Until::Unknown, |day| Until::Day(add_days(day, -1))))
    }

    /// What became of an exception that is not open any more.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn closed(&self, exception: &Exception) -> anyhow::Result<String> {
        for rule in &self.pipeline.exceptions {
            let (Some(fact), Some(rows)) =
                (self.pipeline.facts.get(&rule.from), self.all.get(rule.from.as_str()))
            else {
                continue;
            };
            let cells = Cells::new(Some(rows));
            let same = |row: &usize| identity_of(&cells, &rule.identity, *row) == exception.id;
            if let Some(row) = (0..cells.height()).rev().find(same) {
                let standing = Cells::new(self.known.facts.get(&fact.id));
                let stands = (0..standing.height())
                    .any(|row| identity_of(&standing, &rule.identity, row) == exception.id);
                let said =
                    self.of_row(fact, rows, row, stands, (&exception.evidence, Some(&exception.practice)))?;
                return Ok(said.unwrap_or_else(|| {
                    format!("It meets no criterion any more ({}).", self.place(&cells, row))
                }));
            }
            let aside = Cells::new(self.aside.get(rule.from.as_str()));
            let same = |row: &usize| identity_of(&aside, &rule.identity, *row) == exception.id;
            if let Some(row) = (0..aside.height()).find(same) {
                return Ok(format!("Its row is set aside now ({}).", self.place(&aside, row)));
            }
        }
        Ok(self.gone(&exception.evidence, exception.id.split('/').next()))
    }

    /// What the row of a finding is known by.
    fn key(&self, fact: &Fact, evidence: &Evidence, practice: &str) -> Option<String> {
        let row = self.at(fact, evidence, practice)?;
        key_of(fact, &Cells::new(self.all.get(fact.id.as_str())), row)
    }

    /// Where the row of a finding is among all rows.
    pub(super) fn at(&self, fact: &Fact, evidence: &Evidence, practice: &str) -> Option<usize> {
        let cells = Cells::new(self.all.get(fact.id.as_str()));
        // Sheets of one file may have rows of one number.
        let at = |row: &usize| {
            (cells.file(*row), cells.sheet_row(*row)) == (evidence.arrival, evidence.row)
                && cells.text("practice", *row).as_deref() == Some(practice)
        };
        (0..cells.height()).find(at)
    }

    /// What became of the row of that key; none if it is as it was.
    fn became(
        &self,
        fact: &Fact,
        key: &str,
        evidence: &Evidence,
        practice: &str,
    ) -> anyhow::Result<Option<String>> {
        let rows = self.all.get(fact.id.as_str());
        let cells = Cells::new(rows);
        let is = |row: &usize| key_of(fact, &cells, *row).as_deref() == Some(key);
        if let (Some(row), Some(rows)) = ((0..cells.height()).rev().find(is), rows) {
            let standing = Cells::new(self.known.facts.get(&fact.id));
            let stands =
                (0..standing.height()).any(|row| key_of(fact, &standing, row).as_deref() == Some(key));
            return self.of_row(fact, rows, row, stands, (evidence, Some(practice)));
        }
        let aside = Cells::new(self.aside.get(fact.id.as_str()));
        let is = |row: &usize| key_of(fact, &aside, *row).as_deref() == Some(key);
        if let Some(row) = (0..aside.height()).find(is) {
            return Ok(Some(format!("Its row is set aside now ({}).", self.place(&aside, row))));
        }
        Ok(Some(self.gone(evidence, None)))
    }

    /// What is said of a row that is still there.
    fn of_row(
        &self,
        fact: &Fact,
        rows: &DataFrame,
        row: usize,
        stands: bool,
        (evidence, practice): (&Evidence, Option<&str>),
    ) -> anyhow::Result<Option<String>> {
        let cells = Cells::new(Some(rows));
        if !stands {
            let standing = self.known.facts.get(&fact.id);
            let others = Cells::new(standing);
            let practice = cells.text("practice", row);
            let other = (0..others.height()).find(|row| others.text("practice", *row) == practice);
            if let (Some(frame), Some(other), false) = (standing, other, fact.latest.is_empty())
                && let Some(said) = first(&fact.replaced, frame, other, self.known.as_of)?
            {
                return Ok(Some(format!("{} ({}).", capital(&said), self.place(&others, other))));
            }
            if let Some(said) = first(&fact.ended, rows, row, self.known.as_of)? {
                return Ok(Some(format!("{} ({}).", capital(&said), self.place(&cells, row))));
            }
        }
        let mut changed = self.changed(&cells, row, evidence);
        let now = cells.text("practice", row);
        if let (Some(was), Some(now)) = (practice, now.filter(|now| Some(now.as_str()) != practice)) {
            changed.insert(0, format!("{}: {was} before, {now} now", title(self.pipeline, "practice")));
        }
        Ok(match changed.as_slice() {
            [] if stands => None,
            [] => Some(format!("It stands no longer ({}).", self.place(&cells, row))),
            changed => Some(format!("{} ({}).", changed.join("; "), self.place(&cells, row))),
        })
    }

    /// The columns of a row that say otherwise than they did.
    fn changed(&self, cells: &Cells<'_>, row: usize, evidence: &Evidence) -> Vec<String> {
        // What no sheet has is made by the engine and follows from the others.
        let sheets = |column: &str| {
            self.pipeline.feeds.iter().flat_map(|f| &f.layouts).any(|l| l.column(column).is_some())
        };
        let differ = evidence.values.iter().filter(|was| sheets(&was.column)).filter_map(|was| {
            let is = cells.shown(&was.column, row).unwrap_or_default();
            (is != was.value).then(|| {
                let title = title(self.pipeline, &was.column);
                match is.is_empty() {
                    true => format!("{title}: {} before, blank now", was.value),
                    false => format!("{title}: {} before, {is} now", was.value),
                }
            })
        });
        differ.collect()
    }

    /// A row that no file has any more.
    fn gone(&self, evidence: &Evidence, feed: Option<&str>) -> String {
        let was = self.place_of(evidence);
        let feed = self.feed_of(evidence).or(feed);
        let newest = feed.and_then(|feed| {
            let of_feed = self.known.sources.values().filter(|source| source.feed == feed);
            of_feed.max_by_key(|source| source.arrival)
        });
        match (newest, feed) {
            (Some(newest), _) => format!(
                "Its row ({was}) is gone: {}, {} no longer has it.",
                newest.feed,
                Receipt::number(newest.arrival)
            ),
            (None, Some(feed)) => format!("Its row ({was}) is gone: no file of {feed} counts."),
            (None, None) => format!("Its row ({was}) is gone."),
        }
    }

    /// Feed, receipt, sheet and row of a row.
    fn place(&self, cells: &Cells<'_>, row: usize) -> String {
        let source = cells.file(row).and_then(|arrival| self.known.sources.get(&arrival));
        let Some(source) = source else { return "derived".to_owned() };
        let tab = cells.tab(row).and_then(|tab| source.tabs.get(tab));
        let sheet = tab.or(source.sheet.as_ref()).map(String::as_str);
        place(Some(&source.feed), Some(source.arrival), sheet, cells.sheet_row(row))
    }

    fn place_of(&self, evidence: &Evidence) -> String {
        place(self.feed_of(evidence), evidence.arrival, evidence.sheet.as_deref(), evidence.row)
    }

    fn feed_of(&self, evidence: &Evidence) -> Option<&str> {
        evidence.arrival.and_then(|arrival| self.feeds.get(&arrival)).map(String::as_str)
    }

    /// A decision of the last pack that set a level and is not the one that stands.
    fn decision(&self, before: &Outcome, now: &Outcome) -> Option<Ended> {
        let (then, ruling) = before.decision.as_ref()?;
        let stands = now.decision.as_ref().map(|(decision, _)| decision);
        if *ruling != Ruling::Sets || stands.is_some_and(|decision| decision.same_as(then)) {
            return None;
        }
        let at = self.place_of(&then.evidence);
        let why = match stands {
            _ if then.until < self.known.as_of => format!("It ended on {} ({at}).", long(then.until)),
            Some(other) => format!("It gave way to the decision of {}.", long(other.decided_on)),
            None => format!("It is gone from the sheet; it was {at}."),
        };
        Some(Ended { level: then.level, what: words(then, self.pipeline), why })
    }
}

/// Until when a row stood.
enum Until {
    /// It stands.
    Today,
    /// The last day.
    Day(NaiveDate),
    /// No file says.
    Unknown,
}

/// Whether a row stands on a day, as the fact has it.
fn stands(fact: &Fact, rows: &DataFrame, row: usize, day: NaiveDate) -> anyhow::Result<bool> {
    let Some(stands) = &fact.stands else { return Ok(true) };
    let one = rows.slice(i64::try_from(row)?, 1).lazy().filter(stands.expr(day)).collect();
    Ok(one.with_context(|| format!("the fact `{}` cannot be evaluated", fact.id))?.height() == 1)
}

/// Feed, receipt, sheet and row, as far as they are known.
pub fn place(feed: Option<&str>, arrival: Option<u32>, sheet: Option<&str>, row: Option<u32>) -> String {
    let parts = [
        feed.map(str::to_owned),
        arrival.map(Receipt::number),
        sheet.map(|sheet| format!("sheet {sheet}")),
        row.map(|row| format!("row {row}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What differs between the evidence of an exception before and now, as `Severity: Serious to Immediate`.
pub fn from_to(before: &Exception, now: &Exception, pipeline: &Pipeline) -> Vec<String> {
    let was = |column: &str| before.evidence.values.iter().find(|v| v.column == column);
    let differ = now.evidence.values.iter().filter_map(|is| {
        let was = was(&is.column).filter(|was| was.value != is.value)?;
        Some(format!("{}: {} to {}", title(pipeline, &is.column), was.value, is.value))
    });
    differ.collect()
}

fn words(decision: &Decision, pipeline: &Pipeline) -> String {
    format!(
        "{} was decided by {} on {}.",
        pipeline.levels.label(Some(decision.level)),
        decision.decided_by,
        long(decision.decided_on)
    )
}

/// What people call a column.
fn title(pipeline: &Pipeline, column: &str) -> String {
    let layouts = pipeline.feeds.iter().flat_map(|feed| &feed.layouts);
    let found = layouts.filter_map(|layout| layout.column(column)).next();
    found.map_or_else(|| column.to_owned(), |column| column.title.clone())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The first of some sentences of which every value is known for a row.
pub(super) fn first(
    sentences: &[Sentence],
    rows: &DataFrame,
    row: usize,
    as_of: NaiveDate,
) -> anyhow::Result<Option<String>> {
    for sentence in sentences {
        let one = rows.slice(i64::try_from(row).unwrap_or(i64::MAX), 1).lazy().with_row_index("_index", None);
        let exprs = sentence.exprs(as_of).into_iter().enumerate();
        let says: Vec<_> = exprs.map(|(i, expr)| expr.alias(format!("_say{i}"))).collect();
        let count = says.len();
        let said = one.group_by_stable([col("_index")]).agg(says).collect();
        let said = said.context("a sentence of a fact cannot be evaluated")?;
        let values: Vec<_> = (0..count)
            .filter_map(|i| said.column(&format!("_say{i}")).ok().and_then(|c| c.get(0).ok()))
            .collect();
        if values.iter().all(|value| !value.is_null()) {
            return Ok(Some(sentence.fill(&values)));
        }
    }
    Ok(None)
}
