//! Situation: what happened, the level now and before, and the clock.

use super::exceptions::in_words;
use super::unclaimed::unclaimed;
use crate::dates::long;
use crate::documents::content::{Block, Words};
use crate::documents::context::Context;
use crate::documents::{Badge, Claim, Material, Standing};
use crate::levels::{Evidence, Ruling};

pub(super) fn block(context: &Context<'_>) -> Block {
    let (material, standing) = (context.material, context.standing());
    let levels = &material.pipeline.levels;
    let mut block = context.block();
    let findings = standing.outcome.findings.iter().map(|finding| {
        let evidence: Vec<String> = finding.evidence.iter().map(place).collect();
        Words::default()
            .badge(&Badge::of(levels, Some(finding.level)))
            .plain(format!(" {} ", finding.sentence))
            .muted(format!("({})", evidence.join("; ")))
    });
    let findings: Vec<Words> = findings.collect();
    let unclaimed = unclaimed(material, standing);
    if findings.is_empty() && unclaimed.is_none() {
        block.paragraph("Nothing is open today.");
    }
    block.list(findings);
    if let Some(unclaimed) = unclaimed {
        block.paragraph(unclaimed);
    }
    for claim in exceptions(material, standing.code()) {
        let words = Words::default().strong("Exception.").plain(format!(" {} ", claim.text));
        block.paragraph(words.muted(format!("({})", claim.cited)));
    }
    if let Some(decision) = decision(material, standing) {
        block.paragraph(decision);
    }
    if let Some(missed) = &standing.missed {
        let start = long(missed.starts);
        block.paragraph(format!(
            "The decision of {start} asked for a visit of its own: {}.",
            in_words(missed)
        ));
    }
    block.paragraph(before(material, standing));
    block
}

/// What the last pack said.
fn before(material: &Material<'_>, standing: &Standing) -> String {
    match (&material.last, &standing.previous) {
        (None, _) => "This is the first pack.".to_owned(),
        (Some(last), None) => format!("The practice was not in the pack of {}.", long(last.as_of)),
        (Some(last), Some(past)) => {
            let level = material.past_badge(past.level).in_words();
            let same = if standing.cause.is_none() { ", as now" } else { "" };
            format!("In the pack of {} it stood at {level}{same}.", long(last.as_of))
        }
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

fn decision(material: &Material<'_>, standing: &Standing) -> Option<String> {
    let (decision, ruling) = standing.outcome.decision.as_ref()?;
    let effect = match ruling {
        Ruling::Sets => "It sets the level.",
        Ruling::ChangesNothing => "It changes nothing: the findings propose the same level.",
        Ruling::InConflict => {
            "Something more serious became known after it: the proposed level stands until people decide again."
        }
    };
    Some(format!(
        "{} was decided by {} ({}) on {}, until {}: {}. {effect}",
        Badge::of(&material.pipeline.levels, Some(decision.level)).label,
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
