//! What a checked copy of a sheet shows: its cells as they came, those with a fault marked, and the list of
//! everything that is to be corrected.
//!
//! Cells of withheld columns are not copied, nor are cells whose content must not be repeated or may identify a
//! person.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cell::{Cell, address};
use super::read::{Book, Sheet};
use super::receipt::{ERRORS_SHEET, ERRORS_TITLE};
use super::rows::Reading;
use super::{Effect, Problem, Receipt};
use crate::diagnostic::Code;
use crate::guard::Guard;
use crate::pipeline::{Column, ColumnKind, DateOrder, Feed, Layout};

/// Cells that a copy may hold; a larger sheet is only listed.
const MOST_CELLS: usize = 500_000;
/// Problems that the list may hold.
const MOST_ERRORS: usize = 5_000;

/// What stands in a cell that is not copied.
pub const WITHHELD: &str = "(not copied)";

/// A checked copy, as plain data.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The title of the list.
    pub title: String,
    /// What the reader should know first.
    pub notes: Vec<String>,
    /// The name of the copied sheet.
    pub sheet: String,
    /// The name of the list's sheet.
    pub errors_sheet: String,
    /// The copied rows: each with its number as Excel counts it, and its cells from column A on.
    pub rows: Vec<(u32, Vec<Cell>)>,
    /// What is wrong with a cell, by row as Excel counts it and column counted from 0.
    pub marks: BTreeMap<(u32, usize), Vec<String>>,
    /// The list.
    pub errors: Vec<ErrorRow>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRow {
    /// The sheet.
    pub sheet: String,
    /// The cell, column or row, or "the file".
    pub cell: String,
    /// Whether the copy has such a cell.
    pub linked: bool,
    /// The column's name.
    pub column: String,
    /// What it did to the row.
    pub effect: String,
    /// What stands there.
    pub found: String,
    /// What is wrong.
    pub wrong: String,
    /// What was expected.
    pub expected: String,
    /// How to correct it.
    pub help: String,
}

/// The checked copy of a file, if there is anything in it to correct. `reading` is what its rows were read as,
/// unless it was refused.
pub fn annotate(receipt: &Receipt, feed: &Feed, reading: Option<&Reading>, book: &Book) -> Option<Checked> {
    let layout = feed.layouts.get(reading.map_or(0, |reading| reading.layout));
    let faults: Vec<&Problem> = receipt.problems.iter().filter(|p| p.effect.needs_mending()).collect();
    if faults.is_empty() {
        return None;
    }
    let source = sheet(receipt, book);
    let mut notes = vec![
        "Correct these cells in your own file and save it in the inbox folder again. This copy shows where they are; it is not read.".to_owned(),
    ];
    let copied = source.filter(|source| {
        let cells: usize = source.rows.iter().map(|(_, cells)| cells.len()).sum();
        if cells > MOST_CELLS {
            notes.push(
                "The sheet is too large to be copied here; the cells are those of your own file.".to_owned(),
            );
        }
        cells <= MOST_CELLS
    });
    let hidden = Hidden::of(receipt, feed, &faults, reading.zip(source));
    let rows: Vec<(u32, Vec<Cell>)> = copied.map_or_else(Vec::new, |s| {
        s.rows.iter().map(|(row, cells)| (*row, hidden.without(*row, cells))).collect()
    });
    if hidden.columns.is_some() {
        notes.push("Columns that are withheld are not copied.".to_owned());
    }
    let of_copy =
        copied.into_iter().flat_map(|sheet| &sheet.rows).flat_map(|(_, cells)| cells.iter().enumerate());
    if of_copy.into_iter().any(|(column, cell)| hidden.is_a_persons(column, cell)) {
        notes.push("Cells that may identify a person are not copied.".to_owned());
    }
    if faults.len() > MOST_ERRORS {
        notes.push(format!(
            "{} are listed of {}.",
            crate::wording::plural(MOST_ERRORS, "problem", "problems"),
            crate::wording::number(faults.len() as f64)
        ));
    }
    let name =
        |problem: &Problem| problem.sheet.clone().or_else(|| receipt.sheet.clone()).unwrap_or_default();
    let mut marks: BTreeMap<(u32, usize), Vec<String>> = BTreeMap::new();
    let mut errors = Vec::new();
    for problem in faults.iter().take(MOST_ERRORS) {
        let place = place(problem, &rows);
        if let Some(place) = place {
            marks.entry(place).or_default().push(format!(
                "{}. {}",
                sentence(&problem.message),
                help(problem)
            ));
        }
        errors.push(ErrorRow {
            sheet: Some(name(problem)).filter(|n| !n.is_empty()).unwrap_or_else(|| "(only sheet)".to_owned()),
            cell: match (&problem.cell, problem.row) {
                (Some(cell), _) => cell.clone(),
                (None, Some(row)) => format!("row {row}"),
                (None, None) => "the file".to_owned(),
            },
            linked: place.is_some(),
            column: problem.column.clone().unwrap_or_else(|| "(none)".to_owned()),
            effect: effect(problem.effect).to_owned(),
            found: problem.found.clone().unwrap_or_else(|| "(not shown)".to_owned()),
            wrong: sentence(&problem.message),
            expected: expected(problem, layout),
            help: help(problem),
        });
    }
    for error in errors.iter_mut().filter(|e| e.found == "(not shown)" && e.wrong.contains("empty")) {
        error.found = "(empty)".to_owned();
    }
    let sheet_name =
        source.map(|s| s.name.clone()).filter(|n| !n.is_empty()).unwrap_or_else(|| "Rows".to_owned());
    Some(Checked {
        title: format!("{ERRORS_TITLE}{}", receipt.file),
        notes,
        errors_sheet: match sheet_name.eq_ignore_ascii_case(ERRORS_SHEET) {
            true => format!("{ERRORS_SHEET} found"),
            false => ERRORS_SHEET.to_owned(),
        },
        sheet: sheet_name,
        rows,
        marks,
        errors,
    })
}

