//! Conditions: what an analyst writes in a rule, a table or a layout, as one SQL expression.
//!
//! `severity = 'Serious' AND told > as_of - INTERVAL '12 months'` is parsed with a full SQL grammar,
//! checked against the columns of its table (names, types, allowed values) and turned into a Polars
//! expression. Nothing here reads a file or a clock: the as-of date is a parameter.
//!
//! Beside the operators of SQL (`AND OR NOT = <> < <= > >= + - * / IN BETWEEN LIKE ILIKE IS NULL`)
//! there are the functions of [`FUNCTIONS`]. Missing values follow SQL: a comparison with a missing
//! value is neither true nor false, and a row is kept only where the condition is true.

mod check;
mod evaluate;
mod parse;
mod probe;
mod sentence;
mod uncovered;
mod values;

use std::collections::BTreeSet;
use std::sync::Arc;

use polars::prelude::Expr;

pub(crate) use check::length;
pub use evaluate::Day;
pub(crate) use evaluate::{AS_OF, BETWEEN_VALUES};
pub use probe::{Claim, Coverage, Range, coverage};
pub use sentence::Sentence;
pub use uncovered::{Trial, Uncovered, never, uncovered};
pub use values::Values;

/// The functions a condition may use: name, arguments, what it gives.
pub const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("coalesce", "a, b, …", "the first of the values that is not missing"),
    ("not_after", "date, date", "the first date if it is not after the second, else missing"),
    ("has", "list, 'value'", "whether a cell with several values holds this one"),
    ("position", "choice", "the place of a value in its column's list of allowed values, from 1"),
    ("abs", "number", "the number without its sign"),
    ("lower", "text", "the text in lower case"),
    ("count", "* | column | DISTINCT column", "how many rows, filled cells or different values (over rows)"),
    ("min", "column", "the smallest value (over rows)"),
    ("max", "column", "the largest value (over rows)"),
    ("sum", "number", "the total of the filled cells, missing if none is filled (over rows)"),
    ("avg", "number", "the mean of the filled cells (over rows)"),
    (
        "date_reached",
        "date, column, n",
        "the first date by which the column had n different values (over rows)",
    ),
    ("list", "column", "the different values, joined by commas (in sentences)"),
    ("plural", "count, 'one', 'many'", "a count with its noun (in sentences)"),
];

/// The largest expression that is handed to Polars; a list of ten thousand values is no larger.
const MOST_WEIGHT: usize = 50_000;

/// What a column or an expression holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Free text.
    Text,
    /// One of a closed list of values, in the list's order.
    Choice(Arc<[String]>),
    /// Several values in one cell, from a closed list where there is one.
    Choices(Option<Arc<[String]>>),
    /// A number, in the unit of its column.
    Number,
    /// A calendar date.
    Date,
    /// True or false.
    Truth,
}

impl Kind {
    /// Whether a column may hold the one in one file and the other in another: both are text, or of one kind.
    pub fn is_like(&self, other: &Self) -> bool {
        let textual = |kind: &Self| matches!(kind, Kind::Text | Kind::Choice(_));
        self.words() == other.words() || (textual(self) && textual(other))
    }

    /// The kind in words, for messages.
    pub fn words(&self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Choice(_) => "one of a list of values",
            Kind::Choices(_) => "a list of values",
            Kind::Number => "a number",
            Kind::Date => "a date",
            Kind::Truth => "true or false",
        }
    }
}

/// The columns of a table, in order, with what they hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    columns: Vec<(String, Kind)>,
    values: Values,
}

impl Columns {
    /// No columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// No columns, for conditions that may name values of the pipeline.
    pub fn knowing(values: &Values) -> Self {
        Self { columns: Vec::new(), values: values.clone() }
    }

    /// The named values that conditions may use.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Adds a column; a column of that name is replaced.
    pub fn set(&mut self, name: impl Into<String>, kind: Kind) {
        let name = name.into();
        match self.columns.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = kind,
            None => self.columns.push((name, kind)),
        }
    }

    /// Adds a column; where one of that name has a list of values too, the values of both are allowed.
    pub fn widen(&mut self, name: impl Into<String>, kind: Kind) {
        let name = name.into();
        let both = match (self.get(&name), &kind) {
            (Some(Kind::Choice(known)), Kind::Choice(more)) => Kind::Choice(union(known, more)),
            (Some(Kind::Choice(_) | Kind::Text), Kind::Choice(_) | Kind::Text) => Kind::Text,
            (Some(Kind::Choices(Some(known))), Kind::Choices(Some(more))) => {
                Kind::Choices(Some(union(known, more)))
            }
            (Some(Kind::Choices(_)), Kind::Choices(_)) => Kind::Choices(None),
            _ => kind,
        };
        self.set(name, both);
    }

    /// What the column holds, if it exists.
    pub fn get(&self, name: &str) -> Option<&Kind> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, k)| k)
    }

    /// The columns in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Kind)> {
        self.columns.iter().map(|(n, k)| (n.as_str(), k))
    }

    /// The names of the columns in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(n, _)| n.as_str())
    }
}

