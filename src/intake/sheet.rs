//! Which sheet of a book, which of its rows is the header, and which column is which.
//!
//! Nothing is guessed: a book with one visible sheet that holds data needs no name; with more, the
//! layout names the sheet or the file is refused. Columns are found by their names, in any order.

mod header;
mod near;
mod positions;

use header::named;
use positions::positions;

use super::cell::shortened;
use super::headings::{Headings, drift};
use super::read::{Book, Sheet};
use super::rows::Rejection;
use super::{Effect, Problem};
use crate::diagnostic::Code;
use crate::pipeline::{Header, Layout};
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
            Err(Rejection { rows: data_rows(&shape), problems: shape.problems, ..Rejection::default() })
        }
        None => Err(refused.unwrap_or_default()),
    }
}

/// How the visible sheets of a book that was refused lie under a layout, as far as that can be told.
pub(super) fn as_far_as_known<'b>(book: &'b Book, layout: &Layout, says: &str) -> Vec<Shape<'b>> {
    let filled = book.sheets.iter().filter(|s| s.visible && !s.is_empty() && !super::is_errors_sheet(s));
    match layout.header {
        Header::Named => filled.flat_map(|sheet| header::as_far_as_known(sheet, layout, says)).collect(),
        Header::Positions { .. } => Vec::new(),
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

fn sheet_name(sheet: &Sheet) -> Option<String> {
    Some(sheet.name.clone()).filter(|name| !name.is_empty())
}

/// A problem of the whole file.
pub(super) fn whole(code: Code, message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem {
        code: code.id().to_owned(),
        effect: Effect::Rejected,
        sheet: None,
        cell: None,
        row: None,
        column: None,
        found: None,
        message: message.into(),
        help: help.into(),
    }
}
