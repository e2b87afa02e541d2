//! Rules over facts: each rule that fires for a practice is a finding with its evidence.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, LazyFrame, NULL, col, lit};
use serde::{Deserialize, Serialize};

use super::unclaimed::Unclaimed;
use crate::condition::{Condition, Day, Sentence};
use crate::dates;
use crate::intake::{CARRIED_FROM, CELL, cells_of};
use crate::pipeline::{Pipeline, Rule, Starts};
use crate::triangulate::{Cells, Triangulated};

/// A rule that fired for a practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// What the rule says, for people.
    pub title: String,
    /// The clause of the framework that the rule comes from.
    pub clause: String,
    /// The level it proposes.
    pub level: u8,
    /// The days on which its clocks start: one for each row of the evidence, in its order, or one where the
    /// rule says when the finding as a whole starts.
    #[serde(deserialize_with = "starts_of_any_version")]
    pub starts: Vec<NaiveDate>,
    /// The finding in a sentence.
    pub sentence: String,
    /// The same as a reason within a sentence; empty where a version made it that did not tell it.
    #[serde(default)]
    pub because: String,
    /// The rows that it fired on.
    pub evidence: Vec<Evidence>,
}

/// Results that older versions wrote hold one start, or none.
fn starts_of_any_version<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<NaiveDate>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Starts {
        Each(Vec<NaiveDate>),
        One(Option<NaiveDate>),
    }
    Ok(match Starts::deserialize(from)? {
        Starts::Each(starts) => starts,
        Starts::One(start) => start.into_iter().collect(),
    })
}

/// A row that a rule fired on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The received file, by its place in the order of arrival; none for what the engine derived.
    pub arrival: Option<u32>,
    /// The name of the file.
    pub file: Option<String>,
    /// The sheet, in a workbook.
    pub sheet: Option<String>,
    /// The row as Excel counts it.
    pub row: Option<u32>,
    /// The day the file was received.
    pub received: Option<NaiveDate>,
    /// The closed practice under whose code the row came.
    pub carried_from: Option<String>,
    /// The values, each with its column and its cell.
    pub values: Vec<Shown>,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The column.
    pub column: String,
    /// The value as a person reads it.
    pub value: String,
    /// Its cell as Excel shows it, where it stands in one.
    pub cell: Option<String>,
}

/// All findings of a date by practice: highest level first, then by the rule's name. `unclaimed` are the rows
/// that no rule claims: while one stands of a fact that a rule names for it, that rule does not fire.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn findings(
    known: &Triangulated,
    pipeline: &Pipeline,
    unclaimed: &BTreeMap<String, Vec<Unclaimed>>,
) -> anyhow::Result<BTreeMap<String, Vec<Finding>>> {
    let mut found: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    let (last, first): (Vec<&Rule>, Vec<&Rule>) = pipeline.rules.iter().partition(|r| r.only_if_nothing_else);
    for rule in first {
        for (practice, finding) in fire(rule, known)? {
            found.entry(practice).or_default().push(finding);
        }
    }
    let taken: BTreeSet<String> = found.keys().cloned().collect();
    for rule in last {
        let open = |practice: &String| {
            let mut rows = unclaimed.get(practice).into_iter().flatten();
            rows.any(|row| rule.nothing_unclaimed_in.contains(&row.fact))
        };
        for (practice, finding) in
            fire(rule, known)?.into_iter().filter(|(p, _)| !taken.contains(p) && !open(p))
        {
            found.entry(practice).or_default().push(finding);
        }
    }
    for findings in found.values_mut() {
        findings.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.rule.cmp(&b.rule)));
    }
    Ok(found)
}

/// The findings of one rule, by practice in scope.
fn fire(rule: &Rule, known: &Triangulated) -> anyhow::Result<Vec<(String, Finding)>> {
    let Some(fact) = known.facts.get(&rule.from) else { return Ok(Vec::new()) };
    let as_of = known.day;
    let rows = matching(fact, rule.filter.as_ref(), as_of)
        .with_column(rule.date.expr(as_of).alias("_known"))
        .collect()
        .with_context(|| format!("rule `{}` cannot be evaluated", rule.id))?;
    let says = |sentence: &Sentence, name: &str| -> Vec<Expr> {
        let exprs = sentence.exprs(as_of).into_iter().enumerate();
        exprs.map(|(i, expr)| expr.alias(format!("_{name}{i}"))).collect()
    };
    let mut aggregates = vec![
        whole(rule, as_of).alias("_starts"),
        rule.having
            .as_ref()
            .map_or_else(|| lit(true), |having| having.expr(as_of.over_rows()))
            .first()
            .alias("_having"),
    ];
    aggregates.extend(says(&rule.sentence, "say"));
    aggregates.extend(rule.because.iter().flat_map(|because| says(because, "because")));
    let groups = rows
        .clone()
        .lazy()
        .group_by_stable([col("practice")])
        .agg(aggregates)
        .filter(col("_having"))
        .collect()
        .with_context(|| format!("rule `{}` cannot be evaluated", rule.id))?;
    let evidence = evidence(&rows, rule, known);
    let series = Series::new(rule, known)?;
    let cells = Cells::new(Some(&groups));
    let mut out = Vec::new();
    for row in 0..groups.height() {
        let Some(practice) = cells.text("practice", row) else { continue };
        if !known.practices.contains_key(&practice) {
            continue;
        }
        let fill = |sentence: &Sentence, name: &str| {
            let columns = (0..).map_while(|i| groups.column(&format!("_{name}{i}")).ok());
            sentence.fill(&columns.filter_map(|column| column.get(row).ok()).collect::<Vec<_>>())
        };
        let sentence = fill(&rule.sentence, "say");
        let because = match &rule.because {
            Some(because) => fill(because, "because"),
            None => crate::wording::lower_first(sentence.trim_end_matches('.')),
        };
        let of_practice = evidence.get(&practice).cloned().unwrap_or_default();
        let whole = series.as_ref().and_then(|s| s.since(&practice)).or_else(|| cells.date("_starts", row));
        let starts = match whole {
            Some(start) => vec![start],
            None => of_practice.iter().filter_map(|(known, evidence)| known.or(evidence.received)).collect(),
        };
        let finding = Finding {
            rule: rule.id.clone(),
            title: rule.title.clone(),
            clause: rule.clause.clone(),
            level: rule.level,
            starts,
            sentence,
            because,
            evidence: of_practice.into_iter().map(|(_, evidence)| evidence).collect(),
        };
        out.push((practice, finding));
    }
    Ok(out)
}

