//! The guard at the first gate: what identifies a person is looked for in every cell of a received file.
//!
//! A hit stops its row. It is told at its cell and never repeated: not by its own problem, nor by any
//! other that would quote the cell, the header or the title.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::{Cell, address};
use super::read::{Book, Sheet};
use super::rows::{Fate, Reading, Rejection, Row};
use super::{Effect, Problem};
use crate::diagnostic::Code;
use crate::guard::{Action, CONCEALED, Guard, Hit, Place, WITHHELD, is_fraction, whole};
use crate::pipeline::{Column, ColumnKind, Feed};

/// What to do about a hit that costs no row.
const REMOVE: &str = "remove it before you send the file again";
/// The first cells of a file, of which the reasons of a rejection may quote some.
const QUOTED: usize = 50_000;
/// At most so many hits are told of sheets that are not read.
const ELSEWHERE: usize = 20;

/// Looks through the rows that were read, everything above and beside them, and the sheets that were not
/// read. Rows with a hit that stops are quarantined.
pub(super) fn screen(book: &Book, feed: &Feed, name: &str, reading: &mut Reading) {
    screen_among(book, feed, Some(name), reading, &|_| true);
}

/// The same where several sheets are read together, each in its turn: the file's name and the sheets that are
/// not read are looked at once.
pub(super) fn screen_among(
    book: &Book,
    feed: &Feed,
    name: Option<&str>,
    reading: &mut Reading,
    looked_at: &dyn Fn(&str) -> bool,
) {
    let Some(guard) = &feed.guard else { return };
    let Some(layout) = feed.layouts.get(reading.layout) else { return };
    let columns: BTreeMap<&str, &Column> = layout
        .columns
        .iter()
        .filter_map(|c| reading.letters.get(&c.name).map(|letters| (letters.as_str(), c)))
        .collect();
    let mut found: Vec<Problem> = name.and_then(of_name).into_iter().collect();
    for sheet in book.sheets.iter().filter(|sheet| looked_at(&sheet.name)) {
        let is_read = sheet.name == reading.sheet.as_deref().unwrap_or_default();
        let by_letter = if is_read { &columns } else { &BTreeMap::new() };
        let told = told(guard, sheet, by_letter);
        found.extend(of_sheet_name(sheet, if is_read { &reading.rows } else { &[] }));
        if is_read {
            found.extend(told);
        } else {
            let more = told.len().saturating_sub(ELSEWHERE);
            found.extend(told.into_iter().take(ELSEWHERE));
            found.extend((more > 0).then(|| and_more(sheet, more)));
        }
    }
    if found.is_empty() {
        conceal_read(book, guard, reading);
        return;
    }
    let read = book.sheets.iter().find(|s| s.name == reading.sheet.as_deref().unwrap_or_default());
    for problem in &mut found {
        let own_sheet = problem.sheet == reading.sheet;
        let at = problem.row.filter(|_| own_sheet);
        // A row of the sheet may have been made into several.
        let rows = match at {
            Some(number) => {
                // What a merged cell says counts for the rows below it too.
                let last = read.map_or(number, |sheet| {
                    let width = sheet.width();
                    let place = (0..width).find(|p| problem.cell.as_ref() == Some(&address(*p, number)));
                    place.map_or(number, |place| sheet.merged.last(place, number))
                });
                let from = reading.rows.partition_point(|row| row.number() < number);
                let to = reading.rows.partition_point(|row| row.number() <= last);
                reading.rows.get_mut(from..to).unwrap_or_default()
            }
            None => &mut [],
        };
        if problem.effect != Effect::Quarantined {
            continue;
        }
        let mut stopped = false;
        for row in rows.iter_mut().filter(|row| row.fate != Fate::Ignored) {
            row.fate = Fate::Quarantined;
            stopped = true;
        }
        if !stopped {
            // Beside the rows there is nothing to quarantine; somebody should remove it all the same.
            problem.effect = Effect::Dropped;
            problem.help = REMOVE.to_owned();
            if rows.is_empty() {
                problem.column = None;
            }
        }
    }
    reading.problems.extend(found);
    conceal_read(book, guard, reading);
}

