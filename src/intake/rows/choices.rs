//! Several values in one cell, between separators or line breaks.

use super::value::{Flaw, Value, bad_choice};
use crate::condition::BETWEEN_VALUES;
use crate::intake::code::seen;
use crate::pipeline::ColumnKind;

/// The values of a cell. Unknown ones are left out and told.
pub(super) fn choices(shown: &str, kind: &ColumnKind) -> (Value, Option<Flaw>) {
    let ColumnKind::Choices { values, .. } = kind else { return (Value::Missing, None) };
    let (mut known, mut flaw): (Vec<String>, Option<Flaw>) = (Vec::new(), None);
    for item in items(&seen(shown), kind) {
        let value = match values {
            Some(_) => kind.value_of(item),
            None => kind.value_of(item).or(Some(item)),
        };
        match (value, values) {
            (Some(value), _) if !known.iter().any(|k| k == value) => known.push(value.to_owned()),
            (Some(_), _) => {}
            (None, Some(list)) => {
                let found = bad_choice(item, &list.values, list.likely(item));
                flaw.get_or_insert(Flaw { usable: true, ..found });
            }
            (None, None) => {}
        }
    }
    if known.is_empty() {
        return (Value::Missing, flaw);
    }
    let framed = format!("{BETWEEN_VALUES}{}{BETWEEN_VALUES}", known.join(BETWEEN_VALUES));
    (Value::Text(framed), flaw)
}

/// The items of a cell, in order. A value that holds the separator itself, such as \"Rooms, heating and lifts\",
/// is one item: of all values that can stand at a place, the longest does.
pub(in crate::intake) fn items<'t>(shown: &'t str, kind: &ColumnKind) -> Vec<&'t str> {
    let ColumnKind::Choices { separator, .. } = kind else { return vec![shown] };
    let mut pieces = pieces(shown, separator);
    let mut items = Vec::new();
    while let Some((start, end)) = pieces.first().copied() {
        let several = (2..=pieces.len().min(MOST_PARTS)).rev().find_map(|count| {
            let (_, last) = *pieces.get(count - 1)?;
            let text = shown.get(start..last)?.trim();
            kind.value_of(text).map(|_| (count, text))
        });
        let (count, text) = several.unwrap_or((1, shown.get(start..end).unwrap_or_default().trim()));
        if !text.is_empty() {
            items.push(text);
        }
        pieces.drain(..count);
    }
    items
}

/// So many parts may be one value.
const MOST_PARTS: usize = 12;

/// Where the parts between separators and line breaks begin and end.
fn pieces(shown: &str, separator: &str) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(rest) = shown.get(at..).filter(|rest| !rest.is_empty()) {
        let cut = match rest.chars().next() {
            _ if !separator.is_empty() && rest.starts_with(separator) => separator.len(),
            Some('\n' | '\r') => 1,
            Some(c) => {
                at += c.len_utf8();
                continue;
            }
            None => break,
        };
        pieces.push((start, at));
        at += cut;
        start = at;
    }
    pieces.push((start, shown.len()));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Vocabulary;

    fn list(separator: &str) -> ColumnKind {
        let values = ["Rooms, heating and lifts", "Rooms", "Lifts", "Staff; cover"].map(str::to_owned);
        ColumnKind::Choices {
            values: Some(Vocabulary::new(values.into())),
            also: Vec::new(),
            separator: separator.to_owned(),
        }
    }

    #[test]
    fn a_value_with_the_separator_in_it_is_one_value() {
        let comma = list(",");
        for (text, read) in [
            ("Rooms, heating and lifts", vec!["Rooms, heating and lifts"]),
            ("Rooms, Lifts", vec!["Rooms", "Lifts"]),
            ("Lifts, rooms,  heating and lifts, Rooms", vec!["Lifts", "rooms,  heating and lifts", "Rooms"]),
            ("Rooms\nRooms, heating and lifts", vec!["Rooms", "Rooms, heating and lifts"]),
            ("Rooms, heating", vec!["Rooms", "heating"]),
            (",,Lifts,", vec!["Lifts"]),
        ] {
            assert_eq!(items(text, &comma), read, "{text}");
        }
        let (value, flaw) = choices("Lifts, Rooms, heating and lifts", &comma);
        let framed = format!("{BETWEEN_VALUES}Lifts{BETWEEN_VALUES}Rooms, heating and lifts{BETWEEN_VALUES}");
        assert_eq!((value, flaw), (Value::Text(framed), None));
    }

    #[test]
    fn a_separator_may_have_several_characters() {
        assert_eq!(items("Rooms;#Lifts;#Staff; cover", &list(";#")), vec!["Rooms", "Lifts", "Staff; cover"]);
        assert_eq!(items("Rooms and lifts", &list(" and ")), vec!["Rooms", "lifts"]);
    }
}
