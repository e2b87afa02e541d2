//! Boxes: a tinted ground with a bar at its left, behind whatever blocks it holds.

use super::super::error::RenderError;
use super::super::tree::Block;
use super::piece::{Piece, Tie};
use super::{Context, Panel, Typesetter};

/// Width of the bar, space between ground and text at the sides, and above and below.
pub(crate) const BAR: f32 = 4.0;
const SIDE: f32 = 13.0;
/// Above and below the text; also how far the ground reaches past a page's end.
pub(crate) const PAD: f32 = 9.0;
/// A box up to this share of a page is not divided.
const SMALL: f32 = 0.4;

impl Typesetter<'_> {
    pub(super) fn panel(
        &mut self,
        variant: usize,
        blocks: &[Block],
        context: Context,
    ) -> Result<Vec<Piece>, RenderError> {
        let palette = &self.theme.palette;
        let tint = palette.boxes.get(variant).copied().unwrap_or(palette.boxes[0]);
        let number = self.panels.len();
        self.panels.push(Panel { x: context.x, width: context.width, tint });
        let mut inner = context;
        inner.x += BAR + SIDE;
        inner.width -= BAR + 2.0 * SIDE;
        inner.tall -= 2.0 * PAD;
        inner.font.colour = tint.ink;
        let mut pieces = self.flow(blocks, inner)?;
        if let Some(first) = pieces.first_mut() {
            first.before = 0.0;
        }
        if let Some(last) = pieces.last_mut() {
            last.after = 0.0;
            last.tie = Tie::Firm;
        }
        let space = self.theme.sizes.block;
        let top = Piece { height: PAD, before: space * 0.6, tie: Tie::Firm, ..Piece::default() };
        let bottom = Piece { height: PAD, after: space, ..Piece::default() };
        let mut all: Vec<Piece> = [top].into_iter().chain(pieces).chain([bottom]).collect();
        let height: f32 = all.iter().map(|piece| piece.height + piece.after).sum();
        let last = all.len() - 1;
        for (i, piece) in all.iter_mut().enumerate() {
            piece.panels.insert(0, number);
            if height < context.tall * SMALL && i < last {
                piece.tie = piece.tie.max(Tie::Keep);
            }
        }
        // A page break asked for by the first block moves the whole box.
        if let Some(i) = all.iter().position(|piece| piece.page_break).filter(|i| *i == 1) {
            all[i].page_break = false;
            all[0].page_break = true;
        }
        Ok(all)
    }
}
