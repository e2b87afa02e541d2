//! What a pack is called, which sections it has in which order, and what it asks of its committee.

use crate::documents::Material;
use crate::levels::Ruling;
use crate::pipeline::{Audience, Committee, Section};
use crate::wording::list;

/// The heading of a section, as documents print it.
pub fn heading(section: Section) -> &'static str {
    match section {
        Section::Summary => "Summary",
        Section::Visits => "(a) Data and visits",
        Section::Themes => "(b) Themes",
        Section::Support => "(c) Support offered and taken up",
        Section::BestPractice => "(d) Best practice",
        Section::Changes => "(e) Changes to the plan",
        Section::Narrative => "(f) Narrative",
        Section::Exceptions => "Exceptions",
        Section::Movements => "Level movements",
        Section::Sources => "Sources and data quality",
        Section::Annex => "Annex: every practice",
    }
}

/// A section in the title of a paper that has only a few.
fn in_title(section: Section) -> &'static str {
    match section {
        Section::Summary => "summary",
        Section::Visits => "visits",
        Section::Themes => "themes",
        Section::Support => "support",
        Section::BestPractice => "best practice",
        Section::Changes => "changes to the plan",
        Section::Narrative => "narrative",
        Section::Exceptions => "exceptions",
        Section::Movements => "level movements",
        Section::Sources => "sources and data quality",
        Section::Annex => "every practice",
    }
}

/// The sections that a committee's pack has: in the order in which the pipeline lists them, or all in the
/// order of the pack. A public pack has no annex.
pub fn sections(committee: &Committee) -> Vec<Section> {
    let listed = match committee.sections.as_slice() {
        [] => Section::WORDS.iter().map(|(_, section)| *section).collect(),
        listed => listed.to_vec(),
    };
    let mut out: Vec<Section> = Vec::new();
    for section in listed {
        let shown = committee.audience == Audience::Named || section != Section::Annex;
        if shown && !out.contains(&section) {
            out.push(section);
        }
    }
    out
}

/// Whether a committee gets every section.
fn is_whole(committee: &Committee) -> bool {
    let all = Committee { sections: Vec::new(), ..committee.clone() };
    sections(committee).len() == sections(&all).len()
}

/// So many sections are named in a title; a longer list makes none.
const TITLED: usize = 4;

/// What a committee's paper is called: by its sections where it has only some.
pub(super) fn title(committee: &Committee) -> String {
    let sections = sections(committee);
    if is_whole(committee) {
        return "GP support: quarterly pack".to_owned();
    }
    if sections.len() > TITLED {
        return format!("GP support: quarterly pack, {} sections of it", sections.len());
    }
    let named: Vec<&str> = sections.into_iter().map(in_title).collect();
    format!("GP support: {}", list(&named))
}

/// What a section asks of those who read it, and whether that is a decision.
fn ask(section: Section, named: bool) -> Option<(bool, &'static str)> {
    Some(match section {
        Section::Summary => (false, "note the position at the end of the quarter"),
        Section::Visits => (false, "note the visits that were made, and those that are overdue"),
        Section::Themes => (false, "note the themes that teams raise"),
        Section::Support => (false, "note the support that was offered, and how it was answered"),
        Section::BestPractice => (false, "share the best practice that was found"),
        Section::Changes => (false, "note the changes to the plan of visits"),
        Section::Narrative | Section::Sources => return None,
        Section::Exceptions => (false, "note the exceptions that are open, and how the clock of each stands"),
        Section::Movements => (false, "note which practices moved between levels, and why"),
        Section::Annex if named => (
            true,
            "confirm the proposed levels of support, or decide otherwise with a reason and an end date",
        ),
        Section::Annex => return None,
    })
}

/// The sections that speak for a whole pack: a longer list of things to note would be read by nobody.
const SPEAKING: [Section; 5] =
    [Section::Summary, Section::Visits, Section::Changes, Section::Exceptions, Section::Annex];

/// What a committee is asked to do, with what it is asked for: decisions come first.
pub(super) fn asks(material: &Material<'_>, committee: &Committee) -> (String, Vec<String>) {
    let named = committee.audience == Audience::Named;
    let sections = sections(committee);
    let whole = is_whole(committee);
    let asked = sections.iter().filter(|section| !whole || SPEAKING.contains(section));
    let mut asked: Vec<(bool, String)> =
        asked.filter_map(|s| ask(*s, named)).map(|(decision, text)| (decision, text.to_owned())).collect();
    if named && sections.iter().any(|s| matches!(s, Section::Changes | Section::Annex)) {
        asked.extend(conflicts(material).into_iter().map(|text| (true, text)));
    }
    if asked.is_empty() {
        asked.push((false, "note this paper".to_owned()));
    }
    asked.sort_by_key(|(decision, _)| !decision);
    let purpose = match (asked.iter().any(|(d, _)| *d), asked.iter().any(|(d, _)| !*d)) {
        (true, true) => "For decision and for information",
        (true, false) => "For decision",
        _ => "For information",
    };
    let last = asked.len() - 1;
    let end = |index: usize| if index == last { "." } else { ";" };
    let asks = asked.iter().enumerate().map(|(index, (_, text))| format!("{text}{}", end(index)));
    (purpose.to_owned(), asks.collect())
}

