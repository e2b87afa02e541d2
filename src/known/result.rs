//! What a run found, as it is kept in the run's folder: enough for `levels` and `explain`, and for the
//! next pack to compare with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::state::State;
use crate::documents::Standing;
use crate::documents::suppress::Published;
use crate::ledger::Ledger;
use crate::levels::{
    self, Direction, Exception, Lapsed, LateRow, Lateness, Outcome, Past, Reported, Rows, Turnover, cause,
};
use crate::pipeline::{Levels, Pipeline};
use crate::visits::{Clock, Timed};
use crate::workspace::Workspace;

/// The name of the file in the run's folder.
pub const FILE: &str = "result.json";

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The run.
    pub run: String,
    /// The job.
    pub job: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// The pack it compares with.
    pub compared_with: Option<Compared>,
    /// What a practice is marked with when its score is missing or stale.
    pub not_assessed_label: String,
    /// The names of the levels, by number.
    #[serde(default)]
    pub level_names: BTreeMap<u8, String>,
    /// What the levels are called, by number: label and id.
    #[serde(default)]
    pub level_labels: BTreeMap<u8, (String, String)>,
    /// What a practice without a level is called.
    #[serde(default = "not_assessed")]
    pub not_assessed: String,
    /// Every practice in scope, by code.
    pub practices: Vec<Standing>,
    /// The exceptions that are open.
    pub exceptions: BTreeMap<String, Exception>,
    /// What public packs have printed up to this run and with it, if it makes one: later ones must not betray
    /// it.
    #[serde(default, skip_serializing_if = "Published::is_empty")]
    pub published: Published,
}

/// The pack that levels are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Its run.
    pub run: String,
    /// The date it spoke of.
    pub as_of: NaiveDate,
}

/// What a comparison with a pack needs.
pub struct Comparison<'s> {
    /// What the pack said.
    pub last: &'s RunResult,
    /// Today's rules on the files of then, for the day of then.
    pub then: &'s State,
    /// The rows received since that would have changed it.
    pub late: &'s [LateRow],
    /// The rows of then.
    pub rows_then: Rows<'s>,
    /// The rows of now.
    pub rows: &'s Rows<'s>,
    /// The pipeline.
    pub pipeline: &'s Pipeline,
}

impl Comparison<'_> {
    /// What the pack said of a practice.
    fn of(&self, code: &str) -> Option<Reported<'_>> {
        let outcome = &self.last.of(code)?.outcome;
        let ruled = self.then.of(code).map(|(outcome, _)| outcome);
        let of_practice =
            self.late.iter().filter(|row| row.practice == code && row.lateness == Lateness::New);
        let late = of_practice.map(|row| row.with).filter(|with| *with != outcome.level).collect();
        Some(Reported { outcome, ruled, late })
    }
}

impl RunResult {
    /// Puts together what a run found.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn new(
        run: &str,
        job: &str,
        levels: &Levels,
        state: &State,
        comparison: Option<&Comparison<'_>>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            run: run.to_owned(),
            job: job.to_owned(),
            as_of: state.as_of,
            compared_with: comparison.map(|c| Compared { run: c.last.run.clone(), as_of: c.last.as_of }),
            not_assessed_label: levels.unassessed().to_owned(),
            level_names: levels.levels.iter().map(|level| (level.number, level.name.clone())).collect(),
            level_labels: (levels.levels.iter())
                .map(|level| (level.number, (level.label.clone(), level.id.clone())))
                .collect(),
            not_assessed: levels.not_assessed.name.clone(),
            practices: standings(state, comparison)?,
            exceptions: state.exceptions.clone(),
            published: Published::default(),
        })
    }

    /// What a level is called.
    pub fn label(&self, level: Option<u8>) -> String {
        match level {
            None => self.not_assessed.clone(),
            Some(number) => {
                let known = self.level_labels.get(&number).map(|(label, _)| label.clone());
                known.unwrap_or_else(|| number.to_string())
            }
        }
    }

    /// What a level is called within a sentence.
    pub fn in_words(&self, level: Option<u8>) -> String {
        crate::wording::lower_first(&self.label(level))
    }

    /// What tables for other programs call a level.
    pub fn level_id(&self, number: u8) -> String {
        self.level_labels.get(&number).map_or_else(|| number.to_string(), |(_, id)| id.clone())
    }

    /// The same with levels as they are numbered now: a level that was renumbered, or taken into another, is the
    /// one that it is now. It keeps the name that it had, where that is one.
    pub fn renumbered(mut self, levels: &Levels) -> Self {
        let names = self.level_names.clone();
        let present = |number: u8| levels.present(number, names.get(&number));
        let mut now: BTreeMap<u8, Vec<&String>> = BTreeMap::new();
        for (number, name) in &names {
            now.entry(present(*number)).or_default().push(name);
        }
        let one = now.into_iter().filter_map(|(number, names)| match names.as_slice() {
            [name] => Some((number, (*name).clone())),
            _ => None,
        });
        self.level_names = one.collect();
        for standing in &mut self.practices {
            let outcome = &mut standing.outcome;
            outcome.level = outcome.level.map(present);
            outcome.proposed = outcome.proposed.map(present);
            if let Some((decision, _)) = &mut outcome.decision {
                decision.level = present(decision.level);
            }
            outcome.findings.iter_mut().for_each(|finding| finding.level = present(finding.level));
        }
        self.exceptions.values_mut().for_each(|exception| exception.level = present(exception.level));
        self
    }

    /// Whether a visit that meets a clock of the practice was made since an exception became known.
    pub fn visited_since(&self, exception: &Exception) -> bool {
        let Some(practice) = self.of(&exception.practice) else { return false };
        let clocks = practice.clocks.iter().map(|timed| &timed.clock).chain([&practice.clock]);
        let mut met = clocks.filter_map(|clock| clock.met_on);
        exception.known.is_some_and(|known| met.any(|met| met >= known))
    }

    /// The practice of that code.
    pub fn of(&self, code: &str) -> Option<&Standing> {
        let index = self.practices.binary_search_by(|p| p.outcome.practice.code.as_str().cmp(code)).ok()?;
        self.practices.get(index)
    }

    /// The result of a run: as the store keeps it for later packs, or from the run's folder.
    ///
    /// # Errors
    /// If it is in neither place, or was written by another version.
    pub fn kept(run: &str, workspace: &Workspace, ledger: &Ledger) -> anyhow::Result<Self> {
        Self::of_text(run, &Self::kept_text(run, workspace, ledger)?)
    }

    /// What a level was called in a run, or in the last one, within a sentence; its number where what the run
    /// found is not kept.
    pub fn called(run: Option<&str>, level: Option<u8>, workspace: &Workspace, ledger: &Ledger) -> String {
        let last =
            run.map_or_else(|| ledger.run(None).ok().flatten().map(|run| run.id), |run| Some(run.to_owned()));
        match (last.and_then(|run| Self::kept(&run, workspace, ledger).ok()), level) {
            (Some(result), level) => result.in_words(level),
            (None, Some(number)) => number.to_string(),
            (None, None) => not_assessed(),
        }
    }

    /// Reads the bytes of [`RunResult::kept`].
    ///
    /// # Errors
    /// If they were written by another version.
    pub fn of_text(run: &str, text: &[u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(text)
            .with_context(|| format!("the result of {run} was written by another version; run the job again"))
    }

    /// The bytes of [`RunResult::kept`].
    ///
    /// # Errors
    /// If they are in neither place.
    pub fn kept_text(run: &str, workspace: &Workspace, ledger: &Ledger) -> anyhow::Result<Vec<u8>> {
        let kept = ledger.kept_result(run)?;
        if let Some(Ok(text)) = kept.map(|sha256| workspace.store().get(&sha256)) {
            return Ok(text);
        }
        let path = workspace.past_run(run).join(FILE);
        let again = match ledger.run(Some(run))? {
            Some(record) => {
                format!("`quarterday run {} --as-of {}` makes it again", record.job, record.as_of)
            }
            None => "a run of its job for its date makes it again".to_owned(),
        };
        fs::read(&path).with_context(|| {
            format!(
                "the result of {run} is neither in the store nor at {}; {again}, or a backup has it",
                path.display()
            )
        })
    }

    /// Reads the result of a run from its folder.
    ///
    /// # Errors
    /// If there is none, or it was written by another version.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} was written by another version; run the job again", path.display()))
    }
}

