//! Codes as people write them: what is read as the code without doubt, and what is only like one.
//!
//! Characters that nobody sees, an apostrophe in front and full-width letters leave no doubt about the code.
//! Anything else, such as the letter O for 0, a code with a name or a Cyrillic letter, is told and never read.

use std::fmt::Write;

/// A character that shows nothing: soft hyphens, spaces of no width, joiners, marks of direction, byte order
/// marks, fillers and selectors of variants.
pub fn shows_nothing(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !c.is_whitespace())
}

/// A text without the characters that show nothing, full-width letters and figures as plain ones.
pub fn seen(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars().filter(|c| !shows_nothing(*c)).map(narrow).collect()
}

/// The code that a text is, where nothing but what leaves no doubt differs: capitals, no spaces.
pub fn code(text: &str) -> String {
    let seen = seen(text);
    let bare = seen.trim_start();
    let bare = bare.strip_prefix(['\'', '\u{2018}', '\u{2019}', '\u{2bc}', '`']).unwrap_or(bare);
    bare.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

/// Full-width forms stand for the characters of ASCII, in their order.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// What a code looks like: letters of other alphabets as the Latin ones that they look like, figures of other
/// scripts as ours, O as 0, I and L as 1, and nothing but letters and figures. Two codes that look alike have
/// the same skeleton.
pub fn skeleton(text: &str) -> String {
    seen(text).chars().filter_map(looks_like).collect()
}

/// The skeletons of the words of a text, and of the whole of it: `X90006 - Mill Surgery (X9O006)`.
pub fn parts(text: &str) -> Vec<String> {
    let seen = seen(text);
    let words = seen.split(|c: char| !c.is_alphanumeric()).map(skeleton);
    let mut parts: Vec<String> = std::iter::once(skeleton(&seen)).chain(words).collect();
    parts.retain(|part| part.bytes().any(|b| b.is_ascii_digit()));
    parts.dedup();
    parts
}

fn looks_like(c: char) -> Option<char> {
    let upper = c.to_uppercase().next().unwrap_or(c);
    let plain = latin(upper).unwrap_or(upper);
    let plain = match plain {
        'O' => '0',
        'I' | 'L' => '1',
        '|' if c == '|' => '1',
        other => figure(other).unwrap_or(other),
    };
    plain.is_alphanumeric().then_some(plain)
}

/// A figure of another script as ours.
fn figure(c: char) -> Option<char> {
    const ZEROS: [u32; 12] =
        [0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x7c0];
    let digit = ZEROS.iter().find_map(|zero| (c as u32).checked_sub(*zero).filter(|d| *d < 10))?;
    char::from_digit(digit, 10)
}

/// The Latin capital that a capital of another alphabet looks like.
fn latin(c: char) -> Option<char> {
    const ALIKE: &str = "АAВBЕEЅSІIЈJКKМMНHОOРPСCТTУYХXҮYԚQԜWҺHЗ3ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϹCϳJՕOՏSԱUⅠIⅤVⅩXⅬLⅭCⅮDⅯMᎪAᏴBᏟCᎬEᎻHᎫJᏦKᏞLᎷMᏢPᏚSᎢTᏙVᏃZ";
    let mut pairs = ALIKE.chars();
    while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
        if from == c {
            return Some(to);
        }
    }
    None
}

/// What a reader cannot see or would take for something else, in words: `the letter Х is Cyrillic, U+0425`.
/// `meant` is the code that was probably meant.
pub fn odd(text: &str, meant: Option<&str>) -> Option<String> {
    let mut told: Vec<String> = Vec::new();
    for c in text.chars() {
        let said = match c {
            _ if shows_nothing(c) => Some(format!("there is a character that shows nothing, {}", number(c))),
            c if c.is_ascii() || c.is_whitespace() => None,
            c if c.is_alphabetic() => Some(match alphabet(c) {
                Some(name) => format!("the letter {c} is {name}, {}", number(c)),
                None => format!("the letter {c} is no Latin capital, {}", number(c)),
            }),
            c if c.is_numeric() => Some(format!("the figure {c} is not one of 0 to 9, {}", number(c))),
            c => Some(format!("the character {c} is {}", number(c))),
        };
        told.extend(said.filter(|said| !told.contains(said)));
    }
    told.extend(meant.and_then(|meant| confused(text, meant)));
    let mut words = String::new();
    for (index, said) in told.iter().take(MOST_TOLD).enumerate() {
        let _ = write!(words, "{}{said}", if index == 0 { "" } else { "; " });
    }
    Some(words).filter(|words| !words.is_empty())
}

