//! What a receipt says, as its templates need it: one content for the file, the mail and the page.

use std::collections::HashMap;

use serde::Serialize;
use tera::Context;

use crate::dates::long;
use crate::intake::{Change, Changes, Effect, Problem, Receipt};
use crate::wording::{list, listed, plural};

/// Problems of one effect, under the heading that people read.
#[derive(Debug, Serialize)]
struct Group {
    title: String,
    problems: Vec<Line>,
    /// That there are more than are told.
    more: String,
}

/// A problem as a receipt prints it.
#[derive(Debug, Serialize)]
struct Line {
    place: String,
    found: String,
    message: String,
    help: String,
}

/// What a file changes against the one before.
#[derive(Debug, Serialize)]
struct Compared {
    title: String,
    counts: String,
    rows: Vec<String>,
    more: String,
}

const HEADINGS: [(Effect, &str); 6] = [
    (Effect::Rejected, "Why the file was not taken in"),
    (Effect::Quarantined, "Rows set aside until they are corrected"),
    (Effect::Dropped, "Cells that could not be read (their rows count, unless named above)"),
    (Effect::Released, "Rows that a named person let count"),
    (Effect::Ignored, "Rows passed over"),
    (Effect::Noted, "For your information"),
];

/// Everything that the templates of a receipt use; `most` problems are told under one heading.
pub(super) fn receipt_context(receipt: &Receipt, most: usize) -> Context {
    let groups: Vec<Group> =
        HEADINGS.into_iter().filter_map(|(effect, title)| group(receipt, effect, title, most)).collect();
    let mut context = Context::new();
    context.insert("receipt", receipt);
    context.insert("received", &long(receipt.received));
    context.insert("groups", &groups);
    let to_correct = receipt.problems.iter().filter(|p| p.effect.needs_mending()).count();
    context.insert("to_correct", &to_correct);
    context.insert("things", &plural(to_correct, "thing", "things"));
    context.insert("changes", &receipt.changes.as_ref().map(|changes| compared(changes, receipt)));
    let late = receipt.late.as_ref();
    context.insert("late_as_of", &late.map(|late| long(late.as_of)));
    let shown = |n: usize| n.min(most);
    let levels = late.map_or_else(Vec::new, |late| {
        late.levels.iter().take(shown(late.levels.len())).map(|level| level.words()).collect()
    });
    let left = late.map_or(0, |late| late.levels.len() - levels.len());
    context.insert("late_levels", &levels);
    context.insert("late_more", &left);
    context
}

fn group(receipt: &Receipt, effect: Effect, title: &str, most: usize) -> Option<Group> {
    let all = receipt.with_effect(effect).count();
    let alike = alike(receipt.with_effect(effect));
    let told: usize = alike.iter().take(most).map(Vec::len).sum();
    let problems: Vec<Line> = alike.iter().take(most).filter_map(|problems| line(problems)).collect();
    let more = match all - told {
        0 => String::new(),
        left => format!(
            "{all} in all: the first {told} are listed here and {left} are not. Correct what is listed and look for \
             the same faults further down",
        ),
    };
    (all > 0).then(|| Group { title: title.to_owned(), problems, more })
}

/// Problems that differ in nothing but their place, together and in the order of the first of each.
fn alike<'p>(problems: impl Iterator<Item = &'p Problem>) -> Vec<Vec<&'p Problem>> {
    let mut places = HashMap::new();
    let mut out: Vec<Vec<&Problem>> = Vec::new();
    for problem in problems {
        let Problem { code, effect: _, sheet, cell, row: _, column, found, message, help } = problem;
        let key = (code, sheet, cell.is_some(), column, found, message, help);
        let place = *places.entry(key).or_insert(out.len());
        match out.get_mut(place) {
            Some(same) => same.push(problem),
            None => out.push(vec![problem]),
        }
    }
    out
}

/// One line for problems that are alike; none for none.
fn line(problems: &[&Problem]) -> Option<Line> {
    let first = *problems.first()?;
    let mut cells: Vec<&str> = problems.iter().filter_map(|p| p.cell.as_deref()).collect();
    let mut rows: Vec<String> = problems.iter().filter_map(|p| p.row).map(|row| row.to_string()).collect();
    // Rows that were made of one row share its cells.
    cells.dedup();
    rows.dedup();
    let mut place = match (cells.as_slice(), rows.as_slice()) {
        ([], []) => String::new(),
        ([], [row]) => format!("Row {row}"),
        ([], rows) => format!("Rows {}", listed(rows)),
        ([cell], _) if !cell.contains(", ") && !cell.contains(" and ") => format!("Cell {cell}"),
        (cells, _) => format!("Cells {}", listed(cells)),
    };
    if let Some(column) = &first.column {
        place = if place.is_empty() { column.clone() } else { format!("{place} ({column})") };
    }
    if let Some(sheet) = first.sheet.as_ref().filter(|_| first.cell.is_some() || first.row.is_some()) {
        place = format!("{place}, sheet {sheet}");
    }
    let help = Some(first.help.clone()).filter(|help| help != "nothing to do");
    Some(Line {
        place: if place.is_empty() { "The file".to_owned() } else { place },
        found: first.found.clone().unwrap_or_default(),
        message: first.message.clone(),
        help: help.unwrap_or_default(),
    })
}

fn compared(changes: &Changes, receipt: &Receipt) -> Compared {
    let count =
        |n: usize, what: &str| (n > 0).then(|| format!("{} {what}", crate::wording::number(n as f64)));
    let counts: Vec<String> = [
        count(changes.changed, "changed"),
        count(changes.aside, "set aside in the new file"),
        count(changes.removed, "gone"),
        count(changes.added, "new"),
        count(changes.same, "the same"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let differ = changes.added + changes.removed + changes.aside + changes.changed;
    let left = differ.saturating_sub(changes.rows.len());
    Compared {
        title: format!("What {} changes against {}", receipt.file, changes.against),
        counts: match differ {
            0 => "Its rows say what they said before".to_owned(),
            _ => format!("Rows: {}", list(&counts)),
        },
        rows: changes.rows.iter().map(changed).collect(),
        more: if left == 0 { String::new() } else { format!("{} more", plural(left, "row", "rows")) },
    }
}

/// One row that differs, in words: `Q-14 (row 9) changed: Severity (G9) from Moderate to Serious`.
fn changed(change: &Change) -> String {
    let key = if change.key.is_empty() { "a row" } else { change.key.as_str() };
    let head = format!("{key} (row {})", change.row);
    match change.kind.as_str() {
        "added" => format!("{head} is new"),
        "aside" => format!("{key} (row {}) is set aside until it is corrected", change.row),
        "removed" => format!("{key} (row {} of the file before) is gone", change.row),
        _ => {
            let or_empty = |text: &str| if text.is_empty() { "empty".to_owned() } else { text.to_owned() };
            let cells: Vec<String> = change
                .cells
                .iter()
                .map(|cell| {
                    let place = cell.cell.as_ref().map_or_else(String::new, |cell| format!(" ({cell})"));
                    let values = cell.values.as_ref().map_or_else(String::new, |(was, is)| {
                        format!(" from {} to {}", or_empty(was), or_empty(is))
                    });
                    format!("{}{place}{values}", cell.column)
                })
                .collect();
            format!("{head} changed: {}", cells.join("; "))
        }
    }
}
