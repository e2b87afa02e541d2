//! Why a level is not what it was in the last pack.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decide::{Decision, Ruling, rule_on};
use super::outcome::Outcome;
use crate::pipeline::Pipeline;

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

/// What a pack said of a practice, and what it would say of that day now.
#[derive(Debug, Clone)]
pub struct Reported<'r> {
    /// What it said.
    pub outcome: &'r Outcome,
    /// What today's rules say of the files of then; none if the practice would not be in scope.
    pub ruled: Option<&'r Outcome>,
    /// The levels that rows which came since would each by itself have given instead.
    pub late: Vec<Option<u8>>,
}

/// The cause of a change since the last pack, or none if the level is the same.
///
/// Several causes may be behind it: the first of *new*, *late-file*, *rule*, *decision* and *data* is told. A
/// decision is a cause only if with the one that stood then, or none, the level would not be today's, and a late
/// row only if it would have moved the level the same way.
pub fn cause(then: Option<&Reported<'_>>, now: &Outcome, pipeline: &Pipeline) -> Option<Cause> {
    let Some(then) = then else { return Some(Cause::New) };
    if then.outcome.level == now.level {
        return None;
    }
    let ruled = then.ruled.is_some_and(|ruled| ruled.level != then.outcome.level);
    let way = |to: Option<u8>| pipeline.levels.direction(then.outcome.level, to);
    let late = then.late.iter().any(|with| way(*with) == way(now.level));
    let stood = then.outcome.decision.as_ref().map(|(decision, _)| decision);
    Some(match () {
        () if late => Cause::LateFile,
        () if ruled => Cause::Rule,
        () if level_under(stood, now, pipeline) != now.level => Cause::Decision,
        () => Cause::Data,
    })
}