/// Conceals what the problems of a reading would repeat; a quote may be cut off so that what it holds can no
/// longer be recognised, so the whole cell is asked.
fn conceal_read(book: &Book, guard: &Guard, reading: &mut Reading) {
    hide_quotes(book, guard, &mut reading.problems, reading.sheet.as_deref());
    conceal(&mut reading.problems, guard);
    for (_, text) in reading.headings.known.values_mut() {
        *text = guard.concealed(std::mem::take(text));
    }
    for (_, text) in &mut reading.headings.unknown {
        *text = guard.concealed(std::mem::take(text));
    }
}

/// Takes the quotes of cells that identify a person out of problems.
fn hide_quotes(book: &Book, guard: &Guard, problems: &mut [Problem], read: Option<&str>) {
    for problem in problems.iter_mut().filter(|p| p.code != Code::PersonalIdentifier.id()) {
        let name = problem.sheet.as_deref().or(read).unwrap_or_default();
        let sheet = book.sheets.iter().find(|sheet| sheet.name == name);
        let cell = problem.cell.as_deref().zip(sheet).and_then(|(at, sheet)| cell_at(sheet, at));
        if !cell.is_some_and(|cell| identifies(guard, cell)) {
            continue;
        }
        let Some(quote) = problem.found.take() else { continue };
        for text in [&mut problem.message, &mut problem.help] {
            *text = text.replace(&quote, CONCEALED);
        }
    }
}

/// The cell of a sheet at an address.
fn cell_at<'s>(sheet: &'s Sheet, at: &str) -> Option<&'s Cell> {
    let row: u32 = at.trim_start_matches(|c: char| c.is_ascii_uppercase()).parse().ok()?;
    let index = sheet.rows.binary_search_by_key(&row, |(number, _)| *number).ok()?;
    let (_, cells) = sheet.rows.get(index)?;
    (0..).zip(cells).find(|(place, _)| address(*place, row) == at).map(|(_, cell)| cell)
}

/// Whether a cell holds anything that is looked for, wherever that is looked for: then nobody repeats it.
pub fn identifies(guard: &Guard, cell: &Cell) -> bool {
    match cell {
        Cell::Number(number) | Cell::Percent(number) => {
            whole(*number).is_some_and(|digits| guard.identifies(&digits))
        }
        Cell::Text(text) => !is_fraction(text) && guard.identifies(text),
        Cell::Empty | Cell::Date(_) | Cell::Truth(_) | Cell::Error(_) | Cell::Uncalculated => false,
    }
}

/// Gives sheets whose name may identify a person their place for a name. Everything that is told of a file
/// tells of this book.
pub fn hide_sheet_names(book: &mut Book, guard: &Guard) {
    for place in 0..book.sheets.len() {
        let Some(sheet) = book.sheets.get(place) else { continue };
        let hit = guard.hit_in_name(&sheet.name).map(|hit| (hit.title.to_owned(), hit.action));
        let hit = hit.or_else(|| {
            // What is looked for in documents only would be told in them.
            guard
                .identifies_name(&sheet.name)
                .then(|| ("what may identify a person".to_owned(), Action::Note))
        });
        let Some(hit) = hit else { continue };
        let mut name = format!("{} sheet (name withheld)", ordinal(place + 1));
        while book.sheets.iter().any(|other| other.name == name) {
            name.push('*');
        }
        if let Some(sheet) = book.sheets.get_mut(place) {
            sheet.name = name;
            sheet.named = Some(hit);
        }
    }
    for note in &mut book.notes {
        *note = guard.concealed(std::mem::take(note));
    }
}

/// `2nd`.
fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, hundred) if hundred != 11 => "st",
        (2, hundred) if hundred != 12 => "nd",
        (3, hundred) if hundred != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// What is told of a sheet whose name holds a hit: one that stops stops every row of it.
