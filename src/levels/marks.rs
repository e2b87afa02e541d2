//! Marks over facts: what each criterion, hint and gap says of each practice. What is not known is never
//! taken for "not met", and no hint fires on it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType, Expr, IntoLazy, LazyFrame, col, lit};
use serde::{Deserialize, Serialize};

use super::findings::Evidence;
use super::outcome::Outcome;
use crate::condition::BETWEEN_VALUES;
use crate::dates::{add_days, add_months, long};
use crate::pipeline::{Feed, Mark, MarkKind, MarkPart, Period, Pipeline, feeds_behind};
use crate::triangulate::{Cells, Triangulated};

/// What a mark says of a practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marked {
    /// The mark.
    pub mark: String,
    /// What it marks.
    pub kind: MarkKind,
    /// What it says, for people.
    pub title: String,
    /// The clause of the framework that it comes from; empty if none is named.
    pub clause: String,
    /// How much it counts for in a sum.
    pub weight: f64,
    /// What it says of the practice.
    pub state: MarkState,
    /// The sentence where it is set, or why it is not known; empty where it is not met.
    pub sentence: String,
    /// The rows that it rests on.
    pub evidence: Vec<Evidence>,
    /// What each part says, where it has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<MarkedPart>,
}

/// What a part of a mark says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedPart {
    /// What it is called.
    pub title: String,
    /// What it says.
    pub state: MarkState,
}

/// Whether a mark is set. Only criteria are ever told as not met or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkState {
    /// A criterion that is met; a hint, gap or countervailing evidence that is set.
    Met,
    /// A criterion that is not met, by what is known.
    NotMet,
    /// Nothing says whether it is met.
    NotKnown,
}

impl MarkState {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            MarkState::Met => "met",
            MarkState::NotMet => "not met",
            MarkState::NotKnown => "not known",
        }
    }
}

/// How many criteria are met and known, and what they weigh.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Criteria {
    /// All of them.
    pub of: usize,
    /// Those of which it is known whether they are met.
    pub known: usize,
    /// Those that are met.
    pub met: usize,
    /// What those that are met weigh together.
    pub weight: f64,
    /// What all that are known weigh together.
    pub weight_known: f64,
}

impl Criteria {
    /// Those among the marks of a practice.
    pub fn of(marks: &[Marked]) -> Self {
        let mut sum = Self::default();
        for mark in marks.iter().filter(|mark| mark.kind == MarkKind::Criterion) {
            sum.of += 1;
            if mark.state != MarkState::NotKnown {
                sum.known += 1;
                sum.weight_known += mark.weight;
            }
            if mark.state == MarkState::Met {
                sum.met += 1;
                sum.weight += mark.weight;
            }
        }
        sum
    }

    /// `3 met, 12 of 16 known`; with the sum of weights where they differ.
    pub fn words(&self) -> String {
        let weighs = if self.weight_known == self.known as f64 {
            String::new()
        } else {
            let number = crate::wording::number;
            format!(" (weight {} of {} known)", number(self.weight), number(self.weight_known))
        };
        format!("{} met, {} of {} known{weighs}", self.met, self.known, self.of)
    }
}

/// The marks of a practice as tables for other programs have them: criteria met, those not known with a
/// question mark, hints, gaps.
pub fn in_a_cell(marks: &[Marked]) -> String {
    let of = |kind: MarkKind, state: MarkState, sign: &'static str| {
        let wanted = marks.iter().filter(move |mark| mark.kind == kind && mark.state == state);
        wanted.map(move |mark| format!("{}{sign}", mark.mark))
    };
    let all = of(MarkKind::Criterion, MarkState::Met, "")
        .chain(of(MarkKind::Criterion, MarkState::NotKnown, "?"))
        .chain(of(MarkKind::Hint, MarkState::Met, ""))
        .chain(of(MarkKind::Gap, MarkState::Met, ""));
    all.collect::<Vec<String>>().join(";")
}

/// What the criteria say of each practice.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn criteria(known: &Triangulated, pipeline: &Pipeline) -> anyhow::Result<BTreeMap<String, Vec<Marked>>> {
    told(known, pipeline, |kind| kind == MarkKind::Criterion)
}

