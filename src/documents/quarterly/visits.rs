//! (a) Data and visits.

use chrono::NaiveDate;
use serde::Serialize;

use super::keys;
use crate::dates::{add_days, long, short};
use crate::documents::{Badge, Claim, Material, Reader, Standing, Written};
use crate::pipeline::{Levels, Quarter};
use crate::visits::State;
use crate::wording::{number, plural};

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
    /// Whether no visit was made in the year so far.
    pub none: bool,
    /// Completed visits of the quarter and of the year so far, by type. This table and the next two are
    /// coarser in a public pack that cannot show more, and empty if even that would tell too much.
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
    pub narrative: Written,
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

/// The clocks of one level.
#[derive(Debug, Clone, Serialize)]
pub struct ClockRow {
    /// The level.
    pub badge: Badge,
    /// Within which time a visit is due.
    pub timescale: String,
    /// Clocks by state: overdue, due soon, running, met in time, met late, paused.
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

/// The tables of this section.
const TYPES: &str = "visits by type";
const TEAMS: &str = "visits by team";
const CLOCKS: &str = "clocks by level";

pub(super) fn visits(material: &Material<'_>, reader: Reader<'_>) -> Visits {
    let made = made(material);
    let year = Year::of(material);
    let reckoning = Reckoning::new(material, &made, &year);
    reckoning.note(reader);
    let (types, teams) = (reckoning.types(reader), reckoning.teams(material, reader, &year));
    let clocks = clocks(material, reader);
    Visits {
        claims: claims(material, reader, &reckoning, &year),
        quarter: material.quarter.short(),
        year: format!("Year to {}", long(year.until)),
        expected: year.in_words(),
        soon: soon(material),
        none: made.iter().all(|visit| !reckoning.year.contains(visit.date)),
        types: if reader.leaves_out(TYPES) { Vec::new() } else { types },
        teams: if reader.leaves_out(TEAMS) { Vec::new() } else { teams },
        clocks: if reader.leaves_out(CLOCKS) { Vec::new() } else { clocks },
        due: if reader.named() { due(material) } else { Vec::new() },
        paused: if reader.named() { paused(material) } else { Vec::new() },
        narrative: crate::documents::narrative::written(material, "Data and visits", reader),
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
    date: NaiveDate,
}

fn made(material: &Material<'_>) -> Vec<Made> {
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
struct Days {
    first: NaiveDate,
    last: NaiveDate,
    /// The quarter, if they are one.
    quarter: Option<Quarter>,
}

impl Days {
    fn contains(&self, date: NaiveDate) -> bool {
        self.first <= date && date <= self.last
    }

    fn key(&self, of: &str) -> String {
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
enum Of<'v> {
    All,
    Type(&'v str),
    OtherThan(&'v str),
    /// Of a team; none for practices that belong to none because they are not in scope.
    Team(Option<&'v str>),
}

impl Of<'_> {
    fn name(self) -> String {
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
struct Reckoning<'v> {
    made: &'v [Made],
    types: Vec<&'v str>,
    teams: Vec<Option<&'v str>>,
    /// The quarter that the pack reports.
    quarter: Days,
    /// The year so far.
    year: Days,
    /// What the year so far is made of besides that quarter: the quarters before it, and days after it.
    others: Vec<Days>,
}

/// The type of visit that is planned for the year.
const PROACTIVE: &str = "Proactive";

impl<'v> Reckoning<'v> {
    fn new(material: &'v Material<'_>, made: &'v [Made], so_far: &Year) -> Self {
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

    fn count(&self, days: &Days, of: Of<'_>) -> usize {
        self.made.iter().filter(|v| days.contains(v.date) && of.counts(v)).count()
    }

    /// Notes every figure, and how all of them belong together.
    fn note(&self, reader: Reader<'_>) {
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
    fn types(&self, reader: Reader<'_>) -> Vec<Counted> {
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
        rows
    }

    fn teams(&self, material: &Material<'_>, reader: Reader<'_>, year: &Year) -> Vec<Team> {
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
        rows
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

fn claims(
    material: &Material<'_>,
    reader: Reader<'_>,
    reckoning: &Reckoning<'_>,
    so_far: &Year,
) -> Vec<Claim> {
    let sources = material.all_receipts(&material.fact("visits"));
    let (quarter, year) = (&reckoning.quarter, &reckoning.year);
    let planned = material.pipeline.programme.visits_a_year;
    let visits = reader.say(&quarter.key(&Of::All.name()), reckoning.count(quarter, Of::All));
    let text =
        format!("{} completed in {}.", visits.words("visit was", "visits were"), material.quarter.short());
    let mut out = vec![Claim::new(text, sources.clone())];
    let proactive = Of::Type(PROACTIVE);
    let visits = reader.say(&year.key(&proactive.name()), reckoning.count(year, proactive));
    let text = format!(
        "{} completed in the year to {}; {} of the {planned} planned for the year would be expected by then.",
        visits.words("proactive visit was", "proactive visits were"),
        long(so_far.until),
        so_far.expected(planned)
    );
    out.push(Claim::new(text, sources));
    let paused = material.standings.iter().filter(|s| s.clock.state == State::Paused).count();
    if paused > 0 && reader.named() {
        let text =
            format!("{} paused, with a reason for each pause.", plural(paused, "clock is", "clocks are"));
        out.push(Claim::new(text, material.all_receipts(&material.fact("pauses"))));
    }
    out.into_iter().flatten().collect()
}

/// All states of clocks, in the order of the table.
const STATES: [State; 6] =
    [State::Overdue, State::DueSoon, State::Running, State::Met, State::MetLate, State::Paused];

/// The levels whose clocks stand in one row of the table: each by itself; those together that ask for a
/// reactive visit, whose practices are few; these and the others; all of them.
fn groups(levels: &Levels, grain: usize) -> Vec<Vec<Option<u8>>> {
    let all: Vec<Option<u8>> = levels.levels.iter().map(|l| Some(l.number)).chain([None]).collect();
    let (reactive, others): (Vec<_>, Vec<_>) = all.iter().partition(|number| levels.get(**number).reactive);
    let groups = match grain {
        0 => all.into_iter().map(|number| vec![number]).collect(),
        1 => [reactive].into_iter().chain(others.into_iter().map(|number| vec![number])).collect(),
        2 => vec![reactive, others],
        _ => vec![all],
    };
    groups.into_iter().filter(|group: &Vec<_>| !group.is_empty()).collect()
}

fn clocks(material: &Material<'_>, reader: Reader<'_>) -> Vec<ClockRow> {
    let levels = &material.pipeline.levels;
    let groups = groups(levels, reader.grain(CLOCKS, 3));
    let count = |group: &[Option<u8>], state: State| {
        let of_group = material.standings.iter().filter(|s| group.contains(&s.outcome.level));
        of_group.filter(|s| s.clock.state == state).count()
    };
    let key = |group: &[Option<u8>], state: &str| {
        let names: Vec<String> =
            group.iter().map(|n| n.map_or_else(|| "none".to_owned(), |n| n.to_string())).collect();
        format!("clocks/{}/{}/{state}", material.as_of, names.join("+"))
    };
    let mut rows = Vec::new();
    for group in &groups {
        let cell = |state: State| reader.count(CLOCKS, &key(group, state.word()), count(group, state)).cell();
        rows.push(ClockRow {
            badge: Badge::of_group(levels, group),
            timescale: match group.as_slice() {
                [one] => levels.get(*one).timescale.clone(),
                _ => "As for each level".to_owned(),
            },
            states: STATES.map(cell).to_vec(),
        });
        // The clocks of a group are those of its practices, and each is in one of the states.
        for number in group {
            let of_level = material.standings.iter().filter(|s| s.outcome.level == *number).count();
            reader.implied(&keys::level(material.as_of, *number), of_level);
        }
        let of_levels: Vec<String> = group.iter().map(|n| keys::level(material.as_of, *n)).collect();
        let of_states = STATES.iter().map(|state| key(group, state.word()));
        reader.balance(of_levels, of_states, false);
    }
    for state in STATES {
        let all = keys::clocks(material.as_of, state.word());
        reader.implied(&all, material.standings.iter().filter(|s| s.clock.state == state).count());
        reader.adds_up(&all, groups.iter().map(|group| key(group, state.word())));
    }
    rows
}

fn due(material: &Material<'_>) -> Vec<Due> {
    let is_due = |s: &&Standing| matches!(s.clock.state, State::Overdue | State::DueSoon);
    let mut standings: Vec<&Standing> = material.standings.iter().filter(is_due).collect();
    let level = |s: &Standing| s.outcome.level.unwrap_or_default();
    standings.sort_by_key(|s| (super::exceptions::urgency(Some(&s.clock), level(s)), s.code()));
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

fn planned(material: &Material<'_>, code: &str) -> String {
    next_planned(material, code)
        .map_or_else(|| "none planned".to_owned(), |(date, kind)| format!("{kind}, {}", short(date)))
}

/// The next planned visit of a practice: its date and its type.
pub(in crate::documents) fn next_planned(material: &Material<'_>, code: &str) -> Option<(NaiveDate, String)> {
    let cells = material.fact("plans");
    (0..cells.height())
        .filter(|row| cells.text("practice", *row).as_deref() == Some(code))
        .filter(|row| cells.text("status", *row).as_deref() == Some("Planned"))
        .filter_map(|row| {
            Some((cells.date("planned_date", row)?, cells.text("visit_type", row).unwrap_or_default()))
        })
        .filter(|(date, _)| *date >= material.as_of)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    const NAMED: Reader<'static> = Reader::NAMED;

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
