//! Numbers as people and programs write them.

use std::sync::LazyLock;

use regex::Regex;

use super::value::Flaw;
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, hundredfold, shortened};
use crate::pipeline::{Column, Percent};

/// Reads a cell of a column of numbers within limits. `fraction` says that the whole column looks as if
/// percentages were stored as fractions.
pub(super) fn number(
    cell: &Cell,
    column: &Column,
    (minimum, maximum): (Option<f64>, Option<f64>),
    fraction: bool,
) -> Result<f64, Flaw> {
    let kept = column.percent();
    let read = match cell {
        Cell::Number(number) => Ok(bare(*number, column, fraction)),
        // A cell that is shown as a per cent is one, whatever the layout says of the others.
        Cell::Percent(number) if kept == Some(Percent::Fraction) => Ok(number / 100.0),
        Cell::Percent(number) => Ok(*number),
        Cell::Text(text) => {
            let (text, percent) = match text.trim().strip_suffix('%') {
                Some(number) => (number, true),
                None => (text.as_str(), false),
            };
            plain_number(text).map(|number| match (percent, kept) {
                // `85%` in a column of fractions is 0.85, in a column of percentages 85.
                (true, Some(Percent::Fraction)) => number / 100.0,
                (true, _) => number,
                (false, _) => bare(number, column, fraction),
            })
        }
        _ => Err(Unread::NoNumber),
    };
    let number = match read {
        // Nothing is written with a sign before it: -0 is 0.
        Ok(number) if number.is_finite() => number + 0.0,
        Err(Unread::Ambiguous) => {
            return Err(Flaw::new(
                Code::BadCell,
                format!(
                    "\"{}\" could be several numbers: a comma or a full stop may stand for thousands or for decimals",
                    shortened(&cell.shown())
                ),
                "write 1234.5 for one thousand two hundred and thirty-four and a half",
            ));
        }
        _ => {
            return Err(Flaw::new(
                Code::BadCell,
                format!("\"{}\" is not a number", shortened(&cell.shown())),
                "type a number, or leave the cell empty",
            ));
        }
    };
    let out = |words: &str, limit: f64| {
        Err(Flaw::new(
            Code::OutOfRange,
            format!("{number} is {words} {}", crate::wording::number(limit)),
            "type the right number, or leave the cell empty",
        ))
    };
    match (minimum, maximum) {
        (Some(least), _) if number < least => out("less than", least),
        (_, Some(most)) if number > most => out("more than", most),
        _ => Ok(number),
    }
}

/// A number that stands without a sign of per cent: as the layout says that the column's cells hold it, else as
/// the whole column looks.
fn bare(number: f64, column: &Column, fraction: bool) -> f64 {
    match (column.percent(), column.limits.cells) {
        (Some(Percent::Hundred), Some(Percent::Fraction)) => hundredfold(number),
        (Some(Percent::Fraction), Some(Percent::Hundred)) => number / 100.0,
        (_, Some(_)) => number,
        (_, None) if fraction => hundredfold(number),
        (_, None) => number,
    }
}

/// Why a text is not read as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It could be one of several.
    Ambiguous,
    /// It is none.
    NoNumber,
}

/// A number written by a person or a program: `1,234`, `1,234.5`, `-0.5`, `1.5E-05`.
pub(super) fn plain_number(text: &str) -> Result<f64, Unread> {
    let seen = crate::intake::code::seen(text);
    let text = seen.trim();
    let text = text.replace('\u{2212}', "-");
    // A program writes one figure before the point and an exponent with a sign and two figures or more.
    static SCIENTIFIC: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[-+]?[0-9](\.[0-9]+)?[eE][-+][0-9]{2,3}$").ok());
    if SCIENTIFIC.as_ref().is_some_and(|pattern| pattern.is_match(&text)) {
        return text.parse().map_err(|_| Unread::NoNumber);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if !digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) || digits.is_empty() {
        return Err(Unread::NoNumber);
    }
    if !digits.contains(',') {
        return match digits.matches('.').count() {
            0 | 1 => text.parse().map_err(|_| Unread::NoNumber),
            // 1.234.567
            _ => Err(Unread::Ambiguous),
        };
    }
    let (whole, decimals) = match digits.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (digits, None),
    };
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    // 0,500 is no number of thousands.
    let grouped = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3)
        && decimals.is_none_or(|decimals| !decimals.contains([',', '.']));
    match grouped {
        true => text.replace(',', "").parse().map_err(|_| Unread::NoNumber),
        false => Err(Unread::Ambiguous),
    }
}

/// Whether a text writes its decimals behind a comma, so that commas and points elsewhere in its column are in
/// doubt: `9,5`, `1.234,5`.
pub(super) fn has_decimal_comma(text: &str) -> bool {
    static COMMA: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[-+]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),([0-9]{1,2}|[0-9]{4,})$").ok());
    static POINTS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[-+]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$").ok());
    let text = text.trim().trim_end_matches('%').trim();
    [&COMMA, &POINTS].into_iter().any(|p| p.as_ref().is_some_and(|p| p.is_match(text)))
}

/// Whether a text would be another number if commas were for decimals and points for thousands: `10,000`.
pub(super) fn is_other_with_a_decimal_comma(text: &str) -> bool {
    static EITHER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[-+]?[0-9]{1,3}([.,])[0-9]{3}$").ok());
    let text = text.trim().trim_end_matches('%').trim();
    EITHER.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_and_programs_write_them() {
        for (text, number) in [
            ("1,234", 1234.0),
            ("1,234,567.25", 1_234_567.25),
            (" 45.6 ", 45.6),
            ("9.75", 9.75),
            ("1,234.5", 1234.5),
            ("-3", -3.0),
            ("\u{2212}3", -3.0),
            (".5", 0.5),
            ("1.5E-05", 0.000_015),
            ("1e-05", 0.000_01),
            ("1.23457E+12", 1_234_570_000_000.0),
            ("\u{ff11}\u{ff12}", 12.0),
            ("1\u{200b}2", 12.0),
        ] {
            assert_eq!(plain_number(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn what_could_be_another_number_is_refused() {
        for text in [
            "9,5",
            "1.234,5",
            "9.999,9",
            "1,23,4",
            "1,23",
            "1.234.567",
            "1,234,5",
            "12,3456",
            "1,234.5.6",
            ",5",
            "0,5",
            "0,500",
        ] {
            assert_eq!(plain_number(text), Err(Unread::Ambiguous), "{text}");
        }
        for text in [
            "1e1",
            "1E1",
            "2e5",
            "12E4",
            "1e+1",
            "inf",
            "NaN",
            "ten",
            "5/10",
            "<5",
            "~5",
            "\u{a3}5",
            "--5",
            "5-",
            "1 234",
            "\u{661}\u{662}",
            "0x10",
            "",
            "-",
            "5%%",
        ] {
            assert!(plain_number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_decimal_comma_puts_a_column_in_doubt() {
        for text in ["9,5", "12,75", "1.234,5", "0,1234", "1.234.567,891", "9,5%"] {
            assert!(has_decimal_comma(text), "{text}");
        }
        for text in ["10,000", "1,234.5", "9.5", "1234", "1,234,567"] {
            assert!(!has_decimal_comma(text), "{text}");
        }
        for text in ["10,000", "1.234", "999,999"] {
            assert!(is_other_with_a_decimal_comma(text), "{text}");
        }
        assert!(!is_other_with_a_decimal_comma("1,234.5"));
    }
}