/// What is known, with the criteria of its practice beside each row.
pub fn with_criteria(known: &Triangulated, marks: &BTreeMap<String, Vec<Marked>>) -> Triangulated {
    let of = |practice: &str| marks.get(practice).map(Vec::as_slice).unwrap_or_default();
    let ids = |practice: &str, state: MarkState| {
        let of_state: Vec<&str> =
            of(practice).iter().filter(|mark| mark.state == state).map(|mark| mark.mark.as_str()).collect();
        let framed = || format!("{BETWEEN_VALUES}{}{BETWEEN_VALUES}", of_state.join(BETWEEN_VALUES));
        (!of_state.is_empty()).then(framed)
    };
    let sum = |practice: &str, of_sum: fn(Criteria) -> f64| Some(of_sum(Criteria::of(of(practice))));
    beside(known, |practices, frame| {
        let texts = |state: MarkState| -> Vec<Option<String>> {
            practices.iter().map(|practice| practice.as_deref().and_then(|p| ids(p, state))).collect()
        };
        let numbers = |of_sum: fn(Criteria) -> f64| -> Vec<Option<f64>> {
            practices.iter().map(|practice| practice.as_deref().and_then(|p| sum(p, of_sum))).collect()
        };
        frame.push(Column::new("criteria".into(), texts(MarkState::Met)));
        frame.push(Column::new("criteria_not_known".into(), texts(MarkState::NotKnown)));
        frame.push(Column::new("criteria_met".into(), numbers(|sum| sum.met as f64)));
        frame.push(Column::new("criteria_known".into(), numbers(|sum| sum.known as f64)));
        frame.push(Column::new("criteria_weight".into(), numbers(|sum| sum.weight)));
    })
}

/// What the marks that are no criteria say of each practice, whose level is known by now.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn hints(
    known: &Triangulated,
    outcomes: &[Outcome],
    pipeline: &Pipeline,
) -> anyhow::Result<BTreeMap<String, Vec<Marked>>> {
    let levels: BTreeMap<&str, Option<u8>> =
        outcomes.iter().map(|outcome| (outcome.practice.code.as_str(), outcome.level)).collect();
    let known = beside(known, |practices, frame| {
        let level = |practice: &Option<String>| levels.get(practice.as_deref()?).copied().flatten();
        let numbers: Vec<Option<f64>> = practices.iter().map(|p| level(p).map(f64::from)).collect();
        frame.push(Column::new("level_now".into(), numbers));
    });
    let mut marks = told(&known, pipeline, |kind| kind != MarkKind::Criterion)?;
    marks.values_mut().for_each(|marks| marks.retain(|mark| mark.state == MarkState::Met));
    Ok(marks)
}

/// What is known, with columns more beside each row, told by its practice.
fn beside(known: &Triangulated, add: impl Fn(&[Option<String>], &mut Vec<Column>)) -> Triangulated {
    let mut known = known.clone();
    for rows in known.facts.values_mut() {
        let cells = Cells::new(Some(rows));
        if rows.column("practice").is_err() {
            continue;
        }
        let practices: Vec<Option<String>> =
            (0..rows.height()).map(|row| cells.text("practice", row)).collect();
        let mut more = Vec::new();
        add(&practices, &mut more);
        // Columns of as many rows as the table has, under names that no fact may have.
        for column in more {
            let _ = rows.with_column(column);
        }
    }
    known
}

fn told(
    known: &Triangulated,
    pipeline: &Pipeline,
    wanted: impl Fn(MarkKind) -> bool,
) -> anyhow::Result<BTreeMap<String, Vec<Marked>>> {
    let mut out: BTreeMap<String, Vec<Marked>> = BTreeMap::new();
    for mark in pipeline.marks.iter().filter(|mark| wanted(mark.kind)) {
        let parts: Vec<BTreeMap<String, Said>> = mark
            .parts
            .iter()
            .map(|part| of_part(mark, part, known, pipeline))
            .collect::<anyhow::Result<_>>()?;
        for code in known.practices.keys() {
            let said: Vec<(&MarkPart, &Said)> = mark
                .parts
                .iter()
                .zip(&parts)
                .filter_map(|(part, said)| Some((part, said.get(code)?)))
                .collect();
            out.entry(code.clone()).or_default().push(together(mark, &said));
        }
    }
    Ok(out)
}

/// What a part says of a practice.
struct Said {
    state: MarkState,
    sentence: String,
    evidence: Vec<Evidence>,
}

