//! Which sheet of a book, which of its rows is the header, and which column is which.
//!
//! Nothing is guessed: a book with one visible sheet that holds data needs no name; with more, the
//! layout names the sheet or the file is refused. Columns are found by their names, in any order.

use std::collections::BTreeMap;

use super::cell::{Cell, address, letters, shortened};
use super::headings::{Headings, drift};
use super::read::{Book, Sheet};
use super::rows::Rejection;
use super::{Effect, Problem};
use crate::diagnostic::{Code, likely};
use crate::pipeline::{Column, ColumnKind, Header, Layout};
use crate::wording;

/// Rows of a sheet within which the header must stand.
const HEADER_WITHIN: u32 = 30;

/// How a sheet lies under a layout.
#[derive(Debug)]
pub struct Shape<'b> {
    /// The sheet.
    pub sheet: &'b Sheet,
    /// The row of the header, as Excel counts it; 0 where there is none.
    pub header_row: u32,
    /// For each column of the layout, its place in the sheet counted from 0.
    pub places: Vec<Option<usize>>,
    /// How many columns the sheet has; places from there on were made of several columns.
    pub width: usize,
    /// What the header calls its columns.
    pub headings: Headings,
    /// What should be said about the columns.
    pub problems: Vec<Problem>,
    /// Needed columns that are not there.
    missing: usize,
}

impl<'b> Shape<'b> {
    /// The same shape once more.
    pub(super) fn again(&self) -> Shape<'b> {
        Shape {
            sheet: self.sheet,
            header_row: self.header_row,
            places: self.places.clone(),
            width: self.width,
            headings: self.headings.clone(),
            problems: self.problems.clone(),
            missing: self.missing,
        }
    }
}

impl Shape<'_> {
    /// The same shape over a sheet whose columns were made rows: the two columns that were added hold the
    /// name of the column and its cell.
    pub(super) fn onto<'l>(self, long: &'l Sheet, layout: &Layout) -> Shape<'l> {
        let mut places = self.places;
        if let Some(unpivot) = &layout.unpivot {
            for (added, name) in [&unpivot.name, &unpivot.value].into_iter().enumerate() {
                let index = layout.columns.iter().position(|c| c.name == *name);
                if let Some(place) = index.and_then(|i| places.get_mut(i)) {
                    *place = Some(self.width + added);
                }
            }
        }
        let mut headings = self.headings;
        let mut problems = self.problems;
        let becomes_rows = |text: &str| {
            layout.unpivot.as_ref().is_some_and(|u| u.pattern.find(text).is_some_and(|m| m.as_str() == text))
        };
        headings.unknown.retain(|(_, text)| !becomes_rows(text));
        problems.retain(|p| p.code != Code::UnknownColumn.id());
        let drift = drift(layout, &headings, None, sheet_name(long).as_deref());
        problems.extend(drift.into_iter().filter(|p| p.code == Code::UnknownColumn.id()));
        let (header_row, width, missing) = (self.header_row, self.width, self.missing);
        Shape { sheet: long, header_row, places, width, headings, problems, missing }
    }

    /// How many columns of the layout were found.
    fn found(&self) -> usize {
        self.places.iter().flatten().count()
    }
}

