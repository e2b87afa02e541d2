//! One cell read as what its column holds, or what is wrong with it.

use chrono::{Datelike, NaiveDate};

use crate::condition::BETWEEN_VALUES;
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::pipeline::{Column, ColumnKind, DateOrder, Layout, Percent, fold};

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

    fn new(code: Code, message: impl Into<String>, mend: impl Into<String>) -> Self {
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

/// A fraction as a percentage, without the dust of binary fractions.
fn hundredfold(number: f64) -> f64 {
    (number * 100.0 * 1e9).round() / 1e9
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

/// Serial numbers that a spreadsheet shows as a date, from 1950 to 2099.
const SERIALS: std::ops::RangeInclusive<f64> = 18_264.0..=73_050.0;

/// The serial number that a cell holds, as a number or as text of five figures.
fn serial(cell: &Cell) -> Option<f64> {
    let serial = match cell {
        Cell::Number(number) => Some(*number),
        Cell::Text(text) if text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    };
    serial.filter(|serial| SERIALS.contains(serial))
}

fn date(cell: &Cell, layout: &Layout) -> (Value, Option<Flaw>) {
    // Excel's day 25,569 is 1 January 1970.
    if let Some(date) =
        serial(cell).and_then(|serial| crate::dates::from_days(serial.trunc() as i32 - 25_569))
    {
        let flaw = Flaw::new(
            Code::SerialDate,
            format!("the date stands as the number {}", cell.shown()),
            "format the column as a date, so that a person can check it",
        );
        return (Value::Date(date), Some(Flaw { usable: true, ..flaw }));
    }
    let read = match cell {
        Cell::Date(date) => Ok(date.date()),
        other => text_date(&other.shown(), layout.date_order, layout.two_digit_years),
    };
    match read {
        Ok(date) if (1900..2200).contains(&date.year()) => (Value::Date(date), None),
        Ok(date) => (
            Value::Missing,
            Some(bad_date(&date.format("%d/%m/%Y").to_string(), "not a year that can be meant")),
        ),
        Err(flaw) => (Value::Missing, Some(flaw)),
    }
}

fn bad_date(shown: &str, what: &str) -> Flaw {
    let message = format!("\"{}\" is {what}", crate::intake::cell::shortened(shown));
    Flaw::new(Code::BadDate, message, "write the date as 31/12/2026")
}

/// A date in words or figures: `14/07/2026`, `14 July 2026`, `2026-07-14`, `20260714`, `01JUL2026`.
pub(super) fn text_date(text: &str, order: DateOrder, two_digits: bool) -> Result<NaiveDate, Flaw> {
    let fail = |what: &str| Err(bad_date(text, what));
    let parts = parts(text);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let [a, b, c] = match parts.as_slice() {
        // A weekday in front and a time of day behind are passed over.
        [a, b, c] => [*a, *b, *c],
        [w, a, b, c] if month(w).is_none() && w.chars().all(char::is_alphabetic) => [*a, *b, *c],
        [only] if only.len() == 8 && only.chars().all(|d| d.is_ascii_digit()) => {
            let (year, rest) = only.split_at(4);
            let (month, day) = rest.split_at(2);
            [year, month, day]
        }
        _ => return fail("not a date"),
    };
    let (year, month_text, day) = if a.len() == 4 && a.chars().all(|d| d.is_ascii_digit()) {
        (a, b, c)
    } else if month(a).is_some() && order != DateOrder::YearMonthDay {
        (c, a, b)
    } else {
        match order {
            DateOrder::MonthDayYear => (c, a, b),
            DateOrder::DayMonthYear | DateOrder::YearMonthDay => (c, b, a),
        }
    };
    let mut year_number: i32 = match year.parse() {
        Ok(number) if year.chars().all(|d| d.is_ascii_digit()) => number,
        _ => return fail("not a date"),
    };
    if year.len() == 2 {
        if !two_digits {
            return Err(Flaw::new(
                Code::TwoDigitYear,
                format!("\"{}\" has a year of two digits", crate::intake::cell::shortened(text)),
                "write the year with four digits: 31/12/2026",
            ));
        }
        year_number += 2000;
    } else if year.len() != 4 {
        return fail("not a date");
    }
    let month_number = month(month_text).or_else(|| month_text.parse::<u32>().ok());
    let day_number = day.parse::<u32>().ok();
    let (Some(month_number), Some(day_number)) = (month_number, day_number) else {
        return fail("not a date");
    };
    match NaiveDate::from_ymd_opt(year_number, month_number, day_number) {
        Some(date) => Ok(date),
        None if month_number > 12 && day_number <= 12 && order == DateOrder::DayMonthYear => Err(Flaw::new(
            Code::BadDate,
            format!("\"{}\" is no date with the day first", crate::intake::cell::shortened(text)),
            "write day, month, year: 31/12/2026",
        )),
        None => fail("not a date of the calendar"),
    }
}

/// A period as text that sorts by time: `2026-05`, `2025-26`, `2026-27 Q1`, `2026`. A date stands for its
/// month.
///
/// # Errors
/// If it is neither a month nor a quarter, year or date.
pub(super) fn period(cell: &Cell, order: DateOrder, two_digits: bool) -> Result<String, Flaw> {
    if let Cell::Date(date) = cell {
        return Ok(date.format("%Y-%m").to_string());
    }
    let shown = cell.shown();
    let parts = parts(&shown);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let digits = |t: &str, length: usize| t.len() == length && t.bytes().all(|b| b.is_ascii_digit());
    let is_year = |t: &str| digits(t, 4) && (t.starts_with("20") || t.starts_with("19"));
    let is_quarter = |q: &str, number: &str| {
        ["q", "qtr", "quarter"].contains(&q.to_lowercase().as_str())
            && matches!(number, "1" | "2" | "3" | "4")
    };
    // 2026-27: the second year follows the first, of which it has two digits or all four.
    let years = |year: &str, to: &str| {
        let next = year.parse::<u32>().ok()? + 1;
        let follows = to == next.to_string() || to == format!("{:02}", next % 100);
        (is_year(year) && follows).then(|| format!("{year}-{:02}", next % 100))
    };
    let in_year = |year: &str, number: u32| {
        (is_year(year) && (1..=12).contains(&number)).then(|| format!("{year}-{number:02}"))
    };
    let found = match parts.as_slice() {
        [only] if is_year(only) => Some((*only).to_owned()),
        [only] if digits(only, 6) => {
            only.split_at_checked(4).and_then(|(year, m)| in_year(year, m.parse().ok()?))
        }
        [name, year] | [year, name] if is_year(year) && month(name).is_some() => {
            month(name).and_then(|number| in_year(year, number))
        }
        // Jun-26.
        [name, year] if digits(year, 2) && month(name).is_some() => {
            month(name).and_then(|number| in_year(&format!("20{year}"), number))
        }
        [number, year] if digits(year, 4) && number.len() <= 2 => in_year(year, number.parse().unwrap_or(0)),
        [year, rest] => {
            let as_month = (rest.len() <= 2).then(|| in_year(year, rest.parse().ok()?)).flatten();
            as_month.or_else(|| years(year, rest))
        }
        [q, number, year, to] | [year, to, q, number] if is_quarter(q, number) => {
            years(year, to).map(|years| format!("{years} Q{number}"))
        }
        _ => None,
    };
    let as_date = || text_date(&shown, order, two_digits).ok();
    let found = found.or_else(|| as_date().map(|date| date.format("%Y-%m").to_string()));
    found.ok_or_else(|| {
        Flaw::new(
            Code::BadDate,
            format!("\"{}\" is not a month, a quarter or a year", crate::intake::cell::shortened(&shown)),
            "write 2026-06 or June 2026 for a month, 2026-27 Q1 for a quarter, 2026-27 or 2026 for a year",
        )
    })
}

/// The runs of digits and of letters, without ordinal endings and without a time of day.
fn parts(text: &str) -> Vec<String> {
    let text =
        text.split_once('T').filter(|(d, t)| d.len() == 10 && t.contains(':')).map_or(text, |(d, _)| d);
    let mut parts: Vec<String> = Vec::new();
    let mut last: Option<bool> = None;
    for word in text.split_whitespace().take_while(|word| !word.contains(':')) {
        for c in word.chars() {
            let kind = if c.is_ascii_digit() {
                Some(true)
            } else if c.is_alphabetic() {
                Some(false)
            } else {
                None
            };
            match (kind, parts.last_mut()) {
                (Some(k), Some(part)) if last == Some(k) => part.push(c),
                (Some(_), _) => parts.push(c.to_string()),
                (None, _) => {}
            }
            last = kind;
        }
        last = None;
    }
    parts.retain(|p| !matches!(p.to_lowercase().as_str(), "st" | "nd" | "rd" | "th" | "of"));
    parts
}

fn month(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_lowercase();
    if text.len() < 3 || !text.chars().all(|c| c.is_ascii_lowercase()) {
        return None;
    }
    let text = if text == "sept" { "sep".to_owned() } else { text };
    let found =
        MONTHS.iter().position(|month| *month == text || (text.len() == 3 && month.starts_with(&text)))?;
    u32::try_from(found + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, order: DateOrder) -> Result<String, Code> {
        text_date(text, order, false).map(|d| d.to_string()).map_err(|flaw| flaw.code)
    }

    #[test]
    fn dates_as_people_and_systems_write_them() {
        let dmy = DateOrder::DayMonthYear;
        for text in [
            "14/07/2026",
            "14/7/2026",
            "14-07-2026",
            "14.07.2026",
            "2026-07-14",
            "14 July 2026",
            "14th July 2026",
            "14JUL2026",
            "14-Jul-2026",
            "Tuesday 14 July 2026",
            "July 14, 2026",
            "20260714",
            "2026-07-14T06:00:00",
            "14/07/2026 06:00",
        ] {
            assert_eq!(read(text, dmy), Ok("2026-07-14".into()), "{text}");
        }
        assert_eq!(read("07/14/2026", DateOrder::MonthDayYear), Ok("2026-07-14".into()));
    }

    #[test]
    fn dates_that_cannot_be() {
        let dmy = DateOrder::DayMonthYear;
        assert_eq!(read("14/07/26", dmy), Err(Code::TwoDigitYear));
        assert_eq!(read("31/02/2026", dmy), Err(Code::BadDate));
        assert_eq!(read("06/30/2026", dmy), Err(Code::BadDate));
        assert_eq!(read("soon", dmy), Err(Code::BadDate));
        assert_eq!(read("07/2026", dmy), Err(Code::BadDate));
        assert_eq!(read("14/07/202", dmy), Err(Code::BadDate));
        assert_eq!(text_date("01-Apr-17", dmy, true).unwrap().to_string(), "2017-04-01");
    }

    #[test]
    fn periods_sort_by_time() {
        let read = |text: &str| period(&Cell::Text(text.into()), DateOrder::DayMonthYear, false);
        for (texts, canonical) in [
            (
                &["May 2026", "2026-05", "2026/5", "05/2026", "May-26", "202605", "01/05/2026", "2026-05-01"]
                    [..],
                "2026-05",
            ),
            (&["2025/26", "2025-26", "2025-2026"], "2025-26"),
            (&["Q1 2026-27", "2026-27 Q1", "2026/27 q1", "Quarter 1 2026-27"], "2026-27 Q1"),
            (&["2026", " 2026 "], "2026"),
            (&["2099-2100"], "2099-00"),
        ] {
            for text in texts {
                assert_eq!(read(text).ok().as_deref(), Some(canonical), "{text}");
            }
        }
        let odd = [
            "banana",
            "2026-13",
            "31/06/2026",
            "wave 3",
            "202613",
            "Q5 2026-27",
            "Q1 2026-28",
            "2026-2028",
            "1",
            "é2026",
        ];
        for text in odd {
            let flaw = read(text).unwrap_err();
            assert_eq!(flaw.code, Code::BadDate, "{text}");
            assert!(flaw.mend.contains("June 2026 for a month"), "{}", flaw.mend);
        }
    }

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
