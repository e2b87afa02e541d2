//! Figures: a drawing or a picture at its width, its caption below.

use std::rc::Rc;

use super::super::error::{RenderError, RenderWarning};
use super::super::fonts::Weight;
use super::super::tags::{Detail, Tag};
use super::super::tree::{Align, Block, Drawing, Figure, Graphic, Shape, Stroke};
use super::piece::{Font, Image, Item, Mark, Path, Piece, Rect, Text, Tie};
use super::{Context, Typesetter};

/// Kept free of a page for the heading above and the caption below.
const RESERVE: f32 = 96.0;
/// Space between a figure and its caption.
const CAPTION: f32 = 5.0;

impl Typesetter<'_> {
    pub(super) fn figure(
        &mut self,
        figure: &Figure,
        block: &Block,
        context: Context,
    ) -> Result<Vec<Piece>, RenderError> {
        let context = context.looked(block.look, self.theme);
        let (natural_width, natural_height) = match &figure.graphic {
            Graphic::Drawing(d) => (d.width, d.height),
            Graphic::Picture(p) => (p.width as f32, p.height as f32),
        };
        let ratio = natural_height / natural_width;
        let wanted = figure.width.unwrap_or(context.width);
        let width = wanted.min(context.width).min((context.tall - RESERVE).max(20.0) / ratio);
        if width < wanted * 0.995 {
            let place = self.place(block.at);
            self.warnings.push(RenderWarning::ImageScaled { place, to: width / wanted });
        }
        let (height, spare) = (width * ratio, context.width - width);
        let x = context.x
            + match context.align {
                Align::Left => 0.0,
                Align::Centre => spare / 2.0,
                Align::Right => spare,
            };
        let rect = Rect { x, y: 0.0, width, height };

        // The caption stands beside the figure, not in it: an alternative text hides what it covers.
        let parent = match figure.caption {
            Some(_) => self.tags.child(context.parent, Tag::Div),
            None => context.parent,
        };
        let (mark, bounds) = match &figure.alt {
            None => (Mark::Artefact, None),
            Some(alt) => {
                let detail = Detail::Figure { alt: alt.clone(), bounds: None };
                let element = self.tags.child_with(parent, Tag::Figure, detail);
                (Mark::Content(self.tags.slot(element)), Some(Item::Bounds { element, rect }))
            }
        };
        let mut items = vec![Item::Gap('\n')];
        items.extend(bounds);
        match &figure.graphic {
            Graphic::Drawing(drawing) => items.extend(self.drawn(drawing, rect, mark)),
            Graphic::Picture(picture) => {
                items.push(Item::Image(Image { rect, picture: Rc::new(picture.clone()), mark }));
            }
        }
        let space = self.theme.sizes.block;
        let mut graphic = Piece { height, before: space * 0.6, after: space, items, ..Piece::default() };
        let Some(caption) = &figure.caption else {
            return Ok(vec![graphic]);
        };
        (graphic.tie, graphic.after) = (Tie::Firm, CAPTION);
        let element = self.tags.child(parent, Tag::Caption);
        let mut inner = context.typed(self.theme.sizes.label);
        inner.font.colour = context.muted;
        inner.paragraph = space;
        let para = self.para(caption, element, inner);
        let mut below = self.set(&para, context.x, context.width);
        let count = below.len();
        below.iter_mut().take(count.saturating_sub(1)).for_each(|piece| piece.tie = Tie::Firm);
        Ok([graphic].into_iter().chain(below).collect())
    }

    fn drawn(&mut self, drawing: &Drawing, rect: Rect, mark: Mark) -> Vec<Item> {
        let scale = rect.width / drawing.width;
        let mut items = Vec::new();
        for shape in &drawing.shapes {
            match shape {
                Shape::Path { path, fill, opacity, stroke } => {
                    let steps = path.iter().map(|s| s.scaled(scale).moved(rect.x, rect.y)).collect();
                    let stroke = stroke.as_ref().map(|s| Stroke {
                        colour: s.colour,
                        width: s.width * scale,
                        dashes: s.dashes.iter().map(|d| d * scale).collect(),
                    });
                    items.push(Item::Path(Path { steps, fill: *fill, opacity: *opacity, stroke, mark }));
                }
                Shape::Text { x, y, size, bold, anchor, colour, text } if !text.is_empty() => {
                    let weight = Weight { bold: *bold, italic: false };
                    let font = Font { size: size * scale, weight, colour: *colour };
                    self.check_glyphs(text, font);
                    let width = self.faces.width(text, weight, font.size);
                    let back = match anchor {
                        Align::Left => 0.0,
                        Align::Centre => width / 2.0,
                        Align::Right => width,
                    };
                    let (x, y) = (rect.x + x * scale - back, rect.y + y * scale);
                    items.push(Item::Gap('\n'));
                    items.push(Item::Text(Text { x, y, text: text.clone() + " ", font, mark }));
                }
                Shape::Text { .. } => {}
            }
        }
        items
    }
}
