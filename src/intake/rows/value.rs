//! One cell read as what its column holds, or what is wrong with it.

use chrono::NaiveDate;

use super::date::{date, period};
use crate::condition::BETWEEN_VALUES;
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, hundredfold};
use crate::pipeline::{Column, ColumnKind, Layout, Percent, fold};

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
    pub(super) mend: String,
}

impl Flaw {
    /// A date that could be one of two.
    pub(super) fn ambiguous(message: String) -> Self {
        let mend = "write every date of the column as day, month, year: 31/12/2026";
        Self::new(Code::AmbiguousDate, message, mend)
    }

    pub(super) fn new(code: Code, message: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { code, usable: false, message: message.into(), mend: mend.into() }
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
            let broken = |message: String, mend: String| Some(Flaw::new(Code::BadCell, message, mend));
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
            "mend the formula or type the value",
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
    let folded = fold(&shown);
    if cell.is_empty() || layout.missing.contains(&folded) || column.missing.contains(&folded) {
        return (Value::Missing, None);
    }
    let read = match &column.kind {
        ColumnKind::Practice => Ok(Value::Text(squeezed(&shown))),
        ColumnKind::Code { pattern } => {
            let code = squeezed(&shown);
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
        ColumnKind::Choice(list) => match list.value_of(&shown) {
            Some(value) => Ok(Value::Text(value.to_owned())),
            None => Err(bad_choice(&shown, &list.values, list.likely(&shown))),
        },
        ColumnKind::Choices { .. } => return choices(&shown, &column.kind),
        ColumnKind::Number { minimum, maximum } => {
            number(cell, *minimum, *maximum, column.percent(), fraction).map(Value::Number)
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

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

fn bad_choice(shown: &str, values: &[String], near: Option<&str>) -> Flaw {
    let mend = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of: {}", values.join(", ")),
    };
    Flaw::new(
        Code::BadChoice,
        format!("\"{}\" is not one of the values of this column", crate::intake::cell::shortened(shown)),
        mend,
    )
}

/// Several values in one cell, between separators or line breaks. Unknown ones are left out and told.
fn choices(shown: &str, kind: &ColumnKind) -> (Value, Option<Flaw>) {
    let ColumnKind::Choices { values, also, separator } = kind else { return (Value::Missing, None) };
    let items = shown.split([*separator, '\n', '\r']).map(str::trim).filter(|item| !item.is_empty());
    let (mut known, mut flaw): (Vec<String>, Option<Flaw>) = (Vec::new(), None);
    for item in items {
        let value = match values {
            Some(list) => list.value_of(item).map(str::to_owned),
            None => also
                .iter()
                .find(|(word, _)| fold(word) == fold(item))
                .map(|(_, v)| v.clone())
                .or(Some(item.to_owned())),
        };
        match (value, values) {
            (Some(value), _) if !known.contains(&value) => known.push(value),
            (Some(_), _) => {}
            (None, Some(list)) => {
                let found = bad_choice(item, &list.values, list.likely(item));
                flaw.get_or_insert(Flaw { usable: true, ..found });
            }
            (None, None) => {}
        }
    }
    if known.is_empty() {
        return (Value::Missing, flaw);
    }
    let framed = format!("{BETWEEN_VALUES}{}{BETWEEN_VALUES}", known.join(BETWEEN_VALUES));
    (Value::Text(framed), flaw)
}

fn number(
    cell: &Cell,
    minimum: Option<f64>,
    maximum: Option<f64>,
    percent: Option<Percent>,
    fraction: bool,
) -> Result<f64, Flaw> {
    let read = match cell {
        Cell::Number(number) if fraction => Some(hundredfold(*number)),
        Cell::Number(number) => Some(*number),
        Cell::Percent(number) if percent == Some(Percent::Fraction) => Some(number / 100.0),
        Cell::Percent(number) => Some(*number),
        // `85%` in a column of fractions is 0.85, in a column of percentages 85.
        Cell::Text(text) if text.ends_with('%') && percent == Some(Percent::Fraction) => {
            plain_number(text).map(|n| n / 100.0)
        }
        Cell::Text(text) => plain_number(text),
        _ => None,
    };
    let Some(number) = read.filter(|n| n.is_finite()) else {
        let shown = crate::intake::cell::shortened(&cell.shown());
        return Err(Flaw::new(
            Code::BadCell,
            format!("\"{shown}\" is not a number"),
            "type a number, or leave the cell empty",
        ));
    };
    if minimum.is_some_and(|m| number < m) {
        let least = crate::wording::number(minimum.unwrap_or_default());
        return Err(Flaw::new(
            Code::OutOfRange,
            format!("{number} is less than {least}"),
            "type the right number, or leave the cell empty",
        ));
    }
    if maximum.is_some_and(|m| number > m) {
        let most = crate::wording::number(maximum.unwrap_or_default());
        return Err(Flaw::new(
            Code::OutOfRange,
            format!("{number} is more than {most}"),
            "type the right number, or leave the cell empty",
        ));
    }
    Ok(number)
}

/// A number written by a person: `1,234`, `45.6%`, ` 12 `.
fn plain_number(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('%').trim();
    let grouped = |t: &str| {
        let (whole, _) = t.split_once('.').unwrap_or((t, ""));
        let mut groups = whole.trim_start_matches(['-', '+']).split(',');
        let first = groups.next().unwrap_or("");
        (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3)
    };
    if text.contains(',') {
        return if grouped(text) { text.replace(',', "").parse().ok() } else { None };
    }
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
    if plain { text.parse().ok() } else { None }
}

fn yes_no(cell: &Cell) -> Result<bool, Flaw> {
    if let Cell::Truth(truth) = cell {
        return Ok(*truth);
    }
    match fold(&cell.shown()).as_str() {
        "yes" | "y" | "true" | "1" => Ok(true),
        "no" | "n" | "false" | "0" => Ok(false),
        other => {
            Err(Flaw::new(Code::BadChoice, format!("\"{other}\" is neither yes nor no"), "write Yes or No"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        assert_eq!(plain_number("1,234"), Some(1234.0));
        assert_eq!(plain_number(" 45.6% "), Some(45.6));
        assert_eq!(plain_number("1,23"), None);
        assert_eq!(plain_number("inf"), None);
        assert_eq!(plain_number("ten"), None);
        assert_eq!(plain_number("9.75"), Some(9.75));
    }
}
