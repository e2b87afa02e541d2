//! The calendar of the organisation: quarters of its year, and its working days.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::checked::read_choice;
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

/// Three months of the organisation's year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarter {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// Its number in the year, 1 to 4.
    pub number: u32,
    /// The calendar year in which the organisation's year begins.
    pub year: i32,
}

impl Quarter {
    /// `Q1 2026-27`.
    pub fn short(&self) -> String {
        format!("Q{} {}", self.number, self.year_label())
    }

    /// `Quarter 1 of 2026-27 (1 April to 30 June 2026)`.
    pub fn long(&self) -> String {
        let first = self.first.format("%-d %B");
        format!("Quarter {} of {} ({first} to {})", self.number, self.year_label(), dates::long(self.last))
    }

    /// `2026-27-q1`, for paths and keys.
    pub fn id(&self) -> String {
        format!("{}-q{}", self.year_label(), self.number)
    }

    fn year_label(&self) -> String {
        format!("{}-{:02}", self.year, (self.year + 1).rem_euclid(100))
    }

    /// Whether the date lies in the quarter.
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
    pub fn quarter_of(&self, date: NaiveDate) -> Quarter {
        let months_in = (date.month() + 12 - self.year_starts) % 12;
        let into_quarter = i32::try_from(months_in % 3).unwrap_or(0);
        let first = dates::add_months(date.with_day(1).unwrap_or(date), -into_quarter);
        let last = dates::add_days(dates::add_months(first, 3), -1);
        let into_year = i32::try_from(months_in - months_in % 3).unwrap_or(0);
        Quarter { first, last, number: months_in / 3 + 1, year: dates::add_months(first, -into_year).year() }
    }

    /// The first and the last day of the organisation's year in which a date lies.
    pub fn year_of(&self, date: NaiveDate) -> (NaiveDate, NaiveDate) {
        let quarter = self.quarter_of(date);
        let before = i32::try_from(quarter.number - 1).unwrap_or(0) * 3;
        let first = dates::add_months(quarter.first, -before);
        (first, dates::add_days(dates::add_months(first, 12), -1))
    }

    /// The quarter that a pack of this date reports: the one that ended before it.
    pub fn quarter_before(&self, date: NaiveDate) -> Quarter {
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
    fn the_tenth_working_day_after_a_quarter() {
        assert_eq!(england().working_day_after(day("2026-06-30"), 10), day("2026-07-14"));
        assert_eq!(england().working_day_after(day("2026-12-31"), 1), day("2027-01-04"));
    }
}
