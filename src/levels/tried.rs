//! The engine on changed facts: what the level of a practice would be if one thing were otherwise.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, propose};
use crate::dates::{add_days, add_months};
use crate::pipeline::{Fact, Input, Pipeline, Starts};
use crate::triangulate::{Cells, Taken, Trial, Trials, Triangulated, trial_code};

/// So many trials are evaluated at a time.
const AT_ONCE: usize = 4_000;

/// A value of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Told {
    /// A level.
    Level(u8),
    /// A number.
    Number(f64),
    /// A date.
    Date(NaiveDate),
    /// A word.
    Text(String),
}

/// What levels rest on, to be tried with changes.
pub struct Tried<'t> {
    /// The pipeline.
    pub pipeline: &'t Pipeline,
    /// The facts that stand.
    pub known: &'t Triangulated,
    /// What follows from them, by code.
    pub outcomes: &'t [Outcome],
    trials: Trials<'t>,
    /// The lengths of time by which conditions move dates.
    shifts: BTreeSet<(i32, i32)>,
}

impl<'t> Tried<'t> {
    /// What levels rest on on a date.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn new(
        pipeline: &'t Pipeline,
        known: &'t Triangulated,
        outcomes: &'t [Outcome],
        (taken, earlier): (&[Taken], &[Taken]),
    ) -> anyhow::Result<Self> {
        let ids = facts(pipeline);
        let facts = || pipeline.facts.values().filter(|fact| ids.contains(fact.id.as_str()));
        let trials = Trials::new(facts(), taken, earlier, &known.practices)?;
        Ok(Self { pipeline, known, outcomes, trials, shifts: shifts(pipeline, facts()) })
    }

    /// The outcome of each trial, in their order.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn outcomes_of(&self, trials: &[Trial]) -> anyhow::Result<Vec<Outcome>> {
        let mut out = Vec::new();
        for some in trials.chunks(AT_ONCE) {
            let mut known = self.trials.known(some, self.known.as_of)?;
            if !self.pipeline.marks.is_empty() {
                // Whether a criterion is known depends on which files were received.
                known.sources.clone_from(&self.known.sources);
            }
            let mut outcomes = propose(&known, self.pipeline)?.into_iter().peekable();
            for index in 0..some.len() {
                let found = outcomes.next_if(|outcome| outcome.practice.code == trial_code(index));
                out.push(found.ok_or_else(|| anyhow::anyhow!("a trial is about a practice out of scope"))?);
            }
        }
        Ok(out)
    }

    /// The days after the date, and not after another, on which something about a practice may change if nothing is
    /// received: around each date in its rows, moved by each length of time that a condition names.
    pub fn days(&self, practice: &str, until: NaiveDate) -> BTreeSet<NaiveDate> {
        let mut out = BTreeSet::new();
        for date in self.trials.dates(practice) {
            for around in std::iter::once(date).chain(self.moved(date)) {
                out.extend(near(around).filter(|day| *day > self.known.as_of && *day <= until));
            }
        }
        out
    }

    /// The days around the windows that conditions hold against the date.
    pub fn windows(&self) -> BTreeSet<NaiveDate> {
        self.moved(self.known.as_of).flat_map(near).collect()
    }

    /// A date moved by each length of time, both ways.
    fn moved(&self, date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let by = move |months: i32, days: i32| add_days(add_months(date, months), days);
        self.shifts.iter().flat_map(move |(months, days)| [by(*months, *days), by(-months, -days)])
    }

    /// The row that stands for a practice in a fact of which the latest counts.
    pub fn standing(&self, fact: &Fact, practice: &str) -> Option<(Cells<'_>, usize)> {
        let cells = Cells::new(self.known.facts.get(&fact.id));
        let row =
            (0..cells.height()).find(|row| cells.text("practice", *row).as_deref() == Some(practice))?;
        Some((cells, row))
    }

    /// The facts with an input, in the order of the kinds of inputs.
    pub fn inputs(&self) -> Vec<(&'t Fact, &'t Input)> {
        let facts = self.pipeline.facts.values();
        let mut out: Vec<_> = facts.filter_map(|fact| Some((fact, fact.input.as_ref()?))).collect();
        out.sort_by_key(|(_, input)| input.kind.place());
        out
    }
}

/// The days around a date: months are not equally long.
fn near(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (-3..=4).map(move |days| add_days(date, days))
}

/// The facts on which levels rest.
fn facts(pipeline: &Pipeline) -> BTreeSet<&str> {
    let rules = pipeline.rules.iter().flat_map(|rule| {
        let series = match &rule.starts {
            Starts::Unbroken { fact, .. } => Some(fact.as_str()),
            _ => None,
        };
        let named = rule.nothing_unclaimed_in.iter().map(String::as_str);
        named.chain([rule.from.as_str()]).chain(series)
    });
    let assessed = pipeline.levels.assessed.iter().map(|assessed| assessed.from.as_str());
    rules.chain(["decisions", "score"]).chain(assessed).chain(super::late::of_criteria(pipeline)).collect()
}

/// The lengths of time by which the conditions of facts and rules move dates.
fn shifts<'f>(pipeline: &'f Pipeline, facts: impl Iterator<Item = &'f Fact>) -> BTreeSet<(i32, i32)> {
    let of_facts = facts.flat_map(|fact| {
        let derived = fact.derive.iter().map(|(_, condition)| condition);
        derived.chain(&fact.stands).chain(&fact.keep).chain(&fact.unclaimed).chain(&fact.latest)
    });
    let of_rules = pipeline.rules.iter().flat_map(|rule| rule.filter.iter().chain(&rule.having));
    let assessed = pipeline.levels.assessed.iter().flat_map(|assessed| &assessed.filter);
    let all = of_facts.chain(of_rules).chain(assessed);
    all.flat_map(crate::condition::Condition::shifts).collect()
}

/// The rows of a fact about a practice.
pub(super) fn rows_about(frame: Option<&DataFrame>, practice: &str) -> Vec<usize> {
    let cells = Cells::new(frame);
    (0..cells.height()).filter(|row| cells.text("practice", *row).as_deref() == Some(practice)).collect()
}
