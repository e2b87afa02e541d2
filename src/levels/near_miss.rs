//! Rules of a higher level that nearly hold: one number a little off, or one date a little outside its window.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::counterfactual::rounded;
use super::outcome::Outcome;
use super::tried::{Told, Tried};
use crate::dates::add_days;
use crate::pipeline::{Fact, Input, InputKind, Rule};
use crate::triangulate::{Cells, Change, Place, Trial, Value};

/// A rule that nearly holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearMiss {
    /// The rule.
    pub rule: String,
    /// What is a little off.
    pub input: String,
    /// What it is.
    pub from: Told,
    /// What it would have to be: the number, or the first date that would do.
    pub needs: Told,
}

/// A number may be off by this part of what it is compared with.
const SHARE: f64 = 0.1;
/// A date may lie outside its window by so many days.
const DAYS: i32 = 30;

/// The near misses of some practices, by code.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn near_misses<'c>(
    tried: &Tried<'_>,
    practices: impl Iterator<Item = &'c Outcome>,
) -> anyhow::Result<BTreeMap<String, Vec<NearMiss>>> {
    let windows = tried.windows();
    let (mut all, mut trials) = (Vec::new(), Vec::new());
    for outcome in practices {
        let practice = outcome.practice.code.as_str();
        for rule in tried.pipeline.rules.iter().filter(|rule| is_higher(tried, rule, outcome)) {
            let Some(fact) = tried.pipeline.facts.get(&rule.from) else { continue };
            let (Some(input), Some((cells, row))) = (&fact.input, tried.standing(fact, practice)) else {
                continue;
            };
            let mut made = numbers(rule, input, &cells, row);
            made.extend(dates(fact, input, (&cells, row), &|day| windows.contains(day)));
            for (miss, cell) in made {
                let cells_of = vec![cell];
                let change = Change::Set { place: Place::of(&cells, row), cells: cells_of, since: None };
                trials.push(Trial { practice: practice.to_owned(), change, as_of: tried.known.as_of });
                all.push((practice.to_owned(), NearMiss { rule: rule.id.clone(), ..miss }));
            }
        }
    }
    let mut out: BTreeMap<String, Vec<NearMiss>> = BTreeMap::new();
    for ((practice, miss), then) in all.into_iter().zip(tried.outcomes_of(&trials)?) {
        let misses = out.entry(practice).or_default();
        let told = misses.iter().any(|other| (&other.rule, &other.input) == (&miss.rule, &miss.input));
        if !told && then.findings.iter().any(|finding| finding.rule == miss.rule) {
            misses.push(miss);
        }
    }
    Ok(out)
}

/// Whether a rule is of a level above the proposed one, and of one whose near misses are told.
fn is_higher(tried: &Tried<'_>, rule: &Rule, outcome: &Outcome) -> bool {
    let told = tried.pipeline.levels.near_misses_from.is_some_and(|from| rule.level >= from);
    told && rule.having.is_none() && outcome.proposed.is_none_or(|proposed| rule.level > proposed)
}

/// The numbers near that of a row with which a rule compares it, nearest first.
fn numbers(rule: &Rule, input: &Input, cells: &Cells<'_>, row: usize) -> Vec<(NearMiss, (String, Value))> {
    let InputKind::Number { step, .. } = input.kind else { return Vec::new() };
    let Some(is) = cells.number(&input.column, row) else { return Vec::new() };
    let compared = rule.filter.as_ref().and_then(|filter| filter.divided().remove(input.column.as_str()));
    let near = |number: &f64| rounded((number - is).abs()) <= rounded(number.abs() * SHARE);
    let numbers = compared.into_iter().flatten().filter(near);
    numbers
        .flat_map(|number| [number, rounded(number + step), rounded(number - step)])
        .map(|number| {
            let miss = NearMiss {
                rule: String::new(),
                input: input.name.clone(),
                from: Told::Number(is),
                needs: Told::Number(number),
            };
            (miss, (input.column.clone(), Value::Number(number)))
        })
        .collect()
}

/// The later dates of a row that lie about a window, earliest first.
fn dates(
    fact: &Fact,
    input: &Input,
    (cells, row): (&Cells<'_>, usize),
    in_window: &dyn Fn(&NaiveDate) -> bool,
) -> Vec<(NearMiss, (String, Value))> {
    let Some((column, name)) = &input.dated else { return Vec::new() };
    let known = fact.known_by.iter().find_map(|column| cells.date(column, row));
    let Some(is) = cells.date(column, row).or(known) else { return Vec::new() };
    let days = (1..=DAYS).map(|days| add_days(is, days)).filter(in_window);
    days.map(|day| {
        let miss = NearMiss {
            rule: String::new(),
            input: name.clone(),
            from: Told::Date(is),
            needs: Told::Date(day),
        };
        (miss, (column.clone(), Value::Date(day)))
    })
    .collect()
}