/// The sheet that the problems speak of.
fn sheet<'b>(receipt: &Receipt, book: &'b Book) -> Option<&'b Sheet> {
    let named = receipt.sheet.as_ref().or_else(|| receipt.problems.iter().find_map(|p| p.sheet.as_ref()));
    let filled = || book.sheets.iter().filter(|s| s.visible && !s.is_empty());
    match named {
        Some(name) => book.sheets.iter().find(|s| s.name == *name),
        None => filled().next().filter(|_| filled().count() == 1),
    }
}

/// Which cells are not copied.
struct Hidden<'f> {
    /// What may identify a person, with what is known of texts that were looked at before.
    guard: Option<(&'f Guard, RefCell<HashMap<String, bool>>)>,
    /// Letters of columns that hold by right what would be taken for a person's.
    trusted: BTreeSet<String>,
    /// Of a feed that withholds columns, those that may be seen.
    columns: Option<BTreeSet<String>>,
    /// Of such a feed, the header and the rows that were read: a heading between them may say anything.
    rows: Option<BTreeSet<u32>>,
    /// Cells whose content must not be repeated.
    cells: BTreeSet<String>,
}

impl<'f> Hidden<'f> {
    fn of(receipt: &Receipt, feed: &'f Feed, faults: &[&Problem], read: Option<(&Reading, &Sheet)>) -> Self {
        // A column that the layout does not know may hold what a withheld one would.
        let columns = (!feed.withhold.is_empty()).then(|| {
            let seen = receipt.letters.iter().filter(|(name, _)| !feed.withhold.contains(name));
            seen.map(|(_, letter)| letter.clone()).collect()
        });
        let cells = faults.iter().filter(|p| conceals(p)).filter_map(|p| p.cell.clone()).collect();
        let rows = (!feed.withhold.is_empty()).then(|| {
            let (reading, sheet) = read?;
            let first = reading.rows.first().map(|row| row.number())?;
            let header = sheet.rows.iter().map(|(row, _)| *row).rfind(|row| *row < first);
            let seen = reading.rows.iter().filter(|row| !row.values.is_empty()).map(|row| row.number());
            Some(seen.chain(header).collect::<BTreeSet<u32>>())
        });
        let layout = read.and_then(|(reading, _)| feed.layouts.get(reading.layout));
        let by_right = layout.map(|layout| layout.columns.iter().filter(|column| !column.guard));
        let trusted = by_right.into_iter().flatten().filter_map(|column| receipt.letters.get(&column.name));
        Self {
            guard: feed.guard.as_deref().map(|guard| (guard, RefCell::default())),
            trusted: trusted.cloned().collect(),
            columns,
            rows: rows.map(Option::unwrap_or_default),
            cells,
        }
    }

