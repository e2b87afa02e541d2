//! A text as people read it: letters without their accents, one kind of dash, apostrophe and space, nothing
//! invisible, and the digits and letters of other forms as plain ones.
//!
//! Patterns are looked for in this form, so that it makes no difference how a program wrote a letter. Each
//! place in it leads back to the text it came from.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A text in its plain form.
pub(super) struct Plain<'t> {
    /// The plain form.
    pub text: Cow<'t, str>,
    /// For each byte of it, the bytes of the source that it stands for. Empty if the two are the same.
    from: Vec<(usize, usize)>,
}

impl<'t> Plain<'t> {
    /// The plain form of a text. A text of ASCII is its own.
    pub(super) fn of(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self { text: Cow::Borrowed(text), from: Vec::new() };
        }
        let mut out = String::with_capacity(text.len());
        let mut from = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            let mut put = |piece: char| {
                out.push(piece);
                from.resize(out.len(), (at, end));
            };
            if is_invisible(c) {
                continue;
            }
            if let Some(plain) = sign(c) {
                put(plain);
                continue;
            }
            match letters(c) {
                Some(plain) => plain.chars().for_each(&mut put),
                None => decompose_compatible(c, |piece| {
                    if !is_combining_mark(piece) {
                        put(sign(piece).unwrap_or(piece));
                    }
                }),
            }
        }
        Self { text: Cow::Owned(out), from }
    }

    /// Where a part of the plain form stands in the source, in bytes.
    pub(super) fn source(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.from.get(start).map_or(start, |(first, _)| *first);
        let last = end.checked_sub(1).and_then(|end| self.from.get(end)).map_or(end, |(_, last)| *last);
        (first, last)
    }
}

/// A word without accents, in its plain letters.
pub(super) fn plain(text: &str) -> String {
    Plain::of(text).text.into_owned()
}

/// The one mark that stands for all of its kind.
fn sign(c: char) -> Option<char> {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{2043}' => Some('-'),
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{2bc}' | '\u{b4}' | '\u{ff07}' => Some('\''),
        '\u{2024}' | '\u{b7}' | '\u{2027}' | '\u{3002}' => Some('.'),
        '\u{2044}' | '\u{2215}' => Some('/'),
        _ if c.is_whitespace() && !c.is_ascii() => Some(' '),
        _ => None,
    }
}

/// Letters that Unicode does not take apart.
fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ß' => "ss",
        'æ' => "ae",
        'Æ' => "Ae",
        'œ' => "oe",
        'Œ' => "Oe",
        'ı' => "i",
        'þ' => "th",
        'Þ' => "Th",
        _ => return None,
    })
}

/// Characters that nobody sees: soft hyphens, joiners, marks of direction.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_what_reads_the_same() {
        for (text, read) in [
            ("plain", "plain"),
            ("Ren\u{e9}e", "Renee"),
            ("Rene\u{301}e", "Renee"),
            ("\u{141}uk\u{f8}", "Luko"),
            ("07700\u{a0}900\u{2011}123", "07700 900-123"),
            ("ja\u{200b}ne\u{ad}", "jane"),
            ("\u{ff10}\u{ff17}\u{ff17}", "077"),
            ("jane\u{ff20}nhs\u{ff0e}net", "jane@nhs.net"),
            ("O\u{2019}Sample", "O'Sample"),
            ("a\u{2028}b", "a b"),
        ] {
            assert_eq!(plain(text), read, "{text:?}");
        }
    }

    #[test]
    fn a_place_leads_back_to_the_source() {
        let text = "x Rene\u{301}e\u{200b} y";
        let found = Plain::of(text);
        let at = found.text.find("Renee").unwrap();
        let (start, end) = found.source(at, at + 5);
        assert_eq!(&text[start..end], "Rene\u{301}e");
        let ascii = Plain::of("abc");
        assert_eq!(ascii.source(1, 3), (1, 3));
    }
}
