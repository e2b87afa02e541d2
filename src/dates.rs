//! Calendar arithmetic that every room shares: plain dates, no clock, no time zone.

use chrono::{Datelike, Days, Months, NaiveDate};

/// The date `months` later (earlier if negative); a day that the month lacks becomes its last day.
pub fn add_months(date: NaiveDate, months: i32) -> NaiveDate {
    let by = Months::new(months.unsigned_abs());
    let moved = if months < 0 { date.checked_sub_months(by) } else { date.checked_add_months(by) };
    moved.unwrap_or(date)
}

/// The date `days` later (earlier if negative).
pub fn add_days(date: NaiveDate, days: i32) -> NaiveDate {
    let by = Days::new(u64::from(days.unsigned_abs()));
    let moved = if days < 0 { date.checked_sub_days(by) } else { date.checked_add_days(by) };
    moved.unwrap_or(date)
}

/// Days since 1 January 1970, as Polars stores dates.
pub fn to_days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH
}

/// The date that is `days` after 1 January 1970, where the calendar has one.
pub fn from_days(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH)?)
}

/// 1 January 1970, counted from the first day of the common era.
const EPOCH: i32 = 719_163;

/// The date as a reader in England expects it: `12 March 2026`.
pub fn long(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// The date as tables have it: `12 Mar 2026`.
pub fn short(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_31st_becomes_the_last_day_of_a_shorter_month() {
        assert_eq!(add_months(day(2026, 8, 31), 1), day(2026, 9, 30));
        assert_eq!(add_months(day(2026, 8, 31), -6), day(2026, 2, 28));
        assert_eq!(add_months(day(2024, 2, 29), 12), day(2025, 2, 28));
    }

    #[test]
    fn days_since_1970_go_there_and_back() {
        assert_eq!(to_days(day(1970, 1, 1)), 0);
        assert_eq!(from_days(to_days(day(2026, 3, 29))), Some(day(2026, 3, 29)));
    }

    #[test]
    fn dates_read_as_people_write_them() {
        assert_eq!(long(day(2026, 3, 2)), "2 March 2026");
        assert_eq!(short(day(2026, 3, 12)), "12 Mar 2026");
    }
}
