//! Whether reactive visits were made in time, by level and by the quarter in which they were due.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use crate::dates::{add_days, long};
use crate::documents::{Badge, Claim, Material, Standing};
use crate::pipeline::Quarter;
use crate::visits::{Clock, Clocks, State};
use crate::wording::{list, plural};

/// Reactive visits by level and by the quarter in which they were due.
#[derive(Debug, Clone, Serialize)]
pub struct Timeliness {
    /// The periods, in the order of the columns: the quarter before, the quarter, and the days since.
    pub periods: Vec<String>,
    /// The reactive levels, highest first, and all together.
    pub rows: Vec<TimelyRow>,
}

/// One level.
#[derive(Debug, Clone, Serialize)]
pub struct TimelyRow {
    /// The level; none for all of them.
    pub badge: Option<Badge>,
    /// Visits made in time of those that were due, by period: `1 of 6`.
    pub shares: Vec<String>,
}

/// A visit that was due before the date of the pack.
struct Owed {
    level: u8,
    due: NaiveDate,
    made: Option<NaiveDate>,
}

impl Owed {
    fn in_time(&self) -> bool {
        self.made.is_some_and(|made| made <= self.due)
    }

    /// How many days after the due date it was made, if it was made after it.
    fn days_late(&self) -> Option<i64> {
        self.made.map(|made| (made - self.due).num_days()).filter(|days| *days > 0)
    }
}

/// The first and last day of each period, and its name.
fn periods(material: &Material<'_>) -> [(NaiveDate, NaiveDate, String); 3] {
    let Quarter { first, last, .. } = material.quarter;
    let before = material.pipeline.calendar.quarter_before(first);
    let since = add_days(last, 1);
    [
        (before.first, before.last, before.short()),
        (first, last, material.quarter.short()),
        (since, material.as_of, format!("Since {}", long(since))),
    ]
}

/// The clocks of a practice at a reactive level, each once.
fn clocks_of(standing: &Standing) -> Vec<&Clock> {
    let all = standing.clocks.iter().map(|timed| &timed.clock).chain([&standing.clock]);
    let by_start: BTreeMap<NaiveDate, &Clock> = all.map(|clock| (clock.starts, clock)).collect();
    by_start.into_values().collect()
}

/// Every reactive visit that was due before the date of the pack: those that the levels of today ask for, and
/// those that the last pack knew. What ended before its visit was due, and had none, asked for none.
fn owed(material: &Material<'_>) -> Vec<Owed> {
    let levels = &material.pipeline.levels;
    let number = |s: &Standing| s.outcome.level.filter(|level| levels.get(Some(*level)).reactive);
    let (mut out, mut seen) = (Vec::new(), BTreeSet::new());
    let mut add = |level: u8, clock: &Clock, missed: bool| {
        let (Some(due), made) = (clock.due.filter(|due| *due < material.as_of), clock.met_on) else { return };
        if made.is_some() || missed {
            out.push(Owed { level, due, made });
        }
    };
    for standing in material.standings {
        let Some(level) = number(standing) else { continue };
        for clock in clocks_of(standing) {
            seen.insert((standing.code().to_owned(), level, clock.starts));
            add(level, clock, clock.state == State::Overdue);
        }
    }
    let Ok(today) = Clocks::new(material.known, material.pipeline) else { return out };
    for standing in material.last.iter().flat_map(|last| last.standings) {
        let Some(level) = number(standing) else { continue };
        for then in clocks_of(standing) {
            if seen.insert((standing.code().to_owned(), level, then.starts)) {
                let now = today.of_level(standing.code(), levels.get(Some(level)), then.starts);
                add(level, &now, then.state == State::Overdue || outlived(material, standing, level, &now));
            }
        }
    }
    out
}

/// Whether what a clock of the last pack belonged to ended only after its visit was due.
fn outlived(material: &Material<'_>, then: &Standing, level: u8, clock: &Clock) -> bool {
    let lapsed = material.of(then.code()).map(|now| now.lapsed.as_slice()).unwrap_or_default();
    let same = lapsed.iter().filter(|lapsed| (lapsed.level, lapsed.starts) == (level, clock.starts));
    same.map(|lapsed| lapsed.until).max() >= clock.due && clock.due.is_some()
}

fn share<'o>(visits: impl Iterator<Item = &'o Owed>) -> String {
    let visits: Vec<&Owed> = visits.collect();
    match visits.len() {
        0 => "none due".to_owned(),
        all => format!("{} of {all}", visits.iter().filter(|v| v.in_time()).count()),
    }
}

/// The share of reactive visits in time, by level and period.
pub(super) fn timeliness(material: &Material<'_>) -> Timeliness {
    let (owed, periods) = (owed(material), periods(material));
    let shares = |level: Option<u8>| {
        let of = |(from, to, _): &(NaiveDate, NaiveDate, String)| {
            share(
                owed.iter()
                    .filter(|v| level.is_none_or(|level| v.level == level) && (*from..=*to).contains(&v.due)),
            )
        };
        periods.iter().map(of).collect::<Vec<String>>()
    };
    let levels = &material.pipeline.levels;
    let reactive = levels.levels.iter().filter(|level| level.reactive).map(|level| level.number);
    let rows =
        reactive.map(|n| TimelyRow { badge: Some(Badge::of(levels, Some(n))), shares: shares(Some(n)) });
    let rows = rows.chain([TimelyRow { badge: None, shares: shares(None) }]).collect();
    Timeliness { periods: periods.iter().map(|(_, _, name)| name.clone()).collect(), rows }
}

