//! `pipeline.toml`: for whom, which practices, where, and when.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::checked::read_choice;
use super::document::Document;
use super::download::Downloads;
use super::job::{Job, read_jobs};
use super::level::{Period, read_period};
use super::limits::Watch;
use super::mail::Mail;
use super::operator::Operator;
use super::reader::Table;
use super::reading::Limits;
use super::retention::Retention;
use crate::diagnostic::Code;

/// The framework whose levels the pipeline proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framework {
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The day it began: clocks of practices never visited run from here. None where no clock needs it.
    pub starts: Option<NaiveDate>,
    /// What a level is until somebody has confirmed it, in a sentence; empty if nothing is said of it.
    pub status: String,
    /// What a level means, in a sentence; empty if nothing is said of it.
    pub meaning: String,
}

impl Framework {
    /// What every document says of its levels.
    pub fn note(&self) -> String {
        [self.status.as_str(), &self.meaning]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Which practices are covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The places, in the author's order.
    pub places: Vec<Place>,
    /// Whether only practices with patients on a registered list are covered.
    pub registered_list: bool,
}

/// A group of practices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The team that visits its practices; empty where there is none.
    pub team: String,
    /// The codes of the commissioners in it.
    pub commissioners: Vec<String>,
}

impl Scope {
    /// The place of a commissioner, if it is covered.
    pub fn place_of(&self, commissioner: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.commissioners.iter().any(|c| c == commissioner))
    }
}

/// The programme of visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Programme {
    /// Visits planned in a year.
    pub visits_a_year: u32,
    /// Visits planned in a year for each team.
    pub visits_a_year_per_team: u32,
    /// The time within which every practice is visited.
    pub cycle: Period,
}

/// Who attends visits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visiting {
    /// Roles that attend every visit.
    pub core_team: Vec<String>,
    /// Teams with concerns that do not attend by exception.
    pub not_attending: Vec<String>,
}

/// All of `pipeline.toml` but the calendar.
#[derive(Debug, Clone)]
pub(super) struct General {
    pub(super) title: String,
    pub(super) organisation: String,
    pub(super) classification: String,
    pub(super) author: String,
    pub(super) framework: Framework,
    pub(super) scope: Scope,
    pub(super) programme: Option<Programme>,
    pub(super) visiting: Visiting,
    pub(super) jobs: Vec<Job>,
    pub(super) mail: Mail,
    pub(super) downloads: Downloads,
    pub(super) watch: Watch,
    pub(super) operator: Operator,
    pub(super) retention: Retention,
    pub(super) reading: Limits,
    /// Whether the folder says that it wants no guard.toml.
    pub(super) nhs_numbers_only: bool,
}

impl General {
    /// Reads `pipeline.toml`; `[calendar]` is left for [`super::calendar::Calendar::read`].
    pub(super) fn read(file: &mut Table<'_>, documents: &BTreeMap<String, Document>) -> Option<Self> {
        let (title, organisation) = (file.text("title"), file.text("organisation"));
        let (classification, author) = (file.text("classification"), file.text("author"));
        let framework = file.table("framework").and_then(|mut table| {
            let (title, version) = (table.text("title"), table.text("version"));
            let starts = table.date_or_none("starts");
            let mut said = |key| table.text_or_none(key).map(|text| text.value).unwrap_or_default();
            let (status, meaning) = (said("status"), said("meaning"));
            Some(Framework {
                title: title?.value,
                version: version?.value,
                starts: starts.map(|date| date.value),
                status,
                meaning,
            })
        });
        let scope = read_scope(file);
        let programme = file.table_or_none("programme").and_then(|mut table| {
            let (all, each) = (table.count("visits_a_year"), table.count("visits_a_year_per_team"));
            let cycle = read_period(&mut table, "cycle");
            Some(Programme { visits_a_year: all?.value, visits_a_year_per_team: each?.value, cycle: cycle? })
        });
        let visiting = file.table_or_none("visits").map(|mut table| {
            let mut texts = |key: &str| table.texts(key).into_iter().map(|t| t.value).collect();
            Visiting { core_team: texts("core_team"), not_attending: texts("not_attending") }
        });
        let jobs = read_jobs(file, documents);
        let mail = file.table("mail").and_then(Mail::read);
        let downloads = file.table_or_none("downloads").map(Downloads::read).unwrap_or_default();
        let watch = file.table_or_none("inbox").map(Watch::read).unwrap_or_default();
        let operator = file.table_or_none("operator").map(Operator::read);
        let retention = file.table_or_none("retention").map(Retention::read).unwrap_or_default();
        let reading = Limits::read(file);
        let nhs_numbers_only = read_choice(file, "guard", &[("nhs numbers only", true)]).unwrap_or_default();
        Some(Self {
            title: title?.value,
            organisation: organisation?.value,
            classification: classification?.value,
            author: author?.value,
            framework: framework?,
            scope: scope?,
            programme,
            visiting: visiting.unwrap_or_default(),
            jobs,
            mail: mail?,
            downloads,
            watch,
            operator: operator.unwrap_or_default(),
            retention,
            reading,
            nhs_numbers_only,
        })
    }
}

fn read_scope(file: &mut Table<'_>) -> Option<Scope> {
    let report = file.report().clone();
    let registered_list = file.table("scope").and_then(|mut table| table.flag_or_none("registered_list"));
    let mut scope = Scope { places: Vec::new(), registered_list: registered_list.unwrap_or(true) };
    for mut table in file.tables("place") {
        let (name, team) = (table.text("name"), table.text_or_none("team"));
        let commissioners = table.texts("commissioners");
        let Some(name) = name else { continue };
        if scope.places.iter().any(|p| p.name == name.value) {
            let message = format!("there are two places `{}`", name.value);
            report.error(&name.at, Code::DuplicateName, message, None);
        }
        for code in &commissioners {
            if let Some(place) = scope.place_of(&code.value) {
                let message = format!("commissioner `{}` belongs to `{}` already", code.value, place.name);
                report.error(&code.at, Code::DuplicateName, message, None);
            }
        }
        if commissioners.is_empty() {
            report.error(&table.at(), Code::MissingKey, "a place needs `commissioners`", None);
        }
        let commissioners = commissioners.into_iter().map(|c| c.value).collect();
        scope.places.push(Place {
            name: name.value,
            team: team.map(|team| team.value).unwrap_or_default(),
            commissioners,
        });
    }
    if scope.places.is_empty() {
        report.error(&file.at(), Code::MissingKey, "there is no [[place]], so no practice is covered", None);
        return None;
    }
    Some(scope)
}
