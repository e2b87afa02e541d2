//! The cover: a coloured band with the title, the rest of the section on white below it.

use std::rc::Rc;

use super::super::error::RenderError;
use super::super::html::rounded;
use super::super::picture;
use super::super::tags::{Detail, Tag};
use super::super::tree::{Block, Kind, ParagraphRole};
use super::piece::{Image, Item, Mark, Piece, Rect, Sheet, merged};
use super::{Context, Typesetter};

/// Space between the band's edge and its words.
const PAD: f32 = 32.0;
/// Dark edge at the band's foot.
const EDGE: f32 = 6.0;
/// Space between band and what follows.
const BELOW: f32 = 26.0;

impl Typesetter<'_> {
    pub(super) fn cover(&mut self, blocks: &[Block], context: Context) -> Result<Vec<Piece>, RenderError> {
        let logo = self.logo(context)?;
        let in_band = |block: &Block| match &block.kind {
            Kind::Heading { .. } => true,
            Kind::Paragraph { role, .. } => {
                matches!(role, ParagraphRole::Plain | ParagraphRole::Lead | ParagraphRole::Loose)
            }
            _ => false,
        };
        let split = blocks.iter().position(|block| !in_band(block)).unwrap_or(blocks.len());
        let (words, rest) = blocks.split_at(split);
        let tint = self.theme.palette.cover;
        let mut inner = context;
        inner.width *= 0.88;
        inner.font.colour = tint.ink;
        (inner.muted, inner.heading, inner.accent, inner.band) = (tint.ink, tint.ink, tint.ink, true);
        let (inside, tall) = merged(self.flow(words, inner)?);

        let page = &self.theme.page;
        let height = page.band.max(tall + 2.0 * PAD);
        let ground = rounded(-page.side, 0.0, page.width, height, 0.0);
        let edge = rounded(-page.side, height, page.width, EDGE, 0.0);
        let mut items =
            vec![Item::decoration(ground, tint.fill), Item::decoration(edge, self.theme.palette.heading)];
        items.extend(logo);
        items.extend(inside.into_iter().map(|item| item.moved(0.0, height - PAD - tall)));
        let at = blocks.first().map_or(0, |block| block.at);
        let band = Piece { at, height: height + EDGE, after: BELOW, items, ..Piece::default() };
        let mut pieces = vec![band];
        pieces.extend(self.flow(rest, context)?);
        pieces.iter_mut().for_each(|piece| piece.sheet = Sheet::Cover);
        Ok(pieces)
    }

    /// The theme's logo at the right of the strip above the band.
    fn logo(&mut self, context: Context) -> Result<Vec<Item>, RenderError> {
        let Some(logo) = &self.theme.logo else {
            return Ok(Vec::new());
        };
        let place = self.place(0);
        let picture = picture::decode(&logo.png).map_err(|reason| RenderError::Picture { place, reason })?;
        let height = logo.height.clamp(4.0, self.theme.page.strip);
        let width = height * picture.width as f32 / picture.height as f32;
        let detail = Detail::Figure { alt: logo.alt.clone(), bounds: None };
        let element = self.tags.child_with(context.parent, Tag::Figure, detail);
        let mark = Mark::Content(self.tags.slot(element));
        let y = -(self.theme.page.strip + height) / 2.0;
        let rect = Rect { x: context.width - width, y, width, height };
        Ok(vec![Item::Bounds { element, rect }, Item::Image(Image { rect, picture: Rc::new(picture), mark })])
    }
}
