//! Filling lines with words: greedy, as a typist would.

use super::super::fonts::Faces;
use super::words::{Ink, Part, Then, Word};

/// A filled line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub parts: Vec<Part>,
    /// Width without the space at its end.
    pub width: f32,
}

/// Characters after which an over-long word breaks rather than anywhere.
const JOINTS: &str = "/-_@,;:&=?#+|";

/// Lines of at most `width` points, and the words that had to be broken.
pub(crate) fn fill(faces: Faces<'_>, words: &[Word], width: f32) -> (Vec<Line>, Vec<String>) {
    let mut fill = Fill { width, lines: Vec::new(), line: Line::default(), gap: None };
    let mut broken = Vec::new();
    for word in words {
        if word.width <= width {
            fill.push(word);
            continue;
        }
        if word.parts.iter().all(|p| p.pill.is_none()) {
            broken.push(word.parts.iter().map(|p| p.text.as_str()).collect());
        }
        shatter(faces, word, width).iter().for_each(|word| fill.push(word));
    }
    fill.end_line();
    (fill.lines, broken)
}

/// Widest word and widest line, in points: what a table column needs at least and at most.
pub(crate) fn extent(words: &[Word]) -> (f32, f32) {
    let least = words.iter().map(|w| w.width).fold(0.0, f32::max);
    let (mut most, mut line) = (0.0f32, 0.0f32);
    for word in words {
        line += word.width;
        most = most.max(line);
        match &word.then {
            Then::Space(space) => line += space.width,
            Then::Break => line = 0.0,
            _ => {}
        }
    }
    (least, most)
}

struct Fill {
    width: f32,
    lines: Vec<Line>,
    line: Line,
    /// What the last word of the line left to be put before the next, or at the line's end.
    gap: Option<Then>,
}

impl Fill {
    fn push(&mut self, word: &Word) {
        let space = match &self.gap {
            Some(Then::Space(part)) => part.width,
            _ => 0.0,
        };
        // A hyphen must still find room if the line ends after this word.
        let hyphen = match &word.then {
            Then::Hyphen(part) => part.width,
            _ => 0.0,
        };
        let fits = self.line.width + space + word.width + hyphen <= self.width + 0.01;
        if !self.line.parts.is_empty() && !fits {
            self.end_line();
        } else if let Some(Then::Space(part)) = self.gap.take() {
            self.line.width += part.width;
            self.line.parts.push(part);
        }
        self.line.width += word.width;
        self.line.parts.extend(word.parts.iter().cloned());
        self.gap = Some(word.then.clone());
        if word.then == Then::Break {
            self.end_line();
        }
    }

    /// The space at a line's end stays in the text, so that words stay apart when it is read.
    fn end_line(&mut self) {
        let gap = self.gap.take();
        if self.line.parts.is_empty() && gap.is_none() {
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        match gap {
            Some(Then::Space(part)) => line.parts.push(Part { width: 0.0, text: " ".into(), ..part }),
            Some(Then::Hyphen(part)) => {
                line.width += part.width;
                line.parts.push(part);
            }
            Some(Then::Break) => line.parts.extend(line.parts.last().map(|last| Part {
                width: 0.0,
                text: " ".into(),
                pill: None,
                ink: last.ink,
            })),
            _ => {}
        }
        self.lines.push(Line { parts: joined(line.parts), width: line.width });
    }
}

/// Neighbours that look the same are painted together.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    parts.into_iter().fold(Vec::new(), |mut line: Vec<Part>, part| {
        match line.last_mut() {
            Some(last) if last.ink == part.ink && last.pill.is_none() && part.pill.is_none() => {
                last.text.push_str(&part.text);
                last.width += part.width;
            }
            _ => line.push(part),
        }
        line
    })
}

/// Cuts a word into pieces that fit, at joints where there are any.
fn shatter(faces: Faces<'_>, word: &Word, width: f32) -> Vec<Word> {
    let mut pieces: Vec<Part> = word.parts.iter().flat_map(|part| cut(faces, part, width)).collect();
    let last = pieces.pop();
    let whole = |part: Part, then| Word { width: part.width, parts: vec![part], then };
    pieces
        .into_iter()
        .map(|part| whole(part, Then::Soft))
        .chain(last.map(|part| whole(part, word.then.clone())))
        .collect()
}

