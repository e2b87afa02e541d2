//! The contents list: entries are known beforehand, their pages when all pages are.

use super::super::html::rounded;
use super::super::tags::{ElementId, Tag};
use super::super::tree::Inline;
use super::piece::{Item, PageNumber, Piece, Rect, Tie};
use super::{Context, Destination, Link, Typesetter};

/// Room for the page number and a stretch of dots.
const NUMBER: f32 = 44.0;
/// Indent of second-level entries.
const STEP: f32 = 16.0;

impl Typesetter<'_> {
    pub(super) fn contents(&mut self, context: Context) -> Vec<Piece> {
        let toc = self.tags.child(context.parent, Tag::Toc);
        let listed: Vec<_> = self
            .headings
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.listed)
            .map(|(i, entry)| (i, entry.level, entry.text.clone()))
            .collect();
        let top = listed.iter().map(|(_, level, _)| *level).min().unwrap_or(1);
        let mut inner: Option<ElementId> = None;
        let mut pieces = Vec::new();
        for (n, (heading, level, text)) in listed.iter().enumerate() {
            let first = *level == top;
            if first {
                inner = None;
            }
            let list = match first {
                true => toc,
                false => *inner.get_or_insert_with(|| self.tags.child(toc, Tag::Toc)),
            };
            let mut entry = self.entry(*heading, text, list, first, context);
            let child_follows = listed.get(n + 1).is_some_and(|(_, next, _)| *next > *level);
            if let Some(last) = entry.last_mut().filter(|_| first && child_follows) {
                last.tie = Tie::Firm;
            }
            pieces.extend(entry);
        }
        pieces
    }

    fn entry(
        &mut self,
        heading: usize,
        text: &str,
        list: ElementId,
        first: bool,
        context: Context,
    ) -> Vec<Piece> {
        let item = self.tags.child(list, Tag::Toci);
        let reference = self.tags.child(item, Tag::Reference);
        let element = self.tags.child(reference, Tag::Link);
        let link = self.links.len();
        self.links.push(Link { element, to: Destination::Heading(heading), words: text.to_owned() });

        let mut inner = context;
        inner.font.weight.bold = first;
        let indent = if first { 0.0 } else { STEP };
        let slot = self.tags.slot(element);
        let mut para = self.para(&[Inline::Text(format!("{text} "))], element, inner);
        para.before = if first { 6.0 } else { 1.5 };
        para.after = 1.5;
        let width = context.width - indent - NUMBER;
        let mut pieces = self.set(&para, context.x + indent, width);
        let count = pieces.len();
        for (i, piece) in pieces.iter_mut().enumerate() {
            piece.tie = if i + 1 < count { Tie::Firm } else { Tie::None };
            let rect =
                Rect { x: context.x + indent, y: 0.0, width: context.width - indent, height: piece.height };
            piece.items.push(Item::Link { rect, link });
        }
        if let Some(last) = pieces.last_mut() {
            let right_of_text = last.items.iter().filter_map(|item| match item {
                Item::Text(t) => Some(t.x + self.faces.width(t.text.trim_end(), t.font.weight, t.font.size)),
                _ => None,
            });
            let left = right_of_text.fold(context.x + indent, f32::max);
            let y = self.faces.baseline(inner.font.size, inner.leading);
            let right = context.x + context.width;
            last.items.push(Item::PageNumber(PageNumber { heading, left, right, y, font: inner.font, slot }));
        }
        pieces
    }
}

/// Dots from the words to the number, on a grid so that they stand below each other.
pub(crate) fn dots(left: f32, right: f32, y: f32, size: f32) -> Vec<(f32, f32, f32)> {
    let (pitch, side) = (4.2, size * 0.085);
    let first = (left / pitch).ceil();
    let count = ((right - first * pitch) / pitch).floor().max(0.0) as usize;
    (0..count).map(|i| ((first + i as f32) * pitch, y - side, side)).collect()
}

/// The dots as one shape.
pub(crate) fn dot_steps(dots: &[(f32, f32, f32)]) -> Vec<super::super::tree::Step> {
    dots.iter().flat_map(|(x, y, side)| rounded(*x, *y, *side, *side, 0.0)).collect()
}
