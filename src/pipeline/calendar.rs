//! The calendar of the organisation: quarters of its year, and its working days.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::checked::read_choice;
use super::period::Every;
use super::reader::Table;
use crate::dates;

/// Quarters and working days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The month in which the year begins, 1 to 12.
    pub year_starts: u32,
    /// Days besides weekends on which nobody works, sorted.
    pub bank_holidays: Vec<NaiveDate>,
}

/// A stretch of time that a document reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub every: Every,
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// Its number in the organisation's year, from 1.
    pub number: u32,
    /// The calendar year in which the organisation's year begins.
    pub year: i32,
}

impl Span {
    /// `Q1 2026-27`, `June 2026`, `2026-27`, `30 June 2026`.
    pub fn short(&self) -> String {
        match self.every {
            Every::Day => dates::long(self.last),
            Every::Month => self.last.format("%B %Y").to_string(),
            Every::Quarter => format!("Q{} {}", self.number, self.year_label()),
            Every::Year => self.year_label(),
        }
    }

    /// The same with its days where the name does not say them: `Quarter 1 of 2026-27 (1 April to 30 June 2026)`.
    pub fn long(&self) -> String {
        let days = format!("{} to {}", self.first.format("%-d %B"), dates::long(self.last));
        match self.every {
            Every::Day | Every::Month => self.short(),
            Every::Quarter => format!("Quarter {} of {} ({days})", self.number, self.year_label()),
            Every::Year => {
                format!("{} ({} to {})", self.year_label(), dates::long(self.first), dates::long(self.last))
            }
        }
    }

    /// `2026-27-q1`, `2026-06`, `2026-27`, `2026-06-30`, for paths and keys.
    pub fn id(&self) -> String {
        match self.every {
            Every::Day => self.last.to_string(),
            Every::Month => self.last.format("%Y-%m").to_string(),
            Every::Quarter => format!("{}-q{}", self.year_label(), self.number),
            Every::Year => self.year_label(),
        }
    }

    /// The organisation's year in which it lies: `2026-27`.
    pub fn year_label(&self) -> String {
        format!("{}-{:02}", self.year, (self.year + 1).rem_euclid(100))
    }

    /// Whether the date lies in it.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.first <= date && date <= self.last
    }
}

impl Calendar {
    /// Reads `[calendar]` of `pipeline.toml` and the holidays of `calendar.toml`.
    pub(super) fn read(mut table: Table<'_>, holidays: Option<Table<'_>>) -> Self {
        const MONTHS: [(&str, u32); 12] = [
            ("January", 1),
            ("February", 2),
            ("March", 3),
            ("April", 4),
            ("May", 5),
            ("June", 6),
            ("July", 7),
            ("August", 8),
            ("September", 9),
            ("October", 10),
            ("November", 11),
            ("December", 12),
        ];
        let year_starts = read_choice(&mut table, "year_starts", &MONTHS).unwrap_or(4);
        let mut bank_holidays: Vec<NaiveDate> = holidays
            .map(|mut file| file.dates("bank_holidays"))
            .unwrap_or_default()
            .into_iter()
            .map(|d| d.value)
            .collect();
        bank_holidays.sort_unstable();
        Self { year_starts, bank_holidays }
    }

    /// The quarter in which a date lies.
    pub fn quarter_of(&self, date: NaiveDate) -> Span {
        let months_in = (date.month() + 12 - self.year_starts) % 12;
        let into_quarter = i32::try_from(months_in % 3).unwrap_or(0);
        let first = dates::add_months(date.with_day(1).unwrap_or(date), -into_quarter);
        let last = dates::add_days(dates::add_months(first, 3), -1);
        let into_year = i32::try_from(months_in - months_in % 3).unwrap_or(0);
        let year = dates::add_months(first, -into_year).year();
        Span { every: Every::Quarter, first, last, number: months_in / 3 + 1, year }
    }

