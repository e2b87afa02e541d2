//! (a) Data and visits.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::dates::{long, short};
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
    /// Until when the year is counted: `Year to 14 October 2026`.
    pub year: String,
    /// How the figure of what is expected by now comes about.
    pub expected: String,
    /// Within how long a visit is due soon: `14 days`.
    pub soon: String,
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
    /// Proactive visits in the year so far.
    pub proactive_year: String,
    /// Proactive visits that the plan of the year comes to by now.
    pub expected: String,
    /// Proactive visits planned for the year.
    pub plan: String,
    /// All visits in the year so far.
    pub year: String,
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
    let year = Year::of(material);
    let made = made(material, &year);
    Visits {
        claims: claims(material, reader, &made, &year),
        quarter: material.quarter.short(),
        year: format!("Year to {}", long(year.until)),
        expected: year.in_words(),
        soon: soon(material),
        types: types(reader, &made),
        teams: teams(material, reader, &made, &year),
        clocks: clocks(material, reader),
        due: if reader.named() { due(material) } else { Vec::new() },
        paused: if reader.named() { paused(material) } else { Vec::new() },
        narrative: crate::packs::narrative::paragraphs(material, "Data and visits", reader).0,
    }
}

/// Within how long a visit is due soon, in words.
pub(super) fn soon(material: &Material<'_>) -> String {
    let days = usize::try_from(material.pipeline.levels.due_soon_days).unwrap_or_default();
    plural(days, "day", "days")
}

/// The financial year of the quarter that is reported, as far as it has come.
struct Year {
    /// Its first day.
    from: NaiveDate,
    /// The last day that counts: the date of the pack, or the last day of the year if that is earlier.
    until: NaiveDate,
    /// Its days until then, both ends counted.
    passed: i64,
    /// All its days.
    days: i64,
}

impl Year {
    fn of(material: &Material<'_>) -> Self {
        let (from, last) = material.pipeline.calendar.year_of(material.quarter.last);
        let until = material.as_of.min(last);
        let days = |to: NaiveDate| (to - from).num_days() + 1;
        Self { from, until, passed: days(until), days: days(last) }
    }

    /// What a plan of the year comes to by now: in proportion to the days that have passed, rounded.
    fn expected(&self, plan: u32) -> i64 {
        (2 * i64::from(plan) * self.passed + self.days) / (2 * self.days)
    }

    fn in_words(&self) -> String {
        format!(
            "Expected: the plan of the year in proportion to the {} of its {} days that have passed, rounded.",
            self.passed, self.days
        )
    }
}

/// A completed visit.
struct Made {
    kind: String,
    team: Option<String>,
    in_quarter: bool,
    in_year: bool,
}

fn made(material: &Material<'_>, year: &Year) -> Vec<Made> {
    let cells = material.fact("visits");
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
            in_year: year.from <= date && date <= year.until,
        });
    }
    out
}

