//! Slots on the line of time: where a time on the wall lies when the clocks change, and which slots are
//! owed at a moment.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Europe::London;
use chrono_tz::Tz;

use crate::ledger::Slot;
use crate::pipeline::{Calendar, Job};

/// The moment that a time on the wall means. A time that comes twice in autumn means the first; one that
/// the clocks skip in spring is kept an hour later, not left out.
pub fn place(wall: NaiveDateTime) -> DateTime<Tz> {
    match London.from_local_datetime(&wall) {
        LocalResult::Single(at) => at,
        LocalResult::Ambiguous(first, _) => first,
        LocalResult::None => match London.from_local_datetime(&(wall + Duration::hours(1))) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at,
            LocalResult::None => London.from_utc_datetime(&wall),
        },
    }
}

/// No wall clock is further from the line of time than this.
const SLACK: Duration = Duration::hours(2);

/// What is owed of one job at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owed {
    /// The slot to run.
    pub run: Option<Slot>,
    /// Slots that are not run any more, in order.
    pub missed: Vec<Slot>,
}

/// The missed slots of one job that are noted one by one; of more, the latest.
const NOTED: usize = 500;

/// What is owed of a job at a moment: its slots after `since` that are not in `known` and whose time has
/// come. The latest is run if it is not later than the job allows; the others are missed.
pub fn owed(
    job: &Job,
    calendar: &Calendar,
    since: NaiveDateTime,
    known: &BTreeSet<NaiveDateTime>,
    now: DateTime<Tz>,
) -> Owed {
    let until = now.naive_local() + SLACK;
    let mut due: Vec<(DateTime<Tz>, NaiveDateTime)> = job
        .times_after(calendar, since)
        .take_while(|wall| *wall <= until)
        .map(|wall| (place(wall), wall))
        .filter(|(at, wall)| *at <= now && !known.contains(wall))
        .collect();
    due.sort_unstable();
    let slot = |wall: NaiveDateTime| Slot { job: job.name.clone(), wall };
    let within = Duration::minutes(i64::from(job.missed.within()));
    let run = due.pop_if(|(at, _)| now - *at <= within).map(|(_, wall)| slot(wall));
    let missed = due.split_off(due.len().saturating_sub(NOTED)).into_iter().map(|(_, w)| slot(w)).collect();
    Owed { run, missed }
}

/// From when on slots have to be looked at, given the last one that is known: those shortly before it may
/// have been put off by the change of the clocks.
pub fn look_from(since: NaiveDateTime, last: Option<NaiveDateTime>) -> NaiveDateTime {
    last.map_or(since, |last| since.max(last - SLACK))
}

/// The next slot of a job after a moment, and the moment it means.
pub fn next(job: &Job, calendar: &Calendar, now: DateTime<Tz>) -> Option<(Slot, DateTime<Tz>)> {
    let from = now.naive_local() - SLACK;
    let walls = job.times_after(calendar, from).map(|wall| (place(wall), wall));
    // In spring a slot that is put off comes after one that stands later on the wall.
    let horizon = now + SLACK;
    let mut best: Option<(DateTime<Tz>, NaiveDateTime)> = None;
    for (at, wall) in walls.filter(|(at, _)| *at > now) {
        if best.is_none_or(|found| (at, wall) < found) {
            best = Some((at, wall));
        }
        if at > horizon {
            break;
        }
    }
    best.map(|(at, wall)| (Slot { job: job.name.clone(), wall }, at))
}

