//! Finds a secret in what a server answers: as it is, cut short, backwards, spread over blanks, with its characters
//! escaped, in base64 or in hexadecimal, and one of these within another.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A part of the secret of so many bytes gives it away; of a short one half of it does, of four the whole.
const TELLING: (usize, usize) = (4, 6);

/// So many ways of writing may lie one within another.
const DEPTH: usize = 2;

/// Base64 with or without its padding, whatever its last letter says beside the last byte.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A byte that was read, and the part of the text that says it.
#[derive(Clone, Copy)]
struct Seen {
    byte: u8,
    from: usize,
    to: usize,
}

/// The parts of a text that tell of a secret, in order, none within another.
pub(super) fn parts(secret: &str, text: &str) -> Vec<(usize, usize)> {
    let squeezed = |text: String| text.bytes().filter(|b| !is_blank(*b)).collect::<Vec<u8>>();
    let wanted = [squeezed(secret.to_owned()), squeezed(secret.chars().rev().collect())];
    if wanted[0].is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let seen = text.char_indices().flat_map(|(from, c)| {
        let to = from + c.len_utf8();
        text[from..to].bytes().map(move |byte| Seen { byte, from, to })
    });
    search(&seen.collect::<Vec<Seen>>(), &wanted, DEPTH, &mut found);
    found.sort_unstable();
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (from, to) in found {
        match out.last_mut() {
            Some(last) if from < last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control()
}

fn search(seen: &[Seen], wanted: &[Vec<u8>; 2], depth: usize, found: &mut Vec<(usize, usize)>) {
    let seen: Vec<Seen> = seen.iter().filter(|seen| !is_blank(seen.byte)).copied().collect();
    for wanted in wanted {
        matches(&seen, wanted, found);
    }
    if depth == 0 {
        return;
    }
    let plain = unescaped(&seen);
    if plain.len() < seen.len() {
        search(&plain, wanted, depth - 1, found);
    }
    for run in seen.split(|seen| !is_letter(seen.byte)) {
        for decoded in decoded(run) {
            let mut inside = Vec::new();
            search(&decoded, wanted, depth - 1, &mut inside);
            // The rest of an encoded word says nothing to a reader, and its edges share letters with the secret.
            found.extend(inside.into_iter().map(|(from, to)| whole_word(run, from, to)));
        }
    }
}

/// A part of a run of letters, up to the blanks around it.
fn whole_word(run: &[Seen], from: usize, to: usize) -> (usize, usize) {
    let at = |index: usize| run.get(index);
    let mut first = run.iter().position(|seen| seen.to > from).unwrap_or_default();
    let mut last = run.iter().rposition(|seen| seen.from < to).unwrap_or(first);
    let joined = |one: Option<&Seen>, next: Option<&Seen>| matches!((one, next), (Some(one), Some(next)) if next.from <= one.to);
    while first > 0 && joined(at(first - 1), at(first)) {
        first -= 1;
    }
    while joined(at(last), at(last + 1)) {
        last += 1;
    }
    (at(first).map_or(from, |seen| seen.from), at(last).map_or(to, |seen| seen.to))
}

/// Every part of the wanted word that gives it away, each as long as it goes on.
fn matches(seen: &[Seen], wanted: &[u8], found: &mut Vec<(usize, usize)>) {
    let least = (wanted.len() / 2).clamp(TELLING.0, TELLING.1).min(wanted.len());
    let mut at = 0;
    while let Some(rest) = seen.get(at..).filter(|rest| !rest.is_empty()) {
        let common = |from: usize| {
            let pairs = rest.iter().zip(&wanted[from..]);
            pairs.take_while(|(seen, byte)| seen.byte.eq_ignore_ascii_case(byte)).count()
        };
        let length = (0..wanted.len()).map(common).max().unwrap_or_default();
        if let (true, Some(last)) = (length >= least, rest.get(..length).and_then(<[Seen]>::last)) {
            found.push((rest[0].from, last.to));
            at += length;
        } else {
            at += 1;
        }
    }
}

/// A letter of base64, for mail or for addresses, or of hexadecimal.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// What a run of letters may mean. What it begins with may be no part of it.
fn decoded(run: &[Seen]) -> Vec<Vec<Seen>> {
    let run: Vec<Seen> = run.iter().filter(|seen| seen.byte != b'=').copied().collect();
    let base64 = (0..4).filter_map(|skipped| {
        let run = run.get(skipped..)?;
        // One letter alone says nothing.
        let run = run.get(..run.len() - usize::from(run.len() % 4 == 1))?;
        let letters: Vec<u8> = run.iter().map(|seen| standard(seen.byte)).collect();
        let bytes = LENIENT.decode(letters).ok()?;
        let each = bytes.into_iter().enumerate().filter_map(|(index, byte)| {
            // The byte lies in two letters.
            let first = index / 3 * 4 + index % 3;
            Some(Seen { byte, from: run.get(first)?.from, to: run.get(first + 1)?.to })
        });
        Some(each.collect())
    });
    let hexadecimal = run.split(|seen| !seen.byte.is_ascii_hexdigit()).flat_map(|digits| {
        (0..2).filter_map(|skipped| {
            let pairs = digits.get(skipped..)?.chunks_exact(2);
            let each = pairs.filter_map(|pair| {
                let [one, two] = pair else { return None };
                Some(Seen { byte: (digit(one.byte)? << 4) | digit(two.byte)?, from: one.from, to: two.to })
            });
            Some(each.collect::<Vec<Seen>>()).filter(|bytes| !bytes.is_empty())
        })
    });
    base64.chain(hexadecimal).collect()
}

/// A letter of base64 for addresses as that of mail.
fn standard(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The same with every escaped character as itself: `%2D`, `=2D`, `+2D`, `\x2d`, `\u002d`, `\u{2d}`, `\055`,
/// `\-`, `&#45;`, `&#x2d;`, `&amp;`.
fn unescaped(seen: &[Seen]) -> Vec<Seen> {
    let mut out = Vec::with_capacity(seen.len());
    let mut rest = seen;
    while let Some(first) = rest.first() {
        let bytes: Vec<u8> = rest.iter().take(12).map(|seen| seen.byte).collect();
        let (said, length) = escape(&bytes).unwrap_or((vec![first.byte], 1));
        let (taken, after) = rest.split_at(length.min(rest.len()));
        let to = taken.last().map_or(first.to, |last| last.to);
        out.extend(said.into_iter().map(|byte| Seen { byte, from: first.from, to }));
        rest = after;
    }
    out
}

/// What an escape at the beginning says, and its length.
fn escape(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let number = |from: usize, length: usize, radix: u32| {
        let digits = std::str::from_utf8(bytes.get(from..from + length)?).ok()?;
        u32::from_str_radix(digits, radix).ok().filter(|_| digits.chars().all(|c| c.is_digit(radix)))
    };
    let byte = |from: usize| number(from, 2, 16).and_then(|n| u8::try_from(n).ok()).map(|byte| vec![byte]);
    let character = |code: u32| char::from_u32(code).map(|c| c.to_string().into_bytes());
    let until = |from: usize, end: u8| bytes.get(from..)?.iter().position(|byte| *byte == end);
    match bytes {
        [b'%' | b'=' | b'+', ..] => Some((byte(1)?, 3)),
        [b'\\', b'x' | b'X', ..] => Some((byte(2)?, 4)),
        [b'\\', b'u', b'{', ..] => {
            let length = until(3, b'}')?;
            Some((character(number(3, length, 16)?)?, length + 4))
        }
        [b'\\', b'u', ..] => Some((character(number(2, 4, 16)?)?, 6)),
        [b'\\', b'U', ..] => Some((character(number(2, 8, 16)?)?, 10)),
        [b'\\', b'0'..=b'7', ..] => {
            let length = (1..=3).rev().find(|length| number(1, *length, 8).is_some_and(|n| n < 256))?;
            Some((vec![u8::try_from(number(1, length, 8)?).ok()?], length + 1))
        }
        [b'\\', other, ..] => Some((vec![*other], 2)),
        [b'&', b'#', b'x' | b'X', ..] => {
            let length = until(3, b';')?;
            Some((character(number(3, length, 16)?)?, length + 4))
        }
        [b'&', b'#', ..] => {
            let length = until(2, b';')?;
            Some((character(number(2, length, 10)?)?, length + 3))
        }
        [b'&', ..] => {
            let length = until(1, b';')?;
            let c = match bytes.get(1..=length)? {
                b"amp" => b'&',
                b"lt" => b'<',
                b"gt" => b'>',
                b"quot" => b'"',
                b"apos" => b'\'',
                _ => return None,
            };
            Some((vec![c], length + 2))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "hunter2-b&tt\u{e9}ry/42";

    /// A text with `@` where something was found.
    fn masked(secret: &str, text: &str) -> String {
        let mut out = String::new();
        let mut at = 0;
        for (from, to) in parts(secret, text) {
            out.push_str(&text[at..from]);
            out.push('@');
            at = to;
        }
        out + &text[at..]
    }

    fn base64(text: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    fn each(text: &str, write: impl Fn(u8) -> String) -> String {
        text.bytes().map(write).collect()
    }

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let reversed: String = SECRET.chars().rev().collect();
        let percent = |text: &str| each(text, |b| format!("%{b:02X}"));
        let characters = |write: fn(char) -> String| SECRET.chars().map(write).collect::<String>();
        for written in [
            SECRET.to_owned(),
            SECRET.to_uppercase().replace('\u{c9}', "\u{e9}"),
            reversed.clone(),
            percent(SECRET),
            percent(SECRET).to_lowercase(),
            percent(&percent(SECRET)),
            percent(&reversed),
            percent(&base64(SECRET)),
            "hunter2-b%26tt%C3%A9ry%2F42".to_owned(),
            "hunter2-b&amp;tt&#233;ry&#x2f;42".to_owned(),
            "hunter2-b\\u0026tt\\u00e9ry\\/42".to_owned(),
            "hunter2=2Db=26tt=C3=A9ry=2F42".to_owned(),
            "hunter2+2Db+26tt+C3+A9ry+2F42".to_owned(),
            each(SECRET, |b| format!("\\x{b:02x}")),
            each(SECRET, |b| format!("\\{b:03o}")),
            characters(|c| format!("\\u{:04X}", u32::from(c))),
            characters(|c| format!("\\u{{{:x}}}", u32::from(c))),
            characters(|c| format!("&#{};", u32::from(c))),
            characters(|c| format!("{c} ")).trim_end().to_owned(),
            each(SECRET, |b| format!("{b:02x}")),
            each(SECRET, |b| format!("{b:02X} ")).trim_end().to_owned(),
            base64(SECRET),
            base64(SECRET).trim_end_matches('=').to_owned(),
            base64(SECRET).replace('+', "-").replace('/', "_"),
            base64(&base64(SECRET)),
            base64(&reversed),
            base64(&format!("\0sender@icb.example\0{SECRET}")),
            base64(&percent(SECRET)),
        ] {
            assert_eq!(masked(SECRET, &format!("535 5.7.8 <{written}> no")), "535 5.7.8 <@> no", "{written}");
        }
    }

    #[test]
    fn a_part_of_it_is_enough() {
        let encoded = base64(SECRET);
        for part in [
            "hunter2-b&tt",
            "hunter",
            "t\u{e9}ry/42",
            "unter2-b",
            "24/yr\u{e9}t",
            "%68%75%6E%74%65%72",
            &encoded[..12],
            &encoded[..encoded.len() - 5],
            &encoded[8..],
        ] {
            assert_eq!(masked(SECRET, &format!("535 <{part}>: no")), "535 <@>: no", "{part}");
        }
        assert_eq!(masked("s3cr3t", "535 s3cr... is wrong"), "535 @... is wrong");
        assert_eq!(masked("pin", "a pin, nip or pi"), "a @, @ or pi");
    }

    #[test]
    fn what_servers_say_otherwise_is_left_as_it_is() {
        for text in [
            "5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
            "250 2.0.0 Ok: queued as 4F1C8A0123",
            "we encountered a batch of 42 % faults; see https://icb.example/a%20b?c=2&amp;d=5e6f",
            "\u{e9}\u{2019}\\",
            "%",
            "&#;",
            "\\u{}",
            "",
        ] {
            assert_eq!(masked(SECRET, text), text);
        }
        assert_eq!(masked("", "anything"), "anything");
        assert_eq!(masked("  ", "any thing"), "any thing");
    }
}
