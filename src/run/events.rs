//! The event log of a run: one JSON object a line, only ever appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::clock::now;

/// An open event log.
#[derive(Debug)]
pub struct Events {
    file: File,
}

impl Events {
    /// Opens the log of a run, to append.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = OpenOptions::new().create(true).append(true).open(folder.join("events.jsonl"))?;
        Ok(Self { file })
    }

    /// Appends an event with the local and the universal time. Values of cells never go in.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note(&mut self, event: &str, detail: Value) -> io::Result<()> {
        let at = now();
        let line = json!({
            "at": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, false),
            "utc": at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "event": event,
            "detail": detail,
        });
        writeln!(self.file, "{line}")
    }
}