/// The last slot of a job after `since` whose time had come by `until`.
pub fn last_due(
    job: &Job,
    calendar: &Calendar,
    since: NaiveDateTime,
    until: DateTime<Tz>,
) -> Option<NaiveDateTime> {
    let end = until.naive_local();
    [2, 20, 200, 800].into_iter().find_map(|days| {
        let from = since.max(end - Duration::days(days));
        let walls = job.times_after(calendar, from).take_while(|wall| *wall <= end);
        walls.filter(|wall| place(*wall) <= until).last()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Missed, Runs};

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    fn utc(text: &str) -> DateTime<Tz> {
        text.parse::<DateTime<chrono::Utc>>().unwrap().with_timezone(&London)
    }

    fn nightly(at: &str, within: u32) -> Job {
        let missed = if within == 0 { Missed::Skip } else { Missed::RunLatest { within } };
        let at = at.parse().unwrap();
        Job {
            name: "nightly".into(),
            at,
            runs: Runs::EveryDay,
            missed,
            documents: Vec::new(),
            makes_packs: false,
            line: 1,
        }
    }

    fn calendar() -> Calendar {
        Calendar { year_starts: 4, bank_holidays: Vec::new() }
    }

    /// Every slot that is run when the clock is read every 20 minutes, with the moment it is run.
    fn played(job: &Job, from: &str, hours: i64) -> Vec<(String, String)> {
        let start = utc(from);
        let since = start.naive_local();
        let (mut known, mut out) = (BTreeSet::new(), Vec::new());
        for step in 0..hours * 3 {
            let now = start + Duration::minutes(20 * step);
            let owed = owed(job, &calendar(), since, &known, now);
            if let Some(slot) = owed.run {
                known.insert(slot.wall);
                out.push((slot.key(), now.format("%H:%M %Z").to_string()));
            }
            known.extend(owed.missed.iter().map(|s| s.wall));
            if let Some((slot, at)) = next(job, &calendar(), now) {
                assert!(at > now && !known.contains(&slot.wall), "{} at {now}", slot.key());
            }
        }
        out
    }

    #[test]
    fn nightly_runs_once_on_the_night_that_lacks_its_hour() {
        let runs = played(&nightly("01:30:00", 1560), "2026-03-28T12:00:00Z", 48);
        let expected = [("nightly@2026-03-29T01:30", "02:40 BST"), ("nightly@2026-03-30T01:30", "01:40 BST")];
        assert_eq!(runs, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(place(wall("2026-03-29T01:30")), utc("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn nightly_runs_once_on_the_night_that_has_its_hour_twice() {
        let runs = played(&nightly("01:30:00", 1560), "2026-10-24T12:00:00Z", 48);
        let expected = [("nightly@2026-10-25T01:30", "01:40 BST"), ("nightly@2026-10-26T01:30", "01:40 GMT")];
        assert_eq!(runs, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        // In the second pass of the hour the slot of the first is the one that is owed, and only it.
        let late = owed(
            &nightly("01:30:00", 1560),
            &calendar(),
            wall("2026-10-24T12:00"),
            &BTreeSet::new(),
            utc("2026-10-25T01:10:00Z"),
        );
        assert_eq!(late.run.unwrap().key(), "nightly@2026-10-25T01:30");
        assert_eq!(late.missed, []);
    }

    #[test]
    fn a_slot_put_off_in_spring_is_not_lost_behind_a_later_one() {
        let job =
            Job { runs: crate::pipeline::Cron::of_tests("0 0,30 1,2 * * *"), ..nightly("01:00:00", 60) };
        let keys: Vec<String> = played(&job, "2026-03-29T00:10:00Z", 4).into_iter().map(|(k, _)| k).collect();
        // 01:00 falls together with 02:00 and 01:30 with 02:30: the later one of each is run.
        assert_eq!(keys, ["nightly@2026-03-29T02:00", "nightly@2026-03-29T02:30"]);
    }

    #[test]
    fn of_several_missed_slots_the_latest_is_run_if_it_is_not_too_late() {
        let none = BTreeSet::new();
        let at = |job: &Job, now: &str| owed(job, &calendar(), wall("2026-07-01T12:00"), &none, utc(now));
        let keys = |slots: &[Slot]| slots.iter().map(Slot::key).collect::<Vec<_>>();
        let caught = at(&nightly("02:30:00", 1560), "2026-07-04T08:00:00Z");
        assert_eq!(caught.run.unwrap().key(), "nightly@2026-07-04T02:30");
        assert_eq!(keys(&caught.missed), ["nightly@2026-07-02T02:30", "nightly@2026-07-03T02:30"]);
        let too_late = at(&nightly("02:30:00", 120), "2026-07-04T08:00:00Z");
        assert_eq!((too_late.run, too_late.missed.len()), (None, 3));
        let skipped = at(&nightly("02:30:00", 0), "2026-07-04T08:00:00Z");
        assert_eq!((skipped.run, skipped.missed.len()), (None, 3));
        let a_little_late = at(&nightly("02:30:00", 0), "2026-07-04T02:00:00Z");
        assert_eq!(a_little_late.run.unwrap().key(), "nightly@2026-07-04T02:30", "30 minutes are not missed");
    }

    #[test]
    fn the_last_due_slot_is_found_however_rare() {
        let job = Job { runs: Runs::AfterEachQuarter { working_day: 10 }, ..nightly("06:00:00", 0) };
        let last = |since: &str| last_due(&job, &calendar(), wall(since), utc("2026-10-01T00:00:00Z"));
        assert_eq!(last("2026-01-01T00:00"), Some(wall("2026-07-14T06:00")));
        assert_eq!(last("2026-07-14T06:00"), None);
    }
}
