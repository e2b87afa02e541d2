//! One cell read as what its column holds, or what is wrong with it.

use chrono::NaiveDate;

use super::choices::choices;
use super::date::{date, means_missing};
use super::number::number;
use super::period::period;
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::intake::code;
use crate::pipeline::{Column, ColumnKind, Layout, fold};

/// A cell as its column holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, or a mark that stands for nothing.
    Missing,
    /// Text, a code, a choice, or several values between separators.
    Text(String),
    /// A number.
    Number(f64),
    /// A date.
    Date(NaiveDate),
    /// Yes or no.
    Truth(bool),
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) code: Code,
    /// Whether a value was read all the same.
    pub(super) usable: bool,
    pub(super) message: String,
    pub(super) help: String,
}

impl Flaw {
    /// A date that could be one of two.
    pub(super) fn ambiguous(message: String) -> Self {
        let help = "write every date of the column as day, month, year: 31/12/2026";
        Self::new(Code::AmbiguousDate, message, help)
    }

    pub(super) fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, usable: false, message: message.into(), help: help.into() }
    }
}

/// Reads a cell; a flawed cell gives `Missing` unless the flaw is usable. `fraction` says that numbers of
/// this column of percentages are stored as fractions.
pub(super) fn parse(cell: &Cell, column: &Column, layout: &Layout, fraction: bool) -> (Value, Option<Flaw>) {
    let (value, flaw) = parse_kind(cell, column, layout, fraction);
    match limits(&value, column) {
        Some(broken) => (Value::Missing, Some(broken)),
        None => (value, flaw),
    }
}

/// What a text or a date breaks of the limits of its column.
fn limits(value: &Value, column: &Column) -> Option<Flaw> {
    let limits = &column.limits;
    let shown = |text: &str| crate::intake::cell::shortened(text);
    match value {
        Value::Text(text) if matches!(column.kind, ColumnKind::Text) => {
            let length = text.chars().count();
            let broken = |message: String, help: String| Some(Flaw::new(Code::BadCell, message, help));
            if limits.pattern.as_ref().is_some_and(|p| p.find(text).is_none_or(|m| m.as_str() != text)) {
                let message = format!("\"{}\" is not written as this column's values are", shown(text));
                let pattern = limits.pattern.as_ref().map(|p| shown(p.as_str())).unwrap_or_default();
                return broken(message, format!("write it as the pattern `{pattern}` says"));
            }
            if let Some(most) = limits.max_length.filter(|most| length > *most) {
                return broken(format!("the text has {length} characters"), format!("shorten it to {most}"));
            }
            let least = limits.min_length.filter(|least| length < *least)?;
            broken(format!("the text has {length} characters"), format!("write at least {least}"))
        }
        Value::Date(date) => {
            let out = |message: String| Some(Flaw::new(Code::OutOfRange, message, "check the date"));
            if let Some(first) = limits.earliest.filter(|first| date < first) {
                return out(format!("{} is before {}", crate::dates::long(*date), crate::dates::long(first)));
            }
            let last = limits.latest.filter(|last| date > last)?;
            out(format!("{} is after {}", crate::dates::long(*date), crate::dates::long(last)))
        }
        _ => None,
    }
}

fn parse_kind(cell: &Cell, column: &Column, layout: &Layout, fraction: bool) -> (Value, Option<Flaw>) {
    if let Cell::Error(error) = cell {
        let flaw = Flaw::new(
            Code::ErrorCell,
            format!("the cell holds the spreadsheet error {error}"),
            "correct the formula or type the value",
        );
        return (Value::Missing, Some(flaw));
    }
    if let Cell::Uncalculated = cell {
        let flaw = Flaw::new(
            Code::Uncalculated,
            "the formula has no stored value",
            "open the file in Excel, save it and send it again",
        );
        return (Value::Missing, Some(flaw));
    }
    let shown = cell.shown();
    if cell.is_empty() || stands_for_nothing(cell, &shown, column, layout) {
        return (Value::Missing, None);
    }
    let read = match &column.kind {
        ColumnKind::Practice => Ok(Value::Text(code::code(&shown))),
        ColumnKind::Code { pattern } => {
            let code = code::code(&shown);
            match pattern {
                Some(p) if p.find(&code).is_none_or(|m| m.as_str() != code) => Err(Flaw::new(
                    Code::BadCell,
                    format!("\"{}\" is not a code of this kind", crate::intake::cell::shortened(&code)),
                    "type the code as its register has it",
                )),
                _ => Ok(Value::Text(code)),
            }
        }
        ColumnKind::Text => Ok(Value::Text(shown)),
        ColumnKind::Choice(list) => match list.value_of(&code::seen(&shown)) {
            Some(value) => Ok(Value::Text(value.to_owned())),
            None => Err(bad_choice(&shown, &list.values, list.likely(&shown))),
        },
        ColumnKind::Choices { .. } => return choices(&shown, &column.kind),
        ColumnKind::Number { minimum, maximum } => {
            number(cell, column, (*minimum, *maximum), fraction).map(Value::Number)
        }
        ColumnKind::Date => return date(cell, layout),
        ColumnKind::Period => period(cell, layout.date_order, layout.two_digit_years).map(Value::Text),
        ColumnKind::YesNo => yes_no(cell).map(Value::Truth),
    };
    match read {
        Ok(value) => (value, None),
        Err(flaw) => (Value::Missing, Some(flaw)),
    }
}

/// Whether a cell holds a mark of a missing value. A mark is compared with the cell as the sheet shows it; in a
/// column of dates also as a date, and a spreadsheet's day 0 with every way in which it is shown.
fn stands_for_nothing(cell: &Cell, shown: &str, column: &Column, layout: &Layout) -> bool {
    let marks = || layout.missing.iter().chain(&column.missing);
    let folded = fold(&code::seen(shown));
    if marks().any(|mark| *mark == folded) {
        return true;
    }
    matches!(column.kind, ColumnKind::Date | ColumnKind::Period)
        && marks().any(|mark| means_missing(cell, mark, layout))
}

pub(super) fn bad_choice(shown: &str, values: &[String], near: Option<&str>) -> Flaw {
    let help = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of: {}", values.join(", ")),
    };
    Flaw::new(
        Code::BadChoice,
        format!("\"{}\" is not one of the values of this column", crate::intake::cell::shortened(shown)),
        help,
    )
}

fn yes_no(cell: &Cell) -> Result<bool, Flaw> {
    if let Cell::Truth(truth) = cell {
        return Ok(*truth);
    }
    match fold(&cell.shown()).as_str() {
        "yes" | "y" | "true" | "1" => Ok(true),
        "no" | "n" | "false" | "0" => Ok(false),
        _ => {
            let shown = crate::intake::cell::shortened(&cell.shown());
            Err(Flaw::new(Code::BadChoice, format!("\"{shown}\" is neither yes nor no"), "write Yes or No"))
        }
    }
}
