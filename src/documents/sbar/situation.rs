//! Situation: what happened, the level now and before, and the clock.

use serde::Serialize;

use crate::dates::long;
use crate::documents::{Badge, Claim, Material, Standing};
use crate::levels::{Evidence, Ruling};

/// Situation.
#[derive(Debug, Clone, Serialize)]
pub struct Situation {
    /// The findings that set the level, then the others, each with its receipts.
    pub findings: Vec<FindingRow>,
    /// What the last pack said.
    pub before: String,
    /// The decision in force, if there is one.
    pub decision: Option<String>,
    /// Open exceptions of the practice.
    pub exceptions: Vec<Claim>,
}

/// A finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingRow {
    /// Its level.
    pub badge: Badge,
    /// What it says.
    pub sentence: String,
    /// The clause it comes from.
    pub clause: String,
    /// The cells it rests on.
    pub evidence: Vec<String>,
}

pub(super) fn situation(material: &Material<'_>, standing: &Standing) -> Situation {
    let levels = &material.pipeline.levels;
    let findings = standing.outcome.findings.iter().map(|finding| FindingRow {
        badge: Badge::of(levels, Some(finding.level)),
        sentence: finding.sentence.clone(),
        clause: finding.clause.clone(),
        evidence: finding.evidence.iter().map(place).collect(),
    });
    let before = match (&material.last, &standing.previous) {
        (None, _) => "This is the first pack.".to_owned(),
        (Some(last), None) => format!("The practice was not in the pack of {}.", long(last.as_of)),
        (Some(last), Some(past)) => {
            let level = material.past_badge(past.level);
            let same = if standing.cause.is_none() { ", as now" } else { "" };
            format!("In the pack of {} it stood at {}{same}.", long(last.as_of), level.label.to_lowercase())
        }
    };
    Situation {
        findings: findings.collect(),
        before,
        decision: decision(standing),
        exceptions: exceptions(material, standing.code()),
    }
}

/// Where a row of evidence stands: receipt, sheet and cells.
pub(super) fn place(evidence: &Evidence) -> String {
    let receipt =
        evidence.arrival.map(crate::intake::Receipt::number).unwrap_or_else(|| "derived".to_owned());
    let cells: Vec<&str> = evidence.values.iter().filter_map(|v| v.cell.as_deref()).collect();
    let sheet = evidence.sheet.as_ref().map(|s| format!(", sheet {s}")).unwrap_or_default();
    let carried = evidence.carried_from.as_ref().map(|c| format!(", carried from {c}")).unwrap_or_default();
    let at = match (cells.first(), cells.last(), evidence.row) {
        (Some(first), Some(last), _) if cells.len() > 1 => format!(", {first} to {last}"),
        (Some(only), ..) => format!(", {only}"),
        (None, _, Some(row)) => format!(", row {row}"),
        (None, _, None) => String::new(),
    };
    format!("{receipt}{sheet}{at}{carried}")
}

fn decision(standing: &Standing) -> Option<String> {
    let (decision, ruling) = standing.outcome.decision.as_ref()?;
    let effect = match ruling {
        Ruling::Sets => "It sets the level.",
        Ruling::ChangesNothing => "It changes nothing: the findings propose the same level.",
        Ruling::InConflict => {
            "Something more serious became known after it: the proposed level stands until people decide again."
        }
    };
    Some(format!(
        "Level {} was decided by {} ({}) on {}, until {}: {}. {effect}",
        decision.level,
        decision.decided_by,
        decision.group,
        long(decision.decided_on),
        long(decision.until),
        decision.reason.trim_end_matches('.')
    ))
}

fn exceptions(material: &Material<'_>, code: &str) -> Vec<Claim> {
    let of_practice = material.exceptions.values().filter(|e| e.practice == code);
    of_practice
        .filter_map(|e| {
            let source = e.evidence.arrival.map(crate::intake::Receipt::number);
            Claim::new(e.sentence.clone(), source.into_iter().collect())
        })
        .collect()
}
