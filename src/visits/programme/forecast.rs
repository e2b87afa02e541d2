//! Whether every practice will be visited, by team.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::model::{Numbers, Practice, Row, Status, Team, World};
use super::plan::plan;
use super::weeks::{Month, Weeks, last_monday_for};
use crate::dates;

/// What lies before a team.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Forecast {
    /// The team.
    pub team: String,
    /// Visits in a year.
    pub quota: u32,
    /// How many practices it visits.
    pub practices: usize,
    /// Visits that are expected by now in the year.
    pub expected: u32,
    /// Visits of the programme made in the year by now.
    pub done: usize,
    /// Practices without a visit since the framework began.
    pub not_yet_visited: usize,
    /// Those of them that are not programmed.
    pub not_programmed: usize,
    /// The day on which the last of the others is visited; none if one has no room, or there are none.
    pub last_date: Option<NaiveDate>,
    /// Practices that no capacity would visit in time.
    pub late: usize,
    /// Practices for which no month has room.
    pub no_room: usize,
    /// Practices that are visited later than wanted, by month.
    pub cannot_be_in_time: BTreeMap<String, usize>,
    /// Visits of the programme in the twelve months up to now.
    pub present_rate: u32,
    /// Practices that would be visited too late, or not at all, if the team made so many visits in a year.
    pub at_present_rate: usize,
    /// Visits in a year that would be needed.
    pub rate_needed: u32,
}

pub(super) fn forecast(
    world: &World,
    team: &Team,
    rows: &[Row],
    weeks: &Weeks,
    numbers: &Numbers,
) -> Forecast {
    let as_of = world.as_of;
    let of_team: Vec<&Practice> = world.practices.iter().filter(|p| p.team == team.name).collect();
    let year = Month::of(as_of).year(numbers.year_starts);
    let made_since = |from: NaiveDate| {
        let visits = of_team.iter().flat_map(|practice| &practice.completed);
        visits.filter(|visit| !visit.reactive && from <= visit.date && visit.date <= as_of).count()
    };
    let months = u64::try_from(Month::of(as_of).0 - year.0).unwrap_or_default();
    // floor(quota × months / 12 + 0.5)
    let expected = (u64::from(team.quota) * months * 2 + 12) / 24;
    let is = |status: Status| rows.iter().filter(move |row| row.status == status);
    let unvisited: Vec<&Row> = rows
        .iter()
        .filter(|row| {
            let visits =
                world.practices.get(row.practice).map(|p| p.completed.as_slice()).unwrap_or_default();
            !visits.iter().any(|visit| world.framework_start <= visit.date && visit.date <= as_of)
        })
        .collect();
    let (others, not_programmed): (Vec<&Row>, Vec<&Row>) =
        unvisited.iter().partition(|row| !matches!(row.status, Status::Paused | Status::Reactive));
    let last_date = others.iter().map(|row| row.week).collect::<Option<Vec<NaiveDate>>>();
    let mut cannot_be_in_time = BTreeMap::new();
    for month in is(Status::CannotBeInTime).filter_map(|row| row.month) {
        *cannot_be_in_time.entry(month.to_string()).or_default() += 1;
    }
    let year_before = dates::add_days(dates::add_months(as_of, -12), 1);
    let present_rate = u32::try_from(made_since(year_before)).unwrap_or(u32::MAX);
    let at_present = plan(world, team, present_rate, weeks, numbers);
    let too_late = |row: &&Row| matches!(row.status, Status::CannotBeInTime | Status::NoRoom);
    Forecast {
        team: team.name.clone(),
        quota: team.quota,
        practices: of_team.len(),
        expected: u32::try_from(expected).unwrap_or(u32::MAX),
        done: made_since(year.first_day()),
        not_yet_visited: unvisited.len(),
        not_programmed: not_programmed.len(),
        last_date: last_date.and_then(|dates| dates.into_iter().max()),
        late: is(Status::Late).count(),
        no_room: is(Status::NoRoom).count(),
        cannot_be_in_time,
        present_rate,
        at_present_rate: at_present.iter().filter(too_late).count(),
        rate_needed: rate_needed(rows, weeks.first_month(), numbers),
    }
}

/// The largest rate that any time of so many months asks for.
fn rate_needed(rows: &[Row], first: Month, numbers: &Numbers) -> u32 {
    let falls = |row: &Row| match row.status {
        Status::Planned => row.week,
        status if status.is_programmed() => row.wanted.map(last_monday_for),
        _ => None,
    };
    let days: Vec<NaiveDate> = rows.iter().filter_map(falls).collect();
    let rate = |months: i32| {
        let end = first.later(months - 1).last_day();
        let visits = u64::try_from(days.iter().filter(|day| **day <= end).count()).unwrap_or(u64::MAX);
        let rate = (visits * 12).div_ceil(u64::try_from(months).unwrap_or(1).max(1));
        u32::try_from(rate).unwrap_or(u32::MAX)
    };
    (numbers.rate_months..=numbers.horizon_months).map(rate).max().unwrap_or_default()
}
