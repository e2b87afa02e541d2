//! NHS numbers in running text: ten digits in any grouping whose last digit is right by modulus 11.
//!
//! The rule is that of the NHS Data Dictionary: the first nine digits are weighted 10 to 2 and summed;
//! 11 less the remainder by 11 is the last digit, with 11 written as 0 and 10 never issued. Ten digits
//! drawn at random pass with a chance of 1 in 11, so what is found is a *possible* NHS number.
//!
//! Digits are read in groups. A candidate is a sequence of whole groups with ten digits together, so an
//! NHS number stands beside other numbers without being hidden by them, and no part of a longer run of
//! digits is ever taken for one.
//!
//! Spaces, dashes and the like join groups of any size. What else parts figures in lists and sums joins
//! them where the grouping itself tells: three, three and four digits, as the number is printed on
//! letters, or one and the same mark between all of them and no list that goes on.

use super::plain::is_invisible;

/// Which numbers that begin with 0 count: none in issue in England does, phone numbers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadingZero {
    /// None of them.
    Never,
    /// Those whose first six digits can be a date of birth, as in Scotland's CHI numbers.
    DateOfBirth,
    /// All of them.
    Always,
}

/// A group of digits, and how it follows the one before it.
struct Group {
    digits: Vec<u8>,
    start: usize,
    end: usize,
    gap: Gap,
}

/// What stands between two groups of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Something that sets two numbers apart.
    Apart,
    /// Spaces, line breaks and blank lines: a document shows all of them as one space.
    Space,
    /// A mark of punctuation.
    Mark(char),
    /// Any other short separator, or a word such as "and".
    Loose {
        /// Which it is.
        mark: u64,
        /// Whether no space stands beside it.
        tight: bool,
    },
}

impl Gap {
    /// Whether it joins groups whatever their size.
    fn joins(self) -> bool {
        matches!(self, Gap::Space | Gap::Mark(_))
    }
}

