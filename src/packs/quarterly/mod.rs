//! The quarterly pack, section by section, for a named or a public audience.
//!
//! A public pack is made without any practice in it: what could tell one is not in the data, so no
//! template can print it.

mod annex;
mod best_practice;
mod changes;
mod exceptions;
mod movements;
mod sources;
mod summary;
mod support;
mod themes;
mod visits;

use std::collections::BTreeMap;

use serde::Serialize;

pub use annex::AnnexRow;
pub use exceptions::ExceptionRow;
pub(super) use exceptions::{in_words as clock_in_words, row as exception_row};
pub use movements::{CauseRow, MovementRow, Movements, Tally};
pub use summary::LevelBar;

use super::{Head, Material, Paragraph, Reader};
use crate::pipeline::{Audience, Committee, Section};

/// The pack of one committee.
#[derive(Debug, Clone, Serialize)]
pub struct QuarterlyPack {
    /// What it says about itself.
    pub head: Head,
    /// Whether practices are named.
    pub named: bool,
    /// Whether it is the whole pack and not only a part of it.
    pub whole: bool,
    /// Its sections, in order; a section that the committee does not get is absent.
    pub summary: Option<summary::Summary>,
    /// (a) Data and visits.
    pub visits: Option<visits::Visits>,
    /// (b) Themes.
    pub themes: Option<themes::Themes>,
    /// (c) Support offered and taken up.
    pub support: Option<support::Support>,
    /// (d) Best practice.
    pub best_practice: Option<best_practice::BestPractice>,
    /// (e) Changes to the plan.
    pub changes: Option<changes::Changes>,
    /// (f) Narrative.
    pub narrative: Option<Narrative>,
    /// Exceptions.
    pub exceptions: Option<exceptions::Exceptions>,
    /// Movements between levels.
    pub movements: Option<movements::Movements>,
    /// Sources and the quality of the data.
    pub sources: Option<sources::Sources>,
    /// Every practice; empty in a public pack.
    pub annex: Option<annex::Annex>,
    /// Whether anything was ever received that could hold rows of a fact, by the fact's name: where nothing
    /// was, a section says so instead of "none".
    pub received: BTreeMap<String, bool>,
    /// The headings that the finished document must have, in order.
    pub headings: Vec<String>,
}

/// (f) What people wrote beside the figures.
#[derive(Debug, Clone, Serialize)]
pub struct Narrative {
    /// The paragraphs.
    pub paragraphs: Vec<Paragraph>,
    /// Paragraphs left out because they name a practice.
    pub withheld: usize,
}

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

/// The sections that a committee's pack has, in order. A public pack has no annex.
pub fn sections(committee: &Committee) -> Vec<Section> {
    let all = Section::WORDS.iter().map(|(_, section)| *section);
    all.filter(|s| committee.sections.is_empty() || committee.sections.contains(s))
        .filter(|s| committee.audience == Audience::Named || *s != Section::Annex)
        .collect()
}

/// One of several documents into which a pack is cut because it is too large for a message.
#[derive(Debug, Clone, Copy)]
pub struct Part<'s> {
    /// The sections in it.
    pub sections: &'s [Section],
    /// Its number.
    pub number: usize,
    /// Of how many.
    pub of: usize,
}

/// A part of the pack of a committee; it says which.
pub fn part(material: &Material<'_>, committee: &Committee, part: Part<'_>) -> QuarterlyPack {
    let whole = committee.sections.is_empty();
    let narrowed = Committee { sections: part.sections.to_vec(), ..committee.clone() };
    let mut out = pack(material, &narrowed);
    out.whole = whole;
    out.head.title = format!("{}, part {} of {}", title(whole), part.number, part.of);
    out.head.short = format!("{}, {}", out.head.title, material.quarter.short());
    out
}

fn title(whole: bool) -> String {
    if whole { "GP support: quarterly pack".to_owned() } else { "GP support: exceptions".to_owned() }
}

/// The pack of a committee.
pub fn pack(material: &Material<'_>, committee: &Committee) -> QuarterlyPack {
    let reader = Reader { audience: committee.audience };
    let sections = sections(committee);
    let has = |section: Section| sections.contains(&section);
    let whole = committee.sections.is_empty();
    let title = title(whole);
    let short = format!("{}, {}", title, material.quarter.short());
    let head = Head::new(material, title, short, &committee.name, !reader.named());
    QuarterlyPack {
        head,
        named: reader.named(),
        whole,
        summary: has(Section::Summary).then(|| summary::summary(material, reader)),
        visits: has(Section::Visits).then(|| visits::visits(material, reader)),
        themes: has(Section::Themes).then(|| themes::themes(material, reader)),
        support: has(Section::Support).then(|| support::support(material, reader)),
        best_practice: has(Section::BestPractice).then(|| best_practice::best_practice(material, reader)),
        changes: has(Section::Changes).then(|| changes::changes(material, reader)),
        narrative: has(Section::Narrative).then(|| {
            let (paragraphs, withheld) = super::narrative::paragraphs(material, "Narrative", reader);
            Narrative { paragraphs, withheld }
        }),
        exceptions: has(Section::Exceptions).then(|| exceptions::exceptions(material, reader)),
        movements: has(Section::Movements).then(|| movements::movements(material, reader)),
        sources: has(Section::Sources).then(|| sources::sources(material, reader)),
        annex: has(Section::Annex).then(|| annex::annex(material)),
        received: (material.pipeline.facts.keys())
            .map(|fact| (fact.clone(), material.feeds_behind(fact).any(|feed| feed.receipt.is_some())))
            .collect(),
        headings: sections.into_iter().map(|s| heading(s).to_owned()).collect(),
    }
}