    /// Whether a cell of a column may identify a person.
    fn is_a_persons(&self, column: usize, cell: &Cell) -> bool {
        self.identifies(cell) && !self.trusted.contains(&super::cell::letters(column))
    }

    /// Whether what a cell holds may identify a person. Sheets say the same again and again, so a text is looked at once.
    fn identifies(&self, cell: &Cell) -> bool {
        let Some((guard, known)) = &self.guard else { return false };
        let Cell::Text(text) = cell else { return super::guard::identifies(guard, cell) };
        if let Some(known) = known.borrow().get(text.as_str()) {
            return *known;
        }
        let identifies = super::guard::identifies(guard, cell);
        known.borrow_mut().insert(text.to_string(), identifies);
        identifies
    }

    fn without(&self, row: u32, cells: &[Cell]) -> Vec<Cell> {
        let row_seen = self.rows.as_ref().is_none_or(|rows| rows.contains(&row));
        let copied = cells.iter().enumerate().map(|(column, cell)| {
            let letter = super::cell::letters(column);
            let seen = self.columns.as_ref().is_none_or(|columns| columns.contains(&letter));
            let shown = row_seen
                && seen
                && !self.is_a_persons(column, cell)
                && !self.cells.contains(&address(column, row));
            if shown || cell.is_empty() { cell.clone() } else { Cell::Text(WITHHELD.to_owned()) }
        });
        copied.collect()
    }
}

/// Whether a problem is about what stands in a cell and does not repeat it: then nobody else does.
pub fn conceals(problem: &Problem) -> bool {
    let about_rows =
        [Code::MissingCell, Code::BadRow, Code::RepeatedRow, Code::RepeatedReference, Code::MissingColumn];
    problem.found.is_none() && !about_rows.iter().any(|code| code.id() == problem.code)
}

/// The place of a problem's cell in the copy; of a row the first cell that holds anything.
fn place(problem: &Problem, rows: &[(u32, Vec<Cell>)]) -> Option<(u32, usize)> {
    let row_at = |row: u32| {
        let index = rows.binary_search_by_key(&row, |(number, _)| *number).ok()?;
        rows.get(index)
    };
    if let Some(cell) = &problem.cell {
        let digits = cell.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let row = digits.parse().ok()?;
        row_at(row)?;
        let letters = &cell[..cell.len() - digits.len()];
        let column = letters.bytes().try_fold(0_usize, |sum, letter| {
            sum.checked_mul(26)?.checked_add(usize::from(letter.checked_sub(b'A')?) + 1)
        })?;
        return Some((row, column.checked_sub(1).filter(|column| *column < 16_384)?));
    }
    let (row, cells) = row_at(problem.row?)?;
    Some((*row, cells.iter().position(|cell| !cell.is_empty())?))
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Rejected => "The file was not taken in",
        Effect::Quarantined => "The row is set aside",
        Effect::Released => "The row was released",
        Effect::Dropped => "The cell is treated as empty",
        Effect::Ignored => "The row is passed over",
        Effect::Noted => "For information",
    }
}

fn help(problem: &Problem) -> String {
    sentence(&problem.help)
}

/// With a capital letter in front.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What a column expects, in words.
fn expected(problem: &Problem, layout: Option<&Layout>) -> String {
    let is = |code: Code| problem.code == code.id();
    let column = layout.zip(problem.column.as_ref());
    let column = column.and_then(|(layout, title)| layout.columns.iter().find(|c| c.title == *title));
    match (column, layout) {
        _ if is(Code::MissingColumn) => "A column with this name".to_owned(),
        _ if is(Code::RepeatedReference) => "A value that no other row has".to_owned(),
        (Some(column), Some(layout)) => sentence(&kind(column, layout)),
        _ => "A file as the layout of this feed describes it".to_owned(),
    }
}

