//! Prepared paragraphs set to a width: lines filled, each made a piece.

use super::super::error::RenderWarning;
use super::super::html::rounded;
use super::super::tags::SlotId;
use super::super::tree::Align;
use super::Typesetter;
use super::lines::{Line, extent, fill};
use super::piece::{Font, Item, Mark, Piece, Rect, Text, Tie};
use super::words::{Part, Then, Word};

/// Most broken words that are reported.
const MOST_REPORTED: usize = 50;

/// A paragraph ready to be set.
#[derive(Debug, Clone)]
pub(super) struct Para {
    pub words: Vec<Word>,
    pub font: Font,
    pub leading: f32,
    pub align: Align,
    pub indent: f32,
    pub marker: Option<Marker>,
    pub before: f32,
    pub after: f32,
    /// Must stand on the page of what follows.
    pub leads: bool,
    pub whole: bool,
    pub page_break: bool,
    pub anchors: Vec<String>,
    pub heading: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Marker {
    pub text: String,
    pub font: Font,
    pub slot: SlotId,
    /// Left of the text by this much.
    pub hang: f32,
}

impl Para {
    /// Makes it a target of links.
    pub fn anchor(&mut self, id: &str) {
        self.anchors.push(id.to_owned());
    }

    /// Least and most width it wants.
    pub fn extent(&self) -> (f32, f32) {
        let (least, most) = extent(&self.words);
        (least + self.indent, most + self.indent)
    }

    /// Makes the type smaller by a factor.
    pub fn shrink(&mut self, factor: f32) {
        let shrink = |part: &mut Part| {
            part.width *= factor;
            part.ink.font.size *= factor;
        };
        for word in &mut self.words {
            word.width *= factor;
            word.parts.iter_mut().for_each(shrink);
            if let Then::Space(part) | Then::Hyphen(part) = &mut word.then {
                shrink(part);
            }
        }
        self.font.size *= factor;
        self.leading *= factor;
    }

    /// Nothing to place at all.
    fn is_bare(&self) -> bool {
        self.words.is_empty() && self.marker.is_none() && self.anchors.is_empty() && self.heading.is_none()
    }
}

impl Typesetter<'_> {
    /// Fills lines and makes each a piece.
    pub(super) fn set(&mut self, para: &Para, x: f32, width: f32) -> Vec<Piece> {
        let room = (width - para.indent).max(1.0);
        let (lines, broken) = fill(self.faces, &para.words, room);
        self.report_broken(broken);
        let count = lines.len().max(usize::from(!para.is_bare()));
        let mut pieces: Vec<Piece> = (0..count)
            .map(|i| Piece {
                height: if lines.is_empty() && para.marker.is_none() { 0.0 } else { para.leading },
                tie: tie(i, count, para),
                items: lines.get(i).map_or_else(Vec::new, |line| self.line(line, para, x, room)),
                ..Piece::default()
            })
            .collect();
        if let Some(first) = pieces.first_mut() {
            first.before = para.before;
            first.page_break = para.page_break;
            first.items.splice(0..0, self.opening(para, x));
        }
        if let Some(last) = pieces.last_mut() {
            last.after = para.after;
        }
        pieces
    }

    /// What stands at the start of a paragraph besides its words.
    fn opening(&self, para: &Para, x: f32) -> Vec<Item> {
        let anchors = para.anchors.iter().map(|id| Item::Anchor { id: id.clone(), y: 0.0 });
        let heading = para.heading.map(|index| Item::Heading { index, y: 0.0 });
        let y = self.faces.baseline(para.font.size, para.leading);
        let marker = para.marker.as_ref().map(|m| {
            let text = format!("{} ", m.text);
            let x = x + para.indent - m.hang;
            Item::Text(Text { x, y, text, font: m.font, mark: Mark::Content(m.slot) })
        });
        [Item::Gap('\n')].into_iter().chain(anchors).chain(heading).chain(marker).collect()
    }

    /// One line: grounds and underlines first, words on top.
    fn line(&self, line: &Line, para: &Para, x: f32, room: f32) -> Vec<Item> {
        let spare = (room - line.width).max(0.0);
        let mut x = x
            + para.indent
            + match para.align {
                Align::Left => 0.0,
                Align::Centre => spare / 2.0,
                Align::Right => spare,
            };
        let y = self.faces.baseline(para.font.size, para.leading);
        let mut items = Vec::new();
        for part in &line.parts {
            let Font { size, colour, .. } = part.ink.font;
            let mut text_x = x;
            if let Some(pill) = part.pill {
                items.extend(pill.items(x, y, part.width, size));
                text_x += pill.lead(size);
            }
            if let Some(link) = part.ink.link {
                let rect = Rect { x, y: y - size * 0.95, width: part.width, height: size * 1.25 };
                if part.width > 0.0 {
                    items.push(Item::decoration(
                        rounded(x, y + size * 0.13, part.width, size * 0.06, 0.0),
                        colour,
                    ));
                    items.push(Item::Link { rect, link });
                }
            }
            let mark = Mark::Content(part.ink.slot);
            items.push(Item::Text(Text { x: text_x, y, text: part.text.clone(), font: part.ink.font, mark }));
            x += part.width;
        }
        items
    }

    fn report_broken(&mut self, words: Vec<String>) {
        let known = self.warnings.iter().filter(|w| matches!(w, RenderWarning::WordBroken { .. })).count();
        let room = MOST_REPORTED.saturating_sub(known);
        let shorten = |word: String| word.chars().take(80).collect();
        let new = words.into_iter().take(room).map(|word| RenderWarning::WordBroken { word: shorten(word) });
        self.warnings.extend(new);
    }
}

/// At least two lines stay together at either end of a paragraph.
fn tie(i: usize, count: usize, para: &Para) -> Tie {
    let last = i + 1 == count;
    let hold = match last {
        true => para.leads,
        false => para.whole || i == 0 || i + 2 == count,
    };
    if hold { Tie::Firm } else { Tie::None }
}
