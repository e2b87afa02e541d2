//! The visits that were made, reckoned by type, team and days.

use chrono::NaiveDate;

use crate::dates::add_days;
use crate::documents::content::{Cell, Column};
use crate::documents::context::Context;
use crate::documents::{Material, Reader, keys};
use crate::pipeline::Span;

/// The tables of visits.
pub(super) const TYPES: &str = "visits by type";
pub(super) const TEAMS: &str = "visits by team";

/// The financial year of the quarter that is reported, as far as it has come.
pub(super) struct Year {
    /// Its first day.
    from: NaiveDate,
    /// The last day that counts: the date of the pack, or the last day of the year if that is earlier.
    pub(super) until: NaiveDate,
    /// Its days until then, both ends counted.
    passed: i64,
    /// All its days.
    days: i64,
}

impl Year {
    pub(super) fn of(material: &Material<'_>) -> Self {
        let (from, last) = material.pipeline.calendar.year_of(material.period.last);
        let until = material.as_of.min(last);
        let days = |to: NaiveDate| (to - from).num_days() + 1;
        Self { from, until, passed: days(until), days: days(last) }
    }

    /// What a plan of the year comes to by now: in proportion to the days that have passed, rounded.
    pub(super) fn expected(&self, plan: u32) -> i64 {
        (2 * i64::from(plan) * self.passed + self.days) / (2 * self.days)
    }

    pub(super) fn in_words(&self) -> String {
        format!(
            "Expected: the plan of the year in proportion to the {} of its {} days that have passed, rounded.",
            self.passed, self.days
        )
    }
}

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
    /// The period, if they are one.
    span: Option<Span>,
}

impl Days {
    pub(super) fn contains(&self, date: NaiveDate) -> bool {
        self.first <= date && date <= self.last
    }

    pub(super) fn key(&self, of: &str) -> String {
        match &self.span {
            Some(span) => keys::visits(span, of),
            None => keys::visits_between(self.first, self.last, of),
        }
    }

    fn of_span(span: Span) -> Self {
        Self { first: span.first, last: span.last, span: Some(span) }
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
    /// The type of visit that is planned for the year, where there is one.
    proactive: Option<&'v str>,
    /// The type of visit that is made when something happened, where there is one.
    reactive: Option<&'v str>,
    /// The period that the pack reports.
    pub(super) period: Days,
    /// The year so far.
    pub(super) year: Days,
    /// What the year so far is made of besides that period: the ones before it, and days after it.
    others: Vec<Days>,
}

impl<'v> Reckoning<'v> {
    pub(super) fn new(material: &'v Material<'_>, made: &'v [Made], so_far: &Year) -> Self {
        let calendar = &material.pipeline.calendar;
        let period = material.period;
        let (first, until) = (so_far.from, so_far.until);
        let year = Days { first, last: until, span: None };
        let mut others = Vec::new();
        let mut start = first;
        while start < period.first {
            let earlier = calendar.span_of(period.every, start);
            start = add_days(earlier.last, 1);
            others.push(Days::of_span(earlier));
        }
        if until > period.last {
            others.push(Days { first: add_days(period.last, 1), last: until, span: None });
        }
        let mut types: Vec<&str> =
            made.iter().filter(|v| year.contains(v.date)).map(|v| v.kind.as_str()).collect();
        types.sort_unstable();
        types.dedup();
        let places = material.pipeline.scope.places.iter();
        // A document about some practices has their teams alone.
        let there = |team: &str| {
            material.about.is_none() || material.standings.iter().any(|s| s.outcome.practice.team == team)
        };
        let mut teams: Vec<Option<&str>> =
            places.map(|place| place.team.as_str()).filter(|team| there(team)).map(Some).collect();
        teams.dedup();
        let role = |role| material.pipeline.roles.get("visits", "visit_type", role);
        let (proactive, reactive) = (role("proactive"), role("reactive"));
        Self { made, types, teams, proactive, reactive, period: Days::of_span(period), year, others }
    }

    pub(super) fn count(&self, days: &Days, of: Of<'_>) -> usize {
        self.made.iter().filter(|v| days.contains(v.date) && of.counts(v)).count()
    }

    /// Notes every figure, and how all of them belong together.
    pub(super) fn note(&self, reader: Reader<'_>) {
        let types: Vec<Of<'_>> = self.types.iter().map(|kind| Of::Type(kind)).collect();
        // Where every visit is one of a team, readers take it that it is so, and add the teams up.
        let none = self.made.iter().any(|visit| visit.team.is_none()).then_some(None);
        let teams: Vec<Of<'_>> = self.teams.iter().copied().chain(none).map(Of::Team).collect();
        let two: Vec<Of<'_>> =
            self.proactive.iter().flat_map(|kind| [Of::Type(kind), Of::OtherThan(kind)]).collect();
        let groups = [&types, &teams, &two].into_iter().flatten().copied();
        let all: Vec<Of<'_>> = [Of::All].into_iter().chain(groups).collect();
        for days in [&self.period, &self.year].into_iter().chain(&self.others) {
            let key = |of: &Of<'_>| days.key(&of.name());
            all.iter().for_each(|of| reader.implied(&key(of), self.count(days, *of)));
            for parts in [&types, &teams, &two].into_iter().filter(|parts| !parts.is_empty()) {
                reader.adds_up(&key(&Of::All), parts.iter().map(key));
            }
            if let Some(others) = two.get(1) {
                let is_other = |of: &&Of<'_>| !matches!(of, Of::Type(kind) if Some(*kind) == self.proactive);
                reader.adds_up(&key(others), types.iter().filter(is_other).map(key));
            }
        }
        for of in &all {
            let parts = [&self.period].into_iter().chain(&self.others).map(|days| days.key(&of.name()));
            reader.adds_up(&self.year.key(&of.name()), parts);
        }
    }