/// A mark is set if one of its parts is; else it is not known if one of them is not. A part that decides does
/// so alone wherever it is known.
fn together(mark: &Mark, said: &[(&MarkPart, &Said)]) -> Marked {
    let known = |(part, said): &&(&MarkPart, &Said)| part.decides && said.state != MarkState::NotKnown;
    let of_state = |state| said.iter().filter(move |(_, said)| said.state == state);
    let decisive: Vec<&(&MarkPart, &Said)> = match said.iter().find(known) {
        Some(decides) => vec![decides],
        None if of_state(MarkState::Met).next().is_some() => of_state(MarkState::Met).collect(),
        None if of_state(MarkState::NotKnown).next().is_some() => of_state(MarkState::NotKnown).collect(),
        None => said.iter().collect(),
    };
    let held = mark.not_available.as_ref().map(|held| held.words());
    let state = match decisive.first() {
        Some((_, said)) if said.state != MarkState::NotMet || held.is_none() => said.state,
        _ => MarkState::NotKnown,
    };
    let mut sentences: Vec<&str> = decisive.iter().map(|(_, said)| said.sentence.as_str()).collect();
    sentences.extend(held.as_deref().filter(|_| state == MarkState::NotKnown));
    sentences.retain(|sentence| !sentence.is_empty());
    Marked {
        mark: mark.id.clone(),
        kind: mark.kind,
        title: mark.title.clone(),
        clause: mark.clause.clone(),
        weight: mark.weight,
        state,
        sentence: sentences.join(if state == MarkState::NotKnown { "; " } else { " " }),
        evidence: decisive.iter().flat_map(|(_, said)| said.evidence.clone()).collect(),
        parts: match said {
            [_, _, ..] => said
                .iter()
                .map(|(part, said)| MarkedPart { title: part.title.clone(), state: said.state })
                .collect(),
            _ => Vec::new(),
        },
    }
}

const MEETS: &str = "_meets";
const LIVE: &str = "_live";

/// What a part says of every practice in scope.
fn of_part(
    mark: &Mark,
    part: &MarkPart,
    known: &Triangulated,
    pipeline: &Pipeline,
) -> anyhow::Result<BTreeMap<String, Said>> {
    let refused = || format!("the mark `{}` cannot be evaluated", mark.id);
    let as_of = known.as_of;
    let Some(fact) = known.facts.get(&part.from) else { return Ok(BTreeMap::new()) };
    let rows = rows(part, fact, as_of).collect().with_context(refused)?;
    let groups = groups(part, &rows, as_of).collect().with_context(refused)?;
    let (rows, groups) = (Cells::new(Some(&rows)), Cells::new(Some(&groups)));
    let mut of_practice: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..rows.height() {
        if let Some(practice) = rows.text("practice", row) {
            of_practice.entry(practice).or_default().push(row);
        }
    }
    let group_of: BTreeMap<String, usize> =
        (0..groups.height()).filter_map(|row| Some((groups.text("practice", row)?, row))).collect();
    let without = wanting(part, known, pipeline);
    let count = part.sentence.exprs(as_of).len();
    let mut out = BTreeMap::new();
    for code in known.practices.keys() {
        let own = of_practice.get(code).map(Vec::as_slice).unwrap_or_default();
        let seen = Seen {
            rows: own.len(),
            live: own.iter().filter(|row| rows.truth(LIVE, **row) == Some(true)).count(),
            blank: own.iter().any(|r| is_live(&rows, *r) && rows.truth(MEETS, *r).is_none()),
            group: group_of.get(code).map(|row| groups.truth("_having", *row)),
        };
        let (state, why) = seen.tell(mark.kind, part, without.as_deref());
        let meets = |row: &&usize| is_live(&rows, **row) && rows.truth(MEETS, **row) == Some(true);
        let shown: Vec<usize> = match state {
            _ if part.none => Vec::new(),
            MarkState::Met => own.iter().filter(meets).copied().collect(),
            MarkState::NotMet if !part.whole_list => own.to_vec(),
            MarkState::NotMet => Vec::new(),
            MarkState::NotKnown => own.to_vec(),
        };
        let sentence = match (state, group_of.get(code)) {
            (MarkState::Met, Some(row)) => {
                let values: Vec<_> =
                    (0..count).filter_map(|i| groups.value(&format!("_say{i}"), *row)).collect();
                part.sentence.fill(&values)
            }
            (MarkState::Met, None) => part.sentence.fill(&[]),
            (MarkState::NotMet, _) => String::new(),
            (MarkState::NotKnown, _) => why,
        };
        let evidence = shown.into_iter().map(|row| Evidence::of(&rows, row, &part.evidence, known)).collect();
        out.insert(code.clone(), Said { state, sentence, evidence });
    }
    Ok(out)
}

fn is_live(rows: &Cells<'_>, row: usize) -> bool {
    rows.truth(LIVE, row) == Some(true)
}

