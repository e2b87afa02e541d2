//! What a file that came after a pack would have changed in it.

use super::compare::LastPack;
use super::state::{Files, State, StateError};
use crate::intake::{Late, LateLevel};
use crate::ledger::Arrival;

/// The levels that differ between two states of one day, by practice.
pub fn changed_levels(without: &State, with: &State) -> Vec<LateLevel> {
    let mut out = Vec::new();
    for outcome in &with.outcomes {
        let code = outcome.practice.code.as_str();
        let before = without.of(code).map(|(before, _)| before);
        if before.is_some_and(|before| before.level != outcome.level) {
            out.push(LateLevel {
                practice: code.to_owned(),
                name: outcome.practice.name.clone(),
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
    let with: Vec<Arrival> = arrivals
        .iter()
        .filter(|a| a.received <= last.result.as_of || a.number == arrival.number)
        .cloned()
        .collect();
    let state = State::at(files, &with, last.result.as_of)?;
    let levels = changed_levels(&last.then, &state);
    Ok((!levels.is_empty()).then(|| Late { run: last.result.run.clone(), as_of: last.result.as_of, levels }))
}
