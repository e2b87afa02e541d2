//! Rows as a Polars table, and the rules of a layout that speak of whole rows.

use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::unpivot::tab_of;
use super::{Fate, Reading, Rejection, Row, Value};
use crate::condition::Condition;
use crate::dates;
use crate::diagnostic::Code;
use crate::intake::sheet::whole;
use crate::intake::{Effect, Problem};
use crate::pipeline::{ColumnKind, FEED, Feed, Layout, RECEIVED};

/// The column that says which received file a row came from, by its number.
pub const FILE: &str = "_file";
/// The column that says which row of the sheet it was, as Excel counts.
pub const ROW: &str = "_row";

/// The column that says which cell a row was made of, where one made it.
pub const CELL: &str = "_cell";

/// The column that says in which of several sheets a row stands, counted from 0, where several were read.
pub const TAB: &str = "_tab";

/// The rows that satisfy `pick`, as a table of the layout's columns, with [`ROW`], [`TAB`], [`CELL`], [`FEED`],
/// [`RECEIVED`] and what the feed sets.
pub(in crate::intake) fn table(
    rows: &[Row],
    pick: impl Fn(&Row) -> bool,
    feed: &Feed,
    layout: &Layout,
    received: NaiveDate,
) -> DataFrame {
    let picked: Vec<&Row> = rows.iter().filter(|row| pick(row) && !row.values.is_empty()).collect();
    let height = picked.len();
    let mut columns: Vec<Column> = Vec::new();
    columns.push(Column::new(ROW.into(), picked.iter().map(|r| r.number()).collect::<Vec<u32>>()));
    let tabs = picked.iter().map(|row| tab_of(row.id).and_then(|tab| u32::try_from(tab).ok()));
    columns.push(Column::new(TAB.into(), tabs.collect::<Vec<Option<u32>>>()));
    columns.push(Column::new(CELL.into(), picked.iter().map(|r| r.made_of()).collect::<Vec<_>>()));
    for (index, column) in layout.columns.iter().enumerate() {
        let name = PlSmallStr::from(column.name.as_str());
        let values = picked.iter().map(|row| &row.values[index]);
        columns.push(series(name, &column.kind, values));
    }
    columns.push(Column::new(FEED.into(), vec![feed.id.as_str(); height]));
    columns.push(days(RECEIVED.into(), vec![Some(received); height]));
    for (name, value) in &feed.set {
        if layout.column(name).is_none() {
            columns.push(Column::new(name.as_str().into(), vec![value.as_str(); height]));
        }
    }
    DataFrame::new(height, columns).unwrap_or_default()
}

fn series<'v>(name: PlSmallStr, kind: &ColumnKind, values: impl Iterator<Item = &'v Value>) -> Column {
    match kind {
        ColumnKind::Number { .. } => {
            let numbers = values.map(|v| if let Value::Number(n) = v { Some(*n) } else { None });
            Column::new(name, numbers.collect::<Vec<Option<f64>>>())
        }
        ColumnKind::Date => {
            let dates = values.map(|v| if let Value::Date(d) = v { Some(*d) } else { None });
            days(name, dates.collect())
        }
        ColumnKind::YesNo => {
            let truths = values.map(|v| if let Value::Truth(t) = v { Some(*t) } else { None });
            Column::new(name, truths.collect::<Vec<Option<bool>>>())
        }
        _ => {
            let texts = values.map(|v| if let Value::Text(t) = v { Some(t.as_str()) } else { None });
            Column::new(name, texts.collect::<Vec<Option<&str>>>())
        }
    }
}

/// A column of dates.
fn days(name: PlSmallStr, dates: Vec<Option<NaiveDate>>) -> Column {
    let days: Vec<Option<i32>> = dates.into_iter().map(|date| date.map(dates::to_days)).collect();
    let column = Column::new(name, days);
    column.cast(&DataType::Date).unwrap_or(column)
}

