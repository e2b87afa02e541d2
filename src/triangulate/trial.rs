//! What would stand if one thing were otherwise: the rows of practices with a change, many trials at a time.
//!
//! Each trial is a practice of its own with its own as-of date, so that the engine evaluates all of them in one
//! pass and as it evaluates real ones.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IdxCa, NewChunkedArray, UInt32Chunked};

use super::facts::{gathered, standing};
use super::frames::{empty, practices};
use super::since::{History, TRIED, history};
use super::{Cells, Practice, Taken, Triangulated};
use crate::condition::{AS_OF, Day};
use crate::dates::{from_days, to_days};
use crate::intake::{CELL, FILE, ROW};
use crate::pipeline::Fact;

/// The file of what is tried: it was received last.
const TRIED_FILE: u32 = u32::MAX;

/// Where a row stands: its file, sheet, row and cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    file: Option<u32>,
    tab: Option<usize>,
    row: Option<u32>,
    cell: Option<String>,
}

impl Place {
    /// The place of a row of a fact.
    pub fn of(cells: &Cells<'_>, row: usize) -> Self {
        let cell = cells.text(CELL, row);
        Self { file: cells.file(row), tab: cells.tab(row), row: cells.sheet_row(row), cell }
    }
}

/// What a cell is tried to hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A date.
    Date(NaiveDate),
}

impl Value {
    fn any(&self) -> AnyValue<'_> {
        match self {
            Value::Text(text) => AnyValue::String(text),
            Value::Number(number) => AnyValue::Float64(*number),
            Value::Date(date) => AnyValue::Date(to_days(*date)),
        }
    }
}

/// Cells by column.
pub type Row = Vec<(String, Value)>;

/// What is tried to be otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Nothing but the date.
    None,
    /// One more row in each of the tables, received last.
    Add {
        /// The tables.
        tables: Vec<String>,
        /// Its cells.
        cells: Row,
    },
    /// Other cells in a row; with a day on which that became known.
    Set {
        /// The row.
        place: Place,
        /// Its cells.
        cells: Row,
        /// Since when.
        since: Option<NaiveDate>,
    },
    /// A row that was never there.
    Remove(Place),
}

/// One practice, one change, one date.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The practice.
    pub practice: String,
    /// The change.
    pub change: Change,
    /// The date it speaks of.
    pub as_of: NaiveDate,
}

/// The rows on which levels rest, whether they stand or not.
pub struct Trials<'t> {
    facts: Vec<Ground<'t>>,
    practices: &'t BTreeMap<String, Practice>,
}

struct Ground<'t> {
    fact: &'t Fact,
    rows: DataFrame,
    history: Option<History>,
    of: BTreeMap<String, Vec<u32>>,
}

impl<'t> Trials<'t> {
    /// The rows of some facts for the practices in scope.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn new(
        facts: impl Iterator<Item = &'t Fact>,
        taken: &[Taken],
        earlier: &[Taken],
        practices: &'t BTreeMap<String, Practice>,
    ) -> anyhow::Result<Self> {
        let ground = |fact: &'t Fact| {
            let rows = gathered(fact, taken)?;
            let mut of: BTreeMap<String, Vec<u32>> = BTreeMap::new();
            let cells = Cells::new(Some(&rows));
            for row in 0..cells.height() {
                if let Some(practice) = cells.text("practice", row) {
                    of.entry(practice).or_default().push(u32::try_from(row)?);
                }
            }
            let history =
                fact.since.as_ref().map(|since| history(since, fact, taken, earlier)).transpose()?;
            Ok(Ground { fact, rows, history, of })
        };
        Ok(Self { facts: facts.map(ground).collect::<anyhow::Result<_>>()?, practices })
    }

    /// All dates in the rows of a practice.
    pub fn dates(&self, practice: &str) -> BTreeSet<NaiveDate> {
        let mut out = BTreeSet::new();
        for ground in &self.facts {
            let dated = ground.rows.columns().iter().filter(|column| *column.dtype() == DataType::Date);
            for column in dated {
                for row in ground.of.get(practice).into_iter().flatten() {
                    if let Ok(AnyValue::Date(days)) = column.get(*row as usize) {
                        out.extend(from_days(days));
                    }
                }
            }
        }
        out
    }

    /// What stands in each trial: trial `i` is the practice whose code is [`code`] of `i`.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn known(&self, trials: &[Trial], as_of: NaiveDate) -> anyhow::Result<Triangulated> {
        let mut of = BTreeMap::new();
        for (index, trial) in trials.iter().enumerate() {
            if let Some(practice) = self.practices.get(&trial.practice) {
                of.insert(code(index), Practice { code: code(index), ..practice.clone() });
            }
        }
        let mut facts = BTreeMap::new();
        for ground in &self.facts {
            let rows = ground.tried(trials)?;
            let (rows, _) = standing(ground.fact, rows, ground.history.as_ref(), Day::OfRow)?;
            facts.insert(ground.fact.id.clone(), rows);
        }
        let mut all = practices(&of);
        let dates = of.keys().filter_map(|code| code.parse::<usize>().ok()).filter_map(|i| trials.get(i));
        all.with_column(days(AS_OF, dates.map(|trial| Some(to_days(trial.as_of))).collect())?)?;
        facts.insert(crate::pipeline::PRACTICES.to_owned(), all);
        Ok(Triangulated {
            as_of,
            day: Day::OfRow,
            practices: of,
            facts,
            sources: BTreeMap::new(),
            refused: Vec::new(),
        })
    }
}