/// Whether ten digits are an NHS number by modulus 11.
pub fn valid(digits: &[u8]) -> bool {
    let [head @ .., last] = digits else { return false };
    if head.len() != 9 {
        return false;
    }
    let sum: u32 = head.iter().zip((2..=10).rev()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    match 11 - sum % 11 {
        11 => *last == 0,
        10 => false,
        check => u32::from(*last) == check,
    }
}

/// Whether a text may hold ten digits at all; cheap enough to be asked of every cell.
pub fn worth_a_look(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 7 {
        return false;
    }
    let ascii = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    // Seven digits and an exponent are ten: 9.434765E+09.
    ascii >= 7 || (!bytes.is_ascii() && text.chars().filter(|c| digit(*c).is_some()).count() >= 7)
}

/// Every possible NHS number of a text: where it stands in bytes, and its ten digits.
pub fn find(text: &str, leading_zero: LeadingZero) -> Vec<(usize, usize, String)> {
    if !worth_a_look(text) {
        return Vec::new();
    }
    let groups = groups(text);
    let mut out: Vec<(usize, usize, String)> = Vec::new();
    for first in 0..groups.len() {
        if let Some((end, digits)) = written_as_power(text, &groups, first)
            && counts(&digits, leading_zero)
        {
            out.push((groups[first].start, end, shown(&digits)));
            continue;
        }
        let mut digits: Vec<u8> = Vec::with_capacity(10);
        for last in first..groups.len() {
            if last > first && groups[last].gap == Gap::Apart {
                break;
            }
            digits.extend(&groups[last].digits);
            if digits.len() < 10 {
                continue;
            }
            if digits.len() == 10
                && counts(&digits, leading_zero)
                && is_grouped(&groups, first, last)
                && !is_another_thing(text, &groups, first, last)
            {
                out.push((groups[first].start, groups[last].end, shown(&digits)));
            }
            break;
        }
    }
    out
}

/// Whether whole groups of digits of a text, one after another, are these digits, whatever stands between
/// them: looser than [`find`], for telling where a number comes from that was found elsewhere.
pub fn spells(text: &str, digits: &str) -> bool {
    if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.is_empty() {
        return false;
    }
    let groups = groups(text);
    (0..groups.len()).any(|first| {
        let mut rest = digits;
        for group in &groups[first..] {
            match rest.strip_prefix(shown(&group.digits).as_str()) {
                Some("") => return true,
                Some(more) => rest = more,
                None => return false,
            }
        }
        false
    })
}

fn shown(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

fn counts(digits: &[u8], leading_zero: LeadingZero) -> bool {
    let zero = match leading_zero {
        LeadingZero::Always => true,
        LeadingZero::Never => digits.first() != Some(&0),
        LeadingZero::DateOfBirth => digits.first() != Some(&0) || begins_with_a_day(digits),
    };
    zero && valid(digits)
}

/// Whether the first four digits are a day and a month.
fn begins_with_a_day(digits: &[u8]) -> bool {
    let two = |at: usize| match digits.get(at..at + 2) {
        Some([tens, ones]) => tens * 10 + ones,
        _ => 0,
    };
    (1..=31).contains(&two(0)) && (1..=12).contains(&two(2))
}

/// `9.43476592E+09`: a spreadsheet writes a number of ten digits so and leaves zeros at its end out.
fn written_as_power(text: &str, groups: &[Group], first: usize) -> Option<(usize, Vec<u8>)> {
    let (whole, fraction) = (groups.get(first)?, groups.get(first + 1)?);
    let short = whole.digits.len() == 1 && (6..9).contains(&fraction.digits.len());
    if !short || fraction.gap != Gap::Mark('.') {
        return None;
    }
    let power = text.get(fraction.end..)?.strip_prefix(['E', 'e'])?;
    let power = power.strip_prefix('+').unwrap_or(power);
    let shown: String = power.chars().take_while(char::is_ascii_digit).collect();
    if shown.trim_start_matches('0') != "9" {
        return None;
    }
    let mut digits = [whole.digits.as_slice(), &fraction.digits].concat();
    digits.resize(10, 0);
    Some((text.len() - power.len() + shown.len(), digits))
}

/// Whether the way in which digits are grouped makes one number of them.
fn is_grouped(groups: &[Group], first: usize, last: usize) -> bool {
    let taken = &groups[first..=last];
    let gaps: Vec<Gap> = taken.iter().skip(1).map(|group| group.gap).collect();
    if gaps.iter().all(|gap| gap.joins()) {
        return true;
    }
    let uniform = gaps.windows(2).all(|pair| pair[0] == pair[1]);
    if is_usual(taken) {
        // `943.476, 5919` is a fraction and a figure, `943,476; 2026` an amount and its year.
        let fraction = gaps.contains(&Gap::Mark('.'));
        let of_a_year = taken.last().is_some_and(|group| is_year(&group.digits));
        return uniform && !is_a_list(groups, first, last) || !uniform && !fraction && !of_a_year;
    }
    let Some(Gap::Loose { mark, tight: true }) = gaps.first().copied().filter(|_| uniform) else {
        return false;
    };
    let goes_on = |at: usize| groups.get(at).is_some_and(|group| gaps.first() == Some(&group.gap));
    let clock = mark == u64::from(':') && taken.iter().all(|group| group.digits.len() <= 2);
    !clock && !goes_on(first) && !goes_on(last + 1)
}

/// Three, three and four digits: how letters and cards print an NHS number.
fn is_usual(taken: &[Group]) -> bool {
    matches!(taken, [a, b, c] if a.digits.len() == 3 && b.digits.len() == 3 && c.digits.len() == 4)
}

/// Whether three figures stand in a list of five or more like them: `812, 934, 1021, 1432, 905`. A list of
/// NHS numbers is none.
fn is_a_list(groups: &[Group], first: usize, last: usize) -> bool {
    let gap = groups[last].gap;
    let figure = |group: &Group| (3..=4).contains(&group.digits.len());
    let (mut from, mut to) = (first, last);
    while from > 0 && groups[from].gap == gap && figure(&groups[from - 1]) {
        from -= 1;
    }
    while groups.get(to + 1).is_some_and(|group| group.gap == gap && figure(group)) {
        to += 1;
    }
    to - from >= 4 && !groups[from..=to].chunks(3).all(is_usual)
}

/// Ten right digits that are plainly something else: a fraction, an amount, a phone number with its
/// country, a date with an hour, a reference that begins with its year, a part of a fingerprint.
fn is_another_thing(text: &str, groups: &[Group], first: usize, last: usize) -> bool {
    let taken = &groups[first..=last];
    let head = text.get(..groups[first].start).unwrap_or_default();
    let before = first.checked_sub(1).map(|i| &groups[i]).filter(|_| groups[first].gap.joins());
    if head.ends_with(['\u{a3}', '$', '\u{20ac}']) {
        return true;
    }
    let fraction = taken.len() == 1 && groups[first].gap == Gap::Mark('.');
    if fraction || taken.iter().any(|group| in_a_fingerprint(text, group)) {
        return true;
    }
    let phone = before.is_some_and(|before| before.digits == [0] || is_country(text, groups, first - 1));
    if phone || is_country(text, groups, first) {
        return true;
    }
    is_year(&taken[0].digits) && taken.get(1).is_some_and(|group| group.gap != Gap::Space)
        || is_dated(taken)
        || taken.iter().any(|group| is_compact_date(&group.digits))
        || is_clock(text, &groups[first], &groups[last])
}

/// `+44` or `0044`, with or without `(0)` after it.
fn is_country(text: &str, groups: &[Group], at: usize) -> bool {
    let group = &groups[at];
    let plus = text.get(..group.start).is_some_and(|head| head.trim_end().ends_with('+'));
    if (group.digits == [4, 4] && plus) || group.digits == [0, 0, 4, 4] {
        return true;
    }
    group.digits == [0] && at > 0 && group.gap.joins() && is_country(text, groups, at - 1)
}

/// A run of digits within sixteen or more hexadecimal characters, letters among them.
fn in_a_fingerprint(text: &str, group: &Group) -> bool {
    let hexadecimal = |c: &char| c.is_ascii_hexdigit();
    let before = text.get(..group.start).unwrap_or_default().chars().rev().take_while(hexadecimal);
    let after = text.get(group.end..).unwrap_or_default().chars().take_while(hexadecimal);
    let around = before.count() + after.count();
    around > 0 && around + group.digits.len() >= 16
}

fn is_year(digits: &[u8]) -> bool {
    matches!(digits, [1, 9, 9, _] | [2, 0, _, _])
}

/// `20260714`, as names of files and exports have it.
fn is_compact_date(digits: &[u8]) -> bool {
    let [a, b, c, d, month @ .., e, f] = digits else { return false };
    let two = |pair: &[u8]| pair.iter().fold(0, |sum, digit| sum * 10 + digit);
    month.len() == 2
        && is_year(&[*a, *b, *c, *d])
        && (1..=12).contains(&two(month))
        && (1..=31).contains(&two(&[*e, *f]))
}

/// A date in figures with something else beside it: `14.07.2026 12`. Ten digits with one and the same
/// separator throughout are never taken for it.
fn is_dated(taken: &[Group]) -> bool {
    let gaps: Vec<Gap> = taken.iter().skip(1).map(|group| group.gap).collect();
    if gaps.windows(2).all(|pair| pair[0] == pair[1]) {
        return false;
    }
    let small = |digits: &[u8], most: u8| match digits {
        [one] => (1..=9).contains(one),
        [tens, ones] => (1..=most).contains(&(tens * 10 + ones)),
        _ => false,
    };
    taken.windows(3).zip(gaps.windows(2)).any(|(three, pair)| {
        let [day, month, year] = three else { return false };
        let one_mark = pair[0] == pair[1] && matches!(pair[0], Gap::Mark(_));
        one_mark
            && ((small(&day.digits, 31) && small(&month.digits, 12) && is_year(&year.digits))
                || (is_year(&day.digits) && small(&month.digits, 12) && small(&year.digits, 31)))
    })
}

/// The hour or the minute of a time: `12:30`.
fn is_clock(text: &str, first: &Group, last: &Group) -> bool {
    let after = text.get(last.end..).unwrap_or_default().strip_prefix(':');
    let before = text.get(..first.start).unwrap_or_default().strip_suffix(':');
    last.digits.len() <= 2 && after.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        || first.digits.len() <= 2 && before.is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_digit()))
}

