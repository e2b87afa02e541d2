//! What a file that came after a pack would have changed in it.

use std::collections::BTreeSet;

use super::compare::LastPack;
use super::state::{Files, State, StateError};
use crate::intake::{Late, LateLevel};
use crate::ledger::Arrival;
use crate::levels::{Finding, Outcome};
use crate::packs::title_case;
use crate::pipeline::Pipeline;
use crate::triangulate::Register;

/// The levels that differ between two states of one day, by practice.
pub fn changed_levels(without: &State, with: &State) -> Vec<LateLevel> {
    let mut out = Vec::new();
    for outcome in &with.outcomes {
        let code = outcome.practice.code.as_str();
        let before = without.of(code).map(|(before, _)| before);
        if before.is_some_and(|before| before.level != outcome.level) {
            out.push(LateLevel {
                practice: code.to_owned(),
                name: title_case(&outcome.practice.name),
                without: before.and_then(|before| before.level),
                with: outcome.level,
            });
        }
    }
    out
}

/// The levels of the last pack that this one file would have changed, if it had been received by then.
///
/// # Errors
/// If a file of then cannot be read.
pub fn late(
    arrival: &Arrival,
    last: &LastPack,
    files: &Files<'_>,
    arrivals: &[Arrival],
) -> Result<Option<Late>, StateError> {
    // All new files together change nothing: then no one of them is worth a look of its own.
    let together = changed_levels(&last.then, &last.late);
    if arrival.received <= last.result.as_of || together.is_empty() {
        return Ok(None);
    }
    let feeds = feeds_behind(&together, last, arrivals);
    let reference = |pipeline: &Pipeline| {
        let feed = pipeline.feed(&arrival.feed);
        feed.is_some_and(|feed| feed.layouts.iter().any(|layout| Register::reads(&layout.table)))
    };
    if !feeds.contains(arrival.feed.as_str()) && !reference(files.pipeline()) {
        return Ok(None);
    }
    let with: Vec<Arrival> = arrivals
        .iter()
        .filter(|a| a.received <= last.result.as_of || a.number == arrival.number)
        .cloned()
        .collect();
    let state = State::at(files, &with, last.result.as_of)?;
    let levels = changed_levels(&last.then, &state);
    Ok((!levels.is_empty()).then(|| Late { run: last.result.run.clone(), as_of: last.result.as_of, levels }))
}

/// The feeds whose rows make the findings and decisions that differ: only their files can be why.
fn feeds_behind<'a>(together: &[LateLevel], last: &LastPack, arrivals: &'a [Arrival]) -> BTreeSet<&'a str> {
    let mut numbers: BTreeSet<u32> = BTreeSet::new();
    for level in together {
        let outcome = |state: &'_ State| state.of(&level.practice).map(|(outcome, _)| outcome.clone());
        let (Some(then), Some(late)) = (outcome(&last.then), outcome(&last.late)) else { continue };
        for (one, other) in [(&then, &late), (&late, &then)] {
            let findings = one.findings.iter().filter(|finding| !other.findings.contains(finding));
            numbers.extend(findings.flat_map(rows_behind));
            if one.decision != other.decision {
                numbers.extend(decided_by(one));
            }
        }
    }
    arrivals.iter().filter(|a| numbers.contains(&a.number)).map(|a| a.feed.as_str()).collect()
}

fn rows_behind(finding: &Finding) -> impl Iterator<Item = u32> + '_ {
    finding.evidence.iter().filter_map(|evidence| evidence.arrival)
}

fn decided_by(outcome: &Outcome) -> Option<u32> {
    outcome.decision.as_ref().and_then(|(decision, _)| decision.evidence.arrival)
}
