//! A document as it is written: its head, what it asks for, and its blocks.

use serde::Serialize;

use super::content::Block;
use super::context::{About, Context};
use super::suppress::Figures;
use super::{Head, Material, Reader, SetAside, blocks};
use crate::levels::Ruling;
use crate::pipeline::{Audience, Block as Wanted, Document, Subject};

/// A document as it is written.
#[derive(Debug, Clone, Serialize)]
pub struct Paper {
    /// What it says about itself.
    pub head: Head,
    /// The id of the document.
    pub document: String,
    /// Whether practices are named.
    pub named: bool,
    /// What it is for: for decision, or for information; empty where nothing is asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// Whether practices are named, in words.
    pub privacy: String,
    /// What the committee is asked to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<String>,
    /// What a reader needs to know of the levels, in a sentence or two.
    pub note: String,
    /// What it is about in a sentence, larger than the rest; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lead: String,
    /// Rows set aside that cannot wait, for the first page; empty in a public document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
    /// What stands at its end; empty where nothing does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub footer: String,
}

/// What a document is made for.
#[derive(Clone, Copy)]
pub struct Order<'o> {
    /// The document.
    pub document: &'o Document,
    /// What it is about.
    pub about: About<'o>,
    /// The name of the committee that gets it.
    pub committee: &'o str,
    /// Whether practices are named.
    pub audience: Audience,
    /// Which revision of its pack it is; the first, and one of no pack, do not say so.
    pub revision: u32,
}

/// One of several documents into which one is cut because it is too large for a message.
#[derive(Debug, Clone, Copy)]
pub struct Part<'s> {
    /// The ids of the blocks in it.
    pub blocks: &'s [String],
    /// Its number.
    pub number: usize,
    /// Of how many.
    pub of: usize,
}

impl Order<'_> {
    /// The ids of the blocks that it has.
    pub fn blocks(&self) -> Vec<String> {
        self.wanted().map(|block| block.id.clone()).collect()
    }

    fn wanted(&self) -> impl Iterator<Item = &Wanted> {
        self.document.blocks.iter().filter(|block| block.is_for(self.audience))
    }

    /// The title, and the short title of footers.
    fn titles(&self, material: &Material<'_>) -> (String, String) {
        let fill = |phrase: &crate::pipeline::Phrase| {
            let place = material.about.clone().unwrap_or_default();
            phrase.fill(|hole| match (hole.name, &self.about) {
                ("period", _) => material.period.short(),
                ("place" | "network", _) => place.clone(),
                ("code", About::Practice(standing)) => standing.code().to_owned(),
                ("practice", About::Practice(standing)) => material.name(standing.code()),
                ("code", About::Exception(event)) => event.exception.practice.clone(),
                ("practice", About::Exception(event)) => material.name(&event.exception.practice),
                ("event", About::Exception(event)) => event.event.to_owned(),
                _ => String::new(),
            })
        };
        let revision = match self.revision {
            0 | 1 => String::new(),
            later => format!(", revision {later}"),
        };
        (fill(&self.document.title) + &revision, fill(&self.document.short) + &revision)
    }

    /// The document, whole.
    pub fn paper(&self, material: &Material<'_>) -> Paper {
        let reader = match self.audience {
            Audience::Named => Reader::NAMED,
            Audience::Public => Reader::public(material.figures()),
        };
        self.write(material, reader, None)
    }

    /// A part of the document; it says which, and asks what the whole asks.
    pub fn part(&self, material: &Material<'_>, part: Part<'_>) -> Paper {
        let whole = self.paper(material);
        let mut paper = Paper { blocks: Vec::new(), ..whole.clone() };
        paper.blocks.extend(whole.blocks.into_iter().filter(|block| part.blocks.contains(&block.id)));
        let (title, _) = self.titles(material);
        paper.head.title = format!("{title}, part {} of {}", part.number, part.of);
        paper.head.short = format!("{}, {}", paper.head.title, material.period.short());
        paper
    }

    fn write(&self, material: &Material<'_>, reader: Reader<'_>, only: Option<&str>) -> Paper {
        let (title, short) = self.titles(material);
        let framework = &material.pipeline.framework;
        let named = reader.named();
        let of_one = self.document.about.subject() == Subject::Practice;
        let (purpose, asks) = if self.document.is_compared() {
            asks(material, &self.wanted().collect::<Vec<_>>(), named)
        } else {
            (String::new(), Vec::new())
        };
        let mut head = Head::new(material, title, short, self.committee, !named);
        if self.revision > 1 {
            head.replaces = format!("Revision {}: use it instead of the one before.", self.revision);
        }
        Paper {
            document: self.document.id.clone(),
            named,
            purpose,
            privacy: match named {
                true => "practices are named".to_owned(),
                false => format!(
                    "no practice is named, and no count of {} is shown",
                    material.pipeline.small_numbers.in_words()
                ),
            },
            asks,
            note: framework.note(),
            lead: match self.about {
                About::Exception(event) => blocks::headline(material, &event),
                _ => String::new(),
            },
            set_aside: match self.document.about.subject() {
                Subject::Practices if named => material.set_aside.clone(),
                _ => Vec::new(),
            },
            blocks: self
                .wanted()
                .filter(|wanted| only.is_none_or(|only| only == wanted.id))
                .map(|wanted| {
                    let all = &self.document.blocks;
                    let Order { about, committee, .. } = *self;
                    blocks::make(&Context { material, reader, wanted, all, about, committee })
                })
                .collect(),
            footer: match of_one {
                true => [
                    format!("{}.", head.framework),
                    framework.status.clone(),
                    format!("Run {}.", material.run),
                    "Numbers such as R0001 are receipts, with the cells of the sheet.".to_owned(),
                ]
                .into_iter()
                .filter(|words| !words.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
                false => String::new(),
            },
            head,
        }
    }
}