/// Finds the layout that fits the book, its sheet and its columns.
///
/// # Errors
/// If no sheet can be chosen, no header is found or a needed column is missing; everything that is
/// wrong is in it.
pub fn fit<'b, 'l>(book: &'b Book, layouts: &'l [Layout]) -> Result<(&'l Layout, Shape<'b>), Rejection> {
    known_separator(book, layouts)?;
    let mut best: Option<(&Layout, Shape<'_>)> = None;
    let mut refused: Option<Rejection> = None;
    for layout in layouts {
        let shape = choose(book, layout).and_then(|sheet| shape(sheet, layout));
        match shape {
            Ok(shape) if shape.missing == 0 => {
                // Of the layouts that fit wholly, the one that knows most of the columns.
                let better = best.as_ref().is_none_or(|(_, b)| b.missing > 0 || shape.found() > b.found());
                if better {
                    best = Some((layout, shape));
                }
            }
            Ok(shape) => {
                let better = best.as_ref().is_none_or(|(_, b)| {
                    b.missing > 0 && (shape.missing, b.found()) < (b.missing, shape.found())
                });
                if better {
                    best = Some((layout, shape));
                }
            }
            Err(rejection) => {
                refused.get_or_insert(rejection);
            }
        }
    }
    match best {
        Some((layout, mut shape)) if shape.missing == 0 => {
            shape.problems.extend(passed_sheets(book, shape.sheet, layout));
            Ok((layout, shape))
        }
        Some((_, mut shape)) => {
            // What else differs is no news while the file is refused.
            shape.problems.retain(|p| p.effect == Effect::Rejected);
            Err(Rejection { rows: data_rows(&shape), problems: shape.problems })
        }
        None => Err(refused.unwrap_or_default()),
    }
}

/// Refuses text whose columns are separated by what is unusual and no layout names, and says by what.
fn known_separator(book: &Book, layouts: &[Layout]) -> Result<(), Rejection> {
    let Some(separator) = book.separator else { return Ok(()) };
    if layouts.iter().any(|layout| layout.separator == Some(separator)) {
        return Ok(());
    }
    let name = match separator {
        '|' => " (a vertical bar)",
        '^' => " (a circumflex)",
        '~' => " (a tilde)",
        _ => "",
    };
    let written = match separator {
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    let shown = match separator {
        c if c.is_control() => format!("the control character {}", u32::from(c)),
        c => format!("\"{c}\"{name}"),
    };
    Err(Rejection::whole(
        Code::UnusualSeparator,
        format!("the columns are separated by {shown}, and not by commas, semicolons or tabs"),
        format!(
            "export it with commas, or send the workbook itself (.xlsx); who keeps the pipeline can let such files \
             in with `separator = \"{written}\"` in the layout"
        ),
    ))
}

/// Rows below the header that hold anything.
fn data_rows(shape: &Shape<'_>) -> usize {
    shape.sheet.rows.iter().filter(|(row, _)| *row > shape.header_row).count()
}

/// Of the visible sheets that hold data those that lie wholly under a layout, and the names of the others.
pub(super) fn every<'b>(book: &'b Book, layout: &Layout) -> (Vec<Shape<'b>>, Vec<&'b str>) {
    let filled = book.sheets.iter().filter(|s| s.visible && !s.is_empty() && !super::is_errors_sheet(s));
    let (mut shapes, mut others) = (Vec::new(), Vec::new());
    for sheet in filled {
        match shape(sheet, layout) {
            Ok(shape) if shape.missing == 0 => shapes.push(shape),
            _ => others.push(sheet.name.as_str()),
        }
    }
    (shapes, others)
}

fn choose<'b>(book: &'b Book, layout: &Layout) -> Result<&'b Sheet, Rejection> {
    let rows = |s: &&Sheet| s.visible && !s.is_empty() && !super::is_errors_sheet(s);
    let filled: Vec<&Sheet> = book.sheets.iter().filter(rows).collect();
    let names = || wording::list(&filled.iter().map(|s| format!("\"{}\"", s.name)).collect::<Vec<_>>());
    match (filled.as_slice(), &layout.sheet) {
        ([], _) => {
            let hidden = book.sheets.iter().any(|s| !s.visible && !s.is_empty());
            let message = if hidden { "only hidden sheets hold anything" } else { "no sheet holds anything" };
            Err(Rejection::whole(
                Code::EmptyFile,
                message,
                "send a file with a header and rows in a visible sheet",
            ))
        }
        ([only], _) => Ok(only),
        (several, Some(wanted)) => {
            several.iter().find(|s| normal(&s.name) == normal(wanted)).copied().ok_or_else(|| {
                Rejection::whole(
                    Code::MissingSheet,
                    format!("the sheet \"{wanted}\" is not in the workbook; it has {}", names()),
                    format!("name the sheet with the rows \"{wanted}\""),
                )
            })
        }
        // Any of them tells whether the layout fits; all that do are read.
        (several, None) if layout.all_sheets => {
            let fits = |s: &&&Sheet| shape(s, layout).is_ok_and(|shape| shape.missing == 0);
            let named = |s: &&&Sheet| shape(s, layout).is_ok();
            let sheet = several.iter().find(fits).or_else(|| several.iter().find(named));
            sheet.or(several.first()).copied().ok_or_else(Rejection::default)
        }
        (several, None) => one_with_header(several, layout).ok_or_else(|| {
            Rejection::whole(
                Code::AmbiguousSheet,
                format!("several sheets hold data ({}) and the layout names none", names()),
                "keep the sheet with the rows and delete or hide the others",
            )
        }),
    }
}