fn groups(text: &str) -> Vec<Group> {
    let mut out: Vec<Group> = Vec::new();
    let mut between = String::new();
    // Whether the last digit read belongs to the group that is being read.
    let mut open = false;
    for (at, c) in text.char_indices() {
        if let Some(value) = digit(c) {
            let end = at + c.len_utf8();
            match out.last_mut() {
                Some(group) if open => {
                    group.digits.push(value);
                    group.end = end;
                }
                last => {
                    let gap = if last.is_some() { gap(&between) } else { Gap::Apart };
                    out.push(Group { digits: vec![value], start: at, end, gap });
                }
            }
            open = true;
            between.clear();
        } else if !is_invisible(c) {
            open = false;
            // As documents show it: however many spaces and lines are one. A longer gap sets apart,
            // whatever it holds.
            let c = if c.is_whitespace() { ' ' } else { c };
            if between.len() < 64 && !(c == ' ' && between.ends_with(' ')) {
                between.push(c);
            }
        }
    }
    out
}

/// How the text between two groups joins them; runs of spaces are one in it.
fn gap(between: &str) -> Gap {
    let inner = between.trim();
    let mut marks = inner.chars();
    match (marks.next(), marks.next()) {
        (None, _) => Gap::Space,
        (Some(mark), None) => {
            match mark {
                // A full stop or a comma before a space ends a sentence or parts a list.
                '.' | ',' if between.ends_with(' ') => loose(between),
                '.' | ',' | '/' | '_' | '|' | '(' | ')' | '\'' | '\u{b7}' | '\u{2022}' => Gap::Mark(mark),
                dash if is_dash(dash) => Gap::Mark('-'),
                _ => loose(between),
            }
        }
        _ => loose(between),
    }
}