/// Applies `keep`, `required`, `check` and `expect`.
///
/// # Errors
/// If no row is what the layout expects of at least one.
pub(super) fn check(
    reading: &mut Reading,
    feed: &Feed,
    layout: &Layout,
    received: NaiveDate,
) -> Result<(), Rejection> {
    let read: Vec<usize> = (0..reading.rows.len()).filter(|i| !reading.rows[*i].values.is_empty()).collect();
    let table = table(&reading.rows, |_| true, feed, layout, received);
    let truths = |condition: &Condition| truths(&table, condition, received);
    let mut checker = Checker { reading, layout, read: &read };
    checker.keep(&truths);
    checker.required(&truths);
    checker.checks(&truths);
    checker.unique();
    let kept = reading.rows.iter().filter(|row| row.fate != Fate::Ignored).count();
    if kept < layout.fewest_rows {
        let fewest = crate::wording::plural(layout.fewest_rows, "row", "rows");
        let message = format!(
            "{} of this feed {} in it, and a whole file has at least {fewest}",
            crate::wording::plural(kept, "row", "rows"),
            if kept == 1 { "is" } else { "are" }
        );
        let problems = vec![whole(Code::WrongFile, message, "send the whole file")];
        return Err(Rejection { rows: reading.rows.len(), problems, ..Rejection::default() });
    }
    for expect in &layout.expects {
        let held = truths(&expect.that);
        let standing =
            read.iter().zip(held).any(|(i, t)| t == Some(true) && reading.rows[*i].fate == Fate::Standing);
        if !standing {
            let help = "check that this is the right file for this inbox";
            let problems = vec![whole(Code::WrongFile, expect.say.clone(), help)];
            return Err(Rejection { rows: reading.rows.len(), problems, ..Rejection::default() });
        }
    }
    Ok(())
}

/// Whether the condition holds, row by row; `None` where a missing value leaves it open.
pub(in crate::intake) fn truths(
    table: &DataFrame,
    condition: &Condition,
    as_of: NaiveDate,
) -> Vec<Option<bool>> {
    let selected = table.clone().lazy().select([condition.expr(as_of).alias("truth")]).collect();
    let truths: Option<Vec<Option<bool>>> = selected
        .ok()
        .and_then(|frame| frame.column("truth").ok().and_then(|c| c.bool().ok()).map(|c| c.iter().collect()));
    match truths {
        // A condition without any column gives one value for all rows.
        Some(one) if one.len() == 1 && table.height() != 1 => vec![one[0]; table.height()],
        Some(truths) => truths,
        None => vec![None; table.height()],
    }
}

struct Checker<'r> {
    reading: &'r mut Reading,
    layout: &'r Layout,
    /// For each row of the table, its place among the rows of the reading.
    read: &'r [usize],
}

type Truths<'t> = &'t dyn Fn(&Condition) -> Vec<Option<bool>>;

