//! Visits by type and by team, in the quarter and in the year so far, and how these figures add up.

use chrono::NaiveDate;
use serde::Serialize;

use super::keys;
use super::year::Year;
use crate::dates::add_days;
use crate::documents::{Material, Reader};
use crate::pipeline::Quarter;
use crate::wording::number;

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
    /// Proactive visits in the quarter. This and the next two are empty in a public pack.
    pub proactive: String,
    /// Reactive visits in the quarter.
    pub reactive: String,
    /// Proactive visits in the year so far.
    pub proactive_year: String,
    /// Proactive visits that the plan of the year comes to by now.
    pub expected: String,
    /// Proactive visits planned for the year.
    pub plan: String,
    /// All visits in the quarter.
    pub quarter: String,
    /// All visits in the year so far.
    pub year: String,
}

/// The tables of this file.
const TYPES: &str = "visits by type";
const TEAMS: &str = "visits by team";

/// A completed visit.
pub(super) struct Made {
    kind: String,
    team: Option<String>,
    pub(super) date: NaiveDate,
}

pub(super) fn made(material: &Material<'_>) -> Vec<Made> {
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
            date,
        });
    }
    out
}

/// Some days, and what the figures of visits on them are called.
pub(super) struct Days {
    first: NaiveDate,
    last: NaiveDate,
    /// The quarter, if they are one.
    quarter: Option<Quarter>,
}

impl Days {
    pub(super) fn contains(&self, date: NaiveDate) -> bool {
        self.first <= date && date <= self.last
    }

    pub(super) fn key(&self, of: &str) -> String {
        match &self.quarter {
            Some(quarter) => keys::visits(quarter, of),
            None => keys::visits_between(self.first, self.last, of),
        }
    }

    fn of_quarter(quarter: Quarter) -> Self {
        Self { first: quarter.first, last: quarter.last, quarter: Some(quarter) }
    }
}

/// Which visits a figure counts.
#[derive(Clone, Copy)]
pub(super) enum Of<'v> {
    All,
    Type(&'v str),
    OtherThan(&'v str),
    /// Of a team; none for practices that belong to none because they are not in scope.
    Team(Option<&'v str>),
}

impl Of<'_> {
    pub(super) fn name(self) -> String {
        match self {
            Of::All => "all".to_owned(),
            Of::Type(kind) => format!("type/{kind}"),
            Of::OtherThan(kind) => format!("not of type/{kind}"),
            Of::Team(Some(team)) => format!("team/{team}"),
            Of::Team(None) => "no team".to_owned(),
        }
    }

    fn counts(self, visit: &Made) -> bool {
        match self {
            Of::All => true,
            Of::Type(kind) => visit.kind == kind,
            Of::OtherThan(kind) => visit.kind != kind,
            Of::Team(team) => visit.team.as_deref() == team,
        }
    }
}

/// The visits that were made, and everything that is counted of them.
pub(super) struct Reckoning<'v> {
    made: &'v [Made],
    types: Vec<&'v str>,
    teams: Vec<Option<&'v str>>,
    /// The quarter that the pack reports.
    pub(super) quarter: Days,
    /// The year so far.
    pub(super) year: Days,
    /// What the year so far is made of besides that quarter: the quarters before it, and days after it.
    others: Vec<Days>,
}

/// The type of visit that is planned for the year.
pub(super) const PROACTIVE: &str = "Proactive";

impl<'v> Reckoning<'v> {
    pub(super) fn new(material: &'v Material<'_>, made: &'v [Made], so_far: &Year) -> Self {
        let calendar = &material.pipeline.calendar;
        let quarter = material.quarter;
        let (first, until) = (so_far.from, so_far.until);
        let year = Days { first, last: until, quarter: None };
        let mut others = Vec::new();
        let mut start = first;
        while start < quarter.first {
            let earlier = calendar.quarter_of(start);
            start = add_days(earlier.last, 1);
            others.push(Days::of_quarter(earlier));
        }
        if until > quarter.last {
            others.push(Days { first: add_days(quarter.last, 1), last: until, quarter: None });
        }
        let mut types: Vec<&str> =
            made.iter().filter(|v| year.contains(v.date)).map(|v| v.kind.as_str()).collect();
        types.sort_unstable();
        types.dedup();
        let mut teams: Vec<Option<&str>> =
            material.pipeline.scope.places.iter().map(|p| Some(p.team.as_str())).collect();
        teams.dedup();
        Self { made, types, teams, quarter: Days::of_quarter(quarter), year, others }
    }

