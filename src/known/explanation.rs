//! Why practices stand at their levels: the reason in a sentence, what nearly holds, what would change it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::feeds_now::of_feeds;
use super::past_run::PastRun;
use super::result::RunResult;
use super::state::State;
use crate::dates::long;
use crate::documents::Standing;
use crate::levels::{
    Counterfactual, Direction, Finding, NearMiss, Outcome, Ruling, Tried, Turn, counterfactuals, near_misses,
};
use crate::pipeline::{InputKind, MarkKind, Pipeline};
use crate::wording::{list, lower_first};

/// Why a practice stands at its level.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation<'e> {
    /// The practice.
    pub practice_code: &'e str,
    /// Its name.
    pub practice_name: &'e str,
    /// The level that stands.
    pub level: Option<u8>,
    /// The level that the findings propose.
    pub proposed_level: Option<u8>,
    /// Why, in a sentence.
    pub sentence: String,
    /// The findings with their evidence.
    pub findings: &'e [Finding],
    /// What speaks against them.
    pub countervailing: Vec<String>,
    /// What is not known.
    pub missing: Vec<String>,
    /// Rules of a higher level that nearly hold.
    pub near_misses: Vec<NearMiss>,
    /// The smallest changes that move the level.
    pub counterfactuals: Vec<Counterfactual>,
    /// What ended since the last pack.
    pub ended: &'e [Turn],
    /// What began since.
    pub began: &'e [Turn],
    /// All that the run found.
    pub standing: &'e Standing,
}

impl Explanation<'_> {
    /// The counterfactuals that are not true of everybody: an item of a higher grade than counts as worry moves
    /// nearly every practice.
    pub fn told<'p>(&'p self, pipeline: &'p Pipeline) -> impl Iterator<Item = &'p Counterfactual> {
        let grave = pipeline.facts.values().filter_map(|fact| match &fact.input.as_ref()?.kind {
            InputKind::Items(items) => Some(items.grades.iter().skip(items.counts_from + 1)),
            _ => None,
        });
        let grave: Vec<&String> = grave.flatten().collect();
        self.counterfactuals.iter().filter(move |found| match &found.to {
            Some(crate::levels::Told::Text(to)) => !grave.contains(&to),
            _ => true,
        })
    }

    /// On how many findings the level rests, where no single change lowers it.
    pub fn rests_on(&self, pipeline: &Pipeline) -> Option<usize> {
        let lowers = |found: &&Counterfactual| found.direction == Direction::Down;
        if self.counterfactuals.iter().any(|found| lowers(&found)) || self.level.is_none() {
            return None;
        }
        let each = self.findings.iter().filter(|finding| Some(finding.level) == self.level).map(|finding| {
            let rule = pipeline.rule(&finding.rule);
            let fact = rule.and_then(|rule| pipeline.facts.get(&rule.from));
            let one =
                rule.is_none_or(|rule| rule.having.is_some()) || fact.is_none_or(|f| !f.latest.is_empty());
            if one { 1 } else { finding.evidence.len() }
        });
        Some(each.sum()).filter(|rests| *rests > 0)
    }
}

/// Explains some practices of a run.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn explain<'e>(
    chosen: &[&'e Standing],
    result: &RunResult,
    (past, pipeline, state): (&PastRun, &Pipeline, &State),
) -> anyhow::Result<Vec<Explanation<'e>>> {
    let tried = Tried::new(pipeline, &state.known, &state.outcomes, (&state.taken, &state.earlier))?;
    // What is tried is held against the level that the same files give.
    let outcomes =
        || chosen.iter().filter_map(|standing| state.of(standing.code()).map(|(outcome, _)| outcome));
    let mut moved = counterfactuals(&tried, outcomes())?;
    let mut nearly = near_misses(&tried, outcomes())?;
    let late = late(past, pipeline, state);
    let missing_of =
        |outcome: &Outcome| missing(&tried, outcome, false).into_iter().chain(late.clone()).collect();
    let mut out = Vec::new();
    for standing in chosen {
        let outcome = &standing.outcome;
        let code = standing.code();
        let not_known: Vec<String> = missing_of(outcome);
        out.push(Explanation {
            practice_code: code,
            practice_name: &outcome.practice.name,
            level: outcome.level,
            proposed_level: outcome.proposed,
            sentence: sentence(standing, result, &missing(&tried, outcome, true)),
            findings: &outcome.findings,
            countervailing: countervailing(outcome),
            missing: not_known,
            near_misses: nearly.remove(code).unwrap_or_default(),
            counterfactuals: moved.remove(code).unwrap_or_default(),
            ended: &standing.turnover.ended,
            began: &standing.turnover.began,
            standing,
        });
    }
    Ok(out)
}