/// Of several sheets the only one that holds all needed columns of the layout, where there is one.
fn one_with_header<'b>(sheets: &[&'b Sheet], layout: &Layout) -> Option<&'b Sheet> {
    if !matches!(layout.header, Header::Named) {
        return None;
    }
    let mut fitting = sheets.iter().filter(|s| named(s, layout).is_ok());
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Says which sheets were not read because the header stands in another.
fn passed_sheets(book: &Book, read: &Sheet, layout: &Layout) -> Option<Problem> {
    if layout.sheet.is_some() || layout.all_sheets || !matches!(layout.header, Header::Named) {
        return None;
    }
    let others: Vec<String> = book
        .sheets
        .iter()
        .filter(|s| s.visible && !s.is_empty() && s.name != read.name && !super::is_errors_sheet(s))
        .map(|s| format!("\"{}\"", shortened(&s.name)))
        .collect();
    (!others.is_empty()).then(|| Problem {
        effect: Effect::Noted,
        ..whole(
            Code::OtherSheets,
            format!(
                "the header stands in the sheet \"{}\", which was read; not read: {}",
                shortened(&read.name),
                wording::list(&others)
            ),
            "nothing to do, if the others hold no rows of this feed",
        )
    })
}

fn shape<'b>(sheet: &'b Sheet, layout: &Layout) -> Result<Shape<'b>, Rejection> {
    match layout.header {
        Header::Positions { count } => positions(sheet, layout, count),
        Header::Named => named(sheet, layout),
    }
}

/// A name without regard to case, punctuation, line breaks and spaces.
pub fn normal(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric() && c != '%')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

fn named<'b>(sheet: &'b Sheet, layout: &Layout) -> Result<Shape<'b>, Rejection> {
    // The row that has most of the needed columns, then most of all; the first of equals.
    let within = sheet.rows.iter().take_while(|(row, _)| *row <= HEADER_WITHIN).enumerate();
    let counted = within.map(|(index, row)| {
        let places = match_columns(&Names::of(sheet, index), layout).places;
        let needed = layout.columns.iter().zip(&places).filter(|(c, p)| c.needed && p.is_some()).count();
        (needed, places.iter().flatten().count(), index, row)
    });
    let best = counted
        .filter(|(_, found, _, _)| *found > 0)
        .reduce(|best, next| if (next.0, next.1) > (best.0, best.1) { next } else { best });
    let all_needed = layout.columns.iter().filter(|c| c.needed).count();
    let enough =
        |needed: usize, found: usize| needed == all_needed || (found >= 2 && needed * 2 >= all_needed);
    match best {
        Some((needed, found, index, (row, cells))) if enough(needed, found) => {
            let matched = match_columns(&Names::of(sheet, index), layout);
            Ok(describe(sheet, layout, *row, cells, matched))
        }
        _ => match decorated_header(sheet, layout) {
            Some((index, (row, cells))) => {
                let matched = match_columns(&Names::of(sheet, index), layout);
                Ok(describe(sheet, layout, *row, cells, matched))
            }
            None => Err(no_header(sheet, layout)),
        },
    }
}

/// The row that would be a header but for what is added to its names.
fn decorated_header<'b>(sheet: &'b Sheet, layout: &Layout) -> Option<(usize, &'b (u32, Vec<Cell>))> {
    let needed: Vec<&Column> = layout.columns.iter().filter(|column| column.needed).collect();
    let within = sheet.rows.iter().take_while(|(row, _)| *row <= HEADER_WITHIN).enumerate();
    let counted = within.map(|(index, row)| {
        let texts: Vec<(usize, String)> = row.1.iter().map(Cell::shown).enumerate().collect();
        let like = |column: &&&Column| by_name(column, &texts).is_some();
        (needed.iter().filter(like).count(), index, row)
    });
    let best = counted.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(count, _, _)| *count >= 2 && count * 2 >= needed.len()).map(|(_, index, row)| (index, row))
}

