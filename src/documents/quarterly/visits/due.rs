//! Practices whose visit is due, or whose clock is paused.

use chrono::NaiveDate;
use serde::Serialize;

use crate::dates::short;
use crate::documents::{Badge, Material, Standing};
use crate::visits::State;

/// A practice whose visit is due.
#[derive(Debug, Clone, Serialize)]
pub struct Due {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its place.
    pub place: String,
    /// The level.
    pub badge: Badge,
    /// The due date, or why the clock is paused.
    pub due: String,
    /// Overdue or due soon, in words.
    pub state: String,
    /// The planned visit, if there is one.
    pub planned: String,
}

pub(super) fn due(material: &Material<'_>) -> Vec<Due> {
    let is_due = |s: &&Standing| matches!(s.clock.state, State::Overdue | State::DueSoon);
    let mut standings: Vec<&Standing> = material.standings.iter().filter(is_due).collect();
    let level = |s: &Standing| s.outcome.level.unwrap_or_default();
    standings.sort_by_key(|s| {
        (crate::documents::quarterly::exceptions::urgency(Some(&s.clock), level(s)), s.code())
    });
    standings
        .into_iter()
        .map(|s| {
            let state = if s.clock.state == State::Overdue { "Overdue" } else { "Due soon" };
            row(material, s, s.clock.due.map(short).unwrap_or_default(), state)
        })
        .collect()
}

pub(super) fn paused(material: &Material<'_>) -> Vec<Due> {
    let standings = material.standings.iter().filter(|s| s.clock.state == State::Paused);
    standings.map(|s| row(material, s, s.clock.reason.clone().unwrap_or_default(), "Paused")).collect()
}

fn row(material: &Material<'_>, standing: &Standing, due: String, state: &str) -> Due {
    let practice = &standing.outcome.practice;
    Due {
        code: practice.code.clone(),
        name: material.name(&practice.code),
        place: practice.place.clone(),
        badge: Badge::of(&material.pipeline.levels, standing.outcome.level),
        due,
        state: state.to_owned(),
        planned: planned(material, &practice.code),
    }
}

fn planned(material: &Material<'_>, code: &str) -> String {
    next_planned(material, code)
        .map_or_else(|| "none planned".to_owned(), |(date, kind)| format!("{kind}, {}", short(date)))
}

/// The next planned visit of a practice: its date and its type.
pub(in crate::documents) fn next_planned(material: &Material<'_>, code: &str) -> Option<(NaiveDate, String)> {
    let cells = material.fact("plans");
    (0..cells.height())
        .filter(|row| cells.text("practice", *row).as_deref() == Some(code))
        .filter(|row| cells.text("status", *row).as_deref() == Some("Planned"))
        .filter_map(|row| {
            Some((cells.date("planned_date", row)?, cells.text("visit_type", row).unwrap_or_default()))
        })
        .filter(|(date, _)| *date >= material.as_of)
        .min()
}
