//! Why a level is not what it was in the last pack.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decide::Decision;
use super::outcome::Outcome;

/// What a practice's level was on an earlier date, as far as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// The level that stood.
    pub level: Option<u8>,
    /// The level that was proposed.
    pub proposed: Option<u8>,
    /// The decision that set the level, if one did.
    pub decision: Option<Decision>,
}

impl Past {
    /// What a comparison needs of an outcome.
    pub fn of(outcome: &Outcome) -> Self {
        Self { level: outcome.level, proposed: outcome.proposed, decision: outcome.decided().cloned() }
    }
}

/// Why a level changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Something new happened.
    Data,
    /// A file received since says something else about the time of the last pack.
    LateFile,
    /// The rules of the pipeline changed.
    Rule,
    /// Somebody decided, or a decision ended.
    Decision,
    /// The practice was not in the last pack.
    New,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Data => "data",
            Cause::LateFile => "late-file",
            Cause::Rule => "rule",
            Cause::Decision => "decision",
            Cause::New => "new",
        })
    }
}

/// The cause of a change since the last pack, or none if the level is the same.
///
/// The way from the last pack to now has three steps: today's rules on the files of then, on the files
/// of now for the day of then, and on the day of now. The last step on which the level changed is the
/// cause; where a decision made that step, the decision is.
///
/// `then` is what the last pack said; `ruled` the same files under today's rules; `late` the files
/// received until now for the day of the last pack.
pub fn cause(then: Option<&Past>, ruled: Option<&Past>, late: Option<&Past>, now: &Past) -> Option<Cause> {
    let then = match then {
        None => return Some(Cause::New),
        Some(then) if then.level == now.level => return None,
        Some(then) => then,
    };
    let ruled = ruled.unwrap_or(then);
    let late = late.unwrap_or(ruled);
    let steps = [(late, now, Cause::Data), (ruled, late, Cause::LateFile), (then, ruled, Cause::Rule)];
    let step = steps.into_iter().find(|(before, after, _)| before.level != after.level);
    step.map(|(before, after, cause)| if by_decision(before, after) { Cause::Decision } else { cause })
}

/// Whether a decision, its end or its withdrawal is what changed the level between two states: with the
/// findings as they were it would have changed all the same, and with the decisions as they were not.
fn by_decision(before: &Past, after: &Past) -> bool {
    let ruled = |past: &Past, proposed: Option<u8>| past.decision.as_ref().map(|d| d.level).or(proposed);
    let decisions_alone = ruled(after, before.proposed) == after.level;
    let findings_alone = ruled(before, after.proposed) == after.level;
    match (decisions_alone, findings_alone) {
        (true, alone) => !alone,
        (false, true) => false,
        // Both changed, and it took both: what sets the level now is the cause.
        (false, false) => after.decision.is_some() && after.proposed != after.level,
    }
}

/// The decisions of the last pack that today's sheet no longer has although they would still stand.
pub fn withdrawn<'p>(
    then: impl Iterator<Item = (&'p str, &'p Decision)>,
    sheet: &[(String, Decision)],
    as_of: chrono::NaiveDate,
) -> Vec<(String, Decision)> {
    then.filter(|(_, decision)| decision.until >= as_of)
        .filter(|(practice, decision)| {
            !sheet.iter().any(|(code, listed)| code == practice && listed.same_as(decision))
        })
        .map(|(practice, decision)| (practice.to_owned(), decision.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::Evidence;
    use super::*;

    fn past(level: Option<u8>, proposed: Option<u8>, decision: Option<u8>) -> Past {
        let day: NaiveDate = "2026-07-01".parse().unwrap();
        let evidence = Evidence {
            arrival: None,
            file: None,
            sheet: None,
            row: None,
            received: None,
            carried_from: None,
            values: Vec::new(),
        };
        let decision = decision.map(|level| Decision {
            level,
            reason: String::new(),
            decided_by: "Head of Quality".into(),
            group: String::new(),
            decided_on: day,
            until: day,
            evidence,
        });
        Past { level, proposed, decision }
    }

    #[test]
    fn the_step_on_which_the_level_changed_is_the_cause() {
        let (two, three) = (past(Some(2), Some(2), None), past(Some(3), Some(3), None));
        let cause = |then: &Past, ruled: &Past, late: &Past, now: &Past| {
            cause(Some(then), Some(ruled), Some(late), now)
        };
        assert_eq!(cause(&two, &two, &two, &two), None);
        assert_eq!(cause(&two, &two, &two, &three), Some(Cause::Data));
        assert_eq!(cause(&two, &two, &three, &three), Some(Cause::LateFile));
        assert_eq!(cause(&two, &three, &three, &three), Some(Cause::Rule));
        let four = past(Some(4), Some(4), None);
        assert_eq!(cause(&two, &three, &three, &four), Some(Cause::Data), "the last step that changed it");
    }

    #[test]
    fn a_decision_is_the_cause_where_it_made_the_step() {
        let (two, three) = (past(Some(2), Some(2), None), past(Some(3), Some(3), None));
        let decided_two = past(Some(2), Some(3), Some(2));
        let cause = |then: &Past, now: &Past| cause(Some(then), None, None, now);
        assert_eq!(cause(&three, &decided_two), Some(Cause::Decision));
        assert_eq!(cause(&decided_two, &three), Some(Cause::Decision), "it expired");
        assert_eq!(
            cause(&past(Some(2), Some(2), None), &past(Some(4), Some(3), Some(4))),
            Some(Cause::Decision)
        );
        assert_eq!(cause(&two, &past(Some(3), Some(3), Some(3))), Some(Cause::Data), "it only confirms");
        assert_eq!(cause(&decided_two, &past(Some(4), Some(4), None)), Some(Cause::Data));
        let four = past(Some(4), Some(3), Some(4));
        assert_eq!(
            cause(&four, &past(Some(2), Some(2), Some(2))),
            Some(Cause::Decision),
            "an older one stands again"
        );
    }

    #[test]
    fn a_practice_that_was_not_there_is_new() {
        assert_eq!(cause(None, None, None, &past(Some(1), Some(1), None)), Some(Cause::New));
    }
}
