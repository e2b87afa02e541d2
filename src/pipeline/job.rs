//! The jobs of a pipeline: at which times they run, what becomes of a missed run, and which documents
//! they make.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};

use super::calendar::Calendar;
use super::checked::read_choice;
use super::committee::{document_names, slug};
use super::document::Document;
use super::load::PIPELINE;
use super::reader::{At, Report, Table};
use super::timing::{Cron, read_span};
use crate::dates;
use crate::diagnostic::Code;

/// A job that runs by the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name on the command line.
    pub name: String,
    /// The time of day in Europe/London; the first one of a job with a cron expression.
    pub at: NaiveTime,
    /// On which days.
    pub runs: Runs,
    /// What becomes of a run whose time passed while nobody was there to run it.
    pub missed: Missed,
    /// The documents it makes, by id.
    pub documents: Vec<String>,
    /// Whether one of them is compared with the one before it, so that what it found is kept.
    pub makes_packs: bool,
    /// The line of `pipeline.toml` at which it stands.
    pub line: u32,
}

/// On which days a job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Every day of the week.
    EveryDay,
    /// Once a quarter, on the working day of this number after the quarter's end.
    AfterEachQuarter {
        /// The number of the working day, from 1.
        working_day: u32,
    },
    /// At the times of a cron expression.
    Cron(Box<Cron>),
}

/// What becomes of missed runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// The latest is run if its time passed no longer ago than this; older ones are noted as missed.
    RunLatest {
        /// Minutes.
        within: u32,
    },
    /// None is run.
    Skip,
}

/// A run that begins up to this many minutes after its time is late and not missed: the job before it in
/// the queue took its time.
pub const LATE_MINUTES: u32 = 60;

impl Missed {
    /// The minutes after its time within which a run is still begun.
    pub fn within(self) -> u32 {
        match self {
            Missed::RunLatest { within } => within,
            Missed::Skip => LATE_MINUTES,
        }
    }
}

/// Reads every `[[job]]` of `pipeline.toml`.
pub(super) fn read_jobs(file: &mut Table<'_>, all: &BTreeMap<String, Document>) -> Vec<Job> {
    let report = file.report().clone();
    let mut jobs: Vec<Job> = Vec::new();
    for mut table in file.tables("job") {
        let (name, line) = (table.text("name"), table.at().line);
        let timing = read_timing(&mut table);
        let missed = read_missed(&mut table, timing.as_ref().map(|(_, runs)| runs));
        let documents = document_names(&mut table, all);
        let makes_packs = documents.iter().any(|id| all.get(id).is_some_and(Document::is_compared));
        let (Some(name), Some((at, runs))) = (name, timing) else { continue };
        if name.value != slug(&name.value) {
            let help = Some(format!("write \"{}\"", slug(&name.value)));
            report.error(
                &name.at,
                Code::BadValue,
                "a job's name is lower case words joined by hyphens",
                help,
            );
        }
        if jobs.iter().any(|j| j.name == name.value) {
            let message = format!("there are two jobs `{}`", name.value);
            report.error(&name.at, Code::DuplicateName, message, None);
        }
        jobs.push(Job { name: name.value, at, runs, missed, documents, makes_packs, line });
    }
    if jobs.is_empty() {
        report.error(&file.at(), Code::MissingKey, "there is no [[job]]", None);
    }
    jobs
}

/// Notes jobs that make a document more than once a period, alone or together: it is sent once, and every
/// later one would wait for a recall of the one before.
pub(super) fn check_periods(
    report: &Report,
    jobs: &[Job],
    documents: &BTreeMap<String, Document>,
    calendar: &Calendar,
) {
    for document in documents.values().filter(|document| document.is_regular()) {
        check_period(report, jobs, document, calendar);
    }
}

