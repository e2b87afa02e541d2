//! The event log of a run: one JSON object a line, only ever appended to.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::clock::now;
use crate::disk::unwritten::Unwritten;
use crate::disk::{make_folder, to_write};

/// The log's name in the folder of a run.
pub const LOG: &str = "events.jsonl";

/// An open event log. One that cannot be written is told of, and stops nothing.
#[derive(Debug)]
pub struct Events<'e> {
    folder: PathBuf,
    file: Option<File>,
    unwritten: &'e Unwritten,
}

impl<'e> Events<'e> {
    /// Opens the log of a run, to append.
    pub fn open(folder: &Path, unwritten: &'e Unwritten) -> Self {
        let opened = make_folder(folder).and_then(|()| to_write().append(true).open(folder.join(LOG)));
        let mut out = Self { folder: folder.to_owned(), file: None, unwritten };
        match opened {
            Ok(file) => out.file = Some(file),
            Err(error) => out.lost(error),
        }
        out
    }

    /// Appends an event with the local and the universal time. Values of cells never go in.
    pub fn note(&mut self, event: &str, detail: Value) {
        let at = now();
        let line = json!({
            "at": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, false),
            "utc": at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "event": event,
            "detail": detail,
        });
        let Some(file) = &mut self.file else { return };
        if let Err(error) = writeln!(file, "{line}") {
            // Half a line may lie there: nothing is put after it.
            self.file = None;
            self.lost(error);
        }
    }

    fn lost(&self, error: io::Error) {
        self.unwritten.hear(&self.folder.display().to_string(), LOG, Err(error));
    }
}