/// The share of the quarter, as a figure of its own, and as a sentence.
pub(super) fn headline(material: &Material<'_>) -> (String, Option<Claim>) {
    let quarter = material.quarter;
    let owed: Vec<Owed> = owed(material).into_iter().filter(|v| quarter.contains(v.due)).collect();
    let in_time = owed.iter().filter(|v| v.in_time()).count();
    let late: Vec<i64> = owed.iter().filter_map(Owed::days_late).collect();
    let missing = owed.iter().filter(|v| v.made.is_none()).count();
    let mut parts = vec![format!("{in_time} in time")];
    if let (Some(least), Some(most)) = (late.iter().min(), late.iter().max()) {
        let most = plural(usize::try_from(*most).unwrap_or_default(), "day", "days");
        let days = if late.len() == 1 { most } else { format!("{least} to {most}") };
        parts.push(format!("{} late ({days})", late.len()));
    }
    if missing > 0 {
        parts.push(format!("{missing} not at all so far"));
    }
    let text = match owed.len() {
        0 => format!("No reactive visit was due in {}.", quarter.short()),
        all => {
            let visits = plural(all, "reactive visit was", "reactive visits were");
            format!("{visits} due in {}: made were {}.", quarter.short(), list(&parts))
        }
    };
    (share(owed.iter()), Claim::new(text, material.receipts_behind("visits")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::{Sample, clock, day};
    use crate::levels::Lapsed;

    fn made(due: &str, on: &str) -> Clock {
        let state = if day(on) <= day(due) { State::Met } else { State::MetLate };
        Clock { due: Some(day(due)), met_on: Some(day(on)), ..clock("2026-07-01", state) }
    }

    #[test]
    fn visits_in_time_late_and_missing_are_told_apart_by_level_and_quarter() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(5)).clock = made("2026-07-08", "2026-07-08");
        sample.practice("P81002", Some(4)).clock = made("2026-08-01", "2026-08-14");
        sample.practice("P81003", Some(4)).clock = made("2026-06-30", "2026-06-01");
        let overdue = Clock { due: Some(day("2026-08-10")), ..clock("2026-07-10", State::Overdue) };
        sample.practice("P81004", Some(4)).clock = overdue;
        let running = Clock { due: Some(day("2026-10-20")), ..clock("2026-09-20", State::Running) };
        sample.practice("P81005", Some(4)).clock = running;
        // A programme visit is none.
        sample.practice("P81006", Some(3)).clock = made("2026-08-01", "2026-08-14");
        let told = timeliness(&sample.material());
        assert_eq!(told.periods, ["Q1 2026-27", "Q2 2026-27", "Since 1 October 2026"]);
        let shares: Vec<Vec<&str>> =
            told.rows.iter().map(|row| row.shares.iter().map(String::as_str).collect()).collect();
        assert_eq!(
            shares,
            [
                vec!["none due", "1 of 1", "none due"],
                vec!["1 of 1", "0 of 2", "none due"],
                vec!["1 of 1", "1 of 3", "none due"]
            ]
        );
        assert_eq!(headline(&sample.material()).0, "1 of 3");
    }

    #[test]
    fn a_visit_that_the_last_pack_asked_for_counts_although_its_concern_was_closed_since() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(1));
        sample.fact("visits", &["practice = P81001; visit_type = Reactive; visit_date = 2026-07-20"]);
        let mut last = Sample::new("2026-07-14");
        let due = Clock { due: Some(day("2026-07-08")), ..clock("2026-07-01", State::Overdue) };
        last.practice("P81001", Some(5)).clock = due;
        sample.last = Some(Box::new(last));
        let (share, _) = headline(&sample.material());
        assert_eq!(share, "0 of 1", "made on 20 July, 12 days late");
    }

    #[test]
    fn a_concern_that_closed_without_a_visit_asked_for_one_if_it_was_due_before() {
        let share_of = |until: &str| {
            let mut sample = Sample::new("2026-10-14");
            sample.practice("P81001", Some(2)).lapsed =
                vec![Lapsed { level: 4, starts: day("2026-07-02"), until: day(until) }];
            let mut last = Sample::new("2026-07-14");
            let due = Clock { due: Some(day("2026-08-02")), ..clock("2026-07-02", State::Running) };
            last.practice("P81001", Some(4)).clock = due;
            sample.last = Some(Box::new(last));
            headline(&sample.material()).0
        };
        assert_eq!(share_of("2026-08-01"), "none due", "it ended while there was time");
        assert_eq!(share_of("2026-08-02"), "0 of 1", "the day on which the visit was due passed");
        assert_eq!(share_of("2026-09-29"), "0 of 1");
    }
}