/// So many odd characters of one code are told.
const MOST_TOLD: usize = 4;

fn number(c: char) -> String {
    format!("U+{:04X}", c as u32)
}

/// Letters that stand where the meant code has figures, or the other way round.
fn confused(text: &str, meant: &str) -> Option<String> {
    let written: Vec<char> = code(text).chars().filter(|c| c.is_alphanumeric()).collect();
    let meant: Vec<char> = meant.chars().collect();
    // The code may stand in a longer text.
    let start = (0..=written.len().checked_sub(meant.len())?).find(|start| {
        let same = |(w, m): (&char, &char)| looks_like(*w) == looks_like(*m);
        written.iter().skip(*start).zip(&meant).all(same)
    })?;
    let pairs = written.iter().skip(start).zip(&meant).filter(|(w, m)| w.is_ascii() && w != m);
    let mut said: Vec<String> = Vec::new();
    for (w, m) in pairs {
        let kind = |c: &char| if c.is_ascii_digit() { "figure" } else { "letter" };
        let one = format!("the {} {w} stands for the {} {m}", kind(w), kind(m));
        if !said.contains(&one) {
            said.push(one);
        }
    }
    Some(said.join(", ")).filter(|said| !said.is_empty())
}

fn alphabet(c: char) -> Option<&'static str> {
    Some(match c as u32 {
        0x370..=0x3ff | 0x1f00..=0x1fff => "Greek",
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => "Cyrillic",
        0x530..=0x58f => "Armenian",
        0x590..=0x5ff => "Hebrew",
        0x600..=0x6ff => "Arabic",
        0x13a0..=0x13ff | 0xab70..=0xabbf => "Cherokee",
        0x2160..=0x2188 => "a Roman numeral",
        0xff01..=0xff5e => "full-width",
        0x1d400..=0x1d7ff => "mathematical",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_no_doubt_is_read_as_the_code() {
        for text in [
            "X90001",
            " x90001 ",
            "X90 001",
            "\u{a0}X90001\u{a0}",
            "'X90001",
            "\u{2019}X90001",
            "X9\u{200c}0001",
            "X90\u{ad}001",
            "X900\u{200d}01",
            "X90001\u{2060}",
            "\u{feff}X90001",
            "X9\u{202c}0001\u{200f}",
            "\u{ff38}\u{ff19}\u{ff10}\u{ff10}\u{ff10}\u{ff11}",
            "\u{ff58}90001",
            "X90001\u{fe0f}",
            "X\u{e0041}90001",
        ] {
            assert_eq!(code(text), "X90001", "{text:?}");
        }
        for text in ["X9OO01", "X90001.", "=\"X90001\"", "\u{425}90001", "X90001 - Mill Surgery"] {
            assert_ne!(code(text), "X90001", "{text:?} is told, not read");
        }
    }

    #[test]
    fn codes_that_look_alike_have_one_skeleton() {
        for text in [
            "X90001",
            "\u{425}90001",
            "\u{3a7}90001",
            "X9OOO1",
            "X9000I",
            "x9000l",
            "X-90001.",
            "X9\u{660}\u{660}\u{660}1",
        ] {
            assert_eq!(skeleton(text), skeleton("X90001"), "{text:?}");
        }
        for text in ["=\"X90001\"", "X90001 - Mill Surgery", "Mill Surgery (X90001)", "X90001*", "X90-001"] {
            assert!(parts(text).contains(&skeleton("X90001")), "{text:?}: {:?}", parts(text));
        }
        assert!(!parts("X90002 Mill").contains(&skeleton("X90001")));
    }

    #[test]
    fn what_a_reader_cannot_see_is_said() {
        let said = |text: &str| odd(text, Some("X90001")).unwrap_or_default();
        assert_eq!(said("\u{425}90001"), "the letter \u{425} is Cyrillic, U+0425");
        assert_eq!(said("\u{3a7}90001"), "the letter \u{3a7} is Greek, U+03A7");
        assert_eq!(said("X9OO01"), "the letter O stands for the figure 0");
        assert_eq!(said("X9000I"), "the letter I stands for the figure 1");
        assert_eq!(said("X90\u{2011}001"), "the character \u{2011} is U+2011");
        assert_eq!(odd("X90002", None), None);
    }
}