fn claims(material: &Material<'_>, reader: Reader, made: &[Made], year: &Year) -> Vec<Claim> {
    let sources = material.all_receipts(&material.fact("visits"));
    let quarter = made.iter().filter(|v| v.in_quarter).count();
    let proactive = made.iter().filter(|v| v.in_year && v.kind == "Proactive").count();
    let planned = material.pipeline.programme.visits_a_year;
    let completed = reader.counted(quarter, "visit was", "visits were");
    let so_far = reader.counted(proactive, "proactive visit was", "proactive visits were");
    let mut out = vec![
        Claim::new(format!("{completed} completed in {}.", material.quarter.short()), sources.clone()),
        Claim::new(
            format!(
                "{so_far} completed in the year to {}; {} of the {planned} planned for the year would be \
                 expected by then.",
                long(year.until),
                year.expected(planned)
            ),
            sources,
        ),
    ];
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

fn teams(material: &Material<'_>, reader: Reader, made: &[Made], until: &Year) -> Vec<Team> {
    let plan = material.pipeline.programme.visits_a_year_per_team;
    let mut names: Vec<&str> = material.pipeline.scope.places.iter().map(|p| p.team.as_str()).collect();
    names.dedup();
    let of = |team: &str, pick: &dyn Fn(&Made) -> bool| {
        made.iter().filter(|v| v.team.as_deref() == Some(team) && pick(v)).count()
    };
    let year = reader.row(&names.iter().map(|team| of(team, &|v| v.in_year)).collect::<Vec<_>>());
    // By team and type a public paper would let a hidden count be worked out from the table of types.
    let typed = |team: &str, pick: &dyn Fn(&Made) -> bool| match reader.named() {
        true => of(team, pick).to_string(),
        false => "[c]".to_owned(),
    };
    let row = |(team, year): (&str, String)| Team {
        name: team.to_owned(),
        practices: material.standings.iter().filter(|s| s.outcome.practice.team == team).count().to_string(),
        proactive: typed(team, &|v| v.in_quarter && v.kind == "Proactive"),
        reactive: typed(team, &|v| v.in_quarter && v.kind == "Reactive"),
        proactive_year: typed(team, &|v| v.in_year && v.kind == "Proactive"),
        expected: until.expected(plan).to_string(),
        plan: plan.to_string(),
        year,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::sample::Sample;
    use crate::pipeline::Audience;

    const NAMED: Reader = Reader { audience: Audience::Named };

    fn texts(visits: &Visits) -> Vec<&str> {
        visits.claims.iter().map(|claim| claim.text.as_str()).collect()
    }

    #[test]
    fn the_year_so_far_ends_on_the_date_of_the_pack_and_the_quarter_on_its_last_day() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2));
        let visit =
            |kind: &str, date: &str| format!("practice = P81001; visit_type = {kind}; visit_date = {date}");
        let rows = [
            visit("Proactive", "2026-03-31"),
            visit("Proactive", "2026-04-01"),
            visit("Reactive", "2026-06-30"),
            visit("Proactive", "2026-07-01"),
            visit("Proactive", "2026-09-30"),
            visit("Reactive", "2026-10-01"),
            visit("Reactive", "2026-10-14"),
        ];
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        sample.fact("visits", &rows);
        let visits = visits(&sample.material(), NAMED);
        assert_eq!(visits.year, "Year to 14 October 2026");
        let types: Vec<(&str, &str, &str)> =
            visits.types.iter().map(|t| (t.name.as_str(), t.quarter.as_str(), t.year.as_str())).collect();
        assert_eq!(types, [("Proactive", "2", "3"), ("Reactive", "0", "3")]);
        // 1 April to 14 October are 197 of 365 days: 66 * 197 / 365 = 35.6.
        assert_eq!(
            texts(&visits),
            [
                "2 visits were completed in Q2 2026-27.",
                "3 proactive visits were completed in the year to 14 October 2026; 36 of the 66 planned for the \
                 year would be expected by then."
            ]
        );
    }

    #[test]
    fn a_pack_after_the_end_of_the_year_counts_that_year_and_no_more() {
        let mut sample = Sample::new("2027-04-16");
        sample.practice("P81001", Some(2));
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_type = Proactive; visit_date = 2027-03-31",
                "practice = P81001; visit_type = Proactive; visit_date = 2027-04-01",
            ],
        );
        let visits = visits(&sample.material(), NAMED);
        assert_eq!(visits.year, "Year to 31 March 2027");
        assert_eq!(
            texts(&visits),
            [
                "1 visit was completed in Q4 2026-27.",
                "1 proactive visit was completed in the year to 31 March 2027; 66 of the 66 planned for the year \
                 would be expected by then."
            ]
        );
    }

    #[test]
    fn a_team_s_proactive_visits_stand_beside_its_proactive_plan() {
        let mut sample = Sample::new("2026-07-14");
        let places = &sample.pipeline.scope.places;
        let (team, other) = (places[0].team.clone(), places.last().unwrap().team.clone());
        sample.practice("P81001", Some(2)).outcome.practice.team = team.clone();
        sample.practice("P81002", Some(2)).outcome.practice.team = other;
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_type = Proactive; visit_date = 2026-05-01",
                "practice = P81001; visit_type = Reactive; visit_date = 2026-05-02",
                "practice = P81001; visit_type = Proactive; visit_date = 2026-07-02",
                "practice = P81002; visit_type = Proactive; visit_date = 2026-05-03",
            ],
        );
        let visits = visits(&sample.material(), NAMED);
        let found = visits.teams.iter().find(|t| t.name == team).unwrap();
        // 105 of 365 days: 22 * 105 / 365 = 6.3.
        let told = [
            &found.practices,
            &found.proactive,
            &found.reactive,
            &found.proactive_year,
            &found.expected,
            &found.plan,
            &found.year,
        ];
        assert_eq!(told, ["1", "1", "1", "2", "6", "22", "3"]);
        assert_eq!(
            visits.expected,
            "Expected: the plan of the year in proportion to the 105 of its 365 days that have passed, rounded."
        );
    }

    #[test]
    fn no_visit_and_one_visit_are_said_as_such() {
        let mut sample = Sample::new("2026-07-14");
        sample.practice("P81001", Some(2));
        let nothing = "practice = P81001; visit_type = Proactive; visit_date = 2025-05-01";
        sample.fact("visits", &[nothing]);
        let said = visits(&sample.material(), NAMED);
        assert_eq!(said.claims[0].text, "No visit was completed in Q1 2026-27.");
        assert!(
            said.claims[1].text.starts_with("No proactive visit was completed"),
            "{}",
            said.claims[1].text
        );
        sample
            .fact("visits", &[nothing, "practice = P81001; visit_type = Proactive; visit_date = 2026-05-01"]);
        let said = visits(&sample.material(), NAMED);
        assert_eq!(said.claims[0].text, "1 visit was completed in Q1 2026-27.");
        assert!(
            said.claims[1].text.starts_with("1 proactive visit was completed"),
            "{}",
            said.claims[1].text
        );
    }

    #[test]
    fn soon_is_what_the_pipeline_says() {
        let mut sample = Sample::new("2026-07-14");
        assert_eq!(visits(&sample.material(), NAMED).soon, "14 days");
        sample.pipeline.levels.due_soon_days = 1;
        assert_eq!(visits(&sample.material(), NAMED).soon, "1 day");
    }
}
