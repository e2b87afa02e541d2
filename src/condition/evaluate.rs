//! From a checked expression to a Polars expression.

use chrono::NaiveDate;
use polars::prelude::*;

use super::check::{Aggregate, Comparison, Node, Operator};
use crate::dates;

/// The column that holds the as-of date where each row has its own.
pub(crate) const AS_OF: &str = "_as_of";

/// The as-of date of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// One date for all rows.
    On(NaiveDate),
    /// Each row has its own, in the column `_as_of`.
    OfRow,
    /// All rows of a practice have one, in the same column.
    OfRows,
}

impl Day {
    /// The same for an expression over all rows of a practice.
    pub fn over_rows(self) -> Self {
        if self == Day::OfRow { Day::OfRows } else { self }
    }

    fn expr(self) -> Expr {
        match self {
            Day::On(date) => lit_date(date),
            Day::OfRow => col(AS_OF),
            Day::OfRows => col(AS_OF).first(),
        }
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Day::On(date)
    }
}

/// The separator around each value of a cell that holds several.
pub(crate) const BETWEEN_VALUES: &str = "\u{1f}";

pub(super) fn expr(node: &Node, as_of: Day) -> Expr {
    let of = |node: &Node| expr(node, as_of);
    match node {
        Node::Column(name) => col(name.as_str()),
        Node::First(name) => col(name.as_str()).drop_nulls().first(),
        Node::AsOf => as_of.expr(),
        Node::Text(text) => lit(text.as_str()),
        Node::Number(number) => lit(*number),
        Node::Date(date) => lit_date(*date),
        Node::Truth(truth) => lit(*truth),
        Node::Shift { date, months, days } => shift(date, *months, *days, as_of),
        Node::Not(inner) => of(inner).not(),
        Node::And(left, right) => of(left).and(of(right)),
        Node::Or(left, right) => of(left).or(of(right)),
        Node::Compare(left, comparison, right) => compare(of(left), *comparison, of(right)),
        Node::Arithmetic(left, operator, right) => arithmetic(of(left), *operator, of(right)),
        Node::Negative(inner) => lit(0.0) - of(inner),
        Node::In(inner, list) => any(list.iter().map(|item| of(inner).eq(of(item))).collect()),
        Node::Missing(inner) => of(inner).is_null(),
        Node::Matches(inner, pattern) => of(inner).str().contains(lit(pattern.as_str()), true),
        Node::Coalesce(list) => coalesce(&list.iter().map(of).collect::<Vec<_>>()),
        Node::NotAfter(date, limit) => {
            when(of(date).lt_eq(of(limit))).then(of(date)).otherwise(lit(NULL).cast(DataType::Date))
        }
        Node::Has(inner, value) => {
            let framed = format!("{BETWEEN_VALUES}{value}{BETWEEN_VALUES}");
            of(inner).str().contains_literal(lit(framed))
        }
        Node::Position(inner, values) => position(of(inner), values),
        Node::Abs(inner) => of(inner).abs(),
        Node::Lower(inner) => of(inner).str().to_lowercase(),
        Node::Aggregate(aggregate) => aggregated(aggregate, as_of),
    }
}

/// Whether one of them is true; in pairs of pairs, so that a long list does not nest deep.
fn any(mut tests: Vec<Expr>) -> Expr {
    while tests.len() > 1 {
        let mut rest = tests.into_iter();
        tests = std::iter::from_fn(|| {
            let first = rest.next()?;
            Some(match rest.next() {
                Some(second) => first.or(second),
                None => first,
            })
        })
        .collect();
    }
    tests.pop().unwrap_or_else(|| lit(false))
}

fn lit_date(date: NaiveDate) -> Expr {
    // Polars counts days from 1 January 1970, as the proleptic Gregorian calendar does.
    lit(dates::to_days(date)).cast(DataType::Date)
}

fn shift(date: &Node, months: i32, days: i32, as_of: Day) -> Expr {
    if let (Node::Date(from), _) | (Node::AsOf, Day::On(from)) = (date, &as_of) {
        return lit_date(dates::add_days(dates::add_months(*from, months), days));
    }
    let mut shifted = expr(date, as_of);
    if months != 0 {
        shifted = shifted.dt().offset_by(lit(format!("{months}mo")));
    }
    if days != 0 {
        shifted = shifted.dt().offset_by(lit(format!("{days}d")));
    }
    shifted
}

fn compare(left: Expr, comparison: Comparison, right: Expr) -> Expr {
    match comparison {
        Comparison::Equal => left.eq(right),
        Comparison::Unequal => left.neq(right),
        Comparison::Less => left.lt(right),
        Comparison::LessOrEqual => left.lt_eq(right),
        Comparison::Greater => left.gt(right),
        Comparison::GreaterOrEqual => left.gt_eq(right),
    }
}

fn arithmetic(left: Expr, operator: Operator, right: Expr) -> Expr {
    match operator {
        Operator::Plus => left + right,
        Operator::Minus => left - right,
        Operator::Times => left * right,
        // A division by zero is a missing value, not an infinite one.
        Operator::DividedBy => when(right.clone().eq(lit(0.0))).then(lit(NULL)).otherwise(left / right),
    }
}

fn position(value: Expr, values: &[String]) -> Expr {
    let places = values.iter().enumerate().map(|(i, name)| {
        let place = u32::try_from(i + 1).map_or(f64::NAN, f64::from);
        let missing = lit(NULL).cast(DataType::Float64);
        when(value.clone().eq(lit(name.as_str()))).then(lit(place)).otherwise(missing)
    });
    coalesce(&places.collect::<Vec<_>>())
}

fn aggregated(aggregate: &Aggregate, as_of: Day) -> Expr {
    let as_of = if as_of == Day::OfRows { Day::OfRow } else { as_of };
    let number = DataType::Float64;
    match aggregate {
        Aggregate::Rows => len().cast(number),
        Aggregate::Count(inner) => expr(inner, as_of).count().cast(number),
        Aggregate::CountDistinct(inner) => expr(inner, as_of).drop_nulls().n_unique().cast(number),
        Aggregate::Min(inner) => expr(inner, as_of).min(),
        Aggregate::Max(inner) => expr(inner, as_of).max(),
        Aggregate::Mean(inner) => expr(inner, as_of).mean(),
        // Polars adds missing values up to 0; a total of nothing is missing.
        Aggregate::Sum(inner) => {
            let inner = expr(inner, as_of);
            when(inner.clone().count().gt(lit(0))).then(inner.sum()).otherwise(lit(NULL))
        }
        Aggregate::DateReached { date, key, reaches } => {
            let (date, key) = (expr(date, as_of), expr(key, as_of));
            let by_date = [date.clone()];
            let order = SortMultipleOptions::default().with_maintain_order(true);
            let first_of_key = key.sort_by(&by_date, order.clone()).is_first_distinct();
            date.clone()
                .sort_by(&by_date, order)
                .filter(first_of_key)
                .slice(lit(i64::from(*reaches) - 1), lit(1u32))
                .first()
        }
    }
}
