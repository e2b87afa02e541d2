//! Months, years and the weeks for which visits are proposed.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::model::Numbers;
use crate::dates;

/// A month of the calendar, by the number of months since the year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub i32);

impl Month {
    /// The month of a day.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.year() * 12 + i32::try_from(date.month0()).unwrap_or_default())
    }

    /// The month so many months later.
    pub fn later(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        let month = u32::try_from(self.0.rem_euclid(12)).unwrap_or_default() + 1;
        NaiveDate::from_ymd_opt(self.0.div_euclid(12), month, 1).unwrap_or(NaiveDate::MAX)
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.later(1).first_day().pred_opt().unwrap_or(NaiveDate::MAX)
    }

    /// The first month of the year that it belongs to.
    pub fn year(self, year_starts: u32) -> Self {
        let offset = i32::try_from(year_starts).unwrap_or(1) - 1;
        Self((self.0 - offset).div_euclid(12) * 12 + offset)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// The weeks for which visits are proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weeks {
    /// The Monday of the first of them.
    pub first: NaiveDate,
    /// Their Mondays, by month.
    pub of: BTreeMap<Month, Vec<NaiveDate>>,
}

impl Weeks {
    /// The weeks of a date.
    pub fn from(as_of: NaiveDate, numbers: &Numbers) -> Self {
        let earliest = dates::add_days(as_of, numbers.notice_days);
        let last = Month::of(dates::add_months(as_of, numbers.horizon_months));
        let mondays = earliest.iter_days().filter(|day| day.weekday() == Weekday::Mon);
        let used = |monday: &NaiveDate| !monday.iter_days().take(7).any(|day| is_passed_over(day, numbers));
        let mut mondays = mondays.filter(used).peekable();
        let first = mondays.peek().copied().unwrap_or(earliest);
        let mut of: BTreeMap<Month, Vec<NaiveDate>> = BTreeMap::new();
        for monday in mondays.take_while(|monday| Month::of(*monday) <= last) {
            of.entry(Month::of(monday)).or_default().push(monday);
        }
        Self { first, of }
    }

    /// The month of the first week.
    pub fn first_month(&self) -> Month {
        Month::of(self.first)
    }
}

fn is_passed_over(day: NaiveDate, numbers: &Numbers) -> bool {
    numbers.passed_over.contains(&(day.month(), day.day()))
}

/// The Friday of the week of a Monday.
pub fn friday(monday: NaiveDate) -> NaiveDate {
    monday.checked_add_days(Days::new(4)).unwrap_or(NaiveDate::MAX)
}

/// The last Monday whose Friday is not after a day.
pub fn last_monday_for(wanted: NaiveDate) -> NaiveDate {
    let monday = dates::add_days(wanted, -4);
    let back = monday.weekday().num_days_from_monday();
    monday.checked_sub_days(Days::new(u64::from(back))).unwrap_or(NaiveDate::MIN)
}
