//! Blocks: from elements to the document tree.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::{Place, RenderError};
use super::super::fonts::is_invisible;
use super::super::tree::{Align, Block, GroupRole, Inline, Item, Kind, Look, ParagraphRole, plain_text};
use super::element::{Child, Element};
use super::inline::{is_blank, tidy};
use super::vocabulary::{ELEMENTS, FLOW, INLINE, SIMPLE};

/// Least and most key figures in a row.
const CARDS: std::ops::RangeInclusive<usize> = 2..=6;
/// Classes of a box, in the order of the theme's tints; the first is any other box.
const BOXES: [&str; 4] = ["box", "info", "warn", "decision"];

/// Reads a body and keeps the books on ids and links.
pub(super) struct Reader<'t> {
    /// Pictures that may be named.
    pub images: &'t BTreeMap<String, Vec<u8>>,
    ids: BTreeSet<String>,
    links: Vec<(Place, String)>,
    /// Level of the last heading.
    level: u8,
}

impl<'t> Reader<'t> {
    pub fn new(images: &'t BTreeMap<String, Vec<u8>>) -> Self {
        Self { images, ids: BTreeSet::new(), links: Vec::new(), level: 0 }
    }

    /// All blocks of the body; every internal link leads somewhere.
    pub fn body(mut self, body: Element<'_>) -> Result<Vec<Block>, RenderError> {
        let blocks = self.flow(body, FLOW)?;
        let misplaced = |b: &Block| matches!(b.kind, Kind::Group { role: GroupRole::Cover, .. });
        if let Some(late) = blocks.iter().skip(1).find(|b| misplaced(b)) {
            let place = body.source().place(late.at);
            return Err(RenderError::Structure {
                place,
                reason: "the cover must be the first block of the body".into(),
            });
        }
        match self.links.into_iter().find(|(_, id)| !self.ids.contains(id)) {
            Some((place, id)) => Err(RenderError::Link { place, id }),
            None => Ok(blocks),
        }
    }

    /// The element's id, entered in the book.
    pub fn id(&mut self, element: Element<'_>) -> Result<Option<String>, RenderError> {
        let Some(id) = element.id() else {
            return Ok(None);
        };
        match !id.trim().is_empty() && self.ids.insert(id.clone()) {
            true => Ok(Some(id)),
            false => Err(element.value("id", "a name that no other element has")),
        }
    }

    /// A link to an id, to be checked when all ids are known.
    pub fn link(&mut self, element: Element<'_>, id: &str) {
        self.links.push((element.place(), id.to_owned()));
    }

    /// Blocks and loose text inside an element.
    pub fn flow(&mut self, parent: Element<'_>, allowed: &[&str]) -> Result<Vec<Block>, RenderError> {
        let both = [allowed, INLINE].concat();
        let mut blocks = Vec::new();
        let mut loose = Vec::new();
        for child in parent.children()? {
            match child {
                Child::Text(text) => loose.push(Inline::Text(text.to_owned())),
                Child::Element(e) if INLINE.contains(&e.name()) => {
                    loose.push(self.inline(e.checked(&both, ELEMENTS)?)?);
                }
                Child::Element(e) => {
                    flush(parent, &mut loose, &mut blocks);
                    blocks.push(self.block(e.checked(&both, ELEMENTS)?, parent)?);
                }
            }
        }
        flush(parent, &mut loose, &mut blocks);
        Ok(blocks)
    }

    /// Paragraphs and lists only, as in a cell; they cannot ask for a new page.
    pub fn simple(&mut self, parent: Element<'_>) -> Result<Vec<Block>, RenderError> {
        let blocks = self.flow(parent, SIMPLE)?;
        match blocks.iter().any(|b| b.page_break) {
            true => Err(parent.structure(format!("page-break cannot be used inside <{}>", parent.name()))),
            false => Ok(blocks),
        }
    }

    fn block(&mut self, element: Element<'_>, parent: Element<'_>) -> Result<Block, RenderError> {
        let mut block = Block {
            at: element.at(),
            id: self.id(element)?,
            page_break: element.has_class("page-break"),
            keep: element.has_class("keep"),
            look: look(element),
            kind: Kind::Contents,
        };
        block.kind = match element.name() {
            "h1" => self.heading(element, 1)?,
            "h2" => self.heading(element, 2)?,
            "h3" => self.heading(element, 3)?,
            "p" => Kind::Paragraph { text: self.inlines(element)?, role: paragraph_role(element) },
            "ul" => self.list(element, false)?,
            "ol" => self.list(element, true)?,
            "table" => Kind::Table(self.table(element)?),
            "figure" | "svg" | "img" => Kind::Figure(self.figure(element)?),
            "section" => self.section(element, parent)?,
            "div" => self.division(element)?,
            _ => self.contents(element)?,
        };
        Ok(block)
    }

