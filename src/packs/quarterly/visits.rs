//! (a) Data and visits.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dates::short;
use crate::packs::{Badge, Claim, Material, Paragraph, Reader, Standing};
use crate::visits::State;
use crate::wording::plural;

/// (a) Data and visits.
#[derive(Debug, Clone, Serialize)]
pub struct Visits {
    /// The main findings.
    pub claims: Vec<Claim>,
    /// The quarter, in short.
    pub quarter: String,
    /// Completed visits of the quarter and of the year so far, by type.
    pub types: Vec<Counted>,
    /// The same by team, against the plan of the year.
    pub teams: Vec<Team>,
    /// How the clocks of each level stand.
    pub clocks: Vec<ClockRow>,
    /// Practices whose visit is overdue or due soon; empty in a public pack.
    pub due: Vec<Due>,
    /// Practices whose clock is paused; empty in a public pack.
    pub paused: Vec<Due>,
    /// What people wrote.
    pub narrative: Vec<Paragraph>,
}

/// Visits of one type.
#[derive(Debug, Clone, Serialize)]
pub struct Counted {
    /// The type.
    pub name: String,
    /// In the quarter.
    pub quarter: String,
    /// In the year so far.
    pub year: String,
}

/// Visits of one team.
#[derive(Debug, Clone, Serialize)]
pub struct Team {
    /// The team.
    pub name: String,
    /// Its practices.
    pub practices: String,
    /// Proactive visits in the quarter.
    pub proactive: String,
    /// Reactive visits in the quarter.
    pub reactive: String,
    /// All visits in the year so far.
    pub year: String,
    /// Proactive visits planned for the year.
    pub plan: String,
}

/// The clocks of one level.
#[derive(Debug, Clone, Serialize)]
pub struct ClockRow {
    /// The level.
    pub badge: Badge,
    /// Within which time a visit is due.
    pub timescale: String,
    /// Clocks by state: overdue, due soon, running, met, paused.
    pub states: Vec<String>,
}

/// A practice whose visit is due.
#[derive(Debug, Clone, Serialize)]
pub struct Due {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its place.
    pub place: String,
    /// The level.
    pub badge: Badge,
    /// The due date, or why the clock is paused.
    pub due: String,
    /// Overdue or due soon, in words.
    pub state: String,
    /// The planned visit, if there is one.
    pub planned: String,
}

pub(super) fn visits(material: &Material<'_>, reader: Reader) -> Visits {
    let made = made(material);
    Visits {
        claims: claims(material, reader, &made),
        quarter: material.quarter.short(),
        types: types(reader, &made),
        teams: teams(material, reader, &made),
        clocks: clocks(material, reader),
        due: if reader.named() { due(material) } else { Vec::new() },
        paused: if reader.named() { paused(material) } else { Vec::new() },
        narrative: crate::packs::narrative::paragraphs(material, "Data and visits", reader).0,
    }
}

/// A completed visit.
struct Made {
    kind: String,
    team: Option<String>,
    in_quarter: bool,
    in_year: bool,
}

fn made(material: &Material<'_>) -> Vec<Made> {
    let cells = material.fact("visits");
    let year = material.pipeline.calendar.year_of(material.quarter.last);
    let mut out = Vec::new();
    for row in 0..cells.height() {
        let (Some(practice), Some(date)) = (cells.text("practice", row), cells.date("visit_date", row))
        else {
            continue;
        };
        out.push(Made {
            kind: cells.text("visit_type", row).unwrap_or_else(|| "Not stated".to_owned()),
            team: material.of(&practice).map(|s| s.outcome.practice.team.clone()),
            in_quarter: material.quarter.contains(date),
            in_year: year.0 <= date && date <= material.quarter.last,
        });
    }
    out
}

fn claims(material: &Material<'_>, reader: Reader, made: &[Made]) -> Vec<Claim> {
    let sources = material.all_receipts(&material.fact("visits"));
    let quarter = made.iter().filter(|v| v.in_quarter).count();
    let year = made.iter().filter(|v| v.in_year && v.kind == "Proactive").count();
    let planned = material.pipeline.programme.visits_a_year;
    let visits = match reader.count(quarter).as_str() {
        "0" => "No visit was completed".to_owned(),
        "1" => "1 visit was completed".to_owned(),
        "[c]" => "Few visits were completed".to_owned(),
        shown => format!("{shown} visits were completed"),
    };
    let mut out = vec![Claim::new(format!("{visits} in {}.", material.quarter.short()), sources.clone())];
    out.push(Claim::new(
        format!(
            "{} proactive visits were completed in the year so far; {planned} are planned for the year.",
            reader.count(year)
        ),
        sources,
    ));
    let paused = material.standings.iter().filter(|s| s.clock.state == State::Paused).count();
    if paused > 0 && reader.named() {
        let text =
            format!("{} paused, with a reason for each pause.", plural(paused, "clock is", "clocks are"));
        out.push(Claim::new(text, material.all_receipts(&material.fact("pauses"))));
    }
    out.into_iter().flatten().collect()
}

