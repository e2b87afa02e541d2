//! Characters that papers cannot show, told at the cells that they came from.

use super::code::shows_nothing;
use super::rows::{Fate, Reading, Value};
use super::{Effect, Problem};
use crate::diagnostic::Code;
use crate::pipeline::{ColumnKind, Feed, Others};

/// So many characters of one cell are named.
const NAMED: usize = 3;
/// So many cells of one file are told by themselves.
const MOST: usize = 200;

/// The cells of a file with characters that cannot be printed. Files of other organisations' practices are not
/// looked through: their texts are not printed.
pub fn unprintable(reading: &Reading, feed: &Feed, can_print: &dyn Fn(char) -> bool) -> Vec<Problem> {
    let Some(layout) = feed.layouts.get(reading.layout).filter(|l| l.others != Some(Others::Ignore)) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for row in reading.rows.iter().filter(|row| row.fate != Fate::Ignored) {
        for (column, value) in layout.columns.iter().zip(&row.values) {
            let Value::Text(text) = value else { continue };
            if text.is_ascii() || !matches!(column.kind, ColumnKind::Text | ColumnKind::Choices { .. }) {
                continue;
            }
            let Some(message) = told(text, can_print) else { continue };
            problems.push(Problem {
                code: Code::Unprintable.id().to_owned(),
                effect: Effect::Noted,
                sheet: reading.sheet_of(row.id),
                cell: reading.cell(row, &column.name),
                row: Some(row.number()),
                column: Some(column.title.clone()),
                found: None,
                message,
                help: "write it in Latin letters, if papers are to show it".to_owned(),
            });
            if problems.len() == MOST {
                return problems;
            }
        }
    }
    problems
}

fn told(text: &str, can_print: &dyn Fn(char) -> bool) -> Option<String> {
    let mut odd: Vec<char> = Vec::new();
    for c in text.chars().filter(|c| !c.is_ascii() && !c.is_whitespace() && !shows_nothing(*c)) {
        if !odd.contains(&c) && !can_print(c) {
            odd.push(c);
        }
    }
    let named: Vec<String> =
        odd.iter().take(NAMED).map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
    let more = odd.len().saturating_sub(NAMED);
    let named = match (named.is_empty(), more) {
        (true, _) => return None,
        (false, 0) => crate::wording::list(&named),
        (false, more) => {
            format!(
                "{} and {}",
                named.join(", "),
                crate::wording::plural(more, "more character", "more characters")
            )
        }
    };
    Some(format!("{named} cannot be printed: papers show boxes, or the letters in the wrong order"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_printed_is_named() {
        let latin = |c: char| c.is_alphanumeric() && u32::from(c) < 0x500;
        assert_eq!(told("caf\u{e9} \u{425}\u{200d}", &latin), None);
        let said = told("\u{5019}\u{8bca}\u{65f6}\u{95f4}\u{957f} \u{5019}", &latin).unwrap();
        assert!(
            said.starts_with("\u{5019} (U+5019), \u{8bca} (U+8BCA), \u{65f6} (U+65F6) and 2 more characters"),
            "{said}"
        );
    }
}
