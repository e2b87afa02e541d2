//! The items of one page, painted in order; what they tell about places is noted down.

use std::rc::Rc;

use super::super::layout::Frame;
use super::super::layout::contents::{dot_steps, dots};
use super::super::layout::piece::{Item, Mark, PageNumber, Path, Piece, Rect};
use super::super::tags::ElementId;
use super::super::tree::Picture;
use super::canvas::{Artifact, Canvas, Pen};
use super::reading::Reading;

/// Space around the dots of a contents entry.
const AROUND_DOTS: (f32, f32) = (5.0, 4.0);

/// Places found while painting, in points from the top left corner of the paper.
#[derive(Default)]
pub(super) struct Notes {
    pub links: Vec<(usize, Rect)>,
    pub anchors: Vec<(String, f32)>,
    pub headings: Vec<(usize, f32)>,
    pub bounds: Vec<(ElementId, Rect)>,
}

/// Paints pieces on one page.
pub(super) struct Sheet<'s> {
    pub frame: Frame,
    /// Page, from 0, of each heading of the document.
    pub heading_pages: &'s [usize],
    /// The document's pictures, as far as they were met.
    pub pictures: &'s mut Vec<Rc<Picture>>,
    pub text: Reading,
    pub notes: Notes,
}

impl Sheet<'_> {
    /// Paints a piece whose top is at `top` in the column. A repeated table head is decoration:
    /// the reader who listens has heard it.
    pub fn piece(&mut self, canvas: &mut Canvas<'_, '_>, piece: &Piece, top: f32, repeated: bool) {
        let origin = (self.frame.left, self.frame.top + top);
        for item in &piece.items {
            self.item(canvas, item, origin, repeated);
        }
    }

    fn item(&mut self, canvas: &mut Canvas<'_, '_>, item: &Item, (dx, dy): (f32, f32), repeated: bool) {
        let moved = |r: &Rect| Rect { x: r.x + dx, y: r.y + dy, ..*r };
        match item {
            Item::Gap(c) => self.text.block(*c),
            Item::Text(text) => {
                self.text.words(&text.text);
                put(canvas, text.mark, repeated, |pen| {
                    pen.text(text.x + dx, text.y + dy, &text.text, text.font);
                });
            }
            Item::Path(path) => put(canvas, path.mark, repeated, |pen| pen.path(path, dx, dy)),
            Item::Image(image) => {
                let number = self.pictures.len();
                self.pictures.push(Rc::clone(&image.picture));
                put(canvas, image.mark, repeated, |pen| pen.image(number, moved(&image.rect)));
            }
            Item::PageNumber(number) => self.page_number(canvas, number, dy),
            _ if repeated => {}
            Item::Link { rect, link } => self.notes.links.push((*link, moved(rect))),
            Item::Anchor { id, y } => self.notes.anchors.push((id.clone(), y + dy)),
            Item::Heading { index, y } => self.notes.headings.push((*index, y + dy)),
            Item::Bounds { element, rect } => self.notes.bounds.push((*element, moved(rect))),
        }
    }

    fn page_number(&mut self, canvas: &mut Canvas<'_, '_>, number: &PageNumber, dy: f32) {
        let page = self.heading_pages.get(number.heading).map_or(0, |page| page + 1);
        // The space sets it off from the title when both are read together.
        let text = format!(" {page}");
        let font = number.font;
        let width = canvas.faces().width(&text, font.weight, font.size);
        let (x, y) = (number.right + self.frame.left - width, number.y + dy);
        let (after, before) = AROUND_DOTS;
        let steps = dot_steps(&dots(number.left + self.frame.left + after, x - before, y, font.size));
        if !steps.is_empty() {
            let fill = Some(font.colour);
            let path = Path { steps, fill, opacity: 1.0, stroke: None, mark: Mark::Artefact };
            canvas.artifact(Artifact::Layout, |pen| pen.path(&path, 0.0, 0.0));
        }
        self.text.words(&text);
        canvas.marked(number.slot, |pen| pen.text(x, y, &text, font));
    }
}

fn put(canvas: &mut Canvas<'_, '_>, mark: Mark, repeated: bool, paint: impl FnOnce(&mut Pen<'_, '_, '_>)) {
    match mark {
        Mark::Content(slot) if !repeated => canvas.marked(slot, paint),
        _ if repeated => canvas.artifact(Artifact::Repeated, paint),
        _ => canvas.artifact(Artifact::Layout, paint),
    }
}