/// The rows of a fact for which a condition is true.
pub(super) fn matching(fact: &DataFrame, filter: Option<&Condition>, as_of: impl Into<Day>) -> LazyFrame {
    let rows = fact.clone().lazy();
    match filter {
        Some(filter) => rows.filter(filter.expr(as_of)),
        None => rows,
    }
}

/// The start of the finding as a whole, where the rule has one.
fn whole(rule: &Rule, as_of: Day) -> Expr {
    match &rule.starts {
        Starts::At(condition) => condition.expr(as_of.over_rows()),
        Starts::EachRow | Starts::Unbroken { .. } => lit(NULL).cast(DataType::Date).first(),
    }
}

/// The rows behind a rule, by practice, each with the day on which it became known.
fn evidence(
    rows: &DataFrame,
    rule: &Rule,
    known: &Triangulated,
) -> BTreeMap<String, Vec<(Option<NaiveDate>, Evidence)>> {
    let cells = Cells::new(Some(rows));
    let mut out: BTreeMap<String, Vec<(Option<NaiveDate>, Evidence)>> = BTreeMap::new();
    for row in 0..rows.height() {
        if let Some(practice) = cells.text("practice", row) {
            let evidence = Evidence::of(&cells, row, &rule.evidence, known);
            out.entry(practice).or_default().push((cells.date("_known", row), evidence));
        }
    }
    out
}

impl Evidence {
    /// A row with the named columns of it.
    pub fn of(cells: &Cells<'_>, row: usize, columns: &[String], known: &Triangulated) -> Self {
        let arrival = cells.file(row);
        let source = arrival.and_then(|arrival| known.sources.get(&arrival));
        let number = cells.sheet_row(row);
        let values = columns
            .iter()
            .filter_map(|column| {
                let letter = source.and_then(|s| s.letters.get(column));
                let cell = match letter.zip(number) {
                    Some((letter, number)) => Some(cells_of(letter, number)),
                    None => cells.text(CELL, row).filter(|_| source.is_some_and(|s| s.made.contains(column))),
                };
                Some(Shown { column: column.clone(), value: cells.shown(column, row)?, cell })
            })
            .collect();
        Self {
            arrival,
            file: source.map(|s| s.file.clone()),
            sheet: source.and_then(|s| {
                let tab = cells.tab(row).and_then(|tab| s.tabs.get(tab));
                tab.cloned().or_else(|| s.sheet.clone())
            }),
            row: number,
            received: source.map(|s| s.received),
            carried_from: cells.text(CARRIED_FROM, row),
            values,
        }
    }
}

/// The series behind a clock that starts with the present unbroken run of a condition.
struct Series {
    /// For each practice its observations by date: whether the condition held.
    observed: BTreeMap<String, BTreeMap<i32, bool>>,
}

impl Series {
    fn new(rule: &Rule, known: &Triangulated) -> anyhow::Result<Option<Self>> {
        let Starts::Unbroken { fact, holds, date } = &rule.starts else { return Ok(None) };
        let Some(fact) = known.facts.get(fact) else { return Ok(None) };
        let rows = fact
            .clone()
            .lazy()
            .with_columns([holds.expr(known.day).alias("_holds"), date.expr(known.day).alias("_on")])
            .collect()
            .with_context(|| format!("the clock of rule `{}` cannot be evaluated", rule.id))?;
        let cells = Cells::new(Some(&rows));
        let mut observed: BTreeMap<String, BTreeMap<i32, bool>> = BTreeMap::new();
        for row in 0..rows.height() {
            let on = cells.date("_on", row);
            if let (Some(practice), Some(on)) = (cells.text("practice", row), on) {
                let holds = cells.truth("_holds", row) == Some(true);
                observed.entry(practice).or_default().insert(dates::to_days(on), holds);
            }
        }
        Ok(Some(Self { observed }))
    }

    /// The date of the first observation of the run that lasts until the latest one.
    fn since(&self, practice: &str) -> Option<NaiveDate> {
        let observed = self.observed.get(practice)?;
        let run = observed.iter().rev().take_while(|(_, holds)| **holds).last();
        run.and_then(|(day, _)| dates::from_days(*day))
    }
}