/// The decisions that something more serious has overtaken: each is to be taken again.
fn conflicts(material: &Material<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for standing in material.standings {
        let Some((decision, Ruling::InConflict)) = &standing.outcome.decision else { continue };
        let level = |level: Option<u8>| level.map_or("none".to_owned(), |l| l.to_string());
        out.push(format!(
            "decide the level of {} ({}) again: level {} was decided, and level {} is proposed for what became \
             known later",
            material.name(standing.code()),
            standing.code(),
            decision.level,
            level(standing.outcome.proposed)
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::quarterly::{Part, pack, part};
    use crate::documents::sample::Sample;

    /// A committee with the sections of these words.
    fn committee(sample: &Sample, audience: Audience, sections: &[Section]) -> Committee {
        Committee { audience, sections: sections.to_vec(), ..sample.pipeline.committees[0].clone() }
    }

    #[test]
    fn a_committee_with_its_own_sections_gets_them_in_its_order_under_their_title() {
        let sample = Sample::new("2026-10-14");
        let sections = [Section::Movements, Section::Summary, Section::Visits, Section::Summary];
        let pack = pack(&sample.material(), &committee(&sample, Audience::Named, &sections));
        assert_eq!(pack.head.title, "GP support: level movements, summary and visits");
        assert_eq!(pack.headings, ["Level movements", "Summary", "(a) Data and visits"]);
        assert_eq!(pack.order, ["movements", "summary", "visits"]);
        assert_eq!(pack.purpose, "For information");
        assert_eq!(
            pack.asks,
            [
                "note which practices moved between levels, and why;",
                "note the position at the end of the quarter;",
                "note the visits that were made, and those that are overdue."
            ]
        );
        assert!(pack.exceptions.is_none() && pack.annex.is_none());
    }

    #[test]
    fn titles_say_what_is_in_a_paper() {
        let sample = Sample::new("2026-10-14");
        let of = |sections: &[Section]| title(&committee(&sample, Audience::Named, sections));
        assert_eq!(of(&[]), "GP support: quarterly pack");
        assert_eq!(of(&[Section::Exceptions]), "GP support: exceptions");
        let all: Vec<Section> = Section::WORDS.iter().map(|(_, section)| *section).collect();
        assert_eq!(of(&all), "GP support: quarterly pack", "listing every section is the whole pack");
        assert_eq!(of(&all[..5]), "GP support: quarterly pack, 5 sections of it");
    }

    #[test]
    fn a_whole_pack_asks_for_the_decision_first_and_a_public_one_for_none() {
        let sample = Sample::new("2026-10-14");
        let (purpose, asked) = asks(&sample.material(), &committee(&sample, Audience::Named, &[]));
        assert_eq!(purpose, "For decision and for information");
        assert_eq!(asked.len(), 5);
        assert!(asked[0].starts_with("confirm the proposed levels of support"), "{asked:?}");
        let (purpose, asked) = asks(&sample.material(), &committee(&sample, Audience::Public, &[]));
        assert_eq!(purpose, "For information");
        assert!(!asked.iter().any(|ask| ask.starts_with("confirm")), "{asked:?}");
        let (_, asked) = asks(&sample.material(), &committee(&sample, Audience::Named, &[Section::Sources]));
        assert_eq!(asked, ["note this paper."]);
    }

    #[test]
    fn a_decision_that_was_overtaken_is_asked_for_by_name() {
        let mut sample = Sample::new("2026-10-14");
        let standing = sample.practice("P81001", Some(4));
        standing.outcome.decision = Some((crate::documents::sample::decision(2), Ruling::InConflict));
        let (_, asked) = asks(&sample.material(), &committee(&sample, Audience::Named, &[]));
        assert_eq!(
            asked[1],
            "decide the level of Practice P81001 (P81001) again: level 2 was decided, and level 4 is proposed for \
             what became known later;"
        );
        let (_, asked) = asks(&sample.material(), &committee(&sample, Audience::Public, &[]));
        assert!(!asked.iter().any(|ask| ask.contains("P81001")), "a public pack names nobody");
    }

    #[test]
    fn a_part_of_a_pack_says_which_it_is_and_asks_what_the_whole_asks() {
        let sample = Sample::new("2026-10-14");
        let whole = committee(&sample, Audience::Named, &[]);
        let cut = Part { sections: &[Section::Sources], number: 2, of: 3 };
        let part = part(&sample.material(), &whole, cut);
        assert_eq!(part.head.title, "GP support: quarterly pack, part 2 of 3");
        assert_eq!(part.order, ["sources"]);
        assert_eq!(part.asks, pack(&sample.material(), &whole).asks);
    }
}
