//! Which row of a sheet is the header, and which of its names is which column.

use std::collections::BTreeMap;

use super::near::{by_name, codes, meant};
use super::{HEADER_WITHIN, Shape, normal, sheet_name, whole};
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, address, letters, shortened};
use crate::intake::headings::{Headings, drift};
use crate::intake::read::Sheet;
use crate::intake::rows::Rejection;
use crate::intake::{Effect, Problem};
use crate::pipeline::{Column, Layout};
use crate::wording;

pub(super) fn named<'b>(sheet: &'b Sheet, layout: &Layout) -> Result<Shape<'b>, Rejection> {
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
        ..Rejection::default()
    }
}

/// How a sheet lies under a layout that does not fit it, as far as that can be told: by names, by names that are
/// nearly right, by the values below. One shape for each place in which the column `says` may stand.
pub(super) fn as_far_as_known<'b>(sheet: &'b Sheet, layout: &Layout, says: &str) -> Vec<Shape<'b>> {
    let Some(wanted) = layout.columns.iter().position(|column| column.name == says) else {
        return Vec::new();
    };
    let within = sheet.rows.iter().take_while(|(row, _)| *row <= HEADER_WITHIN).enumerate();
    let counted = within.map(|(index, row)| (match_columns(&Names::of(sheet, index), layout), row));
    let best = counted.reduce(|best, next| {
        let found = |(matched, _): &(Matched, _)| matched.places.iter().flatten().count();
        if found(&next) > found(&best) { next } else { best }
    });
    let Some((mut matched, (row, cells))) = best else { return Vec::new() };
    // Where no row is like a header there is none, and the first row is data.
    let header_row = if matched.places.iter().flatten().next().is_some() { *row } else { 0 };
    let mut unknown: Vec<(usize, String)> = match header_row {
        0 => (0..sheet.width()).map(|place| (place, String::new())).collect(),
        _ => matched.unknown.iter().filter_map(|p| Some((*p, cells.get(*p)?.shown()))).collect(),
    };
    for (index, column) in layout.columns.iter().enumerate() {
        let found = || {
            meant(sheet, header_row, column, &unknown).or_else(|| codes(sheet, header_row, column, &unknown))
        };
        if matched.places[index].is_none()
            && let Some((place, _)) = found().cloned()
        {
            matched.places[index] = Some(place);
            unknown.retain(|(other, _)| *other != place);
        }
    }
    let several =
        matched.repeated.iter().find(|(index, _)| *index == wanted).map(|(_, places)| places.clone());
    let places = several.unwrap_or_else(|| matched.places[wanted].into_iter().collect());
    places
        .into_iter()
        .map(|place| {
            let mut places = matched.places.clone();
            places[wanted] = Some(place);
            Shape {
                sheet,
                header_row,
                places,
                width: sheet.width(),
                headings: Headings::default(),
                problems: Vec::new(),
                missing: 0,
            }
        })
        .collect()
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
        |code: Code, effect: Effect, place: Option<usize>, column: &str, message: String, help: String| {
            problems.push(Problem {
                code: code.id().to_owned(),
                effect,
                sheet: sheet_name(sheet),
                cell: place.map(|p| address(p, row)),
                row: Some(row).filter(|_| place.is_some()),
                column: Some(column.to_owned()),
                found: place.and_then(|p| cells.get(p)).map(|c| shortened(&c.shown())),
                message,
                help,
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
        let (message, help) = match near {
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
        note(Code::MissingColumn, Effect::Rejected, None, &column.title, message, help);
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
