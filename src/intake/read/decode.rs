//! From bytes to text: which encoding it is.

use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Unreadable;
use crate::diagnostic::Code;

/// A byte order mark decides; without one it is UTF-16 if every other byte says so, UTF-8 if it can be, else
/// Mac Roman or Windows-1252, whichever makes words.
///
/// # Errors
/// If the bytes are no text.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Option<String>), Unreadable> {
    let marked = Encoding::for_bom(bytes);
    let (encoding, mark) = marked.or_else(|| unmarked_utf16(bytes).map(|e| (e, 0))).unwrap_or((UTF_8, 0));
    let body = bytes.get(mark..).unwrap_or_default();
    let text = encoding.decode_without_bom_handling_and_without_replacement(body);
    let (text, note) = match text {
        Some(text) if marked.is_none() && encoding != UTF_8 => {
            let note = format!("the text has no byte order mark and was read as {}", encoding.name());
            (text.into_owned(), Some(note))
        }
        Some(text) => (text.into_owned(), None),
        None if encoding == UTF_8 && is_mac_roman(body) => {
            let text = MACINTOSH.decode_without_bom_handling(body).0.into_owned();
            let note = "the text is not UTF-8 and was read as Mac Roman, as Excel for Mac saves it: \
                        check the letters with accents";
            (text, Some(note.to_owned()))
        }
        None if encoding == UTF_8 => {
            let text = WINDOWS_1252.decode_without_bom_handling(body).0.into_owned();
            let note = "the text is not UTF-8 and was read as Windows-1252".to_owned();
            (text, Some(note))
        }
        None => {
            let text = encoding.decode_without_bom_handling(body).0.into_owned();
            let note = "some characters could not be read and show as \u{fffd}".to_owned();
            (text, Some(note))
        }
    };
    if text.contains('\0') || mostly_control(&text) {
        return Err(Unreadable::new(
            Code::UnreadableFile,
            "the file is neither a workbook nor text",
            "send an Excel workbook (.xlsx) or comma-separated text (.csv)",
        ));
    }
    Ok((text, note))
}

/// UTF-16 without a byte order mark. Text of western Europe has a zero in every other byte, which no
/// other encoding of text has.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(1024) & !1)?;
    if head.len() < 8 {
        return None;
    }
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    match () {
        () if even == 0 && odd * 10 >= half * 9 => Some(UTF_16LE),
        () if odd == 0 && even * 10 >= half * 9 => Some(UTF_16BE),
        () => None,
    }
}

/// Whether text that is not UTF-8 reads better as Mac Roman than as Windows-1252. Lines that end in a carriage
/// return alone are those of a Mac, so there it needs no more than to read as well.
fn is_mac_roman(bytes: &[u8]) -> bool {
    // Bytes that stand in UTF-8 among damaged ones say nothing of either.
    let oddities = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling(bytes).0;
        let characters: Vec<char> = text.chars().collect();
        let at = |place: Option<usize>| place.and_then(|p| characters.get(p)).copied().unwrap_or(' ');
        let odd = |(place, c): (usize, &char)| {
            !c.is_ascii() && is_odd(at(place.checked_sub(1)), *c, at(place.checked_add(1)))
        };
        characters.iter().enumerate().filter(|(place, c)| odd((*place, c))).count()
    };
    let (mac, windows) = (oddities(MACINTOSH), oddities(WINDOWS_1252));
    let returns_alone = bytes.contains(&b'\r') && !bytes.contains(&b'\n');
    mac < windows || (returns_alone && mac == windows)
}

/// Whether a character is not what stands between these two in English or in names of western Europe.
fn is_odd(before: char, c: char, after: char) -> bool {
    let joins = |c: char| matches!(c, '\u{2019}' | '\u{2018}');
    match c {
        _ if c.is_control() => true,
        // Capitals stand at the beginning of words or among capitals.
        _ if c.is_uppercase() => before.is_lowercase() || !(before.is_alphabetic() || after.is_alphabetic()),
        // Small letters stand within words; a few are words.
        _ if c.is_lowercase() => {
            let alone = !(before.is_alphabetic() || after.is_alphabetic());
            let within_capitals = before.is_uppercase() && after.is_uppercase();
            (alone && !matches!(c, 'à' | 'è' | 'é' | 'ó' | 'ª' | 'º')) || within_capitals || !is_common(c)
        }
        _ if joins(c) => false,
        '\u{2013}' | '\u{2014}' | '\u{201c}' | '\u{201d}' | '\u{2026}' | '\u{2022}' | '\u{a0}' => {
            before.is_alphabetic()
                && after.is_alphabetic()
                && !matches!(c, '\u{2013}' | '\u{2014}' | '\u{a0}')
        }
        '£' | '€' | '°' | '½' | '¼' | '¾' | '²' | '³' | '©' | '®' | '™' | '·' | '±' | '×' | '÷' | '«'
        | '»' | '§' | '¶' | '\u{ad}' => before.is_alphabetic() && after.is_alphabetic(),
        _ => true,
    }
}

/// Small letters of western European languages.
fn is_common(c: char) -> bool {
    "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßšžðþªºı".contains(c)
}

/// Whether more than one character in twenty is one that no text has.
fn mostly_control(text: &str) -> bool {
    let head = text.chars().take(4096);
    let (mut all, mut control) = (0, 0);
    for c in head {
        all += 1;
        control += usize::from(c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1a}'));
    }
    control * 20 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_mac(text: &str) -> Vec<u8> {
        // Mac Roman is no encoding that can be written, so its upper half is read and turned round.
        let upper: Vec<u8> = (0x80..=0xff).collect();
        let table: Vec<char> = MACINTOSH.decode_without_bom_handling(&upper).0.chars().collect();
        text.chars()
            .map(|c| match table.iter().position(|known| *known == c) {
                Some(place) => 0x80 + u8::try_from(place).unwrap(),
                None => u8::try_from(u32::from(c)).unwrap(),
            })
            .collect()
    }

    const TEXTS: [&str; 8] = [
        "X90001,Café rota – see Zoë’s note £5",
        "X90001,the practice’s rota",
        "X90001,“Rota gaps” – two days",
        "X90001,Siân, Müller and Renée",
        "X90001,temperature 5 °C… checked",
        "X90001,naïve résumé\u{a0}of Señor Nuñez",
        "X90001,ÉCOLE and Ångström",
        "X90001,it cost £250 – agreed",
    ];

    #[test]
    fn mac_roman_is_told_from_windows() {
        for text in TEXTS {
            for end in ["\r", "\n", "\r\n"] {
                let whole = format!("code,text{end}{text}{end}");
                assert_eq!(decode(&as_mac(&whole)).unwrap().0, whole, "Mac: {whole:?}");
                if end != "\r" {
                    let bytes = WINDOWS_1252.encode(&whole).0;
                    assert_eq!(decode(&bytes).unwrap().0, whole, "Windows: {whole:?}");
                }
            }
        }
    }

    #[test]
    fn the_note_names_the_encoding() {
        let note = |bytes: &[u8]| decode(bytes).unwrap().1.unwrap_or_default();
        assert!(note(b"Caf\x8e rota \xd0 see Zo\x91\xd5s note \xa35\r").contains("Mac Roman"));
        assert!(note(b"caf\xe9, \x93x\x94\n").contains("Windows-1252"));
        assert_eq!(note("café".as_bytes()), "");
    }
}
