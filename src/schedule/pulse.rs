//! The pulse of the scheduler: a small file that it writes anew every minute. A pulse that is too old
//! says that nobody runs the jobs, whatever became of the program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::disk::write_whole;

/// What the scheduler last said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// Its process.
    pub pid: u32,
    /// The program and its version.
    pub program: String,
    /// When it was started.
    pub since: DateTime<Utc>,
    /// When it last wrote this.
    pub beat: DateTime<Utc>,
    /// Seconds after which it should have written again.
    pub good_for: i64,
    /// The slot that it is running.
    pub running: Option<String>,
    /// When it was stopped on purpose.
    pub stopped: Option<DateTime<Utc>>,
    /// The SHA-256 of the pipeline folder in force.
    pub pipeline_sha256: String,
    /// What is wrong with the pipeline folder, if it cannot be used and an earlier state is in force.
    pub pipeline_faults: Vec<String>,
}

/// How the scheduler stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Life {
    /// It runs.
    Alive,
    /// It was stopped on purpose.
    Stopped,
    /// It does not run, and nobody stopped it.
    Silent,
}

impl Pulse {
    /// Where it lies.
    pub fn path(data: &Path) -> PathBuf {
        data.join("serve").join("pulse.json")
    }

    /// The last pulse of a data folder; none if no scheduler was ever started there, or its pulse cannot
    /// be read.
    pub fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(data)).ok()?).ok()
    }

    /// Writes it.
    ///
    /// # Errors
    /// If the data folder cannot be written.
    pub fn write(&self, data: &Path) -> io::Result<()> {
        write_whole(&Self::path(data), &serde_json::to_vec_pretty(self)?)
    }

    /// How the scheduler stands at a moment.
    pub fn life(&self, now: DateTime<Utc>) -> Life {
        match self.stopped {
            Some(_) => Life::Stopped,
            None if now - self.beat <= Duration::seconds(self.good_for) => Life::Alive,
            None => Life::Silent,
        }
    }
}
