//! Rows of a sheet that are no rows of data: titles again, headings, totals, examples, hints.

use super::unpivot::address_in;
use super::{Taker, Value};
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, shortened};
use crate::intake::sheet::normal;
use crate::intake::{Effect, Problem};
use crate::pipeline::{Column, ColumnKind};
use crate::wording::list;

/// So many bad cells and no good one make a hint of a row.
const HINTS: usize = 3;

impl Taker<'_> {
    /// Whether a row begins with a word that the layout says no row begins with, such as a total. A row that
    /// names a practice is one all the same, and so is one that has everything a row needs: a practice may be
    /// called Total Health.
    pub(super) fn is_no_row(&self, cells: &[Cell]) -> bool {
        let Some(first) = cells.iter().position(|cell| !cell.is_empty()) else { return false };
        let text = crate::pipeline::fold(&cells[first].shown());
        let begins = |word: &String| {
            text.strip_prefix(word.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        if !self.layout.not_rows.iter().any(begins) {
            return false;
        }
        let practice = self.layout.columns.iter().position(|c| c.name == "practice");
        let practice = practice.and_then(|index| self.shape.places[index]);
        let filled = |place: usize| cells.get(place).is_some_and(|cell| !cell.is_empty());
        if practice.is_some_and(|place| place != first && filled(place)) {
            return false;
        }
        let is_the_word = practice == Some(first) && self.layout.not_rows.contains(&text);
        let needed = self.layout.columns.iter().zip(&self.shape.places).filter(|(column, _)| column.required);
        let mut others = needed.filter_map(|(_, place)| *place).filter(|place| Some(*place) != practice);
        is_the_word || others.any(|place| !filled(place))
    }

    /// Headings, notes and repeated headers among the rows.
    pub(super) fn not_a_row(&self, number: u32, cells: &[Cell]) -> Option<&'static str> {
        if self.scan.is_title(cells) {
            return Some("the title again");
        }
        if self.shape.sheet.heads.contains(&number) && self.lacks_a_required_cell(number, cells) {
            return Some("the heading of the group of rows below it");
        }
        let filled: Vec<usize> = (0..cells.len()).filter(|i| !cells[*i].is_empty()).collect();
        // What is merged with a cell above shows its value too.
        let has_merged = (0..self.shape.width).any(|place| self.merged_above(place, number).is_some());
        let required = self.layout.columns.iter().filter(|c| c.required).count();
        let may_be_one = required >= 2 && self.shape.header_row > 0 && !has_merged;
        if let ([only], true) = (filled.as_slice(), may_be_one) {
            let practice = self.layout.columns.iter().position(|c| c.name == "practice");
            let is_code = practice.is_some_and(|p| self.shape.places[p] == Some(*only))
                && looks_like_a_code(&cells[*only].shown());
            return (!is_code).then_some("one filled cell only, taken for a heading or a note");
        }
        if let ([_, _], true) = (filled.as_slice(), may_be_one)
            && number > self.last_code
            && self.lacks_a_required_cell(number, cells)
            && is_sum(filled.iter().filter_map(|place| cells.get(*place)))
        {
            return Some("a word and a number only below the last practice, taken for a total");
        }
        // Every filled cell says what the header says there.
        let again = |place: &usize| {
            let shown = cells.get(*place).map(|c| normal(&c.shown())).unwrap_or_default();
            let known = self.shape.headings.known.values().chain(&self.shape.headings.unknown);
            known.filter(|(p, _)| p == place).any(|(_, text)| normal(text) == shown)
        };
        let same = filled.iter().filter(|place| again(place)).count();
        let is_header = same >= 2 && same * 2 > filled.len();
        (self.shape.header_row > 0 && is_header).then_some("the header again")
    }

    fn lacks_a_required_cell(&self, number: u32, cells: &[Cell]) -> bool {
        let lacks = |place: usize| {
            cells.get(place).is_none_or(Cell::is_empty) && self.merged_above(place, number).is_none()
        };
        let columns = self.layout.columns.iter().zip(&self.shape.places);
        columns.filter(|(column, _)| column.required).any(|(_, place)| place.is_some_and(lacks))
    }

    pub(super) fn ignored_heading(&mut self, number: u32, cells: &[Cell], what: &str) {
        let first = cells.iter().position(|c| !c.is_empty()).unwrap_or(0);
        self.problems.push(Problem {
            code: Code::NotARow.id().to_owned(),
            effect: Effect::Ignored,
            sheet: self.sheet_name(),
            cell: Some(address_in(first, number, self.shape.width)),
            row: Some(number),
            column: None,
            found: cells.get(first).map(|c| shortened(&c.shown())),
            message: what.to_owned(),
            help: "nothing to do, unless it is a row that should count".to_owned(),
        });
    }

    /// Tells in one line what is wrong with a row none of whose cells can be read as what it should be, or that
    /// shows how its cells are filled in: an example or a hint. `told` is what was told before the row.
    pub(super) fn told_as_a_hint(&mut self, told: usize, number: u32, values: &[Value], cells: &[Cell]) {
        let wrong = self.problems.get(told..).unwrap_or_default();
        let bad = wrong.iter().filter(|p| matches!(p.effect, Effect::Quarantined | Effect::Dropped)).count();
        let is_read = |(column, value): (&Column, &Value)| {
            let says_nothing = match (&column.kind, value) {
                (ColumnKind::Practice, Value::Text(code)) => !looks_like_a_code(code),
                (kind, _) => matches!(kind, ColumnKind::Text | ColumnKind::Code { .. }),
            };
            !says_nothing
                && *value != Value::Missing
                && self.set_value(column).is_none()
                && !self.given.contains_key(column.name.as_str())
        };
        let is_lost = wrong.iter().any(|p| p.effect == Effect::Quarantined);
        let shows_how = self.shows_how(values, cells);
        let none_read = bad >= HINTS && !self.layout.columns.iter().zip(values).any(is_read);
        let mut places: Vec<String> = wrong.iter().filter_map(|problem| problem.cell.clone()).collect();
        // What is no code of a practice is told only once the register was asked.
        let columns = self.layout.columns.iter().zip(values).zip(&self.shape.places);
        let no_code = columns.into_iter().find_map(|((column, value), place)| match (&column.kind, value) {
            (ColumnKind::Practice, Value::Text(code)) if !looks_like_a_code(code) => *place,
            _ => None,
        });
        places.extend(no_code.map(|place| address_in(place, number, self.shape.width)));
        if places.len() < 2 || !is_lost || !(none_read || shows_how) {
            return;
        }
        places.sort();
        places.dedup();
        let message = match shows_how {
            true => format!(
                "cells show how they are filled in, and these cannot be read: {}: an example or a hint?",
                list(&places)
            ),
            false => {
                format!("none of the {bad} cells that can be checked can be read: an example or a hint?")
            }
        };
        let first = cells.iter().position(|c| !c.is_empty()).unwrap_or(0);
        self.problems.truncate(told);
        self.problems.push(Problem {
            code: Code::NotARow.id().to_owned(),
            effect: Effect::Quarantined,
            sheet: self.sheet_name(),
            cell: Some(address_in(first, number, self.shape.width)),
            row: Some(number),
            column: None,
            found: None,
            message,
            help: "delete the row, or fill it in".to_owned(),
        });
    }
    /// Whether cells of a row show how they are filled in: one where no practice is named by a code, else two.
    fn shows_how(&self, values: &[Value], cells: &[Cell]) -> bool {
        let columns = self.layout.columns.iter().zip(&self.shape.places);
        let shown = columns.filter_map(|(column, place)| Some((column, cells.get((*place)?)?)));
        let how = shown.filter(|(column, cell)| is_placeholder(&cell.shown(), &column.kind)).count();
        let practice = self.layout.columns.iter().zip(values).find(|(column, _)| column.name == "practice");
        let named =
            practice.is_some_and(|(_, value)| matches!(value, Value::Text(c) if looks_like_a_code(c)));
        how > usize::from(named)
    }
}

