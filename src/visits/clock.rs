//! When a visit is due.
//!
//! The clock belongs to the level that stands: within its time from the day the ICB was told. Paused
//! days do not count; a visit of the right type meets it. Where the clock runs from the last visit, it
//! starts anew with each and is never met.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{IntoLazy, lit};
use serde::{Deserialize, Serialize};

use crate::dates;
use crate::levels::Outcome;
use crate::pipeline::{ClockStart, Level, Period, Pipeline};
use crate::triangulate::{Cells, Triangulated};

/// The clock of a practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The day it started.
    pub starts: NaiveDate,
    /// The day a visit is due; none when met or paused.
    pub due: Option<NaiveDate>,
    /// How it stands.
    pub state: State,
    /// The visit that met it.
    pub met_on: Option<NaiveDate>,
    /// Why it is paused.
    pub reason: Option<String>,
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// There is time.
    Running,
    /// A visit is due within a few days.
    DueSoon,
    /// The due date has passed.
    Overdue,
    /// The visit has taken place.
    Met,
    /// The clock stands still.
    Paused,
}

impl State {
    /// The word of the levels output.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::DueSoon => "due-soon",
            State::Overdue => "overdue",
            State::Met => "met",
            State::Paused => "paused",
        }
    }
}

/// The visits and pauses of a date, from which clocks are told.
#[derive(Debug, Clone)]
pub struct Clocks {
    as_of: NaiveDate,
    framework_start: NaiveDate,
    due_soon_days: i32,
    /// For each practice the days of its completed visits.
    visits: BTreeMap<String, BTreeSet<NaiveDate>>,
    /// For each level number the visits that meet its clock.
    meeting: BTreeMap<u8, BTreeMap<String, BTreeSet<NaiveDate>>>,
    /// For each practice its pauses: first day, last day (none: still paused), reason.
    pauses: BTreeMap<String, Vec<Pause>>,
}

#[derive(Debug, Clone)]
struct Pause {
    from: NaiveDate,
    until: Option<NaiveDate>,
    reason: String,
}

impl Clocks {
    /// Reads the visits and pauses of a date.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn new(known: &Triangulated, pipeline: &Pipeline) -> anyhow::Result<Self> {
        let mut meeting = BTreeMap::new();
        for level in &pipeline.levels.levels {
            meeting.insert(level.number, visits_of(known, level)?);
        }
        let cells = known.fact("pauses");
        let mut pauses: BTreeMap<String, Vec<Pause>> = BTreeMap::new();
        for row in 0..cells.height() {
            if let (Some(practice), Some(from)) =
                (cells.text("practice", row), cells.date("paused_from", row))
            {
                let until = cells.date("paused_until", row);
                let reason = cells.text("reason", row).unwrap_or_default();
                pauses.entry(practice).or_default().push(Pause { from, until, reason });
            }
        }
        Ok(Self {
            as_of: known.as_of,
            framework_start: pipeline.framework.starts,
            due_soon_days: pipeline.levels.due_soon_days,
            visits: dates_by_practice(&known.fact("visits")),
            meeting,
            pauses,
        })
    }

    /// The clock of the level that stands for a practice.
    pub fn clock(&self, outcome: &Outcome, pipeline: &Pipeline) -> Clock {
        let level = pipeline.levels.get(outcome.level);
        let code = &outcome.practice.code;
        match level.starts {
            ClockStart::LastVisit => {
                let last = self.visits.get(code).and_then(BTreeSet::last).copied();
                self.tell(code, last.unwrap_or(self.framework_start), level.due, None)
            }
            ClockStart::Findings => {
                let of_level = outcome.findings.iter().filter(|f| Some(f.level) == outcome.level);
                let decided = outcome.decided().map(|d| d.decided_on);
                let starts = of_level.filter_map(|f| f.starts).min().or(decided).unwrap_or(self.as_of);
                self.tell(code, starts, level.due, self.meeting.get(&level.number))
            }
        }
    }

    /// The clock of a level from a day on, whatever level stands for the practice.
    pub fn of_level(&self, practice: &str, level: &Level, starts: NaiveDate) -> Clock {
        self.tell(practice, starts, level.due, self.meeting.get(&level.number))
    }

    fn tell(
        &self,
        practice: &str,
        starts: NaiveDate,
        due: Period,
        meeting: Option<&BTreeMap<String, BTreeSet<NaiveDate>>>,
    ) -> Clock {
        let met_on =
            meeting.and_then(|m| m.get(practice)).and_then(|days| days.range(starts..).next()).copied();
        if let Some(met_on) = met_on {
            return Clock { starts, due: None, state: State::Met, met_on: Some(met_on), reason: None };
        }
        let pauses = self.pauses.get(practice).map(Vec::as_slice).unwrap_or_default();
        // Both the first and the last day of a pause are paused days.
        let now =
            pauses.iter().find(|p| p.from <= self.as_of && p.until.is_none_or(|until| self.as_of <= until));
        if let Some(pause) = now {
            let reason = Some(pause.reason.clone());
            return Clock { starts, due: None, state: State::Paused, met_on: None, reason };
        }
        let paused = paused_days(pauses, starts);
        let due = dates::add_days(dates::add_days(dates::add_months(starts, due.months), due.days), paused);
        let soon = dates::add_days(self.as_of, self.due_soon_days);
        let state = match due {
            due if due < self.as_of => State::Overdue,
            due if due <= soon => State::DueSoon,
            _ => State::Running,
        };
        Clock { starts, due: Some(due), state, met_on: None, reason: None }
    }
}

