//! Which unknown column a missing one probably is.

use super::normal;
use crate::diagnostic::likely;
use crate::intake::cell::Cell;
use crate::intake::read::Sheet;
use crate::intake::rows::looks_like_a_code;
use crate::pipeline::{Column, ColumnKind};

/// The unknown column that a missing one probably is: by its name, or because its cells hold the values
/// that the missing column allows.
pub(super) fn meant<'u>(
    sheet: &Sheet,
    header_row: u32,
    column: &Column,
    unknown: &'u [(usize, String)],
) -> Option<&'u (usize, String)> {
    let by_name = by_name(column, unknown);
    let ColumnKind::Choice(values) = &column.kind else { return by_name };
    let holds = |place: usize| {
        let cells = sheet.rows.iter().filter(|(row, _)| *row > header_row).filter_map(|(_, c)| c.get(place));
        let filled: Vec<String> = cells.filter(|c| !c.is_empty()).map(Cell::shown).collect();
        let known = filled.iter().filter(|text| values.value_of(text).is_some()).count();
        known > 0 && known * 2 > filled.len()
    };
    by_name.or_else(|| unknown.iter().find(|(place, _)| holds(*place)))
}

/// The unknown column whose cells hold codes of practices, for a column that holds such codes.
pub(super) fn codes<'u>(
    sheet: &Sheet,
    header_row: u32,
    column: &Column,
    unknown: &'u [(usize, String)],
) -> Option<&'u (usize, String)> {
    let holds = |place: usize| {
        let cells = sheet.rows.iter().filter(|(row, _)| *row > header_row).filter_map(|(_, c)| c.get(place));
        let filled: Vec<String> = cells.filter(|c| !c.is_empty()).map(Cell::shown).collect();
        let codes = filled.iter().filter(|text| looks_like_a_code(text)).count();
        codes * 2 > filled.len()
    };
    unknown.iter().find(|(place, _)| matches!(column.kind, ColumnKind::Practice) && holds(*place))
}

/// The unknown column whose name is nearest to one of a column's names: the same but for hints in brackets and
/// marks, then nearly the same, then, for a needed column, the same with words before or behind.
pub(super) fn by_name<'u>(column: &Column, unknown: &'u [(usize, String)]) -> Option<&'u (usize, String)> {
    let names: Vec<&String> = std::iter::once(&column.title).chain(&column.aliases).collect();
    let is_bare = |text: &str| {
        let bare = normal(&without_brackets(text));
        !bare.is_empty() && names.iter().any(|name| normal(name) == bare)
    };
    let near = || {
        let near = |name: &&String| likely(name, unknown.iter().map(|(_, u)| u.as_str()));
        names.iter().find_map(near).and_then(|near| unknown.iter().find(|(_, u)| u == near))
    };
    let longer = || {
        let with_more = |text: &str| names.iter().filter_map(|name| words_more(text, name)).min();
        let fitting = unknown.iter().filter_map(|one| Some((with_more(&one.1)?, one)));
        fitting.min_by_key(|(more, _)| *more).map(|(_, one)| one).filter(|_| column.needed)
    };
    unknown.iter().find(|(_, text)| is_bare(text)).or_else(near).or_else(longer)
}

/// A name without what stands in brackets.
fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let outside = |c: &char| {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    text.chars().filter(outside).collect()
}

/// The most words that a name may have besides those of a column.
const MORE_WORDS: usize = 3;

/// How many words more a text has than a name whose words stand in it, in their order.
fn words_more(text: &str, name: &str) -> Option<usize> {
    let (text, name) = (normal(&without_brackets(text)), normal(name));
    let (text, mut left): (Vec<&str>, _) = (text.split(' ').collect(), name.split(' ').peekable());
    let named = name.split(' ').count();
    for word in &text {
        left.next_if_eq(word);
    }
    let stands = !name.is_empty() && left.peek().is_none();
    text.len().checked_sub(named).filter(|more| stands && *more <= MORE_WORDS)
}
