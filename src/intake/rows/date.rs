//! Dates as people and systems write them.

use chrono::{Datelike, NaiveDate, Weekday};

use super::value::{Flaw, Value};
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::pipeline::{DateOrder, Layout};

pub(super) use parts::month;

mod parts;

/// The days of the week, from Monday.
const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

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
            Some(match cell.is_day_zero() {
                true => {
                    let help = "empty the cell, or make the formula give nothing where there is no date";
                    let message = format!("\"{}\" is a spreadsheet's day 0, and no date", cell.shown());
                    Flaw::new(Code::BadDate, message, help)
                }
                false => bad_date(&date.format("%d/%m/%Y").to_string(), "not a year that can be meant"),
            }),
        ),
        Err(flaw) => (Value::Missing, Some(flaw)),
    }
}

/// Whether a mark of a missing value is what a cell of dates holds, however either is written.
pub(super) fn means_missing(cell: &Cell, mark: &str, layout: &Layout) -> bool {
    const DAY_ZERO: [&str; 5] = ["0", "00/01/1900", "30/12/1899", "31/12/1899", "00-jan-00"];
    if cell.is_day_zero() {
        return DAY_ZERO.contains(&mark);
    }
    let read = |text: &str| text_date(text, layout.date_order, layout.two_digit_years).ok();
    let held = match cell {
        Cell::Date(at) => Some(at.date()),
        Cell::Text(text) => read(text),
        _ => None,
    };
    held.is_some_and(|held| read(mark) == Some(held))
}

fn bad_date(shown: &str, what: &str) -> Flaw {
    let message = format!("\"{}\" is {what}", crate::intake::cell::shortened(shown));
    Flaw::new(Code::BadDate, message, "write the date as 31/12/2026")
}

/// A date in words or figures: `14/07/2026`, `14 July 2026`, `2026-07-14`, `20260714`, `01JUL2026`. A weekday may
/// stand before or after it and a time of day after it; nothing else may.
pub(super) fn text_date(text: &str, order: DateOrder, two_digits: bool) -> Result<NaiveDate, Flaw> {
    let fail = |what: &str| Err(bad_date(text, what));
    let Some(written) = parts::written(text) else {
        return fail(if parts::has_a_date_inside(text) { "more than a date" } else { "not a date" });
    };
    let date = calendar_date(text, &written, order, two_digits)?;
    if let Some(said) = written.weekdays.iter().find(|day| **day != date.weekday()) {
        return Err(another_weekday(text, date, *said));
    }
    // Whoever writes AM or PM may write the month first.
    let other = order.swapped().filter(|_| written.half_day && written.order_matters());
    match other.and_then(|other| calendar_date(text, &written, other, two_digits).ok()) {
        Some(other) if other != date => Err(Flaw::new(
            Code::AmbiguousDate,
            format!(
                "\"{}\" has a time with AM or PM, as American dates have, and could be {} or {}",
                crate::intake::cell::shortened(text),
                crate::dates::long(date),
                crate::dates::long(other)
            ),
            "write every date of the column as day, month, year: 31/12/2026",
        )),
        _ => Ok(date),
    }
}

/// A weekday that is not that of its date: day and month were exchanged, or a year was not changed.
fn another_weekday(text: &str, date: NaiveDate, said: Weekday) -> Flaw {
    let name = |day: Weekday| NAMES.get(day.num_days_from_monday() as usize).copied().unwrap_or_default();
    let message = format!(
        "\"{}\" names a {}, and {} is a {}",
        crate::intake::cell::shortened(text),
        name(said),
        crate::dates::long(date),
        name(date.weekday())
    );
    Flaw::new(Code::BadDate, message, "check day, month and year, and write the date as 31/12/2026")
}

