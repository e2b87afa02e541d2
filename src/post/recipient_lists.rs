//! The committees' lists of recipients as the ledger keeps them, and what the operator is told of changes.

use crate::dispatch::mask;
use crate::ledger::{Change, ListChange, Listed};
use crate::pipeline::Pipeline;

/// Every recipient of every committee.
pub fn listed(pipeline: &Pipeline) -> Vec<Listed> {
    let committees = pipeline.committees.iter();
    committees
        .flat_map(|committee| {
            committee.recipients.iter().map(|recipient| Listed {
                committee: committee.name.clone(),
                address: recipient.address.clone(),
                role: recipient.role.clone(),
                added_by: recipient.added_by.clone(),
                added: recipient.added,
                review: recipient.review,
            })
        })
        .collect()
}

/// What the operator is told; the lists as they were at the beginning are no change.
pub fn told(changes: &[ListChange]) -> Vec<String> {
    changes
        .iter()
        .filter_map(|change| {
            let entry = &change.entry;
            let who = format!("{}, {}", entry.role, mask(&entry.address));
            let committee = &entry.committee;
            match change.change {
                Change::First => None,
                Change::Added => Some(format!(
                    "the list of the {committee} has one person more: {who}, added by the {} on {}",
                    entry.added_by,
                    crate::dates::long(entry.added)
                )),
                Change::Removed => Some(format!("the list of the {committee} has one person less: {who}")),
                Change::Changed => {
                    Some(format!("the list of the {committee} says something else of one person: {who}"))
                }
            }
        })
        .collect()
}