/// The code under which a trial is evaluated.
pub fn code(trial: usize) -> String {
    format!("{trial:08}")
}

fn days(name: &str, days: Vec<Option<i32>>) -> anyhow::Result<Column> {
    Column::new(name.into(), days).cast(&DataType::Date).context("dates cannot be made")
}

/// A cell that is changed: its row, and what it holds.
type Edits<'c> = BTreeMap<&'c str, Vec<(usize, &'c Value)>>;

impl Ground<'_> {
    /// The rows of the fact in all trials.
    fn tried(&self, trials: &[Trial]) -> anyhow::Result<DataFrame> {
        let cells = Cells::new(Some(&self.rows));
        let (mut picks, mut codes, mut dates, mut tried) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut edits, mut added): (Edits<'_>, Vec<(usize, &Row)>) = (Edits::new(), Vec::new());
        for (index, trial) in trials.iter().enumerate() {
            for row in self.of.get(&trial.practice).into_iter().flatten() {
                let mut since = None;
                match &trial.change {
                    Change::Remove(place) if Place::of(&cells, *row as usize) == *place => continue,
                    Change::Set { place, cells: set, since: day }
                        if Place::of(&cells, *row as usize) == *place =>
                    {
                        since = *day;
                        for (column, value) in set {
                            edits.entry(column).or_default().push((picks.len(), value));
                        }
                    }
                    _ => {}
                }
                picks.push(*row);
                codes.push(code(index));
                dates.push(Some(to_days(trial.as_of)));
                tried.push(since.map(to_days));
            }
            if let Change::Add { tables, cells } = &trial.change
                && self.fact.from.iter().any(|table| tables.contains(table))
            {
                added.push((index, cells));
            }
        }
        let mut rows =
            self.rows.take(&IdxCa::from_vec("rows".into(), picks)).context("rows cannot be picked")?;
        let before = rows.height();
        if !added.is_empty() {
            let blank = empty(&self.fact.columns);
            let blank = blank.select(self.rows.get_column_names_owned())?;
            let more = DataFrame::new(
                added.len(),
                blank
                    .columns()
                    .iter()
                    .map(|column| Column::full_null(column.name().clone(), added.len(), column.dtype()))
                    .collect(),
            )?;
            rows.vstack_mut(&more).context("rows cannot be added")?;
            for (place, (index, cells)) in added.iter().enumerate() {
                for (column, value) in *cells {
                    edits.entry(column).or_default().push((before + place, value));
                }
                codes.push(code(*index));
                dates.push(trials.get(*index).map(|trial| to_days(trial.as_of)));
                tried.push(None);
            }
            let files =
                rows.column(FILE)?.u32()?.iter().take(before).chain(added.iter().map(|_| Some(TRIED_FILE)));
            let files = UInt32Chunked::from_iter_options(FILE.into(), files.collect::<Vec<_>>().into_iter());
            let numbers = rows.column(ROW)?.u32()?.iter().take(before).chain(added.iter().map(|_| Some(1)));
            let numbers =
                UInt32Chunked::from_iter_options(ROW.into(), numbers.collect::<Vec<_>>().into_iter());
            rows.with_column(Column::from(polars::prelude::IntoSeries::into_series(files)))?;
            rows.with_column(Column::from(polars::prelude::IntoSeries::into_series(numbers)))?;
        }
        for (name, cells) in &edits {
            if rows.column(name).is_ok() {
                let column = edited(rows.column(name)?, cells)?;
                rows.with_column(column)?;
            }
        }
        rows.with_column(Column::new("practice".into(), codes))?;
        rows.with_column(days(AS_OF, dates)?)?;
        rows.with_column(days(TRIED, tried)?)?;
        Ok(rows)
    }
}

/// A column with other cells.
fn edited(column: &Column, cells: &[(usize, &Value)]) -> anyhow::Result<Column> {
    let series = column.as_materialized_series();
    let mut values: Vec<AnyValue<'_>> = series.iter().collect();
    for (row, value) in cells {
        if let Some(slot) = values.get_mut(*row) {
            *slot = value.any();
        }
    }
    let made = polars::prelude::Series::from_any_values_and_dtype(
        column.name().clone(),
        &values,
        column.dtype(),
        false,
    );
    made.map(Column::from).with_context(|| format!("the column `{}` cannot be changed", column.name()))
}