    fn heading(&mut self, element: Element<'_>, level: u8) -> Result<Kind, RenderError> {
        let last = std::mem::replace(&mut self.level, level);
        if level > last + 1 {
            let reason = match last {
                0 => format!("the first heading is an <h{level}>; it must be an <h1>"),
                _ => {
                    format!("an <h{level}> follows an <h{last}>; a heading level cannot be skipped")
                }
            };
            return Err(element.structure(reason));
        }
        let text = self.inlines(element)?;
        let unseen = |c: char| c.is_whitespace() || is_invisible(c);
        match plain_text(&text).chars().all(unseen) {
            true => Err(element.missing("words")),
            false => Ok(Kind::Heading { level, text }),
        }
    }

    fn list(&mut self, element: Element<'_>, ordered: bool) -> Result<Kind, RenderError> {
        let read = |item: Element<'_>| Ok(Item { id: self.id(item)?, blocks: self.simple(item)? });
        let items = element.elements(&["li"])?.into_iter().map(read).collect::<Result<_, RenderError>>()?;
        Ok(Kind::List { ordered, items })
    }

    fn section(&mut self, element: Element<'_>, parent: Element<'_>) -> Result<Kind, RenderError> {
        let role = match (element.has_class("cover"), element.has_class("landscape")) {
            (true, true) => {
                return Err(element.structure("a section is either cover or landscape".into()));
            }
            (true, false) => GroupRole::Cover,
            (false, true) => GroupRole::Landscape,
            (false, false) => GroupRole::Section,
        };
        let outermost = matches!(parent.name(), "body" | "section") && !parent.has_class("cover");
        if !outermost && role != GroupRole::Section {
            let reason = "a cover or landscape section stands in the body or in a plain section";
            return Err(element.structure(reason.into()));
        }
        Ok(Kind::Group { role, blocks: self.flow(element, FLOW)? })
    }

    fn division(&mut self, element: Element<'_>) -> Result<Kind, RenderError> {
        if element.has_class("kpis") {
            return self.cards(element);
        }
        if element.has_class("kpi") {
            return Err(element.structure("a kpi stands inside <div class=\"kpis\">".into()));
        }
        let variant = (1..BOXES.len()).find(|i| element.has_class(BOXES[*i]));
        let role = match (element.has_class("box"), variant) {
            (true, variant) => GroupRole::Panel(variant.unwrap_or(0)),
            (false, None) => GroupRole::Division,
            (false, Some(i)) => {
                return Err(element.structure(format!("class {0} needs box: class=\"box {0}\"", BOXES[i])));
            }
        };
        Ok(Kind::Group { role, blocks: self.flow(element, FLOW)? })
    }

    fn cards(&mut self, element: Element<'_>) -> Result<Kind, RenderError> {
        let cards = element.elements(&["div"])?;
        if let Some(other) = cards.iter().find(|c| !c.has_class("kpi")) {
            return Err(other.structure("inside kpis every <div> is a kpi".into()));
        }
        if !CARDS.contains(&cards.len()) {
            let reason = format!("a row of kpis has 2 to 6 cards, this one has {}", cards.len());
            return Err(element.structure(reason));
        }
        let read = |card: Element<'_>| self.simple(card);
        Ok(Kind::Cards(cards.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    fn contents(&mut self, element: Element<'_>) -> Result<Kind, RenderError> {
        if !element.has_class("toc") {
            return Err(element.missing("class=\"toc\""));
        }
        match element.elements(&[]).is_ok() {
            true => Ok(Kind::Contents),
            false => {
                Err(element
                    .structure("<nav class=\"toc\"/> is filled by the renderer and must be empty".into()))
            }
        }
    }
}

fn flush(parent: Element<'_>, loose: &mut Vec<Inline>, blocks: &mut Vec<Block>) {
    let text = std::mem::take(loose);
    if is_blank(&text) {
        return;
    }
    let kind = Kind::Paragraph { text: tidy(text), role: ParagraphRole::Loose };
    let look = Look::default();
    blocks.push(Block { at: parent.at(), id: None, page_break: false, keep: false, look, kind });
}

/// The look an element's classes ask for.
pub(super) fn look(element: Element<'_>) -> Look {
    let align = match (element.has_class("num"), element.has_class("center")) {
        (true, _) => Some(Align::Right),
        (_, true) => Some(Align::Centre),
        _ => None,
    };
    Look { muted: element.has_class("muted"), small: element.has_class("small"), align }
}

fn paragraph_role(element: Element<'_>) -> ParagraphRole {
    [
        ("value", ParagraphRole::Value),
        ("label", ParagraphRole::Label),
        ("note", ParagraphRole::Note),
        ("lead", ParagraphRole::Lead),
    ]
    .into_iter()
    .find(|(class, _)| element.has_class(class))
    .map_or(ParagraphRole::Plain, |(_, role)| role)
}