fn of_sheet_name(sheet: &Sheet, rows: &[Row]) -> Vec<Problem> {
    let Some((title, action)) = &sheet.named else { return Vec::new() };
    // The name of the sheet has its place in it.
    let place = sheet.name.split(" (").next().unwrap_or_default();
    let told = Problem {
        message: format!("{title} in the name of the {place}"),
        help: match action {
            Action::Stop => "name the sheet otherwise and send the file again; if it is nobody's, ask the \
                             analyst to release its rows"
                .to_owned(),
            Action::Note => "name the sheet otherwise, if it is a person's".to_owned(),
        },
        effect: match action {
            Action::Stop => Effect::Quarantined,
            Action::Note => Effect::Noted,
        },
        ..blank(Some(sheet))
    };
    let numbers: BTreeSet<u32> = match action {
        Action::Stop => rows.iter().filter(|row| row.fate != Fate::Ignored).map(Row::number).collect(),
        Action::Note => BTreeSet::new(),
    };
    if numbers.is_empty() {
        return vec![told];
    }
    numbers.into_iter().map(|row| Problem { row: Some(row), ..told.clone() }).collect()
}

/// Conceals what is said of a file that cannot be read.
pub fn screen_unreadable(feed: &Feed, rejection: &mut Rejection) {
    if let Some(guard) = &feed.guard {
        conceal(&mut rejection.problems, guard);
    }
}

/// Conceals what the reasons of a rejection would quote.
pub(super) fn screen_rejected(book: &Book, feed: &Feed, rejection: &mut Rejection) {
    let Some(guard) = &feed.guard else { return };
    let mut found: Vec<Problem> = Vec::new();
    for sheet in &book.sheets {
        found.extend(of_sheet_name(sheet, &[]));
        found.extend(told(guard, sheet, &BTreeMap::new()));
    }
    let texts = book.sheets.iter().flat_map(|sheet| &sheet.rows).flat_map(|(_, cells)| cells);
    if !found.is_empty() || texts.clone().take(QUOTED).any(|cell| identifies(guard, cell)) {
        for problem in &mut rejection.problems {
            // A rejection quotes several cells in one sentence, shortened: too late to tell what is in it.
            for quote in ["; the first row says", "; row "] {
                if let Some((said, _)) = problem.message.split_once(quote) {
                    problem.message = said.to_owned();
                }
            }
        }
    }
    hide_quotes(book, guard, &mut rejection.problems, None);
    conceal(&mut rejection.problems, guard);
    let Some(first) = found.first().cloned() else { return };
    let more = found.len() - 1;
    rejection.problems.push(Problem { effect: Effect::Noted, help: REMOVE.to_owned(), ..first });
    if more > 0 {
        let message = format!("and {more} more in this file");
        rejection.problems.push(Problem { message, effect: Effect::Noted, ..blank(None) });
    }
}

/// Conceals what problems would repeat of a hit. Of a cell with a hit only the hit is told: what else is
/// wrong with it is of no interest, and what is quoted of it may be cut off so that it can no longer be
/// recognised.
pub(super) fn conceal(problems: &mut Vec<Problem>, guard: &Guard) {
    let hit = |p: &Problem| p.code == Code::PersonalIdentifier.id();
    let cells: BTreeSet<_> = problems
        .iter()
        .filter(|p| hit(p) && p.cell.is_some())
        .map(|p| (p.sheet.clone(), p.cell.clone()))
        .collect();
    let at_a_hit = |p: &Problem| !hit(p) && cells.contains(&(p.sheet.clone(), p.cell.clone()));
    // A whole file or a whole row is accounted for by its problem, which therefore stays.
    problems.retain(|p| !at_a_hit(p) || matches!(p.effect, Effect::Rejected | Effect::Ignored));
    for problem in problems {
        if at_a_hit(problem) {
            problem.found = None;
        }
        if let Some(quote) = problem.found.take_if(|text| guard.identifies(text)) {
            // What is wrong with it is told all the same.
            for text in [&mut problem.message, &mut problem.help] {
                *text = text.replace(&quote, CONCEALED);
            }
        }
        for text in [&mut problem.message, &mut problem.help] {
            *text = guard.concealed(std::mem::take(text));
        }
        problem.column = problem.column.take().map(|text| guard.concealed(text));
    }
}