fn check_period(report: &Report, jobs: &[Job], document: &Document, calendar: &Calendar) {
    let makers: Vec<&Job> = jobs.iter().filter(|job| job.documents.contains(&document.id)).collect();
    let Some(year) = NaiveDate::from_ymd_opt(2026, 1, 1) else { return };
    let (start, end) = (year.and_time(NaiveTime::MIN), dates::add_months(year, 24).and_time(NaiveTime::MIN));
    let mut runs: BTreeMap<NaiveDate, Vec<&Job>> = BTreeMap::new();
    for job in makers {
        // A run makes the document of the period before it. Two are enough to see that there are too many.
        for time in job.times_after(calendar, start).take_while(|time| *time < end) {
            let of = runs.entry(calendar.span_before(document.period, time.date()).first).or_default();
            of.push(job);
            if of.len() > 1 {
                break;
            }
        }
    }
    let Some(twice) = runs.into_values().find(|jobs| jobs.len() > 1) else { return };
    let (what, period) = (&document.id, document.period.word());
    for job in twice.iter().skip(1) {
        let first = twice.first().filter(|first| first.name != job.name);
        let message = match first {
            Some(first) => {
                format!("jobs `{}` and `{}` both make the `{what}` of a {period}", first.name, job.name)
            }
            None => format!(
                "job `{}` makes the `{what}` of a {period} more than once a {period} ({})",
                job.name,
                job.timing()
            ),
        };
        let help = format!(
            "it is made once a {period}: change when the job runs, take \"{what}\" out of its `documents`, or \
             write another `period` in documents/{what}.toml"
        );
        let at = At { file: PIPELINE.into(), line: job.line };
        report.error(&at, Code::BadValue, message, Some(help));
    }
}

/// The times of a job: `cron`, or `at` and `runs`.
fn read_timing(table: &mut Table<'_>) -> Option<(NaiveTime, Runs)> {
    if !table.has("cron") {
        return read_plain(table);
    }
    let report = table.report().clone();
    let cron = Cron::read(table);
    for key in ["at", "runs"] {
        if let Some(text) = table.text_or_none(key) {
            let message = format!("a job has either `cron` or `at` and `runs`; here are `cron` and `{key}`");
            let help = Some(format!("take `{key}` out, or `cron`"));
            report.error(&text.at, Code::BadValue, message, help);
        }
    }
    let cron = cron?;
    Some((cron.first_time(), Runs::Cron(Box::new(cron))))
}

fn read_plain(table: &mut Table<'_>) -> Option<(NaiveTime, Runs)> {
    let report = table.report().clone();
    let at = table.time("at");
    let runs = read_choice(table, "runs", &[("every day", false), ("after each quarter", true)]);
    let working_day = table.count_or_none("working_day");
    let runs = match (runs, working_day) {
        (Some(false), None) => Some(Runs::EveryDay),
        (Some(false), Some(day)) => {
            report.error(&day.at, Code::BadValue, "a job of every day has no `working_day`", None);
            None
        }
        (Some(true), Some(day)) if (1..=60).contains(&day.value) => {
            Some(Runs::AfterEachQuarter { working_day: day.value })
        }
        (Some(true), _) => {
            let help = Some("write for instance working_day = 10".to_owned());
            report.error(&table.at(), Code::MissingKey, "which working day is not said", help);
            None
        }
        (None, _) if !table.has("runs") => {
            let help =
                "write runs = \"every day\" or runs = \"after each quarter\", or cron = \"0 30 6 * * Mon\"";
            report.error(&table.at(), Code::MissingKey, "the key `runs` is missing", Some(help.to_owned()));
            None
        }
        (None, _) => None,
    };
    Some((at?.value, runs?))
}

/// `missed` and `within`; left out, the latest missed run is caught up within 26 hours, or within 10 days
/// where the job runs once a quarter.
fn read_missed(table: &mut Table<'_>, runs: Option<&Runs>) -> Missed {
    let policy = read_choice(table, "missed", &[("run latest", false), ("skip", true)]);
    let at = table.text_or_none("within");
    let within = at.as_ref().and_then(|text| {
        let minutes = read_span(&text.value);
        if minutes.is_none() {
            let message = format!("`within` is \"{}\"; it takes a time such as \"26 hours\"", text.value);
            let help = Some("write minutes, hours or days, for instance \"10 days\"".to_owned());
            table.report().error(&text.at, Code::BadValue, message, help);
        }
        minutes
    });
    if policy == Some(true) {
        if let Some(text) = at {
            let help = Some("take `within` out, or write missed = \"run latest\"".to_owned());
            let message = "a job whose missed runs are skipped has no `within`";
            table.report().error(&text.at, Code::BadValue, message, help);
        }
        return Missed::Skip;
    }
    let usual = if matches!(runs, Some(Runs::AfterEachQuarter { .. })) { 10 * 24 * 60 } else { 26 * 60 };
    Missed::RunLatest { within: within.unwrap_or(usual) }
}