/// Whether a text says how a cell is filled in: `dd/mm/yyyy`, or several values of a list at once where the cell
/// holds one.
fn is_placeholder(text: &str, kind: &ColumnKind) -> bool {
    let words = || text.split(|c: char| !c.is_alphanumeric()).map(crate::pipeline::fold);
    match kind {
        ColumnKind::Date | ColumnKind::Period => {
            let letters = || text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase());
            letters().all(|c| "dmy".contains(c)) && "my".chars().all(|c| letters().any(|l| l == c))
        }
        ColumnKind::Choice(known) => {
            let words: Vec<String> = words().collect();
            known.values.iter().filter(|value| words.contains(&crate::pipeline::fold(value))).count() > 1
        }
        ColumnKind::YesNo => ["yes", "no"].iter().all(|word| words().any(|said| said == *word)),
        _ => false,
    }
}

/// Whether two cells are a word and a number, as a total has them.
fn is_sum<'c>(cells: impl Iterator<Item = &'c Cell>) -> bool {
    let is_number = |cell: &Cell| match cell {
        Cell::Number(_) | Cell::Percent(_) => true,
        cell => cell.shown().trim().replace(',', "").parse::<f64>().is_ok_and(f64::is_finite),
    };
    let numbers: Vec<bool> = cells.map(is_number).collect();
    matches!(numbers.as_slice(), [true, false] | [false, true])
}

/// Letters and digits together and no space, as ODS codes are.
pub(in crate::intake) fn looks_like_a_code(text: &str) -> bool {
    (3..=8).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
        && text.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Vocabulary;

    #[test]
    fn a_placeholder_says_how_a_cell_is_filled_in() {
        let severity = ColumnKind::Choice(Vocabulary::new(vec!["Low".into(), "Serious".into()]));
        for (text, kind, is) in [
            ("dd/mm/yyyy", &ColumnKind::Date, true),
            ("DD-MMM-YY", &ColumnKind::Date, true),
            ("(dd.mm.yyyy)", &ColumnKind::Date, true),
            ("mm/yyyy", &ColumnKind::Period, true),
            ("01/02/2026", &ColumnKind::Date, false),
            ("my day", &ColumnKind::Date, false),
            ("may", &ColumnKind::Date, false),
            ("Low / Serious", &severity, true),
            ("choose: low, serious", &severity, true),
            ("Serious", &severity, false),
            ("Serious serious", &severity, false),
            ("Yes/No", &ColumnKind::YesNo, true),
            ("No", &ColumnKind::YesNo, false),
            ("dd/mm/yyyy", &ColumnKind::Text, false),
        ] {
            assert_eq!(is_placeholder(text, kind), is, "{text}");
        }
    }
}