/// The hits of a sheet, each as a problem at its cell.
fn told(guard: &Guard, sheet: &Sheet, columns: &BTreeMap<&str, &Column>) -> Vec<Problem> {
    let mut out = Vec::new();
    for (row, cells) in &sheet.rows {
        for (place, cell) in cells.iter().enumerate() {
            if matches!(cell, Cell::Empty | Cell::Date(_) | Cell::Truth(_)) {
                continue;
            }
            let letters = super::cell::letters(place);
            let column = columns.get(letters.as_str()).copied();
            if column.is_some_and(|c| !c.guard) {
                continue;
            }
            let at = address(place, *row);
            out.extend(hits(guard, cell, column).into_iter().map(|hit| Problem {
                message: format!("{} in {at}", hit.title),
                help: help(hit.action).to_owned(),
                effect: match hit.action {
                    Action::Stop => Effect::Quarantined,
                    Action::Note => Effect::Noted,
                },
                cell: Some(at.clone()),
                row: Some(*row),
                column: column.map(|c| c.title.clone()),
                ..blank(Some(sheet))
            }));
        }
    }
    out
}

fn help(action: Action) -> &'static str {
    match action {
        Action::Stop => {
            "remove it and send the file again; if it is nobody's, ask the analyst to release the row"
        }
        Action::Note => "remove it, if it is a person's",
    }
}

fn blank(sheet: Option<&Sheet>) -> Problem {
    Problem {
        code: Code::PersonalIdentifier.id().to_owned(),
        effect: Effect::Noted,
        sheet: sheet.map(|s| s.name.clone()).filter(|name| !name.is_empty()),
        cell: None,
        row: None,
        column: None,
        found: None,
        message: String::new(),
        help: "remove them before you send the file again".to_owned(),
    }
}

/// The sender is told why the name is not shown.
fn of_name(name: &str) -> Option<Problem> {
    name.starts_with(WITHHELD).then(|| Problem {
        message: "the name of the file holds what may identify a person, and is not repeated".to_owned(),
        help: "send the file under another name".to_owned(),
        effect: Effect::Dropped,
        ..blank(None)
    })
}

fn and_more(sheet: &Sheet, more: usize) -> Problem {
    let message = format!("and {more} more in this sheet, which is not read");
    Problem { message, effect: Effect::Dropped, ..blank(Some(sheet)) }
}

/// How a cell of a column is looked at: what people write in words of their own is free text. A value of a list
/// says nothing of anybody.
fn place(kind: &ColumnKind, cell: &Cell) -> Place {
    let Cell::Text(text) = cell else { return Place::Cells };
    match kind {
        ColumnKind::Text => Place::FreeText,
        ColumnKind::Choice(_) | ColumnKind::Choices { .. } if kind.value_of(text.trim()).is_none() => {
            Place::FreeText
        }
        _ => Place::Cells,
    }
}

