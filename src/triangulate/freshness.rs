//! How fresh the data of a feed are on a date: a pure function of the feed, its newest data, the date and
//! the calendar.
//!
//! A feed whose data speak of a date is due again one cadence and its lag after that date; one whose
//! sheets carry no date is due one cadence after the last came. A due date on which nobody works is the
//! next working day. It is late when the grace has passed too, and stale when a second one is late.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::dates::{add_days, add_months, long};
use crate::pipeline::{Cadence, Calendar, Feed};

/// How fresh the data of a feed are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// In one word.
    pub state: Fresh,
    /// The date that its newest data speak of; that of its arrival where they carry none.
    pub data_date: Option<NaiveDate>,
    /// The day on which its newest file was received.
    pub received: Option<NaiveDate>,
    /// The day by which newer data are expected.
    pub due: Option<NaiveDate>,
    /// The first day on which they are late.
    pub late_from: Option<NaiveDate>,
}

/// Freshness in one word.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "lowercase")]
pub enum Fresh {
    /// Nothing newer is expected yet.
    Current,
    /// Newer data are expected, and the grace has not passed.
    Due,
    /// Newer data are expected, and the grace has passed.
    Late,
    /// Two periods have gone by without data.
    Stale,
    /// Nothing was ever received.
    Missing,
    /// The feed comes when there is something to say.
    #[strum(serialize = "as made")]
    AsMade,
    /// The organisation does not get it.
    #[strum(serialize = "not available")]
    NotAvailable,
}

impl Fresh {
    /// The word.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether somebody should ask for the data.
    pub fn is_wanting(self) -> bool {
        matches!(self, Fresh::Late | Fresh::Stale | Fresh::Missing)
    }
}

impl Freshness {
    /// What a reader should know; none if there is nothing to say.
    pub fn remark(&self) -> Option<String> {
        let due = self.due.map(long).unwrap_or_default();
        match self.state {
            Fresh::Late => Some(format!("late: newer data were due by {due}")),
            Fresh::Stale => {
                Some(format!("stale: newer data were due by {due}, and those after them are late too"))
            }
            Fresh::Missing => Some("missing: no file has been received".to_owned()),
            Fresh::Current | Fresh::Due | Fresh::AsMade | Fresh::NotAvailable => None,
        }
    }
}

/// How fresh a feed's data are on `as_of`, from the date that its newest data speak of (none where its
/// sheets carry no date) and the day on which the newest was received (none where nothing was).
pub fn freshness(
    feed: &Feed,
    data_date: Option<NaiveDate>,
    received: Option<NaiveDate>,
    as_of: NaiveDate,
    calendar: &Calendar,
) -> Freshness {
    // A period that had not ended when its file came speaks of the day on which it came.
    let newest = match (data_date, received) {
        (Some(data), Some(received)) => Some((data.min(received), feed.lag_days)),
        (Some(data), None) => Some((data, feed.lag_days)),
        (None, received) => received.map(|r| (r, 0)),
    };
    if feed.not_available.is_some() {
        let (state, data_date) = (Fresh::NotAvailable, newest.map(|(date, _)| date));
        return Freshness { state, data_date, received, due: None, late_from: None };
    }
    let months = match feed.cadence {
        Cadence::Monthly => Some(1),
        Cadence::Quarterly => Some(3),
        Cadence::Yearly => Some(12),
        Cadence::AsMade => None,
    };
    let said = |state, due: Option<NaiveDate>, late_from| Freshness {
        state,
        data_date: newest.map(|(date, _)| date),
        received,
        due,
        late_from,
    };
    let (Some((date, lag)), Some(months)) = (newest, months) else {
        let state = if months.is_none() { Fresh::AsMade } else { Fresh::Missing };
        return said(state, None, None);
    };
    let due = |periods: i32| {
        let due = add_days(later(date, months * periods), i32::try_from(lag).unwrap_or(i32::MAX));
        if calendar.is_working_day(due) { due } else { calendar.working_day_after(due, 1) }
    };
    let late = |due| add_days(due, i32::try_from(feed.grace_days).unwrap_or(0).saturating_add(1));
    let first = due(1);
    let state = if as_of >= late(due(2)) {
        Fresh::Stale
    } else if as_of >= late(first) {
        Fresh::Late
    } else if as_of > first {
        Fresh::Due
    } else {
        Fresh::Current
    };
    said(state, Some(first), Some(late(first)))
}

/// Months later; the end of a month stays the end of one.
fn later(date: NaiveDate, months: i32) -> NaiveDate {
    let is_end = add_days(date, 1).day() == 1;
    if !is_end {
        return add_months(date, months);
    }
    add_days(add_months(add_days(date, 1), months), -1)
}

