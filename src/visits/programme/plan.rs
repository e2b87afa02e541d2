//! Which practice is visited when.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::model::{Numbers, Practice, Row, Status, Team, Why, World};
use super::room::Room;
use super::weeks::{Month, Weeks, friday};

/// The rows of a team: the planned, the programmed in their order, the others.
pub(super) fn plan(world: &World, team: &Team, quota: u32, weeks: &Weeks, numbers: &Numbers) -> Vec<Row> {
    let of_team = world.practices.iter().enumerate().filter(|(_, practice)| practice.team == team.name);
    let practices: Vec<(usize, &Practice)> = of_team.collect();
    let mut room = Room::of(world, &practices, (quota, weeks), numbers);
    let (mut planned, mut wanted, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (index, practice) in &practices {
        let row = |status, why| Row {
            practice: *index,
            status,
            month: None,
            week: None,
            wanted: practice.due,
            why,
            slipped: false,
        };
        if let Some(date) = practice.ahead(world.as_of).min() {
            let after = !practice.met && practice.due.is_some_and(|due| due < date);
            let row = row(Status::Planned, after.then_some(Why::AfterDue));
            planned.push(Row { month: Some(Month::of(date)), week: Some(date), ..row });
            continue;
        }
        match practice.wanted(numbers.cycle_months).filter(|_| !practice.paused) {
            None => others.push(row(Status::Paused, None)),
            Some(_) if practice.reactive => others.push(row(Status::Reactive, None)),
            Some(by) => wanted.push((by, *practice, row(Status::NoRoom, None))),
        }
    }
    planned.sort_by(|a, b| a.week.cmp(&b.week).then_with(|| a.practice.cmp(&b.practice)));
    wanted.sort_by(|(by, a, _), (other, b, _)| {
        // A practice without a score comes after all that have one.
        let score = |p: &Practice| p.score.unwrap_or(f64::NEG_INFINITY);
        let ranked = by.cmp(other).then(a.rank.cmp(&b.rank)).then(score(b).total_cmp(&score(a)));
        ranked.then_with(|| a.code.cmp(&b.code))
    });
    let mut programmed = Vec::new();
    for (by, practice, row) in wanted {
        let month = month_for(practice, by, &room, weeks, numbers);
        if let Some(month) = month {
            room.give(month);
        }
        let why = match (practice.owed(), practice.last_visit()) {
            (true, _) => Why::Level,
            (false, None) => Why::NeverVisited,
            (false, Some(_)) => Why::Cycle,
        };
        let slipped = practice.slipped(world.as_of);
        programmed.push(Row { month, wanted: Some(by), why: Some(why), slipped, ..row });
    }
    give_weeks(&mut programmed, weeks);
    planned.into_iter().chain(programmed).chain(others).collect()
}

/// The first month with room for a practice that is wanted by a day.
fn month_for(
    practice: &Practice,
    by: NaiveDate,
    room: &Room<'_>,
    weeks: &Weeks,
    numbers: &Numbers,
) -> Option<Month> {
    let last = practice.last_visit().filter(|_| !practice.owed());
    let earliest = last.map(|last| Month::of(last).later(numbers.again_months));
    let open = || weeks.of.keys().copied().filter(|month| earliest.is_none_or(|earliest| *month >= earliest));
    match open().find(|month| room.is_open(*month)) {
        Some(month) if by >= month.last_day() => Some(month),
        _ => open().find(|month| room.is_open_unspread(*month)),
    }
}

/// Spreads the practices of each month over its weeks.
fn give_weeks(programmed: &mut [Row], weeks: &Weeks) {
    let mut of_month: BTreeMap<Month, Vec<usize>> = BTreeMap::new();
    for (index, row) in programmed.iter().enumerate() {
        if let Some(month) = row.month {
            of_month.entry(month).or_default().push(index);
        }
    }
    for (month, rows) in of_month {
        let Some(mondays) = weeks.of.get(&month) else { continue };
        for (place, index) in rows.iter().enumerate() {
            let monday = mondays.get(place * mondays.len() / rows.len());
            let (Some(row), Some(monday)) = (programmed.get_mut(*index), monday) else { continue };
            let before = |friday| row.wanted.is_some_and(|wanted| wanted < friday);
            row.status = match (before(friday(weeks.first)), before(friday(*monday))) {
                (true, _) => Status::Late,
                (false, true) => Status::CannotBeInTime,
                (false, false) => Status::Proposed,
            };
            row.week = Some(*monday);
        }
    }
}
