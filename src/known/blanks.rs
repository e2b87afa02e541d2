//! Blank cells that a file would put in the place of a value: where every file counts they do not, and its receipt
//! says so.

use std::collections::BTreeSet;

use crate::intake::Settled;
use crate::pipeline::{Fact, Layout, Pipeline};
use crate::triangulate::Cells;
use crate::wording::{list, plural};

/// How many rows are named.
const NAMED: usize = 5;

/// What is said of the blanks of a file where one of `earlier` that counts has a value.
pub fn told<'s>(
    layout: &Layout,
    settled: &Settled,
    earlier: impl Iterator<Item = &'s Settled> + Clone,
    pipeline: &Pipeline,
) -> Vec<String> {
    let mut out = BTreeSet::new();
    for fact in pipeline.facts.values().filter(|fact| fact.from.contains(&layout.table)) {
        let Some(value) = &fact.value else { continue };
        let blank = keys(fact, settled, value, false);
        if blank.is_empty() {
            continue;
        }
        let known: BTreeSet<String> =
            earlier.clone().flat_map(|earlier| keys(fact, earlier, value, true)).collect();
        let stand: Vec<&String> = blank.intersection(&known).collect();
        if stand.is_empty() {
            continue;
        }
        let title = layout.column(value).map_or(value.as_str(), |column| column.title.as_str());
        let named: Vec<String> = stand.iter().take(NAMED).map(|key| (*key).clone()).collect();
        let more = stand.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out.insert(format!(
            "\"{title}\" is blank in {} for which an earlier file has a value; a blank does not replace it: {}{more}",
            plural(stand.len(), "row", "rows"),
            list(&named)
        ));
    }
    out.into_iter().collect()
}

/// What the rows are known by in which a value is filled, or is blank.
fn keys(fact: &Fact, settled: &Settled, value: &str, filled: bool) -> BTreeSet<String> {
    let cells = Cells::new(Some(&settled.table));
    let shown = |name: &str, row: usize| {
        cells.text(name, row).or_else(|| cells.date(name, row).map(crate::dates::short)).unwrap_or_default()
    };
    let is_filled = |row: usize| cells.text(value, row).is_some() || cells.number(value, row).is_some();
    let rows = (0..cells.height()).filter(|row| is_filled(*row) == filled);
    rows.map(|row| fact.restated_by.iter().map(|name| shown(name, row)).collect::<Vec<_>>().join(", "))
        .collect()
}