/// The last day of a period as columns of periods keep it: `2026-05`, `2026-27 Q1`, `2025-26`, `2026`.
pub fn period_end(period: &str, calendar: &Calendar) -> Option<NaiveDate> {
    let (years, quarter) = match period.split_once(" Q") {
        Some((years, quarter)) => (years, Some(quarter.parse::<u32>().ok().filter(|q| (1..=4).contains(q))?)),
        None => (period, None),
    };
    let (year, rest) = years.split_once('-').map_or((years, None), |(y, r)| (y, Some(r)));
    let year: i32 = year.parse().ok().filter(|y| (1990..=2200).contains(y))?;
    let rest = rest.map(|r| r.parse::<u32>().ok()).map_or(Some(None), |r| r.map(Some))?;
    let months_from = |month: u32, months: u32| {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        Some(add_days(add_months(first, i32::try_from(months).ok()?), -1))
    };
    match (rest, quarter) {
        (_, Some(quarter)) => months_from(calendar.year_starts, quarter * 3),
        (None, None) => months_from(1, 12),
        // A year such as 2025-26; below 13 only a month can be meant, as no data go back to 2011.
        (Some(next), None) if next > 12 && i64::from(next) == i64::from((year + 1).rem_euclid(100)) => {
            months_from(calendar.year_starts, 12)
        }
        (Some(month), None) => months_from(month, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Counts;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn calendar() -> Calendar {
        Calendar { year_starts: 4, bank_holidays: vec![day("2026-08-31")] }
    }

    fn feed(cadence: Cadence, lag_days: u32, grace_days: u32) -> Feed {
        Feed {
            id: "f".into(),
            title: "F".into(),
            owner: "Analyst".into(),
            cadence,
            lag_days,
            grace_days,
            counts: Counts::Newest,
            essential: false,
            layouts: Vec::new(),
            download: None,
            guard: None,
            data_date: None,
            set: Vec::new(),
            withhold: Vec::new(),
            not_available: None,
        }
    }

    fn states(feed: &Feed, data: Option<&str>, received: &str, on: &[(&str, Fresh)]) {
        for (date, wanted) in on {
            let found = freshness(feed, data.map(day), Some(day(received)), day(date), &calendar());
            assert_eq!(found.state, *wanted, "{date}: {found:?}");
        }
    }

    #[test]
    fn a_quarterly_extract_is_due_a_quarter_and_its_lag_after_its_data() {
        let feed = feed(Cadence::Quarterly, 14, 15);
        let found = freshness(
            &feed,
            Some(day("2026-06-30")),
            Some(day("2026-07-10")),
            day("2026-07-14"),
            &calendar(),
        );
        assert_eq!((found.due, found.late_from), (Some(day("2026-10-14")), Some(day("2026-10-30"))));
        let on = [
            ("2026-10-14", Fresh::Current),
            ("2026-10-15", Fresh::Due),
            ("2026-10-29", Fresh::Due),
            ("2026-10-30", Fresh::Late),
            ("2027-01-29", Fresh::Late),
            ("2027-01-30", Fresh::Stale),
        ];
        states(&feed, Some("2026-06-30"), "2026-07-10", &on);
    }

    #[test]
    fn a_sheet_without_dates_is_due_after_its_arrival_and_on_a_working_day() {
        // 30 August 2026 is a Sunday and the Monday after it a bank holiday.
        let monthly = feed(Cadence::Monthly, 99, 0);
        let found = freshness(&monthly, None, Some(day("2026-07-30")), day("2026-09-01"), &calendar());
        assert_eq!((found.due, found.state), (Some(day("2026-09-01")), Fresh::Current));
        states(&monthly, None, "2026-07-30", &[("2026-09-02", Fresh::Late)]);
    }

    #[test]
    fn a_feed_as_made_is_never_late_and_one_never_received_is_missing() {
        let made = freshness(&feed(Cadence::AsMade, 0, 0), None, None, day("2026-07-14"), &calendar());
        assert_eq!((made.state, made.due), (Fresh::AsMade, None));
        let none = freshness(&feed(Cadence::Monthly, 0, 0), None, None, day("2026-07-14"), &calendar());
        assert_eq!(none.state, Fresh::Missing);
    }

    #[test]
    fn a_period_that_has_not_ended_counts_from_its_arrival() {
        let yearly = feed(Cadence::Yearly, 0, 60);
        let found = freshness(
            &yearly,
            Some(day("2026-12-31")),
            Some(day("2026-07-10")),
            day("2026-07-14"),
            &calendar(),
        );
        assert_eq!(found.data_date, Some(day("2026-07-10")));
        assert_eq!(found.due, Some(day("2027-07-12")), "10 July 2027 is a Saturday");
    }

    #[test]
    fn periods_end_on_their_last_day() {
        for (period, wanted) in [
            ("2026-05", Some("2026-05-31")),
            ("2026-02", Some("2026-02-28")),
            ("2025-26", Some("2026-03-31")),
            ("2026-27 Q1", Some("2026-06-30")),
            ("2026-27 Q4", Some("2027-03-31")),
            ("2026", Some("2026-12-31")),
            ("2026-27 Q5", None),
            ("2026-77", None),
            ("wave 3", None),
        ] {
            assert_eq!(period_end(period, &calendar()), wanted.map(day), "{period}");
        }
    }
}
