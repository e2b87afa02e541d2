//! Key figures: cards of equal size side by side.

use super::super::error::RenderError;
use super::super::html::rounded;
use super::super::tags::Tag;
use super::super::tree::Block;
use super::piece::{Item, Piece, merged};
use super::setting::Para;
use super::{Context, Typesetter};

const GAP: f32 = 9.0;
/// Space inside a card; narrow cards have less.
const PAD: f32 = 10.0;
const NARROW: f32 = 7.0;
const BAR: f32 = 3.0;

impl Typesetter<'_> {
    pub(super) fn cards(
        &mut self,
        cards: &[Vec<Block>],
        at: usize,
        context: Context,
    ) -> Result<Vec<Piece>, RenderError> {
        let count = cards.len().max(1) as f32;
        let width = (context.width - GAP * (count - 1.0)) / count;
        let pad = if cards.len() > 4 { NARROW } else { PAD };
        let room = width - 2.0 * pad;
        if room < 20.0 {
            return Err(self.does_not_fit(at, "this row of key figures", 20.0, room));
        }
        let row = self.tags.child(context.parent, Tag::Div);
        let mut prepared: Vec<Vec<Para>> = Vec::new();
        for blocks in cards {
            let card = self.tags.child(row, Tag::Div);
            let inner = context.within(card).typed(self.theme.sizes.label);
            prepared.push(self.paras(blocks, inner));
        }
        even_values(&mut prepared, room);

        let tint = self.theme.palette.card;
        let mut items = Vec::new();
        let mut height = 0.0f32;
        for (i, paras) in prepared.iter().enumerate() {
            let x = context.x + (width + GAP) * i as f32;
            let pieces = paras.iter().flat_map(|para| self.set(para, x + pad, room)).collect();
            let (inside, tall) = merged(pieces);
            height = height.max(tall + 2.0 * PAD);
            items.extend(inside.into_iter().map(|item| item.moved(0.0, PAD + BAR / 2.0)));
        }
        let grounds = (0..prepared.len()).flat_map(|i| {
            let x = context.x + (width + GAP) * i as f32;
            let ground = Item::decoration(rounded(x, 0.0, width, height, 0.0), tint.fill);
            [ground, Item::decoration(rounded(x, 0.0, width, BAR, 0.0), tint.accent)]
        });
        let items = grounds.chain(items).collect();
        let space = self.theme.sizes.block;
        Ok(vec![Piece { height, before: space * 0.6, after: space, items, ..Piece::default() }])
    }
}

/// Values that would break are made smaller, all by the same factor so that the row stays even.
fn even_values(cards: &mut [Vec<Para>], room: f32) {
    let widest = cards.iter().flatten().map(|para| para.extent().0).fold(0.0, f32::max);
    let largest = |para: &Para| para.extent().0 > room * 0.999;
    if widest <= room || widest <= 0.0 {
        return;
    }
    let factor = (room * 0.995 / widest).max(0.5);
    let firsts = cards.iter().filter_map(|card| card.iter().position(largest)).min();
    let Some(index) = firsts else { return };
    for para in cards.iter_mut().filter_map(|card| card.get_mut(index)) {
        para.shrink(factor);
    }
}