/// The date that the three parts make under an order.
fn calendar_date(
    text: &str,
    written: &parts::Written,
    order: DateOrder,
    two_digits: bool,
) -> Result<NaiveDate, Flaw> {
    let fail = |what: &str| Err(bad_date(text, what));
    let [a, b, c] = written.parts.each_ref().map(String::as_str);
    let (year, month_text, day) = if is_figures(a) && a.len() == 4 {
        (a, b, c)
    } else if month(a).is_some() {
        (c, a, b)
    } else {
        match order {
            DateOrder::MonthDayYear if month(b).is_none() => (c, a, b),
            _ => (c, b, a),
        }
    };
    let mut year_number: i32 = match year.parse() {
        Ok(number) if is_figures(year) => number,
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
    let short = |part: &str| part.parse::<u32>().ok().filter(|_| is_figures(part) && part.len() <= 2);
    let (Some(month_number), Some(day_number)) =
        (month(month_text).or_else(|| short(month_text)), short(day))
    else {
        return fail("not a date");
    };
    match NaiveDate::from_ymd_opt(year_number, month_number, day_number) {
        Some(date) => Ok(date),
        None if month_number > 12 && day_number <= 12 && order == DateOrder::DayMonthYear => {
            let american = if written.half_day { ", and AM or PM stands with American dates" } else { "" };
            Err(Flaw::new(
                Code::BadDate,
                format!(
                    "\"{}\" is no date with the day first{american}",
                    crate::intake::cell::shortened(text)
                ),
                "write day, month, year: 31/12/2026",
            ))
        }
        None => fail("not a date of the calendar"),
    }
}

pub(super) fn is_figures(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
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
        for text in
            ["Cancelled 14/07/2026", "14/07/2026 TBC", "<14/07/2026", "14/07-2026", "1e1", "14/07/2026?"]
        {
            assert_eq!(read(text, dmy), Err(Code::BadDate), "{text}");
        }
        assert_eq!(text_date("01-Apr-17", dmy, true).unwrap().to_string(), "2017-04-01");
    }

    #[test]
    fn a_time_with_am_or_pm_makes_the_order_doubtful() {
        let dmy = DateOrder::DayMonthYear;
        assert_eq!(read("6/10/2026 2:30 PM", dmy), Err(Code::AmbiguousDate));
        assert_eq!(read("6/14/2026 2:30 PM", dmy), Err(Code::BadDate));
        assert_eq!(read("6/14/2026 2:30 PM", DateOrder::MonthDayYear), Ok("2026-06-14".into()));
        for text in ["14/6/2026 2:30 PM", "6/6/2026 2:30 pm", "14 June 2026 2:30pm", "2026-06-14 2:30 PM"] {
            assert!(read(text, dmy).is_ok(), "{text}");
        }
        let told = text_date("6/14/2026 2:30 PM", dmy, false).unwrap_err().message;
        assert!(told.contains("American dates"), "{told}");
    }

    #[test]
    fn a_weekday_that_contradicts_its_date_is_told() {
        let dmy = DateOrder::DayMonthYear;
        for (text, told) in [
            ("Monday 10/06/2026", "\"Monday 10/06/2026\" names a Monday, and 10 June 2026 is a Wednesday"),
            ("Sat 03/04/2026", "\"Sat 03/04/2026\" names a Saturday, and 3 April 2026 is a Friday"),
            (
                "14 July 2026 (Weds)",
                "\"14 July 2026 (Weds)\" names a Wednesday, and 14 July 2026 is a Tuesday",
            ),
        ] {
            let flaw = text_date(text, dmy, false).unwrap_err();
            assert_eq!((flaw.code, flaw.message.as_str()), (Code::BadDate, told));
        }
        for text in ["Wed 10/06/2026", "Weds. 10/06/2026", "Friday, 3 April 2026", "3 April 2026 fri"] {
            assert!(read(text, dmy).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_stands_beside_a_date_is_what_is_wrong() {
        let told = text_date("DNA 10/06/2026", DateOrder::DayMonthYear, false).unwrap_err().message;
        assert_eq!(told, "\"DNA 10/06/2026\" is more than a date");
    }
}