/// At most so many marks are one separator.
const MARKS: usize = 4;

/// Words by which people part figures when they dictate them, and the mark of a space on a web page.
const WORDS: [&str; 6] = ["and", "then", "dash", "hyphen", "space", "&nbsp;"];

/// Up to four marks, and a word that parts figures. Units and letters set apart.
fn loose(between: &str) -> Gap {
    let lower = between.to_lowercase();
    let word = (1_u64..).zip(WORDS).find_map(|(number, word)| Some((number, lower.split_once(word)?)));
    let (marks, seed) = match word {
        Some((number, (before, after))) => (format!("{before}{after}"), number),
        None => (lower, 0),
    };
    let marks: Vec<char> = marks.chars().filter(|c| *c != ' ').collect();
    let unit =
        |c: &char| c.is_alphanumeric() || c.is_control() || matches!(c, '\u{a3}' | '$' | '\u{20ac}' | '%');
    if marks.len() > MARKS || marks.iter().any(unit) {
        return Gap::Apart;
    }
    let mark = marks.iter().fold(seed, |sum, c| (sum << 21) ^ u64::from(u32::from(*c)));
    Gap::Loose { mark, tight: seed == 0 && !between.contains(' ') }
}

fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{2043}'
    )
}

/// The first characters of the decimal digits that text may hold beside those of ASCII.
const ZEROS: [u32; 22] = [
    0xff10, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7f6,
];

