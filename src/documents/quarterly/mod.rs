//! The quarterly pack, section by section, for a named or a public audience.
//!
//! A public pack is made without any practice in it: what could tell one is not in the data, so no
//! template can print it.

mod annex;
#[cfg(test)]
mod bare;
mod best_practice;
mod changes;
mod exceptions;
pub(in crate::documents) mod keys;
mod movements;
mod paper;
#[cfg(test)]
mod silence;
mod sources;
mod summary;
mod support;
mod themes;
mod timeliness;
mod visits;

use std::collections::BTreeMap;

use serde::Serialize;

pub use annex::AnnexRow;
pub use exceptions::ExceptionRow;
pub(super) use exceptions::{in_words as clock_in_words, row as exception_row};
pub use movements::{CauseRow, MovementRow, Movements, Tally};
pub use paper::{heading, sections};
pub use summary::LevelBar;
pub(super) use visits::next_planned as planned;

use super::suppress::Figures;
use super::{Claim, Head, Material, Reader, SetAside, Written};
use crate::pipeline::{Audience, Committee, Section};

/// The pack of one committee.
#[derive(Debug, Clone, Serialize)]
pub struct QuarterlyPack {
    /// What it says about itself.
    pub head: Head,
    /// Whether practices are named.
    pub named: bool,
    /// The counts that are not shown, in words: `1 to 4`; empty in a named pack.
    pub hides: String,
    /// What it is for: for decision, or for information.
    pub purpose: String,
    /// What the committee is asked to do.
    pub asks: Vec<String>,
    /// Rows set aside that cannot wait, for the first page; empty in a public pack.
    pub set_aside: Vec<SetAside>,
    /// Its sections in order, each by its word in `committees.toml`; a section that the committee does not
    /// get is absent.
    pub order: Vec<&'static str>,
    /// The figures of the quarter in brief.
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
    /// The paragraphs, and what is left out.
    pub written: Written,
    /// The sections in which paragraphs stand, as headings: where this one has none, a reader finds them there.
    pub elsewhere: Vec<String>,
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

/// A part of the pack of a committee; it says which, and asks what the whole asks.
pub fn part(material: &Material<'_>, committee: &Committee, part: Part<'_>) -> QuarterlyPack {
    let narrowed = Committee { sections: part.sections.to_vec(), ..committee.clone() };
    let mut out = pack(material, &narrowed);
    (out.purpose, out.asks) = paper::asks(material, committee);
    out.head.title = format!("{}, part {} of {}", paper::title(committee), part.number, part.of);
    out.head.short = format!("{}, {}", out.head.title, material.quarter.short());
    out
}

/// The pack of a committee.
pub fn pack(material: &Material<'_>, committee: &Committee) -> QuarterlyPack {
    match committee.audience {
        Audience::Named => write(material, committee, Reader::NAMED),
        Audience::Public => {
            let mut out = write(material, committee, Reader::public(material.figures()));
            out.forget_sources();
            out
        }
    }
}

/// What public packs of this date show. It is decided for all sections together, whichever of them a
/// committee gets: who reads one public paper can read another.
pub fn settle(material: &Material<'_>) -> Figures {
    let all = material.pipeline.committees.first().map(|any| Committee {
        audience: Audience::Public,
        sections: Vec::new(),
        ..any.clone()
    });
    Figures::settle(material.pipeline.small_numbers, &material.published, |figures| {
        all.as_ref().map(|all| write(material, all, Reader::public(figures)));
    })
}

fn write(material: &Material<'_>, committee: &Committee, reader: Reader<'_>) -> QuarterlyPack {
    let sections = sections(committee);
    let has = |section: Section| sections.contains(&section);
    let title = paper::title(committee);
    let short = format!("{}, {}", title, material.quarter.short());
    let head = Head::new(material, title, short, &committee.name, !reader.named());
    let (purpose, asks) = paper::asks(material, committee);
    QuarterlyPack {
        head,
        named: reader.named(),
        hides: if reader.named() { String::new() } else { material.pipeline.small_numbers.in_words() },
        purpose,
        asks,
        set_aside: if reader.named() { material.set_aside.clone() } else { Vec::new() },
        order: sections.iter().map(|section| section.word()).collect(),
        summary: has(Section::Summary).then(|| summary::summary(material, reader)),
        visits: has(Section::Visits).then(|| visits::visits(material, reader)),
        themes: has(Section::Themes).then(|| themes::themes(material, reader)),
        support: has(Section::Support).then(|| support::support(material, reader)),
        best_practice: has(Section::BestPractice).then(|| best_practice::best_practice(material, reader)),
        changes: has(Section::Changes).then(|| changes::changes(material, reader)),
        narrative: has(Section::Narrative).then(|| narrative(material, reader, &sections)),
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

/// (f), and in which other sections of the pack people wrote something.
fn narrative(material: &Material<'_>, reader: Reader<'_>, sections: &[Section]) -> Narrative {
    let somebody_wrote = |section: &&Section| {
        let name = section.written_as().filter(|_| **section != Section::Narrative);
        name.is_some_and(|name| !super::narrative::written(material, name, reader).paragraphs.is_empty())
    };
    let elsewhere = sections.iter().filter(somebody_wrote).map(|s| heading(*s).to_owned()).collect();
    Narrative { written: super::narrative::written(material, "Narrative", reader), elsewhere }
}

impl QuarterlyPack {
    /// Takes out which files the sentences and paragraphs rest on: that is for those who can ask for them.
    fn forget_sources(&mut self) {
        fn parts<T>(
            part: Option<&mut T>,
            of: impl Fn(&mut T) -> (Option<&mut Vec<Claim>>, Option<&mut Written>),
        ) {
            let Some((claims, written)) = part.map(of) else { return };
            claims.into_iter().flatten().for_each(Claim::forget_sources);
            written.into_iter().for_each(Written::forget_sources);
        }
        parts(self.summary.as_mut(), |s| (Some(&mut s.claims), Some(&mut s.narrative)));
        parts(self.visits.as_mut(), |s| (Some(&mut s.claims), Some(&mut s.narrative)));
        parts(self.themes.as_mut(), |s| (Some(&mut s.claims), Some(&mut s.narrative)));
        parts(self.support.as_mut(), |s| (Some(&mut s.claims), Some(&mut s.narrative)));
        parts(self.best_practice.as_mut(), |s| (None, Some(&mut s.narrative)));
        parts(self.changes.as_mut(), |s| (Some(&mut s.claims), Some(&mut s.narrative)));
        parts(self.narrative.as_mut(), |s| (None, Some(&mut s.written)));
        parts(self.exceptions.as_mut(), |s| (Some(&mut s.claims), None));
        for found in self.best_practice.iter_mut().flat_map(|b| &mut b.found) {
            found.source.clear();
        }
    }
}
