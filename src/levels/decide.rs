//! Decisions: a named person's confirmation or override of a level, and when it does not hold.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Evidence, Finding};
use crate::pipeline::{Levels, Pipeline};
use crate::triangulate::Triangulated;

/// A decision in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The level that was decided.
    pub level: u8,
    /// Why.
    pub reason: String,
    /// Who, as a role.
    pub decided_by: String,
    /// In which group.
    pub group: String,
    /// When.
    pub decided_on: NaiveDate,
    /// Until when it stands.
    pub until: NaiveDate,
    /// The row it stands in.
    pub evidence: Evidence,
}

impl Decision {
    /// Whether two decisions are the same one, wherever they stand.
    pub fn same_as(&self, other: &Self) -> bool {
        self.level == other.level
            && self.decided_on == other.decided_on
            && self.decided_by == other.decided_by
            && self.until == other.until
    }
}

/// What a standing decision does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// It sets the level.
    Sets,
    /// It sets the level that the findings propose anyway.
    ChangesNothing,
    /// Something more serious became known after it: the findings set the level, for people to decide
    /// again.
    InConflict,
}

/// The decisions in force on the date, by practice.
pub(super) fn in_force(known: &Triangulated, levels: &Levels) -> BTreeMap<String, Decision> {
    let cells = known.fact("decisions");
    let columns = ["level", "decided_on", "until"].map(String::from);
    let mut out = BTreeMap::new();
    for row in 0..cells.height() {
        let decision = || {
            Some(Decision {
                level: levels.of_id(&cells.text("level", row)?)?,
                reason: cells.text("reason", row).unwrap_or_default(),
                decided_by: cells.text("decided_by", row).unwrap_or_default(),
                group: cells.text("deciding_group", row).unwrap_or_default(),
                decided_on: cells.date("decided_on", row)?,
                until: cells.date("until", row)?,
                evidence: Evidence::of(&cells, row, &columns, known),
            })
        };
        if let (Some(practice), Some(decision)) = (cells.text("practice", row), decision()) {
            out.insert(practice, decision);
        }
    }
    out
}

/// Whether the decision holds against the findings.
///
/// A decision covers what was known when it was made: a finding of a reactive level above the decided one
/// whose clock started later, by a worsening too, is not silenced by it. Then the decision gives way whole.
pub(super) fn rule_on(
    decision: &Decision,
    findings: &[Finding],
    proposed: Option<u8>,
    pipeline: &Pipeline,
) -> Ruling {
    let later = findings.iter().any(|finding| {
        pipeline.levels.get(Some(finding.level)).reactive
            && finding.level > decision.level
            && finding.starts.iter().any(|start| *start > decision.decided_on)
    });
    if later {
        Ruling::InConflict
    } else if proposed == Some(decision.level) {
        Ruling::ChangesNothing
    } else {
        Ruling::Sets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::{Sample, day, decision};

    #[test]
    fn a_decision_gives_way_to_what_became_known_after_its_day() {
        let pipeline = Sample::new("2026-07-14").pipeline;
        let finding = |level: u8, starts: &[&str]| Finding {
            rule: "rule".to_owned(),
            title: String::new(),
            clause: String::new(),
            level,
            starts: starts.iter().map(|start| day(start)).collect(),
            sentence: String::new(),
            because: String::new(),
            evidence: Vec::new(),
        };
        // Decided on 1 June 2026.
        let on = |decided: u8, finding: Finding| {
            let proposed = Some(finding.level);
            rule_on(&decision(decided), &[finding], proposed, &pipeline)
        };
        assert_eq!(on(2, finding(4, &["2026-05-31"])), Ruling::Sets);
        assert_eq!(
            on(2, finding(4, &["2026-06-01"])),
            Ruling::Sets,
            "it was known on the day of the decision"
        );
        assert_eq!(on(2, finding(4, &["2026-06-02"])), Ruling::InConflict);
        assert_eq!(on(2, finding(4, &["2026-05-01", "2026-06-02"])), Ruling::InConflict, "one row is enough");
        assert_eq!(on(1, finding(3, &["2026-06-02"])), Ruling::Sets, "level 3 asks for no reactive visit");
        assert_eq!(
            on(4, finding(4, &["2026-06-02"])),
            Ruling::ChangesNothing,
            "nothing above what was decided"
        );
    }
}
