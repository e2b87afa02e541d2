//! What stands for one practice on a date: its outcome, its clock, and what moved since the last pack.

use serde::{Deserialize, Serialize};

use crate::levels::{Cause, Direction, Ended, Lapsed, Outcome, Past, Ruling, Turnover, in_a_cell};
use crate::visits::{Clock, State, Timed};
use crate::wording;

/// What stands for one practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Levels, findings and decision.
    pub outcome: Outcome,
    /// The clock of the level that stands.
    pub clock: Clock,
    /// Each clock of the level that stands, of which that is the one that needs a visit first.
    #[serde(default)]
    pub clocks: Vec<Timed>,
    /// The clock of a decision that was missed, where something that became known after it has taken its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Clock>,
    /// What the last pack said of it; none if it was not in it.
    pub previous: Option<Past>,
    /// Why its level changed since; none if it did not.
    pub cause: Option<Cause>,
    /// Which way it moved since.
    #[serde(default)]
    pub direction: Direction,
    /// Where its level changed: what the last pack rested on and has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
    /// All that ended and began since, whether its level changed or not.
    #[serde(default)]
    pub turnover: Turnover,
    /// The clocks of a reactive level that the last pack had, unmet, and whose finding or decision has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lapsed: Vec<Lapsed>,
}

/// The columns of the levels output, in order.
pub const LEVELS_HEADER: [&str; 18] = [
    "practice_code",
    "practice_name",
    "place",
    "level",
    "proposed_level",
    "previous_level",
    "cause",
    "decision",
    "rules",
    "variation_score",
    "score_date",
    "not_assessed",
    "visit_due",
    "clock",
    "clock_start",
    "met_on",
    "days_late",
    "marks",
];

impl Standing {
    /// The practice's code.
    pub fn code(&self) -> &str {
        &self.outcome.practice.code
    }

    /// The cells of the levels output: dates are ISO, missing values empty.
    ///
    /// `id` tells what a level is called there. Names come from files: one that a spreadsheet would take for a formula is made plain text.
    pub fn levels_row(&self, id: impl Fn(u8) -> String) -> [String; 18] {
        let level = |level: Option<u8>| level.map(&id).unwrap_or_default();
        let outcome = &self.outcome;
        let decision = match &outcome.decision {
            Some((decision, Ruling::InConflict)) => format!("{} conflict", id(decision.level)),
            Some((decision, _)) => id(decision.level),
            None => String::new(),
        };
        let score = outcome.score.as_ref();
        [
            outcome.practice.code.clone(),
            wording::inert(&outcome.practice.name),
            outcome.practice.place.clone(),
            level(outcome.level),
            level(outcome.proposed),
            level(self.previous.as_ref().and_then(|p| p.level)),
            self.cause.map(|c| c.to_string()).unwrap_or_default(),
            decision,
            outcome.rules().join(";"),
            score.map(|s| s.value.to_string()).unwrap_or_default(),
            score.map(|s| s.extract_date.to_string()).unwrap_or_default(),
            (!outcome.assessed).to_string(),
            self.clock.due.map(|d| d.to_string()).unwrap_or_default(),
            self.clock.state.word().to_owned(),
            if self.clock.state == State::None { String::new() } else { self.clock.starts.to_string() },
            self.clock.met_on.map(|d| d.to_string()).unwrap_or_default(),
            self.clock.days_late.map(|d| d.to_string()).unwrap_or_default(),
            in_a_cell(&outcome.marks),
        ]
    }
}