fn types(reader: Reader, made: &[Made]) -> Vec<Counted> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for visit in made.iter().filter(|v| v.in_year) {
        let entry = counts.entry(&visit.kind).or_default();
        entry.0 += usize::from(visit.in_quarter);
        entry.1 += 1;
    }
    let quarter = reader.row(&counts.values().map(|c| c.0).collect::<Vec<_>>());
    let year = reader.row(&counts.values().map(|c| c.1).collect::<Vec<_>>());
    let names = counts.into_keys().zip(quarter.into_iter().zip(year));
    names.map(|(name, (quarter, year))| Counted { name: name.to_owned(), quarter, year }).collect()
}

fn teams(material: &Material<'_>, reader: Reader, made: &[Made]) -> Vec<Team> {
    let plan = material.pipeline.programme.visits_a_year_per_team;
    let mut names: Vec<&str> = material.pipeline.scope.places.iter().map(|p| p.team.as_str()).collect();
    names.dedup();
    let of = |team: &str, pick: &dyn Fn(&Made) -> bool| {
        made.iter().filter(|v| v.team.as_deref() == Some(team) && pick(v)).count()
    };
    let year = reader.row(&names.iter().map(|team| of(team, &|v| v.in_year)).collect::<Vec<_>>());
    // By team and type a public paper would let a hidden count be worked out from the table of types.
    let in_quarter = |team: &str, kind: &str| match reader.named() {
        true => of(team, &|v| v.in_quarter && v.kind == kind).to_string(),
        false => "[c]".to_owned(),
    };
    let row = |(team, year): (&str, String)| Team {
        name: team.to_owned(),
        practices: material.standings.iter().filter(|s| s.outcome.practice.team == team).count().to_string(),
        proactive: in_quarter(team, "Proactive"),
        reactive: in_quarter(team, "Reactive"),
        year,
        plan: plan.to_string(),
    };
    names.into_iter().zip(year).map(row).collect()
}

/// The states of clocks in the order of the table.
const STATES: [State; 5] = [State::Overdue, State::DueSoon, State::Running, State::Met, State::Paused];

fn clocks(material: &Material<'_>, reader: Reader) -> Vec<ClockRow> {
    let levels = &material.pipeline.levels;
    let numbers: Vec<Option<u8>> = levels.levels.iter().map(|l| Some(l.number)).chain([None]).collect();
    let counts: Vec<Vec<usize>> = numbers
        .iter()
        .map(|number| {
            let of_level: Vec<&Standing> =
                material.standings.iter().filter(|s| s.outcome.level == *number).collect();
            STATES.iter().map(|state| of_level.iter().filter(|s| s.clock.state == *state).count()).collect()
        })
        .collect();
    let shown: Vec<Vec<String>> = if reader.named() {
        counts.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    } else {
        let shown = crate::packs::suppress::table(&counts);
        shown
            .into_iter()
            .map(|row| row.into_iter().take(STATES.len()).map(crate::packs::suppress::words).collect())
            .collect()
    };
    numbers
        .iter()
        .zip(shown)
        .map(|(number, states)| ClockRow {
            badge: Badge::of(levels, *number),
            timescale: levels.get(*number).timescale.clone(),
            states,
        })
        .collect()
}

fn due(material: &Material<'_>) -> Vec<Due> {
    let is_due = |s: &&Standing| matches!(s.clock.state, State::Overdue | State::DueSoon);
    let mut standings: Vec<&Standing> = material.standings.iter().filter(is_due).collect();
    standings.sort_by_key(|s| (s.clock.due, s.code()));
    standings
        .into_iter()
        .map(|s| {
            let state = if s.clock.state == State::Overdue { "Overdue" } else { "Due soon" };
            row(material, s, s.clock.due.map(short).unwrap_or_default(), state)
        })
        .collect()
}

fn paused(material: &Material<'_>) -> Vec<Due> {
    let standings = material.standings.iter().filter(|s| s.clock.state == State::Paused);
    standings.map(|s| row(material, s, s.clock.reason.clone().unwrap_or_default(), "Paused")).collect()
}

fn row(material: &Material<'_>, standing: &Standing, due: String, state: &str) -> Due {
    let practice = &standing.outcome.practice;
    Due {
        code: practice.code.clone(),
        name: material.name(&practice.code),
        place: practice.place.clone(),
        badge: Badge::of(&material.pipeline.levels, standing.outcome.level),
        due,
        state: state.to_owned(),
        planned: planned(material, &practice.code),
    }
}

/// The next planned visit of a practice.
fn planned(material: &Material<'_>, code: &str) -> String {
    let cells = material.fact("plans");
    let next = (0..cells.height())
        .filter(|row| cells.text("practice", *row).as_deref() == Some(code))
        .filter(|row| cells.text("status", *row).as_deref() == Some("Planned"))
        .filter_map(|row| {
            Some((cells.date("planned_date", row)?, cells.text("visit_type", row).unwrap_or_default()))
        })
        .filter(|(date, _)| *date >= material.as_of)
        .min();
    next.map_or_else(|| "none planned".to_owned(), |(date, kind)| format!("{kind}, {}", short(date)))
}
