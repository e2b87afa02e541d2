//! What a programme is made of and what it says: plain values.

use chrono::NaiveDate;

use super::attends::Attendee;
use super::weeks::Month;

/// The numbers of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The month with which a year begins, from 1.
    pub year_starts: u32,
    /// So many days' notice a practice has of a visit.
    pub notice_days: i32,
    /// The last month is that of the date so many months later.
    pub horizon_months: i32,
    /// Weeks that hold one of these days, by month and day, have no visit.
    pub passed_over: Vec<(u32, u32)>,
    /// A month takes this part of the quota at most, rounded up: 6 for a sixth.
    pub month_part: u32,
    /// A week takes this part of the quota at most, rounded up.
    pub week_part: u32,
    /// A practice that was visited is not visited again in so many months.
    pub again_months: i32,
    /// The time within which every practice is visited.
    pub cycle_months: i32,
    /// The rate that is needed is looked for over so many months or more, up to the horizon.
    pub rate_months: i32,
}

/// A team and how many visits it makes in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Visits in a year.
    pub quota: u32,
}

/// A visit, completed or planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit {
    /// Its day.
    pub date: NaiveDate,
    /// Whether it is one that a reactive clock asks for; every other is a visit of the programme.
    pub reactive: bool,
}

/// What the programme needs to know of a practice.
#[derive(Debug, Clone, PartialEq)]
pub struct Practice {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its place.
    pub place: String,
    /// The team that visits it.
    pub team: String,
    /// Its level.
    pub level: Option<u8>,
    /// Of practices that are wanted on one day, those with the lower number come first.
    pub rank: usize,
    /// Its variation score, where that is not stale.
    pub score: Option<f64>,
    /// Whether its clock is paused.
    pub paused: bool,
    /// Whether it stands at a level with a reactive clock.
    pub reactive: bool,
    /// Whether its level asks for a visit of its own, beside the cycle.
    pub own_visit: bool,
    /// Whether that visit was made.
    pub met: bool,
    /// The day by which a visit is due, by its clock.
    pub due: Option<NaiveDate>,
    /// Its completed visits.
    pub completed: Vec<Visit>,
    /// Its visits of status planned, whatever their day.
    pub planned: Vec<Visit>,
    /// Who attends its visit.
    pub attends: Vec<Attendee>,
}

/// All that a programme is a function of, beside its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// The date.
    pub as_of: NaiveDate,
    /// The day the framework began.
    pub framework_start: NaiveDate,
    /// The teams, in the order of the pipeline.
    pub teams: Vec<Team>,
    /// The practices in scope, by code.
    pub practices: Vec<Practice>,
}

impl Practice {
    /// Its last completed visit of any type.
    pub fn last_visit(&self) -> Option<NaiveDate> {
        self.completed.iter().map(|visit| visit.date).max()
    }

    /// Whether its level asks for a visit that has not been made.
    pub fn owed(&self) -> bool {
        self.own_visit && !self.met
    }

    /// Its visits of the programme that are planned for the date or later.
    pub fn ahead(&self, as_of: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        self.planned.iter().filter(move |v| !v.reactive && v.date >= as_of).map(|v| v.date)
    }

    /// Whether a visit of the programme was planned for a day before the date, and none was made since.
    pub fn slipped(&self, as_of: NaiveDate) -> bool {
        let last = self.last_visit();
        let past = self.planned.iter().filter(|v| !v.reactive && v.date < as_of);
        past.map(|v| v.date).any(|date| last.is_none_or(|last| last < date))
    }

    /// The day by which a visit of the programme is wanted.
    pub fn wanted(&self, cycle_months: i32) -> Option<NaiveDate> {
        let last = self.last_visit().filter(|_| self.own_visit && self.met);
        last.map(|last| crate::dates::add_months(last, cycle_months)).or(self.due)
    }
}

/// What the programme says of a practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Status {
    /// A visit is planned.
    Planned,
    /// A visit is proposed, in time.
    Proposed,
    /// A visit is proposed, and no capacity would have made it in time.
    Late,
    /// A visit is proposed, and comes later than it is wanted.
    CannotBeInTime,
    /// No month has room.
    NoRoom,
    /// Its clock is paused.
    Paused,
    /// It has a reactive clock.
    Reactive,
}

impl Status {
    /// The word for it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether the practice has its place in the order of the programme.
    pub fn is_programmed(self) -> bool {
        matches!(self, Status::Proposed | Status::Late | Status::CannotBeInTime | Status::NoRoom)
    }
}

/// Why a practice is visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its level asks for a visit of its own.
    Level,
    /// It was never visited.
    NeverVisited,
    /// The cycle comes round.
    Cycle,
    /// The planned day is later than the visit is due.
    AfterDue,
}

/// The row of a practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The place of the practice among those of the world.
    pub practice: usize,
    /// What is said of it.
    pub status: Status,
    /// The month of its visit.
    pub month: Option<Month>,
    /// The Monday of its week; of a planned visit the day.
    pub week: Option<NaiveDate>,
    /// The day by which the visit is wanted; of a practice that is not programmed the day by which it is due.
    pub wanted: Option<NaiveDate>,
    /// Why it is visited.
    pub why: Option<Why>,
    /// Whether a planned visit was not made.
    pub slipped: bool,
}