    /// A figure as a table prints it.
    fn cell(&self, reader: Reader<'_>, table: &str, days: &Days, of: Of<'_>) -> Cell {
        Cell::told(reader.count(table, &days.key(&of.name()), self.count(days, of)))
    }

    /// Every type; or the planned type and all others together; or only all together.
    pub(super) fn types(&self, reader: Reader<'_>) -> Vec<Vec<Cell>> {
        let row = |name: &str, of: Of<'_>| {
            let cell = |days| self.cell(reader, TYPES, days, of);
            vec![Cell::words(name), cell(&self.period), cell(&self.year)]
        };
        let mut rows: Vec<Vec<Cell>> = match (reader.grain(TYPES, 2), self.proactive) {
            (0, _) => self.types.iter().map(|kind| row(kind, Of::Type(kind))).collect(),
            (1, Some(kind)) => vec![row(kind, Of::Type(kind)), row("Other types", Of::OtherThan(kind))],
            _ => Vec::new(),
        };
        if !reader.named() {
            rows.push(row("All types", Of::All));
        }
        rows
    }

    /// The columns of the visits by team.
    pub(super) fn team_columns(&self, context: &Context<'_>) -> Vec<Column> {
        let Context { material, .. } = *context;
        let head = |key: &str, kind: Option<&str>| {
            let text = context.text(key);
            if text.is_empty() { kind.unwrap_or_default().to_owned() } else { text }
        };
        let (proactive, reactive) =
            (head("proactive_head", self.proactive), head("reactive_head", self.reactive));
        let short = material.period.short();
        let mut columns = vec![Column::text("Team", None)];
        let mut add = |head: String, named: u8, public: u8| {
            columns.push(Column::count(head, if context.named() { named } else { public }));
        };
        if context.named() {
            if self.reactive.is_some() {
                add(format!("{reactive}, {short}"), 11, 11);
            }
            if self.proactive.is_some() {
                add(format!("{proactive}, {short}"), 11, 11);
                add(format!("{proactive}, year"), 11, 11);
            }
        } else {
            add(format!("All visits, {short}"), 14, 14);
            add("All visits, year".to_owned(), 14, 14);
        }
        if material.pipeline.programme.is_some() {
            let of = if proactive.is_empty() { "Visits" } else { &proactive };
            add(format!("{of}, expected"), 11, 14);
            add(format!("{of}, planned"), 11, 13);
        }
        if context.named() {
            add("All visits, year".to_owned(), 10, 10);
        }
        add("Prac\u{ad}tices".to_owned(), 11, 13);
        columns
    }

    /// The visits by team, a cell a column.
    pub(super) fn teams(&self, context: &Context<'_>, year: &Year) -> Vec<Vec<Cell>> {
        let Context { material, reader, .. } = *context;
        let programme = material.pipeline.programme;
        let teams: Vec<&str> = self.teams.iter().copied().flatten().collect();
        let of_team = |team: &str| {
            let count = material.standings.iter().filter(|s| s.outcome.practice.team == team).count();
            reader.known(&format!("{}/{team}", keys::practices(material.as_of)), count)
        };
        let row = |name: &str, of: Of<'_>, practices: usize, plan: Option<u32>| {
            let mut cells = vec![Cell::words(name)];
            let [period, so_far] = [&self.period, &self.year].map(|days| self.cell(reader, TEAMS, days, of));
            if reader.named() {
                cells.extend(self.reactive.map(|kind| self.of_type(&self.period, of, kind)));
                if let Some(kind) = self.proactive {
                    cells.extend([&self.period, &self.year].map(|days| self.of_type(days, of, kind)));
                }
            } else {
                cells.extend([period, so_far.clone()]);
            }
            if let Some(plan) = plan {
                let expected = usize::try_from(year.expected(plan)).unwrap_or_default();
                cells.extend([Cell::count(expected), Cell::count(plan as usize)]);
            }
            cells.extend(reader.named().then_some(so_far));
            cells.push(Cell::count(practices));
            cells
        };
        let each = programme.map(|programme| programme.visits_a_year_per_team);
        let mut rows: Vec<Vec<Cell>> = match reader.grain(TEAMS, 1) {
            0 => teams.iter().map(|team| row(team, Of::Team(Some(team)), of_team(team), each)).collect(),
            _ => Vec::new(),
        };
        if !reader.named() {
            rows.push(row("All teams", Of::All, material.standings.len(), self.planned(material)));
        }
        rows
    }

    /// Visits of a team and type: too few for a public paper.
    fn of_type(&self, days: &Days, of: Of<'_>, kind: &str) -> Cell {
        let found = self.made.iter().filter(|v| days.contains(v.date) && of.counts(v));
        Cell::count(found.filter(|v| v.kind == kind).count())
    }

    /// How many visits are planned for the year: of the board, or of the teams that are here.
    pub(super) fn planned(&self, material: &Material<'_>) -> Option<u32> {
        let programme = material.pipeline.programme?;
        let teams = u32::try_from(self.teams.len()).unwrap_or(u32::MAX);
        Some(match material.about {
            None => programme.visits_a_year,
            Some(_) => programme.visits_a_year_per_team.saturating_mul(teams),
        })
    }

    /// What is counted of the visits that are planned for the year: those of one type, or all.
    pub(super) fn of_programme(&self) -> Of<'v> {
        self.proactive.map_or(Of::All, Of::Type)
    }
}
