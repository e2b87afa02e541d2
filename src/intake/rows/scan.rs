//! What only a whole column or sheet can tell: dates whose order is contradicted, percentages stored as
//! fractions, dates that stand as numbers, text that was decoded wrongly. One entry a kind.

use std::collections::{BTreeMap, BTreeSet};

use super::date::text_date;
use super::number::{has_decimal_comma, is_other_with_a_decimal_comma};
use super::percent::Scale;
use super::unpivot::{address_in, sheet_row};
use super::value::Flaw;
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, address, shortened};
use crate::intake::sheet::{Shape, normal};
use crate::intake::{Effect, Problem};
use crate::pipeline::{Column, ColumnKind, DateOrder, Layout, Percent};
use crate::wording::{list, plural};

/// What a look over the whole sheet found before its rows are read.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Date columns in which a cell is a date only with day and month the other way round: that cell's
    /// address and text.
    contradicted: BTreeMap<usize, (String, String)>,
    /// Columns of numbers in which a cell writes its decimals behind a comma: that cell's address and text.
    commas: BTreeMap<usize, (String, String)>,
    /// Columns of percentages: how their plain numbers are to be taken.
    scales: BTreeMap<usize, Scale>,
    /// Columns of numbers with cells that are shown as a per cent: how many of these, and of others.
    percents: BTreeMap<usize, Percents>,
    /// The rows above the header, to be known again further down.
    titles: BTreeSet<String>,
}

impl Scan {
    pub(super) fn of(shape: &Shape<'_>, layout: &Layout) -> Self {
        let mut scan = Self::default();
        for (row, cells) in &shape.sheet.rows {
            if *row < shape.header_row {
                scan.titles.insert(pattern_of(cells));
            }
        }
        for (index, column) in layout.columns.iter().enumerate() {
            let Some(place) = shape.places.get(index).copied().flatten() else { continue };
            let body = shape.sheet.rows.iter().filter(|(row, _)| *row > shape.header_row);
            let cells = body.filter_map(|(row, cells)| cells.get(place).map(|cell| (*row, cell)));
            match &column.kind {
                ColumnKind::Date => {
                    if let Some((row, text)) = contradiction(cells, layout) {
                        scan.contradicted.insert(index, (address(place, sheet_row(row)), text));
                    }
                }
                ColumnKind::Number { .. } => {
                    let written: Vec<(u32, &Cell)> = cells.clone().collect();
                    if let Some((row, text)) = decimal_comma(&written) {
                        scan.commas.insert(index, (address_in(place, row, shape.width), text));
                    }
                    let scale = Scale::of(column, written.iter().map(|(_, cell)| *cell));
                    // Where formats speak, each cell says for itself what it is.
                    let sure = cells.filter(|(_, cell)| {
                        scale.as_ref().is_none_or(|scale| scale.doubt(cell, column).is_none())
                    });
                    let percents = Percents::among(sure, place, shape.width);
                    scan.percents.extend(percents.map(|percents| (index, percents)));
                    scan.scales.extend(scale.map(|scale| (index, scale)));
                }
                _ => {}
            }
        }
        scan
    }

    /// Whether a row says what a row above the header said.
    pub(super) fn is_title(&self, cells: &[Cell]) -> bool {
        !self.titles.is_empty() && self.titles.contains(&pattern_of(cells))
    }

    /// Whether the numbers of a column of percentages are fractions.
    pub(super) fn is_fraction(&self, index: usize) -> bool {
        self.scales.get(&index).is_some_and(|scale| scale.fractions)
    }

    /// What is in doubt about a number because of the other numbers of its column.
    pub(super) fn doubtful_number(&self, index: usize, cell: &Cell, column: &Column) -> Option<Flaw> {
        let bad = |help: &'static str| move |message| Flaw::new(Code::BadCell, message, help);
        let comma = self.doubtful_comma(index, cell).map(bad("write every number of the column as 1234.5"));
        let scale = self.scales.get(&index).and_then(|scale| scale.doubt(cell, column));
        comma.or_else(|| scale.map(bad("write every percentage of the column with its sign: 87%")))
    }

    /// What is ambiguous about a number in a column in which another writes its decimals behind a comma.
    fn doubtful_comma(&self, index: usize, cell: &Cell) -> Option<String> {
        let (elsewhere, other) = self.commas.get(&index)?;
        let Cell::Text(text) = cell else { return None };
        is_other_with_a_decimal_comma(text).then(|| {
            format!(
                "\"{}\" could be two numbers: \"{}\" in {elsewhere} has a comma before its decimals",
                shortened(text),
                shortened(other)
            )
        })
    }

