//! One cell of a sheet, whatever file it came from, and its address as Excel shows it.

use std::fmt::Write;

use chrono::NaiveDateTime;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text, trimmed of outer spaces.
    Text(String),
    /// A number.
    Number(f64),
    /// A number that is shown as a per cent, as it is shown: 85.1 where the file holds 0.851.
    Percent(f64),
    /// A date, with its time of day.
    Date(NaiveDateTime),
    /// True or false.
    Truth(bool),
    /// A spreadsheet error such as `#REF!`.
    Error(String),
    /// A formula whose value is not in the file: the program that wrote it did not calculate.
    Uncalculated,
}

impl Cell {
    /// A cell from text: blank text is an empty cell, and the text of an error is an error.
    pub fn from_text(text: &str) -> Self {
        // Most cells of most files are a plain word or number, which need no look at each character.
        let plain = text.bytes().all(|b| matches!(b, b' '..=b'~'));
        let trimmed = if plain {
            text.trim_ascii()
        } else {
            text.trim_matches(|c: char| c.is_whitespace() || unprintable(c))
        };
        // Joiners and soft hyphens belong to a text; alone they show nothing.
        if trimmed.chars().all(|c| c.is_whitespace() || super::code::shows_nothing(c)) {
            return Cell::Empty;
        }
        if is_error(trimmed) {
            Cell::Error(trimmed.to_owned())
        } else if !plain && trimmed.contains(unprintable) {
            Cell::Text(trimmed.replace(unprintable, ""))
        } else {
            Cell::Text(trimmed.to_owned())
        }
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        *self == Cell::Empty
    }

    /// Whether it holds a spreadsheet's day 0, which is no date: the number 0, formatted as one.
    pub fn is_day_zero(&self) -> bool {
        let day = |d: u32| chrono::NaiveDate::from_ymd_opt(1899, 12, d);
        matches!(self, Cell::Date(at) if [day(30), day(31)].contains(&Some(at.date())))
    }

    /// What a person sees in the cell, near enough; numbers without trailing zeros, dates as
    /// `31/12/2026`.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Error(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Percent(number) => format!("{number}%"),
            // A spreadsheet shows its day 0 so; formulas that look up an empty cell give it.
            Cell::Date(_) if self.is_day_zero() => "00/01/1900".to_owned(),
            Cell::Date(date) if date.time() == chrono::NaiveTime::MIN => date.format("%d/%m/%Y").to_string(),
            Cell::Date(date) => date.format("%d/%m/%Y %H:%M").to_string(),
            Cell::Truth(true) => "TRUE".to_owned(),
            Cell::Truth(false) => "FALSE".to_owned(),
            Cell::Uncalculated => "(formula without a value)".to_owned(),
        }
    }
}

/// A fraction as a percentage, without the dust of binary fractions.
pub fn hundredfold(number: f64) -> f64 {
    (number * 100.0 * 1e9).round() / 1e9
}

/// Characters that show nothing and can make a terminal or a reader misbehave: controls, byte order marks,
/// spaces of no width, and marks that turn the direction of what follows.
fn unprintable(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{feff}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}')
}

/// Errors of Excel, LibreOffice and Smartsheet, which some formats store as text.
fn is_error(text: &str) -> bool {
    // LibreOffice numbers most of its own.
    if let Some(number) = text.strip_prefix("Err:") {
        return number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit());
    }
    let Some(rest) = text.strip_prefix('#') else { return false };
    let name = rest.trim_end_matches(['!', '?']);
    const NAMES: [&str; 21] = [
        "REF",
        "N/A",
        "VALUE",
        "DIV/0",
        "NAME",
        "NULL",
        "NUM",
        "SPILL",
        "CALC",
        "GETTING_DATA",
        "FIELD",
        "BLOCKED",
        "INVALID VALUE",
        "INVALID DATA TYPE",
        "UNPARSEABLE",
        "NO MATCH",
        "CIRCULAR REFERENCE",
        "INVALID OPERATION",
        "INVALID COLUMN VALUE",
        "INCORRECT ARGUMENT SET",
        "OVERFLOW",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The letters of a column counted from 0: `A`, `Z`, `AA`, `XFD`.
pub fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The address of a cell, its column counted from 0 and its row from 1: `D14`.
pub fn address(column: usize, row: u32) -> String {
    let mut address = letters(column);
    let _ = write!(address, "{row}");
    address
}

/// The cells of a row under the letters of a column: `D14`; of one that is made of several `D14 and F14`.
pub fn cells_of(letters: &str, row: u32) -> String {
    let cells: Vec<String> = letters.split(", ").map(|letter| format!("{letter}{row}")).collect();
    crate::wording::list(&cells)
}

/// A text shortened for messages: at most 60 characters, on one line.
pub fn shortened(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 {
        return line;
    }
    let head: String = line.chars().take(57).collect();
    format!("{}...", head.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_excel() {
        assert_eq!(address(0, 1), "A1");
        assert_eq!(address(25, 9), "Z9");
        assert_eq!(address(26, 14), "AA14");
        assert_eq!(address(16_383, 1_048_576), "XFD1048576");
    }

    #[test]
    fn errors_are_told_from_text() {
        assert_eq!(Cell::from_text(" #REF! "), Cell::Error("#REF!".into()));
        assert_eq!(Cell::from_text("#INVALID VALUE"), Cell::Error("#INVALID VALUE".into()));
        assert_eq!(Cell::from_text("#1 priority"), Cell::Text("#1 priority".into()));
        assert_eq!(Cell::from_text("Err:502"), Cell::Error("Err:502".into()));
        assert_eq!(Cell::from_text("Err: none"), Cell::Text("Err: none".into()));
        assert_eq!(Cell::from_text("\u{a0} "), Cell::Empty);
    }

    #[test]
    fn what_shows_nothing_is_left_out() {
        assert_eq!(Cell::from_text("\u{1b}[31mred\u{7}"), Cell::Text("[31mred".into()));
        assert_eq!(Cell::from_text("X90\u{200b}001\u{202e}"), Cell::Text("X90001".into()));
        assert_eq!(Cell::from_text("\u{1}"), Cell::Empty);
        assert_eq!(Cell::from_text("\u{ad}\u{200c} \u{200d}"), Cell::Empty);
        assert_eq!(Cell::from_text("co\u{ad}op"), Cell::Text("co\u{ad}op".into()), "it belongs to the text");
        assert_eq!(Cell::from_text("two\nlines"), Cell::Text("two\nlines".into()));
    }
}
