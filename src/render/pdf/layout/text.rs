//! Paragraphs, headings and lists prepared: words and tags settled, before any width is known.
//!
//! Table columns need this order: what the words want decides the width they get.

use super::super::tags::{Detail, Tag};
use super::super::tree::{Align, Block, Inline, Item as ListItem, Kind, ParagraphRole, plain_text};
use super::piece::Font;
use super::setting::{Marker, Para};
use super::words::words;
use super::{Context, Typesetter};

impl Typesetter<'_> {
    /// Prepares paragraphs, headings and lists; other blocks do not occur here.
    pub(super) fn paras(&mut self, blocks: &[Block], context: Context) -> Vec<Para> {
        let mut paras: Vec<Para> = Vec::new();
        for block in blocks {
            let context = context.looked(block.look, self.theme);
            let from = paras.len();
            match &block.kind {
                Kind::Heading { level, text } => paras.push(self.heading(*level, text, context)),
                Kind::Paragraph { text, role } => paras.push(self.paragraph(text, *role, context)),
                Kind::List { ordered, items } => self.list(*ordered, items, context, &mut paras),
                _ => {}
            }
            if let Some(first) = paras.get_mut(from) {
                first.anchors.extend(block.id.clone());
                first.page_break |= block.page_break;
            }
        }
        paras
    }

    /// Prepares one paragraph for an element that exists already.
    pub(super) fn para(&mut self, text: &[Inline], element: super::ElementId, context: Context) -> Para {
        let mut anchors = Vec::new();
        let runs = self.runs(text, element, context, &mut anchors);
        Para {
            words: words(self.faces, &runs),
            font: context.font,
            leading: context.leading,
            align: context.align,
            indent: 0.0,
            marker: None,
            before: 0.0,
            after: context.paragraph,
            leads: false,
            whole: false,
            page_break: false,
            anchors,
            heading: None,
        }
    }

    fn paragraph(&mut self, text: &[Inline], role: ParagraphRole, context: Context) -> Para {
        let sizes = &self.theme.sizes;
        let mut context = context;
        match role {
            ParagraphRole::Plain | ParagraphRole::Loose => {}
            ParagraphRole::Lead => {
                context = context.typed(sizes.lead);
                context.paragraph *= 1.3;
            }
            ParagraphRole::Value => {
                context = context.typed(sizes.value);
                context.font.weight.bold = true;
                context.font.colour = context.heading;
                context.paragraph = 1.0;
            }
            ParagraphRole::Label | ParagraphRole::Note => {
                context = context.typed(sizes.label);
                context.font.weight.bold = role == ParagraphRole::Label;
                context.paragraph = 2.0;
            }
        }
        if role == ParagraphRole::Note {
            context.font.colour = context.muted;
        }
        let element = match role {
            ParagraphRole::Loose => context.parent,
            _ => self.tags.child(context.parent, Tag::P),
        };
        let mut para = self.para(text, element, context);
        para.leads = plain_text(text).ends_with(':');
        para
    }

    fn heading(&mut self, level: u8, text: &[Inline], context: Context) -> Para {
        let sizes = &self.theme.sizes;
        let title = context.band && level == 1;
        let kind = match title {
            true => sizes.title,
            false => sizes.headings[usize::from(level.clamp(1, 3)) - 1],
        };
        let mut context = context.typed(kind);
        context.font.weight.bold = true;
        context.font.colour = context.heading;
        let element = self.tags.child(context.parent, Tag::heading(level));
        let mut para = self.para(text, element, context);
        (para.before, para.after) = (kind.leading * 0.98, kind.leading * 0.34);
        (para.leads, para.whole) = (!context.band, true);
        para.heading = Some(self.next_heading);
        self.next_heading += 1;
        para
    }

    fn list(&mut self, ordered: bool, items: &[ListItem], context: Context, out: &mut Vec<Para>) {
        let list = self.tags.child_with(context.parent, Tag::L, Detail::List { ordered });
        let font = Font { colour: context.accent, ..context.font };
        let label = |i: usize| {
            if ordered { format!("{}.", i + 1) } else { "\u{2022}".into() }
        };
        let widest = self.faces.width(&label(items.len().saturating_sub(1)), font.weight, font.size);
        let hang =
            (self.theme.sizes.indent * context.font.size / self.theme.sizes.body.size).max(widest + 5.0);
        let first_of_list = out.len();
        for (i, item) in items.iter().enumerate() {
            let li = self.tags.child(list, Tag::LI);
            let lbl = self.tags.child(li, Tag::Lbl);
            let slot = self.tags.slot(lbl);
            let body = self.tags.child(li, Tag::LBody);
            let inner = Context { align: Align::Left, ..context.within(body) };
            let from = out.len();
            let mut paras = self.paras(&item.blocks, inner);
            if paras.is_empty() {
                paras.push(self.para(&[], body, inner));
            }
            for para in &mut paras {
                para.indent += hang;
                para.after = para.after.min(context.paragraph * 0.4);
            }
            out.append(&mut paras);
            if let Some(first) = out.get_mut(from) {
                first.anchors.extend(item.id.clone());
                if first.marker.is_none() {
                    first.marker = Some(Marker { text: label(i), font, slot, hang });
                }
            }
        }
        if let Some(last) = out.get_mut(first_of_list..).and_then(<[Para]>::last_mut) {
            last.after = context.paragraph;
        }
    }
}
