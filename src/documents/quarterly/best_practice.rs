//! (d) Best practice that visits found and practices are willing to share.

use serde::Serialize;

use super::keys;
use crate::dates::short;
use crate::documents::narrative::names_a_practice;
use crate::documents::{Material, Reader, Written};

/// (d) Best practice.
#[derive(Debug, Clone, Serialize)]
pub struct BestPractice {
    /// What was found at visits of the quarter and may be shared.
    pub found: Vec<Found>,
    /// How many findings are not to be shared, or name a practice in a public pack, as a sentence; empty if
    /// there is none.
    pub left_out: String,
    /// What people wrote.
    pub narrative: Written,
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

pub(super) fn best_practice(material: &Material<'_>, reader: Reader<'_>) -> BestPractice {
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
    // Each was found at a visit of the quarter, and what is printed can be counted.
    let printed = keys::paragraphs(material.as_of, "what was found");
    reader.known(&printed, found.len());
    let mut of_visits = vec![printed];
    if withheld > 0 {
        of_visits.push(keys::left_out(material.as_of, "what was found"));
    }
    reader.balance([keys::visits(&material.quarter, "all")], of_visits, true);
    let narrative = crate::documents::narrative::written(material, "Best practice", reader);
    BestPractice { found, left_out: left_out(material, reader, withheld), narrative }
}

/// How many findings are left out, and why.
fn left_out(material: &Material<'_>, reader: Reader<'_>, count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let told = reader.say(&keys::left_out(material.as_of, "what was found"), count);
    let entries = told.words("more entry is", "more entries are");
    match reader.named() {
        true => format!("{entries} not for sharing."),
        false => format!("{entries} left out, because not for sharing or because a practice would be told."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    #[test]
    fn what_is_not_for_sharing_is_counted_and_not_printed() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2)).outcome.practice.name = "ALDERBECK SURGERY".to_owned();
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_date = 2026-07-02; best_practice = Walking group; \
                 best_practice_shareable = Yes; themes = Workforce, Estates",
                "practice = P81001; visit_date = 2026-07-03; best_practice = A secret; \
                 best_practice_shareable = No",
                "practice = P81001; visit_date = 2026-07-04; best_practice = The Alderbeck way; \
                 best_practice_shareable = Yes",
                "practice = P81001; visit_date = 2026-06-30; best_practice = Of the quarter before; \
                 best_practice_shareable = Yes",
            ],
        );
        let material = sample.material();
        let named = best_practice(&material, Reader::NAMED);
        let found: Vec<[&str; 5]> =
            named.found.iter().map(|f| [&*f.text, &*f.practice, &*f.visit, &*f.themes, &*f.source]).collect();
        assert_eq!(
            found,
            [
                ["Walking group", "Alderbeck Surgery (P81001)", "2 Jul 2026", "Workforce, Estates", "R0001"],
                ["The Alderbeck way", "Alderbeck Surgery (P81001)", "4 Jul 2026", "", "R0001"],
            ]
        );
        assert_eq!(named.left_out, "1 more entry is not for sharing.");
        let public = best_practice(&material, Reader::public(material.figures()));
        let found: Vec<[&str; 3]> =
            public.found.iter().map(|f| [&*f.text, &*f.practice, &*f.visit]).collect();
        assert_eq!(found, [["Walking group", "", ""]]);
    }
}