/// Why a level stands, and what it was until when.
pub fn sentence(standing: &Standing, result: &RunResult, missing: &[String]) -> String {
    let outcome = &standing.outcome;
    let label = result.label(outcome.level);
    let why = match (&outcome.decision, outcome.level) {
        (Some((decision, Ruling::Sets)), _) => {
            format!("{label}, by decision of {} until {}", decision.decided_by, long(decision.until))
        }
        (_, None) if missing.is_empty() => format!("{label}, because no finding stands"),
        (_, None) => format!("{label}, because {}", list(missing)),
        _ => {
            let of = outcome.findings.iter().filter(|finding| Some(finding.level) == outcome.level);
            format!("{label}, because {}", list(&of.map(reason).collect::<Vec<_>>()))
        }
    };
    let before = standing.previous.as_ref().filter(|past| past.level != outcome.level);
    let until = before.map(|past| {
        let was = result.in_words(past.level);
        match turned(standing, past.level, outcome.level).as_slice() {
            [] => format!("; it was {was} in the last pack"),
            said => format!("; it was {was} until {}", list(said)),
        }
    });
    format!("{}{}.", why, until.unwrap_or_default())
}

fn reason(finding: &Finding) -> String {
    match finding.because.as_str() {
        "" => lower_first(finding.sentence.trim_end_matches('.')),
        because => because.to_owned(),
    }
}

/// What made a level another: what began where it rose, what ended where it fell.
fn turned(standing: &Standing, before: Option<u8>, now: Option<u8>) -> Vec<String> {
    let (ended, began) = (&standing.turnover.ended, &standing.turnover.began);
    let of = |turns: &[Turn], level: Option<u8>| -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for turn in turns.iter().filter(|turn| level.is_none() || Some(turn.level) == level) {
            if !said.contains(&turn.said) {
                said.push(turn.said.clone());
            }
        }
        said
    };
    let order = match now > before {
        true => [of(began, now), of(ended, before), of(began, None), of(ended, None)],
        false => [of(ended, before), of(began, now), of(ended, None), of(began, None)],
    };
    order.into_iter().find(|said| !said.is_empty()).unwrap_or_default()
}

/// What is not known of a practice, of the inputs of which the latest counts; or only what keeps it from being
/// assessed.
fn missing(tried: &Tried<'_>, outcome: &Outcome, only_assessed: bool) -> Vec<String> {
    let mut out = Vec::new();
    for (fact, input) in tried.inputs() {
        if !matches!(input.kind, InputKind::Number { .. } | InputKind::Choice { .. }) {
            continue;
        }
        let assessed = tried.pipeline.levels.assessed.as_ref().is_some_and(|a| a.from == fact.id);
        if only_assessed && !assessed {
            continue;
        }
        match tried.standing(fact, &outcome.practice.code) {
            None => out.push(format!("no {} is known", input.name)),
            Some((cells, row)) if assessed && !outcome.assessed => {
                let date = input.dated.as_ref().and_then(|(column, _)| cells.date(column, row));
                let of = date.map(|date| format!(" of {}", long(date))).unwrap_or_default();
                out.push(format!("the {}{of} is too old", input.name));
            }
            Some(_) => {}
        }
    }
    let mut unclaimed: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &outcome.unclaimed {
        *unclaimed.entry(row.fact.as_str()).or_default() += 1;
    }
    out.extend(unclaimed.keys().map(|fact| format!("no rule claims what stands of `{fact}`")));
    out
}

/// What speaks against the level of a practice.
fn countervailing(outcome: &Outcome) -> Vec<String> {
    let marks = outcome.marks.iter().filter(|mark| mark.kind == MarkKind::Countervailing);
    marks.map(|mark| mark.sentence.clone()).collect()
}

/// The feeds whose data are late or missing.
fn late(past: &PastRun, pipeline: &Pipeline, state: &State) -> Vec<String> {
    let feeds = of_feeds(pipeline, &past.arrivals, Some(&state.settled), &[], state.as_of);
    feeds.iter().filter_map(|feed| Some(format!("{}: {}", feed.title, feed.freshness.remark()?))).collect()
}

/// The practices whose code is, or whose name holds, what was asked for.
pub fn find<'r>(result: &'r RunResult, asked: &str) -> Vec<&'r Standing> {
    let asked = asked.trim();
    if let Some(one) = result.of(&asked.to_uppercase()) {
        return vec![one];
    }
    let asked = crate::pipeline::fold(asked);
    let holds =
        |standing: &&Standing| crate::pipeline::fold(&standing.outcome.practice.name).contains(&asked);
    result.practices.iter().filter(holds).collect()
}
