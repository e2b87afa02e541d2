//! Whether visits at reactive levels were made in time, by level and by the period in which they were due.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::dates::{add_days, long};
use crate::documents::context::Context;
use crate::documents::suppress::Told;
use crate::documents::{Badge, Claim, Material, Standing};
use crate::pipeline::Span;
use crate::visits::{Clock, Clocks, State};
use crate::wording::{list, plural};

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
    let Span { every, first, last, .. } = material.period;
    let before = material.pipeline.calendar.span_before(every, first);
    let since = add_days(last, 1);
    [
        (before.first, before.last, before.short()),
        (first, last, material.period.short()),
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

/// A row of the table: the level, none for all of them, and the share of each period: `1 of 6`.
type Row = (Option<Badge>, Vec<String>);

/// The periods, and for each reactive level, highest first, and for all together the visits made in time of
/// those that were due in each.
pub(super) fn by_level(material: &Material<'_>) -> (Vec<String>, Vec<Row>) {
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
    let rows: Vec<Row> = reactive.map(|n| (Some(Badge::of(levels, Some(n))), shares(Some(n)))).collect();
    // Without such a level there is nothing to show.
    let all = (!rows.is_empty()).then(|| (None, shares(None)));
    (periods.iter().map(|(_, _, name)| name.clone()).collect(), rows.into_iter().chain(all).collect())
}

fn owed_in_period(material: &Material<'_>) -> Vec<Owed> {
    owed(material).into_iter().filter(|v| material.period.contains(v.due)).collect()
}

/// The visits made in time of those due in the period: `1 of 6`.
pub(super) fn share_of_period(material: &Material<'_>) -> String {
    share(owed_in_period(material).iter())
}

/// The visits due in the period in a sentence: in time, late by how much, not made.
pub(super) fn headline(context: &Context<'_>) -> Option<Claim> {
    let material = context.material;
    let owed = owed_in_period(material);
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
    let quarter = ("quarter", material.period.short().into());
    let text = match owed.len() {
        0 => context.say("none_due", &[quarter]),
        all => context
            .say("in_time", &[quarter, ("visits", Told::Number(all).into()), ("made", list(&parts).into())]),
    };
    Claim::new(text, material.receipts_behind("visits"))
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
        let (periods, rows) = by_level(&sample.material());
        assert_eq!(periods, ["Q1 2026-27", "Q2 2026-27", "Since 1 October 2026"]);
        let shares: Vec<Vec<&str>> =
            rows.iter().map(|(_, shares)| shares.iter().map(String::as_str).collect()).collect();
        assert_eq!(
            shares,
            [
                vec!["none due", "1 of 1", "none due"],
                vec!["1 of 1", "0 of 2", "none due"],
                vec!["1 of 1", "1 of 3", "none due"]
            ]
        );
        assert_eq!(share_of_period(&sample.material()), "1 of 3");
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
        let share = share_of_period(&sample.material());
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
            share_of_period(&sample.material())
        };
        assert_eq!(share_of("2026-08-01"), "none due", "it ended while there was time");
        assert_eq!(share_of("2026-08-02"), "0 of 1", "the day on which the visit was due passed");
        assert_eq!(share_of("2026-09-29"), "0 of 1");
    }
}
