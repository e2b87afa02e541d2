//! `quarterday programme`: who is visited when, whether it can be done, what changed since the last pack.

use std::path::PathBuf;

use chrono::{Days, NaiveTime};
use clap::{ArgMatches, Args, ValueEnum};
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property};
use serde_json::{Value, json};

use super::Exit;
use super::levels::record;
use super::output::{complain, failed, hint, say, say_json, say_raw};
use super::table::say_table;
use crate::dates::long;
use crate::diagnostic::likely;
use crate::known::programme::RunProgramme;
use crate::ledger::RunRecord;
use crate::pipeline::Levels;
use crate::visits::programme::{Change, Forecast, Programme, Row, Status, Why};
use crate::wording::plural;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(super) struct ProgrammeArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The run; the last one if left out
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only the practices that this team visits
    #[arg(long, value_name = "TEAM")]
    team: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Printed::Table)]
    format: Printed,
    /// Prints JSON instead of text, as --format json does
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Printed {
    /// Comma-separated, one row a practice
    Csv,
    /// Practices with who attends, the forecast of each team, and the changes
    Json,
    /// Columns for a terminal
    Table,
    /// A calendar (iCalendar) with an event for each visit
    Ics,
}

/// Whether the command was asked for JSON.
pub(super) fn wants_json(command: &ArgMatches) -> bool {
    matches!(command.try_get_one::<Printed>("format"), Ok(Some(Printed::Json)))
}

const HEADER: [&str; 11] = [
    "practice_code",
    "practice_name",
    "place",
    "team",
    "level",
    "last_visit",
    "visit_due",
    "proposed_month",
    "proposed_week",
    "status",
    "reason",
];

pub(super) fn programme(args: &ProgrammeArgs) -> Exit {
    let workspace = Workspace::new(&args.data);
    let record = match record(&workspace, args.run.as_deref()) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let found = workspace.existing_ledger().map_err(anyhow::Error::from).and_then(|ledger| match ledger {
        Some(ledger) => RunProgramme::of(&record, &workspace, &ledger),
        None => Ok(None),
    });
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => {
            complain(&format!("the pipeline of {} has no programme of visits", record.id));
            hint("programme.toml in the pipeline folder makes one; then run the job again");
            return Exit::Failure;
        }
        Err(error) => return failed(&error),
    };
    let told = match Told::of(&found, args.team.as_deref()) {
        Ok(told) => told,
        Err(message) => {
            complain(&message);
            return Exit::Failure;
        }
    };
    match if args.json { Printed::Json } else { args.format } {
        Printed::Csv => say_raw(&told.csv()),
        Printed::Json => say_json(&told.json(&record)),
        Printed::Table => told.table(&record),
        Printed::Ics => say_raw(&told.ics()),
    }
    Exit::Success
}

/// What is told of a programme: all of it, or what belongs to one team.
struct Told<'f> {
    programme: &'f Programme,
    levels: &'f Levels,
    since: Option<chrono::NaiveDate>,
    rows: Vec<&'f Row>,
    teams: Vec<&'f Forecast>,
    changes: Vec<&'f Change>,
}

impl<'f> Told<'f> {
    fn of(found: &'f RunProgramme, team: Option<&str>) -> Result<Self, String> {
        let programme = &found.programme;
        let names = || programme.world.teams.iter().map(|team| team.name.as_str());
        let team = match team {
            Some(wanted) => {
                Some(names().find(|name| name.eq_ignore_ascii_case(wanted.trim())).ok_or_else(|| {
                    let near = likely(wanted, names()).map(|near| format!("; did you mean \"{near}\"?"));
                    let known: Vec<&str> = names().collect();
                    let near = near.unwrap_or_else(|| format!("; the teams are: {}", known.join(", ")));
                    format!("no team is called \"{wanted}\"{near}")
                })?)
            }
            None => None,
        };
        let is = |name: &str| team.is_none_or(|team| team == name);
        let changes = found.since.iter().flat_map(|(_, changes)| changes);
        Ok(Self {
            programme,
            levels: &found.pipeline.levels,
            since: found.since.as_ref().map(|(date, _)| *date),
            rows: programme.rows.iter().filter(|row| is(&programme.practice(row).team)).collect(),
            teams: programme.teams.iter().filter(|forecast| is(&forecast.team)).collect(),
            changes: changes.filter(|change| is(&change.team)).collect(),
        })
    }

    fn cells(&self, row: &Row) -> [String; 11] {
        let practice = self.programme.practice(row);
        let date = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        [
            practice.code.clone(),
            practice.name.clone(),
            practice.place.clone(),
            practice.team.clone(),
            self.levels.id(practice.level),
            date(practice.last_visit()),
            date(row.wanted),
            row.month.map(|month| month.to_string()).unwrap_or_default(),
            date(row.week),
            row.status.word().to_owned(),
            self.reason(row),
        ]
    }