fn not_assessed() -> String {
    "not assessed".to_owned()
}

/// What stands for each practice, compared with a pack.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn standings(state: &State, comparison: Option<&Comparison<'_>>) -> anyhow::Result<Vec<Standing>> {
    let all = state.outcomes.iter().zip(&state.clocks).zip(&state.missed);
    all.map(|((outcome, (clock, clocks)), missed)| {
        Ok(Standing { missed: missed.clone(), ..compare(outcome, clock, clocks, comparison)? })
    })
    .collect()
}

fn compare(
    outcome: &Outcome,
    clock: &Clock,
    clocks: &[Timed],
    comparison: Option<&Comparison<'_>>,
) -> anyhow::Result<Standing> {
    let code = &outcome.practice.code;
    let mut standing = Standing {
        outcome: outcome.clone(),
        clock: clock.clone(),
        clocks: clocks.to_vec(),
        missed: None,
        previous: None,
        cause: None,
        direction: Direction::Neither,
        ended: Vec::new(),
        turnover: Turnover::default(),
        lapsed: Vec::new(),
    };
    let Some(comparison) = comparison else { return Ok(standing) };
    let then = comparison.of(code);
    standing.previous = then.as_ref().map(|then| Past::of(then.outcome));
    standing.cause = cause(then.as_ref(), outcome, comparison.pipeline);
    if let Some(past) = &standing.previous {
        standing.direction = comparison.pipeline.levels.direction(past.level, outcome.level);
    }
    standing.lapsed = lapsed(code, comparison)?;
    if let Some(then) = &then {
        let of = levels::Compared { before: then.outcome, ruled: then.ruled, now: outcome };
        standing.turnover = comparison.rows.turnover(&comparison.rows_then, &of)?;
    }
    if let (Some(then), Some(_)) = (&then, standing.cause) {
        standing.ended = comparison.rows.ended(&comparison.rows_then, then.outcome, outcome)?;
    }
    Ok(standing)
}

/// The clocks of a practice that stood at a reactive level in the last pack, unmet then, whose finding or
/// decision has ended.
fn lapsed(code: &str, comparison: &Comparison<'_>) -> anyhow::Result<Vec<Lapsed>> {
    let Some(last) = comparison.last.of(code) else { return Ok(Vec::new()) };
    let Some(level) = last.outcome.level else { return Ok(Vec::new()) };
    if !comparison.pipeline.levels.get(Some(level)).reactive {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for timed in last.clocks.iter().filter(|timed| !timed.clock.state.is_met()) {
        let starts = timed.clock.starts;
        let finding = last.outcome.findings.iter().find(|finding| Some(&finding.rule) == timed.rule.as_ref());
        let until = match (finding, last.outcome.decided()) {
            (Some(finding), _) => {
                comparison.rows.stood_until(&comparison.rows_then, finding, timed.evidence, (code, starts))?
            }
            (None, Some(decision)) => Some(decision.until).filter(|until| comparison.rows.is_past(*until)),
            (None, None) => None,
        };
        out.extend(until.map(|until| Lapsed { level, starts, until }));
    }
    Ok(out)
}
