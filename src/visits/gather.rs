//! From what is known on a date to what the programme is made of.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use polars::prelude::IntoLazy;

use super::programme::{Attending, Known, Numbers, Practice, Programme, Team, Visit, World, attends};
use super::{Clocks, State};
use crate::levels::propose;
use crate::pipeline::{ClockStart, Group, Pipeline, VisitProgramme};
use crate::triangulate::{Cells, Triangulated, flags};

impl Programme {
    /// The programme of a date, with the levels and clocks that follow from what is known; none if the pipeline
    /// has none.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn on(known: &Triangulated, pipeline: &Pipeline) -> anyhow::Result<Option<Self>> {
        let Some(how) = &pipeline.visit_programme else { return Ok(None) };
        let completed = visits(&known.fact("visits"), "visit_date", pipeline, "visits");
        let planned = visits(&known.fact("plans"), "planned_date", pipeline, "plans");
        let mut reasons = reasons(known, pipeline, how)?;
        // `check` asks for it where there is a programme.
        let Some(framework_start) = pipeline.framework.starts else { return Ok(None) };
        let clocks = Clocks::new(known, pipeline)?;
        let outcomes = propose(known, pipeline)?;
        let practices = outcomes.iter().map(|outcome| {
            let (clock, _) = clocks.of(outcome, pipeline);
            let code = &outcome.practice.code;
            let level = pipeline.levels.get(outcome.level);
            let met = clock.state.is_met();
            let asks = |group: &&Group| group.levels.contains(&outcome.level) && !(group.unmet && met);
            let counts = outcome.level.is_some_and(|level| how.exceptional.levels.contains(&level));
            let mut reasons = reasons.remove(code).unwrap_or_default();
            if !counts {
                reasons.domains.clear();
            }
            Practice {
                code: code.clone(),
                name: outcome.practice.name.clone(),
                place: outcome.practice.place.clone(),
                team: outcome.practice.team.clone(),
                level: outcome.level,
                rank: how.order.iter().take_while(|group| !asks(group)).count(),
                score: outcome.score.as_ref().filter(|score| !score.stale).map(|score| score.value),
                paused: clock.state == State::Paused,
                reactive: level.reactive,
                own_visit: level.starts == ClockStart::Findings && !level.reactive,
                met,
                due: clock.due,
                completed: completed.get(code).cloned().unwrap_or_default(),
                planned: planned.get(code).cloned().unwrap_or_default(),
                attends: attends(&pipeline.visiting.core_team, &attending(how), &reasons),
            }
        });
        let world = World {
            as_of: known.as_of,
            framework_start,
            teams: (how.quotas.iter())
                .map(|(name, quota)| Team { name: name.clone(), quota: *quota })
                .collect(),
            practices: practices.collect(),
        };
        let numbers = Numbers {
            year_starts: pipeline.calendar.year_starts,
            notice_days: how.notice_days,
            horizon_months: how.horizon_months,
            passed_over: how.passed_over.clone(),
            month_part: how.month_part,
            week_part: how.week_part,
            again_months: how.again_months,
            cycle_months: how.cycle_months,
            rate_months: how.rate_months,
        };
        Ok(Some(Self::of(world, &numbers)))
    }
}

fn attending(how: &VisitProgramme) -> Vec<Attending> {
    let teams = how.exceptional.teams.iter();
    teams.map(|(team, themes)| Attending { team: team.clone(), themes: themes.clone() }).collect()
}

/// The visits of each practice in the rows of a fact: the completed, or those whose status is planned.
fn visits(cells: &Cells<'_>, date: &str, pipeline: &Pipeline, fact: &str) -> BTreeMap<String, Vec<Visit>> {
    let mut out: BTreeMap<String, Vec<Visit>> = BTreeMap::new();
    for row in 0..cells.height() {
        let is = |column: &str, role: &str| {
            pipeline.roles.is(fact, column, role, cells.text(column, row).as_deref())
        };
        if fact == "plans" && !is("status", "planned") {
            continue;
        }
        if let (Some(practice), Some(date)) = (cells.text("practice", row), cells.date(date, row)) {
            out.entry(practice).or_default().push(Visit { date, reactive: is("visit_type", "reactive") });
        }
    }
    out
}

/// What is a reason to attend, by practice.
fn reasons(
    known: &Triangulated,
    pipeline: &Pipeline,
    how: &VisitProgramme,
) -> anyhow::Result<BTreeMap<String, Known>> {
    let mut out: BTreeMap<String, Known> = BTreeMap::new();
    if let Some(concerns) = known.facts.get("concerns") {
        let rows = concerns.clone().lazy().filter(how.exceptional.concern.expr(known.as_of)).collect();
        let rows = rows.context("`concern` of programme.toml cannot be evaluated")?;
        let cells = Cells::new(Some(&rows));
        for row in 0..cells.height() {
            if let (Some(practice), Some(team)) = (cells.text("practice", row), cells.text("team", row)) {
                out.entry(practice).or_default().concerns.insert((team, cells.text("theme", row)));
            }
        }
    }
    let scores = known.fact("score");
    for row in 0..scores.height() {
        let fresh = scores.truth("stale", row) == Some(false);
        let Some(practice) = scores.text("practice", row).filter(|_| fresh) else { continue };
        let flags = flags(known, &pipeline.domains, &practice, row);
        let enough = flags.into_iter().filter(|(_, count)| *count >= f64::from(how.exceptional.flags));
        let domains: BTreeSet<&str> = enough.map(|(domain, _)| domain).collect();
        out.entry(practice).or_default().domains = domains.into_iter().map(str::to_owned).collect();
    }
    Ok(out)
}