/// How many rows above the last row of a header may belong to it.
const HEADER_ABOVE: u32 = 2;

/// The names under which the columns of a row may be known: what stands in the cell; where nothing does,
/// what stands above it (cells merged downwards); and what stands above it, over several columns or one,
/// followed by what stands in it (`Access` over `Flags`: `Access Flags`).
struct Names {
    /// For each column, what it is called and, after the first, what else it may be called.
    of: Vec<Vec<String>>,
}

impl Names {
    fn of(sheet: &Sheet, index: usize) -> Self {
        let Some((row, cells)) = sheet.rows.get(index) else { return Self { of: Vec::new() } };
        let above: Vec<&Vec<Cell>> = sheet.rows[..index]
            .iter()
            .rev()
            .take_while(|(number, _)| row - number <= HEADER_ABOVE)
            // A title is one cell; the upper rows of a header are several.
            .filter(|(_, cells)| cells.iter().filter(|c| !c.is_empty()).count() >= 2)
            .map(|(_, cells)| cells)
            .collect();
        let width = above.iter().map(|cells| cells.len()).max().unwrap_or(0).max(cells.len());
        let of = (0..width).map(|place| Self::at(place, cells, &above)).collect();
        Self { of }
    }

    fn at(place: usize, cells: &[Cell], above: &[&Vec<Cell>]) -> Vec<String> {
        let shown = |cells: &[Cell], place: usize| cells.get(place).map(Cell::shown).unwrap_or_default();
        let own = shown(cells, place);
        let straight = above.iter().map(|cells| shown(cells, place)).find(|text| !text.is_empty());
        let mut names = Vec::new();
        if own.is_empty() {
            // Only where the row is part of a header: its neighbours are filled.
            names.extend(straight);
            return names;
        }
        for upper in above {
            // A group stands over its first column, and the cells to the right of it are empty.
            let group = (0..=place).rev().map(|p| shown(upper, p)).find(|text| !text.is_empty());
            names.extend(group.map(|group| format!("{group} {own}")));
        }
        names.insert(0, own);
        names
    }
}

fn no_header(sheet: &Sheet, layout: &Layout) -> Rejection {
    let wanted: Vec<String> =
        layout.columns.iter().filter(|c| c.needed).map(|c| format!("\"{}\"", c.title)).collect();
    let first = sheet.rows.first().map(|(row, cells)| {
        let shown: Vec<String> = cells.iter().filter(|c| !c.is_empty()).map(Cell::shown).collect();
        format!("; row {row} says {}", shortened(&shown.join(", ")))
    });
    Rejection {
        rows: sheet.rows.len(),
        problems: vec![Problem {
            sheet: sheet_name(sheet),
            ..whole(
                Code::MissingHeader,
                format!(
                    "no header row with {} was found in the first {HEADER_WITHIN} rows{}",
                    wording::list(&wanted),
                    first.unwrap_or_default()
                ),
                "check that this is the right file for this inbox, and that its header row is there",
            )
        }],
    }
}

/// A header matched against a layout.
#[derive(Default)]
struct Matched {
    places: Vec<Option<usize>>,
    /// What the sheet calls each column of the layout that was found.
    called: BTreeMap<usize, String>,
    /// Columns whose name stands in several cells: (column of the layout, the places).
    repeated: Vec<(usize, Vec<usize>)>,
    /// Cells of the header that belong to no column.
    unknown: Vec<usize>,
}

