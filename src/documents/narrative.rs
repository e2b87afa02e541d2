//! What people wrote, each paragraph with the role that wrote it, the date and the receipt.

use serde::Serialize;

use super::{Material, Reader};
use crate::dates::long;
use crate::intake::names::normal;

/// A paragraph that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paragraph {
    /// The text.
    pub text: String,
    /// The role that wrote it.
    pub author: String,
    /// When.
    pub date: String,
    /// The receipt of the sheet it stands in.
    pub source: String,
}

/// What was written for a section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The paragraphs, in the order of the sheet.
    pub paragraphs: Vec<Paragraph>,
    /// That a public paper leaves some out, as a sentence; empty if it leaves out none.
    pub left_out: String,
}

impl Written {
    /// Takes out which sheet each paragraph stands in.
    pub(super) fn forget_sources(&mut self) {
        self.paragraphs.iter_mut().for_each(|p| p.source.clear());
    }
}

/// The paragraphs of one section of the narrative sheet. Into a public paper comes only what is marked so
/// in the sheet, and of that nothing that names a practice.
pub fn written(material: &Material<'_>, section: &str, reader: Reader<'_>) -> Written {
    let cells = material.fact("narrative");
    let (mut out, mut withheld) = (Vec::new(), 0);
    for row in 0..cells.height() {
        if cells.text("section", row).as_deref() != Some(section) {
            continue;
        }
        let (Some(text), Some(date)) = (cells.text("text", row), cells.date("written_on", row)) else {
            continue;
        };
        // What was written for an earlier pack, or after this one, does not belong here.
        let before = crate::dates::add_days(material.period.first, -1);
        let since = material.last.as_ref().map_or(before, |last| last.as_of);
        if date > material.as_of || date <= since {
            continue;
        }
        let may_be_public = cells.truth("may_be_public", row) == Some(true);
        if !reader.named() && (!may_be_public || names_a_practice(material, &text)) {
            withheld += 1;
            continue;
        }
        out.push(Paragraph {
            text,
            author: cells.text("author", row).unwrap_or_default(),
            date: long(date),
            source: cells.file(row).map(crate::intake::Receipt::number).unwrap_or_default(),
        });
    }
    // How many it were could be worked out from the rows of the sheet, which the last section prints.
    let left_out = match withheld {
        0 => "",
        _ => {
            "Paragraphs are left out, because not marked as fit for the public, or because a practice is named."
        }
    };
    let left_out = left_out.to_owned();
    Written { paragraphs: out, left_out }
}

/// Whether a text contains the code or the name of a practice.
pub fn names_a_practice(material: &Material<'_>, text: &str) -> bool {
    let folded = format!(" {} ", fold(text));
    let upper = text.to_uppercase();
    material.standings.iter().any(|standing| {
        let practice = &standing.outcome.practice;
        upper.contains(&practice.code) || contains_name(&folded, &practice.name)
    }) || material
        .names
        .iter()
        .any(|(code, name)| upper.contains(code.as_str()) || contains_name(&folded, name))
}

/// Whether a text contains a name, or all of it but its last common words: "Alderbeck" of "Alderbeck
/// Medical Centre".
fn contains_name(folded: &str, name: &str) -> bool {
    const COMMON: [&str; 16] = [
        "surgery", "practice", "medical", "health", "centre", "center", "group", "family", "the", "and",
        "district", "partners", "clinic", "house", "road", "street",
    ];
    let name = fold(name);
    if name.is_empty() {
        return false;
    }
    if folded.contains(&format!(" {name} ")) {
        return true;
    }
    let own: Vec<&str> = name.split(' ').filter(|w| !COMMON.contains(w) && w.len() > 3).collect();
    !own.is_empty() && folded.contains(&format!(" {} ", own.join(" ")))
}

fn fold(text: &str) -> String {
    // `normal` sorts words for comparing names; here their order matters.
    let words: Vec<String> = text.split_whitespace().map(normal).collect();
    words.iter().flat_map(|w| w.split(' ')).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    #[test]
    fn what_was_written_for_the_last_pack_does_not_stand_in_this_one() {
        let mut sample = Sample::new("2026-10-14");
        sample.last = Some(Box::new(Sample::new("2026-07-14")));
        let on = |date: &str| format!("section = Themes; text = {date}; author = Lead; written_on = {date}");
        let rows = ["2026-07-13", "2026-07-14", "2026-07-15", "2026-10-14", "2026-10-15"].map(on);
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        sample.fact("narrative", &rows);
        let told = |sample: &Sample| -> Vec<String> {
            written(&sample.material(), "Themes", Reader::NAMED)
                .paragraphs
                .into_iter()
                .map(|p| p.text)
                .collect()
        };
        assert_eq!(told(&sample), ["2026-07-15", "2026-10-14"], "the day of the last pack belongs to it");
        sample.last = None;
        let rows =
            ["2026-06-30", "2026-07-01", "2026-07-13", "2026-07-14", "2026-07-15", "2026-10-14"].map(on);
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        sample.fact("narrative", &rows);
        assert_eq!(
            told(&sample),
            ["2026-07-01", "2026-07-13", "2026-07-14", "2026-07-15", "2026-10-14"],
            "without a pack before it, from the first day of the quarter on"
        );
    }

    #[test]
    fn names_are_found_in_running_text() {
        let text = format!(" {} ", fold("We visited the Alderbeck practice, twice."));
        assert!(contains_name(&text, "ALDERBECK MEDICAL CENTRE"));
        assert!(!contains_name(&text, "FERNHOWE ROAD HEALTH CENTRE"));
        let text = format!(" {} ", fold("The practice was visited."));
        assert!(!contains_name(&text, "THE FAMILY PRACTICE"), "common words alone name nobody");
    }
}
