//! When a visit is due.
//!
//! The clock belongs to the level that stands: within its time from the day the ICB was told. Each finding
//! has its own, and a visit meets those that had started; the practice's is the one that needs a visit
//! first. Paused days do not count; a visit of the right type meets it, in time or late. Where the clock
//! runs from the last visit, it starts anew with each and is never met.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{IntoLazy, lit};
use serde::{Deserialize, Serialize};

use crate::dates;
use crate::levels::{Finding, Outcome};
use crate::pipeline::{ClockStart, Level, Period, Pipeline};
use crate::triangulate::{Cells, Triangulated};

/// A clock as it stands on a date: all that documents and outputs may say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The day it started: for a finding the day on which it became known, for the three years the last
    /// visit or the framework's start.
    pub starts: NaiveDate,
    /// The day by which a visit is due, moved by the paused days. It is kept when the clock is met and then
    /// says by when the visit was due; only while the clock is paused there is none. Whether a visit is
    /// still asked for is told by `state`, never by this.
    pub due: Option<NaiveDate>,
    /// How it stands.
    pub state: State,
    /// The first visit that counts on or after the start: filled when met or met late, else none. A clock of
    /// three years is never met and has none.
    pub met_on: Option<NaiveDate>,
    /// Whole days late, never 0: up to the visit if it was met late, up to the date of the whole if it is
    /// overdue; none in every other state.
    #[serde(default)]
    pub days_late: Option<u32>,
    /// The pauses of the day, while it is paused; empty in every other state.
    #[serde(default)]
    pub pauses: Vec<Pause>,
}

/// A pause of the clocks of a practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day; none: still paused.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

impl Clock {
    /// Since when it is paused, until when and why.
    pub fn pauses(&self, date: fn(NaiveDate) -> String) -> String {
        let each = self.pauses.iter().map(|pause| {
            let until = pause.until.map(|until| format!("until {}", date(until)));
            let until = until.unwrap_or_else(|| "no end is given".to_owned());
            format!("since {}, {until}: {}", date(pause.from), pause.reason.trim_end_matches('.'))
        });
        each.collect::<Vec<String>>().join("; ")
    }
}

/// One of the clocks of a practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed {
    /// The rule of the finding that it belongs to; none for a decision's clock and for the three years.
    pub rule: Option<String>,
    /// The place of its row in the evidence of the finding, where each row has its own clock.
    pub evidence: Option<usize>,
    /// The clock.
    pub clock: Clock,
}

/// How a clock stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// There is time.
    Running,
    /// A visit is due within a few days.
    DueSoon,
    /// The due date has passed.
    Overdue,
    /// The visit has taken place in time.
    Met,
    /// The visit has taken place after the due date.
    MetLate,
    /// The clock stands still.
    Paused,
    /// No visit is due at the level.
    #[strum(serialize = "")]
    None,
}

impl State {
    /// Whether a visit has met the clock, in time or late.
    pub fn is_met(self) -> bool {
        matches!(self, State::Met | State::MetLate)
    }

    /// Whether a visit is still asked for and the time for it runs or has run out.
    pub fn is_owed(self) -> bool {
        matches!(self, State::Running | State::DueSoon | State::Overdue)
    }

    /// The word of the levels output.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The visits and pauses of a date, from which clocks are told.
#[derive(Debug, Clone)]
pub struct Clocks {
    as_of: NaiveDate,
    framework_start: Option<NaiveDate>,
    due_soon_days: i32,
    /// For each practice the days of its completed visits.
    visits: BTreeMap<String, BTreeSet<NaiveDate>>,
    /// For each level number the visits that meet its clock.
    meeting: BTreeMap<u8, BTreeMap<String, BTreeSet<NaiveDate>>>,
    /// For each practice its pauses.
    pauses: BTreeMap<String, Vec<Pause>>,
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

    /// The clock of a practice, and each of those it is chosen from: that of the earliest start that is not
    /// met, or of the latest start where all are met.
    pub fn of(&self, outcome: &Outcome, pipeline: &Pipeline) -> (Clock, Vec<Timed>) {
        let each = self.each(outcome, pipeline);
        let owed = each.iter().filter(|t| !t.clock.state.is_met()).min_by_key(|t| t.clock.starts);
        let chosen = owed.or_else(|| each.iter().max_by_key(|t| t.clock.starts));
        let level = pipeline.levels.get(outcome.level);
        let clock = chosen.map(|timed| timed.clock.clone());
        (clock.unwrap_or_else(|| self.of_level(&outcome.practice.code, level, self.as_of)), each)
    }

