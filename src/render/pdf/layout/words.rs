//! From inline content to words: the units a line is filled with.

use super::super::fonts::{Faces, is_invisible};
use super::super::tags::SlotId;
use super::badge::Pill;
use super::piece::Font;

/// Inline content with its look and its place in the tag tree settled.
#[derive(Debug, Clone)]
pub(crate) enum Run {
    Text { text: String, ink: Ink },
    Pill { text: String, ink: Ink, pill: Pill },
    Break,
}

/// What the parts of a run have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink {
    pub font: Font,
    pub slot: SlotId,
    pub link: Option<usize>,
}

/// Text that is painted in one go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub text: String,
    /// Advance in points, a pill's dress included.
    pub width: f32,
    pub ink: Ink,
    pub pill: Option<Pill>,
}

/// Parts between which no line ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    pub parts: Vec<Part>,
    pub width: f32,
    pub then: Then,
}

/// What follows a word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Then {
    /// A space, unseen at the end of a line.
    Space(Part),
    /// A line may end here.
    Soft,
    /// A line may end here with a hyphen.
    Hyphen(Part),
    /// The line ends here.
    Break,
    /// The paragraph ends here.
    End,
}

impl Part {
    /// Measures a text.
    pub fn new(faces: Faces<'_>, text: String, ink: Ink, pill: Option<Pill>) -> Self {
        let width = faces.width(&text, ink.font.weight, ink.font.size);
        let dress = pill.map_or(0.0, |pill| pill.lead(ink.font.size) + pill.trail(ink.font.size));
        Self { text, width: width + dress, ink, pill }
    }
}

/// Gathers words; spaces collapse across runs, and those at either end of a line vanish.
pub(crate) fn words(faces: Faces<'_>, runs: &[Run]) -> Vec<Word> {
    let mut gather = Gather { faces, words: Vec::new(), parts: Vec::new() };
    for run in runs {
        match run {
            Run::Break => gather.line_break(),
            Run::Pill { text, ink, pill } => {
                let text = text.chars().filter(|c| *c == ' ' || !is_steering(*c)).collect();
                gather.parts.push(Part::new(faces, text, *ink, Some(*pill)));
            }
            Run::Text { text, ink } => gather.text(text, *ink),
        }
    }
    gather.close(Then::End);
    if let Some(Word { then, .. }) = gather.words.last_mut() {
        *then = Then::End;
    }
    gather.words
}

struct Gather<'a> {
    faces: Faces<'a>,
    words: Vec<Word>,
    parts: Vec<Part>,
}

impl Gather<'_> {
    fn text(&mut self, text: &str, ink: Ink) {
        let part = |faces, text: &str| Part::new(faces, text.into(), ink, None);
        let mut buffer = String::new();
        let mut chars =
            text.chars().filter(|c| is_collapsible(*c) || *c == '\u{200b}' || !is_invisible(*c)).peekable();
        let mut before = None;
        while let Some(c) = chars.next() {
            let then = match c {
                _ if is_collapsible(c) => Some(Then::Space(part(self.faces, " "))),
                _ if is_fixed_space(c) => Some(Then::Space(part(self.faces, &c.to_string()))),
                '\u{200b}' => Some(Then::Soft),
                '\u{ad}' => Some(Then::Hyphen(part(self.faces, "-"))),
                _ => {
                    buffer.push(c);
                    may_end_after(before, c, chars.peek().copied()).then_some(Then::Soft)
                }
            };
            before = Some(c);
            if let Some(then) = then {
                self.flush(&mut buffer, ink);
                self.close(then);
            }
        }
        self.flush(&mut buffer, ink);
    }

    fn flush(&mut self, buffer: &mut String, ink: Ink) {
        if !buffer.is_empty() {
            self.parts.push(Part::new(self.faces, std::mem::take(buffer), ink, None));
        }
    }

    fn close(&mut self, then: Then) {
        if self.parts.is_empty() {
            // White space after white space; after a mere opportunity it still parts the words.
            if let (Some(Word { then: last @ (Then::Soft | Then::Hyphen(_)), .. }), Then::Space(_)) =
                (self.words.last_mut(), &then)
            {
                *last = then;
            }
            return;
        }
        let parts = std::mem::take(&mut self.parts);
        let width = parts.iter().map(|p| p.width).sum();
        self.words.push(Word { parts, width, then });
    }

    fn line_break(&mut self) {
        let pending = !self.parts.is_empty();
        self.close(Then::Break);
        match self.words.last_mut() {
            _ if pending => {}
            Some(word) if word.then != Then::Break => word.then = Then::Break,
            _ => self.words.push(Word { parts: Vec::new(), width: 0.0, then: Then::Break }),
        }
    }
}

fn is_collapsible(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Spaces of a certain width, at which a line may end.
fn is_fixed_space(c: char) -> bool {
    matches!(c, '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}' | '\u{205f}' | '\u{3000}')
}

/// Characters that are no glyphs: white space and what steers line breaking or software.
pub(super) fn is_steering(c: char) -> bool {
    is_collapsible(c) || is_invisible(c) || matches!(c, '\u{200b}' | '\u{ad}')
}

/// Whether a line may end after `c` without a space.
fn may_end_after(before: Option<char>, c: char, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    match c {
        '-' | '/' => before.is_alphanumeric() && after.is_alphabetic(),
        '\u{2013}' => before.is_alphabetic() && after.is_alphabetic(),
        '\u{2014}' => !after.is_ascii_punctuation(),
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::colour::Colour;
    use super::super::super::fonts::{FontSet, Weight};
    use super::*;

    pub fn ink() -> Ink {
        let font = Font { size: 10.0, weight: Weight::default(), colour: Colour::BLACK };
        Ink { font, slot: SlotId(0), link: None }
    }

    pub fn runs(texts: &[&str]) -> Vec<Run> {
        let run = |t: &&str| match *t {
            "<br/>" => Run::Break,
            text => Run::Text { text: text.into(), ink: ink() },
        };
        texts.iter().map(run).collect()
    }

    fn shown(texts: &[&str]) -> String {
        let set = FontSet::liberation();
        let faces = set.faces().expect("bundled fonts");
        words(faces, &runs(texts))
            .iter()
            .map(|w| {
                let text: String = w.parts.iter().map(|p| p.text.as_str()).collect();
                let then = match w.then {
                    Then::Space(_) => "_",
                    Then::Soft => "|",
                    Then::Hyphen(_) => "~",
                    Then::Break => "/",
                    Then::End => ".",
                };
                text + then
            })
            .collect()
    }

    #[test]
    fn white_space_collapses_across_runs() {
        assert_eq!(shown(&["  one \n", " two", "half ", "<br/>", " three "]), "one_twohalf/three.");
        assert_eq!(shown(&["a", "<br/>", "<br/>", "b"]), "a//b.");
        assert_eq!(shown(&[" "]), "");
    }

    #[test]
    fn lines_end_where_a_reader_expects() {
        assert_eq!(
            shown(&["well-known 2026-03-31 5\u{a0}pm -5 and/or a\u{ad}b"]),
            "well-|known_2026-03-31_5\u{a0}pm_-5_and/|or_a~b."
        );
        assert_eq!(shown(&["April\u{2013}June 3\u{2013}5"]), "April\u{2013}|June_3\u{2013}5.");
    }

    #[test]
    fn invisible_characters_are_dropped() {
        assert_eq!(shown(&["a\u{200d}b\u{fe0f}\u{feff}c\u{7}"]), "abc.");
    }
}
