//! Several sheets of one shape read as one: a tab a month, a tab a place.
//!
//! The rows keep the sheet that they stand in, each with its own columns; what is asked of whole rows, such as
//! that a reference stands once, is asked of all sheets together.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::unpivot::{MOST_TABS, in_tab};
use super::{Reading, Rejection, frame, read_cells};
use crate::diagnostic::Code;
use crate::intake::cell::shortened;
use crate::intake::guard;
use crate::intake::read::Book;
use crate::intake::sheet::{every, whole};
use crate::intake::{Effect, Problem};
use crate::pipeline::{Feed, Layout};
use crate::wording;

/// One of several sheets that were read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Its name.
    pub name: String,
    /// The letter of each column that was found in it.
    pub letters: BTreeMap<String, String>,
}

/// Reads every sheet that has the header, if the layout asks for it and there are several sheets.
pub(super) fn together(
    book: &Book,
    feed: &Feed,
    layout: &Layout,
    name: &str,
    received: NaiveDate,
) -> Option<Result<Reading, Rejection>> {
    if !layout.all_sheets {
        return None;
    }
    let (shapes, others) = every(book, layout);
    let several = shapes.len() > 1 || !others.is_empty();
    several.then(|| {
        if shapes.len() > MOST_TABS {
            let message = format!("{} sheets are more than are read together", shapes.len());
            return Err(Rejection::whole(Code::TooCostly, message, "send fewer sheets in one workbook"));
        }
        let names: Vec<&str> = shapes.iter().map(|shape| shape.sheet.name.as_str()).collect();
        let mut readings = Vec::new();
        for (index, shape) in shapes.iter().enumerate() {
            let mut reading = read_cells(shape.again(), feed, layout, name)?;
            let own = names.get(index).copied().unwrap_or_default();
            let first = index == 0;
            guard::screen_among(book, feed, Some(name).filter(|_| first), &mut reading, &|other| {
                other == own || (first && !names.contains(&other))
            });
            readings.push(reading);
        }
        let mut reading = merged(readings).ok_or_else(Rejection::default)?;
        reading.problems.extend(not_read(&others));
        frame::check(&mut reading, feed, layout, received)?;
        Ok(reading)
    })
}

/// Several readings as one, each row with its sheet.
fn merged(readings: Vec<Reading>) -> Option<Reading> {
    let mut readings = readings.into_iter();
    let mut all = readings.next()?;
    let others: Vec<Reading> = readings.collect();
    let tab = |reading: &Reading| Tab {
        name: reading.sheet.clone().unwrap_or_default(),
        letters: reading.letters.clone(),
    };
    let tabs: Vec<Tab> = std::iter::once(tab(&all)).chain(others.iter().map(tab)).collect();
    into_tab(&mut all, 0);
    for (index, mut other) in others.into_iter().enumerate() {
        into_tab(&mut other, index + 1);
        all.rows.append(&mut other.rows);
        all.written.append(&mut other.written);
        all.problems.append(&mut other.problems);
    }
    // What is said of a column without its sheet is true of it in every sheet.
    all.letters.retain(|name, letter| tabs.iter().all(|tab| tab.letters.get(name) == Some(letter)));
    let names: Vec<&str> = tabs.iter().map(|tab| tab.name.as_str()).collect();
    all.sheet = Some(wording::listed(&names));
    all.tabs = tabs;
    Some(all)
}

fn into_tab(reading: &mut Reading, tab: usize) {
    reading.rows.iter_mut().for_each(|row| row.id = in_tab(tab, row.id));
    reading.problems.iter_mut().for_each(|problem| problem.row = problem.row.map(|row| in_tab(tab, row)));
    let written = std::mem::take(&mut reading.written);
    reading.written = written.into_iter().map(|(row, text)| (in_tab(tab, row), text)).collect();
}

/// Says which sheets hold something and have not the header.
fn not_read(others: &[&str]) -> Option<Problem> {
    let names: Vec<String> = others.iter().map(|name| format!("\"{}\"", shortened(name))).collect();
    (!names.is_empty()).then(|| Problem {
        effect: Effect::Noted,
        ..whole(
            Code::OtherSheets,
            format!("every sheet with the header was read; not read: {}", wording::listed(&names)),
            "nothing to do, if these hold no rows of this feed",
        )
    })
}