    pub(super) fn count(&self, days: &Days, of: Of<'_>) -> usize {
        self.made.iter().filter(|v| days.contains(v.date) && of.counts(v)).count()
    }

    /// Notes every figure, and how all of them belong together.
    pub(super) fn note(&self, reader: Reader<'_>) {
        let types: Vec<Of<'_>> = self.types.iter().map(|kind| Of::Type(kind)).collect();
        let teams: Vec<Of<'_>> = self.teams.iter().copied().chain([None]).map(Of::Team).collect();
        let two = [Of::Type(PROACTIVE), Of::OtherThan(PROACTIVE)];
        let all: Vec<Of<'_>> =
            [Of::All].into_iter().chain(two).chain(types.clone()).chain(teams.clone()).collect();
        for days in [&self.quarter, &self.year].into_iter().chain(&self.others) {
            let key = |of: &Of<'_>| days.key(&of.name());
            all.iter().for_each(|of| reader.implied(&key(of), self.count(days, *of)));
            for parts in [&types[..], &teams, &two] {
                reader.adds_up(&key(&Of::All), parts.iter().map(key));
            }
            let others = types.iter().filter(|of| !matches!(of, Of::Type(PROACTIVE)));
            reader.adds_up(&key(&two[1]), others.map(key));
        }
        for of in &all {
            let parts = [&self.quarter].into_iter().chain(&self.others).map(|days| days.key(&of.name()));
            reader.adds_up(&self.year.key(&of.name()), parts);
        }
    }

    /// A figure as a table prints it.
    fn cell(&self, reader: Reader<'_>, table: &str, days: &Days, of: Of<'_>) -> String {
        reader.count(table, &days.key(&of.name()), self.count(days, of)).cell()
    }

    /// Every type; or the planned type and all others together; or only all together.
    pub(super) fn types(&self, reader: Reader<'_>) -> Vec<Counted> {
        let row = |name: &str, of: Of<'_>| Counted {
            name: name.to_owned(),
            quarter: self.cell(reader, TYPES, &self.quarter, of),
            year: self.cell(reader, TYPES, &self.year, of),
        };
        let mut rows: Vec<Counted> = match reader.grain(TYPES, 2) {
            0 => self.types.iter().map(|kind| row(kind, Of::Type(kind))).collect(),
            1 => vec![row(PROACTIVE, Of::Type(PROACTIVE)), row("Other types", Of::OtherThan(PROACTIVE))],
            _ => Vec::new(),
        };
        if !reader.named() {
            rows.push(row("All types", Of::All));
        }
        if reader.leaves_out(TYPES) { Vec::new() } else { rows }
    }

    pub(super) fn teams(&self, material: &Material<'_>, reader: Reader<'_>, year: &Year) -> Vec<Team> {
        let programme = &material.pipeline.programme;
        let teams: Vec<&str> = self.teams.iter().copied().flatten().collect();
        let of_team = |team: &str| {
            let count = material.standings.iter().filter(|s| s.outcome.practice.team == team).count();
            reader.known(&format!("{}/{team}", keys::practices(material.as_of)), count)
        };
        let row = |name: &str, of: Of<'_>, practices: usize, plan: u32| Team {
            name: name.to_owned(),
            practices: number(practices as f64),
            proactive: self.of_type(reader, &self.quarter, of, PROACTIVE),
            reactive: self.of_type(reader, &self.quarter, of, "Reactive"),
            proactive_year: self.of_type(reader, &self.year, of, PROACTIVE),
            expected: year.expected(plan).to_string(),
            plan: number(f64::from(plan)),
            quarter: self.cell(reader, TEAMS, &self.quarter, of),
            year: self.cell(reader, TEAMS, &self.year, of),
        };
        let each = programme.visits_a_year_per_team;
        let mut rows: Vec<Team> = match reader.grain(TEAMS, 1) {
            0 => teams.iter().map(|team| row(team, Of::Team(Some(team)), of_team(team), each)).collect(),
            _ => Vec::new(),
        };
        if !reader.named() {
            rows.push(row("All teams", Of::All, material.standings.len(), programme.visits_a_year));
        }
        if reader.leaves_out(TEAMS) { Vec::new() } else { rows }
    }

    /// Visits of a team and type: too few for a public paper.
    fn of_type(&self, reader: Reader<'_>, days: &Days, of: Of<'_>, kind: &str) -> String {
        if !reader.named() {
            return String::new();
        }
        let found = self.made.iter().filter(|v| days.contains(v.date) && of.counts(v));
        number(found.filter(|v| v.kind == kind).count() as f64)
    }
}