    /// What is ambiguous about a date written as text, in a column whose order is contradicted.
    pub(super) fn ambiguity(&self, index: usize, cell: &Cell, layout: &Layout) -> Option<String> {
        let (elsewhere, other) = self.contradicted.get(&index)?;
        let Cell::Text(text) = cell else { return None };
        let one = text_date(text, layout.date_order, layout.two_digit_years).ok()?;
        let two = text_date(text, layout.date_order.swapped()?, layout.two_digit_years).ok()?;
        (one != two).then(|| {
            format!(
                "\"{}\" could be {} or {}: \"{}\" in {elsewhere} is written the other way round",
                shortened(text),
                crate::dates::long(one),
                crate::dates::long(two),
                shortened(other)
            )
        })
    }

    /// Says what was understood of whole columns.
    pub(super) fn notes(&self, shape: &Shape<'_>, layout: &Layout, sheet: Option<&str>) -> Vec<Problem> {
        let fractions = self.scales.iter().filter(|(_, scale)| scale.fractions);
        let titles: Vec<String> = fractions
            .filter_map(|(index, _)| layout.columns.get(*index))
            .map(|column| format!("\"{}\"", column.title))
            .collect();
        let mut out = Vec::new();
        if !titles.is_empty() {
            let message = format!(
                "the percentages of {} are stored as fractions (0.85 for 85%) and were read as percentages",
                list(&titles)
            );
            out.push(noted(
                Code::FractionsRead,
                sheet,
                None,
                message,
                "nothing to do, if they are percentages",
            ));
        }
        for (index, percents) in &self.percents {
            out.extend(layout.columns.get(*index).map(|column| percents.note(column, sheet)));
        }
        let hidden = usize::try_from(shape.sheet.hidden_rows).unwrap_or(usize::MAX);
        if hidden > 0 {
            let rows =
                plural(hidden, "row of the sheet is hidden and was", "rows of the sheet are hidden and were");
            let message = format!("{rows} read like the others");
            out.push(noted(Code::HiddenRows, sheet, None, message, "delete what should not count"));
        }
        out
    }
}

/// Cells of a column of numbers that are shown as a per cent.
#[derive(Debug)]
struct Percents {
    /// The address of the first.
    first: String,
    count: usize,
    /// Numbers beside them that are not shown so.
    plain: usize,
}

impl Percents {
    fn among<'c>(cells: impl Iterator<Item = (u32, &'c Cell)>, place: usize, width: usize) -> Option<Self> {
        let (mut first, mut count, mut plain) = (None, 0_usize, 0_usize);
        for (row, cell) in cells {
            match cell {
                Cell::Percent(_) => {
                    first.get_or_insert_with(|| address_in(place, row, width));
                    count += 1;
                }
                Cell::Number(_) => plain += 1,
                _ => {}
            }
        }
        first.map(|first| Self { first, count, plain })
    }

    fn note(&self, column: &Column, sheet: Option<&str>) -> Problem {
        let example = match column.percent() {
            Some(Percent::Fraction) => "85.1% is 0.851",
            _ => "85.1% is 85.1",
        };
        let cells = match self.count {
            1 => "the cell is shown as a per cent and was read so".to_owned(),
            count => format!("{count} cells are shown as per cents and were read so"),
        };
        let others = match self.plain {
            0 => String::new(),
            1 => "; a plain number beside them was read as written".to_owned(),
            plain => format!("; {plain} plain numbers beside them were read as written"),
        };
        let message = format!("{cells} ({example}){others}");
        let help = "nothing to do, if the sheet is right";
        let problem = noted(Code::PercentRead, sheet, Some(&self.first), message, help);
        Problem { column: Some(column.title.clone()), ..problem }
    }
}

/// A row's words, with figures left out: titles differ in their page numbers.
fn pattern_of(cells: &[Cell]) -> String {
    let filled = cells.iter().filter(|c| !c.is_empty()).map(|c| normal(&c.shown()));
    filled.collect::<Vec<_>>().join("|").chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The first cell that is a date only with day and month the other way round, unless more cells of the
/// column are dates only in the order that the layout states: then it is a slip in one cell.
fn contradiction<'c>(cells: impl Iterator<Item = (u32, &'c Cell)>, layout: &Layout) -> Option<(u32, String)> {
    let other = layout.date_order.swapped()?;
    let (mut first, mut against, mut confirmed) = (None, 0_usize, 0_usize);
    for (row, cell) in cells {
        let Cell::Text(text) = cell else { continue };
        let reads = |order: DateOrder| text_date(text, order, layout.two_digit_years).is_ok();
        match (reads(layout.date_order), reads(other)) {
            (true, false) => confirmed += 1,
            (false, true) => {
                against += 1;
                first.get_or_insert_with(|| (row, text.clone()));
            }
            _ => {}
        }
    }
    first.filter(|_| against >= confirmed)
}

fn decimal_comma(cells: &[(u32, &Cell)]) -> Option<(u32, String)> {
    cells.iter().find_map(|(row, cell)| match cell {
        Cell::Text(text) if has_decimal_comma(text) => Some((*row, text.clone())),
        _ => None,
    })
}