/// What public documents of this date show. It is decided for all blocks of all documents together, whichever
/// of them a committee gets: who reads one public paper can read another.
pub fn settle(material: &Material<'_>) -> Figures {
    let documents: Vec<&Document> = material
        .pipeline
        .documents
        .values()
        .filter(|d| d.is_compared() && d.period == material.period.every)
        .collect();
    Figures::settle(material.pipeline.small_numbers, &material.published, |figures| {
        for document in &documents {
            let (about, audience) = (About::Practices, Audience::Public);
            let order = Order { document, about, committee: "", audience, revision: 0 };
            order.write(material, Reader::public(figures), None);
        }
    })
}

impl Paper {
    /// The headings that the finished document must have, in order.
    pub fn headings(&self) -> Vec<String> {
        let headings = self.blocks.iter().map(|block| block.heading.clone());
        headings.filter(|heading| !heading.is_empty()).collect()
    }

    /// What it says in the text of a mail: the lines of the first block that speaks there.
    pub fn in_mail(&self) -> &[String] {
        self.blocks
            .iter()
            .map(|block| block.mail.as_slice())
            .find(|lines| !lines.is_empty())
            .unwrap_or_default()
    }
}

/// What a committee is asked to do, with what it is asked for: decisions come first.
fn asks(material: &Material<'_>, blocks: &[&Wanted], named: bool) -> (String, Vec<String>) {
    let mut asked: Vec<(bool, String)> = Vec::new();
    for block in blocks {
        asked.extend(block.ask.iter().map(|text| (false, text.clone())));
        asked.extend(block.decide.iter().map(|text| (true, text.clone())));
    }
    if named && blocks.iter().any(|block| matches!(block.kind.word, "changes" | "annex")) {
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
    let levels = &material.pipeline.levels;
    let mut out = Vec::new();
    for standing in material.standings {
        let Some((decision, Ruling::InConflict)) = &standing.outcome.decision else { continue };
        out.push(format!(
            "decide the level of {} ({}) again: {} was decided, and {} is proposed for what became known later",
            material.name(standing.code()),
            standing.code(),
            levels.in_words(Some(decision.level)),
            levels.in_words(standing.outcome.proposed)
        ));
    }
    out
}
