//! What an SBAR asks for, by the state of the clock: a visit to arrange, one that is overdue, or what is open
//! after one that was made. No sentence speaks of a past date as one to come.

use chrono::NaiveDate;

use super::visits::booked;
use crate::dates::{add_months, long};
use crate::documents::{Material, Standing};
use crate::pipeline::{By, ClockStart, Period, Stage};
use crate::visits::State;
use crate::wording::plural;

/// The stage at which the visit of a practice is.
pub(super) fn stage(standing: &Standing) -> Stage {
    match standing.clock.state {
        State::Running | State::DueSoon | State::None => Stage::ToArrange,
        State::Overdue => Stage::Overdue,
        State::Met | State::MetLate => Stage::Visited,
        State::Paused => Stage::Paused,
    }
}

/// What is asked for, in sentences; the first is the whole of it for a reader with little time.
pub(super) fn asked(material: &Material<'_>, standing: &Standing) -> Vec<String> {
    let clock = &standing.clock;
    let team = &standing.outcome.practice.team;
    let late = || plural(clock.days_late.unwrap_or_default() as usize, "day", "days");
    let due = clock.due.map(long).unwrap_or_default();
    match stage(standing) {
        Stage::ToArrange => {
            let rolling =
                material.pipeline.levels.get(standing.outcome.level).starts == ClockStart::LastVisit;
            let first = match (rolling, clock.due) {
                (true, _) => format!("The next visit is due by {due}."),
                (false, Some(day)) if day == material.as_of => {
                    format!("{team} to make the visit today, {due}, the last day on which it is in time.")
                }
                (false, Some(day)) => {
                    let left = usize::try_from((day - material.as_of).num_days()).unwrap_or_default();
                    let left = plural(left, "day", "days");
                    format!("{team} to arrange the visit by {due}, {left} from the date of this paper.")
                }
                (false, None) => format!("{team} to arrange the visit."),
            };
            let mut out = vec![first];
            out.extend(booked(material, standing.code()).sentences());
            out.extend(before(material, standing).filter(|_| !rolling));
            out
        }
        Stage::Overdue => {
            let first = format!("Our visit is overdue by {}: it was due by {due}.", late());
            let booked = booked(material, standing.code());
            let (next, missed) = (&booked.next, booked.missed());
            let who = match (next, &missed) {
                (Some((date, _)), _) => {
                    format!("It is planned for {}; {team} to confirm that date.", long(*date))
                }
                (None, Some(_)) => {
                    format!(
                        "{team} to record that visit, or to book it again and tell the committee the date."
                    )
                }
                (None, None) => {
                    format!("No visit is planned: {team} to book it and tell the committee the date.")
                }
            };
            let mut out: Vec<String> = [first].into_iter().chain(missed).chain([who]).collect();
            out.extend(before(material, standing));
            out
        }
        Stage::Visited => {
            let visited = clock.met_on.map(long).unwrap_or_default();
            let first = match clock.days_late {
                Some(_) => format!("The visit was made on {visited}, {} late: it was due by {due}.", late()),
                None => format!("The visit was made on {visited}, in time."),
            };
            let mut out = vec![first];
            out.extend(open(standing));
            out.extend(clock.met_on.and_then(|visited| action_plan(material, standing.code(), visited)));
            out
        }
        Stage::Paused => {
            vec![format!(
                "The clock is paused {}. No visit is asked for until the pause ends.",
                clock.pauses(long)
            )]
        }
    }
}

/// That a visit of the last year does not count, because the time of this one began after it: at the latest
/// concern, or when one became worse.
fn before(material: &Material<'_>, standing: &Standing) -> Option<String> {
    let starts = standing.clock.starts;
    let cells = material.fact("visits");
    let visited = (0..cells.height())
        .filter(|row| cells.text("practice", *row).as_deref() == Some(standing.code()))
        .filter_map(|row| cells.date("visit_date", row))
        .filter(|day| *day < starts && *day >= add_months(material.as_of, -12))
        .max()?;
    let (starts, visited) = (long(starts), long(visited));
    Some(format!("The time counts from {starts}; the visit of {visited} was before that."))
}

/// What keeps the practice at its level although it was visited.
fn open(standing: &Standing) -> Option<String> {
    let findings = standing.outcome.findings.iter();
    let open: Vec<&str> = findings
        .filter(|finding| Some(finding.level) == standing.outcome.level)
        .map(|finding| finding.sentence.as_str())
        .collect();
    (!open.is_empty()).then(|| format!("What is still open: {}", open.join(" ")))
}

/// The action plan that was agreed at a visit.
fn action_plan(material: &Material<'_>, code: &str, visited: NaiveDate) -> Option<String> {
    let cells = material.fact("visits");
    let plan = (0..cells.height())
        .filter(|row| cells.text("practice", *row).as_deref() == Some(code))
        .filter(|row| cells.date("visit_date", *row) == Some(visited))
        .find_map(|row| cells.date("action_plan_due", row));
    Some(match plan {
        None => "No date of an action plan is recorded.".to_owned(),
        Some(day) if day < material.as_of => format!("The action plan was due by {}.", long(day)),
        Some(day) => format!("The action plan is due by {}.", long(day)),
    })
}

/// The date by which an action is done, where it has one.
pub(super) fn by(by: By, material: &Material<'_>, standing: &Standing) -> Option<NaiveDate> {
    match by {
        By::Open => None,
        By::Due => standing.clock.due,
        By::Within(Period { months, days }) => {
            let days = chrono::Days::new(u64::from(days.unsigned_abs()));
            add_months(material.as_of, months).checked_add_days(days)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::{Sample, clock, day};
    use crate::visits::{Clock, Pause};

    fn said(sample: &Sample) -> Vec<String> {
        asked(&sample.material(), &sample.standings[0])
    }

    #[test]
    fn a_planned_date_that_has_gone_by_is_no_absence_of_a_plan() {
        let mut sample = Sample::new("2026-10-14");
        let due = Some(day("2026-10-01"));
        sample.practice("P81001", Some(4)).clock =
            Clock { due, days_late: Some(13), ..clock("2026-09-01", State::Overdue) };
        let none = "No visit is planned: Central to book it and tell the committee the date.";
        assert_eq!(said(&sample)[1..], [none]);
        sample.fact("plans", &["practice = P81001; status = Planned; planned_date = 2026-09-03"]);
        let was = "A visit was planned for 3 September 2026; it is not recorded as completed.";
        let record = "Central to record that visit, or to book it again and tell the committee the date.";
        assert_eq!(said(&sample)[1..], [was, record]);
        sample.standings[0].clock = Clock { due, ..clock("2026-09-01", State::DueSoon) };
        assert_eq!(said(&sample)[1..], [was]);
    }

    #[test]
    fn a_pause_is_told_with_its_days() {
        let mut sample = Sample::new("2026-10-14");
        let pause = |until| Pause { from: day("2026-10-02"), until, reason: "Flooded.".to_owned() };
        sample.practice("P81001", Some(4)).clock = clock("2026-09-01", State::Paused);
        for (until, words) in [(None, "no end is given"), (Some("2026-10-20"), "until 20 October 2026")] {
            sample.standings[0].clock.pauses = vec![pause(until.map(day))];
            let rest = "No visit is asked for until the pause ends.";
            assert_eq!(
                said(&sample),
                [format!("The clock is paused since 2 October 2026, {words}: Flooded. {rest}")]
            );
        }
    }
}
