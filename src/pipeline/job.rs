//! The jobs of a pipeline: at which times they run and which documents they make.

use chrono::NaiveTime;

use super::checked::read_choice;
use super::committee::{Document, slug, words};
use super::reader::Table;
use crate::diagnostic::Code;

/// A job that runs by the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name on the command line.
    pub name: String,
    /// The time of day in Europe/London.
    pub at: NaiveTime,
    /// On which days.
    pub runs: Runs,
    /// The documents it makes.
    pub documents: Vec<Document>,
}

/// On which days a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// Every day of the week.
    EveryDay,
    /// Once a quarter, on the working day of this number after the quarter's end.
    AfterEachQuarter {
        /// The number of the working day, from 1.
        working_day: u32,
    },
}

impl Job {
    /// Whether the job makes the pack of a quarter, with which later levels are compared.
    pub fn makes_packs(&self) -> bool {
        self.documents.contains(&Document::QuarterlyPack)
    }
}

/// Reads every `[[job]]` of `pipeline.toml`.
pub(super) fn read_jobs(file: &mut Table<'_>) -> Vec<Job> {
    let report = file.report().clone();
    let mut jobs: Vec<Job> = Vec::new();
    for mut table in file.tables("job") {
        let (name, at) = (table.text("name"), table.time("at"));
        let runs = read_choice(&mut table, "runs", &[("every day", false), ("after each quarter", true)]);
        let working_day = table.count_or_none("working_day");
        let documents = words(&mut table, "documents", &Document::WORDS);
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
                let mend = Some("write for instance working_day = 10".to_owned());
                report.error(&table.at(), Code::MissingKey, "which working day is not said", mend);
                None
            }
            (None, _) if !table.has("runs") => {
                let mend = Some("write runs = \"every day\" or runs = \"after each quarter\"".to_owned());
                report.error(&table.at(), Code::MissingKey, "the key `runs` is missing", mend);
                None
            }
            (None, _) => None,
        };
        let (Some(name), Some(at), Some(runs)) = (name, at, runs) else { continue };
        if name.value != slug(&name.value) {
            let mend = Some(format!("write \"{}\"", slug(&name.value)));
            report.error(
                &name.at,
                Code::BadValue,
                "a job's name is lower case words joined by hyphens",
                mend,
            );
        }
        if jobs.iter().any(|j| j.name == name.value) {
            let message = format!("there are two jobs `{}`", name.value);
            report.error(&name.at, Code::DuplicateName, message, None);
        }
        jobs.push(Job { name: name.value, at: at.value, runs, documents });
    }
    if jobs.is_empty() {
        report.error(&file.at(), Code::MissingKey, "there is no [[job]]", None);
    }
    jobs
}