/// The values of both lists, in the order of the first.
fn union(known: &Arc<[String]>, more: &Arc<[String]>) -> Arc<[String]> {
    if more.iter().all(|value| known.contains(value)) {
        return known.clone();
    }
    known.iter().chain(more.iter().filter(|value| !known.contains(value))).cloned().collect()
}

/// What is wrong with a condition, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Lines after the first line of the text (0 for a condition on one line).
    pub line: u32,
    /// What was found and what was expected.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Whether an expression speaks of one row or of all rows of a practice together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One row: a bare column is that row's cell.
    Row,
    /// The rows of one practice: columns stand inside `count`, `min` and their like; a bare column is
    /// the first row's cell.
    Rows,
}

/// An expression that has been checked against its table.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    node: check::Node,
    kind: Kind,
    named: BTreeSet<String>,
}

impl Condition {
    /// Parses and checks `text` against the columns of a table.
    ///
    /// # Errors
    /// Every fault that was found; at least one.
    pub fn new(text: &str, columns: &Columns, scope: Scope) -> Result<Self, Vec<Fault>> {
        let parsed = parse::expression(text)?;
        let (node, kind, named) = check::expression(&parsed, columns, scope)?;
        if node.weight() > MOST_WEIGHT {
            let message = "this is nested too deeply to be evaluated".to_owned();
            let help = Some("name a part of it under [derive] of the fact".to_owned());
            return Err(vec![Fault { line: 0, message, help }]);
        }
        Ok(Self { text: text.to_owned(), node, kind, named })
    }

    /// The same, for an expression that must be true or false.
    ///
    /// # Errors
    /// Every fault that was found; at least one.
    pub fn truth(text: &str, columns: &Columns, scope: Scope) -> Result<Self, Vec<Fault>> {
        Self::of_kind(text, columns, scope, &Kind::Truth)
    }

    /// The same, for an expression that must be a date.
    ///
    /// # Errors
    /// Every fault that was found; at least one.
    pub fn date(text: &str, columns: &Columns, scope: Scope) -> Result<Self, Vec<Fault>> {
        Self::of_kind(text, columns, scope, &Kind::Date)
    }

    /// The same, for an expression that must be a number.
    ///
    /// # Errors
    /// Every fault that was found; at least one.
    pub fn number(text: &str, columns: &Columns, scope: Scope) -> Result<Self, Vec<Fault>> {
        Self::of_kind(text, columns, scope, &Kind::Number)
    }

    fn of_kind(text: &str, columns: &Columns, scope: Scope, kind: &Kind) -> Result<Self, Vec<Fault>> {
        let condition = Self::new(text, columns, scope)?;
        if condition.kind == *kind {
            return Ok(condition);
        }
        Err(vec![Fault {
            line: 0,
            message: format!(
                "`{}` gives {}; {} is needed here",
                text.trim(),
                condition.kind.words(),
                kind.words()
            ),
            help: None,
        }])
    }

    /// The expression as its author wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the expression gives.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The expression for Polars, on the as-of date.
    pub fn expr(&self, as_of: impl Into<Day>) -> Expr {
        evaluate::expr(&self.node, as_of.into())
    }

    /// The lengths of time by which it moves dates, each as months and days.
    pub fn shifts(&self) -> Vec<(i32, i32)> {
        let mut shifts = Vec::new();
        self.node.shifts(&mut shifts);
        shifts
    }

    /// The numbers it compares with.
    pub fn numbers(&self) -> Vec<f64> {
        let mut numbers = Vec::new();
        self.node.numbers(&mut numbers);
        numbers
    }

    /// The values of the pipeline that it names.
    pub fn named(&self) -> &BTreeSet<String> {
        &self.named
    }

    /// The value, where the expression is a number that no row changes.
    fn constant(&self) -> Option<f64> {
        match self.node {
            check::Node::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The columns it speaks of, sorted, each once.
    pub fn columns(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.node.columns(&mut names);
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests;
