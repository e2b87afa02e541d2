//! From settled files to facts on a date: one tidy Polars table per kind of fact.
//!
//! Everything here is a pure function of the files that had been received, the pipeline and the
//! as-of date.

mod facts;
mod flags;
mod frames;
mod freshness;
mod register;
mod since;
mod trial;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

pub use facts::rows_of;
pub use flags::flags;
pub use frames::{Cells, empty};
pub use freshness::{Fresh, Freshness, freshness, period_end};
pub use register::{Practice, Register};
pub use since::Refused;
pub use trial::{Change, Place, Row, Trial, Trials, Value, code as trial_code};

use crate::condition::Day;
use crate::pipeline::Pipeline;

/// Where rows came from: one received file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its place in the order of arrival, counted from 1.
    pub arrival: u32,
    /// The feed it was received for.
    pub feed: String,
    /// Its name.
    pub file: String,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// The day it was received.
    pub received: NaiveDate,
    /// The sheet that was read, in a workbook.
    pub sheet: Option<String>,
    /// The names of the sheets that were read together, if several were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tabs: Vec<String>,
    /// The letter of each column that was read.
    pub letters: BTreeMap<String, String>,
    /// The columns whose values come from the cell that made the row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made: Vec<String>,
}

/// The accepted rows of one file.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Where they came from.
    pub source: Source,
    /// The table that they go to.
    pub table: String,
    /// The rows.
    pub rows: DataFrame,
}

/// What is known on a date.
#[derive(Debug, Clone)]
pub struct Triangulated {
    /// The date.
    pub as_of: NaiveDate,
    /// The date by which conditions are evaluated: that, or a date of each row's own where changes are tried.
    pub day: Day,
    /// The practices in scope, by code.
    pub practices: BTreeMap<String, Practice>,
    /// The facts that stand, by name, each sorted by arrival and row.
    pub facts: BTreeMap<String, DataFrame>,
    /// The files behind the rows, by arrival.
    pub sources: BTreeMap<u32, Source>,
    /// Days that rows state and that cannot be.
    pub refused: Vec<Refused>,
}

impl Triangulated {
    /// Makes the facts of a date from the files in force on it; `earlier` are received files that those
    /// replaced.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn new(
        taken: &[Taken],
        earlier: &[Taken],
        register: &Register,
        pipeline: &Pipeline,
        as_of: NaiveDate,
    ) -> anyhow::Result<Self> {
        Self::about(register.in_scope().clone(), (taken, earlier), pipeline, as_of)
    }

    /// The same about given practices.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn about(
        practices: BTreeMap<String, Practice>,
        (taken, earlier): (&[Taken], &[Taken]),
        pipeline: &Pipeline,
        as_of: NaiveDate,
    ) -> anyhow::Result<Self> {
        let mut facts = BTreeMap::new();
        let mut refused = Vec::new();
        for fact in pipeline.facts.values() {
            let (rows, cannot_be) = facts::stand(fact, taken, earlier, as_of)?;
            facts.insert(fact.id.clone(), rows);
            refused.extend(cannot_be);
        }
        facts.insert("practices".to_owned(), frames::practices(&practices));
        let sources = taken.iter().map(|t| (t.source.arrival, t.source.clone())).collect();
        Ok(Self { as_of, day: as_of.into(), practices, facts, sources, refused })
    }

    /// The rows of a fact, or none if the pipeline has no such fact.
    pub fn fact(&self, name: &str) -> Cells<'_> {
        Cells::new(self.facts.get(name))
    }
}
