//! What the header of a sheet calls its columns, and how that differs from the layout or from the last
//! file of the feed: schema drift in words, one entry a kind.

use std::collections::BTreeMap;

use super::cell::{address, letters};
use super::sheet::normal;
use super::{Effect, Problem};
use crate::diagnostic::Code;
use crate::pipeline::{Column, Layout};
use crate::wording;

/// What the header of a sheet calls its columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headings {
    /// The row of the header, as Excel counts it; 0 where there is none.
    pub row: u32,
    /// The columns that the layout knows, by their names in it: where each stands, counted from 0, and what
    /// the sheet calls it.
    pub known: BTreeMap<String, (usize, String)>,
    /// The others.
    pub unknown: Vec<(usize, String)>,
    /// Optional columns that are missing, and which unknown one each may be.
    pub suspected: Vec<(String, usize)>,
}

/// The kinds of problem that speak of drift.
const KINDS: [Code; 3] = [Code::RenamedColumn, Code::UnknownColumn, Code::AbsentColumn];

/// What is new, renamed or missing in a header: against the header of the last file of the feed where it
/// is known, else against the layout.
pub fn drift(
    layout: &Layout,
    now: &Headings,
    before: Option<&Headings>,
    sheet: Option<&str>,
) -> Vec<Problem> {
    if now.row == 0 {
        return Vec::new();
    }
    let note =
        |code: Code, place: Option<usize>, column: Option<&str>, message: String, help: &str| Problem {
            code: code.id().to_owned(),
            effect: Effect::Noted,
            sheet: sheet.map(str::to_owned),
            cell: place.map(|p| address(p, now.row)),
            row: place.map(|_| now.row),
            column: column.map(str::to_owned),
            found: None,
            message,
            help: help.to_owned(),
        };
    let mut out = Vec::new();
    for (name, place) in &now.suspected {
        let is_new = before.is_none_or(|b| !b.has_unknown(now.text(*place)));
        let Some(column) = layout.column(name).filter(|_| is_new) else { continue };
        let message = format!(
            "missing: \"{}\"; did you mean \"{}\" in column {}?",
            column.title,
            now.text(*place),
            letters(*place)
        );
        let help = format!("rename the column to \"{}\", if it is meant", column.title);
        out.push(note(Code::AbsentColumn, Some(*place), Some(&column.title), message, &help));
    }
    let renamed: Vec<(usize, String)> =
        layout.columns.iter().filter_map(|column| now.renamed(column, before)).collect();
    if let Some((first, _)) = renamed.first() {
        let said: Vec<String> = renamed.iter().map(|(_, text)| text.clone()).collect();
        let noun = if said.len() == 1 { "column" } else { "columns" };
        let message = format!("{noun} {} (matched by alias)", wording::list(&said));
        out.push(note(Code::RenamedColumn, Some(*first), None, message, "nothing to do"));
    }
    let offered = |place: usize| now.suspected.iter().any(|(_, p)| *p == place);
    let new: Vec<&(usize, String)> = now
        .unknown
        .iter()
        .filter(|(place, text)| !offered(*place) && before.is_none_or(|b| !b.has_unknown(text)))
        .collect();
    if let Some((first, _)) = new.first() {
        let names: Vec<&str> = new.iter().map(|(_, text)| text.as_str()).collect();
        let noun = if names.len() == 1 { "new column" } else { "new columns" };
        let message = format!("{noun} {} ignored", named(&names));
        let help =
            "nothing to do, unless it is a known column under a new name: then ask for that name as an alias";
        out.push(note(Code::UnknownColumn, Some(*first), None, message, help));
    }
    let absent: Vec<&str> = layout
        .columns
        .iter()
        .filter(|c| !c.needed && !now.known.contains_key(&c.name) && !layout.fills_elsewhere(&c.name))
        .filter(|c| before.map_or(!c.occasional, |b| b.known.contains_key(&c.name)))
        .filter(|c| !now.suspected.iter().any(|(name, _)| *name == c.name))
        .map(|c| c.title.as_str())
        .collect();
    if !absent.is_empty() {
        let since = if before.is_some() { "missing since the last file" } else { "missing" };
        let message = format!("{since}: {} (the file is read without)", named(&absent));
        out.push(note(Code::AbsentColumn, None, None, message, "add what you have"));
    }
    out
}

/// Names shown before the rest is only counted: national files have hundreds of columns.
const SHOWN: usize = 8;

/// Names in quotes, as a list.
fn named(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("\"{name}\"")).collect();
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    wording::list(&shown)
}

/// Tells the drift anew among the problems of a file, against the last file of the feed.
pub fn retell(
    problems: &mut Vec<Problem>,
    layout: &Layout,
    now: &Headings,
    before: &Headings,
    sheet: Option<&str>,
) {
    problems.retain(|p| p.effect != Effect::Noted || !KINDS.iter().any(|kind| kind.id() == p.code));
    let mut told = drift(layout, now, Some(before), sheet);
    told.append(problems);
    *problems = told;
}

impl Headings {
    fn text(&self, place: usize) -> &str {
        self.unknown.iter().find(|(p, _)| *p == place).map_or("", |(_, text)| text)
    }

    fn has_unknown(&self, text: &str) -> bool {
        self.unknown.iter().any(|(_, known)| normal(known) == normal(text))
    }

    /// How a column is called now, if that is news.
    fn renamed(&self, column: &Column, before: Option<&Headings>) -> Option<(usize, String)> {
        let (place, now) = self.known.get(&column.name)?;
        let old = match before {
            Some(before) => &before.known.get(&column.name)?.1,
            None => &column.title,
        };
        if normal(old) == normal(now) {
            return None;
        }
        let said = match before {
            Some(_) => format!("\"{old}\" is now \"{now}\""),
            None => format!("\"{now}\" read as \"{old}\""),
        };
        Some((*place, said))
    }
}
