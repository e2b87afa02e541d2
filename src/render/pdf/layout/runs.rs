//! Inline content: look and place in the tag tree settled, characters checked.

use super::super::error::RenderWarning;
use super::super::fonts::is_right_to_left;
use super::super::tags::{ElementId, Tag};
use super::super::tree::{Change, Inline, Target, plain_text};
use super::badge::{Pill, RELATIVE};
use super::piece::Font;
use super::words::{Ink, Run};
use super::{Context, Destination, Link, Typesetter};

/// Most different characters that are reported.
const MOST_REPORTED: usize = 100;
/// Characters of context on either side of a missing glyph.
const NEAR: usize = 18;

impl Typesetter<'_> {
    /// Runs of some inline content that belongs to `element`; ids met on the way go to `anchors`.
    pub(super) fn runs(
        &mut self,
        inlines: &[Inline],
        element: ElementId,
        context: Context,
        anchors: &mut Vec<String>,
    ) -> Vec<Run> {
        let mut runs = Vec::new();
        let at = At { element, font: context.font, link: None };
        self.gather(inlines, at, context, anchors, &mut runs);
        runs
    }

    fn gather(
        &mut self,
        inlines: &[Inline],
        at: At,
        context: Context,
        anchors: &mut Vec<String>,
        runs: &mut Vec<Run>,
    ) {
        for inline in inlines {
            match inline {
                Inline::Break => runs.push(Run::Break),
                Inline::Text(text) => {
                    self.check_glyphs(text, at.font);
                    runs.push(Run::Text { text: text.clone(), ink: self.ink(at) });
                }
                Inline::Styled { change, id, inside } => {
                    anchors.extend(id.clone());
                    let font = self.changed(at.font, *change, context);
                    self.gather(inside, At { font, ..at }, context, anchors, runs);
                }
                Inline::Link { id, target, inside, .. } => {
                    anchors.extend(id.clone());
                    let to = match target {
                        Target::Id(id) => Destination::Id(id.clone()),
                        Target::Address(address) => Destination::Address(address.clone()),
                    };
                    let element = self.tags.child(at.element, Tag::Link);
                    let link = self.links.len();
                    self.links.push(Link { element, to, words: plain_text(inside) });
                    let font = Font { colour: context.accent, ..at.font };
                    self.gather(inside, At { element, font, link: Some(link) }, context, anchors, runs);
                }
                Inline::Badge { shape, tone, text } => {
                    let palette = &self.theme.palette;
                    let tint = tone.and_then(|i| palette.tones.get(i)).copied().unwrap_or(palette.chip);
                    let pill = Pill { tint, shape: *shape, outline: *tone == Some(palette.tones.len() - 1) };
                    let mut font = Font { size: at.font.size * RELATIVE, colour: tint.ink, ..at.font };
                    font.weight.bold = shape.is_some();
                    self.check_glyphs(text, font);
                    let ink = Ink { font, ..self.ink(at) };
                    runs.push(Run::Pill { text: text.clone(), ink, pill });
                }
            }
        }
    }

    fn ink(&mut self, at: At) -> Ink {
        Ink { font: at.font, slot: self.tags.slot(at.element), link: at.link }
    }

    fn changed(&self, mut font: Font, change: Change, context: Context) -> Font {
        match change {
            Change::Nothing => {}
            Change::Bold => font.weight.bold = true,
            Change::Italic => font.weight.italic = true,
            Change::Small => font.size *= self.theme.sizes.small,
            Change::Muted => font.colour = context.muted,
        }
        font
    }

    /// Notes writing that is set in the wrong direction.
    fn note_right_to_left(&mut self, c: char) {
        let seen = self.warnings.iter_mut().find_map(|warning| match warning {
            RenderWarning::RightToLeft { times, .. } => Some(times),
            _ => None,
        });
        match seen {
            Some(times) => *times += 1,
            None => self.warnings.push(RenderWarning::RightToLeft { character: c, times: 1 }),
        }
    }

    /// Notes each character that no face can show.
    pub(super) fn check_glyphs(&mut self, text: &str, font: Font) {
        for (i, c) in text.char_indices() {
            if is_right_to_left(c) {
                self.note_right_to_left(c);
                continue;
            }
            if c.is_ascii() || super::words::is_steering(c) || self.faces.can_show(font.weight, c) {
                continue;
            }
            let full = self.warnings.len() >= MOST_REPORTED;
            let seen = self.warnings.iter_mut().find_map(|warning| match warning {
                RenderWarning::MissingGlyph { character, times, .. } if *character == c => Some(times),
                _ => None,
            });
            match seen {
                Some(times) => *times += 1,
                None if full => {}
                None => {
                    let near = near(text, i);
                    self.warnings.push(RenderWarning::MissingGlyph { character: c, near, times: 1 });
                }
            }
        }
    }
}

/// Where inline content stands.
#[derive(Clone, Copy)]
struct At {
    element: ElementId,
    font: Font,
    link: Option<usize>,
}

fn near(text: &str, at: usize) -> String {
    let before: Vec<char> = text[..at].chars().rev().take(NEAR).collect();
    let around: String = before.into_iter().rev().chain(text[at..].chars().take(NEAR + 1)).collect();
    around.split_whitespace().collect::<Vec<_>>().join(" ")
}
