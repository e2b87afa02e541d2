//! Which levels a past run would have given under other values or another pipeline folder.

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::result::RunResult;
use super::state::State;
use crate::levels::{Direction, Outcome};
use crate::pipeline::{Folder, Pipeline};

/// A practice that would be at another level.
#[derive(Debug, Clone, Serialize)]
pub struct WouldMove {
    /// Its code.
    pub practice_code: String,
    /// Its name.
    pub practice_name: String,
    /// The level that the run found; none where it was not in scope, too.
    pub from: Option<u8>,
    /// The level that would stand.
    pub to: Option<u8>,
    /// Which way it would move.
    pub direction: Direction,
    /// The rules that would no longer hold.
    pub ended: Vec<String>,
    /// The rules that would hold.
    pub began: Vec<String>,
    /// Why, in a sentence.
    pub because: String,
}

/// A pipeline folder with other named values.
///
/// # Errors
/// If the pipeline has no value of that name, or its line cannot be read.
pub fn with_values(pipeline: &Pipeline, set: &[(String, f64)]) -> anyhow::Result<Folder> {
    let mut folder = pipeline.source.clone();
    for (name, number) in set {
        let values = &pipeline.levels.values;
        let Some((_, _, declared)) = values.iter().find(|(known, ..)| known == name) else {
            let names: Vec<&str> = values.iter().map(|(name, ..)| name.as_str()).collect();
            bail!("the pipeline has no value `{name}`; its values are: {}", names.join(", "));
        };
        let text = folder.get(&declared.file).context("the file of the value is gone")?;
        let pattern = format!(r"\b{}(\s*=\s*)[-+0-9._eE]+", regex::escape(name));
        let pattern = regex::Regex::new(&pattern).context("the name of the value cannot be looked for")?;
        let mut found = false;
        let lines: Vec<String> = (1_u32..)
            .zip(text.lines())
            .map(|(line, text)| {
                if line != declared.line || !pattern.is_match(text) {
                    return text.to_owned();
                }
                found = true;
                pattern.replace(text, format!("{name}${{1}}{number:?}")).into_owned()
            })
            .collect();
        if !found {
            bail!("line {} of {} does not hold the number of `{name}`", declared.line, declared.file);
        }
        folder.insert(declared.file.clone(), lines.join("\n") + "\n");
    }
    Ok(folder)
}

/// The practices that would be at another level than a run found.
pub fn would_move(result: &RunResult, state: &State, pipeline: &Pipeline) -> Vec<WouldMove> {
    let mut out = Vec::new();
    for now in &state.outcomes {
        let code = &now.practice.code;
        let before = result.of(code).map(|standing| &standing.outcome);
        let from = before.and_then(|outcome| outcome.level);
        if before.is_some() && from == now.level {
            continue;
        }
        out.push(moved(before, Some(now), (code, &now.practice.name), pipeline));
    }
    for standing in &result.practices {
        if state.of(standing.code()).is_none() {
            let before = &standing.outcome;
            let named = (before.practice.code.as_str(), before.practice.name.as_str());
            out.push(moved(Some(before), None, named, pipeline));
        }
    }
    out.sort_by(|a, b| a.practice_code.cmp(&b.practice_code));
    out
}

fn moved(
    before: Option<&Outcome>,
    now: Option<&Outcome>,
    (code, name): (&str, &str),
    pipeline: &Pipeline,
) -> WouldMove {
    let level = |outcome: Option<&Outcome>| outcome.and_then(|outcome| outcome.level);
    let was = before.map(Outcome::rules).unwrap_or_default();
    let is = now.map(Outcome::rules).unwrap_or_default();
    let only = |one: &[&str], other: &[&str]| -> Vec<String> {
        one.iter().filter(|rule| !other.contains(rule)).map(ToString::to_string).collect()
    };
    let because = match (before, now) {
        (None, _) => "it would be in scope".to_owned(),
        (_, None) => "it would not be in scope".to_owned(),
        (_, Some(now)) => {
            let of = now.findings.iter().filter(|finding| Some(finding.level) == now.level);
            let reasons: Vec<String> = of.map(|finding| finding.because.clone()).collect();
            if reasons.is_empty() {
                "no finding would stand".to_owned()
            } else {
                crate::wording::list(&reasons)
            }
        }
    };
    WouldMove {
        practice_code: code.to_owned(),
        practice_name: name.to_owned(),
        from: level(before),
        to: level(now),
        direction: pipeline.levels.direction(level(before), level(now)),
        ended: only(&was, &is),
        began: only(&is, &was),
        because,
    }
}