    fn reason(&self, row: &Row) -> String {
        let why = match row.why {
            Some(Why::Level) => format!("level-{}", self.levels.id(self.programme.practice(row).level)),
            Some(Why::NeverVisited) => "never-visited".to_owned(),
            Some(Why::Cycle) => "cycle".to_owned(),
            Some(Why::AfterDue) => "after-due".to_owned(),
            None => String::new(),
        };
        if row.slipped { format!("{why};slipped") } else { why }
    }

    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing into memory cannot fail, and the text is what was put in.
        let _ = writer.write_record(HEADER);
        for row in &self.rows {
            let _ = writer.write_record(self.cells(row));
        }
        writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn json(&self, record: &RunRecord) -> Value {
        let practice = |row: &&Row| {
            let mut out = serde_json::Map::new();
            for (name, cell) in HEADER.iter().zip(self.cells(row)) {
                let value = if cell.is_empty() { Value::Null } else { Value::from(cell) };
                out.insert((*name).to_owned(), value);
            }
            let practice = self.programme.practice(row);
            out.insert("level".to_owned(), Value::from(practice.level));
            out.insert("attends".to_owned(), json!(practice.attends));
            Value::Object(out)
        };
        let change = |change: &&Change| {
            json!({
                "practice_code": change.practice,
                "from": change.from.map(|month| month.to_string()),
                "to": change.to.map(|month| month.to_string()),
                "reason": change.reason.word(),
            })
        };
        json!({
            "run": record.id,
            "as_of": self.programme.world.as_of,
            "compared_with": self.since,
            "practices": self.rows.iter().map(practice).collect::<Vec<Value>>(),
            "teams": self.teams,
            "changes": self.changes.iter().map(change).collect::<Vec<Value>>(),
        })
    }

    fn table(&self, record: &RunRecord) {
        say(&format!("The programme of visits as at {} (run {})", long(record.as_of), record.id));
        for team in &self.teams {
            say("");
            say(&team.team);
            forecast(team);
            say("");
            let heads = ["Code", "Practice", "Level", "Last visit", "Wanted by", "Week", "Status", "Reason"];
            let rows = self.rows.iter().filter(|row| self.programme.practice(row).team == team.team);
            let rows = rows.map(|row| {
                let cells = self.cells(row);
                let level = self.levels.get(self.programme.practice(row).level).short.clone();
                let name = cells[1].chars().take(34).collect();
                let [code, _, _, _, _, last, wanted, _, week, status, reason] = cells;
                vec![code, name, level, last, wanted, week, status, reason.replace(';', ", ")]
            });
            say_table(&heads, rows);
        }
        say("");
        match self.since {
            None => say("No pack was sent before, so there is nothing to compare with."),
            Some(date) if self.changes.is_empty() => {
                say(&format!("No visit moved to another month since the pack of {}.", long(date)));
            }
            Some(date) => {
                say(&format!("Moved to another month since the pack of {}:", long(date)));
                let month = |month: Option<crate::visits::programme::Month>| {
                    month.map_or_else(|| "none".to_owned(), |month| month.to_string())
                };
                let rows = self.changes.iter().map(|change| {
                    let name = change.name.chars().take(34).collect();
                    let (from, to) = (month(change.from), month(change.to));
                    vec![change.practice.clone(), name, from, to, change.reason.word().to_owned()]
                });
                say_table(&["Code", "Practice", "From", "To", "Reason"], rows);
            }
        }
    }

    /// A calendar with an event for each visit that has a day.
    fn ics(&self) -> String {
        let stamp = self.programme.world.as_of.and_time(NaiveTime::MIN).and_utc();
        let mut calendar = Calendar::new();
        calendar.properties = Property::from_array([
            ("VERSION", "2.0"),
            ("PRODID", "-//quarterday//visit programme//EN"),
            ("CALSCALE", "GREGORIAN"),
        ]);
        for row in &self.rows {
            let Some(day) = row.week else { continue };
            let practice = self.programme.practice(row);
            let start = self.programme.world.framework_start;
            let made = practice.completed.iter().filter(|visit| visit.date >= start).count();
            let (state, what) = match row.status {
                Status::Planned => (EventStatus::Confirmed, "planned"),
                _ => (EventStatus::Tentative, "proposed"),
            };
            let event = Event::new()
                .uid(&format!("{}-{made}@quarterday", practice.code))
                .timestamp(stamp)
                .starts(day)
                .ends(day.checked_add_days(Days::new(1)).unwrap_or(day))
                .summary(&format!("{}: visit {what}", practice.name))
                .status(state)
                .done();
            calendar.push(event);
        }
        calendar.to_string()
    }
}

fn forecast(team: &Forecast) {
    let visits = |count: usize| plural(count, "visit", "visits");
    let practices = |count: usize| plural(count, "practice", "practices");
    say(&format!(
        "{}; {} of {} expected by now were made, {} a year.",
        practices(team.practices),
        team.done,
        team.expected,
        team.quota
    ));
    let last = match team.last_date {
        Some(date) => format!("; the last of the others is visited on {}", long(date)),
        None => String::new(),
    };
    say(&format!(
        "Not visited since the framework began: {}, of which not programmed: {}{last}.",
        team.not_yet_visited, team.not_programmed
    ));
    let beyond: usize = team.cannot_be_in_time.values().sum();
    say(&format!(
        "Late already: {}. Cannot be in time: {beyond}. Without room: {}.",
        team.late, team.no_room
    ));
    say(&format!(
        "In the last twelve months: {}; at that rate {} would not be visited in time. Needed: {} a year.",
        visits(usize::try_from(team.present_rate).unwrap_or(usize::MAX)),
        practices(team.at_present_rate),
        team.rate_needed
    ));
}
