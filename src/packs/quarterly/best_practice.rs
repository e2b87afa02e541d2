//! (d) Best practice that visits found and practices are willing to share.

use serde::Serialize;

use crate::dates::short;
use crate::packs::narrative::names_a_practice;
use crate::packs::{Material, Paragraph, Reader};

/// (d) Best practice.
#[derive(Debug, Clone, Serialize)]
pub struct BestPractice {
    /// What was found at visits of the quarter and may be shared.
    pub found: Vec<Found>,
    /// How many findings are not to be shared, or name a practice in a public pack.
    pub withheld: usize,
    /// What people wrote.
    pub narrative: Vec<Paragraph>,
}

/// Something worth sharing.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// What it is.
    pub text: String,
    /// The practice; empty in a public pack.
    pub practice: String,
    /// The visit; empty in a public pack.
    pub visit: String,
    /// The themes it bears on.
    pub themes: String,
    /// The receipt.
    pub source: String,
}

pub(super) fn best_practice(material: &Material<'_>, reader: Reader) -> BestPractice {
    let cells = material.fact("visits");
    let (mut found, mut withheld) = (Vec::new(), 0);
    for row in 0..cells.height() {
        let Some(on) = cells.date("visit_date", row).filter(|d| material.quarter.contains(*d)) else {
            continue;
        };
        let (Some(text), Some(code)) = (cells.text("best_practice", row), cells.text("practice", row)) else {
            continue;
        };
        let shareable = cells.truth("best_practice_shareable", row) == Some(true);
        if !shareable || (!reader.named() && names_a_practice(material, &text)) {
            withheld += 1;
            continue;
        }
        found.push(Found {
            text,
            practice: if reader.named() {
                format!("{} ({code})", material.name(&code))
            } else {
                String::new()
            },
            visit: if reader.named() { short(on) } else { String::new() },
            themes: cells.texts("themes", row).join(", "),
            source: cells.file(row).map(crate::intake::Receipt::number).unwrap_or_default(),
        });
    }
    if !reader.named() {
        // The order of the sheet could tell who is meant.
        found.sort_by(|a, b| a.text.cmp(&b.text));
    }
    let narrative = crate::packs::narrative::paragraphs(material, "Best practice", reader).0;
    BestPractice { found, withheld, narrative }
}
