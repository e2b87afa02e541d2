//! Pages: grounds first, then pieces in reading order, then header and footer.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use printpdf::Op;

use super::super::fonts::Faces;
use super::super::layout::piece::{Item, Piece, Rect};
use super::super::layout::{Frame, Layout, Link, frame};
use super::super::paginate::{Sheeted, What};
use super::super::tags::Tags;
use super::super::theme::Theme;
use super::super::tree::{Meta, Picture};
use super::canvas::{Artifact, Canvas, Supplies};
use super::furniture::furnish;
use super::grounds::grounds;
use super::reading::Reading;
use super::sheet::{Notes, Sheet};

/// A link's target is shown with this much space above it.
const HEADROOM: f32 = 6.0;

/// A place in the document: page from 0, and a height on it from the bottom of the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    pub page: usize,
    pub left: f32,
    pub top: f32,
}

/// A clickable area: left, bottom, right, top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Annotation {
    pub page: usize,
    pub link: usize,
    pub area: [f32; 4],
}

/// A painted page.
pub(crate) struct PaintedPage {
    pub width: f32,
    pub height: f32,
    pub ops: Vec<Op>,
    pub text: String,
}

/// Everything the file is made of.
pub(crate) struct Painted {
    pub pages: Vec<PaintedPage>,
    pub tags: Tags,
    pub annotations: Vec<Annotation>,
    pub anchors: BTreeMap<String, Spot>,
    pub headings: Vec<Spot>,
    pub used: BTreeMap<usize, BTreeSet<char>>,
    pub opacities: BTreeSet<u8>,
    pub pictures: Vec<Rc<Picture>>,
}

/// Paints all pages.
pub(crate) fn paint(
    layout: &Layout,
    tags: Tags,
    sheets: &[Sheeted],
    theme: &Theme,
    faces: Faces<'_>,
    meta: &Meta,
) -> Painted {
    let mut supplies = Supplies { faces, tags, used: BTreeMap::new(), opacities: BTreeSet::new() };
    let heading_pages = pages_of_headings(&layout.pieces, sheets, layout.headings.len());
    let mut places = Places {
        annotations: Vec::new(),
        anchors: BTreeMap::new(),
        headings: vec![Spot { page: 0, left: 0.0, top: 0.0 }; heading_pages.len()],
    };
    let mut pictures = Vec::new();
    let mut pages = Vec::with_capacity(sheets.len());
    for (number, sheeted) in sheets.iter().enumerate() {
        let frame = frame(theme, sheeted.sheet);
        let mut canvas = Canvas::new(&mut supplies, number, frame.paper_height);
        for (path, dy) in grounds(sheeted, &layout.pieces, &layout.panels) {
            canvas.artifact(Artifact::Layout, |pen| pen.path(&path, frame.left, frame.top + dy));
        }
        let mut sheet = Sheet {
            frame,
            heading_pages: &heading_pages,
            pictures: &mut pictures,
            text: Reading::default(),
            notes: Notes::default(),
        };
        for placed in &sheeted.placed {
            match placed.what {
                What::Piece(i) => sheet.piece(&mut canvas, &layout.pieces[i], placed.top, false),
                What::Head(i) => sheet.piece(&mut canvas, &layout.heads[i], placed.top, true),
            }
        }
        let count = (number + 1, sheets.len());
        let running = furnish(&mut canvas, theme, faces, meta, frame, sheeted.sheet, count);
        let ops = canvas.finish();
        let Sheet { mut text, notes, .. } = sheet;
        text.block('\n');
        text.words(&running);
        places.note(notes, number, frame, &layout.links, &mut supplies.tags);
        let (width, height) = (frame.paper_width, frame.paper_height);
        pages.push(PaintedPage { width, height, ops, text: text.finish() });
    }
    let Supplies { tags, used, opacities, .. } = supplies;
    let Places { annotations, anchors, headings } = places;
    Painted { pages, tags, annotations, anchors, headings, used, opacities, pictures }
}

/// Where things came to lie in the whole document.
struct Places {
    annotations: Vec<Annotation>,
    anchors: BTreeMap<String, Spot>,
    headings: Vec<Spot>,
}

impl Places {
    fn note(&mut self, notes: Notes, page: usize, frame: Frame, links: &[Link], tags: &mut Tags) {
        let paper = frame.paper_height;
        let spot = |y: f32| Spot { page, left: 0.0, top: (paper - y + HEADROOM).min(paper) };
        let area = |r: &Rect| [r.x, paper - r.y - r.height, r.x + r.width, paper - r.y];
        self.anchors.extend(notes.anchors.into_iter().map(|(id, y)| (id, spot(y))));
        for (index, y) in notes.headings {
            if let Some(slot) = self.headings.get_mut(index) {
                *slot = spot(y);
            }
        }
        for (element, rect) in notes.bounds {
            tags.bound(element, area(&rect));
        }
        for (link, rect) in notes.links {
            tags.annotation(links[link].element, self.annotations.len());
            self.annotations.push(Annotation { page, link, area: area(&rect) });
        }
    }
}

/// Page, from 0, of each heading.
fn pages_of_headings(pieces: &[Piece], sheets: &[Sheeted], count: usize) -> Vec<usize> {
    let mut pages = vec![0; count];
    for (number, sheet) in sheets.iter().enumerate() {
        let on_sheet = sheet.placed.iter().filter_map(|placed| match placed.what {
            What::Piece(i) => pieces.get(i),
            What::Head(_) => None,
        });
        for item in on_sheet.flat_map(|piece| &piece.items) {
            if let Item::Heading { index, .. } = item
                && let Some(page) = pages.get_mut(*index)
            {
                *page = number;
            }
        }
    }
    pages
}