/// How many days on or after the start were paused; a day in two pauses counts once.
fn paused_days(pauses: &[Pause], starts: NaiveDate) -> i32 {
    let mut days = BTreeSet::new();
    for pause in pauses {
        let Some(until) = pause.until else { continue };
        let from = pause.from.max(starts);
        days.extend(from.iter_days().take_while(|day| *day <= until));
    }
    i32::try_from(days.len()).unwrap_or(i32::MAX)
}

fn visits_of(known: &Triangulated, level: &Level) -> anyhow::Result<BTreeMap<String, BTreeSet<NaiveDate>>> {
    let Some(visits) = known.facts.get("visits") else { return Ok(BTreeMap::new()) };
    let filter = level.met_by.as_ref().map_or_else(|| lit(true), |condition| condition.expr(known.as_of));
    let rows = visits.clone().lazy().filter(filter).collect();
    let rows = rows.with_context(|| format!("`met_by` of level {} cannot be evaluated", level.number))?;
    Ok(dates_by_practice(&Cells::new(Some(&rows))))
}

fn dates_by_practice(cells: &Cells<'_>) -> BTreeMap<String, BTreeSet<NaiveDate>> {
    let mut out: BTreeMap<String, BTreeSet<NaiveDate>> = BTreeMap::new();
    for row in 0..cells.height() {
        if let (Some(practice), Some(date)) = (cells.text("practice", row), cells.date("visit_date", row)) {
            out.entry(practice).or_default().insert(date);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn clocks(as_of: &str, visits: &[&str], pauses: &[(&str, Option<&str>)]) -> Clocks {
        let visits: BTreeSet<NaiveDate> = visits.iter().map(|d| day(d)).collect();
        let by_practice = BTreeMap::from([("A".to_owned(), visits)]);
        let pause = |(from, until): &(&str, Option<&str>)| Pause {
            from: day(from),
            until: until.map(day),
            reason: "awaiting the report".into(),
        };
        Clocks {
            as_of: day(as_of),
            framework_start: day("2025-04-01"),
            due_soon_days: 14,
            visits: by_practice.clone(),
            meeting: BTreeMap::from([(4, by_practice)]),
            pauses: BTreeMap::from([("A".to_owned(), pauses.iter().map(pause).collect())]),
        }
    }

    const MONTH: Period = Period { months: 1, days: 0 };

    fn month(clocks: &Clocks, starts: &str) -> (State, Option<String>) {
        let clock = clocks.tell("A", day(starts), MONTH, clocks.meeting.get(&4));
        (clock.state, clock.due.map(|d| d.to_string()))
    }

    #[test]
    fn a_month_ends_on_the_last_day_of_a_shorter_one() {
        let due = |as_of: &str| month(&clocks(as_of, &[], &[]), "2026-08-31");
        assert_eq!(due("2026-09-01"), (State::Running, Some("2026-09-30".into())));
        assert_eq!(due("2026-09-16"), (State::DueSoon, Some("2026-09-30".into())));
        assert_eq!(due("2026-09-30").0, State::DueSoon);
        assert_eq!(due("2026-10-01").0, State::Overdue);
    }

    #[test]
    fn a_visit_on_or_after_the_start_meets_it() {
        assert_eq!(month(&clocks("2026-09-01", &["2026-08-30"], &[]), "2026-08-31").0, State::Running);
        assert_eq!(month(&clocks("2026-09-01", &["2026-08-31"], &[]), "2026-08-31"), (State::Met, None));
    }

    #[test]
    fn paused_days_move_the_due_date() {
        let pauses = [("2026-06-28", Some("2026-07-03")), ("2026-07-02", Some("2026-07-04"))];
        let clocks_then = clocks("2026-07-20", &[], &pauses);
        // Four days on or after the start: 1, 2, 3 and 4 July.
        assert_eq!(
            month(&clocks_then, "2026-07-01"),
            (State::Running, Some("2026-08-05".into())),
            "days in two pauses count once"
        );
        assert_eq!(month(&clocks("2026-07-03", &[], &pauses), "2026-07-01"), (State::Paused, None));
        assert_eq!(month(&clocks("2026-07-20", &[], &[("2026-07-10", None)]), "2026-07-01").0, State::Paused);
    }
}
