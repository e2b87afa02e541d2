//! What runs within a line: emphasis, links, badges.

use super::super::error::RenderError;
use super::super::tree::{BadgeShape, Change, Inline, Target};
use super::blocks::Reader;
use super::element::{Child, Element};
use super::vocabulary::{ELEMENTS, INLINE, NOTHING, SHAPES, TONES};

const BADGE_SHAPES: [BadgeShape; 7] = [
    BadgeShape::Circle,
    BadgeShape::Square,
    BadgeShape::Diamond,
    BadgeShape::Triangle,
    BadgeShape::Hexagon,
    BadgeShape::Ring,
    BadgeShape::Bar,
];

impl Reader<'_> {
    /// Inline content of an element that holds nothing else.
    pub fn inlines(&mut self, parent: Element<'_>) -> Result<Vec<Inline>, RenderError> {
        let mut found = Vec::new();
        for child in parent.children()? {
            found.push(match child {
                Child::Text(text) => Inline::Text(text.to_owned()),
                Child::Element(e) => self.inline(e.checked(INLINE, ELEMENTS)?)?,
            });
        }
        Ok(found)
    }

    /// One inline element, already checked.
    pub fn inline(&mut self, element: Element<'_>) -> Result<Inline, RenderError> {
        let id = self.id(element)?;
        let change = match element.name() {
            "br" => return Ok(Inline::Break),
            "a" => return self.anchor(element, id),
            "strong" => Change::Bold,
            "em" => Change::Italic,
            "small" => Change::Small,
            _ if element.has_class("badge") || element.has_class("chip") => {
                let inside = vec![badge(element)?];
                return Ok(Inline::Styled { change: Change::Nothing, id, inside });
            }
            _ if element.has_class("small") => Change::Small,
            _ if element.has_class("muted") => Change::Muted,
            _ => Change::Nothing,
        };
        Ok(Inline::Styled { change, id, inside: self.inlines(element)? })
    }

    fn anchor(&mut self, element: Element<'_>, id: Option<String>) -> Result<Inline, RenderError> {
        const ALLOWED: &str = "\"#id\", or an address that starts with https://, http:// or mailto:";
        let href = element.attribute("href").ok_or_else(|| element.missing("href"))?;
        let external = ["https://", "http://", "mailto:"].iter().any(|scheme| href.starts_with(scheme));
        let target = match href.strip_prefix('#') {
            Some(id) if !id.is_empty() => {
                self.link(element, id);
                Target::Id(id.to_owned())
            }
            None if external && !href.contains(|c: char| c.is_whitespace() || c.is_control()) => {
                Target::Address(href.to_owned())
            }
            _ => return Err(element.value("href", ALLOWED)),
        };
        let inside = self.inlines(element)?;
        match is_blank(&inside) {
            true => Err(element.missing("words that say where it leads")),
            false => Ok(Inline::Link { at: element.at(), id, target, inside }),
        }
    }
}

fn badge(element: Element<'_>) -> Result<Inline, RenderError> {
    let text = words_only(element)?;
    if element.has_class("chip") {
        return Ok(Inline::Badge { shape: None, tone: None, text });
    }
    let place_in = |list: &[&str]| list.iter().position(|class| element.has_class(class));
    let shape = place_in(SHAPES).and_then(|i| BADGE_SHAPES.get(i).copied());
    let tone = place_in(TONES);
    match (shape, tone) {
        (Some(_), Some(_)) => Ok(Inline::Badge { shape, tone, text }),
        (None, _) => Err(element.missing(&format!("a shape class: {}", SHAPES.join(", ")))),
        (_, None) => Err(element.missing(&format!("a tone class: {}", TONES.join(", ")))),
    }
}

fn words_only(element: Element<'_>) -> Result<String, RenderError> {
    element.children()?.into_iter().try_for_each(|child| match child {
        Child::Element(e) => e.checked(NOTHING, ELEMENTS).map(|_| ()),
        Child::Text(_) => Ok(()),
    })?;
    match element.words() {
        words if words.is_empty() => Err(element.missing("words: a shape or colour alone says nothing")),
        words => Ok(words),
    }
}

/// White space that collapses; a no-break space does not.
fn is_space(text: &str) -> bool {
    text.trim_matches([' ', '\t', '\n', '\r']).is_empty()
}

/// Whether there is nothing to read.
pub(super) fn is_blank(inlines: &[Inline]) -> bool {
    inlines.iter().all(|inline| match inline {
        Inline::Text(text) => is_space(text),
        Inline::Styled { inside, id, .. } => id.is_none() && is_blank(inside),
        Inline::Break => true,
        Inline::Link { .. } | Inline::Badge { .. } => false,
    })
}

/// Drops white space at both ends of a stretch of loose text.
pub(super) fn tidy(mut inlines: Vec<Inline>) -> Vec<Inline> {
    let blank = |i: &Inline| matches!(i, Inline::Text(t) if is_space(t));
    while inlines.last().is_some_and(blank) {
        inlines.pop();
    }
    inlines.into_iter().skip_while(|i| blank(i)).collect()
}
