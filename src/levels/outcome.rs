//! What all of it makes for one practice.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::decide::{Decision, Ruling, in_force, rule_on};
use super::findings::{Finding, findings, matching};
use super::marks::{self, Marked};
use super::unclaimed::{Unclaimed, unclaimed};
use crate::pipeline::{MarkKind, Pipeline};
use crate::triangulate::{Cells, Practice, Triangulated};

/// What is proposed and decided for one practice on a date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The practice.
    pub practice: Practice,
    /// The level that stands; none is "not assessed".
    pub level: Option<u8>,
    /// The level that the findings propose.
    pub proposed: Option<u8>,
    /// The decision in force, and what it does.
    pub decision: Option<(Decision, Ruling)>,
    /// All findings that stand, highest level first.
    pub findings: Vec<Finding>,
    /// Rows that stand and that no rule claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unclaimed: Vec<Unclaimed>,
    /// Its criteria, whether met, not met or not known, and the hints, gaps and countervailing evidence that are
    /// set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Marked>,
    /// Whether the framework's assessment stands for the practice.
    pub assessed: bool,
    /// The score of the latest extract that has one.
    pub score: Option<Score>,
}

/// A variation score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The score, without unit.
    pub value: f64,
    /// The date of its extract.
    pub extract_date: NaiveDate,
    /// Whether it is too old to be used.
    pub stale: bool,
}

impl Outcome {
    /// The decided level, where the level that stands is not the proposed one because of it.
    pub fn decided(&self) -> Option<&Decision> {
        match &self.decision {
            Some((decision, Ruling::Sets | Ruling::ChangesNothing)) => Some(decision),
            _ => None,
        }
    }

    /// The ids of the findings, in their order.
    pub fn rules(&self) -> Vec<&str> {
        self.findings.iter().map(|f| f.rule.as_str()).collect()
    }
}

/// The outcome of every practice in scope, in the order of their codes.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn propose(known: &Triangulated, pipeline: &Pipeline) -> anyhow::Result<Vec<Outcome>> {
    let mut marked = marks::criteria(known, pipeline)?;
    let beside;
    let known = match marked.is_empty() {
        true => known,
        false => {
            beside = marks::with_criteria(known, &marked);
            &beside
        }
    };
    let mut left = unclaimed(known, pipeline)?;
    let mut found = findings(known, pipeline, &left)?;
    let mut decisions = in_force(known, &pipeline.levels);
    let mut scores = scores(known);
    let assessed = assessed(known, pipeline)?;
    let by_level = pipeline.levels.assessed.is_none();
    let outcome = |practice: &Practice| {
        let code = &practice.code;
        let findings = found.remove(code).unwrap_or_default();
        let proposed = findings.iter().map(|f| f.level).max();
        let decision = decisions.remove(code).map(|decision| {
            let ruling = rule_on(&decision, &findings, proposed, pipeline);
            (decision, ruling)
        });
        let level = match &decision {
            Some((decision, Ruling::Sets | Ruling::ChangesNothing)) => Some(decision.level),
            _ => proposed,
        };
        Outcome {
            practice: practice.clone(),
            level,
            proposed,
            decision,
            findings,
            unclaimed: left.remove(code).unwrap_or_default(),
            marks: marked.remove(code).unwrap_or_default(),
            assessed: if by_level { level.is_some() } else { assessed.contains(code) },
            score: scores.remove(code),
        }
    };
    let mut outcomes: Vec<Outcome> = known.practices.values().map(outcome).collect();
    if pipeline.marks.iter().any(|mark| mark.kind != MarkKind::Criterion) {
        let mut hints = marks::hints(known, &outcomes, pipeline)?;
        for outcome in &mut outcomes {
            outcome.marks.extend(hints.remove(&outcome.practice.code).unwrap_or_default());
        }
    }
    Ok(outcomes)
}

fn scores(known: &Triangulated) -> BTreeMap<String, Score> {
    let cells = known.fact("score");
    let rows = (0..cells.height()).filter_map(|row| {
        let score = Score {
            value: cells.number("score", row)?,
            extract_date: cells.date("extract_date", row)?,
            stale: cells.truth("stale", row).unwrap_or(false),
        };
        Some((cells.text("practice", row)?, score))
    });
    rows.collect()
}

fn assessed(known: &Triangulated, pipeline: &Pipeline) -> anyhow::Result<BTreeSet<String>> {
    let Some(rule) = &pipeline.levels.assessed else { return Ok(BTreeSet::new()) };
    let Some(fact) = known.facts.get(&rule.from) else { return Ok(BTreeSet::new()) };
    let rows = matching(fact, rule.filter.as_ref(), known.day).collect();
    let rows = rows.context("`assessed` of levels.toml cannot be evaluated")?;
    let cells = Cells::new(Some(&rows));
    Ok((0..rows.height()).filter_map(|row| cells.text("practice", row)).collect())
}
