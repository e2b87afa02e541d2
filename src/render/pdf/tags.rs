//! The logical structure that a screen reader walks: built in document order while laying out,
//! filled with the numbers of painted content later.
//!
//! An element's content is a list of children and *slots*. A slot is a place for text or graphics
//! at that point of the reading order; whatever is painted for it, on however many pages, ends up
//! there. So the order read aloud is the order of the document, however it was painted.

use super::tree::Scope;

/// An element of the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ElementId(pub usize);

/// A place for content in an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SlotId(pub usize);

/// Standard structure types (ISO 32000-1, 14.8.4) in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Document,
    Sect,
    Div,
    H1,
    H2,
    H3,
    P,
    L,
    LI,
    Lbl,
    LBody,
    Table,
    Caption,
    THead,
    TBody,
    TR,
    TH,
    TD,
    Figure,
    Link,
    Reference,
    Toc,
    Toci,
}

impl Tag {
    /// The name in the file.
    pub fn name(self) -> String {
        match self {
            Self::Toc => "TOC".into(),
            Self::Toci => "TOCI".into(),
            other => format!("{other:?}"),
        }
    }

    /// Heading of a level from 1 to 3.
    pub fn heading(level: u8) -> Self {
        match level {
            1 => Self::H1,
            2 => Self::H2,
            _ => Self::H3,
        }
    }

    /// Whether the element means something without content.
    fn stands_empty(self) -> bool {
        matches!(self, Self::Document | Self::TH | Self::TD | Self::LBody | Self::LI | Self::TR)
    }
}

/// What an element says beyond its type.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Detail {
    #[default]
    None,
    Cell {
        scope: Option<Scope>,
        columns: usize,
        rows: usize,
    },
    List {
        ordered: bool,
    },
    /// Alternative text, and the box on its page once that is known: left, bottom, right, top.
    Figure {
        alt: String,
        bounds: Option<[f32; 4]>,
    },
}

/// A child or a place for content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kid {
    Element(ElementId),
    Slot(SlotId),
    /// A link's annotation, by its number in the document.
    Annotation(usize),
}

/// An element and its content.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub tag: Tag,
    pub parent: Option<ElementId>,
    pub kids: Vec<Kid>,
    pub detail: Detail,
}

/// What was painted for a slot: page and number on that page, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    pub element: ElementId,
    pub painted: Vec<(usize, usize)>,
}

/// The whole structure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tags {
    pub elements: Vec<Element>,
    pub slots: Vec<Slot>,
}

impl Default for Tags {
    fn default() -> Self {
        Self::new()
    }
}

impl Tags {
    /// The document element, which is always there.
    pub const ROOT: ElementId = ElementId(0);

    pub fn new() -> Self {
        let root = Element { tag: Tag::Document, parent: None, kids: Vec::new(), detail: Detail::None };
        Self { elements: vec![root], slots: Vec::new() }
    }

    /// A new last child.
    pub fn child(&mut self, parent: ElementId, tag: Tag) -> ElementId {
        self.child_with(parent, tag, Detail::None)
    }

    /// A new last child that says more.
    pub fn child_with(&mut self, parent: ElementId, tag: Tag, detail: Detail) -> ElementId {
        let id = ElementId(self.elements.len());
        self.elements.push(Element { tag, parent: Some(parent), kids: Vec::new(), detail });
        self.elements[parent.0].kids.push(Kid::Element(id));
        id
    }

    /// A place for content at the end of an element; the one already there is used again.
    pub fn slot(&mut self, element: ElementId) -> SlotId {
        if let Some(Kid::Slot(last)) = self.elements[element.0].kids.last() {
            return *last;
        }
        let id = SlotId(self.slots.len());
        self.slots.push(Slot { element, painted: Vec::new() });
        self.elements[element.0].kids.push(Kid::Slot(id));
        id
    }

    /// Ties a link's annotation to its element.
    pub fn annotation(&mut self, element: ElementId, number: usize) {
        self.elements[element.0].kids.push(Kid::Annotation(number));
    }

    /// Type of the element a slot belongs to.
    pub fn tag(&self, slot: SlotId) -> Tag {
        self.elements[self.slots[slot.0].element.0].tag
    }

    /// Sets where a figure came to lie.
    pub fn bound(&mut self, element: ElementId, found: [f32; 4]) {
        if let Detail::Figure { bounds, .. } = &mut self.elements[element.0].detail {
            *bounds = Some(found);
        }
    }

    /// Takes out slots nothing was painted for and elements that are left without content.
    pub fn prune(&mut self) {
        // Children come after their parents, so one pass from the end sees every child first.
        for i in (0..self.elements.len()).rev() {
            let kids = std::mem::take(&mut self.elements[i].kids);
            self.elements[i].kids = kids.into_iter().filter(|kid| self.is_filled(*kid)).collect();
        }
    }

    fn is_filled(&self, kid: Kid) -> bool {
        match kid {
            Kid::Element(id) => {
                let element = &self.elements[id.0];
                !element.kids.is_empty() || element.tag.stands_empty()
            }
            Kid::Slot(id) => !self.slots[id.0].painted.is_empty(),
            Kid::Annotation(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_keep_the_reading_order_around_children() {
        let mut tags = Tags::new();
        let p = tags.child(Tags::ROOT, Tag::P);
        let before = tags.slot(p);
        assert_eq!(tags.slot(p), before, "nothing between");
        let link = tags.child(p, Tag::Link);
        let after = tags.slot(p);
        assert_eq!(tags.elements[p.0].kids, [Kid::Slot(before), Kid::Element(link), Kid::Slot(after)]);
    }

    #[test]
    fn empty_elements_go_and_empty_cells_stay() {
        let mut tags = Tags::new();
        let div = tags.child(Tags::ROOT, Tag::Div);
        tags.child(div, Tag::P);
        let row = tags.child(Tags::ROOT, Tag::TR);
        tags.child(row, Tag::TD);
        tags.prune();
        assert_eq!(tags.elements[0].kids, [Kid::Element(row)]);
        assert_eq!(tags.elements[row.0].kids.len(), 1);
    }
}
