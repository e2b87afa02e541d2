//! Characters that papers cannot show as they are read: where they stand, for whoever looks after the run.

use std::collections::{BTreeMap, BTreeSet};

use super::receipts::Receipts;
use crate::diagnostic::Code;
use crate::wording::{listed, plural};

/// What is said of documents in which such characters stand.
pub(super) fn of_documents(found: &BTreeMap<char, BTreeSet<String>>) -> Vec<String> {
    if found.is_empty() {
        return Vec::new();
    }
    let characters: Vec<String> = found.keys().map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
    let documents: BTreeSet<&str> = found.values().flatten().map(String::as_str).collect();
    let documents: Vec<&str> = documents.into_iter().collect();
    vec![format!(
        "{} cannot be printed as {} read, in {}: {}",
        listed(&characters),
        if characters.len() == 1 { "it is" } else { "they are" },
        plural(documents.len(), "document", "documents"),
        listed(&documents)
    )]
}

/// What is said of the files that were answered now, in which such characters stand.
pub(super) fn of_files(receipts: &Receipts) -> Vec<String> {
    let told = receipts.by_place.iter().filter(|(place, _)| !receipts.unchanged.contains(place));
    let lines = told.filter_map(|(_, receipt)| {
        let cells = receipt.problems.iter().filter(|p| p.code == Code::Unprintable.id()).count();
        (cells > 0).then(|| {
            format!(
                "{}/{}: {} with characters that cannot be printed as they are read (receipt {})",
                receipt.feed,
                receipt.file,
                plural(cells, "cell", "cells"),
                receipt.id
            )
        })
    });
    let lines: BTreeSet<String> = lines.collect();
    lines.into_iter().collect()
}