/// What is found in one cell; of several of one pattern only the first is told.
fn hits<'g>(guard: &'g Guard, cell: &Cell, column: Option<&Column>) -> Vec<Hit<'g>> {
    let place = column.map_or(Place::Cells, |column| place(&column.kind, cell));
    let mut found = match cell {
        Cell::Number(number) | Cell::Percent(number) => match whole(*number) {
            Some(digits) => guard.find(&digits, Place::Cells),
            None => Vec::new(),
        },
        // A column of text may hold digits in two groups; elsewhere that is a measured value.
        Cell::Text(text) if place == Place::Cells && is_fraction(text) => Vec::new(),
        Cell::Text(text) => guard.find(text, place),
        Cell::Empty | Cell::Date(_) | Cell::Truth(_) | Cell::Error(_) | Cell::Uncalculated => Vec::new(),
    };
    let mut told = BTreeSet::new();
    found.retain(|hit| told.insert(hit.pattern));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str, cells: &[&str]) -> Sheet {
        let cells = cells.iter().map(|text| Cell::from_text(text)).collect();
        Sheet { name: name.to_owned(), visible: true, rows: vec![(3, cells)], ..Sheet::default() }
    }

    #[test]
    fn a_sheet_whose_name_identifies_is_known_by_its_place() {
        let guard = Guard::nhs_numbers();
        let mut book = Book {
            format: crate::intake::read::Format::Xlsx,
            sheets: vec![sheet("July", &["a"]), sheet("943_476_5919", &["b"]), sheet("2026", &["c"])],
            notes: vec!["the sheet \"943 476 5919\" holds a chart".to_owned()],
            separator: None,
        };
        hide_sheet_names(&mut book, &guard);
        let names: Vec<&str> = book.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        assert_eq!(names, ["July", "2nd sheet (name withheld)", "2026"]);
        assert_eq!(book.notes, [CONCEALED]);
        let row = |id| Row { id, values: Vec::new(), fate: Fate::Standing };
        let told = of_sheet_name(&book.sheets[1], &[row(4), row(5)]);
        let said: Vec<_> = told.iter().map(|p| (p.row, p.effect, p.message.as_str())).collect();
        let message = "possible NHS number in the name of the 2nd sheet";
        assert_eq!(said, [(Some(4), Effect::Quarantined, message), (Some(5), Effect::Quarantined, message)]);
        assert!(of_sheet_name(&book.sheets[0], &[row(4)]).is_empty());
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 112th"
        );
    }

    #[test]
    fn a_quote_that_was_cut_off_is_known_by_its_whole_cell() {
        let guard = Guard::nhs_numbers();
        let book = Book {
            format: crate::intake::read::Format::Csv,
            sheets: vec![sheet("", &["soon", "a long text about 943 476 5919"])],
            notes: Vec::new(),
            separator: None,
        };
        let quoting = |cell: &str, found: &str| Problem {
            cell: Some(cell.to_owned()),
            row: Some(3),
            found: Some(found.to_owned()),
            message: format!("\"{found}\" is not a date"),
            code: "bad-cell".to_owned(),
            ..blank(None)
        };
        let mut problems = vec![quoting("A3", "soon"), quoting("B3", "a long text about 943 476...")];
        hide_quotes(&book, &guard, &mut problems, None);
        assert_eq!(
            (problems[0].found.as_deref(), problems[0].message.as_str()),
            (Some("soon"), "\"soon\" is not a date")
        );
        assert_eq!(
            (problems[1].found.as_deref(), problems[1].message.as_str()),
            (None, &*format!("\"{CONCEALED}\" is not a date"))
        );
    }

    fn texts(cells: &[(Cell, Place)]) -> Vec<usize> {
        let guard = Guard::nhs_numbers();
        cells.iter().map(|(cell, _)| hits(&guard, cell, None).len()).collect()
    }

    #[test]
    fn numbers_are_found_as_spreadsheets_hold_them() {
        let cell = |cell| (cell, Place::Cells);
        assert_eq!(
            texts(&[
                cell(Cell::Number(9_434_765_919.0)),
                cell(Cell::Text("9.434765919E+09".into())),
                cell(Cell::Text("9434765919.0".into())),
                cell(Cell::Text("943 476 5919 and 943 476 5919".into())),
                cell(Cell::Number(943_476_591.9)),
                cell(Cell::Text("943.4765919".into())),
                cell(Cell::Number(9_434_765_918.0)),
            ]),
            [1, 1, 1, 1, 0, 0, 0]
        );
    }

    #[test]
    fn other_problems_do_not_quote_a_hit() {
        let guard = Guard::nhs_numbers();
        let at = |cell: &str, found: &str, message: &str| Problem {
            cell: Some(cell.to_owned()),
            found: Some(found.to_owned()),
            message: message.to_owned(),
            code: "bad-cell".to_owned(),
            ..blank(None)
        };
        let mut problems = vec![
            Problem { cell: Some("D14".into()), ..blank(None) },
            at("D14", "943 476 59...", "\"943 476 59...\" is not a number"),
            at("E14", "943 476 5919", "\"943 476 5919\" is not a code of the register"),
            at("F14", "soon", "\"soon\" is not a date"),
        ];
        conceal(&mut problems, &guard);
        let said: Vec<String> = problems.iter().map(|p| format!("{:?} {}", p.found, p.message)).collect();
        assert!(said.iter().all(|text| !text.contains("943")), "{said:?}");
        assert_eq!(said.len(), 3, "of the cell with the hit only the hit is told: {said:?}");
        assert_eq!(said[1], format!("None \"{CONCEALED}\" is not a code of the register"));
        assert_eq!(said[2], "Some(\"soon\") \"soon\" is not a date");
    }
}
