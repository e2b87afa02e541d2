//! What is serious enough to go to a committee at once: recomputed from the files for any date.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::col;
use serde::{Deserialize, Serialize};

use super::Evidence;
use super::findings::matching;
use crate::pipeline::{ExceptionRule, Pipeline};
use crate::triangulate::{Cells, Triangulated};

/// An exception that is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exception {
    /// What it is known by while it is open: feed and reference, or practice and date.
    pub id: String,
    /// The practice it is about; it need not be in scope.
    pub practice: String,
    /// The level whose clock runs.
    pub level: u8,
    /// The criterion under which it goes to the committee.
    pub criterion: String,
    /// When it became known.
    pub known: Option<NaiveDate>,
    /// What happened, in a sentence.
    pub sentence: String,
    /// The row behind it.
    pub evidence: Evidence,
}

/// The exceptions open on the date, by what they are known by.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn exceptions(known: &Triangulated, pipeline: &Pipeline) -> anyhow::Result<BTreeMap<String, Exception>> {
    let mut open: BTreeMap<String, Exception> = BTreeMap::new();
    for rule in &pipeline.exceptions {
        for exception in of_rule(rule, known)? {
            let graver = open.get(&exception.id).is_none_or(|other| other.level < exception.level);
            if graver {
                open.insert(exception.id.clone(), exception);
            }
        }
    }
    Ok(open)
}

fn of_rule(rule: &ExceptionRule, known: &Triangulated) -> anyhow::Result<Vec<Exception>> {
    let Some(fact) = known.facts.get(&rule.from) else { return Ok(Vec::new()) };
    let as_of = known.as_of;
    // A sentence speaks over rows; here each row is a group of its own.
    let says: Vec<_> = rule
        .sentence
        .exprs(as_of)
        .into_iter()
        .enumerate()
        .map(|(i, expr)| expr.alias(format!("_say{i}")))
        .collect();
    let count = says.len();
    let rows = matching(fact, Some(&rule.filter), as_of)
        .with_columns([rule.criterion.expr(as_of).alias("_criterion"), rule.date.expr(as_of).alias("_known")])
        .with_row_index("_index", None)
        .collect()
        .context("an exception of exceptions.toml cannot be evaluated")?;
    let said = polars::prelude::IntoLazy::lazy(rows.clone())
        .group_by_stable([col("_index")])
        .agg(says)
        .collect()
        .context("a sentence of exceptions.toml cannot be evaluated")?;
    let cells = Cells::new(Some(&rows));
    let mut out = Vec::new();
    for row in 0..rows.height() {
        let Some(practice) = cells.text("practice", row) else { continue };
        let columns: Vec<String> = rule.identity.iter().chain(&rule.evidence).cloned().collect();
        let values: Vec<_> = (0..count)
            .filter_map(|i| said.column(&format!("_say{i}")).ok().and_then(|c| c.get(row).ok()))
            .collect();
        out.push(Exception {
            id: identity_of(&cells, &rule.identity, row),
            practice,
            level: rule.level,
            criterion: cells.text("_criterion", row).unwrap_or_default(),
            known: cells.date("_known", row),
            sentence: rule.sentence.fill(&values),
            evidence: Evidence::of(&cells, row, &columns, known),
        });
    }
    Ok(out)
}

/// What the row of an exception is known by.
pub(super) fn identity_of(cells: &Cells<'_>, identity: &[String], row: usize) -> String {
    identity.iter().map(|name| identity_part(cells, name, row)).collect::<Vec<_>>().join("/")
}

fn identity_part(cells: &Cells<'_>, column: &str, row: usize) -> String {
    match cells.date(column, row) {
        Some(date) => date.to_string(),
        None => cells.shown(column, row).unwrap_or_default(),
    }
}