    /// The stretch of that kind in which a date lies.
    pub fn span_of(&self, every: Every, date: NaiveDate) -> Span {
        let (first, last) = every.around(date, 0, self);
        let months_in = (first.month() + 12 - self.year_starts) % 12;
        let number = match every {
            Every::Day => date.ordinal(),
            Every::Month => months_in + 1,
            Every::Quarter => months_in / 3 + 1,
            Every::Year => 1,
        };
        Span { every, first, last, number, year: self.year_of(date).0.year() }
    }

    /// The stretch that a document of this date reports: the one that ended before it, or the day itself.
    pub fn span_before(&self, every: Every, date: NaiveDate) -> Span {
        match every {
            Every::Day => self.span_of(every, date),
            _ => self.span_of(every, dates::add_days(self.span_of(every, date).first, -1)),
        }
    }

    /// The first and the last day of the organisation's year in which a date lies.
    pub fn year_of(&self, date: NaiveDate) -> (NaiveDate, NaiveDate) {
        let quarter = self.quarter_of(date);
        let before = i32::try_from(quarter.number - 1).unwrap_or(0) * 3;
        let first = dates::add_months(quarter.first, -before);
        (first, dates::add_days(dates::add_months(first, 12), -1))
    }

    /// The quarter that ended before a date.
    pub fn quarter_before(&self, date: NaiveDate) -> Span {
        self.quarter_of(dates::add_days(self.quarter_of(date).first, -1))
    }

    /// Whether people work on a date.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
            && self.bank_holidays.binary_search(&date).is_err()
    }

    /// The working day of that number after a date; the date itself is not counted.
    pub fn working_day_after(&self, date: NaiveDate, number: u32) -> NaiveDate {
        let mut left = number;
        let mut day = date;
        while left > 0 {
            let Some(next) = day.checked_add_days(Days::new(1)) else { return day };
            day = next;
            if self.is_working_day(day) {
                left -= 1;
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn england() -> Calendar {
        let bank_holidays = ["2026-12-25", "2026-12-28", "2027-01-01"].map(day).to_vec();
        Calendar { year_starts: 4, bank_holidays }
    }

    #[test]
    fn quarters_are_those_of_the_financial_year() {
        let quarter = england().quarter_before(day("2026-07-14"));
        assert_eq!((quarter.first, quarter.last), (day("2026-04-01"), day("2026-06-30")));
        assert_eq!(quarter.long(), "Quarter 1 of 2026-27 (1 April to 30 June 2026)");
        assert_eq!(england().quarter_of(day("2027-02-03")).id(), "2026-27-q4");
        assert_eq!(england().quarter_of(day("1999-12-31")).short(), "Q3 1999-00");
    }

    #[test]
    fn a_document_reports_what_ended_before_its_date() {
        let of = |every, date: &str| {
            let span = england().span_before(every, day(date));
            (span.id(), span.short(), span.first.to_string(), span.number)
        };
        let is = |id: &str, short: &str, first: &str, number| {
            (id.to_owned(), short.to_owned(), first.to_owned(), number)
        };
        assert_eq!(of(Every::Month, "2026-10-01"), is("2026-09", "September 2026", "2026-09-01", 6));
        assert_eq!(of(Every::Month, "2027-01-08"), is("2026-12", "December 2026", "2026-12-01", 9));
        assert_eq!(of(Every::Quarter, "2027-01-15"), is("2026-27-q3", "Q3 2026-27", "2026-10-01", 3));
        assert_eq!(of(Every::Year, "2027-04-01"), is("2026-27", "2026-27", "2026-04-01", 1));
        assert_eq!(of(Every::Day, "2026-11-30"), is("2026-11-30", "30 November 2026", "2026-11-30", 334));
    }

    #[test]
    fn the_tenth_working_day_after_a_quarter() {
        assert_eq!(england().working_day_after(day("2026-06-30"), 10), day("2026-07-14"));
        assert_eq!(england().working_day_after(day("2026-12-31"), 1), day("2027-01-04"));
    }
}
