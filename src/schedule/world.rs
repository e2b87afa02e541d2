//! What the server needs of the world: a clock, a way to wait, signals, and somebody to run a job.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

/// Clock, signals and processes.
pub trait World {
    /// The present moment in Europe/London.
    fn now(&self) -> DateTime<Tz>;

    /// Waits, at most so long and seldom so long: a signal ends it, and clocks are set and machines sleep
    /// and wake, so the clock is asked again at least every minute.
    fn wait(&self, at_most: Duration);

    /// Whether somebody asked the server to stop; stays so.
    fn stopping(&self) -> bool;

    /// Whether somebody asked for the pipeline folder to be read again since this was last asked.
    fn reload(&self) -> bool;

    /// Tells the person or the journal that watches.
    fn say(&self, line: &str);

    /// Does a task to its end; `tick` is called now and then meanwhile.
    fn run(&self, order: &Order<'_>, tick: &mut dyn FnMut()) -> Ended;
}

/// What a process of its own is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task<'t> {
    /// To run a job.
    Job {
        /// Its name.
        name: &'t str,
        /// The date it speaks of.
        as_of: NaiveDate,
    },
    /// To hand over what is due in the outbox.
    Send,
}

/// A task to do.
#[derive(Debug, Clone, Copy)]
pub struct Order<'o> {
    /// What.
    pub task: Task<'o>,
    /// The pipeline folder.
    pub pipeline: &'o Path,
    /// The data folder.
    pub data: &'o Path,
    /// After which the run is stopped.
    pub limit: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exit {
        /// Its exit code; none if it was killed.
        code: Option<i32>,
        /// The run, if it came so far.
        run: Option<String>,
        /// The last of what it complained of.
        complaint: String,
    },
    /// It took longer than it may and was stopped.
    TooLong,
    /// The server was asked to stop, and stopped the run. The next start finishes it.
    Abandoned,
    /// It could not be started.
    NotStarted(String),
}

impl Ended {
    /// Whether another instance was working in the data folder.
    pub fn is_busy(&self) -> bool {
        matches!(self, Ended::Exit { code: Some(8), .. })
    }

    /// Whether the job did its work: a rejected file is told to its sender and no failure of the job.
    pub fn is_done(&self) -> bool {
        matches!(self, Ended::Exit { code: Some(0 | 4), .. })
    }

    /// Whether the run could not say itself what was wrong.
    pub fn is_speechless(&self) -> bool {
        !matches!(self, Ended::Exit { code: Some(0 | 1 | 4..=8), .. } | Ended::Abandoned)
    }

    /// What happened, in a sentence without its full stop.
    pub fn sentence(&self) -> String {
        match self {
            Ended::Exit { code: Some(0), .. } => "everything was done".to_owned(),
            Ended::Exit { code: Some(4), .. } => "done; a received file was rejected whole".to_owned(),
            Ended::Exit { code, complaint, .. } => {
                let how = code.map_or("it was killed".to_owned(), |code| format!("exit code {code}"));
                let last = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
                let last = last.trim().trim_start_matches("quarterday: ");
                if last.is_empty() { how } else { format!("{how}: {last}") }
            }
            Ended::TooLong => "it took longer than the operator's `run_limit` and was stopped".to_owned(),
            Ended::Abandoned => "the scheduler was stopped during it; the next start finishes it".to_owned(),
            Ended::NotStarted(why) => format!("it could not be started: {why}"),
        }
    }
}