/// Preferred names first, so that an alias never takes a column from another's own name; names made of
/// several rows last, so that they never take one from a name that stands in one cell.
fn match_columns(names: &Names, layout: &Layout) -> Matched {
    let headers: Vec<Vec<String>> =
        names.of.iter().map(|all| all.iter().map(|name| normal(name)).collect()).collect();
    let mut taken = vec![false; headers.len()];
    let mut matched = Matched { places: vec![None; layout.columns.len()], ..Matched::default() };
    // A column that the layout knows by its letter is where it is, whatever stands above it.
    for (index, column) in layout.columns.iter().enumerate() {
        let Some(place) = column.place.filter(|place| *place < headers.len()) else { continue };
        taken[place] = true;
        matched.places[index] = Some(place);
        matched.called.insert(index, names.of[place].first().cloned().unwrap_or_default());
    }
    let mut claim = |name: &str, matched: &mut Matched, index: usize, whole: bool| {
        let name = normal(name);
        if name.is_empty() {
            return false;
        }
        let which = |i: usize| {
            let of = headers.get(i)?;
            let looked_at = if whole { 1 } else { of.len() };
            of.iter().take(looked_at).position(|n| *n == name)
        };
        let mut free: Vec<usize> = (0..headers.len()).filter(|i| !taken[*i] && which(*i).is_some()).collect();
        if let Some(nth) = layout.columns.get(index).and_then(|column| column.nth) {
            // Counted over all columns of the name: those before it may have been claimed.
            let all = (0..headers.len()).filter(|i| which(*i).is_some()).nth(nth - 1);
            free = all.into_iter().filter(|place| !taken[*place]).collect();
        }
        let Some(first) = free.first().copied() else { return false };
        for place in &free {
            taken[*place] = true;
        }
        matched.places[index] = Some(first);
        let called = which(first).and_then(|n| names.of[first].get(n)).cloned();
        matched.called.insert(index, called.unwrap_or_default());
        if free.len() > 1 {
            matched.repeated.push((index, free));
        }
        true
    };
    let is_sought = |matched: &Matched, index: usize, column: &Column| {
        matched.places[index].is_none() && column.place.is_none() && column.made_of.is_none()
    };
    for whole in [true, false] {
        for (index, column) in layout.columns.iter().enumerate() {
            if is_sought(&matched, index, column) {
                claim(&column.title, &mut matched, index, whole);
            }
        }
        for (index, column) in layout.columns.iter().enumerate() {
            if is_sought(&matched, index, column) {
                column.aliases.iter().any(|alias| claim(alias, &mut matched, index, whole));
            }
        }
    }
    matched.unknown = (0..headers.len())
        .filter(|i| !taken[*i] && headers[*i].first().is_some_and(|name| !name.is_empty()))
        .collect();
    matched
}

/// Says what is renamed, new, missing or there twice.
fn describe<'b>(
    sheet: &'b Sheet,
    layout: &Layout,
    row: u32,
    cells: &[Cell],
    mut matched: Matched,
) -> Shape<'b> {
    let mut problems = Vec::new();
    let mut missing = 0;
    let mut note =
        |code: Code, effect: Effect, place: Option<usize>, column: &str, message: String, mend: String| {
            problems.push(Problem {
                code: code.id().to_owned(),
                effect,
                sheet: sheet_name(sheet),
                cell: place.map(|p| address(p, row)),
                row: Some(row).filter(|_| place.is_some()),
                column: Some(column.to_owned()),
                found: place.and_then(|p| cells.get(p)).map(|c| shortened(&c.shown())),
                message,
                mend,
            });
        };
    for (index, places) in &matched.repeated {
        let column = &layout.columns[*index];
        let list: Vec<String> = places.iter().map(|p| letters(*p)).collect();
        let message = format!(
            "the column \"{}\" is there {} times: {}",
            column.title,
            list.len(),
            wording::list(&list)
        );
        let effect = if column.needed { Effect::Rejected } else { Effect::Dropped };
        note(
            Code::DuplicateColumn,
            effect,
            places.get(1).copied(),
            &column.title,
            message,
            "keep one and delete or rename the others".to_owned(),
        );
        if column.needed {
            missing += 1;
        }
        matched.places[*index] = None;
    }
    let repeated: Vec<usize> = matched.repeated.iter().map(|(index, _)| *index).collect();
    let unknown: Vec<(usize, String)> =
        matched.unknown.iter().filter_map(|p| cells.get(*p).map(|c| (*p, shortened(&c.shown())))).collect();
    let mut headings = Headings { row, unknown, ..Headings::default() };
    for (index, column) in layout.columns.iter().enumerate() {
        if let Some(place) = matched.places[index] {
            let text = matched.called.get(&index).cloned().unwrap_or_default();
            headings.known.insert(column.name.clone(), (place, shortened(&text)));
            continue;
        }
        if repeated.contains(&index) || layout.fills_elsewhere(&column.name) {
            continue;
        }
        let near = meant(sheet, row, column, &headings.unknown);
        if !column.needed {
            if let Some((place, _)) = near {
                headings.suspected.push((column.name.clone(), *place));
            }
            continue;
        }
        missing += 1;
        let (message, mend) = match near {
            Some((place, text)) => (
                format!(
                    "missing: \"{}\"; did you mean \"{text}\" in column {}?",
                    column.title,
                    letters(*place)
                ),
                format!("rename the column to \"{}\"", column.title),
            ),
            None => (
                format!("the column \"{}\" is missing", column.title),
                format!("add a column \"{}\"", column.title),
            ),
        };
        note(Code::MissingColumn, Effect::Rejected, None, &column.title, message, mend);
    }
    problems.extend(drift(layout, &headings, None, sheet_name(sheet).as_deref()));
    Shape {
        sheet,
        header_row: row,
        places: matched.places,
        width: sheet.width(),
        headings,
        problems,
        missing,
    }
}

