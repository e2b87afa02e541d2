//! What a block is made from: what is known, for whom, and the words that the pipeline chose.

use super::content::Block;
use super::suppress::Told;
use super::{Material, Reader, Standing, Written, narrative};
use crate::levels::Exception;
use crate::pipeline::{Audience, Block as Wanted, Subject};
use crate::wording::number;

/// What a block is made from.
#[derive(Clone, Copy)]
pub struct Context<'c> {
    /// What is known.
    pub material: &'c Material<'c>,
    /// For whom it is.
    pub reader: Reader<'c>,
    /// What the document says of the block.
    pub wanted: &'c Wanted,
    /// The other blocks of the document.
    pub all: &'c [Wanted],
    /// What the document is about.
    pub about: About<'c>,
    /// The committee it is for.
    pub committee: &'c str,
}

/// What a document is about.
#[derive(Clone, Copy)]
pub enum About<'c> {
    /// The practices of the material.
    Practices,
    /// One practice.
    Practice(&'c Standing),
    /// An exception.
    Exception(Event<'c>),
}

/// What became of an exception.
#[derive(Clone, Copy)]
pub struct Event<'c> {
    /// The exception.
    pub exception: &'c Exception,
    /// What happened, in one word: opened, worsened, breached, closed.
    pub event: &'c str,
    /// Whether documents about its practice go with it.
    pub accompanied: bool,
}

/// What stands in a place of a sentence.
pub enum Said {
    /// Words.
    Words(String),
    /// A count, as the reader is told it.
    Count(Told),
}

impl From<Told> for Said {
    fn from(told: Told) -> Self {
        Said::Count(told)
    }
}

impl From<String> for Said {
    fn from(words: String) -> Self {
        Said::Words(words)
    }
}

impl From<&str> for Said {
    fn from(words: &str) -> Self {
        Said::Words(words.to_owned())
    }
}

impl<'c> Context<'c> {
    /// A block with the heading that the document gives it.
    pub fn block(&self) -> Block {
        Block::new(&self.wanted.id, &self.wanted.heading)
    }

    /// Whether practices are named.
    pub fn named(&self) -> bool {
        self.reader.named()
    }

    /// A sentence that the pipeline chose, in which nothing is to be filled.
    pub fn text(&self, key: &str) -> String {
        self.say(key, &[])
    }

    /// A sentence that the pipeline chose, with its places filled.
    pub fn say(&self, key: &str, values: &[(&str, Said)]) -> String {
        self.wanted.text(key).fill(|place| {
            let value = values.iter().find(|(name, _)| *name == place.name).map(|(_, value)| value);
            match (value, place.counted) {
                (Some(Said::Count(told)), Some((one, many))) if place.first => told.words(one, many),
                (Some(Said::Count(told)), Some((one, many))) => told.inner(one, many),
                (Some(Said::Count(told)), None) => {
                    told.number().map_or_else(|| told.cell(), |n| number(n as f64))
                }
                (Some(Said::Words(words)), _) => words.clone(),
                (None, _) => String::new(),
            }
        })
    }

    /// What people wrote for the section of the narrative that stands in this block.
    pub fn written(&self) -> Written {
        let section = self.wanted.narrative.as_deref();
        section.map(|section| narrative::written(self.material, section, self.reader)).unwrap_or_default()
    }

    /// The headings of the other blocks of the document in which people wrote something.
    pub fn written_elsewhere(&self) -> Vec<String> {
        let audience = if self.named() { Audience::Named } else { Audience::Public };
        let others = self.all.iter().filter(|other| other.id != self.wanted.id && other.is_for(audience));
        others
            .filter(|other| !Context { wanted: other, ..*self }.written().paragraphs.is_empty())
            .map(|other| other.heading.clone())
            .collect()
    }

    /// Whether anything was ever received that could hold rows of a fact.
    pub fn received(&self, fact: &str) -> bool {
        self.material.feeds_behind(fact).any(|feed| feed.receipt.is_some())
    }

    /// The practice that the document is about.
    ///
    /// # Panics
    /// If it is about something else: the pipeline's checks let only blocks about a practice into it.
    pub fn standing(&self) -> &'c Standing {
        match self.about {
            About::Practice(standing) => standing,
            _ => unreachable!("the block `{}` is about {:?}", self.wanted.kind.word, Subject::Practice),
        }
    }

    /// The exception that the document is about.
    ///
    /// # Panics
    /// If it is about something else, as [`Context::standing`].
    pub fn event(&self) -> Event<'c> {
        match self.about {
            About::Exception(event) => event,
            _ => unreachable!("the block `{}` is about {:?}", self.wanted.kind.word, Subject::Exception),
        }
    }
}
