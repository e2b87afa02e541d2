//! The rules of the programme once more, as plain loops over plain lists: nothing of the engine is used but
//! its input. Months are (year, month), and everything is counted again each time.

use std::collections::BTreeSet;

use chrono::{Datelike, Duration, NaiveDate, Weekday};

use super::super::{Practice, Programme, Status, Team, World};

type YearMonth = (i32, u32);

#[derive(Debug, PartialEq)]
pub struct Told {
    pub code: String,
    pub status: &'static str,
    pub month: String,
    pub day: Option<NaiveDate>,
    pub wanted: Option<NaiveDate>,
}

fn ym(date: NaiveDate) -> YearMonth {
    (date.year(), date.month())
}

fn next((year, month): YearMonth) -> YearMonth {
    if month == 12 { (year + 1, 1) } else { (year, month + 1) }
}

fn plus(mut month: YearMonth, count: u32) -> YearMonth {
    for _ in 0..count {
        month = next(month);
    }
    month
}

/// The year from April, by the calendar year in which it begins.
fn year_of((year, month): YearMonth) -> i32 {
    if month < 4 { year - 1 } else { year }
}

fn plus_months(date: NaiveDate, months: u32) -> NaiveDate {
    let (year, month) = plus(ym(date), months);
    let mut day = date.day();
    loop {
        if let Some(date) = NaiveDate::from_ymd_opt(year, month, day) {
            return date;
        }
        day -= 1;
    }
}

fn end(month: YearMonth) -> NaiveDate {
    let (year, month) = next(month);
    NaiveDate::from_ymd_opt(year, month, 1).unwrap() - Duration::days(1)
}

fn mondays(as_of: NaiveDate) -> Vec<NaiveDate> {
    let last = end(plus(ym(as_of), 36));
    let mut out = Vec::new();
    let mut day = as_of + Duration::days(28);
    while day <= last {
        let sunday = day + Duration::days(6);
        let holds = |m, d| {
            (day.year()..=sunday.year()).any(|y| {
                let feast = NaiveDate::from_ymd_opt(y, m, d).unwrap();
                day <= feast && feast <= sunday
            })
        };
        if day.weekday() == Weekday::Mon && !holds(12, 25) && !holds(1, 1) {
            out.push(day);
        }
        day += Duration::days(1);
    }
    out
}

fn ceil(a: u32, b: u32) -> i64 {
    (f64::from(a) / f64::from(b)).ceil() as i64
}

/// What uses room: the months of the programme visits ahead, those that were made, and reactive ones.
struct Used {
    made: Vec<YearMonth>,
    ahead: Vec<NaiveDate>,
    given: Vec<YearMonth>,
    reactive: Vec<YearMonth>,
}

impl Used {
    fn rest(&self, year: i32, quota: u32, first: YearMonth) -> i64 {
        let made = self.made.iter().filter(|m| year_of(**m) == year).count();
        let before = self.ahead.iter().filter(|d| year_of(ym(**d)) == year && ym(**d) < first).count();
        (i64::from(quota) - made as i64 - before as i64).max(0)
    }

    fn own_room(&self, month: YearMonth, quota: u32, weeks: usize) -> i64 {
        let mut limit = ceil(quota, 6).min(ceil(quota, 52) * weeks as i64);
        limit -= self.made.iter().filter(|m| **m == month).count() as i64;
        limit -= self.ahead.iter().filter(|d| ym(**d) == month).count() as i64;
        limit -= self.given.iter().filter(|m| **m == month).count() as i64;
        limit - self.reactive.iter().filter(|m| **m == month).count() as i64
    }

    /// Visits given to, or planned in, the months of a year from the first on, up to the end of one.
    fn until(&self, year: i32, first: YearMonth, last: YearMonth) -> i64 {
        let within = |m: YearMonth| year_of(m) == year && first <= m && m <= last;
        let ahead = self.ahead.iter().filter(|d| within(ym(**d))).count();
        (ahead + self.given.iter().filter(|m| within(**m)).count()) as i64
    }

