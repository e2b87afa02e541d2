//! How figures and lists are written, in one place: the NHS service manual's numerals, British dates.

/// A number with at most two decimals and no trailing zeros, thousands separated: `12,400`, `9.75`. A number
/// that is not whole is never printed as a whole one: 9.996 stays 9.996, so that it cannot be taken for 10.
pub fn number(value: f64) -> String {
    beside(value, &[])
}

/// A number that stands beside others, such as the limits of a rule: printed so that it is not taken for one of
/// them unless it is that one.
pub fn beside(value: f64, limits: &[f64]) -> String {
    let confused = |shown: f64| {
        // Dust of binary fractions is no difference.
        let same = |limit: f64| (value - limit).abs() <= limit.abs().max(1.0) * 1e-12;
        let whole = shown.fract() == 0.0 && !same(shown);
        whole || limits.iter().any(|limit| shown == *limit && value != *limit)
    };
    let written = (2..=MOST_DECIMALS).map(|decimals| format!("{value:.decimals$}"));
    let mut apart = written.filter(|text| text.parse().is_ok_and(|shown| !confused(shown)));
    let fixed = apart.next().unwrap_or_else(|| value.to_string());
    grouped(&fixed)
}

/// So many decimals are tried before a number is printed with all that it has.
const MOST_DECIMALS: usize = 9;

/// A number in figures with its thousands separated and no trailing zeros.
fn grouped(fixed: &str) -> String {
    let trimmed = match fixed.contains('.') {
        true => fixed.trim_end_matches('0').trim_end_matches('.'),
        false => fixed,
    };
    let (sign, digits) = trimmed.strip_prefix('-').map_or(("", trimmed), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, ""), |(w, f)| (w, f));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if grouped == "0" && fraction.is_empty() { "" } else { sign };
    if fraction.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{fraction}") }
}

/// `A`, `A and B`, `A, B and C`.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

/// So many of a long list are named before the rest is only counted.
const NAMED: usize = 10;

/// `A, B and C`; of a long list the first by name and the others by their number: `A, B, … and 12 more`.
pub fn listed<S: AsRef<str>>(items: &[S]) -> String {
    match items.get(..NAMED) {
        Some(named) if items.len() > NAMED => {
            let named: Vec<&str> = named.iter().map(AsRef::as_ref).collect();
            format!("{} and {} more", named.join(", "), items.len() - NAMED)
        }
        _ => list(items),
    }
}

/// A count with its noun: `1 practice`, `12 practices`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", number(count as f64))
}

/// How a sentence begins that counts: `No visit was`, `1 visit was`, `24 visits were`. `one` and `many` are the
/// noun with its verb.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 0 { format!("No {one}") } else { plural(count, one, many) }
}

/// A text of at most so many characters: a longer one is cut, and where the rest stands is said.
pub fn cut(text: &str, most: usize, source: &str) -> Option<String> {
    let all = text.chars().count();
    if all <= most {
        return None;
    }
    let head: String = text.chars().take(most).collect();
    let (most, all) = (number(most as f64), number(all as f64));
    Some(format!("{} [cut after {most} of {all} characters: the whole text is in {source}]", head.trim_end()))
}

/// The same text with its first letter in small.
pub fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A text from a file as part of one line of a terminal: a line break or another control character is a space,
/// and what shows nothing or turns the direction of writing is left out.
pub fn in_a_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !crate::intake::code::shows_nothing(c) {
            out.push(c);
        }
    }
    out
}

/// A text for a cell of a csv file that a spreadsheet will open: one that it would take for a formula gets
/// an apostrophe in front, as a person would type it. A number stays a number.
pub fn inert(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_a_paper() {
        assert_eq!(number(12_400.0), "12,400");
        assert_eq!(number(9.75), "9.75");
        assert_eq!(number(10.0), "10");
        assert_eq!(number(-0.001), "-0.001");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(-0.0), "0");
        assert_eq!(number(1_234_567.5), "1,234,567.5");
        assert_eq!(number(85.142_857_14), "85.14");
    }

    #[test]
    fn no_text_of_a_file_breaks_a_line_or_turns_it() {
        assert_eq!(in_a_line("TARROW\r\nWATH  GROUP"), "TARROW WATH  GROUP");
        assert_eq!(in_a_line("a\u{1b}[31mb\u{202e}c\u{2028}d\u{200b}\u{85}e"), "a [31mbc d e");
        assert_eq!(in_a_line("Caf\u{e9} \u{5d0}"), "Caf\u{e9} \u{5d0}");
    }

    #[test]
    fn no_number_is_printed_as_a_whole_one_that_it_is_not() {
        for (value, printed) in [
            (9.996, "9.996"),
            (9.9949, "9.99"),
            (9.999_999, "9.999999"),
            (10.000_01, "10.00001"),
            (10.004, "10.004"),
            (0.001, "0.001"),
            (1_999.999, "1,999.999"),
            (93.000_000_000_000_01, "93"),
        ] {
            assert_eq!(number(value), printed, "{value}");
        }
    }

    #[test]
    fn a_number_is_not_printed_as_the_limit_beside_it() {
        for (value, limit, printed) in [
            (9.949, 9.95, "9.949"),
            (7.254, 7.25, "7.254"),
            (7.25, 7.25, "7.25"),
            (12.499_6, 12.5, "12.4996"),
            (9.999_999_999_999_998, 10.0, "9.999999999999998"),
        ] {
            assert_eq!(beside(value, &[limit]), printed, "{value} beside {limit}");
        }
        assert_eq!(beside(85.142_857, &[10.0]), "85.14");
    }

    #[test]
    fn a_long_text_is_cut_and_says_where_the_rest_is() {
        assert_eq!(cut("abc", 3, "R0001"), None);
        let told = cut(&"é".repeat(30_000), 1_000, "R0001").unwrap();
        let end = " [cut after 1,000 of 30,000 characters: the whole text is in R0001]";
        assert_eq!(told, "é".repeat(1_000) + end);
    }

    #[test]
    fn a_count_agrees_with_its_noun_and_verb() {
        let said = |count| counted(count, "visit was", "visits were");
        assert_eq!(
            [0, 1, 2, 1_200].map(said),
            ["No visit was", "1 visit was", "2 visits were", "1,200 visits were"]
        );
        assert_eq!([0, 1, 2].map(|n| plural(n, "day", "days")), ["0 days", "1 day", "2 days"]);
        assert_eq!(lower_first("No visit was"), "no visit was");
    }

    #[test]
    fn nothing_of_a_cell_is_taken_for_a_formula() {
        assert_eq!(inert("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(inert("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(inert("-12.5"), "-12.5");
        assert_eq!(inert("A-1 SURGERY"), "A-1 SURGERY");
    }

    #[test]
    fn lists_end_in_and() {
        let items = ["A", "B", "C"].map(String::from);
        assert_eq!(list(&items), "A, B and C");
        assert_eq!(list(&items[..1]), "A");
    }
}