fn cut(faces: Faces<'_>, part: &Part, width: f32) -> Vec<Part> {
    if part.width <= width {
        return vec![part.clone()];
    }
    let Ink { font, .. } = part.ink;
    let dress = part.pill.map_or(0.0, |pill| pill.lead(font.size) + pill.trail(font.size));
    let room = (width - dress).max(1.0);
    let mut found = Vec::new();
    let mut rest = part.text.as_str();
    let mut pill = part.pill;
    while !rest.is_empty() {
        let end = prefix(faces, rest, part, room);
        let (now, later) = rest.split_at(end);
        let text = if part.pill.is_some() { now.trim() } else { now };
        found.push(Part::new(faces, text.into(), part.ink, pill));
        pill = pill.map(|pill| pill.continued());
        rest = later;
    }
    found
}

/// Bytes of the longest start of `text` that fits, shortened to a joint if one is near.
fn prefix(faces: Faces<'_>, text: &str, part: &Part, room: f32) -> usize {
    let Ink { font, .. } = part.ink;
    let (mut end, mut joint, mut width) = (0, 0, 0.0);
    for (i, c) in text.char_indices() {
        width += faces.width(c.encode_utf8(&mut [0; 4]), font.weight, font.size);
        if width > room && end > 0 {
            return if joint * 2 > end { joint } else { end };
        }
        end = i + c.len_utf8();
        if JOINTS.contains(c) || (part.pill.is_some() && c == ' ') {
            joint = end;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::super::fonts::FontSet;
    use super::super::words::tests::runs;
    use super::super::words::words;
    use super::*;

    fn set(texts: &[&str], width: f32) -> (Vec<String>, Vec<String>) {
        let fonts = FontSet::liberation();
        let faces = fonts.faces().expect("bundled fonts");
        let (lines, broken) = fill(faces, &words(faces, &runs(texts)), width);
        for line in &lines {
            assert!(line.width <= width + 0.01 || line.parts[0].text.chars().count() == 1);
        }
        (lines.iter().map(|l| l.parts.iter().map(|p| p.text.as_str()).collect()).collect(), broken)
    }

    #[test]
    fn lines_are_filled_and_keep_their_last_space() {
        let (lines, broken) = set(&["the quick brown fox jumps"], 60.0);
        assert_eq!(lines, ["the quick ", "brown fox ", "jumps"]);
        assert!(broken.is_empty());
    }

    #[test]
    fn words_glued_across_runs_stay_together() {
        let (lines, _) = set(&["aaaa bb", "bb", "<br/>", "c"], 40.0);
        assert_eq!(lines, ["aaaa ", "bbbb ", "c"]);
    }

    #[test]
    fn a_no_break_space_holds() {
        let (lines, _) = set(&["at 5\u{a0}pm"], 30.0);
        assert_eq!(lines, ["at ", "5\u{a0}pm"]);
    }

    #[test]
    fn long_words_break_at_joints_or_anywhere() {
        let (lines, broken) = set(&["see https://example.org/aaaa/bbbbbbbb now"], 80.0);
        assert_eq!(lines, ["see ", "https://example.or", "g/aaaa/bbbbbbbb ", "now"]);
        assert_eq!(broken, ["https://example.org/"], "the rest breaks after a slash");
        assert_eq!(set(&["aaaaaa-bbbbbb"], 40.0).0, ["aaaaaa-", "bbbbbb"]);
        let (lines, _) = set(&["WWWWWW"], 25.0);
        assert_eq!(lines, ["WW", "WW", "WW"]);
        let (lines, _) = set(&["WW"], 1.0);
        assert_eq!(lines, ["W", "W"]);
    }

    #[test]
    fn a_soft_hyphen_shows_only_where_the_line_ends() {
        let (lines, _) = set(&["safe\u{ad}guarding"], 35.0);
        assert_eq!(lines[0], "safe-");
        assert_eq!(set(&["safe\u{ad}guarding"], 200.0).0, ["safeguarding"]);
    }
}