    fn room(&self, month: YearMonth, quota: u32, first: YearMonth, weeks: usize) -> i64 {
        let year = year_of(month);
        let mut months = Vec::new();
        let mut m = (year, 4);
        while year_of(m) == year {
            if m >= first {
                months.push(m);
            }
            m = next(m);
        }
        let mut room = self.own_room(month, quota, weeks);
        for (k, end) in months.iter().enumerate() {
            if *end >= month {
                let rest = self.rest(year, quota, first) as f64;
                let spread = (rest * (k + 1) as f64 / months.len() as f64 + 0.5).floor() as i64;
                room = room.min(spread - self.until(year, first, *end));
            }
        }
        room
    }
}

fn last_visit(practice: &Practice) -> Option<NaiveDate> {
    practice.completed.iter().map(|v| v.date).max()
}

fn wanted(practice: &Practice) -> NaiveDate {
    match (practice.own_visit && practice.met, last_visit(practice)) {
        (true, Some(last)) => plus_months(last, 36),
        _ => practice.due.unwrap(),
    }
}

pub fn programme(world: &World) -> Vec<Told> {
    world.teams.iter().flat_map(|team| of_team(world, team, team.quota)).collect()
}

fn of_team(world: &World, team: &Team, quota: u32) -> Vec<Told> {
    let d = world.as_of;
    let mondays = mondays(d);
    let first = ym(mondays[0]);
    let first_friday = mondays[0] + Duration::days(4);
    let practices: Vec<&Practice> = world.practices.iter().filter(|p| p.team == team.name).collect();
    let mut used = Used { made: vec![], ahead: vec![], given: vec![], reactive: vec![] };
    for practice in &practices {
        for visit in &practice.completed {
            if visit.reactive { used.reactive.push(ym(visit.date)) } else { used.made.push(ym(visit.date)) }
        }
        for visit in practice.planned.iter().filter(|v| v.date >= d) {
            if visit.reactive { used.reactive.push(ym(visit.date)) } else { used.ahead.push(visit.date) }
        }
    }
    let (mut planned, mut others, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for practice in &practices {
        let told = |status, wanted| Told {
            code: practice.code.clone(),
            status,
            month: String::new(),
            day: None,
            wanted,
        };
        let next = practice.planned.iter().filter(|v| !v.reactive && v.date >= d).map(|v| v.date).min();
        if let Some(date) = next {
            let month = format!("{:04}-{:02}", date.year(), date.month());
            planned.push(Told { month, day: Some(date), ..told("planned", practice.due) });
        } else if practice.paused {
            others.push(told("paused", practice.due));
        } else if practice.reactive {
            others.push(told("reactive", practice.due));
        } else {
            left.push(*practice);
        }
    }
    planned.sort_by_key(|told| (told.day, told.code.clone()));
    left.sort_by_key(|p| {
        let score = p.score.map_or(1, |score| -(score as i64));
        (wanted(p), p.rank, score, p.code.clone())
    });
    let months: BTreeSet<YearMonth> = mondays.iter().map(|m| ym(*m)).collect();
    let weeks = |month: YearMonth| mondays.iter().filter(|m| ym(**m) == month).count();
    let mut programmed = Vec::new();
    for practice in left {
        let wanted = wanted(practice);
        let owed = practice.own_visit && !practice.met;
        let earliest = last_visit(practice).filter(|_| !owed).map(|last| plus(ym(last), 30));
        let may: Vec<YearMonth> =
            months.iter().filter(|m| earliest.is_none_or(|e| **m >= e)).copied().collect();
        let mut found = may.iter().find(|m| used.room(**m, quota, first, weeks(**m)) > 0).copied();
        if found.is_none_or(|month| wanted < end(month)) {
            found = may.iter().copied().find(|m| {
                let year = year_of(*m);
                let rest = used.rest(year, quota, first) - used.until(year, first, (year + 1, 3));
                used.own_room(*m, quota, weeks(*m)).min(rest) > 0
            });
        }
        used.given.extend(found);
        programmed.push((practice, wanted, found));
    }
    let mut out = planned;
    for (index, (practice, wanted, found)) in programmed.iter().enumerate() {
        let mut told = Told {
            code: practice.code.clone(),
            status: "no-room",
            month: String::new(),
            day: None,
            wanted: Some(*wanted),
        };
        if let Some(month) = found {
            let n = programmed.iter().filter(|(_, _, other)| other == found).count();
            let i = programmed[..index].iter().filter(|(_, _, other)| other == found).count();
            let of_month: Vec<NaiveDate> = mondays.iter().filter(|m| ym(**m) == *month).copied().collect();
            let monday = of_month[i * of_month.len() / n];
            told.month = format!("{:04}-{:02}", month.0, month.1);
            told.day = Some(monday);
            told.status = if *wanted < first_friday {
                "late"
            } else if *wanted < monday + Duration::days(4) {
                "cannot-be-in-time"
            } else {
                "proposed"
            };
        }
        out.push(told);
    }
    out.extend(others);
    out
}

/// How many practices would come too late at the present rate, and the rate that is needed.
pub fn rates(world: &World, team: &Team) -> (usize, u32) {
    let d = world.as_of;
    let mut year_before = d.with_day(1).unwrap();
    year_before = NaiveDate::from_ymd_opt(year_before.year() - 1, year_before.month(), 1).unwrap();
    let year_before = plus_months(year_before, 0).with_day(d.day()).unwrap_or_else(|| end(ym(year_before)));
    let practices = world.practices.iter().filter(|p| p.team == team.name);
    let visits =
        practices.flat_map(|p| &p.completed).filter(|v| !v.reactive && v.date > year_before && v.date <= d);
    let rate = u32::try_from(visits.count()).unwrap();
    let then = of_team(world, team, rate);
    let too_late = then.iter().filter(|t| t.status == "cannot-be-in-time" || t.status == "no-room").count();
    let first = ym(mondays(d)[0]);
    let rows = of_team(world, team, team.quota);
    let mut needed = 0;
    for n in 12..=36u32 {
        let end = end(plus(first, n - 1));
        let mut falls = 0;
        for told in &rows {
            let day = match told.status {
                "planned" => told.day.unwrap(),
                "paused" | "reactive" => continue,
                _ => {
                    let mut monday = told.wanted.unwrap();
                    while monday.weekday() != Weekday::Mon
                        || monday + Duration::days(4) > told.wanted.unwrap()
                    {
                        monday -= Duration::days(1);
                    }
                    monday
                }
            };
            falls += u32::from(day <= end);
        }
        needed = needed.max((f64::from(falls) * 12.0 / f64::from(n)).ceil() as u32);
    }
    (too_late, needed)
}

/// What holds of every programme.
pub fn hold(programme: &Programme) {
    let world = &programme.world;
    let codes: BTreeSet<&str> = programme.rows.iter().map(|r| programme.practice(r).code.as_str()).collect();
    assert_eq!((codes.len(), programme.rows.len()), (world.practices.len(), world.practices.len()));
    for team in &world.teams {
        let rows: Vec<_> =
            programme.rows.iter().filter(|r| programme.practice(r).team == team.name).collect();
        let proposed: Vec<_> =
            rows.iter().filter(|r| r.status.is_programmed() && r.status != Status::NoRoom).collect();
        let mut by_year: std::collections::BTreeMap<i32, i64> = std::collections::BTreeMap::new();
        let mut by_month: std::collections::BTreeMap<YearMonth, i64> = std::collections::BTreeMap::new();
        for row in &proposed {
            let monday = row.week.unwrap();
            *by_year.entry(year_of(ym(monday))).or_default() += 1;
            *by_month.entry(ym(monday)).or_default() += 1;
            assert!(monday >= world.as_of + Duration::days(28));
            assert_eq!(monday.weekday(), Weekday::Mon);
        }
        let own: Vec<&Practice> = world.practices.iter().filter(|p| p.team == team.name).collect();
        for (year, proposed) in by_year {
            let made = own.iter().flat_map(|p| &p.completed);
            let planned = own.iter().flat_map(|p| &p.planned).filter(|v| v.date >= world.as_of);
            let used = made.chain(planned).filter(|v| !v.reactive && year_of(ym(v.date)) == year).count();
            assert!(proposed + used as i64 <= i64::from(team.quota), "the quota of {year}");
        }
        for (month, proposed) in by_month {
            assert!(proposed <= ceil(team.quota, 6), "the limit of {month:?}");
        }
        // A later one comes before an earlier one, that may come at any time, only where the earlier one is in
        // time all the same.
        for (place, row) in proposed.iter().enumerate() {
            let practice = programme.practice(row);
            let free = practice.owed() || practice.last_visit().is_none();
            for later in proposed.iter().skip(place + 1) {
                let in_time = row.wanted.unwrap() >= end(ym(row.week.unwrap()));
                assert!(!free || row.month <= later.month || in_time, "{row:?} {later:?}");
            }
        }
    }
}
