//! Dates and periods as people and systems write them.

use chrono::{Datelike, NaiveDate};

use super::value::{Flaw, Value};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::pipeline::{DateOrder, Layout};

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

pub(super) fn date(cell: &Cell, layout: &Layout) -> (Value, Option<Flaw>) {
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
}
