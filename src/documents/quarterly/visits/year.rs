//! The financial year that a pack counts visits in, as far as it has come.

use chrono::NaiveDate;

use crate::documents::Material;

/// The financial year of the quarter that is reported, as far as it has come.
pub(super) struct Year {
    /// Its first day.
    pub(super) from: NaiveDate,
    /// The last day that counts: the date of the pack, or the last day of the year if that is earlier.
    pub(super) until: NaiveDate,
    /// Its days until then, both ends counted.
    passed: i64,
    /// All its days.
    days: i64,
}

impl Year {
    pub(super) fn of(material: &Material<'_>) -> Self {
        let (from, last) = material.pipeline.calendar.year_of(material.quarter.last);
        let until = material.as_of.min(last);
        let days = |to: NaiveDate| (to - from).num_days() + 1;
        Self { from, until, passed: days(until), days: days(last) }
    }

    /// What a plan of the year comes to by now: in proportion to the days that have passed, rounded.
    pub(super) fn expected(&self, plan: u32) -> i64 {
        (2 * i64::from(plan) * self.passed + self.days) / (2 * self.days)
    }

    pub(super) fn in_words(&self) -> String {
        format!(
            "Expected: the plan of the year in proportion to the {} of its {} days that have passed, rounded.",
            self.passed, self.days
        )
    }
}