    /// Each clock of the level that stands: those of the findings that support it, else that of the
    /// decision; or the one that the last visit starts.
    fn each(&self, outcome: &Outcome, pipeline: &Pipeline) -> Vec<Timed> {
        let level = pipeline.levels.get(outcome.level);
        let code = &outcome.practice.code;
        if level.starts == ClockStart::Never {
            return Vec::new();
        }
        if level.starts == ClockStart::LastVisit {
            let last = self.visits.get(code).and_then(BTreeSet::last).copied();
            let clock = self.tell(code, last.or(self.framework_start).unwrap_or(self.as_of), level.due, None);
            return vec![Timed { rule: None, evidence: None, clock }];
        }
        let mut out = Vec::new();
        for finding in outcome.findings.iter().filter(|f| Some(f.level) == outcome.level) {
            let rows = finding.starts.len() == finding.evidence.len();
            for (index, start) in finding.starts.iter().enumerate() {
                let clock = self.of_level(code, level, *start);
                out.push(Timed { rule: Some(finding.rule.clone()), evidence: rows.then_some(index), clock });
            }
        }
        if let (true, Some(decision)) = (out.is_empty(), outcome.decided()) {
            let clock = self.of_level(code, level, decision.decided_on);
            out.push(Timed { rule: None, evidence: None, clock });
        }
        out
    }

    /// The clock that a decision started and that is no longer the practice's, because something became known
    /// after it that has a clock of its own: only if its visit was not made in time.
    pub fn missed(&self, outcome: &Outcome, pipeline: &Pipeline) -> Option<Clock> {
        let (decision, _) = outcome.decision.as_ref()?;
        let level = pipeline.levels.get(Some(decision.level));
        let known =
            |f: &&Finding| f.level == decision.level && f.starts.iter().any(|s| *s <= decision.decided_on);
        let later = |f: &&Finding| {
            f.starts.iter().any(|s| *s > decision.decided_on) && Some(f.level) == outcome.level
        };
        let findings = || outcome.findings.iter();
        if level.starts == ClockStart::LastVisit
            || findings().any(|f| known(&f))
            || !findings().any(|f| later(&f))
        {
            return None;
        }
        let clock = self.of_level(&outcome.practice.code, level, decision.decided_on);
        matches!(clock.state, State::Overdue | State::MetLate).then_some(clock)
    }