/// The value of a decimal digit of any script that people or programs paste.
fn digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    let code = u32::from(c);
    ZEROS
        .iter()
        .find_map(|zero| code.checked_sub(*zero).filter(|v| *v < 10).and_then(|v| u8::try_from(v).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        find(text, LeadingZero::DateOfBirth).into_iter().map(|(_, _, digits)| digits).collect()
    }

    #[test]
    fn the_last_digit_is_that_of_modulus_11() {
        let digits = |text: &str| text.bytes().map(|b| b - b'0').collect::<Vec<u8>>();
        for good in ["9434765919", "9876543210", "4505577104", "4010232137", "1111111111"] {
            assert!(valid(&digits(good)), "{good}");
        }
        // The last one would need a 10 as its last digit.
        for bad in ["9434765918", "9434765910", "943476591", "94347659190", "1234567890", "4010232138"] {
            assert!(!valid(&digits(bad)), "{bad}");
        }
    }

    #[test]
    fn one_number_in_every_grouping() {
        for text in [
            "9434765919",
            "943 476 5919",
            "943-476-5919",
            "943.476.5919",
            "943\u{a0}476\u{a0}5919",
            "943\u{202f}476\u{2009}5919",
            "943\n476\n5919",
            "943\r\n  476 5919",
            "943 - 476 - 5919",
            "943\u{2013}476\u{2013}5919",
            "943/476/5919",
            "(943) 476 5919",
            "94347 65919",
            "9 4 3 4 7 6 5 9 1 9",
            "9434 765 919",
            "9,434,765,919",
            "9.434765919E9",
            "9.434765919E+09",
            "9434765919.0",
            "943\u{ad}476\u{200b}5919",
            "\u{ff19}\u{ff14}\u{ff13} \u{ff14}\u{ff17}\u{ff16} \u{ff15}\u{ff19}\u{ff11}\u{ff19}",
            "NHS9434765919",
            "NHS No:943 476 5919, seen 14/07/2026",
            "12 943 476 5919",
            "In 2026 943 476 5919 was seen.",
            "the patient (943 476 5919) said",
            "943\n\n476\n \n5919",
            "94347\n\n65919",
            "943                              476 5919",
            "943 -                            476 - 5919",
        ] {
            assert_eq!(found(text), ["9434765919"], "{text:?}");
        }
        // Zeros at the end are not written in a power of ten.
        assert_eq!(found("9.43476587E+09"), ["9434765870"]);
    }

    #[test]
    fn the_usual_grouping_is_found_with_any_short_separator() {
        for between in [
            ", ", ";", "; ", ":", " : ", "+", " + ", "*", "~", "\n\n", " and ", " AND ", "and", ", and ",
            " & ", " then ", " dash ", " hyphen ", " space ", "&nbsp;", "#", "\\", "...", " -- ", "=>",
            ") (", "] [", "? ", "\" \"", "\u{2026}", ". ", ".\n\n", "\u{2192}",
        ] {
            for text in
                ["943@476@5919", "pt 12; 943@476@5919, seen 14/07/2026", "943@476 5919", "1 943 476@5919"]
            {
                let text = text.replace('@', between);
                assert_eq!(found(&text), ["9434765919"], "{text:?}");
            }
        }
        for mark in [";", "+", "*", "~", "#", "\\", "=", "^", ":"] {
            for text in ["94347@65919", "943@4765919", "9@4@3@4@7@6@5@919", "9434@765@919"] {
                let text = text.replace('@', mark);
                assert_eq!(found(&text), ["9434765919"], "{text:?}");
            }
        }
        assert_eq!(found("988, 515, 9045, 943, 476, 5919"), ["9885159045", "9434765919"]);
        assert_eq!(found("X90100, X90101 and 943, 476, 5919"), ["9434765919"]);
        assert_eq!(found("0, 943, 476, 5919"), ["9434765919"]);
    }

    #[test]
    fn a_number_is_recognised_where_only_its_digits_are_as_found() {
        assert!(spells("943 patients, 476 of 5919", "9434765919"));
        assert!(spells("12 94347\u{1f}65919 3", "9434765919"));
        for other in ["1943 476 5919", "943 476 59190", "943 476", "", "jo@post.example"] {
            assert!(!spells(other, "9434765919"), "{other}");
        }
        assert!(!spells("943", "") && !spells("jo", "jo"));
    }

    #[test]
    fn what_is_plainly_something_else_is_not_reported() {
        for text in [
            "94347659190",
            "19434765919",
            "0.9434765919",
            "13.9434765919",
            "\u{a3}9,434,765,919",
            "+44 9434 765919",
            "+44 (0)9434 765919",
            "0044 9434 765919",
            "0 9434 765919",
            "943 patients, 476 of 5919",
            "94347, 65919",
            "943.476; 5919",
            "\u{a3}943, \u{a3}476, \u{a3}5919",
            "943%, 476%, 5919",
            "list sizes of 812, 943, 476, 5919, 1432",
            "12345;94347;65919;12",
            "94:34:76:59:19",
            "943, 4765919",
            "943 ----- 476 ----- 5919",
            "943\u{1f}476\u{1f}5919",
            "ab9434765919cdef01",
            "SHA-943 4765919abcdef0123",
        ] {
            assert!(found(text).is_empty(), "{text:?}");
        }
        // Right by modulus 11, and a date with an hour, a year's reference, a phone number.
        for (digits, text) in
            [("2026071449", "2026-07-1449"), ("1407202600", "14.07.2026 00"), ("0151296709", "0151 296 709")]
        {
            let all: Vec<u8> = digits.bytes().map(|b| b - b'0').collect();
            let last = (0..10).find(|d| valid(&[&all[..9], &[*d]].concat()));
            let text = last.map_or(text.to_owned(), |d| format!("{}{d}", &text[..text.len() - 1]));
            assert!(found(&text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn numbers_that_begin_with_0_count_as_configured() {
        // Valid by modulus 11; the first could be a date of birth, the second only a phone number.
        let (chi, phone) = ("0101300013", "0800000000");
        let complete = |head: &str| {
            let digits: Vec<u8> = head.bytes().map(|b| b - b'0').collect();
            let last = (0..10).find(|d| valid(&[&digits[..9], &[*d]].concat()));
            last.map(|d| format!("{}{d}", &head[..9]))
        };
        let chi = complete(chi).unwrap();
        let phone = complete(phone).unwrap();
        for (rule, expected) in
            [(LeadingZero::Never, (0, 0)), (LeadingZero::DateOfBirth, (1, 0)), (LeadingZero::Always, (1, 1))]
        {
            assert_eq!((find(&chi, rule).len(), find(&phone, rule).len()), expected, "{rule:?}");
        }
    }
}