fn kind(column: &Column, layout: &Layout) -> String {
    let text = match &column.kind {
        ColumnKind::Practice => "the ODS code of one of the ICB's practices".to_owned(),
        ColumnKind::Code { .. } => "a code as its register has it".to_owned(),
        ColumnKind::Text => "text".to_owned(),
        ColumnKind::Choice(list) => format!("one of: {}", list.values.join(", ")),
        ColumnKind::Choices { values: Some(list), .. } => {
            format!("one or more of: {}", list.values.join(", "))
        }
        ColumnKind::Choices { values: None, .. } => "one or more values".to_owned(),
        ColumnKind::Number { minimum, maximum } => {
            let limit = |word: &str, limit: &Option<f64>| {
                limit.map_or_else(String::new, |n| format!(" {word} {}", crate::wording::number(n)))
            };
            format!("a number{}{}", limit("from", minimum), limit("to", maximum))
        }
        ColumnKind::Date => match layout.date_order {
            DateOrder::DayMonthYear => "a date, day first: 31/12/2026".to_owned(),
            DateOrder::MonthDayYear => "a date, month first: 12/31/2026".to_owned(),
            DateOrder::YearMonthDay => "a date, year first: 2026-12-31".to_owned(),
        },
        ColumnKind::Period => "a month, a quarter or a year".to_owned(),
        ColumnKind::YesNo => "Yes or No".to_owned(),
    };
    if column.required { format!("{text}; needed in every row") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: Code, cell: Option<&str>, row: Option<u32>, found: Option<&str>) -> Problem {
        Problem {
            code: code.id().to_owned(),
            effect: Effect::Quarantined,
            sheet: None,
            cell: cell.map(str::to_owned),
            row,
            column: None,
            found: found.map(str::to_owned),
            message: "wrong".to_owned(),
            help: "correct it".to_owned(),
        }
    }

    #[test]
    fn a_cell_is_found_in_the_copy_and_an_odd_address_is_not() {
        let rows = [(3, vec![Cell::Empty, Cell::Number(1.0)]), (9, vec![Cell::Number(2.0)])];
        let at = |cell: Option<&str>, row| place(&problem(Code::BadCell, cell, row, None), &rows);
        assert_eq!(at(Some("D3"), Some(3)), Some((3, 3)));
        assert_eq!(at(Some("AA9"), Some(9)), Some((9, 26)));
        assert_eq!(at(None, Some(3)), Some((3, 1)), "a row is marked at its first filled cell");
        for odd in ["D4", "3", "D", "", "C2, C3 and C4", "ZZZZZZZZZZZZZZZ3", "é3"] {
            assert_eq!(at(Some(odd), Some(4)), None, "{odd}");
        }
    }

    #[test]
    fn what_a_problem_does_not_repeat_the_copy_does_not_either() {
        assert!(conceals(&problem(Code::BadCell, Some("D3"), Some(3), None)));
        assert!(!conceals(&problem(Code::BadCell, Some("D3"), Some(3), Some("x"))));
        assert!(!conceals(&problem(Code::MissingCell, Some("D3"), Some(3), None)), "the cell is empty");
        let mut hidden = Hidden {
            guard: None,
            trusted: BTreeSet::new(),
            columns: None,
            rows: None,
            cells: BTreeSet::from(["B3".to_owned()]),
        };
        let cells = [Cell::Text("a".into()), Cell::Text("943 476 5919".into())];
        assert_eq!(hidden.without(3, &cells), [Cell::Text("a".into()), Cell::Text(WITHHELD.into())]);
        assert_eq!(hidden.without(4, &cells), cells);
        let guard = Guard::nhs_numbers();
        hidden.guard = Some((&guard, RefCell::default()));
        for _ in 0..2 {
            let number = [Cell::Number(9_434_765_919.0), cells[1].clone()];
            let kept = Cell::Text(WITHHELD.into());
            assert_eq!(hidden.without(4, &number), [kept.clone(), kept]);
        }
        hidden.trusted.insert("B".to_owned());
        assert_eq!(hidden.without(4, &cells), cells, "a column that holds such numbers by right");
    }
}
