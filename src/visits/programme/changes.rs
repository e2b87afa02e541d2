//! What became of a programme: the practices whose month is another one, each with the reason.

use std::collections::BTreeMap;

use super::Programme;
use super::model::{Practice, Row, Status};
use super::weeks::Month;

/// Why a practice has another month than before: the first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter)]
#[strum(serialize_all = "kebab-case")]
pub enum Reason {
    /// It is no longer in scope.
    LeftScope,
    /// It was not in scope.
    NewInScope,
    /// It has been visited since.
    Visited,
    /// Its clock is paused.
    Paused,
    /// Its clock was paused.
    Resumed,
    /// A visit is planned now.
    Planned,
    /// A visit was planned then.
    PlanChanged,
    /// It stands at another level.
    Level,
    /// The week that was proposed came, and no visit was planned.
    NotTakenUp,
    /// Others come first.
    Displaced,
}

impl Reason {
    /// The word for it.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A practice whose month is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its code.
    pub practice: String,
    /// Its name.
    pub name: String,
    /// Its team; that of then if it has left the scope.
    pub team: String,
    /// The month that it had.
    pub from: Option<Month>,
    /// The month that it has.
    pub to: Option<Month>,
    /// Why.
    pub reason: Reason,
}

/// The changes between two programmes, by code.
pub fn changes(then: &Programme, now: &Programme) -> Vec<Change> {
    let by_code = |programme: &'_ Programme| -> BTreeMap<String, usize> {
        let rows = programme.rows.iter().enumerate();
        rows.map(|(index, row)| (programme.practice(row).code.clone(), index)).collect()
    };
    let (before, after) = (by_code(then), by_code(now));
    let mut codes: Vec<&String> = before.keys().chain(after.keys()).collect();
    codes.sort();
    codes.dedup();
    let side = |programme: &'_ Programme, rows: &BTreeMap<String, usize>, code: &String| {
        let row = programme.rows.get(*rows.get(code)?)?;
        Some((programme.practice(row).clone(), row.clone()))
    };
    let change = |code: &String| {
        let (old, new) = (side(then, &before, code), side(now, &after, code));
        let month = |side: &Option<(Practice, Row)>| side.as_ref().and_then(|(_, row)| row.month);
        let (from, to) = (month(&old), month(&new));
        if from == to {
            return None;
        }
        let reason = reason(old.as_ref(), new.as_ref(), now);
        let (practice, _) = new.or(old)?;
        Some(Change { practice: code.clone(), name: practice.name, team: practice.team, from, to, reason })
    };
    codes.into_iter().filter_map(change).collect()
}

fn reason(old: Option<&(Practice, Row)>, new: Option<&(Practice, Row)>, now: &Programme) -> Reason {
    let Some((practice, row)) = new else { return Reason::LeftScope };
    let Some((practice_then, row_then)) = old else { return Reason::NewInScope };
    if practice.last_visit() != practice_then.last_visit() {
        return Reason::Visited;
    }
    match (row_then.status, row.status) {
        (then, Status::Paused) if then != Status::Paused => Reason::Paused,
        (Status::Paused, now) if now != Status::Paused => Reason::Resumed,
        (then, Status::Planned) if then != Status::Planned => Reason::Planned,
        (Status::Planned, _) => Reason::PlanChanged,
        _ if practice.level != practice_then.level => Reason::Level,
        _ if row_then.week.is_some_and(|week| week < now.weeks.first) => Reason::NotTakenUp,
        _ => Reason::Displaced,
    }
}
