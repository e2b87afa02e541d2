//! Calendar arithmetic that every room shares: plain dates, no clock, no time zone.

use std::time::SystemTime;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

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

/// The moment that a file system tells of a file, which may be any. One outside the years 1 to 9999, with which
/// neither dates nor time zones can be reckoned, is the first or the last of them.
pub fn moment(time: SystemTime) -> DateTime<Utc> {
    let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    };
    let nanoseconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |after| after.subsec_nanos());
    DateTime::from_timestamp(seconds.clamp(FIRST_SECOND, LAST_SECOND), nanoseconds).unwrap_or_default()
}

/// The first second of 2 January of the year 1, and of 31 December 9999.
const FIRST_SECOND: i64 = -62_135_510_400;
const LAST_SECOND: i64 = 253_402_214_400;

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
    fn a_moment_beyond_the_calendar_is_its_end() {
        use std::time::Duration;
        let (epoch, far) = (SystemTime::UNIX_EPOCH, Duration::from_secs(u64::MAX / 4));
        assert_eq!(moment(epoch + Duration::from_millis(1500)).to_rfc3339(), "1970-01-01T00:00:01.500+00:00");
        assert_eq!(moment(epoch - Duration::from_secs(60)).to_rfc3339(), "1969-12-31T23:59:00+00:00");
        let london = |time| moment(time).with_timezone(&chrono_tz::Europe::London).date_naive();
        assert_eq!(london(epoch + far), day(9999, 12, 31));
        assert_eq!(london(epoch - far).year(), 1);
    }

    #[test]
    fn dates_read_as_people_write_them() {
        assert_eq!(long(day(2026, 3, 2)), "2 March 2026");
        assert_eq!(short(day(2026, 3, 12)), "12 Mar 2026");
    }
}