/// The unknown column that a missing one probably is: by its name, or because its cells hold the values
/// that the missing column allows.
fn meant<'u>(
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

/// The unknown column whose name is nearest to one of a column's names: the same but for hints in brackets and
/// marks, then nearly the same, then, for a needed column, the same with words before or behind.
fn by_name<'u>(column: &Column, unknown: &'u [(usize, String)]) -> Option<&'u (usize, String)> {
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

/// A file without header: as many columns as the layout says, or it is another file.
fn positions<'b>(sheet: &'b Sheet, layout: &Layout, count: Option<usize>) -> Result<Shape<'b>, Rejection> {
    let last_named = layout.columns.iter().filter_map(|c| c.position).max().unwrap_or(0);
    let width = sheet.width();
    let first: Vec<String> =
        sheet.rows.first().map(|(_, cells)| cells.iter().map(Cell::shown).collect()).unwrap_or_default();
    // Trailing empty columns of a text file cannot be seen, so a file may look narrower than it is.
    let last_needed =
        layout.columns.iter().filter(|c| c.needed).filter_map(|c| c.position).max().unwrap_or(0);
    let most = count.unwrap_or(usize::MAX);
    if width < last_needed || width > most {
        let expected = count.unwrap_or(last_named);
        let filled: Vec<&str> = first.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        let message = format!(
            "{expected} columns without a header are expected and there are {width}; the first row says {}",
            shortened(&filled.join(", "))
        );
        return Err(Rejection {
            rows: sheet.rows.len(),
            problems: vec![whole(
                Code::WrongFile,
                message,
                "check that this is the right file for this inbox",
            )],
        });
    }
    // The report can be exported with a header; it is told by the name of a column in its place.
    let is_header = layout.columns.iter().any(|column| {
        let shown = column.position.and_then(|p| first.get(p.saturating_sub(1))).map(|s| normal(s));
        let mut names = std::iter::once(&column.title).chain(&column.aliases);
        shown.is_some_and(|shown| names.any(|name| normal(name) == shown))
    });
    let header_row = if is_header { sheet.rows.first().map_or(0, |(row, _)| *row) } else { 0 };
    let places = layout.columns.iter().map(|c| c.position.map(|p| p.saturating_sub(1))).collect();
    Ok(Shape {
        sheet,
        header_row,
        places,
        width,
        headings: Headings::default(),
        problems: Vec::new(),
        missing: 0,
    })
}

fn sheet_name(sheet: &Sheet) -> Option<String> {
    Some(sheet.name.clone()).filter(|name| !name.is_empty())
}

/// A problem of the whole file.
pub(super) fn whole(code: Code, message: impl Into<String>, mend: impl Into<String>) -> Problem {
    Problem {
        code: code.id().to_owned(),
        effect: Effect::Rejected,
        sheet: None,
        cell: None,
        row: None,
        column: None,
        found: None,
        message: message.into(),
        mend: mend.into(),
    }
}