/// The level of a practice if this decision stood instead of today's.
fn level_under(decision: Option<&Decision>, now: &Outcome, pipeline: &Pipeline) -> Option<u8> {
    let Some(decision) = decision else { return now.proposed };
    match rule_on(decision, &now.findings, now.proposed, pipeline) {
        Ruling::InConflict => now.proposed,
        Ruling::Sets | Ruling::ChangesNothing => Some(decision.level),
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

    use super::super::{Evidence, Finding};
    use super::*;
    use crate::pipeline::{Folder, load};
    use crate::triangulate::Practice;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn pipeline() -> Pipeline {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        load(&Folder::read(&dir).unwrap()).pipeline.unwrap()
    }

    fn evidence() -> Evidence {
        Evidence {
            arrival: None,
            file: None,
            sheet: None,
            row: None,
            received: None,
            carried_from: None,
            values: Vec::new(),
        }
    }

    /// A practice whose findings propose a level, became known on a day, and about which was decided.
    fn outcome(proposed: Option<u8>, known: &str, decided: Option<u8>) -> Outcome {
        let finding = |level| Finding {
            rule: "rule".into(),
            title: String::new(),
            clause: String::new(),
            level,
            starts: vec![day(known)],
            sentence: String::new(),
            because: String::new(),
            evidence: Vec::new(),
        };
        let mut outcome = Outcome {
            practice: Practice {
                code: "X90001".into(),
                name: String::new(),
                place: String::new(),
                team: String::new(),
                commissioner: String::new(),
                pcn: None,
                pcn_name: None,
                patients: None,
            },
            level: proposed,
            proposed,
            decision: None,
            findings: proposed.map(finding).into_iter().collect(),
            marks: Vec::new(),
            unclaimed: Vec::new(),
            assessed: true,
            score: None,
        };
        if let Some(level) = decided {
            let decision = Decision {
                level,
                reason: String::new(),
                decided_by: "Head of Quality".into(),
                group: String::new(),
                decided_on: day("2026-07-01"),
                until: day("2026-12-31"),
                evidence: evidence(),
            };
            let ruling = rule_on(&decision, &outcome.findings, proposed, &pipeline());
            if ruling != Ruling::InConflict {
                outcome.level = Some(level);
            }
            outcome.decision = Some((decision, ruling));
        }
        outcome
    }

    fn plain(level: u8) -> Outcome {
        outcome(Some(level), "2026-06-01", None)
    }

    fn told(then: &Outcome, ruled: &Outcome, late: bool, now: &Outcome) -> Option<Cause> {
        let late = if late { vec![now.level] } else { Vec::new() };
        cause(Some(&Reported { outcome: then, ruled: Some(ruled), late }), now, &pipeline())
    }

    #[test]
    fn a_late_row_is_the_cause_only_of_a_move_its_own_way() {
        let (two, three, four) = (plain(2), plain(3), plain(4));
        let of = |late: Option<u8>, now: &Outcome| {
            let reported = Reported { outcome: &three, ruled: Some(&three), late: vec![late] };
            cause(Some(&reported), now, &pipeline())
        };
        assert_eq!(of(Some(5), &four), Some(Cause::LateFile), "up, if not as far");
        assert_eq!(of(Some(4), &two), Some(Cause::Data), "it would have moved it up, and it moved down");
        assert_eq!(of(Some(2), &four), Some(Cause::Data));
        let none = Outcome { findings: Vec::new(), proposed: None, level: None, ..two.clone() };
        assert_eq!(of(Some(4), &none), Some(Cause::Data), "not assessed is neither up nor down");
    }

    #[test]
    fn the_first_of_several_causes_is_told() {
        let (two, three, four) = (plain(2), plain(3), plain(4));
        assert_eq!(told(&two, &two, false, &two), None);
        assert_eq!(told(&two, &two, true, &two), None, "the level is the same, whatever came late");
        assert_eq!(told(&two, &two, false, &three), Some(Cause::Data));
        assert_eq!(told(&two, &two, true, &three), Some(Cause::LateFile));
        assert_eq!(told(&two, &three, false, &three), Some(Cause::Rule));
        assert_eq!(told(&two, &three, false, &four), Some(Cause::Rule), "the rule and new data");
        assert_eq!(
            told(&two, &three, true, &four),
            Some(Cause::LateFile),
            "a late file, a rule and new data"
        );
        let decided = outcome(Some(3), "2026-06-01", Some(4));
        assert_eq!(told(&two, &two, true, &decided), Some(Cause::LateFile), "before a decision");
        assert_eq!(told(&two, &three, false, &decided), Some(Cause::Rule), "before a decision");
        assert_eq!(cause(None, &three, &pipeline()), Some(Cause::New));
    }

    #[test]
    fn a_decision_is_the_cause_only_if_without_it_the_level_would_not_be_todays() {
        let early = "2026-06-01";
        let (two, three) = (plain(2), plain(3));
        let of = |then: &Outcome, now: &Outcome| told(then, then, false, now);
        assert_eq!(of(&three, &outcome(Some(3), early, Some(2))), Some(Cause::Decision));
        assert_eq!(of(&outcome(Some(3), early, Some(2)), &three), Some(Cause::Decision), "it ended");
        assert_eq!(of(&two, &outcome(Some(3), early, Some(4))), Some(Cause::Decision), "decided above");
        assert_eq!(of(&two, &outcome(Some(3), early, Some(3))), Some(Cause::Data), "it only confirms");
        let lifted = outcome(Some(2), early, Some(3));
        assert_eq!(of(&lifted, &two), Some(Cause::Decision), "an older state stands again");
        // The decision stood then and would stand now: what changed is that something graver became known.
        let silenced = outcome(Some(3), early, Some(2));
        let conflict = outcome(Some(4), "2026-09-01", Some(2));
        assert_eq!(conflict.level, Some(4));
        assert_eq!(of(&silenced, &conflict), Some(Cause::Data));
        // It is gone from the sheet too; with it the level would be the same.
        assert_eq!(of(&silenced, &outcome(Some(4), "2026-09-01", None)), Some(Cause::Data));
        // What is grave was known when it was made: without it the level is another.
        assert_eq!(of(&silenced, &outcome(Some(4), early, None)), Some(Cause::Decision));
        // Nothing stands any more under a decision that still does.
        let none = Outcome { findings: Vec::new(), proposed: None, level: None, ..two.clone() };
        assert_eq!(of(&two, &none), Some(Cause::Data));
    }
}
