//! What a run found, as it is kept in the run's folder: enough for `levels` and `explain`, and for the
//! next pack to compare with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::state::State;
use crate::levels::{Cause, Exception, Outcome, Past, cause};
use crate::visits::Clock;

/// The name of the file in the run's folder.
pub const FILE: &str = "result.json";

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The run.
    pub run: String,
    /// The job.
    pub job: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// The pack it compares with.
    pub compared_with: Option<Compared>,
    /// What a practice is marked with when its score is missing or stale.
    pub not_assessed_label: String,
    /// Every practice in scope, by code.
    pub practices: Vec<PracticeResult>,
    /// The exceptions that are open.
    pub exceptions: BTreeMap<String, Exception>,
}

/// The pack that levels are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Its run.
    pub run: String,
    /// The date it spoke of.
    pub as_of: NaiveDate,
}

/// One practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PracticeResult {
    /// Levels, findings and decision.
    pub outcome: Outcome,
    /// The clock of the level that stands.
    pub clock: Clock,
    /// What the last pack said of it; none if it was not in it.
    pub previous: Option<Past>,
    /// Why its level changed since; none if it did not.
    pub cause: Option<Cause>,
}

/// The states that a comparison with the last pack needs.
pub struct Comparison<'s> {
    /// What the last pack said.
    pub last: &'s RunResult,
    /// Today's rules on the files of then, for the day of then.
    pub then: &'s State,
    /// Today's rules on the files of now, for the day of then.
    pub late: &'s State,
}

impl RunResult {
    /// Puts together what a run found.
    pub fn new(
        run: &str,
        job: &str,
        label: &str,
        state: &State,
        comparison: Option<&Comparison<'_>>,
    ) -> Self {
        let practices = state
            .outcomes
            .iter()
            .zip(&state.clocks)
            .map(|(outcome, clock)| compare(outcome, clock, comparison))
            .collect();
        Self {
            run: run.to_owned(),
            job: job.to_owned(),
            as_of: state.as_of,
            compared_with: comparison.map(|c| Compared { run: c.last.run.clone(), as_of: c.last.as_of }),
            not_assessed_label: label.to_owned(),
            practices,
            exceptions: state.exceptions.clone(),
        }
    }

    /// The practice of that code.
    pub fn of(&self, code: &str) -> Option<&PracticeResult> {
        let index = self.practices.binary_search_by(|p| p.outcome.practice.code.as_str().cmp(code)).ok()?;
        self.practices.get(index)
    }

    /// Reads the result of a run from its folder.
    ///
    /// # Errors
    /// If there is none, or it was written by another version.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} was written by another version; run the job again", path.display()))
    }
}

fn compare(outcome: &Outcome, clock: &Clock, comparison: Option<&Comparison<'_>>) -> PracticeResult {
    let code = &outcome.practice.code;
    let previous = comparison.and_then(|c| c.last.of(code)).map(|p| Past::of(&p.outcome));
    let cause = comparison.and_then(|c| {
        let past = |state: &State| state.of(code).map(|(outcome, _)| Past::of(outcome));
        let (then, late) = (past(c.then), past(c.late));
        cause(previous.as_ref(), then.as_ref(), late.as_ref(), &Past::of(outcome))
    });
    PracticeResult { outcome: outcome.clone(), clock: clock.clone(), previous, cause }
}

/// The columns of the levels output, in order.
pub const LEVELS_HEADER: [&str; 14] = [
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
];

impl PracticeResult {
    /// The cells of the levels output: dates are ISO, missing values empty.
    pub fn levels_row(&self) -> [String; 14] {
        use crate::levels::Ruling;
        let level = |level: Option<u8>| level.map(|l| l.to_string()).unwrap_or_default();
        let outcome = &self.outcome;
        let decision = match &outcome.decision {
            Some((decision, Ruling::InConflict)) => format!("{} conflict", decision.level),
            Some((decision, _)) => decision.level.to_string(),
            None => String::new(),
        };
        let score = outcome.score.as_ref();
        [
            outcome.practice.code.clone(),
            outcome.practice.name.clone(),
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
        ]
    }
}