impl Checker<'_> {
    /// Passes over the rows that the layout does not keep, unless a bad cell is why they are not kept.
    fn keep(&mut self, truths: Truths<'_>) {
        let Some(keep) = &self.layout.keep else { return };
        let columns = keep.columns();
        let titles: Vec<&str> =
            columns.iter().filter_map(|c| self.layout.column(c)).map(|c| c.title.as_str()).collect();
        let bad: std::collections::BTreeSet<u32> = self
            .reading
            .problems
            .iter()
            .filter(|p| p.effect == Effect::Quarantined)
            .filter(|p| p.column.as_deref().is_some_and(|c| titles.contains(&c)))
            .filter_map(|p| p.row)
            .collect();
        let mut passed = std::collections::BTreeSet::new();
        for (i, held) in self.read.iter().zip(truths(keep)) {
            let row = &mut self.reading.rows[*i];
            if held != Some(true) && !bad.contains(&row.id) {
                row.fate = Fate::Ignored;
                passed.insert(row.id);
            }
        }
        // What is wrong with a row that is passed over concerns nobody.
        self.reading
            .problems
            .retain(|p| p.row.is_none_or(|row| !passed.contains(&row)) || p.effect == Effect::Ignored);
        if !passed.is_empty() {
            let rows = crate::wording::plural(passed.len(), "row", "rows");
            self.reading.problems.push(Problem {
                code: Code::PassedOver.id().to_owned(),
                effect: Effect::Ignored,
                sheet: self.reading.sheet.clone(),
                cell: None,
                row: None,
                column: None,
                found: None,
                message: format!("{rows} not used by this feed (kept are rows where {})", keep.text().trim()),
                help: "nothing to do".to_owned(),
            });
        }
    }

    fn required(&mut self, truths: Truths<'_>) {
        for (index, column) in self.layout.columns.iter().enumerate() {
            let needed: Vec<bool> = match (&column.required_when, column.required) {
                (Some(when), _) => truths(when).into_iter().map(|t| t == Some(true)).collect(),
                (None, required) => vec![required; self.read.len()],
            };
            for (i, needed) in self.read.iter().zip(needed) {
                let row = &self.reading.rows[*i];
                if !needed || row.fate == Fate::Ignored || row.values[index] != Value::Missing {
                    continue;
                }
                let (number, cell) = (row.id, self.reading.cell(row, &column.name));
                self.reading.rows[*i].fate = Fate::Quarantined;
                let at =
                    |p: &Problem| p.row == Some(number) && p.column.as_deref() == Some(column.title.as_str());
                let told = self.reading.problems.iter_mut().find(|p| at(p));
                match told {
                    // The cell was bad: the row is lost for that, and it is said once.
                    Some(problem) => problem.effect = Effect::Quarantined,
                    None => {
                        let sheet = self.reading.sheet_of(number);
                        self.reading.problems.push(Problem {
                            code: Code::MissingCell.id().to_owned(),
                            effect: Effect::Quarantined,
                            sheet,
                            cell,
                            row: Some(number),
                            column: Some(column.title.clone()),
                            found: None,
                            message: missing_message(column),
                            help: format!("fill in \"{}\"", column.title),
                        });
                    }
                }
            }
        }
    }

    /// Columns in which no two rows may have the same value: the first stands, unless the whole row is the
    /// same, which is told elsewhere.
    fn unique(&mut self) {
        for (index, column) in self.layout.columns.iter().enumerate().filter(|(_, c)| c.limits.unique) {
            let mut first: HashMap<String, usize> = HashMap::new();
            for i in self.read {
                let row = &self.reading.rows[*i];
                if row.fate != Fate::Standing || row.values[index] == Value::Missing {
                    continue;
                }
                let value = format!("{:?}", row.values[index]).to_lowercase();
                let Some(earlier) = first.get(&value).map(|e| &self.reading.rows[*e]) else {
                    first.insert(value, *i);
                    continue;
                };
                if earlier.values == row.values {
                    continue;
                }
                let (number, earlier) = (row.id, self.reading.row_in_words(earlier.id));
                let (cell, sheet) = (self.reading.cell(row, &column.name), self.reading.sheet_of(number));
                self.reading.problems.push(Problem {
                    code: Code::RepeatedValue.id().to_owned(),
                    effect: Effect::Quarantined,
                    sheet,
                    cell,
                    row: Some(number),
                    column: Some(column.title.clone()),
                    found: None,
                    message: format!("{earlier} has the same \"{}\", which must be unique", column.title),
                    help: "correct one of the two".to_owned(),
                });
                self.reading.rows[*i].fate = Fate::Quarantined;
            }
        }
    }

    fn checks(&mut self, truths: Truths<'_>) {
        for check in &self.layout.checks {
            for (i, held) in self.read.iter().zip(truths(&check.that)) {
                let row = &mut self.reading.rows[*i];
                let number = row.id;
                if held != Some(false) || row.fate == Fate::Ignored {
                    continue;
                }
                row.fate = Fate::Quarantined;
                let row = &self.reading.rows[*i];
                let (cell, sheet) = (self.reading.cell(row, &check.column), self.reading.sheet_of(number));
                self.reading.problems.push(Problem {
                    code: Code::BadRow.id().to_owned(),
                    effect: Effect::Quarantined,
                    sheet,
                    cell,
                    row: Some(number),
                    column: self.layout.column(&check.column).map(|c| c.title.clone()),
                    found: None,
                    message: format!("the row breaks a rule: {}", check.say),
                    help: "correct the row".to_owned(),
                });
            }
        }
    }
}

fn missing_message(column: &crate::pipeline::Column) -> String {
    match &column.required_when {
        Some(when) => {
            format!("the cell is empty; \"{}\" is needed where {}", column.title, when.text().trim())
        }
        None => format!("the cell is empty; \"{}\" is needed in every row", column.title),
    }
}