/// Something said once of all the cells it was seen in.
#[derive(Debug, Default)]
pub(super) struct Tally {
    first: Option<(String, String)>,
    count: usize,
}

impl Tally {
    pub(super) fn add(&mut self, address: String, shown: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| (address, shortened(shown)));
    }

    /// Dates that stand as numbers.
    pub(super) fn serials(&self, column: &str, sheet: Option<&str>) -> Option<Problem> {
        let (cell, shown) = self.first.as_ref()?;
        let message = match self.count {
            1 => format!("the date stands as the number {shown} and was read as a date"),
            count => format!(
                "dates stand as numbers (such as {shown}) in {} and were read as dates",
                plural(count, "cell", "cells")
            ),
        };
        let help = "format the column as a date, so that a person can check it";
        let problem = noted(Code::SerialDate, sheet, Some(cell), message, help);
        Some(Problem { column: Some(column.to_owned()), ..problem })
    }

    /// Empty cells that were read as the cell above them.
    pub(super) fn filled(&self, column: &str, sheet: Option<&str>) -> Option<Problem> {
        let (cell, _) = self.first.as_ref()?;
        let cells = plural(self.count, "empty cell was", "empty cells were");
        let message =
            format!("{cells} read as the filled cell above, as this column is written once a group");
        let problem = noted(Code::MergedCell, sheet, Some(cell), message, "nothing to do");
        Some(Problem { column: Some(column.to_owned()), ..problem })
    }

    /// Rows that begin with a word that no row begins with.
    pub(super) fn not_rows(&self, sheet: Option<&str>) -> Option<Problem> {
        let (cell, shown) = self.first.as_ref()?;
        let rows = plural(self.count, "row is no row of data", "rows are no rows of data");
        let message = format!("{rows} and passed over, such as \"{shown}\"");
        let help = "nothing to do, unless it is a row that should count";
        let problem = noted(Code::NotARow, sheet, Some(cell), message, help);
        Some(Problem { effect: Effect::Ignored, ..problem })
    }

    /// Rows that are struck out; `ignored` says that they are passed over.
    pub(super) fn struck(&self, ignored: bool, sheet: Option<&str>) -> Option<Problem> {
        let (cell, _) = self.first.as_ref()?;
        let rows = plural(self.count, "row is struck out", "rows are struck out");
        let (then, help) = match ignored {
            true => ("passed over", "nothing to do, unless it is a row that should count"),
            false => ("read like the others", "delete what should not count"),
        };
        let message = match self.count {
            1 => format!("{rows} and {then}"),
            _ => format!("{rows} and {then}; this is the first"),
        };
        let problem = noted(Code::StruckOut, sheet, Some(cell), message, help);
        Some(Problem { effect: if ignored { Effect::Ignored } else { Effect::Noted }, ..problem })
    }

    /// Text that was decoded wrongly before it was sent.
    pub(super) fn garbled(&self, sheet: Option<&str>) -> Option<Problem> {
        let (cell, _) = self.first.as_ref()?;
        let message = match self.count {
            1 => "the text was decoded wrongly before it was sent (it shows Ã© for é)".to_owned(),
            count => format!(
                "the text of {} was decoded wrongly before it was sent (it shows Ã© for é)",
                plural(count, "cell", "cells")
            ),
        };
        let help = "export the file again as UTF-8, or send the workbook itself";
        Some(noted(Code::GarbledText, sheet, Some(cell), message, help))
    }
}

fn noted(code: Code, sheet: Option<&str>, cell: Option<&str>, message: String, help: &str) -> Problem {
    Problem {
        code: code.id().to_owned(),
        effect: Effect::Noted,
        sheet: sheet.map(str::to_owned),
        cell: cell.map(str::to_owned),
        row: None,
        column: None,
        found: None,
        message,
        help: help.to_owned(),
    }
}

/// Whether a text shows UTF-8 that was read as Windows-1252 (`Ã©`, `â€™`, `Â£`).
pub(super) fn is_garbled(text: &str) -> bool {
    let trails = |c: char| ('\u{80}'..='\u{bf}').contains(&c) || "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".contains(c);
    let mut before = ' ';
    text.contains("â€")
        || text.chars().any(|c| {
            let pair = matches!(before, 'Ã' | 'Â') && trails(c);
            before = c;
            pair
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrongly_decoded_text_is_told_from_foreign_names() {
        for text in ["cafÃ©", "the practiceâ€™s", "Â£5", "naÃ¯ve"] {
            assert!(is_garbled(text), "{text}");
        }
        for text in ["café", "SÃO PAULO", "Ângela", "the practice’s", "£5", "10 × 12"] {
            assert!(!is_garbled(text), "{text}");
        }
    }
}