/// What is seen of a practice in the rows of a part.
struct Seen {
    /// The rows that speak of it.
    rows: usize,
    /// Those of them that are not too old.
    live: usize,
    /// Whether one of these lacks a value that the condition needs.
    blank: bool,
    /// Whether its rows together meet the condition; none if no row meets it, nothing if it is not known.
    group: Option<Option<bool>>,
}

impl Seen {
    /// What it makes, and why where that is not known; `without` says what was not received.
    fn tell(&self, kind: MarkKind, part: &MarkPart, without: Option<&str>) -> (MarkState, String) {
        let unknown = |why: String| (MarkState::NotKnown, why);
        let missing = || unknown(without.unwrap_or_default().to_owned());
        if part.none {
            return match (self.group.is_some(), self.blank || without.is_some()) {
                (true, _) => (MarkState::NotMet, String::new()),
                (false, true) if kind != MarkKind::Gap => missing(),
                (false, _) => (MarkState::Met, String::new()),
            };
        }
        match self.group {
            Some(Some(true)) => return (MarkState::Met, String::new()),
            Some(None) => return unknown("a value that it needs is blank".to_owned()),
            Some(Some(false)) | None if self.blank => {
                return unknown("a value that it needs is blank".to_owned());
            }
            Some(Some(false)) | None => {}
        }
        match (self.live, self.rows, part.whole_list) {
            (_, _, true) if without.is_some() => missing(),
            (_, _, true) | (1.., _, false) => (MarkState::NotMet, String::new()),
            (0, 1.., false) => {
                let age = part.window.map(|window| window.words()).unwrap_or_default();
                unknown(format!("what is known of it is older than {age}"))
            }
            (0, 0, false) if without.is_some() => missing(),
            (0, 0, false) => unknown("nothing was received about the practice".to_owned()),
        }
    }
}

/// The rows that speak of a part, each with whether it meets the condition and is not too old.
fn rows(part: &MarkPart, fact: &DataFrame, as_of: NaiveDate) -> LazyFrame {
    let rows = super::findings::matching(fact, part.rows.as_ref(), as_of);
    let meets = part.filter.as_ref().map_or_else(|| lit(true), |filter| filter.expr(as_of));
    let live = match (&part.date, part.window) {
        (Some(date), Some(window)) => {
            let first = lit(crate::dates::to_days(before(as_of, window))).cast(DataType::Date);
            date.expr(as_of).gt_eq(first).fill_null(lit(false))
        }
        _ => lit(true),
    };
    rows.with_columns([meets.alias(MEETS), live.alias(LIVE)])
}

/// The day from which on a value is not too old.
fn before(as_of: NaiveDate, window: Period) -> NaiveDate {
    add_days(add_months(as_of, -window.months), -window.days)
}

/// The practices of which a row meets the condition, with what must be true of these rows together and what the
/// sentence says.
fn groups(part: &MarkPart, rows: &DataFrame, as_of: NaiveDate) -> LazyFrame {
    let having = part.having.as_ref().map_or_else(|| lit(true), |having| having.expr(as_of));
    let mut aggregates: Vec<Expr> = vec![having.first().alias("_having")];
    // A sentence about no row at all has no value to fill.
    let says = if part.none { Vec::new() } else { part.sentence.exprs(as_of) };
    aggregates.extend(says.into_iter().enumerate().map(|(i, says)| says.alias(format!("_say{i}"))));
    let met = rows.clone().lazy().filter(col(MEETS).and(col(LIVE)));
    met.group_by_stable([col("practice")]).agg(aggregates)
}

/// What was not received of a part, in words; none if all that it needs is there.
fn wanting(part: &MarkPart, known: &Triangulated, pipeline: &Pipeline) -> Option<String> {
    let fact = pipeline.facts.get(&part.from)?;
    let mut received: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for source in known.sources.values() {
        let newest = received.entry(source.feed.as_str()).or_insert(source.received);
        *newest = source.received.max(*newest);
    }
    let first = part.window.filter(|_| part.whole_list).map(|window| before(known.as_of, window));
    let why = |feed: &Feed| -> Option<String> {
        match received.get(feed.id.as_str()) {
            None => Some(match &feed.not_available {
                Some(held) => format!("\"{}\" is {}", feed.title, held.words()),
                None => format!("\"{}\" was never received", feed.title),
            }),
            Some(day) if first.is_some_and(|first| *day < first) => {
                Some(format!("\"{}\" was last received on {}", feed.title, long(*day)))
            }
            Some(_) => None,
        }
    };
    let all: BTreeSet<String> = feeds_behind(fact, &pipeline.feeds).filter_map(why).collect();
    (!all.is_empty()).then(|| all.into_iter().collect::<Vec<_>>().join("; "))
}
