//! Periods in the address of a download: `https://…/{yyyy}/{month}/…`.

use chrono::{Datelike, NaiveDate};

use super::calendar::Calendar;
use crate::dates;

/// The stretch of time that one file of a source covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Every {
    /// A day.
    Day,
    /// A calendar month.
    Month,
    /// A quarter of the organisation's year.
    Quarter,
    /// The organisation's year.
    Year,
}

/// The placeholders, each with what it becomes for June 2026 in a year that begins in April.
pub const PLACEHOLDERS: [(&str, &str); 13] = [
    ("yyyy", "2026"),
    ("yy", "26"),
    ("mm", "06"),
    ("m", "6"),
    ("dd", "30"),
    ("Month", "June"),
    ("month", "june"),
    ("MONTH", "JUNE"),
    ("Mon", "Jun"),
    ("mon", "jun"),
    ("MON", "JUN"),
    ("quarter", "1"),
    ("fy", "2026-27"),
];

impl Every {
    /// The first and last day of the period that lies `back` periods before that of a date.
    pub fn around(self, date: NaiveDate, back: u32, calendar: &Calendar) -> (NaiveDate, NaiveDate) {
        if self == Every::Day {
            let day = dates::add_days(date, i32::try_from(back).map_or(i32::MIN, |back| -back));
            return (day, day);
        }
        let (first, months) = match self {
            Every::Day | Every::Month => (date.with_day(1).unwrap_or(date), 1),
            Every::Quarter => (calendar.quarter_of(date).first, 3),
            Every::Year => (calendar.year_of(date).0, 12),
        };
        let back = i32::try_from(back).unwrap_or(i32::MAX / 12);
        let first = dates::add_months(first, back.saturating_mul(-months));
        (first, dates::add_days(dates::add_months(first, months), -1))
    }

    /// The word for it: `month`.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The period as a reader names it: `June 2026`, `Q1 2026-27`, `2026-27`.
    pub fn name(self, last: NaiveDate, calendar: &Calendar) -> String {
        match self {
            Every::Day => dates::long(last),
            Every::Month => last.format("%B %Y").to_string(),
            Every::Quarter => calendar.quarter_of(last).short(),
            Every::Year => year(last, calendar),
        }
    }
}

/// Fills the placeholders of a text for the period that ends on `last`.
///
/// `{yyyy}`, `{mm}` and the names of months are those of the period's last month; `{quarter}` and `{fy}`
/// are those of the organisation's year. Anything else in braces stays as it is.
pub fn fill(text: &str, last: NaiveDate, calendar: &Calendar) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside, after)) = next(rest) {
        out.push_str(before);
        match value(inside, last, calendar) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("{{{inside}}}")),
        }
        rest = after;
    }
    out + rest
}

/// What stands in braces in a text, in order.
pub fn placeholders(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((_, inside, after)) = next(rest) {
        out.push(inside);
        rest = after;
    }
    out
}

fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    Some((before, inside, after))
}

fn value(name: &str, last: NaiveDate, calendar: &Calendar) -> Option<String> {
    let format = |f: &str| last.format(f).to_string();
    Some(match name {
        "yyyy" => format("%Y"),
        "yy" => format("%y"),
        "mm" => format("%m"),
        "m" => last.month().to_string(),
        "dd" => format("%d"),
        "Month" => format("%B"),
        "month" => format("%B").to_lowercase(),
        "MONTH" => format("%B").to_uppercase(),
        "Mon" => format("%b"),
        "mon" => format("%b").to_lowercase(),
        "MON" => format("%b").to_uppercase(),
        "quarter" => calendar.quarter_of(last).number.to_string(),
        "fy" => year(last, calendar),
        _ => return None,
    })
}

/// The organisation's year of a date: `2026-27`, or `2026` where it is the calendar's.
fn year(date: NaiveDate, calendar: &Calendar) -> String {
    let (first, last) = calendar.year_of(date);
    if first.year() == last.year() {
        return first.year().to_string();
    }
    format!("{}-{:02}", first.year(), last.year().rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn calendar() -> Calendar {
        Calendar { year_starts: 4, bank_holidays: Vec::new() }
    }

    #[test]
    fn every_placeholder_becomes_what_the_table_says() {
        for (name, wanted) in PLACEHOLDERS {
            assert_eq!(fill(&format!("{{{name}}}"), day("2026-06-30"), &calendar()), wanted, "{name}");
        }
        assert_eq!(
            fill("/{yyyy}-{mm}/01_{Month}_{yyyy}.ods?x={other}", day("2026-07-31"), &calendar()),
            "/2026-07/01_July_2026.ods?x={other}"
        );
    }

    #[test]
    fn periods_go_back_over_the_turn_of_the_year() {
        let calendar = calendar();
        let last = |every: Every, back| every.around(day("2026-02-10"), back, &calendar).1;
        assert_eq!(last(Every::Month, 0), day("2026-02-28"));
        assert_eq!(last(Every::Month, 2), day("2025-12-31"));
        assert_eq!(last(Every::Quarter, 1), day("2025-12-31"));
        assert_eq!(last(Every::Year, 1), day("2025-03-31"));
        assert_eq!(Every::Quarter.name(day("2025-12-31"), &calendar), "Q3 2025-26");
        assert_eq!(fill("{fy}", day("2025-03-31"), &calendar), "2024-25");
    }
}