    /// The clock of a level from a day on, whatever level stands for the practice.
    pub fn of_level(&self, practice: &str, level: &Level, starts: NaiveDate) -> Clock {
        if level.starts == ClockStart::Never {
            return Clock {
                starts,
                due: None,
                state: State::None,
                met_on: None,
                days_late: None,
                pauses: Vec::new(),
            };
        }
        let starts = match self.framework_start.filter(|_| level.within_framework) {
            Some(framework) => starts.max(framework),
            None => starts,
        };
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
        let pauses = self.pauses.get(practice).map(Vec::as_slice).unwrap_or_default();
        // Both the first and the last day of a pause are paused days. A visit outdoes a pause.
        let now =
            pauses.iter().filter(|p| p.from <= self.as_of && p.until.is_none_or(|until| self.as_of <= until));
        let now: Vec<Pause> = now.cloned().collect();
        if met_on.is_none() && !now.is_empty() {
            let state = State::Paused;
            return Clock { starts, due: None, state, met_on: None, days_late: None, pauses: now };
        }
        let paused = paused_days(pauses, starts, met_on.unwrap_or(self.as_of));
        let due = dates::add_days(dates::add_days(dates::add_months(starts, due.months), due.days), paused);
        let soon = dates::add_days(self.as_of, self.due_soon_days);
        let state = match met_on {
            Some(visit) if due < visit => State::MetLate,
            Some(_) => State::Met,
            None if due < self.as_of => State::Overdue,
            None if due <= soon => State::DueSoon,
            None => State::Running,
        };
        let late = (met_on.unwrap_or(self.as_of) - due).num_days();
        let days_late = u32::try_from(late).ok().filter(|days| *days > 0);
        Clock { starts, due: Some(due), state, met_on, days_late, pauses: Vec::new() }
    }
}

/// How many days from the start on, and before the day of the visit or of the whole, were paused; a day in
/// two pauses counts once.
fn paused_days(pauses: &[Pause], starts: NaiveDate, before: NaiveDate) -> i32 {
    let mut days = BTreeSet::new();
    for pause in pauses {
        let from = pause.from.max(starts);
        let counts = |day: &NaiveDate| *day < before && pause.until.is_none_or(|until| *day <= until);
        days.extend(from.iter_days().take_while(counts));
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
            framework_start: Some(day("2025-04-01")),
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
        assert_eq!(
            month(&clocks("2026-09-01", &["2026-08-31"], &[]), "2026-08-31"),
            (State::Met, Some("2026-09-30".into())),
            "the due date is kept"
        );
    }

    /// State, due date, visit and days late of a clock of one month.
    fn all(clocks: &Clocks, starts: &str) -> (State, Option<String>, Option<String>, Option<u32>) {
        let clock = clocks.tell("A", day(starts), MONTH, clocks.meeting.get(&4));
        let text = |day: Option<NaiveDate>| day.map(|d| d.to_string());
        (clock.state, text(clock.due), text(clock.met_on), clock.days_late)
    }

    #[test]
    fn a_visit_after_the_due_date_meets_it_late() {
        let due = || Some("2026-07-20".to_owned());
        let met = |visit: &str| all(&clocks("2026-10-14", &[visit, "2026-10-01"], &[]), "2026-06-20");
        assert_eq!(met("2026-07-20"), (State::Met, due(), due(), None), "the due date itself is in time");
        assert_eq!(met("2026-07-21"), (State::MetLate, due(), Some("2026-07-21".into()), Some(1)));
        assert_eq!(met("2026-08-26"), (State::MetLate, due(), Some("2026-08-26".into()), Some(37)));
        let none = |as_of: &str| all(&clocks(as_of, &[], &[]), "2026-06-20");
        assert_eq!(none("2026-07-20"), (State::DueSoon, due(), None, None));
        assert_eq!(none("2026-07-21"), (State::Overdue, due(), None, Some(1)));
        assert_eq!(none("2026-10-14"), (State::Overdue, due(), None, Some(86)));
    }

    #[test]
    fn paused_days_before_the_visit_move_the_due_date_of_a_met_clock() {
        let met = |pauses: &[(&str, Option<&str>)]| {
            all(&clocks("2026-10-14", &["2026-07-28"], pauses), "2026-06-20")
        };
        let visit = || Some("2026-07-28".to_owned());
        // 10 days, 1 to 10 July: due on 30 July instead of 20 July.
        let ten = [("2026-07-01", Some("2026-07-10"))];
        assert_eq!(met(&ten), (State::Met, Some("2026-07-30".into()), visit(), None));
        // The day of the visit and what came after it count for nothing.
        let across = [("2026-07-27", Some("2026-09-30"))];
        assert_eq!(met(&across), (State::MetLate, Some("2026-07-21".into()), visit(), Some(7)));
        let open = [("2026-07-25", None)];
        assert_eq!(met(&open), (State::MetLate, Some("2026-07-23".into()), visit(), Some(5)));
        let after = [("2026-10-01", None)];
        assert_eq!(
            met(&after),
            (State::MetLate, Some("2026-07-20".into()), visit(), Some(8)),
            "met outdoes a pause of today"
        );
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

    #[test]
    fn every_pause_of_the_day_is_told_with_its_end_or_that_none_is_given() {
        let told = |as_of: &str| {
            let pauses = [("2026-06-28", Some("2026-07-03")), ("2026-07-02", None)];
            let clocks = clocks(as_of, &[], &pauses);
            clocks.tell("A", day("2026-06-01"), MONTH, clocks.meeting.get(&4)).pauses(dates::long)
        };
        let open = "since 2 July 2026, no end is given: awaiting the report";
        assert_eq!(told("2026-06-27"), "");
        assert_eq!(told("2026-06-28"), "since 28 June 2026, until 3 July 2026: awaiting the report");
        assert_eq!(
            told("2026-07-03"),
            format!("since 28 June 2026, until 3 July 2026: awaiting the report; {open}")
        );
        assert_eq!(told("2026-07-04"), open);
    }
}
