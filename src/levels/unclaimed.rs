//! Rows that stand and that no rule claims: a rule was taken out or narrowed, or a value is new. They make no
//! level, and while one stands no rule may say that nothing does.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use polars::prelude::{Expr, IntoLazy, lit};
use serde::{Deserialize, Serialize};

use super::findings::Evidence;
use crate::condition::Condition;
use crate::pipeline::{Pipeline, Rule};
use crate::triangulate::{Cells, Triangulated};

/// A row that stands and that no rule claims.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unclaimed {
    /// The fact.
    pub fact: String,
    /// The row.
    pub row: Evidence,
}

/// These rows of all facts that rules look at, by practice.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn unclaimed(
    known: &Triangulated,
    pipeline: &Pipeline,
) -> anyhow::Result<BTreeMap<String, Vec<Unclaimed>>> {
    let looked_at: BTreeSet<&String> =
        pipeline.rules.iter().flat_map(|rule| rule.nothing_unclaimed_in.iter().chain([&rule.from])).collect();
    let mut out: BTreeMap<String, Vec<Unclaimed>> = BTreeMap::new();
    for id in looked_at {
        let (Some(fact), Some(rows)) = (pipeline.facts.get(id), known.facts.get(id)) else { continue };
        // What holds for the rows of a practice together leaves a single row to the other rules.
        let rules = pipeline.rules.iter().filter(|rule| rule.from == *id && rule.having.is_none());
        let claims: Vec<Option<&Condition>> =
            rules.map(|rule| rule.filter.as_ref()).chain(fact.unclaimed.iter().map(Some)).collect();
        if claims.iter().any(Option::is_none) {
            continue;
        }
        let left = claims
            .into_iter()
            .flatten()
            .fold(rows.clone().lazy(), |rows, claim| rows.filter(is_not_true(claim.expr(known.day))));
        let left =
            left.collect().with_context(|| format!("what no rule claims of `{id}` cannot be evaluated"))?;
        let cells = Cells::new(Some(&left));
        let columns = shown(id, &fact.known_by, &pipeline.rules);
        for row in 0..left.height() {
            if let Some(practice) = cells.text("practice", row) {
                let row = Evidence::of(&cells, row, &columns, known);
                out.entry(practice).or_default().push(Unclaimed { fact: id.clone(), row });
            }
        }
    }
    Ok(out)
}

fn is_not_true(claim: Expr) -> Expr {
    claim.fill_null(lit(false)).not()
}

/// The columns that identify a row, and those that rules show of it.
fn shown(fact: &str, known_by: &[String], rules: &[Rule]) -> Vec<String> {
    let of_fact = rules.iter().filter(|rule| rule.from == fact);
    let mut out: Vec<String> = Vec::new();
    for column in known_by.iter().chain(of_fact.flat_map(|rule| &rule.evidence)) {
        if column != "practice" && !out.contains(column) {
            out.push(column.clone());
        }
    }
    out
}
