//! How many visits of the programme a month can still take.

use std::collections::BTreeMap;

use super::model::{Numbers, Practice, World};
use super::weeks::{Month, Weeks};

/// What is known of the room of one team.
pub(super) struct Room<'n> {
    numbers: &'n Numbers,
    quota: i64,
    first: Month,
    /// How many weeks each month has.
    weeks: BTreeMap<Month, i64>,
    /// Visits of the programme that were completed, planned or given a month, by month.
    done: BTreeMap<Month, i64>,
    ahead: BTreeMap<Month, i64>,
    /// Reactive visits, completed or planned, by month.
    reactive: BTreeMap<Month, i64>,
}

impl<'n> Room<'n> {
    pub(super) fn of(
        world: &World,
        practices: &[(usize, &Practice)],
        (quota, weeks): (u32, &Weeks),
        numbers: &'n Numbers,
    ) -> Self {
        let (mut done, mut ahead, mut reactive) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let count = |of: &mut BTreeMap<Month, i64>, date| *of.entry(Month::of(date)).or_default() += 1;
        for (_, practice) in practices {
            for visit in practice.completed.iter().filter(|visit| visit.date <= world.as_of) {
                count(if visit.reactive { &mut reactive } else { &mut done }, visit.date);
            }
            for visit in practice.planned.iter().filter(|visit| visit.date >= world.as_of) {
                count(if visit.reactive { &mut reactive } else { &mut ahead }, visit.date);
            }
        }
        let weeks_of = |weeks: &Vec<_>| i64::try_from(weeks.len()).unwrap_or(i64::MAX);
        Self {
            numbers,
            quota: i64::from(quota),
            first: weeks.first_month(),
            weeks: weeks.of.iter().map(|(month, weeks)| (*month, weeks_of(weeks))).collect(),
            done,
            ahead,
            reactive,
        }
    }

    /// The quota of a year less what was done in it, and what is planned in it before the first month.
    fn rest(&self, year: Month) -> i64 {
        let until = year.later(12);
        let before = self.first.clamp(year, until);
        let used = sum(&self.done, year, until) + sum(&self.ahead, year, before);
        (self.quota - used).max(0)
    }

    /// What the month's own limit leaves.
    fn own(&self, month: Month) -> i64 {
        let weeks = self.weeks.get(&month).copied().unwrap_or_default();
        let part = |of: u32| self.quota.div_euclid(i64::from(of)) + i64::from(self.quota % i64::from(of) > 0);
        let limit = part(self.numbers.month_part).min(part(self.numbers.week_part) * weeks);
        let of = |visits: &BTreeMap<Month, i64>| visits.get(&month).copied().unwrap_or_default();
        limit - of(&self.done) - of(&self.ahead) - of(&self.reactive)
    }

    /// Whether the month has room while the visits of the year are spread evenly.
    pub(super) fn is_open(&self, month: Month) -> bool {
        let year = month.year(self.numbers.year_starts);
        let (from, rest) = (year.max(self.first), self.rest(year));
        let months = i64::from(year.later(12).0 - from.0);
        let left = |end: Month| {
            let by = i64::from(end.0 - from.0) + 1;
            // floor(rest × by / months + 0.5)
            let spread = (2 * rest * by + months).div_euclid(2 * months);
            spread - sum(&self.ahead, from, end.later(1))
        };
        let ends = (month.0..year.later(12).0).map(Month);
        self.own(month) > 0 && ends.map(left).all(|left| left > 0)
    }

    /// Whether the month's own limit and the year's rest leave room.
    pub(super) fn is_open_unspread(&self, month: Month) -> bool {
        let year = month.year(self.numbers.year_starts);
        let ahead = sum(&self.ahead, year.max(self.first), year.later(12));
        self.own(month) > 0 && self.rest(year) > ahead
    }

    /// Uses room of a month.
    pub(super) fn give(&mut self, month: Month) {
        *self.ahead.entry(month).or_default() += 1;
    }
}

/// The visits from a month on and before another.
fn sum(visits: &BTreeMap<Month, i64>, from: Month, before: Month) -> i64 {
    visits.range(from..before.max(from)).map(|(_, count)| count).sum()
}
